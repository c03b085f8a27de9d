"""Whether somebody may act on rows of a place (办理权限), and what the database refuses said in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction

from jiadi.errors import Refusal
from jiadi.server.accounts.queries import Access
from jiadi.server.database.scope import EVERYWHERE, Scope

SAID = {
    "interest_sole_holder": (
        "held_already",
        "Somebody else holds this right alone on these days.",
        "End that right first, or give both a share.",
    ),
    "interest_within_whole": (
        "shares_exceed",
        "The shares of this right would exceed the whole.",
        "Correct the shares, or end one of them first.",
    ),
    "interest_eligible_once": ("eligible_already", "The eligibility is entered for these days already.", "Change the days of that entry."),
    "person_one_head": ("head_already", "The household has a head already.", "Take that person's headship off first."),
}
"""Constraint → refusal."""


def require(access: Access, right: str, divisions: Scope) -> None:
    """Refuse what somebody may not do in a place (校验权限); the system itself has no user, and row-level security alone.

    Raises:
        Refusal: `outside_scope`.
    """
    if access.user is not None and not access.scope(right).covers(divisions):
        raise Refusal("outside_scope", "You may not do this in this division.", "Ask somebody who may.")


def seen(access: Access) -> Scope:
    """What somebody sees of the register (可见范围)."""
    return EVERYWHERE if access.user is None else access.whole


@contextmanager
def constraints_said() -> Iterator[None]:
    """Check at once what the database would check at the end, and say in words what it refuses (约束即时校验).

    Raises:
        Refusal: of SAID.
    """
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        told = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if told not in SAID:
            raise
        raise Refusal(*SAID[told]) from None
