"""Whose numbers may be seen (个人信息查询), cut to where whoever asks has the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from jiadi.register.schema import TABLES
from jiadi.server.accounts.queries import Access
from jiadi.server.database import sealing
from jiadi.server.database.scope import Scope
from jiadi.server.persons.models import Erasure
from jiadi.server.persons.rules import numbers
from jiadi.server.refusals import refuse
from jiadi.server.register import frames
from jiadi.server.register.queries import known

REVEAL: Final = "reveal"
ASK: Final = "edit"
DECIDE: Final = "erase"
"""Rights to write a request to erase down, and to decide it."""
ASKERS: Final = ("self", "kin", "guardian")
"""Who asks: the person, next of kin of one who has died (个人信息保护法 art. 49), or a guardian."""
PHONE: Final = "phone"
"""Beside the schema: a person's phone."""
SEALED: Final = {name: [*frames.sealed(name), *([PHONE] if name == "person" else [])] for name in frames.LISTED if frames.sealed(name)}
"""Table → columns whose values are sealed."""
MODELS: Final[dict[str, type[Any]]] = {table: frames.STORED[table] for table in SEALED}
"""Table → model."""
COPIES: Final = {table: next(name for name in SEALED[table] if name != PHONE) for table, then in numbers().items() if then == "erase"}
"""Tables in which an erasure on request empties the same number, and the column."""


def row(access: Access, table: str, row_id: UUID, right: str = REVEAL) -> Any:
    """A row with sealed values, as it is today (取行).

    Raises:
        Refused: `not_found`, also where it lies outside.
    """
    found = known(MODELS[table], access.scope(right)).filter(pk=row_id).first() if table in SEALED else None
    if found is None:
        raise refuse("not_found")
    return found


def filled(table: str, found: Any) -> list[str]:
    """Sealed columns of a row that hold something (有值的加密列)."""
    return [name for name in SEALED[table] if getattr(found, f"{name}_sealed")]


def opened(table: str, found: Any, names: Sequence[str]) -> dict[str, str]:
    """Sealed values of a row in clear (解密): to be masked or shown at once, and kept nowhere.

    Raises:
        Refusal: `not_sealed_here`.
    """
    made = {}
    for name in names:
        (clear,) = sealing.unseal_many([bytes(getattr(found, f"{name}_sealed"))], frames.bound(table, name))
        made[name] = clear or ""
    return made


def called(table: str, name: str) -> dict[str, str]:
    """What a sealed column is called in both languages (列名).

    >>> called("person", "id_number")["zh"], called("person", "phone")["zh"]
    ('证件号码', '联系电话')
    """
    if name == PHONE:
        return {"zh": "联系电话", "en": "phone"}
    return {"zh": TABLES[table].column(name).zh, "en": name.replace("_", " ")}


def erasures(access: Access) -> QuerySet[Erasure]:
    """Requests to erase that somebody sees, the newest first (删除请求一览): of where one may ask or decide."""
    within = access.scope(ASK).where() | access.scope(DECIDE).where()
    return Erasure.objects.filter(within).order_by("-id")


def erasure(access: Access, erasure_id: UUID, lock: bool = False) -> Erasure:
    """One of them.

    Raises:
        Refused: `not_found`, also where it lies outside.
    """
    found = erasures(access)
    one = (found.select_for_update() if lock else found).filter(pk=erasure_id).first()
    if one is None:
        raise refuse("not_found")
    return one


def standing(access: Access, held: Erasure) -> dict[str, int]:
    """In how many rows of each table the person's ID number stands now (号码现存位置): in those that the law keeps as well.

    Args:
        access: of whoever decides.
        held: the request.
    """
    person = known(MODELS["person"], access.scope(DECIDE)).filter(pk=held.person).first()
    if person is None or not person.id_number_hash:
        return {}
    place = Scope.of([f"{held.division:012}"[:6]]).within(access.scope(DECIDE))
    told = {}
    for table, names in SEALED.items():
        rows = MODELS[table].objects.filter(place.where())
        told[table] = sum(rows.filter(**{f"{name}_hash": person.id_number_hash}).count() for name in names if name != PHONE)
    return {table: many for table, many in told.items() if many}
