"""What the core holds, as the register's tables have it, and back (数据框与表的对应)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from jiadi.policy.coverage import damaged
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked, dtype
from jiadi.server.database import sealing
from jiadi.server.register import models
from jiadi.server.register.columns import SEALED, Row
from jiadi.server.register.sounds import with_sounds

LISTED: dict[str, type[Row]] = {
    "household": models.Household,
    "person": models.Person,
    "member": models.Member,
    "aid": models.Aid,
    "account": models.Account,
    "parcel": models.Parcel,
    "house": models.House,
    "right": models.Right,
    "holder": models.Holder,
    "approval": models.Approval,
    "zone": models.Zone,
}
"""Tables of the schema and their models, what another one points to first."""

PLACED: dict[str, pl.DataType] = {
    "id": pl.String(),
    "division": pl.Int64(),
    "key": pl.String(),
    "source_id": pl.String(),
    "source_row": pl.Int32(),
    "unreadable": pl.String(),
}
"""Columns of every row; ids are 32 hex digits."""

OWN: dict[str, dict[str, pl.DataType]] = {
    "person": {"household_id": pl.String(), "is_head": pl.Boolean()},
    "house": {
        "parcel_id": pl.String(),
        "household_id": pl.String(),
        "division_code": pl.String(),
        "footprint_id": pl.String(),
        "footprint_source_id": pl.String(),
        "footprint_source_row": pl.Int32(),
        "stated_only": pl.Boolean(),
    },
    "right": {"parcel_id": pl.String(), "household_id": pl.String()},
}
"""What a table has beside the schema."""

COVERAGE: dict[str, pl.DataType] = {
    "table": pl.String(),
    "divisions": pl.String(),
    "covers_from": pl.Date(),
    "covers_to": pl.Date(),
    "kind": pl.String(),
}
LINK: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "left_key": pl.String(),
    "right_key": pl.String(),
    "state": pl.String(),
    "score": pl.Float64(),
    "reason": pl.String(),
}
STORED: dict[str, type[Row]] = {**LISTED, "coverage": models.Coverage, "link": models.Link}
"""Every table of rows and its model."""
POINTS = {"household_id": "household", "parcel_id": "parcel"}
"""Columns that point to a row of another table."""

NOT_OF_THE_CORE = {"id", "division", "is_head", *POINTS}
"""Columns that the core does not know."""

_THROUGH = {("house", "parcel_id"): "house_parcel", ("house", "household_id"): "house_household"}
_THROUGH |= {("right", "parcel_id"): "right_parcel", ("right", "household_id"): "right_household"}


def columns(name: str) -> dict[str, pl.DataType]:
    """Column → dtype of a table as it is compared (表的列): numbers of persons in clear, divisions as text.

    >>> list(columns("aid"))[-3:]
    ['village_name', 'valid_from', 'valid_to']
    """
    if name in ("coverage", "link"):
        return {**PLACED, **{"coverage": COVERAGE, "link": LINK}[name]}
    return {**PLACED, **OWN.get(name, {}), **{column.name: dtype(column) for column in TABLES[name].columns}}


def stored_schema(name: str) -> dict[str, pl.DataType]:
    """Column → dtype of a table as the database holds it (库内列)."""
    held: dict[str, pl.DataType] = {}
    for column, kind in columns(name).items():
        if column in sealed(name):
            held |= {f"{column}_sealed": pl.Binary(), f"{column}_hash": pl.Binary()}
        else:
            held[column] = pl.Int64() if column in numbered(name) else kind
    return held


def sealed(name: str) -> list[str]:
    """Columns that are never stored in clear (加密列).

    >>> sealed("right"), sealed("link")
    (['holder_id'], [])
    """
    return [column.name for column in TABLES[name].columns if column.kind == SEALED] if name in TABLES else []


def numbered(name: str) -> list[str]:
    """Columns of division codes, stored as numbers (区划列)."""
    own = [column for column in OWN.get(name, {}) if column == "division_code"]
    return own + [column.name for column in TABLES[name].columns if column.kind == "division_code"] if name in TABLES else []


def stored(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as the database holds them (入库形式): persons' numbers sealed, divisions as numbers, with how names sound."""
    made = with_sounds(name, frame).with_columns(pl.col(column).cast(pl.Int64) for column in numbered(name) if column in frame.columns)
    for column in sealed(name):
        if column in frame.columns:
            values = frame[column].to_list()
            made = made.with_columns(
                pl.Series(f"{column}_sealed", sealing.seal_many(values, bound(name, column)), dtype=pl.Binary),
                pl.Series(f"{column}_hash", sealing.hash_many(values), dtype=pl.Binary),
            ).drop(column)
    return made


def bound(name: str, column: str) -> str:
    """The column in which a value is sealed (加密位置).

    >>> bound("right", "holder_id")
    'register_right.holder_id_sealed'
    """
    return sealing.place_of(STORED[name]._meta.db_table, f"{column}_sealed")


def plain(column: str) -> pl.Expr:
    """Ids without the dashes that PostgreSQL writes (去连字符).

    >>> pl.DataFrame({"id": ["0-1"]}).select(plain("id")).item()
    '01'
    """
    return pl.col(column).str.replace_all("-", "", literal=True)


def opened(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as the core has them (出库形式): what `stored` did taken back. Each number is opened once."""
    codes = [pl.col(column).cast(pl.String).str.zfill(12) for column in numbered(name)]
    ids = [column for column in ("id", "source_id", "footprint_source_id", *POINTS) if column in frame.columns]
    made = frame.with_columns(*codes, *map(plain, ids))
    for column in sealed(name):
        once = frame.select(pl.col(f"{column}_hash").alias("hash"), pl.col(f"{column}_sealed").alias("sealed")).drop_nulls().unique("hash")
        values = sealing.unseal_many(once["sealed"].to_list(), bound(name, column))
        clear = once.select("hash", pl.Series(column, values, dtype=pl.String))
        made = made.join(clear, left_on=f"{column}_hash", right_on="hash", how="left", maintain_order="left")
    return made.select(column for column in columns(name) if column in made.columns)


def of_delivery(delivery: Delivery, linked: Linked, division: str, sources: Mapping[int, str]) -> dict[str, pl.DataFrame]:
    """Every row that a delivery gives, by table (交付的各行), without `id`; what points to another row has its key.

    Args:
        delivery: checked; linked: of it.
        division: of the delivery: where rows lie that do not say so.
        sources: number of a source → its id in the register.
    """
    rows = {"coverage": _coverage(delivery, division)}
    for name in LISTED:
        frame = linked.households if name == "household" else linked.houses if name == "house" else delivery.tables.get(name)
        if frame is not None:
            rows[name] = _rows(name, frame, delivery, linked, division, sources)
    rows["link"] = _links(linked, rows, division)
    return rows


def _rows(name: str, frame: pl.DataFrame, delivery: Delivery, linked: Linked, division: str, sources: Mapping[int, str]) -> pl.DataFrame:
    said = dict(sources)
    place = next((one for one in ("division_code", "village_code") if one in frame.columns), None)
    where = pl.col(place).cast(pl.Int64) if place else pl.lit(None, dtype=pl.Int64)
    made = frame.with_columns(
        where.fill_null(int(division.ljust(12, "0"))).alias("division"),
        pl.col("id").alias("key"),
        pl.col("source_id").replace_strict(said, default=None, return_dtype=pl.String),
    )
    made = made.join(_unreadable(delivery, name), on="id", how="left", maintain_order="left")
    if name == "house":
        made = _drawn(made, delivery, said)
    if name == "person":
        coded = linked.households.select("household_code", pl.col("id").alias("household_id")).unique("household_code")
        made = made.join(coded, on="household_code", how="left", maintain_order="left").with_columns(_heads(frame, linked))
    for (owner, column), kind in _THROUGH.items():
        if owner == name:
            first = linked.pairs.filter(kind=kind, state="linked").group_by("left_id").agg(pl.col("right_id").min().alias(column))
            made = made.join(first, left_on="id", right_on="left_id", how="left", maintain_order="left")
    kinds = {column: kind for column, kind in columns(name).items() if column != "id"}
    absent = [pl.lit(None, dtype=kind).alias(column) for column, kind in kinds.items() if column not in made.columns]
    return made.with_columns(absent).select(pl.col(column).cast(kind) for column, kind in kinds.items())


def _heads(persons: pl.DataFrame, linked: Linked) -> pl.Series:
    """Whose row the household's head was taken from."""
    place = ["household_code", "source_id", "source_row"]
    heads = linked.households.filter(pl.col("source_row").is_not_null()).select(*place, pl.lit(True).alias("is_head"))
    found = persons.join(heads.unique(place), on=place, how="left", maintain_order="left")
    once = found["is_head"].fill_null(False) & (found["relation"] == "head").fill_null(False)
    return (once & found.select(pl.struct(place).is_first_distinct()).to_series()).alias("is_head")


def _drawn(houses: pl.DataFrame, delivery: Delivery, sources: Mapping[int, str]) -> pl.DataFrame:
    """With where each was drawn."""
    blank = pl.DataFrame(schema={"id": pl.String, "source_id": pl.Int32, "source_row": pl.Int32})
    drawn = delivery.tables.get("footprint", blank).select(
        pl.col("id").alias("footprint_id"),
        pl.col("source_id").replace_strict(dict(sources), default=None, return_dtype=pl.String).alias("footprint_source_id"),
        pl.col("source_row").alias("footprint_source_row"),
    )
    return houses.join(drawn, on="footprint_id", how="left", maintain_order="left")


def _unreadable(delivery: Delivery, name: str) -> pl.DataFrame:
    """Rows of a list with the columns that could not be read: `id`, `unreadable`."""
    parts = [pl.DataFrame(schema={"id": pl.String, "column": pl.String})]
    for column in TABLES[name].columns if name in delivery.tables else ():
        parts.append(damaged(delivery, name, column.name).to_frame("id").with_columns(pl.lit(column.name).alias("column")))
    return pl.concat(parts).group_by("id").agg(pl.col("column").sort().str.join(",").alias("unreadable"))


def _coverage(delivery: Delivery, division: str) -> pl.DataFrame:
    held = [
        {
            "key": f"{one.table}/{one.kind}/{','.join(one.divisions)}/{one.covers_from or ''}/{one.covers_to or ''}",
            "table": one.table,
            "divisions": ",".join(one.divisions),
            "covers_from": one.covers_from,
            "covers_to": one.covers_to,
            "kind": one.kind,
        }
        for one in delivery.coverage
    ]
    schema: dict[str, Any] = {name: kind for name, kind in columns("coverage").items() if name != "id"}
    rows = [{**dict.fromkeys(schema), "division": int(division.ljust(12, "0")), **one} for one in held]
    return pl.DataFrame(rows, schema=schema, orient="row").unique("key", keep="first", maintain_order=True)


def _links(linked: Linked, rows: Mapping[str, pl.DataFrame], division: str) -> pl.DataFrame:
    """Pairs, each where its left row lies."""
    left = pl.concat([frame.select(pl.lit(name).alias("left"), pl.col("key").alias("left_id"), "division") for name, frame in rows.items()])
    named = linked.pairs.with_columns(pl.col("kind").str.split("_").list.first().alias("left"))
    placed = named.join(left.unique(["left", "left_id"], keep="first"), on=["left", "left_id"], how="left", maintain_order="left")
    return placed.select(
        pl.col("division").fill_null(int(division.ljust(12, "0"))),
        pl.lit("").alias("key"),
        *(pl.lit(None, dtype=PLACED[name]).alias(name) for name in ("source_id", "source_row", "unreadable")),
        "kind",
        pl.col("left_id").alias("left_key"),
        pl.col("right_id").alias("right_key"),
        "state",
        "score",
        "reason",
    )
