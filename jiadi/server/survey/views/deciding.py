"""Pages on which persons decide (决定页面): what columns mean, which rows are one, and whether all of it goes into the register."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.register.schema import TABLES
from jiadi.server.accounts.gate import allowed
from jiadi.server.environment import value
from jiadi.server.refusals import refuse
from jiadi.server.survey import forms, media, queries
from jiadi.server.survey.actions import deciding, moving
from jiadi.server.survey.actions.checking import MAPPING, WAITING
from jiadi.server.survey.models import Import
from jiadi.server.survey.views.showing import described, stored, table_name
from jiadi.server.words import language, say
from jiadi.survey.renewal.conflict import precedence
from jiadi.survey.review import pairs as review_pairs
from jiadi.survey.review.side import FEATURES, evidence
from jiadi.survey.review.words import ANSWERS, reason

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

GROUPS: Final = 20
"""Rows in question on a page of the review."""
ROWS: Final = 100
"""Changes on a page of the preview."""
LONGEST: Final = 10**6


def _page(request: Request) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), LONGEST) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _frame(name: str, of: str) -> pl.DataFrame | None:
    path = media.result(of) / name
    return pl.read_parquet(path) if of and path.is_file() else None


@allowed(queries.RIGHT)
@require_http_methods(["GET", "POST"])
def mapping(request: Request, held: UUID) -> HttpResponse:
    """What each heading was taken for, how sure that is, and its first values; what two headings claim is asked."""
    found = queries.one(request.access, held)
    sheets = deciding.sheets_of(stored(found, MAPPING, found.checked) or [])
    if request.method == "POST":
        places = {(number, row): f"c-{number}-{row}" for number, sheet in enumerate(sheets) for row in range(len(sheet.headings))}
        given = {place: request.POST[name] for place, name in places.items() if name in request.POST}
        chosen = {(n, row): column for (n, row), column in given.items() if column != sheets[n].headings[row].column}
        if chosen:
            deciding.remap(request.access, found, sheets, chosen)
            messages.success(request, say("import.mapped", count=len(chosen)))
        if request.POST.get("then") == "check":
            moving.check(request.access, found, language())
        return redirect("import", held)
    shown = [
        {
            "sheet": sheet,
            "number": number,
            "table": table_name(sheet.table),
            "columns": [(one.name, one.zh if language() == "zh" else one.name) for one in TABLES[sheet.table].columns],
            "missing": [_column(sheet.table, name) for name in sheet.missing],
            "questions": [(_column(sheet.table, name), headings) for name, headings in sheet.questions.items()],
            "rows": [(place, row, say("mapping.how." + row.how)) for place, row in enumerate(sheet.headings)],
        }
        for number, sheet in enumerate(sheets)
    ]
    return render(request, "survey/mapping.html", described(request, found) | {"sheets": shown})


def _column(table: str, name: str) -> str:
    return TABLES[table].column(name).zh if language() == "zh" else name


@allowed(queries.RIGHT)
@require_http_methods(["GET", "POST"])
def review(request: Request, held: UUID) -> HttpResponse:
    """Pairs in question, both rows side by side, to be decided."""
    found = queries.one(request.access, held)
    waiting = _frame(WAITING, found.tied)
    if request.method == "POST":
        return _decide(request, found, waiting)
    kinds = dict(waiting.group_by("kind").agg(pl.col("left_id").n_unique()).iter_rows()) if waiting is not None else {}
    named = [(kind, words[language()], kinds[kind]) for kind, words in evidence()["kinds"].items() if kind in kinds]
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else (named[0][0] if named else "")
    context = {"kinds": named, "kind": kind, "answers": [(key, words[language()]) for key, words in ANSWERS.items()]}
    context |= _groups(found, waiting, kind, _page(request)) if waiting is not None and kind else {"groups": []}
    return render(request, "survey/review.html", described(request, found) | context)


def _groups(held: Import, waiting: pl.DataFrame, kind: str, page: int) -> dict[str, Any]:
    """The rows in question of one page, each with those that it may be."""
    of_kind = waiting.filter(kind=kind)
    lefts = of_kind["left_id"].unique(maintain_order=True)
    shown = of_kind.filter(pl.col("left_id").is_in(lefts.slice((page - 1) * GROUPS, GROUPS).implode()))
    made = {(one.left, one.right): one for one in queries.decisions(held).filter(kind=kind)}
    groups: dict[str, dict[str, Any]] = {}
    for row in shown.iter_rows(named=True):
        group = groups.setdefault(row["left_id"], {"where": row["left_row_in_file"], "pairs": []})
        decided = made.get((row["left_id"], row["right_id"]))
        key = "|".join((row["left_id"], row["right_id"], row["check"]))
        told = {"key": key, "where": row["right_row_in_file"], "reason": reason(row["reason"], language()), "decided": decided}
        told |= {"answer": _answer(decided), "score": f"{row['score']:.2f}" if row["score"] is not None else "", "rows": _beside(row)}
        group["pairs"].append(told)
    return {"groups": list(groups.values()), "page": page, "more": len(lefts) > page * GROUPS, "total": len(lefts)}


def _answer(decided: Any) -> str:
    """The key of an answer, whichever way it was written."""
    plain = decided.answer if decided else ""
    return next((key for key, words in ANSWERS.items() if plain in {key, *words.values()}), "")


def _beside(row: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Feature, what either row says of it, and whether both say the same."""
    told = []
    for name in (*FEATURES, "village"):
        left, right = row[f"left_{name}"], row[f"right_{name}"]
        if name == "number":
            left, right = review_pairs.masked(pl.Series([left, right], dtype=pl.String)).to_list()
        if left or right:
            alike = "" if not (left and right) else "same" if row[f"left_{name}"] == row[f"right_{name}"] else "differs"
            told.append((evidence()["words"][name][language()], left or "", right or "", alike))
    return told


def _decide(request: Request, held: Import, waiting: pl.DataFrame | None) -> HttpResponse:
    known = (
        {(*row[:3],): row[3] for row in waiting.select("kind", "left_id", "right_id", "check").iter_rows()} if waiting is not None else {}
    )
    kind, made = request.POST.get("kind", ""), {(one.kind, one.left, one.right): one for one in queries.decisions(held)}
    answers: dict[deciding.Pair, str] = {}
    for name, answer in request.POST.items():
        parts = name.removeprefix("d|").split("|")
        if not name.startswith("d|") or len(parts) != 3 or not answer:
            continue
        pair = (kind, parts[0], parts[1])
        # What the page showed is no longer so: the row it was decided on is another one now.
        if known.get(pair) != parts[2]:
            raise refuse("import_moved")
        if _answer(made.get(pair)) != answer:
            answers[pair] = str(answer)
    if answers:
        count = deciding.decide(request.access, held, answers, known, request.POST.get("why", "")[:200])
        messages.success(request, say("review.decided", count=count))
    if request.POST.get("then") == "check":
        moving.check(request.access, held, language())
        return redirect("import", held.pk)
    return redirect(request.get_full_path())


@allowed(queries.RIGHT)
@require_POST
def workbook(request: Request, held: UUID) -> HttpResponse:
    """Take the decisions of a review workbook."""
    found = queries.one(request.access, held)
    if code := getattr(request, "upload_refused", ""):
        raise refuse(code, most=value("JIADI_UPLOAD_MB"))
    sent = request.FILES.get("workbook")
    if sent is None:
        raise refuse("no_files")
    with media.room(), tempfile.TemporaryDirectory(prefix="jiadi-") as folder:
        path = Path(folder) / "review.xlsx"
        with path.open("wb") as file:
            for piece in sent.chunks():
                file.write(piece)
        count = deciding.take_workbook(request.access, found, path)
    messages.success(request, say("review.decided", count=count))
    return redirect("import_review", held)


@allowed(queries.RIGHT)
@require_GET
def preview(request: Request, held: UUID) -> HttpResponse:
    """What accepting would change: counts, cells, rows, what was edited by hand, and where departments disagree."""
    found = queries.one(request.access, held)
    return render(request, "survey/preview.html", described(request, found) | shown_changes(request, found) | {"form": forms.Reason()})


def shown_changes(request: Request, held: Import) -> dict[str, Any]:
    """What the preview shows of one page of changes (预览内容)."""
    changes = held.summary.get("changes", {}) if held.tied else {}
    counts = [(name, table_name(name), many) for name, many in changes.items() if any(many.values())]
    table, what, page = request.GET.get("table", ""), request.GET.get("what", ""), _page(request)
    context: dict[str, Any] = {"counts": counts, "table": table, "what": what, "page": page, "table_words": table_name(table)}
    cells, rows = _frame("changed.parquet", held.tied), _frame("rows.parquet", held.tied)
    if cells is None or rows is None:
        return context
    if what in ("added", "kept", "changed") and table:
        of_table = rows.filter(table=table, what=what).sort("key")
        part = of_table.slice((page - 1) * ROWS, ROWS)
        context |= {"keys": part["key"].to_list(), "more": of_table.height > page * ROWS, "what_words": say("preview." + what)}
    of_cells = cells.filter(table=table) if table else cells
    context |= {"cells": [_cell(row) for row in of_cells.head(ROWS).iter_rows(named=True)], "cells_total": of_cells.height}
    edited, departments = _frame("edited.parquet", held.tied), _frame("departments.parquet", held.tied)
    if edited is not None:
        context["edited"] = [row | {"table_words": table_name(row["table"])} for row in edited.iter_rows(named=True)]
    if departments is not None:
        told = departments.head(ROWS).iter_rows(named=True)
        context |= {"departments": [_conflict(row) for row in told], "departments_total": departments.height}
    return context


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    known = row["table"] in TABLES and row["column"] in {one.name for one in TABLES[row["table"]].columns}
    column = _column(row["table"], row["column"]) if known else row["column"]
    return row | {"table_words": table_name(row["table"]), "column_words": column}


def _conflict(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"field_words": precedence()[row["field"]][language()]}


@allowed("accept")
@require_POST
def accept(request: Request, held: UUID) -> HttpResponse:
    """Order that an import goes into the register."""
    found = queries.one(request.access, held)
    moving.accept(request.access, found, request.POST.get("why", ""), request.POST.getlist("keep"))
    return redirect("import", held)


@allowed("accept")
@require_http_methods(["GET", "POST"])
def undo(request: Request, held: UUID) -> HttpResponse:
    """Order that an import is taken back, with a reason."""
    found = queries.one(request.access, held)
    if request.method == "GET":
        return render(request, "survey/undo.html", described(request, found) | {"form": forms.Reason()})
    moving.undo(request.access, found, request.POST.get("why", ""))
    return redirect("import", held)
