"""Parcel codes 宗地代码 (19 places): check, take apart, explain; one code or a column of them.

County 6 + cadastral area 3 + sub-area 3 + feature code 2 letters + serial 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.codes import columns, division
from jiadi.codes.columns import compact, compact_column

Lang = Literal["zh", "en"]
WIDTH = 19
_CODE = re.compile(r"[0-9]{12}[A-Z]{2}[0-9]{5}", re.ASCII)

OWNERS = {
    "G": ("国家土地所有权", "state-owned land"),
    "J": ("集体土地所有权", "collectively owned land"),
    "Z": ("土地所有权未确定或有争议", "ownership of the land undetermined or disputed"),
}
"""First letter of the feature code 宗地特征码: who owns the land, Chinese and English."""

KINDS = {
    "A": ("土地所有权宗地", "ownership of land"),
    "B": ("建设用地使用权宗地（地表）", "construction land, surface"),
    "S": ("建设用地使用权宗地（地上）", "construction land, above the surface"),
    "X": ("建设用地使用权宗地（地下）", "construction land, below the surface"),
    "C": ("宅基地使用权宗地", "homestead"),
    "D": ("土地承包经营权宗地（耕地）", "contracted farmland"),
    "E": ("土地承包经营权宗地（林地）", "contracted forest land"),
    "F": ("土地承包经营权宗地（草地）", "contracted grassland"),
    "H": ("海域使用权宗海", "sea area"),
    "W": ("使用权未确定或有争议的宗地", "right of use undetermined or disputed"),
    "Y": ("其他使用权宗地", "other right of use"),
}
"""Second letter of the feature code 宗地特征码: what right the parcel is held by, Chinese and English."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel code taken apart (宗地代码各段).

    Args:
        county: division code of the county, 6 digits.
        area: cadastral area 地籍区, 3 digits.
        sub_area: cadastral sub-area 地籍子区, 3 digits.
        feature: feature code 宗地特征码, 2 letters; `JC` is a homestead on collective land.
        serial: serial number within the sub-area 宗地顺序号, 5 digits.
    """

    county: str
    area: str
    sub_area: str
    feature: str
    serial: str

    @property
    def is_homestead(self) -> bool:
        """Whether the parcel is held as a homestead (宅基地).

        >>> Parcel("330802", "001", "002", "JC", "00012").is_homestead
        True
        """
        return self.feature[1] == "C"


def parse(code: str) -> Parcel | None:
    """Take a parcel code apart (宗地代码解析).

    Args:
        code: 19 characters as `compact` leaves them.

    Returns:
        The parts; None where `check` finds a fault.

    >>> parse("330802001002JC00012").feature
    'JC'
    """
    if check(code) is not None:
        return None
    return Parcel(code[:6], code[6:9], code[9:12], code[12:14], code[14:])


def check(code: str) -> str | None:
    """What is wrong with a parcel code 宗地代码.

    Args:
        code: 19 characters as `compact` leaves them.

    Returns:
        None when well formed, else `parcel_code_invalid`. Whether the parcel exists is not asked.

    >>> check("330802001002JC00012"), check("330802001002JC0012")
    (None, 'parcel_code_invalid')
    """
    return "parcel_code_invalid" if _faults(code) else None


def explain(code: str, lang: Lang = "zh") -> str:
    """Say part by part what a parcel code means, or what is wrong with it (宗地代码说明).

    Args:
        code: what stood in the cell; spaces and full-width characters are overlooked.
        lang: "zh" or "en".

    Returns:
        One sentence or more in that language.

    >>> explain("330802001002JC00012", "en")
    'County 柯城区 330802; cadastral area 001; sub-area 002; feature JC: collectively owned land, homestead; serial 00012.'
    >>> explain("33080200100JC00012", "en")
    'Not a parcel code: 18 characters, 19 are needed (county 6, area 3, sub-area 3, feature 2 letters, serial 5).'
    """
    plain = compact(code)
    faults = _faults(plain)
    chinese = lang == "zh"
    if faults:
        told = [fault[0 if chinese else 1] for fault in faults]
        return f"不是宗地代码：{'；'.join(told)}。" if chinese else f"Not a parcel code: {'; '.join(told)}."
    county = (division.name(plain[:6]) or "") + (" " if division.name(plain[:6]) else "") + plain[:6]
    owner, kind = OWNERS[plain[12]], KINDS[plain[13]]
    if chinese:
        feature = f"{plain[12:14]}（{owner[0]}，{kind[0]}）"
        return f"县级 {county}；地籍区 {plain[6:9]}；地籍子区 {plain[9:12]}；宗地特征码 {feature}；宗地顺序号 {plain[14:]}。"
    feature = f"{plain[12:14]}: {owner[1]}, {kind[1]}"
    return f"County {county}; cadastral area {plain[6:9]}; sub-area {plain[9:12]}; feature {feature}; serial {plain[14:]}."


def _faults(code: str) -> list[tuple[str, str]]:
    """Each fault in Chinese and English; empty for a well-formed code."""
    if len(code) != WIDTH:
        return [
            (
                f"有 {len(code)} 位，应为 19 位（县级 6 位、地籍区 3 位、地籍子区 3 位、特征码 2 位字母、顺序号 5 位）",
                f"{len(code)} characters, 19 are needed (county 6, area 3, sub-area 3, feature 2 letters, serial 5)",
            )
        ]
    faults = []
    if not _digits(code[:12]):
        faults.append(("前 12 位应为数字", "the first 12 places must be digits"))
    elif code[:2] not in division.PROVINCES:
        faults.append((f"没有以 {code[:2]} 开头的省级行政区划", f"no province begins with {code[:2]}"))
    if code[12] not in OWNERS:
        faults.append(("第 13 位应为 G、J 或 Z", "place 13 must be G, J or Z"))
    if code[13] not in KINDS:
        faults.append((f"第 14 位应为 {'、'.join(KINDS)} 之一", f"place 14 must be one of {', '.join(KINDS)}"))
    if not _digits(code[14:]):
        faults.append(("后 5 位应为数字", "the last 5 places must be digits"))
    return faults


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def normalise_column(codes: pl.Series) -> pl.Series:
    """A column of parcel codes as they should have been written (宗地代码列归一).

    >>> normalise_column(pl.Series(["330802001002jc00012 "])).to_list()
    ['330802001002JC00012']
    """
    return compact_column(codes)


def check_column(codes: pl.Series) -> pl.Series:
    """`check` for a column (宗地代码列检查).

    Args:
        codes: text; null is missing and raises nothing.

    Returns:
        Problem codes, null where well formed or missing.

    >>> check_column(pl.Series(["330802001002JC00012", "330802", None])).to_list()
    [None, 'parcel_code_invalid', None]
    """
    sized = columns.of_width(codes, WIDTH)
    wrong = ~sized
    wrong[sized] = ~well_formed(columns.matrix(codes.filter(pl.Series(sized)), WIDTH))
    return columns.label(len(codes), [(wrong, "parcel_code_invalid")], codes.is_null())


def well_formed(block: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which rows of a matrix of 19 bytes are parcel codes (宗地代码字节检查).

    >>> well_formed(columns.matrix(pl.Series(["330802001002JC00012"]), 19)).tolist()
    [True]
    """
    provinces = np.array([int(code) for code in division.PROVINCES], dtype=np.int32)
    digits = columns.only_digits(block[:, :12]) & columns.only_digits(block[:, 14:])
    province = np.isin(columns.number(block[:, :2]), provinces)
    owner = np.isin(block[:, 12], np.frombuffer("".join(OWNERS).encode(), dtype=np.uint8))
    kind = np.isin(block[:, 13], np.frombuffer("".join(KINDS).encode(), dtype=np.uint8))
    answer: NDArray[np.bool_] = digits & province & owner & kind
    return answer
