"""Invented facts of a county, as many as wanted: the same columns for every engine that is measured.

All numbers are whole parts (0.01 m², 0.01 m), all days are days since 1970-01-01, all words positions in the
lists below. Nothing is unknown here; `with_blanks` takes facts away, for the engine that knows unknowns.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
JUDGED_ON = date(2025, 6, 30)
COUNTY = "330802001001"

LAND_CLASSES = ("cultivated", "other", "waste_hillside")
OBTAINED = ("member", "relocation", "inheritance", "historic", "division", "resettlement", "other")
GRADES = ("A", "B", "C", "D")
VACANCY = ("in_use", "seasonal", "all_year")
ROADS = ("motorway", "national", "provincial", "county", "township", "village")
ZONES = {
    "permanent_basic_farmland": 0.02,
    "ecological_red_line": 0.01,
    "river_range": 0.02,
    "road": 0.06,
    "hazard": 0.01,
    "water_source": 0.01,
    "plan_class": 0.05,
}
"""Kind of zone → share of the houses that one of them lies beside."""
CLASSES = {"road": ROADS, "water_source": ("first", "second"), "plan_class": ("suitable", "limited", "prohibited")}

Columns = dict[str, NDArray[Any]]


def days(first: str, last: str, size: int, draw: np.random.Generator) -> NDArray[np.int32]:
    """Days between two dates, each as likely."""
    low, high = ((date.fromisoformat(text) - EPOCH).days for text in (first, last))
    return draw.integers(low, high, size, dtype=np.int32)


def words(known: tuple[str, ...], shares: tuple[float, ...], size: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Positions in a list of words."""
    return draw.choice(len(known), size, p=np.array(shares) / sum(shares)).astype(np.uint8)


def yes(share: float, size: int, draw: np.random.Generator) -> NDArray[np.bool_]:
    """Answers, of which a share is yes."""
    return draw.random(size) < share


def facts(houses: int, seed: int = 7) -> dict[str, Columns]:
    """Facts of so many houses on 7 parcels and in 6.5 households for every 10 of them.

    Returns:
        house, parcel, household and zone → name of the fact → array; `parcel` and `household` of a house and `house`
        of a zone row are positions.
    """
    draw = np.random.default_rng(seed)
    parcels, households = houses * 7 // 10, houses * 13 // 20
    on_parcel = draw.integers(0, parcels, houses, dtype=np.int32)
    built = days("1965-01-01", "2025-06-01", houses, draw)
    of_parcel = np.full(parcels, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(of_parcel, on_parcel, built)
    house = {
        "parcel": on_parcel,
        "household": (on_parcel.astype(np.int64) * households // parcels).astype(np.int32),
        "built": built,
        "main_building": yes(0.75, houses, draw),
        "storeys": draw.choice(np.arange(1, 6), houses, p=[0.2, 0.3, 0.4, 0.08, 0.02]).astype(np.int64),
        "safety_grade": words(GRADES, (70, 20, 7, 3), houses, draw),
        "vacancy": words(VACANCY, (80, 12, 8), houses, draw),
        "has_approval": yes(0.85, houses, draw),
        "must_be_removed": yes(0.02, houses, draw),
    }
    return {
        "house": house,
        "parcel": _parcels(parcels, of_parcel, draw),
        "household": _households(households, draw),
        "zone": _zones(houses, draw),
    }


def _parcels(size: int, built: NDArray[np.int32], draw: np.random.Generator) -> Columns:
    has_house = built < np.iinfo(np.int32).max
    has_approved_area = yes(0.7, size, draw)
    return {
        "built": np.where(has_house, built, 0).astype(np.int32),
        "has_main_house": has_house,
        "area_m2": draw.integers(4_000, 16_500, size, dtype=np.int64),
        "land_class": words(LAND_CLASSES, (4, 5, 1), size, draw),
        "approved_area_m2": draw.integers(9_000, 18_000, size, dtype=np.int64) * has_approved_area,
        "has_approved_area": has_approved_area,
        "obtained": words(OBTAINED, (70, 4, 12, 5, 5, 3, 1), size, draw),
        "holder_is_member": yes(0.96, size, draw),
    }


def _households(size: int, draw: np.random.Generator) -> Columns:
    homesteads = draw.choice([0, 1, 2, 3], size, p=[0.05, 0.87, 0.07, 0.01]).astype(np.int64)
    inherited = np.minimum(homesteads, draw.choice([0, 1], size, p=[0.95, 0.05]))
    return {
        "built": days("1965-01-01", "2025-06-01", size, draw),
        "homesteads": homesteads,
        "homesteads_counted": homesteads - inherited,
        "persons_living": draw.choice(np.arange(8), size, p=[0.01, 0.12, 0.22, 0.25, 0.22, 0.12, 0.04, 0.02]).astype(np.int64),
    }


def _zones(houses: int, draw: np.random.Generator) -> Columns:
    """At most one zone of a kind beside a house; rows sorted by kind, then house."""
    parts: list[Columns] = []
    for number, (kind, share) in enumerate(ZONES.items()):
        beside = np.flatnonzero(draw.random(houses) < share).astype(np.int32)
        known = CLASSES.get(kind, ("",))
        is_road = kind == "road"
        parts.append(
            {
                "house": beside,
                "kind": np.full(len(beside), number, dtype=np.uint8),
                "zone_class": words(known, (1,) * len(known), len(beside), draw),
                "overlap_m2": np.zeros(len(beside), dtype=np.int64) if is_road else draw.integers(0, 9_000, len(beside), dtype=np.int64),
                "distance_m": draw.integers(0, 4_000, len(beside), dtype=np.int64) * is_road,
                "designated_on": days("1990-01-01", "2022-01-01", len(beside), draw),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
