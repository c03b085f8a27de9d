"""A File Geodatabase is read from its folder, with its own driver alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest
import shapely

from jiadi.errors import Refusal
from jiadi.geo.child import run_limited
from jiadi.geo.files import layer_names, read_layers
from jiadi.survey.read import read


def geodatabase(path: Path) -> Path:
    table = pa.table(
        {
            "ZDDM": ["330802001001JC00012", None],
            "QLRMC": ["张䶮𠮷", "李四"],
            "ZDMJ": [120.5, 99.0],
            "SHAPE": pa.array(shapely.to_wkb(shapely.box([118.9, 118.91], 28.9, [118.9001, 118.9101], 28.9001)), pa.binary()),
        }
    )
    for place, name in enumerate(["宗地", "备份"]):
        pyogrio.write_arrow(
            table,
            path,
            layer=name,
            driver="OpenFileGDB",
            append=place > 0,
            geometry_name="SHAPE",
            geometry_type="MultiPolygon",
            crs="EPSG:4490",
        )
    return path


def test_layers_of_a_folder(tmp_path: Path) -> None:
    path = geodatabase(tmp_path / "数据.gdb")
    assert layer_names(path) == ["宗地", "备份"]
    (layer,) = read_layers(path, ["宗地"])
    assert layer.attributes["QLRMC"].to_list() == ["张䶮𠮷", "李四"]
    assert layer.geometry is not None and layer.geometry.null_count() == 0
    assert "4490" in layer.crs_text


@pytest.mark.parametrize("inner", ["数据.gdb/", ""])
def test_a_geodatabase_is_one_file_of_a_delivery_zipped_too(tmp_path: Path, inner: str) -> None:
    folder = geodatabase(tmp_path / "delivery" / "数据.gdb" if (tmp_path / "delivery").mkdir() is None else tmp_path)
    packed = tmp_path / "数据.gdb.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, f"{inner}{part.name}")
    for given in (tmp_path / "delivery", folder, packed):
        sheets = read([given]).sheets
        assert [(sheet.sheet, sheet.table) for sheet in sheets] == [("宗地", "parcel"), ("备份", "parcel")]
        assert sheets[0].frame["t0"].to_list() == ["330802001001JC00012", None]
        assert sheets[0].sha256


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    path = geodatabase(tmp_path / "a.gdb")
    (path / "a00000099.gdbtable").symlink_to("/etc/hostname")
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == "gdb_links"


def test_a_folder_that_only_says_so_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gdb"
    path.mkdir()
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == "content_differs"
    (path / "a00000001.gdbtable").write_bytes(b"\x03\x00\x00\x00garbage" * 9)
    with pytest.raises(Refusal) as broken:
        read_layers(path)
    assert broken.value.code in ("unreadable", "empty")


def drivers(kind: str) -> tuple[dict[str, pa.Table], dict[str, list[str]]]:
    """Drivers that are left for a kind of file; runs in a child, since it takes the others away for good."""
    from jiadi.geo.files_child import _gdal  # noqa: PLC0415

    return {}, {"drivers": sorted(_gdal(kind).list_drivers())}


@pytest.mark.parametrize(("kind", "left"), [("gdb", ["OpenFileGDB"]), ("gpkg", ["ESRI Shapefile", "GPKG", "GeoJSON"])])
def test_the_driver_is_there_for_geodatabases_and_for_nothing_else(kind: str, left: list[str]) -> None:
    assert run_limited("tests.geo.test_geodatabase:drivers", kind).meta["drivers"] == left
