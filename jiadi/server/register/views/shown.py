"""How cells of the register are shown (单元格显示): in the reader's words, persons masked as far as the reader's right goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiadi.codes import person
from jiadi.register.column import Column
from jiadi.register.schema import TABLES
from jiadi.server.accounts.queries import Access
from jiadi.server.database import sealing
from jiadi.server.refusals import refuse
from jiadi.server.register import frames
from jiadi.server.register.queries import Trace
from jiadi.server.words import language, place

UNITS = {"area_m2": " m²", "length_m": " m"}
NUMBERED = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15})(?!\d)")
CALLED = {
    "house": ("house_number", "survey_code", "key"),
    "parcel": ("parcel_code", "key"),
    "household": ("household_code", "key"),
    "person": ("name", "key"),
    "zone": ("zone_name", "zone_code", "key"),
}
"""What a row is called by, the first that it has."""


def heading(column: Column) -> str:
    """What a column is called in the reader's language (列名)."""
    return column.zh if language() == "zh" else column.name.removesuffix("_m2").removesuffix("_m").replace("_", " ")


def masked_name(name: str) -> str:
    """A person's name for who may not see it (姓名脱敏).

    >>> masked_name("张三丰"), masked_name("")
    ('张**', '')
    """
    return name[:1] + "*" * (len(name) - 1)


@dataclass(frozen=True)
class Reader:
    """Shows rows to one user (按权限显示).

    Args:
        access: whose; names are in clear where the user has `see_persons`.
    """

    access: Access
    masks: dict[bytes, str] = field(default_factory=dict, repr=False, compare=False)

    def open(self, table: str, rows: Iterable[Any]) -> None:
        """Mask the numbers of many rows at once (批量脱敏): without a question to the database, and each value once."""
        held = list(rows)
        for name in frames.sealed(table):
            # What a list did not fetch is not asked for now, row by row.
            sealed = {bytes(one) for row in held if (one := row.__dict__.get(f"{name}_sealed"))} - self.masks.keys()
            order = list(sealed)
            clear = sealing.unseal_many(order, frames.bound(table, name))
            self.masks.update((one, person.mask(number or "")) for one, number in zip(order, clear, strict=True))

    def may_reveal(self, table: str, row: Any, right: str = "reveal") -> bool:
        """Whether the reader may ask for the numbers of a row that has any (可否查看完整号码), or hold another right over them."""
        if row is None or row.division not in self.access.scope(right):
            return False
        named = [*frames.sealed(table), *(["phone"] if table == "person" else [])] if table in TABLES else []
        return any(getattr(row, f"{name}_sealed", None) for name in named)

    def cell(self, column: Column, row: Any) -> str:
        """A cell in words (显示一格); "" where nothing is known."""
        if column.kind == "person_id":
            sealed = getattr(row, f"{column.name}_sealed", None)
            if not sealed:
                return ""
            if bytes(sealed) not in self.masks:
                # A version holds the seal of the row that it is of.
                self.open(row._meta.model_name.removesuffix("version"), [row])
            return self.masks[bytes(sealed)]
        held = getattr(row, column.name, None)
        if held is None or column.kind == "geometry":
            return ""
        if column.kind == "name" and row.division not in self.access.scope("see_persons"):
            return masked_name(held)
        return self._said(column, held)

    def _said(self, column: Column, held: Any) -> str:
        if column.codes:
            stored = str(held).lower() if isinstance(held, bool) else str(held)
            words = column.codes.get(stored)
            return words[0] if words and language() == "zh" else stored.replace("_", " ")
        if column.kind == "division_code":
            return place(int(held))
        if isinstance(held, float):
            return f"{held:.2f}{UNITS.get(column.kind, '')}"
        return NUMBERED.sub(lambda found: person.mask(found.group()), str(held)) if column.kind == "code" else str(held)

    def cells(self, table: str, row: Any) -> list[tuple[str, str]]:
        """Heading and words of each cell that says something (一行的内容)."""
        every = [(heading(column), self.cell(column, row)) for column in TABLES[table].columns]
        return [(called, said) for called, said in every if said]

    def title(self, table: str, row: Any) -> str:
        """What a row is called (行的称呼)."""
        for name in CALLED.get(table, ("key",)):
            if name == "key":
                break
            if said := self.cell(TABLES[table].column(name), row):
                return said
        return NUMBERED.sub(lambda found: person.mask(found.group()), row.key)

    def listing(self, table: str, names: Sequence[str], rows: Iterable[Any]) -> dict[str, Any]:
        """Rows as a table (列表): headings, and of each row its id, title and cells."""
        fetched = {name.removesuffix("_sealed") for name in names} - {*CALLED[table][:1]}
        columns = [column for column in TABLES[table].columns if column.name in fetched]
        self.open(table, rows := list(rows))
        told = [(row, self.title(table, row), [self.cell(column, row) for column in columns]) for row in rows]
        return {
            "table": table,
            "first": heading(TABLES[table].column(CALLED[table][0])),
            "headings": [*map(heading, columns)],
            "rows": told,
        }

    def changes(self, table: str, traces: Sequence[Trace]) -> list[tuple[Trace, list[tuple[str, str, str]]]]:
        """Every version with what it changed (逐版变更): heading, before, after; the first version changes nothing."""
        told = []
        self.open(table, [one.row for one in traces])
        for one, earlier in zip(traces, [*traces[1:], None][: len(traces)], strict=True):
            found = self._differing(table, earlier.row, one.row) if earlier else []
            told.append((one, found))
        return told

    def _differing(self, table: str, before: Any, after: Any) -> list[tuple[str, str, str]]:
        found = []
        for column in TABLES[table].columns:
            stored = f"{column.name}_hash" if column.kind == "person_id" else column.name
            old, new = getattr(before, stored, None), getattr(after, stored, None)
            if old != new:
                shown = ("…", "…") if column.kind == "geometry" else (self.cell(column, before), self.cell(column, after))
                found.append((heading(column), *shown))
        return found


def day_of(text: str) -> date | None:
    """The day that an address asks for (时点参数); None for now.

    Raises:
        Refused: `not_found`: it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise refuse("not_found") from None
