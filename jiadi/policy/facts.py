"""Facts from a linked delivery (事实汇集): columns that rules read, and where each comes from."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from jiadi.geo import measure
from jiadi.policy import beside, floors, home, homesteads, members, papers, surveyed
from jiadi.policy.coverage import covered
from jiadi.policy.grammar import Array
from jiadi.policy.lists import Lists
from jiadi.policy.rows import origin, taken
from jiadi.policy.table import UNDATED_FROM, Block, Column, Facts, answers, day, days, number, positions, words
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS
from jiadi.register.tables import Delivery, Linked

__all__ = ["Facts", "build"]

LATER_KINDS = ("scenic_core",)
"""Kinds of zones that many places do not have: a delivery that does not speak of one is not asked for its layer."""


def build(
    delivery: Delivery,
    linked: Linked,
    overlaps: pl.DataFrame | None,
    zone_overlaps: pl.DataFrame | None,
    on: date,
) -> Facts:
    """Facts of all houses, parcels and households (汇集事实).

    Args:
        delivery: checked lists with their coverage and problems.
        linked: houses, households and pairs.
        overlaps: houses × parcels; links were made from it, no fact is.
        zone_overlaps: as `geo.overlay.zone_overlaps` gives it; None where no zone was handed in.
        on: the day on which it is judged.

    Returns:
        Facts whose rows are sorted by id. What no list says is unknown; what a list that covers the place
        and time does not hold is not there.

    Law:
        Areas that are judged are geodesic, else as stated, in 0.01 m². Absence counts inside coverage only.
    """
    lists = Lists(delivery, linked, on)
    found = papers.papers(lists)
    house = _houses(lists)
    parcel = _parcels(lists, house)
    papers.of_parcels(lists, found, parcel)
    floors.of_parcels(lists, found, house, parcel)
    papers.of_houses(lists, found, house)
    members.of_parcels(lists, parcel)
    household = Block(lists.household.height, division=lists.division("household"))
    homesteads.of_households(lists, household, parcel, day(UNDATED_FROM))
    surveyed.split_of_parcels(lists, parcel, household)
    home.of_houses(lists, house)
    home.of_households(lists, household)
    zones = _zones(lists, zone_overlaps)
    return Facts(
        on,
        lists.divisions,
        {"house": house, "parcel": parcel, "household": household, "zone": zones[0]},
        {"house": lists.house["id"], "parcel": lists.parcel["id"], "household": lists.household["id"], "zone": zones[1]["id"]},
        lists.parcel_of_house,
        lists.household_of_house,
        zones[1]["house"].to_numpy().astype(np.int32),
        zones[1]["kind"].to_numpy().astype(np.int32),
        delivery.sources,
    )


def _houses(lists: Lists) -> Block:
    frame = lists.house
    block = Block(frame.height, division=lists.division("house"))
    facts = VOCABULARY["house"]
    use = frame["use"].cast(pl.String)
    storeys = frame["storeys"].cast(pl.Int64)
    drawn = np.where(frame["geometry"].is_not_null().to_numpy(), 1, 2).astype(np.int8)
    block.columns = {
        "built": built(frame, lists.on),
        "main_building": answers(~use.is_in(["annex", "public"]).fill_null(False)),
        "storeys": number(storeys, storeys, 1),
        "safety_grade": words(frame["safety_grade"], facts["safety_grade"].words),
        "vacancy": words(frame["vacancy"], facts["vacancy"].words),
        "has_footprint": Column(drawn, drawn),
        "must_be_removed": _must_be_removed(lists, block),
        **_layers(lists, block),
        **surveyed.of_houses(lists),
    }
    block.origins["house"] = origin(frame)
    block.origins["footprint"] = _drawn_in(lists, block)
    place = np.append(positions(lists.parcel, "parcel_code", lists.mentioned["parcel_code"]), -1)[lists.parcel_of_house]
    block.origins["mention"] = origin(lists.mentioned, place.astype(np.int32))
    return block


def _drawn_in(lists: Lists, block: Block) -> tuple[Array, Array]:
    """Where each house is drawn: its footprint's row, or its own where the survey itself has shapes."""
    footprint = origin(lists.footprint, positions(lists.house, "footprint_id", lists.footprint["id"]))
    drawn = block.columns["has_footprint"].low == 1
    own = drawn & (footprint[0] < 0)
    both = zip(footprint, block.origins["house"], strict=True)
    source, row = (np.where(own, of_house, of_footprint) for of_footprint, of_house in both)
    return source, row


def built(houses: pl.DataFrame, on: date) -> Column:
    """Days on which each house may have been built (建成区间): its month, its year, or any day till now.

    >>> frame = pl.DataFrame({"built_year": [1990, 1990, None], "built_month": [2, None, None]})
    >>> found = built(frame, date(2025, 6, 30))
    >>> (found.high - found.low + 1).tolist()[:2]
    [28, 365]
    """
    year, month = pl.col("built_year").cast(pl.Int32), pl.col("built_month").cast(pl.Int32)
    first = pl.date(year, month.fill_null(1), 1)
    last = pl.date(year, month.fill_null(12), 1).dt.month_end()
    ends = houses.select(first.alias("first"), last.alias("last"))
    low = ends["first"].fill_null(UNDATED_FROM)
    high = ends["last"].fill_null(on)
    column = days(low, high)
    # Nothing that stands on the day of judging was built after it.
    return Column(column.low, np.maximum(column.low, np.minimum(column.high, day(on))).astype(np.int32))


def _must_be_removed(lists: Lists, block: Block) -> Column:
    needs = VOCABULARY["house"]["must_be_removed"].needs
    parcel = lists.parcel_of_house
    named = np.append(lists.parcel_is_mentioned, False)[parcel]
    answer = named.astype(np.int8)
    reasons = (
        ("approval_coverage", ~covered(lists.delivery.coverage, "approval", lists.divisions)[block.division]),
        ("ledger_coverage", ~covered(lists.delivery.coverage, "right", lists.divisions)[block.division]),
        ("parcel_link", parcel < 0),
    )
    for need, applies in reasons:
        answer[applies & ~named] = 2 + needs.index(need)
    return Column(answer, answer)


def _layers(lists: Lists, block: Block) -> dict[str, Column]:
    """Whether each kind of zone is known where each house stands."""
    zones = lists.delivery.tables.get("zone")
    found: dict[str, Column] = {}
    for kind in ZONE_KINDS:
        if kind in LATER_KINDS and not _kind_is_asked(lists, kind):
            continue
        reach = covered(lists.delivery.coverage, "zone", lists.divisions, kind=kind, on=lists.on)
        if zones is None or not zones.filter((pl.col("zone_kind") == kind) & pl.col("geometry").is_null()).is_empty():
            # A zone whose shape is lost may lie anywhere.
            reach = np.zeros_like(reach)
        answer = np.where(reach[block.division], 1, 2).astype(np.int8)
        found[f"{kind}_layer"] = Column(answer, answer)
    return found


def _kind_is_asked(lists: Lists, kind: str) -> bool:
    """Whether a delivery speaks of a kind of zone at all: states coverage of it, or holds one."""
    zones = lists.delivery.tables.get("zone")
    stated = any(entry.table == "zone" and entry.kind == kind for entry in lists.delivery.coverage)
    return stated or (zones is not None and not zones.filter(pl.col("zone_kind") == kind).is_empty())


def _parcels(lists: Lists, house: Block) -> Block:
    frame, right = lists.parcel, lists.right_of_parcel
    block = Block(frame.height, division=lists.division("parcel"))
    facts = VOCABULARY["parcel"]
    has, built_on = _built_on(lists, house)
    block.columns = {
        "built": built_on,
        "has_main_house": Column(has, has),
        "area_m2": _areas(frame),
        "land_class": words(taken(lists.right["land_class"], right), facts["land_class"].words),
        "obtained": words(taken(lists.right["obtained"], right), facts["obtained"].words),
    }
    block.columns |= surveyed.of_parcels(lists, house)
    block.origins["parcel"] = origin(frame)
    block.origins["right"] = origin(lists.right, right)
    return block


def _areas(parcels: pl.DataFrame) -> Column:
    """The polygon's geodesic area, else the stated one, in 0.01 m²."""
    measured = measure.hundredths(measure.areas(parcels["geometry"]))
    area = pl.select(pl.coalesce(measured, measure.hundredths(parcels["stated_area_m2"]))).to_series()
    return number(area, area, 1)


def _hundredths(figures: pl.Series) -> Column:
    whole = measure.hundredths(figures)
    return number(whole, whole, 1)


def _built_on(lists: Lists, house: Block) -> tuple[Array, Column]:
    """Whether a main house is linked to each parcel, and when the earliest of them was built."""
    size = lists.parcel.height
    main = (house.columns["main_building"].low == 1) & (lists.parcel_of_house >= 0)
    rows = lists.parcel_of_house[main]
    latest = day(lists.on)
    low, high = np.full(size, latest, dtype=np.int32), np.full(size, latest, dtype=np.int32)
    np.minimum.at(low, rows, house.columns["built"].low[main])
    np.minimum.at(high, rows, house.columns["built"].high[main])
    has = np.zeros(size, dtype=np.int8)
    has[rows] = 1
    low[has == 0] = day(UNDATED_FROM)
    return has, Column(low, high)


def _zones(lists: Lists, zone_overlaps: pl.DataFrame | None) -> tuple[Block, pl.DataFrame]:
    rows = beside.rows(zone_overlaps, lists.delivery.tables.get("zone"))
    kinds = rows["zone_kind"].replace_strict(list(ZONE_KINDS), list(range(len(ZONE_KINDS))), return_dtype=pl.Int32)
    frame = rows.with_columns(pl.Series("house", positions(rows, "house_id", lists.house["id"])), kinds.alias("kind"))
    frame = frame.filter(pl.col("house") >= 0).sort("kind", "house", "id")
    block = Block(frame.height, division=np.full(frame.height, -1, dtype=np.int32))
    block.columns = {
        "zone_class": words(frame["zone_class"], VOCABULARY["zone"]["zone_class"].words),
        "overlap_m2": _hundredths(frame["overlap_m2"]),
        "distance_m": _hundredths(frame["distance_m"]),
        "designated_on": days(frame["designated_on"], frame["designated_on"]),
    }
    block.origins["zone"] = origin(frame)
    return block, frame
