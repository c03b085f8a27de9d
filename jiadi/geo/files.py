"""Map files as tables (读取空间数据文件): Shapefile, GeoPackage, File Geodatabase, GeoJSON, GeoParquet, DXF, boundary points.

The file is looked at here and opened in a limited child (`geo.child`). Coordinates stay as they
are in the file; `geo.crs` says what they are and brings them to one system.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from jiadi.geo.axes import Bounds
from jiadi.geo.child import MEMORY_MB, SECONDS, Answer, run_limited
from jiadi.geo.formats import GEODATABASE, NO_COLUMN, SIDECARS, is_geodatabase, is_map, sniff

__all__ = ["GEODATABASE", "SIDECARS", "Layer", "allowance", "is_geodatabase", "is_map", "layer_names", "read_layers", "sniff"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a map file (图层).

    Args:
        name: of the layer in a GeoPackage; "" in files that hold one layer.
        attributes: columns as the file heads them, rows in the order of the file.
        positions: (rows,) 1-based position of each row in the layer, deleted rows counted.
        geometry: (rows,) WKB, two-dimensional and without curves, little-endian; null where it is
            missing, empty or broken. None for a table without geometry.
        crs_text: EPSG code, WKT or PROJJSON as the file says it; "" where it says nothing.
        crs_assumed: the format, not the file, says that it is longitude and latitude.
        bounds: least x, least y, greatest x, greatest y in the file's own coordinates; None without
            geometry.
        body: the same of the layer's main body, for `crs.detect`.
        geometry_type: such as `POLYGON` or `MULTIPOLYGON+POLYGON`.
        encoding: of the text of a DBF or GeoJSON, where it is not plain ASCII.
        mixed_encoding: (row as index + 1, column) of cells in another encoding than the file.
        metadata: key–value metadata of a Parquet file, such as `jiadi_table`.
    """

    name: str
    attributes: pl.DataFrame
    positions: pl.Series
    geometry: pl.Series | None
    crs_text: str
    crs_assumed: bool
    bounds: Bounds | None
    body: Bounds | None
    geometry_type: str = ""
    encoding: str = ""
    mixed_encoding: list[tuple[int, str]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


def allowance(path: Path) -> tuple[int, float]:
    """Memory and time that reading a file of that size may take (读取限额): MB, seconds.

    Small files get the floor of both, so that one made to attack is stopped soon; large ones get
    ten times their size and a second for each 2 MB (a drawing two), several times what honest ones need.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     allowance(Path(file.name))
    (900, 10.0)
    """
    parts = path.iterdir() if path.is_dir() else [path, path.with_suffix(".dbf")]
    size = sum(part.stat().st_size for part in parts if part.is_file()) / 1024**2
    return MEMORY_MB + round(10 * size), SECONDS + (2.0 if path.suffix.lower() == ".dxf" else 0.5) * size


def layer_names(path: Path) -> list[str]:
    """Names of the layers of a map file (图层名).

    Args:
        path: any map file, as in `read_layers`.

    Returns:
        Names in the order of the file; `[""]` for a file that holds one layer.

    Raises:
        Refusal: see `read_layers`.
    """
    sniff(path)
    memory_mb, seconds = allowance(path)
    names: list[str] = run_limited("jiadi.geo.files_child:layers", path, memory_mb=memory_mb, seconds=seconds).meta["layers"]
    return names


def read_layers(path: Path, names: list[str] | None = None) -> list[Layer]:
    """Read the layers of a map file (读取图层).

    Args:
        path: a Shapefile's .shp (its .dbf, .prj, .cpg beside it), a GeoPackage, GeoJSON or
            GeoParquet (a Parquet file without geometry too), the folder of a File Geodatabase, a DXF,
            a text of boundary points or a CASS .dat. A zip is first unpacked by `geo.archive.unpack`.
        names: layers to read; None for all.

    Returns:
        The layers; a row whose geometry is broken keeps its attributes.

    Raises:
        Refusal: `hostile`, `hostile_database`, `gdb_links`, `content_differs`, `unrecognised`, `empty`,
            `dxf_binary`, `dxf_cut`, `dxf_entities`, `dxf_corners`, `dxf_nothing`, `points_nothing`,
            `unreadable`, `limit_time`, `limit_memory`, `reader_crashed`; in Chinese by `geo.reasons.say`.
    """
    sniff(path)
    memory_mb, seconds = allowance(path)
    answer = run_limited("jiadi.geo.files_child:read", path, names, memory_mb=memory_mb, seconds=seconds)
    return [_layer(answer, number, about) for number, about in enumerate(answer.meta["layers"])]


def _layer(answer: Answer, number: int, about: dict[str, Any]) -> Layer:
    rows = _frame(answer.tables[f"rows{number}"])
    attributes = _frame(answer.tables[f"attributes{number}"])
    return Layer(
        name=about["name"],
        attributes=attributes.drop(NO_COLUMN, strict=False),
        positions=rows["position"],
        geometry=rows["wkb"] if about["spatial"] else None,
        crs_text=about["crs"],
        crs_assumed=about["crs_assumed"],
        bounds=tuple(about["bounds"]) if about["bounds"] else None,
        body=tuple(about["body"]) if about["body"] else None,
        geometry_type=about["geometry_type"],
        encoding=about["encoding"],
        mixed_encoding=[(row, column) for row, column in about["mixed"]],
        metadata=about["metadata"],
    )


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
