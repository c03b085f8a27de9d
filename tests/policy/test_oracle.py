"""The vectors agree with the scalar oracle, whatever the order and the pieces, and unknowns never help."""

from __future__ import annotations

import copy
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiadi.policy.judge import Judgement, judge
from jiadi.policy.rules import BITS
from jiadi.policy.vocabulary import ZONE_KINDS

sys.path.insert(0, str(Path(__file__).parent))

import by_columns
import county as counties
import oracle

RULES = oracle.RULES
ZONES = {
    "on_farmland": "permanent_basic_farmland",
    "in_red_line": "ecological_red_line",
    "in_river_range": "river_range",
    "in_water_source": "water_source",
    "in_no_build_area": "plan_class",
    "in_road_strip": "road",
    "in_hazard_zone": "hazard",
    "in_scenic_core": "scenic_core",
}
# What each rule about a house reads, and every value that an unknown one may be.
TRUTH = (True, False)
READS: dict[str, dict[str, tuple[Any, ...]]] = {
    "built_without_approval": {"main_building": TRUTH, "has_approval": TRUTH},
    "old_house_not_removed": {"must_be_removed": TRUTH},
    "over_storeys": {"main_building": TRUTH, "storeys": (1, 3, 4, 9), "open_floor_m": (0, 300)},
    "dangerous": {"safety_grade": tuple("ABCD")},
    "idle": {"vacancy": ("in_use", "seasonal", "all_year")},
    "over_eaves_height": {"main_building": TRUTH, "eaves_height_m": (100, 3_000)},
    "fence": {"fence_kind": ("open", "hedge", "wall", "no_fence"), "fence_height_m": (10, 900)},
    "bare_wall": {"main_building": TRUTH, "facade": ("finished", "bare")},
    "style": {"main_building": TRUTH, "in_style": TRUTH},
    "derelict_outbuilding": {"main_building": TRUTH, "derelict": TRUTH},
    "heritage": {"heritage_status": counties.HERITAGE},
    "built_elsewhere": {"main_building": TRUTH, "at_approved_place": TRUTH},
    "screening_risk": {
        "masonry": ("hollow", "solid"),
        "construction": ("brick_precast", "brick"),
        "hollow_slab": TRUTH,
        "no_ties": TRUTH,
        "storeys_added": TRUTH,
    },
}
FLOORS = ("over_floor_area", "over_floor_area_above", "over_floor_area_below")
PARCEL = ("over_area", "built_more_than_approved", "held_by_non_member", *FLOORS)
HOUSEHOLD = ("several_homesteads", "household_extinct")
QUZHOU = ("over_storeys", "in_no_build_area", "over_eaves_height", "fence", "bare_wall", "style")
ZHEJIANG = ("old_house_not_removed", "in_scenic_core", "screening_risk")
HUGE = 10**9
DAYS = {day for edge in counties.BORDERS for day in (edge, edge + timedelta(days=1))}
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _days(row: dict[str, Any]) -> list[date]:
    first, last = row["built"]
    return sorted({first, last, *(day for day in DAYS if first <= day <= last)})


def _one(row: dict[str, Any], **every: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    return {name: (row[name],) if row[name] is not None else values for name, values in every.items()}


def _serves(code: str, place: str) -> bool:
    return place.startswith("3308" if code in QUZHOU else "33" if code in ZHEJIANG else "")


def house_outcome(code: str, row: dict[str, Any], zones: list[dict[str, Any]]) -> set[str]:
    if not _serves(code, row["division_code"]):
        return {"no_finding"}
    law = oracle.Law(counties.LAW, row["division_code"], counties.ON)
    if code in ZONES:
        return zone_outcome(code, row, zones, law)
    facts = _one(row, **READS[code])
    return oracle.possible(code, law, facts, _days(row))


def zone_outcome(code: str, row: dict[str, Any], zones: list[dict[str, Any]], law: oracle.Law) -> set[str]:
    kind = ZONES[code]
    near = [zone for zone in zones if (zone["house_id"], zone["zone_kind"]) == (row["id"], kind)]
    seen = [(zone, (zone["overlap_m2"],), (zone["distance_m"],)) for zone in near]
    if not row["has_footprint"] or not row[f"{kind}_layer"]:
        seen.append(({"zone_class": None, "designated_on": None}, (0, HUGE), (0, HUGE)))
    words = counties.CLASSES.get(kind, ("",))
    outcomes = []
    for zone, overlaps, distances in seen:
        facts = _one(zone, zone_class=words, designated_on=(date(1800, 1, 1), date(2100, 1, 1)))
        facts |= {"overlap_m2": overlaps, "distance_m": distances}
        outcomes.append({built: oracle.possible(code, law, facts, [built]) for built in _days(row)})
    return oracle.together(outcomes, _days(row))


def parcel_outcome(code: str, row: dict[str, Any]) -> set[str]:
    facts = _one(
        row,
        has_main_house=(True, False),
        area_m2=(1, HUGE),
        land_class=("cultivated", "other", "waste_hillside"),
        approved_area_m2=(0, 1, HUGE),
        obtained=("member", "inheritance"),
        holder_is_member=(True, False),
    )
    if code in FLOORS:
        part = code.removeprefix("over_")
        facts = _one(row, **{"has_main_house": TRUTH, f"{part}_m2": (0, HUGE), f"approved_{part}_m2": (-1, 0, 1, HUGE)})
    if code == "over_area":
        facts["standard_m2"] = (0, HUGE)
    return oracle.possible(code, oracle.Law(counties.LAW, row["division_code"], counties.ON), facts, _days(row))


def household_outcome(code: str, row: dict[str, Any]) -> set[str]:
    law = oracle.Law(counties.LAW, row["division_code"], counties.ON)
    facts = {"homesteads_counted": row["counted"], "persons_living": row["living"]}
    return oracle.possible(code, law, facts, _days(row))


def engine_sets(judgement: Judgement) -> dict[tuple[str, str], set[str]]:
    """What the engine thinks possible, by code and id; what it left out is no finding."""
    return {
        (one.rule.code, judgement.facts.ids[one.rule.subject][int(row)]): {name for name, bit in BITS.items() if int(bits) & bit}
        for one in judgement.tried
        for row, bits in zip(one.rows, one.bits, strict=True)
    }


def expected_sets(given_county: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for code in RULES:
        if code in PARCEL:
            found |= {(code, row["id"]): parcel_outcome(code, row) for row in given_county["parcel"]}
        elif code in HOUSEHOLD:
            found |= {(code, row["id"]): household_outcome(code, row) for row in given_county["household"]}
        else:
            found |= {(code, row["id"]): house_outcome(code, row, given_county["zone"]) for row in given_county["house"]}
    return found


def verdicts(given_county: dict[str, list[dict[str, Any]]], sets: dict[tuple[str, str], set[str]]) -> dict[str, str]:
    told = {}
    for row in given_county["house"]:
        outcomes = []
        for code in RULES:
            owner = row["parcel_id"] if code in PARCEL else row["household_id"] if code in HOUSEHOLD else row["id"]
            unlinked = {"no_finding", "none"} if code == "household_extinct" else {"no_finding", "unlawful"}
            outcomes.append(sets[code, owner] if owner else unlinked)
        told[row["id"]] = oracle.verdict(outcomes)
    return told


@few
@given(counties.county())
def test_vectors_agree_with_the_oracle(given_county: dict[str, list[dict[str, Any]]]) -> None:
    judgement = judge(counties.facts(given_county), counties.LAW)
    expected, told = expected_sets(given_county), engine_sets(judgement)
    for key, outcomes in expected.items():
        assert told.get(key, {"no_finding"}) == outcomes, key
    assert dict(judgement.houses.select("id", "verdict").iter_rows()) == verdicts(given_county, expected)


@few
@given(counties.county(), st.randoms(use_true_random=False))
def test_order_changes_nothing(given_county: dict[str, list[dict[str, Any]]], random: Any) -> None:
    shuffled = {subject: random.sample(rows, len(rows)) for subject, rows in given_county.items()}
    one, other = (judge(counties.facts(held), counties.LAW) for held in (given_county, shuffled))
    for name in ("houses", "findings", "unknowns", "house_findings", "house_unknowns"):
        assert getattr(one, name).equals(getattr(other, name)), name


@few
@given(counties.county())
def test_one_house_alone_is_judged_as_among_others(given_county: dict[str, list[dict[str, Any]]]) -> None:
    whole = judge(counties.facts(given_county), counties.LAW)
    for row in range(len(given_county["house"])):
        alone = judge(by_columns.part(whole.facts, row), counties.LAW)
        assert alone.houses["verdict"][0] == whole.houses["verdict"][row]
        told = engine_sets(whole)
        assert all(told[key] == outcomes for key, outcomes in engine_sets(alone).items())


LOSABLE = {
    "house": (
        *("storeys", "safety_grade", "vacancy", "has_approval", "must_be_removed", "has_footprint", "parcel_id", "household_id"),
        *("eaves_height_m", "open_floor_m", "fence_height_m", "fence_kind", "facade", "heritage_status", "masonry", "construction"),
        *counties.ANSWERS,
    ),
    "parcel": ("area_m2", "land_class", "approved_area_m2", "obtained", "holder_is_member", *counties.FLOORS),
    "zone": ("zone_class", "designated_on"),
}


@few
@given(counties.county(), st.data())
def test_an_unknown_never_makes_a_house_lawful(given_county: dict[str, list[dict[str, Any]]], data: st.DataObject) -> None:
    subject = data.draw(st.sampled_from([name for name in LOSABLE if given_county[name]]))
    names = (*LOSABLE[subject], *(f"{kind}_layer" for kind in ZONE_KINDS if subject == "house"), *(("built",) if subject != "zone" else ()))
    name = data.draw(st.sampled_from(names))
    poorer = copy.deepcopy(given_county)
    row = data.draw(st.sampled_from(poorer[subject]))
    row[name] = (date(1900, 1, 1), counties.ON) if name == "built" else None
    before, after = (judge(counties.facts(held), counties.LAW) for held in (given_county, poorer))
    was, now = engine_sets(before), engine_sets(after)
    assert all(outcomes <= now.get(key, {"no_finding"}) for key, outcomes in was.items())
    for then, later in zip(before.houses["verdict"], after.houses["verdict"], strict=True):
        assert later in (then, "to_be_verified") or (then, later) == ("to_be_verified", "unlawful")


@few
@given(counties.county(), st.sampled_from((1, 100, 5_000)))
def test_more_area_is_never_more_lawful(given_county: dict[str, list[dict[str, Any]]], more: int) -> None:
    larger = copy.deepcopy(given_county)
    for row in larger["parcel"]:
        row["area_m2"] = row["area_m2"] and row["area_m2"] + more
    small, large = (engine_sets(judge(counties.facts(held), counties.LAW)) for held in (given_county, larger))
    for code in ("over_area", "built_more_than_approved"):
        for name in ("p1", "p2"):
            was, now = (sets.get((code, name), {"no_finding"}) for sets in (small, large))
            gravest = [max(map(oracle.GRAVITY.index, outcomes)) for outcomes in (was, now)]
            mildest = [min(map(oracle.GRAVITY.index, outcomes)) for outcomes in (was, now)]
            assert gravest[0] <= gravest[1] and mildest[0] <= mildest[1]


@pytest.mark.parametrize("code", sorted(RULES))
def test_the_oracle_knows_the_shipped_rules(code: str) -> None:
    from jiadi.policy.rules import compile_rules  # noqa: PLC0415

    assert set(compile_rules(counties.LAW)) == set(RULES)
    assert code in {*ZONES, *PARCEL, *HOUSEHOLD, *READS}
