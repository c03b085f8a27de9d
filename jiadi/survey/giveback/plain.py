"""A workbook of the same rows (同样各行的工作簿), where the user's own file is not one that can be marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.register import looks, workbook
from jiadi.register.comment import MOST
from jiadi.survey.giveback import mark
from jiadi.survey.giveback.sheet import WIDTH


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet to be written (一张表).

    Args:
        name: of the sheet.
        headings: from left to right.
        frame: `row`, and as many text columns as headings, null where blank.
        marks: row → `red` columns, `text`, and `comments` by column.
    """

    name: str
    headings: list[str]
    frame: pl.DataFrame
    marks: Mapping[int, Mapping[str, Any]]


def write(path: Path, note: Sequence[Sequence[str]], grids: Sequence[Grid]) -> None:
    """Write the workbook (写工作簿): a sheet in front, then a sheet for each grid, every cell text, marked as the user's own would be.

    Args:
        path: of the workbook.
        note: rows of the sheet in front.
        grids: one for each sheet; one that is too long for a sheet takes several.
    """
    used: set[str] = set()
    pages = [_sheet(_free(grid.name, used), grid, frame) for grid in grids for frame in workbook.paged(grid.frame)]
    name = mark.SHEET if mark.SHEET not in {page.name for page in pages} else f"{mark.SHEET}（家底）"
    lines = [[(place, text) for place, text in enumerate(line) if text] for line in note]
    front = workbook.Sheet(name, lines, [], iter([]), top_looks=(looks.PLAIN,) * len(lines), widths=(34, 100))
    sheets = [front, *pages]
    workbook.write_workbook(path, sheets, [sheet.name for sheet in sheets])


def _free(name: str, used: set[str]) -> str:
    plain = "".join("_" if letter in "[]:*?/\\" else letter for letter in name).strip("'")[:28] or "1"
    number, chosen = 1, plain
    while chosen.casefold() in used:
        number += 1
        chosen = f"{plain} {number}"
    used.add(chosen.casefold())
    return chosen


def _sheet(name: str, grid: Grid, frame: pl.DataFrame) -> workbook.Sheet:
    headings = [*grid.headings, mark.HEADING]
    told = frame.select("row").with_row_index("at", 2).filter(pl.col("row").is_in(list(grid.marks)))
    comments = [(at, column, words) for at, row in told.iter_rows() for column, words in sorted(grid.marks[row]["comments"].items())]
    widths = [(len(headings), WIDTH)]
    top = [(column, text) for column, text in enumerate(headings) if text]
    chunks = _chunks(frame, grid, _reds(grid))
    return workbook.Sheet(name, [top], [], chunks, top_looks=(looks.TITLE,), placed_widths=widths, comments=comments[:MOST])


def _reds(grid: Grid) -> dict[int, list[int]]:
    """Column → rows whose cell in it is red."""
    found: dict[int, list[int]] = {}
    for row, entry in grid.marks.items():
        for column in entry["red"]:
            found.setdefault(column, []).append(row)
    return found


def _chunks(frame: pl.DataFrame, grid: Grid, reds: Mapping[int, list[int]]) -> Iterator[workbook.Chunk]:
    names = [name for name in frame.columns if name != "row"]
    said = pl.DataFrame(
        {"row": list(grid.marks), "_said": [entry["text"] for entry in grid.marks.values()]},
        schema={"row": frame.schema["row"], "_said": pl.String},
    )
    for piece in frame.iter_slices(workbook.CHUNK):
        marked = piece.join(said, on="row", how="left", maintain_order="left")
        own: dict[str, pl.Series | int] = {}
        for place, name in enumerate(names):
            if place in reds:
                is_red = piece["row"].is_in(reds[place])
                own[name] = pl.select(pl.when(is_red).then(looks.RED_TEXT).otherwise(looks.TEXT)).to_series()
        cells = marked.select(_guarded(pl.col(name)) for name in [*names, "_said"])
        yield workbook.Chunk(cells, looks=own)


def _guarded(text: pl.Expr) -> pl.Expr:
    """A stroke or two for "nothing" stay as they are; anything else that begins like a formula does not."""
    return pl.when(text.is_in(["-", "--"])).then(text).otherwise(workbook.written(text))
