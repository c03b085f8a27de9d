"""Tokens for programs of one's own (我的令牌): the list, a new one that is shown once, and taking one back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from jiadi.server.accounts import forms, queries, tokens
from jiadi.server.accounts.gate import allowed
from jiadi.server.accounts.models import User
from jiadi.server.accounts.roles import HAND_ON
from jiadi.server.accounts.views.signing import address_of, refused
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request


def _own(request: Request) -> User:
    if request.access.user is None:
        raise refuse("sign_in_needed")
    return request.access.user


@require_GET
def own_tokens(request: Request) -> HttpResponse:
    """The own tokens, past ones too."""
    return render(request, "accounts/tokens.html", {"tokens": queries.tokens(_own(request)), "today": timezone.localdate()})


@sensitive_post_parameters("password", "code")
@sensitive_variables("made", "shown")
@require_http_methods(["GET", "POST"])
def new_token(request: Request) -> HttpResponse:
    """Make a token; what the program is to show is shown once."""
    form = forms.NewToken(request.access, queries.has_second_factor(_own(request)), request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/new_token.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data
    wanted = {"name": typed["name"], "wanted": typed["permits"], "division": typed["division_code"], "to_on": typed["to_on"]}
    try:
        made = tokens.make(request.access, typed["password"], typed.get("code", ""), address_of(request), **wanted)
    except Refused as refusal:
        return refused(request, "accounts/new_token.html", context, refusal)
    if isinstance(made, Refused):
        return refused(request, "accounts/new_token.html", context, made, keep=True)
    return render(request, "accounts/token_shown.html", {"token": made[0], "shown": made[1]})


@require_http_methods(["GET", "POST"])
def revoke_token(request: Request, token: UUID) -> HttpResponse:
    """Ask whether a token is to be revoked, and do it."""
    found = queries.tokens(_own(request)).filter(pk=token).first()
    if found is None:
        raise refuse("not_found")
    if request.method == "GET":
        return render(request, "accounts/revoke_token.html", {"token": found})
    tokens.revoke(request.access, found.pk)
    messages.success(request, say("token.revoked"))
    return redirect("own_tokens")


@allowed(HAND_ON)
@require_http_methods(["GET", "POST"])
def revoke_token_of(request: Request, user: UUID, token: UUID) -> HttpResponse:
    """Take back a token of an account that one manages, with a reason."""
    owner = queries.users(request.access).filter(pk=user).first()
    found = queries.tokens(owner).filter(pk=token).first() if owner else None
    if owner is None or found is None:
        raise refuse("not_found")
    form = forms.Reason(request.POST or None)
    context: dict[str, object] = {"form": form, "user_shown": owner, "token": found, "word": "revoke_token"}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/with_reason.html", context, status=200 if request.method == "GET" else 422)
    try:
        tokens.revoke_of(request.access, owner, found.pk, form.cleaned_data["why"])
    except Refused as refusal:
        return refused(request, "accounts/with_reason.html", context, refusal)
    messages.success(request, say("token.revoked"))
    return redirect("user", owner.pk)
