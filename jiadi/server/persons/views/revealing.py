"""The page on which a number is seen in clear (查看完整号码): on the answer to the form alone, and in no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from jiadi.codes.person import mask
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.views.signing import refused
from jiadi.server.persons import forms, queries
from jiadi.server.persons.actions import reveal as reveal_numbers
from jiadi.server.refusals import Refused
from jiadi.server.register.views.lists import PLURAL
from jiadi.server.register.views.shown import Reader
from jiadi.server.words import told

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request


@allowed(queries.REVEAL)
@require_http_methods(["GET", "POST"])
@sensitive_variables("masked", "shown", "context")
def reveal(request: Request, table: str, row: UUID) -> HttpResponse:
    """Ask for numbers of a row, and see them."""
    found = queries.row(request.access, table, row)
    names = queries.filled(table, found)
    masked = {name: mask(clear) for name, clear in queries.opened(table, found, names).items()}
    titles = {name: told(queries.called(table, name)) for name in names}
    form = forms.Reveal([(name, f"{titles[name]} {masked[name]}") for name in names], request.POST or None)
    context: dict[str, Any] = {"form": form, "title": Reader(request.access).title(table, found), "division": found.division, "any": names}
    context |= {"back": table if table in PLURAL else "", "row": found}
    if request.method == "GET" or not form.is_valid():
        return render(request, "persons/reveal.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    try:
        shown = reveal_numbers(request.access, table, row, typed["field"], typed["reason"], typed["text"])
    except Refused as refusal:
        return refused(request, "persons/reveal.html", context, refusal)
    context["shown"] = [(titles[name], clear) for name, clear in shown.items()]
    response = render(request, "persons/reveal.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
