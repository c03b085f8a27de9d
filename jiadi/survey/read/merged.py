"""Cells that are merged over several rows (合并单元格): a file keeps what they say in the first of them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from jiadi.register.schema import Table
from jiadi.survey.read.raw import ROW

_WORDS = frozenset({"code", "name", "text", "enum", "boolean", "date", "year", "person_id", "parcel_code", "division_code"})
"""Kinds that hold for every row of a merged cell. A number does not: an area over two rows would be summed twice."""


def fill(
    frame: pl.DataFrame, merged: Sequence[Sequence[int]], columns: Mapping[str, int], table: Table
) -> tuple[pl.DataFrame, dict[int, list[int]]]:
    """Put what a merged cell says into each of its rows (合并单元格填充).

    Args:
        frame: `row` and cells of the rows of data.
        merged: top, left, bottom, right from 0, of merged cells; others are passed over.
        columns: schema column → source column.
        table: of the list. Its own key is not repeated: two rows under one key would be two things of one name.

    Returns:
        The frame, and source column → 0-based rows that were filled.

    >>> from jiadi.register.schema import TABLES
    >>> frame = pl.DataFrame({"row": [2, 3], "t0": ["A1", None]}, schema_overrides={"row": pl.Int32})
    >>> filled, told = fill(frame, [[1, 0, 2, 0]], {"household_code": 0}, TABLES["person"])
    >>> filled["t0"].to_list(), told
    (['A1', 'A1'], {0: [1]})
    """
    held = {place for name, place in columns.items() if table.column(name).kind in _WORDS and not table.column(name).key}
    if frame.is_empty() or not held:
        return frame, {}
    last = int(frame.get_column(ROW).max()) - 1  # type: ignore[arg-type]
    told: dict[int, list[int]] = {}
    for place in sorted(held):
        spans = [(top, min(bottom, last)) for top, left, bottom, _ in merged if left == place and 0 <= top < bottom]
        # No two merged cells overlap, so that more rows than the sheet has are none that a spreadsheet made.
        if not spans or sum(bottom - top for top, bottom in spans) > last:
            continue
        pairs = [(row + 1, top + 1) for top, bottom in spans for row in range(top + 1, bottom + 1)]
        below = pl.DataFrame(pairs, schema={ROW: pl.Int32(), "_first": pl.Int32()}, orient="row").unique(ROW, keep="first")
        for name in (f"{kind}{place}" for kind in "tnd" if f"{kind}{place}" in frame.columns):
            frame = frame.join(below, on=ROW, how="left", maintain_order="left")
            first = frame.select(pl.col(ROW).alias("_first"), pl.col(name).alias("_said"))
            frame = frame.join(first, on="_first", how="left", maintain_order="left")
            given = pl.col(name).is_null() & pl.col("_said").is_not_null()
            told.setdefault(place, []).extend(frame.select(given.arg_true()).to_series().to_list())
            frame = frame.with_columns(pl.coalesce(name, "_said").alias(name)).drop("_first", "_said")
    return frame, {place: sorted(rows) for place, rows in told.items() if rows}
