"""Every cell of every figure that a rule reads, and cases beside it: limit less one, limit, limit plus one.

A cell is one value of a figure for one division, from one day on, as one version of a rule reads it. Its cases are
found with the scalar oracle alone: where the outcome flips as the measured fact grows. A cell counts as tried only if
one of its cases would come out otherwise by the oracle were the cell a little different.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.law import LawSet
from jiadi.law.dense import ends
from jiadi.law.lawset import Value
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS, facts_of

sys.path.insert(0, str(Path(__file__).parent))

import oracle

ON = date(2025, 6, 30)
PLACES = ("340102001001", "330102001001", "330302001001", "330802001001", "339900001001")
OLDEST, HUGE = date(1950, 1, 1), 10**7
ZONES = {"zone_class": None, "designated_on": OLDEST}
HOUSE = {"main_building": True}
PARCEL = {"has_main_house": True}
# What makes each rule find something, and the measured fact that grows; "" where nothing is measured.
SCENES: dict[str, tuple[str, dict[str, Any]]] = {
    "over_area": ("area_m2", {**PARCEL, "approved_area_m2": 0, "land_class": "other"}),
    "built_more_than_approved": ("area_m2", {**PARCEL, "approved_area_m2": 10_000}),
    **{f"over_floor_area{part}": (f"floor_area{part}_m2", {**PARCEL, f"approved_floor_area{part}_m2": 24_000}) for part in oracle.PARTS},
    "built_without_approval": ("", {**HOUSE, "has_approval": False}),
    "built_elsewhere": ("", {**HOUSE, "at_approved_place": False}),
    "several_homesteads": ("homesteads_counted", {}),
    "over_storeys": ("storeys", {**HOUSE, "open_floor_m": 0}),
    "over_eaves_height": ("eaves_height_m", HOUSE),
    "fence": ("fence_height_m", {"fence_kind": "open"}),
    "screening_risk": ("marks", {}),
    "heritage": ("", {"heritage_status": "historic_building"}),
    "idle": ("", {"vacancy": "all_year"}),
    "old_house_not_removed": ("", {"must_be_removed": True}),
    "in_road_strip": ("distance_m", ZONES),
    **{f"in_{kind}": ("overlap_m2", ZONES) for kind in ("red_line", "river_range", "hazard_zone", "scenic_core")},
    "on_farmland": ("overlap_m2", ZONES),
    "in_water_source": ("overlap_m2", {**ZONES, "zone_class": "first"}),
    "in_no_build_area": ("overlap_m2", {**ZONES, "zone_class": "prohibited"}),
}
QUOTA = {"land_owner": "collective", "control_zone": "general_zone", "split_1_persons": 3, "base_area_m2": 5_000}
"""Facts that only invented counties read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as one version of a rule reads it, and where and when it is in force."""

    law: LawSet = field(repr=False)
    rule: Rule = field(repr=False)
    figure: str
    words: tuple[str, ...]
    division: str
    starts: date
    place: str
    built: date
    on: date

    @property
    def key(self) -> str:
        return f"{self.rule.file}:{self.rule.code} {self.figure}{list(self.words)} of {self.division} from {self.starts}"


@dataclass(frozen=True, slots=True)
class Case:
    """Facts of one case of a cell, in whole parts."""

    cell: Cell
    facts: dict[str, Any]

    def outcome(self, law: Any) -> set[str]:
        known = oracle.Law(law, self.cell.place, self.cell.on)
        facts = {**self.facts, "standard_m2": None}
        between = max(self.facts.get("area_m2", 1) - 1, 0)
        choices = {name: (value,) for name, value in facts.items()} | {"standard_m2": (0, between, HUGE)}
        return oracle.possible(self.cell.rule.code, known, choices, [self.cell.built], self.cell.rule.file)


def serving(law: LawSet, code: str, place: str) -> Rule | None:
    """The version of a rule that serves a place: the nearest layer's."""
    return next((one for one in compile_rules(law)[code] if one.division == "00" or place.startswith(one.division)), None)


def read_cells(law: LawSet) -> Iterator[Cell | tuple[Rule, str, tuple[str, ...], str, date]]:
    """Cells that a version of a rule of a set can ever read; the plain key of one that no place and day leads to."""
    for versions in compile_rules(law).values():
        for rule in versions:
            for name, parameter in rule.parameters.items():
                given = law.array(name).given
                for one, end in zip(given, ends(given), strict=True):
                    words = tuple(list(known)[place] for known, place in zip(parameter.index.values(), one.cell, strict=True))
                    if one.value is None or not _may_read(rule, dict(zip(parameter.index, words, strict=True))):
                        continue
                    cell = _placed(law, rule, name, words, one.division, one.starts, end)
                    yield cell or (rule, name, words, one.division, one.starts)


def _may_read(rule: Rule, index: dict[str, str]) -> bool:
    own = {"finding": rule.code, "zone_kind": rule.zone_kind}
    return all(index.get(dimension, word) == word for dimension, word in own.items())


def _placed(law: LawSet, rule: Rule, figure: str, words: tuple[str, ...], division: str, starts: date, end: date | None) -> Cell | None:
    last = min(ON, end - timedelta(days=1) if end else ON)
    for place in PLACES:
        if serving(law, rule.code, place) is not rule:
            continue
        edges = {day for edge in law.breakpoints if edge > OLDEST for day in (edge - timedelta(days=1), edge)} | {OLDEST, last}
        for day in sorted((day for day in edges if starts <= day <= last), reverse=True):
            found = law.lookup(figure, words, place, day)
            if found is None or (found.division, found.in_force_from) != (division, starts):
                continue
            dated = law.parameters[figure].dated_by == "built"
            return Cell(law, rule, figure, words, division, starts, place, *((day, ON) if dated else (min(day, date(2022, 5, 1)), day)))
    return None


class Otherwise:
    """A set in which one cell is a little different."""

    def __init__(self, cell: Cell, value: Any) -> None:
        self.cell, self.value = cell, value
        self.parameters, self.milder_later_law = cell.law.parameters, cell.law.milder_later_law

    def lookup(self, figure: str, index: Sequence[str], division: str, day: date) -> Value | None:
        found = self.cell.law.lookup(figure, index, division, day)
        same = found and (figure, tuple(index)) == (self.cell.figure, self.cell.words)
        if not same or found is None or (found.division, found.in_force_from) != (self.cell.division, self.cell.starts):
            return found
        return replace(found, word=self.value) if found.word else replace(found, value=self.value)


def others(cell: Cell) -> list[Any]:
    """What the cell might say instead: one part less or more, the other answer, each other word."""
    parameter = cell.law.parameters[cell.figure]
    found = cell.law.lookup(cell.figure, cell.words, cell.place, cell.built if parameter.dated_by == "built" else cell.on)
    assert found is not None
    if parameter.kind == "word":
        return [word for word in parameter.words if word != found.word]
    # Where the milder law serves, a stricter earlier figure shows only once it is no longer the stricter one.
    more = [found.value * 2] if cell.rule.code in cell.law.milder_later_law else []
    return [1 - found.value] if parameter.kind == "boolean" else [found.value - 1, found.value + 1, *more]


def scenes(cell: Cell) -> Iterator[dict[str, Any]]:
    """Facts in which the rule reads the cell."""
    code = cell.rule.code
    facts = {**SCENES[code][1], **(QUOTA if cell.law.sample and cell.rule.subject == "parcel" else {})}
    for dimension, word in zip(cell.law.parameters[cell.figure].index, cell.words, strict=True):
        name = cell.rule.index.get(dimension, dimension)
        if name in facts_of(cell.rule.subject, cell.rule.through):
            facts[name] = word
        if dimension == "size_class":
            facts |= {"split_1_persons": {"small": 3, "medium": 4, "large": 6}[word]}
    yield facts
    if cell.figure == "size_class_persons":
        yield from ({**facts, "split_1_persons": facts["split_1_persons"] + step} for step in (-1, 1, -2))
    if cell.figure == "open_floor_height_m":
        value = cell.law.lookup(cell.figure, cell.words, cell.place, cell.built)
        assert value is not None
        yield from ({**facts, "open_floor_m": value.value + step} for step in (-1, 0, 1))
    if cell.figure == "floors_counted_max":
        yield from ({**facts, "base_area_m2": base} for base in (3_400, 3_428, 3_430, 4_000))


def cases(cell: Cell) -> list[Case]:
    """Cases of a cell on both sides of every line that the measured fact crosses."""
    lever = SCENES[cell.rule.code][0]
    found = []
    for facts in scenes(cell):
        if not lever:
            found.append(Case(cell, facts))
            continue
        most = 4 if lever == "marks" else HUGE
        for flip in _flips(cell, facts, lever, 0, most) or [most]:
            found += [Case(cell, {**facts, lever: value}) for value in (flip - 2, flip - 1, flip, flip + 1) if 0 <= value <= most]
    return found


def _flips(cell: Cell, facts: dict[str, Any], lever: str, low: int, high: int) -> list[int]:
    if Case(cell, {**facts, lever: low}).outcome(cell.law) == Case(cell, {**facts, lever: high}).outcome(cell.law):
        return []
    if high - low == 1:
        return [high]
    half = (low + high) // 2
    return [*_flips(cell, facts, lever, low, half), *_flips(cell, facts, lever, half, high)]


def tells(cell: Cell, made: list[Case]) -> bool:
    """Whether a case would come out otherwise were the cell different."""
    return any(one.outcome(Otherwise(cell, value)) != one.outcome(cell.law) for value in others(cell) for one in made)


def facts(made: list[Case], on: date) -> Facts:
    """The engine's facts of many cases judged on one day; each has a subject of its own, named by its number."""
    rows: dict[str, list[dict[str, Any]]] = {"house": [], "parcel": [], "household": [], "zone": []}
    for number, case in enumerate(made):
        subject, held = case.cell.rule.subject, {"id": str(number), "division_code": case.cell.place}
        own = {**held, "built_first": case.cell.built, "built_last": case.cell.built}
        zone: dict[str, Any] = {"id": f"z{number}", "house_id": str(number), "zone_kind": case.cell.rule.zone_kind}
        for name, value in _spelt(case).items():
            of_zone = bool(case.cell.rule.through) and name in VOCABULARY["zone"]
            fact = VOCABULARY["zone" if of_zone else subject][name]
            (zone if of_zone else own)[name] = value / fact.scale if fact.kind == "number" and value is not None else value
        rows[subject].append(own)
        if case.cell.rule.through:
            own |= {"has_footprint": True, **{f"{kind}_layer": True for kind in ZONE_KINDS}}
            rows["zone"].append(zone)
    return Facts.from_frames(on, {name: pl.DataFrame(listed, infer_schema_length=None) for name, listed in rows.items() if listed})


def _spelt(case: Case) -> dict[str, Any]:
    """The facts of a case as the engine holds them beside those that follow from them."""
    held = dict(case.facts)
    if "marks" in held:
        words: dict[str, tuple[Any, Any]] = {"masonry": ("hollow", "solid"), "construction": ("brick_precast", "brick")}
        words |= {"no_ties": (True, False), "storeys_added": (True, False)}
        marks = held.pop("marks")
        held |= {name: pair[place >= marks] for place, (name, pair) in enumerate(words.items())} | {"hollow_slab": False}
    if "homesteads_counted" in held:
        held["homesteads"] = held["homesteads_counted"]
    if "split_1_persons" in held:
        held |= {f"split_{place}_persons": 0 for place in (2, 3, 4)}
    for name in [name for name in held if name.startswith("approved_")]:
        held[f"has_{name.removesuffix('_m2')}"] = held[name] > 0
    return held
