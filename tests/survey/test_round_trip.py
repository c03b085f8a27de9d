"""A list that is written and read again is the same list, whatever the form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from jiadi.errors import Refusal
from jiadi.geo.measure import areas, hundredths
from jiadi.register.export import export
from jiadi.register.schema import TABLES
from jiadi.register.tables import PROVENANCE, Delivery
from jiadi.server.exports.writing import to_file
from jiadi.survey.check import check
from jiadi.survey.read import read

WHOLE = (".gpkg", ".geojson", ".shp", ".dxf")
CARRIED = {
    ".txt": {"parcel": ["parcel_code", "holder_name", "stated_area_m2"], "house": ["survey_code", "owner_name", "base_area_m2", "use"]},
    ".dat": {"parcel": ["parcel_code"], "house": ["survey_code"]},
}
NAMES = ["张䶮", "𠮷田三郎", "欧阳修", "买买提·阿不都", "李四、王五", None]
VILLAGE = "330802005202"


def box(place: int, size: float = 1e-4) -> shapely.Geometry:
    west, south = 118.85 + place * 3e-4, 28.95 + place * 1e-5
    return shapely.affinity.rotate(shapely.box(west, south, west + size, south + 0.8 * size), 17)


def with_hole() -> shapely.Geometry:
    outer = box(20)
    return shapely.Polygon(outer.exterior, [shapely.affinity.scale(outer, 0.4, 0.4).exterior])


def two_parts() -> shapely.Geometry:
    return shapely.MultiPolygon([box(30), box(31, 5e-5)])


def collection(path: Path, rows: list[dict[str, Any]], shapes: list[shapely.Geometry]) -> Path:
    features = [
        {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    head = {"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    path.write_text(json.dumps(head | {"features": features}, ensure_ascii=False), "utf-8")
    return path


def parcels(folder: Path) -> Path:
    shapes = [*(box(place) for place in range(4)), with_hole(), two_parts()]
    rows = [
        {
            "BSM": f"00{place}7",
            "ZDDM": f"330802001001JC{place:05d}",
            "QLRMC": name,
            "ZDMJ": round(float(areas(np.array([shape]))[0]) * 1.01, 2) if place != 2 else None,
            "QLXZ": ["集体", "国有", None][place % 3],
            "ZL": "余东村12号",
            "XZQDM": VILLAGE,
        }
        for place, (name, shape) in enumerate(zip(NAMES, shapes, strict=True))
    ]
    return collection(folder / "宗地.geojson", rows, shapes)


def houses(folder: Path) -> Path:
    shapes = [*(box(place, 6e-5) for place in range(4)), with_hole(), two_parts()]
    rows = [
        {
            "调查编号": f"{VILLAGE}-{place:05d}",
            "产权人": name,
            "不动产单元号": f"330802001001JC{place:05d}F00010001" if place else None,
            "宗地代码": f"330802001001JC{place:05d}",
            "村代码": VILLAGE,
            "门牌号": f"余东村{place}号" if place else None,
            "建成年份": 1990 + place if place != 3 else None,
            "建成月份": 7 if place == 1 else None,
            "层数": 3,
            "房屋高度": 9.85,
            "建筑面积": 240.5,
            "占地面积": 100.25,
            "房屋结构": ["混合结构", "砖木结构", None][place % 3],
            "房屋用途": ["住宅", "附属用房", None][place % 3],
            "是否继承": ["是", "否", None][place % 3],
            "鉴定等级": "C级",
            "建设规划手续": "有",
            "预制多孔板": "无",
        }
        for place, name in enumerate(NAMES)
    ]
    return collection(folder / "农房.geojson", rows, shapes)


SOURCES = {"parcel": parcels, "house": houses}


def checked(path: Path, table: str) -> Delivery:
    delivery = check(read([path]))
    assert list(delivery.tables) == [table], delivery.files
    return delivery


def compared(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    filled = [column for column in columns if column in frame.columns and frame[column].null_count() < len(frame)]
    return frame.select(filled).sort(filled)


@pytest.mark.parametrize("table", ["parcel", "house"])
@pytest.mark.parametrize("suffix", [*WHOLE, ".txt", ".dat"])
def test_a_list_comes_back_as_it_was(suffix: str, table: str, tmp_path: Path) -> None:
    before = checked(SOURCES[table](tmp_path), table).tables[table]
    path = tmp_path / f"{TABLES[table].zh}{suffix}"
    export(path, table, before)
    after = checked(path, table)
    columns = [column.name for column in TABLES[table].columns if column.kind != "geometry"]
    if suffix in CARRIED:
        columns = CARRIED[suffix][table]
    elif suffix == ".dxf" and table == "house":
        columns.remove("feature_code")  # a house without one is called by its handle in the drawing
    left, right = (compared(frame, columns) for frame in (before, after.tables[table]))
    assert left.to_dicts() == right.to_dicts()
    key = columns[0] if suffix in CARRIED else {"parcel": "parcel_code", "house": "survey_code"}[table]
    one, other = (hundredths(areas(frame.sort(key)["geometry"])) for frame in (before, after.tables[table]))
    assert list(one) == list(other) and min(one) > 0
    assert after.problems.filter(pl.col("level") != "note").is_empty()


@pytest.mark.parametrize("table", ["parcel", "house"])
def test_a_workbook_comes_back_without_shapes(table: str, tmp_path: Path) -> None:
    before = checked(SOURCES[table](tmp_path), table).tables[table]
    path = tmp_path / f"{TABLES[table].zh}.xlsx"
    export(path, table, before)
    after = checked(path, table).tables[table]
    columns = [column.name for column in TABLES[table].columns if column.kind != "geometry"]
    assert compared(before, columns).to_dicts() == compared(after, columns).to_dicts()


def test_a_footprint_drawn_as_a_house_stays_a_footprint(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"标识码": "1", "调查编号": f"{VILLAGE}-00001"}]
    before = checked(collection(tmp_path / "房屋轮廓.geojson", rows, [box(0)]), "footprint").tables["footprint"]
    export(tmp_path / "a.dxf", "footprint", before)
    after = checked(tmp_path / "a.dxf", "footprint").tables["footprint"]
    assert before.drop(*PROVENANCE, "geometry", strict=False).to_dicts() == after.drop(*PROVENANCE, "geometry", strict=False).to_dicts()


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".dxf", ".txt", ".dat", ".xlsx"])
def test_the_same_list_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    frame = checked(parcels(tmp_path), "parcel").tables["parcel"]
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        export(tmp_path / name / f"宗地{suffix}", "parcel", frame)
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    assert written[0] == written[1]


def test_what_a_form_cannot_hold_is_refused(tmp_path: Path) -> None:
    frame = checked(parcels(tmp_path), "parcel").tables["parcel"]
    for path, table, given, code in (
        ("a.kml", "parcel", frame, "unknown_form"),
        ("a.dxf", "parcel", frame.drop("geometry"), "not_drawn"),
        ("a.dat", "zone", pl.DataFrame({"zone_kind": ["road"], "geometry": frame["geometry"][:1]}), "not_drawn"),
        ("a.shp", "parcel", frame.with_columns(location=pl.lit("长" * 128)), "too_long_for_dbf"),
    ):
        with pytest.raises(Refusal) as caught:
            export(tmp_path / path, table, given)
        assert caught.value.code == code
        assert not (tmp_path / path).exists()


def test_a_drawing_is_one_that_other_programs_open(tmp_path: Path) -> None:
    from ezdxf.filemanagement import readfile  # noqa: PLC0415

    frame = checked(parcels(tmp_path), "parcel").tables["parcel"]
    export(tmp_path / "a.dxf", "parcel", frame)
    document = readfile(tmp_path / "a.dxf")
    audit = document.audit()
    assert not audit.errors and not audit.fixes
    assert (document.dxfversion, document.header["$DWGCODEPAGE"]) == ("AC1015", "ANSI_936")
    lines = document.modelspace().query("LWPOLYLINE")
    assert len(lines) == len(frame) + 2 and all(line.closed and line.dxf.layer == "JZD" for line in lines)
    assert {line.get_xdata("SOUTH")[0].value for line in lines} == {"300000"}
    handles = [entity.dxf.handle for entity in document.modelspace()]
    assert len(set(handles)) == len(handles) and max(int(handle, 16) for handle in handles) < int(document.header["$HANDSEED"], 16)


def test_rows_past_the_end_of_a_sheet_go_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiadi.register.export.SHEET_ROWS", 4)
    frame = pl.DataFrame({"household_code": [f"0{row}" for row in range(8)], "name": [f"张{'甲乙丙丁戊己庚辛'[row]}" for row in range(8)]})
    export(tmp_path / "户籍.xlsx", "person", frame)
    raw = read([tmp_path / "户籍.xlsx"])
    held = check(raw).tables["person"].sort("household_code")
    assert held["household_code"].to_list() == frame["household_code"].to_list()


def test_a_list_for_spreadsheets_is_read_again(tmp_path: Path) -> None:
    """Apostrophes before formulas of codes and tabs behind long digits are taken off again."""
    frame = pl.DataFrame({"户号": ["007", "330802197603151233"], "姓名": ["张䶮", "王𠮷"], "证件号码": ["330802197603151233", None]})
    for form in ("csv", "csv_gb18030", "xlsx"):
        path = tmp_path / form / ("户籍.xlsx" if form == "xlsx" else "户籍.csv")
        path.parent.mkdir()
        to_file(path, form, "户籍人口", [frame])
        held = check(read([path])).tables["person"].sort("household_code")
        assert held["household_code"].to_list() == ["007", "330802197603151233"]
        assert held["name"].to_list() == ["张䶮", "王𠮷"] and held["id_number"].to_list() == ["330802197603151233", None]
