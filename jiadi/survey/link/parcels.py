"""Links to parcels (关联到宗地): by code, by overlap, by holder's name within the village."""

from __future__ import annotations

import polars as pl

from jiadi.codes import unit
from jiadi.survey.link import keys

HALF = 0.5
"""Share of a house that must lie in a parcel for the drawing alone to link them."""
TIE = 1e-6
"""Two shares closer than this are equal: the drawing does not say which parcel it is."""
OVERLAP = {"left_id": pl.String(), "right_id": pl.String(), "share": pl.Float64(), "outside_m2": pl.Float64()}


def overlap_pairs(overlaps: pl.DataFrame | None) -> pl.DataFrame:
    """Overlaps of houses and parcels as pairs (压盖对).

    Args:
        overlaps: house_id, parcel_id, share, overlap_m2, outside_m2; None where nothing was drawn.

    Returns:
        left_id (house), right_id (parcel), share, outside_m2; only where they do overlap.

    >>> overlap_pairs(None).columns
    ['left_id', 'right_id', 'share', 'outside_m2']
    """
    if overlaps is None:
        return pl.DataFrame(schema=OVERLAP)
    return overlaps.filter(pl.col("share") > 0).select(
        pl.col("house_id").alias("left_id"),
        pl.col("parcel_id").alias("right_id"),
        pl.col("share").cast(pl.Float64),
        pl.col("outside_m2").cast(pl.Float64),
    )


def of_houses(houses: pl.DataFrame, parcels: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """The parcel on which each house stands (房屋所在宗地).

    In turn: the unit code's or the house's own parcel code, unless more than half of the drawn house
    lies in another parcel; the parcel that holds at least half of it; for a house that is not drawn,
    the only parcel of its village that the owner's namesake holds, if no house is linked to it yet.

    Args:
        houses: as `link.houses` gives them.
        parcels: list `parcel`.
        overlaps: as `overlap_pairs` gives them.

    Returns:
        CANDIDATES: left_id is a house, right_id a parcel.

    >>> from jiadi.register.tables import Delivery
    >>> code = "330802001001JC00001"
    >>> rows = pl.DataFrame({"id": ["h"], "unit_code": [code + "F00010001"]})
    >>> houses = keys.listed(Delivery({"house": rows}), "house")
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"], "parcel_code": [code]})}), "parcel")
    >>> of_houses(houses, parcels, overlap_pairs(None)).rows()
    [('h', 'p', 'linked', 1.0, 'unit_code')]
    """
    coded = _by_code(houses, parcels)
    by_code = _against_drawing(coded, overlaps)
    drawn = _by_drawing(overlaps.join(coded, on="left_id", how="anti"))
    sure = keys.stack([by_code, drawn])
    rest = houses.filter(pl.col("geometry").is_null()).join(coded, left_on="id", right_on="left_id", how="anti")
    return keys.stack([sure, _by_owner(rest, parcels, keys.only(sure, "linked"))])


def _by_code(houses: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """left_id, right_id, reason of houses that a code puts on a parcel."""
    index = keys.unique_code(parcels, "parcel_code").select("parcel_code", pl.col("id").alias("right_id"))
    coded = houses.select(pl.col("id").alias("left_id"), "parcel_code", unit.parcel_of_column(houses["unit_code"]).alias("unit_parcel"))
    by_unit = coded.join(index, left_on="unit_parcel", right_on="parcel_code").select(
        "left_id", "right_id", pl.lit("unit_code").alias("reason")
    )
    rest = coded.join(by_unit, on="left_id", how="anti")
    by_parcel = rest.join(index, on="parcel_code").select("left_id", "right_id", pl.lit("parcel_code").alias("reason"))
    return pl.concat([by_unit, by_parcel])


def _against_drawing(coded: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """A code that the drawing contradicts is a doubt between both parcels."""
    own = coded.join(overlaps.select("left_id", "right_id", "share"), on=["left_id", "right_id"], how="left")
    loose = own.filter(pl.col("share").fill_null(0.0) < HALF).select("left_id", pl.col("right_id").alias("own_id"))
    others = overlaps.filter(pl.col("share") >= HALF).join(loose, on="left_id").filter(pl.col("right_id") != pl.col("own_id"))
    named = others.select(
        "left_id", "right_id", pl.lit("doubtful").alias("state"), pl.col("share").alias("score"), pl.lit("overlap").alias("reason")
    )
    contradicted = pl.col("left_id").is_in(others["left_id"].unique().implode())
    return keys.stack(
        [
            coded.select(
                "left_id",
                "right_id",
                pl.when(contradicted).then(pl.lit("doubtful")).otherwise(pl.lit("linked")).alias("state"),
                pl.when(contradicted).then(0.5).otherwise(1.0).alias("score"),
                "reason",
            ),
            named,
        ]
    )


def _by_drawing(overlaps: pl.DataFrame) -> pl.DataFrame:
    """The parcel with the largest share, if that is half of the house and no other holds as much."""
    largest = pl.col("share").max().over("left_id")
    tied = pl.col("share") >= largest - TIE
    count = tied.sum().over("left_id")
    enough = largest >= HALF
    # Below a half every parcel touched is a candidate; from a half on only the largest is.
    kept = overlaps.with_columns(tied.alias("tied"), count.alias("count"), enough.alias("enough")).filter(
        pl.col("tied") | ~pl.col("enough")
    )
    sure = pl.col("enough") & (pl.col("count") == 1)
    return kept.select(
        "left_id",
        "right_id",
        pl.when(sure).then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
        pl.col("share").alias("score"),
        pl.lit("overlap").alias("reason"),
    )


def _by_owner(rest: pl.DataFrame, parcels: pl.DataFrame, sure: pl.DataFrame) -> pl.DataFrame:
    village = pl.coalesce("village_code", keys.code_village("survey_code", keys.SURVEY_CODE))
    owners = rest.select(pl.col("id").alias("left_id"), keys.name_key("owner_name").alias("name"), village.alias("village")).drop_nulls()
    held = _held(parcels)
    alone = held.filter(pl.struct("name", "village").is_unique()).join(sure.select("right_id").unique(), on="right_id", how="anti")
    return keys.grade(owners.join(alone, on=["name", "village"]), 0.7, "holder_name", "several_namesakes")


def _held(parcels: pl.DataFrame) -> pl.DataFrame:
    """right_id, name, village of parcels whose holder and village are known."""
    return parcels.select(
        pl.col("id").alias("right_id"), keys.name_key("holder_name").alias("name"), pl.col("village_code").alias("village")
    ).drop_nulls()


def of_rights(rights: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """The parcel that each row of the homestead ledger is about (台账对应宗地).

    By parcel code; a ledger row without usable code by holder's name and village, among parcels
    that have no code or that no ledger row claims, if there is one parcel and one such row.

    Args:
        rights: list `right`.
        parcels: list `parcel`.

    Returns:
        CANDIDATES: left_id is a ledger row, right_id a parcel.

    >>> from jiadi.register.tables import Delivery
    >>> row = {"parcel_code": ["330802001001JC00001"]}
    >>> rights = keys.listed(Delivery({"right": pl.DataFrame({"id": ["r"], **row})}), "right")
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"], **row})}), "parcel")
    >>> of_rights(rights, parcels).rows()
    [('r', 'p', 'linked', 1.0, 'parcel_code')]
    """
    index = keys.unique_code(parcels, "parcel_code").select("parcel_code", pl.col("id").alias("right_id"))
    usable = keys.unique_code(rights, "parcel_code").select(pl.col("id").alias("left_id"), "parcel_code")
    by_code = usable.join(index, on="parcel_code").select(
        "left_id", "right_id", pl.lit("linked").alias("state"), pl.lit(1.0).alias("score"), pl.lit("parcel_code").alias("reason")
    )
    rest = rights.join(usable, left_on="id", right_on="left_id", how="anti")
    holders = rest.select(
        pl.col("id").alias("left_id"), keys.name_key("holder_name").alias("name"), pl.col("village_code").alias("village")
    ).drop_nulls()
    free = keys.without_crowds(_held(parcels).join(by_code, on="right_id", how="anti"))
    rivals = pl.len().over("name", "village")
    pairs = holders.with_columns(rivals.alias("rivals")).join(free, on=["name", "village"])
    named = keys.grade(pairs, 0.7, "holder_name", "several_namesakes")
    contested = pl.col("left_id").is_in(pairs.filter(pl.col("rivals") > 1)["left_id"].unique().implode())
    return keys.stack(
        [
            by_code,
            named.with_columns(
                pl.when(contested).then(pl.lit("doubtful")).otherwise("state").alias("state"),
                pl.when(contested).then(pl.lit("several_namesakes")).otherwise("reason").alias("reason"),
            ),
        ]
    )
