"""Finding the list in a sheet: titles, two-row headings, totals, repeated headings, sheets by village."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from jiadi.register.schema import TABLES
from jiadi.survey.read import RawSheet, read
from jiadi.survey.read.match import match, of_codes, plain


def workbook(path: Path, sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for area in merged:
            sheet.merge_cells(area)
    book.save(path)
    return path


def only(path: Path) -> RawSheet:
    delivery = read([path])
    assert len(delivery.sheets) == 1, delivery.files
    return delivery.sheets[0]


LEDGER: list[list[object]] = [
    ["某某镇宅基地台账"],
    ["序号", "宗地代码", "户主", None, "宅基地面积(㎡)", "取得方式"],
    [None, None, "姓名", "证件号码", None, None],
    [1, "330802001001JC00001", "张三", "330802197603151233", 120.5, "继承"],
    [],
    [2, "330802001001JC00002", "李四", None, 99, "安置"],
    ["合计", None, None, None, 219.5, None],
]
MERGED = ("A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "F2:F3")


def test_a_ledger_with_title_two_row_heading_and_total(tmp_path: Path) -> None:
    sheet = only(workbook(tmp_path / "台账.xlsx", {"余东村": LEDGER}, MERGED))
    assert sheet.table == "right"
    assert sheet.header("holder_name") == "户主/姓名" and sheet.header("holder_id") == "户主/证件号码"
    assert sheet.header("stated_area_m2") == "宅基地面积(㎡)"
    assert sheet.frame["row"].to_list() == [4, 6]
    assert sheet.skipped == 2
    assert sheet.fixed["village_name"] == "余东村"


def test_a_two_row_heading_without_its_merging(tmp_path: Path) -> None:
    sheet = only(workbook(tmp_path / "台账.xlsx", {"表": LEDGER}))
    assert (sheet.header("holder_name"), sheet.header("holder_id")) == ("户主/姓名", "户主/证件号码")
    assert "村" not in sheet.fixed.get("village_name", "")


def test_a_heading_that_is_repeated_on_each_page_is_no_row(tmp_path: Path) -> None:
    head: list[object] = ["户号", "姓名", "证件号码", "与户主关系"]
    rows: list[list[object]] = [head, ["1", "张三", None, "户主"], head, ["2", "李四", None, "户主"], ["填表人：王五", None, None, None]]
    sheet = only(workbook(tmp_path / "户籍.xlsx", {"Sheet1": rows}))
    assert sheet.frame["row"].to_list() == [2, 4] and sheet.skipped == 2


def test_sheets_that_are_no_list_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "册.xlsx", {"说明": [["本表由各村填写"]], "空": [], "表": [["甲", "乙"], [1, 2]]})
    delivery = read([path])
    assert not delivery.sheets
    assert [(entry["sheet"], entry["code"]) for entry in delivery.files] == [
        ("说明", "unrecognised"),
        ("空", "empty"),
        ("表", "unrecognised"),
    ]
    assert "甲" in str(delivery.files[2]["reason"])


def test_rows_that_begin_away_from_the_corner_keep_their_numbers(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], [], [None, "户号", "姓名", "与户主关系"], [None, "1", "张三", "户主"]]
    sheet = only(workbook(tmp_path / "户籍.xlsx", {"S": rows}))
    assert sheet.frame["row"].to_list() == [4] and sheet.frame["t1"].to_list() == ["张三"]


def test_cells_keep_their_kind(tmp_path: Path) -> None:
    rows: list[list[object]] = [["批准文号", "批准日期", "批准层数"], ["甲1", date(2013, 5, 1), 3], ["甲2", "2013年5月1日", "3层"]]
    sheet = only(workbook(tmp_path / "审批.xlsx", {"S": rows}))
    assert sheet.table == "approval"
    assert sheet.frame["n2"].to_list() == [3.0, None] and sheet.frame["t2"].to_list() == [None, "3层"]
    assert str(sheet.frame["d1"][0]) == "2013-05-01 00:00:00" and sheet.frame["t1"].to_list() == [None, "2013年5月1日"]


@pytest.mark.parametrize(
    ("headings", "table"),
    [
        (["权利人", "证件号", "宗地面积", "批准面积", "取得方式"], "right"),
        (["ZDDM", "QLRMC", "ZDMJ", "QLXZ"], "parcel"),
        (["户号", "姓名", "公民身份号码", "与户主关系", "死亡日期"], "person"),
        (["姓名", "身份证号", "村集体", "成员起始日期"], "member"),
        (["姓名", "证件号码", "救助类别"], "aid"),
        (["房主", "建成年份", "层数", "房屋结构", "鉴定等级"], "house"),
        (["BSM", "YSDM", "ZDDM", "BDCDYH", "ZDTZM", "ZL", "ZDMJ", "MJDW", "YT", "QLLX", "QLXZ"], "parcel"),
        (["BSM", "BDCDYH", "ZDDM", "ZRZH", "JGRQ", "JZWGD", "ZZDMJ", "SCJZMJ", "ZCS", "DSCS", "DXCS", "GHYT", "FWJG"], "house"),
        (["ZJDDM", "ZJDPZMJ", "SFCZ", "CZMJ", "ZJDQDFS", "ZJDQDSJ"], "right"),
        (["甲", "乙"], ""),
        (["姓名", "备注"], ""),
    ],
)
def test_lists_are_told_by_their_headings(headings: list[str], table: str) -> None:
    assert match(headings, spatial=False).table == table


def test_a_field_name_that_ten_bytes_have_cut_is_known() -> None:
    assert match(["不动产单元", "调查编号", "层数"], spatial=True, shapefile=True).columns["unit_code"] == 0
    assert match(["宗地代码", "宗地面积(\ufffd", "坐落"], spatial=True, shapefile=True).columns["stated_area_m2"] == 1
    assert "unit_code" not in match(["不动产单元", "调查编号", "层数"], spatial=True).columns


def test_shapes_with_a_survey_number_alone_are_footprints() -> None:
    assert match(["标识码", "调查编号"], spatial=True).table == "footprint"


def test_headings_compare_without_units_spaces_and_width() -> None:
    assert plain(" 批准 用地面积（㎡）") == plain("批准用地面积") == plain("批准用地面积(平方米)")


def test_a_layer_name_tells_the_kind_of_a_zone() -> None:
    codes = TABLES["zone"].column("zone_kind").codes
    assert of_codes("河道管理范围_2023", codes) == "river_range" and of_codes("宗地", codes) is None
