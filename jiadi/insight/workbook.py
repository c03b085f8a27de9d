"""`findings.xlsx`: a sheet of totals, then a sheet per township with one row a finding (情形清单)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from jiadi.insight import count, naming
from jiadi.insight.words import remedies, say, unit
from jiadi.policy.labels import label

if TYPE_CHECKING:
    from jiadi.run.pipeline import Outcome

ROWS_PER_SHEET = 1_048_575
"""Rows that a sheet can hold below its header."""

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"house": 22, "household": 22, "village": 16, "verdict": 14, "finding": 24, "subject": 22, "clause": 48, "remedy": 22, "effect": 16}
_TEXTS = ("house", "household", "village", "verdict", "finding", "subject")
_FIGURES = ("measured", "limit", "excess")
_LAST = ("unit", "clause", "remedy", "effect")
COLUMNS = (*_TEXTS, *_FIGURES, *_LAST)
"""Columns of a township's sheet; their words are in words.yaml."""


@dataclass(frozen=True, slots=True)
class _Formats:
    title: Format
    note: Format
    header: Format
    text: Format
    whole: Format
    hundredths: Format
    total: Format


def safe(text: str | None) -> str:
    """Text that no spreadsheet takes for a formula (防公式注入): an apostrophe before = + - @ tab CR.

    Args:
        text: as it came from a user's file; None is missing.

    Returns:
        The text to write; "" where it is missing.

    >>> safe("=1+1"), safe("余东村"), safe(None)
    ("'=1+1", '余东村', '')
    """
    if not text:
        return ""
    return f"'{text}" if text.startswith(_RISKY) else text


def write(path: Path, outcome: Outcome, lang: str) -> None:
    """Write the workbook of findings (写出情形清单).

    Args:
        path: of the file; one that is there is replaced.
        outcome: of the run.
        lang: "zh" or "en".
    """
    placed = count.place(outcome)
    rows = _rows(placed)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), options)
    # A fixed moment instead of the clock: the same judgement gives the same bytes.
    book.set_properties({"title": say("by_finding", lang), "created": datetime(outcome.on.year, outcome.on.month, outcome.on.day)})
    formats = _formats(book)
    names = naming.sheets(placed.houses["township_code"].unique(), lang)
    _write_totals(book.add_worksheet(say("totals", lang)), placed, outcome, lang, formats)
    for township, name in names.items():
        of_township = rows.filter(pl.col("township_code").eq_missing(pl.lit(township, dtype=pl.String)))
        _write_township(book, name, of_township, outcome, lang, formats)
    book.close()


def _formats(book: xlsxwriter.Workbook) -> _Formats:
    line = {"border": 1, "border_color": "#D0D5DB", "valign": "vcenter"}
    head = {**line, "bold": True, "bg_color": "#EEF2F6", "text_wrap": True, "align": "center"}
    return _Formats(
        title=book.add_format({"bold": True, "font_size": 15}),
        note=book.add_format({"font_color": "#56606B"}),
        header=book.add_format(head),
        text=book.add_format({**line, "num_format": "@"}),
        whole=book.add_format({**line, "num_format": "#,##0"}),
        hundredths=book.add_format({**line, "num_format": "#,##0.00"}),
        total=book.add_format({**line, "num_format": "#,##0", "bold": True, "top": 2}),
    )


def _rows(placed: count.Placed) -> pl.DataFrame:
    """One row a house and finding that it takes in, in the order of the houses."""
    houses = placed.houses.select("house", pl.col("id").alias("house_id"), "household_id", "village_code", "township_code", "verdict")
    found = placed.findings.drop("village_code", "township_code")
    return placed.taken.join(houses, on="house").join(found, on="finding").sort("house", "finding")


def _write_township(book: xlsxwriter.Workbook, name: str, rows: pl.DataFrame, outcome: Outcome, lang: str, formats: _Formats) -> None:
    """The sheets of one township: one, or several where a sheet would overflow."""
    for part, start in enumerate(range(0, max(rows.height, 1), ROWS_PER_SHEET)):
        sheet = book.add_worksheet(name if part == 0 else naming.numbered(name, part + 1))
        _write_header(sheet, lang, formats)
        piece = rows.slice(start, ROWS_PER_SHEET)
        if piece.is_empty():
            sheet.write_string(1, 0, say("no_finding", lang), formats.note)
            continue
        sheet.autofilter(0, 0, piece.height, len(COLUMNS) - 1)
        for place, line in enumerate(_lines(piece, outcome, lang), start=1):
            _write_line(sheet, place, line, formats)


def _write_header(sheet: Worksheet, lang: str, formats: _Formats) -> None:
    sheet.freeze_panes(1, 1)
    for place, key in enumerate(COLUMNS):
        sheet.set_column(place, place, _WIDTHS.get(key, 11))
    sheet.set_row(0, 24)
    for place, key in enumerate(COLUMNS):
        sheet.write_string(0, place, say(key, lang), formats.header)


def _lines(rows: pl.DataFrame, outcome: Outcome, lang: str) -> Iterator[tuple[Any, ...]]:
    """Cells of each row: texts, figures as (value, decimals), texts."""
    shown = _shown(rows, outcome, lang)
    columns = [shown[key].to_list() for key in (*_TEXTS, *_FIGURES, "scale", *_LAST)]
    yield from zip(*columns, strict=True)


def _mapped(column: pl.Series, words: dict[str, str]) -> pl.Series:
    return column.replace_strict(words, default="", return_dtype=pl.String).fill_null("")


def _words_of(column: pl.Series) -> list[str]:
    return column.drop_nulls().unique().sort().to_list()


def _shown(rows: pl.DataFrame, outcome: Outcome, lang: str) -> pl.DataFrame:
    """The frame as it is written; words are looked up once for each code, not once for each row."""
    law = outcome.law
    clauses = {cited: law.cite(cited, lang) for cited in _words_of(rows["citation"])} if law else {}
    subjects = {word: say(f"subject_{word}", lang) for word in _words_of(rows["subject"])}
    villages = {code: naming.village(code, lang) for code in _words_of(rows["village_code"])}
    labelled = {key: {word: label(word, lang) for word in _words_of(rows[key])} for key in ("verdict", "code", "effect")}
    texts = {
        "house": _safe_column(naming.shown_ids(rows["house_id"])),
        "household": _safe_column(naming.shown_ids(rows["household_id"])),
        "village": _mapped(rows["village_code"], villages),
        "verdict": _mapped(rows["verdict"], labelled["verdict"]),
        "finding": _mapped(rows["code"], labelled["code"]),
        "subject": _mapped(rows["subject"], subjects),
        "unit": _mapped(rows["unit"], {word: unit(word, lang) for word in _words_of(rows["unit"])}),
        "clause": _mapped(rows["citation"], clauses),
        "remedy": _mapped(rows["remedy"], {word: remedies(word, lang) for word in _words_of(rows["remedy"])}),
        "effect": _mapped(rows["effect"], labelled["effect"]),
    }
    figures = {key: rows[key] / rows["scale"].fill_null(1) for key in _FIGURES}
    return pl.DataFrame({**texts, **figures, "scale": rows["scale"]})


def _safe_column(texts: pl.Series) -> pl.Series:
    filled = texts.fill_null("")
    return pl.select(pl.when(filled.str.contains(r"^[=+\-@\t\r]")).then("'" + filled).otherwise(filled)).to_series()


def _write_line(sheet: Worksheet, place: int, line: tuple[Any, ...], formats: _Formats) -> None:
    texts, figures, scale, last = line[:6], line[6:9], line[9], line[10:]
    for column, text in enumerate(texts):
        sheet.write_string(place, column, text, formats.text)
    number = formats.hundredths if scale and scale > 1 else formats.whole
    for column, figure in enumerate(figures, start=6):
        if figure is None:
            sheet.write_blank(place, column, None, number)
        else:
            sheet.write_number(place, column, figure, number)
    for column, text in enumerate(last, start=9):
        sheet.write_string(place, column, text, formats.text)


def _write_totals(sheet: Worksheet, placed: count.Placed, outcome: Outcome, lang: str, formats: _Formats) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 7, 15)
    sheet.write_string(0, 0, safe(naming.title(placed.houses, lang)), formats.title)
    row = 1
    for line in naming.law_lines(outcome, lang):
        sheet.write_string(row, 0, line, formats.note)
        row += 1
    row = _write_townships(sheet, row + 1, placed, lang, formats)
    found = [(label(code, lang), subjects, houses) for code, subjects, houses in count.findings(placed).iter_rows()]
    heads = [say("finding", lang), say("subjects", lang), say("houses", lang)]
    row = _write_table(sheet, row + 1, say("by_finding", lang), heads, found or [(say("no_finding", lang),)], formats)
    lacking = [(label(code, lang), label(need, lang), houses) for code, need, houses in count.needs(placed).iter_rows()]
    if lacking:
        heads = [say("finding", lang), say("need", lang), say("houses", lang)]
        _write_table(sheet, row + 1, say("by_need", lang), heads, lacking, formats)


def _write_townships(sheet: Worksheet, row: int, placed: count.Placed, lang: str, formats: _Formats) -> int:
    heads = [say("township", lang), say("houses", lang), *(label(verdict, lang) for verdict in count.VERDICTS), say("subjects", lang)]
    found = dict(placed.findings.group_by("township_code").len().iter_rows())
    by_place = count.verdicts(placed, "township_code")
    lines = [(naming.township(line[0], lang), *line[1:], found.get(line[0], 0)) for line in by_place.iter_rows()]
    row = _write_table(sheet, row, say("by_township", lang), heads, lines, formats)
    totals = [sum(line[place] for line in lines) for place in range(1, len(count.VERDICTS) + 2)]
    sheet.write_string(row - 1, 0, say("total", lang), formats.total)
    for column, figure in enumerate([*totals, placed.findings.height], start=1):
        sheet.write_number(row - 1, column, figure, formats.total)
    return row + 1


def _write_table(sheet: Worksheet, row: int, title: str, heads: Sequence[str], lines: Sequence[tuple[Any, ...]], formats: _Formats) -> int:
    """A titled table; returns the row after an empty one below it."""
    sheet.write_string(row, 0, title, formats.title)
    for column, head in enumerate(heads):
        sheet.write_string(row + 1, column, head, formats.header)
    for place, line in enumerate(lines, start=row + 2):
        for column, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(place, column, safe(cell), formats.text)
            else:
                sheet.write_number(place, column, cell, formats.whole)
    return row + len(lines) + 3
