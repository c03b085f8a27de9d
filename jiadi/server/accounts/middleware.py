"""Each request is one transaction that sees the user's divisions alone (请求的数据范围)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from jiadi.server.accounts.queries import NOBODY, Access, access
from jiadi.server.database.scope import narrow

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    class Request(HttpRequest):
        """A request that knows what its user may do."""

        access: Access


BARE = ("/healthz", "/readyz", "/static/")
"""Paths that ask no database row."""


def within_scope(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Open the transaction, say whose rows it sees, and take all back where the answer is a failure."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        request.access = NOBODY  # type: ignore[attr-defined]
        if request.path.startswith(BARE):
            return get_response(request)
        with transaction.atomic():
            user = request.user if request.user.is_authenticated else None
            request.access = access(user, timezone.localdate())  # type: ignore[attr-defined]
            narrow(request.access.whole)  # type: ignore[attr-defined]
            response = get_response(request)
            if response.status_code >= 500 or getattr(request, "refused", False):
                transaction.set_rollback(True)
            return response

    return answer
