"""Tables that a page shows in part and a workbook holds in full (成对的表)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.codes import division
from jiadi.insight import naming, plainpage, spreadsheet
from jiadi.insight.spreadsheet import HEADER, HUNDREDTHS, TEXT, WHOLE
from jiadi.insight.words import say
from jiadi.policy.labels import label
from jiadi.register.workbook import RISKY

PAGE_ROWS = 200
"""Rows of a table that a page shows; the workbook has all."""

DOCUMENT_ON = date(2020, 1, 1)
"""The day that a workbook bears, so that equal content gives equal bytes."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table (一张表).

    Args:
        title: of the section and, shortened, of the sheet.
        note: how to read it.
        heads: of the columns.
        widths: of the workbook's columns, in characters.
        rows: what is shown: text, whole numbers, or figures to 0.01; null stays blank.
        empty: said where there is no row.
        shown: whether the page has it, too.
        grouped: whether the page says what stands in the first column once for all rows that share it.
        marked: how many of the first rows stand out on the page.
    """

    title: str
    note: str
    heads: Sequence[str]
    widths: Sequence[int]
    rows: pl.DataFrame
    empty: str
    shown: bool = True
    grouped: bool = False
    marked: int = 0


def section(table: Table, rest: str) -> plainpage.Section:
    """The table as a page shows it (页面上的一节).

    Args:
        table: any.
        rest: said of the rows that the page leaves out, with {count}.
    """
    head = table.rows.head(PAGE_ROWS)
    if table.grouped:
        first = pl.first()
        head = head.with_columns(pl.when(first.ne_missing(first.shift(1)).fill_null(True)).then(first).otherwise(pl.lit("")))
    left = table.rows.height - head.height
    more = rest.format(count=f"{left:,}") if left else ""
    marks = frozenset(range(min(table.marked, PAGE_ROWS)))
    return plainpage.Section(table.title, table.note, table.heads, head.rows(), table.empty, more, marks)


@dataclass(frozen=True, slots=True)
class Report:
    """What is written as a page, a workbook and figures (成套报告).

    Args:
        name: of the three files, without their endings.
        title: of page and workbook.
        figures: for programs.
        tables: in order.
        meta: lines below the title of the page.
        tiles: figures at a glance.
    """

    name: str
    title: str
    figures: dict[str, Any]
    tables: Sequence[Table]
    meta: Iterable[str]
    tiles: Sequence[plainpage.Tile]


def write(folder: Path, report: Report, lang: str) -> dict[str, Any]:
    """Write a report as `.html`, `.xlsx` and `.json` (写出成套报告).

    Args:
        folder: to write into.
        report: what it says.
        lang: "zh" or "en".

    Returns:
        The figures.
    """
    book = f"{report.name}.xlsx"
    workbook(folder / book, report.tables, report.title)
    sections = [section(one, say("rest_in", lang, file=book)) for one in report.tables if one.shown]
    plainpage.write(folder / f"{report.name}.html", report.title, report.meta, report.tiles, sections, lang)
    text = json.dumps(report.figures, ensure_ascii=False, indent=1, default=str) + "\n"
    (folder / f"{report.name}.json").write_text(text, encoding="utf-8")
    return report.figures


def said(key: str, lang: str, **filled: Any) -> tuple[str, str]:
    """Title and note of a table (标题与说明)."""
    return say(key, lang, **filled), say(f"{key}_note", lang, **filled)


def workbook(path: Path, tables: Iterable[Table], title: str) -> None:
    """Write tables as a workbook, all their rows (写出工作簿).

    Args:
        path: of the workbook.
        tables: in order.
        title: of the document.
    """
    taken: set[str] = set()
    sheets = [sheet for table in tables for sheet in _sheets(table, taken)]
    spreadsheet.write(path, sheets, title, DOCUMENT_ON)


def _sheets(table: Table, taken: set[str]) -> Iterator[spreadsheet.Sheet]:
    most = spreadsheet.ROWS - 1
    looks: dict[str, int | str] = {
        name: TEXT if kind == pl.String else HUNDREDTHS if kind.is_float() else WHOLE for name, kind in table.rows.schema.items()
    }
    safe = table.rows.with_columns(pl.col(pl.String).str.replace(f"({RISKY})", "'$1"))
    for start in range(0, max(safe.height, 1), most):
        header: list[spreadsheet.Cell] = [(head, HEADER) for head in table.heads]
        yield spreadsheet.Sheet(_name(table.title, taken), table.widths, [header], safe.slice(start, most), looks, filtered=True)


def _name(title: str, taken: set[str]) -> str:
    """A sheet's name that Excel takes, and that no other sheet has."""
    plain = naming.plain_sheet(title)
    name, number = plain, 2
    while name.lower() in taken:
        name, number = naming.numbered(plain, number), number + 1
    taken.add(name.lower())
    return name


def worded(column: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """Stored words as people read them (译成用语); null stays blank."""
    return column.replace_strict(words, default=None, return_dtype=pl.String)


def labelled(column: pl.Series, lang: str) -> pl.Series:
    """Stored words by their labels; a list of them joined (译成名称)."""
    if column.dtype == pl.List(pl.String):
        distinct = column.explode().drop_nulls().unique()
        return joined(column, {word: label(word, lang) for word in distinct}, lang)
    return worded(column, {word: label(word, lang) for word in column.drop_nulls().unique()})


def joined(column: pl.Series, words: Mapping[str, str], lang: str) -> pl.Series:
    """Lists of stored words as people read them, joined (并列)."""
    told = pl.element().replace_strict(words, default=None, return_dtype=pl.String)
    frame = pl.DataFrame({"column": column}).select(pl.col("column").list.eval(told).list.join(listed(lang)))
    return frame.to_series()


def listed(lang: str) -> str:
    """What stands between words of a list (顿号)."""
    return "、" if lang == "zh" else ", "


def places(codes: pl.Series, lang: str) -> pl.Series:
    """Names of divisions of any level (区划名)."""
    known = {code: _place(code) for code in codes.drop_nulls().unique()}
    return worded(codes, known).fill_null(say("no_village", lang))


def _place(code: str) -> str:
    return division.name(division.pad(code)) or code


def ids(column: pl.Series) -> pl.Series:
    """Identities as they may be shown (可显示的编号)."""
    return naming.shown_ids(column)
