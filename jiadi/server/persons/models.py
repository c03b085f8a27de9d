"""Requests to erase (删除请求): who asked when for what, who decided how, and what was done."""

from __future__ import annotations

from typing import Final

from django.db import models

from jiadi.server.database import keys

STATES: Final = ("asked", "granted", "refused", "withdrawn")
"""asked: waits for a decision; granted: and carried out by the same act."""


class Erasure(models.Model):
    """One request to erase a person's numbers (删除请求). It holds no number and no name.

    Args:
        person: the row's id; `fields`: `id_number`, `phone`, joined by commas.
        ground: name of one of `requests` in retention.yaml; `asked_on`: day on which it came in; `asked_by`: `self`, `kin` or `guardian`.
        paper: number of the paper that it came with.
        by: who wrote it down, null for the system; `by_name` as it was.
        decided_at, decided_by, decided_by_name: null and "" while it waits.
        decision: ground of a refusal, by its name in `refusals`; `why` in words.
        counts: table → rows that were emptied, once it is carried out.
        act: that decided it; the acts of the chain hold the ids of all rows.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    person = models.UUIDField()
    fields = models.TextField()
    ground = models.TextField()
    asked_on = models.DateField()
    asked_by = models.TextField(default="self")
    paper = models.TextField(default="")
    state = models.TextField(default="asked", choices=[(name, name) for name in STATES])
    by = models.UUIDField(null=True)
    by_name = models.TextField(default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.TextField(default="")
    decision = models.TextField(default="")
    why = models.TextField(default="")
    counts = models.JSONField(default=dict)
    act = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["division", "-id"], name="erasure_place"), models.Index(fields=["person"], name="erasure_person")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=models.Q(state="asked"), name="erasure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.state}"
