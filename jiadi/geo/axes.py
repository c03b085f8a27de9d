"""Axes that were exchanged (坐标轴颠倒), told from where the rest of a layer lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Shapes = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""

CHINA: Bounds = (73.0, 3.0, 136.0, 54.0)
"""Longitudes and latitudes of China, generously."""


def swap(shapes: Shapes, mask: Mask) -> Shapes:
    """Exchange the coordinates of the features that are marked (交换坐标轴).

    >>> swap(np.array([shapely.Point(29, 118)]), np.array([True]))
    array([<POINT (118 29)>], dtype=object)
    """
    turned = shapes.copy()
    if mask.any():
        turned[mask] = shapely.transform(shapes[mask], lambda points: points[:, ::-1])
    return turned


def swapped_axes(shapes: Shapes) -> Mask:
    """Features whose axes are exchanged against the rest of their layer (坐标轴颠倒的要素).

    A feature is one when it lies outside the layer's main body and exchanging its axes brings it
    inside. The body is what lies about the median, so a minority of such features cannot move it.

    Args:
        shapes: (n,) geometries of one layer in one system; null is never one.

    Returns:
        (n,) mask; it does not depend on the order of the features.

    >>> places = [shapely.Point(118.9, 28.9), shapely.Point(118.8, 28.8), shapely.Point(28.9, 118.9)]
    >>> swapped_axes(np.array(places))
    array([False, False,  True])
    """
    x, y = _centres(shapes)
    there = np.isfinite(x) & np.isfinite(y)
    if there.sum() < 3:
        return there & within(CHINA, y, x) & ~within(CHINA, x, y)
    place = _reach(x[there], y[there])
    return there & ~within(place, x, y) & within(place, y, x)


def body_bounds(shapes: Shapes) -> Bounds | None:
    """Bounds of a layer's main body (图层主体范围), without features that went astray.

    Args:
        shapes: (n,) geometries of one layer.

    Returns:
        Least x, least y, greatest x, greatest y; None where there is no geometry.

    >>> body_bounds(np.array([shapely.Point(118.9, 28.9), shapely.Point(118.8, 28.8), shapely.Point(28.9, 118.9)]))
    (118.8, 28.8, 118.9, 28.9)
    """
    x, y = _centres(shapes)
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return None
    body = there & within(_reach(x[there], y[there]), x, y)
    west, south, east, north = shapely.total_bounds(shapes[body if body.any() else there]).tolist()
    return west, south, east, north


def _centres(shapes: Shapes) -> tuple[Floats, Floats]:
    bounds = shapely.bounds(shapes)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _reach(x: Floats, y: Floats) -> Bounds:
    """What lies about the median: twenty times the spread, and half a county's width at least."""
    # By the median again: one feature that has lost its decimal point does not make a layer of degrees one of metres.
    least = 0.5 if max(np.median(np.abs(x)), np.median(np.abs(y))) <= 360 else 50_000.0
    (west, east), (south, north) = (_span(values, least) for values in (x, y))
    return west, south, east, north


def _span(values: Floats, least: float) -> tuple[float, float]:
    middle = float(np.median(values))
    reach = max(20 * float(np.median(np.abs(values - middle))), least)
    return middle - reach, middle + reach


def within(place: Bounds, x: Floats, y: Floats) -> Mask:
    """Points inside a rectangle, its edge counted in (落在范围内的点)."""
    west, south, east, north = place
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)
