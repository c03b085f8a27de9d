"""Shapes of a list (图形): brought to one system, repaired, measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from jiadi.errors import Refusal
from jiadi.geo import crs
from jiadi.geo.axes import Shapes, body_bounds, swap, swapped_axes
from jiadi.geo.measure import areas
from jiadi.geo.repair import repair
from jiadi.survey.check.gather import Gathered
from jiadi.survey.check.number import to_hundredths
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.read.raw import RawSheet

GEOMETRY = "geometry"
MOST_DIFFERENCE = 0.05
LARGE_DIFFERENCE = 0.10


@dataclass(slots=True)
class Systems:
    """What became of the layers' coordinates (坐标系处理).

    Args:
        known: by (file, layer).
        refused: layers whose system is not known, and the question to the user.
    """

    known: dict[tuple[str, str], crs.Crs] = field(default_factory=dict)
    refused: list[tuple[RawSheet, Refusal]] = field(default_factory=list)


def bring(sheet: RawSheet, systems: Systems) -> RawSheet | None:
    """Bring the shapes of a layer to EPSG:4490 (统一坐标系).

    Args:
        sheet: a layer; it is left as it is.
        systems: told what was found.

    Returns:
        The layer with `geometry` as WKB, longitude first, and `swapped`: features whose axes stood the
        other way round. None where its system is not known.
    """
    wkb = sheet.frame.get_column(GEOMETRY)
    shapes: Shapes = shapely.from_wkb(wkb.to_numpy(allow_copy=True).astype(object))
    if not len(shapes) or shapely.is_missing(shapes).all():
        return sheet
    try:
        found = crs.detect(sheet.crs_text, body_bounds(shapes), sheet.crs_assumed)
    except Refusal as refusal:
        systems.refused.append((sheet, refusal))
        return None
    systems.known[(sheet.file, sheet.sheet)] = found
    turned = swapped_axes(shapes)
    moved = crs.to_4490(swap(shapes, turned), found)
    return replace(sheet, frame=sheet.frame.with_columns(wkb_of(moved), pl.Series("swapped", turned)))


def wkb_of(shapes: Shapes) -> pl.Series:
    """Shapes as a column of WKB (图形列), null where missing."""
    return pl.Series(GEOMETRY, shapely.to_wkb(shapes, byte_order=1), dtype=pl.Binary)


def check(gathered: Gathered, swapped: pl.Series | None, remarks: Remarks) -> tuple[pl.Series, NDArray[np.float64]]:
    """Check and repair the shapes of a list (图形检查).

    Args:
        gathered: its `geometry` is in EPSG:4490.
        swapped: (n,) features whose axes were exchanged; None where none was looked at.
        remarks: told `empty_geometry`, `self_intersection`, `duplicate_points`, `swapped_axes`.

    Returns:
        (n,) WKB of valid shapes, null where there is none, and (n,) geodesic areas, m², NaN where
        there is none.
    """
    assert gathered.geometry is not None
    shapes: Shapes = shapely.from_wkb(gathered.geometry.to_numpy(allow_copy=True).astype(object))
    result = repair(shapes)
    for code, mask in result.problems.items():
        remarks.add(np.flatnonzero(mask), GEOMETRY, code)
    if swapped is not None:
        remarks.add(np.flatnonzero(swapped.fill_null(False).to_numpy()), GEOMETRY, "swapped_axes")
    return wkb_of(result.shapes), areas(result.shapes)


def compare_areas(stated: pl.Series, measured: NDArray[np.float64], shown: pl.Series, remarks: Remarks) -> pl.DataFrame:
    """Stated against measured areas (登记面积与图形面积): ranked, never refused.

    Args:
        stated: (n,) m², null where blank or not taken.
        measured: (n,) geodesic m², NaN without shape.
        shown: (n,) the stated area as it stands in the file.
        remarks: told `area_differs` where they differ by more than 5 % of the stated one.

    Returns:
        Rows that have both: place, stated_m2, measured_m2, difference_m2, difference (share of the stated one).
    """
    area = to_hundredths(pl.Series(measured))
    frame = pl.DataFrame({"place": np.arange(len(stated)), "stated_m2": stated, "measured_m2": area}).drop_nulls()
    frame = frame.with_columns((pl.col("measured_m2") - pl.col("stated_m2")).round(2).alias("difference_m2"))
    frame = frame.with_columns((pl.col("difference_m2") / pl.col("stated_m2")).alias("difference"))
    far = frame.filter(pl.col("difference").abs() > MOST_DIFFERENCE)
    words = far.select(pl.format("{} m² / {}%", pl.col("measured_m2"), (pl.col("difference") * 100).round(1))).to_series()
    remarks.add(far.get_column("place").to_numpy(), "stated_area_m2", "area_differs", shown.gather(far.get_column("place")), detail=words)
    return frame
