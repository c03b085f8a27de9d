"""What stands in the files, before anything is judged (原始数据): cells as they were written, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from jiadi.codes.extent import Bounds
from jiadi.register.tables import PROBLEMS, Coverage

ROW = "row"
"""Column of a sheet's frame: the row as Excel shows it; for features their place in the layer."""

CELL_DTYPES: dict[str, pl.DataType] = {"t": pl.String(), "n": pl.Float64(), "d": pl.Datetime("us")}
"""A column of cells is held as up to three: text, numbers, days; a cell fills at most one of them."""


@dataclass(slots=True)
class RawSheet:
    """One sheet or layer, its cells untouched (一张工作表或图层).

    Args:
        file: path as the user gave it, relative to the delivery.
        sheet: name of sheet or layer; "" where the file has none.
        form: `workbook`, `text`, `shapefile`, `layer` or `columnar`.
        sha256: of the file, hex.
        headers: heading of each source column, as the file writes it.
        frame: `row`, and for source column number i any of `t{i}` `n{i}` `d{i}` (see `CELL_DTYPES`),
            `geometry` (WKB in the file's own coordinates) where there are shapes.
        table: name of the list that it was taken for; "" where none.
        columns: schema column → number of the source column.
        fixed: schema column → value that holds for every row (from a profile or the layer's name).
        codes: schema column → {word in the file: stored value}, from a profile.
        mixed: source column → 0-based rows of cells in another encoding than the file.
        merged: source column → 0-based rows that were filled from the first row of a merged cell.
        skipped: blank rows, totals and repeated headers that were passed over.
        crs_text: what the file says of its coordinates; "" where it says nothing.
        crs_assumed: the format, not the file, says so.
        bounds: of the shapes, in the file's coordinates.
        sure: whether anything but a few headings tells the list.
        heading_row: last row of the heading, as Excel shows it; 0 where there is none.
        heading_rows: source column → row in which its heading stands, where that is another one: of a heading that is merged over
            several rows the first, for a spreadsheet shows what is in that cell alone.
        left: columns of the sheet before source column 0.
        guessed: schema columns whose heading is one letter off.
        claimed: schema column → source columns that claim it; none of them is taken.
        asked: schema columns that a profile names.
        places: schema column → row as Excel shows it and column from 0, where a form has each cell in a place of its own.
        heights: whether its shapes had heights, which are not kept.
        closing: rows that state totals, columns as `frame`; None where none were looked for.
        beside: whether it is made of columns of a layer that was taken for another list.
    """

    file: str
    sheet: str
    form: str
    sha256: str
    headers: list[str]
    frame: pl.DataFrame
    table: str = ""
    columns: dict[str, int] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    mixed: dict[int, list[int]] = field(default_factory=dict)
    merged: dict[int, list[int]] = field(default_factory=dict)
    skipped: int = 0
    crs_text: str = ""
    crs_assumed: bool = False
    bounds: tuple[float, float, float, float] | None = None
    sure: bool = True
    heading_row: int = 0
    heading_rows: dict[int, int] = field(default_factory=dict)
    left: int = 0
    guessed: frozenset[str] = frozenset()
    claimed: dict[str, list[int]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    heights: bool = False
    beside: bool = False
    closing: pl.DataFrame | None = None

    @property
    def spatial(self) -> bool:
        """Whether rows carry shapes."""
        return "geometry" in self.frame.columns

    def header(self, column: str) -> str:
        """The heading under which the file has a schema column; the schema's name where it has none."""
        place = self.columns.get(column)
        return column if place is None else self.headers[place]


@dataclass(slots=True)
class RawDelivery:
    """All that was handed in, read and not yet checked (原始交付).

    Args:
        sheets: those that were taken for a list of the schema.
        files: entries of files, sheets and layers that were not taken, as summary.json lists them.
        problems: remarks on whole files, frame of PROBLEMS.
        coverage: what the manifest says of each list.
        delivered_on: day of delivery; None where nobody said so.
        decisions: on links, frame of `review.decision.COLUMNS`; None where none were handed in.
        totals: stated by the manifest, see `manifest.Manifest`.
        thresholds: that a profile replaces, see thresholds.yaml.
        extents: where places lie, as the manifest states it.
    """

    sheets: list[RawSheet] = field(default_factory=list)
    files: list[dict[str, object]] = field(default_factory=list)
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))
    coverage: list[Coverage] = field(default_factory=list)
    delivered_on: date | None = None
    decisions: pl.DataFrame | None = None
    totals: list[dict[str, Any]] = field(default_factory=list)
    thresholds: dict[str, float] = field(default_factory=dict)
    extents: dict[str, Bounds] = field(default_factory=dict)


def split_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Typed columns as cells (类型列转单元格): column i becomes `t{i}`, `n{i}` or `d{i}`.

    Args:
        frame: any columns.

    Returns:
        As many rows; nested columns and bytes become text.

    >>> split_columns(pl.DataFrame({"宗地代码": ["1"], "面积": [2]})).columns
    ['t0', 'n1']
    """
    cells = []
    for number, (name, kind) in enumerate(frame.schema.items()):
        column = pl.col(name)
        if kind == pl.Boolean:
            cells.append(pl.when(column).then(pl.lit("是")).when(~column).then(pl.lit("否")).alias(f"t{number}"))
        elif kind.is_numeric():
            cells.append(column.cast(pl.Float64).alias(f"n{number}"))
        elif kind == pl.Date or isinstance(kind, pl.Datetime):
            naive = column.dt.replace_time_zone(None) if isinstance(kind, pl.Datetime) else column
            cells.append(naive.cast(pl.Datetime("us")).alias(f"d{number}"))
        else:
            cells.append(column.cast(pl.String, strict=False).alias(f"t{number}"))
    return frame.select(cells)
