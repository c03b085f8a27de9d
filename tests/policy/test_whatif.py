"""A trial of changed law gives what a full judgement by an edited set gives, and leaves the judgement as it was."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.law import LawSet, load
from jiadi.law import trial as law_trial
from jiadi.policy import whatif, whatif_cause, whatif_effect, whatif_money
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts
from tests.policy import county as little
from tests.policy.edited import edited

LAW = load("quzhou")
EVER, DAYS = date(1, 1, 1), (date(1982, 2, 13), date(1987, 1, 1), date(2005, 3, 1), date(2021, 11, 1))
FIGURES: dict[str, tuple[str, tuple[tuple[str, ...], ...], tuple[Any, ...]]] = {
    "homestead_standard_m2": ("33", (("cultivated",), ("other",), ("waste_hillside",)), (0, 90, 125, 140)),
    "over_area_tolerance_m2": ("33", ((),), (0, 1, 20)),
    "overlap_tolerance_m2": ("33", ((),), (0, 5, 1000)),
    "several_homesteads_max": ("33", ((),), (0, 1)),
    "storeys_max": ("3308", ((),), (1, 2, 3)),
    "road_strip_m": ("33", (("motorway",), ("county",), ("village",)), (40, 60)),
    "period_effect": ("33", (("over_area",), ("several_homesteads",)), ("none", "historic", "can_be_regularised", "unlawful")),
    "zone_rule_in_force": ("33", (("river_range",), ("permanent_basic_farmland",)), (True, False)),
    "remedy": ("33", (("over_area", "unlawful"), ("idle", "none")), ("keep", "paid_use")),
}
FRAMES = ("houses", "findings", "unknowns", "house_findings", "house_unknowns", "proposals")


def variant(text: str, law: LawSet = LAW) -> law_trial.Variant:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changes.yaml"
        path.write_text(text, encoding="utf-8")
        return law_trial.read(path, law)[0]


def one_value(figure: str, division: str, starts: date, words: tuple[str, ...], value: Any) -> str:
    body: Any = value
    for word in reversed(words):
        body = {word: body}
    inner = {"table": body} if words else {"value": value}
    return yaml.safe_dump({"variants": {"v": {"parameters": {figure: {division: {starts: inner}}}}}})


def told(judgement: Judgement) -> list[pl.DataFrame]:
    return [getattr(judgement, name) for name in FRAMES]


def assert_same(one: Judgement, other: Judgement) -> None:
    for name in FRAMES:
        assert getattr(one, name).equals(getattr(other, name)), name
    assert np.array_equal(one.verdict, other.verdict)
    assert one.unasked == other.unasked


@settings(max_examples=60, deadline=None)
@given(little.county(), st.data())
def test_a_trial_is_a_full_judgement_by_the_edited_set(given_county: dict[str, list[little.Row]], data: st.DataObject) -> None:
    figure = data.draw(st.sampled_from(sorted(FIGURES)))
    division, cells, values = FIGURES[figure]
    words, value, starts = (data.draw(st.sampled_from(choices)) for choices in (cells, values, DAYS))
    facts = little.facts(given_county)
    changed = variant(one_value(figure, division, starts, words, value))
    base = whatif.baseline(facts, LAW)
    before = [frame.clone() for frame in told(base.judgement)]
    tried = whatif.try_law(base, changed.law, changed.changes)
    with tempfile.TemporaryDirectory() as folder:
        full = judge(facts, edited("quzhou", Path(folder) / "law", figure, division, starts, words, value))
    assert_same(tried.judgement, full)
    assert all(one.equals(other) for one, other in zip(before, told(base.judgement), strict=True))
    assert_same(base.judgement, judge(facts, LAW))


@settings(max_examples=40, deadline=None)
@given(little.county(), st.data())
def test_rules_that_are_switched(given_county: dict[str, list[little.Row]], data: st.DataObject) -> None:
    facts = little.facts(given_county)
    base = whatif.baseline(facts, LAW)
    listed = sorted({*base.judgement.findings["code"], *base.judgement.unknowns["code"]} - {"no_law_set"}) or ["idle"]
    off = data.draw(st.sets(st.sampled_from(listed), min_size=1))
    switched = dict.fromkeys(sorted(off), "off") | ({"style": "on"} if "style" in base.judgement.unasked else {})
    changed = variant(yaml.safe_dump({"variants": {"v": {"rules": switched}}}).replace("'", ""))
    tried = whatif.try_law(base, changed.law, changed.changes)
    assert_same(tried.judgement, judge(facts, changed.law))
    assert set(tried.dropped) == off
    assert not off & set(tried.judgement.findings["code"])


@pytest.mark.parametrize(("most", "verdict"), [(2, "unlawful"), (3, "to_be_verified")])
def test_what_no_longer_weighs_is_taken_away(most: int, verdict: str) -> None:
    """From unlawful back to what else is open, and the other way."""
    facts = houses(3)
    law = variant(one_value("storeys_max", "3308", date(2021, 1, 1), (), 5 - most)).law
    changed = variant(one_value("storeys_max", "3308", date(2021, 1, 1), (), most), law)
    tried = whatif.try_law(whatif.baseline(facts, law), changed.law, changed.changes)
    assert tried.judgement.houses["verdict"].to_list()[::2] == [verdict] * 2
    assert_same(tried.judgement, judge(facts, changed.law))


def test_only_rules_that_read_the_figure_run() -> None:
    base = whatif.baseline(houses(3), LAW)
    reads = {
        one_value("storeys_max", "3308", DAYS[3], (), 2): ("over_storeys",),
        one_value("period_effect", "33", DAYS[3], ("over_area",), "historic"): ("over_area",),
        one_value("zone_rule_in_force", "33", DAYS[3], ("river_range",), False): ("in_river_range",),
        one_value("remedy", "33", DAYS[3], ("idle", "none"), "keep"): ("idle",),
    }
    for text, ran in reads.items():
        changed = variant(text)
        tried = whatif.try_law(base, changed.law, changed.changes)
        assert tried.ran == ran
        again = {id(one) for one in tried.judgement.tried} - {id(one) for one in base.judgement.tried}
        assert {one.rule.code for one in tried.judgement.tried if id(one) in again} <= set(ran)
        assert [one.rule.code for one in tried.judgement.tried] == [one.rule.code for one in base.judgement.tried]


def houses(storeys: int, size: int = 4) -> Facts:
    rows = {
        "id": [f"h{number}" for number in range(size)],
        "division_code": ["330802001001", "330802002001"] * (size // 2),
        "household_id": [f"f{number // 2}" for number in range(size)],
        "built": [date(2022, 5, 1)] * size,
        "main_building": [True] * size,
        "storeys": [storeys, 1] * (size // 2),
    }
    homes = {"id": ["f0", "f1"], "division_code": ["330802001001", "330802002001"], "persons_living": [9, None]}
    return Facts.from_frames(date(2025, 6, 30), {"house": pl.DataFrame(rows), "household": pl.DataFrame(homes)})


def test_each_change_is_proven_alone() -> None:
    text = """
variants:
  v:
    parameters:
      storeys_max: {"3308": {2021-01-01: 2}}
      eaves_height_max_m: {"3308": {2021-01-01: 5}}
"""
    changed = variant(text)
    base = whatif.baseline(houses(3), LAW)
    codes = {"over_storeys"}
    now = whatif_cause.seen(whatif.try_law(base, changed.law, changed.changes).judgement, codes)
    was = whatif_cause.seen(base.judgement, codes)
    flips = []
    for number, change in enumerate(changed.changes):
        sides = []
        for own in ([change], [changed.changes[1 - number]]):
            law = law_trial.amended(LAW, {one.name: changed.law.array(one.name).given for one in own})
            sides.append(whatif_cause.seen(whatif.try_law(base, law, own).judgement, codes))
        flips.append(whatif_cause.Flip(change.name, *sides))
    changed_findings = whatif_effect.findings(was.findings, now.findings)
    assert whatif_cause.of_findings(changed_findings, was, now, flips).to_list() == [["storeys_max"]] * 2


def test_a_household_counts_by_its_gravest_house() -> None:
    facts = houses(3)
    before = np.array([0, 3, 2, 2], dtype=np.uint8)
    after = np.array([3, 0, 0, 1], dtype=np.uint8)
    rows = whatif_effect.households(facts, before, after)
    assert rows["change"].to_list() == ["same", "relieved"]
    assert rows["persons"].to_list() == [9, None]
    cases = {(3, 4): "hit", (3, 0): "relieved", (3, 1): "hit", (1, 3): "open", (4, 3): "open", (0, 1): "hit", (4, 2): "relieved"}
    for (was, now), fare in cases.items():
        ends = [np.full(4, verdict, dtype=np.uint8) for verdict in (was, now)]
        assert set(whatif_effect.households(facts, *ends)["change"]) == {fare}
    kinds = whatif_effect.by_kind(rows).filter(dimension="persons")
    assert kinds["kind"].to_list() == ["7+", None]
    assert whatif_effect.by_division(rows)["level"].to_list() == ["county", "township", "village"]
    assert whatif_effect.by_division(rows).filter(level="village")["code"].to_list() == ["330802002001"]


def owing(zone: str | None, built: int | None) -> Facts:
    """A parcel 6 m² above what its household is entitled to."""
    days = {"built_first": [date(built or 1900, 6, 1)], "built_last": [date(built or 2025, 6, 1)]}
    parcel = {
        "id": ["p"],
        "division_code": ["339900001001"],
        **days,
        "has_main_house": [True],
        "area_m2": [606.0],
        "approved_area_m2": [600.0],
        "has_approved_area": [True],
        "land_class": ["other"],
        "land_owner": ["collective"],
        "control_zone": [zone],
        **{f"split_{place}_persons": [4 if place == 1 else 0] for place in range(1, 5)},
    }
    schema = {"control_zone": pl.String}
    house = {"id": ["h"], "division_code": ["339900001001"], "parcel_id": ["p"], **days}
    return Facts.from_frames(date(2025, 6, 30), {"house": pl.DataFrame(house), "parcel": pl.DataFrame(parcel, schema_overrides=schema)})


def of_area(judgement: Judgement) -> list[int | None]:
    return whatif_money.due(judgement).filter(pl.col("code") == "over_area")["fen"].to_list()


@pytest.mark.parametrize(("zone", "built", "fen"), [("core_zone", 1990, 6 * 80_00), (None, 1990, None), ("core_zone", None, None)])
def test_money_only_where_the_price_is_known(zone: str | None, built: int | None, fen: int | None) -> None:
    assert of_area(judge(owing(zone, built), load("sample-quota"))) == [fen]


def test_another_price_changes_what_is_due() -> None:
    law = load("sample-quota")
    text = one_value("paid_use_price_fen_per_m2", "339900", date(1987, 1, 1), ("core_zone", "collective"), 10_000)
    changed = variant(text, law)
    tried = whatif.try_law(whatif.baseline(owing("core_zone", 1990), law), changed.law, changed.changes)
    assert tried.ran == ("over_area",) and of_area(tried.judgement) == [6 * 100_00]
