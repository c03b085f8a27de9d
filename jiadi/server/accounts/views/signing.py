"""Signing in and out, and how pages look to oneself (登录、退出与偏好)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from jiadi.server.accounts import entry, forms, queries
from jiadi.server.accounts.gate import before_ready
from jiadi.server.accounts.models import User
from jiadi.server.refusals import Refused, told
from jiadi.server.words import LANGUAGE_COOKIE, LARGE_COOKIE

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

HALF: Final = "half_signed_in"
"""Key of the session: who has given the password, and has still to give a code."""
HALF_SECONDS: Final = 300
YEAR: Final = 365 * 86400


def address_of(request: HttpRequest) -> str:
    """Where a request comes from (来源地址): what the last proxy that we trust says, else the other end itself."""
    told_by = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PROXIES and len(told_by) >= settings.PROXIES:
        return told_by[-settings.PROXIES][:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def onward(request: HttpRequest) -> str:
    """Where to go after this: `next`, where it is one of our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, None, require_https=settings.HTTPS) and wanted.startswith("/") else "/"


def refused(request: HttpRequest, template: str, context: dict[str, object], refusal: Refused, keep: bool = False) -> HttpResponse:
    """The form again, with what was refused beside it (退回表单).

    Args:
        keep: whether what was written stays: a failure must be counted.
    """
    said = told(refusal)
    request.refused = not keep  # type: ignore[attr-defined]
    response = render(request, template, context | {"refusal": said}, status=said["status"])
    if said["wait"]:
        response["Retry-After"] = str(said["wait"])
    return response


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: Request) -> HttpResponse:
    """Name and password; whoever is signed in already goes on."""
    if request.access.user is not None:
        return redirect(onward(request))
    form = forms.SignIn(request.POST or None)
    context: dict[str, object] = {"form": form, "next": onward(request)}
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/sign_in.html", context, status=200 if request.method == "GET" else 422)
    found = entry.try_password(form.cleaned_data["username"], form.cleaned_data["password"], address_of(request))
    if isinstance(found, Refused):
        return refused(request, "accounts/sign_in.html", context, found, keep=True)
    if queries.has_second_factor(found):
        request.session.cycle_key()
        request.session[HALF] = [str(found.pk), timezone.now().timestamp(), onward(request)]
        return redirect("sign_in_code")
    entry.begin(request, found, address_of(request))
    return redirect(onward(request))


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in_code(request: Request) -> HttpResponse:
    """The code of the second factor, within five minutes of the password."""
    who, at, goes = request.session.get(HALF, ["", 0.0, "/"])
    if timezone.now().timestamp() - at > HALF_SECONDS:
        request.session.pop(HALF, None)
        return redirect("sign_in")
    form = forms.Code(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "accounts/sign_in_code.html", {"form": form}, status=200 if request.method == "GET" else 422)
    user = User.objects.get(pk=who, is_active=True)
    found = entry.try_code(user, form.cleaned_data["code"], address_of(request))
    if isinstance(found, Refused):
        return refused(request, "accounts/sign_in_code.html", {"form": form}, found, keep=True)
    del request.session[HALF]
    entry.begin(request, found, address_of(request))
    return redirect(goes)


@before_ready
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End this session."""
    if request.sign_in is not None:
        entry.end(request.access, request.sign_in.pk)
    logout(request)
    response = redirect("sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_not_required
@require_POST
def preferences(request: Request) -> HttpResponse:
    """Language and size of type: kept with the user, and in a cookie for the pages before signing in."""
    form = forms.Preferences(request.POST)
    response = redirect(onward(request))
    if not form.is_valid():
        return response
    for cookie, held in ((LANGUAGE_COOKIE, form.cleaned_data["language"]), (LARGE_COOKIE, form.cleaned_data["large"])):
        if held:
            response.set_cookie(cookie, held, YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")
    if (user := request.access.user) is not None:
        large = form.cleaned_data["large"]
        entry.set_preferences(request.access, form.cleaned_data["language"] or user.language, large == "1" if large else user.large_type)
    return response
