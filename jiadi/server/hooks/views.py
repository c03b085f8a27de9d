"""Pages of hooks (推送页面): the list, a new one, one with what it was told, and turning it off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from jiadi.codes.division import prefix
from jiadi.server import asked
from jiadi.server.accounts.forms import Reason
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.roles import CONNECT
from jiadi.server.accounts.views.signing import refused
from jiadi.server.cases import events
from jiadi.server.hooks import actions, forms, queries
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import say, told

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
TURNS: Final = {"off": actions.turn_off, "on": actions.turn_on}


@allowed(CONNECT)
@require_GET
def hooks(request: Request) -> HttpResponse:
    """Hooks by page, the newest first."""
    found, after = queries.hooks(request.access), asked.identity(request.GET.get("after", ""))
    shown, last = asked.page(found.filter(id__lt=after) if after else found, PAGE)
    rows = [(one, _fault(one.fault)) for one in shown]
    context = {"rows": rows, "count": found.count(), "after": after or "", "more": last.pk if last else ""}
    return render(request, "hooks/hooks.html", context)


@allowed(CONNECT)
@sensitive_variables("secret")
@require_http_methods(["GET", "POST"])
def new_hook(request: Request) -> HttpResponse:
    """Register a hook; its secret is shown once."""
    places = {low for low, _ in request.access.scope(CONNECT).ranges}
    form = forms.NewHook(request.POST or None, initial={"division_code": prefix(f"{places.pop():012}") if len(places) == 1 else ""})
    if request.method == "GET" or not form.is_valid():
        return render(request, "hooks/new_hook.html", {"form": form}, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    try:
        hook, secret = actions.make(request.access, typed["name"], typed["address"], typed["division_code"], typed["kinds"], typed["why"])
    except Refused as refusal:
        return refused(request, "hooks/new_hook.html", {"form": form}, refusal)
    return render(request, "hooks/hook_shown.html", {"hook": hook, "secret": secret})


@allowed(CONNECT)
@require_GET
def hook(request: Request, hook: UUID) -> HttpResponse:
    """One hook: how far it is, and what it was told."""
    found = queries.one(request.access, hook)
    before, rows = asked.number(request.GET.get("before", "")), queries.deliveries(found)
    shown, last = asked.page(rows.filter(id__lt=before) if before else rows, PAGE)
    titles = {kind.name: told(kind.title) for kind in events.kinds().values()}
    context: dict[str, Any] = {
        "hook": found,
        "fault": _fault(found.fault),
        "kinds": [titles.get(name, name) for name in found.kinds],
        "behind": queries.behind(found, timezone.localdate()),
        "rows": [(one, titles.get(one.kind, one.kind), _fault(one.fault)) for one in shown],
        "more": last.pk if last else "",
        "before": before or "",
    }
    return render(request, "hooks/hook.html", context)


def _fault(code: str) -> str:
    known = ("barred", "unknown_host", "timeout", "tls", "unreachable", "status", "no_right")
    return say("hook.fault." + code) if code in known else code


@allowed(CONNECT)
@require_http_methods(["GET", "POST"])
def turn_hook(request: Request, hook: UUID, word: str) -> HttpResponse:
    """Turn a hook off or on, with a reason."""
    found = queries.one(request.access, hook)
    if word not in TURNS:
        raise refuse("not_found")
    form = Reason(request.POST or None)
    context: dict[str, object] = {"form": form, "hook": found, "word": word}
    if request.method == "GET" or not form.is_valid():
        return render(request, "hooks/turn_hook.html", context, status=200 if request.method == "GET" else 422)
    try:
        TURNS[word](request.access, found, form.cleaned_data["why"])
    except Refused as refusal:
        return refused(request, "hooks/turn_hook.html", context, refusal)
    messages.success(request, say("done"))
    return redirect("hook", found.pk)
