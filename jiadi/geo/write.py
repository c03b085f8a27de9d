"""Writing GeoPackages (写出 GeoPackage): the same frames give the same bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyogrio

CRS = "EPSG:4490"
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
        _write_layer(path, name, frame, append=place > 0)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_contents SET last_change = ?", [WRITTEN_AT])


def _write_layer(path: Path, name: str, frame: pl.DataFrame, append: bool) -> None:
    table = pa.table({column: _plain(frame[column].to_arrow()) for column in frame.columns})
    spatial = "geometry" in frame.columns
    # Without fids of its own a table with a column named "id" would be taken to number its rows by it.
    options = {"FID": "fid", "SPATIAL_INDEX": "YES" if spatial else "NO"}
    pyogrio.write_arrow(
        table,
        path,
        layer=name,
        driver="GPKG",
        append=append,
        geometry_name="geometry" if spatial else None,
        geometry_type="Unknown" if spatial else None,
        crs=CRS if spatial else None,
        layer_options=options,
    )


def _plain(array: pa.Array) -> pa.Array:
    """The driver knows neither Arrow's views nor its large and small variants."""
    kinds = {
        pa.string_view(): pa.string(),
        pa.large_string(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.binary_view(): pa.binary(),
        pa.int8(): pa.int16(),
        pa.uint32(): pa.int64(),
    }
    return array.cast(kinds.get(array.type, array.type))
