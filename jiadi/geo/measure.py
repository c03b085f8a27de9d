"""Areas that a threshold may judge (椭球面积), and a plane in which areas are true.

Areas are those on the ellipsoid of CGCS2000, with edges that are geodesics: one rule for everyone,
whatever the projection of the file. A feature is measured in an equal-area plane about its own
middle, so its area does not depend on what else is in the file; wide ones are measured exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyproj
import shapely

from jiadi.geo.axes import Bounds, Floats, Shapes
from jiadi.geo.piece import piecewise

A_M = 6378137.0
_F = 1 / 298.257222101
_E2 = _F * (2 - _F)
_E = float(np.sqrt(_E2))
_CELL_DEG = 0.5
_WIDE_M = 400.0
_GEOD = pyproj.Geod(a=A_M, f=_F)


def _q(sin_lat: Floats) -> Floats:
    """Authalic measure of a latitude: area of the zone from the equator, over pi a²."""
    es = _E * sin_lat
    zone: Floats = (1 - _E2) * (sin_lat / (1 - es * es) + np.arctanh(es) / _E)
    return zone


_Q_POLE = float(_q(np.array(1.0)))
_R_Q = A_M * float(np.sqrt(_Q_POLE / 2))


def equal_area(lon: Floats, lat: Floats, lon_0: Floats, lat_0: Floats) -> tuple[Floats, Floats]:
    """Ellipsoidal Lambert azimuthal equal-area plane (等面积方位投影).

    Args:
        lon, lat: (n,) degrees on CGCS2000.
        lon_0, lat_0: middle of the plane, degrees; one for all or one a point.

    Returns:
        East and north of the middle, (n,) metres.

    >>> x, y = equal_area(np.array([118.001]), np.array([29.0]), np.array(118.0), np.array(29.0))
    >>> round(float(x[0]), 3), round(float(y[0]), 3)
    (97.439, 0.0)
    """
    sin_0, cos_0 = np.sin(np.radians(lat_0)), np.cos(np.radians(lat_0))
    sin_b0 = _q(sin_0) / _Q_POLE
    cos_b0 = np.sqrt(1 - sin_b0 * sin_b0)
    d = A_M * cos_0 / (np.sqrt(1 - _E2 * sin_0 * sin_0) * _R_Q * cos_b0)
    sin_b = _q(np.sin(np.radians(lat))) / _Q_POLE
    cos_b = np.sqrt(1 - sin_b * sin_b)
    turn = np.radians(lon - lon_0)
    cos_turn = np.cos(turn)
    b = _R_Q * np.sqrt(2 / (1 + sin_b0 * sin_b + cos_b0 * cos_b * cos_turn))
    return b * d * cos_b * np.sin(turn), b / d * (cos_b0 * sin_b - sin_b0 * cos_b * cos_turn)


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A plane in which areas are those on the ellipsoid (局部等面积平面).

    Straight lines in it are geodesics to well under a millimetre for the length of a house's wall,
    and distances are true to 1 cm in 1 km within 100 km of the middle.

    Args:
        lon_0, lat_0: middle, degrees.
    """

    lon_0: float
    lat_0: float

    def bring(self, shapes: Shapes) -> Shapes:
        """Geometries in EPSG:4490 → in this plane, metres; null stays null (投影到平面)."""

        def change(points: Floats) -> Floats:
            return np.column_stack(equal_area(points[:, 0], points[:, 1], np.array(self.lon_0), np.array(self.lat_0)))

        moved: Shapes = shapely.transform(shapes, change)
        return moved


def local(place: Bounds | Shapes) -> LocalPlane:
    """The plane of a place (取局部平面): its middle is that of a cell of half a degree.

    The cell, not the exact middle, is what counts, so that neither the order of the features nor a
    house more or less moves the plane.

    Args:
        place: west, south, east, north in degrees, or geometries in EPSG:4490.

    Raises:
        ValueError: coordinates that are not degrees.

    >>> local((118.2, 28.6, 119.1, 29.3))
    LocalPlane(lon_0=118.75, lat_0=28.75)
    """
    bounds = place if isinstance(place, tuple) else _bounds(place)
    west, south, east, north = bounds
    if not np.isfinite(bounds).all():
        return LocalPlane(0.25, 0.25)  # nothing there, so nothing is measured
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(f"not longitude and latitude: {bounds}")
    lon, lat = (np.floor(middle / _CELL_DEG) * _CELL_DEG + _CELL_DEG / 2 for middle in ((west + east) / 2, (south + north) / 2))
    return LocalPlane(float(lon), float(min(lat, 89.75)))


def _bounds(shapes: Shapes) -> Bounds:
    west, south, east, north = shapely.total_bounds(shapes).tolist() if len(shapes) else [np.nan] * 4
    return west, south, east, north


def shapes_of(wkb: pl.Series | npt.NDArray[Any]) -> Shapes:
    """Geometries of WKB (解析图形); geometries are given back as they are, null stays null.

    >>> shapes_of(pl.Series([None, shapely.to_wkb(shapely.Point(1, 2))])).tolist()
    [None, <POINT (1 2)>]
    """
    values = wkb.to_numpy() if isinstance(wkb, pl.Series) else wkb
    values = np.asarray(values, dtype=object)
    there = next((value for value in values if value is not None), None)
    if there is None or isinstance(there, shapely.Geometry):
        return values
    shapes: Shapes = shapely.from_wkb(values)
    return shapes


def areas(wkb: pl.Series | npt.NDArray[Any]) -> Floats:
    """Geodesic areas of polygons (椭球面积).

    Args:
        wkb: (n,) WKB or geometries in EPSG:4490, longitude first, valid; null where missing.

    Returns:
        (n,) square metres, within 0.001 m² of the exact figure; NaN for what has no area: null,
        empty, points, lines.

    >>> areas(np.array([shapely.box(118, 29, 118.001, 29.001), None])).round(2).tolist()
    [10799.66, nan]
    """
    return piecewise(lambda own: _areas(shapes_of(own)), wkb)


def _areas(shapes: Shapes) -> Floats:
    out = np.full(len(shapes), np.nan)
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    surface = shapely.get_type_id(polygons) == 3
    polygons, owner = polygons[surface], owner[surface]
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    if not len(rings):
        return out
    outer = np.r_[True, np.diff(of_polygon) > 0]
    lonlat, of_ring = shapely.get_coordinates(rings, return_index=True)
    bounds = shapely.bounds(shapes)
    middle = np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2
    of_feature = owner[of_polygon]
    lon_0, lat_0 = middle[of_feature[of_ring]].T
    x, y = equal_area(lonlat[:, 0], lonlat[:, 1], lon_0, lat_0)
    same = np.r_[np.diff(of_ring) == 0, False]
    cross = np.where(same, x * np.roll(y, -1) - np.roll(x, -1) * y, 0.0)
    ring = np.abs(np.bincount(of_ring, cross, len(rings))) / 2
    total = np.bincount(of_feature, np.where(outer, ring, -ring), len(shapes))
    known = np.bincount(of_feature, minlength=len(shapes)) > 0
    out[known] = total[known]
    wide = np.flatnonzero(known & (_width_m(bounds) > _WIDE_M))
    out[wide] = [_exact(shape) for shape in shapes[wide]]
    return out


def _width_m(bounds: Floats) -> Floats:
    high = (bounds[:, 3] - bounds[:, 1]) * 110_600.0
    wide = (bounds[:, 2] - bounds[:, 0]) * 111_400.0 * np.cos(np.radians(bounds[:, 1]))
    return np.hypot(wide, high)


def _exact(shape: Any) -> float:
    total = 0.0
    for polygon in shapely.get_parts(shape):
        if shapely.get_type_id(polygon) != 3:
            continue
        for number, ring in enumerate(shapely.get_rings(polygon)):
            lon, lat = shapely.get_coordinates(ring).T
            area = abs(_GEOD.polygon_area_perimeter(lon, lat)[0])
            total += area if number == 0 else -area
    return total


def hundredths(values: pl.Series | Floats) -> pl.Series:
    """Square metres or metres as whole hundredths, half rounded up (四舍五入到 0.01).

    What is judged is this number. Noise of binary fractions (1.005 is held as 1.00499…) is taken
    away before a half is looked for.

    Args:
        values: (n,) figures; null or NaN where not known.

    Returns:
        (n,) Int64, null where not known.

    >>> hundredths(np.array([1.005, 125.004, float("nan")])).to_list()
    [101, 12500, None]
    """
    figures = (
        values.cast(pl.Float64).fill_null(float("nan")).to_numpy() if isinstance(values, pl.Series) else np.asarray(values, dtype=float)
    )
    known = np.isfinite(figures)
    whole = np.floor(np.round(np.where(known, figures, 0.0) * 100, 6) + 0.5).astype(np.int64)
    name = values.name if isinstance(values, pl.Series) else ""
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(whole))).to_series().rename(name)


@lru_cache(maxsize=1)
def ellipsoid() -> pyproj.Geod:
    """The ellipsoid of CGCS2000 (CGCS2000 椭球), on which distances and areas are exact.

    >>> round(ellipsoid().a)
    6378137
    """
    return _GEOD
