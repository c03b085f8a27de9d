"""Links that follow from other links (由关联推出的关联): a parcel's household, an approval's parcel, a house's household."""

from __future__ import annotations

import polars as pl

from jiadi.survey.link import keys
from jiadi.survey.link.people import Register, to_household


def parcel_household(parcels: pl.DataFrame, right_parcel: pl.DataFrame, right_household: pl.DataFrame, people: Register) -> pl.DataFrame:
    """The household that holds each parcel (宗地所属户).

    Through its row of the homestead ledger; a parcel without one by its holder's name among the
    living heads of its village. A parcel whose ledger row names an outsider gets no pair.

    Args:
        parcels: list `parcel`.
        right_parcel, right_household: CANDIDATES of the ledger rows.
        people: the register.

    Returns:
        CANDIDATES: left_id is a parcel, right_id a household.

    >>> from datetime import date
    >>> from jiadi.register.tables import Delivery
    >>> from jiadi.survey.link.people import register
    >>> people = register(keys.listed(Delivery(), "person"), date(2025, 6, 30))
    >>> parcels = keys.listed(Delivery({"parcel": pl.DataFrame({"id": ["p"]})}), "parcel")
    >>> sure = {"state": ["linked"], "score": [1.0], "reason": ["id"]}
    >>> right_parcel = pl.DataFrame({"left_id": ["r"], "right_id": ["p"], **sure})
    >>> parcel_household(parcels, right_parcel, pl.DataFrame({"left_id": ["r"], "right_id": ["A"], **sure}), people).rows()
    [('p', 'A', 'linked', 1.0, 'right')]
    """
    through = chain(
        right_parcel.select(pl.col("right_id").alias("left_id"), pl.col("left_id").alias("right_id"), "state", "score"), right_household
    )
    holders = parcels.join(right_parcel, left_on="id", right_on="right_id", how="anti").select(
        "id",
        keys.name_key("holder_name").alias("name"),
        pl.col("village_code").alias("village"),
        pl.lit(None, dtype=pl.String).alias("number"),
        pl.lit(None, dtype=pl.String).alias("hint"),
    )
    named = to_household(holders, people).with_columns((pl.col("score") * 0.7 / 0.8).round(4).alias("score"))
    return keys.stack([_settle(through), named])


def chain(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Pairs a–b and b–c as a–c (关联相接): as doubtful as the more doubtful, scored as the weaker.

    >>> step = pl.DataFrame({"left_id": ["a"], "right_id": ["b"], "state": ["linked"], "score": [1.0]})
    >>> chain(step, step.with_columns(left_id=pl.lit("b"), right_id=pl.lit("c"))).rows()
    [('a', 'c', 'linked', 1.0)]
    """
    both = (pl.col("state") == "linked") & (pl.col("state_second") == "linked")
    return first.join(second, left_on="right_id", right_on="left_id", suffix="_second").select(
        "left_id",
        pl.col("right_id_second").alias("right_id"),
        pl.when(both).then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
        pl.min_horizontal("score", "score_second").alias("score"),
    )


def _settle(pairs: pl.DataFrame) -> pl.DataFrame:
    """One household that is sure is a link; anything else is a doubt."""
    distinct = pairs.group_by("left_id", "right_id").agg((pl.col("state") == "linked").any().alias("sure"), pl.col("score").max())
    sure = pl.col("sure") & (pl.len().over("left_id") == 1)
    return distinct.select(
        "left_id",
        "right_id",
        pl.when(sure).then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
        "score",
        pl.lit("right").alias("reason"),
    )


def house_footprint(houses: pl.DataFrame, house_parcel: pl.DataFrame) -> pl.DataFrame:
    """Survey rows that may be about a footprint without number (待认领的轮廓).

    Where one parcel has one house that is not drawn and one footprint without number, they may be
    one house; that is for a person to say, so they stay two.

    Args:
        houses: as `link.houses` gives them.
        house_parcel: CANDIDATES of the houses.

    Returns:
        CANDIDATES, all doubtful: left_id is a house, right_id a footprint.

    >>> houses = pl.DataFrame(
    ...     {"id": ["b", "s"], "survey_code": [None, "s"], "footprint_id": ["b", None], "stated_only": [False, True]}
    ... )
    >>> on_parcel = pl.DataFrame({"left_id": ["b", "s"], "right_id": ["p", "p"], "state": ["linked", "linked"]})
    >>> house_footprint(houses, on_parcel).rows()
    [('s', 'b', 'doubtful', 0.5, 'unique_in_parcel')]
    """
    on_parcel = keys.only(house_parcel, "linked").select(pl.col("left_id").alias("id"), pl.col("right_id").alias("parcel_id"))
    placed = houses.select("id", "survey_code", "footprint_id", "stated_only").join(on_parcel, on="id")
    undrawn = _only_on_parcel(placed.filter(pl.col("footprint_id").is_null() & pl.col("stated_only")))
    nameless = _only_on_parcel(placed.filter(pl.col("footprint_id").is_not_null() & pl.col("survey_code").is_null()))
    pairs = undrawn.select("parcel_id", pl.col("id").alias("left_id")).join(
        nameless.select("parcel_id", pl.col("footprint_id").alias("right_id")), on="parcel_id"
    )
    return keys.stack(
        [pairs.with_columns(pl.lit("doubtful").alias("state"), pl.lit(0.5).alias("score"), pl.lit("unique_in_parcel").alias("reason"))]
    )


def _only_on_parcel(placed: pl.DataFrame) -> pl.DataFrame:
    return placed.filter(pl.col("parcel_id").is_unique())
