"""What linking brings to light about the files (关联中发现的问题). Columns are named as in the schema."""

from __future__ import annotations

import polars as pl

from jiadi.geo import overlay
from jiadi.register.tables import PROBLEMS, Delivery
from jiadi.survey import threshold
from jiadi.survey.link import keys
from jiadi.survey.threshold import Thresholds


def remarks(delivery: Delivery, houses: pl.DataFrame, house_parcel: pl.DataFrame, overlaps: pl.DataFrame | None) -> pl.DataFrame:
    """Remarks of linking, each a note (关联问题).

    Args:
        delivery: as checked; its sources say which file and sheet a row came from.
        houses: as `link.houses` gives them.
        house_parcel: CANDIDATES of the houses.
        overlaps: house_id, parcel_id, share, overlap_m2, outside_m2; None where nothing was drawn.

    Returns:
        Frame of PROBLEMS: `house_outside_parcels`, `house_on_several_parcels`, `house_crosses_parcel`; `column`
        is the schema's name of the column.

    >>> remarks(Delivery(), keys.listed(Delivery(), "house"), keys.no_pairs(), None).height
    0
    """
    if overlaps is None or not _drawn(keys.listed(delivery, "parcel")):
        return pl.DataFrame(schema=PROBLEMS)
    found = _places(delivery, houses, house_parcel, overlaps)
    placed = pl.concat(found).join(_files(delivery), on="source_id", how="left")
    return (
        placed.select(
            pl.col("file").fill_null(""),
            pl.col("sheet").fill_null(""),
            pl.col("source_row").fill_null(0).alias("row"),
            "column",
            "code",
            pl.lit("note").alias("level"),
            "value",
            "detail",
        )
        .select(pl.col(name).cast(kind) for name, kind in PROBLEMS.items())
        .sort("file", "sheet", "row", "column", "code", "value", "detail")
    )


def _drawn(parcels: pl.DataFrame) -> bool:
    return bool(parcels["geometry"].is_not_null().any())


def _files(delivery: Delivery) -> pl.DataFrame:
    sources = delivery.sources
    if sources.is_empty():
        return pl.DataFrame(schema={"source_id": pl.Int32(), "file": pl.String(), "sheet": pl.String()})
    return sources.select(pl.col("source_id").cast(pl.Int32), "file", "sheet")


def _note(frame: pl.DataFrame, code: str, column: str, value: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "source_id",
        "source_row",
        pl.lit(column).alias("column"),
        pl.lit(code).alias("code"),
        value.cast(pl.String).alias("value"),
        detail.cast(pl.String).alias("detail"),
    )


def _places(delivery: Delivery, houses: pl.DataFrame, house_parcel: pl.DataFrame, overlaps: pl.DataFrame) -> list[pl.DataFrame]:
    """Drawn houses that lie in no parcel, on several, and those that reach beyond the one they belong to."""
    limits = threshold.of(delivery)
    # A house that was joined from two files is drawn in the second: the remark belongs there.
    outline = keys.listed(delivery, "footprint").select(
        pl.col("id").alias("footprint_id"), pl.col("source_id").alias("drawn_source"), pl.col("source_row").alias("drawn_row")
    )
    drawn = (
        houses.filter(pl.col("geometry").is_not_null())
        .join(outline, on="footprint_id", how="left")
        .select(
            "id", pl.coalesce("drawn_source", "source_id").alias("source_id"), pl.coalesce("drawn_row", "source_row").alias("source_row")
        )
    )
    touching = overlaps.filter(pl.col("share") > 0).select(
        pl.col("house_id").alias("id"), pl.col("parcel_id").alias("right_id"), "share", "outside_m2"
    )
    outside = _nearest(drawn.join(touching, on="id", how="anti"), houses, keys.listed(delivery, "parcel"))
    largest = touching.sort("id", "share", "right_id", descending=[False, True, False]).unique("id", keep="first", maintain_order=True)
    linked = keys.only(house_parcel, "linked").select(pl.col("left_id").alias("id"), "right_id")
    # Without a link the parcel that holds most of it is the one it reaches out of.
    own = pl.concat([linked, largest.join(linked, on="id", how="anti").select("id", "right_id")])
    apart = own.join(touching.select("id").unique(), on="id").join(touching, on=["id", "right_id"], how="left")
    beyond = drawn.join(apart.filter(pl.col("outside_m2").is_null() | (pl.col("outside_m2") > limits.house_crosses_m2)), on="id")
    return [
        _note(_several(drawn, overlaps, limits), "house_on_several_parcels", "geometry", pl.col("least"), pl.col("listed")),
        _note(outside, "house_outside_parcels", "geometry", _metres("area_m2"), _metres("area_m2") + " m²" + pl.col("nearest")),
        _note(beyond, "house_crosses_parcel", "geometry", _metres("outside_m2"), _metres("outside_m2") + " m²"),
    ]


def _several(drawn: pl.DataFrame, overlaps: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Houses on two parcels or more, by more than drawings differ: each parcel with its share, and the lesser area as words."""
    on = overlaps.filter(pl.col("overlap_m2") > limits.house_crosses_m2).sort(
        "house_id", "overlap_m2", "parcel_id", descending=[False, True, False]
    )
    words = pl.concat_str("parcel_id", pl.lit(" "), (pl.col("share") * 100).round(1), pl.lit("%"))
    grouped = on.group_by("house_id", maintain_order=True).agg(
        words.str.join("、").alias("listed"),
        pl.len().alias("parcels"),
        pl.col("overlap_m2").get(1, null_on_oob=True).round(2).alias("least"),
    )
    return drawn.join(grouped.filter(pl.col("parcels") > 1), left_on="id", right_on="house_id")


def _nearest(outside: pl.DataFrame, houses: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Houses in no parcel with their area and the nearest parcel, as words."""
    shapes = houses.join(outside, on="id", how="semi").select("id", "geometry")
    drawn = parcels.filter(pl.col("geometry").is_not_null()).select("id", "geometry")
    if outside.is_empty():
        return outside.with_columns(area_m2=pl.lit(None, pl.Float64), nearest=pl.lit(""))
    found = overlay.outside_parcels(shapes["geometry"], shapes["id"], drawn["geometry"], drawn["id"])
    words = pl.concat_str(pl.lit("; "), "parcel_id", pl.lit(": "), _metres("distance_m"), pl.lit(" m"))
    return outside.join(found.select(pl.col("house_id").alias("id"), "area_m2", words.fill_null("").alias("nearest")), on="id", how="left")


def _metres(column: str) -> pl.Expr:
    """A figure to two places, as words; "" where it is not known."""
    return pl.col(column).round(2).cast(pl.String).fill_null("")
