"""How many homesteads a household holds, since when, and who of it still lives (户的宅基地)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.policy.coverage import covered
from jiadi.policy.grammar import UNBOUNDED, Array
from jiadi.policy.lists import Lists
from jiadi.policy.rows import origin, taken
from jiadi.policy.table import Block, Column, day, positions


def of_households(lists: Lists, block: Block, parcel: Block, earliest: int) -> None:
    """Put homesteads, their day of building and living persons of each household into its facts (户的事实).

    A homestead is a ledger row that is linked to the household and not to be given back. A doubtful link, or
    an unknown way of obtaining it, may or may not count. Where the ledger does not cover the village there
    may be more.

    Args:
        lists: the linked delivery.
        block: facts of households; filled.
        parcel: facts of parcels, with `built` and `has_main_house`.
        earliest: first day on which a house of unknown age may have been built.
    """
    held = _held(lists, parcel, earliest)
    covering = covered(lists.delivery.coverage, "right", lists.divisions)[block.division]
    more = np.where(covering, 0, UNBOUNDED)
    size = block.size
    everything = _count(held.filter("sure"), size), _count(held, size) + more
    own = _count(held.filter(pl.col("sure") & pl.col("own")), size), _count(held.filter("may_be_own"), size) + more
    block.columns["homesteads"] = _column(*everything)
    block.columns["homesteads_counted"] = _column(*own)
    latest = held.filter("may_be_own")
    on = day(lists.on)
    low = _most(latest.filter(pl.col("sure") & pl.col("own")), "first", size, earliest)
    high = np.where(covering, _most(latest, "last", size, earliest), on)
    block.columns["built"] = Column(low.astype(np.int32), np.maximum(low, high).astype(np.int32))
    _living(lists, block)
    first = held.sort("household", "right").unique("household", keep="first", maintain_order=True)
    rows = np.full(size, -1, dtype=np.int32)
    rows[first["household"].to_numpy()] = first["right"].to_numpy()
    block.origins["right"] = origin(lists.right, rows)


def _column(low: Array, high: Array) -> Column:
    return Column(low, low if (low == high).all() else high)


def _held(lists: Lists, parcel: Block, earliest: int) -> pl.DataFrame:
    """One row a household and homestead: sure, own, may_be_own, first and last day on which it was built on."""
    of_right = lists.parcel_of_right
    code = pl.coalesce(lists.right["parcel_code"], taken(lists.parcel["parcel_code"], of_right))
    returned = pl.select(code).to_series().is_in(lists.mentioned["parcel_code"].implode()).fill_null(False)
    has = np.append(parcel.columns["has_main_house"].low == 1, False)[of_right]
    built = parcel.columns["built"]
    obtained = lists.right["obtained"].cast(pl.String)
    table = pl.DataFrame(
        {
            "right": np.arange(lists.right.height, dtype=np.int32),
            # Two ledger rows about one parcel are one homestead.
            "homestead": np.where(of_right >= 0, of_right, -1 - np.arange(lists.right.height)),
            "own": (obtained != "inheritance").fill_null(False),
            "may_be_own": (obtained != "inheritance").fill_null(True),
            "first": np.where(has, np.append(built.low, 0)[of_right], earliest),
            "last": np.where(has, np.append(built.high, 0)[of_right], day(lists.on)),
            "returned": returned,
        }
    ).filter(~pl.col("returned"))
    parts = [
        lists.pairs.of("right_household", state).rename({"left": "right", "right": "household"}).with_columns(pl.lit(sure).alias("sure"))
        for state, sure in (("linked", True), ("doubtful", False))
    ]
    joined = pl.concat(parts).join(table, on="right")
    order = ["household", "homestead", "sure", "own", "right"]
    return joined.sort(order, descending=[False, False, True, True, False]).unique(
        ["household", "homestead"], keep="first", maintain_order=True
    )


def _count(held: pl.DataFrame, size: int) -> Array:
    return np.bincount(held["household"].to_numpy(), minlength=size).astype(np.int64)


def _most(held: pl.DataFrame, column: str, size: int, earliest: int) -> Array:
    found = np.full(size, earliest, dtype=np.int64)
    np.maximum.at(found, held["household"].to_numpy(), held[column].to_numpy())
    return found


def _living(lists: Lists, block: Block) -> None:
    """Persons alive and registered on the day; a date that cannot be read leaves it open."""
    on = pl.lit(lists.on)
    gone = (pl.col("died_on") <= on).fill_null(False) | (pl.col("valid_to") <= on).fill_null(False)
    torn = lists.unreadable("person", "died_on") | lists.unreadable("person", "valid_to")
    state = lists.person.select(pl.col("household_code").alias("id"), gone.alias("gone"), pl.Series("torn", torn))
    row = positions(state, "id", lists.household["id"])
    here = ~state["gone"].to_numpy() & (row >= 0)
    least = np.bincount(row[here & ~torn], minlength=block.size).astype(np.int64)
    most = np.bincount(row[here], minlength=block.size).astype(np.int64)
    block.columns["persons_living"] = _column(least, most)
    block.origins["person"] = origin(lists.household)
