"""The register as the core has it (登记册整读): a delivery with its links, now or as it was known on an earlier day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import polars as pl
from django.db.models import QuerySet
from django.utils import timezone

from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import PAIRS, PROBLEMS, Coverage, Delivery, Linked, frame_schema
from jiadi.server.database import bulk
from jiadi.server.database.scope import Scope
from jiadi.server.register import frames, models
from jiadi.server.register.columns import Until
from jiadi.survey.link import KINDS
from jiadi.survey.link.merge import OWN

Moment = date | datetime | None
"""A moment, or the end of a day; None is now."""

SOURCE: dict[str, pl.DataType] = {
    "id": pl.String(),
    "number": pl.Int32(),
    "file": pl.String(),
    "sheet": pl.String(),
    "table": pl.String(),
    "sha256": pl.String(),
    "headers": pl.String(),
    "delivered_on": pl.Date(),
}
VERSIONS: dict[type[Any], type[Any]] = {model: getattr(models, f"{model.__name__}Version") for model in models.KEPT}
"""Model → model of its versions."""
REACHING = (models.Source, models.Coverage, models.Zone)
"""What is about a whole division, and so about all within it."""


def moment(as_of: date | datetime) -> datetime:
    """The moment up to which acts are known (时点): of a day its end, where the server's clocks are.

    >>> moment(date(2025, 6, 30)).isoformat()
    '2025-06-30T23:59:59.999999+08:00'
    """
    if isinstance(as_of, datetime):
        return as_of
    return timezone.make_aware(datetime.combine(as_of, time.max))


def known(model: type[Any], scope: Scope, as_of: Moment = None) -> QuerySet[Any, Any]:
    """Rows of a table that a scope sees, now or as they were known (某时点的行).

    Args:
        model: one of `models.KEPT`.
        scope: whose divisions.
        as_of: None for the rows as they are; else their versions, with what was known at that moment or at the end of that day.
    """
    held = scope.reaching() if model in REACHING else scope.where()
    if as_of is None:
        rows: QuerySet[Any, Any] = model.objects.filter(held)
        return rows
    at = moment(as_of)
    # As the index has it: a condition with OR would look at every version there ever was.
    versions: QuerySet[Any, Any] = VERSIONS[model].objects.alias(until=Until("known_to")).filter(held, until__gt=at, known_from__lte=at)
    return versions


def tables(scope: Scope, division: str, as_of: Moment = None) -> tuple[Delivery, Linked]:
    """All that the register says of a division, exactly as the core would have it (整读为交付与关联).

    Persons' numbers are in clear, as the rules need them to know who is who: for reckoning, not for show.

    Args:
        scope: whose divisions; what lies outside is not there.
        division: code of any level.
        as_of: None for now; see `known`.

    Returns:
        The delivery and its links. Sources bear the numbers of their delivery, or are numbered anew where two have the same one;
        `extra["sources"]` names each one's id. Of problems there are only the cells that could not be read.
    """
    return delivered(*whole(scope.within(Scope.of([division])), as_of, ids=False))


def whole(scope: Scope, as_of: Moment = None, ids: bool = True) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Rows of every table, and the sources with their numbers (全部的行与来源)."""
    rows = {name: rows_of(name, scope, as_of, ids) for name in frames.STORED}
    return rows, _sources(scope, as_of, rows)


def delivered(rows: Mapping[str, pl.DataFrame], sources: pl.DataFrame) -> tuple[Delivery, Linked]:
    """What `whole` gives, as the core has it (行还原为交付)."""
    numbers = dict(sources.select("id", "source_id").iter_rows())
    placed = {name: _numbered(rows[name], numbers) for name in frames.LISTED}
    delivery = Delivery(
        _lists(placed, {*sources["table"]}),
        sources.drop("id", "delivered_on"),
        _problems(placed, sources),
        [],
        [_coverage(one) for one in rows["coverage"].sort("key").iter_rows(named=True)],
        max(sources["delivered_on"].drop_nulls(), default=None),
        {"sources": {number: name for name, number in numbers.items()}},
    )
    houses = placed["house"].select(*frame_schema(TABLES["house"]), *OWN).sort("id")
    households = placed["household"].select(*frame_schema(TABLES["household"])).sort("id")
    return delivery, Linked(houses, households, _pairs(rows["link"]), pl.DataFrame(schema=PROBLEMS))


def rows_of(name: str, scope: Scope, as_of: Moment = None, ids: bool = True) -> pl.DataFrame:
    """Rows of a table with the columns of `frames.columns` (一表的行).

    Args:
        name: of a list, `coverage` or `link`.
        scope, as_of: see `known`.
        ids: with the register's ids and divisions; without them, as the core has rows, it is read faster.
    """
    schema = frames.stored_schema(name)
    if not ids:
        left_out = frames.NOT_OF_THE_CORE if name != "link" else {*frames.PLACED}
        schema = {column: kind for column, kind in schema.items() if column not in left_out}
    return frames.opened(name, bulk.read(known(frames.STORED[name], scope, as_of).values_list(*schema), schema))


def _sources(scope: Scope, as_of: Moment, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Sources that rows come from, and of lists of the same name else the latest one; each name is one of a kind."""
    found = bulk.read(known(models.Source, scope, as_of).values_list(*SOURCE), SOURCE).with_columns(frames.plain("id")).sort("id")
    columns = [frame[name] for frame in rows.values() for name in ("source_id", "footprint_source_id") if name in frame.columns]
    used = pl.concat([column.drop_nulls().unique().alias("id") for column in columns]).unique()
    name = ["file", "sheet", "table"]
    serves = pl.col("id").is_in(used.implode())
    kept = found.filter(serves | (~serves.any().over(name) & (pl.col("id") == pl.col("id").max().over(name))))
    place, last = pl.int_range(1, pl.len() + 1).over("file", "sheet"), pl.len().over("file", "sheet")
    told = pl.when(place < last).then(pl.format("{} #{}", "file", place)).otherwise("file").alias("file")
    number = pl.col("number") if kept["number"].is_unique().all() else pl.int_range(1, pl.len() + 1)
    return (
        kept.with_columns(number.cast(pl.Int32).alias("source_id"), told)
        .select("source_id", *list(SOURCE))
        .drop("number")
        .sort("source_id")
    )


def _numbered(frame: pl.DataFrame, numbers: Mapping[str, int]) -> pl.DataFrame:
    """With sources by number, and the core's name of each row as its `id`."""
    named = [
        pl.col(column).replace_strict(dict(numbers), default=None, return_dtype=pl.Int32)
        for column in ("source_id", "footprint_source_id")
        if column in frame.columns
    ]
    return frame.with_columns(*named, pl.col("key").alias("id"))


def _lists(rows: Mapping[str, pl.DataFrame], handed_in: set[str]) -> dict[str, pl.DataFrame]:
    """Lists as they were handed in: a survey row and its footprint apart."""
    held = {**rows, **_apart(rows["house"])}
    schemas = {name: list(frame_schema(TABLES[name])) for name in LISTS}
    given = [name for name in LISTS if name in handed_in or not held[name].is_empty()]
    return {name: held[name].select(schemas[name]).sort("id") for name in given}


def _apart(houses: pl.DataFrame) -> dict[str, pl.DataFrame]:
    drawn = pl.col("footprint_id").is_not_null()
    places = (
        pl.col("source_id").eq_missing(pl.col("footprint_source_id")),
        pl.col("source_row").eq_missing(pl.col("footprint_source_row")),
    )
    only_drawn = drawn & places[0] & places[1]
    footprints = houses.filter(drawn).select(
        pl.col("footprint_id").alias("id"),
        pl.col("footprint_source_id").alias("source_id"),
        pl.col("footprint_source_row").alias("source_row"),
        "feature_code",
        "survey_code",
        "geometry",
    )
    # What a footprint gives its house is the footprint's: joined again, both say the same.
    given = [pl.when(drawn).then(None).otherwise(name).alias(name) for name in ("feature_code", "geometry")]
    return {"footprint": footprints, "house": houses.filter(~only_drawn).with_columns(given)}


def _problems(rows: Mapping[str, pl.DataFrame], sources: pl.DataFrame) -> pl.DataFrame:
    heads = [
        (number, file, sheet, column, header)
        for number, file, sheet, text in sources.select("source_id", "file", "sheet", "headers").iter_rows()
        for column, header in json.loads(text or "{}").items()
    ]
    schema = {"source_id": pl.Int32, "file": pl.String, "sheet": pl.String, "column": pl.String, "header": pl.String}
    cells = [
        frame.filter(pl.col("unreadable").is_not_null()).select(
            "source_id", pl.col("source_row").alias("row"), pl.col("unreadable").str.split(",").alias("column")
        )
        for name, frame in rows.items()
        if name in frames.LISTED
    ]
    told = pl.concat(cells).explode("column").join(pl.DataFrame(heads, schema=schema, orient="row"), on=["source_id", "column"])
    blank = [pl.lit(None, dtype=pl.String).alias(name) for name in ("value", "detail")]
    word = [pl.lit("unreadable").alias("code"), pl.lit("unknown").alias("level")]
    return (
        told.with_columns(pl.col("header").alias("column"), *word, *blank)
        .select(pl.col(name).cast(kind) for name, kind in PROBLEMS.items())
        .unique()
        .sort("file", "sheet", "row", "column")
    )


def _pairs(links: pl.DataFrame) -> pl.DataFrame:
    order = {kind: place for place, kind in enumerate(KINDS)}
    named = links.rename({"left_key": "left_id", "right_key": "right_id"}).select(list(PAIRS))
    return named.sort(pl.col("kind").replace_strict(order, default=len(order), return_dtype=pl.Int8), "left_id", "right_id")


def _coverage(one: Mapping[str, Any]) -> Coverage:
    return Coverage(one["table"], tuple(filter(None, one["divisions"].split(","))), one["covers_from"], one["covers_to"], one["kind"])
