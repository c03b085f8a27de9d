"""One's own account (我的账号): password, second factor, recovery codes, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiadi.server.accounts import entry, forms, queries
from jiadi.server.accounts.gate import before_ready
from jiadi.server.accounts.views.signing import address_of, refused
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request


@require_GET
def home(request: Request) -> HttpResponse:
    """The first page: what one may do."""
    return render(request, "home.html")


@before_ready
@require_GET
def account(request: Request) -> HttpResponse:
    """Grants, sessions and what protects the account."""
    user = request.user
    now = timezone.now()
    context = {
        "tokens": queries.working_tokens(user, timezone.localdate()).count(),  # type: ignore[arg-type]
        "grants": queries.own_grants(queries.Access(user), timezone.localdate()),  # type: ignore[arg-type]
        "sign_ins": queries.sign_ins(user, now),  # type: ignore[arg-type]
        "second_factor": queries.has_second_factor(user),  # type: ignore[arg-type]
    }
    return render(request, "accounts/account.html", context)


@before_ready
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: Request) -> HttpResponse:
    """Change the password."""
    form = forms.NewPassword(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/password.html", context, status=200 if request.method == "GET" else 422)
    try:
        wrong = entry.change_password(
            request, request.access, form.cleaned_data["old"], form.cleaned_data["new"], address_of(request), _kept(request)
        )
    except Refused as weak:
        return refused(request, "accounts/password.html", context, weak)
    if wrong is not None:
        return refused(request, "accounts/password.html", context, wrong, keep=True)
    messages.success(request, say("password.changed"))
    return redirect("account")


@before_ready
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def second_factor(request: Request) -> HttpResponse:
    """Set up a second factor: the secret as a picture and as letters, then a first code."""
    if request.waiting == "password":
        return redirect("password")
    if queries.has_second_factor(request.user):  # type: ignore[arg-type]
        return render(request, "accounts/second_factor_kept.html", {"form": forms.Password()})
    form = forms.FirstCode(request.POST or None)
    uri = entry.offer_second_factor(request.access)
    context: dict[str, object] = {"form": form, "picture": _picture(uri), "secret": uri.partition("secret=")[2].partition("&")[0]}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/second_factor.html", context, status=200 if request.method == "GET" else 422)
    typed = form.cleaned_data["password"], form.cleaned_data["code"]
    codes = entry.confirm_second_factor(request.access, *typed, address_of(request), _kept(request))
    if isinstance(codes, Refused):
        return refused(request, "accounts/second_factor.html", context, codes, keep=True)
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


def _kept(request: Request) -> UUID | None:
    return request.sign_in.pk if request.sign_in else None


def _picture(uri: str) -> str:
    made = qrcode.make(uri, image_factory=qrcode.image.svg.SvgPathImage, box_size=12)
    return mark_safe(str(made.to_string(encoding="unicode")))


@sensitive_post_parameters()
@require_POST
def recovery_codes(request: Request) -> HttpResponse:
    """New recovery codes, shown once."""
    codes = entry.renew_codes(request.access, request.POST.get("password", ""), address_of(request))
    if isinstance(codes, Refused):
        return refused(request, "accounts/second_factor_kept.html", {"form": forms.Password()}, codes, keep=True)
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


@sensitive_post_parameters()
@require_POST
def remove_second_factor(request: Request) -> HttpResponse:
    """Do without a second factor."""
    wrong = entry.remove_second_factor(request.access, request.POST.get("password", ""), address_of(request), _kept(request))
    if wrong is not None:
        return refused(request, "accounts/second_factor_kept.html", {"form": forms.Password()}, wrong, keep=True)
    messages.success(request, say("second_factor.removed"))
    return redirect("account")


@before_ready
@require_POST
def end_session(request: Request, sign_in: UUID) -> HttpResponse:
    """End one of the own sessions."""
    if request.access.user is None:
        raise refuse("sign_in_needed")
    entry.end(request.access, sign_in)
    if request.sign_in is not None and sign_in == request.sign_in.pk:
        logout(request)
        return redirect("sign_in")
    messages.success(request, say("session.ended"))
    return redirect("account")
