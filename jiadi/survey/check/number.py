"""Cells of numbers (数字单元格): areas, lengths, counts, years and months."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import polars as pl

from jiadi.geo.measure import hundredths
from jiadi.register.schema import Column
from jiadi.register.tables import dtype
from jiadi.survey.check.gather import Cells
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.check.text import nfkc, note

UNITS = {
    "area_m2": "m2|m²|平方米|平米|平方|平",
    "length_m": "米|公尺|m",
    "integer": "层|楼|间|人|户|个|幢|岁",
    "year": "年|年份|年建|年建成",
    "month": "月|月份",
}
"""Units that may stand behind a number of a kind, in plain width; others (such as 亩) change its meaning."""
_ABOUT = r"^(?:约|大约|近|~|≈)|(?:左右|上下|许|多)$"
_LAND = {"公顷": 10_000.0, "亩": 10_000.0 / 15, "分": 1_000.0 / 15, "厘": 100.0 / 15}
"""Units of land beside the square metre, in square metres: a 亩 is a fifteenth of a hectare."""
_SPOKEN = r"^[零〇一二两三四五六七八九十百千半]+"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?$"
_RANGE = r"^[0-9]+(?:层|楼)?[-~—–－至到、/][0-9]+(?:层|楼)?$"
_YEAR_IN_DATE = r"^([0-9]{4})(?:[-./]|年)([0-9]{1,2})(?:$|月|[-./])"


def read(cells: Cells, column: Column, remarks: Remarks, *, text_odd: pl.Series | None) -> pl.Series:
    """A column of numbers (数字列).

    Args:
        cells: as they stand.
        column: of the schema.
        remarks: told what could not be read and what was read with a remark.
        text_odd: (n,) rows of workbook sheets in which this column holds numbers; text there is
            noted as `number_as_text`. None where no sheet is such.

    Returns:
        (n,) Float64, null where blank or not taken; areas and lengths not yet rounded.

    >>> from jiadi.register.schema import TABLES
    >>> read(Cells.of_text("3层", "1-3"), TABLES["house"].column("storeys"), Remarks(), text_odd=None).to_list()
    [3.0, None]
    """
    numbers = cells.number
    written = cells.text.is_not_null()
    if written.any():
        places = written.arg_true()
        found = _of_text(cells.text.filter(written), places.to_numpy(), column, remarks, text_odd)
        numbers = numbers.scatter(places, found)
    days = cells.day.is_not_null()
    if days.any() and column.kind in ("year", "month"):
        part = cells.day.dt.year() if column.kind == "year" else cells.day.dt.month()
        numbers = numbers.zip_with(~days, part.cast(pl.Float64))
    elif days.any():
        remarks.add(days.arg_true().to_numpy(), column.name, "not_a_number", cells.shown().filter(days))
    return numbers


def _of_text(raw: pl.Series, places: Places, column: Column, remarks: Remarks, text_odd: pl.Series | None) -> pl.Series:
    clean = raw.str.contains(_NUMBER)
    if text_odd is not None:
        told = (clean & text_odd.gather(places)).to_numpy()
        remarks.add(places[told], column.name, "number_as_text", raw.filter(told))
    numbers = raw.cast(pl.Float64, strict=False)
    if clean.all():
        return numbers
    odd = ~clean
    at = places[odd.to_numpy()]
    return numbers.scatter(odd.arg_true(), _of_odd(raw.filter(odd), at, column, remarks))


def _of_odd(raw: pl.Series, places: Places, column: Column, remarks: Remarks) -> pl.Series:
    """Numbers in cells that hold more than a number."""
    note(raw, places, column.name, remarks, inner=True)
    plain = nfkc(raw).str.replace_all(r"[\s\u{200B}\u{FEFF}]", "").str.replace_all(r"([0-9]),([0-9]{3})(?-u:\b)", "${1}${2}")
    plain = _plainer(raw, plain, places, column, remarks)
    bare = plain.str.contains(_NUMBER)
    unit = rf"^([+-]?[0-9]+(?:\.[0-9]+)?)(?:{UNITS[column.kind]})$"
    with_unit = ~bare & plain.str.contains(unit)
    remarks.add(places[with_unit.to_numpy()], column.name, "unit_in_number", raw.filter(with_unit))
    numbers = (
        pl.select(pl.when(bare).then(plain).when(with_unit).then(plain.str.extract(unit, 1))).to_series().cast(pl.Float64, strict=False)
    )
    if column.kind == "year":
        numbers = pl.select(pl.coalesce(numbers, plain.str.extract(_YEAR_IN_DATE, 1).cast(pl.Float64, strict=False))).to_series()
    lost = numbers.is_null()
    never = pl.Series([False]).new_from_index(0, len(raw))
    ranged = lost & plain.str.contains(_RANGE) if column.kind == "integer" else never
    remarks.add(places[ranged.to_numpy()], column.name, "storeys_range", raw.filter(ranged))
    half = lost & ~ranged & plain.str.contains("半") if column.kind == "integer" else never
    remarks.add(places[half.to_numpy()], column.name, "storeys_half", raw.filter(half))
    about = lost & ~ranged & ~half & plain.str.contains(_ABOUT)
    remarks.add(places[about.to_numpy()], column.name, "approximate", raw.filter(about))
    rest = lost & ~ranged & ~half & ~about
    remarks.add(places[rest.to_numpy()], column.name, "not_a_number", raw.filter(rest))
    return numbers


def _plainer(raw: pl.Series, plain: pl.Series, places: Places, column: Column, remarks: Remarks) -> pl.Series:
    """Spoken numbers in digits, areas of land in square metres; each noted."""
    spoken = plain.str.contains(rf"{_SPOKEN}(?:{UNITS[column.kind]}|{'|'.join(_LAND)})?$") & ~plain.str.contains("半")
    if spoken.any():
        said = [re.sub(_SPOKEN, lambda found: str(digits(found.group())), text) for text in plain.filter(spoken).to_list()]
        plain = plain.scatter(spoken.arg_true(), pl.Series(said, dtype=pl.String))
        remarks.add(places[spoken.to_numpy()], column.name, "number_in_words", raw.filter(spoken))
    if column.kind != "area_m2":
        return plain
    pattern = rf"^([0-9]+(?:\.[0-9]+)?)({'|'.join(_LAND)})$"
    land = plain.str.contains(pattern)
    if land.any():
        told = plain.filter(land)
        factor = told.str.extract(pattern, 2).replace_strict(_LAND, return_dtype=pl.Float64)
        metres = to_hundredths(told.str.extract(pattern, 1).cast(pl.Float64) * factor)
        remarks.add(
            places[land.to_numpy()],
            column.name,
            "unit_converted",
            raw.filter(land),
            detail=pl.select(pl.format("{} m²", metres)).to_series(),
        )
        plain = plain.scatter(land.arg_true(), metres.cast(pl.String))
    return plain


def digits(spoken: str) -> int:
    """A whole number as it is spoken (中文数字), up to 9,999.

    >>> digits("二"), digits("十二"), digits("一百二十"), digits("二〇一三")
    (2, 12, 120, 2013)
    """
    figures = {word: place for place, word in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    if not set(spoken) & set("十百千"):
        return int("".join(str(figures[word]) for word in spoken))
    total, last = 0, 0
    for word in spoken:
        if word in figures:
            last = figures[word]
        else:
            total += (last or 1) * {"十": 10, "百": 100, "千": 1000}[word]
            last = 0
    return total + last


def month_in_year(cells: Cells) -> pl.Series:
    """The month that a year's cell states besides (年份单元格中的月份), as 2013年5月 or a day; null where none.

    Args:
        cells: of the year's column.

    Returns:
        (n,) Float64.

    >>> month_in_year(Cells.of_text("2013年5月", "2013")).to_list()
    [5.0, None]
    """
    text = cells.text
    month = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(text))
    written = text.is_not_null()
    if written.any():
        found = nfkc(text.filter(written)).str.extract(_YEAR_IN_DATE, 2).cast(pl.Float64, strict=False)
        month = month.scatter(written.arg_true(), found)
    return pl.select(pl.coalesce(month, cells.day.dt.month().cast(pl.Float64))).to_series()


def bounded(numbers: pl.Series, column: Column, cells: Cells, remarks: Remarks, on: date | None) -> pl.Series:
    """Numbers within what is believable, in the schema's dtype (合理范围).

    Args:
        numbers: (n,) Float64.
        column: its `low` and `high` are asked for.
        cells: what stood there, for the remark.
        remarks: told `out_of_range`, `year_out_of_range`, `not_a_number` (part of a storey).
        on: day of delivery, after which no house was built; None where it is not known.

    Returns:
        (n,) areas and lengths rounded half-up to 0.01, others whole; null where not taken.

    >>> from jiadi.register.schema import TABLES
    >>> cells = Cells.of_text("2013", "2099")
    >>> bounded(pl.Series([2013.0, 2099.0]), TABLES["house"].column("built_year"), cells, Remarks(), date(2025, 6, 30)).to_list()
    [2013, None]
    """
    held = numbers.is_not_null() & numbers.is_finite().fill_null(False)
    broken = held & (numbers != numbers.floor()) if column.kind in ("integer", "year", "month") else ~held & held
    high = on.year if column.kind == "year" and on else column.high
    beyond = held & ~broken & (_below(numbers, column.low) | _above(numbers, high))
    code = "year_out_of_range" if column.kind == "year" else "out_of_range"
    for wrong, told in ((broken, "not_a_number"), (beyond, code)):
        if wrong.any():
            places = np.flatnonzero(wrong.to_numpy())
            remarks.add(places, column.name, told, cells.shown().gather(places))
    kept = numbers.set(~held | broken | beyond, None)
    if column.kind in ("area_m2", "length_m"):
        return to_hundredths(kept)
    return kept.cast(dtype(column), strict=False)


def to_hundredths(figures: pl.Series) -> pl.Series:
    """Figures rounded half-up to 0.01, each the number that its two decimals name (四舍五入到 0.01).

    >>> to_hundredths(pl.Series([1.625, None])).to_list()
    [1.63, None]
    """
    whole = hundredths(figures)
    # NumPy divides; Polars multiplies by a hundredth, and 163 would give 1.6300000000000001.
    shares = pl.Series(figures.name, whole.fill_null(0).to_numpy() / 100.0)
    return shares.set(whole.is_null(), None)


def _below(numbers: pl.Series, low: float | None) -> pl.Series:
    return (numbers < low).fill_null(False) if low is not None else pl.Series([False]).new_from_index(0, len(numbers))


def _above(numbers: pl.Series, high: float | None) -> pl.Series:
    return (numbers > high).fill_null(False) if high is not None else pl.Series([False]).new_from_index(0, len(numbers))
