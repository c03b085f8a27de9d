"""Writing Shapefile and GeoJSON (写出 Shapefile、GeoJSON)."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from jiadi.errors import Refusal
from jiadi.geo.measure import shapes_of
from jiadi.geo.write import CRS, plain

DBF_TEXT_BYTES = 254
DBF_NAME_BYTES = 10
WRITTEN_ON = "2000-01-01"
"""A DBF asks for a day of change; a fixed one keeps the bytes the same."""


def shapefile(path: Path, frame: pl.DataFrame) -> None:
    """Write a Shapefile whose table is in GB18030 (写出 Shapefile), with a .cpg that says so: no character is lost.

    Args:
        path: the .shp; what is there is replaced.
        frame: `geometry` (WKB in EPSG:4490, null where a row has no shape), other columns headed in at
            most ten bytes of GB18030.

    Raises:
        Refusal: `too_long_for_dbf` where a heading or a text is longer than a DBF takes.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.shp"
    >>> shapefile(path, pl.DataFrame({"权利人": ["张䶮𠮷"], "geometry": [shapely.to_wkb(shapely.box(118, 29, 118.1, 29.1))]}))
    >>> path.with_suffix(".cpg").read_text()
    'GB18030'
    """
    _check_widths(frame)
    for part in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        path.with_suffix(part).unlink(missing_ok=True)
    frame = frame.with_columns(pl.col(pl.Int8).cast(pl.Int16))
    pyogrio.write_arrow(
        pa.table({column: plain(frame[column].to_arrow()) for column in frame.columns}),
        path,
        driver="ESRI Shapefile",
        geometry_name="geometry",
        geometry_type="Polygon",
        crs=CRS,
        encoding="GB18030",
        layer_options={"DBF_DATE_LAST_UPDATE": WRITTEN_ON},
    )
    path.with_suffix(".prj").write_text(pyproj.CRS.from_user_input(CRS).to_wkt("WKT1_ESRI"), encoding="ascii")
    path.with_suffix(".cpg").write_text("GB18030", encoding="ascii")


def _check_widths(frame: pl.DataFrame) -> None:
    for column in frame.columns:
        if column != "geometry" and len(column.encode("gb18030")) > DBF_NAME_BYTES:
            raise _too_long(column, DBF_NAME_BYTES)
    for column, kind in frame.schema.items():
        if kind == pl.String:
            long = frame[column].drop_nulls()
            long = long.filter(long.str.len_chars() > DBF_TEXT_BYTES // 4)
            if any(len(text.encode("gb18030")) > DBF_TEXT_BYTES for text in long.to_list()):
                raise _too_long(column, DBF_TEXT_BYTES)


def _too_long(what: str, most: int) -> Refusal:
    why = f"“{what}” is longer than the {most} bytes that a Shapefile takes."
    return Refusal("too_long_for_dbf", why, "Write a GeoPackage instead.")


def geojson(path: Path, frame: pl.DataFrame) -> None:
    """Write GeoJSON in EPSG:4490 (写出 GeoJSON), which the file says.

    Args:
        path: where to; what is there is replaced.
        frame: `geometry` (WKB in EPSG:4490, null where a row has no shape), other columns as properties.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.geojson"
    >>> geojson(path, pl.DataFrame({"权利人": ["张䶮𠮷"], "geometry": [shapely.to_wkb(shapely.box(118, 29, 118.1, 29.1))]}))
    >>> json.loads(path.read_text("utf-8"))["features"][0]["properties"]
    {'权利人': '张䶮𠮷'}
    """
    head = {"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    shapes = shapely.to_geojson(shapes_of(frame["geometry"]))
    rows = frame.drop("geometry").iter_rows(named=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(head)[:-1] + ', "features": [')
        for place, (shape, row) in enumerate(zip(shapes, rows, strict=True)):
            properties = json.dumps(row, ensure_ascii=False, default=str)
            file.write(f'{"," if place else ""}\n{{"type": "Feature", "properties": {properties}, "geometry": {shape or "null"}}}')
        file.write("\n]}\n")
