"""What was done (操作查询)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

import yaml
from django.db.models import Case, Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.models import Act, Event, Head
from jiadi.server.database.scope import EVERYWHERE, Scope

OF_ACCOUNTS: Final = ("user", "key")
"""What acts are about that whoever administers reads: no row of a person is behind them."""


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


@dataclass(frozen=True, slots=True)
class Rule:
    """Acts that stand out (异常频次): more than so many of one word by one user within so many minutes."""

    word: str
    minutes: int
    more_than: int
    said: dict[str, str]


@cache
def unusual() -> tuple[Rule, ...]:
    """The rules of `unusual.yaml` (异常规则)."""
    held = yaml.safe_load(files("jiadi.server.cases").joinpath("unusual.yaml").read_text(encoding="utf-8"))
    return tuple(Rule(one["word"], one["minutes"], one["more_than"], {"zh": one["zh"], "en": one["en"]}) for one in held)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts are asked for (查询条件); what is left as it is narrows nothing.

    Args:
        by: ids of users; `word` of the act.
        from_on, to_on: days, both included.
        within: divisions.
        subject, subject_id: what it is about.
        unusual: those alone that a rule of `unusual` marks.
    """

    by: tuple[UUID, ...] | None = None
    word: str = ""
    from_on: date | None = None
    to_on: date | None = None
    within: Scope = EVERYWHERE
    subject: str = ""
    subject_id: str = ""
    unusual: bool = False


def audited(access: Access, wanted: Wanted | None = None) -> QuerySet[Any, Any]:
    """Acts that somebody may read, the newest first (留痕查询): the list, one act, the file and the marks all read through this.

    Whoever audits reads every act of the own divisions, reads of clear data too; whoever administers those about accounts and keys.

    Args:
        access: of the reader; nobody else reads anything.
        wanted: None for all.

    Returns:
        Acts; `marked_0` and so on count those of the same user and word within the minutes of each rule, null for other words.
    """
    wanted = wanted or Wanted()
    audits, administers = (access.scope(right).within(wanted.within) for right in ("audit", "administer"))
    held: QuerySet[Any, Any] = Act.objects.filter(audits.where() | (administers.where() & Q(subject__in=OF_ACCOUNTS)))
    if wanted.by is not None:
        held = held.filter(by__in=wanted.by)
    for name in ("word", "subject", "subject_id"):
        if text := getattr(wanted, name):
            held = held.filter(**{name: text})
    if wanted.from_on:
        held = held.filter(at__gte=_begin(wanted.from_on))
    if wanted.to_on:
        held = held.filter(at__lt=_begin(wanted.to_on + timedelta(days=1)))
    held = held.annotate(**{f"marked_{place}": _lately(rule) for place, rule in enumerate(unusual())})
    if wanted.unusual:
        broken = Q()
        for place, rule in enumerate(unusual()):
            broken |= Q(word=rule.word, **{f"marked_{place}__gt": rule.more_than})
        held = held.filter(broken, word__in={rule.word for rule in unusual()})
    return held.order_by("-number")


def marks(act: Any) -> list[Rule]:
    """The rules that an act of `audited` breaks (异常标记)."""
    return [
        rule
        for place, rule in enumerate(unusual())
        if rule.word == act.word and (getattr(act, f"marked_{place}", None) or 0) > rule.more_than
    ]


def words_of(access: Access) -> list[str]:
    """Every kind of act that stands in the chain (全部操作种类), for a choice: told to whoever may read acts at all."""
    if not (access.may("audit") or access.may("administer")):
        return []
    found: list[str] = []
    while True:  # from one word to the next by the index: there are a few dozen, in millions of acts
        following = audited(access).order_by("word").filter(word__gt=found[-1] if found else "").values_list("word", flat=True)[:1]
        if not (one := list(following)):
            return found
        found += one


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _lately(rule: Rule) -> Any:
    """How many acts of the same user and word there were up to this one."""
    since = timedelta(minutes=rule.minutes)
    earlier = Act.objects.filter(by=OuterRef("by"), word=rule.word, at__lte=OuterRef("at"), at__gt=OuterRef("at") - since)
    counted = earlier.order_by().values("word").annotate(many=Count("*")).values("many")
    return Case(When(word=rule.word, then=Subquery(counted)), output_field=IntegerField())
