"""The chain of acts (操作留痕): each write, and each read of a person's clear data."""

from __future__ import annotations

from django.db import models


class Act(models.Model):
    """One act (一次操作). The database numbers it and hashes it together with the one before; nobody can change or delete it.

    Args:
        id: of the act; versions of rows carry it.
        at: the moment from which its changes are known.
        by: id of the user, null where the system itself acted; `by_name` as it was that day; `role` the roles held.
        word: what was done: the word on the button.
        division: where; 0 where it is about no place.
        subject: kind of what it is about, and `subject_id`.
        why: the reason given; `source`: file, letter or import that it rests on.
        detail: further figures, as JSON text; never an ID or a phone number in clear.
        number, previous, hash: its place in the chain.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    by_name = models.TextField(default="")
    role = models.TextField(default="")
    word = models.TextField()
    division = models.BigIntegerField(default=0)
    subject = models.TextField(default="")
    subject_id = models.TextField(default="")
    why = models.TextField(default="")
    source = models.TextField(default="")
    detail = models.TextField(default="{}")
    number = models.BigIntegerField(unique=True)
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["division", "number"], name="act_by_division"),
            models.Index(fields=["subject", "subject_id"], name="act_by_subject"),
            models.Index(fields=["by", "word", "at"], name="act_by_whom"),
            models.Index(fields=["word", "number"], name="act_by_word"),
            models.Index(fields=["at"], name="act_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.word}"


class Head(models.Model):
    """The last link of the chain (链头): one row, which only the database itself writes."""

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return str(self.number)


class Event(models.Model):
    """What other systems are told of an act (对外事件): written with it, never changed.

    Args:
        number: of the act in the chain; `act` its id, `at` its moment.
        kind: of events.yaml.
        division: where.
        subject, subject_id: what it is about: a kind of thing and its id. Nothing of any person.
    """

    number = models.BigIntegerField(primary_key=True)
    act = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    division = models.BigIntegerField()
    subject = models.TextField(default="")
    subject_id = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["division", "number"], name="event_by_division")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
