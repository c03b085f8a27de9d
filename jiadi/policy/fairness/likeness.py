"""Like cases with unlike results, and why (同样情形、不同结果).

Two cases are alike when every fact that is read of them falls into the same band, wherever they stand. They are looked
at twice: finding by finding, by the facts that its rule reads; and house by house, by all facts of all rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.policy.fairness import exempted, fact
from jiadi.policy.fairness.band import Bands
from jiadi.policy.fairness.outcome import of_houses, of_rule
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement

CAUSES = ("not_recorded", "place", "exception", "fact")
"""Why like cases end differently, what must be looked into first: nothing that is recorded tells them apart;
another place's law; an exception; a fact that differs within its band."""

WHOLE = "verdict"
"""Scope of groups of houses that are alike in everything; other scopes are codes of findings."""

GROUPS: dict[str, pl.DataType] = {
    "group": pl.Int64(),
    "scope": pl.String(),
    "subject": pl.String(),
    "size": pl.Int64(),
    "outcomes": pl.List(pl.String()),
    "counts": pl.List(pl.Int64()),
    "cause": pl.String(),
    "differing": pl.List(pl.String()),
    "least": pl.List(pl.Int64()),
    "most": pl.List(pl.Int64()),
}
"""Columns of groups of like cases that end differently 同案不同判组. `outcomes` with `counts`, most frequent first;
`cause`: the gravest of CAUSES; `differing`: subject and fact, with the `least` and `most` that they are in the group."""

MEMBERS: dict[str, pl.DataType] = {
    "group": pl.Int64(),
    "subject": pl.String(),
    "id": pl.String(),
    "division_code": pl.String(),
    "outcome": pl.String(),
}
"""Columns of the cases of those groups 组内对象, sorted by group, then id."""

COMPARED: dict[str, pl.DataType] = {
    "scope": pl.String(),
    "cases": pl.Int64(),
    "alike": pl.Int64(),
    "groups": pl.Int64(),
    "unlike": pl.Int64(),
}
"""Columns of what was compared 比对范围: cases, those that are like another, groups of them, groups that end differently."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Like cases that end differently (同案不同判).

    Args:
        groups: frame of GROUPS, what must be looked into first before others.
        members: frame of MEMBERS.
        compared: frame of COMPARED.
    """

    groups: pl.DataFrame
    members: pl.DataFrame
    compared: pl.DataFrame


@dataclass(slots=True)
class _Scope:
    """What is compared in one scope: facts and outcome of every case."""

    name: str
    subject: str
    held: list[fact.Held]
    outcome: pl.Series
    place: Array
    exempt: Array


def find(judgement: Judgement, bands: Bands) -> Alike:
    """Find like cases that end differently (查找同案不同判).

    Args:
        judgement: with its rules as they were tried.
        bands: what counts as alike.

    Returns:
        The groups, with why.
    """
    groups, members, compared = [pl.DataFrame(schema=GROUPS)], [pl.DataFrame(schema=MEMBERS)], [pl.DataFrame(schema=COMPARED)]
    number = 0
    for scope in _scopes(judgement, bands):
        keyed = pl.DataFrame({"key": fact.bands_frame(scope.held).hash_rows(seed=7), "outcome": scope.outcome}).with_row_index("row")
        every = keyed.group_by("key").agg(pl.len().alias("n"), pl.col("row").min().alias("first"), pl.col("outcome").n_unique().alias("o"))
        several = every.filter(pl.col("n") > 1)
        unlike = several.filter(pl.col("o") > 1).sort("first").with_row_index("group", offset=number + 1)
        number += unlike.height
        compared.append(_counted(scope, int(several["n"].sum()), several.height, unlike.height))
        if unlike.is_empty():
            continue
        own = keyed.join(unlike.select("key", pl.col("group").cast(pl.Int64)), on="key").sort("group", "row")
        groups.append(_group(scope, own))
        division = judgement.facts.places(scope.subject).gather(own["row"])
        ids = judgement.facts.ids[scope.subject].gather(own["row"])
        listed = own.with_columns(pl.lit(scope.subject).alias("subject"), ids.alias("id"), division.alias("division_code"))
        members.append(listed.select(pl.col(name).cast(kind) for name, kind in MEMBERS.items()))
    rank = pl.col("cause").replace_strict(list(CAUSES), list(range(len(CAUSES))), return_dtype=pl.Int8)
    return Alike(pl.concat(groups).sort(rank, -pl.col("size"), "group"), pl.concat(members), pl.concat(compared))


def _scopes(judgement: Judgement, bands: Bands) -> list[_Scope]:
    facts = judgement.facts
    if judgement.lawset is None:
        return []
    figures = Figures(judgement.lawset, facts)
    used = exempted.used(judgement)

    def place(subject: str) -> Array:
        return np.broadcast_to(figures.places(subject), facts.blocks[subject].size)

    def exempt(subject: str, ids: pl.Series) -> Array:
        return facts.ids[subject].is_in(ids.implode()).to_numpy()

    found = []
    for code, rule in judgement.rules.items():
        held = fact.of_subject(facts, rule.subject, sorted(fact.read_by(rule)), bands)
        own = used.filter(pl.col("code") == code)["id"]
        found.append(_Scope(code, rule.subject, held, of_rule(judgement, code), place(rule.subject), exempt(rule.subject, own)))
    every = fact.of_subject(facts, "house", fact.read_by_any(judgement), bands)
    taken = exempted.of_houses(judgement)["house_id"]
    found.append(_Scope(WHOLE, "house", every, of_houses(judgement), place("house"), exempt("house", taken)))
    return [scope for scope in found if scope.held and len(scope.outcome)]


def _counted(scope: _Scope, alike: int, groups: int, unlike: int) -> pl.DataFrame:
    return pl.DataFrame([(scope.name, len(scope.outcome), alike, groups, unlike)], schema=COMPARED, orient="row")


def _group(scope: _Scope, own: pl.DataFrame) -> pl.DataFrame:
    """One row a group, with what tells its cases apart."""
    rows = own["row"].to_numpy()
    raw = {f"{end} {one.key}": getattr(one, end)[rows] for one in scope.held for end in ("low", "high")}
    told = pl.DataFrame({"group": own["group"], "place": scope.place[rows], "exempt": scope.exempt[rows], **raw})
    keys = sorted(one.key for one in scope.held)
    ends = [pl.col(f"low {key}").min().cast(pl.Int64).alias(f"least {key}") for key in keys]
    ends += [pl.col(f"high {key}").max().cast(pl.Int64).alias(f"most {key}") for key in keys]
    summed = told.group_by("group", maintain_order=True).agg(pl.all().n_unique() > 1, *ends)
    differs = {key: pl.col(f"low {key}") | pl.col(f"high {key}") for key in keys}

    def where(values: dict[str, pl.Expr]) -> pl.Expr:
        return pl.concat_list([pl.when(differs[key]).then(value) for key, value in values.items()]).list.drop_nulls()

    differing = where({key: pl.lit(key) for key in keys})
    kinds = (pl.when(pl.col("place")).then(pl.lit("place")), pl.when(pl.col("exempt")).then(pl.lit("exception")))
    plain = pl.when(differing.list.len() > 0).then(pl.lit("fact")).otherwise(pl.lit("not_recorded"))
    spans = [where({key: pl.col(f"{end} {key}") for key in keys}).alias(end) for end in ("least", "most")]
    causes = summed.select("group", differing.alias("differing"), pl.coalesce(*kinds, plain).alias("cause"), *spans)
    same = {"scope": scope.name, "subject": scope.subject}
    whole = (
        _outcomes(own).join(causes, on="group", maintain_order="left").with_columns(pl.lit(word).alias(key) for key, word in same.items())
    )
    return whole.select(pl.col(name).cast(kind) for name, kind in GROUPS.items())


def _outcomes(own: pl.DataFrame) -> pl.DataFrame:
    counted = own.group_by("group", "outcome").agg(pl.len().alias("n")).sort(["group", "n", "outcome"], descending=[False, True, False])
    return counted.group_by("group", maintain_order=True).agg(
        pl.col("n").sum().alias("size"), pl.col("outcome").alias("outcomes"), pl.col("n").alias("counts")
    )
