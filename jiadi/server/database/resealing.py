"""Sealed values put under a newer key (密钥轮换): in batches that each hold, so that it may be killed at any moment and taken up again.

While it runs both keys open and find. What the register says does not change, so that no version is made: only the owner of the
tables may do it (see migration `0002_resealing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from jiadi.server.database import sealing
from jiadi.server.database.scope import EVERYWHERE

BATCH = 2000
"""Rows of one transaction: others wait for them no longer than that takes."""
PASSES = 3
"""Rows that somebody else was changing are left for the next pass."""
COLUMNS = """
SELECT c.relname, a.attname, k.attname,
    EXISTS (SELECT FROM pg_attribute h WHERE h.attrelid = c.oid AND h.attname <> a.attname
        AND h.attname = replace(a.attname, '_sealed', '_hash'))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.atttypid = 'bytea'::regtype
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND (a.attname = 'sealed' OR a.attname LIKE '%\\_sealed')
ORDER BY c.relname LIKE '%\\_version', c.relname, a.attname
"""
"""Versions come last: once all rows are under the new key no version is made with the old one."""
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of sealed values (加密列): its table and key, and whether values are found by a hash beside it."""

    table: str
    name: str
    key: str
    is_found: bool

    def filled(self, question: str) -> sql.Composed:
        """A question with the names filled in."""
        hashed = self.name.removesuffix("_sealed") + "_hash"
        names = {"table": self.table, "sealed": self.name, "key": self.key, "hash": hashed}
        return sql.SQL(question).format(**{one: sql.Identifier(name) for one, name in names.items()})


def columns(held: Connection) -> list[Column]:
    """Every column of sealed values that the database has, versions last (全部加密列)."""
    return [Column(*row) for row in held.execute(COLUMNS).fetchall()]


def counts(held: Connection) -> dict[int, int]:
    """How many values lie under each key (各密钥下的数量).

    Args:
        held: as a role that sees every table; its scope is set here.

    Returns:
        Id → values, in the order of ids.
    """
    counted: Counter[int] = Counter()
    with held.transaction():
        _see_all(held)
        for column in columns(held):
            question = "SELECT get_byte({sealed}, 0), count(*) FROM {table} WHERE octet_length({sealed}) > 0 GROUP BY 1"
            counted.update(dict(held.execute(column.filled(question)).fetchall()))
    return dict(sorted(counted.items()))


def rotate(held: Connection, batch: int = BATCH) -> Iterator[int]:
    """Seal anew all that lies under an older key (换钥).

    Args:
        held: as the owner of the tables, in no transaction.
        batch: rows of one transaction.

    Yields:
        Values of each batch, once it holds.

    Raises:
        Refusal: `not_sealed_here`: a value is under a key that is not among ours; what was done before stays done.
    """
    for _ in range(PASSES):
        for column in columns(held):
            after: Any = None
            while True:
                with held.transaction():
                    done, after = _reseal(held, column, after, batch)
                if after is None:
                    break
                yield done
        if not set(counts(held)) - {sealing.keys().newest}:
            return


def _see_all(held: Connection) -> None:
    held.execute("SELECT set_config('jiadi.scope', %s, true), set_config('jiadi.resealing', 'on', true)", [EVERYWHERE.literal()])


def _reseal(held: Connection, column: Column, after: Any, batch: int) -> tuple[int, Any]:
    """One batch behind a key of the table: how many, and the last one's key; None where none is left."""
    _see_all(held)
    behind = "{key} > %(after)s AND " if after is not None else ""
    question = (
        "SELECT {key}, {sealed} FROM {table} WHERE " + behind + "octet_length({sealed}) > 0 AND get_byte({sealed}, 0) <> %(newest)s "
        "ORDER BY {key} LIMIT %(batch)s FOR UPDATE SKIP LOCKED"
    )
    asked = {"after": after, "newest": sealing.keys().newest, "batch": batch}
    rows = held.execute(column.filled(question), asked).fetchall()
    if not rows:
        return 0, None
    place = sealing.place_of(column.table, column.name)
    clear = sealing.unseal_many([bytes(sealed) for _, sealed in rows], place)
    changed = "{sealed} = %s, {hash} = %s" if column.is_found else "{sealed} = %s"
    values = [sealing.seal_many(clear, place), *([sealing.hash_many(clear)] if column.is_found else []), [key for key, _ in rows]]
    with held.cursor() as cursor:
        cursor.executemany(column.filled("UPDATE {table} SET " + changed + " WHERE {key} = %s"), list(zip(*values, strict=True)))
    return len(rows), rows[-1][0]
