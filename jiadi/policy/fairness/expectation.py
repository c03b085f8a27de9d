"""What each village's share of findings is against what is expected of houses of its age (各村情形与预期).

Expected is what the whole county's rates, by the period in which houses were built, give for the houses of a village
(indirect standardisation). The limits around what was found are Byar's approximation to the exact Poisson limits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from jiadi.policy.evaluate import Tried
from jiadi.policy.fairness.band import Bands
from jiadi.policy.findings import found, undecided
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement
from jiadi.policy.table import Column
from jiadi.policy.vocabulary import VOCABULARY

EXPECTED: dict[str, pl.DataType] = {
    "code": pl.String(),
    "measure": pl.String(),
    "division_code": pl.String(),
    "subjects": pl.Int64(),
    "found": pl.Int64(),
    "expected": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "stands_out": pl.String(),
}
"""Columns of villages against expectation 分村对照. `measure`: `finding`, of those whose rule could be decided, or
`undecided`, of all; `low`, `high`: limits around what was found; `stands_out`: `more`, `fewer` or null."""


def of_villages(judgement: Judgement, bands: Bands) -> pl.DataFrame:
    """Findings, and what could not be decided, in each village against expectation (分村对照).

    Args:
        judgement: with its rules as they were tried.
        bands: years of a period, and how far off a village stands out.

    Returns:
        Frame of EXPECTED: every village and rule with anything found or expected; what stands out most first.
    """
    parts = [pl.DataFrame(schema=EXPECTED)]
    for code, tried in _by_code(judgement).items():
        parts += [_compared(code, measure, cells, bands) for measure, cells in _measures(judgement, tried, bands)]
    every = pl.concat(parts)
    far = (pl.col("found") - pl.col("expected")).abs() / pl.max_horizontal(pl.col("expected"), pl.lit(1.0)).sqrt()
    return every.sort([pl.col("stands_out").is_null(), -far, "code", "measure", "division_code"], nulls_last=True)


def _by_code(judgement: Judgement) -> dict[str, list[Tried]]:
    found: dict[str, list[Tried]] = {}
    for one in judgement.tried:
        found.setdefault(one.rule.code, []).append(one)
    return found


def _measures(judgement: Judgement, tried: list[Tried], bands: Bands) -> Iterator[tuple[str, pl.DataFrame]]:
    """Per measure: village, period, whether it counts."""
    facts, subject = judgement.facts, tried[0].rule.subject
    block = facts.blocks[subject]
    state = np.zeros(block.size, dtype=np.int8)
    for one in tried:
        state[one.rows[undecided(one)]] = 2
    for one in tried:
        state[one.rows[found(one)]] = 1
    built = block.columns.get("built")
    period = np.zeros(block.size, dtype=np.int64) if built is None else _periods(built, bands)
    cells = pl.DataFrame({"division_code": facts.places(subject), "period": period, "state": state})
    decided = cells.filter(pl.col("state") < 2)
    yield "finding", decided.with_columns((pl.col("state") == 1).alias("counts"))
    yield "undecided", cells.with_columns((pl.col("state") == 2).alias("counts"))


def _periods(built: Column, bands: Bands) -> Array:
    return bands.of(VOCABULARY["house"]["built"], built)


def _compared(code: str, measure: str, cells: pl.DataFrame, bands: Bands) -> pl.DataFrame:
    rates = cells.group_by("period").agg(pl.col("counts").mean().alias("rate"))
    village = (
        cells.join(rates, on="period")
        .group_by("division_code")
        .agg(
            pl.len().cast(pl.Int64).alias("subjects"),
            pl.col("counts").sum().cast(pl.Int64).alias("found"),
            pl.col("rate").sum().alias("expected"),
        )
    )
    low, high = limits(village["found"].to_numpy(), bands.deviations)
    framed = village.with_columns(
        pl.lit(code).alias("code"), pl.lit(measure).alias("measure"), pl.Series("low", low), pl.Series("high", high)
    )
    outside = (
        pl.when(pl.col("low") > pl.col("expected")).then(pl.lit("more")).when(pl.col("high") < pl.col("expected")).then(pl.lit("fewer"))
    )
    return (
        framed.filter(pl.col("expected") > 0)
        .with_columns(outside.alias("stands_out"))
        .select(pl.col(name).cast(kind) for name, kind in EXPECTED.items())
    )


def limits(counts: Array, deviations: float) -> tuple[Array, Array]:
    """Limits around a count, by Byar's approximation (计数的上下限).

    Args:
        counts: int64.
        deviations: standard deviations on either side.

    >>> low, high = limits(np.array([0, 10]), 1.96)
    >>> [round(float(value), 2) for value in (*low, *high)]
    [0.0, 4.79, 3.67, 18.39]
    """
    held = counts.astype(np.float64)
    safe = np.maximum(held, 1.0)
    low = np.where(held > 0, safe * (1 - 1 / (9 * safe) - deviations / (3 * np.sqrt(safe))) ** 3, 0.0)
    more = held + 1
    return np.maximum(low, 0.0), more * (1 - 1 / (9 * more) + deviations / (3 * np.sqrt(more))) ** 3
