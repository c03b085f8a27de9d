"""The page of a county that has too many houses for one page: villages, and a page a township (总览页)."""

from __future__ import annotations

from typing import Any

import polars as pl

from jiadi.insight import gather, shapes
from jiadi.insight.encode import Block
from jiadi.insight.gather import Material
from jiadi.run.pipeline import Outcome
from jiadi.run.summary import VERDICTS

_UNKNOWN_PAGE = "unknown.html"


def pages(whole: Material) -> dict[str | None, str]:
    """Name of each township's page, by its code (分乡镇页面)."""
    townships = whole.placed.houses["township_code"].unique().sort(nulls_last=True).to_list()
    return {code: f"{code[:9]}.html" if code else _UNKNOWN_PAGE for code in townships}


def block(whole: Material, outcome: Outcome, folder: str) -> tuple[Block, dict[str, Any]]:
    """Columns and head of the overview (总览数据).

    Args:
        whole: material of the report.
        outcome: of the run.
        folder: name of the folder of the townships' pages.

    Returns:
        Villages with their counts and places, and the head with each township's page and outline.
    """
    made = Block()
    villages = _villages(whole)
    made.words("village.code", villages["village_code"])
    made.words("village.township", villages["township_code"])
    for name in ("houses", "findings", *VERDICTS, "x", "y"):
        made.integers(f"village.{name}", villages[name])
    head = gather.head(whole, outcome, made)
    files, outlines = pages(whole), _outlines(whole)
    for township in head["townships"]:
        township |= {"page": f"{folder}/{files[township['code']]}", "outline": outlines.get(township["code"], [])}
    return made, head


def _villages(whole: Material) -> pl.DataFrame:
    """One row a village (or a township's houses without one): counts and the middle of its houses."""
    key = ["township_code", "village_code"]
    middles = shapes.middles(whole.drawn)
    at = whole.placed.houses.select("house", *key).with_columns(
        pl.Series("x", middles[:, 0]).fill_nan(None), pl.Series("y", middles[:, 1]).fill_nan(None)
    )
    place = at.group_by(key).agg((pl.col("x", "y").median() / shapes.STEP).round(0).cast(pl.Int64))
    found = whole.placed.findings.group_by(key).agg(pl.len().cast(pl.UInt32).alias("findings"))
    each = [(pl.col("verdict") == verdict).sum().cast(pl.UInt32).alias(verdict) for verdict in VERDICTS]
    counted = whole.placed.houses.group_by(key).agg(pl.len().cast(pl.UInt32).alias("houses"), *each)
    return (
        counted.join(place, on=key, nulls_equal=True)
        .join(found, on=key, how="left", nulls_equal=True)
        .with_columns(pl.col("findings").fill_null(0))
        .sort(key, nulls_last=True)
    )


def _outlines(whole: Material) -> dict[str | None, list[list[float]]]:
    """A rough outline of each township: the hull of its villages' middles and houses."""
    middles = shapes.middles(whole.drawn)
    rows = whole.placed.houses.group_by("township_code").agg("house")
    return {code: shapes.hull(middles[numbers]) for code, numbers in rows.iter_rows() if code}
