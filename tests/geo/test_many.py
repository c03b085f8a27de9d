"""Compiled loops give what GEOS gives: shapes of every kind, touching edges, holes, parts, zones over each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiadi.geo import ground, overlay
from jiadi.geo.many import ground_of
from jiadi.geo.measure import LocalPlane
from jiadi.geo.overlay import largest_parcel, zone_overlaps
from jiadi.geo.rings import degrees, rings_of, tree_of

Shapes = npt.NDArray[np.object_]
PLANE = LocalPlane(118.75, 28.75)
STEP = 2.0**-15  # about 3 m, and exact as a number, so that edges are really shared
KINDS = [("permanent_basic_farmland", None), ("road", "county"), ("plan_class", "prohibited"), ("plan_class", None)]


def at(x: float, y: float) -> tuple[float, float]:
    return 118.75 + x * STEP, 28.75 + y * STEP


def lattice(x: int, y: int, wide: int, high: int, form: str) -> shapely.Geometry:
    """A rectangle, an L, a courtyard, two buildings, a triangle, or a comb, with corners on a lattice."""

    def box(a: float, b: float, c: float, d: float) -> shapely.Geometry:
        return shapely.box(*at(x + a * wide, y + b * high), *at(x + c * wide, y + d * high))

    whole = box(0, 0, 1, 1)
    if form == "L":
        return whole - box(0, 0, 0.5, 0.5)
    if form == "court":
        return whole - box(0.25, 0.25, 0.75, 0.5)
    if form == "two":
        return shapely.MultiPolygon([box(0, 0, 0.25, 1), box(0.5, 0, 1, 0.5)])
    if form == "triangle":
        return shapely.Polygon([at(x, y), at(x + wide, y), at(x, y + high)])
    if form == "comb":
        return whole - box(0.125, 0.25, 0.25, 1) - box(0.5, 0.25, 0.625, 1)
    return whole


FORMS = st.sampled_from(["box", "L", "court", "two", "triangle", "comb"])


def shapes(most: int, size: int) -> st.SearchStrategy[list[shapely.Geometry]]:
    place = st.integers(0, 14)
    return st.lists(st.builds(lattice, place, place, st.integers(1, size), st.integers(1, size), FORMS), min_size=1, max_size=most)


def blob(x: float, y: float, radius: float, points: int, seed: int) -> shapely.Geometry:
    """A star of many corners about a point."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, points))
    reach = radius * random.uniform(0.4, 1, points)
    return shapely.buffer(shapely.Polygon(np.column_stack(at(x + reach * np.cos(angle), y + reach * np.sin(angle)))), 0)


def zone_frame(zones: list[tuple[shapely.Geometry, tuple[str, str | None], int | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"z{number:03}" for number in range(len(zones))],
            "zone_kind": [kind for _, (kind, _), _ in zones],
            "zone_class": [name for _, (_, name), _ in zones],
            "designated_on": [day and date(2000 + day, 1, 1) for _, _, day in zones],
            "geometry": [shapely.to_wkb(shape) for shape, _, _ in zones],
        },
        schema={"id": pl.String, "zone_kind": pl.String, "zone_class": pl.String, "designated_on": pl.Date, "geometry": pl.Binary},
    )


BLOBS = st.builds(blob, st.floats(0, 16), st.floats(0, 16), st.floats(1, 12), st.integers(3, 60), st.integers(0, 999))
LINES = st.builds(lambda x, y: shapely.LineString([at(x, -5), at(y, 20)]), st.integers(0, 14), st.integers(0, 14))
SHAPE = st.one_of(shapes(1, 12).map(lambda found: found[0]), BLOBS)
ZONES = st.lists(st.tuples(SHAPE, st.sampled_from(KINDS), st.sampled_from([None, 1, 2])), max_size=8)
ROADS = st.lists(st.tuples(LINES, st.just(KINDS[1]), st.just(1)), max_size=2)
MONKEY = [HealthCheck.function_scoped_fixture]


def arrays(letter: str, found: list[shapely.Geometry]) -> tuple[Shapes, list[str]]:
    out = np.empty(len(found), dtype=object)
    out[:] = found
    return out, [f"{letter}{number:03}" for number in range(len(found))]


def close(few: pl.DataFrame, many: pl.DataFrame) -> None:
    """The same rows; figures equal to a millionth, distances to their last place."""
    exact = [name for name, kind in few.schema.items() if kind != pl.Float64]
    assert many.select(exact).equals(few.select(exact))
    for name in (name for name in few.columns if name not in exact):
        one, other = few[name].to_list(), many[name].to_list()
        assert [value is None for value in one] == [value is None for value in other]
        slack = 0.0101 if name == "distance_m" else 1e-6
        assert [v for v in other if v is not None] == pytest.approx([v for v in one if v is not None], abs=slack)


def both(monkeypatch: pytest.MonkeyPatch, work: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    few = work()
    with monkeypatch.context() as patch:
        patch.setattr(overlay, "MANY", 0)
        return few, work()


@settings(deadline=None, max_examples=80, suppress_health_check=MONKEY)
@given(shapes(8, 6), st.one_of(shapes(8, 9), st.lists(BLOBS, min_size=1, max_size=5)), st.sampled_from([PLANE, None]))
def test_parcels_are_those_of_geos(
    monkeypatch: pytest.MonkeyPatch, houses: list[shapely.Geometry], parcels: list[shapely.Geometry], plane: LocalPlane | None
) -> None:
    house, house_ids = arrays("h", houses)
    parcel, parcel_ids = arrays("p", parcels)
    close(*both(monkeypatch, lambda: largest_parcel(house[::-1], house_ids[::-1], parcel, parcel_ids, plane)))


@settings(deadline=None, max_examples=120, suppress_health_check=MONKEY)
@given(shapes(6, 6), ZONES, ROADS)
def test_zones_are_those_of_geos(monkeypatch: pytest.MonkeyPatch, houses: list[shapely.Geometry], zones: Any, roads: Any) -> None:
    house, house_ids = arrays("h", houses)
    close(*both(monkeypatch, lambda: zone_overlaps(house[::-1], house_ids[::-1], zone_frame([*zones, *roads]), PLANE)))


def test_a_zone_of_many_thousand_corners_over_many_houses(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    middles, corners = random.uniform(0, 300, (700, 2)).tolist(), random.integers(3, 9, 700).tolist()
    houses = [blob(x, y, 2, n, k) for k, ((x, y), n) in enumerate(zip(middles, corners, strict=True))]
    houses = [house for house in houses if house.geom_type == "Polygon"]
    zones = [(blob(150, 150, 160, 9000, 1), KINDS[0], 1), (blob(100, 100, 120, 5000, 2), KINDS[0], 2)]
    zones.append((blob(200, 90, 90, 40, 3), KINDS[1], 1))
    house, house_ids = arrays("h", houses)
    few, many = both(monkeypatch, lambda: zone_overlaps(house, house_ids, zone_frame(zones), PLANE))
    close(few, many)
    assert len(few) > 500


def test_zones_that_lie_over_each_other_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    house = np.array([lattice(0, 0, 8, 8, "box")])
    zones = zone_frame([(lattice(0, 0, 4, 8, "box"), KINDS[0], 1), (lattice(2, 0, 4, 8, "box"), KINDS[0], 2)])
    monkeypatch.setattr(overlay, "MANY", 0)
    found = zone_overlaps(house, ["h"], zones, PLANE)
    whole = shapely.area(PLANE.bring(house))[0]
    assert (found["dissolved_overlap_m2"] / whole).round(6).to_list() == [0.75, 0.75]
    assert (found["dissolved_by_then_m2"] / whole).round(6).to_list() == [0.5, 0.75]


def test_houses_and_zones_that_are_no_polygons(monkeypatch: pytest.MonkeyPatch) -> None:
    house, ids = arrays("h", [shapely.Point(*at(0, 0)), lattice(2, 2, 2, 2, "box"), shapely.Point(*at(90, 90))])
    zones = zone_frame([(shapely.Point(*at(3, 3)), KINDS[1], 1), (shapely.LineString([at(6, 0), at(6, 9)]), KINDS[1], 1)])
    few, many = both(monkeypatch, lambda: zone_overlaps(house, ids, zones, PLANE))
    close(few, many)
    assert few.filter(house_id="h001", zone_id="z000")["distance_m"].to_list() == [0.0]


def test_missing_and_empty_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "MANY", 0)
    one, gone = np.array([lattice(0, 0, 2, 2, "box")]), np.array([None], dtype=object)
    assert largest_parcel(gone, ["h"], one, ["p"]).is_empty()
    assert largest_parcel(one, ["h"], gone, ["p"]).is_empty()
    assert largest_parcel(np.array([], dtype=object), [], one, ["p"]).is_empty()
    assert largest_parcel(np.array([shapely.Polygon()]), ["h"], one, ["p"]).is_empty()
    assert zone_overlaps(one, ["h"], zone_frame([])).is_empty()
    assert zone_overlaps(gone, ["h"], zone_frame([(one[0], KINDS[0], 1)])).is_empty()
    mixed = largest_parcel(np.array([None, one[0]], dtype=object), ["a", "b"], one, ["p"])
    assert mixed.select("house_id", "share").rows() == [("b", pytest.approx(1))]


@pytest.mark.parametrize("written", ["little", "big", "three", "collection", "iso"])
def test_however_wkb_is_written(written: str) -> None:
    shape = shapely.MultiPolygon([lattice(0, 0, 4, 4, "court"), lattice(6, 0, 2, 2, "box")])
    if written == "three":
        shape = shapely.force_3d(shape, 7.0)
    if written == "collection":
        shape = shapely.GeometryCollection([shape, shapely.Point(at(0, 0))])
    flavor = "iso" if written == "iso" else "extended"
    data = shapely.to_wkb(shape, byte_order=0 if written == "big" else 1, flavor=flavor)
    rings = rings_of(pl.Series([None, data], dtype=pl.Binary), PLANE)
    plain = shapely.area(PLANE.bring(np.array([shapely.MultiPolygon([lattice(0, 0, 4, 4, "court"), lattice(6, 0, 2, 2, "box")])])))
    assert rings.area[1] == pytest.approx(plain[0], abs=1e-6)
    assert (rings.area[0], len(rings.other)) == (0.0, 0)


def test_what_is_cut_short_is_no_polygon() -> None:
    data = shapely.to_wkb(lattice(0, 0, 4, 4, "box"))
    with pytest.raises(shapely.errors.GEOSException):
        degrees(pl.Series([data[:40]], dtype=pl.Binary))


def test_little_room_is_made_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    houses = ground.Houses(rings_of(np.array([lattice(x, 0, 1, 1, "box") for x in range(40)]), PLANE))
    zones = rings_of(np.array([blob(20, 0, 25, 2000, 1)]), PLANE)
    large = ground.cut(houses, zones, keep=True)
    monkeypatch.setattr(ground, "_ROOM", -2)
    small = ground.cut(houses, zones, keep=True)
    assert small.area.tolist() == large.area.tolist() and len(small.area) > 10


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 1)), min_size=1, max_size=80))
@settings(deadline=None, max_examples=40)
def test_every_node_holds_what_is_below_it(places: list[tuple[float, float, float]]) -> None:
    rings = rings_of(np.array([shapely.box(*at(x, y), *at(x + w + 0.1, y + 0.1)) for x, y, w in places]), PLANE)
    tree = tree_of(rings)
    assert sorted(tree.order.tolist()) == list(range(len(places)))
    root = tree.node[-1]
    assert root.tolist() == [*rings.box[:, :2].min(axis=0), *rings.box[:, 2:].max(axis=0)]
    for leaf in range(tree.level[1]):
        below = rings.box[tree.order[leaf * 8 : leaf * 8 + 8]]
        assert tree.node[leaf].tolist() == [*below[:, :2].min(axis=0), *below[:, 2:].max(axis=0)]


@settings(deadline=None, max_examples=60)
@given(shapes(1, 6), shapes(8, 9), ZONES, ROADS)
def test_one_edited_house_has_the_figures_of_a_whole_run(houses: Any, parcels: Any, zones: Any, roads: Any) -> None:
    house, house_ids = arrays("h", houses)
    parcel, parcel_ids = arrays("p", parcels)
    frame = zone_frame([*zones, *roads])[::-1]
    land, controlled = ground_of(parcel, parcel_ids, PLANE), ground_of(frame["geometry"], frame["id"], PLANE)
    on_parcels, in_zones = overlay.edited(house[0], "h000", land, controlled, overlay.told_of(frame, controlled.order))
    close(largest_parcel(house, house_ids, parcel, parcel_ids, PLANE), on_parcels)
    close(zone_overlaps(house, house_ids, frame, PLANE), in_zones)
