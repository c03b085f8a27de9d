"""Stored runs and the verdicts in them (判定运行与结论): written once, never edited."""

from __future__ import annotations

from django.db import models

from jiadi.server.database import keys


class Run(models.Model):
    """One judgement of a division (一次判定).

    Args:
        division: first number of it; `code` as it was asked for.
        on: the day whose law and lists count.
        law_set, law_version, law_sha256: "" where no set covers the place.
        register_at: the moment up to which acts were known.
        program: version of the program.
        layers: versions of the zone layers, as JSON text.
        verdicts_sha256: hash of all that was found; the command line gives the same for the same lists.
        houses: how many were judged.
        whole: false where only what a change touched was judged again; the rest stands as it was.
        act: that stored it. What it rests on is kept in `media/runs/<id>`.
        base: of a run of what a change touched, the whole run whose rule set and day it went by.
        context: of a whole run, what facts of a part must know of the whole, as JSON text: see `actions.context`.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    code = models.TextField()
    on = models.DateField()
    law_set = models.TextField(default="")
    law_version = models.TextField(default="")
    law_sha256 = models.TextField(default="")
    register_at = models.DateTimeField()
    program = models.TextField()
    layers = models.TextField(default="[]")
    verdicts_sha256 = models.TextField()
    houses = models.IntegerField()
    whole = models.BooleanField(default=True)
    act = models.UUIDField()
    base = models.UUIDField(null=True)
    context = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="run_place")]

    def __str__(self) -> str:
        return f"{self.code} {self.on}"


class Verdict(models.Model):
    """What one run says of one house (一户一判), in the core's words.

    Args:
        house, key: of the house in the register.
        findings, unknowns: codes joined by commas, sorted; `remedy`, `then`: what is proposed; `price_fen` null where none is known.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.PROTECT, related_name="verdicts")
    house = models.UUIDField()
    key = models.TextField()
    division = models.BigIntegerField()
    verdict = models.TextField()
    remedy = models.TextField(default="")
    then = models.TextField(default="")
    price_fen = models.BigIntegerField(null=True)
    findings = models.TextField(default="")
    unknowns = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["run", "division", "verdict", "id"], name="verdict_in_run"),
            models.Index(fields=["run", "id"], name="verdict_page"),
            models.Index(fields=["house", "-id"], name="verdict_of_house"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.verdict}"


class Standing(models.Model):
    """The verdict that stands of a house now (现行结论): that of the newest run that judged it."""

    house = models.UUIDField(primary_key=True)
    division = models.BigIntegerField()
    key = models.TextField()
    run = models.UUIDField()
    verdict = models.TextField()
    remedy = models.TextField(default="")
    findings = models.TextField(default="")
    unknowns = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["division", "verdict", "house"], name="standing_place"),
            models.Index(fields=["verdict", "division", "house"], name="standing_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.verdict}"


class Due(models.Model):
    """A change whose houses are to be judged again (待重判): written in the transaction of the change, done right after it, or by a worker.

    Args:
        division: where the act was done; `act`: it.
        touched: ids and names, of `register.actions.news.Touched`.
        done_at: null until it is judged.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    act = models.UUIDField()
    touched = models.JSONField(default=dict)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["division", "asked_at"], name="due_place"),
            models.Index(fields=["asked_at"], name="due_open", condition=models.Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.act)


OPEN = ("waiting", "running")
"""States of a job that is still to be waited for."""


class Job(models.Model):
    """Work that somebody asked for (后台任务): a worker does it with the rights that the asker has then.

    Args:
        division: first number of it; `code` as it was asked for.
        kind: what is done; `wanted`: what it is to know.
        by: who asked; `by_name` as the name was then.
        stage, share: how far it is: what the core calls its stage, and the part of it that is done.
        fault: of the refusal: `code` of the table, `filled`, `detail`.
        result: what came of it: the run's id, or what the kind of work says.
    """

    STATES = {"waiting": "等待", "running": "进行", "done": "完成", "refused": "未办理", "failed": "出错", "cancelled": "已取消"}

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    code = models.TextField()
    kind = models.TextField(choices={"judge": "判定", "whatif": "试算", "compare": "比较"}, default="judge")
    wanted = models.JSONField(default=dict)
    why = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    by_name = models.TextField(default="")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.TextField(choices=STATES, default="waiting")
    stage = models.TextField(default="")
    share = models.FloatField(default=0.0)
    fault = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="job_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"

    @property
    def open(self) -> bool:
        """Whether it is still to be waited for."""
        return self.state in OPEN
