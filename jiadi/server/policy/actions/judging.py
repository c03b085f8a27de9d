"""Judging the register (判定登记册), and storing what was found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection
from django.utils import timezone

from jiadi import __version__
from jiadi.law.load import keep as keep_law
from jiadi.run import kept, pipeline, record, summary
from jiadi.run.pipeline import Outcome
from jiadi.run.stages import Progress, silent
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database import bulk
from jiadi.server.database.scope import EVERYWHERE, Scope, span
from jiadi.server.policy.actions import due
from jiadi.server.policy.models import Run, Standing, Verdict
from jiadi.server.policy.queries import folder_of
from jiadi.server.refusals import refuse
from jiadi.server.register import queries as register


def judge(access: Access, division: str, *, why: str, on: date | None = None, law: str | None = None, progress: Progress = silent) -> Run:
    """Judge all houses of a division and store the run (判定一个区划), in the open transaction.

    Args:
        access: of who asks; the system itself has no user.
        division: code of any level.
        why: the reason given.
        on: the day that counts; None: today.
        law: name of a law set; None: that of the place.
        progress: told of each stage.

    Raises:
        Refusal: `outside_scope`, `nothing_to_judge`, or a law set that does not load.
    """
    place = Scope.of([division])
    if access.user is not None and not access.scope("judge").covers(place):
        raise refuse("outside_scope", division=division)
    scope = EVERYWHERE if access.user is None else access.whole
    moment, seen = timezone.now(), due.standing(*span(division))
    progress("register", 0.0)
    delivery, linked = register.tables(scope, division)
    if linked.houses.is_empty():
        raise refuse("nothing_to_judge", division=division)
    outcome = pipeline.judge_register(delivery, linked, on=on or timezone.localdate(), law=law, progress=progress)
    progress("store", 0.0)
    run = _described(outcome, division, moment)
    about: dict[str, Any] = {"division": run.division, "subject": "run", "subject_id": run.id}
    with acting(access, "judge", why=why, **about) as act, keeping(run, outcome, partial(_keep_law, outcome, law)):
        run.act = act.id
        act.detail |= {"houses": run.houses, "verdicts": run.verdicts_sha256, "law": run.law_version}
        due.lock(run.division)
        run.save(force_insert=True)
        _put(run, outcome, scope)
        due.reopen(*span(run.code), seen)
    return run


def _described(outcome: Outcome, division: str, moment: datetime) -> Run:
    law = outcome.law
    return Run(
        division=span(division)[0],
        code=division,
        on=outcome.on,
        law_set=law.name if law else "",
        law_version=law.version if law else "",
        law_sha256=law.sha256 if law else "",
        register_at=moment,
        program=__version__,
        layers=json.dumps(record.layers(outcome.delivery.tables.get("zone")), ensure_ascii=False),
        verdicts_sha256=record.verdicts(outcome.judgement),
        houses=outcome.judgement.houses.height,
        context=due.context(outcome.delivery, outcome.linked),
    )


@contextmanager
def keeping(run: Run, outcome: Outcome, keep: Callable[[Path], None]) -> Iterator[None]:
    """Keep what a run rests on (留存判定依据); nothing of it stays where the transaction does not.

    Args:
        run: to be stored inside; `outcome`: that it stores.
        keep: puts its rule set into a folder that is not there yet.
    """
    folder = folder_of(run.id)
    folder.mkdir(parents=True)
    try:
        kept.save(folder, outcome, [])
        keep(folder / kept.FOLDER / kept.LAW)
        summary.write(folder / kept.SUMMARY, summary.of_run(outcome, outcome.linked.problems, "zh"))
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _keep_law(outcome: Outcome, law: str | None, folder: Path) -> None:
    if outcome.law:
        keep_law(law or outcome.law.name, folder)


def _put(run: Run, outcome: Outcome, scope: Scope) -> None:
    """Verdicts by house into the run, and over those that stood before."""
    rows = (
        told(outcome)
        .join(register.named("house", scope.within(Scope.of([run.code]))), on="key")
        .rename({"id": "house"})
        .with_columns(run_id=pl.lit(run.id.hex))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Standing._meta.db_table} WHERE division >= %s AND division < %s", span(run.code))
    store(rows)


SAID = ("verdict", "remedy", "findings", "unknowns")


def store(rows: pl.DataFrame) -> None:
    """Verdicts into their run, and as those that stand, of houses of which none stands any more (存入结论).

    Args:
        rows: as `told` gives them, with `run_id`, `house` and `division`.
    """
    bulk.insert(Verdict, rows.select("run_id", "house", "key", "division", *SAID, "then", "price_fen"))
    bulk.insert(Standing, rows.select("house", "division", "key", pl.col("run_id").alias("run"), *SAID))


def told(outcome: Outcome) -> pl.DataFrame:
    """One row a house as it is stored (逐户结论): key, verdict, remedy, then, price_fen, findings, unknowns."""
    judgement = outcome.judgement
    joined = pl.col("code").unique().sort().str.join(",")
    found = judgement.house_findings.group_by("house_id").agg(joined.alias("findings"))
    unknown = judgement.house_unknowns.group_by("house_id").agg(joined.alias("unknowns"))
    proposed = judgement.proposals.select("house_id", "remedy", "then", "price_fen")
    blank = [pl.col(name).fill_null("") for name in ("findings", "unknowns", "remedy", "then")]
    held = judgement.houses.select(pl.col("id").alias("house_id"), "verdict")
    for frame in (found, unknown, proposed):
        held = held.join(frame, on="house_id", how="left")
    return held.with_columns(blank).rename({"house_id": "key"}).sort("key")


__all__ = ["folder_of", "judge", "told"]
