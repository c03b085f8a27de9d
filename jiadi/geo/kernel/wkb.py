"""Compiled reading of WKB (图形二进制解析): polygons straight into rows of coordinates, projected on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

A_M = 6378137.0
_F = 1 / 298.257222101
_E2 = _F * (2 - _F)
_E = float(np.sqrt(_E2))
_Q_POLE = float((1 - _E2) * (1.0 / (1 - _E2) + np.arctanh(_E) / _E))
_R_Q = A_M * float(np.sqrt(_Q_POLE / 2))
_POLYGON, _MULTIPOLYGON = 3, 6


@njit(cache=True, nogil=True, error_model="numpy")
def _whole(data: Any, at: int) -> Any:
    return np.int64(data[at]) | np.int64(data[at + 1]) << 8 | np.int64(data[at + 2]) << 16 | np.int64(data[at + 3]) << 24


@njit(cache=True, nogil=True, error_model="numpy")
def count(data: Any, offset: Any, there: Any) -> Any:
    """Rings and points of each feature (统计环与点).

    Args:
        data: (bytes,) WKB of all features, one after the other.
        offset: (n + 1,) where each begins.
        there: (n,) False where a feature is missing.

    Returns:
        (n, 2) rings and points; -1 where it is no plain polygon, little end first, in two dimensions.
    """
    out = np.zeros((len(offset) - 1, 2), dtype=np.int64)
    for f in range(len(out)):
        if not there[f]:
            continue
        at, end = offset[f], offset[f + 1]
        rings, points = 0, 0
        polygons = 1
        if end - at >= 9 and data[at] == 1 and _whole(data, at + 1) == _MULTIPOLYGON:
            polygons = _whole(data, at + 5)
            at += 9
        for _ in range(polygons):
            if at + 9 > end or data[at] != 1 or _whole(data, at + 1) != _POLYGON:
                rings = -1
                break
            many = _whole(data, at + 5)
            at += 9
            for _ in range(many):
                if at + 4 > end:
                    rings = -1
                    break
                n = _whole(data, at)
                at += 4 + 16 * n
                if at > end:
                    rings = -1
                    break
                if n > 1:
                    rings, points = rings + 1, points + n - 1
            if rings < 0:
                break
        out[f, 0], out[f, 1] = rings, points
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _put(data: Any, at: int, n: int, inner: bool, x: Any, y: Any, to: int) -> None:
    """Copy a ring without its last point, shells counter-clockwise and holes clockwise."""
    pairs = data[at : at + 16 * n].view(np.float64)
    twice = 0.0
    for i in range(n - 1):
        px, py = pairs[2 * i] - pairs[0], pairs[2 * i + 1] - pairs[1]
        qx, qy = pairs[2 * i + 2] - pairs[0], pairs[2 * i + 3] - pairs[1]
        twice += px * qy - qx * py
    turned = (twice < 0.0) != inner
    for i in range(n - 1):
        source = n - 2 - i if turned else i
        x[to + i], y[to + i] = pairs[2 * source], pairs[2 * source + 1]


@njit(cache=True, nogil=True, error_model="numpy")
def fill(data: Any, offset: Any, feature: Any, begin: int, x: Any, y: Any, ring: Any, first: int, last: int) -> None:
    """Write the rings of features first..last (展开环).

    Args:
        data, offset: as in `count`.
        feature: (n + 1,) where the rings of each feature begin.
        begin: where the points of the feature `first` begin.
        x, y: points, degrees.
        ring: (r + 1,) where each ring begins; what belongs to these features is written.
    """
    to = begin
    for f in range(first, last):
        r = feature[f]
        if feature[f + 1] == r:
            continue
        at = offset[f]
        polygons = 1
        if _whole(data, at + 1) == _MULTIPOLYGON:
            polygons = _whole(data, at + 5)
            at += 9
        for _ in range(polygons):
            many = _whole(data, at + 5)
            at += 9
            for place in range(many):
                n = _whole(data, at)
                at += 4
                if n > 1:
                    _put(data, at, n, place > 0, x, y, to)
                    to += n - 1
                    r += 1
                    ring[r] = to
                at += 16 * n


@njit(cache=True, nogil=True, error_model="numpy")
def bring(x: Any, y: Any, lon_0: float, lat_0: float) -> None:
    """Degrees → metres of the equal-area plane of `measure.LocalPlane`, in place (投影)."""
    sin_0, cos_0 = np.sin(np.radians(lat_0)), np.cos(np.radians(lat_0))
    q_0 = (1 - _E2) * (sin_0 / (1 - _E2 * sin_0 * sin_0) + np.arctanh(_E * sin_0) / _E)
    sin_b0 = q_0 / _Q_POLE
    cos_b0 = np.sqrt(1 - sin_b0 * sin_b0)
    d = A_M * cos_0 / (np.sqrt(1 - _E2 * sin_0 * sin_0) * _R_Q * cos_b0)
    for i in range(len(x)):
        sin_lat = np.sin(np.radians(y[i]))
        q = (1 - _E2) * (sin_lat / (1 - _E2 * sin_lat * sin_lat) + np.arctanh(_E * sin_lat) / _E)
        sin_b = q / _Q_POLE
        cos_b = np.sqrt(1 - sin_b * sin_b)
        turn = np.radians(x[i] - lon_0)
        cos_turn = np.cos(turn)
        b = _R_Q * np.sqrt(2 / (1 + sin_b0 * sin_b + cos_b0 * cos_b * cos_turn))
        x[i], y[i] = b * d * cos_b * np.sin(turn), b / d * (cos_b0 * sin_b - sin_b0 * cos_b * cos_turn)
