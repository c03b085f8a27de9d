"""Whole columns into and out of the database (批量读写): COPY through the open transaction, so that scope and histories hold."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from jiadi.server.database.fields import Geometry

SENT_AT_ONCE = 1 << 22
"""Bytes that are sent at a time."""
ROWS_AT_ONCE = 20_000
"""Rows that `stream` holds at a time."""


def read(query: models.QuerySet[Any, Any], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """What a query gives, as columns (批量读取).

    Args:
        query: its `values_list` is of the columns of `schema`, in their order. Cut to a scope as any other.
        schema: column → dtype; Binary for bytes and shapes, String for keys and moments.

    Returns:
        The frame; null is null, and "" is "".
    """
    return pl.concat(stream(query, schema, rows_at_once=0))


def stream(
    query: models.QuerySet[Any, Any], schema: Mapping[str, pl.DataType], rows_at_once: int = ROWS_AT_ONCE
) -> Generator[pl.DataFrame]:
    """What a query gives, piece by piece (流式读取): however many rows there are, one piece of them is held.

    PostgreSQL sends no more than is taken, and all of it is of one moment. Until the end the connection can do nothing else: whoever
    stops before it closes this generator first (`contextlib.closing`), or the end of the transaction would wait for ever.

    Args:
        query, schema: as for `read`.
        rows_at_once: of a piece; 0 for all in one.

    Yields:
        Frames; one without rows where there are none.
    """
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:  # a scope without divisions asks the database nothing
        yield pl.DataFrame(schema=schema)
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", params) as rows:
        held: list[bytes] = []
        told = False
        for row in rows:
            held.append(bytes(row))
            if len(held) == rows_at_once:
                yield _frame(b"".join(held), schema)
                held, told = [], True
        if held or not told:
            yield _frame(b"".join(held), schema)


def _frame(held: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Rows as PostgreSQL writes them, as columns."""
    text = {name: pl.String() if kind in (pl.Binary, pl.Boolean) else kind for name, kind in schema.items()}
    # The reader takes an unquoted nothing for null only where some word for null is given.
    frame = pl.read_csv(held, has_header=False, schema=text, null_values="\\N") if held else pl.DataFrame(schema=text)
    return frame.with_columns(_taken(name, kind) for name, kind in schema.items())


def _taken(name: str, kind: pl.DataType) -> pl.Expr:
    """A column from what PostgreSQL writes of it."""
    if kind == pl.Binary:
        return pl.col(name).str.slice(2).str.decode("hex")
    return pl.col(name) == "t" if kind == pl.Boolean else pl.col(name)


def insert(model: type[models.Model], frame: pl.DataFrame) -> None:
    """Put rows into a table (批量写入).

    Args:
        model: of the table.
        frame: columns by their names in the table; Binary for bytes and shapes.
    """
    if frame.is_empty():
        return
    named, taken = _names(model, frame.columns)
    with connection.cursor() as cursor:
        _bring(cursor, model, frame)
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({named}) SELECT {taken} FROM incoming")
        cursor.execute("DROP TABLE incoming")


def update(model: type[models.Model], frame: pl.DataFrame) -> None:
    """Change rows that are there (批量修改): `id` says which, the other columns what they say from now on."""
    if frame.is_empty():
        return
    changed = [name for name in frame.columns if name != "id"]
    named, taken = _names(model, changed)
    with connection.cursor() as cursor:
        _bring(cursor, model, frame)
        cursor.execute("ANALYZE incoming")
        cursor.execute(f"UPDATE {model._meta.db_table} held SET ({named}) = ROW({taken}) FROM incoming WHERE incoming.id = held.id")
        cursor.execute("DROP TABLE incoming")


def delete(model: type[models.Model], ids: pl.Series) -> None:
    """Take rows out (批量删除); their versions stay."""
    if ids.is_empty():
        return
    with connection.cursor() as cursor:
        _bring(cursor, model, ids.alias("id").to_frame())
        cursor.execute("ANALYZE incoming")
        cursor.execute(f"DELETE FROM {model._meta.db_table} held USING incoming WHERE incoming.id = held.id")
        cursor.execute("DROP TABLE incoming")


def _names(model: type[models.Model], columns: Sequence[str]) -> tuple[str, str]:
    """Columns as SQL writes them: of the table, and of what came in."""
    shapes = {field.column for field in model._meta.local_fields if isinstance(field, Geometry)}
    quoted = [f'"{name}"' for name in columns]
    taken = [
        f"ST_GeomFromWKB(incoming.{one}, 4490)" if name in shapes else f"incoming.{one}" for name, one in zip(columns, quoted, strict=True)
    ]
    return ", ".join(quoted), ", ".join(taken)


def _bring(cursor: Any, model: type[models.Model], frame: pl.DataFrame) -> None:
    """Into a table of this transaction alone: COPY does not go into a table that row-level security watches."""
    types = {field.column: "bytea" if isinstance(field, Geometry) else field.db_type(connection) for field in model._meta.local_fields}
    columns = ", ".join(f'"{name}" {types[name]}' for name in frame.columns)
    cursor.execute(f"CREATE TEMPORARY TABLE incoming ({columns}) ON COMMIT DROP")
    hex_of = [(pl.lit("\\x") + pl.col(name).bin.encode("hex")).alias(name) for name, kind in frame.schema.items() if kind == pl.Binary]
    named = ", ".join(f'"{name}"' for name in frame.columns)
    with cursor.copy(f"COPY incoming ({named}) FROM STDIN (FORMAT csv)") as rows:
        for part in frame.iter_slices(100_000):
            text = memoryview(part.with_columns(hex_of).write_csv(include_header=False, quote_style="non_numeric").encode())
            for at in range(0, len(text), SENT_AT_ONCE):
                rows.write(text[at : at + SENT_AT_ONCE])
