"""Why two judgements of the same houses differ (判定不同的原因): law, facts, links and day, each tried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import polars as pl

from jiadi.errors import Refusal
from jiadi.law import LawSet
from jiadi.law.amend import Difference, differences
from jiadi.law.amend import mixed as mixed_law
from jiadi.policy import judge as judging
from jiadi.policy.whatif_cause import Flip, Seen, of_findings, of_houses, seen
from jiadi.policy.whatif_pair import Pair, groups
from jiadi.policy.whatif_pair import mixed as mixed_facts

LAW = "law"
GROUPS = ("law", "fact", "link", "day")
"""What may be otherwise, as a reader calls it."""


@dataclass
class Bench:
    """Two runs between which anything may be exchanged (比对台).

    Args:
        pair: their facts.
        old_law, new_law: their sets; None where no set judged.
        changes: in what the sets differ.
        keys: in what the facts differ.
    """

    pair: Pair
    old_law: LawSet | None
    new_law: LawSet | None
    changes: tuple[Difference, ...] = ()
    keys: tuple[str, ...] = ()
    known: dict[frozenset[str], Seen] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.keys = tuple(self.pair.differing())
        if self.old_law and self.new_law:
            self.changes = differences(self.old_law, self.new_law)

    @property
    def everything(self) -> frozenset[str]:
        """Keys of all that differs, the law as a whole under `law`."""
        whole = {LAW} if self.changes or (self.old_law is None) != (self.new_law is None) else set()
        return frozenset({*self.keys, *whole})

    def at(self, taken: Collection[str]) -> Seen:
        """What comes of the old run with these things taken from the new one (试判).

        Args:
            taken: keys of facts; `law` for the law as a whole; keys of changes of the law.
        """
        key = frozenset(taken)
        if key not in self.known:
            facts = mixed_facts(self.pair.old, self.pair.new, taken)
            self.known[key] = seen(judging.judge(facts, self.law(taken)))
        return self.known[key]

    def law(self, taken: Collection[str]) -> LawSet | None:
        """The law with some changes made.

        Raises:
            Refusal: the two cannot be mixed.
        """
        if LAW in taken:
            return self.new_law
        own = {change.key for change in self.changes} & set(taken)
        if not own or self.old_law is None or self.new_law is None:
            return self.old_law
        if own == {change.key for change in self.changes}:
            return self.new_law
        law = mixed_law(self.old_law, self.new_law, own)
        if law is None:
            raise Refusal("not_mixed", "The two sets cannot be mixed.")
        return law


@dataclass(frozen=True, slots=True)
class Causes:
    """Why houses and findings came out otherwise (原因).

    Args:
        houses: list of keys of each house of the pair, empty where its verdict is the same.
        house_groups: of those, the words of `GROUPS`.
        findings, finding_groups: likewise of each changed finding.
    """

    houses: pl.Series
    house_groups: pl.Series
    findings: pl.Series
    finding_groups: pl.Series


def causes(bench: Bench, changed: pl.DataFrame) -> Causes:
    """Try each difference, and name those that bring the outcome about (逐项试判).

    Args:
        bench: the two runs.
        changed: findings that are otherwise, of `whatif_effect.findings`.

    Returns:
        A group (law, facts, links, day) is named where it alone, put in place of the old, alters the outcome, or where the new
        outcome does not come about without it; so is each thing in it. Where that is true of none, all are named together.
    """
    old, new = bench.at(()), bench.at(bench.everything)
    parts = [(LAW, [LAW])] if LAW in bench.everything else []
    parts += list(groups(bench.keys))
    whole = [_flip(bench, name, own) for name, own in parts]
    single = [flip for name, own in parts for flip in _singles(bench, name, own)]
    return Causes(
        _inside(of_houses(old, new, single), of_houses(old, new, whole)),
        of_houses(old, new, whole),
        _inside(of_findings(changed, old, new, single), of_findings(changed, old, new, whole)),
        of_findings(changed, old, new, whole),
    )


def _flip(bench: Bench, name: str, own: Sequence[str]) -> Flip:
    rest = bench.everything - set(own)
    return Flip(name, bench.at(own), bench.at(rest))


def _singles(bench: Bench, group: str, own: Sequence[str]) -> list[Flip]:
    """Each thing of a group alone, and all but it; the group as a whole where it cannot be taken apart."""
    if group != LAW:
        return [_flip(bench, key, [key]) for key in own]
    keys = [change.key for change in bench.changes]
    rest = bench.everything - {LAW}
    try:
        return [Flip(key, bench.at([key]), bench.at(rest | (set(keys) - {key}))) for key in keys] or [_flip(bench, LAW, [LAW])]
    except Refusal:
        return [_flip(bench, LAW, [LAW])]


def group_of(key: str) -> str:
    """The group that a key belongs to (所属种类).

    >>> group_of("fact house storeys"), group_of("zone river_range"), group_of("parameter storeys_max")
    ('fact', 'fact', 'law')
    """
    kinds = {"fact": "fact", "zone": "fact", "link": "link", "day": "day", "program": "program"}
    return kinds.get(key.split(" ", maxsplit=1)[0], LAW)


def _inside(single: pl.Series, whole: pl.Series) -> pl.Series:
    """Single things of the groups that are named; a group of which no single thing is named stands by its own name."""
    table = pl.DataFrame({"single": single, "whole": whole}).with_row_index("row")
    things = table.select("row", pl.col("single").alias("key")).explode("key").drop_nulls()
    distinct = {key: group_of(key) for key in things["key"].unique()}
    things = things.with_columns(pl.col("key").replace_strict(distinct, return_dtype=pl.String).alias("group"))
    named = table.select("row", pl.col("whole").alias("group")).explode("group").drop_nulls()
    joined = named.join(things, on=["row", "group"], how="left").with_columns(pl.coalesce("key", "group"))
    listed = joined.group_by("row").agg(pl.col("key").unique().sort())
    found = table.select("row").join(listed, on="row", how="left", maintain_order="left")
    return found.select(pl.col("key").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series()
