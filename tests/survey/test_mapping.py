"""`jiadi map`: what each column is taken for, a profile to edit, and the profile used on the next run."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.survey.check import check
from jiadi.survey.mapping import mapping, profile_text
from jiadi.survey.read import read
from jiadi.survey.read.profile import parse
from jiadi.survey.sample.generate import generate


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    generate(folder, houses=80, seed=5, dirt=0.1)
    return folder


def run(*words: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == status, result.output
    return result.output


def book(path: Path, rows: list[list[object]]) -> None:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)


def test_a_profile_of_what_was_recognised_changes_nothing(county: Path, tmp_path: Path) -> None:
    before = check(read([county]))
    run("map", county, "-o", tmp_path / "p.yaml")
    copy = tmp_path / "copy"
    shutil.copytree(county, copy)
    shutil.copy(tmp_path / "p.yaml", copy / "导入方案.yaml")
    for delivery in (check(read([county], tmp_path / "p.yaml")), check(read([copy]))):
        assert delivery.tables.keys() == before.tables.keys()
        assert all(delivery.tables[name].equals(frame) for name, frame in before.tables.items())
        # What the profile names is guessed no more, nor doubted.
        assert delivery.problems.equals(before.problems.filter(~pl.col("code").is_in(["heading_guessed", "few_columns"])))


def test_what_is_shown(county: Path) -> None:
    told = json.loads(run("map", county, "--json"))
    sheet = next(one for one in told["sheets"] if one["file"] == "审批.xlsx")
    rows = {row["heading"]: row for row in sheet["headings"]}
    assert (sheet["table"], rows["批准文号"]["column"], rows["批准文号"]["confidence"]) == ("approval", "approval_code", 1.0)
    assert rows["申请人身份证号"]["values"][0][6:14] == "********"
    ledger = next(one for one in told["sheets"] if one["file"] == "宅基地台账.xlsx")
    assert {row["heading"]: row["confidence"] for row in ledger["headings"]}["户主/证件号码"] in (0.9, 1.0)
    assert "序号" in [row["heading"] for row in ledger["headings"] if row["how"] == "unknown"]
    text = run("map", county / "审批.xlsx", "--lang", "en")
    assert "approval_code" in text and "Confidence" in text


def test_an_edited_profile_decides(tmp_path: Path) -> None:
    book(tmp_path / "农房.xlsx", [["调查编号", "产权人", "面积甲", "面积乙"], ["330802005211-00001", "张三", 100, 200]])
    (tmp_path / "profile.yaml").write_text('layers:\n  "农房.xlsx":\n    table: house\n    columns: {floor_area_m2: 面积乙}\n', "utf-8")
    assert check(read([tmp_path])).tables["house"]["floor_area_m2"].to_list() == [200.0]
    (sheet,) = mapping(read([tmp_path]))
    assert [(row.heading, row.how) for row in sheet.headings if row.column == "floor_area_m2"] == [("面积乙", "profile")]


def test_a_profile_of_other_files_does_nothing(tmp_path: Path) -> None:
    book(tmp_path / "农房.xlsx", [["调查编号", "产权人", "建筑面积"], ["330802005211-00001", "张三", 100]])
    before = check(read([tmp_path])).tables["house"]
    (tmp_path / "profile.yaml").write_text('layers:\n  "别的.xlsx":\n    table: parcel\n    columns: {location: 产权人}\n', "utf-8")
    assert check(read([tmp_path])).tables["house"].equals(before)


def test_a_bad_profile_beside_the_files_is_told(tmp_path: Path) -> None:
    book(tmp_path / "农房.xlsx", [["调查编号", "产权人", "建筑面积"], ["1", "张三", 100]])
    (tmp_path / "profile.yaml").write_text("layers: 1\n", "utf-8")
    assert "profile.yaml" in run("map", tmp_path, "--lang", "en", status=2)


def test_a_heading_that_is_one_letter_off(tmp_path: Path) -> None:
    book(tmp_path / "农房.xlsx", [["调查编号", "产权人", "建筑面枳", "建成年份"], ["330802005211-00001", "张三", 100, 1999]])
    delivery = check(read([tmp_path]))
    assert delivery.tables["house"]["floor_area_m2"].to_list() == [100.0]
    told = delivery.problems.filter(code="heading_guessed")
    assert told.select("row", "column", "level").rows() == [(1, "建筑面枳", "note")]
    (sheet,) = mapping(read([tmp_path]))
    assert {row.heading: (row.how, row.confidence) for row in sheet.headings}["建筑面枳"] == ("guessed", 0.8)


@pytest.mark.parametrize("heading", ["批准面积", "占地面积", "宗地面", "户名", "面枳"])
def test_what_is_not_guessed(heading: str, tmp_path: Path) -> None:
    """Another known heading, and words of one or two letters, are no mistakes of writing."""
    book(tmp_path / "宗地.xlsx", [["宗地代码", "权利人", "土地所有权", heading], ["330802001001JC00001", "张三", "集体", 100]])
    delivery = check(read([tmp_path]))
    assert "heading_guessed" not in delivery.problems["code"].to_list()


def test_two_columns_that_claim_one_field_are_a_question(tmp_path: Path) -> None:
    rows = [["宗地代码", "宗地面积", "土地所有权", "户主", "权利人名称"], ["330802001001JC00001", 100, "集体", "张三", "李四"]]
    book(tmp_path / "宗地.xlsx", rows)
    delivery = check(read([tmp_path]))
    assert delivery.tables["parcel"]["holder_name"].to_list() == [None]
    told = delivery.problems.filter(code="column_claimed_twice")
    assert told.select("row", "level", "value").rows() == [(1, "unknown", "户主、权利人名称")]
    assert "holder_name" in run("map", tmp_path, "--lang", "en")
    text = profile_text(mapping(read([tmp_path])), "p")
    assert "# holder_name:" in text
    (tmp_path / "profile.yaml").write_text(text.replace('# holder_name: "户主"', 'holder_name: "户主"'), "utf-8")
    settled = check(read([tmp_path]))
    assert settled.tables["parcel"]["holder_name"].to_list() == ["张三"]
    assert "column_claimed_twice" not in settled.problems["code"].to_list()


@pytest.mark.parametrize(("first", "second", "taken"), [("张三", "张三", "张三"), (None, "李四", "李四"), ("张三", None, "张三")])
def test_two_columns_that_do_not_disagree_are_none(first: str | None, second: str | None, taken: str, tmp_path: Path) -> None:
    book(
        tmp_path / "宗地.xlsx",
        [["宗地代码", "宗地面积", "土地所有权", "户主", "权利人名称"], ["330802001001JC00001", 100, "集体", first, second]],
    )
    delivery = check(read([tmp_path]))
    assert delivery.tables["parcel"]["holder_name"].to_list() == [taken]
    assert "column_claimed_twice" not in delivery.problems["code"].to_list()


@settings(deadline=None, max_examples=12)
@given(st.randoms())
def test_the_order_of_columns_changes_nothing(rng: random.Random) -> None:
    import tempfile  # noqa: PLC0415

    heads = ["调查编号", "产权人", "不动产单元号", "建筑面积", "占地面积", "层数", "建成年份", "建成月份", "房屋结构", "备注", "村代码"]
    row = ["330802005211-00001", "张三", "", "100", "60", "2", "1999", "5", "砖混", "无", "330802005211"]
    order = list(range(len(heads)))
    rng.shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_text(",".join(heads[k] for k in order) + "\n" + ",".join(row[k] for k in order) + "\n", "utf-8")
        (sheet,) = mapping(read([Path(folder)]))
    names = ["survey_code", "owner_name", "unit_code", "floor_area_m2", "base_area_m2", "storeys"]
    names += ["built_year", "built_month", "structure", "village_code"]
    known = [head for head in heads if head != "备注"]
    assert {one.heading: one.column for one in sheet.headings if one.column} == dict(zip(known, names, strict=True))


def test_every_section_is_a_profile(tmp_path: Path) -> None:
    generate(tmp_path, houses=80, seed=5)
    text = profile_text(mapping(read([tmp_path])), "县")
    profile = parse(yaml.safe_load(text), Path("p.yaml"))
    assert "宅基地台账.xlsx" in profile.rules  # a sheet a village, all alike: one section


@pytest.mark.parametrize("name", ["profile.txt", "."])
def test_where_a_profile_cannot_be_written(name: str, county: Path, tmp_path: Path) -> None:
    run("map", county / "审批.xlsx", "-o", tmp_path / name, status=2)


def test_nothing_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", "utf-8")
    run("map", tmp_path, status=3)
    run("map", tmp_path / "gone.csv", status=2)
    assert pl.DataFrame(json.loads(run("map", tmp_path, "--json", status=3))["not_taken"]).height == 1
