"""What a rule expression may say, what it may not, and what it makes of unknowns."""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiadi.policy.grammar import UNBOUNDED, Array, Name, Span, Truth, Unreadable, amount, compare, condition

NAMES = {
    name.name: name
    for name in (
        Name("area_m2", "number", 100),
        Name("limit_m2", "number", 100, parameter=True),
        Name("storeys", "number", 1),
        Name("built", "date"),
        Name("designated_on", "date"),
        Name("grade", "word", words=("A", "B", "C")),
        Name("main", "truth"),
    )
}


@dataclass
class Held:
    """Values of some rows; None is not known."""

    values: dict[str, list[int | None]]

    def span(self, name: str) -> Span:
        listed = self.values[name]
        low = np.array([-UNBOUNDED if value is None else value for value in listed])
        return Span(low, np.array([UNBOUNDED if value is None else value for value in listed])) if None in listed else Span(low, low)

    def codes(self, name: str) -> Array:
        return np.array([value or 0 for value in self.values[name]])

    def truth(self, name: str) -> Truth:
        listed = self.values[name]
        return Truth(np.array([value == 1 for value in listed]), np.array([value != 0 for value in listed]))


def answers(text: str, **values: list[int | None]) -> list[bool | None]:
    """Yes, no, or None where it is not known."""
    size = len(next(iter(values.values())))
    truth = condition(text, NAMES).evaluate(Held(values))
    both = zip(np.broadcast_to(truth.certain, size).tolist(), np.broadcast_to(truth.possible, size).tolist(), strict=True)
    return [certain if certain == possible else None for certain, possible in both]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("area_m2 > 125", {"area_m2": [12_500, 12_501, None]}, [False, True, None]),
        ("area_m2 > 1.25", {"area_m2": [125, 126]}, [False, True]),
        ("area_m2 >= limit_m2 + 1", {"area_m2": [200, 200], "limit_m2": [100, 101]}, [True, False]),
        ("area_m2 - limit_m2 > 1", {"area_m2": [200, 201], "limit_m2": [100, 100]}, [False, True]),
        ("1 < area_m2 <= 2", {"area_m2": [100, 101, 200, 201]}, [False, True, True, False]),
        ("area_m2 > max(limit_m2, 2)", {"area_m2": [200, 201, 201], "limit_m2": [100, 100, None]}, [False, True, None]),
        ("area_m2 > min(limit_m2, 2)", {"area_m2": [300], "limit_m2": [None]}, [True]),
        ("area_m2 == 1 or area_m2 != 2", {"area_m2": [100, 200, 300, None]}, [True, False, True, None]),
        ("grade in ('B', 'C')", {"grade": [1, 2, 3, None]}, [False, True, True, None]),
        ("grade not in ('B', 'C')", {"grade": [1, 2, None]}, [True, False, None]),
        ("grade == 'A' and main", {"grade": [1, 1, 2, None], "main": [1, 0, None, 0]}, [True, False, False, False]),
        ("not main or grade == 'A'", {"grade": [1, 2, 2], "main": [None, None, 0]}, [True, None, True]),
        ("built < '1982-02-13'", {"built": [4425, 4426, None]}, [True, False, None]),
        ("built < designated_on", {"built": [5, 5, 5], "designated_on": [6, 5, None]}, [True, False, None]),
    ],
)
def test_answers(text: str, values: dict[str, list[int | None]], expected: list[bool | None]) -> None:
    assert answers(text, **values) == expected


REFUSED = [
    "",
    "area_m2 >",
    "area_m2",
    "125 > 100",
    "unknown_name > 1",
    "open('x')",
    "__import__('os')",
    "area_m2.real > 1",
    "area_m2[0] > 1",
    "[x for x in area_m2]",
    "any(x > 1 for x in area_m2)",
    "(lambda: main)()",
    "max(area_m2) > 1",
    "max(area_m2, key=1) > 1",
    "sum(area_m2, limit_m2) > 1",
    "area_m2 * area_m2 > 1",
    "area_m2 ** 9 > 1",
    "area_m2 / 2 > 1",
    "area_m2 > 1.255",
    "area_m2 > storeys",
    "area_m2 > '2020-01-01'",
    "built > 5",
    "built < '2020-13-01'",
    "grade == 'E'",
    "grade > 'A'",
    "grade in 'AB'",
    "'A' == grade",
    "main == 1",
    "main is True",
    "area_m2 if main else limit_m2",
    "f'{area_m2}' == 'x'",
    "area_m2 > 1; import os",
    "main := 1",
    "await main",
    "not " * 40 + "main",
    "main and " * 200 + "main",
    "area_m2 > 99999999999999999999",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        condition(text, NAMES)
    assert refusal.value.why
    assert refusal.value.what_to_do


def test_a_figure_names_something() -> None:
    assert amount("max(area_m2, limit_m2)", NAMES).scale == 100
    for text in ("125", "main", "grade", "built"):
        with pytest.raises(Unreadable):
            amount(text, NAMES)


def test_days_are_told_where_the_answer_may_change() -> None:
    assert [day.isoformat() for day in condition("built < '1982-02-13' or designated_on < '2000-01-01'", NAMES).days] == ["1982-02-13"]


NUMBER = st.one_of(st.none(), st.integers(-3, 3))


@given(NUMBER, NUMBER, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
def test_a_comparison_is_certain_only_if_it_holds_for_every_value(left: int | None, right: int | None, sign: str) -> None:
    one, other = (Held({"x": [value]}).span("x") for value in (left, right))
    signs = {"<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq}
    truth = compare(signs[sign], one, other)
    values = [range(-9, 10) if value is None else [value] for value in (left, right)]
    plain = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
    every = {plain[sign](a, b) for a in values[0] for b in values[1]}
    assert (bool(truth.certain[0]), bool(truth.possible[0])) == (every == {True}, True in every)
