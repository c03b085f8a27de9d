"""A look into a workbook before any parser opens it (工作簿预检).

A workbook is a zip of XML. What attacks a reader shows in it before it is parsed: a part that
swells a hundredfold, a document type with entities, a cell at the far end of an empty sheet.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

RATIO = 100
SMALL_BYTES = 10 * 1024 * 1024
ZIP_SMALL_BYTES = 50 * 1024 * 1024
MOST_BYTES = 4 * 1024**3
SCAN_BYTES = 32 * 1024 * 1024
PROLOG_BYTES = 1024 * 1024
ROOMY_CELLS = 5_000_000
EMPTY_SHARE = 100
_ROOT = re.compile(rb"<[A-Za-z_]")
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]*?ref=[\"']([A-Z]+[0-9]+)?:?([A-Z]+)([0-9]+)[\"']")
_REFERENCE = re.compile(rb"\sr=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")

Fault = tuple[str, dict[str, object]]
"""Reason (key of `reasons.REASONS`) and the figures in its words."""


def workbook_fault(path: Path) -> Fault | None:
    """What makes a workbook unsafe to parse (工作簿隐患), None where nothing does.

    Args:
        path: an .xlsx or .xlsm.

    Returns:
        The reason and its figures: `workbook_swells`, `workbook_entities`, `workbook_far_cell`, `not_a_workbook`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(Path(folder, "a.xlsx"), "w") as archive:
    ...         archive.writestr("xl/workbook.xml", "<!DOCTYPE x><workbook/>")
    ...     workbook_fault(Path(folder, "a.xlsx"))
    ('workbook_entities', {'part': 'xl/workbook.xml'})
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if not any(entry.filename.lower().startswith("xl/") for entry in entries):
                return "not_a_workbook", {}
            for entry in entries:
                fault = _swells(entry) or (_part_fault(archive, entry) if _is_xml(entry) else None)
                if fault:
                    return fault
            total = sum(entry.file_size for entry in entries)
            return ("workbook_swells", {"part": path.name, "ratio": f"{total / 1e9:.1f} GB"}) if total > MOST_BYTES else None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        return "unreadable", {"detail": str(error) or type(error).__name__}


def archive_fault(path: Path) -> Fault | None:
    """What makes a zip of a delivery unsafe to unpack (压缩包隐患), None where nothing does.

    Args:
        path: a .zip.

    Returns:
        `zip_swells` and its figures. A zip that says less than it holds does not unpack at all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(Path(folder, "a.zip"), "w") as archive:
    ...         archive.writestr("户籍.csv", "户号")
    ...     archive_fault(Path(folder, "a.zip"))
    """
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return None  # told by whoever unpacks it
    ratio = total // max(path.stat().st_size, 1)
    return ("zip_swells", {"ratio": f"{ratio}:1"}) if total > ZIP_SMALL_BYTES and ratio > RATIO else None


def _is_xml(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith((".xml", ".rels", ".vml"))


def _swells(entry: zipfile.ZipInfo) -> Fault | None:
    """A part that grows beyond what text can: an honest sheet shrinks about tenfold."""
    if entry.file_size > SMALL_BYTES and entry.file_size > RATIO * max(entry.compress_size, 1):
        return "workbook_swells", {"part": entry.filename, "ratio": f"{entry.file_size // max(entry.compress_size, 1)}:1"}
    return None


def _part_fault(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Fault | None:
    whole = entry.file_size <= SCAN_BYTES
    with archive.open(entry) as part:
        content = part.read(SCAN_BYTES + 1 if whole else PROLOG_BYTES)
    if len(content) > SCAN_BYTES:  # it says less than it is
        return "workbook_swells", {"part": entry.filename, "ratio": "?"}
    content = _as_ascii(content)
    prolog = content[: match.start()] if (match := _ROOT.search(content)) else content
    if _DOCTYPE.search(prolog) or (not match and len(content) >= PROLOG_BYTES):
        return "workbook_entities", {"part": entry.filename}
    if "worksheets/" in entry.filename.lower():
        return _far_cell(content, entry, whole)
    return None


def _as_ascii(content: bytes) -> bytes:
    """XML in UTF-16 seen as bytes that the patterns know."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or (len(content) > 1 and b"\0" in content[:4]):
        return content.replace(b"\0", b"")
    return content


def _far_cell(content: bytes, entry: zipfile.ZipInfo, whole: bool) -> Fault | None:
    """A range that is declared, or a cell that stands, far beyond what the sheet holds.

    The count of cells alone says nothing: what is refused is emptiness that a parser would fill.
    """
    columns, rows = 0, 0
    if declared := _DIMENSION.search(content[:PROLOG_BYTES]):
        columns, rows = _number(declared[2]), int(declared[3])
    if whole:
        for letters, digits in _REFERENCE.findall(content):
            columns, rows = max(columns, _number(letters)), max(rows, int(digits))
        cells = len(_CELL.findall(content))
    else:  # each cell of a large sheet takes some bytes, so its size bounds their number from above
        cells = entry.file_size // 8
    area = columns * rows
    if area > ROOMY_CELLS and area > EMPTY_SHARE * max(cells, 1):
        return "workbook_far_cell", {"part": entry.filename, "rows": rows, "columns": columns, "cells": cells}
    return None


def _number(letters: bytes) -> int:
    """A column's letters as its number.

    >>> _number(b"A"), _number(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
