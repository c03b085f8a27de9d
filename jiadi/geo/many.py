"""Parcels and zones laid over very many houses, or over one that was edited (大批量叠加): by compiled loops.

Figures are those that `overlay` has of GEOS for few houses, to a millionth of a square metre. A county of a
million houses takes seconds; with the ground kept, one house takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from jiadi.geo import ground
from jiadi.geo.axes import Floats, Mask, Shapes
from jiadi.geo.ground import Houses
from jiadi.geo.kernel import ring as ring_kernel
from jiadi.geo.layer import Index, Join, Pairs, merge
from jiadi.geo.measure import LocalPlane, shapes_of
from jiadi.geo.rings import Rings, Tree, degrees, in_plane, tree_of

Ids = pl.Series | Sequence[str]
Places = pl.Series | npt.NDArray[Any]
FEW = 64
"""For so few houses only the features about them are looked at."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One layer of parcels or zones in a plane (底图图层), sorted by id, kept to be laid over houses.

    Args:
        ids: (m,) ids, sorted.
        order: (m,) the rows they had.
        rings: (m,) as compiled loops take them.
        tree: over their rectangles.
        lines: those of `rings.other`, in the plane.
        plane: where they are.
    """

    ids: pl.Series
    order: Index
    rings: Rings
    tree: Tree
    lines: Shapes
    plane: LocalPlane

    def around(self, houses: Rings, within_m: float = 0.0) -> Index | None:
        """Rows of the features about few houses (周边图斑); None for many, then all are looked at."""
        if len(houses.box) > FEW:
            return None
        reach = np.array([-within_m, -within_m, within_m, within_m])
        found = [ring_kernel.meeting(box + reach, *self.tree.parts, self.rings.box) for box in houses.box if np.isfinite(box).all()]
        rows: Index = np.sort(found[0]) if len(found) == 1 else np.unique(np.concatenate([*found, np.zeros(0, np.int64)]))
        return rows


def _sorted(places: Places, ids: Ids) -> tuple[Places, pl.Series, Index]:
    """Places and ids in the order of the ids, and the rows they had."""
    names = pl.Series(ids, dtype=pl.String)
    order = names.arg_sort().to_numpy().astype(np.int64)
    return places[order], names[order], order


def _ground(places: Places, ids: pl.Series, order: Index, rings: Rings, plane: LocalPlane) -> Ground:
    other = np.asarray(places[rings.other], dtype=object) if len(rings.other) else np.zeros(0, object)
    return Ground(ids, order, rings, tree_of(rings), plane.bring(shapes_of(other)), plane)


def ground_of(places: Places, ids: Ids, plane: LocalPlane) -> Ground:
    """A layer made ready to be laid over houses (准备底图).

    Args:
        places: (m,) WKB or geometries in EPSG:4490, valid; null where missing.
        ids: (m,) ids.
        plane: where to compute; houses are brought there too.

    >>> import shapely
    >>> ground_of(np.array([shapely.box(118, 29, 118.001, 29.001)]), ["p"], LocalPlane(118.25, 29.25)).ids.to_list()
    ['p']
    """
    land, names, order = _sorted(places, ids)
    (rings,), _ = in_plane([degrees(land)], plane)
    return _ground(land, names, order, rings, plane)


def both(houses: Places, house_ids: Ids, places: Places, ids: Ids, plane: LocalPlane | None) -> tuple[pl.Series, Index, Houses, Ground]:
    """Houses and a layer in one plane (房屋与图层入同一平面).

    Args:
        houses, house_ids, places, ids: as in `overlay`.
        plane: None for that of their own place.

    Returns:
        Ids of the houses, sorted, the rows they had, the houses, and the layer.
    """
    stock, names, rows = _sorted(houses, house_ids)
    land, codes, order = _sorted(places, ids)
    (rings, over), plane = in_plane([degrees(stock), degrees(land)], plane)
    return names, rows, Houses(rings), _ground(land, codes, order, over, plane)


def parcels(houses: Houses, land: Ground) -> tuple[Index, Index, Floats, Floats]:
    """Which parcels each house overlaps (房屋落宗).

    Args:
        houses: in the plane of the parcels.
        land: the parcels.

    Returns:
        Rows of house and parcel and square metres of each pair; square metres of each house.

    >>> import shapely
    >>> house, lot = np.array([shapely.box(118, 29, 118.0001, 29.0001)]), np.array([shapely.box(118, 29, 118.00005, 29.001)])
    >>> _, _, placed, land = both(house, ["h"], lot, ["p"], None)
    >>> _, _, overlap, whole = parcels(placed, land)
    >>> (overlap / whole).round(3).tolist()
    [0.5]
    """
    found = ground.cut(houses, land.rings, keep=False, chosen=land.around(houses.rings))
    return found.house, found.feature, found.area, houses.rings.area


def zones(houses: Houses, land: Ground, road: Mask, *, least_m2: float, near_m: float) -> tuple[Pairs, Floats, Join]:
    """Which zones each house lies in, and which roads are near (房屋与管控区叠加).

    Args:
        houses: in the plane of the zones.
        land: the zones.
        road: (m,) which of them are road land.
        least_m2: an overlap that is not larger is none.
        near_m: how far a road is looked for.

    Returns:
        Pairs of house and zone; square metres of each house; and what joins zones.
    """
    found = ground.cut(houses, land.rings, keep=True, chosen=land.around(houses.rings))
    reach = land.around(houses.rings, near_m)
    drawn = land.rings.other[road[land.rings.other]]
    roads = np.flatnonzero(road) if reach is None else np.union1d(reach[road[reach]], drawn) if len(drawn) else reach[road[reach]]
    near = ground.near(houses, land.rings, land.lines, roads, near_m)
    kept = (found.area > least_m2) | road[found.feature]
    many = max(len(road), 1)
    pairs = merge(found.house[kept], found.feature[kept], found.area[kept], near, many)
    place = np.searchsorted(found.house * many + found.feature, pairs.house * many + pairs.zone)

    def join(rows: Index, number: Index) -> Floats:
        return ground.joined(houses, found, place[rows], number == 1)

    return pairs, houses.rings.area, join
