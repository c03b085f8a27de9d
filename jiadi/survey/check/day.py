"""Cells of days (日期单元格), in the many ways in which people write them."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from jiadi.survey.check.gather import Cells
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.check.text import nfkc, note

PAST_ONLY = frozenset({"approved_on", "died_on"})
"""Days of things that have happened: one after the delivery is none."""
_OPEN = ("长期", "至今", "永久", "长期有效")
_FIRST, _LAST = 1850, 2200
_PARTED = r"^([0-9]{4})(?:[-./]|年)([0-9]{1,2})(?:[-./]|月)([0-9]{1,2})(?:日|号)?(?:[T ]?[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?Z?)?$"
_DIGITS = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_SERIAL = r"^[1-9][0-9]{4}(?:\.[0-9]+)?$"
_EPOCH_GAP = (date(1970, 1, 1) - date(1899, 12, 30)).days


def read(cells: Cells, column: str, remarks: Remarks, on: date | None) -> pl.Series:
    """A column of days (日期列).

    2013-5-1, 2013.05.01, 2013/5/1, 2013年5月1日, 20130501, a spreadsheet's own days and day numbers are
    read; a year or month alone names no day and is not taken.

    Args:
        cells: as they stand.
        column: schema column.
        remarks: told `date_unreadable`, `date_in_future`, and notes.
        on: day of delivery; None where it is not known, then no day is in the future.

    Returns:
        (n,) Date, null where blank or not taken.

    >>> remarks = Remarks()
    >>> read(Cells.of_text("2013年5月1日", "2013", None), "approved_on", remarks, None).to_list()
    [datetime.date(2013, 5, 1), None, None]
    >>> [part["code"].to_list() for part in remarks.parts]
    [['date_unreadable']]
    """
    days = cells.day.dt.date()
    for part, held in ((_of_numbers(cells.number), cells.number.is_not_null()), (None, cells.text.is_not_null())):
        if not held.any():
            continue
        places = held.arg_true()
        found = part.filter(held) if part is not None else _of_text(cells.text.filter(held), places.to_numpy(), column, remarks)
        days = days.scatter(places, found)
    lost = days.is_null() & (cells.text.is_not_null() | cells.number.is_not_null()) & ~_means_open(cells.text)
    odd = days.is_not_null() & ~days.dt.year().is_between(_FIRST, _LAST)
    unread = np.flatnonzero((lost | odd).fill_null(False).to_numpy())
    late = days > on if on and column in PAST_ONLY else days.is_null() & days.is_not_null()
    future = np.flatnonzero((late & ~odd).fill_null(False).to_numpy())
    shown = cells.shown() if len(unread) or len(future) else None
    for code, places_ in (("date_unreadable", unread), ("date_in_future", future)):
        if shown is not None and len(places_):
            remarks.add(places_, column, code, shown.gather(places_))
    gone = np.union1d(unread, future)
    return days.scatter(gone, None) if len(gone) else days


def _of_numbers(numbers: pl.Series) -> pl.Series:
    """Day numbers of a spreadsheet, and days written as one number."""
    if numbers.null_count() == len(numbers):
        return pl.Series([None], dtype=pl.Date).new_from_index(0, len(numbers))
    # Smaller ones are years, and a year names no day.
    serial = numbers.is_between(_LAST + 1, 120_000)
    # Polars counts days from 1970, a spreadsheet from the end of 1899.
    days = (numbers.set(~serial, None).floor() - _EPOCH_GAP).cast(pl.Int32).cast(pl.Date)
    written = (
        numbers.set(~numbers.is_between(1e7, 1e8), None).cast(pl.Int64, strict=False).cast(pl.String).str.to_date("%Y%m%d", strict=False)
    )
    return pl.select(pl.coalesce(days, written)).to_series()


def _of_text(raw: pl.Series, places: Places, column: str, remarks: Remarks) -> pl.Series:
    days = raw.str.to_date("%Y-%m-%d", strict=False)
    # Chrono takes 2013-5-1 as well; what is left is written otherwise.
    odd = days.is_null()
    if not odd.any():
        return days
    rest = raw.filter(odd)
    note(rest.filter(~_means_open(rest)), places[odd.to_numpy()][~_means_open(rest).to_numpy()], column, remarks, inner=False)
    plain = nfkc(rest).str.replace_all(r"[\u{200B}\u{FEFF}]", "").str.strip_chars().str.replace_all(r"\s*([-./年月日])\s*", "${1}")
    parted = [plain.str.extract(_PARTED, group) for group in (1, 2, 3)]
    joined = pl.select(pl.concat_str(parted[0], pl.lit("-"), parted[1].str.zfill(2), pl.lit("-"), parted[2].str.zfill(2))).to_series()
    digits = plain.set(~plain.str.contains(_DIGITS), None).str.to_date("%Y%m%d", strict=False)
    serial = _of_numbers(plain.set(~plain.str.contains(_SERIAL), None).cast(pl.Float64, strict=False))
    found = pl.select(pl.coalesce(joined.str.to_date("%Y-%m-%d", strict=False), digits, serial)).to_series()
    return days.scatter(odd.arg_true(), found)


def _means_open(text: pl.Series) -> pl.Series:
    return text.str.strip_chars().is_in(list(_OPEN)).fill_null(False)
