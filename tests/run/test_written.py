"""The signed cases, handed in as workbooks and judged by the command line, come out as they were signed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from jiadi.law import load
from jiadi.policy.golden import EXPECTED, read
from jiadi.policy.rules import compile_rules
from jiadi.policy.say import figure

sys.path.insert(0, str(Path(__file__).parent))

import runs
import written

GOLDEN = Path(__file__).parents[1] / "golden"
LAW = load("quzhou")
RULES = compile_rules(LAW)
HELD, LEFT = written.written_cases((path.stem, row) for path in sorted(GOLDEN.glob("*.csv")) for row in read(path))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    (folder / "delivery").mkdir()
    written.write(folder / "delivery", [(number, rows) for number, _, _, rows in HELD])
    return runs.judged(folder / "delivery", folder / "out", "--law", "quzhou")


def test_every_case_that_a_list_can_say_comes_out_as_signed(out: Path) -> None:
    findings = {(row["code"], row["id"]): row for row in pl.read_parquet(next(out.rglob("findings.parquet"))).iter_rows(named=True)}
    unknowns = set(pl.read_parquet(next(out.rglob("unknowns.parquet"))).select("code", "id").iter_rows())
    wrong = []
    for number, code, row, _ in HELD:
        key = (code, written.house_code(number) if RULES[code][0].subject == "house" else written.parcel_code(number, row["division"]))
        told = dict.fromkeys(EXPECTED, "") | {"finding": "unknown" if key in unknowns else "no"}
        if key in findings:
            one = findings[key]
            shown = {
                name: "" if one[name] is None else figure(one[name], "", one["scale"], "en") for name in ("measured", "limit", "excess")
            }
            told |= {"finding": "yes", "effect": one["effect"], **shown, "citation": LAW.cite(one["citation"]) if row["citation"] else ""}
        if told != {name: row[name] for name in EXPECTED}:
            wrong.append((code, row["case"], told))
    assert wrong == []


def test_most_findings_of_houses_and_parcels_are_handed_in() -> None:
    counted = Counter(code for _, code, _, _ in HELD)
    on_the_map = {code for code, (rule, *_) in RULES.items() if rule.through}
    of_households = {code for code, (rule, *_) in RULES.items() if rule.subject == "household"}
    assert set(counted) == set(RULES) - on_the_map - of_households
    assert sum(counted.values()) >= 200
