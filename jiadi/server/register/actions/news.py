"""What was changed in the register, told to whoever must act on it (变更通知): in the transaction of the change, before it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.dispatch import Signal

from jiadi.server.register.models import Link

changed = Signal()
"""Sent with `touched`, inside the act's transaction. Apps above listen; the register knows none of them."""


@dataclass(slots=True)
class Touched:
    """Rows that a change may matter to (受影响的行): as they hung together before it and after it.

    Args:
        division: where the act was done; `act`: it.
        houses, parcels, households: ids.
        parcel_keys, household_keys: the same by the core's names, where a link alone says it.
        codes: parcel codes that a row had, or named as to be given back.
    """

    division: int
    act: UUID
    houses: set[UUID] = field(default_factory=set)
    parcels: set[UUID] = field(default_factory=set)
    households: set[UUID] = field(default_factory=set)
    parcel_keys: set[str] = field(default_factory=set)
    household_keys: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def add(self, table: str, row: Any) -> None:
        """A row that is changed, as it stands now (计入一行): called before the change, and again after it."""
        own = {"house": self.houses, "parcel": self.parcels, "household": self.households}
        if table in own:
            own[table].add(row.id)
        for column, into in (("parcel_id", self.parcels), ("household_id", self.households)):
            if held := getattr(row, column, None):
                into.add(held)
        named = {"parcel": ("parcel_code",), "right": ("returned_parcel_code",), "approval": ("removed_parcel_code",)}
        self.codes |= {code for column in named.get(table, ()) if (code := getattr(row, column))}
        if table in ("approval", "right"):
            links = Link.objects.filter(division=row.division, left_key=row.key, kind__startswith=f"{table}_")
            for kind, key in links.values_list("kind", "right_key"):
                (self.parcel_keys if kind.endswith("_parcel") else self.household_keys).add(key)


def tell(touched: Touched) -> None:
    """Tell it (发出通知)."""
    changed.send(sender=Touched, touched=touched)
