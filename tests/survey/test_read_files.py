"""Text, maps, folders, zips, profiles and the manifest."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.survey import manifest
from jiadi.survey.check import check
from jiadi.survey.read import profile, read
from jiadi.survey.read.text import decode

PERSONS = "户号,姓名,证件号码,与户主关系\n1,张三,,户主\n\n2,李四,,户主\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_in_any_encoding_and_with_any_separator(encoding: str, separator: str, tmp_path: Path) -> None:
    path = tmp_path / "户籍.csv"
    path.write_bytes(PERSONS.replace(",", separator).encode(encoding))
    sheet = read([path]).sheets[0]
    assert sheet.table == "person" and sheet.frame["t1"].to_list() == ["张三", "李四"]
    assert sheet.frame["row"].to_list() == [2, 4]


@given(st.lists(st.text("浙江衢州余东村张王李赵一二三联通", min_size=2, max_size=6), min_size=1, max_size=9))
def test_a_text_comes_back_from_either_encoding(words: list[str]) -> None:
    text = ",".join(words)
    for encoding in ("utf-8", "gb18030"):
        assert decode(text.encode(encoding))[0] == text


def test_letters_with_accents_stay_utf_8() -> None:
    assert decode("Chemin de Fossé, été".encode()) == ("Chemin de Fossé, été", "utf-8", [])


def test_a_line_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "户籍.csv"
    lines = [*(f"{number},张三,,户主" for number in range(5)), "9,欧阳修,,户主"]
    path.write_bytes(
        "户号,姓名,证件号码,与户主关系\n".encode("gb18030") + "\n".join(lines[:-1]).encode("gb18030") + b"\n" + lines[-1].encode()
    )
    sheet = read([path]).sheets[0]
    assert sheet.frame["t1"].to_list()[-1] == "欧阳修"
    assert [sheet.frame["row"][row] for row in sheet.mixed[0]] == [7]


def geojson(path: Path, properties: list[dict[str, object]], crs: str | None = "urn:ogc:def:crs:EPSG::4490") -> Path:
    features = [
        {
            "type": "Feature",
            "properties": one,
            "geometry": json.loads(shapely.to_geojson(shapely.box(118.9 + k / 1e3, 28.9, 118.9 + k / 1e3 + 1e-4, 28.9001))),
        }
        for k, one in enumerate(properties)
    ]
    head = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    path.write_text(json.dumps({"type": "FeatureCollection", **head, "features": features}, ensure_ascii=False), "utf-8")
    return path


def test_a_geojson_of_footprints(tmp_path: Path) -> None:
    sheet = read([geojson(tmp_path / "房屋轮廓.geojson", [{"标识码": "1", "调查编号": "330802100201-00001"}])]).sheets[0]
    assert (sheet.table, sheet.spatial, sheet.form) == ("footprint", True, "layer")


def test_a_layer_named_for_a_zone_needs_no_column_for_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "管控区.gpkg"
    table = pa.table({"名称": ["甲溪"], "geometry": pa.array([shapely.to_wkb(shapely.box(118, 28, 118.1, 28.1))], pa.binary())})
    pyogrio.write_arrow(
        table, path, layer="河道管理范围", driver="GPKG", geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4490"
    )
    sheet = read([path]).sheets[0]
    assert (sheet.table, sheet.fixed["zone_kind"], sheet.sheet) == ("zone", "river_range", "河道管理范围")


def test_a_columnar_list_says_what_it_is(tmp_path: Path) -> None:
    table = pa.table({"household_code": ["1"], "name": ["张三"], "valid_from": pa.array([date(2013, 5, 1)])})
    pq.write_table(table.replace_schema_metadata({"jiadi_table": "person"}), tmp_path / "person.parquet")
    sheet = read([tmp_path / "person.parquet"]).sheets[0]
    assert (sheet.table, sheet.form) == ("person", "columnar") and sheet.frame["d2"].dtype == pl.Datetime("us")


def test_a_folder_and_its_zip_give_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "交付"
    (folder / "子").mkdir(parents=True)
    (folder / "户籍.csv").write_text(PERSONS, "utf-8")
    geojson(folder / "子" / "轮廓.geojson", [{"标识码": "1", "调查编号": "2"}])
    (folder / "truth.json").write_text("{}")
    (folder / "~$户籍.csv").write_text("x")
    (folder / "out").mkdir()
    for name in ("summary.json", "problems.jsonl", "problems.csv"):
        (folder / "out" / name).write_text("户号,姓名,与户主关系\n")
    with zipfile.ZipFile(tmp_path / "交付.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    by_folder, by_zip = read([folder]), read([tmp_path / "交付.zip"])
    assert [(s.file, s.table, s.sha256) for s in by_folder.sheets] == [(s.file, s.table, s.sha256) for s in by_zip.sheets]
    assert [s.file for s in by_folder.sheets] == ["子/轮廓.geojson", "户籍.csv"]
    assert not by_folder.files


def test_a_part_of_a_shapefile_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "宗地.dbf").write_bytes(b"x")
    (tmp_path / "说明.docx").write_bytes(b"x")
    assert {entry["file"]: entry["status"] for entry in read([tmp_path]).files} == {"宗地.dbf": "refused", "说明.docx": "refused"}


def test_a_profile_settles_what_headings_cannot(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("c1,c2,c3\nF1,砼,0\n", "utf-8")
    (tmp_path / "p.yaml").write_text(
        "layers:\n  x.csv:\n    table: house\n    columns: {survey_code: c1, structure: c2, basement: c3}\n"
        "    codes: {structure: {砼: reinforced_concrete}, basement: {'0': 'yes', '1': 'no'}}\n",
        "utf-8",
    )
    sheet = read([path], tmp_path / "p.yaml").sheets[0]
    assert sheet.table == "house" and sheet.columns == {"survey_code": 0, "structure": 1, "basement": 2}
    assert sheet.codes["basement"]["0"] == "yes"
    house = check(read([path], tmp_path / "p.yaml")).tables["house"]
    assert house.select("id", "structure", "basement").rows() == [("F1", "reinforced_concrete", "yes")]


def test_a_profile_names_the_system_where_the_file_does_not(tmp_path: Path) -> None:
    shape = shapely.to_wkb(shapely.box(40_392_000, 3_198_000, 40_392_010, 3_198_012))
    table = pa.table({"BSM": ["1"], "ZDMJ": [120.0], "geometry": pa.array([shape], pa.binary())})
    path = tmp_path / "宗地.shp"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_arrow(table, path, driver="ESRI Shapefile", geometry_name="geometry", geometry_type="Polygon")
    assert check(read([path])).files[0]["status"] == "question"
    (tmp_path / "p.yaml").write_text("layers: {'宗地*': {table: parcel, crs: 'EPSG:4528'}}\n", "utf-8")
    delivery = check(read([path], tmp_path / "p.yaml"))
    assert delivery.files[0]["status"] == "read" and delivery.tables["parcel"]["geometry"].null_count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "layers: [a]",
        "odd: 1",
        "layers: {a: {table: nothing}}",
        "layers: {a: {table: house, columns: {nothing: b}}}",
        "layers: {a: {odd: 1}}",
        "a: [",
        "others: maybe",
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_what_is_wrong(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(Refusal) as caught:
        profile.load(tmp_path / "p.yaml")
    assert caught.value.code == "bad_profile" and "p.yaml" in caught.value.why


def test_shipped_profiles_load_and_name_columns_that_exist() -> None:
    assert "french_cadastre" in {one.name for one in profile.shipped()}


def test_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "清单.yaml"
    path.write_text(
        'delivered_on: 2025-06-30\ncoverage:\n- {list: zone, kind: river_range, divisions: ["330802"], from: 1982-02-13}\n', "utf-8"
    )
    said = manifest.load(path)
    day, coverage = said.delivered_on, said.coverage
    assert day == date(2025, 6, 30)
    assert (coverage[0].kind, coverage[0].divisions, coverage[0].covers_from, coverage[0].covers_to) == (
        "river_range",
        ("330802",),
        date(1982, 2, 13),
        None,
    )


@pytest.mark.parametrize(
    "text",
    [
        "- 1",
        "delivered_on: 昨天",
        "coverage: {}\ndelivered_on: 2025-13-01",
        "coverage: [{list: x, divisions: ['1']}]",
        "coverage: [{list: zone}]",
        "a: &a [1]\nb: *a",
        "a: [",
    ],
)
def test_a_manifest_that_is_wrong_is_told_and_not_used(text: str, tmp_path: Path) -> None:
    (tmp_path / "清单.yaml").write_text(text, "utf-8")
    delivery = read([tmp_path])
    assert [entry["status"] for entry in delivery.files] == ["refused"] and not delivery.coverage and delivery.delivered_on is None
