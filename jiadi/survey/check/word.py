"""Cells of a code list (代码值单元格): the schema's words, digits and names."""

from __future__ import annotations

import unicodedata

import polars as pl

from jiadi.register.schema import Column
from jiadi.survey.check.gather import PLACEHOLDERS, Cells
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.check.text import note, where
from jiadi.survey.read.questionnaire import SEVERAL


def plain(word: str) -> str:
    """A word as it is compared (代码词归一).

    >>> plain(" Ｃ级 ")
    'c级'
    """
    return "".join(unicodedata.normalize("NFKC", word).split()).casefold()


def without_doubtful_digits(cells: Cells, column: Column, sheets: pl.Series, remarks: Remarks) -> Cells:
    """Yes and no written as digits (是否代码): 1 and 2 mean yes and no; 0 and 1 mean either, by the place.

    Some exports write 1 for yes and 2 for no, others 0 for 有 and 1 for 无. A column of a sheet that holds a 2 and no 0
    is of the first kind; any other column of digits is asked about, and a profile says what they mean.

    Args:
        cells: as they stand.
        column: the schema column.
        sheets: (n,) sheet of each row.
        remarks: told `yes_no_unclear`.

    Returns:
        The cells without digits that may mean either.

    >>> held = without_doubtful_digits(Cells.of_text("1", "2", "1"), Column("title", "产权证", "boolean"), pl.Series([0, 0, 1]), Remarks())
    >>> held.text.to_list()
    ['1', '2', None]
    """
    shown = cells.shown()
    digits = shown.str.strip_chars().is_in(["0", "1", "2"]).fill_null(False)
    if not digits.any():
        return cells
    held = pl.DataFrame({"sheet": sheets, "word": shown.str.strip_chars()}).filter(digits)
    plain = held.group_by("sheet").agg((pl.col("word") == "2").any() & ~(pl.col("word") == "0").any())
    clear = plain.filter(pl.col("word"))["sheet"]
    doubtful = digits & ~sheets.is_in(clear.implode())
    places = where(doubtful)
    if not len(places):
        return cells
    remarks.add(places, column.name, "yes_no_unclear", shown.gather(places))
    return Cells(cells.text.set(doubtful, None), cells.number.set(doubtful, None), cells.day.set(doubtful, None))


def read(cells: Cells, column: Column, remarks: Remarks) -> pl.Series:
    """A column of a code list (代码列).

    Args:
        cells: as they stand.
        column: its `codes` say what each word means.
        remarks: told `unknown_word`, `several_ticks`, and notes.

    Returns:
        (n,) stored values, null where blank or not taken.

    >>> from jiadi.register.schema import TABLES
    >>> read(Cells.of_text("砖混", "窑洞"), TABLES["house"].column("structure"), Remarks()).to_list()
    ['mixed', None]
    """
    shown = cells.shown()
    meaning = {plain(word): value for value, words in column.codes.items() for word in (value, *words)}
    # Words are few and rows are many, so each distinct word is asked once.
    distinct = shown.drop_nulls().unique().to_list()
    known = {word: meaning[plain(word)] for word in distinct if plain(word) in meaning}
    stored = shown.replace_strict(known, default=None, return_dtype=pl.String) if known else shown.clear(len(shown))
    unknown = [word for word in distinct if word not in known and word.strip() not in PLACEHOLDERS]
    for code, told in (
        ("several_ticks", [word for word in unknown if SEVERAL in word]),
        ("unknown_word", [word for word in unknown if SEVERAL not in word]),
    ):
        if told:
            places = where(shown.is_in(told))
            remarks.add(places, column.name, code, shown.gather(places))
    odd = [word for word in known if word != unicodedata.normalize("NFKC", word.strip())]
    if odd:
        places = where(shown.is_in(odd))
        note(shown.gather(places), places, column.name, remarks, inner=False)
    return stored
