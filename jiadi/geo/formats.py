"""What a map file really is (识别空间数据文件): its extension and its first bytes must agree.

A reader of many formats goes by the content, and would open a virtual file under any name. Here
the content is looked at before any reader sees it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from jiadi.geo.dxf import is_dxf
from jiadi.geo.points import is_dat, is_exchange
from jiadi.geo.reasons import ReadRefusal

Format = Literal["shp", "gpkg", "geojson", "parquet", "zip", "dxf", "points", "dat", "gdb"]

SUFFIXES: dict[str, Format] = {
    ".shp": "shp",
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".zip": "zip",
    ".dxf": "dxf",
    ".txt": "points",
    ".dat": "dat",
}
SIDECARS = frozenset(
    {".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".cst", ".xml", ".gpkg-wal", ".gpkg-shm", ".gpkg-journal"}
)
"""Files that belong to another one and are not read on their own."""
GEODATABASE = ".gdb"
_GEODATABASE_PART = "a00000001.gdbtable"
NO_COLUMN = "\x1fnone"
"""Stands for the columns of a layer that has none, so that its rows are still counted on the way."""
_HEAD = 65536
_VIRTUAL = re.compile(rb"<\s*(OGRVRT|VRTDataset|GDALTileIndex|OGRVRTDataSource)", re.IGNORECASE)
_GEOJSON = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature|GeometryCollection|(Multi)?(Point|LineString|Polygon))"')


def is_map(path: Path) -> bool:
    """Whether a file is a map file that is read or refused here (是否空间数据文件), by its name.

    A `.txt` may be anything: it is one where boundary points or a drawing stand in it.

    >>> is_map(Path("宗地.shp")), is_map(Path("农房.xlsx"))
    (True, False)
    """
    suffix = path.suffix.lower()
    if suffix == ".txt":
        head = _head(path) if path.is_file() else b""
        return is_exchange(head) or is_dxf(head)
    return suffix in SUFFIXES or suffix in (GEODATABASE, ".vrt")


def is_geodatabase(folder: Path) -> bool:
    """Whether a folder is a file geodatabase (是否文件地理数据库), by what lies in it.

    >>> is_geodatabase(Path("missing.gdb"))
    False
    """
    return (folder / _GEODATABASE_PART).is_file()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def sniff(path: Path) -> Format:
    """The format of a file, by name and content (文件格式).

    Args:
        path: a file that is there.

    Returns:
        The format, when the extension is one that is read and the content is of that kind.

    Raises:
        ReadRefusal: `hostile`, `content_differs`, `unrecognised`, `gdb_links`, `empty`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.geojson")
    ...     _ = path.write_text('{"type": "FeatureCollection", "features": []}')
    ...     sniff(path)
    'geojson'
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return _sniff_folder(path)
    head = _head(path)
    if suffix == ".vrt" or _VIRTUAL.search(head):
        raise ReadRefusal("hostile", suffix=suffix)
    if suffix not in SUFFIXES:
        raise ReadRefusal("unrecognised", suffix=suffix or path.name)
    if not head:
        raise ReadRefusal("empty")
    kind = SUFFIXES[suffix]
    if not _is(kind, head):
        raise ReadRefusal("content_differs", suffix=suffix, head=_printable(head))
    return kind


def _sniff_folder(path: Path) -> Format:
    if path.suffix.lower() != GEODATABASE or not is_geodatabase(path):
        raise ReadRefusal("content_differs", suffix=path.suffix, head=", ".join(sorted(part.name for part in path.iterdir())[:3]))
    for part in path.rglob("*"):
        if part.is_symlink():
            raise ReadRefusal("gdb_links", detail=part.name)
    return "gdb"


def _is(kind: Format, head: bytes) -> bool:
    by_text = {"dxf": is_dxf, "points": is_exchange, "dat": is_dat}
    if kind in by_text:
        return by_text[kind](head)
    if kind == "shp":
        return head[:4] == b"\x00\x00\x27\x0a" and len(head) >= 100
    if kind == "gpkg":
        return head[:16] == b"SQLite format 3\x00"
    if kind == "parquet":
        return head[:4] == b"PAR1"
    if kind == "zip":
        return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    # A long "crs" or "properties" may come first, so the word itself is asked for, not its place.
    return text[:1] == b"{" and _GEOJSON.search(text) is not None


def _printable(head: bytes) -> str:
    return re.sub(r"[^\x20-\x7e]+", " ", head[:24].decode("latin-1")).strip()
