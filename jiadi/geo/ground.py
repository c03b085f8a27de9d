"""Parcels or zones laid over many houses by compiled loops (大批量叠加): what `overlay` does for few with GEOS.

Figures are those of GEOS to a millionth of a square metre; a county of a million houses takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from jiadi.geo.axes import Floats, Mask, Shapes
from jiadi.geo.kernel import cut as cut_kernel
from jiadi.geo.kernel import join as join_kernel
from jiadi.geo.kernel import ring as ring_kernel
from jiadi.geo.layer import Index
from jiadi.geo.piece import THREADS
from jiadi.geo.rings import Rings, along_curve, at_once, running, tree_of

_LITTLE = 20_000
"""Points, 40 more for each feature: so few are one part."""
_ROOM = 24
"""Work space in points of the largest feature: it is cut once a level of the tree."""


class Houses:
    """Houses in the plane, and the tree over them (房屋).

    Args:
        rings: as `rings_of` gives them.
    """

    def __init__(self, rings: Rings) -> None:
        self.rings = rings
        self.tree = tree_of(rings)

    @cached_property
    def is_convex(self) -> Mask:
        """Which houses are one convex ring (凸多边形)."""
        mask: Mask = ring_kernel.convex(self.rings.x, self.rings.y, self.rings.ring, self.rings.feature)
        return mask


@dataclass(frozen=True, slots=True)
class Cut:
    """Pairs that overlap (重叠对), sorted by house and feature.

    Args:
        house, feature: (n,) rows.
        area: (n,) square metres, more than 0.0001.
        first, last: (n,) which rings of `ring` the feature leaves of the house's rectangle; none where
            it covers the house.
        ring: (r + 1,) where the points of each ring begin.
        x, y: points, metres.
    """

    house: Index
    feature: Index
    area: Floats
    first: Index
    last: Index
    ring: Index
    x: Floats
    y: Floats


def cut(houses: Houses, features: Rings, *, keep: bool, chosen: Index | None = None) -> Cut:
    """How much of each house lies in each feature (求重叠面积).

    Args:
        houses: houses and their tree.
        features: parcels or zones in the same plane.
        keep: also give the rings that `joined` needs.
        chosen: rows of the features to look at; None for all.

    Returns:
        The pairs.
    """
    rows = np.flatnonzero(np.diff(features.feature)) if chosen is None else chosen
    count = features.points(rows)
    if len(rows) == 0 or not len(houses.tree.order):
        return _stacked([])
    work = int(count.sum()) + 40 * len(count)
    if work < _LITTLE:
        return _stacked([_part(rows, features, houses, keep)])
    # Features of like size go together, since each part has work space for its largest one; and neighbours follow
    # each other, since they meet the same houses.
    order = np.lexsort((along_curve(features.box[rows]), -np.ceil(np.log2(count + 1))))
    rows, count = rows[order], count[order]
    shares = np.linspace(0, work, 16 * THREADS + 1)[1:-1]
    bounds = np.searchsorted(np.cumsum(count) + 40 * np.arange(len(count)), shares, side="left")
    bounds = np.unique(np.r_[0, bounds, len(rows)]).astype(np.int64)
    return _stacked(at_once(lambda a, b: _part(rows[a:b], features, houses, keep), bounds))


def _part(rows: Index, features: Rings, houses: Houses, keep: bool) -> tuple[Any, ...]:
    zone = (features.x, features.y, features.ring, features.feature, features.box)
    r = houses.rings
    house = (r.x, r.y, r.ring, r.feature, r.box, r.area, houses.is_convex)
    room = _ROOM * int(features.points(rows).max()) + 4096
    while True:
        found: tuple[Any, ...] = cut_kernel.cut(rows, zone, house, houses.tree.parts, keep, room)
        if not len(found[0]) or found[0][0, 0] >= 0:
            return found
        room *= 2


def _stacked(parts: list[tuple[Any, ...]]) -> Cut:
    """Parts one behind the other, sorted by house and feature."""
    if not any(len(part[0]) for part in parts):
        nothing = np.zeros(0, np.int64)
        return Cut(nothing, nothing, np.zeros(0), nothing, nothing, np.zeros(1, np.int64), np.zeros(0), np.zeros(0))
    pair, area = (np.concatenate([part[k] for part in parts]) for k in range(2))
    rings = running(np.array([len(part[2]) - 1 for part in parts]))
    points = running(np.array([part[3].shape[1] for part in parts]))
    last = pair[:, 2] + np.repeat(rings[:-1], [len(part[0]) for part in parts])
    first = np.concatenate([np.zeros(1, np.int64), last[:-1]])
    ring = np.concatenate([np.zeros(1, np.int64), *(part[2][1:] + base for part, base in zip(parts, points, strict=False))])
    order = np.lexsort((pair[:, 1], pair[:, 0]))
    x, y = np.concatenate([part[3] for part in parts], axis=1)
    return Cut(pair[order, 0], pair[order, 1], area[order], first[order], last[order], ring, x, y)


def joined(houses: Houses, found: Cut, row: Index, starts: Mask) -> Floats:
    """What features cover of a house together (合并重叠面积).

    Args:
        houses, found: as for `cut`, with its rings kept.
        row: (n,) pairs of `found`, those of a group following each other.
        starts: (n,) where a group begins.

    Returns:
        (n,) square metres of the house in the features of its group up to each row.
    """
    group = np.r_[np.flatnonzero(starts), len(row)].astype(np.int64)
    r = houses.rings
    house = (r.x, r.y, r.ring, r.feature)
    spans = (found.first[row], found.last[row])
    out: Floats = join_kernel.join(group, found.house[row[group[:-1]]], *spans, found.ring, found.x, found.y, house)
    return out


def near(houses: Houses, features: Rings, shapes: Shapes, chosen: Index, within_m: float) -> tuple[Index, Index, Floats]:
    """Houses near the edges of some features (到边线的距离).

    Args:
        houses, features: in one plane.
        shapes: (k,) those of the features that are no polygons, in the plane, in the order of `features.other`.
        chosen: rows of the features to look at.
        within_m: how far to look.

    Returns:
        Rows of house and feature, and metres, for pairs within reach.
    """
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if not len(chosen) or not len(houses.tree.order):
        return nothing
    edge, start = _edges(features, shapes, chosen)
    if not len(edge):
        return nothing
    r = houses.rings
    house = (r.x, r.y, r.ring, r.feature, r.box)
    rows = np.arange(len(chosen))
    even: Any = np.searchsorted(start, np.linspace(0, len(edge), 4 * THREADS + 1)[1:-1]) if len(edge) > 5000 else []
    bounds = np.unique(np.r_[0, even, len(rows)]).astype(np.int64)
    parts = at_once(lambda a, b: cut_kernel.near(rows[a:b], edge, start, house, houses.tree.parts, within_m), bounds)
    pair, distance = (np.concatenate([part[k] for part in parts]) for k in range(2))
    return pair[:, 0], chosen[pair[:, 1]], distance


def _edges(features: Rings, shapes: Shapes, chosen: Index) -> tuple[Floats, Index]:
    """Edges of the chosen features, from and to, and where those of each begin; a point is an edge without length."""
    of_other = {int(row): shape for row, shape in zip(features.other, shapes, strict=True)}
    parts: list[Floats] = []
    for row in chosen.tolist():
        rings = range(features.feature[row], features.feature[row + 1])
        found = [_ring(features.x, features.y, features.ring[k], features.ring[k + 1]) for k in rings]
        if row in of_other:
            found += [_chain(shapely.get_coordinates(part)) for part in shapely.get_parts(of_other[row])]
        parts.append(np.concatenate(found) if found else np.zeros((0, 4)))
    start = np.r_[0, np.cumsum([len(part) for part in parts])].astype(np.int64)
    return np.concatenate(parts) if parts else np.zeros((0, 4)), start


def _ring(x: Floats, y: Floats, begin: int, end: int) -> Floats:
    points = np.column_stack([x[begin:end], y[begin:end]])
    return np.hstack([points, np.roll(points, -1, axis=0)])


def _chain(points: Floats) -> Floats:
    return np.hstack([points[:-1], points[1:]]) if len(points) > 1 else np.hstack([points, points])
