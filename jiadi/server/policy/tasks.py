"""Jobs of judging (判定任务): each may be killed at any moment and done again from the beginning."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.errors import Refusal
from jiadi.run.stages import Progress
from jiadi.server.accounts.queries import Access, access
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.jobs.watching import AGAIN, TakenBack, Watch
from jiadi.server.policy import actions
from jiadi.server.policy.actions import again, due
from jiadi.server.policy.actions.ordering import QUEUE, TASK
from jiadi.server.policy.actions.trying import results_of
from jiadi.server.policy.models import OPEN, Job
from jiadi.server.policy.queries import folder_of
from jiadi.server.refusals import kept, refuse

log = logging.getLogger(__name__)


@app.task(name=TASK, queue=QUEUE, retry=AGAIN)
def policy_job(job_id: str) -> None:
    """Do what was asked for, once."""
    try:
        do(job_id)
    finally:
        connection.close()  # a job runs in a thread of its own


@app.task(name=due.TASK, queue=QUEUE, retry=AGAIN)
def policy_due(due_id: str) -> None:
    """Judge again what a change touched, where its own process did not come to it."""
    try:
        again.later(due_id)
    finally:
        connection.close()


def do(job_id: str) -> None:
    """Do a job in one transaction, or say on it why not (办理任务)."""
    with seeing(EVERYWHERE):
        held = Job.objects.filter(pk=job_id).select_related("by").first()
        if held is None or not held.open:
            return
        if not Job.objects.filter(pk=job_id, state__in=OPEN).update(state="running"):
            return
        who = access(held.by, timezone.localdate())
    try:
        with seeing(who.whole):
            mine = Job.objects.filter(pk=job_id)
            if not mine.exists():  # the asker's grant has ended meanwhile
                raise refuse("no_right")
            with Watch(partial(_write, job_id)).running() as watch:
                result = WORK[held.kind](who, held, watch.told)
            if not mine.filter(state="running").update(state="done", stage="", result=result, done_at=timezone.now()):
                _forget(held, result)
                raise TakenBack
    except TakenBack:
        log.info("job %s was taken back", job_id)
    except Refusal as refusal:
        _end(job_id, "refused", refusal)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _end(job_id, "failed", refuse("server_error"))
        raise


def _write(job_id: str, watch: Watch) -> bool:
    return bool(Job.objects.filter(pk=job_id, state="running").update(stage=watch.stage, share=watch.share))


def _forget(job: Job, result: dict[str, Any]) -> None:
    """What was kept beside the database of a job that nobody wanted at its very end."""
    folder = folder_of(UUID(result["run"])) if "run" in result else results_of(job.id)
    shutil.rmtree(folder, ignore_errors=True)


def _end(job_id: str, state: str, refusal: Refusal) -> None:
    with seeing(EVERYWHERE):
        Job.objects.filter(pk=job_id, state="running").update(state=state, stage="", fault=kept(refusal), done_at=timezone.now())


def _judge(who: Access, job: Job, progress: Progress) -> dict[str, Any]:
    on, law = job.wanted.get("on"), job.wanted.get("law") or None
    run = actions.judge(who, job.code, why=job.why, on=date.fromisoformat(on) if on else None, law=law, progress=progress)
    return {"run": str(run.id)}


WORK: dict[str, Callable[[Access, Job, Progress], dict[str, Any]]] = {"judge": _judge, "whatif": actions.whatif, "compare": actions.compare}
"""Kind of job → what does it; the result is kept on the job."""
