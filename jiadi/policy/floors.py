"""Floor areas of main houses against what was approved, above and below ground apart (建筑面积：地上、地下分列)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from jiadi.policy.coverage import asked
from jiadi.policy.grammar import UNBOUNDED, Array
from jiadi.policy.lists import Lists
from jiadi.policy.papers import Papers
from jiadi.policy.rows import origin
from jiadi.policy.table import Block, Column, hundredths

PARTS = ("above", "below")
"""Parts of a floor area: above ground 地上, below ground 地下."""

_MANY = UNBOUNDED // 16
"""A sum that reaches this holds an area that is not known: it may be any."""


class _Areas(NamedTuple):
    """Whole and parts of each row, int64 in 0.01 m², -1 where blank."""

    whole: Array
    above: Array
    below: Array

    def filled(self) -> _Areas:
        """Where two of the three are known, the third; parts beyond the whole contradict it and settle nothing."""
        whole, above, below = self
        fits = (whole >= 0) & (whole >= np.maximum(above, below))
        return _Areas(
            np.where((whole < 0) & (above >= 0) & (below >= 0), above + below, whole),
            np.where((above < 0) & (below >= 0) & fits, whole - below, above),
            np.where((below < 0) & (above >= 0) & fits, whole - above, below),
        )


def of_parcels(lists: Lists, found: Papers, house: Block, block: Block) -> None:
    """Put floor areas of the main houses of each parcel, and approved ones, into its facts (宗地建筑面积).

    Above and below ground are facts of their own where a list asks for them; of whole, above and below the third is
    what the two others leave. Only what an approval in the list says counts: where none says anything there is nothing
    to compare with, which the finding of no approval tells. An approval in doubt may say any. Where both parts are known
    on both sides they are compared, and the whole is not compared once more.

    Args:
        lists: the linked delivery.
        found: what is known of approvals.
        house: facts of houses, with `main_building`.
        block: facts of parcels; filled.
    """
    block.columns |= _of_houses(lists, house)
    approved = _approved(lists).filled()
    held = _Areas(*(np.append(part, -1)[found.approval] for part in approved))
    doubtful = found.doubtful & (found.approval < 0)
    apart = np.zeros(block.size, dtype=bool)
    if any(asked(lists.delivery, "approval", f"approved_floor_area_{part}_m2") for part in PARTS):
        for part in PARTS:
            _put(block, f"_{part}", getattr(held, part), doubtful)
        apart = (held.above >= 0) & (held.below >= 0) & _known(block)
    _put(block, "", held.whole, doubtful)
    has = block.columns["has_approved_floor_area"].low
    block.columns["has_approved_floor_area"] = Column(*(np.where(apart, 0, has).astype(np.int8),) * 2)
    block.origins.setdefault("approval", origin(lists.approval, found.approval))


def _put(block: Block, part: str, area: Array, doubtful: Array) -> None:
    has = np.where(area >= 0, 1, np.where(doubtful, 2, 0)).astype(np.int8)
    low = np.maximum(area, 0)
    block.columns[f"has_approved_floor_area{part}"] = Column(has, has)
    block.columns[f"approved_floor_area{part}_m2"] = Column(low, np.where(doubtful, UNBOUNDED, low) if doubtful.any() else low)


def _known(block: Block) -> Array:
    """Parcels whose main houses are known above and below ground."""
    columns = [block.columns.get(f"floor_area_{part}_m2") for part in PARTS]
    known = np.full(block.size, None not in columns)
    for column in columns:
        known &= column is not None and column.low == column.high
    return known


def _approved(lists: Lists) -> _Areas:
    return _Areas(*(_held(lists.approval[f"approved_floor_area{part}_m2"]) for part in ("", "_above", "_below")))


def _held(values: pl.Series) -> Array:
    return np.where(values.is_null().to_numpy(), -1, hundredths(values, 100))


def _of_houses(lists: Lists, house: Block) -> dict[str, Column]:
    """Facts of parcels for what the survey asks: the whole, and both parts where it says anything of either."""
    frame = lists.house
    below = _held(frame["floor_area_below_m2"])
    # A house without a storey below ground has no floor there.
    below = np.where((below < 0) & (frame["storeys_below"] == 0).fill_null(False).to_numpy(), 0, below)
    areas = _Areas(_held(frame["floor_area_m2"]), _held(frame["floor_area_above_m2"]), below).filled()
    whole = np.where(areas.whole < 0, np.maximum(areas.above, 0) + np.maximum(areas.below, 0), areas.whole)
    asks = {name: asked(lists.delivery, "house", name) or frame[name].null_count() < frame.height for name in _COLUMNS}
    found: dict[str, Column] = {}
    if asks["floor_area_m2"] or (asks["floor_area_above_m2"] and asks["floor_area_below_m2"]):
        found["floor_area_m2"] = summed(lists, house, whole, np.where(areas.whole < 0, UNBOUNDED, whole))
    if asks["floor_area_above_m2"] or asks["floor_area_below_m2"] or (asks["storeys_below"] and asks["floor_area_m2"]):
        for part, own, other in (("above", areas.above, areas.below), ("below", areas.below, areas.above)):
            most = np.where((areas.whole >= 0) & (other < 0), areas.whole, UNBOUNDED)  # a part is no more than the whole
            found[f"floor_area_{part}_m2"] = summed(lists, house, np.maximum(own, 0), np.where(own < 0, most, own))
    return found


_COLUMNS = ("floor_area_m2", "floor_area_above_m2", "floor_area_below_m2", "storeys_below")


def summed(lists: Lists, house: Block, low: Array, high: Array) -> Column:
    """Sum over the main houses of each parcel (主房合计); one whose area is not known may have any.

    Args:
        lists: the linked delivery.
        house: facts of houses, with `main_building`.
        low, high: int64, least and most of each house in 0.01 m².
    """
    main = (house.columns["main_building"].low == 1) & (lists.parcel_of_house >= 0)
    rows = lists.parcel_of_house[main]
    least, most = np.zeros(lists.parcel.height, dtype=np.int64), np.zeros(lists.parcel.height, dtype=np.int64)
    np.add.at(least, rows, low[main])
    np.add.at(most, rows, np.minimum(high[main], _MANY))
    return Column(least, least if np.array_equal(least, most) else np.where(most >= _MANY, UNBOUNDED, most))
