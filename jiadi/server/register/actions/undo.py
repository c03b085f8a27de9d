"""Taking an act back (撤销): every row as it was before, but for those that others have changed since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connection

from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries as acts
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope, span
from jiadi.server.refusals import refuse
from jiadi.server.register import models
from jiadi.server.register.actions import news
from jiadi.server.register.actions.allowed import require, seen
from jiadi.server.register.actions.record import SUBJECT, lock
from jiadi.server.register.queries.lists import VERSIONS

LEFT: dict[str, pl.DataType] = {"table": pl.String(), "id": pl.String(), "division": pl.Int64(), "reason": pl.String()}
"""Columns of what was left as it is: `reason` is `changed_since` or `used_since`."""

# Rows as they were before the act, and rows that say what the act made them say: others may have changed them, and back.
BEFORE = "SELECT DISTINCT ON (v.id) v.* FROM {versions} v WHERE v.ended_by = %(act)s AND v.act <> %(act)s ORDER BY v.id, v.version DESC"
AS_LEFT = """SELECT o.id FROM {versions} v JOIN {versions} o ON o.id = v.id AND o.known_to IS NULL
    WHERE v.act = %(act)s AND ROW({of_open}) IS NOT DISTINCT FROM ROW({of_act})"""
PUT_BACK = """INSERT INTO {table} ({columns}) SELECT {columns} FROM ({before}) b
    WHERE NOT EXISTS (SELECT FROM {versions} v WHERE v.id = b.id AND v.version > b.version)
    AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = b.id{key}){ends}"""
CHANGE_BACK = "UPDATE {table} t SET ({columns}) = ROW({taken}) FROM ({before}) b WHERE b.id = t.id AND t.id IN ({as_left}){ends}"
TAKE_OUT = """DELETE FROM {table} t WHERE t.id IN ({as_left})
    AND NOT EXISTS (SELECT FROM {versions} v WHERE v.id = t.id AND v.ended_by = %(act)s AND v.act <> %(act)s){unused}"""
TOUCHED = """SELECT v.id, min(v.division), v.id IN ({as_left}) FROM {versions} v WHERE v.act = %(act)s OR v.ended_by = %(act)s GROUP BY v.id
    HAVING NOT EXISTS (SELECT FROM {versions} w WHERE w.id = v.id AND (w.act = %(now)s OR w.ended_by = %(now)s))"""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back (撤销结果).

    Args:
        act: of taking back.
        counts: table → rows put back, changed back, taken out.
        left: frame of LEFT.
    """

    act: UUID
    counts: dict[str, dict[str, int]]
    left: pl.DataFrame


def undo(access: Access, act_id: UUID, why: str) -> Undone:
    """Take a whole import, or any other act on rows, back by its versions (撤销), in the open transaction.

    Args:
        access: of who takes it back.
        act_id: of the act.
        why: the reason.

    Raises:
        Refusal: `no_such_act`, `outside_scope`, `nothing_to_undo`.
    """
    found = acts.act(seen(access), act_id)
    if found is None:
        raise refuse("no_such_act")
    place = f"{found.division:012}"
    require(access, "accept", Scope.of([place]))
    lock(place)
    with acting(
        access, "undo", why=why, source=str(act_id), division=span(place)[0], subject=SUBJECT, subject_id=found.subject_id
    ) as doing:
        with _whole_tables():
            counts = _take_back(act_id)
            if not any(sum(one.values()) for one in counts.values()):
                raise refuse("nothing_to_undo")
            left = _left(act_id, doing.id)
        named = {model._meta.model_name or "": sum(counts[model._meta.db_table].values()) for model in models.KEPT}
        news.tell(news.of_act(span(place)[0], doing.id, named))
        doing.detail |= {"rows": {name: one for name, one in counts.items() if any(one.values())}, "left": left.height}
    return Undone(doing.id, counts, left)


@contextmanager
def _whole_tables() -> Iterator[None]:
    """Without going row by row: of rows that this very transaction wrote, PostgreSQL has no counts yet, and takes them for few."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def _take_back(act_id: UUID) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        for statement, key, order in (
            (PUT_BACK, "put_back", models.KEPT),
            (CHANGE_BACK, "changed_back", models.KEPT),
            (TAKE_OUT, "taken_out", models.KEPT[::-1]),
        ):
            for model in order:
                cursor.execute(statement.format(**_parts(model)), {"act": act_id})
                counts.setdefault(model._meta.db_table, {})[key] = cursor.rowcount
    return counts


def _parts(model: type[Any]) -> dict[str, str]:
    """What the statements say of one table."""
    table, versions = model._meta.db_table, VERSIONS[model]._meta.db_table
    columns = [field.column for field in model._meta.local_fields]
    points = [(field.column, field.related_model._meta.db_table) for field in model._meta.local_fields if field.is_relation]
    users = [
        (other._meta.db_table, field.column) for other in models.KEPT for field in other._meta.local_fields if field.related_model is model
    ]
    keyed = " OR (t.division = b.division AND t.key = b.key)" if "key" in columns and model is not models.Link else ""
    return {
        "table": table,
        "versions": versions,
        "columns": ", ".join(f'"{name}"' for name in columns),
        "taken": _each("b", columns),
        "before": BEFORE.format(versions=versions),
        "as_left": AS_LEFT.format(versions=versions, of_open=_each("o", columns), of_act=_each("v", columns)),
        "key": keyed,
        "ends": "".join(f" AND (b.{column} IS NULL OR EXISTS (SELECT FROM {end} e WHERE e.id = b.{column}))" for column, end in points),
        "unused": "".join(f" AND NOT EXISTS (SELECT FROM {user} u WHERE u.{column} = t.id)" for user, column in users),
    }


def _each(row: str, columns: list[str]) -> str:
    return ", ".join(f'{row}."{name}"' for name in columns)


def _left(act_id: UUID, now: UUID) -> pl.DataFrame:
    """Rows that the act touched and that are not as they were before it."""
    rows = []
    with connection.cursor() as cursor:
        for model in models.KEPT:
            cursor.execute(TOUCHED.format(**_parts(model)), {"act": act_id, "now": now})
            rows += [
                (model._meta.model_name, one.hex, division, "used_since" if untouched else "changed_since")
                for one, division, untouched in cursor.fetchall()
            ]
    return pl.DataFrame(rows, schema=LEFT, orient="row")
