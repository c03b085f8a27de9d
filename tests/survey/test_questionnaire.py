"""One house to a file: labels all over a sheet, choices ticked in every way; lists are never taken for forms."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.register.tables import Delivery
from jiadi.survey.check import check
from jiadi.survey.read import questionnaire, read

CODE = "330802100201-00001"


def form(path: Path, number: int = 1, **changed: Any) -> Path:
    """A survey form as the provinces print it: a title, merged cells, labels left, right and above."""
    said: dict[str, Any] = {
        "code": f"330802100201-{number:05d}", "owner": "张三", "year": 1998, "storeys": "3层", "structure": "☑砖混 □砖木 □钢混",
        "ties": "R是  £否", "place": "GIS-X: 118.8765  GIS-Y: 28.9543", "vacancy": ("R", "正常使用", "□", "常年闲置"), "height": 9.5,
    } | changed  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "调查表"
    sheet["A1"] = "农村房屋调查登记表"
    sheet.merge_cells("A1:H1")
    sheet["A2"], sheet["B2"], sheet["E2"], sheet["F2"] = "调查编号", said["code"], "户主姓名：", said["owner"]
    sheet.merge_cells("B2:D2")
    sheet["A3"], sheet["B3"], sheet["E3"], sheet["F3"] = "1、建成年份", said["year"], "2、房屋层数", said["storeys"]
    sheet["A4"], sheet["B4"] = "3、房屋结构", said["structure"]
    sheet["A5"], sheet["B5"] = "三无房屋", said["ties"]
    sheet["A6"] = said["place"]
    sheet["A7"] = "闲置情况"
    for column, cell in zip("BCDE", said["vacancy"], strict=True):
        sheet[f"{column}7"] = cell
    sheet["A8"], sheet["C8"] = "檐口高度", "村民小组意见："
    sheet["A9"] = said["height"]
    book.save(path)
    return path


def taken(*paths: Path) -> Delivery:
    return check(read(list(paths)))


def told(delivery: Delivery) -> list[tuple[Any, ...]]:
    return delivery.problems.select("file", "sheet", "row", "column", "code").rows()


def test_a_form_is_one_house(tmp_path: Path) -> None:
    delivery = taken(form(tmp_path / "1号.xlsx"))
    (house,) = delivery.tables["house"].to_dicts()
    expected = {
        "survey_code": CODE, "owner_name": "张三", "built_year": 1998, "storeys": 3, "structure": "mixed", "no_ties": "yes",
        "gis_x": "118.8765", "gis_y": "28.9543", "vacancy": "in_use", "eaves_height_m": 9.5,
    }  # fmt: skip
    assert {name: house[name] for name in expected} == expected
    assert told(delivery) == [("1号.xlsx", "调查表", 3, "2、房屋层数", "unit_in_number")]
    (entry,) = delivery.files
    assert (entry["table"], entry["rows"], entry["accepted"]) == ("house", 1, 1)


@pytest.mark.parametrize(
    ("ticks", "structure", "codes"),
    [
        ("☑砖混 □砖木", "mixed", []),
        ("R砖混 □砖木", "mixed", []),
        ("□砖混 R砖木", "brick_wood", []),
        ("砖混□ 砖木☑", "brick_wood", []),
        ("1.砖混□；2.砖木√；", "brick_wood", []),
        ("■混合\n□砖木", "mixed", []),
        ("√砖混 砖木", None, ["unknown_word"]),
        ("□砖混 □砖木", None, []),
        ("☑砖混 ☑砖木", None, ["several_ticks"]),
        ("☑窑洞 □砖木", None, ["unknown_word"]),
        ("砖混", "mixed", []),
        (None, None, []),
    ],
)
def test_ticks(ticks: str | None, structure: str | None, codes: list[str], tmp_path: Path) -> None:
    delivery = taken(form(tmp_path / "a.xlsx", structure=ticks, storeys=3))
    assert delivery.tables["house"]["structure"].to_list() == [structure]
    assert [(row, column, code) for _, _, row, column, code in told(delivery)] == [(4, "3、房屋结构", code) for code in codes]


def test_a_problem_goes_back_in_its_own_cell(tmp_path: Path) -> None:
    form(tmp_path / "in" / "甲.xlsx" if (tmp_path / "in").mkdir() is None else tmp_path, year=1203, height="很高")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    sheet = openpyxl.load_workbook(tmp_path / "out" / "returned" / "甲.xlsx")["调查表"]
    commented = {cell.coordinate: cell.fill.fgColor.rgb for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(commented) == {"B3", "F3", "A9"}
    again = taken(tmp_path / "out" / "returned" / "甲.xlsx")
    assert again.tables["house"]["survey_code"].to_list() == [CODE]


def test_hundreds_of_forms_in_a_zip_and_a_sheet_a_house(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "调查.zip", "w") as archive:
        for number in range(1, 61):
            archive.write(form(tmp_path / "one.xlsx", number), f"余东村/{number}号.xlsx")
    delivery = taken(tmp_path / "调查.zip")
    assert delivery.tables["house"].height == 60 and len(delivery.files) == 60
    assert delivery.tables["house"]["survey_code"].n_unique() == 60


def test_one_broken_file_stops_no_other(tmp_path: Path) -> None:
    for number in range(1, 6):
        form(tmp_path / f"{number}.xlsx", number)
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    delivery = taken(tmp_path)
    assert delivery.tables["house"].height == 5
    assert [entry["file"] for entry in delivery.files if entry["status"] == "refused"] == ["坏.xlsx"]


def test_labels_that_are_not_known_are_shown(tmp_path: Path) -> None:
    (sheet,) = read([form(tmp_path / "a.xlsx")]).sheets
    assert sheet.headers[-1] == "村民小组意见："


CELL = st.sampled_from(["", "张三", "李四", "3", "砖混", "1998", "120", "是", "余东村"])


@given(st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=12))
def test_a_list_is_never_a_form(rows: list[list[str]]) -> None:
    heading = ["调查编号", "户主姓名", "建成年份", "房屋层数", "房屋结构", "檐口高度"]
    grid = [(number, row) for number, row in enumerate([heading, *rows], start=1)]
    assert questionnaire.find(grid) is None
    repeated = [(number, row) for number, row in enumerate([heading, *rows, heading, *rows], start=1)]
    assert questionnaire.find(repeated) is None


def test_a_form_in_which_nothing_is_filled_in_is_none() -> None:
    rows = [["户主姓名", ""], ["房屋层数", ""], ["房屋结构", "□砖混 □砖木"], ["建成年份", ""], ["檐口高度", ""]]
    assert questionnaire.find(list(enumerate(rows, start=1))) is None


def test_values_do_not_depend_on_what_other_files_say(tmp_path: Path) -> None:
    one = taken(form(tmp_path / "b.xlsx", 2, owner="王五"))
    form(tmp_path / "a.xlsx", 1)
    both = taken(tmp_path)
    kept = both.tables["house"].filter(pl.col("survey_code") == "330802100201-00002").drop("source_id", "source_row", "id")
    assert kept.equals(one.tables["house"].drop("source_id", "source_row", "id"))
