"""Entering and ending rights (权利登记): with shares and legal days; nothing is deleted, a right ends."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse
from jiadi.server.register import queries
from jiadi.server.register.actions.allowed import constraints_said, require, seen
from jiadi.server.register.models import House, Interest, Parcel


def enter_interest(access: Access, kind: str, *, why: str, valid_from: date, thing: House | Parcel | None = None, **held: Any) -> Interest:
    """Enter a right (登记权利), in the open transaction.

    Args:
        access: of who enters it.
        kind: one of `models.INTERESTS`.
        thing: the house or parcel; None for an eligibility.
        valid_from: first legal day.
        held: other columns of `Interest`: household, person, holder_name, share_numerator and share_denominator, joint, valid_to,
            certificate, cause.
        why: of the act.

    Raises:
        Refusal: `outside_scope`, `interest_unclear`, `held_already`, `shares_exceed`, `eligible_already`.
    """
    holder = held.get("person") or held.get("household")
    place = thing or holder
    if place is None:
        raise refuse("interest_unclear")
    require(access, "edit", Scope.joined([(place.division, place.division + 1)]))
    named = {} if thing is None else {"house" if isinstance(thing, House) else "parcel": thing}
    made = Interest(division=place.division, kind=kind, valid_from=valid_from, **named, **held)
    try:
        made.validate_constraints()
    except ValidationError:
        raise refuse("interest_unclear") from None
    with constraints_said(), acting(access, "enter_right", why=why, division=place.division, subject="interest", subject_id=made.id):
        made.save(force_insert=True)
    return made


def end_interest(access: Access, interest_id: UUID, on: date, why: str) -> Interest:
    """End a right (注销权利): it holds no longer from a day on.

    Raises:
        Refusal: `no_such_row`, `outside_scope`, `interest_unclear`.
    """
    found: Interest | None = queries.known(Interest, seen(access)).select_for_update().filter(id=interest_id).first()
    if found is None:
        raise refuse("no_such_row")
    require(access, "edit", Scope.joined([(found.division, found.division + 1)]))
    if on <= found.valid_from or (found.valid_to and on > found.valid_to):
        raise refuse("interest_unclear")
    with acting(access, "end_right", why=why, division=found.division, subject="interest", subject_id=found.id):
        found.valid_to = on
        found.save(update_fields=["valid_to"])
    return found
