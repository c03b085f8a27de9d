"""What a change does (变动): verdicts, findings and households before and after, of the same houses."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from jiadi.policy.grammar import Array
from jiadi.policy.judge import VERDICTS, Judgement
from jiadi.policy.table import Facts

KEY = ("subject", "id", "code")
FIGURES = ("measured", "limit", "excess")
OUTCOME = ("price_fen", "remedy")
"""What a finding is to cost, and what is proposed for it."""

ABSENT, UNDECIDED = "no_finding", "undecided"
"""States of a finding beside its effects: it is not there; whether it is there cannot be decided."""

HIT, RELIEVED, OPEN, SAME = "hit", "relieved", "open", "same"
"""How a household fares: newly hit 新触及, relieved 解除, no longer decided 转为待核实, as before 不变."""

LEVELS = {"county": 6, "township": 9, "village": 12}
"""Levels of division by which households are counted, with the digits of their codes."""


def matrix(before: Array, after: Array) -> Array:
    """Houses by verdict before and after (结论转移矩阵).

    Args:
        before, after: uint8 positions in `VERDICTS`.

    Returns:
        int64 [before, after].

    >>> matrix(np.array([0, 0, 4]), np.array([0, 4, 4])).tolist()[0]
    [1, 0, 0, 0, 1]
    """
    size = len(VERDICTS)
    counted = np.bincount(before.astype(np.int64) * size + after, minlength=size * size)
    table: Array = counted.reshape(size, size)
    return table


def states(judgement: Judgement, codes: Collection[str] | None = None) -> pl.DataFrame:
    """State of every finding, with its figures (情形的状态).

    Args:
        judgement: any.
        codes: rules that are looked at; None for all.

    Returns:
        subject, id, code, state (an effect, `unknown` where only that is undecided, or `undecided`), measured, limit, excess,
        price_fen, remedy, unit, scale. Findings that are not there have no row.
    """
    wanted = pl.lit(True) if codes is None else pl.col("code").is_in(sorted(codes))
    held = judgement.findings.filter(wanted)
    if "price_fen" not in held.columns:  # a run that an earlier version kept
        held = held.with_columns(pl.lit(None, dtype=pl.Int64).alias("price_fen"))
    found = held.select(*KEY, pl.col("effect").alias("state"), *FIGURES, *OUTCOME, "unit", "scale")
    open_ = judgement.unknowns.filter(wanted).select(*KEY).join(found.select(KEY), on=KEY, how="anti")
    return pl.concat([found, open_.with_columns(pl.lit(UNDECIDED).alias("state"))], how="diagonal")


def findings(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Findings that are otherwise after than before (变动的情形).

    Args:
        before, after: of `states`.

    Returns:
        subject, id, code, before, after, `…_before` and `…_after` of the figures, the price and the remedy, unit, scale; sorted
        by code, subject, id.
    """
    names = {"state": "", **{name: f"{name}_" for name in (*FIGURES, *OUTCOME)}, "unit": "unit_", "scale": "scale_"}
    sides = [side.rename({name: f"{other}{end}" for name, other in names.items()}) for side, end in ((before, "before"), (after, "after"))]
    joined = sides[0].join(sides[1], on=KEY, how="full", coalesce=True)
    joined = joined.with_columns(pl.col("before", "after").fill_null(ABSENT))
    differs = [
        pl.col("before") != pl.col("after"),
        *(~pl.col(f"{name}_before").eq_missing(pl.col(f"{name}_after")) for name in (*FIGURES, *OUTCOME)),
    ]
    unit, scale = pl.coalesce("unit_before", "unit_after"), pl.coalesce("scale_before", "scale_after")
    shown = [f"{name}_{end}" for name in (*FIGURES, *OUTCOME) for end in ("before", "after")]
    changed = joined.filter(pl.any_horizontal(differs)).with_columns(unit.alias("unit"), scale.alias("scale"))
    return changed.select(*KEY, "before", "after", *shown, "unit", "scale").sort("code", "subject", "id")


CHANGES = ("appeared", "gone", "effect", "figures", "outcome")
"""In what a changed finding is otherwise 变动方式: there or not, effect, figures, or only price or remedy."""


def kind_of_change() -> pl.Expr:
    """One of `CHANGES`, of each changed finding (变动方式)."""
    same_figures = pl.all_horizontal(pl.col(f"{name}_before").eq_missing(pl.col(f"{name}_after")) for name in FIGURES)
    return (
        pl.when(pl.col("before") == ABSENT)
        .then(pl.lit("appeared"))
        .when(pl.col("after") == ABSENT)
        .then(pl.lit("gone"))
        .when(pl.col("before") != pl.col("after"))
        .then(pl.lit("effect"))
        .when(same_figures)
        .then(pl.lit("outcome"))
        .otherwise(pl.lit("figures"))
    )


def taken_in(houses: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Changed findings as each house takes them in (房屋承受的变动).

    Args:
        houses: id, parcel_id, household_id.
        changed: with subject and id; further columns stay.

    Returns:
        house_id and the columns of `changed`.
    """
    links = {"house": "id", "parcel": "parcel_id", "household": "household_id"}
    parts = [
        changed.filter(pl.col("subject") == subject).join(
            houses.select(pl.col("id").alias("house_id"), pl.col(name).alias("own")), left_on="id", right_on="own", how="inner"
        )
        for subject, name in links.items()
    ]
    return pl.concat([part.select("house_id", *changed.columns) for part in parts])


def listed(houses: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Houses whose verdict or findings are otherwise, one row each (变动的房屋).

    Args:
        houses: id, village_code, household_id, parcel_id, before, after (verdicts).
        changed: of `findings`.

    Returns:
        The columns of `houses`, and codes as lists by `CHANGES`; sorted by what weighs most, then id.
    """
    kinds = CHANGES
    inner = taken_in(houses, changed.with_columns(kind_of_change().alias("kind")))
    codes = inner.group_by("house_id").agg(pl.col("code").filter(pl.col("kind") == kind).unique().sort().alias(kind) for kind in kinds)
    joined = houses.join(codes, left_on="id", right_on="house_id", how="left")
    touched = (pl.col("before") != pl.col("after")) | pl.any_horizontal(pl.col(kind).is_not_null() for kind in kinds)
    empty = pl.lit([], dtype=pl.List(pl.String))
    rows = joined.filter(touched).with_columns(pl.col(kind).fill_null(empty) for kind in kinds)
    order = {verdict: place for place, verdict in enumerate(VERDICTS)}
    weight = [pl.col(name).replace_strict(order, return_dtype=pl.Int8, default=-1) for name in ("after", "before")]
    return rows.sort((pl.col("before") == pl.col("after")), *(-one for one in weight), "id")


def households(facts: Facts, before: Array, after: Array) -> pl.DataFrame:
    """Households by their gravest verdict before and after (各户的变化).

    Args:
        facts: houses and their households.
        before, after: uint8 positions in `VERDICTS` of each house.

    Returns:
        id, division_code, persons (null where not known), before, after, change (`hit`, `relieved`, `open`, `same`); only
        households with a house. What was to be verified and is settled now hits where anything is found, else relieves.
    """
    size = facts.blocks["household"].size
    rows = facts.house_household
    gravest = [np.full(size, -1, dtype=np.int8) for _ in range(2)]
    for into, verdict in zip(gravest, (before, after), strict=True):
        np.maximum.at(into, rows[rows >= 0], verdict[rows >= 0].astype(np.int8))
    persons = facts.blocks["household"].columns.get("persons_living")
    known = np.zeros(size, dtype=bool) if persons is None else persons.low == persons.high
    living = pl.Series(np.zeros(size, dtype=np.int64) if persons is None else persons.low).set(pl.Series(~known), None)
    words = pl.Series(list(VERDICTS))
    held = pl.DataFrame({"id": facts.ids["household"], "persons": living, "was": gravest[0], "is": gravest[1]}).with_columns(
        facts.places("household")
    )
    some = held.filter(pl.col("was") >= 0)
    sides = [words.gather(some[name].cast(pl.UInt32)).alias(end) for name, end in (("was", "before"), ("is", "after"))]
    return some.with_columns(*sides, _fare().alias("change")).select("id", "division_code", "persons", "before", "after", "change")


def _fare() -> pl.Expr:
    open_ = VERDICTS.index("to_be_verified")
    was, now = pl.col("was"), pl.col("is")
    return (
        pl.when(was == now)
        .then(pl.lit(SAME))
        .when(now == open_)
        .then(pl.lit(OPEN))
        .when((now > was) | ((was == open_) & (now > 0)))
        .then(pl.lit(HIT))
        .otherwise(pl.lit(RELIEVED))
    )


def by_division(rows: pl.DataFrame) -> pl.DataFrame:
    """Households hit and relieved, by county, township and village (按区划).

    Args:
        rows: of `households`.

    Returns:
        level, code, households, hit, relieved, open; county first; only divisions where something changes.
    """
    parts = []
    for level, digits in LEVELS.items():
        code = pl.col("division_code").str.slice(0, digits)
        fine = pl.when(pl.col("division_code").str.slice(digits - 3 if digits > LEVELS["county"] else 0, 3) != "000").then(code)
        counted = _counted(rows.with_columns(fine.alias("code")), ["code"])
        parts.append(counted.select(pl.lit(level).alias("level"), "code", *_COUNTS).sort("code", nulls_last=True))
    found = pl.concat(parts)
    return found.filter(pl.sum_horizontal(HIT, RELIEVED, OPEN) > 0)


_COUNTS = ("households", HIT, RELIEVED, OPEN)


def _counted(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return rows.group_by(by).agg(
        pl.len().alias("households"), *((pl.col("change") == change).sum().cast(pl.Int64).alias(change) for change in (HIT, RELIEVED, OPEN))
    )


def by_kind(rows: pl.DataFrame, most: int = 7) -> pl.DataFrame:
    """Households hit and relieved, by their size, aid and membership (按户的类别).

    Args:
        rows: of `households`, with `aid` and `member` where they are known.
        most: this many persons and more are one kind.

    Returns:
        dimension (`persons`, `aid`, `member`), kind (null where not known), households, hit, relieved, open: every kind there is.
    """
    persons = pl.when(pl.col("persons") >= most).then(pl.lit(f"{most}+")).otherwise(pl.col("persons").cast(pl.String))
    kinds = rows.with_columns(persons.alias("persons"))
    parts = [
        _counted(kinds, [name]).select(pl.lit(name).alias("dimension"), pl.col(name).alias("kind"), *_COUNTS).sort("kind", nulls_last=True)
        for name in ("persons", "aid", "member")
        if name in kinds.columns
    ]
    return pl.concat(parts)
