"""Headings that are not quite known (近似表头): one letter off, or two that claim one column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl
from rapidfuzz.distance import Levenshtein

from jiadi.register.schema import TABLES
from jiadi.survey.read.match import JOIN, plain, words

EXACT, PART, CUT, GUESSED = 1.0, 0.9, 0.9, 0.8
"""Confidence: a heading as departments write it; the lower row of one; one that was cut short; one letter off."""
_HAN = re.compile(r"[\u4e00-\u9fff]{3,}")


def confidence(table: str, column: str, heading: str) -> float:
    """How sure it is that a heading means a column (置信度), 0 to 1.

    >>> confidence("right", "parcel_code", "权属/宗地代码"), confidence("parcel", "stated_area_m2", "宗地面枳")
    (0.9, 0.8)
    """
    meant = words(table)
    if column in (name for name, _ in meant.get(plain(heading), ())):
        return EXACT
    rows = heading.split(JOIN)
    lower = [plain(JOIN.join(rows[place:])) for place in range(1, len(rows))]
    if any(column in (name for name, _ in meant.get(text, ())) for text in lower):
        return PART
    return CUT if any(word.startswith(plain(heading)) for word in meant) else GUESSED


def near(table: str, headings: Sequence[str], columns: Mapping[str, int]) -> dict[str, int]:
    """Headings that are one letter off a word of a column that none was found for (错字表头).

    Args:
        table: name of the list.
        headings: as the file writes them.
        columns: schema column → heading that was found.

    Returns:
        Schema column → heading: only where one word alone is so near, and the heading has three
        Chinese letters or more.

    >>> near("parcel", ["宗地代码", "宗地面枳", "户号"], {"parcel_code": 0})
    {'stated_area_m2': 1}
    """
    meant = {word: {name for name, _ in names} for word, names in words(table).items()}
    known = {word for one in TABLES for word in words(one)}
    found: dict[str, set[int]] = {}
    for number, heading in enumerate(headings):
        text = plain(heading.rsplit(JOIN, 1)[-1])
        if number in columns.values() or text in known or not _HAN.fullmatch(text):
            continue
        close = {word for word in meant if len(word) >= 3 and Levenshtein.distance(text, word, score_cutoff=1) == 1}
        names = {name for word in close for name in meant[word]}
        if len(names) == 1:
            found.setdefault(names.pop(), set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1 and name not in columns}


def claims(table: str, headings: Sequence[str], columns: Mapping[str, int]) -> dict[str, list[int]]:
    """Columns that two headings claim with equal right (两列争一字段).

    Args:
        table: name of the list.
        headings: as the file writes them.
        columns: schema column → heading that was found.

    Returns:
        Schema column → the headings, the found one among them; none where one of them is the
        column's own name, which goes before what it is called elsewhere.

    >>> claims("parcel", ["宗地代码", "户主", "权利人名称", "宗地面积"], {"parcel_code": 0, "holder_name": 1, "stated_area_m2": 3})
    {'holder_name': [1, 2]}
    """
    meant, found = words(table), {}
    for column, number in columns.items():
        own = {plain(TABLES[table].column(column).zh), plain(column)}
        others = [
            place
            for place, heading in enumerate(headings)
            if place != number and place not in columns.values() and column in (name for name, _ in meant.get(plain(heading), ()))
        ]
        if others and plain(headings[number]) not in own:
            found[column] = sorted([number, *others])
    return found


def settled(frame: pl.DataFrame, numbers: Sequence[int]) -> int | None:
    """Which of several headings can be taken all the same (可定之列).

    Args:
        frame: the data rows, `t0`, `n0`, … as `RawSheet.frame` has them.
        numbers: of the headings.

    Returns:
        The only one that is filled; the first where all say the same in every row; else None.

    >>> settled(pl.DataFrame({"t0": ["张三"], "t1": ["张三"]}), [0, 1]), settled(pl.DataFrame({"t0": ["张三"], "t1": ["李四"]}), [0, 1])
    (0, None)
    """
    cells = {number: [frame[name] for kind in "tnd" if (name := f"{kind}{number}") in frame.columns] for number in numbers}
    filled = [number for number in numbers if any(series.null_count() < len(series) for series in cells[number])]
    if len(filled) <= 1:
        return filled[0] if filled else numbers[0]
    first = _texts(cells[filled[0]])
    alike = all(first.eq_missing(_texts(cells[number])).all() for number in filled[1:])
    return filled[0] if alike else None


def _texts(parts: Sequence[pl.Series]) -> pl.Series:
    return pl.select(pl.coalesce([part.cast(pl.String).str.strip_chars() for part in parts])).to_series()
