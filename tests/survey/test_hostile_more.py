"""More files that attack their reader: each ends with a reason, and the lists beside it are read all the same."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from openpyxl import Workbook

from jiadi.survey.read import read

HEAD = '<?xml version="1.0"?>'
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def beside(folder: Path) -> None:
    (folder / "户籍.csv").write_text("户号,姓名,与户主关系\n1,张三,户主\n", "gb18030")


def outcome(folder: Path) -> dict[str, str]:
    """Code of each file that was not taken; the honest list beside is always taken."""
    delivery = read([folder])
    assert "person" in [sheet.table for sheet in delivery.sheets]
    for entry in delivery.files:
        assert entry["reason"] and entry["reason_en"]
    return {str(entry["file"]): str(entry["code"]) for entry in delivery.files}


def workbook_with(path: Path, parts: dict[str, bytes | str]) -> None:
    book = Workbook()
    honest = path.with_suffix(".tmp")
    book.save(honest)
    with zipfile.ZipFile(honest) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.get(name, source.read(name)))
        for name in parts.keys() - set(source.namelist()):
            target.writestr(name, parts[name])
    honest.unlink()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGH = f'{HEAD}<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "xl/styles.xml"]
)
def test_a_billion_laughs(part: str, tmp_path: Path) -> None:
    beside(tmp_path)
    workbook_with(tmp_path / "a.xlsx", {part: f"{LAUGH}<sst {SPACE}><si><t>&l9;</t></si></sst>"})
    assert outcome(tmp_path) == {"a.xlsx": "hostile"}


@pytest.mark.parametrize("name", ["a.xlsx", "a.geojson", "a.dxf", "a.gpkg", "a.csv"])
def test_a_billion_laughs_under_any_name(name: str, tmp_path: Path) -> None:
    beside(tmp_path)
    (tmp_path / name).write_text(f"{LAUGH}<kml xmlns='http://www.opengis.net/kml/2.2'><name>&l9;</name></kml>", encoding="utf-8")
    assert set(outcome(tmp_path)) == {name}


def test_a_zip_in_a_zip_in_a_zip(tmp_path: Path) -> None:
    beside(tmp_path)
    inner = b"0" * 20_000_000
    for _ in range(4):
        with zipfile.ZipFile(tmp_path / "next.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.zip", inner)
        inner = (tmp_path / "next.zip").read_bytes()
    (tmp_path / "next.zip").unlink()
    (tmp_path / "弹.zip").write_bytes(inner)
    assert next(iter(outcome(tmp_path).values())) in ("hostile", "unreadable", "unrecognised")


def test_a_zip_with_a_link_and_one_that_is_locked(tmp_path: Path) -> None:
    beside(tmp_path)
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        entry = zipfile.ZipInfo("passwd.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "locked.zip", "w") as archive:
        archive.writestr("a.csv", "x")
    raw = bytearray((tmp_path / "locked.zip").read_bytes())
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(raw)
    found = outcome(tmp_path)
    assert found["link.zip"] == "hostile" and set(found) == {"link.zip", "locked.zip"}


def test_sixteen_thousand_columns(tmp_path: Path) -> None:
    beside(tmp_path)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("宽表")
    sheet.append(["户号", "姓名", "与户主关系", *(f"列{number}" for number in range(16_381))])
    for number in range(20):
        sheet.append([str(number), "张三", "户主", *range(16_381)])
    book.save(tmp_path / "wide.xlsx")
    delivery = read([tmp_path])
    assert len(delivery.sheets) == 2 or [entry["file"] for entry in delivery.files] == ["wide.xlsx"]
    wide = [sheet for sheet in delivery.sheets if sheet.file == "wide.xlsx"]
    assert all(one.table == "person" and one.frame.height == 20 for one in wide)


def test_a_row_that_says_it_is_two_gigabytes(tmp_path: Path) -> None:
    beside(tmp_path)
    huge = 2**31 - 1
    header = (
        struct.pack("<BBBBIHH20x", 3, 124, 1, 1, huge, 65, 65535)
        + b"ZDDM".ljust(11, b"\0")
        + b"C"
        + b"\0" * 4
        + b"\xff"
        + b"\0" * 15
        + b"\r"
    )
    (tmp_path / "宗地.dbf").write_bytes(header + b" " * 200)
    points = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, huge) + struct.pack("<2i8d", 1000, 5, *[0.0] * 8)
    (tmp_path / "宗地.shp").write_bytes(points + struct.pack(">2i", 1, huge))
    (tmp_path / "宗地.shx").write_bytes(points + struct.pack(">2i", huge, huge))
    assert set(outcome(tmp_path)) == {"宗地.shp"}


def parcels(path: Path, many: int = 3) -> None:
    shapes = shapely.to_wkb(shapely.box(118.5 + np.arange(many) * 0.001, 28.9, 118.5005 + np.arange(many) * 0.001, 28.9005))
    codes = np.array([f"330802001001JC{number:05d}" for number in range(many)], dtype=object)
    areas = np.full(many, 100.0)
    pyogrio.raw.write(path, shapes, [codes, areas], ["ZDDM", "ZDMJ"], geometry_type="Polygon", crs="EPSG:4490", driver=None)


def test_an_index_that_lies(tmp_path: Path) -> None:
    beside(tmp_path)
    for name, lie in (("far", (2**30, 60)), ("back", (-5, 60)), ("long", (50, 2**30))):
        parcels(tmp_path / f"{name}.shp")
        index = bytearray((tmp_path / f"{name}.shx").read_bytes())
        struct.pack_into(">2i", index, 100, *lie)
        (tmp_path / f"{name}.shx").write_bytes(index)
    parcels(tmp_path / "count.shp")
    table = bytearray((tmp_path / "count.dbf").read_bytes())
    struct.pack_into("<I", table, 4, 4_000_000)
    (tmp_path / "count.dbf").write_bytes(table)
    delivery = read([tmp_path])
    told = {str(entry["file"]) for entry in delivery.files}
    taken = {sheet.file: sheet.frame.height for sheet in delivery.sheets}
    for name in ("far", "back", "long", "count"):
        # Either the file is refused, or every row that it really has is there.
        assert f"{name}.shp" in told or taken[f"{name}.shp"] >= 2


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE VIEW parcel_view AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, NULL AS geom FROM n",
        "CREATE TRIGGER bite AFTER INSERT ON 宗地 BEGIN DELETE FROM gpkg_contents; END",
        "CREATE VIEW steal AS SELECT load_extension('/tmp/evil.so') AS fid",
        "CREATE VIEW read_file AS SELECT readfile('/etc/passwd') AS fid",
        "UPDATE gpkg_contents SET table_name = 'sqlite_master'",
        "UPDATE gpkg_geometry_columns SET table_name = 'x\"; DROP TABLE gpkg_contents; --'",
    ],
)
def test_a_geopackage_with_a_view_or_a_trigger(attack: str, tmp_path: Path) -> None:
    beside(tmp_path)
    path = tmp_path / "宗地.gpkg"
    parcels(path)
    base = sqlite3.connect(path)
    base.execute(attack)
    for view in ("parcel_view", "steal", "read_file"):
        if view in attack:
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, 4490)", (view, view)
            )
            base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', 4490, 0, 0)", (view,))
    base.commit()
    base.close()
    before = path.read_bytes()
    delivery = read([tmp_path])
    assert "person" in [sheet.table for sheet in delivery.sheets]
    assert path.read_bytes() == before
    taken = [sheet.frame.height for sheet in delivery.sheets if sheet.table == "parcel"]
    assert taken in ([3], []) and (taken or delivery.files)


def test_a_drawing_of_ten_million_entities(tmp_path: Path) -> None:
    beside(tmp_path)
    piece = b"  0\nPOINT\n  8\n0\n 10\n1\n 20\n1\n" * 100_000
    with (tmp_path / "图.dxf").open("wb") as out:
        out.write(b"  0\nSECTION\n  2\nENTITIES\n")
        for _ in range(100):
            out.write(piece)
        out.write(b"  0\nENDSEC\n  0\nEOF\n")
    assert set(outcome(tmp_path)) == {"图.dxf"}


def test_a_line_without_end_and_bytes_of_nothing(tmp_path: Path) -> None:
    beside(tmp_path)
    (tmp_path / "line.csv").write_bytes(b"\xd0\xd5\xc3\xfb,a" + b"x" * 80_000_000)
    (tmp_path / "nul.csv").write_bytes(b"\0" * 1_000_000)
    (tmp_path / "deep.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 200_000)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1" + b"\xff" * 5000 + b"PAR1")
    assert set(outcome(tmp_path)) == {"line.csv", "nul.csv", "deep.geojson", "cut.parquet"}


def test_a_million_merged_cells(tmp_path: Path) -> None:
    beside(tmp_path)
    merged = "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(3, 300_003))
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>户号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
    sheet = f"{HEAD}<worksheet {SPACE}><sheetData>{row}</sheetData><mergeCells>{merged}</mergeCells></worksheet>"
    workbook_with(tmp_path / "merged.xlsx", {"xl/worksheets/sheet1.xml": sheet})
    delivery = read([tmp_path])
    assert "person" in [sheet.table for sheet in delivery.sheets]


def test_a_coordinate_system_that_is_no_text_is_asked_for(tmp_path: Path) -> None:
    beside(tmp_path)
    parcels(tmp_path / "宗地.shp")
    raw = (tmp_path / "宗地.prj").read_bytes()
    (tmp_path / "宗地.prj").write_bytes(raw.replace(b"China", b"\xe8hina").replace(b"CGCS", b"\xe8GCS"))
    delivery = read([tmp_path])
    assert "person" in [sheet.table for sheet in delivery.sheets]
    (sheet,) = [sheet for sheet in delivery.sheets if sheet.file == "宗地.shp"]
    assert sheet.crs_text == "" and sheet.frame.height == 3
