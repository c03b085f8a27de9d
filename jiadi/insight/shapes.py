"""Outlines of houses, parcels and zones for the map (图形编码)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from jiadi.geo.piece import piecewise

STEP = 1e-7
"""Coordinates are kept in steps of this many degrees: about 1 cm."""

_POLYGON = 3


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings of a column of shapes (轮廓).

    Args:
        rings: rings of each shape, int64; 0 for a missing or empty one.
        points: points of each ring, the closing one left out.
        x, y: longitude and latitude in `STEP`s, int32. Shells run one way, holes the other.
    """

    rings: NDArray[np.int64]
    points: NDArray[np.int64]
    x: NDArray[np.int32]
    y: NDArray[np.int32]


def read(wkb: pl.Series) -> NDArray[np.object_]:
    """Shapes of a column of WKB (解析图形); None where missing.

    >>> read(pl.Series([None, shapely.Point(1, 2).wkb]))[1].x
    1.0
    """
    shapes: NDArray[np.object_] = piecewise(lambda own: np.atleast_1d(shapely.from_wkb(np.array(own.to_list(), dtype=object))), wkb)
    return shapes


def outlines(shapes: NDArray[np.object_]) -> Outlines:
    """Rings of shapes, in their order (提取轮廓).

    Args:
        shapes: shapely shapes in EPSG:4490, longitude first; None is missing. What is not a polygon or
            made of polygons has no rings.

    >>> outlines(np.array([None, shapely.box(0, 0, 1, 1)], dtype=object)).rings
    array([0, 1])
    """
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    polygonal = shapely.get_type_id(parts) == _POLYGON
    parts, of_shape = shapely.orient_polygons(parts[polygonal]), of_shape[polygonal]
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(of_ring[1:] != of_ring[:-1], True) if len(of_ring) else np.zeros(0, np.bool_)
    kept = np.rint(xy[~last] / STEP).astype(np.int32)
    return Outlines(
        rings=np.bincount(of_shape[of_part], minlength=len(shapes)),
        points=np.bincount(of_ring[~last], minlength=len(rings)),
        x=np.ascontiguousarray(kept[:, 0]),
        y=np.ascontiguousarray(kept[:, 1]),
    )


def simplified(shapes: NDArray[np.object_], most: int) -> NDArray[np.object_]:
    """Shapes for orientation, not for measuring: with fewer points, at most about so many in all (简化).

    Args:
        shapes: shapely shapes; None is missing.
        most: points that may be left; what is smaller than the tolerance then goes first.

    >>> circle = shapely.Point(0, 0).buffer(0.01, quad_segs=64)
    >>> int(shapely.get_num_coordinates(simplified(np.array([circle], dtype=object), 100))[0]) < 100
    True
    """
    tolerance, kept = 1e-5, shapes
    while shapely.get_num_coordinates(kept).sum() > most and tolerance < 1e-2:
        tolerance *= 2
        kept = shapely.simplify(shapes, tolerance)
        kept[shapely.area(kept) < tolerance * tolerance] = None
    return kept


def near(shapes: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which shapes reach into the bounds of the others (范围内的图形)."""
    bounds = shapely.bounds(others)
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(known):
        return np.zeros(len(shapes), np.bool_)
    around = shapely.box(*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0))
    reached: NDArray[np.bool_] = shapely.intersects(shapely.envelope(shapes), around)
    return reached


def middles(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Middle of each shape's bounds, degrees, n × 2; nan where missing (中心点)."""
    bounds = shapely.bounds(shapes)
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def hull(points: NDArray[np.float64]) -> list[list[float]]:
    """Convex outline of points, a little wider than they lie, degrees (外包轮廓); [] where there are none.

    >>> len(hull(np.array([[118.0, 28.0], [118.1, 28.0], [118.0, 28.1]]))) > 3
    True
    """
    known = points[~np.isnan(points).any(axis=1)]
    if not len(known):
        return []
    around = shapely.MultiPoint(known).convex_hull.buffer(0.003, quad_segs=3).simplify(0.0002)
    return [[round(x, 5), round(y, 5)] for x, y in around.exterior.coords[:-1]]
