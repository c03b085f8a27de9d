"""Real-estate unit codes 不动产单元代码 (28 places): check, take apart, explain; one code or a column.

Parcel code 19 + a letter for what stands on the parcel + 8 digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.codes import columns, parcel
from jiadi.codes.columns import compact, compact_column
from jiadi.codes.parcel import Lang

WIDTH = 28
FIXTURES = {
    "F": ("房屋等建筑物、构筑物", "house or other structure"),
    "L": ("森林或林木", "forest or trees"),
    "Q": ("其他类型的定着物", "other fixture"),
    "W": ("无定着物", "nothing on it"),
}
"""Place 20: what stands on the parcel 定着物特征码, Chinese and English."""
NO_FIXTURE = "W00000000"
SEVERAL_BUILDINGS = "F99990001"
"""Several buildings of one holder on one parcel, one unit together (同一权利人多幢合为一个单元)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit code taken apart (不动产单元代码各段).

    Args:
        parcel_code: the parcel that it stands on, 19 places.
        fixture: `F`, `L`, `Q` or `W`.
        building: building number 幢号, 4 digits; "9999" is several buildings together.
        part: unit number 户号 in the building, 4 digits.
    """

    parcel_code: str
    fixture: str
    building: str
    part: str


def parse(code: str) -> Unit | None:
    """Take a unit code apart (不动产单元代码解析).

    Args:
        code: 28 characters as `compact` leaves them.

    Returns:
        The parts; None where `check` finds a fault.

    >>> parse("330802001002JC00012F00010001").building
    '0001'
    """
    if check(code) is not None:
        return None
    return Unit(code[:19], code[19], code[20:24], code[24:])


def parcel_of(code: str) -> str | None:
    """The parcel that a unit stands on (所在宗地), None where the code has a fault.

    >>> parcel_of("330802001002JC00012F00010001")
    '330802001002JC00012'
    """
    return code[:19] if check(code) is None else None


def check(code: str) -> str | None:
    """What is wrong with a real-estate unit code 不动产单元代码.

    Args:
        code: 28 characters as `compact` leaves them.

    Returns:
        None when well formed, else `unit_code_invalid`.

    >>> check("330802001002JC00012W00000000"), check("330802001002JC00012W00000001")
    (None, 'unit_code_invalid')
    """
    return "unit_code_invalid" if _faults(code) else None


def explain(code: str, lang: Lang = "zh") -> str:
    """Say part by part what a unit code means, or what is wrong with it (不动产单元代码说明).

    Args:
        code: what stood in the cell; spaces and full-width characters are overlooked.
        lang: "zh" or "en".

    Returns:
        One sentence or more in that language.

    >>> explain("330802001002JC00012F99990001", "zh").split("。")[1]
    'F99990001：同一权利人在一宗地内的多幢房屋，合为一个不动产单元'
    >>> explain("330802001002JC00012W00000001", "en")
    'Not a unit code: after W (nothing on it) eight zeros are needed.'
    """
    plain = compact(code)
    faults = _faults(plain)
    chinese = lang == "zh"
    if faults:
        told = [fault[0 if chinese else 1] for fault in faults]
        return f"不是不动产单元代码：{'；'.join(told)}。" if chinese else f"Not a unit code: {'; '.join(told)}."
    zh, en = _meaning(plain[19:])
    land = parcel.explain(plain[:19], lang)
    return f"宗地：{land[:-1]}。{plain[19:]}：{zh}。" if chinese else f"Parcel: {land} {plain[19:]}: {en}."


def _meaning(tail: str) -> tuple[str, str]:
    if tail == NO_FIXTURE:
        return "宗地上没有房屋等定着物", "no house or other fixture on the parcel"
    if tail == SEVERAL_BUILDINGS:
        return (
            "同一权利人在一宗地内的多幢房屋，合为一个不动产单元",
            "several buildings of one holder on one parcel, one unit together",
        )
    if tail[0] == "F":
        return f"第 {tail[1:5]} 幢房屋，第 {tail[5:]} 户", f"building {tail[1:5]}, unit {tail[5:]}"
    zh, en = FIXTURES[tail[0]]
    return f"{zh}，编号 {tail[1:]}", f"{en}, number {tail[1:]}"


def _faults(code: str) -> list[tuple[str, str]]:
    """Each fault in Chinese and English; empty for a well-formed code."""
    if len(code) != WIDTH:
        return [(f"有 {len(code)} 位，应为 28 位（宗地 19 位、字母 1 位、编号 8 位）", f"{len(code)} characters, 28 are needed")]
    faults = []
    if parcel.check(code[:19]) is not None:
        faults.append(("前 19 位" + parcel.explain(code[:19], "zh")[:-1], "places 1 to 19: " + parcel.explain(code[:19], "en")[:-1]))
    if code[19] not in FIXTURES:
        faults.append(("第 20 位应为 F、L、Q 或 W", "place 20 must be F, L, Q or W"))
    tail = code[20:]
    if not (tail.isascii() and tail.isdigit()):
        faults.append(("后 8 位应为数字", "the last 8 places must be digits"))
    elif code[19] == "W" and tail != "00000000":
        faults.append(("W（无定着物）后应为 8 个 0", "after W (nothing on it) eight zeros are needed"))
    elif code[19] != "W" and tail == "00000000":
        faults.append(("有定着物时编号不能全为 0", "the number of a fixture cannot be all zeros"))
    return faults


def normalise_column(codes: pl.Series) -> pl.Series:
    """A column of unit codes as they should have been written (不动产单元代码列归一).

    >>> normalise_column(pl.Series([" 330802001002jc00012W00000000"])).to_list()
    ['330802001002JC00012W00000000']
    """
    return compact_column(codes)


def check_column(codes: pl.Series) -> pl.Series:
    """`check` for a column (不动产单元代码列检查).

    Args:
        codes: text; null is missing and raises nothing.

    Returns:
        Problem codes, null where well formed or missing.

    >>> check_column(pl.Series(["330802001002JC00012F00010001", "F00010001", None])).to_list()
    [None, 'unit_code_invalid', None]
    """
    sized = columns.of_width(codes, WIDTH)
    block = columns.matrix(codes.filter(pl.Series(sized)), WIDTH)
    letter, tail = block[:, 19], block[:, 20:]
    fixture = np.isin(letter, np.frombuffer("".join(FIXTURES).encode(), dtype=np.uint8))
    zeros = (tail == columns.ZERO).all(axis=1)
    sound = parcel.well_formed(block[:, :19]) & fixture & columns.only_digits(tail) & (zeros == (letter == ord("W")))
    wrong = ~sized
    wrong[sized] = ~sound
    return columns.label(len(codes), [(wrong, "unit_code_invalid")], codes.is_null())


def parcel_of_column(codes: pl.Series) -> pl.Series:
    """`parcel_of` for a column (所在宗地列), null where the code is missing or has a fault.

    >>> parcel_of_column(pl.Series(["330802001002JC00012F00010001", "x", None])).to_list()
    ['330802001002JC00012', None, None]
    """
    return codes.set(check_column(codes).is_not_null(), None).str.slice(0, 19)
