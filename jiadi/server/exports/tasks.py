"""The job of an export (导出任务): it may be killed at any moment and is done again from the beginning."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from uuid import UUID

import polars as pl
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.errors import Refusal
from jiadi.server.accounts.queries import Access, access
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.exports import actions, queries
from jiadi.server.exports.models import OPEN, Export
from jiadi.server.exports.rows import rows
from jiadi.server.exports.writing import to_file
from jiadi.server.jobs.watching import AGAIN, TakenBack, Watch
from jiadi.server.refusals import kept, refuse


class Counting(Watch):
    """Counts the rows that are written (计行)."""

    rows = 0

    def counted(self, pieces: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same pieces, counted."""
        for piece in pieces:
            self.told("", 0.0)
            self.rows += piece.height
            yield piece


@app.task(name=actions.TASK, queue=actions.QUEUE, retry=AGAIN)
def export_write(export_id: str) -> None:
    """Write an export, once."""
    try:
        do(UUID(export_id))
    finally:
        connection.close()  # a job runs in a thread of its own


@app.periodic(cron="17 * * * *")
@app.task(name="export_expire", queue=actions.QUEUE, queueing_lock="export_expire")
def export_expire(timestamp: int) -> None:
    """Every hour: files whose days are over go."""
    try:
        with seeing(EVERYWHERE):
            actions.expire()
    finally:
        connection.close()


def do(export_id: UUID) -> None:
    """Write an export and offer it, or say on it why not (办理导出)."""
    held = _taken(export_id)
    if held is None:
        return
    try:
        who = _asker(held)
        with actions.draft(held.pk) as folder, Counting(partial(_write, held)).running() as watch:
            path = folder / actions.name_of(held)
            with seeing(queries.scope_of(held)), contextlib.closing(rows(who, held).pieces()) as pieces:
                to_file(path, held.form, queries.called(held), watch.counted(pieces))
            with seeing(who.whole):
                if not actions.finish(who, held, path, watch.rows):
                    raise TakenBack
    except TakenBack:
        return
    except Refusal as refusal:
        _end(held, "refused", refusal)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _end(held, "failed", refuse("server_error"))
        raise


def _write(held: Export, watch: Counting) -> bool:
    return bool(Export.objects.filter(pk=held.pk, attempt=held.attempt, state="running").update(rows=watch.rows))


def _taken(export_id: UUID) -> Export | None:
    """The export, now this worker's; None where there is nothing to do."""
    with seeing(EVERYWHERE):
        held = Export.objects.select_for_update(of=("self",)).select_related("by").filter(pk=export_id, state__in=OPEN).first()
        if held is None:
            return None
        held.state, held.attempt, held.rows, held.total = "running", held.attempt + 1, 0, queries.total(held)
        held.save(update_fields=["state", "attempt", "rows", "total"])
        return held


def _asker(held: Export) -> Access:
    """Who asked, with the rights of today.

    Raises:
        Refused: `no_right`: they no longer reach what they asked for.
    """
    with seeing(EVERYWHERE):
        who = access(held.by, timezone.localdate())
    if not queries.reach(who, held.table, held.clear).covers(queries.scope_of(held)):
        raise refuse("no_right")
    return who


def _end(held: Export, state: str, refusal: Refusal) -> None:
    with seeing(EVERYWHERE):
        mine = Export.objects.filter(pk=held.pk, attempt=held.attempt, state="running")
        mine.update(state=state, fault=kept(refusal), done_at=timezone.now())
