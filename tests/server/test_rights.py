"""Rights with shares and days, splits and mergers with their descent, divisions that end."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.register import actions, queries
from jiadi.server.register.models import House, Household, Interest, Link, Parcel, Person, Right

HERE = 330802005202
DAY = date(2010, 1, 1)


@pytest.fixture
def parcel(db: Private) -> Parcel:
    """A parcel with two households, two houses and a ledger row."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test"):
        land = Parcel.objects.create(division=HERE, key="p", parcel_code="P1", stated_area_m2=200.0)
        homes = [Household.objects.create(division=HERE, key=code, household_code=code) for code in ("f", "g")]
        for name, relation in (("甲", "head"), ("乙", "child")):
            Person.objects.create(
                division=HERE,
                key=f"f/{name}",
                household_code="f",
                name=name,
                relation=relation,
                household=homes[0],
                is_head=relation == "head",
            )
        for name in ("a", "b"):
            House.objects.create(division=HERE, key=name, survey_code=name, parcel=land, household=homes[0])
            Link.objects.create(
                division=HERE, kind="house_parcel", left_key=name, right_key="p", state="linked", score=1.0, reason="overlap"
            )
        Right.objects.create(division=HERE, key="r", parcel_code="P1", parcel=land, household=homes[0])
        Link.objects.create(
            division=HERE, kind="right_parcel", left_key="r", right_key="p", state="linked", score=1.0, reason="parcel_code"
        )
        Link.objects.create(division=HERE, kind="parcel_household", left_key="p", right_key="f", state="linked", score=1.0, reason="ledger")
    return land


def use(parcel: Parcel, holder: str, since: date = DAY, share: tuple[int, int] | None = None, **more: Any) -> Interest:
    """A right of use."""
    shares = {"share_numerator": share[0], "share_denominator": share[1]} if share else {}
    return actions.enter_interest(NOBODY, "use", why="test", valid_from=since, thing=parcel, holder_name=holder, **shares, **more)


def test_two_do_not_hold_alone_what_is_one(parcel: Parcel) -> None:
    first = use(parcel, "甲")
    with pytest.raises(Refusal) as told:
        use(parcel, "乙", date(2015, 1, 1))
    assert told.value.code in ("held_already", "shares_exceed")
    actions.end_interest(NOBODY, first.id, date(2015, 1, 1), "sold within the village")
    second = use(parcel, "乙", date(2015, 1, 1))
    assert [one.holder_name for one in queries.interests(EVERYWHERE, parcel, date(2014, 12, 31))] == ["甲"]
    assert [one.id for one in queries.interests(EVERYWHERE, parcel, date(2015, 1, 1))] == [second.id]
    assert actions.enter_interest(NOBODY, "lease", why="test", valid_from=DAY, thing=parcel, holder_name="丙").kind == "lease"


@pytest.mark.parametrize(
    ("shares", "sound"),
    [([(1, 3)] * 3, True), ([(1, 2), (1, 3), (1, 6)], True), ([(1, 2), (2, 3)], False), ([(1, 6)] * 6, True), ([(1, 6)] * 7, False)],
)
def test_shares_are_one_whole_at_most(parcel: Parcel, shares: list[tuple[int, int]], sound: bool) -> None:
    for share in shares[:-1]:
        use(parcel, "甲", share=share)
    if sound:
        use(parcel, "乙", share=shares[-1])
    else:
        with pytest.raises(Refusal, match="exceed"):
            use(parcel, "乙", share=shares[-1])
    assert Interest.objects.count() == len(shares) - (not sound)


def test_joint_holders_are_one_together(parcel: Parcel) -> None:
    use(parcel, "甲", joint=True)
    use(parcel, "乙", joint=True)
    with pytest.raises(Refusal, match="exceed"):
        use(parcel, "丙", share=(1, 10))


held = st.tuples(st.integers(0, 9), st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)).filter(lambda one: one[2] <= one[3])


@settings(max_examples=30)
@given(rows=st.lists(held, max_size=6))
def test_a_share_is_refused_exactly_when_some_day_would_hold_more(database: Private, rows: list[tuple[int, int, int, int]]) -> None:
    with transaction.atomic():
        narrow(EVERYWHERE)
        with acting(NOBODY, "enter", why="test"):
            land = Parcel.objects.create(division=HERE, key="p")
        kept: list[tuple[int, int, Fraction]] = []
        for first, years, numerator, denominator in rows:
            span = (first, first + years, Fraction(numerator, denominator))
            most = max(
                (sum((one[2] for one in (*kept, span) if one[0] <= day < one[1]), Fraction(0)) for day in range(first, first + years)),
                default=Fraction(0),
            )
            until = date(2000 + first + years, 1, 1)
            try:
                use(land, "甲", date(2000 + first, 1, 1), (numerator, denominator), valid_to=until)
            except Refusal as told:
                assert told.code == "shares_exceed" and most > 1
            else:
                assert most <= 1
                kept.append(span)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "held",
    [
        {"kind": "use", "holder_name": "甲", "share_numerator": 3, "share_denominator": 2},
        {"kind": "use", "holder_name": "甲", "valid_to": DAY},
        {"kind": "gift", "holder_name": "甲"},
        {"kind": "eligibility", "holder_name": "甲"},
        {"kind": "use"},
    ],
)
def test_a_right_that_does_not_hold_together_is_refused(parcel: Parcel, held: dict[str, Any]) -> None:
    kind = held.pop("kind")
    with pytest.raises(Refusal, match="go together"):
        actions.enter_interest(NOBODY, kind, why="test", valid_from=DAY, thing=parcel, **held)


def test_eligibility_is_of_somebody_once(parcel: Parcel) -> None:
    person = Person.objects.get(name="乙")
    actions.enter_interest(NOBODY, "eligibility", why="test", valid_from=DAY, person=person)
    with pytest.raises(Refusal, match="eligibility"):
        actions.enter_interest(NOBODY, "eligibility", why="test", valid_from=date(2020, 1, 1), person=person)


def test_a_household_has_one_head(parcel: Parcel) -> None:
    with pytest.raises(IntegrityError, match="person_one_head"), transaction.atomic(), acting(NOBODY, "correct", why="test"):
        Person.objects.filter(name="乙").update(is_head=True)
        connection.check_constraints()
    with acting(NOBODY, "correct", why="test"):
        Person.objects.filter(name="甲").update(is_head=False)
        Person.objects.filter(name="乙").update(is_head=True)
    connection.check_constraints()


def test_a_parcel_is_split_and_knows_where_from(parcel: Parcel) -> None:
    right = use(parcel, "甲")
    house = House.objects.get(key="b")
    ledger = Right.objects.get()
    with pytest.raises(Refusal, match="in no part"):
        actions.split(NOBODY, "parcel", parcel.id, [{"parcel_code": "P2"}, {"parcel_code": "P3"}], why="division of the family")
    parts = [{"parcel_code": "P2", "stated_area_m2": 120.0}, {"parcel_code": "P3", "stated_area_m2": 80.0}]
    follows = {right.id: 0, house.id: 1, ledger.id: 0}
    one, two = actions.split(NOBODY, "parcel", parcel.id, parts, why="division of the family", happened_on=DAY, follows=follows)
    assert not Parcel.objects.filter(id=parcel.id).exists()
    assert {part.id: part.stated_area_m2 for part in Parcel.objects.all()} == {one: 120.0, two: 80.0}
    assert (House.objects.get(key="b").parcel_id, House.objects.get(key="a").parcel_id) == (two, None)
    assert (Interest.objects.get().parcel_id, Right.objects.get().parcel_id) == (one, one)
    links = set(Link.objects.values_list("kind", "left_key", "right_key"))
    assert links == {
        ("house_parcel", "b", "P3"),
        ("right_parcel", "r", "P2"),
        ("parcel_household", "P2", "f"),
        ("parcel_household", "P3", "f"),
    }
    assert [step.from_id for step in queries.came_from(EVERYWHERE, two)] == [parcel.id]
    assert {step.to_id for step in queries.became(EVERYWHERE, parcel.id)} == {one, two}
    assert [trace.row.parcel_code for trace in queries.trace(EVERYWHERE, Parcel, parcel.id)] == ["P1"]


def test_what_was_split_is_merged_again(parcel: Parcel) -> None:
    houses = {house.id: place for place, house in enumerate(House.objects.order_by("key"))}
    parts = actions.split(NOBODY, "parcel", parcel.id, [{"parcel_code": "P2"}, {"parcel_code": "P3"}], why="test", follows=houses)
    made = actions.merge(NOBODY, "parcel", parts, {"parcel_code": "P4"}, why="test")
    assert set(House.objects.values_list("parcel_id", flat=True)) == {made}
    assert set(Link.objects.values_list("kind", "left_key", "right_key")) == {
        ("house_parcel", "a", "P4"),
        ("house_parcel", "b", "P4"),
        ("parcel_household", "P4", "f"),
    }
    assert {step.from_id for step in queries.came_from(EVERYWHERE, made)} == {*parts, parcel.id}
    assert [step.word for step in queries.became(EVERYWHERE, parcel.id)] == ["split", "split", "merge", "merge"]


def test_rights_that_clash_stop_a_merger(parcel: Parcel) -> None:
    houses = {house.id: place for place, house in enumerate(House.objects.order_by("key"))}
    parts = actions.split(NOBODY, "parcel", parcel.id, [{}, {}], why="test", follows=houses)
    for part, holder in zip(Parcel.objects.filter(id__in=parts), ("甲", "乙"), strict=True):
        use(part, holder)
    with pytest.raises(Refusal, match=r"alone|exceed"), transaction.atomic():
        actions.merge(NOBODY, "parcel", parts, {}, why="test")
    assert Parcel.objects.count() == 2


def test_a_household_is_split_with_its_people(parcel: Parcel) -> None:
    home = Household.objects.get(key="f")
    people = {one.id: place for place, one in enumerate(Person.objects.order_by("key"))}
    parts = [{"household_code": "f1"}, {"household_code": "f2"}]
    one, two = actions.split(NOBODY, "household", home.id, parts, why="grown up", follows=people)
    held = {row.household_id: row.household_code for row in Person.objects.all()}
    assert held == {one: "f1", two: "f2"}
    assert House.objects.filter(household=None).count() == 2, "nobody said to whom the houses go"


def test_a_split_is_taken_back(parcel: Parcel) -> None:
    before = sorted(Link.objects.values_list("kind", "left_key", "right_key"))
    parts = actions.split(NOBODY, "parcel", parcel.id, [{"parcel_code": "P2"}, {"parcel_code": "P3"}], why="test")
    act = queries.trace(EVERYWHERE, Parcel, parts[0])[0].act
    assert act is not None
    undone = actions.undo(NOBODY, act.id, "the wrong parcel")
    assert undone.left.is_empty()
    assert Parcel.objects.get().id == parcel.id
    assert set(House.objects.values_list("parcel_id", flat=True)) == {parcel.id}
    assert sorted(Link.objects.values_list("kind", "left_key", "right_key")) == before
    assert queries.became(EVERYWHERE, parcel.id) == []


def test_a_merged_township_keeps_its_past(db: Private) -> None:
    narrow(EVERYWHERE)
    old, new, newest = 330802100000, 330802101000, 330802005000
    for one, other, on in ((old, new, date(2020, 1, 1)), (new, newest, date(2023, 1, 1))):
        actions.succeed(NOBODY, one, other, on, "order of the province")
    named = [queries.division(old, day) for day in (date(2019, 12, 31), date(2021, 1, 1), None)]
    assert [one.code for one in named if one] == [old, new, newest]
    assert queries.division(999999999999) is None
    with acting(NOBODY, "enter", why="test"):
        House.objects.create(division=old + 201, key="a")
    scope = queries.with_predecessors(Scope.of([f"{newest:012}"]))
    assert old + 201 in scope and new + 1 in scope and 330802006201 not in scope
    assert queries.known(House, scope).count() == 1
    with pytest.raises(Refusal, match="ended"):
        actions.succeed(NOBODY, old, newest, date(2024, 1, 1), "again")
