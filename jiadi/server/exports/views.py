"""Pages of exports (导出页面): asking for one, following it, and fetching the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.policy.labels import label
from jiadi.server import asked, refusals
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.views.signing import refused
from jiadi.server.exports import actions, forms, queries
from jiadi.server.exports.models import TABLES, Export
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import language

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "csv_gb18030": "text/csv; charset=gb18030",
    "gpkg": "application/geopackage+sqlite3",
}


@allowed(queries.RIGHT)
@require_GET
def exports(request: Request) -> HttpResponse:
    """What one asked for, by page, the newest first."""
    found, after = queries.exports(request.access), asked.identity(request.GET.get("after", ""))
    shown, last = asked.page(found.filter(id__lt=after) if after else found, PAGE)
    context = {"rows": shown, "more": last.pk if last else "", "after": after or "", "tables": _tables(request), "now": timezone.now()}
    return render(request, "exports/exports.html", context)


def _tables(request: Request) -> list[str]:
    """Lists that one may export at all."""
    return [table for table in TABLES if queries.reach(request.access, table, False)]


@allowed(queries.RIGHT)
@require_http_methods(["GET", "POST"])
def new_export(request: Request) -> HttpResponse:
    """Have a list written as a file."""
    given = request.POST if request.method == "POST" else request.GET
    table = given.get("table", "")
    if table not in TABLES:
        raise refuse("not_found")
    may_clear = queries.sealed(table) and bool(queries.reach(request.access, table, True))
    initial = {name: given.get(name, "") for name in ("table", "q", "verdict", "division", "as_of")}
    form = forms.NewExport(request.POST or None, initial=initial, may_clear=may_clear)
    context = {"form": form, "table": table, "q": given.get("q", "")[:64], "verdict": label(given.get("verdict", "")[:32], language())}
    if not queries.reach(request.access, table, False):
        raise refuse("no_right")
    if request.method == "GET" or not form.is_valid():
        return render(request, "exports/new_export.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    wanted = actions.Wanted(
        typed["table"], typed["form"], typed["division"], typed["q"], typed["verdict"], typed["as_of"], typed.get("clear", False)
    )
    try:
        made = actions.ask(request.access, wanted, typed["why"])
    except Refused as refusal:
        return refused(request, "exports/new_export.html", context, refusal)
    return redirect("export", made.pk)


@allowed(queries.RIGHT)
@require_GET
def export(request: Request, held: UUID) -> HttpResponse:
    """One export: how far it is, and the file once it is whole."""
    found = queries.one(request.access, held)
    context = {
        "held": found,
        "fault": refusals.told_again(found.fault),
        "verdict": label(found.verdict, language()) if found.verdict else "",
        "offered": _offered(request, found),
    }
    return render(request, "exports/export.html", context)


def _offered(request: Request, held: Export) -> bool:
    """Whether the file may be fetched now: whole, not over, and all of its rows still within reach."""
    if held.state != "done" or held.expires_at is None or held.expires_at <= timezone.now():
        return False
    return queries.reach(request.access, held.table, held.clear).covers(queries.scope_of(held))


@allowed(queries.RIGHT)
@require_GET
def file(request: Request, held: UUID) -> HttpResponseBase:
    """The file, for whoever asked for it."""
    found = queries.one(request.access, held)
    if found.state in ("removed", "expired") or (found.expires_at and found.expires_at <= timezone.now()):
        raise refuse("export_over")
    if found.state != "done":
        raise refuse("not_found")
    if not _offered(request, found):
        raise refuse("no_right")
    path = queries.file(found)
    if not path.is_file():
        raise refuse("export_over")
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=found.name, content_type=TYPES[found.form])
    answer["Cache-Control"] = "private, no-store"
    return answer


@allowed(queries.RIGHT)
@require_POST
def cancel(request: Request, held: UUID) -> HttpResponse:
    """Take an export back."""
    actions.cancel(queries.one(request.access, held))
    return redirect("export", held)


@allowed(queries.RIGHT)
@require_POST
def remove(request: Request, held: UUID) -> HttpResponse:
    """Take the file away before its days are over."""
    actions.remove(queries.one(request.access, held))
    return redirect("export", held)
