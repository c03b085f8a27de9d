"""Little invented counties for properties: facts of a few houses, some of them not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from jiadi.law import LawSet, load
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import ZONE_KINDS

LAW: LawSet = load("quzhou")
ON = date(2025, 6, 30)
BORDERS = sorted({day for edge in LAW.breakpoints for day in (edge - timedelta(days=1), edge)} | {date(1950, 1, 1), date(2024, 5, 1)})
PLACES = ("330802001001", "330102001001", "340102001001")
AREAS = (4_000, 9_999, 10_000, 12_499, 12_500, 12_501, 14_000, 14_001, 16_000, 16_001, 30_000)
ROADS = ("motorway", "national", "provincial", "county", "township", "village")
CLASSES = {"water_source": ("first", "second"), "plan_class": ("suitable", "limited", "prohibited"), "road": ROADS}

ANSWERS = ("in_style", "derelict", "at_approved_place", "hollow_slab", "no_ties", "storeys_added")
HERITAGE = ("protected_site", "registered_relic", "historic_building", "traditional", "not_heritage")

Row = dict[str, Any]


@st.composite
def built(draw: st.DrawFn) -> tuple[date, date]:
    """First and last day of building: one day, a year, or any time."""
    day = draw(st.sampled_from(BORDERS))
    kind = draw(st.sampled_from(("day", "day", "day", "year", "any")))
    if kind == "day":
        return day, day
    return (date(day.year, 1, 1), date(day.year, 12, 31)) if kind == "year" else (date(1900, 1, 1), ON)


def maybe(values: st.SearchStrategy[Any], clear: bool) -> st.SearchStrategy[Any]:
    """A value, or None where it is not known; where all is clear, a value."""
    return values if clear else st.one_of(values, values, values, st.none())


def _place(draw: st.DrawFn) -> str:
    return draw(st.sampled_from((*PLACES[:1] * 3, *PLACES)))


@st.composite
def house(draw: st.DrawFn, name: str) -> Row:
    """One house; half of them are known in full, so that every verdict occurs."""
    clear = draw(st.booleans())
    seen = st.just(True) if clear else st.sampled_from((True, True, True, None))
    return {
        "id": name,
        "division_code": _place(draw),
        "parcel_id": draw(st.sampled_from(("p1", "p2", None))),
        "household_id": draw(st.sampled_from(("f1", "f2", None))),
        "built": draw(built()),
        "main_building": draw(st.booleans()),
        "storeys": draw(maybe(st.integers(1, 5), clear)),
        "safety_grade": draw(maybe(st.sampled_from("ABCD"), clear)),
        "vacancy": draw(maybe(st.sampled_from(("in_use", "seasonal", "all_year")), clear)),
        "has_approval": draw(maybe(st.booleans(), clear)),
        "must_be_removed": draw(maybe(st.booleans(), clear)),
        "has_footprint": draw(seen),
        **{f"{kind}_layer": draw(seen) for kind in ZONE_KINDS},
        "eaves_height_m": draw(maybe(st.sampled_from((900, 1_000, 1_001)), clear)),
        "open_floor_m": draw(maybe(st.sampled_from((0, 220, 221)), clear)),
        "fence_height_m": draw(maybe(st.sampled_from((100, 150, 151)), clear)),
        "fence_kind": draw(maybe(st.sampled_from(("open", "hedge", "wall", "no_fence")), clear)),
        "facade": draw(maybe(st.sampled_from(("finished", "bare", "partly")), clear)),
        "heritage_status": draw(maybe(st.sampled_from(HERITAGE), clear)),
        "masonry": draw(maybe(st.sampled_from(("hollow", "solid")), clear)),
        "construction": draw(maybe(st.sampled_from(("brick_precast", "brick")), clear)),
        **{name: draw(maybe(st.booleans(), clear)) for name in ANSWERS},
    }


@st.composite
def parcel(draw: st.DrawFn, name: str) -> Row:
    """One parcel; an approved area of 0 is known not to be there."""
    clear = draw(st.booleans())
    return {
        "id": name,
        "division_code": _place(draw),
        "built": draw(built()),
        "has_main_house": draw(st.sampled_from((True, True, False))),
        "area_m2": draw(maybe(st.sampled_from(AREAS), clear)),
        "land_class": draw(maybe(st.sampled_from(("cultivated", "other", "waste_hillside")), clear)),
        "approved_area_m2": draw(maybe(st.sampled_from((0, 9_999, 10_000, 12_501)), clear)),
        **{
            name: draw(maybe(st.sampled_from((-1, 20_000, 24_000) if "approved" in name else (20_000, 24_000, 24_001)), clear))
            for name in FLOORS
        },
        "obtained": draw(maybe(st.sampled_from(("member", "inheritance", "other")), clear)),
        "holder_is_member": draw(maybe(st.booleans(), clear)),
    }


@st.composite
def household(draw: st.DrawFn, name: str) -> Row:
    """One household; figures are (least, most)."""
    own = draw(st.integers(0, 3))
    return {
        "id": name,
        "division_code": _place(draw),
        "built": draw(built()),
        "counted": (own, own + draw(st.sampled_from((0, 0, 1)))),
        "inherited": draw(st.integers(0, 1)),
        "living": draw(st.sampled_from(((0, 0), (0, 2), (1, 1), (3, 3)))),
    }


@st.composite
def zone(draw: st.DrawFn, name: str, houses: int) -> Row:
    """One zone beside one house."""
    kind = draw(st.sampled_from(ZONE_KINDS))
    is_road, clear = kind == "road", draw(st.booleans())
    return {
        "id": name,
        "house_id": f"h{draw(st.integers(0, houses - 1))}",
        "zone_kind": kind,
        "zone_class": draw(maybe(st.sampled_from(CLASSES[kind]), clear)) if kind in CLASSES else None,
        "overlap_m2": None if is_road else draw(st.sampled_from((50, 100, 101, 5_000))),
        "distance_m": draw(st.sampled_from((0, 299, 300, 999, 1_000, 3_001))) if is_road else None,
        "designated_on": draw(maybe(st.sampled_from(BORDERS), clear)),
    }


@st.composite
def county(draw: st.DrawFn) -> dict[str, list[Row]]:
    """A few houses on two parcels of two households, and zones beside them."""
    houses = draw(st.integers(1, 4))
    return {
        "house": [draw(house(f"h{number}")) for number in range(houses)],
        "parcel": [draw(parcel(name)) for name in ("p1", "p2")],
        "household": [draw(household(name)) for name in ("f1", "f2")],
        "zone": [draw(zone(f"z{number}", houses)) for number in range(draw(st.integers(0, 6)))],
    }


FLOORS = tuple(f"{approved}floor_area{part}_m2" for part in ("", "_above", "_below") for approved in ("", "approved_"))
SCALED = (
    "area_m2",
    "approved_area_m2",
    *FLOORS,
    "overlap_m2",
    "distance_m",
    "eaves_height_m",
    "open_floor_m",
    "fence_height_m",
)
_TRUTHS = (
    *ANSWERS,
    *(name.removesuffix("_m2").replace("approved", "has_approved") for name in FLOORS if "approved" in name),
    "main_building",
    "has_approval",
    "must_be_removed",
    "has_footprint",
    "has_main_house",
    "holder_is_member",
    "has_approved_area",
)
_DATES = ("built_first", "built_last", "designated_on")


def _plain(row: Row) -> Row:
    held = {name: value for name, value in row.items() if name not in ("built", "counted", "inherited", "living")}
    if "built" in row:
        held["built_first"], held["built_last"] = row["built"]
    if "counted" in row:
        held["homesteads_counted_low"], held["homesteads_counted_high"] = row["counted"]
        held["homesteads_low"], held["homesteads_high"] = (number + row["inherited"] for number in row["counted"])
        held["persons_living_low"], held["persons_living_high"] = row["living"]
    if "approved_area_m2" in row:
        held["has_approved_area"] = None if row["approved_area_m2"] is None else row["approved_area_m2"] > 0
    for name in FLOORS if "area_m2" in row else ():
        if "approved" in name:  # below 0: no approval names it
            held[name.removesuffix("_m2").replace("approved", "has_approved")] = None if row[name] is None else row[name] >= 0
    for name in SCALED:
        if held.get(name) is not None:
            held[name] = held[name] / 100
    return held


def _kind(name: str) -> pl.DataType:
    if name in _TRUTHS or name.endswith("_layer"):
        return pl.Boolean()
    if name in _DATES:
        return pl.Date()
    if name in SCALED:
        return pl.Float64()
    return pl.Int64() if name == "storeys" or name.endswith(("_low", "_high")) else pl.String()


def facts(given: Mapping[str, list[Row]]) -> Facts:
    """The engine's facts of a county."""
    frames = {}
    for subject, rows in given.items():
        plain = [_plain(row) for row in rows]
        if plain:
            frames[subject] = pl.DataFrame(plain, schema={name: _kind(name) for name in plain[0]})
    return Facts.from_frames(ON, frames)
