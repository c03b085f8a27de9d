"""Ending a row that is no more, and taking one's own change back (注销与撤回): both leave their trace."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries as acts
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse
from jiadi.server.register import frames, models, queries
from jiadi.server.register.actions import news
from jiadi.server.register.actions.allowed import require, seen
from jiadi.server.register.actions.editing import taken
from jiadi.server.register.models import Interest, Link
from jiadi.server.register.typed import EDITED

CAUSES = ("demolished", "collapsed", "merged_away", "entered_wrongly", "other")
"""Why a row is no more."""
TAKEN_BACK = ("edit", "end")


def end(access: Access, table: str, row_id: UUID, version: int, cause: str, *, why: str, on: date | None = None, source: str = "") -> UUID:
    """Take a row out that is no more (注销一行), in the open transaction; its versions stay, and its file shows its trace.

    Args:
        access, table, row_id, version, why, source: see `editing.edit`.
        cause: one of CAUSES.
        on: the legal day.

    Returns:
        Id of the act.

    Raises:
        Refused: `no_such_row`, `outside_scope`, `changed_since`, `row_in_use` (others hang on it, or a right in it still holds).
    """
    row = taken(access, table, row_id)
    if version != queries.version_of(table, row_id):
        raise refuse("changed_since")
    if cause not in CAUSES:
        raise refuse("bad_request")
    past = _past_rights(table, row_id)
    if count := _hanging(table, row_id, past):
        raise refuse("row_in_use", count=count)
    with acting(access, "end", why=reason(why), source=source, division=row.division, subject=table, subject_id=row_id) as doing:
        doing.detail |= {"cause": cause, "on": on.isoformat() if on else None}
        touched = news.Touched(row.division, doing.id)
        touched.add(table, row)
        _links(table, row).delete()
        for one in past:
            one.delete()
        row.delete()
        news.tell(touched)
    return doing.id


def _past_rights(table: str, row_id: UUID) -> list[Interest]:
    """Rights in it that no longer hold: they end with it."""
    if table not in ("house", "parcel"):
        return []
    return list(Interest.objects.filter(**{f"{table}_id": row_id}, valid_to__lte=timezone.localdate()))


def _hanging(table: str, row_id: UUID, past: list[Interest]) -> int:
    """How many rows point to it."""
    count = 0
    for model in models.KEPT:
        for field in model._meta.local_fields:
            if field.related_model is frames.STORED[table]:
                count += model.objects.filter(**{field.attname: row_id}).count()
    return count - len(past)


def _links(table: str, row: Any) -> Any:
    left = Q(division=row.division, left_key=row.key, kind__startswith=f"{table}_")
    county = row.division - row.division % 10**6
    right = Q(division__gte=county, division__lt=county + 10**6, right_key=row.key, kind__endswith=f"_{table}")
    return Link.objects.filter(left | right)


def take_back(access: Access, act_id: UUID, why: str) -> tuple[str, UUID]:
    """Take one's own change of a row back (撤回本人的修改), in the open transaction: as long as nobody changed the row since.

    Args:
        access: of who made the change.
        act_id: of the act: an edit or an end.
        why: the reason.

    Returns:
        Table and id of the row.

    Raises:
        Refused: `no_such_act`, `not_yours`, `outside_scope`, `changed_since`, `row_in_use`: what it hung on is gone.
    """
    found = acts.act(seen(access), act_id)
    if found is None or found.word not in TAKEN_BACK or found.subject not in EDITED:
        raise refuse("no_such_act")
    if access.user is None or found.by != access.user.id:
        raise refuse("not_yours")
    place = Scope.joined([(found.division, found.division + 1)])
    require(access, "edit", place)
    table, row_id = found.subject, UUID(found.subject_id)
    act = acting(access, "take_back", why=reason(why), source=str(act_id), division=found.division, subject=table, subject_id=row_id)
    with act as doing:
        touched = news.Touched(found.division, doing.id)
        (_change_back if found.word == "edit" else _put_back)(table, row_id, act_id, place, touched)
        news.tell(touched)
    return table, row_id


def _change_back(table: str, row_id: UUID, act_id: UUID, place: Scope, touched: news.Touched) -> None:
    model: Any = frames.STORED[table]
    row = model.objects.select_for_update().filter(place.where(), id=row_id).first()
    stands = queries.version(table, row_id, queries.version_of(table, row_id))
    before = next((one for one in queries.versions_ended_by(model, place, act_id) if one.id == row_id), None)
    if row is None or stands is None or stands.act != act_id or before is None:
        raise refuse("changed_since")
    touched.add(table, row)
    for field in model._meta.local_fields:
        setattr(row, field.attname, getattr(before, field.attname))
    row.save()
    touched.add(table, row)


def _put_back(table: str, row_id: UUID, act_id: UUID, place: Scope, touched: news.Touched) -> None:
    """The row, its links and its past rights, as the act found them."""
    model: Any = frames.STORED[table]
    if model.objects.filter(id=row_id).exists():
        raise refuse("changed_since")
    county, row = place.ranges[0][0] - place.ranges[0][0] % 10**6, None
    for one in (model, Interest, Link):
        within = Scope.joined([(county, county + 10**6)]) if one is Link else place
        for before in queries.versions_ended_by(one, within, act_id):
            made = one(**{field.attname: getattr(before, field.attname) for field in one._meta.local_fields})
            _require_ends(made)
            made.save(force_insert=True)
            if one is model:
                row = made
    if row is None:
        raise refuse("changed_since")
    touched.add(table, row)


def _require_ends(made: Any) -> None:
    for field in made._meta.local_fields:
        held = getattr(made, field.attname)
        if field.is_relation and held and not field.related_model.objects.filter(pk=held).exists():
            raise refuse("row_in_use", count=1)
