"""A newer delivery of the same county: some rows gone, some changed, some new."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from jiadi.register.tables import Delivery, Linked
from jiadi.run import pipeline
from jiadi.survey import link


def linked(delivery: Delivery, on: date) -> Linked:
    """Linked as the pipeline does, without decisions of persons."""
    houses, pairs = link.houses(delivery)
    return link.link(delivery, houses, pairs, pipeline.parcel_overlaps(houses, delivery.tables.get("parcel")), on)


def newer(delivery: Delivery) -> Delivery:
    """Three houses less, ten with a storey more, one person gone, one approval gone, one parcel renamed, one member new."""
    held = dict(delivery.tables)
    gone = held["house"]["id"].sort()[:3]
    raised = held["house"]["id"].sort()[10:20]
    codes = held["house"].filter(pl.col("id").is_in(gone.implode()))["survey_code"]
    held["house"] = held["house"].filter(~pl.col("id").is_in(gone.implode()))
    more = pl.when(pl.col("id").is_in(raised.implode())).then(pl.col("storeys").fill_null(0) + 1).otherwise("storeys").alias("storeys")
    held["house"] = held["house"].with_columns(more)
    held["footprint"] = held["footprint"].filter(~pl.col("survey_code").is_in(codes.implode()).fill_null(False))
    held["person"] = held["person"].filter(pl.col("id") != held["person"]["id"].sort()[-1])
    held["approval"] = held["approval"].filter(pl.col("id") != held["approval"]["id"].sort()[-1])
    first = held["parcel"]["id"].sort()[0]
    held["parcel"] = held["parcel"].with_columns(
        pl.when(pl.col("id") == first).then(pl.lit("村东")).otherwise("location").alias("location")
    )
    added = held["member"][:1].with_columns(
        pl.lit("~new").alias("id"), pl.lit("新社员").alias("name"), pl.lit(None, dtype=pl.String).alias("id_number")
    )
    held["member"] = pl.concat([held["member"], added])
    return replace(delivery, tables=held, extra={})
