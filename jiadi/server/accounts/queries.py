"""What a user may do, and where (用户的权限与范围)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.roles import roles
from jiadi.server.database.scope import Scope, span


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do on one day (访问权).

    Args:
        user: None for somebody who has not signed in, and may see nothing.
        held: role and division of each grant in force.
    """

    user: User | None = None
    held: tuple[tuple[str, int], ...] = ()

    def scope(self, right: str = "see") -> Scope:
        """Where the user has a right (权限范围); nowhere is an empty scope.

        >>> Access(None, (("county_manager", 330802000000), ("village_officer", 330803002204))).scope("reveal").ranges
        ((330802000000, 330803000000),)
        """
        return Scope.joined(span(f"{division:012}") for role, division in self.held if right in roles()[role].rights)

    def may(self, right: str) -> bool:
        """Whether the user has a right anywhere at all."""
        return bool(self.scope(right))

    @property
    def whole(self) -> Scope:
        """All divisions of all grants: what row-level security lets through."""
        return Scope.joined(span(f"{division:012}") for _, division in self.held)


NOBODY = Access()


def access(user: User | None, on: date) -> Access:
    """What a user may do on a day (当日访问权): looked up anew at each request, so that a revocation works on the next one.

    Args:
        user: signed in; None for nobody.
        on: the day.
    """
    if user is None or not user.is_active:
        return NOBODY
    in_force = Grant.objects.filter(Q(to_on=None) | Q(to_on__gt=on), user=user, revoked_at=None, from_on__lte=on)
    return Access(user, tuple(in_force.order_by("id").values_list("role", "division")))
