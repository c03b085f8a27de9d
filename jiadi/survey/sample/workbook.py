"""Workbooks (xlsx), written as text straight into the archive: same rows, same bytes.

A million houses with 27 columns take seconds this way; the archive's dates are fixed, cells carry their
text inline, so no table of shared strings is kept in memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

from jiadi.survey.sample.draw import Bools

_MOMENT = (2025, 6, 30, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
Chunk = tuple[pl.DataFrame, dict[str, Bools]]
Row = list[tuple[int, str, bool]]
"""A row by itself: column, text, whether a number; empty for a blank row."""
Piece = Chunk | Row
TEXT, TITLE = 1, 2
"""Styles: number format `@` so that codes stay codes, and a bold title."""
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="宋体"/></font>'
    '<font><b/><sz val="14"/><name val="宋体"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>'
    '<xf numFmtId="49" xfId="0" applyNumberFormat="1"/>'
    '<xf fontId="1" xfId="0" applyFont="1" applyAlignment="1"><alignment horizontal="center"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(slots=True)
class Sheet:
    """One sheet of a workbook (工作表).

    Args:
        name: at most 31 characters, unique in the workbook.
        top: rows above the data, each (column, text) pairs; the first is styled as title.
        merged: merged ranges such as "A1:J1".
        chunks: the rows piece by piece: text columns from left to right, null where blank, and for
            columns with numbers whether a cell is written as one; or a row by itself.
        bottom: the closing rows.
    """

    name: str
    top: list[list[tuple[int, str]]]
    merged: list[str]
    chunks: Iterator[Piece]
    bottom: list[Row] = field(default_factory=list)


def as_texts(row: list[tuple[int, str]]) -> Row:
    """A row of text by itself."""
    return [(place, text, False) for place, text in row]


def letter(column: int) -> str:
    """Letters of a column (列标), from 0.

    >>> letter(0), letter(26)
    ('A', 'AA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def write_workbook(path: Path, sheets: Iterable[Sheet], names: list[str]) -> None:
    """Write a workbook (写工作簿); the same sheets give the same bytes.

    Args:
        path: file to write.
        sheets: in order, made one by one so that only one need be in memory.
        names: names of the sheets.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _write_parts(archive, names)
        for number, sheet in enumerate(sheets, start=1):
            with archive.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w", force_zip64=True) as out:
                for piece in _sheet_text(sheet):
                    out.write(piece.encode("utf-8"))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    return entry


def _write_parts(archive: zipfile.ZipFile, names: list[str]) -> None:
    numbers = range(1, len(names) + 1)
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kinds}.worksheet+xml"/>' for n in numbers)
    sheets = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True))
    links = "".join(f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
    styles = f'<Relationship Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for name, text in parts.items():
        archive.writestr(_entry(name), text if text.startswith("<?xml") else _HEAD + text)


def _sheet_text(sheet: Sheet) -> Iterator[str]:
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    for number, row in enumerate(sheet.top, start=1):
        style = TITLE if number == 1 else TEXT
        yield f'<row r="{number}">' + "".join(_inline(f"{letter(place)}{number}", text, style) for place, text in row) + "</row>"
    first = len(sheet.top) + 1
    for piece in chain(sheet.chunks, sheet.bottom):
        if isinstance(piece, list):
            yield _row_text(piece, first)
            first += 1
        else:
            yield _rows_text(*piece, first)
            first += piece[0].height
    yield "</sheetData>"
    if sheet.merged:
        ranges = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
        yield f'<mergeCells count="{len(sheet.merged)}">{ranges}</mergeCells>'
    yield "</worksheet>"


def _row_text(row: Row, number: int) -> str:
    cells = (
        f'<c r="{letter(place)}{number}"><v>{text}</v></c>' if is_number else _inline(f"{letter(place)}{number}", text, TEXT)
        for place, text, is_number in row
    )
    return f'<row r="{number}">' + "".join(cells) + "</row>" if row else ""


def _inline(place: str, text: str, style: int) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _rows_text(cells: pl.DataFrame, typed: dict[str, Bools], first: int) -> str:
    """The rows of one chunk as one text, put together column by column."""
    number = pl.lit(pl.int_range(first, first + cells.height, eager=True).cast(pl.String))
    parts = [pl.lit('<row r="'), number, pl.lit('">')]
    for place, column in enumerate(cells.columns):
        start = pl.lit(f'<c r="{letter(place)}')
        opening = f'" s="{TEXT}" t="inlineStr"><is><t xml:space="preserve">'
        text = pl.concat_str(start, number, pl.lit(opening), _escaped(pl.col(column)), pl.lit("</t></is></c>"))
        numbers = typed.get(column)
        if numbers is not None and numbers.any():
            figure = pl.concat_str(start, number, pl.lit('"><v>'), column, pl.lit("</v></c>"))
            text = figure if numbers.all() else pl.when(pl.lit(pl.Series(numbers))).then(figure).otherwise(text)
        parts.append(text.fill_null(""))
    rows = cells.select(pl.concat_str(*parts, pl.lit("</row>"))).to_series()
    return str(rows.str.join("").item())


def _escaped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True)
