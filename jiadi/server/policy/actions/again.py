"""Judging again what a change touched (增量重判): the houses that read it, by the rule set and the day of the run that stands there.

A change leaves a `Due` in its own transaction. Right after it has been committed its houses are judged again, in a transaction that
sees all that they rest on, whoever made the change; a worker does what was left, should the process end in between. What stands is
at any time what a whole run of the register, by that rule set and day, would say.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi import __version__
from jiadi.geo import measure, overlay
from jiadi.law import LawSet
from jiadi.law import load as load_law
from jiadi.policy import facts as policy_facts
from jiadi.policy import judge as policy_judge
from jiadi.policy.again import Neighbours
from jiadi.policy.judge import Judgement
from jiadi.register.tables import Delivery, Linked
from jiadi.run import kept, lines, record
from jiadi.run.pipeline import Outcome
from jiadi.run.stages import Stages, silent
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import EVERYWHERE, LEVELS, Scope, seeing, span
from jiadi.server.policy.actions.due import LATER_S, QUEUE, TASK, WHOLE_LOCK, lock
from jiadi.server.policy.actions.judging import judge, keeping, store, told
from jiadi.server.policy.models import Due, Run, Standing
from jiadi.server.policy.queries import folder_of
from jiadi.server.register import queries as register
from jiadi.server.register.actions.news import Touched

log = logging.getLogger(__name__)

MOST = 2_000
"""More houses than these are left to a worker: nobody waits for them at a page."""
WHY = "rejudged"


class TooWide(Exception):
    """A change that matters to more than its neighbourhood (影响面过大)."""


def remember(touched: Touched) -> None:
    """Write down that houses are to be judged again, and see to it once the change is there (登记待重判)."""
    told = {name: sorted(map(str, one)) for name, one in asdict(touched).items() if isinstance(one, set)} | {"whole": touched.whole}
    due = Due.objects.create(division=touched.division, act=touched.act, touched=told)
    if touched.whole:  # nobody waits for it at a page
        app.configure_task(TASK, queue=QUEUE).defer(due_id=str(due.id))
        return
    app.configure_task(TASK, queue=QUEUE, schedule_in={"seconds": LATER_S}).defer(due_id=str(due.id))
    transaction.on_commit(lambda: _at_once(due.id), robust=True)


def _at_once(due: UUID) -> None:
    try:
        settle([due])
    except TooWide as wide:
        log.info("due %s is left to a worker: %s", due, wide)


def settle(dues: Iterable[UUID], most: int = MOST) -> list[Run]:
    """Judge again what changes touched (重判), in a transaction of its own.

    Args:
        dues: ids of `Due`; those that are done already are left out.
        most: houses that are judged here.

    Returns:
        The runs that were stored.

    Raises:
        TooWide: there are more, or a column was asked for that nobody had asked for before: then the whole is to be judged.
    """
    with seeing(EVERYWHERE):
        found = list(Due.objects.filter(id__in=list(dues), done_at=None).values_list("id", "division"))
        for county in sorted({division - division % 10**6 for _, division in found}):
            lock(county)
        held = list(Due.objects.select_for_update(skip_locked=True).filter(id__in=[one for one, _ in found], done_at=None))
        made = _by_base(held, most)
        Due.objects.filter(id__in=[one.id for one in held]).update(done_at=timezone.now())
    return made


def _by_base(held: list[Due], most: int) -> list[Run]:
    """Each part by the whole run that stands where it lies."""
    made = []
    touched = [_touched(one) for one in held]
    if any(one.whole for one in touched):
        raise TooWide("a change to many rows, or to what all rest on")
    for base in _bases({one.division for one in touched}):
        scope = Scope.of([base.code])
        houses: set[UUID] = set()
        for one in touched:
            parts = (one.houses, one.parcels, one.households, one.parcel_keys, one.household_keys, one.codes)
            houses |= register.affected(scope, *parts)
        gone = {one for each in touched for one in each.houses} - houses
        Standing.objects.filter(scope.where(), house__in=gone).delete()
        mine = {one for one, run in _base_of(scope, houses).items() if run == base.id}
        if len(mine) > most:
            raise TooWide(f"{len(mine)} houses")
        if mine:
            made.append(_again(base, scope, mine, held[0].act))
    return made


def _touched(due: Due) -> Touched:
    ids = ("houses", "parcels", "households")
    told: dict[str, Any] = {
        name: {UUID(one) if name in ids else one for one in values} for name, values in due.touched.items() if name != "whole"
    }
    return Touched(due.division, due.act, **told, whole=due.touched.get("whole", False))


def _codes(division: int) -> list[str]:
    whole = f"{division:012}"
    return [whole, *(whole[:level] for level in LEVELS if level)]


def _bases(divisions: set[int]) -> list[Run]:
    """Whole runs that a house of these counties may go by: of each division the newest."""
    within = Q()
    for county in {division - division % 10**6 for division in divisions}:
        within |= Scope.of([f"{county:012}"]).reaching()
    return list(_newest(Run.objects.filter(within))) if divisions else []


def _newest(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Of the whole runs of each division the last one."""
    return runs.filter(whole=True).order_by("code", "-id").distinct("code")


def _base_of(scope: Scope, houses: set[UUID]) -> dict[UUID, UUID]:
    """The newest whole run that judged the place of each house."""
    places = dict(register.known(register.STORED["house"], scope).filter(id__in=houses).values_list("id", "division"))
    codes = {one for each in places.values() for one in _codes(each)}
    runs = dict(_newest(Run.objects.filter(code__in=codes)).values_list("code", "id"))
    return {house: max((runs[code] for code in _codes(place) if code in runs), default=UUID(int=0)) for house, place in places.items()}


def _again(base: Run, scope: Scope, houses: set[UUID], act: UUID) -> Run:
    moment = timezone.now()
    if not base.context:
        raise TooWide("the run that stands was made by an earlier version")
    told = json.loads(base.context)
    delivery, linked = register.around(scope, houses, told["asked"])
    if _more_asked(delivery, linked, told["asked"]):
        raise TooWide("a column is asked for that nobody had asked for before")
    names = dict(register.known(register.STORED["house"], scope).filter(id__in=houses).values_list("key", "id"))
    outcome = _judged(base, delivery, linked, set(names), told["plane"])
    run = Run(
        division=base.division, code=base.code, on=base.on, law_set=base.law_set, law_version=base.law_version,
        law_sha256=base.law_sha256, register_at=moment, program=__version__, layers=base.layers, base=base.id, whole=False,
        verdicts_sha256=record.verdicts(outcome.judgement), houses=outcome.judgement.houses.height,
    )  # fmt: skip
    about: dict[str, Any] = {"division": base.division, "subject": "run", "subject_id": run.id}
    with acting(NOBODY, "rejudge", why=WHY, source=str(act), **about) as doing, keeping(run, outcome, partial(_link_law, base)):
        run.act = doing.id
        doing.detail |= {"houses": run.houses, "verdicts": run.verdicts_sha256}
        run.save(force_insert=True)
        _put(run, outcome, names)
    return run


def _more_asked(delivery: Delivery, linked: Linked, told: dict[str, list[str]]) -> bool:
    """Whether a row of the part says something in a column that was blank throughout."""
    frames = {**delivery.tables, "house": linked.houses}
    return any(
        frame[one].null_count() < frame.height and one not in told.get(name, ()) for name, frame in frames.items() for one in frame.columns
    )


def _judged(base: Run, delivery: Delivery, linked: Linked, keys_of: set[str], plane: list[float] | None) -> Outcome:
    own = linked.houses.filter(pl.col("id").is_in(list(keys_of)))
    zones = delivery.tables.get("zone")
    overlaps = None
    if zones is not None:
        drawn = lines.drawn(own)
        there = measure.LocalPlane(*plane) if plane else None
        overlaps = overlay.zone_overlaps(drawn["geometry"], drawn["id"], lines.drawn(zones), there)
    facts = policy_facts.build(delivery, linked, None, overlaps, base.on)
    rows = np.flatnonzero(facts.ids["house"].is_in(list(keys_of)).to_numpy())
    law = law_of(_law_folder(base))
    if law is None and base.law_set:
        raise TooWide("the rule set of the run that stands is lost")
    judgement: Judgement = policy_judge.judge(Neighbours(facts).part(facts, rows), law)
    return Outcome(delivery, linked, judgement, law, base.on, Stages(silent), None, overlaps)


def _law_folder(run: Run) -> Path:
    return folder_of(run.id) / kept.FOLDER / kept.LAW


def law_of(folder: Path) -> LawSet | None:
    """The rule set that a run has kept (留存的规则集); None where none judged it. A process reads each once."""
    return _law(folder) if folder.is_dir() else None


@lru_cache(maxsize=8)
def _law(folder: Path) -> LawSet:
    return load_law(folder)


def _link_law(base: Run, folder: Path) -> None:
    """The rule set is the very file of the whole run."""
    law = _law_folder(base)
    if law.is_dir():
        shutil.copytree(law, folder, copy_function=os.link)


def _put(run: Run, outcome: Outcome, names: dict[str, UUID]) -> None:
    places = dict(register.known(register.STORED["house"], EVERYWHERE).filter(id__in=names.values()).values_list("id", "division"))
    table = pl.DataFrame(
        {"key": list(names), "house": [one.hex for one in names.values()], "division": [places[one] for one in names.values()]},
        schema={"key": pl.String, "house": pl.String, "division": pl.Int64},
    )
    rows = told(outcome).join(table, on="key").with_columns(run_id=pl.lit(run.id.hex))
    Standing.objects.filter(house__in=names.values()).delete()
    store(rows)


def later(due_id: str) -> None:
    """What a worker does (后台重判): what was left open; what is too wide by a whole run of the place."""
    try:
        settle([UUID(due_id)], most=10 * MOST)
    except TooWide as wide:
        log.info("due %s: %s; the whole is judged", due_id, wide)
        _judge_whole(due_id)


def _judge_whole(due_id: str) -> None:
    with seeing(EVERYWHERE):
        division = Due.objects.filter(id=due_id).values_list("division", flat=True).get()
        lock(division, WHOLE_LOCK)
        waiting = {due.id: _resting(due) for due in Due.objects.filter(done_at=None) if str(due.id) == due_id or due.touched.get("whole")}
        runs = waiting.get(UUID(due_id), [])
        done = [one for one, others in waiting.items() if set(others) <= set(runs)]
        for base in runs:
            judge(NOBODY, base.code, why=WHY, on=base.on, law=_law_to_use(base))
        Due.objects.filter(id__in=done).update(done_at=timezone.now())


def _law_to_use(base: Run) -> str | None:
    """The rule set that the run has kept; where its files are lost, what now goes by that name."""
    law = _law_folder(base)
    return str(law) if law.is_dir() else base.law_set or None


def _resting(due: Due) -> list[Run]:
    """Whole runs that a change matters to, the oldest first: each will stand over those that it stands over now."""
    low, high = span(f"{due.division:012}") if due.touched.get("whole") else (due.division, due.division + 1)
    placed = [(run, *span(run.code)) for run in sorted(_bases({due.division}), key=lambda run: run.id)]
    return [
        run
        for place, (run, start, end) in enumerate(placed)
        if start < high and low < end and not any(other <= start and end <= to for _, other, to in placed[place + 1 :])
    ]
