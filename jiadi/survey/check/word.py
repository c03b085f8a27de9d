"""Cells of a code list (代码值单元格): the schema's words, digits and names."""

from __future__ import annotations

import unicodedata

import polars as pl

from jiadi.register.schema import Column
from jiadi.survey.check.gather import PLACEHOLDERS, Cells
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.check.text import note, where


def plain(word: str) -> str:
    """A word as it is compared (代码词归一).

    >>> plain(" Ｃ级 ")
    'c级'
    """
    return "".join(unicodedata.normalize("NFKC", word).split()).casefold()


def read(cells: Cells, column: Column, remarks: Remarks) -> pl.Series:
    """A column of a code list (代码列).

    Args:
        cells: as they stand.
        column: its `codes` say what each word means.
        remarks: told `unknown_word`, and notes.

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
    if unknown:
        places = where(shown.is_in(unknown))
        remarks.add(places, column.name, "unknown_word", shown.gather(places))
    odd = [word for word in known if word != unicodedata.normalize("NFKC", word.strip())]
    if odd:
        places = where(shown.is_in(odd))
        note(shown.gather(places), places, column.name, remarks, inner=False)
    return stored
