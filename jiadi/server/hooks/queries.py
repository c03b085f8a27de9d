"""What is known of hooks (推送查询), cut to where whoever asks may connect other systems."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from jiadi.server.accounts.queries import Access, access
from jiadi.server.accounts.roles import CONNECT
from jiadi.server.cases import queries as acts
from jiadi.server.cases.models import Event
from jiadi.server.database.scope import Scope
from jiadi.server.hooks.models import Delivery, Hook
from jiadi.server.refusals import refuse


def hooks(held: Access) -> QuerySet[Hook]:
    """Hooks of divisions in which one may connect other systems, the newest first (推送目标一览)."""
    return Hook.objects.filter(held.scope(CONNECT).where()).select_related("made_by").order_by("-id")


def one(held: Access, hook_id: UUID) -> Hook:
    """One hook.

    Raises:
        Refused: `not_found`, also where it lies outside.
    """
    found = hooks(held).filter(pk=hook_id).first()
    if found is None:
        raise refuse("not_found")
    return found


def deliveries(hook: Hook) -> QuerySet[Delivery]:
    """What a hook was told, the newest first (推送记录)."""
    return Delivery.objects.filter(hook=hook, division=hook.division).order_by("-id")


def reach(hook: Hook, on: date) -> Scope:
    """Of what a hook is told on a day (推送范围): of its division, as far as whoever made it has the right there still."""
    return access(hook.made_by, on).scope(CONNECT).within(Scope.of([hook.code]))


def following(hook: Hook, scope: Scope) -> Event | None:
    """The next event of which a hook is to be told, None where there is none (下一个事件)."""
    return acts.events(scope, hook.position, hook.kinds).first()


def behind(hook: Hook, on: date) -> int:
    """How many events a hook is still to be told of (待推送数)."""
    return acts.events(reach(hook, on), hook.position, hook.kinds).count()
