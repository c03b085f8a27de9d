"""Compiled: areas, boxes and a tree of rings (环的面积、外包矩形与矩形树)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

LEAF, FAN = 8, 4
"""Features in a leaf of the tree, and branches of each other node."""


@njit(cache=True, nogil=True, error_model="numpy")
def ring_areas(x: Any, y: Any, ring: Any) -> Any:
    """Signed area of each ring (环的有向面积).

    Args:
        x, y: (n,) metres.
        ring: (r + 1,) where each ring begins.
    """
    out = np.zeros(len(ring) - 1)
    for r in range(len(ring) - 1):
        a, b = ring[r], ring[r + 1]
        if b - a < 3:
            continue
        px, py = x[b - 1] - x[a], y[b - 1] - y[a]
        twice = 0.0
        for i in range(a, b):
            qx, qy = x[i] - x[a], y[i] - y[a]
            twice += px * qy - qx * py
            px, py = qx, qy
        out[r] = twice / 2.0
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def boxes(x: Any, y: Any, ring: Any, feature: Any) -> Any:
    """West, south, east, north of each feature; an empty one has none (外包矩形)."""
    n = len(feature) - 1
    out = np.empty((n, 4))
    for f in range(n):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for i in range(ring[feature[f]], ring[feature[f + 1]]):
            west, east = min(west, x[i]), max(east, x[i])
            south, north = min(south, y[i]), max(north, y[i])
        out[f, 0], out[f, 1], out[f, 2], out[f, 3] = west, south, east, north
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def convex(x: Any, y: Any, ring: Any, feature: Any) -> Any:
    """Whether a feature is one convex ring (是否凸多边形)."""
    n = len(feature) - 1
    out = np.zeros(n, dtype=np.bool_)
    for f in range(n):
        if feature[f + 1] - feature[f] != 1:
            continue
        a, b = ring[feature[f]], ring[feature[f] + 1]
        m = b - a
        if m < 3:
            continue
        ok = True
        turned = 0.0
        for i in range(m):
            x0, y0 = x[a + i], y[a + i]
            x1, y1 = x[a + (i + 1) % m], y[a + (i + 1) % m]
            x2, y2 = x[a + (i + 2) % m], y[a + (i + 2) % m]
            ux, uy, vx, vy = x1 - x0, y1 - y0, x2 - x1, y2 - y1
            cross = ux * vy - uy * vx
            if cross < 0.0:
                ok = False
                break
            turned += np.arctan2(cross, ux * vx + uy * vy)
        out[f] = ok and turned < 7.0  # a star turns more than once and is not convex
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def along_curve(box: Any, west: float, south: float, cell: float) -> Any:
    """Place of each box along a Hilbert curve of 2 to the 16th cells a side (希尔伯特序)."""
    out = np.empty(len(box), dtype=np.int64)
    for f in range(len(box)):
        if not box[f, 0] <= box[f, 2]:
            out[f] = np.int64(1) << 40
            continue
        px = np.int64(((box[f, 0] + box[f, 2]) / 2 - west) / cell)
        py = np.int64(((box[f, 1] + box[f, 3]) / 2 - south) / cell)
        d = np.int64(0)
        s = np.int64(32768)
        while s > 0:
            rx = np.int64(1) if px & s else np.int64(0)
            ry = np.int64(1) if py & s else np.int64(0)
            d += s * s * ((3 * rx) ^ ry)
            if ry == 0:
                if rx == 1:
                    px, py = s * 2 - 1 - px, s * 2 - 1 - py
                px, py = py, px
            px &= s - 1
            py &= s - 1
            s >>= 1
        out[f] = d
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def pack(box: Any, order: Any, level: Any) -> Any:
    """Rectangles of a packed tree over boxes in the given order (打包矩形树).

    Args:
        box: (n, 4).
        order: (n,) rows of `box` along the curve.
        level: (levels + 1,) where the nodes of each level begin, leaves first.
    """
    node = np.empty((level[-1], 4))
    n = len(order)
    for deep in range(len(level) - 1):
        many, fan = (n, LEAF) if deep == 0 else (level[deep] - level[deep - 1], FAN)
        for j in range(level[deep + 1] - level[deep]):
            west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
            for c in range(j * fan, min(j * fan + fan, many)):
                if deep == 0:
                    k = order[c]
                    west, south = min(west, box[k, 0]), min(south, box[k, 1])
                    east, north = max(east, box[k, 2]), max(north, box[k, 3])
                else:
                    k = level[deep - 1] + c
                    west, south = min(west, node[k, 0]), min(south, node[k, 1])
                    east, north = max(east, node[k, 2]), max(north, node[k, 3])
            at = level[deep] + j
            node[at, 0], node[at, 1], node[at, 2], node[at, 3] = west, south, east, north
    return node


@njit(cache=True, nogil=True, error_model="numpy")
def meeting(box: Any, node: Any, level: Any, order: Any, boxes: Any) -> Any:
    """Rows of the features whose rectangles meet a box, in the order of the tree (外包矩形相交)."""
    out, n = np.empty(64, np.int64), 0
    stack, depth = np.empty((256, 2), np.int64), 1
    stack[0, 0], stack[0, 1] = len(level) - 2, 0
    while depth > 0:
        depth -= 1
        deep, c = stack[depth, 0], stack[depth, 1]
        at = node[level[deep] + c]
        if at[0] > box[2] or at[2] < box[0] or at[1] > box[3] or at[3] < box[1]:
            continue
        fan, many = (LEAF, len(order)) if deep == 0 else (FAN, level[deep] - level[deep - 1])
        for k in range(c * fan, min(c * fan + fan, many)):
            if deep > 0:
                stack[depth, 0], stack[depth, 1] = deep - 1, k
                depth += 1
                continue
            one = boxes[order[k]]
            if one[0] <= box[2] and one[2] >= box[0] and one[1] <= box[3] and one[3] >= box[1]:
                if n == len(out):
                    larger = np.empty(2 * n, np.int64)
                    larger[:n] = out
                    out = larger
                out[n] = order[k]
                n += 1
    return out[:n]
