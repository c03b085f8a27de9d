"""`review.xlsx`: pairs that wait for a person, a sheet a kind, to be decided and sent in again (关联复核表)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from jiadi.register.tables import Delivery, Linked
from jiadi.survey.report import CREATED, SHEET_ROWS, escaped, numbered
from jiadi.survey.review import pairs as review_pairs
from jiadi.survey.review.likely import compared
from jiadi.survey.review.side import evidence
from jiadi.survey.review.words import ANSWERS, HEADS, NOTE, reason, say

FILE = "review.xlsx"
_WIDTHS = {"name": 12, "number": 22, "code": 30, "place": 22, "area": 10, "village": 14}
_DECIDED = ("answer", "by", "day", "why")


def write(folder: Path, delivery: Delivery, linked: Linked, likely: pl.DataFrame, lang: str) -> dict[str, int]:
    """Write the pairs that wait (写出关联复核表).

    Args:
        folder: there already.
        delivery: checked lists.
        linked: their links.
        likely: as `likely.candidates` gives them.
        lang: language of headings and reasons, "zh" or "en".

    Returns:
        Kind → pairs that wait; kinds without any are left out.
    """
    found = review_pairs.waiting(delivery, linked, likely)
    write_pairs(folder, found, lang)
    return counts(found)


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Kind → pairs that wait; kinds without any are left out (待复核统计).

    >>> counts(pl.DataFrame({"kind": ["right_parcel"]}))
    {'right_parcel': 1}
    """
    return dict(found.group_by("kind").len().sort("kind").iter_rows())


def write_pairs(folder: Path, found: pl.DataFrame, lang: str) -> None:
    """Write pairs that are found to wait (写出待复核的关联).

    Args:
        folder: there already.
        found: as `pairs.waiting` gives them.
        lang: "zh" or "en".
    """
    import xlsxwriter  # noqa: PLC0415  only who writes a workbook waits for it

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(folder / FILE, options) as workbook:
        workbook.set_properties({"created": CREATED.replace(tzinfo=None)})
        book = _Looks(workbook)
        _note(book, found, lang)
        for kind in evidence()["kinds"]:
            of_kind = found.filter(kind=kind)
            for number, piece in enumerate(of_kind.iter_slices(SHEET_ROWS), start=1):
                _sheet(book, kind, piece, lang, number)


class _Looks:
    """A workbook being written, and how its cells look."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        self.title = workbook.add_format({"bold": True, "font_size": 15})
        self.plain = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.head = workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "valign": "vcenter"})
        self.text = workbook.add_format({"num_format": "@", "border": 1, "border_color": "#D9DEE4"})
        self.same = workbook.add_format({"num_format": "@", "border": 1, "border_color": "#D9DEE4", "bg_color": "#E2F0D9"})
        self.differs = workbook.add_format({"num_format": "@", "border": 1, "border_color": "#D9DEE4", "bg_color": "#FBE5D6"})
        self.asked = workbook.add_format({"num_format": "@", "border": 1, "border_color": "#BF9000", "bg_color": "#FFF2CC"})
        self.score = workbook.add_format({"num_format": "0.00", "border": 1, "border_color": "#D9DEE4"})
        self.first = workbook.add_format({"num_format": "0.00", "border": 1, "border_color": "#D9DEE4", "top": 2})


def _note(book: _Looks, found: pl.DataFrame, lang: str) -> None:
    sheet = book.workbook.add_worksheet(say("note", lang))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 80)
    sheet.write_string(0, 0, NOTE, book.title)
    many = say("many", lang, pairs=len(found), rows=found.select("kind", "left_id").unique().height) if len(found) else say("none", lang)
    sheet.write_string(1, 1, many, book.plain)
    for row, key in enumerate(("how", "answers", "who", "send", "effect"), start=2):
        sheet.write_string(row, 0, say(f"{key}_head", lang), book.plain)
        sheet.write_string(row, 1, say(key, lang), book.plain)


def columns(kind: str) -> list[str]:
    """What the columns of a sheet hold, from left to right (列次).

    >>> columns("right_household")[3:7]
    ['left_name', 'right_name', 'left_number', 'right_number']
    """
    names = [f"{side}_{feature}" for feature in (*compared(kind), "village") for side in ("left", "right")]
    return ["state", "score", "reason", *names, *_DECIDED, "left_row", "right_row", "kind", "left_id", "right_id", "check"]


def _sheet(book: _Looks, kind: str, found: pl.DataFrame, lang: str, number: int) -> None:
    sheet = book.workbook.add_worksheet(numbered(evidence()["kinds"][kind][lang].replace("/", "-"), number))
    names = columns(kind)
    sheet.freeze_panes(1, 3)
    sheet.set_row(0, 32)
    for place, name in enumerate(names):
        feature = name.split("_", 1)[-1]
        width = _WIDTHS.get(feature, 26 if feature in ("row", "id") else 16)
        sheet.set_column(place, place, 8 if name == "score" else width)
        sheet.write_string(0, place, head(name, kind, lang), book.head)
    before = ""
    for line, row in enumerate(found.iter_rows(named=True), start=1):
        _line(book, sheet, line, row, names, lang, starts=row["left_id"] != before)
        before = row["left_id"]
    answer = names.index("answer")
    choice = {"validate": "list", "source": [ANSWERS[key][lang] for key in ("same", "different", "open")]}
    sheet.data_validation(1, answer, len(found), answer, choice)
    sheet.autofilter(0, 0, len(found), len(names) - 1)


def _line(book: _Looks, sheet: Any, line: int, row: dict[str, Any], names: list[str], lang: str, *, starts: bool) -> None:
    for place, name in enumerate(names):
        if name in _DECIDED:
            sheet.write_blank(line, place, None, book.asked)
        elif name == "score":
            sheet.write_number(line, place, row["score"], book.first if starts else book.score)
        else:
            text = _shown(name, row, lang)
            look = book.text
            if name.startswith(("left_", "right_")) and (feature := name.split("_", 1)[1]) in _WIDTHS:
                look = _alike(book, row[f"left_{feature}"], row[f"right_{feature}"])
            sheet.write_string(line, place, str(escaped(text)), look) if text else sheet.write_blank(line, place, None, look)


def _alike(book: _Looks, left: str | None, right: str | None) -> Any:
    if not left or not right:
        return book.text
    return book.same if left == right else book.differs


def _shown(name: str, row: dict[str, Any], lang: str) -> str:
    if name == "state":
        return say(f"state_{row['state']}", lang)
    if name == "reason":
        return reason(row["reason"], lang)
    if name in ("left_row", "right_row"):
        return row[f"{name}_in_file"] or ""
    if name.endswith("_number"):
        return review_pairs.masked(pl.Series([row[name]], dtype=pl.String))[0] or ""
    return row[name] or ""


def head(name: str, kind: str, lang: str) -> str:
    """Heading of a column (列标题); those by which a decision is read back are the same in both languages.

    >>> head("left_id", "right_household", "zh"), head("left_name", "right_household", "zh")
    ('左标识 left_id', '左·姓名')
    """
    if name in HEADS:
        return HEADS[name]
    side_, _, feature = name.partition("_")
    words = evidence()["words"].get(feature)
    if words is None:
        return say(f"head_{name}", lang)
    return f"{say(side_, lang)}·{words[lang]}"
