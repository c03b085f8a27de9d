"""Every figure's every cell that a rule of a shipped set reads is tried on both sides of its line, engine against oracle."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from jiadi.law import LawSet, load, shipped
from jiadi.policy.judge import judge
from jiadi.policy.rules import BITS, compile_rules

sys.path.insert(0, str(Path(__file__).parent))

import cells
import oracle

# Before the first law no approval was needed and nothing is pursued: either alone keeps the other from showing.
NEITHER_ALONE = {
    f"00/rules.yaml:{code} {figure} of 00 from 0001-01-01"
    for code in ("built_elsewhere", "built_without_approval")
    for figure in ("approval_required[]", f"period_effect['{code}']")
}


@cache
def made(name: str) -> dict[str, list[cells.Case]]:
    """Cases of every cell of a set, by its key."""
    return {one.key: cells.cases(one) for one in cells.read_cells(load(name)) if isinstance(one, cells.Cell)}


def engine(law: LawSet, listed: list[cells.Case], on: Any) -> dict[tuple[str, str], set[str]]:
    """What the engine thinks possible of each case, by rule and number."""
    judgement = judge(cells.facts(listed, on), law)
    assert not {one.cell.rule.code for one in listed} & set(judgement.unasked)
    return {
        (one.rule.code, judgement.facts.ids[one.rule.subject][int(row)]): {word for word, bit in BITS.items() if int(bits) & bit}
        for one in judgement.tried
        for row, bits in zip(one.rows, one.bits, strict=True)
    }


def differing(law: LawSet, listed: list[cells.Case]) -> list[str]:
    """Cases of which engine and oracle say different things."""
    found = []
    for on in sorted({one.cell.on for one in listed}):
        own = [one for one in listed if one.cell.on == on]
        told = engine(law, own, on)
        for number, one in enumerate(own):
            expected, came = one.outcome(one.cell.law), told.get((one.cell.rule.code, str(number)), {"no_finding"})
            if expected != came:
                found.append(f"{one.cell.key} {one.facts} {one.cell.place} {one.cell.built} {on}: {expected} is not {came}")
    return found


@pytest.mark.parametrize("name", shipped())
def test_engine_and_oracle_agree_beside_every_cell(name: str) -> None:
    assert differing(load(name), [case for listed in made(name).values() for case in listed]) == []


@pytest.mark.parametrize("name", shipped())
def test_every_cell_decides_a_case(name: str) -> None:
    """Were the cell one part more or less, or another word, some case beside it would come out otherwise."""
    listed = made(name)
    silent = {key for key, own in listed.items() if not own or not cells.tells(own[0].cell, own)}
    priced = {key for key in silent if own_figure(listed[key]) == "paid_use_price_fen_per_m2"}  # a price decides no outcome
    assert silent - priced == NEITHER_ALONE
    assert len(listed) > 50


def own_figure(listed: list[cells.Case]) -> str:
    return listed[0].cell.figure if listed else ""


def test_every_price_is_charged() -> None:
    """What the excess costs, in whole fen, half a fen up, in each zone, period and ownership."""
    law = load("sample-quota")
    priced = [case for listed in made("sample-quota").values() if own_figure(listed) == "paid_use_price_fen_per_m2" for case in listed]
    charged = set()
    for on in sorted({one.cell.on for one in priced}):
        own = [one for one in priced if one.cell.on == on]
        judgement = judge(cells.facts(own, on), law)
        for row in judgement.findings.filter(pl.col("code") == "over_area").iter_rows(named=True):
            one = own[int(row["id"])]
            known, index = oracle.Law(law, one.cell.place, on), [one.facts["control_zone"], one.facts["land_owner"]]
            excess = one.facts["area_m2"] - oracle.quota(one.facts, known, "zone_class_m2", one.facts["control_zone"])
            price = known.at("paid_use_price_fen_per_m2", one.cell.built, index)
            assert (row["excess"], row["price_fen"]) == (excess, (excess * price * 2 + 100) // 200), one
            charged.add(one.cell.key)
    assert charged == {one.cell.key for one in priced} and len(charged) == 18


def test_what_no_place_reads_is_read_by_the_nearer_version() -> None:
    """A value of a county stands beside the county's own version of the rule, never beside a farther one."""
    for name in shipped():
        law = load(name)
        for rule, figure, _, division, _ in (one for one in cells.read_cells(law) if not isinstance(one, cells.Cell)):
            nearer = compile_rules(law)[rule.code][0]
            assert nearer is not rule and nearer.division == division and figure in nearer.parameters


def test_every_figure_that_a_rule_reads_has_cells() -> None:
    for name in shipped():
        law = load(name)
        read = {figure for versions in compile_rules(law).values() for rule in versions for figure in rule.parameters}
        have = {figure for figure in read if any(one.value is not None for one in law.array(figure).given)}
        assert have <= {own[0].cell.figure for own in made(name).values()}


def test_a_broken_cell_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One part more in one cell of the compiled figure, and the engine no longer agrees."""
    law = load("quzhou")
    array = law.array("homestead_standard_m2")
    values = array.values.copy()
    values[..., 1] += 1
    broken = type(array)(**{**{name: getattr(array, name) for name in array.__slots__}, "values": values})
    monkeypatch.setitem(law.arrays, "homestead_standard_m2", broken)
    listed = [case for key, own in made("quzhou").items() if "homestead_standard_m2['other']" in key for case in own]
    assert listed and differing(law, listed)
    assert np.array_equal(values[..., 0], array.values[..., 0])
