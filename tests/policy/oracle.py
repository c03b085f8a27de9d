"""Each rule once more, for one subject and one known day, in plain Python: what the vectors must agree with.

Nothing of the engine is used but figures of the law, looked up one by one. A fact that is not known is
None; `possible` tries every value that it may have. Areas and distances are whole hundredths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import product
from typing import Any

from jiadi.law import LawSet

Facts = Mapping[str, Any]
PARTS = ("", "_above", "_below")
"""Of a floor area: the whole, above and below ground."""


class Law:
    """Figures of a place: by day of building, and by day of judging."""

    def __init__(self, law: LawSet, division: str, on: date) -> None:
        self.law, self.division, self.on = law, division, on

    def at(self, figure: str, day: date, index: Iterable[str] = ()) -> Any:
        found = self.law.lookup(figure, tuple(index), self.division, day)
        return None if found is None else found.word or found.value


def by_period(law: Law, code: str, built: date) -> str:
    effect = str(law.at("period_effect", built, [code]))
    return "no_finding" if effect == "none" else effect


def over_area(one: Facts, law: Law, built: date) -> str:
    standard = law.at("homestead_standard_m2", built, [one["land_class"]])
    standard = one["standard_m2"] if standard is None else standard  # where the law is silent, any may be meant
    limit = max(standard, one["approved_area_m2"]) + law.at("over_area_tolerance_m2", law.on)
    over = one["has_main_house"] and one["area_m2"] > limit
    return by_period(law, "over_area", built) if over else "no_finding"


def built_without_approval(one: Facts, law: Law, built: date) -> str:
    found = one["main_building"] and not one["has_approval"] and law.at("approval_required", built)
    return by_period(law, "built_without_approval", built) if found else "no_finding"


def built_more_than_approved(one: Facts, law: Law, built: date) -> str:
    approved = one["approved_area_m2"]
    over = one["has_main_house"] and approved > 0 and one["area_m2"] > approved + law.at("over_area_tolerance_m2", law.on)
    return by_period(law, "built_more_than_approved", built) if over else "no_finding"


def in_zone(kind: str, zone_class: str = "") -> Any:
    def rule(one: Facts, law: Law, built: date) -> str:
        hit = one["overlap_m2"] > law.at("overlap_tolerance_m2", law.on) and zone_class in ("", one["zone_class"])
        banned = bool(law.at("zone_rule_in_force", built, [kind]))
        return "unlawful" if hit and banned and built >= one["designated_on"] else "no_finding"

    return rule


def in_road_strip(one: Facts, law: Law, built: date) -> str:
    width = law.at("road_strip_m", built, [one["zone_class"]])
    near = width is not None and one["distance_m"] < width and built >= one["designated_on"]
    return "unlawful" if near else "no_finding"


def in_hazard_zone(one: Facts, law: Law, built: date) -> str:
    if one["overlap_m2"] <= law.at("overlap_tolerance_m2", law.on):
        return "no_finding"
    banned = bool(law.at("zone_rule_in_force", built, ["hazard"]))
    return "unlawful" if banned and built >= one["designated_on"] else "none"


def over_storeys(one: Facts, law: Law, built: date) -> str:
    most = law.at("storeys_max", built)
    free = law.at("open_floor_height_m", built)
    counted = one["storeys"] + (free is not None and one["open_floor_m"] > free)
    return "unlawful" if one["main_building"] and most is not None and counted > most else "no_finding"


def over_eaves_height(one: Facts, law: Law, built: date) -> str:
    most = law.at("eaves_height_max_m", built)
    return "unlawful" if one["main_building"] and most is not None and one["eaves_height_m"] > most else "no_finding"


def fence(one: Facts, law: Law, built: date) -> str:
    most = law.at("fence_height_max_m", law.on)
    stands = most is not None and one["fence_kind"] != "no_fence"
    return "none" if stands and (one["fence_kind"] == "wall" or one["fence_height_m"] > most) else "no_finding"


def bare_wall(one: Facts, law: Law, built: date) -> str:
    return "none" if one["main_building"] and one["facade"] == "bare" else "no_finding"


def style(one: Facts, law: Law, built: date) -> str:
    return "none" if one["main_building"] and not one["in_style"] else "no_finding"


def derelict_outbuilding(one: Facts, law: Law, built: date) -> str:
    return "none" if one["derelict"] and not one["main_building"] else "no_finding"


def heritage(one: Facts, law: Law, built: date) -> str:
    return "none" if law.at("heritage_protected", law.on, [one["heritage_status"]]) else "no_finding"


def screening_risk(one: Facts, law: Law, built: date) -> str:
    if "marks" in one:
        return "none" if one["marks"] >= law.at("screening_marks_min", law.on) else "no_finding"
    slab = one["construction"] == "brick_precast" or one["hollow_slab"]
    marks = sum((one["masonry"] == "hollow", slab, one["no_ties"], one["storeys_added"]))
    return "none" if marks >= law.at("screening_marks_min", law.on) else "no_finding"


def over_floor(part: str) -> Any:
    def rule(one: Facts, law: Law, built: date) -> str:
        floor, approved = one[f"floor_area{part}_m2"], one[f"approved_floor_area{part}_m2"]
        counts = one["has_main_house"] and approved >= 0  # below 0: no approval names it
        over = counts and floor > approved + law.at("over_floor_area_tolerance_m2", law.on)
        return by_period(law, f"over_floor_area{part}", built) if over else "no_finding"

    return rule


def built_elsewhere(one: Facts, law: Law, built: date) -> str:
    found = one["main_building"] and not one["at_approved_place"] and law.at("approval_required", built)
    return by_period(law, "built_elsewhere", built) if found else "no_finding"


def dangerous(one: Facts, law: Law, built: date) -> str:
    return "none" if one["safety_grade"] in ("C", "D") else "no_finding"


def idle(one: Facts, law: Law, built: date) -> str:
    told = str(law.at("idle_effect", law.on, [one["vacancy"]]))
    return "no_finding" if told == "nothing" else told


def several_homesteads(one: Facts, law: Law, built: date) -> str:
    most = law.at("several_homesteads_max", law.on)
    return str(law.at("period_effect", built, ["several_homesteads"])) if one["homesteads_counted"] > most else "no_finding"


def old_house_not_removed(one: Facts, law: Law, built: date) -> str:
    return "unlawful" if one["must_be_removed"] and law.at("old_house_removal_required", law.on) else "no_finding"


def held_by_non_member(one: Facts, law: Law, built: date) -> str:
    outsider = one["has_main_house"] and not one["holder_is_member"] and one["obtained"] != "inheritance"
    return "historic" if outsider else "no_finding"


def household_extinct(one: Facts, law: Law, built: date) -> str:
    return "none" if one["persons_living"] == 0 else "no_finding"


RULES = {
    "over_area": over_area,
    "built_without_approval": built_without_approval,
    "built_more_than_approved": built_more_than_approved,
    "on_farmland": in_zone("permanent_basic_farmland"),
    "in_red_line": in_zone("ecological_red_line"),
    "in_river_range": in_zone("river_range"),
    "in_water_source": in_zone("water_source", "first"),
    "in_no_build_area": in_zone("plan_class", "prohibited"),
    "in_road_strip": in_road_strip,
    "in_hazard_zone": in_hazard_zone,
    "over_storeys": over_storeys,
    "dangerous": dangerous,
    "idle": idle,
    "several_homesteads": several_homesteads,
    "old_house_not_removed": old_house_not_removed,
    "held_by_non_member": held_by_non_member,
    "household_extinct": household_extinct,
    "in_scenic_core": in_zone("scenic_core"),
    "over_eaves_height": over_eaves_height,
    "fence": fence,
    "bare_wall": bare_wall,
    "style": style,
    "derelict_outbuilding": derelict_outbuilding,
    "heritage": heritage,
    "screening_risk": screening_risk,
    "over_floor_area": over_floor(""),
    "over_floor_area_above": over_floor("_above"),
    "over_floor_area_below": over_floor("_below"),
    "built_elsewhere": built_elsewhere,
}


def quota(one: Facts, law: Law, figure: str, *index: str) -> int:
    """What one household is entitled to by its size: the last class whose fewest persons it reaches."""
    starts = {size: law.at("size_class_persons", law.on, [size]) for size in ("small", "medium", "large")}
    if None in starts.values():
        return int(one["standard_m2"])  # where the law is silent, any may be meant
    sizes = [size for size, start in starts.items() if one["split_1_persons"] >= start]
    found = law.at(figure, law.on, [sizes[-1], *index]) if sizes else 0
    return int(one["standard_m2"] if found is None else found)


def classes_over_area(one: Facts, law: Law, built: date) -> str:
    limit = max(quota(one, law, "homestead_class_m2", one["land_class"]), one["approved_area_m2"])
    over = one["has_main_house"] and one["area_m2"] > limit + law.at("over_area_tolerance_m2", law.on)
    return by_period(law, "over_area", built) if over else "no_finding"


def quota_over_area(one: Facts, law: Law, built: date) -> str:
    limit = max(quota(one, law, "zone_class_m2", one["control_zone"]), one["approved_area_m2"])
    if not one["has_main_house"] or one["area_m2"] <= limit + law.at("over_area_tolerance_m2", law.on):
        return "no_finding"
    paid = law.at("paid_excess_max_m2", built, [one["land_owner"]])
    if one["area_m2"] <= limit + (one["standard_m2"] if paid is None else paid):
        return "can_be_regularised"
    return "historic" if built < date(1982, 2, 13) else "unlawful"


def quota_over_floor(part: str) -> Any:
    name = f"floor_area{part}_m2"
    whole = over_floor(part)

    def rule(one: Facts, law: Law, built: date) -> str:
        most = law.at("floors_counted_max", law.on)
        counted = min(one[name], one["standard_m2"] if most is None else one["base_area_m2"] * most)
        return str(whole({**one, name: counted}, law, built))

    return rule


OWN = {
    ("example/classes/rules.yaml", "over_area"): classes_over_area,
    ("example/quota/rules.yaml", "over_area"): quota_over_area,
    ("example/quota/rules.yaml", "over_floor_area"): quota_over_floor(""),
    ("example/quota/rules.yaml", "over_floor_area_above"): quota_over_floor("_above"),
}
"""Versions of rules that a nearer layer gives, by its file."""
GRAVITY = ("no_finding", "noted", "none", "can_be_regularised", "historic", "unlawful")


def possible(code: str, law: Law, choices: Mapping[str, Iterable[Any]], days: Iterable[date], file: str = "") -> set[str]:
    """Everything the rule may come to, over every value that each fact may have and every day of building."""
    names, rule, found = list(choices), OWN.get((file, code), RULES[code]), set()
    for values, built in product(product(*choices.values()), days):
        one = dict(zip(names, values, strict=True))
        outcome = rule(one, law, built)
        if code in law.law.milder_later_law:  # the whole law of the day serves where it is milder
            outcome = min(outcome, rule(one, law, law.on), key=GRAVITY.index)
        found.add(outcome)
    return found


def together(outcomes: Iterable[Mapping[date, set[str]]], days: Iterable[date]) -> set[str]:
    """Of several zones the gravest counts, on each day of building."""
    found: set[str] = set()
    for built in days:
        sets = [one[built] for one in outcomes]
        found |= {max(picked, key=GRAVITY.index) for picked in product(*sets)} if sets else {"no_finding"}
    return found


def verdict(outcomes: Iterable[set[str]]) -> str:
    """Proven unlawful, to be verified, historic, can be regularised, lawful: the first that applies."""
    outcomes = list(outcomes)
    if {"unlawful"} in outcomes:
        return "unlawful"
    if any(len(one) > 1 and not one <= {"no_finding", "noted", "none"} for one in outcomes):
        return "to_be_verified"
    if {"historic"} in outcomes:
        return "historic"
    return "can_be_regularised" if {"can_be_regularised"} in outcomes else "lawful"
