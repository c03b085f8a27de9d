"""Real files that are none of ours, read with the profiles that travel with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from jiadi.geo.measure import areas
from jiadi.geo.overlay import parcel_overlaps
from jiadi.register.tables import Delivery
from jiadi.run.pipeline import read_and_check
from jiadi.run.stages import Stages, silent

DATA = Path(__file__).parent.parent / "data"


def read(path: Path) -> Delivery:
    return read_and_check([path], profile=None, on=None, stages=Stages(silent))


def test_parcels_of_flanders() -> None:
    path = DATA / "grb_parcels.geojson"
    delivery = read(path)
    parcels = delivery.tables["parcel"]
    assert [(entry["rows"], entry["accepted"], entry["refused"]) for entry in delivery.files] == [(408, 408, 0)]
    assert parcels["feature_code"].n_unique() == 408 and parcels["parcel_code"].null_count() == 408
    assert parcels["id"].equals(parcels["feature_code"].alias("id"))
    assert delivery.problems.is_empty()  # a CAPAKEY is no bad parcel code
    measured = areas(parcels["geometry"])
    assert measured.sum() == pytest.approx(2_979_273.85, abs=0.5)
    # Lambert 72 is conformal: its areas are off by less than 4 in 10,000 here, and no parcel was lost or doubled.
    drawn = shapely.area(shapely.from_wkb(pyogrio.raw.read(path)[2])).sum()
    assert measured.sum() == pytest.approx(drawn, rel=4e-4)
    assert parcel_overlaps(parcels["geometry"], parcels["id"]).is_empty()


def registry_map(path: Path) -> None:
    """A map as the converter of Japan's registry maps writes it, with invented lots."""
    names = ("筆ID", "地図名", "市区町村コード", "市区町村名", "座標系", "測地系判別", "大字名", "地番", "精度区分", "座標値種別")

    def feature(number: int, lot: str) -> dict[str, Any]:
        west = 130.5 + number * 0.001
        ring = [[west, 30.3], [west + 0.0008, 30.3], [west + 0.0008, 30.3005], [west, 30.3005], [west, 30.3]]
        values = (f"H{number:09}", "見本001", "99999", "見本郡見本町", "公共座標2系", "変換", "見本", lot, "甲三", "図上測量")
        return {
            "type": "Feature",
            "properties": dict(zip(names, values, strict=True)),
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
        }

    lots = ["2740-1", "2740-2", "地番区域外", "道"]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature(k, lot) for k, lot in enumerate(lots)]}), encoding="utf-8"
    )


def test_a_registry_map_of_japan(tmp_path: Path) -> None:
    registry_map(tmp_path / "46505.geojson")
    delivery = read(tmp_path / "46505.geojson")
    parcels = delivery.tables["parcel"].sort("source_row")
    assert [(entry["rows"], entry["accepted"]) for entry in delivery.files] == [(4, 4)]
    assert parcels["feature_code"].to_list() == [f"H{k:09}" for k in range(4)]
    assert parcels["location"].to_list() == ["2740-1", "2740-2", "地番区域外", "道"]
    assert np.allclose(areas(parcels["geometry"]), 4_266, atol=5)
    assert delivery.problems.is_empty()
