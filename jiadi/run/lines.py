"""Houses and parcel lines (房屋与宗地界线): how many cross one, by how much, and how far the others are."""

from __future__ import annotations

import polars as pl

from jiadi.geo import overlay
from jiadi.register.tables import Delivery


def drawn(table: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a shape (有图形的行)."""
    return table.filter(pl.col("geometry").is_not_null())


def counts(overlaps: pl.DataFrame | None, houses: pl.DataFrame) -> dict[str, int] | None:
    """How houses lie to parcel lines (压界统计).

    Args:
        overlaps: pairs of house and parcel, all that overlap by more than 0.01 m²; None without parcels.
        houses: of the run.

    Returns:
        `drawn` houses, those that cross a line of their parcel by more than 0.1 and 0.01 m², and those in no
        parcel; None where no parcel was handed in, since nothing can be said then.
    """
    if overlaps is None:
        return None
    beyond = overlaps.filter("is_largest")["outside_m2"]
    shapes = drawn(houses).height
    return {
        "drawn": shapes,
        "cross_over_0_1_m2": int((beyond > 0.1).sum()),
        "cross_over_0_01_m2": int((beyond > 0.01).sum()),
        "in_no_parcel": shapes - overlaps["house_id"].n_unique(),
    }


def with_distance(problems: pl.DataFrame, delivery: Delivery, houses: pl.DataFrame) -> pl.DataFrame:
    """Say of houses in no parcel how large they are and how far the nearest parcel is (距最近宗地).

    Args:
        problems: frame of PROBLEMS as linking gives it.
        delivery: its parcels and sources.
        houses: of the run.

    Returns:
        The same rows in the same order; `detail` of `house_outside_parcels` is filled.
    """
    alone = pl.col("code") == "house_outside_parcels"
    if not problems.select(alone.any()).item():
        return problems
    parcels = drawn(delivery.tables["parcel"])
    asked = problems.filter(alone).select("file", "sheet", "row").unique()
    shapes = (
        drawn(houses)
        .select("id", "geometry", "source_id", pl.col("source_row").alias("row"))
        .join(delivery.sources.select("source_id", "file", "sheet"), on="source_id")
        .join(asked, on=["file", "sheet", "row"], how="semi")  # of a million houses a few thousand stand alone
    )
    apart = overlay.outside_parcels(shapes["geometry"], shapes["id"], parcels["geometry"], parcels["id"])
    places = shapes.select("id", "row", "file", "sheet")
    far = apart.join(places, left_on="house_id", right_on="id").select(
        "file",
        "sheet",
        "row",
        pl.format("{} m²; {} m → {}", pl.col("area_m2").round(2), pl.col("distance_m").round(2), "parcel_id").alias("far"),
    )
    told = problems.join(far, on=["file", "sheet", "row"], how="left", maintain_order="left")
    detail = pl.when(alone).then(pl.coalesce("far", "detail")).otherwise("detail").alias("detail")
    return told.with_columns(detail).drop("far")
