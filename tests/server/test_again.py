"""Verdicts that stand after changes by hand: those that a whole run of the register would give, and at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from jiadi.policy.labels import label
from jiadi.register.tables import Delivery
from jiadi.run import pipeline
from jiadi.server.accounts.actions import create_user, grant
from jiadi.server.accounts.queries import NOBODY, OPERATOR
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import EVERYWHERE, Scope, seeing
from jiadi.server.policy import actions
from jiadi.server.policy.actions import again
from jiadi.server.policy.models import Due, Run, Standing, Verdict
from jiadi.server.register import actions as register
from jiadi.server.register import queries
from jiadi.server.register.actions import news
from jiadi.server.register.models import Approval, House, Household, Link, Parcel, Right
from jiadi.survey.sample.generate import generate
from tests.server.conftest import PASSWORD
from tests.server.newer_lists import linked
from tests.server.test_editing import entered, sent

COUNTY = "330802"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    """A county of 300 houses with dirt."""
    folder: Path = tmp_path_factory.mktemp("county")
    generate(folder, houses=300, seed=5, dirt=0.2)
    return pipeline.judge([folder])


@pytest.fixture
def judged(committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: pipeline.Outcome) -> Iterator[Run]:
    """The county in a register of its own, judged."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    with seeing(EVERYWHERE):
        register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    settle()  # nothing stands yet that would be judged again
    with seeing(EVERYWHERE):
        run = actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)
    yield run


def settle() -> int:
    """What a worker does with all that is due; how many runs it made."""
    with seeing(EVERYWHERE):
        before = Run.objects.count()
        waiting = [str(one) for one in Due.objects.filter(done_at=None).order_by("id").values_list("id", flat=True)]
    for due in waiting:
        again.later(due)
    with seeing(EVERYWHERE):
        assert not Due.objects.filter(done_at=None).exists()
        return Run.objects.count() - before


def standing() -> dict[str, tuple[str, ...]]:
    with seeing(EVERYWHERE):
        rows = Standing.objects.values_list("key", "verdict", "remedy", "findings", "unknowns", "division")
        return {key: tuple(map(str, rest)) for key, *rest in rows}


def whole(base: Run) -> dict[str, tuple[str, ...]]:
    """What a run of the whole register gives now."""
    with seeing(EVERYWHERE):
        delivery, linked = queries.tables(EVERYWHERE, COUNTY)
        told = actions.told(pipeline.judge_register(delivery, linked, on=base.on))
        places = dict(House.objects.values_list("key", "division"))
    columns = ("key", "verdict", "remedy", "findings", "unknowns")
    return {key: (*rest, str(places[key])) for key, *rest in told.select(columns).iter_rows()}


def change(table: str, row: Any, **values: Any) -> None:
    with seeing(EVERYWHERE):
        register.edit(NOBODY, table, row.id, queries.version_of(table, row.id), values, why="入户核对")


CHANGES: dict[str, tuple[Any, dict[str, list[Any]]]] = {
    "house": (House, {"storeys": [1, 3, 9, None], "built_year": [1975, 1990, 2015, None], "use": ["residence", "annex", None],
                      "safety_grade": ["A", "D", None], "vacancy": ["in_use", "all_year", None], "floor_area_m2": [60.0, 900.0, None]}),
    "parcel": (Parcel, {"stated_area_m2": [20.0, 900.0, None], "land_owner": ["state", "collective", None], "parcel_code": [None]}),
    "household": (Household, {"size": [1, 9, None], "head_name": ["某某", None]}),
    "approval": (Approval, {"approved_area_m2": [10.0, 500.0, None], "approved_storeys": [1, 9, None]}),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_stands_is_what_a_whole_run_would_say(judged: Run, seed: int) -> None:
    """Changes of every kind, one after the other, each judged again by itself."""
    chance, moved = random.Random(seed), 0
    before = standing()
    assert before == whole(judged)
    for number in range(24):
        table = chance.choice(list(CHANGES))
        model, cells = CHANGES[table]
        with seeing(EVERYWHERE):
            rows = list(model.objects.order_by("key"))
        row, cell = chance.choice(rows), chance.choice(list(cells))
        value = chance.choice([one for one in cells[cell] if one != getattr(row, cell)] or [None])
        if value == getattr(row, cell):
            continue
        change(table, row, **{cell: value})
        after = standing()
        moved += after != before
        before = after
        if number % 8 == 7:
            assert after == whole(judged), f"{table} {row.key} {cell} {value}"
    assert before == whole(judged)
    assert moved >= 3, "changes that change nothing test nothing"


def test_houses_elsewhere_are_judged_again_through_the_ledger(judged: Run) -> None:
    """The year of a house on one parcel is when its holder's household began to hold two homesteads: the other one is judged by it."""
    with seeing(EVERYWHERE):
        drawn = House.objects.filter(household__isnull=False, parcel__rights__household__isnull=False).order_by("key").distinct()
        near = drawn[0]
        far = next(one for one in drawn if one.household_id != near.household_id and one.parcel_id != near.parcel_id)
        right = Right.objects.filter(parcel=far.parcel).order_by("key").first()
        assert right is not None and near.household is not None
        with acting(NOBODY, "link", why="test"):
            links = Link.objects.filter(kind="right_household", left_key=right.key, division=right.division)
            links.update(right_key=near.household.key, state="linked")
            Right.objects.filter(pk=right.pk).update(household=near.household)
        base = actions.judge(NOBODY, COUNTY, why="test", on=judged.on)
    assert standing() == whole(base)
    change("house", far, built_year=1976 if far.built_year != 1976 else 1977)
    with seeing(EVERYWHERE):
        run = Run.objects.order_by("-id").first()
        assert run is not None and not run.whole and run.base == base.id
        again_judged = set(Verdict.objects.filter(run=run).values_list("house", flat=True))
    assert {near.id, far.id} <= again_judged
    assert len(again_judged) < 60, "only what reads it"
    assert standing() == whole(base)


def test_what_is_taken_out_and_put_back(judged: Run, outcome: pipeline.Outcome) -> None:
    with seeing(EVERYWHERE):
        house = House.objects.filter(household__isnull=False).order_by("key").first()
        assert house is not None
        user = create_user(OPERATOR, "manager", "manager", PASSWORD, why="test")
        grant(OPERATOR, user, "county_manager", COUNTY, timezone.localdate(), None, "test")
    browser = entered(user)
    before = standing()
    address = f"/houses/{house.id}/end"
    assert browser.post(address, sent(browser, address, cause="demolished")).status_code == 302
    assert house.key not in standing() and standing() == whole(judged)
    with seeing(EVERYWHERE):
        act = Due.objects.order_by("-id").first()
        assert act is not None
    assert browser.post(f"/acts/{act.act}/take-back", {"why": "拆错了"}).status_code == 302
    assert standing() == before == whole(judged)


def test_the_page_shows_it_at_once_though_the_officer_sees_the_village_alone(judged: Run) -> None:
    """The verdict rests on rows that the officer does not see: it is the same as the manager would get."""
    with seeing(EVERYWHERE):
        house = House.objects.filter(parcel__isnull=False, use="residence").exclude(safety_grade="D").order_by("key").first()
        assert house is not None
        user = create_user(OPERATOR, "officer", "officer", PASSWORD, why="test")
        grant(OPERATOR, user, "village_officer", f"{house.division:012}", timezone.localdate(), None, "test")
    browser: Client = entered(user)
    address = f"/houses/{house.id}/edit"
    before = set(standing()[house.key][2].split(","))
    assert browser.post(address, sent(browser, address, safety_grade="D")).status_code == 302
    page = browser.get(f"/houses/{house.id}").content.decode()
    fresh = set(standing()[house.key][2].split(",")) - before
    assert fresh and all(label(one, "zh") in page for one in fresh)
    assert browser.get(f"/houses/{house.id}/verdict").status_code == 200
    assert standing() == whole(judged)


def test_a_column_that_nobody_asked_for_is_left_to_a_worker(judged: Run) -> None:
    with seeing(EVERYWHERE):
        blank = [name for name in ("facade", "fence_height_m", "in_style") if not House.objects.exclude(**{name: None}).exists()]
        house = House.objects.order_by("key").first()
    if not blank or house is None:
        pytest.skip("the sample asks for all of them")
    change("house", house, **{blank[0]: 1.2 if blank[0].endswith("_m") else "no" if blank[0] == "in_style" else "bare"})
    with seeing(EVERYWHERE):
        due = Due.objects.get(done_at=None)
    again.later(str(due.id))
    assert standing() == whole(judged)


def test_a_change_whose_process_ended_is_judged_by_a_worker_once(judged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "_at_once", lambda due: None)
    with seeing(EVERYWHERE):
        house = House.objects.filter(parcel__isnull=False).order_by("key").first()
        assert house is not None
    change("house", house, storeys=9)
    with seeing(EVERYWHERE):
        due = Due.objects.get(done_at=None)
    again.later(str(due.id))
    again.later(str(due.id))
    assert standing() == whole(judged)
    with seeing(EVERYWHERE):
        assert Run.objects.filter(whole=False).count() == 1


def test_a_whole_run_does_not_lose_what_was_changed_while_it_ran(judged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change after the run had read the register and before it was stored is judged again after it; one before it read is not."""
    with seeing(EVERYWHERE):
        one, other = House.objects.filter(parcel__isnull=False).order_by("key")[:2]
    change("house", one, storeys=9)
    reckon = pipeline.judge_register

    def meanwhile(*args: Any, **more: Any) -> pipeline.Outcome:
        made = reckon(*args, **more)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(change_in_thread, other, storeys=9).result()
        return made

    with monkeypatch.context() as patched, seeing(EVERYWHERE):
        patched.setattr(pipeline, "judge_register", meanwhile)
        actions.judge(NOBODY, COUNTY, why="test", on=judged.on)
    with seeing(EVERYWHERE):
        assert Due.objects.filter(done_at=None).count() == 1
    assert settle() == 1
    assert standing() == whole(judged)


def change_in_thread(row: Any, **values: Any) -> None:
    try:
        change("house", row, **values)
    finally:
        connection.close()


def newer(outcome: pipeline.Outcome, rows: int) -> Delivery:
    """The same lists, with other storeys for some houses."""
    table = outcome.delivery.tables["house"]
    storeys = pl.when(pl.int_range(pl.len()) < rows).then(9).otherwise(pl.col("storeys")).cast(table.schema["storeys"])
    return replace(outcome.delivery, tables={**outcome.delivery.tables, "house": table.with_columns(storeys=storeys)})


def test_a_small_import_is_judged_at_once_by_what_it_touched(judged: Run, outcome: pipeline.Outcome) -> None:
    changed = newer(outcome, 5)
    with seeing(EVERYWHERE):
        done = register.record(NOBODY, changed, linked(changed, judged.on), why="test")
        assert 0 < done.counts["house"]["changed"] < 20
    with seeing(EVERYWHERE):
        run = Run.objects.order_by("-id").first()
        assert run is not None and not run.whole and run.houses < 100 and not Due.objects.filter(done_at=None).exists()
    before = standing()
    assert before == whole(judged)
    with seeing(EVERYWHERE):
        register.undo(NOBODY, done.act, "test")
    assert standing() == whole(judged) != before


def test_large_imports_are_judged_whole_and_once(judged: Run, outcome: pipeline.Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two imports wait for a worker, who judges county and village for both; what stood over the other still does."""
    monkeypatch.setattr(news, "WIDE", 3)
    with seeing(EVERYWHERE):
        village = f"{House.objects.order_by('key').first().division:012}"  # type: ignore[union-attr]
        actions.judge(NOBODY, village, why="test", on=judged.on - timedelta(days=3653))
        for rows in (40, 60):
            changed = newer(outcome, rows)
            register.record(NOBODY, changed, linked(changed, judged.on), why="test")
    assert settle() == 2
    with seeing(EVERYWHERE):
        last, first = Run.objects.filter(whole=True).order_by("-id")[:2]
        assert (first.code, last.code) == (COUNTY, village)
        assert set(Standing.objects.filter(Scope.of([village]).where()).values_list("run", flat=True)) == {last.id}
        assert (first.on, last.on) == (judged.on, judged.on - timedelta(days=3653))


@pytest.mark.parametrize("table", ["house", "parcel", "household"])
def test_what_is_split_and_merged_is_judged_again(judged: Run, table: str) -> None:
    model: Any = {"house": House, "parcel": Parcel, "household": Household}[table]
    with seeing(EVERYWHERE):
        held = House.objects.filter(parcel__isnull=False, household__isnull=False).order_by("key").first()
        assert held is not None
        row = held if table == "house" else getattr(held, table)
        parts = register.split(NOBODY, table, row.id, [{}, {}], why="test")
    assert standing() == whole(judged)
    with seeing(EVERYWHERE):
        merged = register.merge(NOBODY, table, parts, {}, why="test")
        assert model.objects.filter(id=merged).exists()
    assert standing() == whole(judged)
