"""Reading layers, inside the limited child (子进程内读取图层).

GDAL opens whatever the content says, so every driver outside a short list is taken away first; a
driver that stays all the same stops the read.
"""

from __future__ import annotations

import codecs
import json
import re
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from jiadi.geo import dxf, points
from jiadi.geo.axes import body_bounds
from jiadi.geo.formats import NO_COLUMN, sniff
from jiadi.geo.outline import Outlines
from jiadi.geo.reasons import ReadRefusal

DRIVERS = frozenset({"ESRI Shapefile", "GPKG", "GeoJSON"})
GEODATABASE_DRIVERS = frozenset({"OpenFileGDB"})
"""What reads the folder of a File Geodatabase, and is there for nothing else."""
HEIGHTS = "heights"
"""Key of a layer's metadata where its shapes had heights."""
_CURVES = frozenset(range(8, 15))
_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{')
_EDGE = 65536


@dataclass(slots=True)
class _Read:
    """One layer as it leaves the child."""

    name: str
    attributes: pa.Table
    geometry: pa.Array | None
    crs: str = ""
    crs_assumed: bool = False
    encoding: str = ""
    mixed: list[tuple[int, str]] = field(default_factory=list)
    positions: npt.NDArray[np.int64] | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def layers(path: str) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Names of the layers of a file, without their rows (图层清单)."""
    file = Path(path)
    kind = sniff(file)
    if kind in ("shp", "geojson", "parquet"):
        return {}, {"layers": [""]}
    if kind in _DRAWINGS:
        return {}, {"layers": [one.layer for one in _DRAWINGS[kind](file)]}
    return {}, {"layers": _layer_names(file, kind)}


def read(path: str, names: list[str] | None) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Read layers of a file (读取图层); all of them where none is named."""
    file = Path(path)
    kind = sniff(file)
    if kind == "parquet":
        found = [_parquet(file)]
    elif kind == "shp":
        found = [_shapefile(file)]
    elif kind == "geojson":
        found = [_geojson(file)]
    elif kind in _DRAWINGS:
        found = [_drawn(one) for one in _DRAWINGS[kind](file) if names is None or one.layer in names]
    else:
        found = [_layer(file, name, kind) for name in _layer_names(file, kind) if names is None or name in names]
    if not found:
        raise ReadRefusal("empty")
    tables: dict[str, pa.Table] = {}
    meta = []
    for number, one in enumerate(found):
        tables[f"attributes{number}"] = one.attributes
        meta.append(_describe(one, number, tables))
    return tables, {"layers": meta}


def _layer_names(file: Path, kind: str) -> list[str]:
    if kind == "gpkg":
        _trusted_database(file)
    return [str(name) for name, _ in _gdal(kind).list_layers(file)]


_DRAWINGS: dict[str, Callable[[Path], list[Outlines]]] = {"dxf": dxf.read, "points": points.read_exchange, "dat": points.read_dat}
"""What is no table of its own: outlines are put together from lines or points."""


def _drawn(one: Outlines) -> _Read:
    columns = {heading: pa.array(values) for heading, values in one.columns.items()}
    plain = {heading: column.cast(pa.string()) if pa.types.is_null(column.type) else column for heading, column in columns.items()}
    geometry = pa.array(shapely.to_wkb(one.shapes, byte_order=1), pa.binary())
    metadata = {"jiadi_table": one.table} if one.table else {}
    attributes = pa.table(plain) if plain else _no_columns(len(one.shapes))
    return _Read(one.layer, attributes, geometry, one.crs, one.crs_assumed, metadata=metadata)


def _describe(one: _Read, number: int, tables: dict[str, pa.Table]) -> dict[str, Any]:
    positions = np.arange(1, one.attributes.num_rows + 1) if one.positions is None else one.positions
    shape: dict[str, Any] = {"geometry_type": "", "bounds": None, "body": None}
    columns: dict[str, Any] = {"position": positions.astype(np.int64)}
    if one.geometry is not None:
        shapes, high = _flat(one.geometry)
        if high:
            one.metadata = {**one.metadata, HEIGHTS: "dropped"}
        there = shapes[~shapely.is_missing(shapes)]
        if len(there):
            kinds = sorted({str(shapely.GeometryType(int(kind)).name) for kind in np.unique(shapely.get_type_id(there))})
            shape = {"geometry_type": "+".join(kinds), "bounds": shapely.total_bounds(there).tolist(), "body": body_bounds(there)}
        columns["wkb"] = pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary())
    tables[f"rows{number}"] = pa.table(columns)
    return {
        "name": one.name,
        "crs": one.crs,
        "crs_assumed": one.crs_assumed,
        "encoding": one.encoding,
        "mixed": one.mixed,
        "spatial": one.geometry is not None,
        "metadata": one.metadata,
        **shape,
    }


def _flat(wkb: pa.Array) -> tuple[npt.NDArray[np.object_], bool]:
    """Geometries without height, rings closed; what is broken, empty or not finite is null. And whether any had a height."""
    shapes = shapely.from_wkb(np.asarray(wkb.to_numpy(zero_copy_only=False), dtype=object), on_invalid="fix")
    high = bool(shapely.has_z(shapes).any())
    shapes = shapely.force_2d(shapes)
    bad = shapely.is_empty(shapes) | ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[bad] = None
    return shapes, high


def _gdal(kind: str = "") -> Any:
    """pyogrio with the short list of drivers alone."""
    allowed = GEODATABASE_DRIVERS if kind == "gdb" else DRIVERS
    warnings.simplefilter("ignore")
    import pyogrio  # noqa: PLC0415
    from pyogrio import _ogr  # noqa: PLC0415

    outsiders = sorted(set(pyogrio.list_drivers()) - allowed)
    if outsiders:
        pyogrio.set_gdal_config_options(
            {"GDAL_SKIP": ",".join(outsiders), "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none", "GDAL_HTTP_TIMEOUT": "1"}
        )
        _ogr._register_drivers()
    left = set(pyogrio.list_drivers()) - allowed
    if left:  # not the file's fault, and not to be passed over
        raise ImportError(f"drivers that should be gone are there: {sorted(left)}")
    return pyogrio


def _layer(file: Path, name: str | None, kind: str = "", **options: str) -> _Read:
    pyogrio = _gdal(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meta, table = _table(pyogrio, file, name, options)
        column = meta["geometry_name"] or "wkb_geometry"
        geometry = _plain_wkb(table.column(column)) if column in table.column_names else None
        if geometry is not None and _has_curves(geometry):
            geometry = pa.array(pyogrio.raw.read(file, layer=name, columns=[], **options)[2], pa.binary())
    attributes = table.select([c for c in table.column_names if c != column])
    return _Read(name or "", _simple(attributes), geometry, meta["crs"] or "")


def _table(pyogrio: Any, file: Path, name: str | None, options: dict[str, str]) -> Any:
    try:
        return pyogrio.raw.read_arrow(file, layer=name, **options)
    except UnboundLocalError as error:  # how pyogrio ends on a .prj that is no text
        raise pyogrio.errors.DataSourceError("the coordinate system is not readable text") from error


def _plain_wkb(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.chunk(0) if joined.num_chunks else pa.array([], pa.binary())
    return joined.storage if isinstance(joined, pa.ExtensionArray) else joined


def _has_curves(wkb: pa.Array) -> bool:
    there = wkb.drop_null()
    if not len(there):
        return False
    head = np.array([value[:5] for value in there.to_pylist()], dtype="S5")
    little = np.frombuffer(head.tobytes(), np.uint8).reshape(-1, 5)
    code = little[:, 1:].copy().view("<u4")[:, 0] & 0x1FFFFFFF
    return bool(set(np.unique(code % 1000).tolist()) & _CURVES)


def _simple(table: pa.Table) -> pa.Table:
    """Columns of numbers, text, days and truth values; lists and objects as their JSON; bytes left out."""
    columns = {name: _simple_column(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    kept = {name: column for name, column in columns.items() if column is not None}
    return pa.table(kept) if kept else _no_columns(table.num_rows)


def _simple_column(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return None
    if pa.types.is_nested(kind):
        texts = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _valid_text(column)
    return column


def _no_columns(rows: int) -> pa.Table:
    return pa.table({NO_COLUMN: pa.nulls(rows)})


def _valid_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raw = column.cast(pa.large_binary(), safe=False).to_pylist()
        return pa.chunked_array([pa.array([v and v.decode("utf-8", "replace") for v in raw], pa.string())])
    return column


def _trusted_database(file: Path) -> None:
    """Refuse a GeoPackage whose virtual tables read more than their own index."""
    try:
        with sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as database:
            found = database.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%VIRTUAL%TABLE%'").fetchall()
    except sqlite3.Error as error:
        raise ReadRefusal("unreadable", detail=str(error)) from error
    for name, sql in found:
        if re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE", sql, re.IGNORECASE) and not re.search(
            r"\bUSING\s+(rtree|fts[345])\b", sql, re.IGNORECASE
        ):
            raise ReadRefusal("hostile_database", detail=name)


def _geojson(file: Path) -> _Read:
    with _as_utf8(file) as (readable, encoding):
        one = _layer(readable, None, DATE_AS_STRING="YES")
        # GDAL gives longitude and latitude to a file that names no system; that is told apart here.
        said = _names_crs(readable)
    one.name, one.crs_assumed, one.encoding = "", not said, encoding
    return one


def _names_crs(file: Path) -> bool:
    with file.open("rb") as source:
        head = source.read(_EDGE)
        source.seek(max(0, file.stat().st_size - _EDGE))
        return _CRS_MEMBER.search(head) is not None or _CRS_MEMBER.search(source.read()) is not None


@contextmanager
def _as_utf8(file: Path) -> Iterator[tuple[Path, str]]:
    """The file itself where it is UTF-8, else a copy from GB18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as source:
            while piece := source.read(1 << 22):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
        yield file, "utf-8"
    except UnicodeDecodeError:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy.geojson")
            copy.write_text(file.read_bytes().decode("gb18030", "replace"), encoding="utf-8")
            yield copy, "gb18030"


def _shapefile(file: Path) -> _Read:
    from jiadi.geo.dbf import read_dbf  # noqa: PLC0415

    pyogrio = _gdal()
    siblings = {path.suffix.lower(): path for path in file.parent.glob("*") if path.stem == file.stem}
    with tempfile.TemporaryDirectory() as folder:
        # Links to geometry and system alone: the table is read by `read_dbf`, and an index that is
        # missing or wrong is made anew beside the link, not beside the user's file.
        for suffix in (".shp", ".shx", ".prj"):
            if suffix in siblings and not (suffix == ".prj" and _is_no_text(siblings[suffix])):
                Path(folder, f"layer{suffix}").symlink_to(siblings[suffix].resolve())
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, fids, geometry, _ = pyogrio.raw.read(Path(folder, "layer.shp"), columns=[], return_fids=True)
    if geometry is None:
        geometry = np.full(len(fids), None, dtype=object)
    one = _Read("", _no_columns(len(fids)), pa.array(geometry, pa.binary()), meta["crs"] or "", positions=fids + 1)
    if ".dbf" not in siblings:
        return one
    said = siblings[".cpg"].read_text("latin-1")[:64] if ".cpg" in siblings else ""
    try:
        attributes = read_dbf(siblings[".dbf"], said)
    except ValueError as error:
        raise ReadRefusal("unreadable", detail=str(error)) from error
    return _joined(one, attributes, fids)


def _is_no_text(prj: Path) -> bool:
    """Whether a .prj cannot be read as text: then nobody said the system, and it is asked for."""
    try:
        prj.read_bytes()[:65536].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _joined(one: _Read, attributes: Any, fids: npt.NDArray[np.int64]) -> _Read:
    """Rows of the table and of the geometry by their number; rows marked as deleted are left out."""
    rows = attributes.table.num_rows
    wkb = np.full(max(rows, int(fids.max(initial=-1)) + 1), None, dtype=object)
    wkb[fids] = one.geometry.to_numpy(zero_copy_only=False) if one.geometry is not None else None
    kept = np.flatnonzero(~np.pad(attributes.deleted, (0, len(wkb) - rows)))
    one.attributes = attributes.table.take(pa.array(np.where(kept < rows, kept, -1), mask=kept >= rows))
    one.geometry = pa.array(wkb[kept], pa.binary())
    one.positions = kept + 1
    place = {int(row): index for index, row in enumerate(kept)}
    one.mixed = [(place[row] + 1, column) for row, column in attributes.mixed if row in place]
    one.encoding = attributes.encoding
    return one


def _parquet(file: Path) -> _Read:
    import pyarrow.parquet as pq  # noqa: PLC0415

    parquet = pq.ParquetFile(file)
    metadata = parquet.schema_arrow.metadata or {}
    table = parquet.read()
    kept = {
        key.decode(): value.decode("utf-8", "replace") for key, value in metadata.items() if key not in (b"geo", b"ARROW:schema", b"pandas")
    }
    if b"geo" not in metadata:
        return _Read("", _simple(table), None, metadata=kept)
    geo = json.loads(metadata[b"geo"])
    name = geo["primary_column"]
    about = geo["columns"][name]
    if about.get("encoding") != "WKB":
        raise ReadRefusal("unreadable", detail=f"geometry encoding {about.get('encoding')} instead of WKB")
    crs = about.get("crs", "")
    geometry = pc.cast(_plain_wkb(table.column(name)), pa.binary())
    text = "EPSG:4326" if crs == "" else json.dumps(crs) if crs else ""
    return _Read("", _simple(table.drop_columns([name])), geometry, text, crs == "", metadata=kept)
