"""Links to parcels (关联到宗地): by code, by overlap, by holder's name within the village."""

from __future__ import annotations

import polars as pl

from jiadi.codes import unit
from jiadi.survey.link import keys
from jiadi.survey.link.undrawn import held, of_undrawn

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


def of_houses(houses: pl.DataFrame, parcels: pl.DataFrame, overlaps: pl.DataFrame, ledger_codes: pl.DataFrame) -> pl.DataFrame:
    """The parcel on which each house stands (房屋所在宗地).

    In turn: the unit code's or the house's own parcel code, unless more than half of the drawn house
    lies in another parcel; the parcel that holds at least half of it; for a house that is not drawn,
    what `undrawn.of_undrawn` finds.

    Args:
        houses: as `link.houses` gives them.
        parcels: list `parcel`.
        overlaps: as `overlap_pairs` gives them.
        ledger_codes: as `codes_of_ledger` gives them.

    Returns:
        CANDIDATES: left_id is a house, right_id a parcel.

    >>> from jiadi.register.tables import Delivery
    >>> code = "330802001001JC00001"
    >>> rows = pl.DataFrame({"id": ["h"], "unit_code": [code + "F00010001"]})
    >>> houses = keys.listed(Delivery({"house": rows}), "house")
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"], "parcel_code": [code]})}), "parcel")
    >>> of_houses(houses, parcels, overlap_pairs(None), no_codes()).rows()
    [('h', 'p', 'linked', 1.0, 'unit_code')]
    """
    coded = _by_code(houses, parcels)
    by_code = _against_drawing(coded, overlaps)
    drawn = _by_drawing(overlaps.join(coded, on="left_id", how="anti"))
    sure = keys.stack([by_code, drawn])
    rest = houses.filter(pl.col("geometry").is_null()).join(coded, left_on="id", right_on="left_id", how="anti")
    return keys.stack([sure, of_undrawn(rest, houses, parcels, keys.only(sure, "linked"), ledger_codes)])


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


def of_rights(rights: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """The parcel that each row of the homestead ledger is about (台账对应宗地).

    By parcel code; else by holder's name and village, one row of the ledger and one parcel that no
    code has brought together with another. Where both have a code of their own, the codes differ,
    and a name does not make them one.

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
    holders = (
        rights.join(by_code, left_on="id", right_on="left_id", how="anti")
        .select(
            pl.col("id").alias("left_id"),
            keys.name_key("holder_name").alias("name"),
            pl.col("village_code").alias("village"),
            pl.col("id").is_in(usable["left_id"].implode()).alias("is_coded"),
        )
        .drop_nulls()
    )
    free = keys.without_crowds(held(parcels).join(by_code, on="right_id", how="anti"))
    own = free.with_columns(pl.col("right_id").is_in(index["right_id"].implode()).alias("has_code"))
    pairs = holders.join(own, on=["name", "village"]).filter(~(pl.col("is_coded") & pl.col("has_code")))
    return keys.stack([by_code, one_to_one(pairs, 0.7, "holder_name", "several_namesakes")])


def one_to_one(pairs: pl.DataFrame, score: float, reason: str, several: str) -> pl.DataFrame:
    """A pair whose left and right have no other partner is a link, any other a doubt (一对一才关联).

    Args:
        pairs: left_id, right_id; may repeat.
        score, reason, several: as for `keys.grade`.

    >>> pairs = pl.DataFrame({"left_id": ["a", "b", "c"], "right_id": ["x", "y", "y"]})
    >>> one_to_one(pairs, 0.7, "holder_name", "several").sort("left_id")["state"].to_list()
    ['linked', 'doubtful', 'doubtful']
    """
    graded = keys.grade(pairs, score, reason, several)
    contested = pl.len().over("right_id") > 1
    return graded.with_columns(
        pl.when(contested).then(pl.lit("doubtful")).otherwise("state").alias("state"),
        pl.when(contested).then(pl.lit(several)).otherwise("reason").alias("reason"),
    )


def no_codes() -> pl.DataFrame:
    """Codes of no parcel (空代码表).

    >>> no_codes().columns
    ['parcel_code', 'right_id']
    """
    return pl.DataFrame(schema={"parcel_code": pl.String(), "right_id": pl.String()})


def codes_of_ledger(rights: pl.DataFrame, parcels: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """Codes of parcels that have none in the drawing, but in the ledger row linked to them (台账补出的宗地代码).

    Args:
        rights: list `right`.
        parcels: list `parcel`.
        right_parcel: CANDIDATES of the ledger rows.

    Returns:
        parcel_code, right_id: no code and no parcel repeats.

    >>> from jiadi.register.tables import Delivery
    >>> code = "330802001001JC00001"
    >>> rights = keys.listed(Delivery({"right": pl.DataFrame({"id": ["r"], "parcel_code": [code]})}), "right")
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"]})}), "parcel")
    >>> pair = pl.DataFrame({"left_id": ["r"], "right_id": ["p"], "state": ["linked"]})
    >>> codes_of_ledger(rights, parcels, pair).rows()
    [('330802001001JC00001', 'p')]
    """
    own = keys.unique_code(parcels, "parcel_code")
    said = keys.unique_code(rights, "parcel_code").select(pl.col("id").alias("left_id"), "parcel_code")
    found = keys.only(right_parcel, "linked").join(said, on="left_id").join(own, left_on="right_id", right_on="id", how="anti")
    return found.filter(pl.col("right_id").is_unique()).select("parcel_code", "right_id")
