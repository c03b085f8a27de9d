"""A list written as a file that other programs open (导出): the same list when it is read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from jiadi.errors import Refusal
from jiadi.geo import cass, write, write_dxf, write_points, write_shape
from jiadi.register.schema import TABLES, Column, Table
from jiadi.register.tables import PROVENANCE

SHEET_ROWS = 1_048_576
"""Rows that a sheet of Excel can hold, its headings counted."""
_WRITTEN_AT = datetime(2000, 1, 1)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_KINDS: dict[str, cass.Kind] = {"parcel": "parcel", "house": "house", "footprint": "house"}
_POINT_COLUMNS: dict[str, dict[str, str]] = {
    "parcel": {"code": "parcel_code", "name": "holder_name", "area_m2": "stated_area_m2"},
    "house": {"code": "survey_code", "name": "owner_name", "area_m2": "base_area_m2", "use": "use"},
    "footprint": {"code": "survey_code"},
}
"""What a list of boundary points has a place for."""


def export(path: Path, table: str, frame: pl.DataFrame) -> None:
    """Write a typed list in the form that the file's name asks for (导出列表).

    `.gpkg`, `.geojson`, `.shp` and `.dxf` carry every column, `.xlsx` all but the shapes, `.txt`
    (boundary points) and `.dat` (CASS) the shapes and what such a text has a place for.

    Args:
        path: where to; what is there is replaced.
        table: name of the list.
        frame: typed, as `survey.check` gives it; `id` and where rows came from are not written.

    Raises:
        Refusal: `unknown_form` for another ending; `not_drawn` where the form needs outlines of parcels
            or houses and the list has none; `too_long_for_dbf`.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "户籍.xlsx"
    >>> export(path, "person", pl.DataFrame({"household_code": ["1"], "name": ["张䶮"]}))
    >>> path.exists()
    True
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise Refusal("unknown_form", f"Lists are not written as {suffix or path.name}.", f"Known are {', '.join(_WRITERS)}.")
    if suffix in (".txt", ".dat", ".dxf", ".shp") and "geometry" not in frame.columns:
        raise Refusal("not_drawn", f"The list {TABLES[table].zh} has no shapes.", "Write it as a workbook.")
    if suffix in (".txt", ".dat", ".dxf") and table not in _KINDS:
        raise Refusal("not_drawn", f"{suffix} is for parcels and houses, not for {TABLES[table].zh}.", "Write a GeoPackage.")
    path.unlink(missing_ok=True)
    _WRITERS[suffix](path, table, frame)


def labelled(table: Table, frame: pl.DataFrame, most_bytes: int = 0) -> pl.DataFrame:
    """A list in the words that departments write (按中文表头): headings of the schema, codes as their words.

    Args:
        table: of the schema.
        frame: typed.
        most_bytes: most bytes of a heading in GB18030; 0 for any.

    >>> labelled(TABLES["house"], pl.DataFrame({"structure": ["mixed"], "id": ["1"]})).to_dicts()
    [{'房屋结构': '混合结构'}]
    """
    columns = [column for column in table.columns if column.name in frame.columns and column.name not in PROVENANCE]
    return frame.select(_worded(column).alias(_heading(column, most_bytes)) for column in columns)


def _worded(column: Column) -> pl.Expr:
    if not column.codes:
        return pl.col(column.name)
    return pl.col(column.name).replace({value: words[0] for value, words in column.codes.items()})


def _heading(column: Column, most_bytes: int) -> str:
    if column.kind == "geometry":
        return "geometry"
    words = (column.zh, *column.aliases)
    return next((word for word in words if not most_bytes or len(word.encode("gb18030")) <= most_bytes), words[0])


def _geopackage(path: Path, table: str, frame: pl.DataFrame) -> None:
    write.geopackage(path, {TABLES[table].zh: labelled(TABLES[table], frame)})


def _geojson(path: Path, table: str, frame: pl.DataFrame) -> None:
    write_shape.geojson(path, labelled(TABLES[table], frame))


def _shapefile(path: Path, table: str, frame: pl.DataFrame) -> None:
    write_shape.shapefile(path, labelled(TABLES[table], frame, write_shape.DBF_NAME_BYTES))


def _dxf(path: Path, table: str, frame: pl.DataFrame) -> None:
    write_dxf.dxf(path, labelled(TABLES[table], frame), _KINDS[table], table)


def _points(writer: Callable[[Path, pl.DataFrame, cass.Kind], None]) -> Callable[[Path, str, pl.DataFrame], None]:
    def write_them(path: Path, table: str, frame: pl.DataFrame) -> None:
        places = {field: column for field, column in _POINT_COLUMNS[table].items() if column in frame.columns}
        cells = [_worded(TABLES[table].column(column)).alias(field) for field, column in places.items()]
        writer(path, frame.select(*cells, "geometry"), _KINDS[table])

    return write_them


def _workbook(path: Path, table: str, frame: pl.DataFrame) -> None:
    """A sheet with codes as text, and further ones for what it cannot hold; a text that begins as a formula does is marked as text."""
    cells = labelled(TABLES[table], frame.drop("geometry", strict=False))
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _WRITTEN_AT})
    looks = {
        "text": book.add_format({"num_format": "@"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "risky": book.add_format({"num_format": "@", "quote_prefix": True}),
    }
    for turn, page in enumerate(cells.iter_slices(SHEET_ROWS - 1) if cells.height else [cells]):
        sheet = book.add_worksheet(TABLES[table].zh + (f"({turn + 1})" if turn else ""))
        for place, heading in enumerate(cells.columns):
            sheet.write_string(0, place, heading, looks["text"])
        for number, row in enumerate(page.iter_rows(), 1):
            for place, value in enumerate(row):
                _put(sheet, number, place, value, looks)
    book.close()


def _put(sheet: Any, number: int, place: int, value: Any, looks: Mapping[str, Any]) -> None:
    if isinstance(value, str):
        sheet.write_string(number, place, value, looks["risky" if value.startswith(_RISKY) else "text"])
    elif isinstance(value, int | float):
        sheet.write_number(number, place, value)
    elif value is not None:
        sheet.write_datetime(number, place, value, looks["day"])


_WRITERS: dict[str, Callable[[Path, str, pl.DataFrame], None]] = {
    ".gpkg": _geopackage,
    ".geojson": _geojson,
    ".shp": _shapefile,
    ".dxf": _dxf,
    ".xlsx": _workbook,
    ".txt": _points(write_points.exchange),
    ".dat": _points(write_points.dat),
}
