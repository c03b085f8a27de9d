"""What lists cover, and which of their cells could not be read: where a blank is a fact (覆盖范围与损毁单元格)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from jiadi.policy.grammar import Array
from jiadi.policy.table import FAR_DAY, Column, day
from jiadi.register.tables import Coverage, Delivery


def reaches(entry: Coverage, division: str) -> bool:
    """Whether an entry covers a division (是否覆盖).

    >>> reaches(Coverage("approval", ("330802",)), "330802005001"), reaches(Coverage("approval", ("330802005000",)), "330802000000")
    (True, False)
    """
    return any(division.startswith(_significant(code)) for code in entry.divisions)


def _significant(code: str) -> str:
    """A division code without the zeros that only fill it up: levels are 2, 4, 6, 9 and 12 digits long."""
    cut = code.rstrip("0")
    return code[: next(length for length in (2, 4, 6, 9, 12) if length >= len(cut))]


def covered(coverage: Sequence[Coverage], table: str, divisions: Sequence[str], *, kind: str = "", on: date | None = None) -> Array:
    """Which divisions a list covers (覆盖的区划).

    Args:
        coverage: of the delivery.
        table: name of the list.
        divisions: 12-digit codes.
        kind: for zones, the kind of zone.
        on: a day on which it must cover them; None for any time.

    Returns:
        bool [len(divisions) + 1]; the last one, which -1 reaches, is False: nobody knows that place.
    """
    entries = [entry for entry in coverage if entry.table == table and (not kind or entry.kind == kind)]
    serving = [entry for entry in entries if on is None or _holds(entry, on)]
    return np.array([*(any(reaches(entry, code) for entry in serving) for code in divisions), False])


def covered_days(coverage: Sequence[Coverage], table: str, divisions: Sequence[str], division: Array) -> tuple[Column, Column]:
    """First and last day that a list covers where each row lies (覆盖起止日).

    Periods that meet or overlap are one; of several the last serves. Where nothing is covered the first
    day lies after the last.

    Returns:
        Columns of days, one entry a row.
    """
    ends = np.array([*(_period(coverage, table, code) for code in divisions), (FAR_DAY, -FAR_DAY)], dtype=np.int32)
    first, last = ends[division].T
    return Column(first, first), Column(last, last)


def _period(coverage: Sequence[Coverage], table: str, division: str) -> tuple[int, int]:
    periods = sorted(
        (day(entry.covers_from) if entry.covers_from else -FAR_DAY, day(entry.covers_to) - 1 if entry.covers_to else FAR_DAY)
        for entry in coverage
        if entry.table == table and reaches(entry, division)
    )
    joined: list[tuple[int, int]] = []
    for first, last in periods:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined[-1] if joined else (FAR_DAY, -FAR_DAY)


def _holds(entry: Coverage, on: date) -> bool:
    return (entry.covers_from is None or entry.covers_from <= on) and (entry.covers_to is None or on < entry.covers_to)


def damaged(delivery: Delivery, table: str, column: str) -> pl.Series:
    """Rows of a list in which a cell holds something that could not be read (损毁单元格).

    Such a cell is null like a blank one, but a blank says "nothing" and this does not.

    Args:
        delivery: its `sources` has `headers`, JSON of column → header.
        table: name of the list.
        column: of the schema.

    Returns:
        String, ids of the rows.
    """
    frame = delivery.tables.get(table)
    bad = delivery.problems.filter(pl.col("level") == "unknown")
    if frame is None or bad.is_empty() or "headers" not in delivery.sources.columns:
        return pl.Series("id", [], dtype=pl.String)
    named = [
        (source, file, sheet or "", header)
        for source, file, sheet, text in delivery.sources.select("source_id", "file", "sheet", "headers").iter_rows()
        if (header := json.loads(text or "{}").get(column))
    ]
    schema = {"source_id": pl.Int32, "file": pl.String, "sheet": pl.String, "column": pl.String}
    cells = bad.join(pl.DataFrame(named, schema=schema, orient="row"), on=["file", "sheet", "column"])
    place = cells.select("source_id", pl.col("row").cast(pl.Int32).alias("source_row")).unique()
    return frame.join(place, on=["source_id", "source_row"], how="semi")["id"]


def asked(delivery: Delivery, table: str, column: str) -> bool:
    """Whether a delivery asks for something at all (是否调查了此项): a list has the column, or anything stands in it.

    Args:
        delivery: its `sources` may have `headers`, JSON of column → header. Where it is part of a larger one, `extra["asked"]` has
            what that one asks for: table → columns.
        table: name of the list.
        column: of the schema.

    >>> asked(Delivery(), "house", "facade"), asked(Delivery(extra={"asked": {"house": ["facade"]}}), "house", "facade")
    (False, True)
    """
    larger = delivery.extra.get("asked")
    if isinstance(larger, Mapping) and column in larger.get(table, ()):
        return True
    frame = delivery.tables.get(table)
    if frame is None or column not in frame.columns:
        return False
    if frame[column].null_count() < frame.height:
        return True
    if "headers" not in delivery.sources.columns:
        return False
    own = delivery.sources.filter(pl.col("source_id").is_in(frame["source_id"].unique().implode()))
    return any(column in json.loads(text or "{}") for text in own["headers"])
