"""The cases of `tests/golden` come out as a lawyer signed them, and reach every answer and effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiadi.law import LawSet, load
from jiadi.policy.golden import compare, read
from jiadi.policy.rules import compile_rules

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
