"""Each request is one transaction that sees the user's divisions alone (请求的数据范围), and nothing is open that is not said to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from jiadi.server.accounts import queries, rate
from jiadi.server.accounts.models import SignIn, Token, User
from jiadi.server.accounts.queries import NOBODY, Access, access
from jiadi.server.database.scope import narrow
from jiadi.server.refusals import API, Refused, answer, refuse
from jiadi.server.words import CODES, LANGUAGE_COOKIE, LARGE_COOKIE, language, say

if TYPE_CHECKING:

    class Request(HttpRequest):
        """A request that knows what its user may do.

        Args:
            access: of the user; without any grant while something is waited for.
            waiting: `password` or `second_factor` where the user must see to it first, else "".
            sign_in: under which it came, None where nobody is signed in.
            token: that a program showed, None for a browser.
            shut: why a program is answered nothing, None where it may go on.
        """

        access: Access
        waiting: str
        sign_in: SignIn | None
        token: Token | None
        shut: Refused | None


BARE = ("/healthz", "/readyz", "/static/")
"""Paths that ask no database row."""
SEEN_EVERY: Final = 60
"""Seconds after which it is written down again that a session is in use."""

Handler = Callable[[HttpRequest], HttpResponseBase]

POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer: a page runs and shows only what comes from here, and stands in no frame."""


def guarded(get_response: Handler) -> Handler:
    """Say to the browser what a page may do; what is made for one user is kept in no cache (安全响应头)."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, held in POLICY.items():
            response.headers.setdefault(name, held)
        if not request.path.startswith(BARE):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answered


def kept_sign_in(get_response: Handler) -> Handler:
    """End a session that was ended, is idle too long or is too old (会话时限)."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        request.sign_in = None  # type: ignore[attr-defined]
        if not request.path.startswith(BARE) and request.user.is_authenticated:
            now = timezone.now()
            found = queries.sign_in(request.session.get("sign_in"), request.user, now)
            if found is None:
                logout(request)
                messages.info(request, say("sign_in.ended"))
            elif (now - found.seen_at).total_seconds() >= SEEN_EVERY:
                # In a transaction of its own: a long request holds up no other one of the same session.
                SignIn.objects.filter(id=found.id).update(seen_at=now)
            request.sign_in = found  # type: ignore[attr-defined]
        return get_response(request)

    return answered


def programs(get_response: Handler) -> Handler:
    """Know a program by its token (程序身份), and count what is asked under /api/: a session that comes with a token counts for nothing."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        request.token = request.shut = None  # type: ignore[attr-defined]
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if request.path.startswith(API) and scheme.lower() == "bearer":
            today = timezone.localdate()
            found = queries.token(shown.strip(), today)
            request.token = found  # type: ignore[attr-defined]
            if found is None or not found.user.is_active:
                request.shut = refuse("token_invalid")  # type: ignore[attr-defined]
            elif found.used_on != today:
                # In a transaction of its own, and once a day: requests of one token do not wait for each other.
                Token.objects.filter(pk=found.pk).update(used_on=today)
        if request.path.startswith(API) and (user := _who(request)) is not None:
            # Before the transaction of the request, and outside of it: what is refused counts as well, and no row is held for long.
            wait = rate.take(user.pk, request.token.pk if request.token else None)  # type: ignore[attr-defined]
            request.shut = refuse("too_many", wait=wait) if wait else None  # type: ignore[attr-defined]
        return get_response(request)

    return answered


def _who(request: HttpRequest) -> User | None:
    """Whom a request comes from: the owner of its token, else who is signed in."""
    if request.shut is not None:  # type: ignore[attr-defined]
        return None
    if request.token is not None:  # type: ignore[attr-defined]
        return request.token.user  # type: ignore[attr-defined, no-any-return]
    return request.user if request.user.is_authenticated else None


def within_scope(get_response: Handler) -> Handler:
    """Open the transaction, say whose rows it sees, and take all back where the answer is a failure."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        request.access, request.waiting = NOBODY, ""  # type: ignore[attr-defined]
        if request.path.startswith(BARE):
            return get_response(request)
        with transaction.atomic():
            user = _who(request)
            request.access = access(user, timezone.localdate())  # type: ignore[attr-defined]
            # What the owner must see to first holds up his programs too, whatever they are for.
            request.waiting = queries.waiting(request.access, settings.DEMO)  # type: ignore[attr-defined]
            if request.waiting:  # type: ignore[attr-defined]
                request.access = Access(user)  # type: ignore[attr-defined]
            elif request.token is not None:  # type: ignore[attr-defined]
                request.access = queries.cut(request.access, request.token)  # type: ignore[attr-defined]
            narrow(request.access.whole)  # type: ignore[attr-defined]
            response = get_response(request)
            if response.status_code >= 500 or getattr(request, "refused", False):
                transaction.set_rollback(True)
            return response

    return answered


def spoken(get_response: Handler) -> Handler:
    """Speak the user's language, else the one of the cookie; and large type likewise (语言与字号)."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        user = request.access.user  # type: ignore[attr-defined]
        wanted = user.language if user else request.COOKIES.get(LANGUAGE_COOKIE, "")
        request.large = user.large_type if user else request.COOKIES.get(LARGE_COOKIE) == "1"  # type: ignore[attr-defined]
        with translation.override(CODES.get(wanted, settings.LANGUAGE_CODE)):
            response = get_response(request)
            response.headers["Content-Language"] = {"zh": "zh-Hans", "en": "en"}[language()]
            return response

    return answered


class Gate:
    """Nothing is open to somebody who has not signed in, but the views that say so by `login_not_required` (登录门)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Request, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """People are sent to sign in, or to what is waited for; programs are refused."""
        if request.path.startswith(BARE) or not getattr(view, "login_required", True):
            return None
        if request.path.startswith(API):
            held_up = _held_up(request)
            return answer(request, held_up) if held_up else None
        if request.access.user is None:
            return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.get_full_path()})}")
        if request.waiting and not getattr(view, "before_ready", False):
            return redirect({"password": "password", "second_factor": "second_factor"}[request.waiting])
        return None


def _held_up(request: Request) -> Refused | None:
    """Why a program is answered nothing, None where it may go on."""
    if request.shut is not None:
        return request.shut
    if request.access.user is None:
        return refuse("sign_in_needed")
    if request.waiting:
        return refuse({"password": "password_change_needed"}.get(request.waiting, "second_factor_needed"))
    return None
