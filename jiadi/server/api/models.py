"""What was answered to a write, so that the same one sent again is not done again (写操作应答)."""

from __future__ import annotations

from django.db import models

from jiadi.server.database import keys


class Answer(models.Model):
    """What a write under a key was answered (已办写操作): kept in the transaction that did it, and so never without it.

    Args:
        owner: the token under which it came, or the account of a session.
        key: as the program chose it.
        fingerprint: SHA-256 of method, path and body.
        status, body: as answered.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    owner = models.UUIDField()
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField(default=0)
    body = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_answer_to_a_key")]
        indexes = [models.Index(fields=["at"], name="answer_day")]

    def __str__(self) -> str:
        return f"{self.status} {self.key}"
