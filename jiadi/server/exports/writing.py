"""Pieces of a list as a file (写出文件): however long the list, one piece of it is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import polars as pl

from jiadi.geo import write
from jiadi.insight import spreadsheet
from jiadi.insight.spreadsheet import Listing
from jiadi.insight.table import DOCUMENT_ON
from jiadi.register.workbook import RISKY

SUFFIX = {"xlsx": ".xlsx", "csv": ".csv", "csv_gb18030": ".csv", "gpkg": ".gpkg"}
NUMERIC = r"^(?:\d{12,}[Xx]?|0\d+)$"
"""Text that a spreadsheet would take for a number, and spoil."""


def to_file(path: Path, form: str, name: str, pieces: Iterable[pl.DataFrame]) -> None:
    """Write a list (写出清单).

    Args:
        path: a file that is not there yet.
        form: of `SUFFIX`.
        name: of the list: of the sheet or layer.
        pieces: frames of the same columns, at least one; in `geometry` the shape, for a GeoPackage alone.
    """
    WRITERS[form](path, name, pieces)


def _workbook(path: Path, name: str, pieces: Iterable[pl.DataFrame]) -> None:
    """Everything but numbers is text there: codes keep their zeros, and nothing is a formula."""
    coming = iter(pieces)
    first = next(coming)
    widths = {column: max(10, min(30, 2 * len(column) + 4)) for column in first.columns}
    listing = Listing(name, widths, name, DOCUMENT_ON)
    spreadsheet.stream(path, listing, map(_texts, chain([first], coming)))


def _texts(piece: pl.DataFrame) -> pl.DataFrame:
    return piece.with_columns(pl.col(pl.Date, pl.Boolean).cast(pl.String))


def _csv(encoding: str, mark: bytes) -> Callable[[Path, str, Iterable[pl.DataFrame]], None]:
    def write_them(path: Path, name: str, pieces: Iterable[pl.DataFrame]) -> None:
        with path.open("xb") as file:
            file.write(mark)
            for place, piece in enumerate(pieces):
                text = safe(piece).write_csv(include_header=not place, line_terminator="\r\n", float_precision=None)
                file.write(text.encode(encoding))

    return write_them


def safe(piece: pl.DataFrame) -> pl.DataFrame:
    """Cells as a spreadsheet leaves them alone (防公式注入、保留编码): an apostrophe before a formula, a tab behind long digits.

    Jiadi takes both off again when it reads such a file.

    >>> safe(pl.DataFrame({"a": ["=1+1", "330802197603151233", "007", "12号"]}))["a"].to_list()
    ["'=1+1", '330802197603151233\\t', '007\\t', '12号']
    """
    text = pl.col(pl.String)
    kept = text.str.replace(f"({RISKY})", "'$1")
    return piece.with_columns(pl.when(text.str.contains(NUMERIC)).then(text + "\t").otherwise(kept))


def _geopackage(path: Path, name: str, pieces: Iterable[pl.DataFrame]) -> None:
    write.geopackage_stream(path, name, pieces)


WRITERS: dict[str, Callable[[Path, str, Iterable[pl.DataFrame]], None]] = {
    "xlsx": _workbook,
    "csv": _csv("utf-8", b"\xef\xbb\xbf"),
    "csv_gb18030": _csv("gb18030", b""),
    "gpkg": _geopackage,
}
