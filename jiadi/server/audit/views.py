"""Pages of the audit (留痕页面): acts by page, one act with what it changed, and a file of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from jiadi.server import asked
from jiadi.server.accounts.queries import Access
from jiadi.server.audit import queries, shown
from jiadi.server.audit.forms import Filter, named, thing
from jiadi.server.cases import queries as acts
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.logs import washed
from jiadi.server.refusals import refuse
from jiadi.server.register.views.shown import Reader
from jiadi.server.words import language, place, say, told
from jiadi.survey.report import escaped

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
MOST: Final = 50_000
"""Acts of one file; more are asked for by narrower days."""


def _readers_only(access: Access) -> None:
    """Whoever audits, or administers.

    Raises:
        Refused: `no_right`.
    """
    if not (access.may("audit") or access.may("administer")):
        raise refuse("no_right")


@require_GET
def audit(request: Request) -> HttpResponse:
    """Acts by page, the newest first."""
    _readers_only(request.access)
    form = Filter(request.access, request.GET)
    kept = {name: text for name in form.fields if (text := request.GET.get(name, "")[:64])}
    before = asked.number(request.GET.get("before", ""))
    rows: list[Any] = []
    last = None
    if form.is_valid():
        found = acts.audited(request.access, form.wanted())
        rows, last = asked.page(found.filter(number__lt=before) if before else found, PAGE)
    context = {
        "form": form,
        "rows": [_row(one) for one in rows],
        "kept": kept,
        "moved": bool(before),
        "more": str(last.number) if last else "",
        "may_export": request.access.may("audit"),
        "most": f"{MOST:,}",
    }
    return render(request, "audit/audit.html", context, status=200 if form.is_valid() else 422)


def _row(one: Any) -> dict[str, Any]:
    return {"act": one, "word": named(one.word), "thing": thing(one.subject), "marks": [told(rule.said) for rule in acts.marks(one)]}


@require_GET
def act(request: Request, act: UUID) -> HttpResponse:
    """One act: all that it says, and what it changed, field by field."""
    _readers_only(request.access)
    access, table = request.access, request.GET.get("table", "")
    found = acts.audited(access).filter(pk=act).first()
    if found is None:
        raise refuse("not_found")
    counts = queries.counts(access, found)
    table = table if table in counts else next(iter(counts), "")
    rows, more = queries.changed(access, found, table, asked.identity(request.GET.get("after", ""))) if table else ([], None)
    context = {
        **_row(found),
        "detail": _detail(found),
        "hash": bytes(found.hash).hex(),
        "tables": [(name, shown.table_name(name), many, many >= queries.MOST) for name, many in counts.items()],
        "table": table,
        "rows": shown.changes(Reader(access), table, rows) if table else [],
        "more": more,
        "open": _page_of(access, found),
    }
    return render(request, "audit/act.html", context)


def _detail(found: Act) -> list[tuple[str, str]]:
    """What an act says besides, in lines; what nobody gave a name stands as it is."""
    held = json.loads(found.detail)
    return [(name, washed(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))) for name, said in held.items()]


def _page_of(access: Access, found: Act) -> str:
    """Name of the address that shows what the act is about, where the reader may open it; "" for none."""
    rights = {"house": "see", "parcel": "see", "household": "see", "person": "see_persons", "run": "see", "user": "hand_on"}
    right = rights.get(found.subject, "")
    try:
        UUID(found.subject_id)
    except ValueError:
        return ""
    return found.subject if right and found.division in access.scope(right) else ""


COLUMNS: Final = ("number", "at", "who", "role", "word", "place", "subject", "subject_id", "why", "source", "detail", "marks", "hash")


@require_POST
def export(request: Request) -> HttpResponse:
    """The same acts as a file for a spreadsheet; taking it is an act too."""
    if not request.access.may("audit"):
        raise refuse("no_right")
    form = Filter(request.access, request.POST)
    if not form.is_valid():
        raise refuse("bad_request")
    found = acts.audited(request.access, form.wanted())
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([say("audit.column." + name) for name in COLUMNS])
    many = 0
    for one in _all(found):
        writer.writerow([escaped(cell) for cell in _cells(one)])
        many += 1
    asked = {name: request.POST.get(name, "")[:64] for name in form.fields if request.POST.get(name)}
    low = request.access.scope("audit").ranges[0][0]
    with acting(request.access, "export_audit", division=low, subject="audit") as doing:
        doing.detail |= {"acts": many, "asked": {name: washed(said) for name, said in asked.items()}}
    # A spreadsheet takes a file without a mark for one of the local code page.
    body = "\ufeff" + text.getvalue()
    disposition = 'attachment; filename="acts.csv"'
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


def _all(found: Any) -> Iterator[Any]:
    """Acts by pieces, so that no long query is open; refused before any is told where there are more than MOST."""
    if found[MOST : MOST + 1].exists():
        raise refuse("too_many_acts", most=f"{MOST:,}")
    yield from found.iterator(chunk_size=2000)


def _cells(one: Any) -> list[object]:
    at = one.at.astimezone().isoformat(timespec="seconds")
    where = place(one.division) if one.division else ""
    marked = ("；" if language() == "zh" else "; ").join(told(rule.said) for rule in acts.marks(one))
    about = thing(one.subject), one.subject_id
    said = one.why, one.source, washed(one.detail)
    return [one.number, at, one.by_name, one.role, named(one.word), where, *about, *said, marked, bytes(one.hash).hex()]
