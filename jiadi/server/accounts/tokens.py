"""Tokens for programs (接口令牌办理): made by their owner for himself, revoked by the owner or by who manages the account."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from jiadi.codes.division import prefix
from jiadi.server import asked
from jiadi.server.accounts import actions, entry, queries
from jiadi.server.accounts.models import Token, User
from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.environment import value
from jiadi.server.refusals import Refused, refuse
from jiadi.server.words import told

SIGN: Final = "jiadi_"
"""With what each token begins, so that people and programs that look for lost secrets know what it is."""
BYTES: Final = 32
MOST: Final = 20
"""Tokens of one account that work at a time."""
HINT: Final = 4


def make(
    access: Access, password: str, code: str, address: str, *, name: str, wanted: Collection[str], division: str, to_on: date
) -> tuple[Token, str] | Refused:
    """Make a token for a program of one's own (新建令牌), after the password, and a code where there is a second factor.

    Args:
        access: of the owner, who asks as a person: no token makes another.
        password, code: as typed; the code is not looked at where there is no second factor.
        address: where they came from.
        name: what the token is for.
        wanted: permits of permits.yaml.
        division: code beyond which it shall not reach; 2 to 12 digits, inside what the owner has for each of the permits.
        to_on: the day on which it no longer works.

    Returns:
        The token and what the program is to show, which is kept nowhere; or the refusal of password or code, which must be counted.

    Raises:
        Refused: `sign_in_needed`, `no_right`, `token_name`, `permit_missing`, `division_code`, `token_beyond`, `token_period`,
            `tokens_too_many`.
    """
    user = _owner(access)
    kept = [one for one in permits() if one in wanted]
    if not name.strip():
        raise refuse("token_name")
    if not kept or len(kept) < len(set(wanted)):
        raise refuse("permit_missing")
    _inside_own(access, kept, division)
    today = timezone.localdate()
    most = today + timedelta(days=value("JIADI_TOKEN_DAYS"))
    if not today < to_on <= most:
        raise refuse("token_period", most=most)
    if isinstance(wrong := entry.try_password(user.username, password, address), Refused):
        return wrong
    if queries.has_second_factor(user) and isinstance(wrong := entry.try_code(user, code, address), Refused):
        return wrong
    # The row lock keeps two at the same moment apart from each other.
    User.objects.select_for_update().get(pk=user.pk)
    if queries.working_tokens(user, today).count() >= MOST:
        raise refuse("tokens_too_many", most=MOST)
    shown = SIGN + secrets.token_urlsafe(BYTES)
    made = Token(user=user, name=name.strip()[:64], permits=kept, code=prefix(division.strip().ljust(12, "0")), to_on=to_on)
    made.hash, made.hint = queries.token_hash(shown), shown[-HINT:]
    with acting(access, "make_token", **queries.about(user)) as act:
        act.detail |= {"token": made.pk, "name": made.name, "permits": kept, "division": made.code, "to_on": to_on}
        made.save(force_insert=True)
    return made, shown


def _owner(access: Access) -> User:
    if access.user is None:
        raise refuse("sign_in_needed")
    if access.token is not None:
        raise refuse("no_right")
    return access.user


def _inside_own(access: Access, wanted: list[str], division: str) -> None:
    """The owner holds in the whole division what each permit rests on."""
    place = asked.place(division.strip())
    for name in wanted:
        if not all(access.scope(right).covers(place) for right in permits()[name].rights):
            raise refuse("token_beyond", permit=told(permits()[name].title), division=division.strip())


def revoke(access: Access, token_id: UUID) -> Token:
    """Take a token of one's own back; its next request is refused (撤销本人令牌).

    Raises:
        Refused: `sign_in_needed`, `no_right`, `not_found`, `revoked_already`.
    """
    return _revoke(access, _owner(access), token_id, "")


def revoke_of(access: Access, user: User, token_id: UUID, why: str) -> Token:
    """Take back a token of an account that one manages (撤销他人令牌).

    Raises:
        Refused: `yourself`, `not_found`, `beyond_you`, `reason_missing`, `revoked_already`.
    """
    actions.must_stand_over(access, user)
    return _revoke(access, user, token_id, actions.reason(why))


def _revoke(access: Access, user: User, token_id: UUID, why: str) -> Token:
    found = queries.tokens(user).select_for_update(of=("self",)).filter(pk=token_id).first()
    if found is None:
        raise refuse("not_found")
    if found.revoked_at is not None:
        raise refuse("revoked_already")
    with acting(access, "revoke_token", why=why, **queries.about(user)) as act:
        act.detail |= {"token": found.pk, "name": found.name}
        found.revoked_at, found.revoked_by = timezone.now(), access.user
        found.save(update_fields=["revoked_at", "revoked_by"])
    return found
