"""Erasing what is due (到期清理): kind by kind as retention.yaml says, in batches that each hold and each leave an act.

What is due is reckoned anew for each batch, so that it may be stopped at any moment and taken up again; and after an older backup was
restored it is due again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.sessions.models import Session
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from jiadi.server.accounts.models import Attempt, SignIn
from jiadi.server.accounts.queries import OPERATOR
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import EVERYWHERE, Scope, seeing
from jiadi.server.persons import rules
from jiadi.server.persons.actions.erasing import empty
from jiadi.server.persons.queries import PHONE
from jiadi.server.persons.rules import Kind
from jiadi.server.register.models import Person
from jiadi.server.survey import media
from jiadi.server.survey.models import File, Import

Rows = QuerySet[Any, Any]
OVER: Final = ("accepted", "undone", "discarded", "failed")
"""States of imports in which nothing is to be done with their files any more."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind is found and done away with (清理方式).

    Args:
        due: rows that are due before a moment.
        do: away with some rows, in the open act; told the place of the act.
        placed: whether the rows lie in divisions: then each batch is of one county.
    """

    due: Callable[[datetime], Rows]
    do: Callable[[list[Any]], None]
    placed: bool = False


def _failures(before: datetime) -> Rows:
    now = timezone.now()
    return Attempt.objects.filter(Q(until=None) | Q(until__lt=now), last_at__lt=before).order_by("pk")


def _sign_ins(before: datetime) -> Rows:
    over = SignIn.objects.annotate(over_at=Coalesce(F("ended_at"), F("seen_at"))).filter(over_at__lt=before)
    return over.exclude(address="", agent="").order_by("pk")


def _deliveries(before: datetime) -> Rows:
    with_file = Exists(File.objects.filter(of=OuterRef("pk"), division=OuterRef("division")).exclude(sha256=""))
    over = Import.objects.annotate(over_at=Coalesce(F("told_at"), F("created_at"))).filter(state__in=OVER, over_at__lt=before)
    return over.filter(with_file | ~Q(checked="") | ~Q(tied="")).order_by("pk")


def _clear_deliveries(rows: list[Any]) -> None:
    """Files and results that no other import needs; of the register's sources the hashes stay."""
    ids = [one.pk for one in rows]
    others, mine = Import.objects.exclude(pk__in=ids), File.objects.filter(of__in=ids).exclude(sha256="")
    hashes = set(mine.values_list("sha256", flat=True))
    hashes -= set(File.objects.exclude(of__in=ids).filter(sha256__in=hashes).values_list("sha256", flat=True))
    names = {name for one in rows for name in (one.checked, one.tied) if name}
    names -= {name for pair in others.filter(Q(checked__in=names) | Q(tied__in=names)).values_list("checked", "tied") for name in pair}
    for sha256 in hashes:
        media.kept(sha256).unlink(missing_ok=True)
    for name in names:
        shutil.rmtree(media.result(name), ignore_errors=True)
    mine.update(sha256="")
    Import.objects.filter(pk__in=ids).update(checked="", tied="")


def _phones(before: datetime) -> Rows:
    return Person.objects.filter(died_on__lt=timezone.localdate(before), phone_hash__isnull=False).order_by("pk")


WAYS: Final[dict[str, Way]] = {
    "failures": Way(_failures, lambda rows: _delete(Attempt, rows)),
    "sessions": Way(lambda before: Session.objects.filter(expire_date__lt=before).order_by("pk"), lambda rows: _delete(Session, rows)),
    "sign_ins": Way(_sign_ins, lambda rows: _update(SignIn, rows, address="", agent="")),
    "deliveries": Way(_deliveries, _clear_deliveries, placed=True),
    "phones": Way(_phones, lambda rows: _forget(rows, PHONE), placed=True),
}
"""Kinds of retention.yaml that end."""


def _delete(model: Any, rows: list[Any]) -> None:
    model.objects.filter(pk__in=[one.pk for one in rows]).delete()


def _update(model: Any, rows: list[Any], **changes: Any) -> None:
    model.objects.filter(pk__in=[one.pk for one in rows]).update(**changes)


def _forget(rows: list[Any], field: str) -> None:
    empty(EVERYWHERE, "person", field, [], [one.pk for one in rows])


def due(kind: Kind, now: datetime | None = None) -> int:
    """How much of a kind is due (到期数量), in the open transaction; 0 for what is kept."""
    return WAYS[kind.name].due(_before(kind, now)).count() if kind.days is not None else 0


def _before(kind: Kind, now: datetime | None) -> datetime:
    return (now or timezone.now()) - timedelta(days=kind.days or 0)


def retain(name: str, why: str = "", batch: int = 500, now: datetime | None = None) -> Iterator[int]:
    """Do away with what is due of a kind (到期清理); each batch is a transaction and an act.

    Args:
        name: of the kind.
        why: the reason; "" for the law on which it rests.
        batch: rows of one transaction.
        now: the moment from which days are counted; None for now.

    Yields:
        Rows of each batch, once it holds.

    Law: 个人信息保护法 arts. 19, 47.
    """
    kind = rules.kinds()[name]
    while kind.days is not None:
        with seeing(EVERYWHERE):
            way, before = WAYS[name], _before(kind, now)
            rows = list(way.due(before).select_for_update(of=("self",))[:batch])
            division = 0
            if rows and way.placed:
                county = Scope.of([f"{rows[0].division:012}"[:6]])
                rows, division = [one for one in rows if one.division in county], county.ranges[0][0]
            if not rows:
                return
            told = why or kind.title["zh"]
            with acting(OPERATOR, "retain", division=division, subject="retention", subject_id=name, why=told, source=kind.cited) as act:
                way.do(rows)
                act.detail |= {"rows": len(rows), "before": before.isoformat(), "then": kind.then}
        yield len(rows)
