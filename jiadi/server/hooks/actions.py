"""Registering hooks, turning them off and on (推送办理)."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.crypto import constant_time_compare

from jiadi.codes.division import prefix
from jiadi.errors import Refusal
from jiadi.server import asked
from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.accounts.roles import CONNECT
from jiadi.server.cases import events
from jiadi.server.cases import queries as acts
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import span
from jiadi.server.database.sealing import place_of, seal_many, unseal_many
from jiadi.server.hooks import sending
from jiadi.server.hooks.models import Hook
from jiadi.server.refusals import refuse

SIGN: Final = "jiadi_hook_"
PLACE: Final = place_of("hooks_hook", "sealed")
PLAIN: Final = re.compile(r"https://[\x21-\x7e]{3,480}")


def make(access: Access, name: str, address: str, division: str, kinds: Collection[str], why: str) -> tuple[Hook, str]:
    """Register an address that is told of events from now on (登记推送目标).

    Args:
        access: of who connects the other system.
        name: of that system; `address`: of https, on no machine of our own and in no private network.
        division: code; `kinds`: of events.yaml, none for all.
        why: the reason.

    Returns:
        The hook, and the secret by which the receiver knows us, which is shown once.

    Raises:
        Refused: `reason_missing`, `division_code`, `outside_scope`, `hook_name`, `hook_address`, `hook_kind`.
    """
    why = reason(why)
    place = asked.place(division.strip())
    if access.user is None or not access.scope(CONNECT).covers(place):
        raise refuse("outside_scope", division=division)
    if not name.strip():
        raise refuse("hook_name")
    if not set(kinds) <= {kind.name for kind in events.kinds().values()}:
        raise refuse("hook_kind")
    code = prefix(division.strip().ljust(12, "0"))
    hook = Hook(name=name.strip()[:64], address=good(address), code=code, division=span(code)[0], kinds=sorted(kinds))
    secret = SIGN + secrets.token_urlsafe(32)
    hook.sealed, hook.made_by, hook.position = seal(secret, hook), access.user, acts.last_told()
    with acting(access, "make_hook", why=why, **about(hook)) as act:
        act.detail |= {"address": hook.address, "kinds": hook.kinds}
        hook.save(force_insert=True)
    return hook, secret


def good(address: str) -> str:
    """An address as it is stored (推送网址).

    Raises:
        Refused: `hook_address`: not of https, with a name or password inside, or a bare number of a network that is barred.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refuse("hook_address") from None
    if not PLAIN.fullmatch(address) or not host or port == 0 or parts.fragment or "@" in parts.netloc:
        raise refuse("hook_address")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return address
    if not sending.may_reach(host):
        raise refuse("hook_address")
    return address


def about(hook: Hook) -> dict[str, Any]:
    """What an act on a hook is about (留痕对象)."""
    return {"division": hook.division, "subject": "hook", "subject_id": hook.pk, "source": hook.name}


def turn_off(access: Access, hook: Hook, why: str) -> None:
    """Tell a hook nothing more (关闭推送).

    Raises:
        Refused: `reason_missing`, `hook_moved`.
    """
    _turn(access, hook, "turn_off_hook", ["on", "failed"], why, state="off")


def turn_on(access: Access, hook: Hook, why: str) -> None:
    """Tell a hook again (恢复推送): from where it was, so that nothing is left out.

    Raises:
        Refused: `reason_missing`, `hook_moved`.
    """
    _turn(access, hook, "turn_on_hook", ["off", "failed"], why, state="on", failures=0, fault="", next_at=None)


def _turn(access: Access, hook: Hook, word: str, before: list[str], why: str, **changes: object) -> None:
    why = reason(why)
    with acting(access, word, why=why, **about(hook)):
        if not Hook.objects.filter(pk=hook.pk, state__in=before).update(**changes):
            raise refuse("hook_moved")


def seal(secret: str, hook: Hook) -> bytes:
    """Seal the secret of a hook (封存): put into another's row it opens nothing."""
    (sealed,) = seal_many([hook.pk.hex + secret], PLACE)
    assert sealed is not None
    return sealed


def unseal(hook: Hook) -> str:
    """The secret again (启封).

    Raises:
        Refusal: `not_sealed_here`.
    """
    text = unseal_many([bytes(hook.sealed)], PLACE)[0] or ""
    if not constant_time_compare(text[:32], hook.pk.hex):
        raise Refusal("not_sealed_here", "The secret is sealed for another hook.", "Register the hook anew.")
    return text[32:]
