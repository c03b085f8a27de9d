"""The plane in which drawings and lists of points are written (成图平面): Gauss–Krüger by 3 degrees, zone in the easting."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyproj
import shapely

from jiadi.geo.axes import Shapes
from jiadi.geo.measure import shapes_of

_FIRST_ZONE, _LAST_ZONE, _FIRST_CODE = 25, 45, 4513


def zone_of(shapes: Shapes) -> int:
    """The zone of 3 degrees that most of a layer's middle lies in (所在三度带).

    Args:
        shapes: (n,) geometries in EPSG:4490.

    Raises:
        ValueError: they do not lie in China.

    >>> zone_of(np.array([shapely.Point(118.9, 29)]))
    40
    """
    west, _, east, _ = shapely.total_bounds(shapes)
    if not np.isfinite([west, east]).all():
        return 40
    zone = int(np.floor((west + east) / 6 + 0.5))
    if not _FIRST_ZONE <= zone <= _LAST_ZONE:
        raise ValueError(f"longitudes {west} to {east} are not in China")
    return zone


def drawn(geometry: pl.Series) -> tuple[int, Shapes]:
    """Bring geometries to their zone (投影到三度带).

    Args:
        geometry: (n,) WKB in EPSG:4490, longitude first; null stays null.

    Returns:
        The zone, and the geometries: easting with the zone in front, northing, metres.

    >>> zone, shapes = drawn(pl.Series([shapely.to_wkb(shapely.Point(120, 0))]))
    >>> zone, shapely.get_coordinates(shapes).round(6).tolist()
    (40, [[40500000.0, 0.0]])
    """
    shapes = shapes_of(geometry)
    zone = zone_of(shapes)
    transformer = _from_4490(_FIRST_CODE + zone - _FIRST_ZONE)

    def change(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    moved: Shapes = shapely.transform(shapes, change)
    return zone, moved


@lru_cache(maxsize=8)
def _from_4490(code: int) -> Any:
    crs = pyproj.CRS.from_epsg(code)
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
