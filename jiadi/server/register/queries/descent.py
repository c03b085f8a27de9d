"""Where rows and divisions come from, and what became of them (沿革查询)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from jiadi.server.database.scope import Scope, span
from jiadi.server.register.models import Descent, Division, House, Interest, Parcel
from jiadi.server.register.queries.lists import Moment, known


def came_from(scope: Scope, row_id: UUID, as_of: Moment = None) -> list[Descent]:
    """Every step by which a row came to be (来源沿革), the latest first."""
    return _followed(scope, [row_id], "to_id", "from_id", as_of)


def became(scope: Scope, row_id: UUID, as_of: Moment = None) -> list[Descent]:
    """Every step of what became of a row (去向沿革), the earliest first."""
    return _followed(scope, [row_id], "from_id", "to_id", as_of)


def _followed(scope: Scope, ids: Iterable[UUID], near: str, far: str, as_of: Moment) -> list[Descent]:
    steps: list[Descent] = []
    known_ids, open_ids = set(ids), set(ids)
    while open_ids:
        found = list(known(Descent, scope, as_of).filter(**{f"{near}__in": open_ids}).order_by("id"))
        steps += found
        open_ids = {getattr(one, far) for one in found} - known_ids
        known_ids |= open_ids
    return steps


def interests(scope: Scope, thing: House | Parcel, on: date | None = None, as_of: Moment = None) -> list[Interest]:
    """Rights in a house or a parcel (查权利), by kind and first day.

    Args:
        scope: whose divisions.
        thing: the house or parcel.
        on: a legal day on which they hold; None for all.
        as_of: what the register knew then; see `known`.
    """
    held = Q(house_id=thing.id) if isinstance(thing, House) else Q(parcel_id=thing.id)
    if on is not None:
        held &= Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))
    return list(known(Interest, scope, as_of).filter(held).order_by("kind", "valid_from", "id"))


def interests_in(scope: Scope, thing_id: UUID, as_of: Moment = None) -> list[Any]:
    """Rights in a house or a parcel by its id (按编号查权利), whether or not it is still there."""
    held = Q(house_id=thing_id) | Q(parcel_id=thing_id)
    return list(known(Interest, scope, as_of).filter(held).order_by("kind", "valid_from", "id"))


def divisions_of(scope: Scope, parent: int) -> list[Division]:
    """Divisions right below one that a scope has (下级区划)."""
    return list(Division.objects.filter(scope.where("code"), parent=parent).order_by("code"))


def division(code: int, on: date | None = None) -> Division | None:
    """What stands for a division on a day (查区划): itself, or the successor into which it was merged; None where nobody knows it."""
    seen: set[int] = set()
    found = Division.objects.filter(code=code).first()
    while found and found.successor and found.code not in seen and (on is None or (found.valid_to and found.valid_to <= on)):
        seen.add(found.code)
        found = Division.objects.filter(code=found.successor).first()
    return found


def with_predecessors(scope: Scope) -> Scope:
    """A scope and the divisions that were merged into it (含已并入的区划): rows that were entered under an old code stay in sight."""
    whole = scope
    while True:
        merged = Division.objects.filter(whole.where("successor")).values_list("code", flat=True)
        wider = Scope.joined([*whole.ranges, *(span(f"{code:012}") for code in merged)])
        if wider == whole:
            return whole
        whole = wider
