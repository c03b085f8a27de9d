"""What is odd about a valid shape (图形形态): spikes, slivers, several parts."""

from __future__ import annotations

import numpy as np
import shapely

from jiadi.geo.axes import Floats, Mask, Shapes
from jiadi.geo.piece import piecewise

_METRES_A_DEGREE = 111_320.0
_POLYGON, _MULTIPOLYGON = 3, 6


def spikes(shapes: Shapes, degrees: float, length_m: float) -> Mask:
    """Shapes with a corner that is hardly open (尖刺).

    Args:
        shapes: (n,) valid, in EPSG:4490; null where missing.
        degrees: a corner sharper than this is a spike,
        length_m: where both its sides are longer than this.

    Returns:
        (n,) mask.

    >>> box = shapely.box(0, 0, 1e-4, 1e-4)
    >>> spiked = shapely.Polygon([(0, 0), (1e-4, 0), (5e-4, 5e-7), (1e-4, 1e-6), (1e-4, 1e-4), (0, 1e-4)])
    >>> spikes(np.array([box, spiked, None]), 1.0, 0.5).tolist()
    [False, True, False]
    """
    return piecewise(lambda own: _spikes(own, degrees, length_m), shapes)


def _spikes(shapes: Shapes, degrees: float, length_m: float) -> Mask:
    rings, owner = _rings(shapes)
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    if not len(points):
        return found
    # A ring ends where it began: its side i runs from corner i to corner i + 1, the corner 0 lies between the last side and the first.
    side = _sides(points)
    inside = np.diff(of_ring) == 0
    first = np.r_[0, np.flatnonzero(~inside) + 1]
    last = np.r_[np.flatnonzero(~inside) - 1, len(side) - 1]
    before = np.arange(-1, len(side) - 1)
    before[first] = last
    corner = np.flatnonzero(inside)
    come, go = side[before[corner]], side[corner]
    long = (np.hypot(*come.T) > length_m) & (np.hypot(*go.T) > length_m)
    turn = np.degrees(np.abs(np.arctan2(come[:, 0] * go[:, 1] - come[:, 1] * go[:, 0], (come * go).sum(axis=1))))
    found[owner[of_ring[corner[long & (turn > 180 - degrees)]]]] = True
    return found


def _sides(points: Floats) -> Floats:
    """Steps from point to point in metres, east and north.

    The steps are scaled, not the longitudes: 118° times the cosine of each point's own latitude would shear a house by half a right angle.
    """
    side: Floats = np.diff(points, axis=0) * _METRES_A_DEGREE
    side[:, 0] *= np.cos(np.radians((points[1:, 1] + points[:-1, 1]) / 2))
    return side


def widths(shapes: Shapes, areas_m2: Floats) -> Floats:
    """Mean width of shapes in metres: twice the area by the circumference (平均宽度).

    Args:
        shapes: (n,) valid, in EPSG:4490.
        areas_m2: (n,) geodesic.

    Returns:
        (n,) NaN where there is no shape with a circumference.

    >>> widths(np.array([shapely.box(118, 29, 118.001, 29.000001)]), np.array([10.8])).round(2).tolist()
    [0.11]
    """
    return piecewise(_widths, shapes, areas_m2)


def _widths(shapes: Shapes, areas_m2: Floats) -> Floats:
    rings, owner = _rings(shapes)
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    side = np.hypot(*_sides(points).T) if len(points) else np.zeros(0)
    inside = np.diff(of_ring) == 0
    around = np.bincount(owner[of_ring[1:][inside]], weights=side[inside], minlength=len(shapes)) if len(points) else np.zeros(len(shapes))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = np.where(around > 0, 2 * areas_m2 / around, np.nan)
    return mean


def several(shapes: Shapes) -> Mask:
    """Shapes of several parts (多部件).

    >>> one, other = shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)
    >>> several(np.array([shapely.MultiPolygon([one, other]), one, None])).tolist()
    [True, False, False]
    """
    many: Mask = (shapely.get_type_id(shapes) == _MULTIPOLYGON) & (shapely.get_num_geometries(shapes) > 1)
    return many


def disordered(shapes: Shapes) -> Mask:
    """Invalid shapes whose rings are nested in a wrong order (环的次序错误): a hole outside its shell, in a hole, or drawn twice.

    Args:
        shapes: (n,) as they came.

    >>> inside_out = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(2, 2), (3, 2), (3, 3), (2, 3)]])
    >>> disordered(np.array([inside_out, shapely.box(0, 0, 1, 1), None])).tolist()
    [True, False, False]
    """
    surface = np.isin(shapely.get_type_id(shapes), (_POLYGON, _MULTIPOLYGON))
    asked = np.flatnonzero(surface & ~shapely.is_valid(shapes))
    found = np.zeros(len(shapes), dtype=bool)
    reasons = shapely.is_valid_reason(shapes[asked])
    found[asked] = [reason.startswith(("Hole lies outside", "Holes are nested", "Nested", "Duplicate Rings")) for reason in reasons]
    return found


def _rings(shapes: Shapes) -> tuple[Shapes, np.ndarray]:
    """Rings of all polygons, and the feature of each."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    surface = shapely.get_type_id(parts) == _POLYGON
    rings, of_part = shapely.get_rings(parts[surface], return_index=True)
    return rings, owner[surface][of_part]
