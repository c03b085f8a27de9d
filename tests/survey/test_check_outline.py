"""Outlines: what is odd is told with its place, one bad shape never stops the rest, thresholds are data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.geo import form, overlay
from jiadi.geo.repair import repair
from jiadi.register.tables import Delivery
from jiadi.run import check as run_check
from jiadi.run.stages import silent
from jiadi.survey import across
from jiadi.survey.check import check
from jiadi.survey.read import read

WEST, SOUTH, STEP = 118.87, 28.97, 1e-4
"""About 9.7 m by 11.1 m a step."""


def ring(x: float, y: float, wide: float = 1.0, high: float = 1.0) -> list[list[float]]:
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
    return [[WEST + STEP * at, SOUTH + STEP * up] for at, up in corners]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def layer(path: Path, shapes: list[Any], codes: list[str] | None = None, **more: list[Any]) -> Path:
    codes = codes or [f"330802001001JC{number:05d}" for number in range(1, len(shapes) + 1)]
    rows = [{"宗地代码": code, **{name: values[at] for name, values in more.items()}} for at, code in enumerate(codes)]
    features = [{"type": "Feature", "properties": row, "geometry": shape} for row, shape in zip(rows, shapes, strict=True)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def taken(*paths: Path) -> Delivery:
    return check(read(list(paths)))


def told(delivery: Delivery) -> list[tuple[int, str]]:
    return delivery.problems.filter(pl.col("column") == "geometry").select("row", "code").rows()


SPIKE = [*ring(0, 0)[:2], [WEST + 5 * STEP, SOUTH + 0.500 * STEP], [WEST + STEP, SOUTH + 0.01 * STEP], *ring(0, 0)[2:]]


@pytest.mark.parametrize("turn", range(0, 360, 15))
def test_a_spike_and_a_gap_are_told_whichever_way_they_point(turn: int) -> None:
    """Seen at 118 degrees east: a plane in which each point has a scale of its own would shear them apart."""
    spike, strip = [(0, 0), (4, -0.004), (4.8, 0), (4, 0.004), (4, 3), (0, 3)], [(0, 0), (8, 0), (8, 0.2), (0, 0.2)]
    drawn = []
    for corners in (spike, strip):
        x, y = np.array(corners).T
        angle = np.radians(turn)
        east, north = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
        scale = 111_320 * np.cos(np.radians(SOUTH))
        drawn.append(shapely.Polygon(np.column_stack([WEST + east / scale, SOUTH + north / 111_320])))
    shapes = np.array(drawn, dtype=object)
    assert form.spikes(shapes, 1.0, 0.5).tolist() == [True, False]
    assert form.widths(shapes, np.array([12.0, 1.6]))[1] == pytest.approx(2 * 1.6 / 16.4, rel=0.001)


def test_one_shape_astray_does_not_unplace_its_layer(tmp_path: Path) -> None:
    far = polygon([[x * 10, y] for x, y in ring(3, 0)])
    delivery = taken(layer(tmp_path / "宗地.geojson", [polygon(ring(0, 0)), polygon(ring(2, 0)), polygon(ring(4, 0)), far]))
    assert told(delivery) == [(4, "coordinates_impossible")]


@pytest.mark.parametrize(
    ("shape", "codes"),
    [
        (polygon(ring(0, 0)), []),
        (polygon(ring(0, 0)[::-1]), []),
        (polygon(SPIKE), ["spike"]),
        (polygon(ring(0, 0, 5, 0.01)), ["sliver"]),
        ({"type": "MultiPolygon", "coordinates": [[ring(0, 0)], [ring(3, 0)]]}, ["several_parts"]),
        ({"type": "MultiPolygon", "coordinates": [[ring(0, 0)]]}, []),
        (polygon(ring(0, 0), ring(3, 3)), ["ring_order"]),
        (polygon(ring(0, 0, 4, 4), ring(1, 1, 2, 2), ring(1.5, 1.5)), ["ring_order"]),
        (polygon(ring(0, 0, 3, 3), ring(0.5, 0.5), ring(0.5, 0.5)), ["self_intersection"]),
        (polygon(ring(0, 0), ring(0, 0)), ["empty_geometry"]),
        (polygon([*ring(0, 0)[:2], ring(0, 0)[3], ring(0, 0)[2], ring(0, 0)[0]]), ["self_intersection"]),
        ({"type": "Point", "coordinates": [WEST, SOUTH]}, ["empty_geometry"]),
        (None, ["empty_geometry"]),
    ],
    ids=[
        "plain",
        "clockwise",
        "spike",
        "sliver",
        "parts",
        "one part",
        "hole outside",
        "hole in hole",
        "hole twice",
        "twice",
        "bow tie",
        "point",
        "none",
    ],
)
def test_what_is_odd_is_told(shape: Any, codes: list[str], tmp_path: Path) -> None:
    delivery = taken(layer(tmp_path / "宗地.geojson", [polygon(ring(8, 8)), shape, polygon(ring(12, 8))]))
    assert told(delivery) == [(2, code) for code in codes]
    assert delivery.tables["parcel"].height == 3


def test_a_repair_says_the_area_before_and_after(tmp_path: Path) -> None:
    delivery = taken(layer(tmp_path / "宗地.geojson", [polygon(ring(0, 0, 2, 2), ring(5, 5)), polygon(ring(9, 9))]))
    (detail,) = delivery.problems.filter(pl.col("code") == "ring_order")["detail"]
    before, after = (float(part.strip(" m²")) for part in detail.split("→"))
    assert after == pytest.approx(before + 107.9, abs=1.0) or after == pytest.approx(before, abs=250)
    assert delivery.tables["parcel"]["geometry"].null_count() == 0


def test_heights_are_told_once_a_layer_and_dropped(tmp_path: Path) -> None:
    high = {"type": "Polygon", "coordinates": [[[*point, 12.5] for point in ring(0, 0)]]}
    delivery = taken(layer(tmp_path / "宗地.geojson", [high, polygon(ring(3, 3))]))
    assert told(delivery) == [(0, "heights_dropped")]
    assert not shapely.has_z(shapely.from_wkb(delivery.tables["parcel"]["geometry"].to_list())).any()


def shifted(shape: dict[str, Any], east: float, north: float = 0.0) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[[x + east, y + north] for x, y in one] for one in shape["coordinates"]]}


def test_a_shape_in_another_county_is_not_used(tmp_path: Path) -> None:
    shapes = [polygon(ring(number, 0)) for number in range(0, 10, 2)]
    shapes[1] = shifted(shapes[1], 0.0, 1.5)
    delivery = taken(layer(tmp_path / "宗地.geojson", shapes))
    assert told(delivery) == [(2, "away_from_place")]
    assert delivery.tables["parcel"].sort("parcel_code")["geometry"].is_null().to_list() == [False, True, False, False, False]


def test_a_layer_read_in_a_neighbouring_zone_is_told_as_a_whole(tmp_path: Path) -> None:
    shapes = [shifted(polygon(ring(number, 0)), 3.0) for number in range(0, 10, 2)]
    delivery = taken(layer(tmp_path / "宗地.geojson", shapes))
    (row,) = delivery.problems.filter(pl.col("code") == "zone_suspected").to_dicts()
    assert (row["row"], row["detail"]) == (1, "-3° 5/5")
    assert delivery.tables["parcel"]["geometry"].null_count() == 5


def test_a_place_that_is_not_known_is_not_judged_and_that_is_said_once_a_layer(tmp_path: Path) -> None:
    codes = [f"110101001001JC{number:05d}" for number in range(1, 4)]
    delivery = taken(layer(tmp_path / "宗地.geojson", [polygon(ring(n, 0)) for n in (0, 2, 4)], codes))
    assert told(delivery) == [(1, "place_unchecked")] and delivery.problems["detail"].to_list() == ["110101 3/3"]
    assert delivery.tables["parcel"]["geometry"].null_count() == 0


@pytest.mark.parametrize(("east", "codes"), [(0.0, []), (3.0, ["zone_suspected"])])
def test_a_manifest_says_where_a_county_lies(east: float, codes: list[str], tmp_path: Path) -> None:
    """Stated, it is checked as the shipped ones are."""
    names = [f"110101001001JC{number:05d}" for number in range(1, 4)]
    layer(tmp_path / "宗地.geojson", [shifted(polygon(ring(n, 0)), east) for n in (0, 2, 4)], names)
    (tmp_path / "清单.yaml").write_text('extents:\n  "110101": [118.4, 28.5, 119.2, 29.4]\n', "utf-8")
    assert [code for _, code in told(check(read([tmp_path])))] == codes


@pytest.mark.parametrize(
    "line", ["[1]", '"x": [1, 2, 3, 4]', '"330802005": [1, 2, 3, 4]', '"3308": [4, 2, 3, 4]', '"3308": [1, 2, 3]', '"3308": 5']
)
def test_an_extent_that_is_none_is_told(line: str, tmp_path: Path) -> None:
    (tmp_path / "清单.yaml").write_text(f"extents:\n  {line}\n", "utf-8")
    assert [entry["status"] for entry in read([tmp_path]).files] == ["refused"]


def test_overlaps_of_parcels_are_ranked(tmp_path: Path) -> None:
    shapes = [polygon(ring(0, 0, 2)), polygon(ring(1, 0, 2)), polygon(ring(2.9, 0, 2)), polygon(ring(9, 0))]
    layer(tmp_path / "宗地.geojson", shapes)
    summary = run_check.check([tmp_path / "宗地.geojson"], tmp_path / "out", on=None, profile=None, lang="zh", progress=silent)
    overlaps = summary["overlapping_parcels"]
    assert (overlaps["pairs"], [one["row"] for one in overlaps["largest"]]) == (2, [1, 2])
    assert overlaps["largest"][0]["overlap_m2"] == pytest.approx(107.9, abs=0.5)
    sheet = openpyxl.load_workbook(tmp_path / "out" / "problems.xlsx")["宗地重叠"]
    assert [row[:3] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        ("宗地.geojson", 1, "330802001001JC00001"),
        ("宗地.geojson", 2, "330802001001JC00002"),
    ]


def test_shapes_that_are_all_but_the_same(tmp_path: Path) -> None:
    shapes = [polygon(ring(0, 0)), polygon(ring(0.005, 0)), polygon(ring(0.5, 0))]
    found = across.across(taken(layer(tmp_path / "宗地.geojson", shapes)))
    assert [(row["row"], row["other"].split()[1]) for row in found.filter(pl.col("code") == "shape_repeated").to_dicts()] == [
        (1, "99.0%"),
        (2, "99.0%"),
    ]


def test_a_profile_beside_the_files_replaces_thresholds(tmp_path: Path) -> None:
    layer(tmp_path / "宗地.geojson", [polygon(ring(0, 0, 2)), polygon(ring(1.9, 0, 2))], 宗地面积=[216.0, 180.0])
    codes = {row["code"] for row in taken(tmp_path).problems.to_dicts()}
    assert {"parcel_overlap", "area_differs"} <= codes
    (tmp_path / "profile.yaml").write_text("thresholds: {parcel_overlap_m2: 100, area_differs_share: 0.5}", encoding="utf-8")
    assert {row["code"] for row in taken(tmp_path).problems.to_dicts()}.isdisjoint({"parcel_overlap", "area_differs"})


@pytest.mark.parametrize(
    "text", ["thresholds: {parcel_overlap: 1}", "thresholds: {spike_degrees: wide}", "thresholds: [1]", "thresholds: {spike_degrees: -1}"]
)
def test_thresholds_that_are_wrong_are_refused(text: str, tmp_path: Path) -> None:
    from jiadi.errors import Refusal  # noqa: PLC0415
    from jiadi.survey.read import profile  # noqa: PLC0415

    (tmp_path / "profile.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match="threshold"):
        profile.load(tmp_path / "profile.yaml")


CORNER = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda at: (WEST + at[0] * STEP / 10, SOUTH + at[1] * STEP / 10))


@given(st.lists(st.lists(CORNER, min_size=3, max_size=9), min_size=1, max_size=5), st.randoms())
def test_repairs_are_valid_stay_so_and_do_not_depend_on_order(rings: list[list[tuple[float, float]]], chance: Any) -> None:
    shapes = np.array([shapely.Polygon(corners) for corners in rings], dtype=object)
    mended = repair(shapes).shapes
    there = ~shapely.is_missing(mended)
    assert shapely.is_valid(mended[there]).all()
    again = repair(mended)
    assert shapely.equals_exact(again.shapes[there], mended[there], 0).all() and not again.problems["self_intersection"].any()
    order = list(range(len(rings)))
    chance.shuffle(order)
    for place, one in enumerate(repair(shapes[order]).shapes):
        assert one is mended[order[place]] or shapely.equals_exact(one, mended[order[place]], 0)


@given(st.integers(1, 359), st.floats(0.2, 5))
def test_a_box_has_no_spike_however_it_is_turned(degrees: int, long: float) -> None:
    from shapely import affinity  # noqa: PLC0415

    box = affinity.rotate(shapely.box(WEST, SOUTH, WEST + long * STEP, SOUTH + STEP), degrees)
    assert not form.spikes(np.array([box]), 1.0, 0.5).any()


def test_same_shapes_share_is_of_both_together() -> None:
    boxes = np.array([shapely.box(WEST, SOUTH, WEST + 2 * STEP, SOUTH + STEP), shapely.box(WEST, SOUTH, WEST + STEP, SOUTH + STEP)])
    assert overlay.same_shapes(boxes, ["a", "b"], 0.4)["share"].to_list() == [pytest.approx(0.5, abs=1e-6)]
    assert overlay.same_shapes(boxes, ["a", "b"], 0.6).is_empty()
