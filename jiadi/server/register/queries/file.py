"""All that the register says of one house (一户一档), now or as it was known; and the trace of every row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jiadi.server.cases import queries as acts
from jiadi.server.cases.models import Act
from jiadi.server.database.scope import Scope
from jiadi.server.register import models
from jiadi.server.register.queries.lists import REACHING, VERSIONS, Moment, known

Rows = list[Any]


@dataclass(frozen=True, slots=True)
class HouseFile:
    """A house with what belongs to it (房屋档案); rows as they are, or versions of them with the same columns.

    Args:
        house: None where it was not known then, or lies outside the scope.
        parcel, household: None where it is joined to none.
        persons: of the household; `members`, `aid`: theirs; `account` of the household.
        rights, holders, approvals: of the parcel.
        links: of the house, doubtful ones too.
        sources: of all these rows, by id.
    """

    house: Any
    parcel: Any = None
    household: Any = None
    persons: tuple[Any, ...] = ()
    members: tuple[Any, ...] = ()
    aid: tuple[Any, ...] = ()
    accounts: tuple[Any, ...] = ()
    rights: tuple[Any, ...] = ()
    holders: tuple[Any, ...] = ()
    approvals: tuple[Any, ...] = ()
    links: tuple[Any, ...] = ()
    sources: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One version of a row (一次变更): what it said, from when to when, and the acts that made and ended it.

    An act is None where it was done in a division that the scope does not see.
    """

    row: Any
    known_from: datetime
    known_to: datetime | None
    act: Act | None
    ended_by: Act | None


def house_file(scope: Scope, house_id: UUID, as_of: Moment = None) -> HouseFile:
    """The file of a house (取房屋档案).

    Args:
        scope: whose divisions.
        house_id: of the house.
        as_of: None for now; see `known`.
    """
    house = known(models.House, scope, as_of).filter(id=house_id).first()
    if house is None:
        return HouseFile(None)
    parcel = known(models.Parcel, scope, as_of).filter(id=house.parcel_id).first() if house.parcel_id else None
    household = known(models.Household, scope, as_of).filter(id=house.household_id).first() if house.household_id else None
    persons = _sorted(known(models.Person, scope, as_of).filter(household_id=household.id)) if household else []
    linked = _Linked(scope, as_of)
    parts: dict[str, Rows] = {
        "persons": persons,
        "members": linked.left_of("member_person", models.Member, [one.key for one in persons]),
        "aid": linked.left_of("aid_person", models.Aid, [one.key for one in persons]),
        "accounts": _of_code(scope, as_of, models.Account, "household_code", household),
        "rights": _sorted(known(models.Right, scope, as_of).filter(parcel_id=parcel.id)) if parcel else [],
        "holders": _of_code(scope, as_of, models.Holder, "parcel_code", parcel),
        "approvals": linked.left_of("approval_parcel", models.Approval, [parcel.key] if parcel else []),
        "links": sorted(
            known(models.Link, scope, as_of).filter(left_key=house.key, kind__startswith="house_"),
            key=lambda one: (one.kind, one.right_key),
        ),
    }
    rows = [one for one in (house, parcel, household) if one] + [one for part in parts.values() for one in part]
    files = {one.source_id for one in rows} | {house.footprint_source_id}
    sources = known(models.Source, scope, as_of).filter(id__in=files - {None}).order_by("id")
    return HouseFile(house, parcel, household, **{name: tuple(part) for name, part in parts.items()}, sources=tuple(sources))


def belonging(table: str, scope: Scope, row: Any, as_of: Moment = None) -> dict[str, Rows]:
    """What belongs to a parcel, a household, a person or a zone (关联的行), table by table."""
    linked = _Linked(scope, as_of)
    if table == "parcel":
        return {
            "house": _sorted(known(models.House, scope, as_of).filter(parcel_id=row.id)),
            "right": _sorted(known(models.Right, scope, as_of).filter(parcel_id=row.id)),
            "holder": _of_code(scope, as_of, models.Holder, "parcel_code", row),
            "approval": linked.left_of("approval_parcel", models.Approval, [row.key]),
        }
    if table == "household":
        return {
            "person": _sorted(known(models.Person, scope, as_of).filter(household_id=row.id)),
            "house": _sorted(known(models.House, scope, as_of).filter(household_id=row.id)),
            "right": _sorted(known(models.Right, scope, as_of).filter(household_id=row.id)),
            "account": _of_code(scope, as_of, models.Account, "household_code", row),
        }
    if table == "person":
        return {
            "household": list(known(models.Household, scope, as_of).filter(id=row.household_id)) if row.household_id else [],
            "member": linked.left_of("member_person", models.Member, [row.key]),
            "aid": linked.left_of("aid_person", models.Aid, [row.key]),
        }
    return {}


def trace(scope: Scope, model: type[Any], row_id: UUID) -> list[Trace]:
    """Every version of a row, the newest first (变更轨迹); of one that is deleted too.

    Args:
        scope: whose divisions.
        model: one of `models.KEPT`.
        row_id: of the row.
    """
    held = scope.reaching() if model in REACHING else scope.where()
    versions = list(VERSIONS[model].objects.filter(held, id=row_id).order_by("-version"))
    told = acts.named(scope, {act for one in versions for act in (one.act, one.ended_by) if act})
    return [Trace(one, one.known_from, one.known_to, told.get(one.act), told.get(one.ended_by)) for one in versions]


class _Linked:
    """Rows that sound links join to others."""

    def __init__(self, scope: Scope, as_of: Moment) -> None:
        self.scope, self.as_of = scope, as_of

    def left_of(self, kind: str, model: type[Any], right: Iterable[str]) -> Rows:
        """Rows of a table that a kind of link joins to the rows of these keys."""
        links = known(models.Link, self.scope, self.as_of).filter(kind=kind, state="linked", right_key__in=list(right))
        return _sorted(known(model, self.scope, self.as_of).filter(key__in=list(links.values_list("left_key", flat=True))))


def _of_code(scope: Scope, as_of: Moment, model: type[Any], column: str, owner: Any) -> Rows:
    code = getattr(owner, column, None)
    return _sorted(known(model, scope, as_of).filter(**{column: code})) if code else []


def _sorted(rows: Iterable[Any]) -> Rows:
    return sorted(rows, key=lambda one: one.key)
