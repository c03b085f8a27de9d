"""What a worker does to tell other systems (推送任务内容): in order, each event until it was taken, with waits that grow."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases import queries as acts
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Event
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.hooks import actions, queries, sending
from jiadi.server.hooks.models import Delivery, Hook

AT_ONCE: Final = 200
"""Events of one hook in one pass: the others wait no longer than that."""
FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=12)
GIVEN_UP: Final = 15
"""Failures in a row after which a person must look: with waits that double, that is after three days."""
KEPT: Final = timedelta(days=30)


def due() -> list[UUID]:
    """Hooks that are to be told now (待推送目标)."""
    with seeing(EVERYWHERE):
        now = timezone.now()
        waiting = Q(next_at=None) | Q(next_at__lte=now)
        return list(Hook.objects.filter(waiting, state="on").order_by("id").values_list("id", flat=True))


def deliver(hook_id: UUID) -> int:
    """Tell a hook what it was not told yet, until it fails (推送).

    Returns:
        How many events it took.
    """
    for told in range(AT_ONCE):
        with seeing(EVERYWHERE):
            step = _next(hook_id)
        if step is None:
            return told
        hook, event, secret = step
        body = json.dumps(as_told(event), ensure_ascii=False, separators=(",", ":")).encode()
        signed = sending.signature(secret, int(timezone.now().timestamp()), body)
        headers = {"Jiadi-Signature": signed, "Jiadi-Hook": str(hook.pk), "Jiadi-Event": str(event.number)}
        # No transaction is open while the other side takes its time.
        sent = sending.post(hook.address, body, headers)
        with seeing(EVERYWHERE):
            _keep(hook, event, sent)
        if sent.fault:
            return told
    return AT_ONCE


def _next(hook_id: UUID) -> tuple[Hook, Event, str] | None:
    hook = Hook.objects.select_related("made_by").filter(pk=hook_id, state="on").first()
    if hook is None or (hook.next_at is not None and hook.next_at > timezone.now()):
        return None
    scope = queries.reach(hook, timezone.localdate())
    if not scope:
        _give_up(hook, "no_right")
        return None
    # Before the event is sought: what comes meanwhile lies behind it, and is found the next time.
    last = acts.last_told()
    event = queries.following(hook, scope)
    if event is None:
        Hook.objects.filter(pk=hook.pk, position=hook.position).update(position=max(last, hook.position))
        return None
    return hook, event, actions.unseal(hook)


def _keep(hook: Hook, event: Event, sent: sending.Sent) -> None:
    now, attempt = timezone.now(), hook.failures + 1
    Delivery.objects.create(
        division=hook.division, hook=hook, number=event.number, kind=event.kind, attempt=attempt, at=now,
        status=sent.status, fault=sent.fault, took_ms=sent.took_ms,
    )  # fmt: skip
    same = Hook.objects.filter(pk=hook.pk, position=hook.position)
    if not sent.fault:
        same.update(position=event.number, failures=0, fault="", next_at=None, told_at=now)
        return
    same.update(failures=attempt, fault=sent.fault, next_at=now + min(FIRST * 2 ** min(hook.failures, 12), LONGEST))
    if attempt >= GIVEN_UP:
        _give_up(hook, sent.fault)


def _give_up(hook: Hook, fault: str) -> None:
    with acting(NOBODY, "give_up_hook", **actions.about(hook)) as act:
        act.detail["fault"] = fault
        Hook.objects.filter(pk=hook.pk, state="on").update(state="failed", fault=fault)


def as_told(event: Event) -> dict[str, Any]:
    """What is sent of an event (推送内容): as /api/v1/events tells it; ids alone, nothing of any person."""
    return {
        "number": event.number,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "division": f"{event.division:012}",
        "subject": event.subject,
        "subject_id": event.subject_id,
    }


def forget() -> None:
    """Let go what was told long ago (清理推送记录)."""
    with seeing(EVERYWHERE):
        Delivery.objects.filter(at__lt=timezone.now() - KEPT).delete()
