"""Cells of every kind: what is read, what is not taken, and which problem says so."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiadi.register.tables import Delivery
from jiadi.survey.check import check
from jiadi.survey.read import RawDelivery, RawSheet
from jiadi.survey.read.workbook import columns_of

ON = date(2025, 6, 30)
HEADS = {
    "house": ["survey_code", "owner_name"],
    "right": ["parcel_code", "holder_name"],
    "approval": ["approval_code"],
    "person": ["household_code", "name"],
    "aid": ["name"],
    "zone": ["zone_kind"],
}
ROWS: dict[str, list[object]] = {
    "house": ["330802100201-00001", "张三"],
    "right": ["330802001001JC00001", "张三"],
    "approval": ["甲〔2013〕1号"],
    "person": ["330802100201H00001", "张三"],
    "aid": ["张三"],
    "zone": ["公路"],
}


def sheet_of(table: str, columns: list[str], rows: list[list[object]], form: str = "workbook") -> RawSheet:
    frame = columns_of(iter([["" if cell is None else cell for cell in row] for row in rows]))
    return RawSheet("a.xlsx", "S", form, "", columns, frame, table, {name: place for place, name in enumerate(columns)})


def checked(table: str, column: str, cells: list[object], form: str = "workbook") -> Delivery:
    """A list whose rows differ in one column only."""
    known = [(name, value) for name, value in zip(HEADS[table], ROWS[table], strict=True) if name != column]
    heads = [*(name for name, _ in known), column]
    rows = [
        [*(f"{value}{n}" if name in ("survey_code", "approval_code") else value for name, value in known), cell]
        for n, cell in enumerate(cells)
    ]
    raw = RawDelivery([sheet_of(table, heads, rows, form)], delivered_on=ON)
    return check(raw)


def one(table: str, column: str, cell: object, *beside: object, form: str = "workbook") -> tuple[object, list[str]]:
    """The value that a cell gives, and its problems."""
    delivery = checked(table, column, [cell, *beside], form)
    problems = delivery.problems.filter(pl.col("row") == 1, pl.col("column") == column)
    return delivery.tables[table].filter(pl.col("source_row") == 1)[column].to_list()[0], problems["code"].to_list()


VALID, OLD = "330802197603151233", "330802760315123"


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        (VALID, VALID, []),
        (330802197603151000.0, None, ["id_from_float"]),
        ("3.30802197603151E+17", None, ["id_from_float"]),
        (330802760315123.0, OLD, ["id_15_digits"]),
        (OLD, OLD, ["id_15_digits"]),
        ("330802197603151231", None, ["id_check_digit"]),
        ("33080219760315", None, ["id_invalid"]),
        ("330802\n197603151233", VALID, ["id_line_break"]),
        ("３３０８０２197603151233", VALID, ["full_width"]),
        (f"{VALID}\t", VALID, ["stray_space"]),
        ("11010519491231002x", "11010519491231002X", ["id_lower_x"]),
        (f"{VALID}、{VALID}", None, ["count_mismatch"]),
        (None, None, []),
        ("无", None, []),
    ],
)
def test_resident_ids(cell: object, value: object, codes: list[str]) -> None:
    assert one("right", "holder_id", cell) == (value, codes)


def test_as_many_ids_as_names_are_parted_and_the_first_serves() -> None:
    rows: list[list[object]] = [["330802001001JC00001", "张三、李四", f"{VALID}、11010519491231002X"]]
    delivery = check(RawDelivery([sheet_of("right", ["parcel_code", "holder_name", "holder_id"], rows)]))
    assert delivery.tables["right"].select("holder_name", "holder_id").rows() == [("张三", VALID)]
    assert delivery.problems.select("column", "code", "value").rows() == [
        ("holder_id", "several_in_cell", "330802********1233、110105********002X")
    ]


def test_ids_are_masked_in_what_is_told() -> None:
    assert VALID[:17] not in " ".join(checked("right", "holder_id", ["330802197603151231"]).problems["value"])


@pytest.mark.parametrize(
    ("column", "cell", "value", "codes"),
    [
        ("stated_area_m2", 120.5, 120.5, []),
        ("stated_area_m2", "120㎡", 120.0, ["unit_in_number"]),
        ("stated_area_m2", "1,234.5平方米", 1234.5, ["unit_in_number"]),
        ("stated_area_m2", "１２０", 120.0, ["full_width"]),
        ("stated_area_m2", "120.5\t", 120.5, ["stray_space"]),
        ("stated_area_m2", "半亩", None, ["not_a_number"]),
        ("stated_area_m2", "0.2亩", 133.33, ["unit_converted"]),
        ("stated_area_m2", "0.012公顷", 120.0, ["unit_converted"]),
        ("stated_area_m2", "一百二十平方米", 120.0, ["number_in_words", "unit_in_number"]),
        ("stated_area_m2", "约120㎡", None, ["approximate"]),
        ("stated_area_m2", "120平方左右", None, ["approximate"]),
        ("stated_area_m2", "不清楚", None, []),
        ("stated_area_m2", 9999999, None, ["out_of_range"]),
        ("stated_area_m2", 0, None, ["out_of_range"]),
        ("stated_area_m2", "/", None, []),
    ],
)
def test_areas(column: str, cell: object, value: object, codes: list[str]) -> None:
    assert one("right", column, cell) == (value, codes)


@pytest.mark.parametrize(
    ("column", "cell", "value", "codes"),
    [
        ("storeys", "3层", 3, ["unit_in_number"]),
        ("storeys", "1-3", None, ["storeys_range"]),
        ("storeys", "１", 1, ["full_width"]),
        ("storeys", 2.5, None, ["not_a_number"]),
        ("storeys", 99, None, ["out_of_range"]),
        ("built_year", "2013年", 2013, ["unit_in_number"]),
        ("built_year", "2013年5月", 2013, []),
        ("built_year", datetime(2013, 5, 1), 2013, []),
        ("built_year", 2026, None, ["year_out_of_range"]),
        ("built_year", 1500, None, ["year_out_of_range"]),
        ("built_year", 2025, 2025, []),
        ("built_month", 13, None, ["out_of_range"]),
        ("height_m", "9.5米", 9.5, ["unit_in_number"]),
    ],
)
def test_counts_and_years(column: str, cell: object, value: object, codes: list[str]) -> None:
    assert one("house", column, cell) == (value, codes)


def test_a_month_that_stands_with_the_year_is_kept() -> None:
    assert checked("house", "built_year", ["2013年5月", "2014", datetime(2015, 6, 1)]).tables["house"]["built_month"].to_list() == [
        5,
        None,
        6,
    ]


def test_text_in_a_column_of_numbers_is_noted_in_workbooks_alone() -> None:
    assert one("right", "stated_area_m2", "120", 130, 140) == (120.0, ["number_as_text"])
    assert one("right", "stated_area_m2", "120", "130", 140) == (120.0, [])
    assert one("right", "stated_area_m2", "120", 130, 140, form="text") == (120.0, [])


@given(st.decimals(min_value=1, max_value=99999, places=4))
def test_areas_are_rounded_half_up_whether_written_as_text_or_number(area: Decimal) -> None:
    wanted = float(area.quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert checked("right", "stated_area_m2", [str(area), float(area)]).tables["right"]["stated_area_m2"].to_list() == [wanted, wanted]


@pytest.mark.parametrize(
    "cell",
    [
        "2013-05-01",
        "2013-5-1",
        "2013.05.01",
        "2013/5/1",
        "2013年5月1日",
        "2013年05月01日",
        "20130501",
        20130501,
        41395,
        "41395",
        datetime(2013, 5, 1, 8),
        "2013-05-01 00:00:00",
        "２０１３-５-１",
    ],
    ids=str,
)
def test_days_in_many_spellings(cell: object) -> None:
    value, codes = one("approval", "approved_on", cell)
    assert value == date(2013, 5, 1) and codes in ([], ["full_width"])


@pytest.mark.parametrize(
    ("column", "cell", "codes"),
    [
        ("approved_on", "2013年5月", ["date_unreadable"]),
        ("approved_on", 2013, ["date_unreadable"]),
        ("approved_on", "某年春", ["date_unreadable"]),
        ("approved_on", "2013-02-30", ["date_unreadable"]),
        ("approved_on", "1013-05-01", ["date_unreadable"]),
        ("approved_on", "2025-07-01", ["date_in_future"]),
        ("approved_on", None, []),
    ],
)
def test_days_that_are_none(column: str, cell: object, codes: list[str]) -> None:
    assert one("approval", column, cell) == (None, codes)


def test_an_end_that_is_open_is_no_problem() -> None:
    assert one("aid", "valid_to", "长期") == (None, []) and one("aid", "valid_to", "2031-01-01") == (date(2031, 1, 1), [])


def test_of_an_end_before_its_beginning_neither_is_taken() -> None:
    rows: list[list[object]] = [["张三", "2020-01-01", "2019-01-01"], ["李四", "2020-01-01", "2020-01-01"]]
    delivery = check(RawDelivery([sheet_of("aid", ["name", "valid_from", "valid_to"], rows)]))
    assert delivery.problems.select("row", "column", "code").rows() == [(1, "valid_to", "date_order")]
    assert sorted(delivery.tables["aid"].select("name", "valid_from", "valid_to").rows()) == [
        ("张三", None, None),
        ("李四", date(2020, 1, 1), date(2020, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "value", "codes"),
    [
        ("structure", "砖混", "mixed", []),
        ("structure", 4, "mixed", []),
        ("structure", "mixed", "mixed", []),
        ("structure", " 砖混", "mixed", ["stray_space"]),
        ("structure", "窑洞", None, ["unknown_word"]),
        ("safety_grade", "ｃ级", "C", ["full_width"]),
        ("inherited", "无", "no", []),
        ("inherited", True, "yes", []),
        ("unit_code", "330802001001JC00001F00010001", "330802001001JC00001F00010001", []),
        ("unit_code", "330802001001JC00001F000100", None, ["unit_code_invalid"]),
        ("parcel_code", "330802001001jc00001", "330802001001JC00001", []),
        ("parcel_code", "33080200100", None, ["parcel_code_invalid"]),
        ("house_number", "余东村", None, ["house_number_missing"]),
        ("house_number", "余东村12号", "余东村12号", []),
        ("house_number", "余东村十二号", "余东村十二号", []),
        ("owner_name", "张 三", "张三", ["stray_space"]),
        ("owner_name", "张三、李四", "张三", ["several_in_cell"]),
        ("village_code", "999", "330802100201", ["division_unknown"]),
    ],
)
def test_words_codes_and_names(column: str, cell: object, value: object, codes: list[str]) -> None:
    assert one("house", column, cell) == (value, codes)


def test_a_division_is_padded_and_else_taken_from_the_survey_code() -> None:
    assert one("house", "village_code", "330802") == ("330802000000", [])
    assert one("house", "owner_name", "张三")[1] == []
    assert checked("house", "owner_name", ["张三"]).tables["house"]["village_code"].to_list() == ["330802100201"]


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        ("三层", 3, ["unit_in_number", "number_in_words"]),
        ("两层", 2, ["unit_in_number", "number_in_words"]),
        ("十二", 12, ["number_in_words"]),
        ("二层半", None, ["storeys_half"]),
        ("2层半", None, ["storeys_half"]),
        ("三间房", None, ["not_a_number"]),
    ],
)
def test_storeys_in_words(cell: str, value: int | None, codes: list[str]) -> None:
    found, told = one("house", "storeys", cell)
    assert (found, sorted(told)) == (value, sorted(codes))


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        ("张\ue863", "张䶮", ["private_character"]),
        ("张\uf000", "张\uf000", ["private_character"]),
        ("张\u00a0三", "张三", ["stray_space"]),
        ("张\u200d三\u2060", "张三", ["stray_space"]),
        ("张𠮷", "张𠮷", []),
    ],
)
def test_names_with_hidden_and_private_characters(cell: str, value: str, codes: list[str]) -> None:
    assert one("house", "owner_name", cell) == (value, codes)


def test_numbers_that_a_slip_broke_are_kept_for_linking_alone() -> None:
    delivery = checked(
        "right", "holder_id", ["330802197603151231", 330802197603151000, "33080219760315", "330802197603151233", "330802197603151000"]
    )
    assert delivery.tables["right"]["holder_id"].drop_nulls().to_list() == ["330802197603151233"]
    hints = delivery.extra["id_hints"]["right"].sort("source_row")
    assert hints.select("source_row", "hint").rows() == [(1, "330802197603151231"), (2, "330802197603151000"), (5, "330802197603151000")]
    assert "330802197603151231" not in str(delivery.problems.to_dicts())
