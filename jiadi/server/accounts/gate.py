"""What a view asks for before it begins (视图权限)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponseBase

from jiadi.server.refusals import refuse

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def allowed(*rights: str) -> Callable[[View], View]:
    """Open a view to those who hold a right, or one of several, somewhere (权限要求); where they hold it, `queries` says.

    Raises:
        Refused: `no_right`, from the view.
    """

    def gate(view: View) -> View:
        @wraps(view)
        def asked(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(request.access.may(right) for right in rights):
                raise refuse("no_right")
            return view(request, *args, **kwargs)

        return asked  # type: ignore[return-value]

    return gate


def before_ready(view: View) -> View:
    """Open a view also to those who must first change a password or set up a second factor (未就绪可用)."""
    view.before_ready = True  # type: ignore[attr-defined]
    return view
