"""Cells of official codes (代码单元格): parcels, units, divisions, and resident IDs."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from jiadi.codes import columns, division, parcel, person, unit
from jiadi.survey.check.gather import Cells, number_text
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.check.text import WIDE, note, where

_CHECKS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "parcel_code": parcel.check_column,
    "unit_code": unit.check_column,
    "division_code": division.check_column,
}
_LONG = 10.0**15
"""From here on a number cell cannot hold every digit."""


def read(cells: Cells, column: str, kind: str, remarks: Remarks) -> pl.Series:
    """A column of parcel, unit or division codes (代码列).

    Args:
        cells: as they stand.
        column: schema column.
        kind: `parcel_code`, `unit_code` or `division_code`.
        remarks: told the code's problem, and notes.

    Returns:
        (n,) well-formed codes, divisions padded to 12 digits; null where blank or not taken.

    >>> read(Cells.of_text("330802001001jc00012", "JC00012"), "parcel_code", "parcel_code", Remarks()).to_list()
    ['330802001001JC00012', None]
    """
    raw = cells.shown()
    codes = columns.compact_column(raw)
    wrong = _CHECKS[kind](codes)
    _note(raw, codes, wrong, column, remarks)
    bad = wrong.is_not_null()
    if bad.any():
        places = where(bad)
        remarks.add(places, column, wrong.gather(places), raw.gather(places))
        codes = codes.set(bad, None)
    return division.pad_column(codes) if kind == "division_code" else codes


def _note(raw: pl.Series, codes: pl.Series, wrong: pl.Series, column: str, remarks: Remarks) -> None:
    """Notes on codes that were read all the same; a code that was not taken has its problem already."""
    odd = where((raw != codes) & wrong.is_null())
    if len(odd):
        note(raw.gather(odd), odd, column, remarks, inner=True)


def read_ids(cells: Cells, column: str, remarks: Remarks, hints: dict[str, pl.Series] | None = None) -> pl.Series:
    """A column of resident IDs (公民身份号码列).

    A number cell that cannot hold 18 digits has lost the last ones, whatever its check digit says; so
    has a text that ends in 000, which was a number once. An old number of 15 digits is kept and used, and the new one is asked for.

    Args:
        cells: as they stand; several IDs in a cell are parted before (see `holder`).
        column: schema column.
        remarks: told `id_from_float`, `id_check_digit`, `id_invalid`, `id_15_digits`, and notes.
        hints: given, by column, the numbers that a slip has broken (18 places, `000` where the last are lost; 17 where one
            was left out), for linking alone; null for the others.

    Returns:
        (n,) valid IDs of 18 or 15 places, X upper; null where blank or not taken.

    Law: GB 11643.

    >>> read_ids(Cells.of_text("330802197603151233", "330802197603151231"), "holder_id", Remarks()).to_list()
    ['330802197603151233', None]
    """
    lost = (cells.number.abs() >= _LONG).fill_null(False)
    raw = pl.select(pl.coalesce(cells.text, number_text(cells.number))).to_series()
    if lost.any():
        places = where(lost)
        remarks.add(places, column, "id_from_float", raw.gather(places), masked=True)
    codes = columns.compact_column(raw.set(lost, None)).str.strip_prefix("'")
    wrong = person.check_column(codes)
    # Text that was a number once ends in 000 as well; that the check digit fits may be chance, so it is asked for again.
    destroyed = codes.str.contains(r"^([0-9](\.[0-9]+)?E\+?1[0-9]|[0-9]{15}000)$").fill_null(False)
    wrong = wrong.set(destroyed, "id_from_float")
    for code in ("id_from_float", "id_check_digit", "id_invalid", "id_15_digits"):
        places = where(wrong == code)
        remarks.add(places, column, code, raw.gather(places), masked=True)
    _note_ids(raw, codes, wrong, column, remarks)
    if hints is not None:
        hints[column] = _broken(cells.number, codes, wrong, lost)
    return codes.set((wrong.is_not_null() & (wrong != "id_15_digits")).fill_null(False), None)


def _broken(numbers: pl.Series, codes: pl.Series, wrong: pl.Series, lost: pl.Series) -> pl.Series:
    """Numbers of 18 places, or of 17, that were not taken, and tell their person all the same."""
    # A float is exact to some 64 here: the 15 digits that the spreadsheet kept come back by rounding, not by cutting.
    first = (numbers.set(~lost, None) / 1000).round().cast(pl.Int64, strict=False).cast(pl.String)
    whole = codes.set(~wrong.is_in(["id_check_digit", "id_from_float", "id_invalid"]).fill_null(False), None)
    found = pl.select(pl.coalesce(whole, first + "000")).to_series()
    return found.set(~found.str.contains(r"^[0-9]{16,17}[0-9X]$").fill_null(False), None)


def _note_ids(raw: pl.Series, codes: pl.Series, wrong: pl.Series, column: str, remarks: Remarks) -> None:
    """Notes on IDs that were read; the first that fits is told."""
    odd = where((raw != codes) & wrong.is_null())
    if not len(odd):
        return
    values = raw.gather(odd)
    left = pl.Series([True]).new_from_index(0, len(values))
    for code, pattern in (
        ("id_line_break", r"[\r\n]"),
        ("full_width", WIDE),
        ("id_lower_x", "x"),
        ("stray_space", r"\s|[\u{200B}\u{FEFF}']"),
    ):
        hit = left & values.str.contains(pattern)
        remarks.add(odd[hit.to_numpy()], column, code, values.filter(hit), masked=True)
        left = left & ~hit
