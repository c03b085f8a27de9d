"""The lists of a delivery as facts are gathered from them (汇集用清单)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from jiadi.policy.coverage import damaged
from jiadi.policy.grammar import Array
from jiadi.policy.rows import Pairs, listed
from jiadi.policy.table import positions
from jiadi.register.tables import Delivery, Linked


@dataclass
class Lists:
    """A linked delivery whose rows are counted (已编行号的交付).

    Args:
        delivery: checked lists.
        linked: houses, households and pairs.
        on: the day on which it is judged.
    """

    delivery: Delivery
    linked: Linked
    on: date

    @cached_property
    def house(self) -> pl.DataFrame:
        """Houses by id."""
        return self.linked.houses.sort("id")

    @cached_property
    def household(self) -> pl.DataFrame:
        """Households by id."""
        return self.linked.households.sort("id")

    @cached_property
    def parcel(self) -> pl.DataFrame:
        """Parcels by id."""
        return listed(self.delivery, "parcel")

    @cached_property
    def right(self) -> pl.DataFrame:
        """Rows of the homestead ledger by id."""
        return listed(self.delivery, "right")

    @cached_property
    def approval(self) -> pl.DataFrame:
        """Approvals by id."""
        return listed(self.delivery, "approval")

    @cached_property
    def person(self) -> pl.DataFrame:
        """Persons by id."""
        return listed(self.delivery, "person")

    @cached_property
    def footprint(self) -> pl.DataFrame:
        """Footprints by id."""
        return listed(self.delivery, "footprint")

    @cached_property
    def member(self) -> pl.DataFrame:
        """Rows of the member roll by id."""
        return listed(self.delivery, "member")

    @cached_property
    def aid(self) -> pl.DataFrame:
        """Rows of the list of aid by id."""
        return listed(self.delivery, "aid")

    @cached_property
    def account(self) -> pl.DataFrame:
        """Accounts of households by id."""
        return listed(self.delivery, "account")

    @cached_property
    def pairs(self) -> Pairs:
        """Links by row numbers."""
        names = ("house", "household", "parcel", "right", "approval", "person", "member", "aid")
        return Pairs(self.linked, {name: getattr(self, name)["id"] for name in names})

    @cached_property
    def divisions(self) -> list[str]:
        """Distinct division codes of houses, parcels and households, 12 digits, sorted."""
        codes = (self.house["division_code"], self.parcel["village_code"], self.household["village_code"])
        return sorted(set(pl.concat([code.cast(pl.String).unique() for code in codes]).drop_nulls().to_list()))

    def division(self, name: str) -> Array:
        """Position in `divisions` of each row of house, parcel or household; -1 where not known."""
        column = "division_code" if name == "house" else "village_code"
        return positions(getattr(self, name), column, pl.Series(column, self.divisions, dtype=pl.String))

    @cached_property
    def right_of_parcel(self) -> Array:
        """Ledger row of each parcel; -1 for none."""
        found = self.pairs.of("right_parcel", "linked").select(pl.col("right").alias("left"), pl.col("left").alias("right"))
        return _first(found, self.parcel.height)

    @cached_property
    def parcel_of_right(self) -> Array:
        """Parcel of each ledger row; -1 for none."""
        return self.pairs.one("right_parcel", self.right.height)

    @cached_property
    def parcel_of_house(self) -> Array:
        """Parcel of each house; -1 where unlinked or doubtful."""
        return self.pairs.one("house_parcel", self.house.height)

    @cached_property
    def household_of_house(self) -> Array:
        """Household of each house; -1 where unlinked or doubtful."""
        return self.pairs.one("house_household", self.house.height)

    def unreadable(self, name: str, column: str) -> Array:
        """Rows of a list in which a cell holds something that could not be read: bool."""
        frame: pl.DataFrame = getattr(self, name)
        return frame["id"].is_in(damaged(self.delivery, name, column).implode()).to_numpy()

    @cached_property
    def mentioned(self) -> pl.DataFrame:
        """Parcels that the ledger or an approval says are to be given back: parcel_code, source_id, source_row."""
        ledger = self.right.select(pl.col("returned_parcel_code").alias("parcel_code"), "source_id", "source_row")
        approved = self.approval.select(pl.col("removed_parcel_code").alias("parcel_code"), "source_id", "source_row")
        both = pl.concat([ledger, approved]).drop_nulls("parcel_code")
        return both.sort("parcel_code", "source_id", "source_row").unique("parcel_code", keep="first", maintain_order=True)

    @cached_property
    def parcel_is_mentioned(self) -> Array:
        """Parcels that are to be given back: bool."""
        return self.parcel["parcel_code"].is_in(self.mentioned["parcel_code"].implode()).fill_null(False).to_numpy()


def _first(pairs: pl.DataFrame, size: int) -> Array:
    found = np.full(size, -1, dtype=np.int32)
    once = pairs.unique("left", keep="first", maintain_order=True)
    found[once["left"].to_numpy()] = once["right"].to_numpy()
    return found
