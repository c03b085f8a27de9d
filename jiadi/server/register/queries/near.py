"""What one change touches, and all that the facts of some houses are made of (受影响范围): found by indexes, never by reading a county.

The steps follow the core's facts, one by one: a house reads its parcel and its household, a parcel its houses, ledger row, approvals
and who holds it, a household its ledger rows, their parcels and what stands on those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
import shapely
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from jiadi.register.tables import Delivery, Linked
from jiadi.server.database import bulk
from jiadi.server.database.scope import LEVELS, Scope
from jiadi.server.register import frames, models
from jiadi.server.register.queries.lists import _sources, delivered, known

NEAR_DEG = 0.002
"""More than the 60 m at which a road still matters."""
ENDS = {"house": ("house_parcel", "house_household"), "right": ("right_parcel", "right_household")}
LISTS = ("right", "approval", "aid", "member", "account", "person", "parcel", "household", "holder")
"""Lists of which one row stands for the list being there."""

Pair = tuple[str, int, str, str, str]
"""Kind, division of the left row, left key, right key, state."""


def affected(
    scope: Scope,
    houses: set[UUID],
    parcels: set[UUID],
    households: set[UUID],
    parcel_keys: set[str],
    household_keys: set[str],
    codes: set[str],
) -> set[UUID]:
    """Houses whose facts may read what was changed (受影响的房屋).

    Args:
        scope: of the rows that are judged together.
        houses, parcels, households, parcel_keys, household_keys, codes: of `news.Touched`.
    """
    found = _Links(scope)
    of_houses = list(models.House.objects.filter(scope.where(), id__in=houses).values_list("parcel_id", "household_id"))
    parcels = parcels | {one for one, _ in of_houses if one} | found.ids(models.Parcel, parcel_keys)
    households = households | {one for _, one in of_houses if one} | found.ids(models.Household, household_keys)
    if codes:
        parcels |= set(models.Parcel.objects.filter(scope.where(), parcel_code__in=codes).values_list("id", flat=True))
    on = found.left_of(("right_parcel",), found.keys(models.Parcel, parcels))
    rights = {(division, key) for _, division, key, _, _ in on}
    if codes:
        rights |= set(models.Right.objects.filter(scope.where(), parcel_code__in=codes).values_list("division", "key"))
    holding = found.ids(models.Household, {key for *_, key, _ in found.right_of(("right_household",), rights)})
    held = {(division, key) for _, division, key, _, _ in found.left_of(("right_household",), found.keys(models.Household, households))}
    parcels |= found.ids(models.Parcel, {key for *_, key, _ in found.right_of(("right_parcel",), held)})
    near = Q(id__in=houses) | Q(parcel_id__in=parcels) | Q(household_id__in=households | holding)
    return set(models.House.objects.filter(scope.where(), near).values_list("id", flat=True))


def around(scope: Scope, houses: set[UUID], asked: dict[str, list[str]]) -> tuple[Delivery, Linked]:
    """A part of the register with all that the facts of some houses are made of (部分登记册).

    Args:
        scope: of the rows that are judged together.
        houses: their ids.
        asked: what the lists of the whole ask for; see `coverage.asked`.

    Returns:
        As `queries.tables` gives the whole: facts of these houses come out the same. Other rows in it are not whole.
    """
    rows = _Part(scope, houses).read()
    delivery, linked = delivered(rows, _sources(scope, None, rows))
    delivery.extra["asked"] = asked
    return delivery, linked


class _Links:
    """Links by either end, inside a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def left_of(self, kinds: Iterable[str], right: set[str]) -> list[Pair]:
        """Pairs of kinds with these right ends."""
        return self._pairs(Q(kind__in=list(kinds), right_key__in=right)) if right else []

    def right_of(self, kinds: Iterable[str], left: set[tuple[int, str]]) -> list[Pair]:
        """Pairs of kinds with these left ends."""
        named = {key for _, key in left}
        return [one for one in self._pairs(Q(kind__in=list(kinds), left_key__in=named)) if one[1:3] in left] if left else []

    def _pairs(self, held: Q) -> list[Pair]:
        return list(models.Link.objects.filter(self.scope.where(), held).values_list("kind", "division", "left_key", "right_key", "state"))

    def ids(self, model: type[Any], keys: set[str]) -> set[UUID]:
        """Ids of rows by their names in the core."""
        return set(model.objects.filter(self.scope.where(), key__in=keys).values_list("id", flat=True)) if keys else set()

    def keys(self, model: type[Any], ids: set[UUID]) -> set[str]:
        """Names of rows in the core by their ids."""
        return set(model.objects.filter(self.scope.where(), id__in=ids).values_list("key", flat=True)) if ids else set()


class _Part:
    """The rows that facts of some houses are made of, table by table."""

    def __init__(self, scope: Scope, houses: set[UUID]) -> None:
        self.scope, self.links = scope, _Links(scope)
        self.own = self._frame("house", Q(id__in=houses))

    def read(self) -> dict[str, pl.DataFrame]:
        """Every table of the register, with these rows of it."""
        parcels, households = self._ids(self.own, "parcel_id"), self._ids(self.own, "household_id")
        on_parcel, of_household = self.links.keys(models.Parcel, parcels), self.links.keys(models.Household, households)
        own_rights = _lefts(self.links.left_of(("right_parcel",), on_parcel))
        rights = own_rights | _lefts(self.links.left_of(("right_household",), of_household))
        ends = self.links.right_of(ENDS["right"], rights)
        places = self.links.left_of(("approval_parcel",), on_parcel) + self.links.left_of(("approval_household",), of_household)
        approvals = _lefts(places)
        placed = self.links.right_of(("approval_parcel", "approval_household"), approvals)
        more_parcels = self.links.ids(models.Parcel, _rights(ends, "right_parcel"))
        more_households = self.links.ids(models.Household, _rights(ends, "right_household"))
        far_parcels = self.links.ids(models.Parcel, _rights(placed, "approval_parcel"))
        on_these = Q(parcel_id__in=parcels | more_parcels) | Q(household_id__in=households)
        rows = {
            "house": self._frame("house", on_these | Q(id__in=[UUID(one) for one in self.own["id"]])),
            "parcel": self._frame("parcel", Q(id__in=parcels | more_parcels | far_parcels)),
            "household": self._frame("household", Q(id__in=households | more_households)),
            "person": self._frame("person", Q(household_id__in=households | more_households)),
            "right": self._named("right", rights),
        }
        rows["holder"] = self._empty("holder")  # no fact is made of it
        rows["account"] = self._frame("account", Q(household_code__in=rows["household"]["household_code"].drop_nulls().to_list()))
        self._mentions(rows, approvals)
        self._listed(rows, own_rights)
        self._zones_and_cover(rows)
        self._present(rows)
        rows["link"] = self._link_rows(rows)
        return rows

    def _mentions(self, rows: dict[str, pl.DataFrame], approvals: set[tuple[int, str]]) -> None:
        """Ledger rows and approvals that name one of these parcels as to be given back."""
        codes = pl.concat([rows["parcel"]["parcel_code"], rows["right"]["parcel_code"]]).drop_nulls().unique().to_list()
        told = self._frame("right", Q(returned_parcel_code__in=codes))
        rows["right"] = pl.concat([rows["right"], told]).unique("id", maintain_order=True)
        named = pl.concat([self._named("approval", approvals), self._frame("approval", Q(removed_parcel_code__in=codes))])
        rows["approval"] = named.unique("id", maintain_order=True)

    def _listed(self, rows: dict[str, pl.DataFrame], own_rights: set[tuple[int, str]]) -> None:
        """Who of these persons is on the member roll or receives aid; of the roll all of the village, since a name may tell it too."""
        persons = set(rows["person"]["key"])
        rows["aid"] = self._named("aid", _lefts(self.links.left_of(("aid_person",), persons)))
        linked = self._named("member", _lefts(self.links.left_of(("member_person",), persons)))
        own = rows["right"].filter(pl.struct("division", "key").is_in([{"division": one, "key": key} for one, key in own_rights]))
        by_key = rows["parcel"].select("id", pl.col("village_code").alias("of_parcel"))
        placed = own.join(by_key, left_on="parcel_id", right_on="id", how="left")
        villages = placed.select(pl.coalesce("village_code", "of_parcel"))["village_code"]
        if villages.null_count():
            rows["member"] = self._frame("member", Q())
            return
        codes = {int(code) for code in villages.unique()}
        whole = {code - code % 10 ** (12 - level) for code in codes for level in LEVELS}
        near = self._frame("member", Q(division__in=codes) | Q(division__in=whole, village_code=None) | Q(village_code__in=codes))
        rows["member"] = pl.concat([linked, near]).unique("id", maintain_order=True)

    def _zones_and_cover(self, rows: dict[str, pl.DataFrame]) -> None:
        """Zones near the houses, those whose shape is lost, and one of each kind; and all that lists say of what they cover."""
        rows["coverage"] = self._read("coverage", known(models.Coverage, self.scope))
        every = known(models.Zone, self.scope)
        kinds = every.order_by("zone_kind", "id").distinct("zone_kind").values_list("id", flat=True)
        held = Q(geometry=None) | Q(id__in=list(kinds))
        shapes = [shapely.from_wkb(shape) for shape in self.own["geometry"] if shape is not None]
        boxes = [shapely.box(*(shape.bounds + np.array([-1, -1, 1, 1]) * NEAR_DEG)) for shape in shapes]
        drawn = Func(Value(shapely.to_wkb(shapely.union_all(boxes))), template="ST_GeomFromWKB(%(expressions)s, 4490)")
        touches = Func(F("geometry"), drawn, function="ST_Intersects", output_field=BooleanField())
        near = set(every.annotate(beside=touches).filter(beside=True).values_list("id", flat=True)) if boxes else set()
        rows["zone"] = self._read("zone", every.filter(held | Q(id__in=near)))

    def _present(self, rows: dict[str, pl.DataFrame]) -> None:
        """A list that is there is not empty: an absent row is told of by rules otherwise than an absent list."""
        for name in LISTS:
            if rows[name].is_empty():
                first = known(frames.STORED[name], self.scope).values_list("id", flat=True)[:1]
                rows[name] = self._frame(name, Q(id__in=list(first)))

    def _link_rows(self, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Every link whose left row is in the part."""
        parts = [self._empty("link")]
        for name in ("house", "parcel", "right", "approval", "member", "aid"):
            keys = rows[name]["key"].to_list()
            held = self._frame("link", Q(kind__startswith=f"{name}_", left_key__in=keys))
            parts.append(held.join(rows[name].select("division", pl.col("key").alias("left_key")), on=["division", "left_key"], how="semi"))
        return pl.concat(parts)

    def _named(self, name: str, named: set[tuple[int, str]]) -> pl.DataFrame:
        """Rows by division and name."""
        if not named:
            return self._empty(name)
        held = Q(division__in={division for division, _ in named}, key__in={key for _, key in named})
        return self._frame(name, held)

    def _empty(self, name: str) -> pl.DataFrame:
        return pl.DataFrame(schema=frames.columns(name))

    def _frame(self, name: str, held: Q) -> pl.DataFrame:
        model: Any = frames.STORED[name]
        return self._read(name, model.objects.filter(self.scope.where(), held))

    def _read(self, name: str, query: QuerySet[Any, Any]) -> pl.DataFrame:
        schema = frames.stored_schema(name)
        return frames.opened(name, bulk.read(query.values_list(*schema), schema)).select(list(frames.columns(name)))

    def _ids(self, frame: pl.DataFrame, column: str) -> set[UUID]:
        return {UUID(one) for one in frame[column].drop_nulls().unique()}


def _lefts(pairs: list[Pair]) -> set[tuple[int, str]]:
    return {(division, key) for _, division, key, _, _ in pairs}


def _rights(pairs: list[Pair], kind: str) -> set[str]:
    return {right for own, _, _, right, _ in pairs if own == kind}
