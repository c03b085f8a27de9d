"""A workbook of the same rows (同样各行的工作簿), where the user's own file is not one that can be marked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.survey.giveback.comment import MOST
from jiadi.survey.giveback.patch import patch
from jiadi.survey.giveback.style import Unpatchable
from jiadi.survey.sample.workbook import Sheet, write_workbook

SHEET_ROWS = 1_000_000
CHUNK = 20_000
_UNWRITABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\u{FFFE}\u{FFFF}]"


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
    pages: list[tuple[str, Grid, pl.DataFrame]] = [
        (_free(grid.name, used), grid, grid.frame.slice(start, SHEET_ROWS))
        for grid in grids
        for start in range(0, max(len(grid.frame), 1), SHEET_ROWS)
    ]
    with tempfile.TemporaryDirectory(prefix="jiadi-") as folder:
        bare, plan = Path(folder) / "bare.xlsx", Path(folder) / "plan.json"
        write_workbook(bare, (_sheet(name, grid, frame) for name, grid, frame in pages), [name for name, _, _ in pages])
        sheets = {name: _plan(grid, frame) for name, grid, frame in pages}
        plan.write_text(json.dumps({"note": note, "note_sheet": None, "sheets": sheets}, ensure_ascii=False), encoding="utf-8")
        _, meta = patch(str(bare), str(path), str(plan))
    if "fault" in meta:  # it is written here, so this is a bug
        raise Unpatchable(meta["fault"])


def _free(name: str, used: set[str]) -> str:
    plain = "".join("_" if letter in "[]:*?/\\" else letter for letter in name).strip("'")[:28] or "1"
    number, chosen = 1, plain
    while chosen.casefold() in used:
        number += 1
        chosen = f"{plain} {number}"
    used.add(chosen.casefold())
    return chosen


def _sheet(name: str, grid: Grid, frame: pl.DataFrame) -> Sheet:
    top = [(column, text) for column, text in enumerate(grid.headings) if text]
    return Sheet(name, [top], [], _chunks(frame.drop("row")))


def _chunks(cells: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    # XML has no way to write control characters.
    for piece in cells.iter_slices(CHUNK):
        yield piece.with_columns(pl.all().str.replace_all(_UNWRITABLE, "")), {}


def _plan(grid: Grid, frame: pl.DataFrame) -> dict[str, Any]:
    told = frame.select("row").with_row_index("at", 2).filter(pl.col("row").is_in(list(grid.marks)))
    marks = {at: grid.marks[row] for at, row in told.iter_rows()}
    comments = [(at, column, words) for at, entry in marks.items() for column, words in sorted(entry["comments"].items())]
    return {
        "heading_row": 1,
        "column": len(grid.headings),
        "marked": False,
        "codes": [],
        "rows": {at: {"red": sorted(entry["red"]), "text": entry["text"]} for at, entry in marks.items()},
        "comments": comments[:MOST],
    }
