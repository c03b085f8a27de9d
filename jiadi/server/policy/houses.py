"""Houses with the verdict that stands (房屋清单与档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jiadi.policy.labels import label, sections
from jiadi.server.accounts.gate import allowed
from jiadi.server.policy.models import Standing
from jiadi.server.register import queries
from jiadi.server.register.views.files import house_described
from jiadi.server.register.views.lists import PERSONS, described, page_of, rows, scope_of
from jiadi.server.register.views.shown import day_of
from jiadi.server.words import language

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request


@allowed("see")
@require_GET
def houses(request: Request) -> HttpResponse:
    """Houses by page: of a division, of a verdict, beginning with a text."""
    scope, code = scope_of(request)
    text, verdict = request.GET.get("q", ""), request.GET.get("verdict", "")[:32]
    as_of = day_of(request.GET.get("as_of", ""))
    if as_of:  # verdicts stand now, not then
        return rows(request, "house")
    found = queries.listed("house", scope)
    standing = Standing.objects.filter(scope.where(), verdict=verdict)
    if text:
        chosen = queries.chosen(found, "house", text, request.access.scope(PERSONS))
        held = page_of(request, chosen.filter(pk__in=standing.values("house")) if verdict else chosen, "said")
        shown, count = held.rows, None
    elif verdict:
        held = page_of(request, standing.only("house", "division"), "division")
        by_id = found.in_bulk([one.pk for one in held.rows])
        shown, count = tuple(by_id[one.pk] for one in held.rows if one.pk in by_id), queries.count(scope, f"verdict {verdict}")
    else:
        held = page_of(request, found, "division")
        shown, count = held.rows, queries.count(scope, "house")
    stand = dict(Standing.objects.filter(scope.where(), pk__in=[row.pk for row in shown]).values_list("house", "verdict"))
    context = described(request, "house", held, shown, code, count)
    context["rows"] = [(row, title, [*cells, label(stand.get(row.pk, ""), language())]) for row, title, cells in context["rows"]]
    context |= {"verdict": verdict, "judged": True, "verdicts": [(one, label(one, language())) for one in sections()["verdict"]]}
    return render(request, "register/list.html", context)


@allowed("see")
@require_GET
def house(request: Request, house: UUID) -> HttpResponse:
    """The file of a house, with the verdict that stands today."""
    context = house_described(request, house)
    stands = Standing.objects.filter(request.access.scope().where(), pk=house).first()
    if stands is not None:
        codes = [one for one in stands.findings.split(",") if one]
        context["standing"] = {"verdict": label(stands.verdict, language()), "findings": [label(one, language()) for one in codes]}
    return render(request, "register/row.html", context)
