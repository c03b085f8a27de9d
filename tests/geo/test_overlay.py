"""Overlays agree with cutting every pair and joining before cutting, in any order and in any chunks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.geo.bring import bring
from jiadi.geo.files import Layer, read_layers
from jiadi.geo.measure import LocalPlane, areas
from jiadi.geo.overlay import largest_parcel, outside_parcels, parcel_overlaps, zone_overlaps

Shapes = npt.NDArray[np.object_]
PLANE = LocalPlane(118.75, 28.75)
STEP = 2.0**-15  # about 3 m, and exact as a number, so that edges are really shared
KINDS = [
    ("permanent_basic_farmland", None),
    ("road", "county"),
    ("plan_class", "prohibited"),
    ("plan_class", "limited"),
    ("plan_class", None),
]
COMMUNE = Path(__file__).parent.parent / "data" / "cadastre_25354.gpkg"


def box(x: int, y: int, wide: int, high: int, bite: bool = False) -> shapely.Geometry:
    """A rectangle on a lattice, or one with a corner bitten out."""
    whole = shapely.box(118.75 + x * STEP, 28.75 + y * STEP, 118.75 + (x + wide) * STEP, 28.75 + (y + high) * STEP)
    corner = shapely.box(118.75 + x * STEP, 28.75 + y * STEP, 118.75 + (x + wide / 2) * STEP, 28.75 + (y + high / 2) * STEP)
    return whole.difference(corner) if bite else whole


def boxes(most: int, size: int, least: int = 0) -> st.SearchStrategy[list[shapely.Geometry]]:
    place = st.integers(0, 14)
    return st.lists(st.builds(box, place, place, st.integers(1, size), st.integers(1, size), st.booleans()), min_size=least, max_size=most)


def named(letter: str, shapes: list[shapely.Geometry]) -> tuple[Shapes, list[str]]:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out, [f"{letter}{number:03}" for number in range(len(shapes))]


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


ZONES = st.lists(
    st.tuples(boxes(1, 12, 1).map(lambda found: found[0]), st.sampled_from(KINDS), st.sampled_from([None, 1, 2, 3])), max_size=8
).map(zone_frame)


@settings(deadline=None, max_examples=60)
@given(boxes(8, 6), boxes(8, 8))
def test_parcels_of_houses_agree_with_cutting_every_pair(houses: list[shapely.Geometry], parcels: list[shapely.Geometry]) -> None:
    house, house_ids = named("h", houses)
    parcel, parcel_ids = named("p", parcels)
    found = largest_parcel(house, house_ids, parcel, parcel_ids, PLANE)
    flat_house, flat_parcel = PLANE.bring(house), PLANE.bring(parcel)
    expected = {}
    for i, name in enumerate(house_ids):
        for j, other in enumerate(parcel_ids):
            area = shapely.area(shapely.intersection(flat_house[i], flat_parcel[j]))
            if area > 0.01:
                expected[name, other] = area
    got = {(row["house_id"], row["parcel_id"]): row for row in found.rows(named=True)}
    assert list(got) == sorted(expected)
    for (name, other), row in got.items():
        whole = shapely.area(flat_house[house_ids.index(name)])
        assert row["overlap_m2"] == pytest.approx(expected[name, other], abs=1e-6)
        assert row["share"] == pytest.approx(expected[name, other] / whole, abs=1e-8)
        assert row["outside_m2"] == pytest.approx(whole - expected[name, other], abs=1e-6)
        rivals = {key[1]: area for key, area in expected.items() if key[0] == name}
        assert row["is_largest"] == (other == min(key for key, area in rivals.items() if area > max(rivals.values()) - 1e-6))
    alone = outside_parcels(house, house_ids, parcel, parcel_ids, PLANE)
    assert alone["house_id"].to_list() == [name for name in house_ids if not any(key[0] == name for key in expected)]
    for row in alone.rows(named=True):
        away = shapely.distance(flat_house[house_ids.index(row["house_id"])], flat_parcel)
        assert row["distance_m"] == (None if not len(parcel) else pytest.approx(away.min(), abs=1e-9))


def slow_zones(house: Shapes, house_ids: list[str], zones: pl.DataFrame) -> dict[tuple[str, str], tuple[float, float, float | None, float]]:
    """Join the zones of a layer whole, and then cut the house."""
    flat, places = PLANE.bring(house), PLANE.bring(shapely.from_wkb(zones["geometry"].to_numpy()))
    rows = zones.rows(named=True)
    layer = [(row["zone_kind"], row["zone_class"] if row["zone_kind"] == "plan_class" else "") for row in rows]
    out = {}
    for i, name in enumerate(house_ids):
        for j, row in enumerate(rows):
            area, away = shapely.area(shapely.intersection(flat[i], places[j])), shapely.distance(flat[i], places[j])
            if area > 0.01 or (row["zone_kind"] == "road" and away <= 60):
                mates = [k for k in range(len(rows)) if layer[k] == layer[j]]
                day = row["designated_on"]
                then = [k for k in mates if day and rows[k]["designated_on"] and rows[k]["designated_on"] <= day]
                together = [shapely.area(shapely.intersection(flat[i], shapely.union_all(places[which]))) for which in (mates, then)]
                out[name, row["id"]] = (area, together[0], together[1] if day else None, away)
    return out


@settings(deadline=None, max_examples=100)
@given(boxes(5, 6), ZONES)
def test_zones_of_houses_agree_with_joining_before_cutting(houses: list[shapely.Geometry], zones: pl.DataFrame) -> None:
    house, house_ids = named("h", houses)
    found = zone_overlaps(house, house_ids, zones, PLANE)
    expected = slow_zones(house, house_ids, zones)
    got = {(row["house_id"], row["zone_id"]): row for row in found.rows(named=True)}
    assert got.keys() == expected.keys()
    about = {row["id"]: row for row in zones.rows(named=True)}
    for key, (area, together, then, away) in expected.items():
        row = got[key]
        assert row["overlap_m2"] == pytest.approx(area, abs=1e-6)
        assert row["dissolved_overlap_m2"] == pytest.approx(together, abs=1e-6)
        assert row["dissolved_by_then_m2"] == (None if then is None else pytest.approx(then, abs=1e-6))
        assert row["distance_m"] == pytest.approx(away, abs=0.00501)
        assert {name: row[name] for name in ("zone_kind", "zone_class", "designated_on")} == {
            name: about[key[1]][name] for name in ("zone_kind", "zone_class", "designated_on")
        }


@settings(deadline=None, max_examples=40)
@given(boxes(8, 8))
def test_parcels_over_each_other_agree_with_cutting_every_pair(parcels: list[shapely.Geometry]) -> None:
    parcel, ids = named("p", parcels)
    flat = PLANE.bring(parcel)
    expected = {
        (ids[i], ids[j]): area
        for i in range(len(ids))
        for j in range(i + 1, len(ids))
        if (area := shapely.area(shapely.intersection(flat[i], flat[j]))) > 0.01
    }
    got = {(a, b): area for a, b, area in parcel_overlaps(parcel, ids, PLANE).rows()}
    assert list(got) == sorted(expected)
    assert list(got.values()) == pytest.approx([expected[key] for key in got], abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(boxes(8, 6, 2), boxes(8, 8), ZONES, st.randoms())
def test_neither_order_nor_chunks_change_a_figure(
    houses: list[shapely.Geometry], parcels: list[shapely.Geometry], zones: pl.DataFrame, random: object
) -> None:
    house, house_ids = named("h", houses)
    parcel, parcel_ids = named("p", parcels)

    def order(length: int) -> npt.NDArray[np.int64]:
        places = list(range(length))
        random.shuffle(places)  # type: ignore[attr-defined]
        return np.array(places, dtype=np.int64)

    a, b, c = order(len(house)), order(len(parcel)), order(len(zones))
    names, others = [house_ids[i] for i in a], [parcel_ids[i] for i in b]
    by_parcel = largest_parcel(house, house_ids, parcel, parcel_ids)
    by_zone = zone_overlaps(house, house_ids, zones, PLANE)
    assert largest_parcel(house[a], names, parcel[b], others).equals(by_parcel)
    assert outside_parcels(house[a], names, parcel[b], others).equals(outside_parcels(house, house_ids, parcel, parcel_ids))
    assert parcel_overlaps(parcel[b], others, PLANE).equals(parcel_overlaps(parcel, parcel_ids, PLANE))
    assert zone_overlaps(house[a], names, zones[c], PLANE).equals(by_zone)
    half = len(house) // 2
    chunks = [zone_overlaps(house[part], house_ids[part], zones, PLANE) for part in (slice(None, half), slice(half, None))]
    assert pl.concat(chunks).equals(by_zone)
    halves = [largest_parcel(house[part], house_ids[part], parcel, parcel_ids, PLANE) for part in (slice(None, half), slice(half, None))]
    assert pl.concat(halves).equals(largest_parcel(house, house_ids, parcel, parcel_ids, PLANE))


def test_a_missing_shape_is_left_out_and_empty_layers_give_empty_frames() -> None:
    nothing = np.array([None], dtype=object)
    one = np.array([box(0, 0, 2, 2)])
    assert largest_parcel(nothing, ["h"], one, ["p"]).is_empty()
    assert largest_parcel(one, ["h"], nothing, ["p"]).is_empty()
    assert largest_parcel(np.array([], dtype=object), [], np.array([], dtype=object), []).is_empty()
    assert outside_parcels(one, ["h"], nothing, ["p"]).select("house_id", "parcel_id", "distance_m").rows() == [("h", None, None)]
    assert parcel_overlaps(nothing, ["p"]).is_empty()
    assert zone_overlaps(one, ["h"], zone_frame([])).is_empty()
    assert zone_overlaps(nothing, ["h"], zone_frame([(box(0, 0, 9, 9), KINDS[0], 1)])).is_empty()


def test_roads_are_near_up_to_sixty_metres_and_long_ones_are_cut_only_before_the_door() -> None:
    house = np.array([shapely.box(118.75, 28.75, 118.7501, 28.7501)])
    north = 28.7501 + np.array([59.0, 61.0]) / 110_800
    line = 118.7 + np.arange(5001) * 2e-5
    roads = [shapely.Polygon(np.r_[np.c_[line, np.full(5001, y)], np.c_[line[::-1], np.full(5001, y + 1e-4)]]) for y in north]
    found = zone_overlaps(house, ["h"], zone_frame([(road, ("road", "county"), 1) for road in roads]), PLANE)
    assert found["zone_id"].to_list() == ["z000"]
    assert found["distance_m"][0] == pytest.approx(59, abs=0.05)
    assert found["distance_m"][0] == round(found["distance_m"][0], 2)
    assert found["overlap_m2"].to_list() == found["dissolved_overlap_m2"].to_list() == [0.0]


def layer(name: str) -> Layer:
    return read_layers(COMMUNE, [name])[0]


def test_a_real_commune_gives_its_known_figures() -> None:
    parcels, houses = bring(layer("parcelle")).geometry, bring(layer("batiment")).geometry
    parcel_ids, house_ids = [f"p{n:03}" for n in range(len(parcels))], [f"h{n:03}" for n in range(len(houses))]
    assert (len(parcels), len(houses)) == (511, 252)
    largest = largest_parcel(houses, house_ids, parcels, parcel_ids).filter("is_largest")
    assert [int((largest["outside_m2"] > limit).sum()) for limit in (0.1, 0.01)] == [3, 6]
    alone = outside_parcels(houses, house_ids, parcels, parcel_ids)
    assert alone.height == 1 and largest.height == 251
    assert alone["area_m2"][0] == pytest.approx(15.02, abs=0.01)
    stated = layer("parcelle").attributes["SUPF"].cast(pl.Float64).to_numpy()
    off = np.abs(areas(parcels) - stated) / stated
    assert [(off > 0.05).sum(), (off > 0.1).sum()] == [70, 25]
    assert np.median(off) == pytest.approx(0.01, abs=0.001)
