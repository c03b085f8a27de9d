"""The one table of refused acts (拒绝一览): from a code to its HTTP status and to words that say what and what to do.

An action raises `refuse(code)`; a view does not catch it. The middleware here takes the transaction back and shows a page, or problem+json
under /api/. A code that is not in `refusals.yaml` cannot be raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import yaml
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

from jiadi.errors import Refusal
from jiadi.server.words import language

log = logging.getLogger(__name__)

API = "/api/"
"""Below it programs are answered, not people."""


@cache
def table() -> dict[str, dict[str, Any]]:
    """Every code with `status`, `zh`, `en`, `todo_zh`, `todo_en` (拒绝代码表).

    >>> table()["no_right"]["status"]
    403
    """
    held: dict[str, dict[str, Any]] = yaml.safe_load(files("jiadi.server").joinpath("refusals.yaml").read_text(encoding="utf-8"))
    return held


class Refused(Refusal):
    """A refusal whose words are in the table (拒绝).

    Args:
        code: of the table.
        law: citation, where a law is the reason.
        wait: seconds after which it may be tried again; 0 where waiting does not help.
        filled: what the words leave open.
    """

    def __init__(self, code: str, law: str = "", wait: int = 0, **filled: object) -> None:
        self.filled = filled
        self.wait = wait
        why, todo = (table()[code][key].format(**filled) for key in ("en", "todo_en"))
        super().__init__(code, why, todo, law)
        # The command line tells a refusal in the reader's language by this.
        zh = "".join(table()[code][key].format(**filled) for key in ("zh", "todo_zh"))
        self.said = {"zh": zh, "en": f"{why} {todo}"}


def refuse(code: str, law: str = "", wait: int = 0, **filled: object) -> Refused:
    """The refusal of an act, to be raised (拒绝办理).

    >>> str(refuse("grant_dates", from_on="2026-01-01", to_on="2027-01-01"))
    'Your own grant holds from 2026-01-01 until 2027-01-01. Choose days inside it.'
    """
    return Refused(code, law, wait, **filled)


def told(refusal: Refusal) -> dict[str, Any]:
    """What a refusal says, in the reader's language (拒绝内容).

    A refusal of the core is told in the table's words, with its own behind them.

    Returns:
        code, status, why, todo, law, detail ("" where the table says it all), wait.
    """
    known = refusal.code in table()
    entry = table()[refusal.code if known else "refused"]
    filled = getattr(refusal, "filled", {})
    own = isinstance(refusal, Refused)
    return {
        "code": refusal.code,
        "status": entry["status"],
        "why": entry[language()].format(**filled),
        "todo": entry[f"todo_{language()}"].format(**filled),
        "law": refusal.law,
        "detail": "" if own else " ".join(part for part in (refusal.why, refusal.what_to_do) if part),
        "wait": getattr(refusal, "wait", 0),
    }


def kept(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it is stored with the work that it ended (留存的拒绝): `code`, `filled`, `detail`.

    >>> kept(refuse("division_code", division="x"))
    {'code': 'division_code', 'filled': {'division': 'x'}, 'detail': ''}
    """
    if isinstance(refusal, Refused):
        return {"code": refusal.code, "filled": {key: str(text) for key, text in refusal.filled.items()}, "detail": ""}
    return {"code": refusal.code, "filled": {}, "detail": f"{refusal.why} {refusal.what_to_do}".strip()}


def again(fault: Mapping[str, Any]) -> Refusal:
    """What was stored, as a refusal once more (还原拒绝); one of the core has all of its words in `why`."""
    if fault["code"] in table():
        return refuse(fault["code"], **fault["filled"])
    return Refusal(fault["code"], fault["detail"], "")


def told_again(fault: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was stored, as `told` tells a refusal (留存拒绝的内容); None where nothing was."""
    return told(again(fault)) | {"detail": fault["detail"]} if fault else None


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as a page, or as problem+json (RFC 9457) under /api/ (拒绝页面). What was written meanwhile is taken back."""
    said = told(refusal)
    request.refused = True  # type: ignore[attr-defined]
    user = getattr(getattr(request, "access", None), "user", None)
    # A line break in a path would be a line of its own in the log; the query may name a person and stays out.
    path = request.path.encode("unicode_escape").decode()
    log.warning("refused %s %s: %s, user %s", request.method, path, said["code"], user.pk if user else "-")
    response: HttpResponse
    if request.path.startswith(API):
        response = JsonResponse(problem(said), status=said["status"], content_type="application/problem+json")
        if said["status"] == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="jiadi"'
    else:
        response = HttpResponse(render_to_string("refusal.html", said, request), status=said["status"])
    if said["wait"]:
        response["Retry-After"] = str(said["wait"])
    return response


def problem(said: dict[str, Any]) -> dict[str, Any]:
    """The body of problem+json (接口错误)."""
    body = {"type": f"urn:jiadi:refusal:{said['code']}", "title": said["why"], "status": said["status"], "detail": said["todo"]}
    return body | {"code": said["code"], "law": said["law"], "more": said["detail"]}


class Refusals:
    """The middleware that answers a Refusal which a view or an action raised (拒绝处理)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Refusals are answered; what is not there under /api/ too; anything else is a bug and goes on."""
        if isinstance(exception, Refusal):
            return answer(request, exception)
        if isinstance(exception, Http404) and request.path.startswith(API):
            return answer(request, refuse("not_found"))
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Page of 400: nothing of the exception is told."""
    return answer(request, refuse("bad_request"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Page of 403."""
    return answer(request, refuse("no_right"))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Page of a form that did not come from our own page."""
    return answer(request, refuse("form_expired"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Page of 404: the same for what is not there and for what may not be seen."""
    return answer(request, refuse("not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Page of 500: it asks nothing of the database, which may be what failed."""
    request.access = None  # type: ignore[attr-defined]
    return answer(request, refuse("server_error"))
