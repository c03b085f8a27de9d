"""Map files are read as what they are, row by row, or refused with the reason."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from jiadi.errors import Refusal
from jiadi.geo.archive import unpack
from jiadi.geo.child import run_limited
from jiadi.geo.files import layer_names, read_layers
from jiadi.geo.reasons import family, say

VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def shapefile(path: Path, names: list[str], encoding: str = "GB18030", field: str = "权利人") -> Path:
    squares = shapely.box(np.arange(len(names)), 0, np.arange(len(names)) + 1, 1)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(squares),
        field_data=[np.array(names, dtype=object), np.arange(len(names)) + 0.5],
        fields=[field, "ZDMJ"],
        crs="EPSG:4528",
        geometry_type="Polygon",
        driver="ESRI Shapefile",
        encoding=encoding,
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf = path.with_suffix(".dbf")
    raw = bytearray(dbf.read_bytes())
    raw[29] = 0  # no language byte either
    dbf.write_bytes(raw)
    return path


def collection(features: list[dict[str, object]], crs: str = "") -> str:
    member = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    return json.dumps({"type": "FeatureCollection", **member, "features": features}, ensure_ascii=False)


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.mark.parametrize("name", ["a.geojson", "a.shp", "a.dxf", "a.gpkg", "a.json", "a.vrt"])
@pytest.mark.parametrize("source", ["/vsicurl/http://127.0.0.1:9/x.geojson", "CSV:/etc/passwd"])
def test_a_virtual_source_is_refused_under_any_name(tmp_path: Path, name: str, source: str) -> None:
    path = tmp_path / name
    path.write_text("\n  " + VRT.format(source))
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == family(caught.value) == "hostile"
    assert path.suffix in say(caught.value, "zh")[0] and path.suffix in say(caught.value, "en")[0]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.geojson", b"name,area\n1,2", "content_differs"),
        ("a.shp", b"\x00" * 200, "content_differs"),
        ("a.gpkg", b"PK\x03\x04", "content_differs"),
        ("a.parquet", b"{}", "content_differs"),
        ("a.geojson", b'{"type": "Topology", "objects": {}}', "content_differs"),
        ("a.geojson", b"", "empty"),
        ("a.kml", b"<kml/>", "unrecognised"),
        ("a.dxf", b"0\nSECTION\n", "dxf_cut"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "unreadable"),
        ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 200, "unreadable"),
        ("a.parquet", b"PAR1" + b"\x00" * 50 + b"PAR1", "unreadable"),
        ("a.shp", b"\x00\x00\x27\x0a" + b"\xff" * 200, "unreadable"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == [path], "nothing is written beside the user's file"


def test_no_driver_outside_the_short_list_is_left(tmp_path: Path) -> None:
    # The look at the content is passed by, and the child alone must hold: GDAL itself does not know the file.
    path = tmp_path / "a.geojson"
    path.write_text(VRT.format("CSV:/etc/passwd"))
    code = f"from jiadi.geo.files_child import _layer; from pathlib import Path; _layer(Path({str(path)!r}), None)"
    with pytest.raises(Refusal, match="not recognized as being in a supported file format"):
        run_limited("builtins:exec", code)


def test_a_virtual_table_in_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb([shapely.Point(0, 0)]), field_data=[], fields=[], geometry_type="Point", crs="EPSG:4490"
    )
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA writable_schema=ON")
        database.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'spy', 'spy', 0, 'CREATE VIRTUAL TABLE spy USING VirtualOGR(''/etc/passwd'')')"
        )
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == "hostile_database"


def test_a_dbf_without_code_page_is_read_cell_by_cell(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "宗地.shp", ["张三", "李四", "联通", None, "Anna", "罗隆"])
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("李四".encode("gb18030") + b"  ", "李四".encode()))
    [layer] = read_layers(path)
    assert layer.attributes.columns == ["权利人", "ZDMJ"]
    assert layer.attributes["权利人"].to_list() == ["张三", "李四", "联通", None, "Anna", "罗隆"]
    assert layer.attributes["ZDMJ"].to_list() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert layer.mixed_encoding == [(2, "权利人")]
    assert layer.encoding == "gb18030"
    assert layer.crs_text == "EPSG:4528"
    assert layer.bounds == (0, 0, 6, 1)


@pytest.mark.parametrize(
    ("encoding", "cpg"), [("UTF-8", ""), ("UTF-8", "UTF-8"), ("GB18030", "ISO-8859-1"), ("GB18030", "GBK"), ("GB18030", "936")]
)
def test_any_code_page_file_gives_the_same_text(tmp_path: Path, encoding: str, cpg: str) -> None:
    path = shapefile(tmp_path / "a.shp", ["张三", "欧阳雪", "𬭎"], encoding)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    [layer] = read_layers(path)
    assert layer.attributes["权利人"].to_list() == ["张三", "欧阳雪", "𬭎"]
    assert layer.mixed_encoding == []


def test_western_text_stays_western(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ["Crémieux", "Évry", "Ain"], "ISO-8859-1", "NOM")
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    [layer] = read_layers(path)
    assert layer.attributes["NOM"].to_list() == ["Crémieux", "Évry", "Ain"]


def test_field_names_and_cells_cut_within_a_character_are_read(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ["张三丰"], field="NAME")
    dbf = path.with_suffix(".dbf")
    raw = bytearray(dbf.read_bytes())
    raw[32:43] = "宅a基地使用权".encode("gb18030")[:10] + b"\0"  # five characters and a half
    dbf.write_bytes(raw)
    [layer] = read_layers(path)
    assert layer.attributes.columns[0] == "宅a基地使"


def test_a_shapefile_without_its_companions_is_still_read(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ["张三", "李四"])
    for suffix in (".shx", ".prj"):
        path.with_suffix(suffix).unlink()
    before = sorted(tmp_path.iterdir())
    [layer] = read_layers(path)
    assert layer.attributes.height == 2 and layer.geometry is not None and layer.geometry.null_count() == 0
    assert layer.crs_text == ""
    assert sorted(tmp_path.iterdir()) == before


def test_deleted_rows_keep_the_numbers_of_the_others(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ["一", "二", "三"])
    dbf = path.with_suffix(".dbf")
    raw = bytearray(dbf.read_bytes())
    header, width = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    raw[header + width] = ord("*")
    dbf.write_bytes(raw)
    [layer] = read_layers(path)
    assert layer.attributes["权利人"].to_list() == ["一", "三"]
    assert layer.positions.to_list() == [1, 3]
    assert layer.geometry is not None
    assert shapely.bounds(shapely.from_wkb(layer.geometry.to_numpy()))[:, 0].tolist() == [0, 2]


def test_geojson_rows_stay_in_order_and_broken_shapes_keep_their_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    shapes = [
        {"type": "Polygon", "coordinates": [SQUARE]},
        None,
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[["x", 0], [1, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[x, y, 9.0] for x, y in SQUARE]]},
        {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
    ]
    features = [feature(shape, 标识码=f"{9 - number:03}", n=number) for number, shape in enumerate(shapes)]
    features = [{**one, "id": 9 - number} for number, one in enumerate(features)]
    path.write_text(collection(features, "urn:ogc:def:crs:EPSG::4490"), encoding="utf-8")
    [layer] = read_layers(path)
    assert layer.attributes["标识码"].to_list() == ["009", "008", "007", "006", "005", "004"]
    assert layer.positions.to_list() == [1, 2, 3, 4, 5, 6]
    assert layer.geometry is not None
    assert layer.geometry.is_null().to_list() == [False, True, True, True, False, False]
    flat = shapely.from_wkb(layer.geometry.to_numpy())
    assert not shapely.has_z(flat[[0, 4, 5]]).any()
    assert (layer.crs_text, layer.crs_assumed) == ("EPSG:4490", False)


def test_a_layer_without_rows_or_columns_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    for features in ([], [feature({"type": "Point", "coordinates": [118, 29]})]):
        path.write_text(collection(features))
        [layer] = read_layers(path)
        assert layer.attributes.columns == []
        assert len(layer.positions) == len(features)


def test_geojson_without_a_system_says_so_and_gb18030_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(collection([feature({"type": "Point", "coordinates": [118, 29]}, 村="余东村")]).encode("gb18030"))
    [layer] = read_layers(path)
    assert layer.attributes["村"].to_list() == ["余东村"]
    assert layer.crs_assumed and layer.encoding == "gb18030"


def test_layers_of_a_geopackage_are_listed_and_read(tmp_path: Path) -> None:
    path = tmp_path / "管控区.gpkg"
    for name in ("公路", "河道"):
        pyogrio.raw.write(
            path,
            layer=name,
            geometry=np.array([shapely.to_wkb(shapely.box(0, 0, 1, 1)), None], dtype=object),
            field_data=[np.array([name, None], dtype=object)],
            fields=["名称"],
            geometry_type="Polygon",
            crs="EPSG:4490",
            append=path.exists(),
        )
    assert layer_names(path) == ["公路", "河道"]
    layers = read_layers(path)
    assert [layer.attributes["名称"].to_list() for layer in layers] == [["公路", None], ["河道", None]]
    assert [layer.name for layer in read_layers(path, ["河道"])] == ["河道"]


def test_curves_are_made_straight(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    curve = (
        bytes.fromhex("010A00000001000000")
        + bytes.fromhex("010800000005000000")
        + np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]], "<f8").tobytes()
    )
    pyogrio.raw.write(path, geometry=np.array([curve], dtype=object), field_data=[], fields=[], geometry_type="Unknown", crs="EPSG:4528")
    [layer] = read_layers(path)
    assert layer.geometry is not None
    area = shapely.area(shapely.from_wkb(layer.geometry.to_numpy()))[0]
    assert area == pytest.approx(np.pi, rel=0.01)


def test_parquet_with_and_without_geometry(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": None}},
    }
    table = pa.table({"parcel_code": ["a"], "geometry": pa.array([shapely.to_wkb(shapely.box(0, 0, 1, 1))], pa.binary())})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo), "jiadi_table": "parcel"}), path)
    [layer] = read_layers(path)
    assert layer.attributes.columns == ["parcel_code"]
    assert layer.metadata["jiadi_table"] == "parcel"
    assert layer.crs_text == "" and not layer.crs_assumed and layer.geometry is not None
    pl.DataFrame({"name": ["张三"]}).write_parquet(path)
    [layer] = read_layers(path)
    assert layer.geometry is None and layer.attributes["name"].to_list() == ["张三"]


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "..\\out.txt", "C:\\out.txt"])
def test_an_archive_that_leads_out_of_itself_is_not_unpacked(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.txt", "1")
        archive.writestr(name, "1")
    with pytest.raises(Refusal) as caught:
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert caught.value.code == "zip_unsafe_path"
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.txt").exists()


def test_an_archive_that_swells_is_stopped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(3_000_000))
    with pytest.raises(Refusal) as caught:
        unpack(tmp_path / "a.zip", tmp_path / "out", most_mb=1)
    assert caught.value.code == "zip_too_large"
    with pytest.raises(Refusal, match="files"):
        unpack(tmp_path / "a.zip", tmp_path / "out", most_files=0)


def test_chinese_names_of_an_archive_are_read(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("宗地.txt".encode("gb18030").decode("cp437"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "1")
    raw = (tmp_path / "a.zip").read_bytes()
    utf8, gb = info.filename.encode(), "宗地.txt".encode("gb18030")
    # zipfile marks the name as UTF-8; a Chinese program writes the bytes and no mark.
    assert utf8 in raw
    archive = raw.replace(utf8, gb + b" " * (len(utf8) - len(gb)))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = archive.index(mark) + (6 if mark == b"PK\x03\x04" else 8)
        archive = archive[: at + 1] + bytes([archive[at + 1] & ~8]) + archive[at + 2 :]
    (tmp_path / "a.zip").write_bytes(archive)
    assert [path.name.strip() for path in unpack(tmp_path / "a.zip", tmp_path / "out")] == ["宗地.txt"]
