"""The list of imports, one of them, how far it is, and what it gave (导入一览与详情)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.codes.division import prefix
from jiadi.register.schema import TABLES
from jiadi.server import asked, refusals
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.views.signing import refused
from jiadi.server.cases.actions import acting
from jiadi.server.refusals import Refused, refuse
from jiadi.server.survey import forms, media, queries
from jiadi.server.survey.actions import moving, uploading
from jiadi.server.survey.actions.checking import MAPPING
from jiadi.server.survey.models import Import
from jiadi.server.words import language, say
from jiadi.survey import problems as survey_problems

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 30
TYPES: Final = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "jsonl": "application/jsonl"}


@allowed(queries.RIGHT)
@require_GET
def imports(request: Request) -> HttpResponse:
    """Imports by page, the newest first."""
    found = queries.imports(request.access).select_related("created_by")
    after = asked.identity(request.GET.get("after", ""))
    shown, last = asked.page(found.filter(id__lt=after) if after else found, PAGE)
    sizes = queries.sizes(shown)
    rows = [(one, *sizes.get(one.pk, (0, 0))) for one in shown]
    context = {"rows": rows, "count": found.count(), "after": after or "", "more": last.pk if last else ""}
    return render(request, "survey/imports.html", context)


@allowed(queries.RIGHT)
@require_http_methods(["GET", "POST"])
def new_import(request: Request) -> HttpResponse:
    """Begin an import; where one may import in one place alone, that place is written there already."""
    places = [division for role, division in request.access.held if division in request.access.scope(queries.RIGHT)]
    own = prefix(f"{places[0]:012}") if len(places) == 1 else ""
    form = forms.NewImport(request.POST or None, initial={"division_code": own})
    if request.method == "GET" or not form.is_valid():
        return render(request, "survey/new_import.html", {"form": form}, status=200 if request.method == "GET" else 422)
    try:
        held = moving.create(request.access, form.cleaned_data["division_code"], form.cleaned_data["title"])
    except Refused as refusal:
        return refused(request, "survey/new_import.html", {"form": form}, refusal)
    return redirect("import", held.pk)


@allowed(queries.RIGHT)
@require_GET
def one(request: Request, held: UUID) -> HttpResponse:
    """One import: its files, how far it is, what was found and what may be done next."""
    found = queries.one(request.access, held)
    context = described(request, found)
    context |= {
        "files": queries.files(found),
        "most_mb": uploading.most_bytes() >> 20,
        "results": results(found),
        "problems": _problems(found),
        "refused_files": [entry for entry in found.summary.get("files", []) if entry.get("status") != "read"],
        "tables": [(table_name(name), counts) for name, counts in found.summary.get("tables", {}).items()],
        "mapped": bool(found.checked) and (media.result(found.checked) / MAPPING).is_file(),
        "waiting": sum(found.summary.get("waiting", {}).values()),
        "left": [(table_name(name), say("import.left." + reason), many) for name, reason, many in found.summary.get("left", [])],
        "changes": bool(found.summary.get("changes")),
    }
    return render(request, "survey/import.html", context)


def described(request: Request, held: Import) -> dict[str, Any]:
    """What every page of an import shows (页面共用)."""
    return {
        "held": held,
        "fault": refusals.told_again(held.fault),
        "may_accept": held.division in request.access.scope("accept"),
        "state_words": say("import.state." + held.state),
        "stage_words": say("import.stage." + held.stage) if held.stage else "",
        "percent": round(held.share * 100),
    }


def table_name(name: str) -> str:
    """A list by its name in the reader's language (表名)."""
    if name in ("link", "coverage"):
        return say("preview.table." + name)
    return TABLES[name].zh if language() == "zh" and name in TABLES else name.replace("_", " ")


def results(held: Import) -> list[dict[str, Any]]:
    """What may be fetched: name in the address, words, bytes."""
    shown = []
    for name in (held.checked, held.tied):
        for path, size in media.contents(media.result(name)).items() if name else ():
            key = path.partition("/")[0] if "/" in path else path
            last = path.rpartition("/")[2] if "/" in path else ""
            shown.append(
                {
                    "path": path,
                    "words": say("import.result." + key.replace(".", "_")),
                    "last": last if key == "returned" else "",
                    "bytes": size,
                }
            )
    return shown


def _problems(held: Import) -> list[tuple[str, str, int]]:
    counted = held.summary.get("problems", {})
    return sorted(((survey_problems.title(code, language()), code, many) for code, many in counted.items()), key=lambda row: -row[2])


@allowed(queries.RIGHT)
@require_GET
def progress(request: Request, held: UUID) -> JsonResponse:
    """How far an import is, for the script of its page."""
    found = queries.one(request.access, held)
    words = say("import.stage." + found.stage) if found.stage else say("import.stage.waits")
    return JsonResponse({"state": found.state, "working": found.working, "stage": words, "percent": round(found.share * 100)})


@allowed(queries.RIGHT)
@require_GET
def result(request: Request, held: UUID, name: str) -> HttpResponseBase:
    """One workbook of the results. It may hold persons' numbers in clear: fetching it leaves an act."""
    found = queries.one(request.access, held)
    folder = next((folder for kept in (found.tied, found.checked) if kept and name in media.contents(folder := media.result(kept))), None)
    if folder is None:
        raise refuse("not_found")
    with acting(request.access, "download", **moving.about(found)) as doing:
        doing.detail["file"] = name
    path = folder / name
    kind = TYPES.get(path.suffix.lstrip("."), "application/octet-stream")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type=kind)


@allowed(queries.RIGHT)
@require_POST
def check(request: Request, held: UUID) -> HttpResponse:
    """Order a check."""
    moving.check(request.access, queries.one(request.access, held), language())
    return redirect("import", held)


@allowed(queries.RIGHT)
@require_POST
def cancel(request: Request, held: UUID) -> HttpResponse:
    """Take an order back; what was ordered by whoever accepts is taken back by nobody else."""
    moving.cancel(request.access, queries.one(request.access, held))
    return redirect("import", held)


@allowed(queries.RIGHT)
@require_POST
def discard(request: Request, held: UUID) -> HttpResponse:
    """Give an import up."""
    moving.discard(request.access, queries.one(request.access, held))
    return redirect("import", held)


def stored(held: Import, name: str, of: str) -> Any:
    """A JSON file of a result; None where it is not there (取结果)."""
    path = media.result(of) / name
    return json.loads(path.read_text(encoding="utf-8")) if of and path.is_file() else None
