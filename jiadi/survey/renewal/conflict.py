"""Fields on which two departments disagree (部门间不一致): listed with both sources, and with whose value comes first."""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import polars as pl

from jiadi.codes import person
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked, frame_schema
from jiadi.survey.renewal.listed import Lists, of_delivery

CONFLICTS: dict[str, pl.DataType] = {
    "field": pl.String(),
    **{
        f"{side}_{name}": kind
        for side in ("first", "other")
        for name, kind in (
            ("table", pl.String()),
            ("id", pl.String()),
            ("value", pl.String()),
            ("file", pl.String()),
            ("sheet", pl.String()),
            ("row", pl.Int32()),
        )
    },
}
"""Columns of a frame of conflicts: `first_…` is the value that comes first, `other_…` the one that disagrees."""
_CENT = 0.005


@cache
def precedence() -> dict[str, dict[str, Any]]:
    """Field → `order`, `share`, names and reasons in both languages (取值次序).

    >>> precedence()["holder_id"]["order"][0]
    'person'
    """
    text = files("jiadi.survey.renewal").joinpath("precedence.yaml").read_text(encoding="utf-8")
    import yaml  # noqa: PLC0415  read once

    entries: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return entries


def conflicts(delivery: Delivery, linked: Linked) -> pl.DataFrame:
    """Fields on which lists that are linked disagree (列出不一致).

    Only sound links count, and a blank disagrees with nothing. Which list was read first plays no part.

    Args:
        delivery: as checked.
        linked: of that delivery.

    Returns:
        Frame of CONFLICTS, sorted.

    Law: GB 11643 for the equality of numbers of 15 and 18 places.
    """
    lists = of_delivery(delivery)
    held = _Held(lists, linked.pairs.filter(pl.col("state") == "linked"))
    right_parcel, approval_parcel = held.pairs("right_parcel"), held.pairs("approval_parcel")
    right_approval = _single(right_parcel, "right_id").join(_single(approval_parcel, "right_id"), on="right_id", suffix="_approval")
    found = [
        held.differing("stated_area_m2", ("right", "stated_area_m2"), ("parcel", "stated_area_m2"), right_parcel),
        held.differing("holder_name", ("right", "holder_name"), ("parcel", "holder_name"), right_parcel),
        held.differing(
            "approved_area_m2",
            ("right", "approved_area_m2"),
            ("approval", "approved_area_m2"),
            right_approval.select("left_id", pl.col("left_id_approval").alias("right_id")),
        ),
        held.differing("storeys", ("house", "storeys"), ("approval", "approved_storeys"), _house_approval(held, approval_parcel)),
        *(held.persons(table) for table in ("right", "approval")),
    ]
    return pl.concat(found).sort(list(CONFLICTS))


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Field → conflicts (不一致统计).

    >>> counts(pl.DataFrame(schema=CONFLICTS))
    {}
    """
    return dict(found.group_by("field").len().sort("field").iter_rows())


def _single(pairs: pl.DataFrame, key: str) -> pl.DataFrame:
    """Pairs whose one side has no other."""
    return pairs.filter(pl.col(key).is_unique())


def _house_approval(held: _Held, approval_parcel: pl.DataFrame) -> pl.DataFrame:
    """The one dwelling of a parcel and its one approval; outbuildings have storeys of their own."""
    houses = held.list("house").filter(pl.col("use").is_null() | (pl.col("use") != "annex")).select(pl.col("id").alias("left_id"))
    dwelling = _single(held.pairs("house_parcel").join(houses, on="left_id", how="semi"), "right_id")
    joined = dwelling.join(_single(approval_parcel, "right_id"), on="right_id", suffix="_approval")
    return joined.select("left_id", pl.col("left_id_approval").alias("right_id"))


class _Held:
    """Lists and their sound links."""

    def __init__(self, lists: Lists, links: pl.DataFrame) -> None:
        self.lists, self.links = lists, links

    def list(self, name: str) -> pl.DataFrame:
        """A list, blank where it was not handed in."""
        return self.lists.tables.get(name, pl.DataFrame(schema=frame_schema(TABLES[name])))

    def pairs(self, kind: str) -> pl.DataFrame:
        """Ids that a kind of link joins."""
        return self.links.filter(pl.col("kind") == kind).select("left_id", "right_id")

    def values(self, table: str, column: str, side: str) -> pl.DataFrame:
        """Values of a column, with the number of the source and the row where they stand."""
        frame = self.list(table).select("id", pl.col(column).alias("value"), "source_id", pl.col("source_row").alias("row"))
        return frame.drop_nulls("value").select(pl.all().name.prefix(f"{side}_")).with_columns(pl.lit(table).alias(f"{side}_table"))

    def differing(self, field: str, one: tuple[str, str], other: tuple[str, str], pairs: pl.DataFrame) -> pl.DataFrame:
        """Pairs whose values differ, the value of the list that comes first in front."""
        rule = precedence()[field]
        ends = [(one, "left_id"), (other, "right_id")]
        ends.sort(key=lambda end: rule["order"].index(end[0][0]))
        (first, first_key), (second, second_key) = ends
        named = pairs.rename({first_key: "first_id", second_key: "other_id"})
        joined = named.join(self.values(*first, "first"), on="first_id").join(self.values(*second, "other"), on="other_id")
        found = joined.filter(_differ(joined, rule["share"]))
        for side in ("first", "other"):  # files are named of the few that differ alone
            found = found.join(self.lists.sources.select(pl.all().name.prefix(f"{side}_")), on=f"{side}_source_id", how="left")
        return _told(field, found)

    @cached_property
    def persons_by_number(self) -> pl.DataFrame:
        """Persons whose number is theirs alone: id_18, right_id."""
        register = self.list("person")
        numbered = register.select(person.to_18_column(register["id_number"]).alias("id_18"), pl.col("id").alias("right_id"))
        return numbered.filter(pl.col("id_18").is_unique())

    @cached_property
    def persons_by_name(self) -> pl.DataFrame:
        """Persons whose name is theirs alone in their household: household_code, name, right_id."""
        named = self.list("person").select("household_code", "name", pl.col("id").alias("right_id"))
        return named.filter(pl.struct("household_code", "name").is_unique())

    def persons(self, table: str) -> pl.DataFrame:
        """Holders whose number is a person's of another name, and those of one name in one household with another number."""
        holders = self.list(table).with_columns(person.to_18_column(self.list(table)["holder_id"]).alias("id_18"))
        same_id = holders.select(pl.col("id").alias("left_id"), "id_18").join(self.persons_by_number, on="id_18")
        household = self.pairs(f"{table}_household").rename({"right_id": "household_code"})
        named = holders.select(pl.col("id").alias("left_id"), pl.col("holder_name").alias("name")).join(household, on="left_id")
        same_name = named.join(self.persons_by_name, on=["household_code", "name"]).select("left_id", "right_id")
        return pl.concat(
            [
                self.differing("holder_name", (table, "holder_name"), ("person", "name"), same_id.select("left_id", "right_id")),
                self.differing("holder_id", (table, "holder_id"), ("person", "id_number"), same_name),
            ]
        )


def _differ(joined: pl.DataFrame, share: float) -> pl.Expr:
    kind = joined.schema["first_value"]
    if kind.is_numeric():
        one, other = (pl.col(f"{side}_value").cast(pl.Float64) for side in ("first", "other"))
        return (one - other).abs() > pl.max_horizontal(share * one, pl.lit(_CENT))
    one, other = (pl.col(f"{side}_value").str.replace_all(r"\s", "") for side in ("first", "other"))
    old = (one.str.len_chars() == 15) | (other.str.len_chars() == 15)
    # 15 places are the same number without century and check digit.
    short = [
        value.str.slice(0, 6) + value.str.slice(pl.when(value.str.len_chars() == 18).then(8).otherwise(6), 9) for value in (one, other)
    ]
    return (one != other) & ~(old & (short[0] == short[1]))


def _told(field: str, joined: pl.DataFrame) -> pl.DataFrame:
    return joined.with_columns(pl.lit(field).alias("field")).select(pl.col(name).cast(kind) for name, kind in CONFLICTS.items())
