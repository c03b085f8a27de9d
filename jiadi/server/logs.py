"""What is written down of each request (访问日志): its number, path and time, never what was asked for.

A query string may hold a name or an ID, so it is left out here, and the web server itself keeps no log of requests.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

access = logging.getLogger("jiadi.access")
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""Numbers that a proxy in front may hand on."""
request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Number of the request that is under way; "-" outside of one."""


class Numbered(logging.Filter):
    """Each line bears the number of its request (请求编号)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add it; drop nothing."""
        record.request_id = request_id.get()
        return True


def log_access(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Number a request, answer with the number, and write one line when it is done (记录请求)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if GIVEN.fullmatch(given) else uuid.uuid4().hex)
        began = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = request_id.get()
            took_ms = (time.perf_counter() - began) * 1000
            # A line break in a path would be a line of its own in the log.
            access.info("%s %s %s %.1f ms", request.method, request.path.encode("unicode_escape").decode(), response.status_code, took_ms)
            return response
        finally:
            request_id.reset(token)

    return answer
