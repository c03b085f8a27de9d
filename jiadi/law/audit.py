"""What is to be mended or looked at again in the figures of a set (规则集体检)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from jiadi.law.dense import ends
from jiadi.law.lawset import LawSet
from jiadi.law.parameter import Given
from jiadi.law.refuse import LawRefusal


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to mend or to look at (一条意见).

    Args:
        level: `error`: the set is refused as it is; `warning`: it loads, and somebody should look.
        code: word of the kind, such as `law_gap`.
        file: as it is told to the reader; "" where the set as a whole is meant.
        line: from 1; 0 where none is meant.
        said: what is wrong and what to do, zh and en, with file and line.
    """

    level: str
    code: str
    file: str
    line: int
    said: dict[str, str]


def remark(refusal: LawRefusal, level: str = "error") -> Remark:
    """A refusal as a remark (拒绝转为意见).

    >>> remark(LawRefusal("too_large", "a.yaml")).level
    'error'
    """
    return Remark(level, refusal.code, refusal.file, refusal.line, refusal.said)


def figures(law: LawSet, on: date) -> Iterator[Remark]:
    """What a set's figures should be looked at for, though it loads (限值待复核).

    Args:
        law: the set.
        on: the day; a file that nobody checked within a year before it is told.

    Yields:
        Warnings: files not checked for a year, values that end before the next begins.

    >>> from jiadi.law import load
    >>> list(figures(load("quzhou"), date(2026, 12, 1)))
    []
    """
    files = {value.marked.name: value.marked for array in law.arrays.values() for value in array.given}
    for marked in files.values():
        checked = marked.data["last_checked"]
        if checked < _year_before(on):
            refusal = marked.refusal("stale", "last_checked", parameter=marked.data["parameter"], checked=checked, on=on)
            yield remark(refusal, "warning")
    for array in law.arrays.values():
        yield from _holes(array.given)


def _holes(given: tuple[Given, ...]) -> Iterator[Remark]:
    """Days between two values of one division and cell on which neither holds."""
    dated = sorted(zip(given, ends(given), strict=True), key=lambda pair: (pair[0].division, pair[0].cell, pair[0].starts))
    told: set[tuple[str, date]] = set()
    for (value, end), (after, _) in pairwise(dated):
        same = (value.division, value.cell) == (after.division, after.cell)
        if same and end is not None and end < after.starts and (value.division, end) not in told:
            told.add((value.division, end))
            filled = {"parameter": value.parameter, "division": value.division, "ends": end, "starts": after.starts}
            yield remark(value.marked.refusal("hole", *value.place, **filled), "warning")


def _year_before(on: date) -> date:
    return date(on.year - 1, on.month, min(on.day, 28) if (on.month, on.day) == (2, 29) else on.day)
