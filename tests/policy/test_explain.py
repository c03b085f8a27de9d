"""Explanations: every figure with its source, the first condition that does not hold, and what is open."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from deliveries import HOUSE, LISTS, PAIRED, gathered

from jiadi.law import load
from jiadi.policy.explain import Explanation, explain, render
from jiadi.policy.judge import Judgement, judge

LAW = load("quzhou")
RIGHT = LISTS["right"][0] | {"approved_area_m2": 110.0}
LARGE = {"parcel": [LISTS["parcel"][0] | {"stated_area_m2": 150.5}], "right": [RIGHT]}
YOUNG = [HOUSE | {"built_year": 2022, "built_month": 5, "storeys": 4, "safety_grade": "A", "vacancy": "in_use"}]


def explained(lang: str = "zh", law: Any = LAW, house: str = "h", **changes: Any) -> Explanation:
    return explain(judge(gathered(**changes), law), law, house, lang)


def test_a_finding_is_told_with_its_arithmetic_and_its_clause() -> None:
    told = explained(lists=LARGE, houses=YOUNG)
    assert (told.verdict, told.verdict_title) == ("unlawful", "违法")
    over = next(found for found in told.findings if found.code == "over_area")
    assert (over.measured, over.limit, over.excess) == ("150.50平方米", "140.00平方米", "10.50平方米")
    assert (over.limit_name, over.limit_place, over.limit_since) == ("宅基地面积标准", "浙江省", "2021-11-01")
    assert over.clause == "《浙江省土地管理条例》第五十五条"
    assert over.verify is False
    assert over.message.endswith("超出10.50平方米。")
    storeys = next(found for found in told.findings if found.code == "over_storeys")
    assert storeys.verify
    assert storeys.verify_note


def test_a_rule_that_found_nothing_says_the_first_condition_that_does_not_hold() -> None:
    told = {other.code: other for other in explained(houses=[YOUNG[0] | {"storeys": 3}]).others}
    assert told["over_area"].reason == "condition"
    assert "宅基地面积标准（140.00平方米）" in told["over_area"].term
    assert told["over_area"].margin == "20.00平方米"
    assert told["built_without_approval"].term == "有用地审批或台账批准面积"
    assert told["over_storeys"].margin == "0层"
    assert told["on_farmland"].reason == "no_zone"
    assert told["dangerous"].term == "房屋安全鉴定等级（A级）为C级、D级"


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"houses": [HOUSE | {"storeys": 9}]}, "over_storeys", "not_in_force"),
        ({"lists": {"right": [RIGHT | {"obtained": "inheritance"}], "member": []}}, "held_by_non_member", "exception"),
        ({"houses": [HOUSE | {"built_year": 1970}], "lists": LARGE}, "over_area", "period"),
        ({"houses": [HOUSE | {"use": "annex"}]}, "over_area", "fact"),
    ],
)
def test_other_reasons(changes: dict[str, Any], code: str, reason: str) -> None:
    told = {other.code: other for other in explained(**changes).others}
    assert told[code].reason == reason
    assert told[code].term


def test_what_is_open_says_what_would_settle_it() -> None:
    told = explained(coverage=[], lists={"right": [RIGHT | {"approved_area_m2": None}]})
    unknown = {one.code: one for one in told.unknowns}
    assert told.verdict == "to_be_verified"
    assert unknown["built_without_approval"].needs == ("approval_coverage",)
    assert unknown["built_without_approval"].needs_titles == ("覆盖当地和建成年份的审批台账",)
    assert unknown["on_farmland"].needs == ("permanent_basic_farmland_layer",)
    assert unknown["built_without_approval"].touches_verdict
    assert not unknown["dangerous"].touches_verdict
    assert not {one.code for one in told.others} & set(unknown)


def test_a_house_without_parcel_says_so_for_every_rule_about_parcels() -> None:
    told = explained(pairs=[pair for pair in PAIRED if pair[0] != "house_parcel"])
    assert {one.code for one in told.unknowns if one.needs == ("parcel_link",)} >= {
        "over_area",
        "built_more_than_approved",
        "held_by_non_member",
    }
    assert told.parcel == ""


def test_inputs_name_file_sheet_and_row() -> None:
    told = {(one.subject, one.fact): one for one in explained().inputs}
    area = told["parcel", "approved_area_m2"]
    assert (area.value, area.file, area.sheet, area.row) == ("110.00平方米", "right.xlsx", "right", 2)
    assert told["house", "built"].value == "2010年"
    assert told["house", "road_layer"].value == "已覆盖当地"
    assert ("house", "approvals_first") not in told


def test_where_no_set_covers_the_place_everything_is_to_be_verified() -> None:
    told = explained(law=None)
    assert told.verdict == "to_be_verified"
    assert [(one.code, one.needs) for one in told.unknowns] == [("no_law_set", ("law_set",))]
    assert "尚无规则集" in render(told, "zh")
    elsewhere = explained(houses=[HOUSE | {"division_code": None}])
    assert "no_law_set" in {one.code for one in elsewhere.unknowns}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_holds_everything_that_is_told(lang: str) -> None:
    told = explained(lang, lists=LARGE, houses=YOUNG, coverage=[])
    text = render(told, lang)
    shown = [told.verdict_title, *(found.message for found in told.findings), *(found.clause for found in told.findings)]
    shown += [title for one in told.unknowns for title in one.needs_titles] + [one.title for one in told.others]
    assert [part for part in shown if part not in text] == []
    assert "{" not in text
    assert "None" not in text
    json.dumps(told.as_dict())


def test_a_judgement_that_was_kept_explains_the_same(tmp_path: Path) -> None:
    judgement = judge(gathered(lists=LARGE, houses=YOUNG), LAW)
    judgement.save(tmp_path)
    back = Judgement.load(tmp_path)
    for name in ("houses", "findings", "unknowns", "house_findings", "house_unknowns"):
        assert getattr(back, name).equals(getattr(judgement, name)), name
    assert explain(back, LAW, "h", "zh") == explain(judgement, LAW, "h", "zh")


def test_a_house_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyError):
        explained(house="x")


def test_findings_are_counted_once_and_taken_in_by_each_house() -> None:
    shed = YOUNG[0] | {"id": "i", "use": "annex", "storeys": 1}
    pairs = [*PAIRED, ("house_parcel", "i", "p"), ("house_household", "i", "f")]
    judgement = judge(gathered(lists=LARGE, houses=[*YOUNG, shed], pairs=pairs), LAW)
    assert judgement.findings.filter(pl.col("code") == "over_area").height == 1
    taken = judgement.house_findings.filter(pl.col("code") == "over_area")
    assert taken["house_id"].to_list() == ["h", "i"]
    assert judgement.houses["verdict"].to_list() == ["unlawful", "unlawful"]
