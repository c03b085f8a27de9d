"""Lists held against each other, and against totals that somebody stated."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.register.tables import PROBLEMS, Delivery
from jiadi.survey import across, report, totals
from jiadi.survey.check import check
from jiadi.survey.giveback.layout import Layout
from jiadi.survey.pages import examples
from jiadi.survey.problems import levels
from jiadi.survey.read import read
from jiadi.survey.report import with_messages
from jiadi.survey.sample import generate

VILLAGE, OTHER = "330802005211", "330802009202"
A, B, C = (f"330802001001JC{number:05d}" for number in (1, 2, 3))
ID, OTHER_ID = "330802197603151233", "330802198001012118"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, *lines: str) -> None:
        (tmp_path / name).write_text("\n".join(lines) + "\n", "gb18030")

    write("宗地.csv", "宗地代码,权利人,宗地面积,土地所有权,村代码", f"{A},张三,120,集体,{VILLAGE}", f"{B},李四,100,集体,{VILLAGE}")
    held = [f"{A},张三,{ID},120,120", f"{C},王五,,90,90", f"{B},李四光,{OTHER_ID},100,100"]
    ledger = [f"{row},集体成员,{VILLAGE}" for row in held] + [f"330802001001JC00009,赵六,,90,90,集体成员,{OTHER}"]
    write("台账.csv", "宗地代码,户主姓名,证件号码,宅基地面积,批准面积,取得方式,村代码", *ledger)
    write(
        "户籍.csv", "户号,姓名,证件号码,与户主关系,村代码", f"A1,张三丰,{ID},户主,{VILLAGE}", f"A2,李四光,110101199003071030,户主,{VILLAGE}"
    )
    units = [f"{A}F00010001", f"{A}F00010001", f"{B}F99990001", f"{B}F99990001"]
    houses = [f"{VILLAGE}-{n:05d},张三,{unit},100,{VILLAGE}" for n, unit in enumerate(units)]
    write("农房调查.csv", "调查编号,产权人,不动产单元号,建筑面积,村代码", *houses)
    return tmp_path


def test_what_one_list_has_and_the_other_has_not(folder: Path) -> None:
    found = across.across(check(read([folder])))
    assert across.counts(found) == {
        "code_not_in_parcels": 1, "holder_differs": 1, "name_differs": 1, "same_name_other_id": 1, "unit_code_repeated": 2,
    }  # fmt: skip
    lacking = found.filter(code="code_not_in_parcels")
    assert lacking.select("table", "file", "row", "value").rows() == [("right", "台账.csv", 3, C)]  # the other village has no parcel at all
    assert found.filter(code="holder_differs").select("value", "other").rows() == [("李四光", "李四")]
    assert found.filter(code="name_differs").select("value", "other").rows() == [("张三", "张三丰")]
    strange = found.filter(code="same_name_other_id").row(0, named=True)
    assert strange["value"] == "330802********2118" and strange["other"] == "110101********1030"


def test_a_list_that_was_not_handed_in_lacks_nothing(folder: Path) -> None:
    for name in ("宗地.csv", "户籍.csv"):
        (folder / name).unlink()
    assert across.counts(across.across(check(read([folder])))) == {"unit_code_repeated": 2}


@pytest.fixture
def every(folder: Path) -> Path:
    """A delivery of which each question is asked."""

    def write(name: str, *lines: str) -> None:
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")

    parcels = (folder / "宗地.csv").read_text("gb18030")
    (folder / "宗地.csv").write_text(f"{parcels}330802001001JC00004,钱七,90,集体,{VILLAGE}\n", "gb18030")
    persons = (folder / "户籍.csv").read_text("gb18030")
    many = "".join(f"A9,甲{n:02d},,子女,{VILLAGE}\n" for n in range(31))
    (folder / "户籍.csv").write_text(persons + many, "gb18030")
    write("农户.csv", "农户代码,户主姓名,户内成员数,宅基地宗数,农房幢数,村代码", f"A2,李四光,3,1,1,{VILLAGE}")
    write("审批.csv", "批准文号,批准日期,宗地代码,村代码", f"甲1号,2010-05-01,{A},{VILLAGE}")
    write("房屋.csv", "调查编号,建成年份,层数,宗地代码", f"{VILLAGE}-00009,2015,2,{A}")
    write("ZTT_GY_QLR.csv", "BDCDYH,SXH,QLRMC,ZJZL,ZJH,GYFS,QLBL,BDCQZH", "330802001001JC00008F00010001,1,周八,1,,0,1,甲")
    ring = [[118.5, 28.9], [118.5005, 28.9], [118.5005, 28.9005], [118.5, 28.9005], [118.5, 28.9]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    drawn = [{"type": "Feature", "properties": {"标识码": f"b{n}", "调查编号": ""}, "geometry": shape} for n in range(2)]
    write("房屋轮廓.geojson", json.dumps({"type": "FeatureCollection", "features": drawn}))
    return folder


@pytest.mark.parametrize("code", across.CODES)
def test_each_question_is_asked_as_its_page_shows(code: str, every: Path) -> None:
    found = across.across(check(read([every])))
    assert set(found["code"]) == set(across.CODES)
    asked = found.filter(code=code).with_columns(pl.col("other").fill_null("")).select("value", "other").rows()
    assert examples()[code] and set(examples()[code]) <= set(asked)


def test_a_masked_or_unplaced_holder_of_another_name(tmp_path: Path) -> None:
    """An old number is the same number; a space, a blank name and an unknown ID are no other name; the village need not be known."""
    (tmp_path / "户籍.csv").write_text(f"户号,姓名,证件号码,与户主关系\nA1,张三,{ID},户主\n", "gb18030")
    rows = ["张山,330802760315123", f"张 三,{ID}", f",{ID}", f"张*,{ID}", f"外人,{OTHER_ID}"]
    ledger = [f"330802001001JC{n:05d},{row},120" for n, row in enumerate(rows, start=1)]
    (tmp_path / "台账.csv").write_text("\n".join(["宗地代码,户主姓名,证件号码,批准面积", *ledger]) + "\n", "gb18030")
    found = across.across(check(read([tmp_path])))
    assert found.select("code", "row", "value", "other").rows() == [("name_differs", 2, "张山", "张三")]


def test_questions_are_problems_with_level_and_place(folder: Path) -> None:
    delivery = check(read([folder]))
    said = with_messages(report.named_columns(across.told(across.across(delivery)), delivery), delivery, "zh")
    strange = said.filter(code="same_name_other_id").row(0, named=True)
    assert (strange["file"], strange["row"], strange["column"], strange["level"]) == ("台账.csv", 4, "证件号码", "note")
    assert strange["value"] == "330802********2118" and "110101********1030" in strange["message"]
    assert set(across.CODES) <= set(levels()) and {levels()[code] for code in across.CODES} == {"note"}


def test_a_question_of_a_form_stands_at_its_cell() -> None:
    headers = pl.DataFrame(
        [(1, "表.xlsx", "S", "house", "", '{"unit_code": "单元号"}')],
        schema=["source_id", "file", "sheet", "table", "sha256", "headers"],
        orient="row",
    )
    delivery = Delivery(sources=headers)
    delivery.extra["layouts"] = {("表.xlsx", "S"): Layout("workbook", 1, {"单元号": 3}, (), 5, False, {"单元号": 9})}
    row = ("表.xlsx", "S", 2, "unit_code", "unit_code_repeated", "note", "x", "2")
    named = report.named_columns(pl.DataFrame([row], schema=PROBLEMS, orient="row"), delivery)
    assert named.select("row", "column").rows() == [(9, "单元号")]


def test_order_changes_nothing(folder: Path) -> None:
    delivery = check(read([folder]))
    first = across.across(delivery)
    delivery.tables = {name: frame[::-1] for name, frame in delivery.tables.items()}
    assert across.across(delivery).equals(first)


def test_what_was_stated_is_held_against_what_was_delivered(folder: Path, tmp_path: Path) -> None:
    (folder / "清单.yaml").write_text(
        'stated_totals:\n  - {list: house, division: "330802", total: 5, source: 年报}\n'
        '  - {list: parcel, division: "330802005211", measure: stated_area_m2, total: 220}\n'
        '  - {list: member, division: "330802", total: 7}\n',
        "utf-8",
    )
    out = tmp_path / "out"
    assert CliRunner().invoke(app, ["check", str(folder), "-o", str(out)]).exit_code == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    told = {(one["table"], one["division_code"]): (one["delivered"], one["stated"], one["difference"]) for one in summary["reconciliation"]}
    assert told == {
        ("house", "330802000000"): (4.0, 5.0, -1.0),
        ("parcel", "330802005211"): (220.0, 220.0, 0.0),
        ("member", "330802000000"): (None, 7.0, None),
    }
    assert summary["across"]["holder_differs"] == 1
    book = openpyxl.load_workbook(out / "problems.xlsx")
    rows = list(book["对账"].iter_rows(values_only=True))
    assert rows[0] == (
        "表",
        "项目",
        "区划代码",
        "区划",
        "本次资料",
        "上报或合计数",
        "相差",
        "不详行数",
        "出处",
        "文件",
        "工作表",
        "行",
        "列",
    )
    assert ("房屋", "行数", "330802000000", "柯城区", 4, 5, -1, 0, "年报") in [(row[0][:2], *row[1:9]) for row in rows[1:]]
    assert {row[1] for row in book["表间核对"].iter_rows(min_row=2, values_only=True)} == set(summary["across"])


def test_a_city_that_was_counted_another_way() -> None:
    """Six counties add up to 594,950 households, and the city stated 595,553."""
    counties = {"330802": 70_000, "330803": 100_000, "330822": 90_000, "330824": 94_950, "330825": 110_000, "330881": 130_000}
    stated = [{"table": "house", "measure": "rows", "division": code, "total": float(n), "source": ""} for code, n in counties.items()]
    stated.append({"table": "house", "measure": "rows", "division": "3308", "total": 595_553.0, "source": "2019"})
    delivery = check(read([]))
    delivery.extra["stated_totals"] = stated
    delivery.tables["house"] = pl.DataFrame({"id": [str(n) for n in range(6)], "village_code": [f"{code}001001" for code in counties]})
    found = totals.totals(delivery)
    city = found.filter(division_code="330800000000", measure="rows").row(0, named=True)
    assert city["stated"] == 595_553 and city["delivered"] == 6 and city["difference"] == 6 - 595_553
    assert sum(counties.values()) == 594_950
    assert (
        found.filter(pl.col("stated").is_not_null(), measure="rows").filter(pl.col("division_code").str.slice(4, 2) != "00")["stated"].sum()
        == 594_950
    )


@pytest.mark.parametrize(
    "line",
    ["{list: barn, division: '33', total: 1}", "{list: house, division: x, total: 1}", "{list: house, division: '33', total: many}",
     "{list: house, division: '33', measure: owner_name, total: 1}", "{list: house, division: '33', total: .inf}", "[1]"],
)  # fmt: skip
def test_a_total_that_is_none_is_told(line: str, tmp_path: Path) -> None:
    (tmp_path / "清单.yaml").write_text(f"stated_totals:\n  - {line}\n", "utf-8")
    (tmp_path / "户籍.csv").write_text("户号,姓名,与户主关系\n1,张三,户主\n", "gb18030")
    assert [entry["status"] for entry in read([tmp_path]).files] == ["refused"]


def test_a_shape_that_is_drawn_twice(tmp_path: Path) -> None:
    ring = [[118.5, 28.9], [118.5005, 28.9], [118.5005, 28.9005], [118.5, 28.9005], [118.5, 28.9]]
    rings = [ring, [*ring[2:], ring[1], ring[2]], [[x + 0.001, y] for x, y in ring]]
    features = [
        {
            "type": "Feature",
            "properties": {"标识码": str(n), "调查编号": f"{VILLAGE}-{n:05d}"},
            "geometry": {"type": "Polygon", "coordinates": [one]},
        }
        for n, one in enumerate(rings)
    ]
    (tmp_path / "房屋轮廓.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    found = across.across(check(read([tmp_path])))
    assert found.select("code", "row", "other").rows() == [("shape_repeated", 1, "1 100.0%"), ("shape_repeated", 2, "0 100.0%")]


def test_a_household_of_sixty(tmp_path: Path) -> None:
    rows = [f"A,甲{n:02d},子女,{VILLAGE}" for n in range(60)] + [f"B,乙,户主,{VILLAGE}"]
    (tmp_path / "户籍.csv").write_text("\n".join(["户号,姓名,与户主关系,村代码", *rows]) + "\n", "gb18030")
    found = across.across(check(read([tmp_path])))
    assert found.select("code", "row", "value", "other").rows() == [("household_size", 2, "A", "60")]


def test_a_house_built_after_its_approval_lapsed(tmp_path: Path) -> None:
    code = "330802001001JC00001"
    (tmp_path / "审批.csv").write_text(f"批准文号,批准日期,宗地代码\n甲1号,2010-05-01,{code}\n", encoding="utf-8")
    rows = [f"{VILLAGE}-{n:05d},{year},2,{code}F0001000{n}" for n, year in enumerate((2012, 2013), start=1)]
    (tmp_path / "农房调查.csv").write_text("调查编号,建成年份,层数,不动产单元号\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = across.across(check(read([tmp_path])))
    assert found.filter(pl.col("code") == "built_after_lapse").select("row", "value", "other").rows() == [(3, "2013", "2010-05-01")]


def test_codes_that_are_asked_of_a_clean_county_are_those_that_one_list_lacks(tmp_path: Path) -> None:
    """Held against sets of codes: an invented county has homesteads that one department alone knows."""
    generate(tmp_path, 400, seed=9)
    delivery = check(read([tmp_path]))
    found = across.across(delivery)
    drawn, held = (delivery.tables[name].drop_nulls("parcel_code") for name in ("parcel", "right"))
    villages = [set(frame["village_code"]) for frame in (drawn, held)]
    lacking = {row for code, village, row in held.select("parcel_code", "village_code", "source_row").iter_rows()
               if village in villages[0] and code not in set(drawn["parcel_code"])}  # fmt: skip
    assert lacking and set(found.filter(code="code_not_in_parcels", table="right")["row"]) == lacking
    unheld = {code for code, village in drawn.select("parcel_code", "village_code").iter_rows()
              if village in villages[1] and code not in set(held["parcel_code"])}  # fmt: skip
    assert unheld and set(found.filter(code="parcel_not_in_ledger")["value"]) == unheld
    assert set(found["code"]) == {"code_not_in_parcels", "parcel_not_in_ledger", "built_after_lapse"}
