"""The parcel that each approval is for (审批对应宗地): by code, through the household, by the applicant's name."""

from __future__ import annotations

import polars as pl

from jiadi.survey.link import keys
from jiadi.survey.link.through import chain
from jiadi.survey.link.undrawn import held


def of_approvals(
    approvals: pl.DataFrame, rights: pl.DataFrame, parcels: pl.DataFrame, links: dict[str, pl.DataFrame], ledger_codes: pl.DataFrame
) -> pl.DataFrame:
    """The parcel that each approval is for (审批对应宗地).

    In turn: by parcel code, also one that only the ledger knows to be a parcel's; the only parcel of
    the applicant's household, or of several the only one whose ledger row has the approved area; for
    an applicant of no household, the only parcel of the village that a namesake holds who is not
    another person by ID. Where both codes stand there and differ, the approval may be for a parcel
    that is not in the list.

    Args:
        approvals: list `approval`.
        rights: list `right`.
        parcels: list `parcel`.
        links: CANDIDATES of approval_household, parcel_household and right_parcel.
        ledger_codes: parcel_code, right_id: codes of parcels that only the ledger knows.

    Returns:
        CANDIDATES: left_id is an approval, right_id a parcel.

    >>> from jiadi.register.tables import Delivery
    >>> rows = {"approval": pl.DataFrame({"id": ["a"]}), "parcel": pl.DataFrame({"id": ["p"]})}
    >>> approvals, rights, parcels = (keys.listed(Delivery(rows), name) for name in ("approval", "right", "parcel"))
    >>> sure = {"right_id": ["A"], "state": ["linked"], "score": [1.0]}
    >>> links = {"approval_household": pl.DataFrame({"left_id": ["a"], **sure}), "right_parcel": keys.no_pairs()}
    >>> links["parcel_household"] = pl.DataFrame({"left_id": ["p"], **sure})
    >>> codes = pl.DataFrame(schema={"parcel_code": pl.String(), "right_id": pl.String()})
    >>> of_approvals(approvals, rights, parcels, links, codes).rows()
    [('a', 'p', 'linked', 0.8, 'household')]
    """
    index = keys.unique_code(parcels, "parcel_code").select("parcel_code", pl.col("id").alias("right_id"))
    by_code = keys.stack([_by_code(approvals, index, 1.0, "parcel_code"), _by_code(approvals, ledger_codes, 0.7, "ledger_code")])
    known = pl.concat([index, ledger_codes.select(index.columns)]).select("right_id", pl.col("parcel_code").alias("stands"))
    said = approvals.select(pl.col("id").alias("left_id"), pl.col("parcel_code").alias("said"))
    rest = links["approval_household"].join(by_code, on="left_id", how="anti")
    candidates = _of_household(rest, links["parcel_household"])
    areas = _same_area(candidates, approvals, rights, links["right_parcel"])
    through = _through(_differing(candidates, said, known), areas)
    unhoused = approvals.join(by_code, left_on="id", right_on="left_id", how="anti").join(
        links["approval_household"], left_on="id", right_on="left_id", how="anti"
    )
    named = _differing(_by_name(unhoused, parcels), said, known).filter(~pl.col("differs"))
    named = _without_strangers(named, approvals, rights, links["right_parcel"])
    return keys.stack([by_code, through, keys.grade(named, 0.7, "holder_name", "several_namesakes")])


def _by_code(approvals: pl.DataFrame, index: pl.DataFrame, score: float, reason: str) -> pl.DataFrame:
    found = approvals.select(pl.col("id").alias("left_id"), "parcel_code").join(index, on="parcel_code")
    return keys.grade(found, score, reason, reason)


def _of_household(approval_household: pl.DataFrame, parcel_household: pl.DataFrame) -> pl.DataFrame:
    """left_id, right_id, state, score: the parcels of the applicants' households."""
    of_household = parcel_household.select(pl.col("right_id").alias("left_id"), pl.col("left_id").alias("right_id"), "state", "score")
    return chain(approval_household, of_household).sort("state", "score", descending=True).unique(["left_id", "right_id"], keep="first")


def _differing(pairs: pl.DataFrame, said: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs with `differs`: the approval names a code, the parcel has one, and they are not the same."""
    both = pairs.join(said, on="left_id", how="left").join(known, on="right_id", how="left")
    return both.with_columns((pl.col("said") != pl.col("stands")).fill_null(False).alias("differs"))


def _same_area(candidates: pl.DataFrame, approvals: pl.DataFrame, rights: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """left_id, right_id of candidates whose ledger row tells the area that was approved."""
    asked = approvals.select(pl.col("id").alias("left_id"), pl.col("approved_area_m2").round(2).alias("area"))
    ledger = rights.select(pl.col("id"), pl.col("approved_area_m2").round(2).alias("area"))
    of_parcel = keys.only(right_parcel, "linked").join(ledger, left_on="left_id", right_on="id").select("right_id", "area")
    pairs = candidates.join(asked.drop_nulls(), on="left_id").join(of_parcel.drop_nulls(), on=["right_id", "area"])
    return pairs.select("left_id", "right_id").unique()


def _through(candidates: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Pairs through the household: its only parcel, or of several the only one with the approved area."""
    marked = candidates.join(areas.with_columns(pl.lit(True).alias("fits")), on=["left_id", "right_id"], how="left")
    marked = marked.with_columns(pl.col("fits").fill_null(False))
    count, fitting = pl.len().over("left_id"), pl.col("fits").sum().over("left_id")
    every = (pl.col("state") == "linked").all().over("left_id")
    by_area = (count > 1) & every & (fitting == 1)
    marked = marked.with_columns(count.alias("count"), by_area.alias("by_area")).filter(~pl.col("by_area") | pl.col("fits"))
    sure = ((pl.col("count") == 1) | pl.col("by_area")) & (pl.col("state") == "linked") & ~pl.col("differs")
    return marked.select(
        "left_id",
        "right_id",
        pl.when(sure).then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
        pl.when("by_area").then(0.8).otherwise((pl.min_horizontal("score", 0.8) / pl.col("count")).round(4)).alias("score"),
        pl.when("differs")
        .then(pl.lit("code_differs"))
        .when("by_area")
        .then(pl.lit("approved_area"))
        .when(pl.col("count") > 1)
        .then(pl.lit("several_parcels"))
        .otherwise(pl.lit("household"))
        .alias("reason"),
    )


def _by_name(approvals: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    applicants = approvals.select(
        pl.col("id").alias("left_id"), keys.name_key("holder_name").alias("name"), pl.col("village_code").alias("village")
    ).drop_nulls()
    return applicants.join(keys.without_crowds(held(parcels)), on=["name", "village"]).select("left_id", "right_id")


def _without_strangers(named: pl.DataFrame, approvals: pl.DataFrame, rights: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose parcel's holder is not known by ID to be another person than the applicant."""
    applicant = approvals.select(pl.col("id").alias("left_id"), keys.number_key(approvals["holder_id"]).alias("applicant"))
    holder = rights.select(pl.col("id"), keys.number_key(rights["holder_id"]).alias("holder"))
    of_parcel = right_parcel.join(holder, left_on="left_id", right_on="id").select("right_id", "holder")
    both = named.join(applicant, on="left_id").join(of_parcel.drop_nulls(), on="right_id", how="left")
    stranger = (pl.col("applicant") != pl.col("holder")).fill_null(False)
    return both.filter(~stranger.all().over("left_id", "right_id")).select("left_id", "right_id").unique()
