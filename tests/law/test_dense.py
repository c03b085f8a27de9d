"""The compiled arrays say what the plain lookup says, for every figure, place and day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiadi.law import LawSet, Parameter, load, shipped
from jiadi.law.dense import compile_array, ends
from jiadi.law.marked import Marked
from jiadi.law.parameter import Given

PLACES = ("330802001002", "3308", "330102000000", "33", "110101", "339900001", "440101", "25354", "999999", "00")


@st.composite
def questions(draw: st.DrawFn) -> tuple[LawSet, str, tuple[str, ...], str, date]:
    law = load(draw(st.sampled_from(shipped())))
    parameter = law.parameters[draw(st.sampled_from(sorted(law.parameters)))]
    words = tuple(draw(st.sampled_from(known)) for known in parameter.index.values())
    edge = draw(st.sampled_from(law.breakpoints)) + timedelta(days=draw(st.integers(-1, 1)))
    day = draw(st.one_of(st.just(edge), st.dates(date(1900, 1, 1), date(2030, 1, 1))))
    return law, parameter.name, words, draw(st.sampled_from(PLACES)), day


@given(questions())
def test_dense_is_scalar(question: tuple[LawSet, str, tuple[str, ...], str, date]) -> None:
    law, parameter, words, place, day = question
    array = law.array(parameter)
    index = [array.codes(dimension, pl.Series([word])) for dimension, word in zip(array.parameter.index, words, strict=True)]
    found = array.at(law.division_index(pl.Series([place])), law.pieces(np.array([day], "datetime64[D]")), *index)
    value = law.lookup(parameter, words, place, day)
    assert bool(found.missing[0]) == (value is None)
    if value is not None:
        source = int(found.source[0])
        dense = (
            int(found.values[0]),
            law.divisions[int(array.source_division[source])],
            array.source_from[source].astype(date),
            law.citation_ids[int(array.source_citation[source])],
            bool(array.source_verify[source]),
        )
        assert dense == (value.value, value.division, value.in_force_from, value.citation, value.verify)


DIVISIONS = ("00", "33", "3308", "330802")
HEAD = Parameter("figure_m", {"zh": "数", "en": "figure"}, "number", "m", 1, {"side": ("left", "right")}, (), "built")
DAYS = st.dates(date(2000, 1, 1), date(2000, 1, 20))


@st.composite
def timelines(draw: st.DrawFn) -> list[Given]:
    """Values of one figure with ends, nulls and parts left out, as no shipped figure has them."""
    keys = st.tuples(st.sampled_from(DIVISIONS), st.integers(0, 1), DAYS)
    found = []
    for division, cell, starts in sorted(draw(st.sets(keys, max_size=12))):
        lasts = draw(st.none() | st.integers(1, 9))
        until = None if lasts is None else starts + timedelta(days=lasts)
        value = draw(st.none() | st.integers(1, 99))
        found.append(Given(HEAD.name, division, (cell,), starts, until, value, "" if value is None else "a", False, "", Marked("", {}), ()))
    return found


def _oracle(values: list[Given], division: str, cell: int, day: date) -> int | None:
    """The nearest division's youngest value that has begun, where it has not ended."""
    for outer in (division[:6], division[:4], division[:2], "00"):
        begun = [value for value in values if (value.division, value.cell) == (outer, (cell,)) and value.starts <= day]
        if begun:
            youngest = max(begun, key=lambda value: value.starts)
            if youngest.value is not None and (youngest.until is None or day < youngest.until):
                return youngest.value
    return None


@given(timelines(), DAYS, st.integers(0, 1))
def test_compiled_timelines(values: list[Given], day: date, cell: int) -> None:
    edges = sorted({value.starts for value in values} | {end for end in ends(values) if end})
    array = compile_array(HEAD, values, DIVISIONS, edges, ["a"])
    found = array.at(np.arange(4), np.full(4, sum(edge <= day for edge in edges)), np.full(4, cell))
    expected = [_oracle(values, division, cell, day) for division in DIVISIONS]
    assert [None if missing else int(value) for value, missing in zip(found.values, found.missing, strict=True)] == expected


def test_a_column_of_blanks_is_unknown() -> None:
    law = load("quzhou")
    blank = pl.Series([None, None])
    assert law.division_index(blank).tolist() == [-1, -1]
    assert law.array("homestead_standard_m2").codes("land_class", blank).tolist() == [-1, -1]


def test_nobody_can_change_a_shared_set() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load("quzhou").array("storeys_max").values[:] = 9


def test_nothing_changes_between_breakpoints() -> None:
    """Splitting a building interval at every breakpoint is enough to try every possibility."""
    law = load("quzhou")
    edges = [date(1900, 1, 1), *law.breakpoints, date(2030, 1, 1)]
    for name, parameter in law.parameters.items():
        words = tuple(known[0] for known in parameter.index.values())
        for first, following in pairwise(edges):
            last = following - timedelta(days=1)
            assert law.lookup(name, words, "330802", first) == law.lookup(name, words, "330802", last)


def test_unknown_is_missing() -> None:
    law = load("quzhou")
    array = law.array("homestead_standard_m2")
    place = law.division_index(pl.Series(["330802", "330802", None, "330802"], dtype=pl.String))
    piece = law.pieces(np.array(["2022-01-01"] * 4, "datetime64[D]"))
    found = array.at(place, piece, array.codes("land_class", pl.Series(["other", None, "other", "sea"])))
    assert found.missing.tolist() == [False, True, True, True]
    assert found.values.tolist() == [14000, 0, 0, 0]
    assert found.source[1:].tolist() == [-1, -1, -1]


def test_lookups_broadcast() -> None:
    """A table of houses × candidates needs no loop."""
    law = load("quzhou")
    array = law.array("homestead_standard_m2")
    place = law.division_index(pl.Series(["330802", "330802"]))[:, None]
    piece = law.pieces(np.array(["2022-01-01", "1970-01-01"], "datetime64[D]"))[:, None]
    found = array.at(place, piece, np.arange(3)[None, :])
    assert found.values.tolist() == [[12500, 14000, 16000], [0, 0, 0]]


def test_wrong_number_of_dimensions_is_a_bug() -> None:
    law = load("quzhou")
    with pytest.raises(ValueError, match="indexed by"):
        law.array("homestead_standard_m2").at(np.array([0]), np.array([0]))
    with pytest.raises(KeyError):
        law.lookup("homestead_standard_m2", ("other", "other"), "330802", date(2022, 1, 1))
