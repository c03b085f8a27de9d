"""Zones as layers (管控区图层): what several zones cover together, and how near their edges are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from jiadi.geo.axes import Floats, Shapes

Index = npt.NDArray[np.int64]

_MARGIN_M = 1.0
_PIECE = 8


@dataclass(frozen=True, slots=True)
class Pairs:
    """Houses and zones that meet (房屋与管控区的配对), sorted by house and zone.

    Args:
        house, zone: (n,) rows of the two layers.
        overlap: (n,) square metres; 0 for pairs that are merely near.
        distance: (n,) metres; 0 for pairs that touch.
    """

    house: Index
    zone: Index
    overlap: Floats
    distance: Floats


def merge(of_house: Index, of_zone: Index, overlap: Floats, near: tuple[Index, Index, Floats], zones: int) -> Pairs:
    """Pairs that overlap or touch, and pairs that are merely near, each pair once, sorted (合并配对).

    Args:
        of_house, of_zone, overlap: (n,) rows and square metres of pairs that overlap or touch.
        near: rows of house and zone and metres, of pairs within reach.
        zones: how many zones there are.

    >>> one = np.zeros(1, np.int64)
    >>> merge(one, one, np.array([5.0]), (one, one, np.array([0.0])), 1).overlap.tolist()
    [5.0]
    """
    near_house, near_zone, distance = near
    house, zone = np.concatenate([of_house, near_house]), np.concatenate([of_zone, near_zone])
    _, first = np.unique(house * zones + zone, return_index=True)  # of a pair in both, the first: it touches
    overlaps = np.concatenate([overlap, np.zeros(len(near_house))])
    return Pairs(house[first], zone[first], overlaps[first], np.concatenate([np.zeros(len(of_house)), distance])[first])


Join = Callable[[Index, Index], Floats]
"""Rows of pairs, those of a house following each other, and their number in it from 1 → area of the house in
the zones joined so far."""


def joined_by(houses: Shapes, zones: Shapes, pairs: Pairs) -> Join:
    """Joins zones with GEOS (用 GEOS 合并): cut to a little more than the house first, so that lines that
    they share stay whole while they are joined.

    Args:
        houses, zones: polygons in one plane.
        pairs: which of them meet.
    """
    return lambda rows, number: _join(houses, zones, pairs.house[rows], pairs.zone[rows], number)


def dissolve(whole: Floats, join: Join, pairs: Pairs, layer: Index, day: Index) -> tuple[Floats, Floats]:
    """What the zones of one layer cover of a house together (同层合并后的重叠面积).

    Where a zone covers the house there is nothing to join from that zone on.

    Args:
        whole: (houses,) square metres of each house.
        join: joins zones that cut a house, as `joined_by` does.
        pairs: which of them meet.
        layer: (zones,) number of the layer that a zone is part of.
        day: (zones,) when it was designated, as a number.

    Returns:
        For each pair the square metres of the house in the whole layer, and in the zones of the
        layer that were there by the day of this one.

    >>> house, boxes = np.array([shapely.box(0, 0, 10, 10)]), shapely.box(np.array([0, 5]), 0, np.array([6, 8]), 10)
    >>> pairs = Pairs(np.array([0, 0]), np.array([0, 1]), np.array([60.0, 30.0]), np.zeros(2))
    >>> join = joined_by(house, boxes, pairs)
    >>> [v.tolist() for v in dissolve(np.array([100.0]), join, pairs, np.zeros(2, int), np.array([1, 2]))]
    [[80.0, 80.0], [60.0, 80.0]]
    """
    order = np.lexsort((pairs.zone, day[pairs.zone], layer[pairs.zone], pairs.house))
    house, zone, overlap = pairs.house[order], pairs.zone[order], pairs.overlap[order]
    if not len(order):
        return np.zeros(0), np.zeros(0)
    new_group = _starts((np.diff(house) > 0) | (np.diff(layer[zone]) != 0))
    joined = _cumulative(whole[house], join, order, overlap, new_group)
    new_day = new_group | _starts(np.diff(day[zone]) != 0)
    total, by_then = np.empty_like(joined), np.empty_like(joined)
    total[order] = joined[_last_of(new_group)]
    by_then[order] = joined[_last_of(new_day)]
    return total, by_then


def _starts(changes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where a row begins something new: the first, and where it changes from the one before."""
    return np.concatenate([np.ones(1, dtype=bool), changes])


def _last_of(starts: npt.NDArray[np.bool_]) -> Index:
    """For each row the last row of its group."""
    ends = np.append(np.flatnonzero(starts), len(starts))
    return np.repeat(ends[1:] - 1, np.diff(ends))


def _cumulative(whole: Floats, join: Join, order: Index, overlap: Floats, new_group: npt.NDArray[np.bool_]) -> Floats:
    """Overlap of the house with the zones of its group up to each row."""
    start = np.flatnonzero(new_group)[np.cumsum(new_group) - 1]
    covers = np.cumsum(overlap >= whole)
    covered = covers > covers[start] - (overlap[start] >= whole[start])
    some = np.cumsum(overlap > 0)
    number = some - some[start] + (overlap[start] > 0)  # of the zones up to here that really overlap
    largest = _running_largest(overlap, start)
    joined = np.where(covered, whole, largest)  # right where no two partial ones meet
    open_row = ~covered & (overlap > 0)
    needed = np.zeros(len(order), dtype=bool)
    needed[start[open_row & (number > 1)]] = True
    rows = np.flatnonzero(open_row & needed[start])
    if len(rows):
        joined[rows] = join(order[rows], number[rows])
        joined = np.maximum(joined, _running_largest(np.where(covered, 0.0, joined), start))
    return joined


def _running_largest(values: Floats, start: Index) -> Floats:
    """Largest value so far in each group."""
    out = values.copy()
    step = 1
    row = np.arange(len(values))
    while (held := row - step >= start).any():
        out[held] = np.maximum(out[held], out[row[held] - step])
        step *= 2
    return out


def _join(houses: Shapes, zones: Shapes, house: Index, zone: Index, number: Index) -> Floats:
    """Area of each house in the zones joined so far; rows of a group follow each other, numbered from 1."""
    around = shapely.bounds(houses[house]) + np.array([-1, -1, 1, 1]) * _MARGIN_M
    pieces = shapely.intersection(zones[zone], shapely.box(*around.T))
    for step in range(2, int(number.max()) + 1):
        here = np.flatnonzero(number == step)
        pieces[here] = shapely.union(pieces[here - 1], pieces[here])
    area: Floats = shapely.area(shapely.intersection(houses[house], pieces))
    return area


def nearby(houses: Shapes, zones: Shapes, chosen: Index, within_m: float) -> tuple[Index, Index, Floats]:
    """How far houses are from the edges of some zones (到图斑边界的距离).

    Edges are cut into short pieces in a tree, so that a road of a hundred kilometres costs a house
    no more than the stretch before its door.

    Args:
        houses, zones: polygons in one plane.
        chosen: rows of the zones to look at.
        within_m: how far to look.

    Returns:
        Rows of house and zone, and the distance to the zone's edge, metres, for pairs within reach.

    >>> found = nearby(np.array([shapely.box(0, 0, 1, 1)]), np.array([shapely.box(3, 0, 4, 1)]), np.array([0]), 5.0)
    >>> [part.tolist() for part in found]
    [[0], [0], [2.0]]
    """
    pieces, owner = _edges(zones[chosen])
    if not len(pieces) or not len(houses):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    around = shapely.bounds(houses) + np.array([-1, -1, 1, 1]) * within_m
    of_house, of_piece = shapely.STRtree(pieces).query(shapely.box(*around.T))
    distance = shapely.distance(houses[of_house], pieces[of_piece])
    near = distance <= within_m
    of_house, of_piece, distance = of_house[near], of_piece[near], distance[near]
    pair = of_house * len(zones) + chosen[owner[of_piece]]
    order = np.lexsort((distance, pair))
    first = order[np.r_[True, np.diff(pair[order]) > 0]] if len(order) else order
    return of_house[first], pair[first] % len(zones), distance[first]


def _edges(zones: Shapes) -> tuple[Shapes, Index]:
    """Edges of zones as lines of a few points, and the row of the zone of each; lines and points as they are."""
    parts, owner = shapely.get_parts(zones, return_index=True)
    surface = shapely.get_type_id(parts) == 3
    rings, of_part = shapely.get_rings(parts[surface], return_index=True)
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not len(points):
        return parts[~surface], owner[~surface]
    first = np.flatnonzero(np.r_[True, np.diff(of_ring) > 0])
    count = np.diff(np.r_[first, len(points)])
    place = np.arange(len(points)) - np.repeat(first, count)
    piece_of_ring = np.r_[0, np.cumsum(-(-(count - 1) // _PIECE))]
    piece = piece_of_ring[of_ring] + place // _PIECE
    # A point where a piece ends also begins the next one; a ring's last point begins none.
    begins = np.r_[np.diff(of_ring) == 0, False] | (place % _PIECE != 0)
    ends = np.flatnonzero((place % _PIECE == 0) & (place > 0))
    at = np.r_[np.flatnonzero(begins), ends]
    of_piece = np.r_[piece[begins], piece[ends] - 1]
    order = np.lexsort((at, of_piece))
    lines = shapely.linestrings(points[at[order]], indices=of_piece[order])
    ring_of_piece = np.repeat(np.arange(len(rings)), np.diff(piece_of_ring))
    return np.r_[lines, parts[~surface]], np.r_[owner[surface][of_part[ring_of_piece]], owner[~surface]]
