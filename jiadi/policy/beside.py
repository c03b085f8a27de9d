"""Zones beside houses, as rows that rules look at one by one (房屋与管控区的关系)."""

from __future__ import annotations

import polars as pl

_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "house_id": pl.String(),
    "zone_kind": pl.String(),
    "zone_class": pl.String(),
    "overlap_m2": pl.Float64(),
    "distance_m": pl.Float64(),
    "designated_on": pl.Date(),
    "source_id": pl.Int32(),
    "source_row": pl.Int32(),
}


def rows(overlaps: pl.DataFrame | None, zones: pl.DataFrame | None) -> pl.DataFrame:
    """Zone rows for `Facts.from_frames` (管控区关系行): a house beside a zone.

    The overlap of a row is that of the house with its zone and all that were designated before it, each
    place counted once: a house built after that day stood on all of them. A zone whose day is not known
    may be older than the others: its row has the overlap with all of the layer.

    Args:
        overlaps: as `geo.overlay.zone_overlaps` gives them; None where there is no zone.
        zones: list `zone`, for where each row comes from.

    Returns:
        One row a pair: id (of the zone), house_id, zone_kind, zone_class, overlap_m2, distance_m,
        designated_on, source_id, source_row. Roads have a distance, other kinds an overlap.

    >>> rows(None, None).height
    0
    """
    if overlaps is None or overlaps.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    road = pl.col("zone_kind") == "road"
    held = overlaps.select(
        pl.col("zone_id").alias("id"),
        "house_id",
        pl.col("zone_kind", "zone_class").cast(pl.String),
        pl.when(~road).then(pl.coalesce("dissolved_by_then_m2", "dissolved_overlap_m2")).alias("overlap_m2"),
        pl.when(road).then("distance_m").alias("distance_m"),
        "designated_on",
    )
    origin = pl.DataFrame(schema={"id": pl.String, "source_id": pl.Int32, "source_row": pl.Int32})
    if zones is not None:
        origin = zones.select("id", "source_id", "source_row").unique("id", keep="any")
    return held.join(origin, on="id", how="left").select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
