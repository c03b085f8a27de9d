"""Where the invented villages lie (村庄位置): real divisions, invented positions along invented valleys."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from pyproj import Proj, Transformer

from jiadi.codes import division as divisions
from jiadi.errors import Refusal
from jiadi.survey.sample.draw import Floats, Ints, between, distributions, stream

ZONE_BORDER_DEG = 118.5


@dataclass(frozen=True, slots=True)
class Plane:
    """The projected plane of the county's parcels (投影坐标系): 3-degree Gauss–Krüger with zone prefix.

    Args:
        epsg: 4527 (zone 39) or 4528 (zone 40).
    """

    epsg: int

    def to_degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Easting and northing in metres → longitude and latitude."""
        lon, lat = Transformer.from_crs(self.epsg, 4490, always_xy=True).transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def from_degrees(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude → easting and northing in metres."""
        x, y = Transformer.from_crs(4490, self.epsg, always_xy=True).transform(lon, lat)
        return np.asarray(x), np.asarray(y)

    def scale(self, lon: Floats, lat: Floats) -> Floats:
        """Length in the plane of one metre on the ground (长度比)."""
        middle = {4527: 117, 4528: 120}[self.epsg]
        factors = Proj(f"+proj=tmerc +lon_0={middle} +ellps=GRS80 +k=1 +x_0=500000").get_factors(lon, lat)
        return np.asarray(factors.meridional_scale)


@dataclass(frozen=True, slots=True)
class Villages:
    """The villages of the sample (村), one entry of each array a village, in the order of their codes.

    Args:
        plane: the county's plane.
        code: 12-digit code. name: short name, unique.
        x, y: where the first homestead of the first row stands, in the plane.
        turn: direction of the rows, radians from east.
        scale: length in the plane of one metre on the ground.
        area_code: the 3 + 3 digits of cadastral area and sub-area.
        bend, reach: how far lanes swing out, and over which length, metres.
    """

    plane: Plane
    code: list[str]
    name: list[str]
    x: Floats
    y: Floats
    turn: Floats
    scale: Floats
    area_code: list[str]
    bend: Floats
    reach: Floats

    def swing(self, village: Ints, x: Floats) -> tuple[Floats, Floats]:
        """How far a village's lanes swing aside at some x of its frame (弯道), and their slope there."""
        turn = x / self.reach[village]
        return self.bend[village] * np.sin(turn), self.bend[village] / self.reach[village] * np.cos(turn)


def plan_villages(county: str, houses: int, seed: int) -> Villages:
    """Choose the county's villages and lay them along invented valleys (选村布点).

    Args:
        county: code of a county, 6 or 12 digits.
        houses: houses wanted; decides how many villages there are, and how far apart.
        seed: the user's seed.

    Raises:
        Refusal: the county has no figures in `distributions.yaml`.

    >>> plan_villages("330802", 200, 1).code[0][:6]
    '330802'
    """
    county = divisions.pad(county)[:6]
    figures = distributions()["counties"].get(county)
    if figures is None:
        known = "、".join(distributions()["counties"])
        raise Refusal("no_such_county", f"{county} 没有示例数据 · no sample for {county}.", f"可选 · choose one of {known}.")
    chosen = _choose(county, houses, seed)
    plane = Plane(4528 if figures["longitude"] > ZONE_BORDER_DEG else 4527)
    spacing = _spacing(houses / len(chosen))
    x, y, turn = _lay_out(figures, plane, len(chosen), spacing, seed)
    lon, lat = plane.to_degrees(x, y)
    codes, names = [code for code, _ in chosen], [name for _, name in chosen]
    rng, figures = stream(seed, "bends"), distributions()["village"]
    bend, reach = (between(rng, figures[name], len(codes)) for name in ("bend_m", "reach_m"))
    bend *= rng.choice([-1.0, 1.0], len(codes))
    return Villages(plane, codes, names, x, y, turn, plane.scale(lon, lat), _cadastral_areas(codes), bend, reach)


def _cadastral_areas(codes: list[str]) -> list[str]:
    """Three digits for the township and three for the village: cadastral area and sub-area."""
    townships = {township: place for place, township in enumerate(sorted({code[:9] for code in codes}), start=1)}
    serial: dict[str, int] = {}
    out = []
    for code in codes:
        serial[code[:9]] = serial.get(code[:9], 0) + 1
        out.append(f"{townships[code[:9]]:03d}{serial[code[:9]]:03d}")
    return out


def _choose(county: str, houses: int, seed: int) -> list[tuple[str, str]]:
    figures = distributions()["village"]
    every = [(row.code, row.name) for row in divisions.table().values() if row.level == "village" and row.code[:6] == county]
    rural = [(code, short_name(name)) for code, name in every if "村" in name]
    wanted = max(min(figures["least_villages"], max(1, houses // 40)), round(houses / figures["houses"]))
    order = stream(seed, "villages").permutation(len(rural))
    taken = sorted(rural[place] for place in order[: min(wanted, len(rural))])
    seen: dict[str, int] = {}
    for _, name in taken:
        seen[name] = seen.get(name, 0) + 1
    # Two villages of one name are told apart by their township, as departments do.
    return [(code, name if seen[name] == 1 else f"{divisions.name(code[:9])}{name}") for code, name in taken]


def short_name(name: str) -> str:
    """A village's name without the word for its committee (村名).

    >>> short_name("戴家村委会"), short_name("余东村民委员会")
    ('戴家村', '余东村')
    """
    return re.sub(r"村民?委(员)?会$", "村", name)


def _spacing(houses: float) -> float:
    # A block of homesteads is about as deep as wide; zones and roads lie around it.
    return 2.4 * float(np.sqrt(houses * 1.05 * 13 * 26)) + 1000.0


def _lay_out(figures: dict[str, float], plane: Plane, count: int, spacing: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """Points of a lattice that lie nearest to the valleys, so that villages line up and none meets another."""
    rng = stream(seed, "valleys")
    lines = _valleys(rng, figures)
    east, north = figures["half_east_km"] * 1000.0, figures["half_north_km"] * 1000.0
    room = np.pi * east * north / spacing**2
    grow = max(1.0, float(np.sqrt(1.6 * count / room)))
    steps = np.arange(-int(max(east, north) * grow / spacing) - 2, int(max(east, north) * grow / spacing) + 3)
    across = steps.astype(np.float64) * spacing
    gx, gy = (part.ravel() for part in np.meshgrid(across, across))
    inside = (gx / (east * grow)) ** 2 + (gy / (north * grow)) ** 2 <= 1.05
    gx, gy = gx[inside], gy[inside]
    distance, turn = _nearest(gx / grow, gy / grow, lines)
    best = np.sort(np.argsort(distance + rng.uniform(0, 900, len(gx)), kind="stable")[:count])
    # Neighbouring villages belong to one township: they are handed out by direction from the middle.
    around = best[np.argsort(np.arctan2(gy[best], gx[best]), kind="stable")]
    cx, cy = plane.from_degrees(np.array([figures["longitude"]]), np.array([figures["latitude"]]))
    shake = rng.uniform(-0.02, 0.02, (2, len(around))) * spacing
    return cx[0] + gx[around] + shake[0], cy[0] + gy[around] + shake[1], turn[around]


def _valleys(rng: np.random.Generator, figures: dict[str, float]) -> Floats:
    """(segments, 4) ends of the valleys' pieces around the middle, metres."""
    counts = distributions()["valleys"]
    pieces = []
    for number in range(counts["count"]):
        heading = 2 * np.pi * number / counts["count"] + rng.uniform(-0.3, 0.3)
        at = np.zeros(2)
        for _ in range(counts["bends"]):
            heading += np.radians(rng.uniform(-counts["turn_deg"], counts["turn_deg"]))
            reach = np.array([figures["half_east_km"], figures["half_north_km"]]) * 1000.0 / counts["bends"]
            following = at + reach * np.array([np.cos(heading), np.sin(heading)])
            pieces.append(np.concatenate([at, following]))
            at = following
    return np.array(pieces)


def _nearest(x: Floats, y: Floats, lines: Floats) -> tuple[Floats, Floats]:
    """Distance to the nearest valley, and its direction."""
    start, end = lines[:, :2], lines[:, 2:]
    along = end - start
    points = np.stack([x, y], axis=1)[:, None, :]
    share = np.clip(((points - start) * along).sum(axis=2) / (along**2).sum(axis=1), 0, 1)
    distance = np.linalg.norm(points - (start + share[..., None] * along), axis=2)
    nearest = distance.argmin(axis=1)
    turn = np.arctan2(along[nearest, 1], along[nearest, 0])
    return distance.min(axis=1), turn


def serials(counts: Ints) -> Ints:
    """1, 2, … for each village in turn (序号).

    >>> serials(np.array([2, 1])).tolist()
    [1, 2, 1]
    """
    ends = np.cumsum(counts)
    return np.arange(int(counts.sum())) - np.repeat(ends - counts, counts) + 1
