"""From where on something is told (阈值): data, which a profile may replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files

import yaml

from jiadi.register.tables import Delivery


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of the checks (检查阈值); see thresholds.yaml for what each means and its unit."""

    area_differs_share: float
    area_differs_large_share: float
    parcel_overlap_m2: float
    house_crosses_m2: float
    same_shape_share: float
    spike_degrees: float
    spike_length_m: float
    sliver_width_m: float
    widest_degrees: float
    away_margin_degrees: float
    approval_lapse_years: float
    household_persons_most: float
    total_differs: float


NAMES = frozenset(one.name for one in fields(Thresholds))


@cache
def shipped() -> Thresholds:
    """The shipped thresholds (自带阈值).

    >>> shipped().area_differs_share
    0.05
    """
    return Thresholds(**yaml.safe_load(files("jiadi.survey").joinpath("thresholds.yaml").read_text(encoding="utf-8")))


def of(delivery: Delivery) -> Thresholds:
    """The thresholds with which a delivery was checked (本次阈值); the shipped ones where none were.

    >>> of(Delivery()).area_differs_share
    0.05
    """
    held = delivery.extra.get("thresholds")
    return held if isinstance(held, Thresholds) else shipped()


def given(values: Mapping[str, float]) -> Thresholds:
    """The shipped thresholds with some replaced (取阈值).

    Args:
        values: as a profile gives them; `fault` found nothing wrong with them.

    >>> given({"parcel_overlap_m2": 1.0}).parcel_overlap_m2
    1.0
    """
    return replace(shipped(), **values)


def fault(values: object) -> str:
    """What is wrong with thresholds as a profile writes them (阈值检查), "" where nothing is.

    >>> fault({"parcel_overlap_m2": 1}), fault({"parcel_overlap": 1})
    ('', 'there is no threshold parcel_overlap')
    """
    if not isinstance(values, dict):
        return "thresholds is a mapping"
    for name, value in values.items():
        if name not in NAMES:
            return f"there is no threshold {name}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
            return f"the threshold {name} is a number from 0 up, not {value}"
    return ""
