"""Compiled: what each feature covers of each house, and how near it is (逐对重叠面积与距离)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from jiadi.geo.kernel.ring import FAN, LEAF

_SMALL = 24
"""A feature of so few points is not cut on its way down the tree."""
_LEAST_M2 = 1e-7
_SNAP_M2 = 1e-7
_DEEP = 24
_EMPTY, _COVERED, _CROSSED, _NO_ROOM = 0, 1, 2, 3


@njit(cache=True, nogil=True, error_model="numpy")
def _half(buf: Any, k: int, n: int, axis: int, limit: float, above: bool) -> int:
    """Keep the part of ring `buf[k]` on one side of a line along an axis; of points on that line in a row the outer ones suffice."""
    to, other, m = 1 - k, 1 - axis, 0
    pu, pv = buf[k, axis, n - 1], buf[k, other, n - 1]
    p_in = pu >= limit if above else pu <= limit
    for i in range(n):
        qu, qv = buf[k, axis, i], buf[k, other, i]
        q_in = qu >= limit if above else qu <= limit
        if q_in != p_in:
            if m >= 2 and buf[to, axis, m - 1] == limit and buf[to, axis, m - 2] == limit:
                m -= 1
            buf[to, axis, m], buf[to, other, m] = limit, pv + (limit - pu) / (qu - pu) * (qv - pv)
            m += 1
        if q_in:
            if qu == limit and m >= 2 and buf[to, axis, m - 1] == limit and buf[to, axis, m - 2] == limit:
                m -= 1
            buf[to, axis, m], buf[to, other, m] = qu, qv
            m += 1
        pu, pv, p_in = qu, qv, q_in
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def _to_rectangle(xy: Any, a: int, b: int, box: Any, buf: Any) -> tuple[int, int]:
    """Clip a ring to a rectangle; the result's length, and in which half of `buf` it lies."""
    west, south, east, north = xy[0, a], xy[1, a], xy[0, a], xy[1, a]
    for i in range(a, b):
        west, east = min(west, xy[0, i]), max(east, xy[0, i])
        south, north = min(south, xy[1, i]), max(north, xy[1, i])
    if west > box[2] or east < box[0] or south > box[3] or north < box[1]:
        return 0, 0
    n, k = b - a, 0
    for i in range(n):
        buf[0, 0, i], buf[0, 1, i] = xy[0, a + i], xy[1, a + i]
    if n > 0 and west < box[0]:
        n, k = _half(buf, k, n, 0, box[0], True), 1 - k
    if n > 0 and south < box[1]:
        n, k = _half(buf, k, n, 1, box[1], True), 1 - k
    if n > 0 and east > box[2]:
        n, k = _half(buf, k, n, 0, box[2], False), 1 - k
    if n > 0 and north > box[3]:
        n, k = _half(buf, k, n, 1, box[3], False), 1 - k
    return n, k


@njit(cache=True, nogil=True, error_model="numpy")
def _by_window(window: Any, sides: int, xy: Any, a: int, b: int, buf: Any) -> float:
    """Signed area of a ring inside a convex window that runs counter-clockwise."""
    n, k = b - a, 0
    for i in range(n):
        buf[0, 0, i], buf[0, 1, i] = xy[0, a + i], xy[1, a + i]
    for side in range(sides):
        wx, wy = window[0, side], window[1, side]
        after = side + 1 if side + 1 < sides else 0
        ex, ey = window[0, after] - wx, window[1, after] - wy
        px, py = buf[k, 0, n - 1], buf[k, 1, n - 1]
        p = ex * (py - wy) - ey * (px - wx)
        m = 0
        for i in range(n):
            qx, qy = buf[k, 0, i], buf[k, 1, i]
            q = ex * (qy - wy) - ey * (qx - wx)
            if (q >= 0.0) != (p >= 0.0):
                t = p / (p - q)
                buf[1 - k, 0, m], buf[1 - k, 1, m] = px + t * (qx - px), py + t * (qy - py)
                m += 1
            if q >= 0.0:
                buf[1 - k, 0, m], buf[1 - k, 1, m] = qx, qy
                m += 1
            px, py, p = qx, qy, q
        n, k = m, 1 - k
        if n < 3:
            return 0.0
    return _shoelace(buf, k, n)


@njit(cache=True, nogil=True, error_model="numpy")
def _shoelace(buf: Any, k: int, n: int) -> float:
    ox, oy = buf[k, 0, 0], buf[k, 1, 0]
    px, py = buf[k, 0, n - 1] - ox, buf[k, 1, n - 1] - oy
    twice = 0.0
    for i in range(n):
        qx, qy = buf[k, 0, i] - ox, buf[k, 1, i] - oy
        twice += px * qy - qx * py
        px, py = qx, qy
    return twice / 2.0


@njit(cache=True, nogil=True, error_model="numpy")
def _covers(xy: Any, ring: Any, first: int, last: int, box: Any) -> int:
    """Whether what was clipped fills the rectangle, leaves it empty, or a line crosses it."""
    twice = 0.0
    for r in range(first, last):
        px, py = xy[0, ring[r + 1] - 1], xy[1, ring[r + 1] - 1]
        for i in range(ring[r], ring[r + 1]):
            qx, qy = xy[0, i], xy[1, i]
            if not ((px == qx and (px == box[0] or px == box[2])) or (py == qy and (py == box[1] or py == box[3]))):
                return _CROSSED
            twice += (px - box[0]) * (qy - box[1]) - (qx - box[0]) * (py - box[1])
            px, py = qx, qy
    return _COVERED if twice > (box[2] - box[0]) * (box[3] - box[1]) else _EMPTY


@njit(cache=True, nogil=True, error_model="numpy")
def _step(xy: Any, ring: Any, first: int, last: int, box: Any, buf: Any) -> tuple[int, int, int]:
    """Clip rings first..last of the work space to a rectangle, behind them: first and one past the last new ring,
    and whether a line crosses it, it is filled, empty or there is no room."""
    at = last
    for r in range(first, last):
        a, b = ring[r], ring[r + 1]
        if 2 * (b - a) + 8 > buf.shape[2] or ring[at] + 2 * (b - a) + 8 > xy.shape[1] or at + 2 >= len(ring):
            return 0, 0, _NO_ROOM
        n, k = _to_rectangle(xy, a, b, box, buf)
        if n < 3:
            continue
        start = ring[at]
        for i in range(n):
            xy[0, start + i], xy[1, start + i] = buf[k, 0, i], buf[k, 1, i]
        at += 1
        ring[at] = start + n
    if at == last:
        return 0, 0, _EMPTY
    return last, at, _covers(xy, ring, last, at, box)


@njit(cache=True, nogil=True, error_model="numpy")
def _in_window(window: Any, sides: int, xy: Any, ring: Any, first: int, last: int, buf: Any) -> float:
    total = 0.0
    for r in range(first, last):
        total += _by_window(window, sides, xy, ring[r], ring[r + 1], buf)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _in_triangles(hx: Any, hy: Any, a: int, b: int, window: Any, xy: Any, ring: Any, first: int, last: int, buf: Any) -> float:
    """Signed: a ring that is not convex is the sum of the triangles from its first point."""
    total = 0.0
    for i in range(a + 1, b - 1):
        doubled = (hx[i] - hx[a]) * (hy[i + 1] - hy[a]) - (hx[i + 1] - hx[a]) * (hy[i] - hy[a])
        if doubled == 0.0:
            continue
        j, k = (i, i + 1) if doubled > 0.0 else (i + 1, i)
        window[0, 0], window[1, 0] = hx[a], hy[a]
        window[0, 1], window[1, 1] = hx[j], hy[j]
        window[0, 2], window[1, 2] = hx[k], hy[k]
        inside = _in_window(window, 3, xy, ring, first, last, buf)
        total += inside if doubled > 0.0 else -inside
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _grown(array: Any, needed: int) -> Any:
    if needed <= len(array):
        return array
    larger = np.empty(max(needed, 2 * len(array)), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True, error_model="numpy")
def _load(f: int, zx: Any, zy: Any, z_ring: Any, z_feature: Any, xy: Any, ring: Any) -> int:
    """Copy the rings of a feature to the beginning of the work space; how many, -1 without room."""
    first, last = z_feature[f], z_feature[f + 1]
    begin, count = z_ring[first], z_ring[last] - z_ring[first]
    if count < 3:
        return 0
    if count + 64 > xy.shape[1] or last - first + 8 > len(ring):
        return -1
    for r in range(first, last + 1):
        ring[r - first] = z_ring[r] - begin
    for i in range(count):
        xy[0, i], xy[1, i] = zx[begin + i], zy[begin + i]
    return last - first


@njit(cache=True, nogil=True, error_model="numpy")
def _push(frame: Any, d: int, deep: int, c: int, level: Any, houses: int, first: int, last: int) -> None:
    """Go down to the children of node `c` of level `deep`, with rings or edges first..last."""
    fan = LEAF if deep == 0 else FAN
    many = houses if deep == 0 else level[deep] - level[deep - 1]
    frame[0, d], frame[1, d], frame[2, d] = deep, c * fan, min(c * fan + fan, many)
    frame[3, d], frame[4, d] = first, last


@njit(cache=True, nogil=True, error_model="numpy")
def _larger(pair: Any, value: Any, needed: int) -> Any:
    """Room for more pairs: house, feature and kept rings of each, and its figure."""
    size = max(needed, 2 * len(value))
    more_pair, more_value = np.empty((size, 3), np.int64), np.empty(size)
    more_pair[: len(value)], more_value[: len(value)] = pair, value
    return more_pair, more_value


@njit(cache=True, nogil=True, error_model="numpy")
def _add(pair: Any, value: Any, n: int, h: int, f: int, figure: float, pieces: int) -> int:
    pair[n, 0], pair[n, 1], pair[n, 2], value[n] = h, f, pieces, figure
    return n + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _add_all(pair: Any, value: Any, n: int, begin: int, end: int, order: Any, area: Any, f: int, pieces: int) -> int:
    for k in range(begin, end):
        n = _add(pair, value, n, order[k], f, area[order[k]], pieces)
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def _inside(
    h: int, hx: Any, hy: Any, h_ring: Any, h_feature: Any, area: Any, convex: Any,
    xy: Any, ring: Any, first: int, last: int, buf: Any, window: Any,
) -> float:  # fmt: skip
    """Square metres of a house inside the rings first..last of the work space."""
    total = 0.0
    a, b = h_ring[h_feature[h]], h_ring[h_feature[h] + 1]
    if convex[h] and b - a <= window.shape[1]:
        for i in range(a, b):
            window[0, i - a], window[1, i - a] = hx[i], hy[i]
        total = _in_window(window, b - a, xy, ring, first, last, buf)
    else:
        for part in range(h_feature[h], h_feature[h + 1]):
            total += _in_triangles(hx, hy, h_ring[part], h_ring[part + 1], window, xy, ring, first, last, buf)
    return area[h] if total >= area[h] - _SNAP_M2 else total


@njit(cache=True, nogil=True, error_model="numpy")
def _keep(p_ring: Any, p_xy: Any, pieces: int, xy: Any, ring: Any, first: int, last: int) -> Any:
    """Copy rings first..last of the work space behind those that are kept."""
    for r in range(first, last):
        start, length = p_ring[pieces], ring[r + 1] - ring[r]
        p_ring = _grown(p_ring, pieces + 2)
        if start + length > p_xy.shape[1]:
            larger = np.empty((2, 2 * (start + length)))
            larger[:, :start] = p_xy[:, :start]
            p_xy = larger
        for i in range(length):
            p_xy[0, start + i], p_xy[1, start + i] = xy[0, ring[r] + i], xy[1, ring[r] + i]
        pieces += 1
        p_ring[pieces] = start + length
    return p_ring, p_xy


@njit(cache=True, nogil=True, error_model="numpy")
def _meet(node: Any, at: int, box: Any, f: int) -> bool:
    apart = node[at, 0] > box[f, 2] or node[at, 2] < box[f, 0] or node[at, 1] > box[f, 3] or node[at, 3] < box[f, 1]
    return not apart


@njit(cache=True, nogil=True, error_model="numpy")
def _corners(node: Any, h_box: Any, deep: int, at: int, box: Any) -> None:
    for side in range(4):
        box[side] = node[at, side] if deep >= 0 else h_box[at, side]


@njit(cache=True, nogil=True, error_model="numpy")
def _start(frame: Any, level: Any, last: int) -> int:
    """Stand above the root with rings or edges 0..last; -1 where there is none."""
    top = len(level) - 1
    frame[:, 0] = top, 0, level[top] - level[top - 1], 0, last
    return 0 if last > 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def _next(frame: Any, d: int) -> tuple[int, int]:
    """Depth and number of the next child to look at; a depth of -1 after the last one."""
    while d >= 0 and frame[1, d] >= frame[2, d]:
        d -= 1
    if d >= 0:
        frame[1, d] += 1
    return d, frame[1, max(d, 0)] - 1


@njit(cache=True, nogil=True, error_model="numpy")
def _space(room: int) -> Any:
    """Points and rings, frames, a rectangle, what is clipped to and fro, a window, pairs and their figures."""
    xy, ring, frame, box = np.empty((2, room)), np.zeros(room // 2 + 64, np.int64), np.zeros((5, _DEEP), np.int64), np.empty(4)
    return xy, ring, frame, box, np.empty((2, 2, room // 4)), np.empty((2, 256)), np.empty((1024, 3), np.int64), np.empty(1024)


@njit(cache=True, nogil=True, error_model="numpy")
def _short(pair: Any, value: Any, p_ring: Any, p_xy: Any) -> Any:
    """There was no room."""
    pair[0, 0] = -1
    return pair[:1], value[:1], p_ring[:1], p_xy[:, :0]


@njit(cache=True, nogil=True, error_model="numpy")
def cut(chosen: Any, zone: Any, house: Any, tree: Any, keep: bool, room: int) -> Any:
    """How much of each house lies in each of the chosen features (逐对求重叠面积).

    Args:
        chosen: (k,) rows of the features to lay over the houses.
        zone: x, y, ring, feature, box of the features.
        house: x, y, ring, feature, box, area, convex of the houses.
        tree: node, level, order.
        keep: also give what the features leave of the rectangle of each house that they cut.
        room: points of work space.

    Returns:
        (n, 3) house, feature and the end of its kept rings, which begin where those of the pair before end;
        (n,) area; where the points of each kept ring begin; (2, p) x and y of them. -1 as the only house where the work
        space was too small.
    """
    (node, level, order), (zx, zy, z_ring, z_feature, z_box) = tree, zone
    hx, hy, h_ring, h_feature, h_box, h_area, h_convex = house
    xy, ring, frame, box, buf, window, pair, value = _space(room)
    p_ring, p_xy, pieces, n = np.zeros(1024, np.int64), np.empty((2, 1024)), 0, 0
    for f in chosen:
        rings = _load(f, zx, zy, z_ring, z_feature, xy, ring)
        if rings < 0:
            return _short(pair, value, p_ring, p_xy)
        small, d = ring[rings] <= _SMALL, _start(frame, level, rings)
        while True:
            d, c = _next(frame, d)
            if d < 0:
                break
            deep, first, last, state = frame[0, d] - 1, frame[3, d], frame[4, d], _CROSSED
            at = level[deep] + c if deep >= 0 else order[c]
            if not (_meet(node, at, z_box, f) if deep >= 0 else _meet(h_box, at, z_box, f)):
                continue
            if not small or (deep < 0 and keep):
                _corners(node, h_box, deep, at, box)
                first, last, state = _step(xy, ring, first, last, box, buf)
            span = LEAF * FAN**deep if deep >= 0 and state == _COVERED else 1
            if n + span > len(value):
                pair, value = _larger(pair, value, n + span)
            if state == _NO_ROOM:
                return _short(pair, value, p_ring, p_xy)
            if state == _CROSSED and deep >= 0:
                d += 1
                _push(frame, d, deep, c, level, len(order), first, last)
            elif state == _COVERED:
                n = _add_all(pair, value, n, c * span, min(c * span + span, len(order)), order, h_area, f, pieces)
            elif state == _CROSSED:
                area = _inside(at, hx, hy, h_ring, h_feature, h_area, h_convex, xy, ring, first, last, buf, window)
                if keep and _LEAST_M2 < area < h_area[at]:
                    p_ring, p_xy = _keep(p_ring, p_xy, pieces, xy, ring, first, last)
                    pieces += last - first
                if area > _LEAST_M2:
                    n = _add(pair, value, n, at, f, area, pieces)
    return pair[:n], value[:n], p_ring[: pieces + 1], p_xy[:, : p_ring[pieces]]


@njit(cache=True, nogil=True, error_model="numpy")
def _point_to_edge(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    ux, uy = bx - ax, by - ay
    length = ux * ux + uy * uy
    t = 0.0 if length == 0.0 else min(max(((px - ax) * ux + (py - ay) * uy) / length, 0.0), 1.0)
    dx, dy = px - ax - t * ux, py - ay - t * uy
    return dx * dx + dy * dy


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_to_edge(ax: float, ay: float, bx: float, by: float, cx: float, cy: float, dx: float, dy: float) -> float:
    """Square of the distance of two edges, 0 where they cross."""
    o1 = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    o2 = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
    o3 = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
    o4 = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
    if ((o1 > 0.0) != (o2 > 0.0)) and ((o3 > 0.0) != (o4 > 0.0)):
        return 0.0
    return min(
        min(_point_to_edge(ax, ay, cx, cy, dx, dy), _point_to_edge(bx, by, cx, cy, dx, dy)),
        min(_point_to_edge(cx, cy, ax, ay, bx, by), _point_to_edge(dx, dy, ax, ay, bx, by)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _in_rings(px: float, py: float, x: Any, y: Any, ring: Any, first: int, last: int) -> bool:
    odd = False
    for r in range(first, last):
        a, b = ring[r], ring[r + 1]
        j = b - 1
        for i in range(a, b):
            if (y[i] > py) != (y[j] > py) and px < (x[j] - x[i]) * (py - y[i]) / (y[j] - y[i]) + x[i]:
                odd = not odd
            j = i
    return odd


@njit(cache=True, nogil=True, error_model="numpy")
def _from_house(h: int, house: Any, edge: Any, chosen: Any, first: int, last: int, within: float) -> float:
    """Square of the distance of a house to some edges; more than `within` squared where all are farther."""
    hx, hy, h_ring, h_feature, h_box = house
    best = within * within * 1.0000001 + 1e-9
    for e in range(first, last):
        ax, ay, bx, by = edge[chosen[e], 0], edge[chosen[e], 1], edge[chosen[e], 2], edge[chosen[e], 3]
        gap_x = max(max(h_box[h, 0] - max(ax, bx), min(ax, bx) - h_box[h, 2]), 0.0)
        gap_y = max(max(h_box[h, 1] - max(ay, by), min(ay, by) - h_box[h, 3]), 0.0)
        if gap_x * gap_x + gap_y * gap_y >= best:
            continue
        for r in range(h_feature[h], h_feature[h + 1]):
            a, b = h_ring[r], h_ring[r + 1]
            j = b - 1
            for i in range(a, b):
                best = min(best, _edge_to_edge(hx[j], hy[j], hx[i], hy[i], ax, ay, bx, by))
                j = i
        if best > 0.0 and _in_rings(ax, ay, hx, hy, h_ring, h_feature[h], h_feature[h + 1]):
            return 0.0
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def near(chosen: Any, edge: Any, start: Any, house: Any, tree: Any, within: float) -> Any:
    """Houses near the edges of the chosen features, and how near (到边线的距离).

    Args:
        chosen: (k,) rows of the features.
        edge: (e, 4) from and to of every edge.
        start: (features + 1,) where the edges of each feature begin.
        house: x, y, ring, feature, box of the houses.
        tree: node, level, order.
        within: metres.

    Returns:
        (n, 3) house and feature, and (n,) distance, of the pairs that are no farther apart.
    """
    node, level, order = tree
    frame, held, n = np.zeros((5, _DEEP), np.int64), np.empty(1024, np.int64), 0
    pair, value = np.empty((1024, 3), np.int64), np.empty(1024)
    for f in chosen:
        count = start[f + 1] - start[f]
        held = _grown(held, count)
        held[:count] = np.arange(start[f], start[f + 1])
        d = _start(frame, level, count)
        while d >= 0:
            c, deep, first, last = frame[1, d], frame[0, d] - 1, frame[3, d], frame[4, d]
            if c >= frame[2, d]:
                d -= 1
                continue
            frame[1, d] += 1
            if deep < 0:
                squared = _from_house(order[c], house, edge, held, first, last, within)
                if squared <= within * within:
                    if n == len(value):
                        pair, value = _larger(pair, value, n + 1)
                    n = _add(pair, value, n, order[c], f, np.sqrt(squared), 0)
                continue
            held = _grown(held, 2 * last - first)
            after = _reach(edge, held, first, last, node[level[deep] + c], within)
            if after > last:
                d += 1
                _push(frame, d, deep, c, level, len(order), last, after)
    return pair[:n], value[:n]


@njit(cache=True, nogil=True, error_model="numpy")
def _reach(edge: Any, held: Any, first: int, last: int, box: Any, within: float) -> int:
    """Put the edges that may be near a rectangle behind those held; one past the last."""
    west, south, east, north = box[0] - within, box[1] - within, box[2] + within, box[3] + within
    after = last
    for i in range(first, last):
        k = held[i]
        if max(edge[k, 0], edge[k, 2]) < west or min(edge[k, 0], edge[k, 2]) > east:
            continue
        if max(edge[k, 1], edge[k, 3]) < south or min(edge[k, 1], edge[k, 3]) > north:
            continue
        held[after] = k
        after += 1
    return after
