"""Persons whose ID a slip has broken are known again by name; nobody else is."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from jiadi.register.tables import Delivery
from jiadi.survey.link import keys, people, slips

ON = date(2025, 6, 30)
GOOD = "330802197603151233"
VILLAGE = "330802005001"
NUMBERS = st.from_regex(r"\A[1-9][0-9]{16}[0-9X]\Z")


def register(persons: list[dict[str, Any]], hints: list[str | None] | None = None) -> people.Register:
    rows = [
        {"id": f"p{n}", "household_code": f"h{n}", "relation": "head", "source_id": 1, "source_row": n, **row}
        for n, row in enumerate(persons)
    ]
    listed = keys.listed(Delivery({"person": pl.DataFrame(rows)}), "person")
    known = [(1, n, hint) for n, hint in enumerate(hints or []) if hint]
    return people.register(listed, ON, pl.DataFrame(known, schema=slips.HINTS, orient="row"))


def asked(name: str, number: str | None = None, hint: str | None = None, village: str | None = None) -> pl.DataFrame:
    row = {"id": ["r"], "name": [name], "village": [village], "number": [number], "hint": [hint]}
    return pl.DataFrame(row, schema=dict.fromkeys(row, pl.String()))


def links(left: pl.DataFrame, known: people.Register) -> list[tuple[Any, ...]]:
    return people.to_household(left, known).select("right_id", "state", "reason").sort("right_id").rows()


def test_a_slip_with_the_same_name_is_a_link_in_whatever_village() -> None:
    known = register([{"name": "张三", "id_number": GOOD, "village_code": VILLAGE}, {"name": "张三", "id_number": "110101199003070118"}])
    for broken in ("330802197603151231", "330802197630151233", "330802197603151000", "330802197603152133"):
        assert links(asked("张三", hint=broken), known) == [("h0", "linked", "id_slip")]
    assert links(asked("李四", hint="330802197603151231"), known) == []
    assert links(asked("张三", hint="330802197903159999"), known) == []


def test_the_register_may_be_the_one_that_is_broken() -> None:
    known = register([{"name": "张三"}, {"name": "张三"}], ["330802197603151231", "110101199003070119"])
    assert links(asked("张三", number=GOOD), known) == [("h0", "linked", "id_slip")]
    assert links(asked("张三", hint="330802197603151231"), known) == []


def test_several_who_fit_are_a_doubt() -> None:
    known = register([{"name": "张三", "id_number": GOOD}, {"name": "张三", "id_number": "330802197603151217"}])
    found = links(asked("张三", hint="330802197603151000"), known)
    assert found == [("h0", "doubtful", "id_slip_of_several"), ("h1", "doubtful", "id_slip_of_several")]


def test_a_slip_is_told_before_a_namesake_of_the_village() -> None:
    known = register([{"name": "张三", "village_code": VILLAGE}, {"name": "张三", "id_number": GOOD}])
    assert links(asked("张三", hint="330802197603151231", village=VILLAGE), known) == [("h1", "linked", "id_slip")]


def test_a_person_who_is_known_by_id_is_not_taken_by_a_slip() -> None:
    known = register([{"name": "张三", "id_number": GOOD}])
    left = pl.concat([asked("张三", number=GOOD), asked("张三", hint="330802197603151231").with_columns(pl.lit("s").alias("id"))])
    assert people.to_person(left, known).select("left_id", "state", "reason").rows() == [("r", "linked", "id")]


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_place_is_near(number: str, place: int, digit: str) -> None:
    other = number[:place] + digit + number[place + 1 :]
    assert slips.near(pl.Series([number]), pl.Series([other])).tolist() == [True]


@given(NUMBERS, st.integers(0, 16))
def test_neighbours_exchanged_are_near(number: str, place: int) -> None:
    other = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert slips.near(pl.Series([number]), pl.Series([other])).tolist() == [True]


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_nearness_is_mutual_and_agrees_with_a_plain_count(pairs: list[tuple[str, str]]) -> None:
    one, other = (pl.Series(side) for side in zip(*pairs, strict=True))
    found = slips.near(one, other)
    assert np.array_equal(found, slips.near(other, one))
    for near, (left, right) in zip(found, pairs, strict=True):
        differing = [place for place in range(18) if left[place] != right[place]]
        lost = left[:15] == right[:15] and "000" in (left[15:], right[15:])
        swapped = (
            len(differing) == 2
            and differing[1] == differing[0] + 1
            and left[differing[0]] == right[differing[1]]
            and left[differing[1]] == right[differing[0]]
        )
        assert near == (len(differing) <= 1 or lost or swapped)
