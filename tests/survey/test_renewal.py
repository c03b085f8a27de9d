"""A newer delivery beside an older one: the same files change nothing, and nobody's data is mixed up."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.errors import Refusal
from jiadi.geo import write as geo_write
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, frame_schema
from jiadi.run import pipeline, store
from jiadi.survey.check import check
from jiadi.survey.check.identity import assign_ids
from jiadi.survey.read import read
from jiadi.survey.renewal import applied, compare, conflict, listed
from jiadi.survey.renewal.conflict import precedence
from jiadi.survey.sample import generate

VILLAGE = "330802001001"


def delivery(**lists: list[dict[str, Any]]) -> Delivery:
    """Lists of rows as a checked delivery."""
    made = Delivery(sources=pl.DataFrame({"source_id": [1], "file": ["a.xlsx"], "sheet": ["一"]}, schema_overrides={"source_id": pl.Int32}))
    for name, rows in lists.items():
        kinds = frame_schema(TABLES[name])
        numbered = [{**dict.fromkeys(kinds), "source_id": 1, "source_row": place + 2, **row} for place, row in enumerate(rows)]
        made.tables[name] = assign_ids(TABLES[name], pl.DataFrame(numbered, schema=kinds)).select(list(kinds))
    return made


def cells(renewal: Any) -> list[tuple[str, str, str | None, str | None]]:
    """Table, column, old and new of each change."""
    return renewal.changed.select("table", "column", "old", "new").rows()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same county clean and dirty, and the register of the clean one."""
    folder = tmp_path_factory.mktemp("county")
    generate(folder / "clean", 120, seed=5)
    generate(folder / "dirty", 120, seed=5, dirt=0.3)
    outcome = pipeline.judge([folder / "clean"])
    (folder / "out").mkdir()
    geo_write.geopackage(folder / "out" / "register.gpkg", store.register_layers(outcome))
    return folder


def test_the_same_files_change_nothing_also_against_the_register(county: Path) -> None:
    again = check(read([county / "clean"]))
    for old in (county / "out", county / "out" / "register.gpkg", again):
        renewal = compare(old, again)
        assert renewal.empty
        assert sum(counted["same"] for counted in renewal.counts().values()) == sum(
            len(frame) for frame in listed.of_delivery(again).tables.values()
        )


def test_every_cell_that_was_altered_is_told_and_no_row_is_lost(county: Path) -> None:
    dirty = check(read([county / "dirty"]))
    renewal = compare(county / "out", dirty)
    refused = Counter(str(one["table"]) for one in dirty.files for _ in range(int(str(one["refused"]))))
    for name, counted in renewal.counts().items():
        # The list of holders comes with the mistakes alone.
        added = dirty.tables[name].height if name == "holder" else 0
        assert (counted["added"], counted["removed"]) == (added, refused[name]), name
    planted = json.loads((county / "dirty" / "truth.json").read_text("utf-8"))["dirt"]
    told = set(renewal.changed.filter(pl.col("table") == "right").select("new_sheet", "new_row").rows())
    lost = {"id_check_digit", "id_from_float", "not_a_number", "out_of_range", "unknown_word", "parcel_code_invalid", "count_mismatch"}
    altered = {(one["sheet"], one["row"]) for one in planted if one["file"] == "宅基地台账.xlsx" and one["code"] in lost}
    assert altered and altered <= told


def test_a_change_names_both_places(county: Path) -> None:
    renewal = compare(county / "out", check(read([county / "dirty"])))
    one = renewal.changed.filter(pl.col("table") == "approval").row(0, named=True)
    assert one["old_file"] == one["new_file"] == "审批.xlsx"
    assert one["old_row"] == one["new_row"] > 1


def test_added_and_removed_rows() -> None:
    a, b, c = ({"name": name, "village_code": VILLAGE} for name in ("余红", "余青", "余蓝"))
    renewal = compare(delivery(member=[a, b]), delivery(member=[b, c]))
    one = renewal.tables["member"]
    assert (one.added["name"].to_list(), one.removed["name"].to_list(), cells(renewal)) == (["余蓝"], ["余红"], [])


def test_a_list_that_is_not_handed_in_again_removes_nothing() -> None:
    member = [{"name": "余红", "village_code": VILLAGE}]
    renewal = compare(delivery(member=member, aid=member), delivery(member=member))
    assert renewal.empty and renewal.tables["aid"].absent and "aid" not in renewal.counts()


def test_a_row_without_key_is_known_by_name_and_village_not_by_order() -> None:
    old = [
        {"name": name, "village_code": VILLAGE, "valid_from": date(2000, 1, day)} for day, name in enumerate(("甲", "乙", "丙"), start=1)
    ]
    new = [{**old[2], "valid_from": date(2010, 1, 1)}, old[0], old[1]]
    assert cells(compare(delivery(member=old), delivery(member=new))) == [("member", "valid_from", "2000-01-03", "2010-01-01")]


def test_namesakes_are_not_mixed_up() -> None:
    old = [{"name": "余红", "village_code": VILLAGE, "valid_from": date(2000, 1, day)} for day in (1, 2)]
    new = [{"name": "余红", "village_code": VILLAGE, "valid_from": date(2001, 1, day)} for day in (1, 2)]
    renewal = compare(delivery(member=old), delivery(member=new))
    assert cells(renewal) == []
    assert (len(renewal.tables["member"].added), len(renewal.tables["member"].removed)) == (2, 2)


def test_namesakes_of_different_number_are_different_people() -> None:
    old = [{"name": "余红", "village_code": VILLAGE, "id_number": "330802197610179867"}]
    new = [{"name": "余红", "village_code": VILLAGE, "id_number": "33080219880924071X"}]
    renewal = compare(delivery(member=old), delivery(member=new))
    assert cells(renewal) == [] and len(renewal.tables["member"].added) == 1


def test_a_number_of_15_places_is_the_same_person() -> None:
    new = [{"name": "余虹", "village_code": VILLAGE, "id_number": "330802197610179867"}]
    old = [{"name": "余红", "village_code": VILLAGE, "id_number": "330802761017986"}]
    assert [cell[1] for cell in cells(compare(delivery(member=old), delivery(member=new)))] == ["id_number", "name"]


def test_feature_codes_that_were_numbered_anew_are_not_believed() -> None:
    old = [{"feature_code": str(number), "holder_name": name, "village_code": VILLAGE} for number, name in enumerate(("甲", "乙", "丙"))]
    new = [{**row, "feature_code": str(2 - number)} for number, row in enumerate(old)]
    told = cells(compare(delivery(parcel=old), delivery(parcel=new)))
    assert {cell[1] for cell in told} == {"feature_code"}


def test_another_parcel_of_the_same_holder_is_no_change_of_the_first() -> None:
    old = [{"parcel_code": "330802001001JC00001", "holder_name": "甲", "village_code": VILLAGE}]
    new = [{"parcel_code": "330802001001JC00002", "holder_name": "甲", "village_code": VILLAGE}]
    renewal = compare(delivery(right=old), delivery(right=new))
    assert cells(renewal) == [] and len(renewal.tables["right"].removed) == 1


NAMES = st.sampled_from(["甲", "乙", "丙", "丁"])
RIGHTS = st.lists(
    st.fixed_dictionaries(
        {
            "parcel_code": st.none() | st.sampled_from([f"330802001001JC0000{number}" for number in range(4)]),
            "holder_name": st.none() | NAMES,
            "holder_id": st.none() | st.sampled_from(["330802197610179867", "330802761017986", "33080219880924071X"]),
            "stated_area_m2": st.none() | st.sampled_from([100.0, 120.0]),
            "village_code": st.none() | st.just(VILLAGE),
        }
    ),
    max_size=6,
)


def said(frame: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a list say, by id."""
    return frame.select("id", *(column.name for column in TABLES["right"].columns)).sort("id")


@given(RIGHTS, RIGHTS)
@settings(max_examples=150)
def test_the_older_list_with_the_changes_made_is_the_newer_one(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    before, after = delivery(right=old), delivery(right=new)
    renewal = compare(before, after)
    assert said(applied(listed.of_delivery(before), renewal)["right"]).equals(said(after.tables["right"]))
    one = renewal.tables["right"]
    assert len(one.paired) + len(one.removed) == len(old) and len(one.paired) + len(one.added) == len(new)
    assert one.paired["old_id"].is_unique().all() and one.paired["new_id"].is_unique().all()


@given(RIGHTS, RIGHTS, st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_the_order_of_rows_changes_nothing(old: list[dict[str, Any]], new: list[dict[str, Any]], chance: Any) -> None:
    first = compare(delivery(right=old), delivery(right=new))
    chance.shuffle(old)
    chance.shuffle(new)
    again = compare(delivery(right=old), delivery(right=new))
    for one, other in ((first.changed, again.changed), (first.tables["right"].paired, again.tables["right"].paired)):
        columns = [name for name in one.columns if not name.endswith("_row")]
        assert one.select(columns).sort(columns).equals(other.select(columns).sort(columns))


def conflicting(*folders: Path) -> pl.DataFrame:
    """Conflicts of files."""
    outcome = pipeline.judge(list(folders))
    return conflict.conflicts(outcome.delivery, outcome.linked)


def test_departments_that_disagree_are_told_with_the_one_that_comes_first(county: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    shutil.copytree(county / "clean", files)
    book = openpyxl.load_workbook(files / "宅基地台账.xlsx")
    sheet = book.worksheets[0]
    row = next(row for row in range(4, sheet.max_row) if sheet.cell(row, 2).value and sheet.cell(row, 4).value and sheet.cell(row, 5).value)
    name = sheet.cell(row, 3).value
    sheet.cell(row, 3).value = "欧阳别"
    sheet.cell(row, 5).value = 3 * float(sheet.cell(row, 5).value)
    book.save(files / "宅基地台账.xlsx")
    before, after = conflicting(county / "clean"), conflicting(files)
    new = after.join(before, on=["field", "first_id", "other_id"], how="anti").filter(pl.col("other_sheet") == sheet.title)
    told = {(one["field"], one["first_table"], one["other_table"]) for one in new.iter_rows(named=True)}
    assert told >= {("holder_name", "person", "right"), ("stated_area_m2", "parcel", "right")}
    assert set(new["other_row"]) == {row}
    named = new.filter(pl.col("field") == "holder_name")
    assert set(named["first_value"]) == {name} and set(named["other_value"]) == {"欧阳别"}


def test_the_order_of_files_plays_no_part(county: Path) -> None:
    files = sorted(path for path in (county / "dirty").iterdir() if path.suffix != ".json" and path.suffix not in (".dbf", ".shx", ".prj"))
    first, again = conflicting(*files), conflicting(*reversed(files))
    assert len(first) and first.equals(again)
    old = check(read(files))
    assert compare(old, check(read(files[::-1]))).empty


def test_precedence_is_data_in_both_languages() -> None:
    for field, rule in precedence().items():
        assert set(rule) == {"zh", "en", "order", "share", "reason_zh", "reason_en"}, field
        assert len(rule["order"]) > 1 and set(rule["order"]) <= set(TABLES), field


def test_renew_writes_changes_and_masks_numbers(county: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["renew", str(county / "out"), str(county / "dirty"), "-o", str(tmp_path / "o"), "--lang", "en"])
    assert ran.exit_code == 0, ran.output
    answer = json.loads((tmp_path / "o" / "changes.json").read_text("utf-8"))
    assert answer["tables"]["right"]["changed"] > 0 and answer["conflicts"]
    ids = [one for one in answer["changed"] if one["column"] in ("holder_id", "id_number")]
    assert ids and all("*" in value for one in ids for value in (one["old"], one["new"]) if value)
    book = openpyxl.load_workbook(tmp_path / "o" / "changes.xlsx")
    assert book.sheetnames == ["Summary", "Added", "Changed", "Removed", "Conflicts"]
    assert book["Changed"].max_row == len(answer["changed"]) + 1
    assert book["Conflicts"].max_row == sum(answer["conflicts"].values()) + 1


def test_what_is_no_earlier_result_is_refused(county: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"register\.gpkg"):
        compare(tmp_path, Delivery())
    ran = CliRunner().invoke(app, ["renew", str(tmp_path), str(county / "clean"), "-o", str(tmp_path / "o")])
    assert ran.exit_code == 2 and not (tmp_path / "o").exists()


def test_judge_lists_conflicts_beside_the_problems(county: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["judge", str(county / "dirty"), "-o", str(tmp_path / "o")])
    assert ran.exit_code == 0, ran.output
    told = json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))["conflicts"]
    book = openpyxl.load_workbook(tmp_path / "o" / "problems.xlsx")
    assert sum(told.values()) == book["部门不一致"].max_row - 1 > 0
    assert (tmp_path / "o" / "returned" / "宅基地台账.xlsx").exists()
    again = compare(tmp_path / "o", check(read([county / "dirty"])))
    assert again.empty
