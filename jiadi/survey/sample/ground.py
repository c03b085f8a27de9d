"""Parcels, houses and annexes as polygons (宗地与房屋图形), drawn in true metres and set into the plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jiadi.survey.sample.draw import Bools, Floats, Ints, between, cumulative_in_run, distributions, rank_in_run, stream
from jiadi.survey.sample.homestead import ZONE_PLANS, Homesteads
from jiadi.survey.sample.places import Villages

ROAD_Y_M = -62.0
"""Edge of the road along the homesteads planted in a road strip, below the village's first row."""
INSET_M = 0.5
"""Least distance between a house and the line of its homestead."""
NEXT_ROW_M = 26.0


@dataclass(slots=True)
class Rings:
    """Closed rings of 4 or 6 corners (环), one entry a polygon.

    Args:
        x, y: (n, 6) corners in the plane; where there are 4, the last two repeat the last corner.
        corners: (n,) 4 or 6.
    """

    x: Floats
    y: Floats
    corners: Ints

    def take(self, rows: Ints) -> Rings:
        """The rings of some rows."""
        return Rings(self.x[rows], self.y[rows], self.corners[rows])


@dataclass(slots=True)
class Ground:
    """What stands where (地面).

    Args:
        parcels: rings of the homesteads.
        houses: rings of houses and annexes.
        parcel_of: (houses,) position of the homestead.
        is_annex: (houses,) whether an annex.
        base_m2: (houses,) ground area.
        rows: (homesteads,) row within the village: 0, 1, … for the block, -1 along the road.
        front: (homesteads,) y of the front, x0 and x1 of the sides, in the village's frame.
        special: (homesteads,) kind of zone (position in ZONE_PLANS), -1 where there is none.
    """

    parcels: Rings
    houses: Rings
    parcel_of: Ints
    is_annex: Bools
    base_m2: Floats
    row: Ints
    front: Floats
    x0: Floats
    x1: Floats
    depth: Floats
    special: Ints
    block_rows: Ints
    block_width: Floats


@dataclass(slots=True)
class _Shape:
    """A homestead in its own frame: width, depth left and right, notch."""

    width: Floats
    left: Floats
    right: Floats
    notch_x: Floats
    notch_y: Floats
    usable: Floats


def draw_ground(villages: Villages, homesteads: Homesteads, seed: int) -> Ground:
    """Lay the homesteads of each village along its rows and build on them (落地).

    Each kind of planted zone has a row of its own, so that a zone covers what is planted in it and
    nothing else; homesteads of `in_road_strip` stand along a road away from the block.
    """
    rng = stream(seed, "ground")
    shape = _shapes(rng, homesteads.area_m2)
    special = np.full(len(homesteads.village), -1)
    for kind, plan in enumerate(ZONE_PLANS):
        special[homesteads.planned(plan)] = kind
    row, block_rows = _rows(homesteads.village, special, len(villages.code))
    order = np.lexsort((np.arange(len(row)), row, homesteads.village))
    x0 = np.empty(len(row))
    group = (homesteads.village * (int(row.max()) + 3) + row + 1)[order]
    x0[order] = cumulative_in_run(shape.width[order] + _gaps(rng, group), group)
    front = row * NEXT_ROW_M + between(rng, (0, 0.4), len(row))
    along_road = special == ZONE_PLANS.index("in_road_strip")
    front[along_road] = ROAD_Y_M + _setback(rng, homesteads)[along_road] - INSET_M
    width = np.zeros(len(villages.code))
    np.maximum.at(width, homesteads.village, x0 + shape.width)
    parcels = _parcel_rings(villages, homesteads.village, shape, x0, front)
    houses, parcel_of, is_annex, base = _house_rings(rng, villages, homesteads, shape, x0, front)
    depth = np.maximum(shape.left, shape.right)
    return Ground(parcels, houses, parcel_of, is_annex, base, row, front, x0, x0 + shape.width, depth, special, block_rows, width)


def _shapes(rng: np.random.Generator, area: Floats) -> _Shape:
    count = len(area)
    figures = distributions()
    depth = np.minimum(np.sqrt(area * between(rng, (1.0, 1.5), count)), 20.0)
    kind = rng.random(count)
    notched = kind < figures["l_shaped"]
    slanted = (kind > 1 - figures["trapezoid"]) & ~notched
    slant = np.where(slanted, between(rng, (-1.2, 1.2), count), 0.0)
    notch_y = np.where(notched, between(rng, (1.0, 2.2), count), 0.0)
    notch_x = np.where(notched, between(rng, (1.5, 3.0), count), 0.0)
    width = (area + notch_x * notch_y) / depth
    left, right = depth + slant / 2, depth - slant / 2
    return _Shape(width, left, right, notch_x, notch_y, np.minimum(left, right) - notch_y)


def _rows(village: Ints, special: Ints, villages: int) -> tuple[Ints, Ints]:
    """Row of each homestead: lawful ones fill a block, each kind of zone has one row above it."""
    row = np.zeros(len(village), dtype=np.int64)
    plain = np.flatnonzero(special < 0)
    counts = np.bincount(village[plain], minlength=villages)
    per_row = np.maximum(4, np.round(np.sqrt(2.0 * counts))).astype(np.int64)
    row[plain] = rank_in_run(village[plain]) // per_row[village[plain]]
    block = np.zeros(villages, dtype=np.int64)
    np.maximum.at(block, village[plain], row[plain] + 1)
    for kind in range(len(ZONE_PLANS)):
        rows = special == kind
        # One row is left empty on either side of a zone's row.
        row[rows] = block[village[rows]] + 1 + 2 * kind
    row[special == ZONE_PLANS.index("in_road_strip")] = -1
    return row, block


def _gaps(rng: np.random.Generator, group: Ints) -> Floats:
    figures = distributions()["village"]
    count = len(group)
    gap = np.where(rng.random(count) < figures["shared_edge"], 0.0, between(rng, figures["gap_m"], count))
    path = rank_in_run(group) % figures["path_every"] == figures["path_every"] - 1
    return np.where(path, figures["path_m"], gap)


def _setback(rng: np.random.Generator, homesteads: Homesteads) -> Floats:
    """Distance between road land and front wall, well inside the strip."""
    strip = homesteads.road_class.figures(distributions()["road_strips_m"], 1.0)
    return np.maximum(0.85, strip * between(rng, (0.22, 0.8), len(strip)))


def _place(villages: Villages, village: Ints, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """From a village's frame (true metres) into the plane."""
    turn, scale = villages.turn[village], villages.scale[village]
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    if x.ndim == 2:
        cos, sin, village = cos[:, None], sin[:, None], village[:, None]
    return villages.x[village] + x * cos - y * sin, villages.y[village] + x * sin + y * cos


def _follow_lane(villages: Villages, village: Ints, middle: Floats, x: Floats, y: Floats) -> Floats:
    """Set a homestead along its lane where that swings aside: a shear, which leaves every area as it was."""
    aside, slope = villages.swing(village, middle)
    return y + aside[:, None] + slope[:, None] * (x - middle[:, None])


def _parcel_rings(villages: Villages, village: Ints, shape: _Shape, x0: Floats, front: Floats) -> Rings:
    notched = shape.notch_y > 0
    zero, width = np.zeros(len(x0)), shape.width
    plain_x = np.stack([zero, width, width, zero, zero, zero], axis=1)
    plain_y = np.stack([zero, zero, shape.right, shape.left, shape.left, shape.left], axis=1)
    inner = width - shape.notch_x
    low = shape.right - shape.notch_y
    cut_x = np.stack([zero, width, width, inner, inner, zero], axis=1)
    cut_y = np.stack([zero, zero, low, low, shape.right, shape.left], axis=1)
    x = np.where(notched[:, None], cut_x, plain_x) + x0[:, None]
    y = np.where(notched[:, None], cut_y, plain_y) + front[:, None]
    px, py = _place(villages, village, x, _follow_lane(villages, village, x0 + width / 2, x, y))
    return Rings(px, py, np.where(notched, 6, 4))


def _house_rings(
    rng: np.random.Generator, villages: Villages, homesteads: Homesteads, shape: _Shape, x0: Floats, front: Floats
) -> tuple[Rings, Ints, Bools, Floats]:
    """House in front, annexes behind it, all at least INSET_M inside the homestead."""
    parcel_of = np.repeat(np.arange(len(x0)), homesteads.annexes + 1)
    place = rank_in_run(parcel_of)
    count = len(parcel_of)
    wide, deep = (shape.width - 2 * INSET_M)[parcel_of], (shape.usable - 2 * INSET_M)[parcel_of]
    annexes = homesteads.annexes[parcel_of]
    annex_deep = np.minimum(3.5, 0.28 * deep)
    main_deep = np.where(annexes > 0, deep - annex_deep - 0.6, deep * between(rng, (0.7, 1.0), count))
    main_wide = wide * between(rng, (0.8, 1.0), count)
    annex_wide = wide * np.where(annexes == 2, between(rng, (0.25, 0.42), count), between(rng, (0.3, 0.6), count))
    main = place == 0
    w = np.where(main, main_wide, annex_wide)
    d = np.where(main, main_deep, annex_deep)
    left = np.where(place == 2, wide - annex_wide, 0.0) + INSET_M
    low = np.where(main, 0.0, deep - annex_deep) + INSET_M
    winged = main & (rng.random(count) < distributions()["l_shaped"])
    wing_x, wing_y = np.where(winged, w * 0.35, 0.0), np.where(winged, d * 0.3, 0.0)
    zero = np.zeros(count)
    x = np.stack([zero, w, w, np.where(winged, w - wing_x, zero), np.where(winged, w - wing_x, zero), zero], axis=1)
    y = np.stack([zero, zero, d - wing_y, np.where(winged, d - wing_y, d), d, d], axis=1)
    x, y = x + (left + x0[parcel_of])[:, None], y + (low + front[parcel_of])[:, None]
    village, middle = homesteads.village[parcel_of], (x0 + shape.width / 2)[parcel_of]
    px, py = _place(villages, village, x, _follow_lane(villages, village, middle, x, y))
    return Rings(px, py, np.where(winged, 6, 4)), parcel_of, ~main, np.round(w * d - wing_x * wing_y, 2)


_LOOP_M = 0.03


def spoil(rings: Rings, kinds: Mapping[int, str]) -> Rings:
    """Outlines with dirt in some of them (图形脏数据).

    Args:
        rings: clean outlines.
        kinds: row → "duplicate_points", its second corner twice; or "self_intersection", two lines that
            cross within a few centimetres of the second corner.
    """
    if not kinds:
        return rings
    width = int(max(rings.x.shape[1], rings.corners[list(kinds)].max() + 3))
    x, y = (np.pad(part, ((0, 0), (0, width - part.shape[1])), mode="edge") for part in (rings.x, rings.y))
    corners = rings.corners.copy()
    for row, kind in kinds.items():
        points = np.stack([x[row, : corners[row]], y[row, : corners[row]]], axis=1)
        before, at, after = points[:3]
        back, on = _LOOP_M * _unit(before - at), _LOOP_M * _unit(after - at)
        instead = [at, at] if kind == "duplicate_points" else [at + 2 * back, at + on, at + back, at + 2 * on]
        changed = np.concatenate([points[:1], instead, points[2:]])
        x[row], y[row] = (np.pad(changed[:, axis], (0, width - len(changed)), mode="edge") for axis in (0, 1))
        corners[row] = len(changed)
    return Rings(x, y, corners)


def _unit(vector: Floats) -> Floats:
    out: Floats = vector / np.hypot(*vector)
    return out
