"""The lists that departments would keep of the invented county (各部门清单), whole first, then with real gaps.

Every frame has the schema's columns of its list, and columns with a leading underscore that tie its
rows to the invented world: `_homestead`, `_building`, `_household`, `_person` are positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from jiadi.survey.sample.draw import Bools, Ints, Words, between, by_period, distributions, draw_words, stream
from jiadi.survey.sample.ground import Ground, draw_ground
from jiadi.survey.sample.homestead import FIRST_LAW_YEAR, LAST_YEAR, Homesteads, plan_homesteads, second_of, serial_in_village
from jiadi.survey.sample.people import People, invent_people
from jiadi.survey.sample.places import Villages, plan_villages, serials
from jiadi.survey.sample.zones import Zones, draw_zones


@dataclass(slots=True)
class World:
    """The invented county (虚构县): what is true, before anybody wrote it down."""

    county: str
    seed: int
    villages: Villages
    homesteads: Homesteads
    ground: Ground
    people: People
    zones: Zones


def invent(county: str, houses: int, seed: int) -> World:
    """Invent a county of so many houses, annexes included (造县).

    >>> world = invent("330802", 60, 1)
    >>> len(world.ground.parcel_of)
    60
    """
    villages = plan_villages(county, houses, seed)
    homesteads = plan_homesteads(villages, houses, seed)
    people = invent_people(villages, homesteads, county[:6], seed)
    ground = draw_ground(villages, homesteads, seed)
    zones = draw_zones(villages, homesteads, ground, seed)
    return World(county[:6], seed, villages, homesteads, ground, people, zones)


def write_down(world: World) -> dict[str, pl.DataFrame]:
    """The departments' lists of the county with the gaps that real ones have (成册).

    Args:
        world: the invented county.

    Returns: list name → frame with the schema's columns; null where a cell is blank.

    >>> sorted(write_down(invent("330802", 60, 1)))
    ['aid', 'approval', 'footprint', 'house', 'member', 'parcel', 'person', 'right', 'zone']
    """
    codes = _parcel_codes(world)
    house = _houses(world, codes)
    mentions, removed = _mentions(world, codes)
    lists = {
        "person": _persons(world),
        "member": _members(world),
        "parcel": _parcels(world, codes),
        "house": house,
        "footprint": _footprints(world, house),
        "right": _rights(world, codes, mentions),
        "approval": _approvals(world, codes, removed),
        "aid": _aid(world),
        "zone": _zones(world),
    }
    lists = {name: _with_gaps(name, frame, world) for name, frame in lists.items()}
    return {**lists, "footprint": _coded(lists)}


GAPS = {
    "right": {
        "parcel_code": "right_parcel_code",
        "holder_id": "right_holder_id",
        "land_class": "right_land_class",
        "obtained": "right_obtained",
    },
    "parcel": {"parcel_code": "parcel_code"},
    "house": {
        "unit_code": "unit_code",
        "house_number": "house_number",
        "built_month": "built_month",
        "built_year": "built_year",
        "storeys": "storeys",
    },
    "footprint": {"survey_code": "footprint_survey_code"},
    "member": {"id_number": "member_id"},
    "approval": {"holder_id": "approval_holder_id", "parcel_code": "approval_parcel_code"},
}
"""Columns with blank cells, and the share in `distributions.yaml` that says how many are filled."""


def _with_gaps(name: str, frame: pl.DataFrame, world: World) -> pl.DataFrame:
    rng = stream(world.seed, f"gaps of {name}")
    filled = distributions()["filled"]
    for column, share in GAPS.get(name, {}).items():
        keep = pl.Series(rng.random(frame.height) < filled[share])
        frame = frame.with_columns(pl.when(keep).then(pl.col(column)).alias(column))
    if name == "house":
        # The village is written beside the house number or not at all; no year, no month.
        frame = frame.with_columns(
            village_name=pl.when(pl.col("house_number").is_not_null()).then("village_name"),
            built_month=pl.when(pl.col("built_year").is_not_null()).then("built_month"),
        )
    if name == "right":
        matters = pl.Series(world.homesteads.planned("land_class_matters"))
        frame = frame.with_columns(land_class=pl.when(~matters).then("land_class"))
    return frame


def _texts(values: Any) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _parcel_codes(world: World) -> pl.Series:
    areas = _texts(world.villages.area_code).gather(world.homesteads.village)
    number = pl.Series(serial_in_village(world.homesteads)).cast(pl.String).str.zfill(5)
    return world.county + areas + "JC" + number


def _village(world: World, village: Ints) -> dict[str, pl.Series]:
    return {
        "village_code": _texts(world.villages.code).gather(village),
        "village_name": _texts(world.villages.name).gather(village),
    }


def _holder(world: World) -> Ints:
    """Position of the person who holds each homestead."""
    return world.people.head[world.homesteads.household]


def _stated(world: World, topic: str, area: Any) -> pl.Series:
    share = distributions()["stated_differs"]
    drawn = area * (1 + between(stream(world.seed, topic), (-share, share), len(area)))
    return pl.Series(np.round(drawn, 2))


def household_codes(world: World) -> pl.Series:
    """Household number 户号 of each household."""
    village = world.people.village[world.people.head]
    number = pl.Series(serials(np.bincount(village, minlength=len(world.villages.code)))).cast(pl.String).str.zfill(5)
    return _texts(world.villages.code).gather(village) + "H" + number


def _persons(world: World) -> pl.DataFrame:
    people = world.people
    frame = pl.DataFrame(
        {
            "household_code": household_codes(world).gather(people.household),
            "name": people.name,
            "id_number": people.number,
            "relation": people.relation.texts(),
            "valid_from": people.came_on,
            "valid_to": people.left_on,
            "died_on": people.died_on,
            "village_code": _texts(world.villages.code).gather(people.village),
            "_household": people.household,
            "_person": np.arange(len(people.household)),
        }
    )
    return frame.filter(pl.Series(people.registered))


def _members(world: World) -> pl.DataFrame:
    people = world.people
    village = _village(world, people.village)
    frame = pl.DataFrame(
        {
            "name": people.name,
            "id_number": people.number,
            "village_code": village["village_code"],
            "village_name": village["village_name"] + "股份经济合作社",
            "valid_from": people.member_from,
            "valid_to": people.member_to,
            "_person": np.arange(len(people.household)),
        }
    )
    return frame.filter(pl.Series(people.member))


def _aid(world: World) -> pl.DataFrame:
    people = world.people
    rows = np.flatnonzero(~people.aid.is_in(""))
    rng = stream(world.seed, "aid")
    since = np.datetime64("2015-01-01") + rng.integers(0, 3500, len(rows)).astype("timedelta64[D]")
    ended = np.where(rng.random(len(rows)) < 0.15, np.datetime64("2025-01-01"), np.datetime64("NaT", "D"))
    return pl.DataFrame(
        {
            "name": people.name.gather(rows),
            "id_number": people.number.gather(rows),
            "aid_kind": people.aid.take(rows).texts(),
            **_village(world, people.village[rows]),
            "valid_from": since,
            "valid_to": ended,
            "_person": rows,
        }
    )


def _parcels(world: World, codes: pl.Series) -> pl.DataFrame:
    homesteads = world.homesteads
    village = _village(world, homesteads.village)
    return pl.DataFrame(
        {
            "feature_code": pl.Series(1_000_000_001 + np.arange(len(codes))).cast(pl.String),
            "parcel_code": codes,
            "holder_name": world.people.name.gather(_holder(world)),
            "stated_area_m2": _stated(world, "stated parcel", homesteads.area_m2),
            "land_owner": pl.repeat("collective", len(codes), eager=True),
            "location": village["village_name"] + pl.Series(serial_in_village(homesteads)).cast(pl.String) + "号",
            "village_code": village["village_code"],
            "_homestead": np.arange(len(codes)),
        }
    )


def _mentions(world: World, codes: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Old homesteads named in the holder's ledger row, and those named in the approval instead."""
    homesteads = world.homesteads
    rng = stream(world.seed, "mentions")
    count = len(codes)
    old = np.flatnonzero(homesteads.planned("old_house_not_removed"))
    first = second_of(homesteads)[old]
    in_approval = homesteads.has_approval[first] & (rng.random(len(old)) < 0.4)
    # An old homestead that is gone has a code that no parcel bears any more.
    gone = homesteads.has_approval & homesteads.primary & (rng.random(count) < distributions()["removed_already"])
    gone[first] = False
    lost = codes.str.slice(0, 14) + pl.Series(70000 + np.arange(count) % 29999).cast(pl.String)
    place = np.full(count, -1)
    place[first] = old
    named = codes.gather(np.maximum(place, 0))
    spoken = pl.DataFrame({"named": named, "lost": lost, "old": place >= 0, "gone": gone, "there": _marked(count, first[in_approval])})
    chosen = spoken.select(
        ledger=pl.when(pl.col("old") & ~pl.col("there")).then("named"),
        approval=pl.when(pl.col("old") & pl.col("there")).then("named").when("gone").then("lost"),
    )
    return chosen["ledger"], chosen["approval"]


def _marked(count: int, rows: Ints) -> Bools:
    marks = np.zeros(count, dtype=bool)
    marks[rows] = True
    return marks


def _rights(world: World, codes: pl.Series, mentions: pl.Series) -> pl.DataFrame:
    homesteads, holder = world.homesteads, _holder(world)
    return pl.DataFrame(
        {
            "parcel_code": codes,
            "holder_name": world.people.name.gather(holder),
            "holder_id": world.people.number.gather(holder),
            "stated_area_m2": _stated(world, "stated ledger", homesteads.area_m2),
            "approved_area_m2": pl.Series(homesteads.approved_m2).set(pl.Series(~homesteads.in_ledger), None),
            "obtained": homesteads.obtained.texts(),
            "land_class": homesteads.land_class.texts(),
            "returned_parcel_code": mentions,
            **_village(world, homesteads.village),
            "_homestead": np.arange(len(codes)),
            "_registered": world.people.registered[holder],
            "_holder": holder,
        }
    )


def _storeys(world: World) -> Ints:
    """Storeys of each house (homesteads' order)."""
    homesteads = world.homesteads
    rng = stream(world.seed, "storeys")
    counts, place = by_period(rng, distributions()["storeys"], homesteads.year)
    drawn = np.array(counts)[place]
    return np.where(homesteads.planned("over_storeys"), rng.integers(4, 6, len(drawn)), drawn)


def _approvals(world: World, codes: pl.Series, removed: pl.Series) -> pl.DataFrame:
    homesteads, holder = world.homesteads, _holder(world)
    rows = np.flatnonzero(homesteads.has_approval)
    rng = stream(world.seed, "approvals")
    year = np.maximum(homesteads.year[rows] - rng.integers(0, 2, len(rows)), FIRST_LAW_YEAR)
    start = np.where(year == FIRST_LAW_YEAR, 60, 0)
    latest = np.where(year == homesteads.year[rows], 90, 360)
    day = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + np.floor(rng.uniform(start, latest)).astype("timedelta64[D]")
    approved, storeys = homesteads.approved_m2[rows], np.minimum(_storeys(world)[rows], 3)
    number = pl.Series(np.arange(1, len(rows) + 1)).cast(pl.String).str.zfill(6)
    return pl.DataFrame(
        {
            "approval_code": "宅批字" + world.county + "〔" + pl.Series(year).cast(pl.String) + "〕" + number + "号",
            "approved_on": day,
            "holder_name": world.people.name.gather(holder[rows]),
            "holder_id": world.people.number.gather(holder[rows]),
            "parcel_code": codes.gather(rows),
            "approved_area_m2": approved,
            "approved_floor_area_m2": np.round(approved * storeys, 0),
            "approved_storeys": storeys,
            "removed_parcel_code": removed.gather(rows),
            **_village(world, homesteads.village[rows]),
            "_homestead": rows,
        }
    )


def _surveyed(world: World) -> Bools:
    drawn = stream(world.seed, "surveyed").random(len(world.ground.parcel_of))
    return drawn < float(distributions()["filled"]["survey_row"])


def _building_years(world: World) -> tuple[Ints, Ints]:
    ground, homesteads = world.ground, world.homesteads
    rng = stream(world.seed, "building years")
    own = homesteads.year[ground.parcel_of]
    count = len(own)
    sooner, latest = distributions()["annex_years"]
    later = np.clip(own + rng.integers(sooner, latest, count), 1948, LAST_YEAR)
    return np.where(ground.is_annex, later, own), np.where(ground.is_annex, rng.integers(1, 13, count), homesteads.month[ground.parcel_of])


def _owners(world: World) -> pl.Series:
    """The head, or here and there someone else of the household."""
    homesteads, people = world.homesteads, world.people
    rng = stream(world.seed, "owners")
    household = homesteads.household[world.ground.parcel_of]
    size = people.size[household]
    other = (rng.random(len(size)) < distributions()["owner_is_other"]) & (size > 1)
    step = np.where(other, 1 + np.floor(rng.random(len(size)) * (size - 1)), 0).astype(np.int64)
    return people.name.gather(people.head[household] + step)


def _houses(world: World, codes: pl.Series) -> pl.DataFrame:
    ground, homesteads = world.ground, world.homesteads
    count = len(ground.parcel_of)
    homestead = ground.parcel_of
    village = homesteads.village[homestead]
    year, month = _building_years(world)
    storeys = np.where(ground.is_annex, 1, _storeys(world)[homestead])
    rng = stream(world.seed, "houses")
    number = pl.Series(serials(np.bincount(village, minlength=len(world.villages.code)))).cast(pl.String).str.zfill(5)
    named = _village(world, village)
    use = draw_words(rng, distributions()["use"], count)
    # What a plan needs is a dwelling; the odd shop or hall is drawn among the lawful mass.
    use.put(~homesteads.planned("lawful")[homestead] & use.is_in("public"), "residence")
    use.put(ground.is_annex, "annex")
    frame = pl.DataFrame(
        {
            "survey_code": named["village_code"] + "-" + number,
            "owner_name": _owners(world),
            "unit_code": codes.gather(homestead) + _unit_tail(world),
            "village_name": named["village_name"],
            "house_number": named["village_name"] + pl.Series(serial_in_village(homesteads)).gather(homestead).cast(pl.String) + "号",
            "built_year": year,
            "built_month": month,
            "storeys": storeys,
            "storeys_below": np.where(rng.random(count) < 0.01, 1, 0),
            "height_m": np.round(storeys * between(rng, (2.9, 3.5), count) + 0.4, 1),
            "floor_area_m2": np.round(ground.base_m2 * storeys * between(rng, (0.98, 1.02), count), 2),
            "base_area_m2": _stated(world, "stated base", ground.base_m2),
            "use": use.texts(),
            **_conditions(world, year, rng),
            "_building": np.arange(count),
            "_homestead": homestead,
            "village_code": named["village_code"],
        }
    )
    return frame.filter(pl.Series(_surveyed(world)))


def _unit_tail(world: World) -> pl.Series:
    """The last nine characters of a unit code: one house has a number, several of one holder are one unit."""
    annexes = world.homesteads.annexes[world.ground.parcel_of]
    number = pl.Series(np.arange(len(annexes)) % 9999 + 1).cast(pl.String).str.zfill(4)
    one = pl.DataFrame({"one": "F" + number + "0001", "several": annexes > 0})
    return one.select(pl.when("several").then(pl.lit("F99990001")).otherwise("one").alias("one")).to_series()


def _yes_no(answer: Bools) -> pl.Series:
    return Words(("no", "yes"), answer.astype(np.int16)).texts()


def _conditions(world: World, year: Ints, rng: np.random.Generator) -> dict[str, pl.Series]:
    """Structure, safety and the answers of the provincial survey."""
    figures, homesteads, homestead = distributions(), world.homesteads, world.ground.parcel_of
    count = len(year)
    kinds, place = by_period(rng, figures["structures"], year)
    built_of = {
        "brick_wood": "brick", "other": "earth_wood", "mixed": "brick_precast",
        "reinforced_concrete": "concrete", "steel_concrete": "concrete", "steel": "steel",
    }  # fmt: skip
    papers = (homesteads.has_approval | homesteads.in_ledger)[homestead]
    heir = homesteads.obtained.is_in("inheritance")[homestead] | (rng.random(count) < 0.03)
    return {
        "structure": Words(tuple(kinds), place).texts(),
        "inherited": _yes_no(heir),
        "vacancy": draw_words(rng, figures["vacancy"], count).texts(),
        "safety_grade": draw_words(rng, figures["safety"], count).texts(),
        "masonry": draw_words(rng, figures["masonry"], count).texts(),
        "construction": Words(tuple(built_of[word] for word in kinds), place).texts(),
        "surroundings": draw_words(rng, figures["surroundings"], count).texts(),
        "land_papers": _yes_no(papers),
        "building_papers": _yes_no(papers),
        **{name: _yes_no(rng.random(count) < share) for name, share in figures["answered_yes"].items()},
    }


def _footprints(world: World, house: pl.DataFrame) -> pl.DataFrame:
    count = len(world.ground.parcel_of)
    drawn = stream(world.seed, "footprints").random(count) < distributions()["filled"]["footprint"]
    rows = np.flatnonzero(drawn | ~_surveyed(world))
    village = world.homesteads.village[world.ground.parcel_of]
    number = pl.Series(serials(np.bincount(village, minlength=len(world.villages.code)))).cast(pl.String).str.zfill(5)
    codes = _texts(world.villages.code).gather(village) + "-" + number
    return pl.DataFrame(
        {
            "feature_code": pl.Series(2_000_000_001 + rows).cast(pl.String),
            "survey_code": codes.gather(rows),
            "_building": rows,
            "_homestead": world.ground.parcel_of[rows],
            "_surveyed": _surveyed(world)[rows],
            "_lost": np.zeros(len(rows), dtype=bool),
        }
    )


def _coded(lists: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The outlines with `_coded`: whether one that has its number leads to a parcel by codes alone."""
    coded = lists["house"].filter(pl.col("unit_code").is_not_null()).select("_building", pl.lit(True).alias("_coded"))
    known = lists["parcel"]["parcel_code"].is_not_null()
    frame = lists["footprint"].join(coded, on="_building", how="left", maintain_order="left")
    at_parcel = known.gather(frame["_homestead"])
    return frame.with_columns(pl.col("_coded").fill_null(False) & at_parcel & pl.col("survey_code").is_not_null())


def _zones(world: World) -> pl.DataFrame:
    zones = world.zones
    return pl.DataFrame(
        {
            "zone_code": zones.code,
            "zone_kind": zones.kind,
            "zone_class": [word or None for word in zones.zone_class],
            "zone_name": zones.name,
            "designated_on": pl.Series(zones.designated_on, dtype=pl.Date),
            "source": zones.source,
            "_zone": np.arange(len(zones.kind)),
        },
        schema_overrides={"zone_class": pl.String},
    )
