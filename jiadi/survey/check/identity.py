"""What a row is called (行的身份): its key where that is sound, else a number of its content."""

from __future__ import annotations

import hashlib

import polars as pl

from jiadi.register.schema import Table

_KEYS = {"house": ("survey_code", "feature_code"), "parcel": ("parcel_code", "feature_code"), "footprint": ("feature_code",)}
_KEYS |= {"right": ("parcel_code",), "approval": ("approval_code",), "zone": ("zone_code",)}
_SEPARATOR = "\x1f"


def assign_ids(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Give each row its `id` and sort by it (编号并排序).

    A key serves where it is filled, taken and unique in the list; persons are called by household and
    name; other rows by twelve hex digits of a hash of their content, rows alike being numbered. So
    neither the order of the input nor where a row stands changes an id.

    Args:
        table: of the schema.
        frame: typed columns and `source_id`, `source_row`.

    Returns:
        The frame with `id`, sorted by it.

    >>> from jiadi.register.schema import TABLES
    >>> rows = {"parcel_code": ["A", "B", "B"], "source_id": [1, 1, 1], "source_row": [2, 3, 4]}
    >>> assign_ids(TABLES["right"], pl.DataFrame(rows))["id"].to_list()[0]
    'A'
    """
    if table.name == "person":
        return _persons(frame)
    chosen = pl.lit(None, dtype=pl.String)
    for key in _KEYS.get(table.name, ()):
        if key in frame.columns:
            unique = pl.when(pl.len().over(key) == 1).then(pl.col(key))
            chosen = pl.coalesce(chosen, unique)
    frame = frame.with_columns(chosen.alias("id"))
    frame = frame.with_columns(pl.when(pl.len().over("id") == 1).then(pl.col("id")).alias("id"))
    nameless = frame.get_column("id").is_null()
    if nameless.any():
        hashes = pl.Series([f"~{_hash(text)}" for text in _content(table, frame.filter(nameless)).to_list()], dtype=pl.String)
        frame = frame.with_columns(frame.get_column("id").scatter(nameless.arg_true(), hashes))
        frame = _numbered(frame)
    return frame.sort("id")


def _persons(frame: pl.DataFrame) -> pl.DataFrame:
    called = pl.concat_str(pl.col("household_code"), pl.lit("/"), pl.coalesce("name", "id_number", pl.lit("?")))
    return _numbered(frame.with_columns(called.alias("id"))).sort("id")


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of one id told apart by #2, #3 … in the order of their content."""
    repeated = frame.get_column("id").is_duplicated()
    if not repeated.any():
        return frame
    twins = frame.filter(repeated)
    columns = [name for name in twins.columns if name not in ("source_id", "source_row")]
    twins = twins.sort([*columns, "source_id", "source_row"])
    number = pl.int_range(1, pl.len() + 1).over("id")
    twins = twins.with_columns(pl.when(number == 1).then(pl.col("id")).otherwise(pl.format("{}#{}", "id", number)).alias("id"))
    return pl.concat([frame.filter(~repeated), twins])


def _content(table: Table, frame: pl.DataFrame) -> pl.Series:
    """All that a row says, as one text."""
    cells = []
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        value = pl.col(column.name)
        text = value.bin.encode("hex") if column.kind == "geometry" else value.cast(pl.String)
        cells.append(text.fill_null(""))
    return frame.select(pl.concat_str(cells, separator=_SEPARATOR)).to_series()


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
