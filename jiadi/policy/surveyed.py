"""Facts that not every survey asks for (选填调查项): a column that no list has is no fact, not an unknown one."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.codes import split
from jiadi.policy.coverage import asked
from jiadi.policy.derived import SPLIT
from jiadi.policy.floors import summed
from jiadi.policy.grammar import UNBOUNDED, Array
from jiadi.policy.lists import Lists
from jiadi.policy.rows import taken
from jiadi.policy.table import Block, Column, answers, number, words
from jiadi.policy.vocabulary import VOCABULARY

_LENGTHS = ("eaves_height_m", "fence_height_m")
_WORDS = ("fence_kind", "facade", "heritage_status", "masonry", "construction")
_ANSWERS = ("in_style", "derelict", "at_approved_place", "hollow_slab", "no_ties", "storeys_added")


def of_houses(lists: Lists) -> dict[str, Column]:
    """What a survey says of houses beyond the usual (房屋选填项).

    A survey without a column for an open ground floor counted every floor that it saw among the storeys: there
    the height is 0 and adds none. Where the column is there a blank is not known.

    Args:
        lists: the linked delivery.

    Returns:
        Fact → column, for what is asked.
    """
    frame = lists.house
    found: dict[str, Column] = {}
    for name in (*_LENGTHS, *_WORDS, *_ANSWERS):
        if _asked(lists, "house", name):
            found[name] = _column(frame[name], name)
    open_floor = frame["open_floor_m"]
    if not _asked(lists, "house", "open_floor_m"):
        open_floor = pl.Series("open_floor_m", [0.0]).new_from_index(0, frame.height)
    found["open_floor_m"] = number(open_floor, open_floor, 100)
    return found


def _asked(lists: Lists, table: str, column: str) -> bool:
    """Whether anybody asked: something stands in a row, or the list has the column."""
    frame: pl.DataFrame = getattr(lists, table)
    return frame[column].null_count() < frame.height or asked(lists.delivery, table, column)


def _column(values: pl.Series, name: str) -> Column:
    if name in _LENGTHS:
        return number(values, values, 100)
    if name in _WORDS:
        return words(values, VOCABULARY["house"][name].words)
    return answers(values.cast(pl.String) == "yes")


def of_parcels(lists: Lists, house: Block) -> dict[str, Column]:
    """Ground covered by the main houses of each parcel, who owns its land, its control zone (宗地选填项).

    Args:
        lists: the linked delivery.
        house: facts of houses, with `main_building`.
    """
    facts = VOCABULARY["parcel"]
    found = {"land_owner": words(lists.parcel["land_owner"], facts["land_owner"].words)}
    if _asked(lists, "right", "control_zone"):
        found["control_zone"] = words(taken(lists.right["control_zone"], lists.right_of_parcel), facts["control_zone"].words)
    if _asked(lists, "house", "base_area_m2"):
        base = number(lists.house["base_area_m2"], lists.house["base_area_m2"], 100)
        found["base_area_m2"] = summed(lists, house, np.maximum(base.low, 0), base.high)
    return found


def split_of_parcels(lists: Lists, block: Block, household: Block) -> None:
    """Put the sizes of the households that share each parcel into its facts (分户人数).

    "4+3" are two households of four and three persons. Where the ledger says nothing, it is what the account of the household that
    holds the parcel says of its parting; else that household alone, with its registered persons; where that is not known either, its
    size is not. Of more households than there are facts, the last fact is not known.

    Args:
        lists: the linked delivery.
        block: facts of parcels; filled.
        household: facts of households, with `persons_living`.
    """
    right = lists.right_of_parcel
    row = np.append(lists.pairs.one("right_household", lists.right.height), -1)[right]
    parted = taken(_parted(lists), row)
    parts = split.sizes_column(pl.select(pl.coalesce(taken(lists.right["split_persons"], right).cast(pl.String), parted)).to_series())
    living = household.columns["persons_living"]
    alone = np.append(living.low, 0)[row], np.append(np.minimum(living.high, UNBOUNDED), UNBOUNDED)[row]
    told = parts.is_not_null().to_numpy()
    many = (parts.list.len() > len(SPLIT)).fill_null(False)
    for place, fact in enumerate(SPLIT):
        size = parts.list.get(place, null_on_oob=True)
        size = size.set(many, None) if place == len(SPLIT) - 1 else size
        there = (parts.list.len() > place).fill_null(False).to_numpy()
        block.columns[fact] = _split(size, there, told, alone if place == 0 else None)


def _parted(lists: Lists) -> pl.Series:
    """What the account of each household says of its parting; null where it says nothing, or two accounts do."""
    said = lists.account.drop_nulls(["household_code", "split_persons"]).filter(pl.col("household_code").is_unique())
    known = said.select("household_code", "split_persons").cast(pl.String)
    households = lists.household.select(pl.col("household_code").cast(pl.String))
    return households.join(known, on="household_code", how="left", maintain_order="left")["split_persons"]


def _split(size: pl.Series, there: Array, told: Array, alone: tuple[Array, Array] | None) -> Column:
    """Persons of one of the households: as written, as registered, or none."""
    written = size.fill_null(0).to_numpy()
    torn = there & size.is_null().to_numpy()
    low = np.where(told, np.where(torn, 0, written), 0 if alone is None else alone[0]).astype(np.int64)
    high = np.where(told, np.where(torn, UNBOUNDED, written), 0 if alone is None else alone[1]).astype(np.int64)
    return Column(low, low if np.array_equal(low, high) else high)
