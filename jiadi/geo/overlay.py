"""Houses over parcels and zones (叠加分析): how much of a house lies where.

Everything is computed in one equal-area plane (`measure.local`), so that the areas are those on the
ellipsoid. Cheap questions come first: a tree of rectangles finds the candidates, prepared polygons
say which touch and which cover, and only what crosses a line is cut. Frames come out sorted by
ids; the order of the input changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from jiadi.geo.axes import Floats, Mask, Shapes
from jiadi.geo.layer import Join, Pairs, dissolve, joined_by, merge, nearby
from jiadi.geo.measure import LocalPlane, local, shapes_of
from jiadi.geo.piece import piecewise

Ids = pl.Series | Sequence[str]
Places = pl.Series | npt.NDArray[Any]
Index = npt.NDArray[np.int64]

LEAST_M2 = 0.01
"""An overlap that is not larger is the drawing's own noise."""
NEAR_M = 60.0
"""Twice the widest strip along a road: roads further away than this are no neighbours."""
CLASSED = ("plan_class", "water_source")
"""Kinds of zone of which only those of one class make up a layer."""
MANY = 20_000
"""From so many houses on compiled loops do the work (`many`): they start slowly and then run many times as fast."""
_TIE = 1e-9

PARCEL_COLUMNS: dict[str, pl.DataType] = {
    "house_id": pl.String(),
    "parcel_id": pl.String(),
    "overlap_m2": pl.Float64(),
    "share": pl.Float64(),
    "outside_m2": pl.Float64(),
    "is_largest": pl.Boolean(),
}
ZONE_COLUMNS: dict[str, pl.DataType] = {
    "house_id": pl.String(),
    "zone_kind": pl.String(),
    "zone_class": pl.String(),
    "zone_id": pl.String(),
    "overlap_m2": pl.Float64(),
    "dissolved_overlap_m2": pl.Float64(),
    "dissolved_by_then_m2": pl.Float64(),
    "designated_on": pl.Date(),
    "distance_m": pl.Float64(),
}
_NO_ZONES = pl.DataFrame(schema=ZONE_COLUMNS)
UNDATED = 2**31 - 1
"""Day of a zone whose day nobody knows: the last of all."""


@dataclass(frozen=True, slots=True)
class _Flat:
    """Features in the plane: only those that are there, sorted by id."""

    shapes: Shapes
    ids: pl.Series
    rows: Index


def largest_parcel(houses: Places, house_ids: Ids, parcels: Places, parcel_ids: Ids, plane: LocalPlane | None = None) -> pl.DataFrame:
    """On which parcels a house stands, and on which with its largest part (房屋落宗).

    Args:
        houses: (n,) WKB or polygons in EPSG:4490, valid; null where a house has no footprint.
        house_ids: (n,) ids.
        parcels: (m,) WKB or polygons in EPSG:4490, valid; null where missing.
        parcel_ids: (m,) ids.
        plane: where to compute; None for that of the features' own place.

    Returns:
        One row for each pair that overlaps by more than 0.01 m², sorted by ids: `house_id`,
        `parcel_id`, `overlap_m2`, `share` of the house (0–1), `outside_m2` of the house beyond that
        parcel, `is_largest` (one parcel a house; of equal ones the smaller id).

    >>> house, parcel = shapely.box(118, 29, 118.0001, 29.0001), shapely.box(118, 29, 118.00005, 29.001)
    >>> largest_parcel(np.array([house]), ["h"], np.array([parcel]), ["p"])["share"].round(3).to_list()
    [0.5]
    """
    if len(house_ids) >= MANY:
        from jiadi.geo import many  # noqa: PLC0415  loading what is compiled takes a moment

        names, _, stock, land = many.both(houses, house_ids, parcels, parcel_ids, plane)
        return _parcel_frame(names, land.ids, *many.parcels(stock, land))
    house, parcel = _flatten(plane, (houses, house_ids), (parcels, parcel_ids))
    of_house, of_parcel = _touching(parcel.shapes, house.shapes)
    whole = shapely.area(house.shapes)
    overlap = _overlaps(house.shapes, parcel.shapes, of_house, of_parcel, whole[of_house])
    return _parcel_frame(house.ids, parcel.ids, of_house, of_parcel, overlap, whole)


def _parcel_frame(
    house_ids: pl.Series, parcel_ids: pl.Series, of_house: Index, of_parcel: Index, overlap: Floats, whole: Floats
) -> pl.DataFrame:
    kept = np.flatnonzero(overlap > LEAST_M2)
    kept = kept[np.lexsort((of_parcel[kept], of_house[kept]))]
    of_house, of_parcel, overlap = of_house[kept], of_parcel[kept], overlap[kept]
    whole = whole[of_house]
    share = np.minimum(overlap / whole, 1.0)
    return _frame(
        PARCEL_COLUMNS,
        {
            "house_id": house_ids[of_house],
            "parcel_id": parcel_ids[of_parcel],
            "overlap_m2": overlap,
            "share": share,
            "outside_m2": np.maximum(whole - overlap, 0.0),
            "is_largest": _first_largest(of_house, share),
        },
    )


def _frame(schema: Mapping[str, pl.DataType], columns: Mapping[str, Any]) -> pl.DataFrame:
    """A frame of columns that are of their kind already: of one house it costs less than a query that casts them."""
    held = [
        columns[name] if isinstance(columns[name], pl.Series) else pl.Series(columns[name], dtype=kind) for name, kind in schema.items()
    ]
    return pl.DataFrame([series.alias(name) for name, series in zip(schema, held, strict=True)])


def outside_parcels(houses: Places, house_ids: Ids, parcels: Places, parcel_ids: Ids, plane: LocalPlane | None = None) -> pl.DataFrame:
    """Houses that stand on no parcel (不在任何宗地内的房屋), and how far the nearest one is.

    Args:
        houses, house_ids, parcels, parcel_ids, plane: as in `largest_parcel`.

    Returns:
        One row a house that overlaps no parcel by more than 0.01 m², sorted: `house_id`, `area_m2`,
        `parcel_id` of the nearest parcel and `distance_m` to it; both null where there is none.

    >>> house, parcel = shapely.box(118, 29, 118.0001, 29.0001), shapely.box(118.0002, 29, 118.0003, 29.0001)
    >>> outside_parcels(np.array([house]), ["h"], np.array([parcel]), ["p"])["distance_m"].round(2).to_list()
    [9.74]
    """
    house, parcel = _flatten(plane, (houses, house_ids), (parcels, parcel_ids))
    of_house, of_parcel = _touching(parcel.shapes, house.shapes)
    whole = shapely.area(house.shapes)
    stands = _overlaps(house.shapes, parcel.shapes, of_house, of_parcel, whole[of_house]) > LEAST_M2
    alone = np.setdiff1d(np.arange(len(house.shapes)), of_house[stands])
    frame = pl.DataFrame({"house_id": house.ids[alone], "area_m2": whole[alone]})
    if not len(parcel.shapes):
        return frame.with_columns(parcel_id=pl.lit(None, pl.String), distance_m=pl.lit(None, pl.Float64))
    (row, nearest), distance = shapely.STRtree(parcel.shapes).query_nearest(house.shapes[alone], return_distance=True)
    order = np.lexsort((nearest, row))
    order = order[np.r_[True, np.diff(row[order]) > 0]] if len(order) else order
    found: pl.DataFrame = frame[row[order]]
    return found.with_columns(parcel_id=parcel.ids[nearest[order]], distance_m=pl.Series(distance[order], dtype=pl.Float64))


def parcel_overlaps(parcels: Places, parcel_ids: Ids, plane: LocalPlane | None = None) -> pl.DataFrame:
    """Parcels that lie over each other (宗地重叠).

    Args:
        parcels, parcel_ids, plane: as in `largest_parcel`.

    Returns:
        One row a pair that overlaps by more than 0.01 m², sorted: `parcel_id`, `other_id` (the
        larger id), `overlap_m2`.

    >>> boxes = np.array([shapely.box(118, 29, 118.0002, 29.0001), shapely.box(118.0001, 29, 118.0003, 29.0001)])
    >>> parcel_overlaps(boxes, ["b", "a"]).select("parcel_id", "other_id").rows()
    [('a', 'b')]
    """
    (flat,) = _flatten(plane, (parcels, parcel_ids))
    one, other = shapely.STRtree(flat.shapes).query(flat.shapes)
    kept = one < other
    one, other = one[kept], other[kept]
    near = _rectangles_overlap(flat.shapes, one, other)
    one, other = _inner(flat.shapes, one[near], other[near])
    overlap = _common(flat.shapes[one], flat.shapes[other])
    kept = np.flatnonzero(overlap > LEAST_M2)
    kept = kept[np.lexsort((other[kept], one[kept]))]
    return pl.DataFrame(
        {"parcel_id": flat.ids[one[kept]], "other_id": flat.ids[other[kept]], "overlap_m2": overlap[kept]},
        schema={"parcel_id": pl.String(), "other_id": pl.String(), "overlap_m2": pl.Float64()},
    )


def same_shapes(shapes: Places, ids: Ids, least_share: float, plane: LocalPlane | None = None) -> pl.DataFrame:
    """Shapes that are all but the same (重复图形).

    Args:
        shapes, ids, plane: as in `largest_parcel`.
        least_share: what two must have in common, of both together.

    Returns:
        One row a pair, sorted: `id`, `other_id` (the larger id), `share` (0 to 1).

    >>> boxes = np.array([shapely.box(118, 29, 118.0002, 29.0001), shapely.box(118, 29, 118.0002, 29.000101)])
    >>> same_shapes(boxes, ["b", "a"], 0.98).select("id", "other_id").rows()
    [('a', 'b')]
    """
    (flat,) = _flatten(plane, (shapes, ids))
    one, other = shapely.STRtree(flat.shapes).query(flat.shapes)
    area = shapely.area(flat.shapes)
    # Two shapes that have so much in common are of about the same size: most neighbours need not be cut.
    alike = (one < other) & (np.minimum(area[one], area[other]) >= least_share * np.maximum(area[one], area[other]))
    one, other = one[alike], other[alike]
    near = _rectangles_overlap(flat.shapes, one, other)
    one, other = one[near], other[near]
    common = _common(flat.shapes[one], flat.shapes[other])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = common / (area[one] + area[other] - common)
    kept = np.flatnonzero(share >= least_share)
    kept = kept[np.lexsort((other[kept], one[kept]))]
    return pl.DataFrame(
        {"id": flat.ids[one[kept]], "other_id": flat.ids[other[kept]], "share": np.minimum(share[kept], 1.0)},
        schema={"id": pl.String(), "other_id": pl.String(), "share": pl.Float64()},
    )


def zone_overlaps(houses: Places, house_ids: Ids, zones: pl.DataFrame, plane: LocalPlane | None = None) -> pl.DataFrame:
    """Which zones a house lies in, and how near it is to roads (房屋与管控区叠加).

    Zones of one kind that lie over each other count once: they are joined before the house is cut.
    Of a plan class and of water sources only those of the same class are one layer.

    Args:
        houses, house_ids, plane: as in `largest_parcel`.
        zones: `id`, `zone_kind`, `zone_class`, `designated_on`, `geometry` (WKB or polygons in
            EPSG:4490).

    Returns:
        One row for each house and zone that overlaps by more than 0.01 m², and for each house and
        road within 60 m; sorted by ids: `house_id`, `zone_kind`, `zone_class`, `zone_id`,
        `overlap_m2`, `dissolved_overlap_m2` (with all zones of that layer together),
        `dissolved_by_then_m2` (with those designated no later than this one; null where its day is
        not known), `designated_on`, `distance_m` (0.01 m, half up; 0 where they touch).

    >>> zone = pl.DataFrame({"id": ["z"], "zone_kind": ["road"], "zone_class": ["county"], "designated_on": [None],
    ...                      "geometry": [shapely.to_wkb(shapely.box(118.0002, 29, 118.0003, 29.0001))]})
    >>> zone_overlaps(np.array([shapely.box(118, 29, 118.0001, 29.0001)]), ["h"], zone)["distance_m"].to_list()
    [9.74]
    """
    if len(house_ids) >= MANY:
        from jiadi.geo import many  # noqa: PLC0415  loading what is compiled takes a moment

        names, rows, stock, land = many.both(houses, house_ids, zones["geometry"], zones["id"], plane)
        about = told_of(zones, land.order)
        frame = _zone_frame(names, about, *many.zones(stock, land, about.road, least_m2=LEAST_M2, near_m=NEAR_M))
        odd = rows[stock.rings.other]
        if not len(odd):
            return frame
        drawn_otherwise = _zones_by_geos(houses[odd], pl.Series(house_ids)[odd], zones, plane)
        return pl.concat([frame, drawn_otherwise]).sort("house_id", "zone_id")
    return _zones_by_geos(houses, house_ids, zones, plane)


def _zones_by_geos(houses: Places, house_ids: Ids, zones: pl.DataFrame, plane: LocalPlane | None) -> pl.DataFrame:
    house, zone = _flatten(plane, (houses, house_ids), (zones["geometry"], zones["id"]))
    about = told_of(zones, zone.rows)
    road = about.road
    of_house, of_zone = _touching(zone.shapes, house.shapes)
    overlap = _overlaps(house.shapes, zone.shapes, of_house, of_zone, shapely.area(house.shapes)[of_house])
    kept = (overlap > LEAST_M2) | road[of_zone]
    near = nearby(house.shapes, zone.shapes, np.flatnonzero(road), NEAR_M)
    pairs = merge(of_house[kept], of_zone[kept], overlap[kept], near, len(zone.shapes))
    return _zone_frame(house.ids, about, pairs, shapely.area(house.shapes), joined_by(house.shapes, zone.shapes, pairs))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of zones, in the order of their ground (管控区属性), kept with it for houses that are drawn anew.

    Args:
        columns: zone_id, zone_kind, zone_class, designated_on.
        road: (m,) which are road land: to them the distance counts.
        layer: (m,) number of the layer of each.
        day: (m,) the day of each as a number, unknown ones last.
    """

    columns: dict[str, pl.Series]
    road: Mask
    layer: Index
    day: Index


def told_of(zones: pl.DataFrame, rows: Index) -> Told:
    """What is told of zones, made ready (准备管控区属性).

    Args:
        zones: as in `zone_overlaps`.
        rows: which of them, in what order: `many.Ground.order`.

    >>> zone = pl.DataFrame({"id": ["a", "b"], "zone_kind": ["road", None], "zone_class": None, "designated_on": None})
    >>> told_of(zone, np.array([1, 0])).road.tolist()
    [False, True]
    """
    kinds = {name: kind for name, kind in ZONE_COLUMNS.items() if name in ("zone_kind", "zone_class", "designated_on")}
    columns = {name: zones[name].cast(kind).gather(rows) for name, kind in kinds.items()} | {"zone_id": zones["id"].gather(rows)}
    road: Mask = (columns["zone_kind"] == "road").fill_null(False).to_numpy()
    return Told(columns, road, *_layers(pl.DataFrame(columns)))


def _zone_frame(house_ids: pl.Series, about: Told, pairs: Pairs, whole: Floats, join: Join) -> pl.DataFrame:
    if not len(pairs.zone):
        return _NO_ZONES.clone()
    joined, by_then = dissolve(whole, join, pairs, about.layer, about.day)
    columns: dict[str, Any] = {name: column[pairs.zone] for name, column in about.columns.items()}
    undated = np.flatnonzero(about.day[pairs.zone] == UNDATED)
    return _frame(
        ZONE_COLUMNS,
        columns
        | {
            "house_id": house_ids[pairs.house],
            "overlap_m2": pairs.overlap,
            "dissolved_overlap_m2": joined,
            "dissolved_by_then_m2": pl.Series(by_then).scatter(undated, None) if len(undated) else by_then,
            "distance_m": np.floor(np.round(pairs.distance * 100, 6) + 0.5) / 100,
        },
    )


def edited(house: Any, house_id: str, parcels: Any, zones: Any, about: Told) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parcels and zones of one house that was drawn anew (单户重算), over ground that is kept.

    Args:
        house: WKB or polygon in EPSG:4490, valid.
        house_id: its id.
        parcels, zones: `many.Ground` of both layers, in one plane.
        about: what is told of the zones, as `told_of` gives it in the order of `zones`.

    Returns:
        What `largest_parcel` and `zone_overlaps` give for this house.

    >>> from jiadi.geo.many import ground_of
    >>> plane, lot = LocalPlane(118.25, 29.25), shapely.box(118, 29, 118.001, 29.001)
    >>> zones = pl.DataFrame(schema={"id": pl.String, "zone_kind": pl.String, "zone_class": pl.String, "designated_on": pl.Date})
    >>> ground = ground_of(np.array([]), [], plane)
    >>> found, _ = edited(lot, "h", ground_of(np.array([lot]), ["p"], plane), ground, told_of(zones, ground.order))
    >>> found["share"].to_list()
    [1.0]
    """
    from jiadi.geo import many  # noqa: PLC0415  loading what is compiled takes a moment
    from jiadi.geo.ground import Houses  # noqa: PLC0415
    from jiadi.geo.rings import rings_of  # noqa: PLC0415

    names, stock = pl.Series([house_id]), Houses(rings_of(np.array([house], dtype=object), parcels.plane))
    on_parcels = _parcel_frame(names, parcels.ids, *many.parcels(stock, parcels))
    return on_parcels, _zone_frame(names, about, *many.zones(stock, zones, about.road, least_m2=LEAST_M2, near_m=NEAR_M))


def _flatten(plane: LocalPlane | None, *layers: tuple[Places, Ids]) -> list[_Flat]:
    """Layers in one plane: the given one, or that of the place where they are."""
    shapes = [piecewise(shapes_of, places) for places, _ in layers]
    if plane is None:
        plane = local(np.concatenate(shapes))
    return [_flat(shape, ids, plane) for shape, (_, ids) in zip(shapes, layers, strict=True)]


def _flat(shapes: Shapes, ids: Ids, plane: LocalPlane) -> _Flat:
    names = pl.Series(ids, dtype=pl.String)
    order = names.arg_sort().to_numpy().astype(np.int64)
    rows = order[(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))[order]]
    return _Flat(piecewise(plane.bring, shapes[rows]), names[rows], rows)


def _first_largest(of_house: Index, share: Floats) -> Mask:
    """The pair of the largest share of each house, the first one of equals; pairs come sorted."""
    mask = np.zeros(len(share), dtype=bool)
    if len(share):
        starts = np.flatnonzero(np.diff(of_house, prepend=-1))
        best = np.repeat(np.maximum.reduceat(share, starts), np.diff(starts, append=len(share)))
        candidates = np.flatnonzero(share >= best - _TIE)
        mask[candidates[np.flatnonzero(np.diff(of_house[candidates], prepend=-1))]] = True
    return mask


def _layers(about: pl.DataFrame) -> tuple[Index, Index]:
    """Number of the layer of each zone, and the rank of its day in it: equal days are equal, unknown ones last."""
    layer = pl.when(pl.col("zone_kind").is_in(CLASSED)).then(pl.concat_str("zone_kind", pl.lit("/"), pl.col("zone_class").fill_null("")))
    numbers = about.select(
        layer=layer.otherwise(pl.col("zone_kind")).fill_null("").rank("dense"),
        day=pl.col("designated_on").cast(pl.Int32).fill_null(UNDATED),
    )
    return numbers["layer"].to_numpy().astype(np.int64), numbers["day"].to_numpy().astype(np.int64)


def _touching(zones: Shapes, houses: Shapes) -> tuple[Index, Index]:
    """Pairs (house, zone) that touch; the zone is the side that is prepared."""
    if not len(zones) or not len(houses):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    shapely.prepare(zones)
    of_zone, of_house = shapely.STRtree(houses).query(zones, predicate="intersects")
    return of_house, of_zone


def _overlaps(houses: Shapes, zones: Shapes, of_house: Index, of_zone: Index, whole: Floats) -> Floats:
    """Overlap of each pair, square metres; a house that is covered needs no cutting."""
    overlap = np.zeros(len(of_house))
    covered: Mask = shapely.covers(zones[of_zone], houses[of_house])
    overlap[covered] = whole[covered]
    cut = np.flatnonzero(~covered)
    overlap[cut] = _common(houses[of_house[cut]], zones[of_zone[cut]])
    return overlap


def _common(one: Shapes, other: Shapes) -> Floats:
    """Square metres that each pair has in common; a shape that the plane has made invalid is mended for its pair."""
    try:
        area: Floats = shapely.area(shapely.intersection(one, other))
    except shapely.GEOSException:
        if len(one) == 1:
            return (
                _common(shapely.make_valid(one), shapely.make_valid(other)) if not shapely.is_valid([*one, *other]).all() else np.zeros(1)
            )
        middle = len(one) // 2
        return np.concatenate([_common(one[:middle], other[:middle]), _common(one[middle:], other[middle:])])
    return area


def _rectangles_overlap(shapes: Shapes, one: Index, other: Index) -> Mask:
    bounds = shapely.bounds(shapes)
    wide = np.minimum(bounds[one, 2], bounds[other, 2]) - np.maximum(bounds[one, 0], bounds[other, 0])
    high = np.minimum(bounds[one, 3], bounds[other, 3]) - np.maximum(bounds[one, 1], bounds[other, 1])
    mask: Mask = (wide > 0) & (high > 0) & (wide * high > LEAST_M2)
    return mask


def _inner(shapes: Shapes, one: Index, other: Index) -> tuple[Index, Index]:
    """Pairs whose insides may meet: neighbours that share a line alone are left out."""
    shapely.prepare(shapes)
    meet = shapely.intersects(shapes[one], shapes[other]) & ~shapely.touches(shapes[one], shapes[other])
    return one[meet], other[meet]
