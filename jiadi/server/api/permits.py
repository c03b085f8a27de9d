"""What an address of the interface asks for (接口准入): a permit of the token; of a browser, that the page is ours."""

from __future__ import annotations

from typing import Any, Final

from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from jiadi.server.accounts.permits import permits
from jiadi.server.refusals import refuse
from jiadi.server.words import told

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Token(AuthBase):
    """Open an address to tokens that were made for it, and to people (令牌准入). Who it is, the middleware has found already.

    Args:
        permit: of permits.yaml.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, permit: str) -> None:
        super().__init__()
        self.permit = permits()[permit]

    def __call__(self, request: Any) -> bool:
        """Whether it may go on.

        Raises:
            Refused: `token_permit`, `no_right`, `form_expired`.
        """
        if not request.access.permitted(self.permit.name):
            raise refuse("token_permit", permit=told(self.permit.title))
        if not all(map(request.access.may, self.permit.rights)):
            raise refuse("no_right")
        # A browser sends its session along wherever a request comes from; a token is sent by whoever has it.
        if request.access.token is None and request.method not in READING and check_csrf(request):
            raise refuse("form_expired")
        return True
