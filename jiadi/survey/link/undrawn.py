"""The parcel of a house that is not drawn (未上图房屋落宗): by the ledger's code, by place, by the owner's name."""

from __future__ import annotations

import polars as pl

from jiadi.codes import unit
from jiadi.survey.link import keys

NUMBER = r"(\d+(?:[-之]\d+)?)号?$"
"""The number with which a place or a house number ends."""


def of_undrawn(
    rest: pl.DataFrame, houses: pl.DataFrame, parcels: pl.DataFrame, sure: pl.DataFrame, ledger_codes: pl.DataFrame
) -> pl.DataFrame:
    """The parcel of a house that neither code nor drawing puts on one (未上图房屋所在宗地).

    In turn: a code that only the ledger knows to be a parcel's; the only parcel of the village at
    the house's number; the only parcel of the village that the owner's namesake holds, if the house
    adds to it what is missing there: an annex to any, another house to one without a dwelling.

    Args:
        rest: the houses that are asked for.
        houses: all houses.
        parcels: list `parcel`.
        sure: linked pairs of the other houses: left_id, right_id.
        ledger_codes: parcel_code, right_id.

    Returns:
        CANDIDATES: left_id is a house, right_id a parcel.

    >>> from jiadi.register.tables import Delivery
    >>> place = {"village_code": ["330802005001"]}
    >>> houses = keys.listed(Delivery({"house": pl.DataFrame({"id": ["h"], "house_number": ["余东村8号"], **place})}), "house")
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"], "location": ["衢州市余东村8号"], **place})}), "parcel")
    >>> codes = pl.DataFrame(schema={"parcel_code": pl.String(), "right_id": pl.String()})
    >>> of_undrawn(houses, houses, parcels, keys.no_pairs(), codes).rows()
    [('h', 'p', 'linked', 0.8, 'location')]
    """
    by_ledger = _by_ledger(rest, ledger_codes)
    rest = rest.join(by_ledger, left_on="id", right_on="left_id", how="anti")
    asked = _asked(rest)
    land = held(parcels)
    placed = _by_place(asked, parcels, land)
    named = asked.join(placed, on="left_id", how="anti")
    linked = pl.concat(
        [
            sure.select("left_id", "right_id"),
            by_ledger.select("left_id", "right_id"),
            keys.only(placed, "linked").select("left_id", "right_id"),
        ]
    )
    return keys.stack([by_ledger, placed, _by_owner(named, land, linked, houses)])


def held(parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels whose holder and village are known (权利人已知的宗地).

    Returns:
        right_id, name, village.

    >>> from jiadi.register.tables import Delivery
    >>> held(keys.listed(Delivery(), "parcel")).columns
    ['right_id', 'name', 'village']
    """
    return parcels.select(
        pl.col("id").alias("right_id"), keys.name_key("holder_name").alias("name"), pl.col("village_code").alias("village")
    ).drop_nulls()


def _asked(rest: pl.DataFrame) -> pl.DataFrame:
    village = pl.coalesce("village_code", keys.code_village("survey_code", keys.SURVEY_CODE))
    return rest.select(
        pl.col("id").alias("left_id"),
        keys.name_key("owner_name").alias("name"),
        village.alias("village"),
        keys.name_key("house_number").alias("place"),
        (pl.col("use") == "annex").fill_null(False).alias("is_annex"),
    ).filter(pl.col("village").is_not_null())


def _by_ledger(rest: pl.DataFrame, ledger_codes: pl.DataFrame) -> pl.DataFrame:
    """A unit code or parcel code whose parcel only the ledger knows."""
    coded = rest.select(
        pl.col("id").alias("left_id"), pl.coalesce(unit.parcel_of_column(rest["unit_code"]), "parcel_code").alias("parcel_code")
    )
    return keys.grade(coded.join(ledger_codes, on="parcel_code"), 0.7, "ledger_code", "ledger_code")


def _by_place(asked: pl.DataFrame, parcels: pl.DataFrame, land: pl.DataFrame) -> pl.DataFrame:
    """The only parcel of the village with the house's number, unless another one is the owner's and this is not."""
    number = pl.col("place").str.extract(NUMBER).alias("number")
    houses = asked.filter(pl.col("place").is_not_null()).with_columns(number).drop_nulls("number")
    places = (
        parcels.select(pl.col("id").alias("right_id"), pl.col("village_code").alias("village"), keys.name_key("location").alias("place"))
        .with_columns(number)
        .drop_nulls()
    )
    pairs = houses.join(places, on=["village", "number"], suffix="_of_parcel")
    same = pl.col("place").str.ends_with(pl.col("place_of_parcel")) | pl.col("place_of_parcel").str.ends_with(pl.col("place"))
    graded = keys.grade(pairs.filter(same), 0.8, "location", "several_places")
    elsewhere = _held_elsewhere(graded, asked, land)
    return graded.with_columns(
        pl.when(elsewhere).then(pl.lit("doubtful")).otherwise("state").alias("state"),
        pl.when(elsewhere).then(pl.lit("owner_differs")).otherwise("reason").alias("reason"),
    )


def _held_elsewhere(pairs: pl.DataFrame, asked: pl.DataFrame, land: pl.DataFrame) -> pl.Series:
    """Whether the parcel is somebody else's by name, while the owner's namesake holds another one of the village."""
    owned = pairs.join(asked.select("left_id", "name", "village"), on="left_id", maintain_order="left").join(
        land.select("right_id", pl.col("name").alias("holder")), on="right_id", how="left", maintain_order="left"
    )
    holders = land.select("name", "village").unique().with_columns(pl.lit(True).alias("holds"))
    found = owned.join(holders, on=["name", "village"], how="left", maintain_order="left")
    return found.select(((pl.col("holder") != pl.col("name")) & pl.col("holds")).fill_null(False)).to_series()


def _by_owner(asked: pl.DataFrame, land: pl.DataFrame, linked: pl.DataFrame, houses: pl.DataFrame) -> pl.DataFrame:
    uses = linked.join(houses.select(pl.col("id").alias("left_id"), "use"), on="left_id", how="left")
    lived_in = uses.filter((pl.col("use") != "annex").fill_null(True)).select("right_id").unique()
    alone = land.filter(pl.struct("name", "village").is_unique())
    with_dwelling = pl.col("right_id").is_in(lived_in["right_id"].implode())
    pairs = asked.drop_nulls("name").join(alone, on=["name", "village"]).filter(pl.col("is_annex") | ~with_dwelling)
    return keys.grade(pairs, 0.7, "holder_name", "several_namesakes")
