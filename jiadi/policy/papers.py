"""What was approved on each parcel, and for each house (审批与批准面积)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.policy.coverage import covered_days
from jiadi.policy.grammar import UNBOUNDED, Array
from jiadi.policy.lists import Lists
from jiadi.policy.rows import marked, origin, taken
from jiadi.policy.table import Block, Column, hundredths
from jiadi.policy.vocabulary import VOCABULARY


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known of each parcel's approval (宗地审批情况). All arrays have one entry a parcel.

    Args:
        approval: int32 row of the approval that counts; -1 for none. Of several the latest with an area.
        approved: int64 its area in 0.01 m²; -1 where it has none.
        ledger: int64 the ledger's approved area; -1 where blank.
        doubtful: bool, an approval may be for this parcel.
        doubtful_most: int64 largest area of such approvals; unbounded where one is not given.
        illegible: bool, the ledger's approved area cannot be read.
        unsure_right: bool, no row of the ledger is linked: nobody knows what it would have said.
    """

    approval: Array
    approved: Array
    ledger: Array
    doubtful: Array
    doubtful_most: Array
    illegible: Array
    unsure_right: Array

    @property
    def known(self) -> Array:
        """Parcels that are known to have an approval of either kind."""
        return (self.approval >= 0) | (self.ledger > 0)


def papers(lists: Lists) -> Papers:
    """Gather approvals and the ledger's approved areas by parcel (汇集审批).

    Args:
        lists: the linked delivery.
    """
    size, right = lists.parcel.height, lists.right_of_parcel
    area = lists.approval["approved_area_m2"]
    scaled = np.where(area.is_null().to_numpy(), -1, hundredths(area, 100))
    latest = _latest(lists, scaled, size)
    most, doubtful = _doubtful(lists, scaled, size)
    ledger = taken(lists.right["approved_area_m2"], right)
    unsure = (right < 0) & (lists.right.height > 0)
    illegible = np.append(lists.unreadable("right", "approved_area_m2"), False)[right]
    return Papers(
        latest,
        np.append(scaled, -1)[latest],
        np.where(ledger.is_null().to_numpy(), -1, hundredths(ledger, 100)),
        doubtful,
        most,
        illegible,
        unsure,
    )


def _latest(lists: Lists, scaled: Array, size: int) -> Array:
    pairs = lists.pairs.of("approval_parcel", "linked")
    rows = pairs["left"].to_numpy()
    dated = pairs.with_columns(taken(lists.approval["approved_on"], rows).alias("on"), pl.Series("area", np.append(scaled, -1)[rows]))
    ranked = dated.with_columns((pl.col("area") >= 0).alias("has_area")).sort("right", "has_area", "on", "area", "left", nulls_last=False)
    last = ranked.unique("right", keep="last", maintain_order=True)
    found = np.full(size, -1, dtype=np.int32)
    found[last["right"].to_numpy()] = last["left"].to_numpy()
    return found


def _doubtful(lists: Lists, scaled: Array, size: int) -> tuple[Array, Array]:
    pairs = lists.pairs.of("approval_parcel", "doubtful")
    parcels, areas = pairs["right"].to_numpy(), np.append(scaled, -1)[pairs["left"].to_numpy()]
    most = np.zeros(size, dtype=np.int64)
    np.maximum.at(most, parcels, np.where(areas < 0, UNBOUNDED, areas))
    return most, marked(parcels, size)


def of_parcels(lists: Lists, found: Papers, block: Block) -> None:
    """Put `approved_area_m2` and `has_approved_area` of each parcel into its facts (宗地批准面积).

    The approval's area counts, else the ledger's. Without either it is nothing where the list of approvals
    covers the place and the years of building, and unknown elsewhere.
    """
    needs = VOCABULARY["parcel"]["has_approved_area"].needs
    covered = _covered(lists, block)
    sure = np.where(found.approved >= 0, found.approved, found.ledger)
    known = sure > 0
    without_area = (found.approval >= 0) & (found.approved < 0)
    has = np.where(known, 1, 0).astype(np.int8)
    reasons = (
        ("approval_coverage", ~covered),
        ("right_link", found.unsure_right),
        ("approved_area_cell", found.illegible | without_area),
        ("approval_link", found.doubtful),
    )
    for need, applies in reasons:
        has[applies & ~known] = 2 + needs.index(need)
    # An approval in doubt bounds the area only where nothing else is unknown: a ledger nobody can see may say more.
    open_ended = ~known & (~covered | found.unsure_right | found.illegible | without_area)
    low = np.where(known, sure, 0)
    high = np.where(open_ended, UNBOUNDED, low)
    high = np.where(found.doubtful & ~known & ~open_ended, np.maximum(high, found.doubtful_most), high)
    block.columns["has_approved_area"] = Column(has, has)
    block.columns["approved_area_m2"] = Column(low, low if (low == high).all() else high)
    by_approval, by_ledger = origin(lists.approval, found.approval), origin(lists.right, lists.right_of_parcel)
    first = found.approved >= 0
    block.origins["approved_area"] = (np.where(first, by_approval[0], by_ledger[0]), np.where(first, by_approval[1], by_ledger[1]))


def of_houses(lists: Lists, found: Papers, block: Block) -> None:
    """Put `has_approval` of each house into its facts (房屋有无审批).

    An approval counts that is linked to its parcel, or to its household and to no parcel.
    """
    needs = VOCABULARY["house"]["has_approval"].needs
    parcel, household = lists.parcel_of_house, lists.household_of_house
    sure, unsure = _of_households(lists)
    covered = _covered(lists, block)
    has = np.append(found.known, False)[parcel] | np.append(sure, False)[household]
    answer = has.astype(np.int8)
    reasons = (
        ("approval_coverage", ~covered),
        ("right_link", np.append(found.unsure_right, False)[parcel]),
        ("approved_area_cell", np.append(found.illegible, False)[parcel]),
        ("approval_link", np.append(found.doubtful, False)[parcel] | np.append(unsure, False)[household]),
        ("parcel_link", parcel < 0),
    )
    for need, applies in reasons:
        answer[applies & ~has] = 2 + needs.index(need)
    block.columns["has_approval"] = Column(answer, answer)
    rows = np.append(found.approval, -1)[parcel].astype(np.int32)
    block.origins["approval"] = origin(lists.approval, rows)


def _of_households(lists: Lists) -> tuple[Array, Array]:
    """Households with an approval that is for no parcel of the list: surely, and perhaps."""
    size = lists.household.height
    placed = pl.concat([lists.pairs.of("approval_parcel", state) for state in ("linked", "doubtful")])["left"]
    loose = [
        lists.pairs.of("approval_household", state).filter(~pl.col("left").is_in(placed.implode())) for state in ("linked", "doubtful")
    ]
    return marked(loose[0]["right"], size), marked(loose[1]["right"], size)


def _covered(lists: Lists, block: Block) -> Array:
    """Rows of which every day of building is covered; puts the days that are covered into the facts."""
    first, last = covered_days(lists.delivery.coverage, "approval", lists.divisions, block.division)
    block.columns["approvals_first"], block.columns["approvals_last"] = first, last
    built = block.columns["built"]
    inside: Array = (built.low >= first.low) & (built.high <= last.low)
    return inside
