"""Kinds of households, as a trial counts them (户的类别): who receives aid, who is a member of the collective."""

from __future__ import annotations

from datetime import date

import polars as pl

from jiadi.policy.coverage import covered
from jiadi.register.tables import Delivery, Linked

KINDS: dict[str, pl.DataType] = {"id": pl.String(), "aid": pl.String(), "member": pl.String()}
"""`aid`: kinds of aid joined by commas, `none`, or null where nobody knows; `member`: `yes`, `no`, or null likewise."""


def kinds(delivery: Delivery, linked: Linked, on: date) -> pl.DataFrame:
    """What each household is (户的类别).

    Args:
        delivery: its lists of persons, aid and members, and what they cover.
        linked: households and their links.
        on: the day on which it is judged.

    Returns:
        Frame of KINDS, sorted by id. A household on no list that covers its village has no aid, or no
        member; one that a doubtful link may put on a list is not known.
    """
    households = linked.households.select("id", "village_code")
    of_person = _household_of_person(delivery)
    aid = _listed(delivery, linked, of_person, "aid", on)
    member = _listed(delivery, linked, of_person, "member", on)
    known = {name: _covers(delivery, households, name) for name in ("aid", "member")}
    unsure = {name: _listed(delivery, linked, of_person, name, on, "doubtful")["id"] for name in ("aid", "member")}
    kind = pl.col("kind").unique().sort().str.join(",")
    found = (
        households.with_columns(known["aid"].alias("aid_known"), known["member"].alias("member_known"))
        .join(aid.group_by("id").agg(kind.alias("aid")), on="id", how="left")
        .join(member.select("id").unique().with_columns(pl.lit("yes").alias("member")), on="id", how="left")
    )
    none = (("aid", "none"), ("member", "no"))
    filled = [
        pl.col(name)
        .fill_null(pl.when(pl.col(f"{name}_known") & ~pl.col("id").is_in(unsure[name].implode())).then(pl.lit(word)))
        .alias(name)
        for name, word in none
    ]
    return found.select("id", *filled).sort("id").cast(KINDS)  # type: ignore[arg-type]


def _household_of_person(delivery: Delivery) -> pl.DataFrame:
    persons = delivery.tables.get("person")
    if persons is None:
        return pl.DataFrame(schema={"person": pl.String(), "id": pl.String()})
    return persons.select(pl.col("id").alias("person"), pl.col("household_code").alias("id"))


def _listed(delivery: Delivery, linked: Linked, of_person: pl.DataFrame, table: str, on: date, state: str = "linked") -> pl.DataFrame:
    """Households of the persons that a list holds on the day: id, kind."""
    rows = delivery.tables.get(table)
    if rows is None:
        return pl.DataFrame(schema={"id": pl.String(), "kind": pl.String()})
    begun = (pl.col("valid_from") <= on).fill_null(True)
    holds = begun & (pl.col("valid_to") > on).fill_null(True)
    word = pl.col("aid_kind").cast(pl.String).fill_null("other") if table == "aid" else pl.lit("yes")
    pairs = linked.pairs.filter((pl.col("kind") == f"{table}_person") & (pl.col("state") == state))
    named = rows.filter(holds).select(pl.col("id").alias("left_id"), word.alias("kind"))
    joined = pairs.select("left_id", "right_id").join(named, on="left_id")
    return joined.join(of_person, left_on="right_id", right_on="person").select("id", "kind")


def _covers(delivery: Delivery, households: pl.DataFrame, table: str) -> pl.Series:
    places = households["village_code"].unique().drop_nulls().sort().to_list()
    reach = covered(delivery.coverage, table, places)
    inside = [place for place, is_inside in zip(places, reach, strict=False) if is_inside]
    return households["village_code"].is_in(inside).fill_null(False)
