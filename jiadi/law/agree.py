"""Whether the values of a set agree with each other: periods, ceilings and floors (相容性检查)."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import TYPE_CHECKING

from jiadi.law.citation import Citation
from jiadi.law.dense import DenseArray, ends
from jiadi.law.marked import Marked
from jiadi.law.parameter import Given, Parameter
from jiadi.law.refuse import Faults, LawRefusal, gathered

if TYPE_CHECKING:
    from jiadi.law.lawset import LawSet


def check_overlaps(parameter: Parameter, given: list[Given]) -> None:
    """Refuse two values of one division and cell on one day (时段不重叠).

    Args:
        parameter: what the figure is.
        given: its values from all layers.

    Raises:
        Refusal: file and line of the earlier value, and the days.
    """
    for value, end in zip(given, ends(given), strict=True):
        if end is not None and (end <= value.starts or (value.until is not None and end < value.until)):
            raise value.marked.refusal("overlap", *value.place, parameter=parameter.name, division=value.division, starts=end)


def check_promises(parameter: Parameter, own: list[Given], promised: dict[str, date], file: Marked) -> None:
    """Refuse a gap where a file promises values without one (时段不断档).

    Args:
        parameter: what the figure is.
        own: values of the file.
        promised: division → day from which each cell has a value without end.
        file: where they stand.

    Raises:
        Refusal: a day without a value.
    """
    cells = list(product(*(range(length) for length in parameter.shape)))
    for division, since in promised.items():
        for cell in cells:
            gap = _first_gap([value for value in own if (value.division, value.cell) == (division, cell)], since)
            if gap is not None:
                words = " × ".join(known[number] for known, number in zip(parameter.index.values(), cell, strict=True)) or parameter.name
                filled = {"parameter": parameter.name, "division": division, "since": since, "cell": words, "gap": gap}
                raise file.refusal("gap", "continuous_from", division, **filled)


def _first_gap(values: list[Given], since: date) -> date | None:
    day = since
    for value, end in sorted(zip(values, ends(values), strict=True), key=lambda pair: pair[0].starts):
        if value.value is not None and value.starts <= day and (end is None or end > day):
            if end is None:
                return None
            day = end
    return day


def check_ends(parameter: Parameter, given: list[Given], citations: dict[str, Citation]) -> None:
    """Refuse a value that outlives the article it cites (条文失效后不得再引).

    Args:
        parameter: what the figure is.
        given: its values from all layers.
        citations: of the set.

    Raises:
        Refusal: file and line of the value, and the day from which the article is no longer in force.
    """
    for value, end in zip(given, ends(given), strict=True):
        until = citations[value.citation].in_force_until if value.citation else None
        if until is not None and (end is None or end > until):
            filled = {"parameter": parameter.name, "division": value.division, "citation": value.citation, "until": until}
            raise value.marked.refusal("expired", *value.place, **filled)


def check_bounds(law: LawSet, faults: Faults | None = None) -> None:
    """Refuse a nearer value above the ceiling or below the floor of a farther one (不得突破上限).

    Args:
        law: the compiled set.
        faults: where to put what is wrong; None raises the first.

    Raises:
        Refusal: file and line of the value that goes too far.
    """
    for array in law.arrays.values():
        spans = _spans(law, array)
        for number, value in enumerate(array.given):
            if value.bound:
                with gathered(faults):
                    _check_bound(array, spans, number)
        if array.parameter.bounded_by:
            with gathered(faults):
                _check_bounded(law, array, spans)


def _check_bound(array: DenseArray, spans: list[range], number: int) -> None:
    bound = array.given[number]
    for inner, span in zip(array.given, spans, strict=True):
        if inner.value is None or bound.value is None or inner.cell != bound.cell or not _inside(inner.division, bound.division):
            continue
        too_far = inner.value > bound.value if bound.bound == "ceiling" else inner.value < bound.value
        together = max(span.start, spans[number].start) < min(span.stop, spans[number].stop)
        if together and too_far:
            raise _too_far(array.parameter, inner, bound.value, bound.division, bound.bound)


def _check_bounded(law: LawSet, array: DenseArray, spans: list[range]) -> None:
    outer = law.arrays.get(array.parameter.bounded_by)
    if outer is None or outer.parameter.scale != array.parameter.scale or not set(outer.parameter.index) <= set(array.parameter.index):
        raise LawRefusal("bounded_by", parameter=array.parameter.name, outer=array.parameter.bounded_by)
    dimensions = list(array.parameter.index)
    for value, span in zip(array.given, spans, strict=True):
        cell = tuple(value.cell[dimensions.index(dimension)] for dimension in outer.parameter.index)
        row = law.divisions.index(value.division)
        for piece in span:
            at = (row, piece, *cell)
            if value.value is not None and not outer.missing[at] and value.value > outer.values[at]:
                division = law.divisions[int(outer.source_division[outer.source[at]])]
                raise _too_far(array.parameter, value, int(outer.values[at]), division, "ceiling")


def _too_far(parameter: Parameter, value: Given, bound: int, division: str, kind: str) -> LawRefusal:
    limit, own = (f"{number / parameter.scale:g} {parameter.unit}" for number in (bound, value.value or 0))
    filled = {"parameter": parameter.name, "division": value.division, "value": own, "limit": limit, "outer": division}
    return value.marked.refusal(kind, *value.place, **filled)


def _inside(division: str, around: str) -> bool:
    return division != around and (around == "00" or division.startswith(around))


def _spans(law: LawSet, array: DenseArray) -> list[range]:
    """Date pieces in which each value stands."""
    last = len(law.breakpoints) + 1
    return [
        range(law.piece(value.starts), last if end is None else law.piece(end))
        for value, end in zip(array.given, ends(array.given), strict=True)
    ]
