"""Two invented counties between which everything is exchanged: the ends are the two judgements, and every change has a cause."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.law import LawSet, load
from jiadi.policy import whatif_effect, whatif_told, whatif_trial
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import SUBJECTS, Facts
from jiadi.policy.whatif_pair import DAY, Pair, align
from tests.policy import county as little
from tests.policy.test_whatif import variant

LAWS: tuple[LawSet | None, ...] = (load("quzhou"), load("zhejiang"), load("sample-periods"), None)


def both(old: Facts, new: Facts) -> Pair:
    ids = {subject: pl.concat([facts.ids[subject] for facts in (old, new)]) for subject in SUBJECTS}
    common = old.ids["house"].filter(old.ids["house"].is_in(new.ids["house"].implode()))
    return align(old, new, {**ids, "house": common})


def verdicts(judgement: Judgement, ids: pl.Series) -> list[str]:
    told = judgement.houses.select("id", "verdict")
    return pl.DataFrame({"id": ids}).join(told, on="id", how="left", maintain_order="left")["verdict"].to_list()


@settings(max_examples=20, deadline=None)
@given(little.county(), little.county(), st.sampled_from(LAWS), st.sampled_from(LAWS))
def test_the_ends_are_the_two_judgements_and_each_change_has_a_cause(
    one: dict[str, list[little.Row]], other: dict[str, list[little.Row]], old_law: LawSet | None, new_law: LawSet | None
) -> None:
    facts = little.facts(one), little.facts(other)
    pair = both(*facts)
    bench = whatif_trial.Bench(pair, old_law, new_law)
    ids = pair.old.ids["house"]
    ends = bench.at(()), bench.at(bench.everything)
    words = np.array(["lawful", "can_be_regularised", "historic", "to_be_verified", "unlawful"])
    for end, own, law in zip(ends, facts, (old_law, new_law), strict=True):
        whole = judge(own, law)
        assert words[end.verdict].tolist() == verdicts(whole, ids)
        near = (pl.col("subject") != "house") | pl.col("id").is_in(ids.implode())
        assert end.findings.filter(near).equals(whatif_effect.states(whole).filter(near))
    changed = whatif_effect.findings(ends[0].findings, ends[1].findings)
    found = whatif_trial.causes(bench, changed)
    moved = ends[0].verdict != ends[1].verdict
    for lists in (found.houses, found.house_groups):
        assert [bool(len(named)) for named in lists] == moved.tolist()
    assert all(len(named) for named in found.findings) and all(len(named) for named in found.finding_groups)
    for named, groups in zip(found.houses, found.house_groups, strict=True):
        assert {whatif_trial.group_of(key) for key in named} == set(groups)
    named = {key for keys in found.houses for key in keys} - {"law", DAY}
    assert named <= {*bench.keys, *(change.key for change in bench.changes), *whatif_trial.GROUPS}


@settings(max_examples=30, deadline=None)
@given(little.county())
def test_a_run_does_not_differ_from_itself(given_county: dict[str, list[little.Row]]) -> None:
    facts = little.facts(given_county)
    pair = both(facts, facts)
    assert pair.differing() == []
    assert whatif_trial.Bench(pair, LAWS[0], LAWS[0]).everything == frozenset()


def house(**facts: Any) -> pl.DataFrame:
    plain = {"id": ["a"], "division_code": ["330802001001"], "built": [date(2022, 5, 1)], "main_building": [True], **facts}
    return pl.DataFrame(plain)


def test_a_fact_nobody_asked_for_before_is_told_as_unknown() -> None:
    day = date(2025, 6, 30)
    old, new = (Facts.from_frames(day, {"house": frame}) for frame in (house(), house(storeys=[4])))
    pair = both(old, new)
    assert pair.differing() == ["fact house storeys"]
    assert whatif_told.facts(pair, pair.differing(), "en").rows() == [("house", "a", "fact house storeys", "unknown", "4 storey(s)")]
    found = whatif_trial.causes(whatif_trial.Bench(pair, LAWS[0], LAWS[0]), pl.DataFrame(schema=_findings()))
    assert found.houses.to_list() == [["fact house storeys"]]


def test_two_that_only_work_together_are_named_and_a_third_is_not() -> None:
    old_law = LAWS[0]
    assert old_law is not None
    new_law = variant(
        "variants: {v: {parameters: {storeys_max: {'3308': {2021-01-01: 2}}, fence_height_max_m: {'3308': {2021-01-01: 1}}}}}"
    ).law
    day = date(2025, 6, 30)
    sides = [house(storeys=[2], safety_grade=["A"]), house(storeys=[3], safety_grade=["B"])]
    pair = both(*(Facts.from_frames(day, {"house": frame}) for frame in sides))
    bench = whatif_trial.Bench(pair, old_law, new_law)
    changed = whatif_effect.findings(bench.at(()).findings, bench.at(bench.everything).findings)
    found = whatif_trial.causes(bench, changed)
    assert found.houses.to_list() == [["fact house storeys", "parameter storeys_max"]]
    assert found.findings.to_list() == [["fact house storeys", "parameter storeys_max"]]
    assert found.house_groups.to_list() == [["law", "fact"]]


def test_zones_and_days_are_told() -> None:
    zone = {"id": ["z"], "house_id": ["a"], "zone_kind": ["river_range"], "overlap_m2": [20.0], "designated_on": [date(2010, 1, 1)]}
    later = {**zone, "overlap_m2": [30.0]}
    sides = [
        Facts.from_frames(day, {"house": house(has_footprint=[True], river_range_layer=[True]), "zone": pl.DataFrame(own)})
        for day, own in ((date(2025, 6, 30), zone), (date(2024, 6, 30), later))
    ]
    pair = both(*sides)
    assert pair.differing() == ["zone river_range", DAY]
    ((_, _, _, old, new),) = whatif_told.facts(pair, pair.differing(), "zh").rows()
    assert "20.00平方米" in old and "30.00平方米" in new and "2010-01-01" in old


def _findings() -> dict[str, pl.DataType]:
    state = whatif_effect.states(judge(Facts.from_frames(date(2025, 6, 30), {"house": house()}), None))
    empty = whatif_effect.findings(state, state)
    return {name: kind() if isinstance(kind, type) else kind for name, kind in empty.schema.items()}
