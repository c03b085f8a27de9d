"""What a user may do, and where (用户的权限与范围)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from jiadi.server.accounts.models import Attempt, Grant, SecondFactor, SignIn, Token, User, normal
from jiadi.server.accounts.permits import rights_of
from jiadi.server.accounts.roles import HAND_ON, SECOND_FACTOR, roles
from jiadi.server.database.scope import Scope, span


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do on one day (访问权).

    Args:
        user: None for somebody who has not signed in, and may see nothing.
        held: role and division of each grant in force.
        operator: whoever runs commands on the machine itself: makes accounts and grants any role, and sees no row.
        token: under which a program asks; None for a person.
        permits: what that token is for; None for a person, who needs none.
        within: divisions beyond which that token does not reach; None for a person.
    """

    user: User | None = None
    held: tuple[tuple[str, int], ...] = ()
    operator: bool = False
    token: UUID | None = None
    permits: frozenset[str] | None = None
    within: Scope | None = None

    def scope(self, right: str = "see") -> Scope:
        """Where the user has a right (权限范围); nowhere is an empty scope.

        >>> Access(None, (("county_manager", 330802000000), ("village_officer", 330803002204))).scope("reveal").ranges
        ((330802000000, 330803000000),)
        """
        if self.permits is not None and right not in rights_of(self.permits):
            return Scope()
        return self._cut(span(f"{division:012}") for role, division in self.held if roles()[role].has(right))

    def _cut(self, ranges: Iterable[tuple[int, int]]) -> Scope:
        found = Scope.joined(ranges)
        return found if self.within is None else found.within(self.within)

    def permitted(self, permit: str) -> bool:
        """Whether a program may do what a permit says (令牌用途是否包含); a person may, as far as the rights go.

        >>> Access().permitted("read_runs"), Access(permits=frozenset(["read_houses"])).permitted("read_runs")
        (True, False)
        """
        return self.permits is None or permit in self.permits

    def may(self, right: str) -> bool:
        """Whether the user has a right anywhere at all."""
        return bool(self.scope(right))

    @property
    def whole(self) -> Scope:
        """All divisions of all grants: what row-level security lets through."""
        return self._cut(span(f"{division:012}") for _, division in self.held)


NOBODY = Access()
OPERATOR = Access(operator=True)


def access(user: User | None, on: date) -> Access:
    """What a user may do on a day (当日访问权): looked up anew at each request, so that a revocation works on the next one.

    Args:
        user: signed in; None for nobody.
        on: the day.
    """
    if user is None or not user.is_active:
        return NOBODY
    in_force = Grant.objects.filter(_in_force(on), user=user)
    return Access(user, tuple(in_force.order_by("id").values_list("role", "division")))


def cut(held: Access, token: Token) -> Access:
    """What a program may do under a token (令牌的访问权): what its owner may now, in its division, and what it is for."""
    return replace(held, token=token.pk, permits=frozenset(token.permits), within=Scope.of([token.code]))


def token(shown: str, on: date) -> Token | None:
    """The token that a program shows, None where it is none, was revoked or is over (识别令牌).

    Args:
        shown: the token itself. It is found by its hash: how long that takes tells nothing of the token.
        on: the day.
    """
    return Token.objects.select_related("user").filter(_working(on), hash=token_hash(shown)).first()


def _working(on: date) -> Q:
    return Q(revoked_at=None, to_on__gt=on)


def tokens(user: User) -> QuerySet[Token]:
    """The tokens of a user, past ones too, the newest first (令牌一览)."""
    return Token.objects.filter(user=user).order_by("-id")


def working_tokens(user: User, on: date) -> QuerySet[Token]:
    """The tokens of a user that work on a day (有效令牌)."""
    return tokens(user).filter(_working(on))


def token_hash(shown: str) -> str:
    """As what a token is stored (令牌摘要): it is 256 random bits, so that a plain hash keeps it.

    >>> len(token_hash("jiadi_x"))
    64
    """
    return hashlib.sha256(shown.encode()).hexdigest()


def _in_force(on: date) -> Q:
    return (Q(to_on=None) | Q(to_on__gt=on)) & Q(revoked_at=None, from_on__lte=on)


def waiting(held: Access, demo: bool) -> str:
    """What a user must see to before anything else (待办的安全事项).

    Args:
        held: what the user may do.
        demo: whether no second factor is asked for.

    Returns:
        `password` (a temporary one), `second_factor` (a right calls for it, and there is none), or "".
    """
    if held.user is None:
        return ""
    if held.user.temporary_until is not None:
        return "password"
    if demo or not any(held.may(right) for right in SECOND_FACTOR):
        return ""
    return "" if has_second_factor(held.user) else "second_factor"


def has_second_factor(user: User) -> bool:
    """Whether a user signs in with a code as well (是否启用第二重验证)."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def live(now: datetime) -> Q:
    """Sign-ins that still hold at a moment (有效会话条件)."""
    idle, oldest = timedelta(seconds=settings.IDLE_SECONDS), timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return Q(ended_at=None, seen_at__gt=now - idle, begun_at__gt=now - oldest)


def sign_in(key: str | None, user: User | AnonymousUser, now: datetime) -> SignIn | None:
    """The sign-in of a session, None where it is over (当前会话)."""
    return SignIn.objects.filter(live(now), id=key, user=user.pk).first() if key else None


def sign_ins(user: User, now: datetime) -> list[SignIn]:
    """The sign-ins of a user that still hold, the newest first (有效会话)."""
    return list(SignIn.objects.filter(live(now), user=user).order_by("-begun_at"))


def attempt_key(kind: str, name: str) -> str:
    """Key of a count of failures (失败计数键).

    Args:
        kind: `account` or `address`.
        name: the sign-in name as `normal` writes it, or the address.
    """
    return salted_hmac(f"jiadi attempt {kind}", name, algorithm="sha256").hexdigest()


def paused_until(user: User, now: datetime) -> datetime | None:
    """Until when nobody signs in to an account, None where it is not held up (暂停至)."""
    return Attempt.objects.filter(key=attempt_key("account", user.username), until__gt=now).values_list("until", flat=True).first()


def own_grants(held: Access, on: date) -> list[Grant]:
    """The grants of whoever is asking that hold on a day (本人授权)."""
    return list(Grant.objects.filter(_in_force(on), user=held.user).order_by("id")) if held.user else []


def home(user: User) -> int:
    """The division that acts on an account belong to: of its first grant in force, 0 for none (账号所属区划)."""
    return Grant.objects.filter(user=user, revoked_at=None).order_by("id").values_list("division", flat=True).first() or 0


class About(TypedDict):
    """What an act on an account is about."""

    division: int
    subject: str
    subject_id: object


def about(user: User | None) -> About:
    """What an act on an account is about (留痕对象): to be handed to `acting`."""
    return About(division=home(user) if user else 0, subject="user", subject_id=user.pk if user else "")


def grants(held: Access) -> QuerySet[Grant]:
    """Grants that whoever is asking could give, past ones too (可管理的授权): role and division inside the own grants."""
    found = Grant.objects.select_related("user", "granted_by", "revoked_by").order_by("-from_on", "-id")
    return found if held.operator else found.filter(_within_own(held))


def _within_own(held: Access, prefix: str = "") -> Q:
    inside = Q(**{f"{prefix}pk__in": []})
    for role, division in held.held:
        if handed := roles()[role].grants:
            inside |= Q(**{f"{prefix}role__in": sorted(handed)}) & Scope.of([f"{division:012}"]).where(f"{prefix}division")
    return inside


def users(held: Access) -> QuerySet[User]:
    """Accounts that whoever is asking manages (可管理的用户): with a grant that he could give, or made by him and without any."""
    if held.operator:
        return User.objects.order_by("username")
    if not held.may(HAND_ON):
        return User.objects.none()
    fresh = Q(created_by=held.user, grants=None)
    if held.may("administer"):
        fresh = Q(grants=None)
    within = Q(pk__in=Grant.objects.filter(_within_own(held)).values("user"))
    return User.objects.filter(Q(pk__in=User.objects.filter(fresh).values("pk")) | within).order_by("username")


def stands_over(held: Access, user: User, on: date) -> bool:
    """Whether one could give all that an account holds on a day or later (可否管理该账号)."""
    current = Grant.objects.filter(Q(to_on=None) | Q(to_on__gt=on), user=user, revoked_at=None)
    return not current.exclude(pk__in=current.filter(_within_own(held)).values("pk")).exists()


def matching(found: QuerySet[User], words: str) -> QuerySet[User]:
    """Of these users those whose name or sign-in name holds the words (查找用户)."""
    return found.filter(Q(username__contains=normal(words)) | Q(full_name__contains=words.strip())) if words.strip() else found


def with_grants(held: Access, found: list[User]) -> list[tuple[User, list[Grant]]]:
    """Each user with those grants in force that whoever is asking could give (用户及其授权)."""
    by_user: dict[object, list[Grant]] = {user.pk: [] for user in found}
    for one in grants(held).filter(_in_force(timezone.localdate()), user__in=found):
        by_user[one.user_id].append(one)
    return [(user, by_user[user.pk]) for user in found]
