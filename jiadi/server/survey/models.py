"""Imports, their files and what was decided of their links (导入、文件与复核决定)."""

from __future__ import annotations

from django.db import models

from jiadi.server.accounts.models import User
from jiadi.server.database import keys
from jiadi.server.survey.states import MOVES, RESTING, STATES, WORKING


class Import(models.Model):
    """One delivery on its way into the register (一次导入).

    Args:
        division: first number of the place that its rows must lie in; `code` as it was given.
        state: of states.STATES; changed by states.MOVES alone.
        attempt: counts the orders to a worker: a worker whose order was cancelled finds another number here.
        stage, share, told_at: how far the worker is, and when it last said so.
        profile: how columns are taken, where a person said so: YAML; "" leaves it to the headings.
        checked, tied: names of results below the media; "" where there is none.
        seen: number of the last act that the preview knows of.
        summary: figures of the check and of the preview; `fault`: why it failed or was not accepted; `order`: what is to be done and why.
        accept_act, undo_act: acts that put it into the register and took it back.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    code = models.CharField(max_length=12)
    title = models.CharField(max_length=100)
    state = models.CharField(max_length=16, default="open", choices=[(name, name) for name in STATES])
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    attempt = models.IntegerField(default=0)
    stage = models.CharField(max_length=16, blank=True)
    share = models.FloatField(default=0.0)
    told_at = models.DateTimeField(null=True)
    profile = models.TextField(blank=True)
    checked = models.CharField(max_length=64, blank=True)
    tied = models.CharField(max_length=64, blank=True)
    seen = models.BigIntegerField(default=0)
    summary = models.JSONField(default=dict)
    fault = models.JSONField(default=dict)
    order = models.JSONField(default=dict)
    accept_act = models.UUIDField(null=True)
    undo_act = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["division", "-id"], name="import_place")]

    def __str__(self) -> str:
        return self.title

    @property
    def working(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.state in WORKING

    @property
    def resting(self) -> bool:
        """Whether its files, mapping and decisions may change."""
        return self.state in RESTING

    @property
    def moves(self) -> dict[str, bool]:
        """Word → whether it may be done now."""
        return {word: self.state in held for word, held in MOVES.items()}


class File(models.Model):
    """One file of an import (导入文件), also while it is on its way.

    Args:
        name: as the user has it, without folders.
        bytes: its size; `received`: how much of it is here for certain.
        sha256: of the whole; "" while it is on its way. The file is kept under it below the media.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    of = models.ForeignKey(Import, models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    bytes = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["of", "name"], name="file_of_import"), models.Index(fields=["division"], name="file_place")]

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """What a person decided of one link (复核决定), as the core takes it: the last word on a pair counts."""

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    of = models.ForeignKey(Import, models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=40)
    left = models.TextField()
    right = models.TextField()
    answer = models.TextField()
    by = models.TextField(blank=True)
    day = models.TextField(blank=True)
    why = models.TextField(blank=True)
    check_value = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["division"], name="decision_place")]
        constraints = [models.UniqueConstraint(fields=["of", "kind", "left", "right"], name="one_decision_on_a_pair")]

    def __str__(self) -> str:
        return f"{self.kind} {self.answer}"
