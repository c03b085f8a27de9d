"""Parcels and zones laid over very many houses (大批量叠加): what `overlay` does for few, by compiled loops.

Figures are those of GEOS to a millionth of a square metre; a county of a million houses takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from jiadi.geo import ground, overlay
from jiadi.geo.axes import Floats
from jiadi.geo.layer import Index, Join, Pairs
from jiadi.geo.measure import LocalPlane, shapes_of
from jiadi.geo.rings import degrees, in_plane

Ids = pl.Series | Sequence[str]
Places = pl.Series | npt.NDArray[Any]


def _sorted(places: Places, ids: Ids) -> tuple[Places, pl.Series, Index]:
    """Places and ids in the order of the ids, and the rows they had."""
    names = pl.Series(ids, dtype=pl.String)
    order = names.arg_sort().to_numpy().astype(np.int64)
    return places[order], names[order], order


def parcels(
    houses: Places, house_ids: Ids, lots: Places, lot_ids: Ids, plane: LocalPlane | None
) -> tuple[pl.Series, pl.Series, Index, Index, Floats, Floats]:
    """Which parcels each house overlaps (房屋落宗).

    Args:
        houses, house_ids, lots, lot_ids, plane: as in `overlay.largest_parcel`.

    Returns:
        Ids of houses and of parcels, sorted; rows of house and parcel and square metres of each pair;
        square metres of each house.

    >>> house, lot = np.array([shapely.box(118, 29, 118.0001, 29.0001)]), np.array([shapely.box(118, 29, 118.00005, 29.001)])
    >>> _, _, _, _, overlap, whole = parcels(house, ["h"], lot, ["p"], None)
    >>> (overlap / whole).round(3).tolist()
    [0.5]
    """
    places, names, _ = _sorted(houses, house_ids)
    land, codes, _ = _sorted(lots, lot_ids)
    (rings, over), _ = in_plane([degrees(places), degrees(land)], plane)
    found = ground.cut(ground.Houses(rings), over, keep=False)
    return names, codes, found.house, found.feature, found.area, rings.area


def zones(
    houses: Places, house_ids: Ids, areas: pl.DataFrame, plane: LocalPlane | None
) -> tuple[Index, pl.Series, pl.DataFrame, Pairs, Floats, Join]:
    """Which zones each house lies in or near (房屋与管控区叠加).

    Args:
        houses, house_ids, areas, plane: as in `overlay.zone_overlaps`.

    Returns:
        Rows of houses that are drawn as points or lines, and are left out; ids of houses, sorted; what is
        known of the zones, sorted by id; their pairs; square metres of each house; and what joins zones.
    """
    places, names, rows = _sorted(houses, house_ids)
    land, codes, order = _sorted(areas["geometry"], areas["id"])
    about = areas.select("zone_kind", "zone_class", "designated_on")[order].with_columns(zone_id=codes)
    (rings, over), plane = in_plane([degrees(places), degrees(land)], plane)
    stock = ground.Houses(rings)
    found = ground.cut(stock, over, keep=True)
    road = overlay.roads(about)
    lines = plane.bring(shapes_of(land[over.other]))
    near = ground.near(stock, over, lines, np.flatnonzero(road), overlay.NEAR_M)
    kept = (found.area > overlay.LEAST_M2) | road[found.feature]
    pairs = overlay.merge(found.house[kept], found.feature[kept], found.area[kept], near, max(len(about), 1))
    return rows[rings.other], names, about, pairs, rings.area, _joins(stock, found, pairs, len(about))


def _joins(stock: ground.Houses, found: ground.Cut, pairs: Pairs, many: int) -> Join:
    place = np.searchsorted(found.house * many + found.feature, pairs.house * many + pairs.zone)

    def join(rows: Index, number: Index) -> Floats:
        return ground.joined(stock, found, place[rows], number == 1)

    return join
