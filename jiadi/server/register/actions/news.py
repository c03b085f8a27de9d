"""What was changed in the register, told to whoever must act on it (变更通知): in the transaction of the change, before it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.dispatch import Signal

from jiadi.server.register import frames
from jiadi.server.register.models import Link
from jiadi.server.register.queries.lists import VERSIONS

changed = Signal()
"""Sent with `touched`, inside the act's transaction. Apps above listen; the register knows none of them."""

WIDE: Final = 2_000
"""An act that changed more rows than these is told as one that touched all of its division."""
NEAR: Final = {"house", "parcel", "household", "person", "approval", "right", "link"}
"""Tables of which a row matters to its neighbourhood alone; any other, as a zone or what a list covers, to its whole division."""


@dataclass(slots=True)
class Touched:
    """Rows that a change may matter to (受影响的行): as they hung together before it and after it.

    Args:
        division: where the act was done; `act`: it.
        houses, parcels, households: ids.
        parcel_keys, household_keys: the same by the core's names, where a link alone says it.
        codes: parcel codes that a row had, or named as to be given back.
        whole: whether it may matter to every house of the division.
    """

    division: int
    act: UUID
    houses: set[UUID] = field(default_factory=set)
    parcels: set[UUID] = field(default_factory=set)
    households: set[UUID] = field(default_factory=set)
    parcel_keys: set[str] = field(default_factory=set)
    household_keys: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    whole: bool = False

    def add(self, table: str, row: Any) -> None:
        """A row that is changed, as it stands now (计入一行): called before the change, and again after it."""
        own = {"house": self.houses, "parcel": self.parcels, "household": self.households}
        if table in own:
            own[table].add(row.id)
        if table == "link":
            self.link(row.kind, row.right_key)
        for column, into in (("parcel_id", self.parcels), ("household_id", self.households)):
            if held := getattr(row, column, None):
                into.add(held)
        named = {"parcel": ("parcel_code",), "right": ("returned_parcel_code",), "approval": ("removed_parcel_code",)}
        self.codes |= {code for column in named.get(table, ()) if (code := getattr(row, column))}
        if table in ("approval", "right"):
            links = Link.objects.filter(division=row.division, left_key=row.key, kind__startswith=f"{table}_")
            for kind, key in links.values_list("kind", "right_key"):
                self.link(kind, key)

    def link(self, kind: str, key: str) -> None:
        """What a link leads to (计入关联的右端)."""
        if kind.endswith("_parcel"):
            self.parcel_keys.add(key)
        elif kind.endswith("_household"):
            self.household_keys.add(key)


def of_act(division: int, act: UUID, counts: Mapping[str, int]) -> Touched:
    """What an act on many rows touched (一项业务触及的行), by the versions that it made and ended.

    Args:
        division: where it was done; `act`: it.
        counts: table → how many rows of it.
    """
    touched = Touched(division, act)
    changed_in = {name for name, rows in counts.items() if rows}
    if sum(counts.values()) > WIDE or changed_in - NEAR - {"source"}:
        touched.whole = True
        return touched
    for name in changed_in & NEAR:
        for version in VERSIONS[frames.STORED[name]].objects.filter(Q(act=act) | Q(ended_by=act)):
            touched.add(name, version)
    return touched


def tell(touched: Touched) -> None:
    """Tell it (发出通知)."""
    changed.send(sender=Touched, touched=touched)
