"""Compiled: what several zones cover of a house together (合并重叠面积)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_sum(x: Any, y: Any, ring: Any, first: int, last: int, owner: int, edge: Any, of: Any, n: int) -> int:
    """Append the edges of rings that are not level: from, to, owner."""
    for r in range(first, last):
        px, py = x[ring[r + 1] - 1], y[ring[r + 1] - 1]
        for i in range(ring[r], ring[r + 1]):
            qx, qy = x[i], y[i]
            if py != qy:
                edge[n, 0], edge[n, 1], edge[n, 2], edge[n, 3] = px, py, qx, qy
                of[n] = owner
                n += 1
            px, py = qx, qy
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def _events(edge: Any, n: int) -> Any:
    """Heights at which an edge begins or ends or two edges cross, sorted."""
    height = np.empty(2 * n + 64)
    m = 0
    for i in range(n):
        height[m], height[m + 1] = edge[i, 1], edge[i, 3]
        m += 2
    for i in range(n):
        ux, uy = edge[i, 2] - edge[i, 0], edge[i, 3] - edge[i, 1]
        west, east = min(edge[i, 0], edge[i, 2]), max(edge[i, 0], edge[i, 2])
        south, north = min(edge[i, 1], edge[i, 3]), max(edge[i, 1], edge[i, 3])
        for j in range(i):
            if max(edge[j, 0], edge[j, 2]) < west or min(edge[j, 0], edge[j, 2]) > east:
                continue
            if max(edge[j, 1], edge[j, 3]) < south or min(edge[j, 1], edge[j, 3]) > north:
                continue
            vx, vy = edge[j, 2] - edge[j, 0], edge[j, 3] - edge[j, 1]
            cross = ux * vy - uy * vx
            if cross == 0.0:
                continue
            wx, wy = edge[j, 0] - edge[i, 0], edge[j, 1] - edge[i, 1]
            t, s = (wx * vy - wy * vx) / cross, (wx * uy - wy * ux) / cross
            if 0.0 <= t <= 1.0 and 0.0 <= s <= 1.0:
                if m == len(height):
                    larger = np.empty(2 * m)
                    larger[:m] = height
                    height = larger
                height[m] = edge[i, 1] + t * uy
                m += 1
    return np.sort(height[:m])


@njit(cache=True, nogil=True, error_model="numpy")
def join(group: Any, of_house: Any, first: Any, last: Any, p_ring: Any, p_x: Any, p_y: Any, house: Any) -> Any:
    """Square metres of a house in the first, the first two, … of the features that cut it (合并重叠面积).

    Between two heights at which nothing begins, ends or crosses, the length of what is covered
    changes evenly; so its length half-way, times the height, is exact.

    Args:
        group: (g + 1,) where the rows of each group begin: of one house, in the order in which they are joined.
        of_house: (g,) the house.
        first, last: (rows,) which rings each row's feature leaves of the house's rectangle.
        p_ring, p_x, p_y: those rings.
        house: x, y, ring, feature of the houses.
    """
    hx, hy, h_ring, h_feature = house
    out = np.zeros(len(first))
    for g in range(len(group) - 1):
        h, begin, end = of_house[g], group[g], group[g + 1]
        most = h_ring[h_feature[h + 1]] - h_ring[h_feature[h]]
        for row in range(begin, end):
            most += p_ring[last[row]] - p_ring[first[row]]
        edge, of = np.empty((most, 4)), np.empty(most, np.int64)
        n = _edge_sum(hx, hy, h_ring, h_feature[h], h_feature[h + 1], -1, edge, of, 0)
        for row in range(begin, end):
            n = _edge_sum(p_x, p_y, p_ring, first[row], last[row], row - begin, edge, of, n)
        _sweep(edge, of, n, out[begin:end])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(edge: Any, of: Any, n: int, out: Any) -> None:
    """Add up, slab by slab, what the features cover of the house; `out` becomes the running union."""
    height = _events(edge, n)
    at, which, wind = np.empty(n), np.empty(n, np.int64), np.zeros(len(out), np.int64)
    for s in range(len(height) - 1):
        low, high = height[s], height[s + 1]
        if high - low <= 1e-12:
            continue
        middle = (low + high) / 2.0
        m = 0
        for i in range(n):
            y0, y1 = edge[i, 1], edge[i, 3]
            if (y0 < middle) == (y1 < middle):
                continue
            cross = edge[i, 0] + (middle - y0) / (y1 - y0) * (edge[i, 2] - edge[i, 0])
            k = m
            while k > 0 and at[k - 1] > cross:
                at[k], which[k] = at[k - 1], which[k - 1]
                k -= 1
            at[k], which[k] = cross, i
            m += 1
        wind[:] = 0
        in_house = 0
        for k in range(m):
            if k > 0 and in_house != 0 and at[k] > at[k - 1]:
                for j in range(len(out)):
                    if wind[j] > 0:
                        out[j] += (at[k] - at[k - 1]) * (high - low)
                        break
            i = which[k]
            step = -1 if edge[i, 3] > edge[i, 1] else 1
            if of[i] < 0:
                in_house += step
            else:
                wind[of[i]] += step
    for j in range(1, len(out)):
        out[j] += out[j - 1]
