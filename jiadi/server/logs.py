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
from typing import TYPE_CHECKING, Final

from jiadi.codes.person import mask

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

access = logging.getLogger("jiadi.access")
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""Numbers that a proxy in front may hand on."""
NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[3-9][0-9]{9})(?![0-9A-Za-z])")
"""What looks like a resident ID or a mobile phone: people write them into reasons."""


def washed(text: str) -> str:
    """A text of a user without persons' numbers (去除证件号): the chain is kept for good, and nothing can be taken out of it.

    >>> washed("更正330802197603151233的电话13905700000，宗地330802005202JC00001")
    '更正330802********1233的电话13*********，宗地330802005202JC00001'
    """
    return NUMBER.sub(lambda found: mask(found.group()), text)


class Washed(logging.Formatter):
    """Lines without persons' numbers (日志脱敏): not in what was asked for, and not in what a library says of a row that failed."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole of it, what was raised too."""
        return washed(super().format(record))


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
