"""The cases of `tests/golden` come out as a lawyer signed them, and reach every answer and effect."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from jiadi.law import LawSet, load, shipped
from jiadi.law.load import SHIPPED
from jiadi.policy import evaluate
from jiadi.policy.cases import Cases, spread
from jiadi.policy.figures import Figures
from jiadi.policy.golden import compare, facts_of, outcome, read
from jiadi.policy.judge import judge, served
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import VOCABULARY

sys.path.insert(0, str(Path(__file__).parent))

import cells
from edited import edited

GOLDEN = Path(__file__).parents[1] / "golden"
LAW: LawSet = load("quzhou")
RULES = compile_rules(LAW)
CASES = [(path.stem, row) for path in sorted(GOLDEN.glob("*.csv")) for row in read(path)]


@pytest.mark.parametrize(("code", "row"), CASES, ids=[f"{code}: {row['case']}" for code, row in CASES])
def test_case(code: str, row: dict[str, str]) -> None:
    expected, told = compare(LAW, code, row)
    assert told == expected


def test_every_finding_has_its_cases() -> None:
    counted = {path.stem: len(read(path)) for path in GOLDEN.glob("*.csv")}
    assert set(counted) == set(RULES)
    assert min(counted.values()) >= 12


@pytest.mark.parametrize("code", sorted(RULES))
def test_cases_reach_every_answer(code: str) -> None:
    """Yes, no and unknown each stand in the file, and each effect that the rule may have here."""
    rows = read(GOLDEN / f"{code}.csv")
    assert {"yes", "no", "unknown"} <= {row["finding"] for row in rows}
    rule = RULES[code][0]
    own = set(rule.effect_words.values()) if rule.effect_by else {rule.effect}
    own |= {exempt.effect for exempt in rule.exceptions}
    possible = own - {"no_finding"}
    if code == "several_homesteads":
        possible = {"historic", "unlawful"}  # the shipped periods know no other
    assert possible <= {row["effect"] for row in rows}


# What every list knows, or what a layer or a footprint that lacks stands for.
NEVER_BLANK = {"main_building", "has_main_house", "overlap_m2", "distance_m"}


class Reached(NamedTuple):
    """What the signed cases of a set reach: versions of rules, exceptions, facts not known, cells read."""

    versions: set[tuple[str, str]]
    exceptions: dict[str, set[str]]
    unknown: dict[str, set[str]]
    cells: set[tuple[object, ...]]


@cache
def signed(name: str) -> Reached:
    reached = Reached(set(), defaultdict(set), defaultdict(set), set())
    law = load(name)
    for path in sorted(folder(name).glob("*.csv")):
        for row in read(path):
            facts = facts_of(law, path.stem, row)
            _reach(reached, law, path.stem, facts)
    return reached


def folder(name: str) -> Path:
    return SHIPPED / load(name).layers[-1] / "tests" if load(name).sample else GOLDEN


def _reach(reached: Reached, law: LawSet, code: str, facts: Facts) -> None:
    figures = Figures(law, facts)
    for rule, rows in served(compile_rules(law)[code], facts, figures):
        reached.versions.add((code, rule.file))
        every = spread(evaluate.first_cases(Cases(rule, facts, figures, figures.timeline(rule), None), rows)).cases
        for name in rule.parameters if not rule.quotas else ():
            given = law.array(name).given
            own = [given[number] for number in np.unique(every.figure(name)[2]).tolist() if number >= 0]
            reached.cells.update((rule.file, code, name, one.division, one.cell, one.starts) for one in own)
    for one in judge(facts, law).tried:
        if one.rule.code != code:
            continue
        reached.exceptions[code] |= {one.rule.exceptions[number].label for number in one.exempt.tolist() if number >= 0}
        for subject in (one.rule.subject, "zone"):
            columns = facts.blocks[subject].columns.items()
            reached.unknown[code] |= {name for name, held in columns if held.is_unknown(VOCABULARY[subject][name]).any()}


def own_rules(name: str) -> list[Rule]:
    """Versions of rules that the signed cases of a set are for: of a real set all, of an invented one those of its own layer."""
    law = load(name)
    written = {path.stem for path in folder(name).glob("*.csv")}
    every = [rule for versions in compile_rules(law).values() for rule in versions]
    return [rule for rule in every if not law.sample or (rule.code in written and rule is compile_rules(law)[rule.code][0])]


@pytest.mark.parametrize("name", ["quzhou", *(name for name in shipped() if load(name).sample)])
def test_signed_cases_reach_every_version_exception_and_unknown(name: str) -> None:
    reached = signed(name)
    for rule in own_rules(name):
        assert (rule.code, rule.file) in reached.versions
        assert {one.label for one in rule.exceptions} <= reached.exceptions[rule.code], rule.code
        read_facts = {fact for fact in rule.names if fact in rule.facts} - NEVER_BLANK
        assert read_facts <= reached.unknown[rule.code], (rule.code, read_facts - reached.unknown[rule.code])


def test_signed_cases_read_nearly_every_cell_of_the_set_that_they_are_for() -> None:
    """The rest is what `test_cells` makes cases for: days before the first law, on which nothing is pursued."""
    law = load("quzhou")
    every = set()
    for one in cells.read_cells(law):
        assert isinstance(one, cells.Cell), one
        place = law.parameters[one.figure].position(one.words)
        every.add((one.rule.file, one.rule.code, one.figure, one.division, place, one.starts))
    left = every - signed("quzhou").cells
    assert {(code, figure) for _, code, figure, *_ in left} == {
        (code, figure) for code in ("built_elsewhere", "built_without_approval") for figure in ("approval_required", "period_effect")
    }
    assert len(every) == 115 and len(left) == 4


def test_a_nearer_set_may_leave_out_houses_used_in_season(tmp_path: Path) -> None:
    county = edited("quzhou", tmp_path / "law", "idle_effect", "3308", date(2024, 1, 1), ("seasonal",), "nothing")
    row = {"case": "", "division": "330802001001", "day": "2025-06-30", "vacancy": "seasonal"}
    told = [outcome(judge(facts_of(law, "idle", row), law), law, "idle")["finding"] for law in (LAW, county)]
    assert told == ["yes", "no"]
