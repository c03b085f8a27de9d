"""Facts that not every survey asks for: a column that no list has sets its rule aside, a blank in one leaves it open."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from jiadi.law import load
from jiadi.policy import facts
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts

sys.path.insert(0, str(Path(__file__).parent))

import deliveries

LAW = load("quzhou")
OPTIONAL = {"over_eaves_height", "fence", "bare_wall", "style", "derelict_outbuilding", "heritage", "built_elsewhere", "screening_risk"}
FLOORS = ("over_floor_area", "over_floor_area_above", "over_floor_area_below")


def built(house: dict[str, Any] | None = None, **lists: list[dict[str, Any]]) -> Facts:
    coverage = tuple(entry for entry in deliveries.COVERAGE if entry.kind != "scenic_core")
    delivery, linked = deliveries.delivered(lists, ({**deliveries.HOUSE, **(house or {})},), coverage=coverage)
    return facts.build(delivery, linked, None, None, deliveries.ON)


def judged(house: dict[str, Any] | None = None, **lists: list[dict[str, Any]]) -> Judgement:
    return judge(built(house, **lists), LAW)


def test_what_nobody_asks_is_set_aside_and_said() -> None:
    judgement = judged({"built_year": 2022})
    assert OPTIONAL | {"in_scenic_core", *FLOORS} == set(judgement.unasked)
    assert judgement.unasked["over_eaves_height"] == ["eaves_height_m"]
    assert judgement.unasked["in_scenic_core"] == ["scenic_core_layer"]
    assert not set(judgement.unknowns["code"]) & set(judgement.unasked)


def test_a_blank_in_a_column_that_is_there_leaves_the_house_open() -> None:
    rows = [{**deliveries.HOUSE, "id": name, "built_year": 2022, "eaves_height_m": height} for name, height in (("h", None), ("i", 9.0))]
    lists = {"right": [{**deliveries.LISTS["right"][0], "approved_area_m2": 135.0}]}
    pairs = (*deliveries.PAIRED, ("house_parcel", "i", "p"), ("house_household", "i", "f"))
    delivery, linked = deliveries.delivered(lists, rows, pairs)
    judgement = judge(facts.build(delivery, linked, None, None, deliveries.ON), LAW)
    assert "over_eaves_height" not in judgement.unasked
    assert judgement.unknowns.filter(pl.col("code") == "over_eaves_height").rows() == [
        ("house", "h", "over_eaves_height", "eaves_height_m")
    ]
    assert judgement.houses["verdict"].to_list() == ["to_be_verified", "lawful"]


@pytest.mark.parametrize(
    ("house", "code", "effect"),
    [
        ({"built_year": 2022, "eaves_height_m": 10.01}, "over_eaves_height", "unlawful"),
        ({"facade": "bare"}, "bare_wall", "none"),
        ({"in_style": "no"}, "style", "none"),
        ({"use": "annex", "derelict": "yes"}, "derelict_outbuilding", "none"),
        ({"heritage_status": "registered_relic"}, "heritage", "none"),
        ({"at_approved_place": "no"}, "built_elsewhere", "can_be_regularised"),
        ({"fence_kind": "wall", "fence_height_m": 1.0}, "fence", "none"),
        (
            {"masonry": "hollow", "construction": "brick_precast", "hollow_slab": "no", "no_ties": "yes", "storeys_added": "no"},
            "screening_risk",
            "none",
        ),
        ({"built_year": 2022, "storeys": 3, "open_floor_m": 2.21}, "over_storeys", "unlawful"),
    ],
)
def test_a_column_of_the_survey_reaches_its_rule(house: dict[str, Any], code: str, effect: str) -> None:
    found = judged(house).findings.filter(pl.col("code") == code)
    assert found["effect"].to_list() == [effect]


def test_an_open_floor_that_is_not_asked_adds_no_storey() -> None:
    judgement = judged({"built_year": 2022, "storeys": 3})
    assert "over_storeys" not in {*judgement.findings["code"], *judgement.unknowns["code"], *judgement.unasked}


def approval(**own: Any) -> list[dict[str, Any]]:
    return [{"id": "a", "approval_code": "a", "parcel_code": deliveries.CODE, "approved_area_m2": 120.0, **own}]


@pytest.mark.parametrize(
    ("floor", "approved", "state", "told"),
    [
        (240.01, 240.0, "", "finding"),
        (240.0, 240.0, "", ""),
        (None, 240.0, "", "unknown"),
        (500.0, None, "", ""),
        (500.0, 240.0, "doubtful", "unknown"),
    ],
)
def test_floor_area_against_the_approval(floor: float | None, approved: float | None, state: str, told: str) -> None:
    houses = ({**deliveries.HOUSE, "floor_area_m2": floor}, {**deliveries.HOUSE, "id": "annex", "use": "annex", "floor_area_m2": 90.0})
    pair = ("approval_parcel", "a", "p", *([state] if state else []))
    lists = {"approval": approval(approved_floor_area_m2=approved)}
    pairs = (*deliveries.PAIRED, ("house_parcel", "annex", "p"), pair)
    delivery, linked = deliveries.delivered(lists, houses, pairs)
    judgement = judge(facts.build(delivery, linked, None, None, deliveries.ON), LAW)
    assert ("over_floor_area" in set(judgement.findings["code"])) == (told == "finding")
    assert ("over_floor_area" in set(judgement.unknowns["code"])) == (told == "unknown")


@pytest.mark.parametrize(
    ("house", "approved", "found", "open_ones", "aside"),
    [
        # whole, above, below, storeys below; approved whole, above, below
        ((None, 210.01, 50.0, None), (None, 210.0, 50.0), {FLOORS[1]: (1, 21_001)}, set(), set()),
        ((None, 210.0, 50.01, None), (None, 210.0, 50.0), {FLOORS[2]: (1, 5_001)}, set(), set()),
        ((None, 220.0, 30.0, None), (250.0, 210.0, 40.0), {FLOORS[1]: (1_000, 22_000)}, set(), set()),
        ((None, 220.0, 60.0, None), (None, 210.0, 50.0), {FLOORS[1]: (1_000, 22_000), FLOORS[2]: (1_000, 6_000)}, set(), set()),
        # the third follows from two, on both sides
        ((260.0, 200.0, None, None), (250.0, 200.0, None), {FLOORS[2]: (1_000, 6_000)}, set(), set()),
        ((260.0, None, None, 0), (250.0, 250.0, 0.0), {FLOORS[1]: (1_000, 26_000)}, set(), set()),
        ((None, 220.0, 60.0, None), (250.0, None, None), {FLOORS[0]: (3_000, 28_000)}, set(), set()),
        # only the whole is known on one side
        ((260.01, None, None, None), (None, 210.0, 50.0), {FLOORS[0]: (1, 26_001)}, set(), {FLOORS[1], FLOORS[2]}),
        ((260.0, None, None, 1), (None, 210.0, 50.0), {}, {FLOORS[1], FLOORS[2]}, set()),
        ((205.0, None, None, 1), (None, 210.0, 50.0), {}, {FLOORS[2]}, set()),
        # parts that contradict the whole settle nothing beyond themselves
        ((100.0, 150.0, None, None), (None, 140.0, 20.0), {FLOORS[1]: (1_000, 15_000)}, {FLOORS[2]}, set()),
        ((None, 220.0, None, None), (None, 210.0, 50.0), {FLOORS[1]: (1_000, 22_000)}, {FLOORS[2]}, {FLOORS[0]}),
    ],
)
def test_floors_above_and_below_ground_are_compared_apart(
    house: tuple[float | None, ...],
    approved: tuple[float | None, ...],
    found: dict[str, tuple[int, int]],
    open_ones: set[str],
    aside: set[str],
) -> None:
    names = ("floor_area_m2", "floor_area_above_m2", "floor_area_below_m2", "storeys_below")
    own = {**deliveries.HOUSE, "built_year": 2022, **dict(zip(names, house, strict=True))}
    granted = dict(zip(("approved_floor_area_m2", "approved_floor_area_above_m2", "approved_floor_area_below_m2"), approved, strict=True))
    pairs = (*deliveries.PAIRED, ("approval_parcel", "a", "p"))
    delivery, linked = deliveries.delivered({"approval": approval(**granted)}, (own,), pairs)
    judgement = judge(facts.build(delivery, linked, None, None, deliveries.ON), LAW)
    told = judgement.findings.filter(pl.col("code").is_in(FLOORS)).select("code", "excess", "measured")
    assert {code: (excess, measured) for code, excess, measured in told.iter_rows()} == found
    assert set(judgement.unknowns["code"]) & set(FLOORS) == open_ones
    assert set(judgement.unasked) & set(FLOORS) == aside


@pytest.mark.parametrize(
    ("written", "sizes"),
    [("4+3", [(4, 4), (3, 3), (0, 0), (0, 0)]), ("４＋３", [(4, 4), (3, 3), (0, 0), (0, 0)]), ("5人", [(5, 5), (0, 0), (0, 0), (0, 0)])],
)
def test_split_households_are_read(written: str, sizes: list[tuple[int, int]]) -> None:
    right = [{**deliveries.LISTS["right"][0], "split_persons": written}]
    columns = built(right=right).blocks["parcel"].columns
    found = [columns[f"split_{place}_persons"] for place in range(1, 5)]
    assert [(int(column.low[0]), int(column.high[0])) for column in found] == sizes


def test_a_homestead_that_is_not_split_counts_its_registered_household() -> None:
    person = deliveries.LISTS["person"][0]
    more = [{**person, "id": f"f/{name}", "name": name, "relation": "child"} for name in ("王二", "王三")]
    columns = built(person=[person, *more]).blocks["parcel"].columns
    assert columns["split_1_persons"].low.tolist() == [3] and columns["split_2_persons"].high.tolist() == [0]


def test_a_split_that_cannot_be_read_may_be_any() -> None:
    right = [{**deliveries.LISTS["right"][0], "split_persons": "4+?"}]
    column = built(right=right).blocks["parcel"].columns["split_2_persons"]
    assert column.low.tolist() == [0] and column.high[0] > 100


def test_a_household_that_its_account_says_was_parted() -> None:
    """The ledger's own word comes first; an account that has one household says no more than the register."""
    account = {"id": "n", "household_code": deliveries.LISTS["person"][0]["household_code"], "persons": 7, "split_persons": "4+3"}
    for right, sizes in (({}, [4, 3]), ({"split_persons": "2+1"}, [2, 1]), ({"split_persons": "未分户"}, [1, 0])):
        ledger = [{**deliveries.LISTS["right"][0], **right}]
        columns = built(account=[account], right=ledger).blocks["parcel"].columns
        assert [int(columns[f"split_{place}_persons"].low[0]) for place in (1, 2)] == sizes
    columns = built(account=[{**account, "persons": 7, "split_persons": None}]).blocks["parcel"].columns
    assert [int(columns[f"split_{place}_persons"].low[0]) for place in (1, 2)] == [1, 0]


def test_more_households_than_there_are_facts_leave_the_last_one_open() -> None:
    right = [{**deliveries.LISTS["right"][0], "split_persons": "4+3+2+2+1"}]
    columns = built(right=right).blocks["parcel"].columns
    assert columns["split_3_persons"].high.tolist() == [2] and columns["split_4_persons"].high[0] > 100
