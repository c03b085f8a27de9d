"""How what an act changed is shown (变更的显示): field by field, persons masked as far as the reader's right goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jiadi.register.schema import TABLES
from jiadi.server.audit.queries import MODELS, Changed
from jiadi.server.logs import washed
from jiadi.server.register.views.shown import Reader, heading, masked_name
from jiadi.server.words import every_word, language, say

NAMES: Final = {"holder_name", "initials", "pinyin"}
"""Columns beside the schema that tell of a person's name."""
PHONE: Final = "phone_hash"
OWN: Final = {"id", "version", "known_from", "known_to", "act", "ended_by", "division", "phone_sealed"}
"""Columns of a version that say nothing of the row."""
CHANGES: Final = {(False, True): "added", (True, False): "removed", (True, True): "changed"}

Line = tuple[str, str, str]
"""Heading, before and after."""


def table_name(table: str) -> str:
    """What a table is called in the reader's language (表名)."""
    if table in TABLES:
        return TABLES[table].zh if language() == "zh" else table
    return say("thing." + table)


def changes(reader: Reader, table: str, rows: Iterable[Changed]) -> list[dict[str, Any]]:
    """Rows with what was changed in them (逐行变更): `what` is added, removed or changed; `lines` are heading, before and after."""
    held = list(rows)
    if table in TABLES:
        reader.open(table, [one for row in held for one in (row.before, row.after) if one is not None])
    told = []
    for row in held:
        what = CHANGES[row.before is not None, row.after is not None]
        last = row.after if row.after is not None else row.before
        title = reader.title(table, last) if table in TABLES else str(row.id)
        told.append({"id": row.id, "title": title, "what": say("audit." + what), "lines": list(_lines(reader, table, row))})
    return told


def _lines(reader: Reader, table: str, row: Changed) -> Iterator[Line]:
    known = _columns(table)
    for column in [field.column for field in MODELS[table]._meta.local_fields]:
        if column in OWN or column.endswith("_sealed"):
            continue
        old, new = (getattr(one, column, None) if one is not None else None for one in (row.before, row.after))
        if old == new:
            continue
        before, after = (_said(reader, known, column, one) if one is not None else "" for one in (row.before, row.after))
        if before or after:
            yield _heading(known, column), before, after


def _columns(table: str) -> Mapping[str, Any]:
    """Columns of the schema by the column that tells whether they changed."""
    every = TABLES[table].columns if table in TABLES else ()
    return {(f"{one.name}_hash" if one.kind == "person_id" else one.name): one for one in every}


def _heading(known: Mapping[str, Any], column: str) -> str:
    if column in known:
        return heading(known[column])
    return say(key) if (key := "column." + column) in every_word() else column


def _said(reader: Reader, known: Mapping[str, Any], column: str, row: Any) -> str:
    held = getattr(row, column)
    if held is None:
        return ""
    if column == PHONE:
        return "***********"
    if column in known:
        return say("audit.drawn") if known[column].kind == "geometry" else reader.cell(known[column], row)
    if column in NAMES and row.division not in reader.access.scope("see_persons"):
        return masked_name(str(held))
    return washed(str(held))
