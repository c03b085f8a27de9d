"""Resident ID numbers 公民身份号码 (GB 11643): check, read, mask; one number or a column of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from stdnum.cn import ric

from jiadi.codes import columns
from jiadi.codes.columns import compact, compact_column

EARLIEST_BIRTH = 1850
LATEST_BIRTH = 2099
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9Xx]", re.ASCII)
_FIFTEEN = re.compile(r"[0-9]{15}", re.ASCII)
_DESTROYED = re.compile(r"[0-9]{15}000|[0-9](\.[0-9]+)?[Ee]\+?1[67]|[0-9]{18}\.0+", re.ASCII)
_PARTS = re.compile(r"([、,，;；/\s]+)")
# Weights of the places in GB 11643: 2^(17-i) mod 11.
_WEIGHTS = np.array([pow(2, 17 - place, 11) for place in range(18)], dtype=np.int32)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)


def check(number: str) -> str | None:
    """What is wrong with a resident ID number 公民身份号码.

    The check digit is looked at before the birth date: a slip in the date shows in the digit, and
    "the digits do not fit" is the truer word for it.

    Args:
        number: 18 or 15 characters as `compact` leaves them; a lower-case x serves as X.

    Returns:
        None when valid; `id_15_digits` for a sound old number; `id_check_digit`; `id_invalid` for
        wrong length, characters or birth date.

    Law: GB 11643, check digit by ISO 7064 MOD 11-2.

    >>> check("330802197603151233"), check("330802197603151231"), check("330802760315123")
    (None, 'id_check_digit', 'id_15_digits')
    >>> check("33080219760315")
    'id_invalid'
    """
    if _EIGHTEEN.fullmatch(number):
        if ric.calc_check_digit(number) != number[17].upper():
            return "id_check_digit"
        return None if _date(number[6:14]) else "id_invalid"
    if _FIFTEEN.fullmatch(number):
        return "id_15_digits" if _date("19" + number[6:12]) else "id_invalid"
    return "id_invalid"


def to_18(number: str) -> str:
    """An old 15-digit number in its 18-digit form (15 位升 18 位).

    Args:
        number: a number of either length; the birth year of an old one is taken as 19xx.

    Returns:
        18 characters for 15 digits; anything else upper-cased and otherwise as it came.

    >>> to_18("330802760315123")
    '330802197603151233'
    """
    if not _FIFTEEN.fullmatch(number):
        return number.upper()
    body = f"{number[:6]}19{number[6:]}"
    return body + ric.calc_check_digit(body + "0")


def birth_date(number: str) -> date | None:
    """Day of birth that a number states (出生日期), None where the number is not valid.

    >>> birth_date("330802197603151233")
    datetime.date(1976, 3, 15)
    """
    if check(number) not in (None, "id_15_digits"):
        return None
    return _date(to_18(number)[6:14])


def sex(number: str) -> Literal["male", "female"] | None:
    """Sex that a number states (性别), None where the number is not valid.

    >>> sex("330802197603151233")
    'male'
    """
    if check(number) not in (None, "id_15_digits"):
        return None
    return "male" if int(to_18(number)[16]) % 2 else "female"


def looks_destroyed(text: str) -> bool:
    """Whether a spreadsheet that took the number for a quantity has lost its last digits (号码被截断).

    A spreadsheet keeps 15 significant digits, so 18 digits end in 000 or stand as 3.30802E+17. A
    true number may end in 000 as well (about one in a thousand): ask this of number cells, not of
    text.

    >>> looks_destroyed("330802197603151000"), looks_destroyed("3.30802E+17"), looks_destroyed("330802197603151233")
    (True, True, False)
    """
    return _DESTROYED.fullmatch(text.strip()) is not None


def mask(text: str) -> str:
    """A number as it may be shown (脱敏): 330802********1233; several in a cell are masked each.

    Args:
        text: what stood in the cell, valid or not.

    Returns:
        The first six and last four characters of 18, the last three of 15; of anything else of
        seven characters or more only the first two, so that a broken number is not given away.

    >>> mask("330802197603151233")
    '330802********1233'
    >>> mask("330802760315123、33080219760315")
    '330802******123、33************'
    """
    return "".join(part if place % 2 else _mask_one(part) for place, part in enumerate(_PARTS.split(text)))


def _mask_one(text: str) -> str:
    plain = compact(text)
    if _EIGHTEEN.fullmatch(plain):
        return f"{plain[:6]}********{plain[14:]}"
    if _FIFTEEN.fullmatch(plain):
        return f"{plain[:6]}******{plain[12:]}"
    return text if len(text) < 7 else text[:2] + "*" * (len(text) - 2)


def _date(digits: str) -> date | None:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return day if EARLIEST_BIRTH <= day.year <= LATEST_BIRTH else None


def normalise_column(numbers: pl.Series) -> pl.Series:
    """A column of numbers as they should have been written (身份号码列归一): half-width, X upper, no spaces.

    >>> normalise_column(pl.Series(["33080219760315123x ", None])).to_list()
    ['33080219760315123X', None]
    """
    return compact_column(numbers)


def check_column(numbers: pl.Series) -> pl.Series:
    """`check` for a column (身份号码列检查).

    Args:
        numbers: text; null is missing and raises nothing.

    Returns:
        Problem codes, null where valid or missing.

    Law: GB 11643.

    >>> check_column(pl.Series(["330802197603151233", "330802760315123", "1", None])).to_list()
    [None, 'id_15_digits', 'id_invalid', None]
    """
    new, old = columns.of_width(numbers, 18), columns.of_width(numbers, 15)
    invalid = ~(new | old)
    slipped = np.zeros(len(numbers), dtype=np.bool_)
    invalid[new], slipped[new] = _check_18(columns.matrix(numbers.filter(pl.Series(new)), 18))
    invalid[old] = ~_sound_15(columns.matrix(numbers.filter(pl.Series(old)), 15))
    marks = [(slipped, "id_check_digit"), (invalid, "id_invalid"), (old, "id_15_digits")]
    return columns.label(len(numbers), marks, numbers.is_null())


def _check_18(block: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Invalid and slipped rows of 18 bytes; a slipped one is not called invalid as well."""
    last = block[:, 17]
    is_x = (last == ord("X")) | (last == ord("x"))
    readable = columns.only_digits(block[:, :17]) & (is_x | columns.only_digits(block[:, 17:]))
    values = block.astype(np.int32) - columns.ZERO
    values[:, 17] = np.where(is_x, 10, values[:, 17])
    slipped = readable & ((values @ _WEIGHTS) % 11 != 1)
    dated = _dated(columns.number(block[:, 6:10]), columns.number(block[:, 10:12]), columns.number(block[:, 12:14]))
    return ~readable | (~slipped & ~dated), slipped


def _sound_15(block: NDArray[np.uint8]) -> NDArray[np.bool_]:
    year = 1900 + columns.number(block[:, 6:8])
    dated = _dated(year, columns.number(block[:, 8:10]), columns.number(block[:, 10:12]))
    return columns.only_digits(block) & dated


def _dated(year: NDArray[np.int32], month: NDArray[np.int32], day: NDArray[np.int32]) -> NDArray[np.bool_]:
    known = (year >= EARLIEST_BIRTH) & (year <= LATEST_BIRTH) & (month >= 1) & (month <= 12)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _MONTH_DAYS[np.clip(month, 0, 12)] + (leap & (month == 2))
    answer: NDArray[np.bool_] = known & (day >= 1) & (day <= days)
    return answer


def to_18_column(numbers: pl.Series) -> pl.Series:
    """`to_18` for a column: the key by which registers that kept either form meet (15 位升 18 位).

    >>> to_18_column(pl.Series(["330802760315123", "330802197603151233", None])).to_list()
    ['330802197603151233', '330802197603151233', None]
    """
    upper = numbers.str.to_uppercase()
    old = (upper.str.len_bytes() == 15).fill_null(False) & upper.str.contains(r"^[0-9]{15}$").fill_null(False)
    if not old.any():
        return upper
    short = upper.filter(old)
    body = pl.select(pl.concat_str(short.str.slice(0, 6), pl.lit("19"), short.str.slice(6))).to_series()
    total = (columns.matrix(body, 17).astype(np.int32) - columns.ZERO) @ _WEIGHTS[:17]
    digits = pl.Series(list("0123456789X")).gather(((1 - total) % 11).astype(np.uint32))
    return upper.scatter(old.arg_true(), body + digits)


def birth_date_column(numbers: pl.Series) -> pl.Series:
    """`birth_date` for a column (出生日期列), Date, null where the number is missing or not valid.

    >>> birth_date_column(pl.Series(["330802197603151233", "x"])).to_list()
    [datetime.date(1976, 3, 15), None]
    """
    return _valid_18(numbers).str.slice(6, 8).str.to_date("%Y%m%d", strict=False)


def sex_column(numbers: pl.Series) -> pl.Series:
    """`sex` for a column (性别列): "male", "female", null where the number is missing or not valid.

    >>> sex_column(pl.Series(["330802197603151233", "x"])).to_list()
    ['male', None]
    """
    place = _valid_18(numbers).str.slice(16, 1).cast(pl.UInt32, strict=False)
    return pl.Series(["female", "male"]).gather(place % 2)


def _valid_18(numbers: pl.Series) -> pl.Series:
    wrong = check_column(numbers)
    sound = wrong.is_null() | (wrong == "id_15_digits")
    return to_18_column(numbers.set(~sound, None))


def mask_column(texts: pl.Series) -> pl.Series:
    """`mask` for a column (脱敏列).

    >>> mask_column(pl.Series(["330802197603151233", None])).to_list()
    ['330802********1233', None]
    """
    plain = texts.str.contains(r"^[0-9]{17}[0-9X]$")
    shown = pl.select(pl.concat_str(texts.str.slice(0, 6), pl.lit("********"), texts.str.slice(14))).to_series()
    odd = (~plain).fill_null(False)
    if not odd.any():
        return shown.alias(texts.name)
    masked = [mask(text) for text in texts.filter(odd).to_list()]
    return shown.scatter(odd.arg_true(), pl.Series(masked, dtype=pl.String)).alias(texts.name)
