"""Making accounts and giving rights (账号与授权办理): nobody gives more than the own grant holds, and nobody gives to himself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from jiadi.server.accounts import passwords, queries
from jiadi.server.accounts.models import Attempt, Grant, RecoveryCode, SecondFactor, SignIn, Token, User, normal
from jiadi.server.accounts.queries import Access, attempt_key
from jiadi.server.accounts.roles import HAND_ON, roles
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import DIGITS, Scope, span
from jiadi.server.logs import washed
from jiadi.server.refusals import refuse
from jiadi.server.words import told

USERNAME: Final = re.compile(r"[a-z0-9._-]{2,64}")
TEMPORARY: Final = timedelta(days=7)
"""How long a password that somebody else set works."""
WIDTHS: Final = {10 ** (DIGITS - level): level for level in (2, 4, 6, 9, 12)}
"""Level of a division (digits of its code) by how many numbers it holds."""


def create_user(access: Access, username: str, full_name: str, password: str, *, why: str) -> User:
    """Make an account without any right (新建用户).

    Args:
        access: of who makes it: holds a role that may grant others, or is the operator.
        username: as the user types it; stored as `normal` writes it.
        full_name: of the person.
        password: for the first sign-in; must be changed then, unless the operator set it.
        why: the reason.

    Raises:
        Refused: `no_right`, `reason_missing`, `username_form`, `username_taken`, `name_missing`, `weak_password`.
    """
    if not (access.operator or access.may(HAND_ON)):
        raise refuse("no_right")
    why = reason(why)
    user = User(username=normal(username), full_name=full_name.strip(), created_by=access.user)
    if not USERNAME.fullmatch(user.username) or washed(user.username) != user.username:
        raise refuse("username_form")
    if not user.full_name:
        raise refuse("name_missing")
    if User.objects.filter(username=user.username).exists():
        raise refuse("username_taken")
    passwords.check(password, user)
    user.set_password(password)
    if not access.operator:
        user.temporary_until = timezone.now() + TEMPORARY
    with acting(access, "create_user", subject="user", subject_id=user.id, why=why):
        user.save(force_insert=True)
    return user


def grant(
    access: Access, user: User, role: str, division_code: str, from_on: date, to_on: date | None, cause: str, department: str = ""
) -> Grant:
    """Give a user a role in a division for some days (授权).

    Args:
        access: of who gives; the operator may give any role.
        user: who receives.
        role: of roles.yaml.
        division_code: 2 to 12 digits, at a level that the role has.
        from_on, to_on: half-open days, not in the past; None is open.
        cause: what it rests on.
        department: of a township clerk; "" for none.

    Raises:
        Refused: `reason_missing`, `yourself`, `grant_role`, `division_code`, `grant_level`, `grant_period`, `grant_division`,
            `grant_dates`, `separate_powers`, `grant_twice`.
    """
    cause = reason(cause)
    if access.user is not None and access.user.pk == user.pk:
        raise refuse("yourself")
    if role not in roles():
        raise refuse("grant_role", role=role)
    division = _division_for(role, division_code)
    if from_on < timezone.localdate() or (to_on is not None and to_on <= from_on):
        raise refuse("grant_period")
    _inside_own(access, role, division_code, from_on, to_on)
    # The row lock keeps two grants to one person apart from each other.
    User.objects.select_for_update().get(pk=user.pk)
    _keep_apart(user, role, division, from_on, to_on)
    given = Grant(user=user, role=role, division=division, department=department.strip(), from_on=from_on, to_on=to_on)
    given.cause, given.granted_by = cause, access.user
    with acting(access, "grant", division=division, subject="user", subject_id=user.pk, why=cause) as act:
        act.detail |= {"grant": given.pk, "role": role, "from_on": from_on, "to_on": to_on, "department": given.department}
        given.save(force_insert=True)
    return given


def _division_for(role: str, code: str) -> int:
    try:
        low, high = span(code)
    except ValueError:
        raise refuse("division_code", division=code[:DIGITS]) from None
    if WIDTHS[high - low] not in roles()[role].levels:
        raise refuse("grant_level", role=told(roles()[role].title))
    return low


def _inside_own(access: Access, role: str, division_code: str, from_on: date, to_on: date | None) -> None:
    """What is given must lie inside one grant of the giver: role, division and days."""
    if access.operator:
        return
    own = [one for one in queries.own_grants(access, timezone.localdate()) if role in roles()[one.role].grants]
    if not own:
        raise refuse("grant_role", role=told(roles()[role].title))
    wanted = Scope.of([division_code])
    own = [one for one in own if Scope.of([f"{one.division:012}"]).covers(wanted)]
    if not own:
        raise refuse("grant_division", division=division_code)
    if not any(one.to_on is None or (to_on is not None and to_on <= one.to_on) for one in own):
        widest = max(own, key=lambda one: one.to_on or date.max)
        raise refuse("grant_dates", from_on=widest.from_on, to_on=widest.to_on)


def _keep_apart(user: User, role: str, division: int, from_on: date, to_on: date | None) -> None:
    """Nobody holds what must be in two hands, on any day (职责分离)."""
    overlapping = Grant.objects.filter(Q(to_on=None) | Q(to_on__gt=from_on), user=user, revoked_at=None)
    if to_on is not None:
        overlapping = overlapping.filter(from_on__lt=to_on)
    held = set(overlapping.values_list("role", "division"))
    if (role, division) in held:
        raise refuse("grant_twice")
    rights = roles()[role].rights.union(*(roles()[one].rights for one, _ in held))
    if "administer" in rights and len(rights) > 1:
        raise refuse("separate_powers")


def revoke(access: Access, grant_id: UUID, why: str) -> Grant:
    """Take a grant back; it works on the user's next request (撤销授权).

    Raises:
        Refused: `not_found`, `reason_missing`, `yourself`, `revoked_already`.
    """
    why = reason(why)
    found = queries.grants(access).select_for_update(of=("self",)).filter(pk=grant_id).first()
    if found is None:
        raise refuse("not_found")
    if access.user is not None and found.user_id == access.user.pk:
        raise refuse("yourself")
    if found.revoked_at is not None:
        raise refuse("revoked_already")
    with acting(access, "revoke", division=found.division, subject="user", subject_id=found.user_id, why=why) as act:
        act.detail |= {"grant": found.pk, "role": found.role}
        found.revoked_at, found.revoked_by = timezone.now(), access.user
        found.save(update_fields=["revoked_at", "revoked_by"])
    return found


def deactivate(access: Access, user: User, why: str) -> None:
    """Close an account: it signs in no more, its sessions end, and its tokens are revoked (停用账号)."""
    must_stand_over(access, user)
    with acting(access, "deactivate", **queries.about(user), why=reason(why)):
        User.objects.filter(pk=user.pk).update(is_active=False)
        Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=access.user)
        _end_all(access, user)


def reactivate(access: Access, user: User, why: str) -> None:
    """Open a closed account again (恢复账号)."""
    must_stand_over(access, user)
    with acting(access, "reactivate", **queries.about(user), why=reason(why)):
        User.objects.filter(pk=user.pk).update(is_active=True)


def reset_password(access: Access, user: User, why: str) -> str:
    """Give a temporary password, shown once, which the user must change (重置密码).

    Returns:
        The password.
    """
    must_stand_over(access, user)
    password = passwords.temporary()
    with acting(access, "reset_password", **queries.about(user), why=reason(why)):
        until = timezone.now() + TEMPORARY
        User.objects.filter(pk=user.pk).update(password=make_password(password), temporary_until=until)
        _end_all(access, user)
    return password


def reset_second_factor(access: Access, user: User, why: str) -> None:
    """Take away a second factor that was lost with its recovery codes (重置第二重验证)."""
    must_stand_over(access, user)
    with acting(access, "reset_second_factor", **queries.about(user), why=reason(why)):
        RecoveryCode.objects.filter(user=user).delete()
        SecondFactor.objects.filter(user=user).delete()
        _end_all(access, user)


def unlock(access: Access, user: User, why: str) -> None:
    """End the pause that failures to sign in have brought (解除登录暂停)."""
    must_stand_over(access, user)
    with acting(access, "unlock", **queries.about(user), why=reason(why)):
        Attempt.objects.filter(key=attempt_key("account", user.username)).update(failures=0, until=None)


def end_sessions(access: Access, user: User, why: str) -> None:
    """End all sessions of a user (强制退出)."""
    must_stand_over(access, user)
    with acting(access, "end_sessions", **queries.about(user), why=reason(why)):
        _end_all(access, user)


def must_stand_over(access: Access, user: User) -> None:
    """Acts on an account are for those who could grant all that it holds (须可管理该账号): else a password reset would be a way up.

    Raises:
        Refused: `yourself`, `not_found`, `beyond_you`.
    """
    if access.operator:
        return
    if access.user is not None and access.user.pk == user.pk:
        raise refuse("yourself")
    if not queries.users(access).filter(pk=user.pk).exists():
        raise refuse("not_found")
    if not queries.stands_over(access, user, timezone.localdate()):
        raise refuse("beyond_you")


def _end_all(access: Access, user: User) -> None:
    SignIn.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now(), ended_by=access.user)


def reason(why: str) -> str:
    """A reason as it is stored (事由), persons' numbers in it masked.

    Raises:
        Refused: `reason_missing`, for fewer than two characters.
    """
    if len(why.strip()) < 2:
        raise refuse("reason_missing")
    return washed(why.strip()[:200])
