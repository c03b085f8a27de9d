"""What all addresses of the interface have in common (接口共用): parameters, pages, and what may be refused."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet
from ninja import Header, Query, Router

from jiadi.server.api.schemas import Problem
from jiadi.server.asked import place
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse, table

MOST: Final = 500
ANYWHERE: Final = (
    "sign_in_needed", "token_invalid", "no_right", "token_permit", "password_change_needed", "second_factor_needed",
    "bad_request", "bad_parameter", "too_many", "server_error",
)  # fmt: skip
"""What each address may answer."""
WRITING: Final = ("form_expired", "still_going", "key_reused")
"""What each write may answer besides."""
REFUSALS: Final = "x-refusals"

v1 = Router()
"""Every address below /api/v1/: one router, for several methods of one address must stand in one."""

Division = Annotated[str, Query("", pattern=r"^([0-9]{2,12})?$", description="code of a division; its rows and those of all below it")]
Limit = Annotated[int, Query(100, ge=1, le=MOST)]
After = Annotated[UUID | None, Query(None, description="`next` of the page before")]
AfterNumber = Annotated[int, Query(0, ge=0, le=2**63 - 1, description="`next` of the page before")]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{8,128}$",
        description="of your own, new for each write, the same when one is sent again: 8 to 128 letters, digits and . _ : -",
    ),
]


def described(*codes: str) -> dict[str, Any]:
    """What an address may refuse beside what all refuse (可能的拒绝): responses and what the description says of them.

    >>> sorted(described("not_found")["openapi_extra"]["x-refusals"])[:3]
    ['bad_parameter', 'bad_request', 'no_right']
    """
    return {"openapi_extra": {REFUSALS: sorted({*ANYWHERE, *codes})}}


def answers(ok: dict[int, Any], *codes: str) -> dict[str, Any]:
    """Responses of an address (应答): those that are good, and one for each status of its refusals."""
    statuses = {table()[code]["status"] for code in (*ANYWHERE, *codes)}
    return {"response": {**ok, frozenset(statuses): Problem}, **described(*codes)}


def within(request: Any, division: str, right: str = "see") -> Scope:
    """Where whoever asks has a right, cut to a division where one is named (接口数据范围).

    Raises:
        Refused: `no_right`, `division_code`.
    """
    scope: Scope = request.access.scope(right)
    if not scope:
        raise refuse("no_right")
    return scope.within(place(division)) if division else scope


def page(found: QuerySet[Any], limit: int) -> dict[str, Any]:
    """One page of rows (一页)."""
    rows = list(found[: limit + 1])
    return {"items": rows[:limit], "next": str(rows[limit - 1].pk) if len(rows) > limit else None}


def one(found: QuerySet[Any], key: Any) -> Any:
    """One row by its id.

    Raises:
        Refused: `not_found`: it is not there, or out of reach.
    """
    row = found.filter(pk=key).first()
    if row is None:
        raise refuse("not_found")
    return row
