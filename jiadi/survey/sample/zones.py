"""Zones of the invented county (管控区): farmland, red lines, rivers, roads, hazards, water sources, plan classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from jiadi.survey.sample.draw import Floats, distributions, stream
from jiadi.survey.sample.ground import NEXT_ROW_M, ROAD_Y_M, Ground
from jiadi.survey.sample.homestead import ZONE_PLANS, Homesteads
from jiadi.survey.sample.places import Villages

KINDS = {
    "on_farmland": ("permanent_basic_farmland", "", "永农"),
    "in_red_line": ("ecological_red_line", "", "红线"),
    "in_river_range": ("river_range", "", "河"),
    "in_water_source": ("water_source", "first", "水源"),
    "in_no_build_area": ("plan_class", "prohibited", "规划"),
    "in_hazard_zone": ("hazard", "", "地灾"),
    "in_road_strip": ("road", "", "路"),
}
LAYERS = {
    "permanent_basic_farmland": "永久基本农田",
    "ecological_red_line": "生态保护红线",
    "river_range": "河道管理范围",
    "road": "公路",
    "hazard": "地质灾害危险区",
    "water_source": "饮用水水源保护区",
    "plan_class": "农房建设分区",
}
SOURCES = {
    "permanent_basic_farmland": "永久基本农田划定成果",
    "ecological_red_line": "生态保护红线划定成果",
    "river_range": "河道管理范围划界公告",
    "road": "公路用地确权资料",
    "hazard": "地质灾害风险调查",
    "water_source": "饮用水水源保护区划分方案",
    "plan_class": "农村住房建设分区图",
}
_HALF_ROW_M = 3.0


@dataclass(slots=True)
class Zones:
    """Zones, one entry of each list a polygon (图斑).

    Args:
        kind, zone_class: English words of the schema, "" where a kind has no classes.
        code, name, source: text.
        designated_on: None where the day is not known.
        ring: closed rings in the county's plane, (n, 2).
        village: position of the village it lies at.
    """

    kind: list[str] = field(default_factory=list)
    zone_class: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    designated_on: list[date | None] = field(default_factory=list)
    ring: list[Floats] = field(default_factory=list)
    village: list[int] = field(default_factory=list)


def draw_zones(villages: Villages, homesteads: Homesteads, ground: Ground, seed: int) -> Zones:
    """Draw the zones that hold what was planted, and others in open land (划区).

    A planted zone covers the row of its homesteads and runs out into open land; the others touch no house.
    """
    rng = stream(seed, "zones")
    zones = Zones()
    for kind, plan in enumerate(ZONE_PLANS):
        rows = np.flatnonzero(ground.special == kind)
        starts = np.flatnonzero(np.diff(homesteads.village[rows], prepend=-1))
        for group in np.split(rows, starts[1:]) if len(rows) else []:
            _planted(zones, villages, homesteads, ground, plan, group, rng)
    for village in range(len(villages.code)):
        _open_land(zones, villages, ground, village, rng)
    return zones


def _planted(
    zones: Zones, villages: Villages, homesteads: Homesteads, ground: Ground, plan: str, group: np.ndarray, rng: np.random.Generator
) -> None:
    first = group[0]
    kind, zone_class, _ = KINDS[plan]
    year = int(homesteads.zone_year[first])
    day = date(year, int(rng.integers(3, 11)), int(rng.integers(1, 28)))
    right = float(ground.x1[group].max())
    if plan == "in_road_strip":
        zone_class = homesteads.road_class.vocabulary[homesteads.road_class.codes[first]]
        width = distributions()["road_widths_m"][zone_class]
        corners = _band(-150.0, right + 150.0, ROAD_Y_M - width, ROAD_Y_M)
    else:
        low = float(ground.row[first]) * NEXT_ROW_M
        half = rng.random() < distributions()["zone_half"]
        corners = _jagged_left(rng, right + 0.4, low - 2.0, low + (_HALF_ROW_M if half else 22.5))
    _add(zones, villages, int(homesteads.village[first]), kind, zone_class, day if homesteads.zone_dated[first] else None, corners)


def _band(left: float, right: float, low: float, high: float) -> Floats:
    return np.array([(left, low), (right, low), (right, high), (left, high)])


def _jagged_left(rng: np.random.Generator, right: float, low: float, high: float) -> Floats:
    """A band whose left end, in open land, has an outline as fields have."""
    outline = [(-25.0 - rng.uniform(0, 35), high + (low - high) * share) for share in np.linspace(0, 1, 6)[1:-1]]
    return np.array([(-20.0, low), (right, low), (right, high), (-20.0, high), *outline])


def _blob(rng: np.random.Generator, left: float, right: float, low: float, high: float, corners: int = 24) -> Floats:
    """An irregular outline within a box."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = rng.uniform(0.7, 1.0, corners)
    x = (left + right) / 2 + (right - left) / 2 * reach * np.cos(angle)
    y = (low + high) / 2 + (high - low) / 2 * reach * np.sin(angle)
    return np.stack([x, y], axis=1)


def _river(rng: np.random.Generator, width: float) -> Floats:
    x = np.linspace(-220.0, width + 220.0, 30)
    y = -150.0 + 12.0 * np.sin(x / 70.0 + rng.uniform(0, 6))
    lower = np.stack([x, y - rng.uniform(16, 30)], axis=1)
    return np.concatenate([lower, np.stack([x, y], axis=1)[::-1]])


def _open_land(zones: Zones, villages: Villages, ground: Ground, village: int, rng: np.random.Generator) -> None:
    width = float(ground.block_width[village])
    high = float(ground.block_rows[village]) * NEXT_ROW_M
    day = date(int(rng.integers(2002, 2017)), int(rng.integers(1, 13)), int(rng.integers(1, 28)))
    later = date(int(rng.integers(2021, 2023)), 6, 1)

    def add(kind: str, zone_class: str, on: date, corners: Floats) -> None:
        _add(zones, villages, village, kind, zone_class, on, corners)

    add("permanent_basic_farmland", "", day, _blob(rng, width + 25, width + 165, -20, high * 0.55))
    add("permanent_basic_farmland", "", day, _blob(rng, width + 25, width + 150, high * 0.45, high + 60))
    add("ecological_red_line", "", later, _blob(rng, width + 190, width + 330, 0, high + 120, 60))
    add("river_range", "", date(2016, 5, 1), _river(rng, width))
    add("road", "county", date(2012, 3, 1), _band(-100, -92, -60, high + 380))
    add("hazard", "", date(2015, 4, 1), _blob(rng, -150, -120, high * 0.4, high * 0.4 + 30, 12))
    if rng.random() < 0.2:
        add("water_source", "first", date(2014, 9, 1), _blob(rng, -300, -240, 0, 80))
        add("water_source", "second", date(2014, 9, 1), _blob(rng, -330, -170, 90, 190))
    add("plan_class", "suitable", later, _band(-8, width + 8, -8, high - 3.0))
    add("plan_class", "limited", later, _blob(rng, width + 20, width + 180, -130, -40))


_STEP_M = 8.0


def _densified(ring: Floats) -> Floats:
    """A closed outline with corners every few metres, so that it can follow a bent lane."""
    step = np.diff(ring, axis=0)
    pieces = np.maximum(1, np.ceil(np.hypot(step[:, 0], step[:, 1]) / _STEP_M)).astype(np.int64)
    share = np.concatenate([np.arange(count) / count for count in pieces])
    at = np.repeat(np.arange(len(pieces)), pieces)
    return np.concatenate([ring[at] + share[:, None] * step[at], ring[-1:]])


def _add(zones: Zones, villages: Villages, village: int, kind: str, zone_class: str, on: date | None, corners: Floats) -> None:
    cos, sin = np.cos(villages.turn[village]), np.sin(villages.turn[village])
    outline = _densified(np.concatenate([corners, corners[:1]]))
    aside, _ = villages.swing(np.full(len(outline), village), outline[:, 0])
    outline = np.stack([outline[:, 0], outline[:, 1] + aside], axis=1)
    turned = outline @ np.array([[cos, sin], [-sin, cos]]) * villages.scale[village]
    ring = turned + [villages.x[village], villages.y[village]]
    number = len(zones.kind) + 1
    zones.kind.append(kind)
    zones.zone_class.append(zone_class)
    zones.code.append(f"{villages.code[village][:6]}{list(LAYERS).index(kind) + 1:02d}{number:06d}")
    zones.name.append(f"{villages.name[village]}{LAYERS[kind]}{number}")
    zones.source.append(SOURCES[kind])
    zones.designated_on.append(on)
    zones.ring.append(ring)
    zones.village.append(village)
