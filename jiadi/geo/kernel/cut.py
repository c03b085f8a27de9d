"""Compiled: what each feature covers of each house, and how near it is (逐对重叠面积与距离)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from jiadi.geo.kernel.ring import FAN, LEAF

_SMALL = 24
"""A feature of so few points is not cut on its way down the tree."""
_LEAST_M2 = 1e-4
_SNAP_M2 = 1e-7
_DEEP = 24
_EMPTY, _COVERED, _CROSSED, _NO_ROOM = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def _half(x: Any, y: Any, a: int, b: int, to_x: Any, to_y: Any, at: int, upright: bool, limit: float, above: bool) -> int:
    """Keep the part of a ring on one side of a line along an axis; of points on that line in a row the outer ones suffice."""
    u, v, to_u, to_v = (x, y, to_x, to_y) if upright else (y, x, to_y, to_x)
    n = at
    pu, pv = u[b - 1], v[b - 1]
    p_in = pu >= limit if above else pu <= limit
    for i in range(a, b):
        qu, qv = u[i], v[i]
        q_in = qu >= limit if above else qu <= limit
        if q_in != p_in:
            cross = pv + (limit - pu) / (qu - pu) * (qv - pv)
            if n - at >= 2 and to_u[n - 1] == limit and to_u[n - 2] == limit:
                n -= 1
            to_u[n], to_v[n] = limit, cross
            n += 1
        if q_in:
            if qu == limit and n - at >= 2 and to_u[n - 1] == limit and to_u[n - 2] == limit:
                n -= 1
            to_u[n], to_v[n] = qu, qv
            n += 1
        pu, pv, p_in = qu, qv, q_in
    return n


@njit(cache=True, nogil=True)
def _to_rectangle(x: Any, y: Any, a: int, b: int, box: Any, one: Any, two: Any) -> tuple[int, bool]:
    """Clip a ring to a rectangle; the result's length, and whether it lies in `two` (else in `one`)."""
    west, south, east, north = x[a], y[a], x[a], y[a]
    for i in range(a, b):
        west, east = min(west, x[i]), max(east, x[i])
        south, north = min(south, y[i]), max(north, y[i])
    if west > box[2] or east < box[0] or south > box[3] or north < box[1]:
        return 0, False
    n = b - a
    for i in range(n):
        one[0, i], one[1, i] = x[a + i], y[a + i]
    in_two = False
    for side in range(4):
        limit = box[side]
        above = side < 2
        upright = side == 0 or side == 2
        reach = west if side == 0 else (south if side == 1 else (east if side == 2 else north))
        if n == 0 or (reach >= limit if above else reach <= limit):
            continue
        if in_two:
            n = _half(two[0], two[1], 0, n, one[0], one[1], 0, upright, limit, above)
        else:
            n = _half(one[0], one[1], 0, n, two[0], two[1], 0, upright, limit, above)
        in_two = not in_two
    return n, in_two


@njit(cache=True, nogil=True)
def _by_window(window: Any, sides: int, x: Any, y: Any, a: int, b: int, one: Any, two: Any) -> float:
    """Signed area of a ring inside a convex window that runs counter-clockwise."""
    n = b - a
    for i in range(n):
        one[0, i], one[1, i] = x[a + i], y[a + i]
    source, target = one, two
    for side in range(sides):
        wx, wy = window[0, side], window[1, side]
        after = side + 1 if side + 1 < sides else 0
        ex, ey = window[0, after] - wx, window[1, after] - wy
        px, py = source[0, n - 1], source[1, n - 1]
        p = ex * (py - wy) - ey * (px - wx)
        m = 0
        for i in range(n):
            qx, qy = source[0, i], source[1, i]
            q = ex * (qy - wy) - ey * (qx - wx)
            if (q >= 0.0) != (p >= 0.0):
                t = p / (p - q)
                target[0, m], target[1, m] = px + t * (qx - px), py + t * (qy - py)
                m += 1
            if q >= 0.0:
                target[0, m], target[1, m] = qx, qy
                m += 1
            px, py, p = qx, qy, q
        n = m
        source, target = target, source
        if n < 3:
            return 0.0
    return _shoelace(source, n)


@njit(cache=True, nogil=True)
def _shoelace(points: Any, n: int) -> float:
    ox, oy = points[0, 0], points[1, 0]
    px, py = points[0, n - 1] - ox, points[1, n - 1] - oy
    twice = 0.0
    for i in range(n):
        qx, qy = points[0, i] - ox, points[1, i] - oy
        twice += px * qy - qx * py
        px, py = qx, qy
    return twice / 2.0


@njit(cache=True, nogil=True)
def _covers(x: Any, y: Any, ring: Any, first: int, last: int, box: Any) -> int:
    """Whether what was clipped fills the rectangle, leaves it empty, or a line crosses it."""
    for r in range(first, last):
        px, py = x[ring[r + 1] - 1], y[ring[r + 1] - 1]
        for i in range(ring[r], ring[r + 1]):
            qx, qy = x[i], y[i]
            side = (px == qx and (px == box[0] or px == box[2])) or (py == qy and (py == box[1] or py == box[3]))
            if not side:
                return _CROSSED
            px, py = qx, qy
    whole = (box[2] - box[0]) * (box[3] - box[1])
    twice = 0.0
    for r in range(first, last):
        px, py = x[ring[r + 1] - 1] - box[0], y[ring[r + 1] - 1] - box[1]
        for i in range(ring[r], ring[r + 1]):
            qx, qy = x[i] - box[0], y[i] - box[1]
            twice += px * qy - qx * py
            px, py = qx, qy
    return _COVERED if twice > whole else _EMPTY


@njit(cache=True, nogil=True)
def _clip_all(x: Any, y: Any, ring: Any, first: int, last: int, box: Any, one: Any, two: Any) -> int:
    """Clip rings first..last of the work space to a rectangle, behind them; one past the last new ring, -1 without room."""
    at = last
    for r in range(first, last):
        a, b = ring[r], ring[r + 1]
        if 2 * (b - a) + 8 > one.shape[1] or ring[at] + 2 * (b - a) + 8 > len(x) or at + 2 >= len(ring):
            return -1
        n, in_two = _to_rectangle(x, y, a, b, box, one, two)
        if n < 3:
            continue
        source = two if in_two else one
        start = ring[at]
        for i in range(n):
            x[start + i], y[start + i] = source[0, i], source[1, i]
        at += 1
        ring[at] = start + n
    return at


@njit(cache=True, nogil=True)
def _inside(h: int, house: Any, work: Any, first: int, last: int) -> float:
    """Square metres of a house inside the rings first..last of the work space."""
    hx, hy, ring, feature, _, h_area, h_convex = house
    total = 0.0
    a, b = ring[feature[h]], ring[feature[h] + 1]
    window = work[5]
    if h_convex[h] and b - a <= window.shape[1]:
        for i in range(a, b):
            window[0, i - a], window[1, i - a] = hx[i], hy[i]
        total = _in_window(b - a, work, first, last)
    else:
        for part in range(feature[h], feature[h + 1]):
            a, b = ring[part], ring[part + 1]
            for i in range(a + 1, b - 1):
                total += _in_triangle(hx, hy, a, i, work, first, last)
    return h_area[h] if total >= h_area[h] - _SNAP_M2 else total


@njit(cache=True, nogil=True)
def _in_window(sides: int, work: Any, first: int, last: int) -> float:
    x, y, ring, one, two, window = work
    total = 0.0
    for r in range(first, last):
        total += _by_window(window, sides, x, y, ring[r], ring[r + 1], one, two)
    return total


@njit(cache=True, nogil=True)
def _in_triangle(hx: Any, hy: Any, a: int, i: int, work: Any, first: int, last: int) -> float:
    """Signed: a ring that is not convex is the sum of the triangles from its first point."""
    window = work[5]
    doubled = (hx[i] - hx[a]) * (hy[i + 1] - hy[a]) - (hx[i + 1] - hx[a]) * (hy[i] - hy[a])
    if doubled == 0.0:
        return 0.0
    j, k = (i, i + 1) if doubled > 0.0 else (i + 1, i)
    window[0, 0], window[1, 0] = hx[a], hy[a]
    window[0, 1], window[1, 1] = hx[j], hy[j]
    window[0, 2], window[1, 2] = hx[k], hy[k]
    inside = _in_window(3, work, first, last)
    return inside if doubled > 0.0 else -inside


@njit(cache=True, nogil=True)
def _grown(array: Any, needed: int) -> Any:
    if needed <= len(array):
        return array
    larger = np.empty(max(needed, 2 * len(array)), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True)
def _work(room: int) -> Any:
    """Work space: points, where rings begin, two rows to clip to and fro, a window."""
    side = room // 4
    ring = np.zeros(room // 2 + 64, dtype=np.int64)
    return np.empty(room), np.empty(room), ring, np.empty((2, side)), np.empty((2, side)), np.empty((2, 256))


@njit(cache=True, nogil=True)
def _load(f: int, zone: Any, work: Any) -> int:
    """Copy the rings of a feature to the beginning of the work space; how many, -1 without room."""
    zx, zy, z_ring, z_feature, z_box = zone
    x, y, ring = work[0], work[1], work[2]
    first, last = z_feature[f], z_feature[f + 1]
    count = z_ring[last] - z_ring[first]
    if count < 3 or not z_box[f, 0] <= z_box[f, 2]:
        return 0
    if count + 64 > len(x) or last - first + 8 > len(ring):
        return -1
    for r in range(first, last + 1):
        ring[r - first] = z_ring[r] - z_ring[first]
    for i in range(count):
        x[i], y[i] = zx[z_ring[first] + i], zy[z_ring[first] + i]
    return last - first


@njit(cache=True, nogil=True)
def _push(frame: Any, d: int, deep: int, c: int, tree: Any, first: int, last: int) -> None:
    """Go down to the children of node `c` of level `deep`, with rings or edges first..last."""
    level, order = tree[1], tree[2]
    fan = LEAF if deep == 0 else FAN
    many = len(order) if deep == 0 else level[deep] - level[deep - 1]
    frame[0, d], frame[1, d], frame[2, d] = deep, c * fan, min(c * fan + fan, many)
    frame[3, d], frame[4, d] = first, last


@njit(cache=True, nogil=True)
def _step(work: Any, first: int, last: int, box: Any, whole: bool) -> tuple[int, int, int]:
    """Clip to a rectangle: first and one past the last ring, and whether a line crosses it, it is filled, empty or there is no room."""
    if whole:
        return first, last, _CROSSED
    x, y, ring, one, two, _ = work
    after = _clip_all(x, y, ring, first, last, box, one, two)
    if after < 0:
        return 0, 0, _NO_ROOM
    if after == last:
        return 0, 0, _EMPTY
    return last, after, _covers(x, y, ring, last, after, box)


@njit(cache=True, nogil=True)
def _add(pairs: Any, n: int, h: int, f: int, value: float, pieces: int) -> Any:
    of_house, of_feature, values, piece = pairs
    if n + 2 > len(piece):
        of_house, of_feature = _grown(of_house, n + 2), _grown(of_feature, n + 2)
        values, piece = _grown(values, n + 2), _grown(piece, n + 2)
    of_house[n], of_feature[n], values[n], piece[n + 1] = h, f, value, pieces
    return of_house, of_feature, values, piece


@njit(cache=True, nogil=True)
def _add_all(pairs: Any, n: int, c: int, deep: int, order: Any, area: Any, f: int, pieces: int) -> Any:
    """Every house below node `c` of level `deep`, or the house `c` itself."""
    span = LEAF * FAN**deep if deep >= 0 else 1
    for k in range(c * span, min(c * span + span, len(order))):
        pairs = _add(pairs, n, order[k], f, area[order[k]], pieces)
        n += 1
    return pairs, n


@njit(cache=True, nogil=True)
def _keep(kept: Any, pieces: int, work: Any, first: int, last: int) -> Any:
    """Copy rings first..last of the work space behind those that are kept."""
    p_ring, p_x, p_y = kept
    x, y, ring = work[0], work[1], work[2]
    for r in range(first, last):
        start, length = p_ring[pieces], ring[r + 1] - ring[r]
        p_ring = _grown(p_ring, pieces + 2)
        p_x, p_y = _grown(p_x, start + length), _grown(p_y, start + length)
        for i in range(length):
            p_x[start + i], p_y[start + i] = x[ring[r] + i], y[ring[r] + i]
        pieces += 1
        p_ring[pieces] = start + length
    return p_ring, p_x, p_y


@njit(cache=True, nogil=True)
def _meet(one: Any, other: Any) -> bool:
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]


@njit(cache=True, nogil=True)
def _found(pairs: Any, n: int, kept: Any, pieces: int) -> Any:
    of_house, of_feature, values, piece = pairs
    p_ring, p_x, p_y = kept
    end = p_ring[pieces]
    return of_house[:n], of_feature[:n], values[:n], piece[: n + 1], p_ring[: pieces + 1], p_x[:end], p_y[:end]


@njit(cache=True, nogil=True)
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
        house, feature, area, piece (where its rings begin in `ring`), ring, x, y; -1 as the only house
        where the work space was too small.
    """
    node, level, order = tree
    h_box, h_area = house[4], house[5]
    work, frame = _work(room), np.zeros((5, _DEEP), np.int64)
    pairs = (np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024), np.zeros(1024, np.int64))
    kept, pieces, n, top = (np.zeros(1024, np.int64), np.empty(1024), np.empty(1024)), 0, 0, len(level) - 1
    for f in chosen:
        rings = _load(f, zone, work)
        small = rings >= 0 and work[2][rings] <= _SMALL
        state, d = _NO_ROOM if rings < 0 else _EMPTY, -1
        if rings > 0:
            d = 0
            frame[0, 0], frame[1, 0], frame[2, 0], frame[3, 0], frame[4, 0] = top, 0, level[top] - level[top - 1], 0, rings
        while d >= 0:
            c, deep = frame[1, d], frame[0, d] - 1
            if c >= frame[2, d]:
                d -= 1
                continue
            frame[1, d] += 1
            box = node[level[deep] + c] if deep >= 0 else h_box[order[c]]
            if not _meet(box, zone[4][f]):
                continue
            first, last, state = _step(work, frame[3, d], frame[4, d], box, small and deep >= 0)
            if state == _NO_ROOM:
                break
            if state == _CROSSED and deep >= 0:
                d += 1
                _push(frame, d, deep, c, tree, first, last)
            elif state == _COVERED:
                pairs, n = _add_all(pairs, n, c, deep, order, h_area, f, pieces)
            elif state == _CROSSED:
                area = _inside(order[c], house, work, first, last)
                if area > _LEAST_M2:
                    if keep and area < h_area[order[c]]:
                        kept = _keep(kept, pieces, work, first, last)
                        pieces += last - first
                    pairs = _add(pairs, n, order[c], f, area, pieces)
                    n += 1
        if state == _NO_ROOM:
            return _found(_add(pairs, 0, -1, 0, 0.0, 0), 1, kept, 0)
    return _found(pairs, n, kept, pieces)


@njit(cache=True, nogil=True)
def _point_to_edge(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    ux, uy = bx - ax, by - ay
    length = ux * ux + uy * uy
    t = 0.0 if length == 0.0 else min(max(((px - ax) * ux + (py - ay) * uy) / length, 0.0), 1.0)
    dx, dy = px - ax - t * ux, py - ay - t * uy
    return dx * dx + dy * dy


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
        house, feature, distance of the pairs that are no farther apart.
    """
    node, level, order = tree
    frame, held, n = np.zeros((5, _DEEP), np.int64), np.empty(1024, np.int64), 0
    pairs = (np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024), np.zeros(1024, np.int64))
    top = len(level) - 1
    for f in chosen:
        count = start[f + 1] - start[f]
        held = _grown(held, count)
        held[:count] = np.arange(start[f], start[f + 1])
        frame[0, 0], frame[1, 0], frame[2, 0], frame[3, 0], frame[4, 0] = top, 0, level[top] - level[top - 1], 0, count
        d = 0
        while d >= 0:
            c, deep, first, last = frame[1, d], frame[0, d] - 1, frame[3, d], frame[4, d]
            if c >= frame[2, d]:
                d -= 1
                continue
            frame[1, d] += 1
            if deep < 0:
                squared = _from_house(order[c], house, edge, held, first, last, within)
                if squared <= within * within:
                    pairs = _add(pairs, n, order[c], f, np.sqrt(squared), 0)
                    n += 1
                continue
            held = _grown(held, 2 * last - first)
            after = _reach(edge, held, first, last, node[level[deep] + c], within)
            if after > last:
                d += 1
                _push(frame, d, deep, c, tree, last, after)
    return pairs[0][:n], pairs[1][:n], pairs[2][:n]


@njit(cache=True, nogil=True)
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
