"""Bad rules are refused with file, line, rule and what to do; good ones are found by place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from jiadi.errors import Refusal
from jiadi.law import LawSet, RuleFile, load
from jiadi.policy.judge import judge
from jiadi.policy.labels import label, sections
from jiadi.policy.rules import compile_rules
from jiadi.policy.table import Facts

LAW = load("quzhou")
GOOD: dict[str, Any] = {
    "subject": "parcel",
    "when": ["has_main_house", "area_m2 > homestead_standard_m2"],
    "measured": "area_m2",
    "limit": "homestead_standard_m2",
    "effect": {"by": "period_effect", "words": {"none": "no_finding"}},
    "citation": "land_law_62",
    "message": {"zh": "面积{measured}", "en": "area {measured}"},
}


def law_with(rules: Any) -> LawSet:
    """The shipped set with one file of rules of our own."""
    lines = {("rules", "over_area"): 3, ("rules", "over_area", "when"): 5, ("rules", "over_area", "when", 1): 7}
    return replace(LAW, rules=(RuleFile("00", "00", "00/rules.yaml", rules, lines),))


def changed(**keys: Any) -> LawSet:
    body = {key: value for key, value in {**copy.deepcopy(GOOD), **keys}.items() if value is not ...}
    return law_with({"rules": {"over_area": body}})


BAD: dict[str, Callable[[], LawSet]] = {
    "no rules": lambda: law_with({}),
    "rules is a list": lambda: law_with({"rules": [1]}),
    "another key": lambda: law_with({"rules": {}, "more": 1}),
    "a rule that is a word": lambda: law_with({"rules": {"over_area": "all"}}),
    "an unknown key": lambda: changed(wenn=["x"]),
    "no subject": lambda: changed(subject=...),
    "no condition": lambda: changed(when=[]),
    "conditions that are text": lambda: changed(when="has_main_house"),
    "no citation": lambda: changed(citation=...),
    "an unknown subject": lambda: changed(subject="village"),
    "a zone of a parcel": lambda: changed(through="zone", zone_kind="road"),
    "through something else": lambda: changed(
        subject="house", through="parcel", zone_kind="road", when=["main_building"], limit=..., measured=...
    ),
    "a kind without through": lambda: changed(zone_kind="road"),
    "an unknown kind": lambda: changed(subject="house", through="zone", zone_kind="sea", when=["main_building"], measured=..., limit=...),
    "a call": lambda: changed(when=["has_main_house", "open('x')"]),
    "an unknown fact": lambda: changed(when=["area > 1"]),
    "a fact of another subject": lambda: changed(when=["storeys > 1"]),
    "an unknown figure in force": lambda: changed(in_force=["tax"]),
    "a word in force": lambda: changed(in_force=["period_effect"]),
    "an unknown effect": lambda: changed(effect="bad"),
    "an effect by a number": lambda: changed(effect={"by": "homestead_standard_m2"}),
    "an effect by nothing": lambda: changed(effect={"words": {}}),
    "an effect of an unknown word": lambda: changed(effect={"by": "period_effect", "words": {"never": "none"}}),
    "an exception without article": lambda: changed(exceptions={"x": {"when": "has_main_house", "effect": "none"}}),
    "an exception over a stranger": lambda: changed(
        exceptions={"x": {"when": "has_main_house", "effect": "none", "citation": "default", "applies_over": ["y"]}}
    ),
    "exceptions in a circle": lambda: changed(
        exceptions={
            name: {"when": "has_main_house", "effect": "none", "citation": "default", "applies_over": [other]}
            for name, other in (("x", "y"), ("y", "x"))
        }
    ),
    "a figure of the decision": lambda: changed(when=["area_m2 > homestead_class_m2"], limit="area_m2"),
    "a bare number for a limit": lambda: changed(limit="125"),
    "a limit of another unit": lambda: changed(limit="storeys_max"),
    "an unknown clause": lambda: changed(clause_of="tax"),
    "a message in one language": lambda: changed(message={"zh": "面积"}),
    "a message with an unknown figure": lambda: changed(message={"zh": "{height}", "en": "{height}"}),
    "an index by a number": lambda: changed(index={"land_class": "area_m2"}),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        compile_rules(BAD[name]())
    assert "00/rules.yaml" in refusal.value.why
    assert refusal.value.what_to_do


def test_the_line_is_told() -> None:
    with pytest.raises(Refusal, match=r"00/rules\.yaml, line 7: Rule over_area: open"):
        compile_rules(changed(when=["has_main_house", "open('x')"]))


def test_the_rule_that_is_changed_here_is_good() -> None:
    assert set(compile_rules(changed())) == {"over_area"}


@pytest.mark.parametrize("name", ["national", "zhejiang", "quzhou", "sample-county", "sample-quota", "sample-periods"])
def test_shipped_sets_compile(name: str) -> None:
    law = load(name)
    rules = compile_rules(law)
    cited = {rule.citation for versions in rules.values() for rule in versions}
    cited |= {exempt.citation for versions in rules.values() for rule in versions for exempt in rule.exceptions}
    assert cited <= set(law.citations)
    assert ("over_storeys" in rules) == (name == "quzhou")


def parcel_facts(**facts: Any) -> Facts:
    house = {"id": ["h"], "division_code": ["330802001001"], "parcel_id": ["p"]}
    parcel = {"id": ["p"], "division_code": ["330802001001"], "has_main_house": [True], "area_m2": [200.0], "land_class": ["other"]}
    parcel |= {"built": [date(2022, 5, 1)]} | {name: [value] for name, value in facts.items()}
    return Facts.from_frames(date(2025, 6, 30), {"house": pl.DataFrame(house), "parcel": pl.DataFrame(parcel)})


def exempt(effect: str, when: str, **keys: Any) -> dict[str, Any]:
    return {"when": when, "effect": effect, "citation": "default", **keys}


def test_an_exception_that_goes_first_says_so() -> None:
    both = {"mild": exempt("none", "has_main_house", applies_over=["hard"]), "hard": exempt("historic", "area_m2 > 150")}
    found = judge(parcel_facts(), changed(exceptions=both)).findings
    assert found.select("effect", "exception").row(0) == ("none", "mild")


def test_exceptions_that_clash_stop_the_run_and_name_the_rows() -> None:
    both = {"mild": exempt("none", "has_main_house"), "hard": exempt("historic", "area_m2 > 150")}
    with pytest.raises(Refusal, match=r"mild and hard both apply.*parcel: p"):
        judge(parcel_facts(), changed(exceptions=both))
    assert judge(parcel_facts(area_m2=145.0), changed(exceptions=both)).findings["effect"].to_list() == ["none"]


def test_an_exception_that_may_apply_leaves_the_effect_open() -> None:
    found = judge(parcel_facts(obtained=None), changed(exceptions={"mild": exempt("none", "obtained == 'inheritance'")}))
    assert found.findings["effect"].to_list() == ["unknown"]
    assert found.unknowns.filter(pl.col("id") == "p")["needs"].to_list() == ["obtained"]


def test_the_nearest_layer_that_serves_a_place_wins() -> None:
    near = copy.deepcopy(GOOD) | {"when": ["has_main_house", "area_m2 > 250"]}
    files = (
        *law_with({"rules": {"over_area": copy.deepcopy(GOOD)}}).rules,
        RuleFile("3308", "3308", "3308/rules.yaml", {"rules": {"over_area": near}}),
    )
    law = replace(LAW, rules=files)
    assert judge(parcel_facts(), law).findings.is_empty()
    elsewhere = parcel_facts(division_code="330102001001")
    assert judge(elsewhere, law).findings["code"].to_list() == ["over_area"]


def test_every_stored_word_has_a_label_in_both_languages() -> None:
    for section, words in sections().items():
        for word, spoken in words.items():
            assert set(spoken) == {"zh", "en"}, (section, word)
    law = load("quzhou")
    stored = {*compile_rules(law), *law.parameters["remedy"].words, "to_be_verified", "unknown"}
    stored |= {entry.label for versions in compile_rules(law).values() for rule in versions for entry in rule.exceptions}
    stored |= {need for versions in compile_rules(law).values() for rule in versions for fact in rule.facts.values() for need in fact.needs}
    stored |= {name for versions in compile_rules(law).values() for rule in versions for name in rule.facts}
    assert [word for word in sorted(stored) if label(word, "zh") == word] == []
