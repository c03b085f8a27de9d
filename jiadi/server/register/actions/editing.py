"""Changing a row by hand (修改登记行): by the version that was read, so that nobody writes over what another wrote meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from jiadi.register.column import Column
from jiadi.register.schema import TABLES
from jiadi.register.tables import dtype
from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database import sealing
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse
from jiadi.server.register import frames, queries
from jiadi.server.register.actions import news
from jiadi.server.register.actions.allowed import constraints_said, require, seen
from jiadi.server.register.columns import SEALED
from jiadi.server.register.typed import columns

PLAIN = {"area_m2", "length_m", "integer", "year", "month", "date", "enum", "boolean"}
"""Kinds of cells whose values an act may tell: none of them is of a person."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that somebody else changed since it was read (修改冲突).

    Args:
        base: the version that was read.
        theirs: the row as it is now; `version`: number of its version.
        mine, other: columns that differ from `base` here, and there.
    """

    base: Any
    theirs: Any
    version: int
    mine: tuple[str, ...]
    other: tuple[str, ...]


def edit(
    access: Access,
    table: str,
    row_id: UUID,
    version: int,
    values: Mapping[str, Any],
    *,
    why: str,
    source: str = "",
    illegible: Collection[str] = (),
) -> UUID:
    """Change cells of a row (修改一行), in the open transaction: one act.

    Args:
        access: of who changes it.
        table: one of `typed.EDITED`; `row_id`: of the row.
        version: number of the version that was read; see `queries.version_of`.
        values: column → what it says from now on; None is unknown. Columns that are not named stay as they are.
        why: the reason; `source`: number or name of the paper that it rests on.
        illegible: columns of which the paper says something that cannot be read or is not whole: null, and not the same as blank.

    Returns:
        Id of the act.

    Raises:
        Refused: `no_such_row`, `outside_scope`, `edited_meanwhile` (with `conflict` in `filled`), `nothing_changed`, `required_cell`,
            `reason_missing`.
    """
    row = taken(access, table, row_id)
    current = queries.version_of(table, row_id)
    said = {**values, **dict.fromkeys(illegible)}
    base = row if version == current else queries.version(table, row_id, version)
    if base is None:
        raise refuse("no_such_row")
    mine = differing(table, base, said)
    torn = _torn(base, said, illegible)
    if version != current:
        other = differing(table, row, {column.name: cell(table, base, column) for column in columns(table)})
        conflict = Conflict(base, row, current, tuple(mine), tuple(other))
        raise refuse("edited_meanwhile", conflict=conflict)
    if not mine and torn == base.unreadable:
        raise refuse("nothing_changed")
    if lacking := [column.zh for column in columns(table) if column.required and column.name in mine and said[column.name] is None]:
        raise refuse("required_cell", columns="、".join(lacking))
    told = {name: [cell(table, row, column), said[name]] for name in mine if (column := TABLES[table].column(name)).kind in PLAIN}
    act = acting(access, "edit", why=reason(why), source=source, division=row.division, subject=table, subject_id=row_id)
    with constraints_said(), act as doing:
        touched = news.Touched(row.division, doing.id)
        touched.add(table, row)
        doing.detail |= {"columns": mine, "values": told}
        _put(table, row, {name: said[name] for name in mine}, torn)
        touched.add(table, row)
        news.tell(touched)
    return doing.id


def taken(access: Access, table: str, row_id: UUID) -> Any:
    """A row to be changed, held until the end of the transaction (锁定一行).

    Raises:
        Refused: `no_such_row`, `outside_scope`.
    """
    row = queries.known(frames.STORED[table], seen(access)).select_for_update().filter(id=row_id).first()
    if row is None:
        raise refuse("no_such_row")
    require(access, "edit", Scope.joined([(row.division, row.division + 1)]))
    return row


def cell(table: str, row: Any, column: Column) -> Any:
    """What a row or a version of it says in a cell (取一格): a person's number in clear."""
    if column.kind != SEALED:
        return getattr(row, column.name)
    sealed = getattr(row, f"{column.name}_sealed")
    return sealing.unseal_many([bytes(sealed)], frames.bound(table, column.name))[0] if sealed else None


def differing(table: str, row: Any, values: Mapping[str, Any]) -> list[str]:
    """Of some values those that a row does not have (有出入的列), in the order of the schema."""
    return [one.name for one in columns(table) if one.name in values and cell(table, row, one) != values[one.name]]


def _torn(row: Any, said: Mapping[str, Any], illegible: Collection[str]) -> str | None:
    """Columns that cannot be read, from now on: whoever says what stands in one, or that nothing does, has read it."""
    before = set((row.unreadable or "").split(",")) - {""}
    read = {name for name in said if name not in illegible and (said[name] is not None or getattr(row, name, None) is not None)}
    return ",".join(sorted((before - read) | set(illegible))) or None


def _put(table: str, row: Any, values: Mapping[str, Any], torn: str | None) -> None:
    schema = {name: dtype(TABLES[table].column(name)) for name in values}
    stored = frames.stored(table, pl.DataFrame({name: [one] for name, one in values.items()}, schema=schema)) if values else None
    for name, one in stored.row(0, named=True).items() if stored is not None else ():
        setattr(row, name, one)
    row.unreadable = torn
    row.save(update_fields=["unreadable", *(stored.columns if stored is not None else ())])
