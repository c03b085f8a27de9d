"""A delivery in drawings and lists of points is judged as the same delivery in map files is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.register.export import export
from jiadi.run import pipeline
from jiadi.survey.check import check
from jiadi.survey.read import read
from jiadi.survey.sample import generate

DRAWN = ("宗地.shp", "宗地.shx", "宗地.dbf", "宗地.prj", "房屋轮廓.geojson")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("county")
    generate(directory, 150, seed=5)
    return directory


@pytest.fixture(scope="module")
def tables(county: Path) -> dict[str, pl.DataFrame]:
    return check(read([county])).tables


def without_maps(county: Path, into: Path, *more: str) -> Path:
    shutil.copytree(county, into, ignore=shutil.ignore_patterns(*DRAWN, *more))
    return into


def test_drawings_of_parcels_and_footprints_give_the_same_verdicts(county: Path, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    drawn = without_maps(county, tmp_path / "drawn")
    export(drawn / "权属图.dxf", "parcel", tables["parcel"])
    export(drawn / "房屋.dxf", "footprint", tables["footprint"])
    before, after = pipeline.judge([county]), pipeline.judge([drawn])
    assert before.judgement.houses.equals(after.judgement.houses)
    assert before.judgement.findings.equals(after.judgement.findings) and len(after.judgement.findings)
    kinds = ["house_parcel", "house_footprint"]
    one, other = (outcome.linked.pairs.filter(pl.col("kind").is_in(kinds)) for outcome in (before, after))
    assert one.equals(other)


def test_parcels_as_dxf_and_houses_as_boundary_points_are_judged(county: Path, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    drawn = without_maps(county, tmp_path / "drawn", "农房调查.xlsx", "truth.json")
    export(drawn / "权属图.dxf", "parcel", tables["parcel"])
    survey = tables["house"].drop("geometry", strict=False)
    outlines = tables["footprint"].select("survey_code", "geometry").drop_nulls()
    houses = survey.join(outlines, on="survey_code").filter(pl.col("survey_code").is_unique())
    export(drawn / "农房界址点.txt", "house", houses)
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["judge", str(drawn), "-o", str(out)])
    assert result.exit_code == 0, result.output
    said = json.loads((out / "summary.json").read_text("utf-8"))
    assert said["tables"]["house"] == {"read": len(houses), "accepted": len(houses), "refused": 0}
    assert said["tables"]["parcel"]["accepted"] == len(tables["parcel"])
    assert all(entry["status"] == "read" for entry in said["files"] if entry["file"] in ("权属图.dxf", "农房界址点.txt"))
    assert said["links"]["house_parcel"]["linked"] > 0.9 * len(houses)
    truth = json.loads((county / "truth.json").read_text("utf-8"))["links"]["house_parcel"]
    pairs = pipeline.judge([drawn]).linked.pairs.filter((pl.col("kind") == "house_parcel") & (pl.col("state") == "linked"))
    assert all(truth[house] == parcel for house, parcel in pairs.select("left_id", "right_id").iter_rows())
    assert sum(said["verdicts"].values()) == len(houses) and (out / "report.html").exists()
    house = houses["survey_code"][0]
    explained = CliRunner().invoke(app, ["explain", str(out), house])
    assert explained.exit_code == 0 and "农房界址点.txt" in explained.output


def test_a_profile_names_the_system_that_a_drawing_does_not(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    path = tmp_path / "权属图.dxf"
    export(path, "parcel", tables["parcel"].head(5))
    path.write_bytes(re.sub(rb"\n40(\d{6}\.)", rb"\n\1", path.read_bytes()))  # the zone left away
    asked = check(read([path]))
    assert [entry["code"] for entry in asked.files] == ["crs_unknown"]
    profile = tmp_path / "本县.yaml"
    profile.write_text("name: county\nlayers:\n  宗地: {crs: EPSG:4549}\n", "utf-8")
    taken = check(read([path], profile)).tables["parcel"]
    assert taken["geometry"].null_count() == 0 and len(taken) == 5


def test_refused_drawings_stop_no_other_file(county: Path, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    drawn = without_maps(county, tmp_path / "drawn")
    export(drawn / "权属图.dxf", "parcel", tables["parcel"])
    whole = (drawn / "权属图.dxf").read_bytes()
    (drawn / "断.dxf").write_bytes(whole[: len(whole) // 2])
    (drawn / "图.txt").write_bytes(whole)
    (drawn / "坐标.dat").write_bytes(bytes(range(256)))
    (drawn / "实体.dxf").write_bytes(b"0\nSECTION\n2\nENTITIES\n" + b"0\nPOINT\n" * 2_100_000 + b"0\nENDSEC\n0\nEOF\n")
    files = {entry["file"]: entry for entry in read([drawn]).files}
    assert {name: files[name]["code"] for name in ("断.dxf", "图.txt", "坐标.dat", "实体.dxf")} == {
        "断.dxf": "unreadable",
        "图.txt": "unreadable",
        "坐标.dat": "unreadable",
        "实体.dxf": "limit",
    }
    assert "权属图.dxf" not in files
