"""Problems handed back 问题清单: `problems.jsonl` for programs, `problems.xlsx` for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from jiadi.register import workbook
from jiadi.register.looks import HEAD
from jiadi.register.tables import Delivery
from jiadi.register.workbook import numbered
from jiadi.survey.giveback.layout import Layout
from jiadi.survey.problems import advice, message, title

KEYS = ("file", "sheet", "row", "column", "code", "level", "value", "message")
"""Keys of a line of problems.jsonl, and columns of the list of problems.xlsx."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {
    "summary": ("汇总", "Summary"),
    "list": ("问题", "Problems"),
    "areas": ("面积差异", "Area differences"),
    "file": ("文件", "File"),
    "sheet": ("工作表/图层", "Sheet or layer"),
    "row": ("行", "Row"),
    "column": ("列", "Column"),
    "code": ("代码", "Code"),
    "level": ("等级", "Level"),
    "value": ("原值", "Value"),
    "message": ("说明", "Message"),
    "count": ("数量", "Count"),
    "name": ("问题", "Problem"),
    "todo": ("怎么办", "What to do"),
    "refused": ("未收", "refused"),
    "unknown": ("未采用", "unknown"),
    "note": ("提示", "note"),
    "overlaps": ("宗地重叠", "Parcel overlaps"),
    "other_file": ("另一宗·文件", "The other: file"),
    "other_row": ("另一宗·行", "The other: row"),
    "other_parcel_code": ("另一宗·宗地代码", "The other: parcel code"),
    "overlap_m2": ("重叠面积(㎡)", "Overlap (m²)"),
    "parcel_code": ("宗地代码", "Parcel code"),
    "stated_m2": ("登记面积(㎡)", "Stated (m²)"),
    "measured_m2": ("图形面积(㎡)", "Measured (m²)"),
    "difference_m2": ("相差(㎡)", "Difference (m²)"),
    "difference": ("相差比例", "Difference (share)"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet to be written (工作表).

    Args:
        name: of the sheet.
        heads: headings, from left to right.
        widths: of the columns, in characters.
        rows: cells, as a frame or row by row; null and "" stay blank.
    """

    name: str
    heads: Sequence[str]
    widths: Sequence[int]
    rows: pl.DataFrame | Iterable[Sequence[object]]

    def at_rest(self) -> Sheet:
        """The same sheet with all its rows there, to be handed to another process (备齐各行).

        >>> Sheet("a", ["b"], [9], iter([(1,)])).at_rest().rows
        [(1,)]
        """
        return self if isinstance(self.rows, pl.DataFrame) else replace(self, rows=list(self.rows))


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write sheets as a workbook (写工作簿): the same rows give the same bytes, no cell is a formula.

    Args:
        path: of the workbook.
        sheets: in order.
    """
    pages = [page for sheet in sheets for page in _pages(sheet)]
    workbook.write_workbook(path, pages, [page.name for page in pages])


def write_problems(out: Path, delivery: Delivery, problems: pl.DataFrame, lang: str, more: Sequence[Sheet] = ()) -> None:
    """Write the problems of a run (写出问题清单).

    Args:
        out: folder, there already.
        delivery: its `files` give the words for whole files, its `extra` the ranked area differences.
        problems: frame of PROBLEMS, resident IDs masked.
        lang: language of messages and headings, "zh" or "en".
        more: further sheets of problems.xlsx.
    """
    said = with_messages(problems, delivery, lang)
    said.write_ndjson(out / "problems.jsonl")
    _workbook(out / "problems.xlsx", said, delivery, lang, more)


def with_messages(problems: pl.DataFrame, delivery: Delivery, lang: str) -> pl.DataFrame:
    """Problems with their message in place of the detail (问题说明).

    Returns:
        Columns `KEYS`, in a fixed order of the rows.

    >>> from jiadi.register.tables import PROBLEMS
    >>> row = ("a.csv", "", 2, "姓名", "stray_space", "note", "张 三", "")
    >>> with_messages(pl.DataFrame([row], schema=PROBLEMS, orient="row"), Delivery(), "en")["message"].to_list()
    ['There are stray spaces or tabs. It was read without them.']
    """
    ordered = problems.sort("file", "sheet", "row", "column", "code", "value", "detail")
    distinct = ordered.select("code", "detail").unique()
    texts = [message(code, detail or "", lang) for code, detail in distinct.iter_rows()]
    spoken = distinct.with_columns(pl.Series("message", texts, dtype=pl.String))
    said = ordered.join(spoken, on=["code", "detail"], how="left", maintain_order="left")
    return said.join(_of_files(delivery, lang), on=["file", "sheet", "row"], how="left", maintain_order="left").select(
        pl.coalesce("of_file", "message").alias("message") if name == "message" else pl.col(name) for name in KEYS
    )


def _of_files(delivery: Delivery, lang: str) -> pl.DataFrame:
    """Why whole files, sheets and layers were not taken, in the language asked for; they stand at row 0."""
    key = "reason" if lang == "zh" else "reason_en"
    rows = {(str(entry["file"]), str(entry["sheet"]), 0): str(entry[key]) for entry in delivery.files if entry.get(key)}
    schema = {"file": pl.String(), "sheet": pl.String(), "row": pl.Int32(), "of_file": pl.String()}
    return pl.DataFrame([(*place, text) for place, text in rows.items()], schema=schema, orient="row")


def named_columns(problems: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    """Problems of linking and between lists name columns of the schema; name them as the file does (列名还原).

    Args:
        problems: frame of PROBLEMS.
        delivery: its `sources` has, by file and sheet, `headers`: JSON of schema column → header; its layouts the row of each
            cell of a form that is filled in for one house.

    Returns:
        As many rows, `column` as the user's file writes it, `row` that of its cell.

    >>> from jiadi.register.tables import PROBLEMS
    >>> named_columns(pl.DataFrame(schema=PROBLEMS), Delivery()).height
    0
    """
    if problems.is_empty():
        return problems
    layouts: dict[tuple[str, str], Layout] = delivery.extra.get("layouts", {})  # type: ignore[assignment]
    names = [
        (file, sheet or "", column, header, layouts[(file, sheet or "")].rows.get(header) if (file, sheet or "") in layouts else None)
        for file, sheet, text in delivery.sources.select("file", "sheet", "headers").iter_rows()
        for column, header in json.loads(text or "{}").items()
    ]
    place = {"file": pl.String(), "sheet": pl.String(), "column": pl.String()}
    known = pl.DataFrame(names, schema={**place, "header": pl.String(), "own_row": pl.Int32()}, orient="row")
    found = problems.join(known.unique(list(place), keep="last", maintain_order=True), on=list(place), how="left")
    named = found.with_columns(pl.coalesce("header", "column").alias("column"), pl.coalesce("own_row", "row").alias("row"))
    return named.select(problems.columns)


def escaped(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (防公式注入).

    Args:
        value: of the cell.

    Returns:
        Text that begins with = + - @, a tab or a line return gets an apostrophe in front.

    >>> escaped("=1+1"), escaped("余东村"), escaped(-2.5)
    ("'=1+1", '余东村', -2.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


def _say(key: str, lang: str) -> str:
    return _WORDS[key][0 if lang == "zh" else 1]


def _workbook(path: Path, said: pl.DataFrame, delivery: Delivery, lang: str, more: Sequence[Sheet]) -> None:
    levels = {level: _say(level, lang) for level in ("refused", "unknown", "note")}
    rows = said.with_columns(pl.col("level").replace_strict(levels, return_dtype=pl.String))
    listed = Sheet(_say("list", lang), [_say(key, lang) for key in KEYS], (18, 16, 7, 18, 20, 8, 24, 60), rows)
    write_workbook(path, [_summary(said, lang), listed, *_areas(delivery, lang), *_overlaps(delivery, lang), *more])


def _summary(said: pl.DataFrame, lang: str) -> Sheet:
    counted = said.group_by("code", "level").len().sort(["len", "code"], descending=[True, False])
    heads = [_say(key, lang) for key in ("name", "code", "level", "count", "todo")]
    rows = ((title(code, lang), code, _say(level, lang), number, advice(code, lang)) for code, level, number in counted.iter_rows())
    return Sheet(_say("summary", lang), heads, (36, 22, 8, 9, 60), rows)


def _areas(delivery: Delivery, lang: str) -> Iterator[Sheet]:
    differences = delivery.extra.get("area_differences")
    if isinstance(differences, dict):
        names = ("file", "row", "parcel_code", "stated_m2", "measured_m2", "difference_m2", "difference")
        ranked: pl.DataFrame = differences["ranked"]
        shown = ranked.with_columns(pl.col("difference").round(4)).select(names)
        yield Sheet(_say("areas", lang), [_say(name, lang) for name in names], (18, 7, 22, 13, 13, 12, 10), shown)


def _overlaps(delivery: Delivery, lang: str) -> Iterator[Sheet]:
    ranked = delivery.extra.get("parcel_overlaps")
    if isinstance(ranked, pl.DataFrame):
        yield Sheet(_say("overlaps", lang), [_say(name, lang) for name in ranked.columns], (18, 7, 22, 18, 9, 22, 13), ranked)


def _pages(sheet: Sheet) -> Iterator[workbook.Sheet]:
    """One sheet; rows beyond what a sheet can hold go on in further ones, since none may be lost."""
    if isinstance(sheet.rows, pl.DataFrame):
        held: Iterable[Iterator[workbook.Piece]] = (workbook.chunks_of(page) for page in workbook.paged(sheet.rows))
    else:
        held = _by_row(sheet.rows)
    for number, pieces in enumerate(held, start=1):
        yield workbook.Sheet(
            numbered(sheet.name, number),
            [list(enumerate(sheet.heads))],
            [],
            pieces,
            top_looks=(HEAD,),
            widths=sheet.widths,
            frozen=(1, 0),
            filtered=True,
        )


def _by_row(rows: Iterable[Sequence[object]]) -> Iterator[Iterator[workbook.Piece]]:
    left, first = iter(rows), True
    while (page := list(islice(left, workbook.SHEET_ROWS))) or first:
        first = False
        yield iter([_cells(row) for row in page])


def _cells(row: Sequence[object]) -> workbook.Row:
    return [
        (place, str(escaped(value)), isinstance(value, int | float) and not isinstance(value, bool))
        for place, value in enumerate(row)
        if value is not None and value != ""
    ]
