"""Administrative divisions 行政区划: codes for statistical use, names, the chain from village to province.

The packaged list holds one city (see `data/SOURCE.txt`); a code outside it is neither confirmed nor
denied.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import polars as pl

Level = Literal["province", "city", "county", "township", "village"]
WIDTH = 12
_REGIONS = (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66), range(71, 72), range(81, 83))
PROVINCES = frozenset(str(code) for region in _REGIONS for code in region)
"""First two digits that a province, region or municipality has (GB/T 2260)."""
LENGTHS: tuple[tuple[Level, int], ...] = (("province", 2), ("city", 4), ("county", 6), ("township", 9), ("village", 12))
"""Digits that a code of each level has before its zeros."""


@dataclass(frozen=True, slots=True)
class Division:
    """One division (行政区划).

    Args:
        code: 12 digits, zeros on the right.
        name: as published.
        level: province, city, county, township (街道 included) or village (社区 included).
        parent_code: 12 digits of the division above; "" for a province.
    """

    code: str
    name: str
    level: Level
    parent_code: str


@cache
def table() -> MappingProxyType[str, Division]:
    """Every packaged division by its 12-digit code (区划表), in the order of the codes.

    >>> table()["330802000000"].name
    '柯城区'
    """
    text = files("jiadi.codes").joinpath("data/divisions.csv").read_text(encoding="utf-8")
    levels: dict[str, Level] = {level: level for level, _ in LENGTHS}
    rows = [Division(row["code"], row["name"], levels[row["level"]], row["parent_code"]) for row in csv.DictReader(text.splitlines())]
    return MappingProxyType({division.code: division for division in sorted(rows, key=lambda division: division.code)})


@cache
def _covered() -> tuple[str, ...]:
    """Prefixes of the cities whose divisions are all in the packaged list."""
    return tuple(prefix(division.code) for division in table().values() if division.level == "city")


def pad(code: str) -> str:
    """A code of any level as 12 digits (补足 12 位).

    >>> pad("330802")
    '330802000000'
    """
    return code.ljust(WIDTH, "0")


def prefix(code: str) -> str:
    """The digits that all divisions within this one begin with (区划前缀).

    >>> prefix("330802000000"), prefix("330802001000"), prefix("330800")
    ('330802', '330802001', '3308')
    """
    padded = pad(code)
    for _, length in LENGTHS:
        if not padded[length:].strip("0"):
            return padded[:length]
    return padded


def level(code: str) -> Level:
    """The level that a code's zeros tell (级别).

    >>> level("330802000000"), level("330802001001")
    ('county', 'village')
    """
    length = len(prefix(code))
    return next(word for word, digits in LENGTHS if digits >= length)


def within(code: str, outer: str) -> bool:
    """Whether a division lies in another, or is it (是否在其内).

    >>> within("330802001001", "330802"), within("330803001001", "330802000000")
    (True, False)
    """
    return pad(code).startswith(prefix(outer))


def lookup(code: str) -> Division | None:
    """The division of a code of any length (查区划), None where the packaged list has none.

    >>> lookup("3308").name
    '衢州市'
    """
    return table().get(pad(code))


def name(code: str) -> str | None:
    """Name of a division (区划名称), None where the packaged list has none.

    >>> name("330881")
    '江山市'
    """
    division = lookup(code)
    return division.name if division else None


def full_name(code: str) -> str:
    """Names from the province down (区划全称); "" where the packaged list has none.

    >>> full_name("330802")
    '浙江省衢州市柯城区'
    """
    names = [name(above) or "" for above in parents(code)]
    return "".join(names) + (name(code) or "")


def parents(code: str) -> tuple[str, ...]:
    """12-digit codes of the divisions above, the province first (上级区划).

    >>> parents("330802001001")
    ('330000000000', '330800000000', '330802000000', '330802001000')
    """
    own = len(prefix(code))
    return tuple(pad(code[:length]) for _, length in LENGTHS if length < own)


def children(code: str) -> tuple[Division, ...]:
    """The packaged divisions right below (下级区划), in the order of their codes.

    >>> [division.name for division in children("330800")][:2]
    ['柯城区', '衢江区']
    """
    return tuple(division for division in table().values() if division.parent_code == pad(code))


def check(code: str) -> str | None:
    """What is wrong with a division code (区划代码检查).

    Args:
        code: 2, 4, 6, 9 or 12 digits.

    Returns:
        `division_unknown` where the length, the province or, inside a packaged city, the division
        itself does not exist; None otherwise: outside the packaged cities existence is not known.

    >>> check("330802005001"), check("330802999999"), check("110101001001"), check("00")
    (None, 'division_unknown', None, 'division_unknown')
    """
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6, 9, WIDTH)):
        return "division_unknown"
    if code[:2] not in PROVINCES:
        return "division_unknown"
    listed = pad(code) in table() or not pad(code).startswith(_covered())
    return None if listed else "division_unknown"


def check_column(codes: pl.Series) -> pl.Series:
    """`check` for a column (区划代码列检查); null is missing and raises nothing.

    >>> check_column(pl.Series(["330802005001", "1", None])).to_list()
    [None, 'division_unknown', None]
    """
    return _by_distinct(codes, {code: check(code) for code in codes.drop_nulls().unique().to_list()})


def pad_column(codes: pl.Series) -> pl.Series:
    """`pad` for a column (补足 12 位), null where null.

    >>> pad_column(pl.Series(["330802", None])).to_list()
    ['330802000000', None]
    """
    return codes.str.pad_end(WIDTH, "0")


def name_column(codes: pl.Series) -> pl.Series:
    """`name` for a column (区划名称列), null where missing or not packaged.

    >>> name_column(pl.Series(["330802", "110000", None])).to_list()
    ['柯城区', None, None]
    """
    return _by_distinct(codes, {code: name(code) for code in codes.drop_nulls().unique().to_list()})


def _by_distinct(codes: pl.Series, words: dict[str, str | None]) -> pl.Series:
    # Divisions are few and rows are many, so each distinct code is asked once.
    return codes.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)
