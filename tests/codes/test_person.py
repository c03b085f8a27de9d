"""Resident IDs: the check digit finds what ISO 7064 MOD 11-2 says it finds, and columns agree with single numbers."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.cn import ric

from jiadi.codes import person

DAYS = st.integers(0, 365 * 200).map(lambda count: date(1890, 1, 1) + timedelta(days=count))


def _number(region: int, day: date, serial: int) -> str:
    body = f"{region:06d}{day:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


NUMBERS = st.builds(_number, st.integers(110000, 659999), DAYS, st.integers(0, 999))
OLD = st.builds(
    lambda region, day, serial: f"{region:06d}{day:%y%m%d}{serial:03d}",
    st.integers(110000, 659999),
    st.integers(0, 36523).map(lambda count: date(1900, 1, 1) + timedelta(days=count)),
    st.integers(0, 999),
)
NEARLY = st.one_of(
    NUMBERS,
    OLD,
    st.text("0123456789Xx", min_size=14, max_size=19),
    st.builds(lambda number, place, letter: number[:place] + letter + number[place + 1 :], NUMBERS, st.integers(0, 17), st.characters()),
    st.text(max_size=20),
)


@given(NUMBERS)
def test_an_invented_number_with_the_right_digit_is_valid(number: str) -> None:
    assert person.check(number) is None
    assert person.check(number.lower()) is None


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_slip_of_one_character_is_found(number: str, place: int, letter: str) -> None:
    slipped = number[:place] + letter + number[place + 1 :]
    assert (person.check(slipped) is None) == (slipped == number)


@given(NUMBERS, st.integers(0, 16))
def test_any_swap_of_neighbours_is_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (person.check(swapped) is None) == (swapped == number)


@given(st.lists(st.none() | NEARLY, max_size=30))
@example(["330802197602300011", "３３０８０２１９７６０３１５１２３３", "330802190002291234", ""])
def test_the_column_says_what_each_number_says(texts: list[str | None]) -> None:
    column = pl.Series("number", texts, dtype=pl.String)
    assert person.check_column(column).to_list() == [None if text is None else person.check(text) for text in texts]
    assert person.to_18_column(column).to_list() == [None if text is None else person.to_18(text) for text in texts]
    assert person.normalise_column(column).to_list() == [None if text is None else person.compact(text) for text in texts]
    assert person.mask_column(column).to_list() == [None if text is None else person.mask(text) for text in texts]
    assert person.birth_date_column(column).to_list() == [None if text is None else person.birth_date(text) for text in texts]
    assert person.sex_column(column).to_list() == [None if text is None else person.sex(text) for text in texts]
    assert column.to_list() == texts


@given(OLD)
def test_an_old_number_becomes_a_valid_one_of_the_same_day_and_sex(old: str) -> None:
    assert person.check(old) == "id_15_digits"
    new = person.to_18(old)
    assert person.check(new) is None
    assert new[:6] + new[8:17] == old
    assert (person.birth_date(new), person.sex(new)) == (person.birth_date(old), person.sex(old))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("330802197603151233", None),
        ("330802197603151234", "id_check_digit"),
        ("33080219760315123３", "id_invalid"),
        ("330802 197603151233", "id_invalid"),
        ("3308021976031512", "id_invalid"),
        ("33080219760315123Y", "id_invalid"),
        ("330802760230123", "id_invalid"),
        ("330802760229123", "id_15_digits"),
        ("", "id_invalid"),
    ],
)
def test_what_is_wrong_is_named(number: str, code: str | None) -> None:
    assert person.check(number) == code


@pytest.mark.parametrize("day", ["19770229", "17991231", "21000101", "19771301", "19770001", "19770100", "19770132", "19000229"])
def test_a_day_that_is_none_is_invalid_even_with_the_right_digit(day: str) -> None:
    body = f"330802{day}001"
    number = body + ric.calc_check_digit(body + "0")
    assert person.check(number) == "id_invalid"
    assert person.check_column(pl.Series([number])).to_list() == ["id_invalid"]


@pytest.mark.parametrize("text", ["330802197603151000", "330802197603150000", "3.30802E+17", "3.30802197603151e17", "330802197603151233.0"])
def test_what_a_spreadsheet_destroyed_is_seen(text: str) -> None:
    assert person.looks_destroyed(text)


@pytest.mark.parametrize("text", ["330802197603151233", "330802760315000", "", "3.3E+5", "000"])
def test_what_is_whole_is_not_called_destroyed(text: str) -> None:
    assert not person.looks_destroyed(text)


@given(st.one_of(NUMBERS, OLD, st.text("0123456789Xx", min_size=14, max_size=20)))
def test_a_masked_number_never_shows_the_birthday(text: str) -> None:
    shown = person.mask(text)
    assert len(shown) == len(text)
    assert set(shown[6:12]) == {"*"}


def test_a_masked_number_keeps_six_and_four() -> None:
    assert person.mask("330802197603151233") == "330802********1233"
    assert person.mask("330802197603151233、330802760315123") == "330802********1233、330802******123"
