"""Shapes of a list (图形): brought to one system, repaired, measured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely

from jiadi.errors import Refusal
from jiadi.geo import crs, form
from jiadi.geo.axes import Mask, Shapes, body_bounds, swap, swapped_axes
from jiadi.geo.gcj02 import Shift, looks_gcj02
from jiadi.geo.measure import areas
from jiadi.geo.overlay import parcel_overlaps
from jiadi.geo.piece import pieces, piecewise
from jiadi.geo.repair import repair
from jiadi.register.tables import PROBLEMS
from jiadi.survey.check import outline
from jiadi.survey.check.gather import Gathered
from jiadi.survey.check.number import to_hundredths
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.read.raw import RawSheet
from jiadi.survey.threshold import Thresholds

GEOMETRY = "geometry"
_LEAST_HOUSES = 3
"""One layer of several is told from so many houses on; by fewer it may be chance."""


@dataclass(slots=True)
class Systems:
    """What became of the layers' coordinates (坐标系处理).

    Args:
        known: by (file, layer).
        shapes: by (file, layer), in EPSG:4490, row by row; not parsed twice.
        flattened: layers whose shapes had heights or measures.
        swapped: by (file, layer), features whose axes stood the other way round.
        refused: layers whose system is not known, and the question to the user.
    """

    known: dict[tuple[str, str], crs.Crs] = field(default_factory=dict)
    shapes: dict[tuple[str, str], Shapes] = field(default_factory=dict)
    flattened: list[RawSheet] = field(default_factory=list)
    swapped: dict[tuple[str, str], Mask] = field(default_factory=dict)
    refused: list[tuple[RawSheet, Refusal]] = field(default_factory=list)


def bring(sheet: RawSheet, systems: Systems) -> bool:
    """Bring the shapes of a layer to EPSG:4490 (统一坐标系).

    Args:
        sheet: a layer; it is left as it is.
        systems: told what was found, and given the shapes.

    Returns:
        False where the layer's system is not known.
    """
    shapes: Shapes = piecewise(lambda own: shapely.from_wkb(np.array(own.to_list(), dtype=object)), sheet.frame.get_column(GEOMETRY))
    if sheet.heights:
        systems.flattened.append(sheet)
    key = (sheet.file, sheet.sheet)
    turned = np.zeros(len(shapes), dtype=np.bool_)
    if not shapely.is_missing(shapes).all():
        try:
            found = crs.detect(sheet.crs_text, body_bounds(shapes), sheet.crs_assumed)
        except Refusal as refusal:
            systems.refused.append((sheet, refusal))
            return False
        turned = swapped_axes(shapes)
        shapes = piecewise(lambda own: crs.to_4490(own, found), swap(shapes, turned))
        systems.known[key] = found
    systems.shapes[key], systems.swapped[key] = shapes, turned
    return True


@dataclass(frozen=True, slots=True)
class Drawn:
    """The shapes of all sheets of a list, row by row (一张表的图形).

    Args:
        shapes: (n,) in EPSG:4490, null where missing.
        swapped: (n,) features whose axes stood the other way round.
        asked: (n,) rows of sheets that carry shapes; the others need none.
    """

    shapes: Shapes
    swapped: Mask
    asked: Mask


def of_list(gathered: Gathered, systems: Systems) -> Drawn | None:
    """Take the shapes of a list (取出一张表的图形): they are handed over, not kept; None where no sheet has any."""
    keys = [(sheet.file, sheet.sheet) for sheet in gathered.sheets]
    asked = [key in systems.shapes for key in keys]
    if not any(asked):
        return None
    sizes = [len(sheet.frame) for sheet in gathered.sheets]
    shapes = [systems.shapes.pop(key, np.full(size, None, dtype=object)) for key, size in zip(keys, sizes, strict=True)]
    swapped = [systems.swapped.pop(key, np.zeros(size, dtype=np.bool_)) for key, size in zip(keys, sizes, strict=True)]
    return Drawn(np.concatenate(shapes), np.concatenate(swapped), np.repeat(asked, sizes))


def drop_shifted(sheets: list[RawSheet], systems: Systems) -> pl.DataFrame:
    """Layers that are shifted as web maps are (GCJ-02 偏移图层): told, and their shapes not used.

    Every overlay of such a layer would be wrong, by hundreds of metres.

    Args:
        sheets: all that were read.
        systems: the shapes of shifted layers are taken out of it.

    Returns:
        Frame of PROBLEMS.
    """
    drawn = [sheet for sheet in sheets if (sheet.file, sheet.sheet) in systems.shapes]
    groups = {"houses": [s for s in drawn if s.table in ("house", "footprint")], "parcels": [s for s in drawn if s.table == "parcel"]}
    if not all(groups.values()):
        return pl.DataFrame(schema=PROBLEMS)
    rows = []
    for sheet, found in _shifted(groups, systems):
        del systems.shapes[(sheet.file, sheet.sheet)]
        detail = f"{found.share_as_is:.0%} → {found.share_shifted:.0%}"
        rows.append((sheet.file, sheet.sheet, 0, GEOMETRY, "gcj02_suspected", "unknown", "", detail))
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _shifted(groups: dict[str, list[RawSheet]], systems: Systems) -> list[tuple[RawSheet, Shift]]:
    """Layers in GCJ-02: all that hold houses or all that hold parcels, or one of several, which a sound one beside it must not hide."""
    layers = {name: [systems.shapes[(s.file, s.sheet)] for s in group] for name, group in groups.items()}
    houses, parcels = (np.concatenate(layers[name]) for name in ("houses", "parcels"))
    whole = looks_gcj02(houses, parcels)
    if whole.shifted:
        return [(sheet, whole) for sheet in groups[whole.shifted]]
    found = []
    if len(groups["houses"]) > 1:
        each = [(sheet, looks_gcj02(shapes, parcels)) for sheet, shapes in zip(groups["houses"], layers["houses"], strict=True)]
        found += [(sheet, one) for sheet, one in each if one.shifted == "houses" and one.looked_at >= _LEAST_HOUSES]
    return found


def wkb_of(shapes: Shapes) -> pl.Series:
    """Shapes as a column of WKB (图形列), null where missing.

    >>> wkb_of(np.array([None, shapely.Point(118, 29)])).is_null().to_list()
    [True, False]
    """
    # A list, since Polars takes an array that begins with null for one of objects.
    return pl.concat(pieces(lambda own: pl.Series(GEOMETRY, shapely.to_wkb(own, byte_order=1).tolist(), dtype=pl.Binary), shapes))


def check(drawn: Drawn, remarks: Remarks, limits: Thresholds, table: str) -> Shapes:
    """Check and repair the shapes of a list (图形检查).

    Args:
        drawn: as they were brought; its shapes are let go.
        remarks: told `empty_geometry`, `self_intersection`, `ring_order`, `duplicate_points`, `swapped_axes`,
            `coordinates_impossible`; of a repair the area before and after.
        limits: from where on something is told.
        table: name of the list.

    Returns:
        (n,) valid shapes, null where there is none.
    """
    lost = _lost(drawn.shapes, limits.widest_degrees)
    kept = drawn.shapes.copy()
    kept[lost] = None
    disordered = piecewise(form.disordered, kept)
    result = repair(kept)
    found = dict(result.problems)
    found["empty_geometry"] = (found["empty_geometry"] | outline.flat(table, result.shapes)) & ~lost
    result.shapes[found["empty_geometry"]] = None  # a point says where, and not how much: it would lie over nothing
    found["ring_order"] = found["self_intersection"] & disordered
    found["self_intersection"] = found["self_intersection"] & ~disordered
    for code in ("self_intersection", "ring_order"):
        told = found.pop(code) & drawn.asked
        remarks.add(np.flatnonzero(told), GEOMETRY, code, detail=outline.repaired(kept, result.shapes, told))
    del kept
    for code, mask in {**found, "swapped_axes": drawn.swapped & ~lost, "coordinates_impossible": lost}.items():
        remarks.add(np.flatnonzero(mask & drawn.asked), GEOMETRY, code)
    drawn.shapes[:] = None  # as they came they are not asked for again
    unmended = result.shapes.copy()
    unmended[result.problems["self_intersection"]] = None  # what a repair made of a shape is said already
    outline.forms(table, unmended, limits, remarks)
    return result.shapes


def _lost(shapes: Shapes, widest: float) -> Mask:
    """Features that lie on no place of the earth, or over more ground than a county has."""
    west, south, east, north = shapely.bounds(shapes).T
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    with np.errstate(invalid="ignore"):
        placed = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90) & (east - west <= widest) & (north - south <= widest)
    mask: Mask = there & ~placed
    return mask


def overlapping(shapes: Shapes, least_m2: float) -> tuple[Places, Places, pl.Series]:
    """Parcels that lie over each other (宗地重叠), by more than drawing can help.

    Args:
        shapes: (n,) valid, in EPSG:4490, null where missing.
        least_m2: overlaps up to this are not told.

    Returns:
        Row, row of the other and square metres of each overlap; every pair is there both ways.

    >>> boxes = shapely.box(np.array([118, 118.0001]), 29, np.array([118.0002, 118.0003]), 29.0001)
    >>> [part.tolist() for part in overlapping(boxes, 0.1)[:2]]
    [[0, 1], [1, 0]]
    """
    there = np.flatnonzero(~shapely.is_missing(shapes))
    found = parcel_overlaps(shapes[there], [f"{place:09d}" for place in there.tolist()])
    found = found.filter(pl.col("overlap_m2") > least_m2)
    one, other = (found.get_column(name).cast(pl.Int64).to_numpy().astype(np.intp) for name in ("parcel_id", "other_id"))
    area = to_hundredths(found.get_column("overlap_m2"))
    return np.concatenate([one, other]), np.concatenate([other, one]), pl.concat([area, area])


def compare_areas(
    stated: pl.Series, shapes: Shapes, shown: pl.Series, remarks: Remarks, limits: Thresholds, at: Places | None = None
) -> pl.DataFrame:
    """Stated against measured areas (登记面积与图形面积): ranked, never refused.

    Args:
        stated: (n,) m², null where blank or not taken.
        shapes: (n,) valid, in EPSG:4490; their geodesic areas are measured.
        shown: (n,) the stated area as it stands in the file.
        remarks: told `area_differs` where they differ by more of the stated one than `limits` allow.
        limits: from where on something is told.
        at: (n,) the row at which each stated area stands; None where all stand at their shapes.

    Returns:
        Rows that have both: place, stated_m2, measured_m2, difference_m2, difference (share of the stated one).

    >>> from jiadi.survey.threshold import shipped
    >>> stated = pl.Series([10797.0, 9000.0])
    >>> boxes = np.array([shapely.box(118, 29, 118.001, 29.001)] * 2)
    >>> compare_areas(stated, boxes, stated, Remarks(), shipped())["difference_m2"].to_list()
    [2.66, 1799.66]
    """
    area = to_hundredths(pl.Series(areas(shapes)))
    frame = pl.DataFrame({"place": np.arange(len(stated)), "stated_m2": stated, "measured_m2": area}).drop_nulls()
    frame = frame.with_columns((pl.col("measured_m2") - pl.col("stated_m2")).round(2).alias("difference_m2"))
    frame = frame.with_columns((pl.col("difference_m2") / pl.col("stated_m2")).alias("difference"))
    far = frame.filter(pl.col("difference").abs() > limits.area_differs_share)
    words = far.select(pl.format("{} m² / {}%", pl.col("measured_m2"), (pl.col("difference") * 100).round(1))).to_series()
    places = far.get_column("place").to_numpy()
    remarks.add(places if at is None else at[places], "stated_area_m2", "area_differs", shown.gather(places), detail=words)
    return frame
