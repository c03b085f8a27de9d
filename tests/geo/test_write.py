"""What is written is read back as it was, and the same frames give the same bytes."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import shapely

from jiadi.geo.files import read_layers
from jiadi.geo.write import geopackage, geoparquet

FRAME = pl.DataFrame(
    {
        "id": ["甲", "乙", "丙"],
        "area_m2": [1.5, None, 3.0],
        "storeys": pl.Series([1, None, 3], dtype=pl.Int32),
        "built_month": pl.Series([1, 2, None], dtype=pl.Int8),
        "approved_on": [date(2000, 1, 1), None, date(2020, 2, 29)],
        "geometry": pl.Series(
            [
                shapely.to_wkb(shapely.box(118, 29, 118.1, 29.1)),
                None,
                shapely.to_wkb(shapely.MultiPolygon([shapely.box(118, 29, 118.1, 29.1), shapely.box(119, 29, 119.1, 29.1)])),
            ],
            dtype=pl.Binary,
        ),
    }
)


def test_layers_and_tables_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    geopackage(path, {"宗地": FRAME, "来源": FRAME.drop("geometry")})
    parcels, sources = read_layers(path)
    assert (parcels.name, sources.name) == ("宗地", "来源")
    assert parcels.crs_text == "EPSG:4490" and sources.geometry is None
    assert parcels.attributes.cast({"built_month": pl.Int8}).equals(FRAME.drop("geometry"))
    assert sources.attributes.cast({"built_month": pl.Int8}).equals(FRAME.drop("geometry"))
    assert parcels.geometry is not None
    assert parcels.geometry.to_list() == FRAME["geometry"].to_list()


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        geopackage(tmp_path / f"{name}.gpkg", {"parcel": FRAME, "source": FRAME.drop("geometry")})
        geoparquet(tmp_path / f"{name}.parquet", FRAME, {"jiadi_table": "parcel"})
        time.sleep(0.01)
    for suffix in ("gpkg", "parquet"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_a_written_database_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    geopackage(path, {"parcel": FRAME})
    with closing(sqlite3.connect(path)) as database:
        [(low, high)] = database.execute("SELECT min_x, max_x FROM gpkg_contents").fetchall()
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert (low, high) == pytest.approx((118, 119.1))


def test_geoparquet_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    geoparquet(path, FRAME, {"jiadi_table": "parcel"})
    [layer] = read_layers(path)
    assert layer.attributes.equals(FRAME.drop("geometry"))
    assert layer.geometry is not None and layer.geometry.to_list() == FRAME["geometry"].to_list()
    assert "CGCS2000" in layer.crs_text or "4490" in layer.crs_text
    assert layer.metadata == {"jiadi_table": "parcel"}
    assert not layer.crs_assumed
    geoparquet(path, FRAME.drop("geometry"))
    assert read_layers(path)[0].geometry is None
