"""Accounts that one manages (用户管理): in one's own divisions, with the roles that one may hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from jiadi.server.accounts import actions, forms, passwords, queries
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.models import User
from jiadi.server.accounts.roles import HAND_ON
from jiadi.server.accounts.views.signing import refused
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PAGE: Final = 50
WITH_REASON: Final = {
    "deactivate": actions.deactivate,
    "reactivate": actions.reactivate,
    "reset_second_factor": actions.reset_second_factor,
    "unlock": actions.unlock,
    "end_sessions": actions.end_sessions,
}
"""Acts on an account that need a reason and no more, by the word on the button; `reset_password` shows something besides."""


@allowed(HAND_ON)
@require_GET
def users(request: Request) -> HttpResponse:
    """Accounts by page, in the order of their sign-in names; searched by either name."""
    words, after = request.GET.get("q", "")[:64], request.GET.get("after", "")[:64]
    found = queries.matching(queries.users(request.access), words)
    shown = list(found.filter(username__gt=after)[: PAGE + 1])
    more = shown[PAGE - 1].username if len(shown) > PAGE else ""
    context = {"rows": queries.with_grants(request.access, shown[:PAGE]), "count": found.count(), "q": words, "after": after, "more": more}
    return render(request, "accounts/users.html", context)


@allowed(HAND_ON)
@require_http_methods(["GET", "POST"])
@sensitive_variables("password")
def new_user(request: Request) -> HttpResponse:
    """Make an account; its temporary password is shown once."""
    form = forms.NewUser(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/new_user.html", {"form": form}, status=200 if request.method == "GET" else 422)
    password, typed = passwords.temporary(), form.cleaned_data
    try:
        made = actions.create_user(request.access, typed["username"], typed["full_name"], password, why=typed["why"])
    except Refused as refusal:
        return refused(request, "accounts/new_user.html", {"form": form}, refusal)
    return render(request, "accounts/temporary_password.html", {"user_shown": made, "password": password})


def _managed(request: Request, user: UUID) -> User:
    """A user whom one manages; anybody else is not there."""
    found = queries.users(request.access).filter(pk=user).first()
    if found is None:
        raise refuse("not_found")
    return found


@allowed(HAND_ON)
@require_GET
def user(request: Request, user: UUID) -> HttpResponse:
    """One account: its grants that lie inside one's own, its sessions, and what one may do with it."""
    found, now = _managed(request, user), timezone.now()
    context = {
        "user_shown": found,
        "grants": queries.grants(request.access).filter(user=found),
        "today": timezone.localdate(),
        "sign_ins": queries.sign_ins(found, now),
        "tokens": queries.working_tokens(found, timezone.localdate()),
        "second_factor": queries.has_second_factor(found),
        "paused_until": queries.paused_until(found, now),
        "over": queries.stands_over(request.access, found, timezone.localdate()) and found.pk != request.user.pk,
    }
    return render(request, "accounts/user.html", context)


@allowed(HAND_ON)
@require_http_methods(["GET", "POST"])
def new_grant(request: Request, user: UUID) -> HttpResponse:
    """Give a grant."""
    found = _managed(request, user)
    form = forms.NewGrant(request.access, request.POST or None)
    context: dict[str, object] = {"form": form, "user_shown": found}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/new_grant.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    days = typed["from_on"], typed["to_on"]
    try:
        actions.grant(request.access, found, typed["role"], typed["division_code"], *days, typed["why"], typed["department"])
    except Refused as refusal:
        return refused(request, "accounts/new_grant.html", context, refusal)
    messages.success(request, say("grant.given"))
    return redirect("user", found.pk)


@allowed(HAND_ON)
@require_http_methods(["GET", "POST"])
def revoke(request: Request, grant: UUID) -> HttpResponse:
    """Take a grant back, with a reason."""
    found = queries.grants(request.access).filter(pk=grant).first()
    if found is None:
        raise refuse("not_found")
    form = forms.Reason(request.POST or None)
    context: dict[str, object] = {"form": form, "user_shown": found.user, "grant": found, "word": "revoke"}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/with_reason.html", context, status=200 if request.method == "GET" else 422)
    try:
        actions.revoke(request.access, found.pk, form.cleaned_data["why"])
    except Refused as refusal:
        return refused(request, "accounts/with_reason.html", context, refusal)
    messages.success(request, say("grant.revoked"))
    return redirect("user", found.user_id)


@allowed(HAND_ON)
@require_http_methods(["GET", "POST"])
@sensitive_variables("password")
def act(request: Request, user: UUID, word: str) -> HttpResponse:
    """Do one of the acts on an account, with a reason."""
    found = _managed(request, user)
    if word not in {*WITH_REASON, "reset_password"}:
        raise refuse("not_found")
    form = forms.Reason(request.POST or None)
    context: dict[str, object] = {"form": form, "user_shown": found, "word": word}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/with_reason.html", context, status=200 if request.method == "GET" else 422)
    try:
        if word == "reset_password":
            password = actions.reset_password(request.access, found, form.cleaned_data["why"])
            return render(request, "accounts/temporary_password.html", {"user_shown": found, "password": password})
        WITH_REASON[word](request.access, found, form.cleaned_data["why"])
    except Refused as refusal:
        return refused(request, "accounts/with_reason.html", context, refusal)
    messages.success(request, say("done"))
    return redirect("user", found.pk)
