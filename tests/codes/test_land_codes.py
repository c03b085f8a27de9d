"""Parcel, unit and division codes: faults are named, columns agree with single codes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiadi.codes import division, parcel, unit

PARCELS = st.from_regex(r"\A3308(02|03|22)[0-9]{6}[GJZ][ABSXCDEFHWY][0-9]{5}\Z")
NEARLY_PARCEL = st.one_of(
    PARCELS, st.from_regex(r"\A[0-9]{12}[A-Z]{2}[0-9]{5}\Z"), st.text("0123456789JC", min_size=18, max_size=20), st.text(max_size=20)
)
TAILS = st.sampled_from(["W00000000", "F00010001", "F99990001", "L00000001", "F00000000", "W00000001", "A00010001", "F0001000x"])
NEARLY_UNIT = st.one_of(st.builds(str.__add__, NEARLY_PARCEL, TAILS), st.text("0123456789JCFW", min_size=27, max_size=29))
HOMESTEAD = "330802001002JC00012"


@given(st.lists(st.none() | NEARLY_PARCEL, max_size=20))
def test_the_parcel_column_says_what_each_code_says(codes: list[str | None]) -> None:
    column = pl.Series("code", codes, dtype=pl.String)
    assert parcel.check_column(column).to_list() == [None if code is None else parcel.check(code) for code in codes]


@given(st.lists(st.none() | NEARLY_UNIT, max_size=20))
def test_the_unit_column_says_what_each_code_says(codes: list[str | None]) -> None:
    column = pl.Series("code", codes, dtype=pl.String)
    assert unit.check_column(column).to_list() == [None if code is None else unit.check(code) for code in codes]
    assert unit.parcel_of_column(column).to_list() == [None if code is None else unit.parcel_of(code) for code in codes]


@given(PARCELS)
def test_a_well_formed_parcel_code_comes_apart_and_together_again(code: str) -> None:
    parts = parcel.parse(code)
    assert parts is not None
    assert parts.county + parts.area + parts.sub_area + parts.feature + parts.serial == code


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("330802001002JC0001", "有 18 位", "18 characters"),
        ("33080200100AJC00012", "前 12 位应为数字", "first 12 places must be digits"),
        ("990802001002JC00012", "没有以 99 开头", "no province begins with 99"),
        ("330802001002KC00012", "第 13 位", "place 13"),
        ("330802001002JK00012", "第 14 位", "place 14"),
        ("330802001002JC0001X", "后 5 位", "last 5 places"),
    ],
)
def test_each_fault_of_a_parcel_code_is_said_in_both_languages(code: str, zh: str, en: str) -> None:
    assert parcel.check(code) == "parcel_code_invalid"
    assert zh in parcel.explain(code, "zh")
    assert en in parcel.explain(code, "en")


@pytest.mark.parametrize(
    ("tail", "zh", "en"),
    [
        ("W00000000", "没有房屋", "no house"),
        ("F00010001", "第 0001 幢房屋，第 0001 户", "building 0001, unit 0001"),
        ("F99990001", "多幢房屋", "several buildings"),
        ("L00000001", "森林或林木", "forest"),
        ("F00000000", "不能全为 0", "cannot be all zeros"),
        ("K00010001", "第 20 位", "place 20"),
        ("F0001", "28 位", "28 are needed"),
    ],
)
def test_a_unit_code_is_explained_in_both_languages(tail: str, zh: str, en: str) -> None:
    assert zh in unit.explain(HOMESTEAD + tail, "zh")
    assert en in unit.explain(HOMESTEAD + tail, "en")


def test_a_fault_in_the_parcel_part_of_a_unit_code_is_told() -> None:
    assert "place 13" in unit.explain("330802001002KC00012F00010001", "en")


def test_the_packaged_divisions_hang_together() -> None:
    rows = division.table()
    assert len(rows) == 1772
    for row in rows.values():
        assert len(row.code) == 12
        assert row.level == division.level(row.code)
        above = division.parents(row.code)
        assert row.parent_code == (above[-1] if above else "")
        assert not above or above[-1] in rows


def test_a_division_of_another_place_is_not_denied() -> None:
    assert division.check("110101001001") is None
    assert division.check("330802999999") == "division_unknown"
    assert division.check("33080") == "division_unknown"


def test_a_division_lies_in_those_above_and_in_no_other() -> None:
    assert division.within("330802005001", "3308")
    assert division.within("330802005001", "330802000000")
    assert division.within("330802005001", "330802005001")
    assert not division.within("330802005001", "330803")
    assert not division.within("330802000000", "330802005001")
    assert division.full_name("330802005001").startswith("浙江省衢州市柯城区")
