"""The household of each house (房屋所属户): through its parcel, checked against the owner's name."""

from __future__ import annotations

import polars as pl

from jiadi.survey.link import keys
from jiadi.survey.link.people import Register
from jiadi.survey.link.through import chain


def house_household(
    houses: pl.DataFrame,
    parcels: pl.DataFrame,
    rights: pl.DataFrame,
    links: dict[str, pl.DataFrame],
    people: Register,
) -> pl.DataFrame:
    """The household of each house (房屋所属户).

    The household of its parcel, where the owner is not named or is one of that household; else the
    only living head of the village with the owner's name. Where parcel and owner point to different
    households, or the name to several, it is a doubt.

    Args:
        houses: as `link.houses` gives them.
        parcels: list `parcel`.
        rights: list `right`.
        links: CANDIDATES of house_parcel, parcel_household, right_parcel and right_household.
        people: the register.

    Returns:
        CANDIDATES: left_id is a house, right_id a household.

    >>> from datetime import date
    >>> from jiadi.register.tables import Delivery
    >>> from jiadi.survey.link.people import register
    >>> empty = Delivery({"house": pl.DataFrame({"id": ["h"]})})
    >>> houses, parcels, rights, persons = (keys.listed(empty, name) for name in ("house", "parcel", "right", "person"))
    >>> sure = {"state": ["linked"], "score": [1.0], "reason": ["id"]}
    >>> links = {kind: keys.no_pairs() for kind in ("right_parcel", "right_household")}
    >>> links["house_parcel"] = pl.DataFrame({"left_id": ["h"], "right_id": ["p"], **sure})
    >>> links["parcel_household"] = pl.DataFrame({"left_id": ["p"], "right_id": ["A"], **sure})
    >>> house_household(houses, parcels, rights, links, register(persons, date(2025, 6, 30))).rows()
    [('h', 'A', 'linked', 1.0, 'parcel')]
    """
    owners = _owners(houses, parcels, links["house_parcel"])
    through = (
        chain(links["house_parcel"], links["parcel_household"])
        .group_by("left_id", "right_id")
        .agg((pl.col("state") == "linked").any().alias("sure"), pl.col("score").max())
    )
    sure = through.filter("sure").join(owners, on="left_id").select("left_id", "right_id", "score", "owner")
    names = people.persons.select(pl.col("household").alias("right_id"), pl.col("name").alias("owner")).drop_nulls().unique()
    blank = sure.filter(pl.col("owner").is_null()).with_columns(pl.lit("parcel").alias("reason"))
    own = sure.join(names, on=["right_id", "owner"], how="semi").with_columns(pl.lit("parcel_and_name").alias("reason"))
    settled = pl.concat([blank, own]).with_columns(pl.lit("linked").alias("state"))
    rest = owners.join(settled, on="left_id", how="anti")
    outsiders = _outsiders(links, rights).rename({"name": "owner"})
    asked = rest.join(links["house_parcel"].select("left_id", pl.col("right_id").alias("parcel_id")), on="left_id")
    foreign = asked.join(outsiders, on=["parcel_id", "owner"], how="semi")
    known = keys.without_crowds(people.heads)
    heads = known.select(pl.col("household").alias("right_id"), pl.col("name").alias("owner"), "village").unique()
    by_name = rest.join(foreign, on="left_id", how="anti").join(heads, on=["owner", "village"]).select("left_id", "right_id")
    by_parcel = through.join(rest, on="left_id", how="semi").select("left_id", "right_id", "sure")
    return keys.stack([settled, _weigh(by_parcel, by_name)])


def _weigh(by_parcel: pl.DataFrame, by_name: pl.DataFrame) -> pl.DataFrame:
    """Households to which parcel and owner's name point, as one link or as doubts."""
    both = by_parcel.with_columns(pl.lit(True).alias("parcel")).join(
        by_name.with_columns(pl.lit(True).alias("named")), on=["left_id", "right_id"], how="full", coalesce=True
    )
    flags = both.with_columns(pl.col("sure", "parcel", "named").fill_null(False))
    heads = pl.col("named").sum().over("left_id")
    held = pl.col("sure").any().over("left_id")
    apart = pl.col("parcel").any().over("left_id") & ~(pl.col("parcel") & pl.col("named")).any().over("left_id")
    count = pl.len().over("left_id")
    # One head with the owner's name, whom a doubtful parcel allows, settles the doubt.
    linked = (heads == 1) & ~apart
    return (
        flags.with_columns(linked.alias("is_linked"), heads.alias("heads"), held.alias("held"), count.alias("count"))
        .filter(pl.col("named") | ~pl.col("is_linked"))
        .select(
            "left_id",
            "right_id",
            pl.when("is_linked").then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
            pl.when("is_linked").then(0.7).otherwise((pl.lit(0.7) / pl.col("count")).round(4)).alias("score"),
            pl.when("is_linked")
            .then(pl.lit("head_name"))
            .when(pl.col("heads") > 1)
            .then(pl.lit("several_namesakes"))
            .when(pl.col("held") | (pl.col("heads") == 1))
            .then(pl.lit("owner_differs"))
            .otherwise(pl.lit("parcel_doubtful"))
            .alias("reason"),
        )
    )


def _owners(houses: pl.DataFrame, parcels: pl.DataFrame, house_parcel: pl.DataFrame) -> pl.DataFrame:
    """left_id, owner, village of each house; a house of unknown village lies in that of its parcel."""
    on_parcel = (
        keys.only(house_parcel, "linked")
        .join(parcels.select(pl.col("id").alias("right_id"), pl.col("village_code").alias("parcel_village")), on="right_id")
        .select(pl.col("left_id").alias("id"), "parcel_village")
    )
    village = pl.coalesce("village_code", keys.code_village("survey_code", keys.SURVEY_CODE), "parcel_village")
    return houses.join(on_parcel, on="id", how="left").select(
        pl.col("id").alias("left_id"), keys.name_key("owner_name").alias("owner"), village.alias("village")
    )


def _outsiders(links: dict[str, pl.DataFrame], rights: pl.DataFrame) -> pl.DataFrame:
    """parcel_id, name of holders whose ID is on no register: a head of their name is somebody else."""
    strangers = rights.filter(pl.col("holder_id").is_not_null()).join(
        links["right_household"], left_on="id", right_on="left_id", how="anti"
    )
    return (
        keys.only(links["right_parcel"], "linked")
        .join(strangers.select(pl.col("id").alias("left_id"), keys.name_key("holder_name").alias("name")), on="left_id")
        .select(pl.col("right_id").alias("parcel_id"), "name")
        .drop_nulls()
    )
