"""Workbooks, inside the limited child (子进程内读取工作簿): .xlsx, .xlsm, .xls.

Cells come in rows of Python objects; they leave as columns. What is done for each cell in Python is
kept to a glance at its type, because a county's survey has millions of cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.geo.child_process import report
from jiadi.survey.read.inspect import workbook_fault
from jiadi.survey.read.raw import CELL_DTYPES, ROW

CHUNK = 20_000
MOST_MERGED = 200_000
"""Merged cells of a sheet that are looked at; the others stay as the file has them, filled in their first row alone."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


def read(path: str) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Read every sheet of a workbook (读取工作簿).

    Args:
        path: of the file.

    Returns:
        A frame a sheet by its number (`row` and the cells, see `raw.RawSheet`), and `sheets`: name,
        merged ranges and width of each; or `fault`: reason and figures.
    """
    file = Path(path)
    with file.open("rb") as source:
        head = source.read(8)
    if not head.startswith((_ZIP, _OLE)):
        return {}, {"fault": ["empty" if not head else "not_a_workbook", {}]}
    fault = workbook_fault(file) if head.startswith(_ZIP) else None
    if fault:
        return {}, {"fault": list(fault)}
    return _open(file)


def read_many(paths: list[str]) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Read several small workbooks (读取多个小工作簿).

    Args:
        paths: of the files.

    Returns:
        Frames by number of the file and of the sheet (`3:0`), and `files`: what `read` says of each.
    """
    tables: dict[str, pl.DataFrame] = {}
    files = []
    for number, path in enumerate(paths):
        frames, meta = read(path)
        tables |= {f"{number}:{key}": frame for key, frame in frames.items()}
        files.append(meta)
    return tables, {"files": files}


def _open(file: Path) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  only after the look inside

    try:
        book = CalamineWorkbook.from_path(str(file))
        frames: dict[str, pl.DataFrame] = {}
        sheets = []
        count = len(book.sheets_metadata)
        for number, about in enumerate(book.sheets_metadata):
            if "WorkSheet" not in str(about.typ):
                continue
            sheet = book.get_sheet_by_index(number)
            frames[str(number)] = columns_of(_told(sheet, number, count))
            left = sheet.start[1] if sheet.start else 0
            sheets.append({"key": str(number), "name": about.name, "merged": _merged(sheet, left), "left": left})
    except CalamineError as error:
        return {}, {"fault": ["unreadable", {"detail": " ".join(str(error).split())[:200]}]}
    return frames, {"sheets": sheets}


def _told(sheet: Any, number: int, count: int) -> Iterator[list[Any]]:
    """The rows of a sheet; how far they are is told now and then."""
    height = max(sheet.total_height or 0, 1)
    for place, row in enumerate(sheet.iter_rows()):
        if place % CHUNK == CHUNK - 1:
            report((number + min(place / height, 1.0)) / count)
        yield row


def _merged(sheet: Any, left: int) -> list[list[int]]:
    """Merged ranges: top, left, bottom, right, from 0, columns as they are read."""
    ranges = (sheet.merged_cell_ranges or [])[:MOST_MERGED]
    return [[top, first - left, bottom, last - left] for (top, first), (bottom, last) in ranges]


def columns_of(rows: Iterator[list[Any]]) -> pl.DataFrame:
    """Rows of cells as columns of text, numbers and days (行转列).

    Args:
        rows: lists of equal length, blank cells "".

    Returns:
        `row` from 1, and for column i those of `t{i}` `n{i}` `d{i}` that hold anything; rows without
        any cell are left out.

    >>> columns_of(iter([["户主", 120.5], ["", ""]])).to_dicts()
    [{'row': 1, 't0': '户主', 'n1': 120.5}]
    """
    pieces: list[pl.DataFrame] = []
    first = 1
    while chunk := list(islice(rows, CHUNK)):
        pieces.append(_piece(chunk, first))
        first += len(chunk)
    if not pieces:
        return pl.DataFrame(schema={ROW: pl.Int32})
    frame = pl.concat(pieces, how="diagonal")
    order = sorted(frame.columns[1:], key=lambda name: (int(name[1:]), "tnd".index(name[0])))
    return frame.select(ROW, *order)


def _piece(chunk: list[list[Any]], first: int) -> pl.DataFrame:
    cells: dict[str, pl.Series] = {ROW: pl.Series(ROW, range(first, first + len(chunk)), dtype=pl.Int32)}
    for number, column in enumerate(zip(*chunk, strict=False)):
        for kind, series in _cells(column).items():
            if series.null_count() < len(series):
                cells[f"{kind}{number}"] = series
    frame = pl.DataFrame(cells)
    if len(cells) == 1:
        return frame.clear()
    return frame.filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))


def _cells(column: tuple[Any, ...]) -> dict[str, pl.Series]:
    kinds = set(map(type, column))
    if kinds == {str}:
        return {"t": _text(pl.Series(column, dtype=pl.String))}
    if kinds <= {float, int}:
        return {"n": pl.Series(column, dtype=pl.Float64, strict=False)}
    found: dict[str, pl.Series] = {}
    if kinds & {float, int}:
        numbers = [cell if type(cell) is float or type(cell) is int else None for cell in column]
        found["n"] = pl.Series(numbers, dtype=pl.Float64, strict=False)
    if str in kinds:
        found["t"] = _text(pl.Series([cell if type(cell) is str else None for cell in column], dtype=pl.String))
    if kinds & {date, datetime}:
        found["d"] = pl.Series([_day(cell) for cell in column], dtype=CELL_DTYPES["d"])
    odd = kinds - {float, int, str, date, datetime, type(None)}
    if odd:
        words = pl.Series([_word(cell) if type(cell) in odd else None for cell in column], dtype=pl.String)
        found["t"] = pl.select(pl.coalesce(found["t"], words)).to_series() if "t" in found else words
    return found


def _text(series: pl.Series) -> pl.Series:
    return series.set(series == "", None)


def _day(cell: Any) -> datetime | None:
    if type(cell) is datetime:
        return cell.replace(tzinfo=None)
    return datetime(cell.year, cell.month, cell.day) if type(cell) is date else None


def _word(cell: Any) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, time):
        return cell.isoformat()
    return f"{cell.total_seconds() / 86400:g}" if isinstance(cell, timedelta) else str(cell)
