"""The rules of Quzhou once more, as an OpenFisca tax and benefit system. Runs in an environment of its own.

    PYTHON_WITH_OPENFISCA bench/openfisca_rules.py FACTS.npz --repeat 5 --style documented

Prints JSON: seconds of each repetition, verdicts, findings. OpenFisca knows no unknowns, so neither do these facts.
Two styles. `documented` keeps the law as OpenFisca's own data: what a figure is for a class or on a day of building
is looked up by its fancy indexing, as its documentation teaches (the names of a class; before_… and after_… for days).
`by_hand` writes classes and days into the formulas with numpy.select: the fastest that we found, but there the law is
code, and to change the law is to change code.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from openfisca_core.entities import Entity, GroupEntity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD = "2025-06"
START = "1900-01-01"
NONE, REGULARISE, HISTORIC, UNLAWFUL, HARMLESS = 0, 1, 2, 3, -1
"""What a finding comes to; NONE is no finding. The larger number decides a verdict, HARMLESS does not."""

House = Entity("house", "houses", "A house", "")
Parcel = GroupEntity("parcel", "parcels", "A parcel", "", roles=[{"key": "on_it", "plural": "all_on_it"}])
Household = GroupEntity("household", "households", "A household", "", roles=[{"key": "of_it", "plural": "all_of_it"}])
ENTITIES = {"house": House, "parcel": Parcel, "household": Household}


class LandClass(Enum):
    """Land before building."""

    cultivated = "cultivated"
    other = "other"
    waste_hillside = "waste_hillside"


class RoadClass(Enum):
    """Class of the road beside a house."""

    none = "none"
    motorway = "motorway"
    national = "national"
    provincial = "provincial"
    county = "county"
    township = "township"
    village = "village"


def leaf(value: float) -> dict[str, Any]:
    """A figure that holds from the start."""
    return {"values": {START: {"value": value}}}


FIGURES = {
    "overlap_tolerance": leaf(100),
    "homesteads_max": leaf(1),
    "storeys_max": leaf(3),
    "standard": {"cultivated": leaf(12_500), "other": leaf(14_000), "waste_hillside": leaf(16_000)},
    "road_strip": {
        "none": leaf(0),
        "motorway": leaf(3_000),
        "national": leaf(2_000),
        "provincial": leaf(1_500),
        "county": leaf(1_000),
        "township": leaf(500),
        "village": leaf(300),
    },
    "road_strip_since": {
        name: leaf(float(np.datetime64("2020-09-01" if name == "village" else "2011-07-01").astype(int))) for name in RoadClass.__members__
    },
}
BANS = {
    "permanent_basic_farmland": "1999-01-01",
    "ecological_red_line": "2020-01-01",
    "river_range": "1988-06-10",
    "water_source": "2012-01-01",
    "hazard": "2021-01-01",
    "plan_class": "2021-01-01",
}
FINDINGS = {
    "on_farmland": "permanent_basic_farmland",
    "in_red_line": "ecological_red_line",
    "in_river_range": "river_range",
    "in_water_source": "water_source",
    "in_hazard_zone": "hazard",
    "in_no_build_area": "plan_class",
}

PERIODS = {"1982-02-13": HISTORIC, "1987-01-01": REGULARISE, "2020-01-01": UNLAWFUL}


def by_day(steps: dict[str, float]) -> dict[str, Any]:
    """A figure by day, in the form in which OpenFisca looks it up for each row; 0 before the first day."""
    days = list(steps)
    after = {f"after_{day.replace('-', '_')}": leaf(value) for day, value in steps.items()}
    return {f"before_{days[0].replace('-', '_')}": leaf(0), **after}


FIGURES |= {
    "period_effect": by_day(dict(PERIODS)),
    "several_effect": {"before_1999_01_01": leaf(HISTORIC), "after_1999_01_01": leaf(UNLAWFUL)},
    "forbidden": {kind: by_day({day: 1}) for kind, day in BANS.items()},
    "storeys_in_force": by_day({"2021-01-01": 1}),
}

Formula = Callable[[Any, Any, Any], Any]


def variable(name: str, of: str, kind: Any, formula: Formula | None = None, words: type[Enum] | None = None) -> type[Variable]:
    """A variable of OpenFisca; one without a formula is given."""
    body: dict[str, Any] = {"value_type": kind, "entity": ENTITIES[of], "definition_period": DateUnit.MONTH, "label": name}
    if kind is date:
        body["default_value"] = date(1970, 1, 1)
    if words is not None:
        body |= {"possible_values": words, "default_value": next(iter(words))}
    if formula is not None:
        body["formula"] = formula
    return type(name, (Variable,), body)


def as_of(node: Any, built: Any, style: str) -> Any:
    """A figure by day of building, in the style that is asked for."""
    if style == "documented":
        return node[built]
    steps = list(node)
    days = [np.datetime64(step.removeprefix("after_").replace("_", "-")) for step in steps[1:]]
    return np.select([built < day for day in days], [node[step] for step in steps[:-1]], node[steps[-1]])


def by_class(node: Any, held: Any, words: type[Enum], style: str) -> Any:
    """A figure by a class, in the style that is asked for."""
    if style == "documented":
        return node[held]
    return np.select([held == word for word in words], [node[word.name] for word in words])


def zone_finding(kind: str, style: str) -> Formula:
    """The formula of a finding in one kind of zone."""

    def formula(house: Any, period: Any, parameters: Any) -> Any:
        built = house("built", period)
        lies_in = house(f"{kind}_overlap", period) > parameters(period).overlap_tolerance
        if kind in ("water_source", "plan_class"):
            lies_in = lies_in * house(f"{kind}_counts", period)
        forbidden = (built >= house(f"{kind}_designated_on", period)) * (as_of(parameters(period).forbidden[kind], built, style) > 0)
        otherwise = HARMLESS if kind == "hazard" else NONE
        return np.where(lies_in, np.where(forbidden, UNLAWFUL, otherwise), NONE)

    return formula


def road_finding(style: str) -> Formula:
    """The formula of `in_road_strip`."""

    def formula(house: Any, period: Any, parameters: Any) -> Any:
        built, road = house("built", period), house("road_class", period)
        width = by_class(parameters(period).road_strip, road, RoadClass, style)
        since = by_class(parameters(period).road_strip_since, road, RoadClass, style)
        too_near = (house("road_distance", period) < width) * (built.astype(np.int64) >= since)
        return np.where(too_near * (built >= house("road_designated_on", period)), UNLAWFUL, NONE)

    return formula


def area_findings(style: str) -> list[type[Variable]]:
    """`over_area` and `built_more_than_approved`."""

    def over(parcel: Any, period: Any, parameters: Any) -> Any:
        area = parcel("area", period)
        standard = by_class(parameters(period).standard, parcel("land_class", period), LandClass, style)
        found = parcel("has_main_house", period) * (area > standard) * (area > parcel("approved_area", period))
        return np.where(found, as_of(parameters(period).period_effect, parcel("parcel_built", period), style), NONE)

    def more(parcel: Any, period: Any, parameters: Any) -> Any:
        found = parcel("has_main_house", period) * parcel("has_approved_area", period)
        found = found * (parcel("area", period) > parcel("approved_area", period))
        return np.where(found, as_of(parameters(period).period_effect, parcel("parcel_built", period), style), NONE)

    return [variable("over_area", "parcel", int, over), variable("built_more_than_approved", "parcel", int, more)]


def dated_findings(style: str) -> list[type[Variable]]:
    """`built_without_approval`, `over_storeys` and `several_homesteads`."""

    def unapproved(house: Any, period: Any, parameters: Any) -> Any:
        found = house("main_building", period) * np.logical_not(house("has_approval", period))
        return np.where(found, as_of(parameters(period).period_effect, house("built", period), style), NONE)

    def storeys(house: Any, period: Any, parameters: Any) -> Any:
        too_many = house("main_building", period) * (house("storeys", period) > parameters(period).storeys_max)
        return np.where(too_many * (as_of(parameters(period).storeys_in_force, house("built", period), style) > 0), UNLAWFUL, NONE)

    def several(household: Any, period: Any, parameters: Any) -> Any:
        most = parameters(period).homesteads_max
        found = (household("homesteads", period) > most) * (household("homesteads_counted", period) > most)
        return np.where(found, as_of(parameters(period).several_effect, household("household_built", period), style), NONE)

    own = {
        "built_without_approval": ("house", unapproved),
        "over_storeys": ("house", storeys),
        "several_homesteads": ("household", several),
    }
    return [variable(code, of, int, formula) for code, (of, formula) in own.items()]


def _old(house: Any, period: Any, parameters: Any) -> Any:
    return np.where(house("must_be_removed", period), UNLAWFUL, NONE)


def _dangerous(house: Any, period: Any, parameters: Any) -> Any:
    return np.where(house("safety_grade", period) >= 2, HARMLESS, NONE)


def _idle(house: Any, period: Any, parameters: Any) -> Any:
    return np.where(house("vacancy", period) >= 1, HARMLESS, NONE)


def _non_member(parcel: Any, period: Any, parameters: Any) -> Any:
    found = parcel("has_main_house", period) * np.logical_not(parcel("holder_is_member", period))
    return np.where(found * (parcel("obtained", period) != 2), HISTORIC, NONE)


def _extinct(household: Any, period: Any, parameters: Any) -> Any:
    return np.where(household("persons_living", period) < 1, HARMLESS, NONE)


OF_HOUSE = (*FINDINGS, "in_road_strip", "built_without_approval", "over_storeys", "old_house_not_removed", "dangerous", "idle")
OF_PARCEL = ("over_area", "built_more_than_approved", "held_by_non_member")
OF_HOUSEHOLD = ("several_homesteads", "household_extinct")


def _verdict(house: Any, period: Any, parameters: Any) -> Any:
    effects = [house(code, period) for code in OF_HOUSE]
    effects += [house.parcel(code, period) for code in OF_PARCEL]
    effects += [house.household(code, period) for code in OF_HOUSEHOLD]
    worst = np.zeros(house.count, dtype=np.int32)
    for effect in effects:
        worst = np.maximum(worst, effect)
    return worst


def given() -> list[type[Variable]]:
    """Variables that are facts."""
    found = [variable("built", "house", date), variable("parcel_built", "parcel", date), variable("household_built", "household", date)]
    found += [variable(name, "house", bool) for name in ("main_building", "has_approval", "must_be_removed")]
    found += [variable(name, "house", int) for name in ("storeys", "safety_grade", "vacancy", "road_distance")]
    found += [variable("road_class", "house", Enum, words=RoadClass), variable("road_designated_on", "house", date)]
    for kind in BANS:
        found += [variable(f"{kind}_overlap", "house", int), variable(f"{kind}_designated_on", "house", date)]
    found += [variable(f"{kind}_counts", "house", bool) for kind in ("water_source", "plan_class")]
    found += [variable(name, "parcel", bool) for name in ("has_main_house", "has_approved_area", "holder_is_member")]
    found += [variable(name, "parcel", int) for name in ("area", "approved_area", "obtained")]
    found.append(variable("land_class", "parcel", Enum, words=LandClass))
    found += [variable(name, "household", int) for name in ("homesteads", "homesteads_counted", "persons_living")]
    return found


def system(style: str) -> TaxBenefitSystem:
    """The rules in one of the two styles."""
    made = TaxBenefitSystem([House, Parcel, Household])
    made.parameters = ParameterNode("", data=FIGURES)
    found = [variable(code, "house", int, zone_finding(kind, style)) for code, kind in FINDINGS.items()]
    found += [variable("in_road_strip", "house", int, road_finding(style)), *area_findings(style), *dated_findings(style)]
    own: dict[str, Formula] = {"old_house_not_removed": _old, "dangerous": _dangerous, "idle": _idle, "verdict": _verdict}
    found += [variable(code, "house", int, formula) for code, formula in own.items()]
    found.append(variable("held_by_non_member", "parcel", int, _non_member))
    found.append(variable("household_extinct", "household", int, _extinct))
    made.add_variables(*given(), *found)
    return made


def zone_inputs(facts: Any, houses: int) -> dict[str, Any]:
    """Zone rows as columns of the house: there is at most one of a kind beside a house."""
    held: dict[str, Any] = {}
    kinds = [*list(BANS)[:3], "road", "hazard", "water_source", "plan_class"]
    for number, kind in enumerate(kinds):
        rows = np.flatnonzero(facts["zone.kind"] == number)
        beside = facts["zone.house"][rows]
        designated = np.zeros(houses, dtype="datetime64[D]")
        designated[beside] = facts["zone.designated_on"][rows].astype("datetime64[D]")
        held[f"{kind}_designated_on"] = designated
        classes, amount = np.zeros(houses, dtype=np.int64), np.zeros(houses, dtype=np.int32)
        if kind == "road":
            classes[beside] = facts["zone.zone_class"][rows] + 1
            amount[beside] = facts["zone.distance_m"][rows]
            held |= {"road_class": np.array(list(RoadClass.__members__))[classes], "road_distance": amount}
            continue
        amount[beside] = facts["zone.overlap_m2"][rows]
        held[f"{kind}_overlap"] = amount
        if kind in ("water_source", "plan_class"):
            classes[beside] = facts["zone.zone_class"][rows]
            held[f"{kind}_counts"] = (classes == (0 if kind == "water_source" else 2)) & (amount > 0)
    return held


def inputs(facts: Any) -> dict[str, Any]:
    """Every given variable with its values."""
    houses = len(facts["house.built"])
    held = {
        "built": facts["house.built"].astype("datetime64[D]"),
        "parcel_built": facts["parcel.built"].astype("datetime64[D]"),
        "household_built": facts["household.built"].astype("datetime64[D]"),
        "area": facts["parcel.area_m2"].astype(np.int32),
        "approved_area": facts["parcel.approved_area_m2"].astype(np.int32),
        "land_class": np.array(list(LandClass.__members__))[facts["parcel.land_class"]],
    }
    plain = {"house": ("main_building", "has_approval", "must_be_removed", "storeys", "safety_grade", "vacancy")}
    plain["parcel"] = ("has_main_house", "has_approved_area", "holder_is_member", "obtained")
    plain["household"] = ("homesteads", "homesteads_counted", "persons_living")
    for of, names in plain.items():
        held |= {name: facts[f"{of}.{name}"] for name in names}
    return held | zone_inputs(facts, houses)


def simulation(rules: TaxBenefitSystem, facts: Any, held: dict[str, Any]) -> Simulation:
    """A simulation that holds the facts and has computed nothing."""
    builder = SimulationBuilder()
    builder.create_entities(rules)
    builder.declare_person_entity("house", np.arange(len(facts["house.built"])))
    for of in ("parcel", "household"):
        population = builder.declare_entity(of, np.arange(len(facts[f"{of}.built"])))
        # Set directly: joining by ids would shift the groups after one that has no house.
        population.members_entity_id = facts[f"house.{of}"]
        population.members_role = np.zeros(len(facts["house.built"]), dtype=np.int16)
    made = builder.build(rules)
    for name, values in held.items():
        made.set_input(name, PERIOD, values)
    return made


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("facts")
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--style", choices=("documented", "by_hand"), default="documented")
    options = asked.parse_args()
    with np.load(options.facts) as loaded:
        facts = dict(loaded)
    rules, held, seconds = system(options.style), inputs(facts), []
    for _ in range(options.repeat):
        made = simulation(rules, facts, held)
        began = time.perf_counter()
        verdict = made.calculate("verdict", PERIOD)
        seconds.append(time.perf_counter() - began)
    words = ("lawful", "can_be_regularised", "historic", "unlawful")
    found = {code: int((made.calculate(code, PERIOD) != NONE).sum()) for code in (*OF_HOUSE, *OF_PARCEL, *OF_HOUSEHOLD)}
    counted = {word: int((verdict == number).sum()) for number, word in enumerate(words)}
    print(json.dumps({"median": statistics.median(seconds), "seconds": seconds, "verdicts": counted, "findings": found}))


if __name__ == "__main__":
    main()
