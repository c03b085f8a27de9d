"""What was done, runs as programs start them, and the jobs that do the work (接口事件、判定与任务)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query

from jiadi.law.load import shipped
from jiadi.server.api import schemas
from jiadi.server.api.asking import WRITING, After, AfterNumber, Division, Key, Limit, answers, one, page, v1, within
from jiadi.server.api.once import once
from jiadi.server.api.permits import Token
from jiadi.server.cases import events
from jiadi.server.cases import queries as acts
from jiadi.server.policy import actions, queries
from jiadi.server.refusals import refuse

KINDS = "|".join(sorted({kind.name for kind in events.kinds().values()}))


@v1.get("/events", auth=Token("read_events"), **answers({200: schemas.Page[schemas.Event]}, "division_code"))
def told(
    request: HttpRequest,
    division: Division = "",
    kind: Annotated[str, Query("", pattern=f"^({KINDS})?$", description="of one kind alone")] = "",
    limit: Limit = 100,
    after: AfterNumber = 0,
) -> Any:
    """What was done, in the order in which it was done. Keep the number of the last one, and ask from there the next time."""
    return page(acts.events(within(request, division), after, [kind] if kind else []), limit)


START = (*WRITING, "division_code", "outside_scope", "reason_missing")


@v1.post("/runs", auth=Token("write_runs"), **answers({202: schemas.Job}, *START))
def new_run(request: Any, wanted: schemas.NewRun, key: Key) -> HttpResponse:
    """Have a division judged: the answer is the job, whose `run` is there when it is done."""
    if wanted.law and wanted.law not in shipped():
        raise refuse("bad_parameter", parts="body.law")
    asked = {"on": wanted.on.isoformat() if wanted.on else "", "law": wanted.law or ""}

    def done() -> tuple[int, schemas.Job]:
        return 202, schemas.Job.from_orm(actions.ask(request.access, "judge", wanted.division, asked, wanted.why))

    return once(request, key, done)


@v1.get("/jobs", auth=Token("read_runs"), **answers({200: schemas.Page[schemas.Job]}, "division_code"))
def jobs(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Jobs, the newest first."""
    found = queries.jobs(within(request, division))
    return page(found.filter(id__lt=after) if after else found, limit)


@v1.get("/jobs/{job}", auth=Token("read_runs"), **answers({200: schemas.Job}, "not_found"))
def job(request: HttpRequest, job: UUID) -> Any:
    """One job, and what came of it."""
    return one(queries.jobs(within(request, "")), job)


@v1.post("/jobs/{job}/cancel", auth=Token("write_runs"), **answers({202: schemas.Job}, *WRITING, "not_found", "job_moved"))
def cancel(request: HttpRequest, job: UUID, key: Key) -> HttpResponse:
    """Take a job back that no worker has begun."""
    found = one(queries.jobs(within(request, "")), job)

    def done() -> tuple[int, schemas.Job]:
        actions.cancel(request.access, found)  # type: ignore[attr-defined]
        found.refresh_from_db()
        return 202, schemas.Job.from_orm(found)

    return once(request, key, done)
