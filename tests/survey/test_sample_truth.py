"""The answers of the sample: consistent with themselves, and with a judge of a few lines on the files."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from jiadi.survey.sample import generate, truth_rules
from jiadi.survey.sample.draw import distributions
from jiadi.survey.sample.homestead import STANDARD_M2
from jiadi.survey.sample.records import invent, write_down
from jiadi.survey.sample.truth_links import provable_links
from jiadi.survey.sample.truth_rules import HISTORIC, NO, REGULARISE, UNLAWFUL

ON = date(2025, 6, 30)
LAND = {"耕地": "cultivated", "其他土地": "other", "荒地荒坡": "waste_hillside"}
VERDICTS = {"lawful", "can_be_regularised", "historic", "unlawful", "to_be_verified"}
ALL_17 = {
    "several_homesteads", "over_area", "built_without_approval", "built_more_than_approved", "on_farmland", "in_red_line",
    "in_water_source", "in_river_range", "in_road_strip", "in_hazard_zone", "in_no_build_area", "over_storeys", "dangerous",
    "old_house_not_removed", "held_by_non_member", "household_extinct", "idle",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("truth")
    generate(path, 2000, seed=21, dirt=0.05)
    return path


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return loaded


def _sheet(path: Path, header: int) -> list[dict[str, Any]]:
    book = CalamineWorkbook.from_path(str(path))
    out = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        titles = [str(low or high).replace("地内", "地类") for high, low in zip(rows[header - 2], rows[header - 1], strict=True)]
        serial = titles[0] == "序号"
        out += [dict(zip(titles, row, strict=True)) for row in rows[header:] if not serial or isinstance(row[0], float)]
    return out


def test_every_finding_is_planted(truth: dict[str, Any]) -> None:
    assert {finding["code"] for finding in truth["findings"]} == {*ALL_17, "screening_risk", "over_floor_area"}


def test_every_house_of_the_register_has_a_verdict(folder: Path, truth: dict[str, Any]) -> None:
    surveyed = {row["调查编号"] for row in _sheet(folder / "农房调查.xlsx", 2)}
    _, drawn = pyogrio.read_arrow(folder / "房屋轮廓.geojson", read_geometry=False)
    alone = {row["标识码"] for row in drawn.to_pylist() if (row["调查编号"] or "").strip() not in surveyed}
    assert alone
    assert set(truth["verdicts"]) == surveyed | alone
    assert set(truth["verdicts"].values()) == VERDICTS
    assert set(truth["whole"]) < surveyed


def test_findings_are_of_things_that_exist(truth: dict[str, Any]) -> None:
    known = {
        "house": set(truth["verdicts"]),
        "parcel": set(truth["links"]["house_parcel"].values()),
        "household": set(truth["links"]["right_household"].values()),
    }
    assert not [finding for finding in truth["findings"] if finding["id"] not in known[finding["subject"]]]
    said = [(finding["subject"], finding["id"], finding["code"]) for finding in truth["findings"]]
    assert len(said) == len(set(said))


def test_verdicts_follow_the_order_of_gravity(truth: dict[str, Any]) -> None:
    """What is proven unlawful is unlawful whatever else is known; a lawful house has no finding but those for a remedy."""
    remedy_only = {"dangerous", "idle", "household_extinct", "in_hazard_zone", "screening_risk"}
    unlawful = {"over_storeys", "old_house_not_removed", "on_farmland", "in_red_line", "in_river_range", "in_water_source"}
    unlawful |= {"in_no_build_area", "in_road_strip"}
    found = defaultdict(set)
    for finding in truth["findings"]:
        found[finding["id"]].add(finding["code"])
    for house, verdict in truth["verdicts"].items():
        codes = found[house] | found[truth["links"]["house_parcel"].get(house, "")]
        if found[house] & unlawful:
            assert verdict == "unlawful"
        if verdict == "lawful":
            assert codes <= remedy_only


def test_over_area_against_ten_lines_on_the_files(folder: Path, truth: dict[str, Any]) -> None:
    """Parcels of which everything is known: the stated law, worked out row by row from what the files say."""
    world = invent("330802", 2000, 21)
    lists = write_down(world)
    area = dict(zip(lists["parcel"]["parcel_code"], world.homesteads.area_m2, strict=True))
    approvals = {row["宗地代码"]: row["批准用地面积(㎡)"] for row in _sheet(folder / "审批.xlsx", 1)}
    built = defaultdict(list)
    for row in _sheet(folder / "农房调查.xlsx", 2):
        built[row["不动产单元号"][:19]].append((row["建成年份"], row["房屋用途"]))
    whole = set(truth["whole"])
    houses = defaultdict(list)
    for house, parcel in truth["links"]["house_parcel"].items():
        houses[parcel].append(house)
    found = {finding["id"] for finding in truth["findings"] if finding["code"] == "over_area"}
    seen = 0
    for row in _sheet(folder / "宅基地台账.xlsx", 3):
        code = row["宗地代码"]
        mains = [year for year, use in built[code] if use not in ("附属用房", "公共")]
        granted = approvals.get(code) or row["批准面积(㎡)"]
        if not (granted and row["建前地类"] in LAND and len(mains) == 1 and len(houses[code]) == len(built[code])):
            continue
        if not (set(houses[code]) <= whole) or not isinstance(mains[0], float) or mains[0] in (1982,):
            continue
        limit = max(granted, STANDARD_M2[LAND[row["建前地类"]]])
        assert (code in found) == (area[code] > limit and mains[0] > 1982), code
        seen += code in found
    assert seen >= 3


def test_true_links_join_what_was_invented_together(truth: dict[str, Any]) -> None:
    links = truth["links"]
    assert set(links) == {
        "house_parcel", "house_household", "house_footprint", "parcel_household", "right_parcel", "right_household",
        "approval_parcel", "approval_household", "member_person", "aid_person",
    }  # fmt: skip
    assert set(links["house_parcel"]) == set(truth["verdicts"])
    for house, parcel in links["house_parcel"].items():
        assert links["house_household"].get(house) == links["parcel_household"].get(parcel)
    for right, parcel in links["right_parcel"].items():
        assert links["right_household"].get(right) == links["parcel_household"].get(parcel)
    for person in links["member_person"].values():
        assert "H" in person.split("/")[0]


def test_planted_shares_are_near_the_stated_ones() -> None:
    homesteads = invent("330802", 2000, 13).homesteads
    for plan, share in distributions()["plans"].items():
        found = homesteads.planned(plan).mean()
        assert found == pytest.approx(share, abs=4 * (share / len(homesteads.village)) ** 0.5 + 0.001), plan


def test_whatever_is_drawn_lies_in_a_parcel() -> None:
    world = invent("330802", 1500, 5)
    lists = write_down(world)
    lists["footprint"] = lists["footprint"].with_columns(
        _homestead=pl.Series(world.ground.parcel_of).gather(lists["footprint"]["_building"])
    )
    links = provable_links(lists, ON)
    drawn = links.houses.filter(pl.col("survey").is_not_null() & pl.col("footprint").is_not_null())
    on_parcel = links.house_parcel.filter("sure").filter(pl.col("left").is_in(drawn["row"].implode()))
    assert on_parcel.height == drawn.height


def _effects(low: date, high: date) -> int:
    """Every day of the interval, one by one."""
    out, day = 0, low
    while day <= high:
        if day < date(1982, 2, 13):
            out |= NO
        elif day < date(1987, 1, 1):
            out |= HISTORIC
        elif day < date(2020, 1, 1):
            out |= REGULARISE
        else:
            out |= UNLAWFUL
        day += timedelta(days=1)
    return out


@given(st.dates(date(1978, 1, 1), date(2024, 1, 1)), st.integers(0, 500))
def test_period_effect_tries_every_day(low: date, days: int) -> None:
    high = low + timedelta(days=days)
    got = truth_rules.period_effect(np.array([low], "M8[D]"), np.array([high], "M8[D]"))
    assert int(got[0]) == _effects(low, high)


@given(st.dates(date(2005, 1, 1), date(2024, 1, 1)), st.integers(0, 400), st.dates(date(2005, 1, 1), date(2024, 1, 1)))
def test_a_zone_binds_houses_built_from_its_day_on(low: date, days: int, drawn_on: date) -> None:
    since, high = date(2012, 1, 1), low + timedelta(days=days)
    every = {low + timedelta(days=step) for step in range(days + 1)}
    expected = (UNLAWFUL if any(day >= max(since, drawn_on) for day in every) else 0) | (
        NO if any(day < max(since, drawn_on) for day in every) else 0
    )
    got = truth_rules._in_zone(np.datetime64(low), np.datetime64(high), np.datetime64(drawn_on), np.datetime64(since))
    assert got == expected
    unknown = truth_rules._in_zone(np.datetime64(low), np.datetime64(high), None, np.datetime64(since))
    assert unknown == (NO if high < since else NO | UNLAWFUL)
