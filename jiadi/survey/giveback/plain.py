"""A workbook of the same rows (同样各行的工作簿), where the user's own file is not one that can be marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.survey.giveback.comment import AUTHOR, MOST
from jiadi.survey.giveback.mark import HEADING, SHEET
from jiadi.survey.giveback.style import RED
from jiadi.survey.report import escaped

SHEET_ROWS = 1_000_000
_CREATED = datetime(2020, 1, 1, tzinfo=UTC)


class Grid:
    """One sheet to be written (一张表).

    Args:
        name: of the sheet.
        headings: from left to right.
        frame: `row` and text columns as many as headings, null where blank.
        marks: row → `red` columns, `text`, and `comments` by column.
        codes: columns of codes.
    """

    def __init__(self, name: str, headings: Sequence[str], frame: pl.DataFrame, marks: Mapping[int, Mapping[str, Any]]) -> None:
        self.name, self.headings, self.frame, self.marks = name, list(headings), frame, marks


def write(path: Path, note: Sequence[Sequence[str]], grids: Iterable[Grid]) -> None:
    """Write the workbook (写工作簿): a sheet in front, then a sheet for each grid, every cell text.

    Args:
        path: of the workbook.
        note: rows of the sheet in front.
        grids: one for each sheet.
    """
    import xlsxwriter  # noqa: PLC0415  only who writes a workbook waits for it

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": _CREATED.replace(tzinfo=None)})
        formats = {
            "bold": book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1}),
            "text": book.add_format({"num_format": "@"}),
            "red": book.add_format({"num_format": "@", "bg_color": f"#{RED[2:]}"}),
        }
        front = book.add_worksheet(SHEET)
        front.set_column(0, 0, 34)
        front.set_column(1, 1, 100)
        for row, cells in enumerate(note):
            for column, text in enumerate(cells):
                front.write_string(row, column, text)
        used = {SHEET}
        for grid in grids:
            for start in range(0, max(len(grid.frame), 1), SHEET_ROWS):
                name = _free(grid.name, used)
                _sheet(book.add_worksheet(name), grid, grid.frame.slice(start, SHEET_ROWS), formats)


def _free(name: str, used: set[str]) -> str:
    plain = "".join("_" if letter in "[]:*?/\\" else letter for letter in name).strip("'")[:28] or "1"
    number, chosen = 1, plain
    while chosen.casefold() in used:
        number += 1
        chosen = f"{plain} {number}"
    used.add(chosen.casefold())
    return chosen


def _sheet(sheet: Any, grid: Grid, frame: pl.DataFrame, formats: Mapping[str, Any]) -> None:
    width = len(grid.headings)
    sheet.set_column(0, width - 1, 18, formats["text"])
    sheet.set_column(width, width, 60)
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate([*grid.headings, HEADING]):
        sheet.write_string(0, column, str(escaped(heading)), formats["bold"])
    text, red = formats["text"], formats["red"]
    commented = 0
    for number, (row, *cells) in enumerate(frame.iter_rows(), start=1):
        entry = grid.marks.get(row)
        reds = entry["red"] if entry else ()
        for column, value in enumerate(cells):
            if value is not None:
                sheet.write_string(number, column, _guard(value), red if column in reds else text)
            elif column in reds:
                sheet.write_blank(number, column, None, red)
        if not entry:
            continue
        sheet.write_string(number, width, entry["text"], text)
        for column, words in entry["comments"].items():
            if commented < MOST:
                sheet.write_comment(number, column, words, {"author": AUTHOR, "x_scale": 2})
                commented += 1


def _guard(value: str) -> str:
    return value if value in ("-", "--") else str(escaped(value))
