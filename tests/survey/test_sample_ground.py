"""The invented ground: what is planted really lies where it should, measured apart from the engine."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyogrio
import pytest
import shapely
from pyproj import Geod, Transformer

from jiadi.survey.sample import generate
from jiadi.survey.sample.draw import distributions
from jiadi.survey.sample.ground import draw_ground
from jiadi.survey.sample.homestead import STANDARD_M2
from jiadi.survey.sample.records import World, invent, write_down
from jiadi.survey.sample.truth_zones import polygons, zone_hits

BODY = Geod(ellps="GRS80")


@pytest.fixture(scope="module", params=["330802", "330824"])
def world(request: pytest.FixtureRequest) -> World:
    return invent(request.param, 1500, 2)


def _geodesic(world: World, shapes: np.ndarray) -> np.ndarray:
    degrees = Transformer.from_crs(world.villages.plane.epsg, 4490, always_xy=True)
    turned = shapely.transform(shapes, lambda xy: np.stack(degrees.transform(xy[:, 0], xy[:, 1]), axis=1))
    return np.array([abs(BODY.geometry_area_perimeter(shape)[0]) for shape in turned])


def test_every_house_asked_for_is_there(world: World) -> None:
    assert len(world.ground.parcel_of) == 1500


def test_geodesic_area_is_the_planned_one(world: World) -> None:
    measured = _geodesic(world, polygons(world.ground.parcels))
    assert np.abs(measured - world.homesteads.area_m2).max() < 0.02


def test_areas_keep_away_from_every_limit(world: World) -> None:
    homesteads = world.homesteads
    area = homesteads.area_m2
    papers = homesteads.has_approval | homesteads.in_ledger
    assert np.abs(area - homesteads.approved_m2)[papers].min() >= 0.5
    for limit in STANDARD_M2.values():
        assert np.abs(area - limit).min() >= 0.5


def test_parcels_touch_but_do_not_overlap(world: World) -> None:
    shapes = polygons(world.ground.parcels)
    assert shapely.is_valid(shapes).all()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    shared = shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])
    assert shapely.area(shared).max() < 1e-3
    assert (shapely.length(shared) > 3).mean() > 0.5, "some homesteads share a side"


def test_houses_stand_well_inside_their_parcel_and_apart(world: World) -> None:
    ground = world.ground
    houses, parcels = polygons(ground.houses), polygons(ground.parcels)
    own = parcels[ground.parcel_of]
    assert shapely.contains(own, houses).all()
    assert shapely.distance(shapely.boundary(own), houses).min() > 0.3
    left, right = shapely.STRtree(houses).query(houses, predicate="intersects")
    assert (left == right).all()


def test_villages_lie_apart(world: World) -> None:
    middle = np.stack([world.villages.x, world.villages.y], axis=1)
    gaps = np.linalg.norm(middle[:, None] - middle, axis=2)
    assert gaps[~np.eye(len(middle), dtype=bool)].min() > 1000


def test_no_house_lies_at_the_edge_of_what_is_judged() -> None:
    hits = zone_hits(invent("330802", 2000, 6))
    assert hits.height > 20
    strips = hits.filter(pl.col("finding") == "in_road_strip")["amount"].to_numpy()
    widths = np.array(list(distributions()["road_strips_m"].values()))
    assert np.abs(strips[:, None] - widths).min() > 0.02
    assert hits.filter(pl.col("finding") != "in_road_strip")["amount"].min() > 1.5


def test_spoiled_outlines_keep_their_area() -> None:
    from jiadi.survey.sample.ground import spoil  # noqa: PLC0415

    rings = invent("330802", 60, 1).ground.parcels
    spoiled = spoil(rings, {0: "self_intersection", 1: "duplicate_points"})
    clean, dirty = polygons(rings), polygons(spoiled)
    assert not shapely.is_valid(dirty[0])
    assert shapely.is_valid(dirty[1])
    assert len(dirty[1].exterior.coords) == len(clean[1].exterior.coords) + 1
    assert abs(shapely.area(shapely.make_valid(dirty[0])) - shapely.area(clean[0])) < 0.005
    assert (shapely.to_wkb(dirty[2:]) == shapely.to_wkb(clean[2:])).all()


def test_ground_is_drawn_alike_for_one_seed() -> None:
    world = invent("330802", 200, 1)
    again = draw_ground(world.villages, world.homesteads, 1)
    assert (again.parcels.x == world.ground.parcels.x).all()
    other = draw_ground(world.villages, world.homesteads, 2)
    assert (other.parcels.x != world.ground.parcels.x).any()


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ground")
    generate(folder, 2000, seed=6)
    return folder


LAYERS = {
    "on_farmland": ("永久基本农田", "", date(1999, 1, 1)),
    "in_red_line": ("生态保护红线", "", date(2020, 1, 1)),
    "in_river_range": ("河道管理范围", "", date(1988, 6, 10)),
    "in_water_source": ("饮用水水源保护区", "一级", date(2012, 1, 1)),
    "in_no_build_area": ("农房建设分区", "禁建", date(2021, 1, 1)),
    "in_hazard_zone": ("地质灾害危险区", "", None),
    "in_road_strip": ("公路", "", date(2011, 7, 1)),
}


def _layer(folder: Path, name: str, word: str) -> tuple[np.ndarray, list[date | None], list[str | None]]:
    _, table = pyogrio.read_arrow(folder / "管控区.gpkg", layer=name)
    rows = [row for row in table.to_pylist() if not word or row["等级"] == word]
    return shapely.from_wkb([row["geom"] for row in rows]), [row["划定日期"] for row in rows], [row["等级"] for row in rows]


def test_planted_zone_findings_lie_as_planted(delivered: Path) -> None:
    """Read back from the files: each finding's outline lies in a zone drawn before the house can have been built."""
    truth = json.loads((delivered / "truth.json").read_text(encoding="utf-8"))
    _, drawn = pyogrio.read_arrow(delivered / "房屋轮廓.geojson")
    outlines = {row["调查编号"] or row["标识码"]: shapely.from_wkb(row["wkb_geometry"]) for row in drawn.to_pylist()}
    house = write_down(invent("330802", 2000, 6))["house"]
    built = {code: (year, month or 1) for code, year, month in house.select("survey_code", "built_year", "built_month").iter_rows()}
    strips = {"高速公路": 30, "国道": 20, "省道": 15, "县道": 10, "乡道": 5, "村道": 3}
    plane = Transformer.from_crs(4490, 4528, always_xy=True)
    seen = set()
    for finding in truth["findings"]:
        if finding["code"] not in LAYERS:
            continue
        name, word, since = LAYERS[finding["code"]]
        zones, days, classes = _layer(delivered, name, word)
        outline = outlines[finding["id"]]
        flat = shapely.transform([outline, *zones], lambda xy: np.stack(plane.transform(xy[:, 0], xy[:, 1]), axis=1))
        if finding["code"] == "in_road_strip":
            inside = shapely.distance(flat[0], flat[1:]) < np.array([strips[str(kind)] for kind in classes])
        else:
            inside = shapely.area(shapely.intersection(flat[0], flat[1:])) > 1.0
        assert inside.any()
        if since is not None:
            year, month = built[finding["id"]]
            assert [
                day for day, hit in zip(days, inside, strict=True) if hit and day is not None and date(year, month, 1) >= max(day, since)
            ]
        seen.add(finding["code"])
    assert len(seen) >= 6
