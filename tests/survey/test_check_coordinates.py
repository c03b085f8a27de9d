"""One shape whose coordinates are impossible stops no other, and is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

from jiadi.survey.check import check
from jiadi.survey.read import read


def layer(path: Path, odd: list[list[float]]) -> None:
    good = shapely.box(118.5, 28.9, 118.5005, 28.9005)
    rings = [[list(point) for point in good.exterior.coords], odd, [[x + 0.001, y] for x, y in good.exterior.coords]]
    features = [
        {
            "type": "Feature",
            "properties": {"ZDDM": f"330802001001JC{n:05d}", "ZDMJ": 2700},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for n, ring in enumerate(rings)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")


@pytest.mark.parametrize(
    "odd",
    [
        [[118.5, 28.9], [474.01, 28.9], [474.01, 28.95], [118.5, 28.9]],
        [[118.5, 28.9], [118.6, 128.9], [118.7, 28.9], [118.5, 28.9]],
        [[18.5, 28.9], [118.6, 28.9], [118.7, 28.95], [18.5, 28.9]],
    ],
    ids=["east of the earth", "north of the pole", "a digit lost"],
)
def test_impossible_coordinates(odd: list[list[float]], tmp_path: Path) -> None:
    layer(tmp_path / "宗地.geojson", odd)
    delivery = check(read([tmp_path]))
    assert delivery.tables["parcel"].height == 3
    assert delivery.tables["parcel"].sort("source_row")["geometry"].is_null().to_list() == [False, True, False]
    told = delivery.problems.filter(code="coordinates_impossible")
    assert told.select("row", "column", "level").rows() == [(2, "geometry", "unknown")]
    assert "empty_geometry" not in delivery.problems["code"].to_list()
