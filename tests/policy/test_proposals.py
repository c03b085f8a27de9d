"""What is proposed for a house as a whole: cases a lawyer can read, and what no set may ever propose."""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.law import load
from jiadi.law.load import SHIPPED, keep
from jiadi.law.refuse import LawRefusal
from jiadi.policy import explain, propose
from jiadi.policy.audit import audit
from jiadi.policy.judge import judge
from jiadi.policy.labels import label, sections
from jiadi.policy.proposal import DESTROYING, VERDICTS, compile_proposals, names
from jiadi.policy.table import Facts

sys.path.insert(0, str(Path(__file__).parent))

import county

CASES = list(csv.DictReader((Path(__file__).parent / "proposals.csv").open(encoding="utf-8")))
ON = date(2025, 6, 30)
SETS = ("national", "zhejiang", "quzhou", "wenzhou", "sample-quota")


def answer(text: str) -> np.int8:
    return {"no": np.int8(0), "?": np.int8(2)}.get(text, np.int8(1))


def houses(case: dict[str, str], listed: Any) -> propose._Houses:
    facts: dict[str, Any] = {"sole_home": np.int8(2), "hardship": np.int8(2), "heritage_status": None}
    for part in case["facts"].split():
        name, _, value = part.partition("=")
        plain = {"built": date.fromisoformat(value)} if name == "built" else {"safety_grade": value, "vacancy": value}
        facts[name] = plain[name] if name in plain else None if name == "heritage_status" else answer(value)
    own = {name: value for name, value in facts.items() if name not in ("hardship", "heritage_status")}
    frames = {
        "house": pl.DataFrame([{"id": "h", "division_code": "330802001001", "household_id": "f", **own}]),
        "household": pl.DataFrame([{"id": "f", "division_code": "330802001001", "hardship": facts["hardship"]}]),
    }
    words = {word for word in names(sections()["finding"]) if word.startswith(("found_", "remedy_"))}
    certain, possible = set(case["certain"].split()), {*case["certain"].split(), *case["possible"].split()}
    answers = {word: (np.array([word in certain]), np.array([word in possible])) for word in words}
    return propose._Houses(Facts.from_frames(ON, frames), np.array([VERDICTS.index(case["verdict"])]), answers)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_case(case: dict[str, str]) -> None:
    listed = compile_proposals(load(case["set"]))
    served = {one.division: np.array([True]) for one in listed}
    chosen = int(propose.decide(listed, houses(case, listed), served)[0])
    one = listed[chosen]
    assert (one.remedy, one.then, one.label) == (case["remedy"], case["then"], case["rule"])
    expected = [duty for duty in case["duties"].split() if duty != propose.UNASKED_HERITAGE]
    assert list(one.duties) == expected


def test_every_proposal_has_a_case_and_words_in_both_languages() -> None:
    told = {(case["rule"]) for case in CASES}
    for name in SETS:
        for one in compile_proposals(load(name)):
            assert one.label in told, f"{name}: no case for {one.label}"
            assert one.citation in load(name).citations
            for duty in one.duties:
                assert label(duty, "zh") != duty


@settings(max_examples=60, deadline=None)
@given(county.county(), st.sampled_from(SETS))
def test_heritage_is_never_taken_down_and_every_house_has_a_proposal(given_county: dict[str, Any], name: str) -> None:
    judgement = judge(county.facts(given_county), load(name))
    proposed = judgement.proposals
    assert proposed["house_id"].equals(judgement.facts.ids["house"].alias("house_id")) and proposed["remedy"].null_count() == 0
    maybe = {row["house_id"] for row in judgement.house_unknowns.to_dicts() if row["code"] == "heritage"}
    sure = {row["house_id"] for row in judgement.house_findings.to_dicts() if row["code"] == "heritage"}
    for row in proposed.to_dicts():
        if row["house_id"] in maybe | sure:
            assert not {row["remedy"], row["then"]} & DESTROYING
    verdict = dict(judgement.houses.select("id", "verdict").iter_rows())
    kept = {row["house_id"] for row in proposed.to_dicts() if row["remedy"] in ("keep", "reuse", "renovate")}
    assert all(verdict[house] == "lawful" for house in kept)


@settings(max_examples=40, deadline=None)
@given(county.county())
def test_hardship_changes_no_verdict_and_no_figure(given_county: dict[str, Any]) -> None:
    plain, poor = county.facts(given_county), county.facts(given_county)
    block = poor.blocks["household"]
    held = np.ones(block.size, dtype=np.int8)
    block.columns["hardship"] = type(plain.blocks["house"].columns["built"])(held, held)
    one, other = judge(plain, county.LAW), judge(poor, county.LAW)
    assert one.houses.equals(other.houses) and one.findings.equals(other.findings) and one.unknowns.equals(other.unknowns)


def parcel(**changed: Any) -> dict[str, pl.DataFrame]:
    built = date(1995, 5, 1)
    place = {"land_owner": "collective", "control_zone": "general_zone", "built_first": built, "built_last": built}
    area = {"area_m2": 130.55, "approved_area_m2": 0.0, "has_approved_area": False, "has_main_house": True}
    row = {"id": "p", "division_code": "339900001001", **place, **area}
    row |= {"split_1_persons": 4, "split_2_persons": 0, "split_3_persons": 0, "split_4_persons": 0} | changed
    house = {"id": "h", "division_code": "339900001001", "parcel_id": "p", "built_first": built, "built_last": built, "main_building": True}
    return {"house": pl.DataFrame([house]), "parcel": pl.DataFrame([row])}


def test_the_price_of_an_excess_is_exact_and_unknown_where_it_cannot_be_known() -> None:
    law = load("sample-quota")
    (finding,) = judge(Facts.from_frames(ON, parcel()), law).findings.filter(code="over_area").to_dicts()
    price = 5000  # fen for a square metre: general zone, collective land, built from 1987 on
    assert finding["price_fen"] == (finding["excess"] * price + 50) // 100 > 0
    for unknown in ({"control_zone": None}, {"land_owner": None}):
        for row in judge(Facts.from_frames(ON, parcel(**unknown)), law).findings.filter(code="over_area").to_dicts():
            assert row["price_fen"] is None


def edited(folder: Path, change: Any) -> Path:
    keep("zhejiang", folder)
    path = folder / "33" / "rules.yaml"
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(body["proposals"]["danger_of_low_income"])
    path.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: one.update(remedy="demolish", when=["found_dangerous"]), "takes down a house may fit one that is heritage"),
        (lambda one: one.update(then="confiscate", when=["found_dangerous"]), "takes down a house may fit one that is heritage"),
        (lambda one: one.update(remedy="burn"), "burn is no remedy"),
        (lambda one: one.update(when=["found_nothing"]), "found_nothing is unknown"),
        (lambda one: one.update(when=["print(1)"]), "print"),
        (lambda one: one.update(order="first"), "order cannot be first"),
        (lambda one: one.pop("reason"), "reason is missing"),
        (lambda one: one.update(reason={"zh": "因"}), "zh and en"),
        (lambda one: one.update(wish="none"), "key wish is unknown"),
    ],
)
def test_bad_proposals_are_refused_with_file_and_line(change: Any, why: str, tmp_path: Path) -> None:
    folder = edited(tmp_path / "law", change)
    with pytest.raises(LawRefusal, match=why) as refused:
        compile_proposals(load(folder))
    assert refused.value.file == "33/rules.yaml" and refused.value.line > 1
    assert any(why in remark.said["en"] for remark in audit(folder, date(2026, 12, 1)))


def test_the_explanation_says_what_is_proposed_and_why() -> None:
    house = {"id": "h", "division_code": "330302001001", "household_id": "f", "safety_grade": "D", "sole_home": True, "main_building": True}
    frames = {"house": pl.DataFrame([house]), "household": pl.DataFrame([{"id": "f", "division_code": "330302001001"}])}
    law = load("wenzhou")
    judgement = judge(Facts.from_frames(ON, frames), law)
    told = explain.render(explain.explain(judgement, law, "h", "zh"), "zh")
    assert "建议：鉴定并解危，此后改造。危险住宅是该户唯一住房" in told
    assert "依据：《温州市危险住宅处置规定》第七条" in told and "责任：县（市、区）政府给予临时补助或者安置" in told
    english = explain.explain(judgement, law, "h", "en").proposal
    assert english is not None and english.title == "appraise and make safe" and len(english.duties) == 2


def test_shipped_sets_hold_no_proposal_in_a_forgotten_place() -> None:
    files = {path.parent.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("rules.yaml") if "proposals:" in path.read_text("utf-8")}
    assert files == {"00", "33", "3303"}
