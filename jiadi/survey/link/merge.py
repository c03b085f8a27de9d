"""Survey rows and footprints made into houses (农房调查与房屋轮廓合为房屋)."""

from __future__ import annotations

import polars as pl

from jiadi.codes import unit
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, frame_schema, lean
from jiadi.survey.link import keys

OWN = ("division_code", "footprint_id", "stated_only")


def houses(delivery: Delivery, decided: pl.DataFrame | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join survey rows with footprints of the same survey number (房屋成表).

    A number that occurs twice on either side joins nothing. A survey row without footprint and a
    footprint without survey row are houses as well.

    Args:
        delivery: checked lists `house` and `footprint`; either may be missing.
        decided: left_id, right_id of survey rows and footprints that a person said to be the same.

    Returns:
        The houses, sorted by id (columns of `register.tables.Linked.houses`), and the pairs
        house_footprint, frame of PAIRS.

    >>> houses(Delivery())[0].height
    0
    """
    survey, drawn = keys.listed(delivery, "house"), keys.listed(delivery, "footprint")
    joined = (
        keys.unique_code(survey, "survey_code")
        .select("survey_code", pl.col("id").alias("left_id"))
        .join(keys.unique_code(drawn, "survey_code").select("survey_code", pl.col("id").alias("right_id")), on="survey_code")
        .select("left_id", "right_id", pl.lit("survey_code").alias("reason"))
    )
    if decided is not None:
        joined = _with_decided(joined, decided, survey, drawn)
    outline = drawn.select(
        pl.col("id").alias("right_id"), pl.col("geometry").alias("drawn_geometry"), pl.col("feature_code").alias("drawn_feature_code")
    )
    surveyed = (
        survey.join(joined.select("left_id", "right_id"), left_on="id", right_on="left_id", how="left")
        .join(outline, on="right_id", how="left")
        .with_columns(
            pl.coalesce("geometry", "drawn_geometry").alias("geometry"),
            pl.coalesce("feature_code", "drawn_feature_code").alias("feature_code"),
            pl.col("right_id").alias("footprint_id"),
        )
    )
    alone = _drawn_only(drawn, joined, survey)
    columns = [*frame_schema(TABLES["house"]), "footprint_id"]
    merged = pl.concat([surveyed.select(columns), alone.select(columns)])
    table = merged.with_columns(_division(merged), pl.col("geometry").is_null().alias("stated_only"))
    pairs = joined.with_columns(pl.lit("linked").alias("state"), pl.lit(1.0).alias("score"))
    return lean(table.select(*frame_schema(TABLES["house"]), *OWN).sort("id")), keys.of_kind("house_footprint", pairs)


def _with_decided(joined: pl.DataFrame, decided: pl.DataFrame, survey: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """What a person said to be one goes before what numbers say."""
    known = decided.join(survey, left_on="left_id", right_on="id", how="semi").join(drawn, left_on="right_id", right_on="id", how="semi")
    rest = joined.join(known, on="left_id", how="anti").join(known, on="right_id", how="anti")
    return pl.concat([rest, known.select("left_id", "right_id", pl.lit("decided").alias("reason"))])


def _drawn_only(drawn: pl.DataFrame, joined: pl.DataFrame, survey: pl.DataFrame) -> pl.DataFrame:
    """Footprints that no survey row took, with the columns of a house."""
    rest = drawn.join(joined, left_on="id", right_on="right_id", how="anti")
    blank = [pl.lit(None, dtype=kind).alias(name) for name, kind in frame_schema(TABLES["house"]).items() if name not in rest.columns]
    # Two lists may number their rows alike; a house must still be told from a footprint.
    taken = pl.col("id").is_in(survey["id"].implode())
    return rest.with_columns(
        *blank,
        pl.col("id").alias("footprint_id"),
        pl.when(taken).then(pl.col("id") + "/footprint").otherwise(pl.col("id")).alias("id"),
    )


def _division(table: pl.DataFrame) -> pl.Series:
    """Division of each house: its village, else that of its survey number, else the county of its codes."""
    county = table.select(pl.coalesce(pl.Series(unit.parcel_of_column(table["unit_code"])), "parcel_code").str.slice(0, 6)).to_series()
    sources = (
        keys.known_division(table["village_code"]),
        keys.known_division(table.select(keys.code_village("survey_code", keys.SURVEY_CODE)).to_series()),
        keys.known_division(county),
    )
    return pl.select(pl.coalesce(list(sources))).to_series().alias("division_code")
