"""Pages of trials and comparisons (试算与比对页面)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import polars as pl
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from jiadi.errors import Refusal
from jiadi.law.lawset import LawSet
from jiadi.run import kept
from jiadi.server import asked, refusals
from jiadi.server.accounts.gate import allowed
from jiadi.server.policy import actions, parameters, queries
from jiadi.server.policy.actions.again import law_of
from jiadi.server.policy.models import Job, Run
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import language, say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
SHOWN: Final = 20
"""Rows of a table that stand on the page of the result; each table has pages of its own."""
RUNS: Final = 50
KINDS: Final = ("whatif", "compare")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allowed("try_law")
@require_http_methods(["GET", "POST"])
def new_whatif(request: Request) -> HttpResponse:
    """Choose a run, and what of its rule set is to be otherwise."""
    chosen = _run(request, request.POST.get("run") or request.GET.get("run") or "")
    if chosen is None:
        return render(request, "policy/new_whatif.html", {"runs": _runs(request)})
    law = _law(chosen)
    if request.method == "GET":
        return _form(request, chosen, law, {})
    sent = {name: str(text) for name, text in request.POST.items()}
    try:
        text = parameters.written(law, sent)
        if not text:
            raise refuse("variants_missing")
        actions.read_variants(text, law)
        made = actions.ask(request.access, "whatif", chosen.code, {"run": str(chosen.id), "variants": text}, sent.get("why", ""))
    except Refusal as refusal:
        return _form(request, chosen, law, sent, refusal)
    return redirect("job", made.pk)


@allowed("try_law")
@require_http_methods(["GET", "POST"])
def new_compare(request: Request) -> HttpResponse:
    """Choose two runs."""
    sent, refusal = request.POST, None
    if request.method == "POST":
        try:
            old, new = (_run(request, sent.get(end, "")) for end in ("old", "new"))
            if old is None or new is None or old.id == new.id:
                raise refuse("two_runs")
            wanted = {"old": str(old.id), "new": str(new.id)}
            return redirect("job", actions.ask(request.access, "compare", new.code, wanted, sent.get("why", "")).pk)
        except Refused as told:
            request.refused = True  # type: ignore[attr-defined]
            refusal = refusals.told(told)
    context = {"runs": _runs(request), "refusal": refusal, "sent": {name: sent.get(name, "") for name in ("old", "new", "why")}}
    return render(request, "policy/new_compare.html", context, status=refusal["status"] if refusal else 200)


@allowed("try_law")
@require_GET
def result(request: Request, job: UUID) -> HttpResponse:
    """What a trial or a comparison found; `?table=` shows one of its tables by page."""
    folder = _folder(request, job)
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    table = request.GET.get("table", "")
    if table:
        number = asked.number(table, 3)
        if number >= len(told["tables"]) or (not number and table != "0"):
            raise refuse("not_found")
        return _table(request, job, told, number, folder)
    tables = [(number, one, _rows(folder, number, 0, SHOWN), one["rows"] > SHOWN) for number, one in enumerate(told["tables"])]
    return render(request, "policy/result.html", {"job": job, "told": told, "tables": tables})


@allowed("try_law")
@require_GET
def result_book(request: Request, job: UUID) -> HttpResponse:
    """All of it as a workbook."""
    folder = _folder(request, job)
    name = json.loads((folder / "report.json").read_text(encoding="utf-8"))["name"]
    held = (folder / f"{name}.xlsx").read_bytes()
    return HttpResponse(held, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}-{job}.xlsx"'})


def _table(request: Request, job: UUID, told: dict[str, Any], number: int, folder: Path) -> HttpResponse:
    after = asked.number(request.GET.get("after", ""), 11)
    one = told["tables"][number]
    rows = _rows(folder, number, after, PAGE)
    more = after + PAGE if after + PAGE < one["rows"] else 0
    context = {"job": job, "told": told, "one": one, "number": number, "rows": rows, "more": more, "first": after + 1, "after": after}
    return render(request, "policy/result_table.html", context)


def _rows(folder: Path, number: int, after: int, most: int) -> list[tuple[Any, ...]]:
    return pl.scan_parquet(folder / f"{number}.parquet").slice(after, most).collect().rows()


def _folder(request: Request, job: UUID) -> Path:
    """Where the result lies, for whoever may try law in all of its division."""
    scope = request.access.scope("try_law")
    found = Job.objects.filter(scope.where(), pk=job, kind__in=KINDS, state="done").first()
    if found is None or not scope.covers(queries.place_of(found)):
        raise refuse("not_found")
    folder = actions.results_of(job) / language()
    if not (folder / "report.json").exists():
        raise refuse("run_lost")
    return folder


def _runs(request: Request) -> list[Run]:
    """Whole runs with their files, the newest first."""
    found = queries.runs(request.access.scope("try_law")).filter(whole=True)[:RUNS]
    return [one for one in found if queries.folder_of(one.id).is_dir()]


def _run(request: Request, text: str) -> Run | None:
    return actions.tried_run(request.access, text) if asked.identity(text) else None


def _law(run: Run) -> LawSet:
    law = law_of(queries.folder_of(run.id) / kept.FOLDER / kept.LAW)
    if law is None:
        raise refuse("run_without_law")
    return law


@lru_cache(maxsize=16)
def _figures(law: LawSet, code: str, lang: str) -> list[parameters.Figure]:
    return parameters.figures(law, code, lang)


def _form(request: Request, run: Run, law: LawSet, sent: dict[str, str], refusal: Refusal | None = None) -> HttpResponse:
    told = None
    if refusal is not None:
        request.refused = True  # type: ignore[attr-defined]
        told = refusals.told(refusal)
        if said := getattr(refusal, "said", None):
            told["detail"] = "" if isinstance(refusal, Refused) else said[language()]
    words = request.GET.get("q", "").strip()
    held = [
        (one, [(line, [(f"{variant}-{line.number}", sent.get(f"{variant}-{line.number}", "")) for variant in parameters.VARIANTS])
               for line in one.lines])
        for one in _figures(law, run.code, language())
        if words in one.title or words in one.name
    ]  # fmt: skip
    off = [
        (title, [(f"{variant}-off-{code}", bool(sent.get(f"{variant}-off-{code}"))) for variant in parameters.VARIANTS])
        for code, title in parameters.rules(law, language())
    ]
    titles = [(f"{variant}-title", sent.get(f"{variant}-title", ""), say("whatif.variant." + variant)) for variant in parameters.VARIANTS]
    touched = {name.split("-")[1] for name, text in sent.items() if text and name[:2] in ("a-", "b-", "c-")}
    opened = {one.name for one, lines in held if any(str(line.number) in touched for line, _ in lines)}
    context = {"run": run, "law": law, "figures": held, "rules": off, "titles": titles, "opened": opened, "refusal": told, "sent": sent}
    return render(request, "policy/new_whatif.html", context, status=told["status"] if told else 200)
