"""Homesteads and what is planned on each (宅基地与情形): the facts before any file is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiadi.survey.sample.draw import (
    Bools,
    Floats,
    Ints,
    Words,
    between,
    distributions,
    draw_numbers,
    draw_words,
    rank_in_run,
    run_starts,
    stream,
    years,
)
from jiadi.survey.sample.places import Villages

ZONE_PLANS = (
    "on_farmland",
    "in_red_line",
    "in_river_range",
    "in_water_source",
    "in_no_build_area",
    "in_hazard_zone",
    "in_road_strip",
)
SECOND_PLANS = ("several_homesteads", "second_inherited", "old_house_not_removed")
WITHOUT_PAPERS = ("built_without_approval", "over_area_without_approval")
OVER_PLANS = ("over_area", "over_area_before_law", "over_area_without_approval")
STANDARD_M2 = {"cultivated": 125.0, "other": 140.0, "waste_hillside": 160.0}
FIRST_LAW_YEAR = 1982
LAST_YEAR = 2024


@dataclass(slots=True)
class Homesteads:
    """The homesteads of the invented county, one entry of each array a homestead (宅基地).

    Args:
        village: position of its village.
        plan: word of `distributions.yaml` `plans`, or "lawful".
        household: position of the household that holds it; an outsider has one of its own.
        primary: whether it is the household's first homestead.
        annexes: number of annexes.
        year, month: when its house was built.
        area_m2: ground area, to 0.01.
        land_class, obtained: English words of the schema.
        approved_m2: approved area. has_approval: whether an approval row is there.
        in_ledger: whether the ledger states the approved area.
        zone_year: year in which the line of its zone is drawn; 0 outside the zone plans.
        zone_dated: whether that day is known.
        road_class: class of the road for `in_road_strip`, else "".
    """

    village: Ints
    plan: Words
    household: Ints
    primary: Bools
    annexes: Ints
    year: Ints
    month: Ints
    area_m2: Floats
    land_class: Words
    obtained: Words
    approved_m2: Floats
    has_approval: Bools
    in_ledger: Bools
    zone_year: Ints
    zone_dated: Bools
    road_class: Words

    def planned(self, *plans: str) -> Bools:
        """Which homesteads have one of these plans."""
        return self.plan.is_in(*plans)


def plan_homesteads(villages: Villages, houses: int, seed: int) -> Homesteads:
    """Draw the homesteads of a county of so many houses (布置宅基地).

    Args:
        villages: where.
        houses: houses and annexes in all, exactly.
        seed: the user's seed.
    """
    annexes = _annexes(houses, seed)
    count = len(annexes)
    village = _in_villages(len(villages.code), count, seed)
    plan = _plans(village, seed)
    household, primary, plan = _holders(village, plan)
    zone_year, zone_dated, road_class = _zones(village, plan, len(villages.code), seed)
    rng = stream(seed, "homesteads")
    year = _years(rng, plan, zone_year)
    land_class = draw_words(rng, distributions()["land_class"], count)
    area, approved = _areas(rng, plan, land_class)
    has_approval, in_ledger = _papers(rng, plan, year)
    obtained = draw_words(rng, distributions()["obtained"], count)
    obtained.put(plan.is_in("second_inherited", "non_member_heir"), "inheritance")
    return Homesteads(
        village, plan, household, primary, annexes, year, rng.integers(1, 13, count), area, land_class, obtained,
        approved, has_approval, in_ledger, zone_year, zone_dated, road_class,
    )  # fmt: skip


def _annexes(houses: int, seed: int) -> Ints:
    drawn = draw_numbers(stream(seed, "annexes"), distributions()["annexes"], houses)
    total = np.cumsum(drawn + 1)
    count = int(np.searchsorted(total, houses)) + 1
    drawn = drawn[:count].copy()
    drawn[-1] -= int(total[count - 1]) - houses
    return drawn


def _in_villages(villages: int, count: int, seed: int) -> Ints:
    weights = stream(seed, "sizes").uniform(0.6, 1.6, villages)
    ends = np.round(np.cumsum(weights) / weights.sum() * count).astype(np.int64)
    return np.repeat(np.arange(villages), np.diff(ends, prepend=0))


def _plans(village: Ints, seed: int) -> Words:
    shares = dict(distributions()["plans"])
    shares = {"lawful": 1.0 - sum(shares.values()), **shares}
    plan = draw_words(stream(seed, "plans"), shares, len(village))
    # A village's first homestead is lawful, so that a second one always finds its holder before it.
    plan.put(run_starts(village), "lawful")
    return plan


def _holders(village: Ints, plan: Words) -> tuple[Ints, Bools, Words]:
    """A second homestead belongs to the last lawful household before it, and each household has two at most."""
    places = np.arange(len(village))
    holder = np.maximum.accumulate(np.where(plan.is_in("lawful"), places, 0))
    second = plan.is_in(*SECOND_PLANS)
    rows = np.flatnonzero(second)
    doubled = rows[~run_starts(holder[rows])] if len(rows) else rows
    plan.put(doubled, "lawful")
    second[doubled] = False
    household = np.cumsum(~second) - 1
    household[second] = household[holder[second]]
    return household, ~second, plan


def _zones(village: Ints, plan: Words, villages: int, seed: int) -> tuple[Ints, Bools, Words]:
    """One zone a village and kind: the year of its line, whether its day is known, the road's class."""
    rng = stream(seed, "zone years")
    figures = distributions()
    zone_year = np.zeros(len(village), dtype=np.int64)
    dated = np.ones(len(village), dtype=bool)
    road = Words(("", *figures["roads"]), np.zeros(len(village), dtype=np.int16))
    for kind in ZONE_PLANS:
        low, high = figures["designated"][kind]
        drawn = rng.integers(low, high, villages)
        known = rng.random(villages) >= figures["zone_undated"]
        classes = draw_words(rng, figures["roads"], villages)
        if kind == "in_road_strip":
            drawn = np.where(classes.is_in("village"), figures["village_road_designated"][0], drawn)
        rows = np.flatnonzero(plan.is_in(kind))
        zone_year[rows] = drawn[village[rows]]
        dated[rows] = known[village[rows]]
        if kind == "in_road_strip":
            road.codes[rows] = classes.codes[village[rows]] + 1
    return zone_year, dated, road


def _years(rng: np.random.Generator, plan: Words, zone_year: Ints) -> Ints:
    bands = distributions()["built"]
    count = len(zone_year)
    year = years(rng, bands, count)
    after_law = plan.is_in("over_area", "built_more_than_approved", "land_class_matters", *WITHOUT_PAPERS)
    year = np.where(after_law, years(rng, [band for band in bands if band[0] > FIRST_LAW_YEAR], count), year)
    year = np.where(plan.is_in("over_area_before_law"), rng.integers(1948, FIRST_LAW_YEAR, count), year)
    year = np.where(plan.is_in("over_storeys"), rng.integers(2021, LAST_YEAR + 1, count), year)
    year = np.where(plan.is_in("old_house_not_removed"), rng.integers(1955, 1999, count), year)
    timing = draw_words(rng, distributions()["zone_timing"], count)
    zoned = zone_year > 0
    later = np.floor(rng.uniform(zone_year + 1, LAST_YEAR + 1)).astype(np.int64)
    # Houses built before the line are built before any law forbade it, too.
    earlier = np.floor(rng.uniform(1983, np.minimum(np.maximum(zone_year, 1984), 2010))).astype(np.int64)
    in_zone = np.select([timing.is_in("after"), timing.is_in("before")], [later, earlier], zone_year)
    return np.where(zoned, in_zone, year).astype(np.int64)


def _areas(rng: np.random.Generator, plan: Words, land_class: Words) -> tuple[Floats, Floats]:
    """Ground areas and approved areas, at least 0.5 m² away from every limit."""
    standard = land_class.figures(STANDARD_M2)
    count = len(standard)
    area = 68.0 + (standard - 0.6 - 68.0) * rng.beta(2.0, 1.4, count)
    # Where no paper says more, an area that suits every land class is lawful whatever was there before.
    area = np.where(plan.is_in("built_without_approval"), between(rng, (68, 124.4), count), area)
    over = standard + 1.0 + np.minimum(rng.exponential(38.0, count), 150.0)
    area = np.where(plan.is_in(*OVER_PLANS), over, area)
    area = np.where(plan.is_in("land_class_matters"), between(rng, (126, 158.8), count), area)
    for limit in (125.0, 140.0, 160.0):
        area = np.where(np.abs(area - limit) < 0.6, limit + np.where(area > limit, 0.7, -0.7), area)
    area = np.round(area, 2)
    approved = np.ceil(area + 0.5)
    approved = np.where(plan.is_in("over_area"), np.round(standard * between(rng, (0.82, 1.0), count)), approved)
    less = np.floor(area - 1.0 - np.minimum(rng.exponential(12.0, count), area * 0.4))
    approved = np.where(plan.is_in("built_more_than_approved"), less, approved)
    approved = np.where(plan.is_in("land_class_matters"), 120.0, approved)
    return area, approved


def _papers(rng: np.random.Generator, plan: Words, year: Ints) -> tuple[Bools, Bools]:
    figures = distributions()
    count = len(year)
    needed = year >= FIRST_LAW_YEAR
    row = needed & (rng.random(count) < figures["approval_row"])
    ledger = np.where(needed, rng.random(count) < figures["approved_in_ledger"], rng.random(count) < 0.1)
    ledger |= needed & ~row
    none = plan.is_in(*WITHOUT_PAPERS, "over_area_before_law")
    return row & ~none, ledger & ~none


def second_of(homesteads: Homesteads) -> Ints:
    """For each homestead the position of its holder's first one (主宅位置); itself where it is the first."""
    first = np.zeros(int(homesteads.household.max()) + 1, dtype=np.int64)
    places = np.flatnonzero(homesteads.primary)
    first[homesteads.household[places]] = places
    return first[homesteads.household]


def serial_in_village(homesteads: Homesteads) -> Ints:
    """1, 2, … within each village (村内序号)."""
    return rank_in_run(homesteads.village) + 1
