"""What was done (操作查询)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from jiadi.server.cases.models import Act, Event, Head
from jiadi.server.database.scope import Scope


def act(scope: Scope, act_id: UUID) -> Act | None:
    """One act that a scope sees (查一次操作); None where there is none."""
    return Act.objects.filter(scope.where(), id=act_id).first()


def ids_apart_from(scope: Scope, subject: str) -> QuerySet[Any, Any]:
    """Ids of acts that were about something else (其他操作): for a condition of another query."""
    return Act.objects.filter(scope.where()).exclude(subject=subject).values("id")


def named(scope: Scope, acts: Iterable[UUID]) -> dict[UUID, Act]:
    """Acts by their ids, those that a scope sees (按编号查操作)."""
    return {one.id: one for one in Act.objects.filter(scope.where(), id__in=list(acts))}


def last(scope: Scope) -> int:
    """Number of the last act that a scope sees (最后一次操作的序号); 0 where there is none."""
    return Act.objects.filter(scope.where()).aggregate(last=Max("number"))["last"] or 0


def ids_after(scope: Scope, number: int) -> list[UUID]:
    """Ids of the acts of a scope after a number (其后的操作)."""
    return list(Act.objects.filter(scope.where(), number__gt=number).values_list("id", flat=True))


def last_told() -> int:
    """Number of the last act of all (链上最后序号): what is told later has a greater one."""
    return Head.objects.get(pk=1).number


def events(scope: Scope, after: int = 0, kinds: Iterable[str] = ()) -> QuerySet[Event]:
    """What other systems are told, after a number and in its order (对外事件); of some kinds alone where they are named."""
    found = Event.objects.filter(scope.where(), number__gt=after).order_by("number")
    return found.filter(kind__in=list(kinds)) if kinds else found
