"""Outlines drawn wrongly (画错的图形): what a spoiled outline looks like, and where it can stand without touching anything else.

Each is drawn so that nobody's verdict hangs on it: areas stay within half a square metre, what moves stays off every zone,
and an outline that a reader cannot use belongs to a house that is surveyed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from jiadi.survey.sample.draw import Bools, Floats, Ints
from jiadi.survey.sample.ground import INSET_M
from jiadi.survey.sample.records import World
from jiadi.survey.sample.truth_zones import polygons

Outlines = NDArray[np.object_]
LOST = frozenset({"empty_geometry", "coordinates_impossible", "away_from_place"})
"""Kinds whose outline a reader cannot use."""
_NEAREST_ZONE_M = 120.0
_ELSEWHERE_M = 120_000.0


@dataclass(slots=True)
class Drawings:
    """Clean outlines of the county, and what lies beside what (清图).

    Args:
        parcels, houses: polygons in the county's plane; their first side is the front, from left to right.
        quiet: (houses,) whether the homestead was planted in no zone.
        main: (houses,) whether a dwelling, not an annex.
        parcel_of: (houses,) homestead.
        right_of: (homesteads,) the one that touches it on the right, -1 where there is none.
    """

    parcels: Outlines
    houses: Outlines
    quiet: Bools
    main: Bools
    parcel_of: Ints
    right_of: Ints
    zones: Outlines
    tree: shapely.STRtree = field(init=False)
    near_zones: shapely.STRtree = field(init=False)

    def __post_init__(self) -> None:
        self.tree = shapely.STRtree(self.parcels)
        self.near_zones = shapely.STRtree(shapely.buffer(self.zones, _NEAREST_ZONE_M, quad_segs=1))

    def fits(self, kind: str, table: str, rows: Ints) -> Bools:
        """Which houses or homesteads may carry a kind, before anything is drawn."""
        four = shapely.get_num_coordinates((self.parcels if table == "parcel" else self.houses)[rows]) == 5
        if table == "parcel":
            of_parcel: dict[str, Bools] = {"several_parts": four, "parcel_overlap": self.right_of[rows] >= 0}
            return of_parcel.get(kind, np.ones(len(rows), dtype=bool))
        lonely = self.quiet[rows] & self.main[rows]
        fitting: dict[str, Bools] = {
            "several_parts": four,
            "sliver": self.quiet[rows],
            "house_crosses_parcel": lonely,
            "house_on_several_parcels": lonely & (self.right_of[self.parcel_of[rows]] >= 0),
            "house_outside_parcels": self.quiet[rows],
        }
        return fitting.get(kind, np.ones(len(rows), dtype=bool))

    def draw(self, kind: str, table: str, place: int) -> tuple[bool, shapely.Geometry | None]:
        """Draw one outline wrongly (画错).

        Args:
            kind: problem code. table: parcel or footprint. place: homestead or house.

        Returns: whether it can be drawn so, and the outline; None where it has none.
        """
        clean = (self.parcels if table == "parcel" else self.houses)[place]
        if kind == "empty_geometry":
            return True, None
        if kind in _ALONE:
            return True, _ALONE[kind](clean)
        drawn = {
            "parcel_overlap": self._over_its_neighbour,
            "house_crosses_parcel": self._over_the_front,
            "house_on_several_parcels": self._over_the_side,
            "house_outside_parcels": self._apart,
        }[kind](place)
        return drawn is not None, drawn

    def _over_its_neighbour(self, place: int) -> shapely.Geometry | None:
        corners, across, _ = _frame(self.parcels[place])
        step = 0.28 / float(np.hypot(*(corners[2] - corners[1])))
        drawn = _moved(self.parcels[place], (1, 2), across * step)
        common = shapely.area(shapely.intersection(drawn, self.parcels[self.right_of[place]]))
        return drawn if 0.15 < common < 0.45 and self._touched(drawn) == {place, int(self.right_of[place])} else None

    def _over_the_front(self, place: int) -> shapely.Geometry | None:
        _, _, inward = _frame(self.houses[place])
        drawn = _moved(self.houses[place], (0, 1), -inward * (INSET_M + 0.6))
        return drawn if self._touched(drawn) == {int(self.parcel_of[place])} else None

    def _over_the_side(self, place: int) -> shapely.Geometry | None:
        _, across, _ = _frame(self.houses[place])
        own, beside = int(self.parcel_of[place]), int(self.right_of[self.parcel_of[place]])
        for step in np.arange(0.5, 6.0, 0.1):
            drawn = _moved(self.houses[place], (1, 2), across * step)
            common = shapely.area(shapely.intersection(drawn, self.parcels[beside]))
            if common > 0.5:
                fits = common < 0.08 * shapely.area(drawn) and self._touched(drawn) == {own, beside}
                return drawn if fits else None
        return None

    def _apart(self, place: int) -> shapely.Geometry | None:
        _, across, inward = _frame(self.houses[place])
        for metres in (60, 120, 240, 480, 900):
            for way in (-inward, inward, across, -across):
                drawn = shapely.transform(self.houses[place], lambda points, by=way * metres: points + by)
                if not self._touched(shapely.buffer(drawn, 5.0)) and not len(self.near_zones.query(drawn)):
                    return drawn
        return None

    def _touched(self, drawn: shapely.Geometry) -> set[int]:
        near = self.tree.query(drawn)
        return {int(one) for one in near if shapely.area(shapely.intersection(drawn, self.parcels[one])) > 0.005}


def drawings(world: World) -> Drawings:
    """The clean outlines of a county (清图)."""
    ground, village = world.ground, world.homesteads.village
    order = np.lexsort((ground.x0, ground.row, village))
    one, other = order[:-1], order[1:]
    beside = (village[one] == village[other]) & (ground.row[one] == ground.row[other]) & (np.abs(ground.x1[one] - ground.x0[other]) < 0.01)
    right_of = np.full(len(village), -1)
    right_of[one[beside]] = other[beside]
    zones = np.array([shapely.Polygon(ring) for ring in world.zones.ring], dtype=object)
    return Drawings(
        polygons(ground.parcels), polygons(ground.houses), ground.special[ground.parcel_of] < 0, ~ground.is_annex,
        ground.parcel_of, right_of, zones,
    )  # fmt: skip


def _frame(outline: shapely.Geometry) -> tuple[Floats, Floats, Floats]:
    """Corners, direction of the front from left to right, and direction inwards."""
    corners = shapely.get_coordinates(outline)
    along = corners[1] - corners[0]
    across = along / np.hypot(*along)
    return corners, across, np.array([-across[1], across[0]])


def _moved(outline: shapely.Geometry, places: tuple[int, int], by: Floats) -> shapely.Geometry:
    corners = shapely.get_coordinates(outline)[:-1]
    corners[list(places)] += by
    return shapely.Polygon(corners)


def _spiked(outline: shapely.Geometry) -> shapely.Geometry:
    """A cut of 0.8 m from the middle of the front, 8 mm wide where it begins."""
    corners, across, inward = _frame(outline)
    middle = (corners[0] + corners[1]) / 2
    spike = np.stack([middle - 0.004 * across, middle + 0.8 * inward, middle + 0.004 * across])
    return shapely.Polygon(np.concatenate([corners[:1], spike, corners[1:-1]]))


def _sliver(outline: shapely.Geometry) -> shapely.Geometry:
    """A strip of 0.2 m behind the front, as is left between two outlines that do not quite meet."""
    corners, across, inward = _frame(outline)
    left, right = corners[0] + 0.3 * (across + inward), corners[1] + 0.3 * (inward - across)
    return shapely.Polygon([left, right, right + 0.2 * inward, left + 0.2 * inward])


def _hole_outside(outline: shapely.Geometry) -> shapely.Geometry:
    corners, across, inward = _frame(outline)
    start = (corners[0] + corners[1]) / 2 - 0.6 * inward
    hole = [start, start + 0.3 * inward, start + 0.3 * (inward + across), start + 0.3 * across]
    return shapely.Polygon(corners[:-1], [hole])


def _in_two(outline: shapely.Geometry) -> shapely.Geometry:
    """Cut from front to back, the halves 4 mm apart."""
    corners, across, _ = _frame(outline)
    front, back, half = (corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2, 0.002 * across
    left = shapely.Polygon([corners[0], front - half, back - half, corners[3]])
    return shapely.MultiPolygon([left, shapely.Polygon([front + half, corners[1], corners[2], back + half])])


def _far(outline: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(outline, lambda points: points + np.array([_ELSEWHERE_M, 0.0]))


_ALONE: dict[str, Callable[[shapely.Geometry], shapely.Geometry]] = {
    "spike": _spiked,
    "sliver": _sliver,
    "ring_order": _hole_outside,
    "several_parts": _in_two,
    "away_from_place": _far,
    "coordinates_impossible": lambda outline: outline,
}
"""Kinds that need no look at what lies around."""
