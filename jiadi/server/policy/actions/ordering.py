"""Asking for work that takes longer than a page may (下达后台任务)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.codes.division import prefix
from jiadi.server import asked
from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import span
from jiadi.server.policy.models import OPEN, Job
from jiadi.server.policy.queries import RIGHTS, place_of
from jiadi.server.refusals import refuse

TASK, QUEUE = "policy_job", "policy"


def ask(access: Access, kind: str, division: str, wanted: dict[str, Any], why: str) -> Job:
    """Have something done by a worker (下达任务); it is in line when the transaction ends well, and not before.

    Args:
        access: of who asks; their rights are looked at again when it is done.
        kind: of RIGHTS.
        division: code of any level.
        wanted: what the kind of work is to know.
        why: the reason.

    Raises:
        Refused: `division_code`, `outside_scope`, `reason_missing`.
    """
    place = asked.place(division)
    if not access.scope(RIGHTS[kind]).covers(place):
        raise refuse("outside_scope", division=division)
    code = prefix(division.ljust(12, "0"))
    user = access.user
    made = Job(kind=kind, division=span(division)[0], code=code, wanted=wanted, why=reason(why), by=user)
    made.by_name = user.full_name if user else ""
    with acting(access, f"ask_{kind}", why=made.why, division=made.division, subject="job", subject_id=made.id):
        made.save(force_insert=True)
    app.configure_task(TASK, lock=str(made.id), queue=QUEUE).defer(job_id=str(made.id))
    return made


def cancel(access: Access, job: Job) -> None:
    """Take back what is not done yet (取消任务): whoever has the right to ask for it. A worker that is at it notices within seconds.

    Raises:
        Refused: `no_right`, `job_moved`.
    """
    if not access.scope(RIGHTS[job.kind]).covers(place_of(job)):
        raise refuse("no_right")
    if not Job.objects.filter(pk=job.pk, state__in=OPEN).update(state="cancelled", done_at=timezone.now()):
        raise refuse("job_moved")
    with acting(access, "cancel_job", division=job.division, subject="job", subject_id=job.id):
        job.refresh_from_db()
