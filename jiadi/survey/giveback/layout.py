"""Where the columns of a sheet stand (版式): what is needed to find a cell again from its heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jiadi.register.schema import TABLES
from jiadi.survey.giveback.mark import HEADING
from jiadi.survey.read.raw import RawSheet

CODES = frozenset({"person_id", "parcel_code", "unit_code", "division_code", "code"})
"""Kinds of columns whose cells are codes and stay text."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet or layer as it lies in its file (版式).

    Args:
        form: as `RawSheet.form`.
        heading_row: last row of the heading, as Excel shows it.
        headings: heading → column of the sheet, from 0.
        codes: columns of codes, from 0.
        width: columns of the sheet; where the column of problems goes.
        marked: whether the sheet has such a column already, from an earlier time.
        rows: heading → row of its cell as Excel shows it, in a form that has each cell in a place of its own.
    """

    form: str
    heading_row: int
    headings: dict[str, int]
    codes: tuple[int, ...]
    width: int
    marked: bool
    rows: dict[str, int] = field(default_factory=dict)

    def column(self, heading: str) -> int | None:
        """The column under a heading, None where a remark is on no cell.

        >>> Layout("text", 1, {"户号": 0}, (0,), 1, False).column("户号")
        0
        """
        return self.headings.get(heading)


def layouts(sheets: Sequence[RawSheet]) -> dict[tuple[str, str], Layout]:
    """File and sheet → layout (各表版式)."""
    return {(sheet.file, sheet.sheet): _layout(sheet) for sheet in sheets}


def _layout(sheet: RawSheet) -> Layout:
    kinds = {column.name: column.kind for column in TABLES[sheet.table].columns}
    headings: dict[str, int] = {}
    for number, text in enumerate(sheet.headers):
        headings.setdefault(text, number + sheet.left)
    # Of two columns alike the one that was read is meant.
    places = {name: sheet.places[name][1] if name in sheet.places else place for name, place in sheet.columns.items()}
    headings |= {sheet.header(name): place + sheet.left for name, place in places.items()}
    codes = tuple(sorted(place + sheet.left for name, place in sheet.columns.items() if kinds[name] in CODES and not sheet.places))
    held: list[Any] = [int(name[1:]) + 1 for name in sheet.frame.columns if name[1:].isdigit()]
    across = [column + 1 for _, column in sheet.places.values()]
    width = (max(across) + 1 if across else max([len(sheet.headers), *held])) + sheet.left
    marked = [number for text, number in headings.items() if text.endswith(HEADING)]
    rows = {sheet.header(name): row for name, (row, _) in sheet.places.items()}
    return Layout(sheet.form, sheet.heading_row, headings, codes, marked[0] if marked else width, bool(marked), rows)
