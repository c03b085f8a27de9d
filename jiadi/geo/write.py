"""Writing GeoPackage and GeoParquet (写出空间数据文件): the same frames give the same bytes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from jiadi.geo.measure import shapes_of

CRS = "EPSG:4490"
_PIECE = 100_000
WRITTEN_AT = "2000-01-01T00:00:00.000Z"
"""GeoPackage asks for a time of change; a fixed one keeps the bytes the same."""


def geopackage(path: Path, layers: Mapping[str, pl.DataFrame]) -> None:
    """Write frames as layers of one GeoPackage, QGIS opens it (写出图层).

    Args:
        path: a file that is not there yet.
        layers: name → frame. A column `geometry` (WKB in EPSG:4490, longitude first, null where a row has
            no shape) makes a map layer; a frame without one becomes a plain table.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.gpkg"
    >>> geopackage(path, {"source": pl.DataFrame({"file": ["宗地.shp"]})})
    >>> pyogrio.read_info(path, layer="source")["features"]
    1
    """
    for place, (name, frame) in enumerate(layers.items()):
        _write_layer(path, name, _batches(frame), append=place > 0)
    _finish(path)


def geopackage_stream(path: Path, layer: str, pieces: Iterable[pl.DataFrame]) -> None:
    """Write one layer whose rows come piece by piece (流式写出图层): only a piece of them is held.

    Args:
        path: as for `geopackage`; `layer`: its name.
        pieces: frames of the same columns, at least one, which may be without rows.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.gpkg"
    >>> geopackage_stream(path, "source", (pl.DataFrame({"file": [name]}) for name in ("a", "b")))
    >>> pyogrio.read_info(path, layer="source")["features"]
    2
    """
    coming = map(_drivable, pieces)
    first = next(coming)
    schema = _batch(first.clear()).schema
    batches: Iterator[pa.RecordBatch] = (_batch(piece) for piece in chain([first], coming))
    _write_layer(path, layer, pa.RecordBatchReader.from_batches(schema, batches), append=False)
    _finish(path)


def lay_down(folder: Path, layers: Mapping[str, pl.DataFrame]) -> None:
    """Put layers where another process finds them (暂存图层): `geopackage_of` writes them as `geopackage` would.

    Args:
        folder: there, and empty.
        layers: as for `geopackage`.
    """
    for place, (name, frame) in enumerate(layers.items()):
        batches = _batches(frame)
        with pa.OSFile(str(folder / f"{place:03d}.arrow"), "wb") as sink, pa.ipc.new_stream(sink, _named(batches.schema, name)) as stream:
            for batch in batches:
                stream.write_batch(batch)


def geopackage_of(path: Path, folder: Path) -> None:
    """Write the layers that `lay_down` left (写出暂存图层), a piece at a time.

    Args:
        path: as for `geopackage`.
        folder: of the layers.
    """
    # The file is moved to its place when all is written: until then nobody needs it to outlive a power cut.
    pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": "OFF"})
    for place, left in enumerate(sorted(folder.glob("*.arrow"))):
        with pa.OSFile(str(left)) as source, pa.ipc.open_stream(source) as stream:
            _write_layer(path, stream.schema.metadata[b"layer"].decode(), stream, append=place > 0)
    _finish(path)


def _named(schema: pa.Schema, layer: str) -> pa.Schema:
    return schema.with_metadata({"layer": layer})


def _finish(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_contents SET last_change = ?", [WRITTEN_AT])
    _reset_counter(path)


def _reset_counter(path: Path) -> None:
    """Set the database's count of its changes, which depends on how the writer's threads met, to one."""
    with path.open("r+b") as file:
        for place in (24, 92):  # the count, and the count for which the header holds
            file.seek(place)
            file.write((1).to_bytes(4, "big"))


def geoparquet(path: Path, frame: pl.DataFrame, metadata: Mapping[str, str] | None = None) -> None:
    """Write a frame as GeoParquet 1.1, zstd (写出 GeoParquet).

    Args:
        path: where to; what is there is replaced.
        frame: a column `geometry` as in `geopackage` makes it a map file; without one it is plain
            Parquet.
        metadata: key–value metadata of the file, such as `jiadi_table`.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
    >>> geoparquet(path, pl.DataFrame({"name": ["张三"]}), {"jiadi_table": "person"})
    >>> pq.read_schema(path).metadata[b"jiadi_table"]
    b'person'
    """
    table = pa.table({column: plain(frame[column].to_arrow()) for column in frame.columns})
    said = dict(metadata or {})
    if "geometry" in frame.columns:
        said["geo"] = json.dumps(_about_geometry(frame["geometry"]), sort_keys=True)
    pq.write_table(table.replace_schema_metadata(said), path, compression="zstd")


def _about_geometry(wkb: pl.Series) -> dict[str, object]:
    shapes = shapes_of(wkb)
    there = shapes[~shapely.is_missing(shapes)]
    names = {0: "Point", 1: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"}
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted({names[int(kind)] for kind in shapely.get_type_id(there)} if len(there) else set()),
        "crs": pyproj.CRS.from_user_input(CRS).to_json_dict(),
    }
    if len(there):
        column["bbox"] = shapely.total_bounds(there).tolist()
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _batches(frame: pl.DataFrame) -> pa.RecordBatchReader:
    """The rows piece by piece: their text is never twice in memory as a whole."""
    frame = _drivable(frame)
    first = _batch(frame.clear())
    return pa.RecordBatchReader.from_batches(first.schema, (_batch(piece) for piece in frame.iter_slices(_PIECE)))


def _drivable(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Int8).cast(pl.Int16))  # the driver has no number of one byte


def _batch(piece: pl.DataFrame) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({column: plain(piece[column].to_arrow()) for column in piece.columns})


def _write_layer(path: Path, name: str, rows: pa.RecordBatchReader, append: bool) -> None:
    spatial = "geometry" in rows.schema.names
    # Without fids of its own a table with a column named "id" would be taken to number its rows by it.
    options = {"FID": "fid", "SPATIAL_INDEX": "YES" if spatial else "NO"}
    pyogrio.write_arrow(
        rows,
        path,
        layer=name,
        driver="GPKG",
        append=append,
        geometry_name="geometry" if spatial else None,
        geometry_type="Unknown" if spatial else None,
        crs=CRS if spatial else None,
        layer_options=options,
    )


def plain(array: pa.Array) -> pa.Array:
    """An array in a type that every driver knows (转换为驱动支持的类型): no views, no large and small variants.

    >>> plain(pa.array(["宗地"], pa.large_string())).type
    DataType(string)
    """
    kinds = {
        pa.string_view(): pa.string(),
        pa.large_string(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.binary_view(): pa.binary(),
        pa.uint32(): pa.int64(),
    }
    return array.cast(kinds.get(array.type, array.type))
