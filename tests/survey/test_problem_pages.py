"""The pages of `docs/problems` say what the catalogue says, and what they show as examples is what happens."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from jiadi.survey.check import check
from jiadi.survey.pages import examples, pages, write
from jiadi.survey.problems import catalogue
from jiadi.survey.read import read

FOLDER = Path(__file__).parents[2] / "docs/problems"
PAGES = pages()
HOUSE = "调查编号,产权人,{}\n330802005201-00001,张三,{}\n"
WHERE = {
    "id_from_float": ("户号,姓名,与户主关系,{}\nA1,张三,户主,{}\n", "证件号码", "person", "id_number"),
    "not_a_number": (HOUSE, "建筑面积", "house", "floor_area_m2"),
    "storeys_range": (HOUSE, "层数", "house", "storeys"),
    "year_out_of_range": (HOUSE, "建成年份", "house", "built_year"),
    "out_of_range": (HOUSE, "建筑面积", "house", "height_m"),
    "unit_in_number": (HOUSE, "建筑面积", "house", "floor_area_m2"),
    "unknown_word": (HOUSE, "房屋结构", "house", "structure"),
    "unit_code_invalid": (HOUSE, "不动产单元号", "house", "unit_code"),
    "full_width": (HOUSE, "建筑面积", "house", "floor_area_m2"),
    "split_household": ("农户代码,户主姓名,宅基地宗数,农房幢数,{}\nA1,张三,1,1,{}\n", "户内成员数", "account", "persons"),
}
WHERE["split_unclear"] = WHERE["split_household"]
WHERE |= dict.fromkeys(("id_check_digit", "id_invalid", "id_15_digits", "id_lower_x"), WHERE["id_from_float"])
FIELDS = {"3层": ("层数", "storeys"), "2013年": ("建成年份", "built_year"), "12000": ("房屋高度", "height_m")}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name], "run: python -m jiadi.survey.pages docs/problems"


def test_a_page_a_problem_and_none_left_over(tmp_path: Path) -> None:
    write(tmp_path)
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in tmp_path.iterdir()}
    assert {name.removesuffix(".md") for name in PAGES} == {*catalogue(), "README"}
    assert set(examples()) <= set(catalogue())


@pytest.mark.parametrize(
    ("code", "given", "taken"), [(code, *pair) for code, pairs in examples().items() if code in WHERE for pair in pairs]
)
def test_an_example_is_what_happens(code: str, given: str, taken: str, tmp_path: Path) -> None:
    form, head, table, column = WHERE[code]
    head, column = FIELDS.get(given, (head, column))
    (tmp_path / "a.csv").write_text(form.format(head, given), "utf-8")
    delivery = check(read([tmp_path]), date(2025, 6, 30))
    assert code in delivery.problems["code"].to_list()
    value = delivery.tables[table][column].cast(pl.String)[0]
    assert value == (None if taken == "unknown" else value)
    if taken != "unknown":
        assert value.removesuffix(".0") == taken


@pytest.mark.parametrize("number", ["330802197603151000", "33080219760315100X", "330802199001011000"])
def test_an_id_that_ends_in_000_is_never_taken(number: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"户号,姓名,与户主关系,证件号码\nA1,张三,户主,{number}\n", "utf-8")
    delivery = check(read([tmp_path]), date(2025, 6, 30))
    if number.endswith("000"):
        assert delivery.tables["person"]["id_number"].to_list() == [None]
        assert delivery.problems["code"].to_list() == ["id_from_float"]
