"""Pages of requests to erase (删除请求): written down on a person's page, listed, and decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.codes.person import mask
from jiadi.register.schema import TABLES
from jiadi.server import asked
from jiadi.server.accounts.forms import Reason
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.views.signing import refused
from jiadi.server.persons import actions, forms, queries, rules
from jiadi.server.persons.models import Erasure
from jiadi.server.refusals import Refused
from jiadi.server.register.queries import known
from jiadi.server.register.queries.finding import MODELS
from jiadi.server.register.views.shown import Reader
from jiadi.server.words import language, say, told

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50


@allowed(queries.ASK)
@require_http_methods(["GET", "POST"])
def ask(request: Request, row: UUID) -> HttpResponse:
    """Write a request down."""
    found = queries.row(request.access, "person", row, queries.ASK)
    masked = {name: mask(clear) for name, clear in queries.opened("person", found, queries.filled("person", found)).items()}
    fields = [(name, f"{told(queries.called('person', name))} {shown}") for name, shown in masked.items()]
    form = forms.Ask(fields, request.POST or None)
    context: dict[str, Any] = {"form": form, "title": Reader(request.access).title("person", found), "row": found, "any": fields}
    if request.method == "GET" or not form.is_valid():
        return render(request, "persons/ask.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    try:
        wanted = actions.Wanted(typed["field"], typed["ground"], typed["asked_on"], typed["asked_by"], typed["paper"])
        made = actions.ask(request.access, row, wanted)
    except Refused as refusal:
        return refused(request, "persons/ask.html", context, refusal)
    messages.success(request, say("erasure.made"))
    return redirect("erasure", made.pk)


@allowed(queries.ASK)
@require_GET
def erasures(request: Request) -> HttpResponse:
    """Requests by page, the newest first."""
    before, found = asked.identity(request.GET.get("before", "")), queries.erasures(request.access)
    rows, last = asked.page(found.filter(id__lt=before) if before else found, PAGE)
    shown = [(one, told(rules.requests()[one.ground].title) if one.ground in rules.requests() else one.ground) for one in rows]
    context = {"rows": shown, "more": str(last.pk) if last else "", "before": before}
    return render(request, "persons/erasures.html", context)


@allowed(queries.ASK)
@require_GET
def erasure(request: Request, erasure: UUID) -> HttpResponse:
    """One request, and what may be done with it."""
    return render(request, "persons/erasure.html", _described(request, queries.erasure(request.access, erasure)))


def _described(request: Request, held: Erasure, **form: Any) -> dict[str, Any]:
    access = request.access
    person = known(MODELS["person"], access.scope("see_persons")).filter(pk=held.person).first()
    ground, refusal = rules.requests().get(held.ground), rules.refusals().get(held.decision)
    waits, decides = held.state == "asked", held.division in access.scope(queries.DECIDE)
    own = access.user is not None and held.by == access.user.pk
    names = held.fields.split(",")
    stands = queries.standing(access, held) if waits and decides and "id_number" in names else {}
    return {
        "held": held,
        "person": person,
        "title": Reader(access).title("person", person) if person else "",
        "fields": [told(queries.called("person", name)) for name in names if name in queries.SEALED["person"]],
        "ground": (told(ground.title), ground.law) if ground else (held.ground, ""),
        "decision": (told(refusal.title), refusal.law) if refusal else None,
        "asked_by": say("erasure.by." + held.asked_by) if held.asked_by in queries.ASKERS else held.asked_by,
        "stands": [(_called(table), many, rules.numbers().get(table) == "erase") for table, many in stands.items()],
        "counts": [(_called(table), many) for table, many in held.counts.items()],
        "own": waits and decides and own,
        "decides": waits and decides and not own,
        "withdraws": waits,
        **{"granting": Reason(prefix="grant"), "refusing": forms.Refusal(prefix="refuse"), "withdrawing": Reason(prefix="withdraw")},
        **form,
    }


def _called(table: str) -> str:
    return TABLES[table].zh if language() == "zh" else table


@allowed(queries.DECIDE)
@require_POST
def grant(request: Request, erasure: UUID) -> HttpResponse:
    """Grant a request, and erase."""
    form = Reason(request.POST, prefix="grant")
    return _decided(request, erasure, "granting", form, lambda typed: actions.grant(request.access, erasure, typed["why"]))


@allowed(queries.DECIDE)
@require_POST
def refuse(request: Request, erasure: UUID) -> HttpResponse:
    """Refuse a request."""
    form = forms.Refusal(request.POST, prefix="refuse")
    return _decided(
        request, erasure, "refusing", form, lambda typed: actions.refuse_request(request.access, erasure, typed["ground"], typed["why"])
    )


@allowed(queries.ASK)
@require_POST
def withdraw(request: Request, erasure: UUID) -> HttpResponse:
    """Take a request back."""
    form = Reason(request.POST, prefix="withdraw")
    return _decided(request, erasure, "withdrawing", form, lambda typed: actions.withdraw(request.access, erasure, typed["why"]))


def _decided(request: Request, erasure: UUID, name: str, form: django_forms.Form, do: Callable[[dict[str, Any]], Erasure]) -> HttpResponse:
    """The page again where the form is wrong or the act refused; else on to the page as it is now."""
    held = queries.erasure(request.access, erasure)
    if not form.is_valid():
        return render(request, "persons/erasure.html", _described(request, held, **{name: form}), status=422)
    try:
        do(form.cleaned_data)
    except Refused as refusal:
        return refused(request, "persons/erasure.html", _described(request, held, **{name: form}), refusal)
    messages.success(request, say("done"))
    return redirect("erasure", erasure)
