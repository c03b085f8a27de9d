"""Pages of judging (判定页面): runs, what they found, why, and the jobs that do it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import polars as pl
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.insight import naming, onepage
from jiadi.server import asked, refusals
from jiadi.server.accounts.gate import allowed
from jiadi.server.policy import actions, forms, queries
from jiadi.server.policy.models import Job, Verdict
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import language

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
JOBS: Final = 10
"""Of the newest jobs so many stand above the runs."""


@allowed("see")
@require_GET
def runs(request: Request) -> HttpResponse:
    """Runs by page, the newest first, and the jobs that make more of them."""
    scope, before = request.access.scope(), _uuid(request.GET, "before")
    found, parts = queries.runs(scope), request.GET.get("parts") == "1"
    if not parts:  # what single changes touched would hide the others
        found = found.filter(whole=True)
    shown, last = asked.page(found.filter(id__lt=before) if before else found, PAGE)
    context = {
        "rows": shown,
        "count": found.count(),
        "more": last.id if last else "",
        "before": before,
        "jobs": [] if before else list(queries.jobs(scope)[:JOBS]),
        "may_judge": request.access.may("judge"),
        "may_try": request.access.may("try_law"),
        "parts": parts,
    }
    return render(request, "policy/runs.html", context)


@allowed("judge")
@require_http_methods(["GET", "POST"])
def new_run(request: Request) -> HttpResponse:
    """Have a division judged."""
    form = forms.NewRun(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "policy/new_run.html", {"form": form}, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    wanted = {"on": typed["on"].isoformat() if typed["on"] else "", "law": typed["law"]}
    try:
        made = actions.ask(request.access, "judge", typed["division"], wanted, typed["why"])
    except Refused as refusal:
        request.refused = True  # type: ignore[attr-defined]
        said = refusals.told(refusal)
        return render(request, "policy/new_run.html", {"form": form, "refusal": said}, status=said["status"])
    return redirect("job", made.pk)


@allowed("see")
@require_GET
def run(request: Request, run: UUID) -> HttpResponse:
    """One run: counts, and its houses by page, narrowed by verdict, finding and division."""
    scope = request.access.scope()
    found = queries.runs(scope).filter(pk=run).first()
    if found is None:
        raise refuse("not_found")
    counts = queries.counts(scope, found)
    verdict, finding, place = (request.GET.get(name, "")[:64] for name in ("verdict", "finding", "division"))
    within = scope.within(asked.place(place)) if place else scope
    rows, more = page_of(queries.chosen(queries.verdicts(within, run), verdict, finding), asked.number(request.GET.get("after", "")))
    narrowed = request.GET.copy()
    narrowed.pop("after", None)
    context = {
        "run": found,
        "counts": counts,
        "rows": rows,
        "more": more,
        "asked": narrowed.urlencode(),
        "verdict": verdict,
        "finding": finding,
        "division": place,
    }
    return render(request, "policy/run.html", context)


def page_of(found: Any, after: int) -> tuple[list[Verdict], int]:
    """One page of verdicts with names as they may be shown (一页结论), and where the next one begins; 0 where there is none."""
    rows, last = asked.page(found.filter(id__gt=after), PAGE)
    for row, shown in zip(rows, naming.shown_ids(pl.Series([one.key for one in rows], dtype=pl.String)), strict=True):
        row.key = shown
    return rows, last.pk if last else 0


@allowed("see")
@require_GET
def verdict(request: Request, house: UUID) -> HttpResponse:
    """Why a house has its verdict, in the reader's language."""
    found = queries.verdict_on(request.access.scope(), house, _uuid(request.GET, "run"))
    told = queries.explained(found, language())
    shown = naming.shown_ids(pl.Series([told.house, told.household], dtype=pl.String)).to_list()
    context = {"told": told, "verdict": found, "house": shown[0], "household": shown[1], "run": request.GET.get("run", "")}
    return render(request, "policy/verdict.html", context)


@allowed("see")
@require_GET
def printed(request: Request, house: UUID) -> HttpResponse:
    """The same as a page to print."""
    found = queries.verdict_on(request.access.scope(), house, _uuid(request.GET, "run"))
    held = queries.stored(found.run_id)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        onepage.write(path, held, [found.key], language())
        body = path.read_bytes()
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{house}.pdf"'})


@allowed("see")
@require_GET
def job(request: Request, job: UUID) -> HttpResponse:
    """How far a job is, and what came of it."""
    found = _job(request, job)
    return render(
        request, "policy/job.html", {"job": found, "fault": refusals.told_again(found.fault), "may_cancel": _may_cancel(request, found)}
    )


@allowed("judge", "try_law")
@require_POST
def cancel_job(request: Request, job: UUID) -> HttpResponse:
    """Take a job back that is not done yet: whoever has the right to ask for it."""
    found = _job(request, job)
    if not _may_cancel(request, found):
        raise refuse("not_found")
    actions.cancel(request.access, found)
    return redirect("job", found.pk)


def _job(request: Request, job: UUID) -> Job:
    found = queries.jobs(request.access.scope()).filter(pk=job).first()
    if found is None:
        raise refuse("not_found")
    return found


def _may_cancel(request: Request, job: Job) -> bool:
    return request.access.scope(queries.RIGHTS[job.kind]).covers(queries.place_of(job))


def _uuid(given: QueryDict, name: str) -> UUID | None:
    """An id that stands in an address.

    Raises:
        Refused: `bad_request`.
    """
    try:
        return UUID(str(given[name])) if given.get(name) else None
    except ValueError:
        raise refuse("bad_request") from None
