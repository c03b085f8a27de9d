"""Splits and mergers of houses, parcels and households (分割与合并): what was leaves its trace, what came of it knows where from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import Doing, acting
from jiadi.server.database import keys
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse
from jiadi.server.register import models, queries
from jiadi.server.register.actions import news
from jiadi.server.register.actions.allowed import constraints_said, require, seen
from jiadi.server.register.models import Descent, Interest, Link

TABLES: dict[str, type[Any]] = {"house": models.House, "parcel": models.Parcel, "household": models.Household}
CODE = {"house": "survey_code", "parcel": "parcel_code", "household": "household_code"}
"""The column that names a row of a table for people."""
OUTLINE = ("footprint_id", "footprint_source_id", "footprint_source_row")
Values = Mapping[str, Any]


def split(
    access: Access,
    table: str,
    row_id: UUID,
    parts: Sequence[Values],
    *,
    why: str,
    happened_on: date | None = None,
    follows: Mapping[UUID, int] | None = None,
) -> list[UUID]:
    """Split a row into parts (分割), in the open transaction.

    Args:
        access: of who splits it.
        table: `house`, `parcel` or `household`.
        row_id: of the row, which is no longer afterwards.
        parts: two or more; each says what differs from the row: its code, shape, areas, name.
        why: of the act; `happened_on`: the legal day.
        follows: id of a row that belonged to it (a person, house, ledger row, approval, right) → number of its part, from 0. Others are
            joined to none of the parts and wait for a person.

    Returns:
        Ids of the parts.

    Raises:
        Refusal: `no_such_row`, `outside_scope`, `too_few_parts`, `rights_unassigned`.
    """
    old, follows = _taken(access, table, [row_id])[0], follows or {}
    if len(parts) < 2:
        raise refuse("too_few_parts")
    if lost := [one for one in _interests(table, [old.id]) if one.id not in follows]:
        raise refuse("rights_unassigned", count=len(lost))
    with constraints_said(), acting(access, "split", why=why, division=old.division, subject=table, subject_id=row_id) as doing:
        made = [_copy(table, old, part, f"{old.key}/{number}") for number, part in enumerate(parts, start=1)]
        children = _children(table, [old.id])
        touched = _touched(table, doing, [old, *made], children)
        for child, column in children:
            to = made[follows[child.id]] if child.id in follows else None
            _move(child, column, to)
        _share_links(table, old, made, follows)
        _close(table, [old], made, "split", happened_on)
        news.tell(touched)
    return [one.id for one in made]


def merge(access: Access, table: str, row_ids: Sequence[UUID], into: Values, *, why: str, happened_on: date | None = None) -> UUID:
    """Merge rows into one (合并), in the open transaction: all that belonged to any of them belongs to it.

    Args:
        access, table, why, happened_on: see `split`.
        row_ids: two or more, which are no longer afterwards.
        into: what differs from the first of them.

    Returns:
        Id of the new row.

    Raises:
        Refusal: `no_such_row`, `outside_scope`, `too_few_parts`, `held_already`, `shares_exceed`, `head_already`.
    """
    if len(set(row_ids)) < 2:
        raise refuse("too_few_parts")
    old = _taken(access, table, row_ids)
    with constraints_said(), acting(access, "merge", why=why, division=old[0].division, subject=table, subject_id=row_ids[0]) as doing:
        made = _copy(table, old[0], into, f"{old[0].key}+{len(old) - 1}")
        children = _children(table, [one.id for one in old])
        touched = _touched(table, doing, [*old, made], children)
        for child, column in children:
            _move(child, column, made)
        _same_interests_once(table, made.id)
        _gather_links(table, old, made)
        _close(table, old, [made], "merge", happened_on)
        news.tell(touched)
    made_id: UUID = made.id
    return made_id


def _taken(access: Access, table: str, ids: Sequence[UUID]) -> list[Any]:
    """The rows, held until the end of the transaction."""
    rows = {one.id: one for one in queries.known(TABLES[table], seen(access)).select_for_update().filter(id__in=list(ids))}
    if set(ids) - set(rows):
        raise refuse("no_such_row")
    require(access, "edit", Scope.joined([(one.division, one.division + 1) for one in rows.values()]))
    return [rows[one] for one in ids]


def _touched(table: str, doing: Doing, rows: Sequence[Any], children: Sequence[tuple[Any, str]]) -> news.Touched:
    """What was, what came of it, and what hung on it: before the links and the children go their ways."""
    touched = news.Touched(rows[0].division, doing.id)
    for row in rows:
        touched.add(table, row)
        touched.link(f"_{table}", row.key)
        for link in _links(table, "left_key", [row.key]):
            touched.add("link", link)
    for child, _ in children:
        touched.add(child._meta.model_name, child)
    return touched


def _copy(table: str, old: Any, values: Values, otherwise: str) -> Any:
    fields = {field.attname: getattr(old, field.attname) for field in old._meta.local_fields}
    if table == "house":  # drawn by itself from now on: an outline is one house's
        fields |= dict.fromkeys(OUTLINE)
    made = TABLES[table](**{**fields, **values, "id": keys.new()})
    made.key = values.get(CODE[table]) or otherwise
    made.save(force_insert=True)
    return made


def _children(table: str, ids: Sequence[UUID]) -> list[tuple[Any, str]]:
    """Rows that point to these, with the column that does."""
    return [
        (child, field.attname)
        for model in models.KEPT
        for field in model._meta.local_fields
        if field.related_model is TABLES[table]
        for child in model.objects.filter(**{f"{field.attname}__in": list(ids)})
    ]


def _interests(table: str, ids: Sequence[UUID]) -> list[Interest]:
    return list(Interest.objects.filter(**{f"{table}__in": list(ids)}))


def _move(child: Any, column: str, to: Any) -> None:
    changed = [column]
    setattr(child, column, to.id if to else None)
    if to is not None and column == "household_id" and hasattr(child, "household_code"):
        child.household_code = to.household_code
        changed.append("household_code")
    child.save(update_fields=changed)


def _links(table: str, side: str, names: Sequence[str]) -> list[Any]:
    kind = {"kind__startswith": f"{table}_"} if side == "left_key" else {"kind__endswith": f"_{table}"}
    return list(Link.objects.filter(**{f"{side}__in": list(names)}, **kind))


def _share_links(table: str, old: Any, made: Sequence[Any], follows: Mapping[UUID, int]) -> None:
    """What the row was linked to every part is; what was linked to the row is to the part that it follows."""
    for link in _links(table, "left_key", [old.key]):
        for part in made:
            Link.objects.create(
                division=part.division,
                kind=link.kind,
                left_key=part.key,
                right_key=link.right_key,
                state=link.state,
                score=link.score,
                reason="split",
            )
        link.delete()
    for link in _links(table, "right_key", [old.key]):
        model: Any = queries.STORED[link.kind.split("_")[0]]
        left = model.objects.filter(key=link.left_key, division=link.division).first()
        if left is None or left.id not in follows:
            link.delete()
            continue
        link.right_key, link.reason = made[follows[left.id]].key, "split"
        link.save(update_fields=["right_key", "reason"])


def _gather_links(table: str, old: Sequence[Any], made: Any) -> None:
    names = [one.key for one in old]
    for side in ("left_key", "right_key"):
        known: set[tuple[str, str, str]] = set()
        for link in _links(table, side, names):
            setattr(link, side, made.key)
            named = (link.kind, link.left_key, link.right_key)
            if named in known:
                link.delete()
                continue
            known.add(named)
            link.save(update_fields=[side])


def _same_interests_once(table: str, row_id: UUID) -> None:
    """Who held the same right in each of the rows holds it once in what came of them."""
    known: set[tuple[Any, ...]] = set()
    for one in sorted(_interests(table, [row_id]), key=lambda one: (one.valid_from, one.id)):
        named = (
            one.kind,
            one.household_id,
            one.person_id,
            one.holder_name,
            one.share_numerator,
            one.share_denominator,
            one.joint,
            one.valid_to,
        )
        if named in known:
            one.delete()
        known.add(named)


def _close(table: str, old: Sequence[Any], made: Sequence[Any], word: str, on: date | None) -> None:
    rows = [
        Descent(division=part.division, table=table, word=word, from_id=one.id, to_id=part.id, happened_on=on)
        for one in old
        for part in made
    ]
    Descent.objects.bulk_create(rows)
    for one in old:
        one.delete()
