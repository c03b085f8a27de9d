"""How tables are held in memory: Polars frames with the schema's columns, and what joins them.

Every row of a department's list also carries `id` (see `assign_ids` in `survey.check`),
`source_id` (a row of the `source` table) and `source_row` (the row as Excel shows it). Geometry is
WKB in EPSG:4490, longitude first. A missing value is null, never 0 and never "".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from jiadi.register.schema import Column, Table

DTYPES: dict[str, pl.DataType] = {
    "area_m2": pl.Float64(),
    "length_m": pl.Float64(),
    "integer": pl.Int32(),
    "year": pl.Int16(),
    "month": pl.Int8(),
    "date": pl.Date(),
    "geometry": pl.Binary(),
}
PROVENANCE: dict[str, pl.DataType] = {"id": pl.String(), "source_id": pl.Int32(), "source_row": pl.Int32()}

PROBLEMS: dict[str, pl.DataType] = {
    "file": pl.String(),
    "sheet": pl.String(),
    "row": pl.Int32(),
    "column": pl.String(),
    "code": pl.String(),
    "level": pl.String(),
    "value": pl.String(),
    "detail": pl.String(),
}
"""Columns of a frame of `jiadi.errors.Problem`."""

PAIRS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "left_id": pl.String(),
    "right_id": pl.String(),
    "state": pl.String(),
    "score": pl.Float64(),
    "reason": pl.String(),
}
"""Columns of a frame of links 关联: `kind` names both sides (house_parcel: left a house, right a
parcel); `state` is `linked` or `doubtful`; a doubtful left id has one row for each candidate."""


def dtype(column: Column) -> pl.DataType:
    """The dtype in which a column is held.

    >>> from jiadi.register.schema import TABLES
    >>> dtype(TABLES["house"].column("built_year"))
    Int16
    """
    return DTYPES.get(column.kind, pl.String())


def frame_schema(table: Table) -> dict[str, pl.DataType]:
    """Column → dtype of a typed frame of the table, provenance included."""
    return {**{column.name: dtype(column) for column in table.columns}, **PROVENANCE}


def lean(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame, with columns in which nothing stands held in no memory (空列不占内存).

    A column of text takes 16 bytes a row even where it is null throughout, and of a list's columns most deliveries fill half.

    >>> lean(pl.DataFrame({"a": [1], "b": [None]}, schema={"a": pl.Int8, "b": pl.String})).to_dicts()
    [{'a': 1, 'b': None}]
    """
    empty = [name for name in frame.columns if frame.get_column(name).null_count() == frame.height]
    return frame.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in empty)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one list covers 覆盖范围: absence is a fact only inside it.

    Args:
        table: name of the list.
        divisions: division codes, of any level (6, 9 or 12 digits); a house lies inside when its
            code begins with one of them (trailing zeros cut).
        covers_from, covers_to: half-open days; None is open.
        kind: for `zone`, the zone kind that the layer covers.
    """

    table: str
    divisions: tuple[str, ...]
    covers_from: date | None = None
    covers_to: date | None = None
    kind: str = ""


@dataclass(slots=True)
class Delivery:
    """Checked lists of one delivery 交付, as `survey.check` gives them and `survey.link` takes them.

    Args:
        tables: list name → typed frame (`frame_schema`), sorted by content so that the order of the
            input does not matter. Only lists that were handed in are there.
        sources: frame of the `source` table.
        problems: frame of `PROBLEMS`.
        files: one entry a sheet or layer, as in summary.json.
        coverage: what each list covers; empty where nobody said so.
        delivered_on: day of delivery; None where nobody said so.
        extra: ranked differences and other figures for summary.json.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    sources: pl.DataFrame = field(default_factory=pl.DataFrame)
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))
    files: list[dict[str, object]] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    delivered_on: date | None = None
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Linked:
    """A delivery whose rows are joined into houses, households and their pairs.

    Args:
        houses: one row a house: the columns of `house` plus `division_code` (village or, where it is
            not known, township or county), `footprint_id` (null without a footprint),
            `stated_only` (no geometry). `id` is the house's identity.
        households: one row a household, columns of `household` plus `id`.
        pairs: frame of `PAIRS`.
        problems: remarks found while linking, frame of `PROBLEMS`.
    """

    houses: pl.DataFrame
    households: pl.DataFrame
    pairs: pl.DataFrame
    problems: pl.DataFrame
