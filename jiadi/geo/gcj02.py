"""The shifted coordinates of Chinese web maps (GCJ-02 偏移), and how a layer in them is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from jiadi.geo.axes import Floats, Shapes

_A = 6378245.0
_EE = 0.00669342162296594323
_STEPS = 30
_EXACT_DEG = 1e-10
_MOST = 2000


def gcj02_from_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The place that a Chinese web map shows for a true place (加偏).

    Args:
        lon, lat: (n,) degrees, WGS 84 or CGCS2000.

    Returns:
        Longitude and latitude in GCJ-02, (n,) degrees; outside the rectangle in which web maps
        shift, the same.

    >>> [round(float(v[0]), 6) for v in gcj02_from_wgs84(np.array([118.87]), np.array([28.97]))]
    [118.874779, 28.9669]
    """
    shifts = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    d_lon, d_lat = _shift(lon, lat)
    return np.where(shifts, lon + d_lon, lon), np.where(shifts, lat + d_lat, lat)


def wgs84_from_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The true place of what a Chinese web map shows (去偏): the shift undone, by steps, to 1e-9°.

    >>> there = gcj02_from_wgs84(np.array([118.87]), np.array([28.97]))
    >>> [round(float(v[0]), 9) for v in wgs84_from_gcj02(*there)]
    [118.87, 28.97]
    """
    true_lon, true_lat = np.array(lon, dtype=float), np.array(lat, dtype=float)
    for _ in range(_STEPS):
        shown_lon, shown_lat = gcj02_from_wgs84(true_lon, true_lat)
        off_lon, off_lat = lon - shown_lon, lat - shown_lat
        true_lon, true_lat = true_lon + off_lon, true_lat + off_lat
        if max(np.abs(off_lon).max(initial=0), np.abs(off_lat).max(initial=0)) < _EXACT_DEG:
            break
    return true_lon, true_lat


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    short = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + short
    north += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + short
    east += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    latitude = np.radians(lat)
    magic = 1 - _EE * np.sin(latitude) ** 2
    d_lat = north * 180.0 / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * pi)
    d_lon = east * 180.0 / (_A / np.sqrt(magic) * np.cos(latitude) * pi)
    return d_lon, d_lat


@dataclass(frozen=True, slots=True)
class Shift:
    """What was found of two layers (偏移判定).

    Args:
        shifted: `houses` or `parcels` where one of them is in GCJ-02 beside the other, else "".
        share_as_is: of the houses looked at, how many lie in a parcel as they are.
        share_shifted: how many do after the shift of that layer is undone; as_is where none is.
        looked_at: number of houses looked at.
    """

    shifted: Literal["", "houses", "parcels"]
    share_as_is: float
    share_shifted: float
    looked_at: int


def looks_gcj02(houses: Shapes, parcels: Shapes) -> Shift:
    """Whether one of two layers is shifted as web maps are (GCJ-02 疑似偏移).

    Houses stand in parcels. Where few do as they are, and most do once the shift of one layer is
    undone, that layer is in GCJ-02. Up to 2,000 houses, spread over the layer, are looked at.

    Args:
        houses: (n,) geometries in EPSG:4490; null is left out.
        parcels: (m,) polygons in EPSG:4490; null is left out.

    Returns:
        The finding; it does not depend on the order of either layer.

    >>> looks_gcj02(np.array([shapely.Point(118.5, 28.5)]), np.array([shapely.box(118, 28, 119, 29)])).shifted
    ''
    """
    points = shapely.get_coordinates(shapely.centroid(houses[~shapely.is_missing(houses) & ~shapely.is_empty(houses)]))
    points = points[np.lexsort(points.T)]
    points = points[:: max(1, -(-len(points) // _MOST))]
    land = parcels[~shapely.is_missing(parcels)]
    if not len(points) or not len(land):
        return Shift("", 0.0, 0.0, 0)
    tree = shapely.STRtree(land)
    lon, lat = points.T
    as_is = _share(tree, lon, lat)
    candidates = (("houses", _share(tree, *wgs84_from_gcj02(lon, lat))), ("parcels", _share(tree, *gcj02_from_wgs84(lon, lat))))
    layer, share = max(candidates, key=lambda candidate: candidate[1])
    if as_is < 0.5 <= share and share - as_is >= 0.3:
        return Shift(layer, as_is, share, len(points))  # type: ignore[arg-type]
    return Shift("", as_is, as_is, len(points))


def _share(tree: shapely.STRtree, lon: Floats, lat: Floats) -> float:
    hits = tree.query(shapely.points(lon, lat), predicate="intersects")[0]
    return len(np.unique(hits)) / len(lon)
