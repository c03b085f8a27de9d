"""Signing in and what belongs to it (登录与本人账号): passwords, second factor, sessions; each step is an act, and none holds a secret.

A failure must be kept although nothing is done: it is returned, not raised, for what is raised takes the transaction back.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from math import ceil
from typing import Final
from uuid import UUID

import pyotp
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from jiadi.server.accounts import passwords, queries, secret
from jiadi.server.accounts.models import Attempt, RecoveryCode, SecondFactor, SignIn, User, normal
from jiadi.server.accounts.queries import NOBODY, Access, access, attempt_key
from jiadi.server.cases.actions import acting
from jiadi.server.refusals import Refused, refuse

FREE: Final = {"account": 5, "address": 50}
"""Failures in a row that bring no pause: many people may sit behind one address."""
LONGEST: Final = {"account": timedelta(hours=1), "address": timedelta(minutes=15)}
FIRST: Final = timedelta(minutes=1)
"""The first pause; each further failure doubles it, up to the longest."""
FORGET: Final = timedelta(hours=24)
"""Failures that lie back longer count no more, unless the account is locked."""
LOCKED: Final = 100
"""Failures in a row after which an account is opened by an administrator alone."""
FOREVER: Final = timedelta(days=36500)
STEP: Final = 30
"""Seconds for which a code holds; the one before and the one after are taken too, for clocks that go wrong."""
CODES: Final = 10


def try_password(username: str, password: str, address: str) -> User | Refused:
    """The user whose name and password these are (核验密码); a second factor is asked for afterwards.

    Args:
        username, password: as typed.
        address: where they came from.

    Returns:
        The user, or the refusal: `paused`, or `wrong_password` whatever was wrong.
    """
    name = normal(username)
    if held_up := _pause(name, address):
        return held_up
    user = User.objects.filter(username=name).first()
    if user is None:
        make_password(password)  # takes as long as a comparison does, so that nobody learns which names there are
    if user is None or not user.check_password(password) or not user.is_active or _expired(user):
        return _fail(name, user, address)
    return user


def try_code(user: User, code: str, address: str) -> User | Refused:
    """The user, where a code is the second factor's of this moment or an unused recovery code (核验第二重验证)."""
    if held_up := _pause(user.username, address):
        return held_up
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    if factor is None or not (_is_code(factor, code) or _is_recovery(user, code)):
        return _fail(user.username, user, address)
    return user


def begin(request: HttpRequest, user: User, address: str) -> SignIn:
    """Sign somebody in whose factors are checked (登录): a new session id, an end to the count of failures, one act."""
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    now = timezone.now()
    agent = request.headers.get("User-Agent", "")[:200]
    begun = SignIn(user=user, begun_at=now, seen_at=now, address=address, agent=agent)
    with acting(access(user, timezone.localdate()), "sign_in", **queries.about(user)) as act:
        act.detail |= {"address": address, "sign_in": begun.id}
        begun.save(force_insert=True)
        Attempt.objects.filter(key=attempt_key("account", user.username)).update(failures=0, until=None)
    request.session["sign_in"] = str(begun.id)
    return begun


def end(held: Access, sign_in: UUID) -> None:
    """End one of the own sign-ins (退出).

    Raises:
        Refused: `not_found`, where it is none of the own, or over.
    """
    user = _known(held)
    with acting(held, "sign_out", **queries.about(user)) as act:
        act.detail["sign_in"] = sign_in
        ended = SignIn.objects.filter(id=sign_in, user=user, ended_at=None).update(ended_at=timezone.now(), ended_by=user)
    if not ended:
        raise refuse("not_found")


def change_password(request: HttpRequest, held: Access, old: str, new: str, address: str, keep: UUID | None) -> Refused | None:
    """Set a password of one's own; every other session ends (修改密码).

    Returns:
        The refusal of the old password, None where it is done.

    Raises:
        Refused: `weak_password`.
    """
    user = _known(held)
    if isinstance(wrong := try_password(user.username, old, address), Refused):
        return wrong
    passwords.check(new, user)
    if constant_time_compare(old, new):
        raise refuse("weak_password", faults="=")
    user.set_password(new)
    user.temporary_until = None
    with acting(held, "change_password", **queries.about(user)):
        user.save(update_fields=["password", "temporary_until"])
        _end_others(user, keep)
    update_session_auth_hash(request, user)
    return None


def offer_second_factor(held: Access) -> str:
    """Make a secret that waits to be confirmed by a code of it (生成第二重验证密钥).

    Returns:
        The address that an authenticator reads from a QR code.

    Raises:
        Refused: `no_right`, where there is a confirmed one already.
    """
    user = _known(held)
    if queries.has_second_factor(user):
        raise refuse("no_right")
    factor = SecondFactor.objects.filter(user=user).first()
    made = secret.unseal(bytes(factor.sealed), user.pk) if factor else pyotp.random_base32()
    if factor is None:
        with acting(held, "offer_second_factor", **queries.about(user)):
            SecondFactor.objects.create(user=user, sealed=secret.seal(made, user.pk))
    return pyotp.TOTP(made).provisioning_uri(name=user.username, issuer_name="Jiadi")


def confirm_second_factor(held: Access, password: str, code: str, address: str, keep: UUID | None) -> list[str] | Refused:
    """Put the second factor to use by the password and a first code; every other session ends (启用第二重验证).

    Args:
        keep: the session that goes on.

    Returns:
        The recovery codes, shown once; or the refusal.
    """
    user = _known(held)
    if isinstance(wrong := try_password(user.username, password, address), Refused):
        return wrong
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    if factor is None or not _is_code(factor, code):
        return _fail(user.username, user, address)
    with acting(held, "confirm_second_factor", **queries.about(user)):
        SecondFactor.objects.filter(user=user).update(confirmed_at=timezone.now())
        _end_others(user, keep)
        return _new_codes(user)


def renew_codes(held: Access, password: str, address: str) -> list[str] | Refused:
    """New recovery codes in place of the old ones (重新生成恢复码)."""
    user = _known(held)
    if isinstance(wrong := try_password(user.username, password, address), Refused):
        return wrong
    with acting(held, "renew_codes", **queries.about(user)):
        return _new_codes(user)


def remove_second_factor(held: Access, password: str, address: str, keep: UUID | None) -> Refused | None:
    """Do without a second factor again (停用第二重验证): every other session ends; where a right calls for one, it is asked for at once."""
    user = _known(held)
    if isinstance(wrong := try_password(user.username, password, address), Refused):
        return wrong
    with acting(held, "remove_second_factor", **queries.about(user)):
        RecoveryCode.objects.filter(user=user).delete()
        SecondFactor.objects.filter(user=user).delete()
        _end_others(user, keep)
    return None


def set_preferences(held: Access, language: str, large_type: bool) -> None:
    """Language and size of type of one's own pages (个人偏好)."""
    user = _known(held)
    with acting(held, "set_preferences", **queries.about(user)):
        User.objects.filter(pk=user.pk).update(language=language, large_type=large_type)


def _end_others(user: User, keep: UUID | None) -> None:
    SignIn.objects.filter(user=user, ended_at=None).exclude(id=keep or UUID(int=0)).update(ended_at=timezone.now(), ended_by=user)


def _known(held: Access) -> User:
    if held.user is None:
        raise refuse("sign_in_needed")
    return held.user


def _expired(user: User) -> bool:
    return user.temporary_until is not None and user.temporary_until <= timezone.now()


def _pause(name: str, address: str) -> Refused | None:
    """The refusal while an account or an address is held up. The account's count is locked, so that guesses come one by one."""
    now = timezone.now()
    account = attempt_key("account", name)
    Attempt.objects.bulk_create([Attempt(key=account)], ignore_conflicts=True)
    found = [Attempt.objects.select_for_update().get(key=account), Attempt.objects.filter(key=attempt_key("address", address)).first()]
    wait = max((one.until - now for one in found if one and one.until), default=timedelta())
    if wait <= timedelta():
        return None
    return refuse("paused", wait=ceil(wait.total_seconds()), minutes=ceil(wait.total_seconds() / 60))


def _fail(name: str, user: User | None, address: str) -> Refused:
    """Count a failure for the account and for the address, and leave an act."""
    counts = {kind: _count(kind, named) for kind, named in (("account", name), ("address", address))}
    paused = any(one.until is not None for one in counts.values())
    with acting(NOBODY, "pause_sign_in" if paused else "fail_sign_in", **queries.about(user)) as act:
        act.detail |= {"address": address} | {kind: one.failures for kind, one in counts.items()}
    return refuse("wrong_password")


def _count(kind: str, name: str) -> Attempt:
    now = timezone.now()
    key = attempt_key(kind, name)
    Attempt.objects.bulk_create([Attempt(key=key)], ignore_conflicts=True)
    one = Attempt.objects.select_for_update().get(key=key)
    stale = one.last_at is not None and now - one.last_at > FORGET
    one.failures = 1 if stale else one.failures + 1
    one.last_at, one.until = now, None
    if (over := one.failures - FREE[kind]) >= 0:
        one.until = now + min(FIRST * 2 ** min(over, 10), LONGEST[kind])
    if kind == "account" and one.failures >= LOCKED:
        one.until = now + FOREVER
    one.save()
    return one


def _is_code(factor: SecondFactor, code: str) -> bool:
    """Whether a code is of this moment and was not used before."""
    totp = pyotp.TOTP(secret.unseal(bytes(factor.sealed), factor.user_id), interval=STEP)
    step = int(timezone.now().timestamp()) // STEP
    typed = "".join(code.split())
    fits = [near for near in (step - 1, step, step + 1) if constant_time_compare(totp.generate_otp(near), typed)]
    if not fits or max(fits) <= factor.last_step:
        return False
    SecondFactor.objects.filter(pk=factor.pk).update(last_step=max(fits))
    return True


def _is_recovery(user: User, code: str) -> bool:
    """Whether a code is an unused recovery code; it is used up by this."""
    unused = RecoveryCode.objects.filter(user=user, hash=_hash(code), used_at=None)
    return bool(unused.update(used_at=timezone.now()))


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.lower().replace("-", "").split()).encode()).hexdigest()


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    made = [passwords.recovery() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, hash=_hash(code)) for code in made])
    return made


__all__ = [
    "begin", "change_password", "confirm_second_factor", "end", "offer_second_factor", "remove_second_factor", "renew_codes",
    "set_preferences", "try_code", "try_password",
]  # fmt: skip
