"""Facts from linked lists: what is known, what is absent inside coverage, and what is open and why."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from deliveries import CODE, COVERAGE, HOUSE, LISTS, ON, PAIRED, VILLAGE, gathered, told

from jiadi.policy.coverage import covered, covered_days
from jiadi.policy.grammar import UNBOUNDED
from jiadi.policy.table import Facts, day
from jiadi.register.tables import Coverage

RIGHT = LISTS["right"][0]
APPROVAL = {"id": "a", "approval_code": "1", "approved_area_m2": 130.0, "approved_on": date(2009, 1, 1)}
UNAPPROVED = {"right": [RIGHT | {"approved_area_m2": None}]}


def without(*names: str) -> list[Coverage]:
    return [entry for entry in COVERAGE if entry.table not in names]


def test_everything_in_order() -> None:
    facts = gathered()
    assert told(facts, "house", "has_approval") == "yes"
    assert told(facts, "house", "must_be_removed") == "no"
    assert told(facts, "house", "has_footprint") == "yes"
    assert told(facts, "house", "road_layer") == "yes"
    assert told(facts, "house", "storeys") == 2
    assert told(facts, "parcel", "has_main_house") == "yes"
    assert told(facts, "parcel", "area_m2") == 12_000
    assert told(facts, "parcel", "approved_area_m2") == 11_000
    assert told(facts, "parcel", "land_class") == "other"
    assert told(facts, "parcel", "holder_is_member") == "yes"
    assert told(facts, "household", "homesteads") == told(facts, "household", "homesteads_counted") == 1
    assert told(facts, "household", "persons_living") == 1
    year = (day(date(2010, 1, 1)), day(date(2010, 12, 31)))
    assert [told(facts, subject, "built") for subject in ("house", "parcel", "household")] == [year] * 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "no"),
        ({"lists": UNAPPROVED | {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_parcel", "a", "p")]}, "yes"),
        ({"lists": UNAPPROVED | {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_household", "a", "f")]}, "yes"),
        ({"lists": UNAPPROVED | {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_parcel", "a", "p", "doubtful")]}, "approval_link"),
        (
            {"lists": UNAPPROVED | {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_household", "a", "f", "doubtful")]},
            "approval_link",
        ),
        ({"coverage": without("approval")}, "approval_coverage"),
        ({"torn": [("right", "approved_area_m2", 2)]}, "approved_area_cell"),
        ({"pairs": [pair for pair in PAIRED if pair[0] != "house_parcel"]}, "parcel_link"),
        ({"pairs": [pair for pair in PAIRED if pair[0] != "right_parcel"]}, "right_link"),
        ({"houses": [HOUSE | {"built_year": 1980}]}, "approval_coverage"),
    ],
)
def test_has_approval(changes: dict[str, Any], expected: str) -> None:
    assert told(gathered(**{"lists": UNAPPROVED, **changes}), "house", "has_approval") == expected


@pytest.mark.parametrize(
    ("changes", "area", "has"),
    [
        ({}, 11_000, "yes"),
        ({"lists": {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_parcel", "a", "p")]}, 13_000, "yes"),
        ({"lists": {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_parcel", "a", "p", "doubtful")]}, 11_000, "yes"),
        ({"lists": UNAPPROVED}, 0, "no"),
        ({"lists": UNAPPROVED, "coverage": without("approval")}, (0, UNBOUNDED), "approval_coverage"),
        ({"lists": UNAPPROVED, "torn": [("right", "approved_area_m2", 2)]}, (0, UNBOUNDED), "approved_area_cell"),
        (
            {"lists": UNAPPROVED | {"approval": [APPROVAL]}, "pairs": [*PAIRED, ("approval_parcel", "a", "p", "doubtful")]},
            (0, 13_000),
            "approval_link",
        ),
        (
            {
                "lists": UNAPPROVED | {"approval": [APPROVAL | {"approved_area_m2": None}]},
                "pairs": [*PAIRED, ("approval_parcel", "a", "p")],
            },
            (0, UNBOUNDED),
            "approved_area_cell",
        ),
    ],
)
def test_approved_area(changes: dict[str, Any], area: Any, has: str) -> None:
    facts = gathered(**changes)
    assert (told(facts, "parcel", "approved_area_m2"), told(facts, "parcel", "has_approved_area")) == (area, has)


def test_of_several_approvals_the_latest_with_an_area_counts() -> None:
    later = [APPROVAL | {"id": "b", "approved_area_m2": 90.0, "approved_on": date(2015, 1, 1)}]
    later += [APPROVAL | {"id": "c", "approved_area_m2": None, "approved_on": date(2020, 1, 1)}]
    pairs = [*PAIRED, *(("approval_parcel", name, "p") for name in "abc")]
    assert told(gathered(lists={"approval": [APPROVAL, *later]}, pairs=pairs), "parcel", "approved_area_m2") == 9_000


@pytest.mark.parametrize(
    ("lists", "changes", "expected"),
    [
        ({}, {}, "yes"),
        ({"member": []}, {}, "no"),
        ({"member": []}, {"coverage": without("member")}, "member_coverage"),
        ({"member": [LISTS["member"][0] | {"valid_to": ON}]}, {}, "no"),
        ({"member": [LISTS["member"][0] | {"valid_from": date(2025, 7, 1)}]}, {}, "no"),
        ({"member": [LISTS["member"][0] | {"id_number": None}]}, {}, "yes"),
        ({"member": [LISTS["member"][0] | {"village_code": "330802002002"}]}, {}, "no"),
        ({"member": [LISTS["member"][0] | {"id_number": None, "village_code": None}]}, {}, "member_link"),
        ({"member": [LISTS["member"][0] | {"village_code": None}]}, {}, "yes"),
        ({"member": [LISTS["member"][0] | {"id_number": "330802700101123"}]}, {}, "yes"),
        ({"member": [LISTS["member"][0] | {"id_number": "330802198001011234"}]}, {}, "member_link"),
        ({}, {"torn": [("member", "valid_to", 2)]}, "member_link"),
        ({}, {"pairs": [pair for pair in PAIRED if pair[0] != "right_parcel"]}, "right_link"),
        (
            {"right": [RIGHT | {"holder_id": None}], "member": []},
            {"pairs": [pair for pair in PAIRED if pair[0] not in ("right_household", "member_person")]},
            "holder_identity",
        ),
        ({"right": [RIGHT | {"holder_id": None}]}, {}, "yes"),
    ],
)
def test_holder_is_member(lists: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    assert told(gathered(lists=lists, **changes), "parcel", "holder_is_member") == expected


def second(**row: Any) -> dict[str, Any]:
    parcel = LISTS["parcel"][0] | {"id": "q", "parcel_code": CODE[:-1] + "2"}
    right = RIGHT | {"id": "s", "parcel_code": CODE[:-1] + "2"} | row
    return {"parcel": [*LISTS["parcel"], parcel], "right": [RIGHT, right]}


BOTH = [*PAIRED, ("right_parcel", "s", "q"), ("right_household", "s", "f")]


@pytest.mark.parametrize(
    ("lists", "changes", "everything", "counted"),
    [
        (second(), {}, 2, 2),
        (second(obtained="inheritance"), {}, 2, 1),
        (second(obtained=None), {}, 2, (1, 2)),
        (second() | {"right": [RIGHT, RIGHT | {"id": "s", "parcel_code": CODE[:-1] + "2", "returned_parcel_code": CODE}]}, {}, 1, 1),
        (second(), {"pairs": [*BOTH[:-1], ("right_household", "s", "f", "doubtful")]}, (1, 2), (1, 2)),
        ({}, {"coverage": without("right"), "pairs": PAIRED}, (1, 1 + UNBOUNDED), (1, 1 + UNBOUNDED)),
        (second(), {"pairs": [*BOTH[:-2], ("right_parcel", "s", "p"), BOTH[-1]]}, 1, 1),
    ],
)
def test_homesteads(lists: dict[str, Any], changes: dict[str, Any], everything: Any, counted: Any) -> None:
    facts = gathered(lists=lists, **{"pairs": BOTH, **changes})
    assert (told(facts, "household", "homesteads"), told(facts, "household", "homesteads_counted")) == (everything, counted)


def test_the_latest_homestead_dates_the_household() -> None:
    later = HOUSE | {"id": "i", "built_year": 2022, "built_month": 5}
    pairs = [*BOTH, ("house_parcel", "i", "q"), ("house_household", "i", "f")]
    facts = gathered(lists=second(), houses=[HOUSE, later], pairs=pairs)
    assert told(facts, "household", "built") == (day(date(2022, 5, 1)), day(date(2022, 5, 31)))
    undated = gathered(lists=second(), pairs=BOTH)
    assert told(undated, "household", "built") == (day(date(2010, 1, 1)), day(ON))


@pytest.mark.parametrize(
    ("persons", "torn", "expected"),
    [
        ([{"died_on": date(2020, 1, 1)}], [], 0),
        ([{"valid_to": ON}], [], 0),
        ([{"died_on": date(2025, 7, 1)}], [], 1),
        ([{"died_on": date(2020, 1, 1)}, {}], [], 1),
        ([{}], [("person", "died_on", 2)], (0, 1)),
        ([{}, {}], [("person", "valid_to", 3)], (1, 2)),
    ],
)
def test_persons_living(persons: list[dict[str, Any]], torn: list[tuple[str, str, int]], expected: Any) -> None:
    rows = [LISTS["person"][0] | {"id": f"f/{number}"} | person for number, person in enumerate(persons)]
    assert told(gathered(lists={"person": rows}, torn=torn), "household", "persons_living") == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lists": {"right": [RIGHT | {"returned_parcel_code": CODE}]}}, "yes"),
        ({"lists": {"approval": [APPROVAL | {"removed_parcel_code": CODE}]}}, "yes"),
        ({"lists": {"right": [RIGHT | {"returned_parcel_code": CODE}]}, "coverage": []}, "yes"),
        ({"coverage": without("right")}, "ledger_coverage"),
        ({"coverage": without("approval")}, "approval_coverage"),
        ({"pairs": []}, "parcel_link"),
        ({"lists": {"parcel": [LISTS["parcel"][0] | {"parcel_code": None}]}}, "no"),
        ({"lists": {"parcel": [LISTS["parcel"][0] | {"parcel_code": None}]}, "coverage": []}, "ledger_coverage"),
    ],
)
def test_must_be_removed(changes: dict[str, Any], expected: str) -> None:
    assert told(gathered(**changes), "house", "must_be_removed") == expected


def test_an_outbuilding_neither_dates_its_parcel_nor_counts_as_main() -> None:
    shed = HOUSE | {"id": "i", "use": "annex", "built_year": 1970}
    facts = gathered(houses=[HOUSE, shed], pairs=[*PAIRED, ("house_parcel", "i", "p")])
    assert told(facts, "house", "main_building", 1) == "no"
    assert told(facts, "parcel", "built") == (day(date(2010, 1, 1)), day(date(2010, 12, 31)))
    assert told(gathered(houses=[shed], pairs=[("house_parcel", "i", "p")]), "parcel", "has_main_house") == "no"


def test_what_is_drawn_is_measured_and_what_is_not_is_stated() -> None:
    drawn = [LISTS["parcel"][0] | {"geometry": HOUSE["geometry"]}]
    measured = told(gathered(lists={"parcel": drawn}), "parcel", "area_m2")
    assert 10_700 < measured < 10_900 * 100
    assert measured != 12_000
    blank = [LISTS["parcel"][0] | {"stated_area_m2": None}]
    assert told(gathered(lists={"parcel": blank}), "parcel", "area_m2") == (-UNBOUNDED, UNBOUNDED)


def test_a_layer_reaches_where_it_says_and_not_with_a_lost_shape() -> None:
    assert told(gathered(coverage=without("zone")), "house", "road_layer") == "road_layer"
    lost = [{"id": "z", "zone_kind": "road", "zone_class": "county"}]
    facts = gathered(lists={"zone": lost})
    assert (told(facts, "house", "road_layer"), told(facts, "house", "hazard_layer")) == ("road_layer", "yes")
    assert told(gathered(houses=[HOUSE | {"geometry": None}]), "house", "has_footprint") == "has_footprint"


def beside(*rows: tuple[str, str | None, float, float | None, date | None]) -> pl.DataFrame:
    names = ("zone_id", "zone_class", "dissolved_overlap_m2", "dissolved_by_then_m2", "designated_on")
    table = pl.DataFrame(
        rows,
        schema={**dict.fromkeys(names[:2], pl.String), **dict.fromkeys(names[2:4], pl.Float64), "designated_on": pl.Date},
        orient="row",
    )
    return table.with_columns(
        house_id=pl.lit("h"), zone_kind=pl.lit("hazard"), overlap_m2=pl.lit(0.6), distance_m=pl.lit(None, dtype=pl.Float64)
    )


def zone_facts(facts: Facts) -> list[tuple[Any, Any]]:
    return [(told(facts, "zone", "overlap_m2", row), told(facts, "zone", "designated_on", row)) for row in range(facts.blocks["zone"].size)]


def test_zones_of_one_layer_count_once_and_from_the_day_they_were_there() -> None:
    one, other = date(2010, 1, 1), date(2015, 1, 1)
    held = gathered(zones=beside(("y", None, 1.2, 0.6, one), ("z", None, 1.2, 1.2, other)))
    assert zone_facts(held) == [(60, day(one)), (120, day(other))]
    undated = gathered(zones=beside(("y", None, 1.2, None, None)))
    assert zone_facts(undated)[0][0] == 120
    assert zone_facts(undated)[0][1][0] < day(date(1900, 1, 1))


def test_every_fact_knows_its_row() -> None:
    block = gathered().blocks
    places = {
        (subject, name): tuple(int(part[0]) for part in pair)
        for subject in block
        for name, pair in block[subject].origins.items()
        if block[subject].size
    }
    names = list(LISTS)
    assert places["parcel", "parcel"] == (names.index("parcel"), 2)
    assert places["parcel", "right"] == places["parcel", "approved_area"] == places["household", "right"] == (names.index("right"), 2)
    assert places["house", "mention"] == (-1, -1)


def test_coverage_is_by_division_kind_and_day() -> None:
    entries = [Coverage("zone", ("330802001000",), date(2000, 1, 1), date(2010, 1, 1), "road"), Coverage("approval", ("33080200",))]
    places = [VILLAGE, "330802002001", "330802000000"]
    assert covered(entries, "zone", places, kind="road").tolist() == [True, False, False, False]
    assert covered(entries, "zone", places, kind="hazard").tolist() == [False] * 4
    assert covered(entries, "zone", places, kind="road", on=date(2010, 1, 1)).tolist() == [False] * 4
    assert covered(entries, "approval", places).tolist() == [True, True, True, False]


def test_periods_that_meet_are_one() -> None:
    entries = [
        Coverage("approval", ("33",), date(1990, 1, 1), date(2000, 1, 1)),
        Coverage("approval", ("330802",), date(2000, 1, 1), date(2010, 1, 1)),
        Coverage("approval", ("3308",), date(1970, 1, 1), date(1975, 1, 1)),
    ]
    first, last = covered_days(entries, "approval", [VILLAGE], pl.Series([0, -1]).to_numpy())
    assert (first.low[0], last.low[0]) == (day(date(1990, 1, 1)), day(date(2009, 12, 31)))
    assert first.low[1] > last.low[1]
