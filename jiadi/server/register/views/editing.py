"""Pages to change a row, to end one, and to take one's own change back (修改、注销、撤回)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from jiadi.register.column import Column
from jiadi.server import asked, refusals
from jiadi.server.accounts.forms import Reason
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries as acts
from jiadi.server.refusals import Refused, refuse
from jiadi.server.register import actions, queries
from jiadi.server.register.actions.editing import cell
from jiadi.server.register.actions.ending import TAKEN_BACK
from jiadi.server.register.columns import SEALED
from jiadi.server.register.forms import Ending, RowForm
from jiadi.server.register.typed import EDITED, columns, written
from jiadi.server.register.views.shown import Reader, heading
from jiadi.server.words import say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

THEIRS, MINE = "theirs", "mine"
TOLD = {"edited_meanwhile", "nothing_changed", "required_cell", "reason_missing", "kind_not_taken", "too_large", "photo_unreadable"}
"""Refusals that are told beside the form, with what was typed."""


@allowed("edit")
@require_http_methods(["GET", "POST"])
def edit(request: Request, table: str, row: UUID) -> HttpResponse:
    """Change the cells of a row; who comes later than another sees both and chooses, cell by cell."""
    found = _row(request, table, row)
    number = asked.number(request.POST.get("version", "")) or queries.version_of(table, row)
    base = queries.version(table, row, number)
    if base is None:
        raise refuse("not_found")
    form = _form(request, table, base, number)
    if request.method == "GET" or not form.is_valid():
        return _shown(request, table, found, form, 200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    try:
        values = _merged(request, table, form)
        torn = form.illegible & set(values)
        actions.edit(request.access, table, row, number, values, why=typed["why"], source=typed["source"], illegible=torn)
        if typed.get("document"):
            actions.keep_media(request.access, table, row, typed["document"], typed["document"].name, typed["why"])
    except Refused as refusal:
        if refusal.code not in TOLD:
            raise
        request.refused = True  # type: ignore[attr-defined]
        if refusal.code == "edited_meanwhile":
            return _clash(request, table, found, form, refusal)
        return _shown(request, table, found, form, refusals.table()[refusal.code]["status"], refusal)
    messages.success(request, say("edit.done"))
    return redirect(_back(request, table, row))


@allowed("edit")
@require_http_methods(["GET", "POST"])
def end(request: Request, table: str, row: UUID) -> HttpResponse:
    """Take a row out that is no more."""
    found = _row(request, table, row)
    form = Ending(request.POST or None, initial={"version": queries.version_of(table, row)})
    if request.method == "GET" or not form.is_valid():
        return _ending(request, table, found, form, 200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    try:
        actions.end(request.access, table, row, typed["version"], typed["cause"], why=typed["why"], on=typed["on"], source=typed["source"])
    except Refused as refusal:
        if refusal.code not in ("changed_since", "row_in_use", "reason_missing"):
            raise
        request.refused = True  # type: ignore[attr-defined]
        return _ending(request, table, found, form, refusals.table()[refusal.code]["status"], refusal)
    messages.success(request, say("end.done"))
    return redirect(_back(request, table, row))


@allowed("edit")
@require_http_methods(["GET", "POST"])
def take_back(request: Request, act: UUID) -> HttpResponse:
    """Take one's own change back."""
    found = acts.act(request.access.scope("edit"), act)
    if found is None or found.subject not in EDITED or found.word not in TAKEN_BACK:
        raise refuse("not_found")
    form, refusal = Reason(request.POST or None), None
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        try:
            table, row = actions.take_back(request.access, act, form.cleaned_data["why"])
        except Refused as told:
            request.refused = True  # type: ignore[attr-defined]
            refusal, status = refusals.told(told), refusals.table()[told.code]["status"]
        else:
            messages.success(request, say("take_back.done"))
            return redirect(_back(request, table, row))
    context = {"form": form, "act": found, "refusal": refusal, "back": _back(request, found.subject, UUID(found.subject_id))}
    return render(request, "register/take_back.html", context, status=status)


def own_last(access: Access, traces: Sequence[queries.Trace]) -> Any:
    """The act that made a row what it is, or ended it, where it was one's own and can be taken back (可撤回的操作); None for none."""
    if not traces or access.user is None:
        return None
    last = traces[0].ended_by if traces[0].known_to is not None else traces[0].act
    own = last is not None and last.by == access.user.id and last.word in TAKEN_BACK
    return last if own and last is not None and last.division in access.scope("edit") else None


def _row(request: Request, table: str, row: UUID) -> Any:
    found = queries.known(queries.STORED[table], request.access.scope("edit")).filter(id=row).first()
    if found is None:
        raise refuse("not_found")
    return found


def _form(request: Request, table: str, base: Any, number: int) -> RowForm:
    names = base.division in request.access.scope("see_persons")
    held = {column.name: cell(table, base, column) for column in columns(table)}
    torn = set((base.unreadable or "").split(",")) - {""}
    return RowForm(table, held, torn, number, names, request.POST or None, request.FILES or None)


def _shown(request: Request, table: str, row: Any, form: RowForm, status: int, refusal: Refused | None = None) -> HttpResponse:
    told = refusals.told(refusal) if refusal else None
    context = {**_about(request, table, row), "form": form, "parts": form.parts(), "refusal": told}
    return render(request, "register/edit.html", context, status=status)


def _about(request: Request, table: str, row: Any) -> dict[str, Any]:
    return {
        "table": table,
        "row": row,
        "title": Reader(request.access).title(table, row),
        "back": _back(request, table, row.pk),
        "division": row.division,
    }


def _merged(request: Request, table: str, form: RowForm) -> dict[str, Any]:
    """What was typed, but for cells of which whoever saw both chose the other's: there the form's own version says it."""
    return {name: value for name, value in form.values.items() if request.POST.get(f"choice-{name}") != THEIRS}


def _clash(request: Request, table: str, row: Any, form: RowForm, refusal: Refused) -> HttpResponse:
    """Both sides cell by cell. What only one changed is settled; of what both changed the later one chooses."""
    conflict = refusal.filled["conflict"]
    assert isinstance(conflict, actions.Conflict)
    reader, latest = Reader(request.access), queries.trace(request.access.scope(), queries.STORED[table], row.pk)[:1]
    cells = [_both(reader, table, column, conflict, form) for column in form.cells if column.name in {*conflict.mine, *conflict.other}]
    context = {
        **_about(request, table, row),
        "form": form,
        "cells": cells,
        "version": conflict.version,
        "by": latest[0].act if latest else None,
        "at": latest[0].known_from if latest else None,
        "kept": [(name, form.data.get(name, "")) for name in ("why", "source", "back")],
        "refusal": refusals.told(refusal),
    }
    return render(request, "register/clash.html", context, status=409)


def _both(reader: Reader, table: str, column: Column, conflict: actions.Conflict, form: RowForm) -> dict[str, Any]:
    mine, other = column.name in conflict.mine, column.name in conflict.other
    typed = form.data.get(column.name, "")
    said = typed
    if column.codes:
        said = dict(form.fields[column.name].choices).get(typed, typed)  # type: ignore[attr-defined]
    before = "" if column.kind == SEALED else written(column, cell(table, conflict.base, column))
    return {
        "name": column.name,
        "heading": heading(column),
        "base": reader.cell(column, conflict.base),
        "theirs": reader.cell(column, conflict.theirs),
        "mine": str(said) if mine else reader.cell(column, conflict.base),
        "typed": typed if mine else before,
        "choice": "" if mine and other else MINE if mine else THEIRS,
    }


def _ending(request: Request, table: str, row: Any, form: Ending, status: int, refusal: Refused | None = None) -> HttpResponse:
    told = refusals.told(refusal) if refusal else None
    return render(request, "register/end.html", {**_about(request, table, row), "form": form, "refusal": told}, status=status)


def _back(request: Request, table: str, row: UUID) -> str:
    """Where whoever is done goes on: where he came from, or the row's own page; an approval has none."""
    came_from = request.POST.get("back") or request.GET.get("back") or ""
    if came_from.startswith("/") and url_has_allowed_host_and_scheme(came_from, None):
        return came_from
    return reverse(table, args=[row]) if table != "approval" else reverse("parcels")
