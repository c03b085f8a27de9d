"""Whether a stored run treats like cases alike (公平检查)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from jiadi.policy.fairness import band, exempted, expectation, likeness
from jiadi.policy.judge import Judgement
from jiadi.run import kept
from jiadi.survey.review.decision import REMEMBERED

BY_HAND: dict[str, pl.DataType] = {
    "by": pl.String(),
    "kind": pl.String(),
    "answer": pl.String(),
    "decisions": pl.Int64(),
    "first_day": pl.String(),
    "last_day": pl.String(),
}
"""Columns of links that persons decided 人工决定."""


@dataclass(frozen=True, slots=True)
class Fairness:
    """What was found (公平检查结果).

    Args:
        run: the stored run.
        judgement: made anew from its facts, with its rules as they were tried.
        bands: what counts as alike.
        alike: like cases that end differently.
        exceptions: each exception by village, see `exempted.by_village`.
        by_hand: frame of BY_HAND.
        villages: frame of `expectation.EXPECTED`.
    """

    run: kept.Kept
    judgement: Judgement
    bands: band.Bands
    alike: likeness.Alike
    exceptions: pl.DataFrame
    by_hand: pl.DataFrame
    villages: pl.DataFrame


def look(directory: Path, bands: Path | None = None) -> Fairness:
    """Look at a stored run (检查留存的判定).

    Args:
        directory: result folder of `jiadi judge`; nothing in it is changed.
        bands: YAML of bands of one's own.

    Raises:
        Refusal: no result folder, or bands that cannot be read.
    """
    held = band.load(bands)
    run = kept.load(directory)
    judgement = run.tried()
    used = exempted.used(judgement)
    return Fairness(
        run,
        judgement,
        held,
        likeness.find(judgement, held),
        exempted.by_village(judgement, used),
        _by_hand(directory / REMEMBERED),
        expectation.of_villages(judgement, held),
    )


def _by_hand(path: Path) -> pl.DataFrame:
    """Who decided how many links, and how."""
    if not path.exists():
        return pl.DataFrame(schema=BY_HAND)
    decided = pl.read_ndjson(path, schema={name: pl.String() for name in ("by", "kind", "answer", "day")})
    counted = decided.group_by("by", "kind", "answer").agg(
        pl.len().alias("decisions"), pl.col("day").min().alias("first_day"), pl.col("day").max().alias("last_day")
    )
    ordered = counted.sort(["decisions", "by", "kind", "answer"], descending=[True, False, False, False])
    return ordered.select(pl.col(name).cast(kind) for name, kind in BY_HAND.items())
