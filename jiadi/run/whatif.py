"""A stored run under changed law (试算): several variants side by side, the run itself untouched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from jiadi.errors import Refusal
from jiadi.law import trial
from jiadi.law.amend import Difference, mixed
from jiadi.policy import whatif, whatif_cause, whatif_effect, whatif_money
from jiadi.policy.grammar import Array
from jiadi.policy.judge import VERDICTS, Judgement
from jiadi.run import kept


class NoLaw(Refusal):
    """A run without a rule set cannot be tried otherwise (无规则集可试)."""

    def __init__(self, directory: Path) -> None:
        super().__init__("no_law", f"{directory} was judged without a rule set.", "Judge again with --law.")
        self.said = {"zh": f"{directory} 判定时没有规则集。请用 --law 重新判定。", "en": str(self)}


@dataclass(frozen=True, slots=True)
class Money:
    """What is to be paid for paid use (有偿使用费).

    Args:
        priced: whether the set gives a price, before and after.
        fen: sum before and after, of what is known.
        findings: findings with paid use, before and after.
        unknown: of those, how many whose price or excess is not known.
    """

    priced: tuple[bool, bool]
    fen: tuple[int, int]
    findings: tuple[int, int]
    unknown: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What one variant does (一个方案的结果).

    Args:
        variant: as the file gives it.
        ran, dropped: rules that were run again, and rules that are gone.
        matrix: houses by verdict before and after, in the order of `VERDICTS`.
        houses: of `whatif_effect.listed`, with `cause`: names of changes.
        findings: of `whatif_effect.findings`, with `cause`.
        divisions, kinds: households, of `whatif_effect.by_division` and `by_kind`.
        fares: households by how they fare.
        money: paid use.
        proposals: remedy, and houses for which it is proposed before and after.
        nowhere: divisions named in a change in which no house lies.
    """

    variant: trial.Variant
    ran: tuple[str, ...]
    dropped: tuple[str, ...]
    matrix: Array
    houses: pl.DataFrame
    findings: pl.DataFrame
    divisions: pl.DataFrame
    kinds: pl.DataFrame
    fares: dict[str, int]
    money: Money
    proposals: pl.DataFrame
    nowhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A run and its variants (试算).

    Args:
        run: the stored run; nothing in it is changed.
        judgement: made anew from its facts.
        results: one a variant, in the order of the file.
        drift: houses whose verdict this version of the program, or the set as it is found today, gives otherwise than the run
            has kept it: what is tried is then held against the verdict of today.
    """

    run: kept.Kept
    judgement: Judgement
    results: tuple[Result, ...]
    drift: int = 0


def whatif_of(directory: Path, changes: Path) -> WhatIf:
    """Try changed law on a stored run (试算).

    Args:
        directory: result folder of `jiadi judge`; it is only read.
        changes: YAML of variants, see `law.trial.read`.

    Raises:
        Refusal: no result folder, no rule set in it, or a file of changes with an error: file, line, what to do.
    """
    run = kept.load(directory)
    if run.lawset is None:
        raise NoLaw(directory)
    variants = trial.read(changes, run.lawset)
    base = whatif.baseline(run.judgement.facts, run.lawset)
    households = run.households()
    drift = int((run.judgement.houses["verdict"] != base.judgement.houses["verdict"]).sum())
    return WhatIf(run, base.judgement, tuple(_result(base, variant, households) for variant in variants), drift)


def _result(base: whatif.Baseline, variant: trial.Variant, kinds: pl.DataFrame | None) -> Result:
    before = base.judgement
    tried = whatif.try_law(base, variant.law, variant.changes)
    after = tried.judgement
    codes = {*tried.ran, *tried.dropped}
    was, now = whatif_cause.seen(before, codes), whatif_cause.seen(after, codes)
    changed = whatif_effect.findings(was.findings, now.findings)
    flips = _flips(base, variant, codes) if changed.height or (was.verdict != now.verdict).any() else []
    named = changed.with_columns(whatif_cause.of_findings(changed, was, now, flips).alias("cause"))
    houses = beside(before, after.verdict).with_columns(whatif_cause.of_houses(was, now, flips).alias("own"))
    listed = with_proposals(with_causes(whatif_effect.listed(houses, named), named), before.proposals, after.proposals)
    fares = whatif_effect.households(before.facts, before.verdict, after.verdict)
    if kinds is not None:
        fares = fares.join(kinds, on="id", how="left", maintain_order="left")
    counted = dict(fares["change"].value_counts().iter_rows())
    return Result(
        variant,
        tried.ran,
        tried.dropped,
        whatif_effect.matrix(before.verdict, after.verdict),
        listed,
        named,
        whatif_effect.by_division(fares),
        whatif_effect.by_kind(fares),
        {word: int(counted.get(word, 0)) for word in (whatif_effect.HIT, whatif_effect.RELIEVED, whatif_effect.OPEN, whatif_effect.SAME)},
        _money(before, after),
        _proposals(before, after),
        _nowhere(before.facts.divisions, variant.changes),
    )


def _flips(base: whatif.Baseline, variant: trial.Variant, codes: set[str]) -> list[whatif_cause.Flip]:
    """Each change alone, and all but it; a single change needs no trial."""
    law, changes = base.judgement.lawset, variant.changes
    assert law is not None
    if len(changes) == 1:
        nothing = whatif_cause.seen(base.judgement, codes)
        everything = whatif_cause.seen(whatif.try_law(base, variant.law, changes).judgement, codes)
        return [whatif_cause.Flip(changes[0].key, everything, nothing)]
    found = []
    for change in changes:
        sides: list[whatif_cause.Seen] = []
        for own in ([change], [other for other in changes if other is not change]):
            tried = mixed(law, variant.law, {one.key for one in own})
            assert tried is not None  # a variant derives what its set derives
            sides.append(whatif_cause.seen(whatif.try_law(base, tried, own).judgement, codes))
        found.append(whatif_cause.Flip(change.key, *sides))
    return found


def beside(judgement: Judgement, after: Array) -> pl.DataFrame:
    """Houses with their verdicts before and after (房屋前后结论)."""
    words = pl.Series(list(VERDICTS))
    held = judgement.houses.rename({"verdict": "before"})
    return held.with_columns(words.gather(after.astype(np.uint32)).alias("after"))


def with_causes(listed: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Houses with the causes of their verdict; where that is the same, of their findings (房屋变动的原因).

    Args:
        listed: of `whatif_effect.listed`, with `own`: causes of the verdict.
        findings: with `cause`.
    """
    inner = whatif_effect.taken_in(listed, findings.select("subject", "id", "cause"))
    of_findings = inner.explode("cause").group_by("house_id").agg(pl.col("cause").drop_nulls().unique().sort().alias("of_findings"))
    joined = listed.join(of_findings, left_on="id", right_on="house_id", how="left", maintain_order="left")
    own = pl.when(pl.col("own").list.len() > 0).then("own").otherwise("of_findings")
    return joined.with_columns(own.fill_null(pl.lit([], dtype=pl.List(pl.String))).alias("cause")).drop("own", "of_findings")


def with_proposals(listed: pl.DataFrame, before: pl.DataFrame | None, after: pl.DataFrame | None) -> pl.DataFrame:
    """Houses with what is proposed for each before and after (处置建议的变化); null where a run has no proposals."""
    for end, proposed in (("remedy_before", before), ("remedy_after", after)):
        if proposed is None:
            listed = listed.with_columns(pl.lit(None, dtype=pl.String).alias(end))
            continue
        own = proposed.select(pl.col("house_id").alias("id"), pl.col("remedy").alias(end))
        listed = listed.join(own, on="id", how="left", maintain_order="left")
    return listed


def _proposals(before: Judgement, after: Judgement) -> pl.DataFrame:
    sides = [judgement.proposals.group_by("remedy").len(end) for judgement, end in ((before, "before"), (after, "after"))]
    joined = sides[0].join(sides[1], on="remedy", how="full", coalesce=True)
    return joined.with_columns(pl.col("before", "after").fill_null(0).cast(pl.Int64)).sort("remedy")


def _money(before: Judgement, after: Judgement) -> Money:
    sides = [whatif_money.due(judgement) for judgement in (before, after)]
    priced = [whatif_money.has_price(judgement.lawset) for judgement in (before, after)]
    return Money(
        (priced[0], priced[1]),
        (int(sides[0]["fen"].sum()), int(sides[1]["fen"].sum())),
        (sides[0].height, sides[1].height),
        (sides[0]["fen"].null_count(), sides[1]["fen"].null_count()),
    )


def _nowhere(divisions: Sequence[str], changes: Sequence[Difference]) -> tuple[str, ...]:
    named = {cell.division for change in changes for cell in change.cells}
    return tuple(sorted(code for code in named if code != "00" and not any(place.startswith(code) for place in divisions)))
