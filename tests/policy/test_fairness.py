"""Fairness: like cases that end differently are found, and why; nothing is hidden for want of a cause."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.law import load
from jiadi.policy.fairness import band, exempted, expectation, likeness
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts

ON = date(2025, 6, 30)
BANDS = band.load()
KECHENG, HANGZHOU, HEFEI = "330802001001", "330102001001", "340102001001"


def parcel(name: str, area: float, place: str = KECHENG, **more: Any) -> dict[str, Any]:
    built = date(1990, 5, 1)
    own = {"land_class": "cultivated", "has_approved_area": False, "approved_area_m2": 0.0, "has_main_house": True}
    return {"id": name, "division_code": place, "area_m2": area, "built_first": built, "built_last": built, **own, **more}


def judged(
    parcels: list[dict[str, Any]], houses: list[dict[str, Any]] | None = None, zones: list[dict[str, Any]] | None = None
) -> Judgement:
    frames = {"parcel": pl.DataFrame(parcels), "house": pl.DataFrame(houses or [{"id": "h", "division_code": KECHENG}])}
    if zones:
        frames["zone"] = pl.DataFrame(zones)
    return judge(Facts.from_frames(ON, frames), load("zhejiang"))


def groups(judgement: Judgement, scope: str) -> list[dict[str, Any]]:
    return likeness.find(judgement, BANDS).groups.filter(pl.col("scope") == scope).to_dicts()


def test_a_fact_that_crosses_the_limit_inside_its_band_is_named() -> None:
    (group,) = groups(judged([parcel("a", 124.99), parcel("b", 125.01), parcel("c", 125.00)]), "over_area")
    assert (group["size"], group["outcomes"], group["counts"]) == (3, ["no_finding", "can_be_regularised/regularise"], [2, 1])
    assert group["cause"] == "fact"
    assert (group["differing"], group["least"], group["most"]) == (["parcel area_m2"], [12499], [12501])


def test_cases_that_end_alike_are_no_group() -> None:
    assert groups(judged([parcel("a", 124.00), parcel("b", 124.50), parcel("far", 300.0)]), "over_area") == []


def test_another_places_law_is_a_cause_of_its_own() -> None:
    facts = judged([parcel("a", 130.0), parcel("b", 130.0, HEFEI)])
    (group,) = groups(facts, "over_area")
    assert (group["cause"], group["differing"]) == ("place", [])


def test_an_unknown_fact_is_like_no_known_one() -> None:
    assert groups(judged([parcel("a", 130.0), parcel("b", 130.0, land_class=None)]), "over_area") == []
    both = judged([parcel("a", 130.0, land_class=None), parcel("b", 130.0, land_class=None)])
    assert groups(both, "over_area") == []
    compared = likeness.find(both, BANDS).compared.filter(scope="over_area")
    assert compared["alike"].to_list() == [2]


def house(name: str, built: date) -> dict[str, Any]:
    return {
        "id": name,
        "division_code": KECHENG,
        "built_first": built,
        "built_last": built,
        "has_footprint": True,
        "permanent_basic_farmland_layer": True,
    }


def zone(name: str, beside: str) -> dict[str, Any]:
    held = {"zone_kind": "permanent_basic_farmland", "overlap_m2": 50.0, "designated_on": date(2006, 6, 1)}
    return {"id": name, "house_id": beside, **held}


def test_an_exception_is_a_cause_and_is_counted() -> None:
    houses = [house("older", date(2006, 5, 31)), house("younger", date(2006, 6, 1))]
    judgement = judged([parcel("a", 100.0)], houses, [zone("z1", "older"), zone("z2", "younger")])
    (group,) = groups(judgement, "on_farmland")
    assert (group["cause"], group["outcomes"]) == ("exception", ["no_finding", "unlawful/demolish"])
    used = exempted.used(judgement)
    assert used.select("id", "code", "label", "effect").rows() == [("older", "on_farmland", "built_before_designation", "no_finding")]
    (village,) = exempted.by_village(judgement, used).to_dicts()
    assert (village["division_code"], village["used"], village["of"], village["share"]) == (KECHENG, 1, 2, 0.5)


def test_what_no_recorded_fact_tells_apart_stands_first() -> None:
    parcels = [parcel("a", 130.0), parcel("b", 130.0), parcel("c", 124.99), parcel("d", 125.01)]
    judgement = judged(parcels)
    bent = judgement.findings.with_columns(pl.when(pl.col("id") == "b").then(pl.lit("keep")).otherwise("remedy").alias("remedy"))
    judgement.__dict__["findings"] = bent
    first, *_ = groups(judgement, "over_area")
    assert (first["cause"], first["differing"], sorted(first["outcomes"])) == (
        "not_recorded",
        [],
        ["can_be_regularised/keep", "can_be_regularised/regularise"],
    )


def test_members_are_listed_with_their_outcome() -> None:
    members = likeness.find(judged([parcel("a", 124.99), parcel("b", 125.01)]), BANDS).members
    assert members.select("subject", "id", "division_code", "outcome").rows() == [
        ("parcel", "a", KECHENG, "no_finding"),
        ("parcel", "b", KECHENG, "can_be_regularised/regularise"),
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.permutations([120.0, 124.99, 125.0, 125.01, 127.0, 300.0]),
    st.lists(st.sampled_from((KECHENG, HANGZHOU, HEFEI)), min_size=6, max_size=6),
)
def test_the_order_of_the_rows_tells_nothing(areas: list[float], places: list[str]) -> None:
    rows = [parcel(f"p{area}", area, place) for area, place in zip(sorted(areas), places, strict=True)]
    shuffled = [next(row for row in rows if row["area_m2"] == area) for area in areas]
    one, other = (likeness.find(judged(order), BANDS) for order in (rows, shuffled))
    assert one.groups.equals(other.groups) and one.members.equals(other.members) and one.compared.equals(other.compared)


def test_a_village_with_more_than_expected_stands_out() -> None:
    even = [
        parcel(f"{place}-{number}", 300.0 if number < share else 100.0, place)
        for place, share in (("330802001001", 40), ("330802001002", 2))
        for number in range(100)
    ]
    table = expectation.of_villages(judged(even), BANDS).filter(pl.col("code") == "over_area", pl.col("measure") == "finding")
    rows = {row["division_code"]: row for row in table.to_dicts()}
    assert {code: (row["subjects"], row["found"], row["expected"]) for code, row in rows.items()} == {
        "330802001001": (100, 40, pytest.approx(21.0)),
        "330802001002": (100, 2, pytest.approx(21.0)),
    }
    assert (rows["330802001001"]["stands_out"], rows["330802001002"]["stands_out"]) == ("more", "fewer")


def test_expectation_is_by_period_of_building() -> None:
    """A village of old houses is not blamed for what all old houses have."""
    old, young = (
        {"built_first": date(1990, 1, 1), "built_last": date(1990, 1, 1)},
        {"built_first": date(2010, 1, 1), "built_last": date(2010, 1, 1)},
    )
    rows = [parcel(f"a{n}", 300.0, "330802001001", **old) for n in range(60)] + [
        parcel(f"b{n}", 100.0, "330802001002", **young) for n in range(60)
    ]
    table = expectation.of_villages(judged(rows), BANDS).filter(pl.col("code") == "over_area", pl.col("measure") == "finding")
    assert table.select("division_code", "found", "expected", "stands_out").rows() == [("330802001001", 60, pytest.approx(60.0), None)]


def test_villages_in_which_nothing_can_be_decided_stand_out() -> None:
    blind = [parcel(f"a{n}", 130.0, "330802001001", land_class=None) for n in range(60)]
    seen = [parcel(f"b{n}", 100.0, "330802001002") for n in range(600)]
    table = expectation.of_villages(judged(blind + seen), BANDS).filter(pl.col("code") == "over_area", pl.col("measure") == "undecided")
    assert {row["division_code"]: row["stands_out"] for row in table.to_dicts()}["330802001001"] == "more"


def test_limits_hold_the_count() -> None:
    counts = np.arange(0, 500, dtype=np.int64)
    low, high = expectation.limits(counts, 3.09)
    assert (low <= counts).all() and (high > counts).all()
    assert (np.diff(low) >= 0).all() and (np.diff(high) > 0).all()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("odd: 1", "its keys are"),
        ("- 1", "its keys are"),
        ("widths: {storeyz: 1}", "widths names facts"),
        ("widths: {area_m2: 0}", "the width of area_m2"),
        ("widths: {area_m2: 0.001}", "the width of area_m2"),
        ("widths: {area_m2: true}", "the width of area_m2"),
        ("days: 0", "whole number of years"),
        ("deviations: wide", "between 1 and 10"),
        ("widths: [", "cannot be read"),
    ],
)
def test_bad_bands_are_refused(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "bands.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=why):
        band.load(path)


def test_bands_of_ones_own_replace_the_shipped_ones(tmp_path: Path) -> None:
    path = tmp_path / "bands.yaml"
    path.write_text("widths: {area_m2: 0.01}\n", encoding="utf-8")
    own = band.load(path)
    assert (own.widths["area_m2"], own.widths["distance_m"], own.years) == (1, 200, 5)
    assert likeness.find(judged([parcel("a", 124.99), parcel("b", 125.01)]), own).groups.is_empty()


def test_without_a_law_nothing_is_compared() -> None:
    judgement = judge(Facts.from_frames(ON, {"parcel": pl.DataFrame([parcel("a", 130.0)]), "house": pl.DataFrame([house("h", ON)])}), None)
    found = likeness.find(judgement, BANDS)
    assert found.groups.is_empty() and found.compared.is_empty() and expectation.of_villages(judgement, BANDS).is_empty()
