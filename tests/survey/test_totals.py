"""Totals that a sheet states of its own rows, held against them; and what is not known is said beside a sum."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.survey import totals
from jiadi.survey.check import check
from jiadi.survey.read import read
from jiadi.survey.sample import generate

VILLAGE, OTHER = "330802005211", "330802009202"
HEAD = ["序号", "宗地代码", "户主姓名", "宅基地面积", "批准面积", "取得方式", "村代码"]
Row = list[object]
Line = tuple[str, str, float | None, float | None, int]


def held(serial: int, area: object, approved: object = None, village: str = VILLAGE) -> Row:
    """A row of the ledger."""
    return [serial, f"330802001001JC{serial:05d}", f"张{serial}", area, approved, "继承", village]


def total(label: str, area: object, approved: object = None) -> Row:
    """A row of totals."""
    return [label, None, None, area, approved, None, None]


def book(path: Path, rows: list[Row], sheet: str = "台账") -> Path:
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    page = made.active
    page.title = sheet
    for row in rows:
        page.append(row)
    made.save(path)
    return path


def stated(*paths: Path) -> list[Line]:
    """Measure, name, what was read, what is stated and the rows unknown, of each total of a sheet in the order of its place."""
    found = totals.totals(check(read(list(paths))))
    rows = found.filter(found["row"].is_not_null()).sort("file", "sheet", "row", "measure")
    return rows.select("measure", "source", "delivered", "stated", "unknown").rows()


def test_parts_and_the_whole_are_held_against_their_own_rows(tmp_path: Path) -> None:
    rows = [held(1, 100), held(2, 50.5), total("小计", 150.5), held(3, 30), total("小计", 31), held(4, 20), total("合计", 200.5)]
    assert stated(book(tmp_path / "a.xlsx", [HEAD, *rows])) == [
        ("stated_area_m2", "小计", 150.5, 150.5, 0),
        ("stated_area_m2", "小计", 30.0, 31.0, 0),
        ("stated_area_m2", "合计", 200.5, 200.5, 0),
    ]


def test_a_total_of_totals_sums_all_that_stands_above(tmp_path: Path) -> None:
    rows = [held(1, 10), total("余东村合计", 10), held(2, 20), total("余西村合计", 20), total("合计", 30)]
    rows += [held(3, 5), total("本页小计", 5), held(4, 6), total("本页小计", 6), total("累计", 41), total("总计", 40)]
    assert [(line[1], line[2]) for line in stated(book(tmp_path / "a.xlsx", [HEAD, *rows]))] == [
        ("余东村合计", 10), ("余西村合计", 20), ("合计", 30), ("本页小计", 5), ("本页小计", 6), ("累计", 41), ("总计", 41),
    ]  # fmt: skip


def test_totals_above_their_rows(tmp_path: Path) -> None:
    rows = [total("合计", 60), total("小计", 30), held(1, 10), held(2, 20), total("小计", 30), held(3, 30)]
    assert [(line[1], line[2], line[3]) for line in stated(book(tmp_path / "a.xlsx", [HEAD, *rows]))] == [
        ("合计", 60, 60), ("小计", 30, 30), ("小计", 30, 30),
    ]  # fmt: skip


def test_figures_with_units_or_full_width_and_what_is_not_known(tmp_path: Path) -> None:
    """A blank, an unreadable cell and a refused row are no nought: they are counted beside the sum."""
    rows = [held(1, "100㎡", 90), held(2, None, "约80"), held(3, 20, None), [4, None, None, 7, 7, "继承", VILLAGE]]
    assert stated(book(tmp_path / "a.xlsx", [HEAD, *rows, total("合 计：", "１２０㎡", "1,170平方米")])) == [
        ("approved_area_m2", "合计", 90.0, 1170.0, 3),
        ("stated_area_m2", "合计", 120.0, 120.0, 2),
    ]
    assert stated(book(tmp_path / "a.xlsx", [HEAD, held(1, None), total("合计", 0)])) == [("stated_area_m2", "合计", None, 0.0, 1)]
    assert stated(book(tmp_path / "a.xlsx", [HEAD, held(1, 5), total("合计", "见附表")])) == [("stated_area_m2", "合计", 5.0, None, 0)]


@pytest.mark.parametrize(("label", "cell", "said"), [("合计2宗", None, 2), ("合计", "3宗", 3), ("合计2", None, 2), ("合计", "2户", None)])
def test_rows_that_a_total_counts(label: str, cell: object, said: int | None, tmp_path: Path) -> None:
    """A ledger is one of homesteads: how many households it has is another question than how many rows."""
    last: Row = [label, cell, None, None, None, None, None]
    found = stated(book(tmp_path / "a.xlsx", [HEAD, held(1, 5), held(2, 6), last]))
    assert found == ([] if said is None else [("rows", "合计", 2.0, float(said), 0)])


def places(path: Path) -> list[tuple[str, str]]:
    """Code and name of the division of each total."""
    found = totals.totals(check(read([path])))
    return found.filter(found["row"].is_not_null()).sort("row").select("division_code", "division").rows()


def test_a_total_is_that_of_the_village_township_or_county_of_its_rows(tmp_path: Path) -> None:
    rows = [
        held(1, 5),
        total("小计", 5),
        held(2, 5, village=f"{VILLAGE[:9]}210"),
        total("合计", 10),
        held(3, 5, village=OTHER),
        total("总计", 15),
    ]
    codes = [code for code, _ in places(book(tmp_path / "a.xlsx", [HEAD, *rows]))]
    assert codes == [VILLAGE, "330802005000", "330802000000"]
    bare = [[*HEAD[:6]], held(1, 5)[:6], total("余西村小计", 5)[:6], held(2, 5)[:6], total("小计", 5)[:6]]
    assert places(book(tmp_path / "a.xlsx", bare, "余东村")) == [("", "余西村"), ("", "余东村")]


def test_a_total_that_differs_is_told_and_marked_in_the_workbook(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = [held(1, 100), held(2, None), total("小计", "130㎡"), held(3, 20.004), total("小计", 20.01), total("合计", 150)]
    book(tmp_path / "in" / "台账.xlsx", [["台账"], HEAD, *rows])
    ran = CliRunner().invoke(app, ["check", str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    lines = [json.loads(line) for line in (tmp_path / "out" / "problems.jsonl").read_text("utf-8").splitlines()]
    told = [(line["row"], line["column"], line["value"], line["level"]) for line in lines if line["code"] == "total_differs"]
    assert told == [(5, "宅基地面积", "130㎡", "note"), (8, "宅基地面积", "150", "note")]  # a difference in rounding is shown, and not told
    assert "小计 130㎡ ≠ 100 + 1 × ?" in lines[0]["message"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["problems"]["total_differs"] == 2
    shown = [(one["row"], one["stated"], one["delivered"], one["difference"], one["unknown"]) for one in summary["reconciliation"]]
    assert shown == [(5, 130.0, 100.0, -30.0, 1), (7, 20.01, 20.0, -0.01, 0), (8, 150.0, 120.0, -30.0, 1)]
    sheet = openpyxl.load_workbook(tmp_path / "out" / "problems.xlsx")["对账"]
    last = [row[4:] for row in sheet.iter_rows(min_row=2, values_only=True) if row[9]]
    assert (100, 130, -30, 1, "小计", "台账.xlsx", "台账", 5, "宅基地面积") in last
    page = openpyxl.load_workbook(tmp_path / "out" / "returned" / "台账.xlsx")["台账"]
    assert (
        "100 + 1 × ?" in page["D5"].comment.text
        and page["D5"].fill.fgColor.rgb == page["D8"].fill.fgColor.rgb != page["D7"].fill.fgColor.rgb
    )


def test_a_sum_by_division_says_what_it_lacks(tmp_path: Path) -> None:
    """Nothing known is not nought, and rows of no known village lie in a line of their own."""
    rows = [held(1, 100), held(2, None), held(3, None, village=OTHER), held(4, 50, village="")]
    found = totals.totals(check(read([book(tmp_path / "a.xlsx", [HEAD, *rows])])))
    areas = found.filter(measure="stated_area_m2").select("division_code", "delivered", "unknown").rows()
    assert {code: (read_, lacking) for code, read_, lacking in areas} == {
        "": (50.0, 0), VILLAGE: (100.0, 1), OTHER: (None, 1), "330802005000": (100.0, 1), "330802009000": (None, 1),
        "330802000000": (100.0, 2), "330800000000": (100.0, 2),
    }  # fmt: skip


def test_each_list_that_was_handed_in_is_counted(tmp_path: Path) -> None:
    (tmp_path / "名册.csv").write_text(f"姓名,身份证号,村集体,成员起始日期,村代码\n张三,,余东村,2020-01-01,{VILLAGE}\n", "utf-8")
    (tmp_path / "清单.yaml").write_text('stated_totals:\n  - {list: member, division: "330802", total: 7}\n', "utf-8")
    found = totals.totals(check(read([tmp_path]))).filter(division_code="330802000000").row(0, named=True)
    assert (found["delivered"], found["stated"], found["difference"]) == (1.0, 7.0, -6.0)


def test_totals_of_an_invented_county_agree(tmp_path: Path) -> None:
    generate(tmp_path, 200, seed=3)
    delivery = check(read([tmp_path]))
    sums = totals.totals(delivery)
    assert sums.filter(sums["row"].is_not_null()).height > 1 and totals.told(delivery).is_empty()
