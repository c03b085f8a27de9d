"""One house is told by plain numbers exactly what columns tell of it, word for word, in both languages."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiadi.law import LawSet, load
from jiadi.policy.explain import Explanation, explain
from jiadi.policy.figures import Figures
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Column, Facts
from jiadi.policy.vocabulary import VOCABULARY
from jiadi.run import pipeline
from jiadi.survey.sample.generate import generate

sys.path.insert(0, str(Path(__file__).parent))

import by_columns
import county as counties

SETS = {name: load(name) for name in ("quzhou", "sample-county", "sample-quota", "sample-periods")}
INVENTED = "339900001001"
"""The place of the invented sets."""
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def with_splits(facts: Facts, draw: Any) -> Facts:
    """Parcels that several households share, in their zones and of their owners; some not known."""
    block = facts.blocks["parcel"]
    for place in range(1, 5):
        low = np.array([draw.randint(0, 5) for _ in range(block.size)], dtype=np.int64)
        block.columns[f"split_{place}_persons"] = Column(low, low + np.array([draw.choice((0, 0, 1)) for _ in low], dtype=np.int64))
    for name in ("land_owner", "control_zone"):
        codes = np.array([draw.randint(0, len(VOCABULARY["parcel"][name].words)) for _ in range(block.size)], dtype=np.uint8)
        block.columns[name] = Column(codes, codes)
    return facts


def without(facts: Facts, names: set[str]) -> Facts:
    """A delivery that did not ask for some facts."""
    kept = {
        subject: replace(block, columns={name: column for name, column in block.columns.items() if name not in names})
        for subject, block in facts.blocks.items()
    }
    return replace(facts, blocks=kept)


def same(judgement: Judgement, law: LawSet, house: str, lang: str) -> Explanation:
    """The explanation, once it has been found to be what columns give."""
    told = explain(judgement, law, house, lang)
    alone = by_columns.part(judgement.facts, judgement.facts.ids["house"].to_list().index(house))
    settled = {one.code for one in (*told.findings, *told.unknowns)}
    expected = list(by_columns.told(alone, Figures(law, alone), settled, lang))
    shown = [(one.code, one.title, one.subject, one.id, one.reason, one.term, one.margin) for one in told.others]
    assert shown == expected
    assert [(one.subject, one.id, one.fact, one.title, one.value) for one in told.inputs] == list(by_columns.inputs(alone, lang))
    return told


@pytest.mark.parametrize("name", SETS)
@few
@given(given_county=counties.county(), draw=st.randoms(use_true_random=False))
def test_plain_numbers_tell_what_columns_tell(name: str, given_county: dict[str, list[dict[str, Any]]], draw: Any) -> None:
    if name != "quzhou":
        for row in (*given_county["house"], *given_county["parcel"], *given_county["household"]):
            row["division_code"] = INVENTED
    if draw.random() < 0.5:  # several zones of one kind beside one house: the nearest is told
        for row in given_county["zone"]:
            row |= {
                "house_id": "h0",
                "zone_kind": "river_range",
                "zone_class": None,
                "overlap_m2": draw.choice((50, 90, 100)),
                "distance_m": None,
            }
    facts = with_splits(counties.facts(given_county), draw)
    facts = without(facts, set(draw.sample(sorted(VOCABULARY["house"]), 2)) - {"built"} if draw.random() < 0.3 else set())
    judgement = judge(facts, SETS[name])
    for house in facts.ids["house"]:
        for lang in ("zh", "en"):
            same(judgement, SETS[name], house, lang)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judgement, LawSet]:
    """A sample county with mistakes, judged from its files."""
    folder = tmp_path_factory.mktemp("county")
    generate(folder, houses=150, seed=11, dirt=0.2)
    judgement = pipeline.judge([folder]).judgement
    assert judgement.lawset is not None
    return judgement, judgement.lawset


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sample_county_is_told_as_by_columns(judged: tuple[Judgement, LawSet], lang: str) -> None:
    judgement, law = judged
    reasons = {one.reason for house in judgement.facts.ids["house"] for one in same(judgement, law, house, lang).others}
    assert reasons >= {"condition", "fact", "no_zone", "unasked"}


def test_findings_and_unknowns_of_a_house_are_those_it_takes_in(judged: tuple[Judgement, LawSet]) -> None:
    judgement, _ = judged
    index = judgement.index
    found = {name: judgement.house_findings.filter(pl.col("house_id") == name) for name in judgement.facts.ids["house"]}
    waiting = {name: judgement.house_unknowns.filter(pl.col("house_id") == name) for name in judgement.facts.ids["house"]}
    for name in judgement.facts.ids["house"]:
        house = index.house(name)
        key = ("code", "subject", "id")
        assert [tuple(row[part] for part in key) for row in index.findings(house)] == found[name].select(*key).rows()
        assert [tuple(row[part] for part in key) for row in index.unknowns(house)] == waiting[name].select(*key).rows()
    assert sum(frame.height for frame in found.values()) > 0
    assert sum(frame.height for frame in waiting.values()) > 0
