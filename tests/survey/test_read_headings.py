"""Headings as departments write them: three rows, totals anywhere, printed page by page."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from jiadi.survey.check import check
from jiadi.survey.read import RawSheet, read

A, B = "330802001001JC00001", "330802001001JC00002"
ROW = [1, A, "张三", "330802197603151233", 120, 120, "集体成员"]
SECOND = [2, B, "李四", "", 100, 100, "集体成员"]
THREE = [
    ["序号", "宗地", "权属情况", "", "面积", "", "取得方式"],
    ["", "", "户主", "", "宅基地", "批准", ""],
    ["", "宗地代码", "姓名", "证件号码", "宅基地面积(㎡)", "批准面积(㎡)", ""],
]
MERGES = ["A2:A4", "C2:D2", "E2:F2", "C3:D3", "G2:G4"]


def sheet(tmp_path: Path, rows: list[list[object]], merges: list[str] = [], name: str = "台账.xlsx") -> RawSheet:  # noqa: B006
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for merge in merges:
        book.active.merge_cells(merge)
    book.save(tmp_path / name)
    delivery = read([tmp_path / name])
    assert len(delivery.sheets) == 1, delivery.files
    return delivery.sheets[0]


@pytest.mark.parametrize("merges", [MERGES, []], ids=["merged", "merging lost"])
def test_a_heading_of_three_rows(merges: list[str], tmp_path: Path) -> None:
    found = sheet(tmp_path, [["宅基地台账", *[""] * 6], *THREE, ROW, SECOND], merges)
    assert found.table == "right" and found.heading_row == 4
    assert {"parcel_code", "holder_name", "holder_id", "stated_area_m2", "approved_area_m2", "obtained"} <= found.columns.keys()
    assert found.frame.height == 2


def test_a_heading_of_three_rows_in_a_text_file(tmp_path: Path) -> None:
    lines = [",".join(str(cell) for cell in row) for row in [["宅基地台账", *[""] * 6], *THREE, ROW, SECOND]]
    (tmp_path / "台账.csv").write_text("\n".join(lines) + "\n", "gb18030")
    (found,) = read([tmp_path]).sheets
    assert (found.table, found.heading_row, found.frame.height) == ("right", 4, 2)
    assert check(read([tmp_path])).tables["right"]["holder_id"].drop_nulls().to_list() == ["330802197603151233"]


HEADS = ["序号", "宗地代码", "户主", "证件号码", "宅基地面积", "批准面积", "取得方式"]


@pytest.mark.parametrize("word", ["合计", "小 计", "总计：", "本页合计", "余东村小计", "航埠镇合计", "合计2户"])
@pytest.mark.parametrize("place", [0, 1, 2, 6])
def test_a_total_in_any_column_is_no_row(word: str, place: int, tmp_path: Path) -> None:
    total: list[object] = [""] * 7
    total[place], total[4] = word, 220
    found = sheet(tmp_path, [HEADS, ROW, total, SECOND, total])
    assert found.frame["row"].to_list() == [2, 4] and found.skipped == 2


@pytest.mark.parametrize("name", ["合计", "统计员", "计小明", "小计"])
def test_a_row_with_a_code_of_its_own_is_one_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    found = sheet(tmp_path, [HEADS, [1, A, name, "330802197603151233", 120, 120, "集体成员"], SECOND])
    assert found.frame.height == 2 and found.skipped == 0


def test_a_list_that_was_printed_page_by_page(tmp_path: Path) -> None:
    title = ["宅基地台账", *[""] * 6]
    found = sheet(tmp_path, [title, *THREE, ROW, ["本页合计", *[""] * 3, 120, 120, ""], title, *THREE, SECOND, ["制表：王经办", *[""] * 6]])
    accepted = check(read([tmp_path / "台账.xlsx"]))
    assert accepted.tables["right"]["parcel_code"].sort().to_list() == [A, B]
    assert found.frame.height + found.skipped >= 2


def test_a_sheet_a_village(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for place, village in enumerate(("官庄村", "双塘岭村")):
        one = book.active if place == 0 else book.create_sheet()
        one.title = village
        one.append(HEADS)
        one.append([1, f"330802001001JC0000{place + 1}", "张三", "", 120, 120, "集体成员"])
    book.save(tmp_path / "台账.xlsx")
    delivery = read([tmp_path])
    assert [one.fixed.get("village_name") for one in delivery.sheets] in (["官庄村", "双塘岭村"], [None, None])
    assert [one.sheet for one in delivery.sheets] == ["官庄村", "双塘岭村"]
