"""Whether somebody may act on rows of a place (办理权限), and what the database refuses said in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction

from jiadi.server.accounts.queries import Access
from jiadi.server.database.scope import EVERYWHERE, Scope
from jiadi.server.refusals import refuse

HELD = ("interest_sole_holder", "interest_within_whole", "interest_eligible_once", "person_one_head")
"""Constraints whose refusal people are told in words, in the order of the words below."""


def require(access: Access, right: str, divisions: Scope) -> None:
    """Refuse what somebody may not do in a place (校验权限); the system itself has no user, and row-level security alone.

    Raises:
        Refusal: `outside_scope`.
    """
    if access.user is not None and not access.scope(right).covers(divisions):
        raise refuse("outside_scope", division="、".join(f"{low:012}" for low, _ in divisions.ranges))


def seen(access: Access) -> Scope:
    """What somebody sees of the register (可见范围)."""
    return EVERYWHERE if access.user is None else access.whole


@contextmanager
def constraints_said() -> Iterator[None]:
    """Check at once what the database would check at the end, and say in words what it refuses (约束即时校验).

    Raises:
        Refusal: `held_already`, `shares_exceed`, `eligible_already`, `head_already`.
    """
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        told = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if told not in HELD:
            raise
        code = HELD.index(told)
        raise refuse(("held_already", "shares_exceed", "eligible_already", "head_already")[code]) from None
