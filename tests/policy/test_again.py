"""What a change touches, judged again, is what the whole county judged again says; all else stays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.policy.again import Neighbours, edited, rejudge
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts

sys.path.insert(0, str(Path(__file__).parent))

import county

LINKED = {"house": "house_id", "parcel": "parcel_id", "household": "household_id"}


def assert_same(part: Judgement, whole: Judgement, before: Judgement) -> None:
    """The part says what the whole says of its houses; of the others the whole says what was said before."""
    own = set(part.houses["id"])
    for name, column in (("houses", "id"), ("proposals", "house_id"), ("house_findings", "house_id"), ("house_unknowns", "house_id")):
        frames = [getattr(one, name) for one in (part, whole, before)]
        mine = frames[1].filter(pl.col(column).is_in(list(own)))
        assert frames[0].sort(frames[0].columns).equals(mine.sort(mine.columns)), name
        rest, earlier = (frame.filter(~pl.col(column).is_in(list(own))) for frame in frames[1:])
        assert rest.equals(earlier), name
    subjects = {"house": own} | {key: set(part.facts.ids[key]) for key in ("parcel", "household")}
    for subject, ids in subjects.items():
        for name in ("findings", "unknowns"):
            mine, all_ = (
                getattr(one, name).filter((pl.col("subject") == subject) & pl.col("id").is_in(list(ids))) for one in (part, whole)
            )
            assert mine.sort(mine.columns).equals(all_.sort(all_.columns)), (subject, name)


def change(facts: Facts, subject: str, row: int, draw: st.DataObject) -> Facts:
    """Some fact of one row becomes another one that the fact may be."""
    block = facts.blocks[subject]
    name = draw.draw(st.sampled_from(sorted(block.columns)))
    column = block.columns[name]
    others = sorted({(int(low), int(high)) for low, high in zip(column.low, column.high, strict=True)} | {(0, 0), (1, 1)})
    return edited(facts, subject, row, {name: draw.draw(st.sampled_from(others))})


@settings(max_examples=120, deadline=None)
@given(county.county(), st.data())
def test_an_edited_fact(given_county: dict[str, list[dict[str, Any]]], data: st.DataObject) -> None:
    facts = county.facts(given_county)
    subject = data.draw(st.sampled_from(("house", "parcel", "household")))
    row = data.draw(st.integers(0, facts.blocks[subject].size - 1))
    after = change(facts, subject, row, data)
    before, whole = judge(facts, county.LAW), judge(after, county.LAW)
    key = {"house": "houses", "parcel": "parcels", "household": "households"}[subject]
    part = rejudge(after, county.LAW, Neighbours(after), **{key: [row]})
    assert_same(part, whole, before)


@settings(max_examples=60, deadline=None)
@given(county.county(), st.data())
def test_a_house_that_moves_to_another_parcel_and_household(given_county: dict[str, list[dict[str, Any]]], data: st.DataObject) -> None:
    facts, after = county.facts(given_county), county.facts(given_county)
    house = data.draw(st.integers(0, facts.blocks["house"].size - 1))
    old = (int(facts.house_parcel[house]), int(facts.house_household[house]))
    after.house_parcel[house], after.house_household[house] = data.draw(st.sampled_from((-1, 0, 1))), data.draw(st.sampled_from((-1, 0, 1)))
    parcels, households = ([row] if row >= 0 else [] for row in old)
    part = rejudge(after, county.LAW, Neighbours(after), houses=[house], parcels=parcels, households=households)
    assert_same(part, judge(after, county.LAW), judge(facts, county.LAW))


@settings(max_examples=40, deadline=None)
@given(county.county(), st.data())
def test_a_zone_beside_one_house(given_county: dict[str, list[dict[str, Any]]], data: st.DataObject) -> None:
    facts = county.facts(given_county)
    if not facts.blocks["zone"].size:
        return
    row = data.draw(st.integers(0, facts.blocks["zone"].size - 1))
    after = change(facts, "zone", row, data)
    part = rejudge(after, county.LAW, Neighbours(after), houses=[int(after.zone_house[row])])
    assert_same(part, judge(after, county.LAW), judge(facts, county.LAW))


@given(county.county())
def test_nothing_changed_is_nothing_judged(given_county: dict[str, list[dict[str, Any]]]) -> None:
    facts = county.facts(given_county)
    assert rejudge(facts, county.LAW, Neighbours(facts)).houses.is_empty()
