"""Who is told, and what came of it (推送目标与推送记录)."""

from __future__ import annotations

from django.db import models

from jiadi.server.accounts.models import User
from jiadi.server.database import keys


class Hook(models.Model):
    """An address that is told of events (推送目标), one after the other and none left out.

    Args:
        division: first number of the place of which it is told; `code` as it was given.
        address: of https. `sealed`: the secret by which the receiver knows us.
        kinds: of events; empty for all.
        made_by: it is told no more than this person may see at that moment.
        state: `on`; `off`: a person turned it off; `failed`: it failed too often, or whoever made it has no right any more.
        position: number of the last event that it was told of, or that was none of its own.
        failures: in a row; `fault` what was wrong the last time, `next_at` when it is tried again; `told_at` the last time it was well.
    """

    STATES = {"on": "推送中", "off": "已关闭", "failed": "已停止"}

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=64)
    address = models.CharField(max_length=500)
    sealed = models.BinaryField()
    kinds = models.JSONField(default=list)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, default="on", choices=list(STATES.items()))
    position = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    fault = models.CharField(max_length=32, blank=True)
    next_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["division", "-id"], name="hook_place")]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One time that a hook was told of an event, or was to be (推送记录).

    Args:
        number, kind: of the event; `attempt`: how often it was tried.
        status: of the answer, null where there was none; `fault`: what was wrong, "" for nothing.
        took_ms: until the answer.
    """

    id = models.BigAutoField(primary_key=True)
    division = models.BigIntegerField()
    hook = models.ForeignKey(Hook, models.CASCADE, related_name="deliveries")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    attempt = models.IntegerField()
    at = models.DateTimeField()
    status = models.IntegerField(null=True)
    fault = models.CharField(max_length=32, blank=True)
    took_ms = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["hook", "-id"], name="delivery_of_hook"), models.Index(fields=["at"], name="delivery_day")]

    def __str__(self) -> str:
        return f"{self.number} {self.status}"
