"""Erasing a person's numbers on request (按请求删除): written down, decided by another, carried out in rows and in their versions.

The row stays, with a hole where the number was; so do the acts, so that the chain stays whole. Rows that the law keeps are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope
from jiadi.server.logs import washed
from jiadi.server.persons import queries, rules
from jiadi.server.persons.models import Erasure
from jiadi.server.refusals import refuse

NUMBER: Final = "id_number"
WORD: Final = "erase"
"""Of the acts that empty rows; `again` finds them by it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for (删除请求内容); see `Erasure`."""

    fields: Sequence[str]
    ground: str
    asked_on: date
    asked_by: str = "self"
    paper: str = ""


def ask(access: Access, person_id: UUID, wanted: Wanted) -> Erasure:
    """Write a person's request down (登记删除请求).

    Raises:
        Refused: `not_found`, `nothing_to_erase`, `erasure_waits`, `bad_request`.

    Law: 个人信息保护法 arts. 47, 50.
    """
    found = queries.row(access, "person", person_id, queries.ASK)
    fields = [name for name in queries.filled("person", found) if name in wanted.fields]
    if not fields:
        raise refuse("nothing_to_erase")
    if wanted.ground not in rules.requests() or wanted.asked_by not in queries.ASKERS:
        raise refuse("bad_request")
    user = access.user
    made = Erasure(
        division=found.division,
        person=found.pk,
        fields=",".join(fields),
        ground=wanted.ground,
        asked_on=wanted.asked_on,
        asked_by=wanted.asked_by,
        paper=washed(wanted.paper.strip()),
        by=user.pk if user else None,
        by_name=user.full_name if user else "",
    )
    law = rules.requests()[wanted.ground].law
    try:
        with (
            transaction.atomic(),
            acting(access, "ask_erasure", division=found.division, subject="person", subject_id=found.pk, why=law) as act,
        ):
            act.detail |= {"erasure": made.pk, "fields": fields, "asked_by": wanted.asked_by}
            made.save(force_insert=True)
    except IntegrityError:
        raise refuse("erasure_waits") from None
    return made


def refuse_request(access: Access, erasure_id: UUID, ground: str, why: str) -> Erasure:
    """Refuse a request, with the law on which that rests (拒绝删除请求): the person may go to court against it.

    Raises:
        Refused: `not_found`, `erasure_decided`, `decide_own`, `bad_request`, `reason_missing`.

    Law: 个人信息保护法 art. 50.
    """
    held, why = _waiting(access, erasure_id), reason(why)
    if ground not in rules.refusals():
        raise refuse("bad_request")
    law = rules.refusals()[ground].law
    with acting(access, "refuse_erasure", division=held.division, subject="person", subject_id=held.person, why=why, source=law) as act:
        act.detail |= {"erasure": held.pk, "ground": ground}
        _decide(access, held, "refused", act.id, decision=ground, why=why)
    return held


def grant(access: Access, erasure_id: UUID, why: str) -> Erasure:
    """Grant a request and carry it out, in one transaction (准予并执行删除).

    The person's row and its versions lose the fields. With the ID number go the same number in the other tables of the county that
    retention.yaml names, and in their versions, those of rows that are gone too.

    Raises:
        Refused: `not_found`, `erasure_decided`, `decide_own`, `reason_missing`.

    Law: 个人信息保护法 art. 47.
    """
    held, why = _waiting(access, erasure_id), reason(why)
    law = rules.requests()[held.ground].law
    place = Scope.of([f"{held.division:012}"[:6]]).within(access.scope(queries.DECIDE))
    with acting(access, WORD, division=held.division, subject="person", subject_id=held.person, why=why, source=law) as act:
        rows = carry_out(place, held.person, held.fields.split(","))
        act.detail |= {"erasure": held.pk, "fields": held.fields.split(","), "rows": rows}
        counts = {table: len(ids) for table, ids in rows.items()}
        _decide(access, held, "granted", act.id, why=why, counts=counts)
    return held


def withdraw(access: Access, erasure_id: UUID, why: str) -> Erasure:
    """Take a request back that nobody has decided (撤回删除请求), as whoever asked wants it.

    Raises:
        Refused: `not_found`, `erasure_decided`, `reason_missing`.
    """
    held, why = queries.erasure(access, erasure_id, lock=True), reason(why)
    if held.state != "asked" or held.division not in access.scope(queries.ASK):
        raise refuse("erasure_decided")
    with acting(access, "withdraw_erasure", division=held.division, subject="person", subject_id=held.person, why=why) as act:
        act.detail["erasure"] = held.pk
        _decide(access, held, "withdrawn", act.id, why=why)
    return held


def _waiting(access: Access, erasure_id: UUID) -> Erasure:
    """A request that may be decided by whoever asks: not by who wrote it down."""
    held = queries.erasure(access, erasure_id, lock=True)
    if held.division not in access.scope(queries.DECIDE):
        raise refuse("no_right")
    if held.state != "asked":
        raise refuse("erasure_decided")
    if access.user is not None and held.by == access.user.pk:
        raise refuse("decide_own")
    return held


def _decide(access: Access, held: Erasure, state: str, act: UUID, **said: Any) -> None:
    user = access.user
    changes = {"state": state, "act": act, "decided_at": timezone.now(), "decided_by": user.pk if user else None, **said}
    changes["decided_by_name"] = user.full_name if user else ""
    for name, value in changes.items():
        setattr(held, name, value)
    held.save(update_fields=list(changes))


def carry_out(place: Scope, person_id: UUID, fields: Sequence[str]) -> dict[str, list[str]]:
    """Empty the fields of a person, and the same ID number in the other tables, in the open act (执行删除).

    Args:
        place: the county.
        person_id: of the person's row.
        fields: `id_number`, `phone`.

    Returns:
        Table → ids of the rows that held them, now or once.
    """
    rows: dict[str, set[str]] = {}
    person = queries.MODELS["person"].objects.filter(place.where(), pk=person_id).first()
    found = [bytes(person.id_number_hash)] if person is not None and NUMBER in fields and person.id_number_hash else []
    for name in fields:
        rows.setdefault("person", set()).update(empty(place, "person", name, found if name == NUMBER else [], [person_id]))
    for table, field in queries.COPIES.items() if found else ():
        rows.setdefault(table, set()).update(empty(place, table, field, found, []))
    return {table: sorted(ids) for table, ids in rows.items() if ids}


def empty(place: Scope, table: str, field: str, found: Sequence[bytes], ids: Sequence[UUID]) -> list[str]:
    """Take a value out of rows and of all their versions, in the open act (清空字段及历史版本).

    Args:
        place: where the rows lie.
        table, field: of `queries.COPIES`, or a person's `phone`.
        found: hashes of the value; `ids`: of rows. A row of either is emptied; of those of `ids` every earlier value goes too, of the
            others this one alone.

    Returns:
        Ids of the rows that held it, now or in an earlier version.
    """
    model = queries.MODELS[table]
    name = {"sealed": f"{field}_sealed", "hash": f"{field}_hash"}
    live = model.objects.filter(place.where(), **{f"{name['hash']}__isnull": False})
    chosen = live.filter(pk__in=ids) | live.filter(**{f"{name['hash']}__in": list(found)})
    now = list(chosen.values_list("pk", flat=True))
    if now:
        model.objects.filter(place.where(), pk__in=now).update(**{name["sealed"]: None, name["hash"]: None})
    with connection.cursor() as cursor:
        cursor.execute("SELECT jiadi_forget(%s, %s, %s::int8multirange, %s, %s)", [table, field, place.literal(), list(found), list(ids)])
        (touched,) = cursor.fetchone()
    return sorted(str(one) for one in {*now, *touched})
