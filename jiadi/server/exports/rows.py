"""The rows of an export, as who asked may see them (导出的行): the query of the list, told piece by piece."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import polars as pl
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import TextField
from django.db.models.functions import Cast, JSONObject

from jiadi.codes import person
from jiadi.insight.naming import shown_ids
from jiadi.policy.labels import label
from jiadi.register.export import labelled
from jiadi.register.schema import TABLES
from jiadi.server.accounts.queries import Access
from jiadi.server.database import bulk
from jiadi.server.database.scope import Scope
from jiadi.server.exports.models import Export
from jiadi.server.exports.queries import LISTED, PERSONS, scope_of
from jiadi.server.policy.models import Standing, Verdict
from jiadi.server.register import frames, queries
from jiadi.server.register.queries.finding import chosen

SAID = {"verdict": "结论", "findings": "问题", "unknowns": "缺少的资料", "remedy": "处置建议", "on": "判定基准日", "law": "规则版本"}
"""What a verdict says → its heading."""
OF_HOUSES = ("verdict", "findings", "remedy")
"""What a list of houses tells of it; a list of verdicts tells all."""
PLACES = ("survey_code", "unit_code", "parcel_code", "owner_name", "house_number", "village_name")
"""By what a house is known in a list of verdicts."""
TOLD = pl.Struct({**dict.fromkeys(SAID, pl.String()), "price_fen": pl.Int64()})


@dataclass(frozen=True)
class Rows:
    """What an export lists (导出内容).

    Args:
        table: of the schema; `columns`: of it, those that are told.
        query, schema: as `bulk.stream` takes them.
        judged: parts of the verdict that are told beside.
        clear: whether persons' numbers are told.
        names: where persons' names may be told.
    """

    table: str
    columns: tuple[str, ...]
    query: QuerySet[Any, Any]
    schema: Mapping[str, pl.DataType]
    judged: tuple[str, ...]
    clear: bool
    names: Scope

    def pieces(self) -> Generator[pl.DataFrame]:
        """Frames with headings as departments write them; a shape, where there is one, is the column `geometry`."""
        with closing(bulk.stream(self.query, self.schema)) as coming:
            for piece in coming:
                yield self._told(piece)

    def _told(self, piece: pl.DataFrame) -> pl.DataFrame:
        known = frames.opened(self.table, piece)
        if not self.clear:
            known = _masked(self.table, known, self.names)
        made = labelled(TABLES[self.table], known.select(self.columns))
        if self.judged:
            made = made.with_columns(_judged(piece["told"], self.judged))
        return made.with_columns(known["division"].cast(pl.String).str.zfill(12).alias("区划代码"), known["id"].alias("登记编号"))


def rows(access: Access, held: Export) -> Rows:
    """The rows that an export lists (取导出内容), in the order of place and id.

    Args:
        access: of who asked, as it is now; `held`: what was asked for.
    """
    table, scope = LISTED.get(held.table, held.table), scope_of(held)
    names = access.scope(PERSONS)
    query = queries.known(frames.STORED[table], scope, held.as_of)
    if held.q:
        query = chosen(query, table, held.q, names)
    judged: tuple[str, ...] = ()
    schema = frames.stored_schema(table)
    schema = {name: kind for name, kind in schema.items() if name not in ("source_id", "source_row", "unreadable", "key")}
    if table == "house":
        judged = tuple(SAID) if held.table == "verdict" else OF_HOUSES
        query = _with_verdicts(query, held, scope)
        schema = {**schema, "told": pl.String()}
    columns = PLACES if held.table == "verdict" else tuple(column.name for column in TABLES[table].columns)
    if held.form != "gpkg":
        columns = tuple(name for name in columns if TABLES[table].column(name).kind != "geometry")
    fetched = {name: kind for name, kind in schema.items() if name != "geometry" or "geometry" in columns or held.form == "gpkg"}
    if held.form == "gpkg" and TABLES[table].spatial and "geometry" not in columns:
        columns = (*columns, "geometry")
    ordered = query.order_by("division", "id").values_list(*fetched)
    return Rows(table, columns, ordered, fetched, judged, held.clear, names)


def _with_verdicts(query: QuerySet[Any, Any], held: Export, scope: Scope) -> QuerySet[Any, Any]:
    """Houses with what the newest run says of them, as JSON text; of a day, the newest run that the register of that day had given."""
    known = Q() if held.as_of is None else Q(run__register_at__lte=queries.moment(held.as_of))
    newest = Verdict.objects.filter(scope.where(), known, house=OuterRef("id")).order_by("-id")
    parts = {name: F(name) for name in ("verdict", "findings", "unknowns", "remedy", "price_fen")}
    told = newest.values(told=Cast(JSONObject(**parts, on=F("run__on"), law=F("run__law_version")), TextField()))[:1]
    query = query.annotate(told=Subquery(told, output_field=TextField()))
    if held.table == "verdict":
        query = query.filter(told__isnull=False)
    if not held.verdict:
        return query
    if held.as_of is None:
        return query.filter(id__in=Standing.objects.filter(scope.where(), verdict=held.verdict).values("house"))
    found: QuerySet[Any, Any] = query.annotate(stood=Subquery(newest.values("verdict")[:1])).filter(stood=held.verdict)
    return found


def _masked(table: str, frame: pl.DataFrame, names: Scope) -> pl.DataFrame:
    """Persons' numbers masked wherever they stand, and names where the reader may not see them."""
    made = frame
    for column in TABLES[table].columns:
        if column.name not in frame.columns or frame[column.name].dtype != pl.String:
            continue
        if column.kind == "person_id":
            made = made.with_columns(person.mask_column(frame[column.name]))
        elif column.kind == "name":
            inside = reduce(or_, (pl.col("division").is_between(low, high - 1) for low, high in names.ranges), pl.lit(False))
            name = pl.col(column.name)
            made = made.with_columns(
                pl.when(inside).then(name).otherwise(name.str.slice(0, 1) + name.str.slice(1).str.replace_all("(?s).", "*"))
            )
        elif column.kind in ("code", "text"):
            made = made.with_columns(shown_ids(frame[column.name]).alias(column.name))
    return made


def _judged(told: pl.Series, parts: tuple[str, ...]) -> list[pl.Series]:
    """What a verdict says, in words."""
    said = told.str.json_decode(TOLD).struct.unnest()
    made = []
    for part in parts:
        column = said[part]
        if part in ("verdict", "findings", "unknowns", "remedy"):
            words = {text: "、".join(label(word, "zh") for word in text.split(",") if word) for text in column.drop_nulls().unique()}
            column = column.replace_strict(words, default=None, return_dtype=pl.String)
        made.append(column.alias(SAID[part]))
    if "law" in parts:
        made.append((said["price_fen"].cast(pl.Int64) / 100).alias("金额（元）"))
    return made
