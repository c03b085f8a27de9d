"""A newer delivery over an older one, seen before, recorded, and taken back."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from django.db import transaction

from jiadi.errors import Refusal
from jiadi.register.tables import Delivery, Linked
from jiadi.run import pipeline
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register import actions, queries
from jiadi.server.register.models import House, Household, HouseVersion, Link, Parcel
from jiadi.survey.sample.generate import generate

sys.path.insert(0, str(Path(__file__).parent))
from newer_lists import linked, newer

COUNTY = "330802"


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Delivery, Linked]:
    """A county of 120 houses."""
    folder = tmp_path_factory.mktemp("older")
    generate(folder, houses=120, seed=5)
    delivery = pipeline.judge([folder]).delivery
    return delivery, linked(delivery, delivery.delivered_on)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def second(first: tuple[Delivery, Linked]) -> tuple[Delivery, Linked]:
    """The newer one."""
    delivery = newer(first[0])
    return delivery, linked(delivery, first[0].delivered_on)  # type: ignore[arg-type]


def same(one: tuple[Delivery, Linked], other: tuple[Delivery, Linked]) -> bool:
    """Whether two readings say the same, wherever their rows come from."""
    apart = ("source_id", "source_row")
    lists = [name for name in set(one[0].tables) | set(other[0].tables) if name not in ("house", "footprint")]
    return (
        all(one[0].tables[name].drop(apart).sort("id").equals(other[0].tables[name].drop(apart).sort("id")) for name in lists)
        and one[1].houses.drop(apart).equals(other[1].houses.drop(apart))
        and one[1].households.drop(apart).sort("id").equals(other[1].households.drop(apart).sort("id"))
        and one[1].pairs.equals(other[1].pairs)
        and {*one[0].coverage} == {*other[0].coverage}
    )


def test_the_newer_delivery_is_what_the_register_says_then(
    db: Private, first: tuple[Delivery, Linked], second: tuple[Delivery, Linked]
) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, *first, why="test")
    ids = dict(House.objects.values_list("key", "id"))
    seen = actions.preview(NOBODY, *second)
    done = actions.record(NOBODY, *second, why="test")
    assert seen.counts == {name: one for name, one in seen.counts.items() if name in seen.counts}
    assert {name: seen.counts[name] for name in done.counts} == done.counts
    assert (done.counts["house"]["removed"], done.counts["person"]["removed"], done.counts["member"]["added"]) == (3, 1, 1)
    assert done.counts["parcel"] == {"added": 0, "changed": 1, "removed": 0, "kept": 0, "same": first[0].tables["parcel"].height - 1}
    assert done.counts["house"]["changed"] == 10
    storeys = seen.changed.filter(table="house", column="storeys")
    assert storeys.height == 10 and (storeys["new"].cast(int) - storeys["old"].cast(int)).to_list() == [1] * 10
    assert same(queries.tables(EVERYWHERE, COUNTY), second)
    assert {key: one for key, one in ids.items() if key in dict(House.objects.values_list("key", "id"))} == dict(
        House.objects.values_list("key", "id")
    )


def test_without_coverage_nothing_is_removed(db: Private, first: tuple[Delivery, Linked], second: tuple[Delivery, Linked]) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, *first, why="test")
    silent = replace(second[0], coverage=[one for one in second[0].coverage if one.table not in ("house", "footprint", "person")])
    done = actions.record(NOBODY, silent, second[1], why="test", division=COUNTY)
    assert (done.counts["house"]["removed"], done.counts["house"]["kept"]) == (0, 3)
    assert (done.counts["person"]["removed"], done.counts["person"]["kept"]) == (0, 1)
    assert done.counts["approval"]["removed"] == 1
    gone = set(first[1].houses["id"]) - set(second[1].houses["id"])
    assert House.objects.filter(key__in=gone).count() == 3
    assert (
        Link.objects.filter(left_key__in=gone, kind="house_parcel").count()
        == first[1].pairs.filter(pl.col("left_id").is_in(list(gone)), kind="house_parcel").height
    ), "a row that stays keeps its links"


def test_a_list_that_is_not_handed_in_again_stays(db: Private, first: tuple[Delivery, Linked]) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, *first, why="test")
    before = queries.tables(EVERYWHERE, COUNTY)
    alone = replace(first[0], tables={name: first[0].tables[name] for name in ("house", "footprint")}, extra={})
    with pytest.raises(Refusal, match="not all lists"):
        actions.record(NOBODY, alone, first[1], why="test", division=COUNTY)
    laid = actions.laid_over(NOBODY, alone, COUNTY)
    done = actions.record(NOBODY, laid, linked(laid, first[0].delivered_on), why="test", division=COUNTY)  # type: ignore[arg-type]
    assert {key: sum(one[key] for one in done.counts.values()) for key in ("added", "changed", "removed")} == {
        "added": 0,
        "changed": 0,
        "removed": 0,
    }
    assert same(queries.tables(EVERYWHERE, COUNTY), before)


def test_what_somebody_changed_by_hand_is_told_and_can_be_kept(
    db: Private, first: tuple[Delivery, Linked], second: tuple[Delivery, Linked]
) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, *first, why="test")
    raised = House.objects.get(key=first[0].tables["house"]["id"].sort()[10])
    untouched = House.objects.get(key=first[0].tables["house"]["id"].sort()[30])
    for house in (raised, untouched):
        with acting(NOBODY, "correct", why="seen on the spot", subject="house", subject_id=house.id, division=house.division):
            House.objects.filter(id=house.id).update(use="public")
    seen = actions.preview(NOBODY, *second)
    assert set(seen.edited["id"]) == {raised.id.hex, untouched.id.hex}
    assert set(seen.edited["word"]) == {"correct"}
    actions.record(NOBODY, *second, why="test", keeping=[raised.id.hex])
    kept = House.objects.get(id=raised.id)
    assert (kept.use, kept.storeys) == ("public", raised.storeys)
    assert House.objects.get(id=untouched.id).use == untouched.use


def test_an_import_is_taken_back_whole(db: Private, first: tuple[Delivery, Linked], second: tuple[Delivery, Linked]) -> None:
    narrow(EVERYWHERE)
    one = actions.record(NOBODY, *first, why="test")
    before = queries.tables(EVERYWHERE, COUNTY)
    two = actions.record(NOBODY, *second, why="test")
    undone = actions.undo(NOBODY, two.act, "the wrong county's file")
    assert undone.left.is_empty()
    again = queries.tables(EVERYWHERE, COUNTY)
    assert same(again, before) and again[0].sources.equals(before[0].sources)
    assert again[1].houses.equals(before[1].houses)
    with pytest.raises(Refusal, match="No row"), transaction.atomic():
        actions.undo(NOBODY, two.act, "once more")
    actions.undo(NOBODY, one.act, "all of it")
    assert not House.objects.exists() and not Parcel.objects.exists() and not Household.objects.exists() and not Link.objects.exists()
    assert HouseVersion.objects.count() > first[1].houses.height, "what was taken back leaves its trace"


def test_what_others_changed_since_is_left_and_told(db: Private, first: tuple[Delivery, Linked], second: tuple[Delivery, Linked]) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, *first, why="test")
    two = actions.record(NOBODY, *second, why="test")
    raised = House.objects.get(key=first[0].tables["house"]["id"].sort()[10])
    with acting(NOBODY, "correct", why="seen on the spot"):
        House.objects.filter(id=raised.id).update(use="public")
    undone = actions.undo(NOBODY, two.act, "test")
    assert undone.left.select("table", "id", "reason").rows() == [("house", raised.id.hex, "changed_since")]
    assert House.objects.get(id=raised.id).use == "public"


def test_what_is_used_since_is_left(db: Private, first: tuple[Delivery, Linked]) -> None:
    narrow(EVERYWHERE)
    one = actions.record(NOBODY, *first, why="test")
    parcel = Parcel.objects.first()
    assert parcel is not None
    with acting(NOBODY, "enter", why="new house"):
        House.objects.create(key="new", division=parcel.division, parcel=parcel)
    undone = actions.undo(NOBODY, one.act, "test")
    assert undone.left.select("table", "id", "reason").rows() == [("parcel", parcel.id.hex, "used_since")]
    assert list(Parcel.objects.all()) == [parcel] and [house.key for house in House.objects.all()] == ["new"]
