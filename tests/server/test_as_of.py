"""The register as it was known: of any moment it says what a plain model of the same changes says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.run import pipeline
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.register import actions, queries
from jiadi.server.register.models import House, Parcel
from jiadi.survey.sample.generate import generate

HERE, THERE = 330802005202, 330802005203
COUNTY = "330802"
State = dict[str, tuple[int, int | None]]

changes = st.tuples(st.sampled_from("abc"), st.sampled_from([HERE, THERE]), st.one_of(st.none(), st.integers(1, 3)), st.booleans())


def change(key: str, division: int, storeys: int | None, gone: bool) -> None:
    """Put a house in, change it, or take it out."""
    if gone:
        House.objects.filter(key=key).delete()
    elif not House.objects.filter(key=key).update(division=division, storeys=storeys):
        House.objects.create(key=key, division=division, storeys=storeys)


def said(moment: datetime | None, scope: Scope = EVERYWHERE) -> State:
    """Key → division and storeys."""
    return {
        key: (division, storeys) for key, division, storeys in queries.known(House, scope, moment).values_list("key", "division", "storeys")
    }


@settings(max_examples=40)
@given(steps=st.lists(st.lists(changes, max_size=3), max_size=6))
def test_every_moment_is_what_a_plain_model_says(database: Private, steps: list[list[tuple[str, int, int | None, bool]]]) -> None:
    with transaction.atomic():
        narrow(EVERYWHERE)
        model: State = {}
        kept: list[tuple[datetime, State]] = []
        for step in steps:
            with acting(NOBODY, "change", why="test") as act:
                for key, division, storeys, gone in step:
                    change(key, division, storeys, gone)
                    if gone:
                        model.pop(key, None)
                    else:
                        model[key] = (division, storeys)
            kept.append((act.at, dict(model)))
        assert said(None) == model
        for moment, state in kept:
            assert said(moment) == state
            here = Scope.of([str(HERE)])
            assert said(moment, here) == {key: one for key, one in state.items() if one[0] == HERE}
        if kept:
            assert said(kept[0][0] - timedelta(microseconds=1)) == {}
        transaction.set_rollback(True)


@settings(max_examples=25)
@given(
    steps=st.lists(st.lists(st.tuples(st.integers(0, 7), st.sampled_from([HERE, THERE]), st.booleans()), max_size=5), max_size=5),
    size=st.integers(1, 3),
)
def test_a_list_of_a_moment_is_the_list_that_was_shown_then(database: Private, steps: list[list[tuple[int, int, bool]]], size: int) -> None:
    """Page by page, forth and back, whatever was edited since."""

    def pages(moment: datetime | None) -> list[list[tuple[str, int, int | None]]]:
        rows, shown = queries.listed("house", EVERYWHERE, moment), []
        held = queries.page(rows, size=size)
        while True:
            shown.append([(row.id.hex, row.division, row.storeys) for row in held.rows])
            if not held.after:
                break
            following = queries.page(rows, after=held.after, size=size)
            back = queries.page(rows, before=following.before, size=size)
            assert [row.id for row in back.rows] == [row.id for row in held.rows]
            held = following
        return shown

    with transaction.atomic():
        narrow(EVERYWHERE)
        seen: list[tuple[datetime, list[list[tuple[str, int, int | None]]]]] = []
        for step in steps:
            with acting(NOBODY, "change", why="test") as act:
                for key, division, gone in step:
                    change(str(key), division, len(seen), gone)
            seen.append((act.at, pages(None)))
        assert [pages(moment) for moment, _ in seen] == [shown for _, shown in seen]
        transaction.set_rollback(True)


@pytest.mark.parametrize("code", [COUNTY, str(HERE)])
def test_a_page_of_a_day_is_read_from_one_place_of_the_index(db: Private, code: str) -> None:
    scope = Scope.of([code])
    narrow(scope)
    rows = queries.listed("house", scope, datetime(2025, 7, 1, tzinfo=UTC)).order_by("division", "id")[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        sql, params = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        told = "\n".join(line for (line,) in cursor.fetchall())
    condition = next(line for line in told.splitlines() if "Index Cond" in line)
    assert "house_version_place" in told and "Sort" not in told, told
    assert "known_from <=" in condition and "CASE WHEN (known_to IS NULL)" in condition and "division >=" in condition, told


def test_of_a_day_its_end_counts(db: Private) -> None:
    narrow(EVERYWHERE)
    for storeys, at in ((1, "2025-06-30T23:59:59+08:00"), (2, "2025-07-01T00:00:00+08:00")):
        with acting(NOBODY, "change", why="test"), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jiadi.moment', %s, true)", [at])
            change("a", HERE, storeys, False)
    days = [datetime.fromisoformat(f"{day}T12:00:00+08:00").date() for day in ("2025-06-29", "2025-06-30", "2025-07-01")]
    assert [said(day) for day in days] == [{}, {"a": (HERE, 1)}, {"a": (HERE, 2)}]


def test_a_deleted_row_leaves_its_trace(db: Private) -> None:
    narrow(EVERYWHERE)
    for word, storeys in (("enter", 1), ("correct", 2)):
        with acting(NOBODY, word, why=f"because {storeys}", division=HERE):
            change("a", HERE, storeys, False)
    house = House.objects.get(key="a")
    with acting(NOBODY, "delete", why="twice in the survey", division=HERE):
        House.objects.filter(id=house.id).delete()
    told = queries.trace(EVERYWHERE, House, house.id)
    assert [(one.row.storeys, one.act.word, one.ended_by.word) for one in told if one.act and one.ended_by] == [
        (2, "correct", "delete"),
        (1, "enter", "correct"),
    ]
    assert told[0].ended_by is not None and told[0].ended_by.why == "twice in the survey"
    assert queries.trace(Scope.of([str(THERE)]), House, house.id) == []


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    """A county of 60 houses."""
    folder = tmp_path_factory.mktemp("small")
    generate(folder, houses=60, seed=2)
    return pipeline.judge([folder])


def test_a_whole_division_and_a_file_as_of_a_moment(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    house = House.objects.exclude(household=None).exclude(parcel=None).order_by("key")[0]
    before = queries.tables(EVERYWHERE, COUNTY)
    first = queries.house_file(EVERYWHERE, house.id)
    moment = queries.trace(EVERYWHERE, House, house.id)[0].known_from
    with acting(NOBODY, "correct", why="test"):
        House.objects.filter(parcel=house.parcel).update(parcel=None, storeys=9)
        Parcel.objects.filter(id=house.parcel_id).update(location="别处")
    then = queries.tables(EVERYWHERE, COUNTY, moment)
    assert all(then[0].tables[name].equals(before[0].tables[name]) for name in before[0].tables)
    assert then[1].houses.equals(before[1].houses) and then[1].pairs.equals(before[1].pairs)
    assert not queries.tables(EVERYWHERE, COUNTY)[1].houses.equals(before[1].houses)
    file = queries.house_file(EVERYWHERE, house.id, moment)
    assert first.persons and first.rights and first.links and first.sources
    for part in ("persons", "members", "aid", "accounts", "rights", "holders", "approvals", "links", "sources"):
        assert [one.id for one in getattr(file, part)] == [one.id for one in getattr(first, part)], part
    assert (file.house.storeys, file.parcel.location, file.household.id) == (house.storeys, first.parcel.location, house.household_id)
    assert queries.house_file(EVERYWHERE, house.id).parcel is None
    assert queries.house_file(Scope.of(["330803"]), house.id).house is None
