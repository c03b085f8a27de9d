"""A layer's geometry as the register holds it (图形入库前的整理): CGCS2000 longitude and latitude, valid."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import shapely

from jiadi.geo.axes import Mask, swap, swapped_axes
from jiadi.geo.crs import Crs, detect, to_4490
from jiadi.geo.files import Layer
from jiadi.geo.measure import shapes_of
from jiadi.geo.repair import repair


@dataclass(frozen=True, slots=True)
class Brought:
    """Geometry ready for the register (整理后的图形).

    Args:
        geometry: (rows,) WKB in EPSG:4490, longitude first, valid; null where there is none.
        crs: the system that the layer was in, with what was taken for granted in its `notes`.
        problems: problem code → (rows,) mask: `swapped_axes`, `empty_geometry`,
            `self_intersection`, `duplicate_points`.
    """

    geometry: pl.Series
    crs: Crs
    problems: dict[str, Mask]


def bring(layer: Layer, crs_text: str = "") -> Brought:
    """Bring a layer to CGCS2000 longitude and latitude, mended (转换并修复图层).

    Args:
        layer: a layer with geometry.
        crs_text: what a manifest or profile says of its system; it is believed where the file
            says nothing.

    Returns:
        The geometry row by row, and what was found of each row.

    Raises:
        ReadRefusal: `crs_unknown`, `crs_datum`.
        ValueError: the layer has no geometry.
    """
    if layer.geometry is None:
        raise ValueError(f"layer {layer.name!r} has no geometry")
    silent = not layer.crs_text or layer.crs_assumed
    crs = detect(crs_text or layer.crs_text if silent else layer.crs_text, layer.body, assumed=layer.crs_assumed and not crs_text)
    shapes = shapes_of(layer.geometry)
    turned = swapped_axes(shapes)
    mended = repair(to_4490(swap(shapes, turned), crs))
    wkb = pl.Series("geometry", shapely.to_wkb(mended.shapes, byte_order=1).tolist(), dtype=pl.Binary)
    return Brought(wkb, crs, {"swapped_axes": turned, **mended.problems})
