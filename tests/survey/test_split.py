"""Households that were parted, written "4+3": kept as written, noted, and summed where persons are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiadi.codes.split import sizes
from jiadi.register.tables import Delivery
from jiadi.survey import across
from jiadi.survey.check import check
from jiadi.survey.read import read

VILLAGE = "330802005211"


def account(folder: Path, persons: str, register: int = 0) -> Delivery:
    """An account of one household, and a register of as many persons."""
    rows = f"农户代码,户主姓名,户内成员数,宅基地宗数,农房幢数,村代码\nA1,张三,{persons},1,1,{VILLAGE}\n"
    (folder / "农户.csv").write_text(rows, "utf-8")
    people = "".join(f"A1,甲{n},子女,{VILLAGE}\n" for n in range(register))
    (folder / "户籍.csv").write_text(f"户号,姓名,与户主关系,村代码\n{people}", "utf-8")
    return check(read([folder]))


@pytest.mark.parametrize(
    ("written", "persons", "kept", "code"),
    [
        ("4+3", 7, "4+3", "split_household"), ("４＋３", 7, "４＋３", "split_household"), ("7(4+3)", 7, "7(4+3)", "split_household"),
        ("4人+3人", 7, "4人+3人", "split_household"), ("4+?", None, "4+?", "split_unclear"), ("8(4+3)", None, "8(4+3)", "split_unclear"),
        ("5人", 5, None, "unit_in_number"), ("5", 5, None, None), ("不少", None, None, "not_a_number"),
    ],
)  # fmt: skip
def test_registered_persons_of_a_household(written: str, persons: int | None, kept: str | None, code: str | None, tmp_path: Path) -> None:
    delivery = account(tmp_path, written)
    assert delivery.tables["account"].select("persons", "split_persons").rows() == [(persons, kept)]
    told = delivery.problems.filter(file="农户.csv")
    assert told.select("code", "value").rows() == ([(code, written)] if code else [])


@pytest.mark.parametrize(("written", "register", "asked"), [("4+3", 7, 0), ("4+3", 4, 0), ("4+3", 3, 0), ("4+3", 5, 1), ("4+?", 5, 0)])
def test_a_parted_household_against_the_register(written: str, register: int, asked: int, tmp_path: Path) -> None:
    found = across.across(account(tmp_path, written, register))
    assert found.filter(code="account_differs").height == asked


@pytest.mark.parametrize(
    ("written", "code", "detail"),
    [("4+3", "split_household", "4 + 3 = 7"), ("4+x", "split_unclear", ""), ("2户", "split_unclear", ""), ("5", None, ""),
     ("未分户", None, "")],
)  # fmt: skip
def test_persons_of_a_shared_homestead(written: str, code: str | None, detail: str, tmp_path: Path) -> None:
    (tmp_path / "台账.csv").write_text(
        f"宗地代码,户主姓名,批准面积,取得方式,分户人数\n330802001001JC00001,张三,100,继承,{written}\n", "utf-8"
    )
    delivery = check(read([tmp_path]))
    assert delivery.tables["right"]["split_persons"].to_list() == [written]
    assert delivery.problems.select("code", "value", "detail").rows() == ([(code, written, detail)] if code else [])


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6), st.sampled_from(["+", "＋", "、", " + ", "人+"]))
def test_every_way_to_write_them_gives_the_same_sizes(persons: list[int], sign: str) -> None:
    assert sizes(sign.join(map(str, persons))) == persons
    assert sizes(f"{sum(persons)}({'+'.join(map(str, persons))})") == persons
