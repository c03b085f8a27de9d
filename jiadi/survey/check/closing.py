"""Totals that a sheet states of its own rows (合计行核对): each held against the rows that it sums.

A row of totals is no row of the list. What it says is compared all the same, for a figure that somebody summed by hand is the
only witness of rows that were lost or of cells that were changed afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.codes import division
from jiadi.geo.measure import hundredths
from jiadi.register.schema import Column
from jiadi.survey.check import number
from jiadi.survey.check.gather import Cells, Gathered
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.read.header import TOTAL
from jiadi.survey.read.raw import CELL_DTYPES, ROW, RawSheet

ROWS = "rows"
"""What a total of rows is called, beside the columns that are summed."""
CLOSING: dict[str, pl.DataType] = {
    "table": pl.String(), "measure": pl.String(), "division_code": pl.String(), "division": pl.String(), "delivered": pl.Float64(),
    "stated": pl.Float64(), "unknown": pl.Int64(), "source": pl.String(), "file": pl.String(), "sheet": pl.String(), "row": pl.Int32(),
    "column": pl.String(), "value": pl.String(),
}  # fmt: skip
"""Columns: list, what is summed, whose, what was read, what is stated (null where it cannot be read), rows of which it is not known, the
total's own name, its place in the file, and what stands there."""
_SUMMED = frozenset({"area_m2", "integer"})
_UNITS = {
    "宗": ("right", "parcel", "approval"), "幢": ("house", "footprint"), "栋": ("house", "footprint"), "座": ("house", "footprint"),
    "人": ("person", "member", "aid"), "户": ("account",),
}  # fmt: skip
"""What a number of rows is counted in, by list; 条 and a bare number fit any. Of any other pair it is not known whether rows are meant."""
_COUNT = re.compile(r"^共?([0-9]+)(户|宗|幢|栋|座|人|条)$")
_PAGE, _PART, _WHOLE, _ALL = range(4)
_RANKS = {"小计": _PART, "总计": _ALL, "总合计": _ALL}


@dataclass(frozen=True, slots=True)
class _Total:
    """One row of totals: its row, its name, whose it is, how far it reaches, and the rows that it counts by itself."""

    row: int
    name: str
    whose: str
    rank: int
    running: bool
    count: str


@dataclass(frozen=True, slots=True)
class _Read:
    """The rows of one sheet, as they were read."""

    sheet: RawSheet
    places: Places
    rows: Places
    typed: dict[str, pl.Series]
    accepted: pl.Series


def compare(gathered: Gathered, typed: dict[str, pl.Series], accepted: pl.Series) -> pl.DataFrame:
    """Hold the totals of every sheet against its rows (合计行核对).

    A 小计 sums the rows since the total before it; a 合计 those since the last one of its rank, or all above it where there are none;
    累计 sums all. Where the first total stands above the rows, each sums those below it.

    Args:
        gathered: the sheets of one list.
        typed: column → (rows,) as typed, before rows are put together.
        accepted: (rows,) whether a row is taken.

    Returns:
        Frame of CLOSING. `delivered` sums the cells that were taken, of rows that were taken; null where there is none.
    """
    found: list[tuple[object, ...]] = []
    number_of = gathered.frame.get_column("sheet").to_numpy()
    row_of = gathered.frame.get_column(ROW).to_numpy()
    for index, sheet in enumerate(gathered.sheets):
        if sheet.closing is None or sheet.closing.is_empty():
            continue
        places = np.flatnonzero(number_of == index)
        read = _Read(sheet, places, row_of[places], typed, accepted)
        totals = [_named(row, texts) for row, texts in _texts(sheet.closing)]
        for at, own in enumerate(_sections(totals, read.rows)):
            found += _of_row(gathered, read, totals[at], at, own)
    return pl.DataFrame(found, schema=CLOSING, orient="row")


def _texts(closing: pl.DataFrame) -> list[tuple[int, list[str]]]:
    names = [name for name in closing.columns if name.startswith("t")]
    return [(row[0], [re.sub(r"\s", "", text) for text in row[1:] if text]) for row in closing.select(ROW, *names).iter_rows()]


def _named(row: int, texts: list[str]) -> _Total:
    label = next(found for found in map(TOTAL.match, texts) if found)
    whose, word = label["whose"] or "", label["word"]
    rank = _PAGE if whose.startswith("本页") else _ALL if whose.startswith("全") else _RANKS.get(word, _WHOLE)
    counted = label["count"] or next((text for text in texts if _COUNT.match(text)), "")
    return _Total(row, f"{whose}{word}", whose if whose[:1] not in ("本", "全") else "", rank, word == "累计", counted)


def _sections(totals: list[_Total], rows: Places) -> list[Places]:
    """The rows, by their number in the sheet, that each total sums."""
    leading = not (rows < totals[0].row).any()
    found = []
    for at, one in enumerate(totals):
        others = totals[at + 1 :] if leading else totals[:at]
        bounds = [other.row for other in others if other.rank >= one.rank]
        if leading:
            own = (rows > one.row) & (rows < min(bounds, default=np.iinfo(np.int64).max))
        else:
            own = (rows < one.row) & (rows > (0 if one.running else max(bounds, default=0)))
        if not own.any():
            own = rows > 0 if leading else rows < one.row
        found.append(np.flatnonzero(own))
    return found


def _of_row(gathered: Gathered, read: _Read, total: _Total, at: int, own: Places) -> list[tuple[object, ...]]:
    """What one row of totals states, each figure beside what was read."""
    sheet, places = read.sheet, read.places[own]
    taken = read.accepted.gather(places)
    place = _place(read, total, places)

    def line(measure: str, delivered: float | None, stated: float | None, unknown: int, value: str) -> tuple[object, ...]:
        heading = "" if measure == ROWS else sheet.header(measure)
        where = (total.name, sheet.file, sheet.sheet, total.row, heading, value)
        return (gathered.table.name, measure, *place, delivered, stated, unknown, *where)

    found = []
    for column in gathered.table.columns:
        if column.kind not in _SUMMED or column.name not in sheet.columns:
            continue
        cells = _cells(sheet, sheet.columns[column.name], at)
        shown = cells.shown()[0]
        if shown is None or TOTAL.match(re.sub(r"\s", "", shown)):
            continue
        known = read.typed[column.name].gather(places).filter(taken).drop_nulls()
        found.append(line(column.name, _sum(known), _stated(cells, column), len(places) - len(known), shown))
    count = re.match(r"^共?([0-9]+)(\D*)$", total.count)
    if count and (count[2] in ("", "条") or gathered.table.name in _UNITS.get(count[2], ())):
        found.append(line(ROWS, float(taken.sum()), float(count[1]), int((~taken).sum()), total.count))
    return found


def _cells(sheet: RawSheet, place: int, at: int) -> Cells:
    assert sheet.closing is not None
    held = [
        sheet.closing.get_column(f"{kind}{place}")[at : at + 1]
        if f"{kind}{place}" in sheet.closing.columns
        else pl.Series([None], dtype=dtype)
        for kind, dtype in CELL_DTYPES.items()
    ]
    text = held[0].str.strip_chars()
    return Cells(text.set(text == "", None), held[1], held[2])


def _stated(cells: Cells, column: Column) -> float | None:
    figure = number.read(cells, column, Remarks(), text_odd=None)
    stated: float | None = number.to_hundredths(figure)[0] if column.kind == "area_m2" else figure[0]
    return stated


def _sum(known: pl.Series) -> float | None:
    """Summed in whole hundredths, so that the order of the rows changes nothing."""
    if known.is_empty():
        return None
    return int(hundredths(known).sum()) / 100 if known.dtype.is_float() else float(known.sum())


def _place(read: _Read, total: _Total, places: Places) -> tuple[str, str]:
    """Code and name of the least division that all summed rows lie in; of one that no row has a code for, the name alone."""
    codes = read.typed["village_code"].gather(places).drop_nulls() if "village_code" in read.typed else pl.Series(dtype=pl.String)
    for width in (12, 9, 6, 4):
        heads = codes.str.slice(0, width).unique()
        if len(heads) == 1 and len(codes) == len(places):
            code = str(heads[0]).ljust(division.WIDTH, "0")
            return code, division.name(code) or ""
    if total.whose:
        return "", total.whose
    names = read.typed["village_name"].gather(places).unique() if "village_name" in read.typed else pl.Series(dtype=pl.String)
    return "", str(names[0]) if len(names) == 1 and names[0] else ""
