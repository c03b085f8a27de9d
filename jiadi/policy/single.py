"""One house read by itself (单幢读取): the cases in which a rule is tried on it, as plain numbers instead of columns.

A judgement tries each rule on all rows at once, which columns do best; to tell one house why, columns of length one cost
more than what they hold. The expressions are the same ones, and so is what they mean; `Cases` is the same for columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from jiadi.law import DenseArray, LawSet
from jiadi.policy import evaluate
from jiadi.policy.cases import Cases, choices
from jiadi.policy.derived import total
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import UNBOUNDED, Condition, Span, Truth
from jiadi.policy.rules import BITS, NO, Rule, compile_rules
from jiadi.policy.table import FAR_DAY, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS

_FARTHEST = {"number": UNBOUNDED, "date": FAR_DAY}
_MAYBE: Any = (False, True)


class House(NamedTuple):
    """One house and what belongs to it, by row (单幢房屋).

    `rows`: subject → row; -1 where the parcel or household is not known. `zones`: rows of the zones beside it, sorted.
    """

    facts: Facts
    rows: Mapping[str, int]
    zones: tuple[int, ...]

    @classmethod
    def at(cls, facts: Facts, row: int, zones: tuple[int, ...]) -> House:
        """The house of a row (取房屋)."""
        return cls(facts, {"house": row, "parcel": int(facts.house_parcel[row]), "household": int(facts.house_household[row])}, zones)


class Case:
    """One possibility of one house, as expressions read it (一种情形).

    Args:
        reading: the rule, made ready.
        house: the house.
        zone: row of the zone, -1 where nobody knows which zones there are; None where the rule looks at none.
        piece: piece of the rule's time; None before the house is spread over time.
        choice: fact → code, where an unknown word is tried with each of its words.
    """

    __slots__ = ("choice", "house", "piece", "reading", "row", "zone")

    def __init__(
        self, reading: Reading, house: House, zone: int | None = None, piece: int | None = None, choice: Mapping[str, int] | None = None
    ) -> None:
        self.reading, self.house, self.zone, self.piece = reading, house, zone, piece
        self.choice: Mapping[str, int] = choice or {}
        self.row = house.rows[reading.rule.subject]

    @property
    def rule(self) -> Rule:
        """The rule that is tried."""
        return self.reading.rule

    def span(self, name: str) -> Span:
        """A number or day."""
        reading = self.reading
        if name in reading.cells:
            value, missing = self.figure(name)
            return _span(-UNBOUNDED, UNBOUNDED) if missing else _span(value, value)
        if name in reading.rule.quotas:
            return self._quota(name)
        fact = reading.rule.facts[name]
        column, row = self._held(name)
        if column is None or row < 0:
            low, high = -_FARTHEST[fact.kind], _FARTHEST[fact.kind]
        else:
            low = column.low.item(row)
            high = low if column.high is column.low else column.high.item(row)
        if (
            fact.within
            and self.piece is not None
            and column is not None
            and column.high is not column.low
            and self._plainly_none(fact.within)
        ):
            low = high = 0
        if name == "built" and self.piece is not None and reading.starts:
            low, high = max(low, reading.first_day[self.piece]), min(high, reading.last_day[self.piece])
        return _span(low, high)

    def codes(self, name: str) -> Any:
        """A word as position + 1; 0 is unknown."""
        if name in self.reading.cells:
            value, missing = self.figure(name)
            return 0 if missing else value + 1
        if name in self.choice:
            return self.choice[name]
        column, row = self._held(name)
        return 0 if column is None or row < 0 else column.low.item(row)

    def truth(self, name: str) -> Truth:
        """A yes or no; a yes-or-no of the law that nobody gave is a no."""
        if name in self.reading.cells:
            value, missing = self.figure(name)
            return _truth(value == 1 and not missing, value == 1 and not missing)
        column, row = self._held(name)
        if column is None:
            return _truth(*_MAYBE)
        answer = 2 if row < 0 else column.low.item(row)
        if answer > 1 and self.piece is not None and self.reading.rule.facts[name].within and self._plainly_none(name):
            answer = 0
        return _truth(answer == 1, answer > 0)

    def figure(self, name: str) -> tuple[int, bool]:
        """A figure of the law, and whether there is none."""
        cell = self.reading.cells[name]
        place = self.reading.readings.place(self.house, self.reading.rule.subject)
        piece = self.reading.law_piece[self.piece or 0] if cell.by_built else self.reading.judged
        index = tuple(fixed if isinstance(fixed, int) else fixed[1][self.codes(fixed[0])] for fixed in cell.index)
        where = (place, piece, *index)
        missing = cell.array.missing.item(where) or any(position < 0 for position in index)
        return cell.array.values.item(where), missing

    def in_force(self, name: str) -> bool:
        """Whether a figure of the law is in force."""
        if self.reading.rule.parameters[name].kind == "number":
            return not self.figure(name)[1]
        return bool(self.truth(name).possible)

    def ways(self) -> list[Case]:
        """Every possibility of the case: each piece of time it may fall in, each word an unknown class may be (展开)."""
        reading = self.reading
        pieces = [0]
        if reading.starts:
            built: Any = self.span("built")
            first, last = bisect_right(reading.starts, built.low), bisect_right(reading.starts, built.high)
            pieces = [piece for piece in range(first, last + 1) if reading.alive[piece]]
        if not reading.choices:
            return [Case(reading, self.house, self.zone, piece) for piece in pieces]
        names = [name for name, _ in reading.choices]
        tried = [[code] if (code := self.codes(name)) else words for name, words in reading.choices]
        held = [dict(zip(names, codes, strict=True)) for codes in product(*tried)]
        return [Case(reading, self.house, self.zone, piece, choice) for piece in pieces for choice in held]

    def bits(self) -> int:
        """What the case comes to where the rule's conditions hold, as a set of possibilities; exceptions first."""
        rule, found = self.reading.rule, 0
        for exempt in rule.exceptions:
            truth = exempt.when.evaluate(self)
            if truth.possible:
                found |= BITS[exempt.effect]
            if truth.certain:
                return found
        if not rule.effect_by:
            return found | BITS[rule.effect]
        words, code = rule.parameters[rule.effect_by].words, self.codes(rule.effect_by)
        for word in words if code == 0 else (words[code - 1],):
            found |= BITS[rule.effect_words[word]]
        return found

    def _held(self, name: str) -> tuple[Column | None, int]:
        """The column of a fact, and the row in it; -1 where no zone is known to read it from."""
        of_zone = self.zone is not None and name in VOCABULARY["zone"]
        column = self.house.facts.blocks["zone" if of_zone else self.reading.rule.subject].columns.get(name)
        return column, self.zone if of_zone and self.zone is not None else self.row

    def _plainly_none(self, name: str) -> bool:
        """Whether an approval that no list holds was never given: the lists cover all days of this case."""
        column, row = self._held(name)
        if column is None or column.low.item(row) != 2 + self.reading.rule.facts[name].needs.index("approval_coverage"):
            return False
        first, last, built = self.span("approvals_first"), self.span("approvals_last"), self.span("built")
        return bool(built.low >= first.high and built.high <= last.low)

    def _quota(self, name: str) -> Span:
        """Sums over households are made by columns, of this one case."""
        reading = self.reading
        rows, zones, piece = (None if at is None else np.array([at]) for at in (self.row, self.zone, self.piece))
        choice = {fact: np.array([code]) for fact, code in self.choice.items()}
        line = reading.figures.timeline(reading.rule)
        held = total(reading.rule.quotas[name], Cases(reading.rule, self.house.facts, reading.figures, line, rows, zones, piece, choice))
        return _span(*(end.reshape(-1).item(0) for end in held))


def _span(low: Any, high: Any) -> Span:
    return Span(low, high)


def _truth(certain: Any, possible: Any) -> Truth:
    return Truth(certain, possible)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where a figure of the law is read: `index` has a position, or a fact and the position of each of its codes, by dimension."""

    array: DenseArray
    by_built: bool
    index: tuple[int | tuple[str, tuple[int, ...]], ...]


class Reading:
    """A rule made ready to be tried on single houses (规则的逐户读取).

    Args:
        readings: whose it is.
        rule: the rule.
        figures: the law beside all facts.
    """

    def __init__(self, readings: Readings, rule: Rule, figures: Figures) -> None:
        self.readings, self.rule, self.figures = readings, rule, figures
        line = figures.timeline(rule)
        self.judged = int(figures.judged)
        self.starts: list[int] = line.starts.tolist()
        self.first_day: list[int] = line.first_day.tolist()
        self.last_day: list[int] = line.last_day.tolist()
        self.law_piece: list[int] = line.law_piece.tolist()
        self.alive: list[bool] = line.in_force.tolist()
        self.choices: list[tuple[str, list[int]]] = [(name, codes.tolist()) for name, codes in choices(rule).items()]
        self.cells = {name: cell for name in rule.parameters if (cell := self._cell(name)) is not None}
        self.static, self.dynamic, _ = evaluate.conditions(rule)

    def _cell(self, name: str) -> _Cell | None:
        """Where a figure is read; None where no fact fills one of its dimensions, and only a quota reads it."""
        array = self.figures.law.array(name)
        found: list[int | tuple[str, tuple[int, ...]]] = []
        for position, (dimension, words) in zip(self.figures.fixed(self.rule, array), array.parameter.index.items(), strict=True):
            if isinstance(position, int):
                found.append(position)
                continue
            fact = self.rule.facts.get(self.rule.index.get(dimension, dimension))
            if fact is None:
                return None
            found.append((fact.name, (-1, *(words.index(word) if word in words else -1 for word in fact.words))))
        return _Cell(array, array.parameter.dated_by == "built", tuple(found))

    def first_cases(self, house: House) -> list[Case]:
        """The cases of a house before anything is asked: one, or one for each zone beside it (初始情形)."""
        if not self.rule.through:
            return [Case(self, house)]
        kind = ZONE_KINDS.index(self.rule.zone_kind)
        found = [Case(self, house, zone) for zone in house.zones if house.facts.zone_kind.item(zone) == kind]
        return [*found, Case(self, house, -1)] if self._blind(house) else found

    def _blind(self, house: House) -> bool:
        """Whether zones may be there that nobody knows of: no footprint, or a layer that does not reach the house."""
        columns, row = house.facts.blocks["house"].columns, house.rows["house"]
        held = [columns.get(name) for name in ("has_footprint", f"{self.rule.zone_kind}_layer")]
        return any(column is None or column.low.item(row) != 1 for column in held)

    def may_find(self, firsts: list[Case]) -> bool:
        """Whether the rule may come to more than nothing, as a judgement has it (是否可能认定)."""
        return any(way.bits() != NO for first in firsts if _possible(self.static, first) for way in first.ways() if self._holds(way))

    def _holds(self, way: Case) -> bool:
        return _possible(self.dynamic, way) and all(way.in_force(name) for name in self.rule.in_force)


def _possible(terms: list[Condition], case: Case) -> bool:
    return all(bool(term.evaluate(case).possible) for term in terms)


class Readings:
    """The rules of a set made ready to be tried on single houses of some facts (规则集的逐户读取): made once, each rule when asked.

    Args:
        law: the set.
        facts: of the county.
    """

    def __init__(self, law: LawSet, facts: Facts) -> None:
        self.law, self.facts = law, facts
        self._figures = {later: Figures(law, facts, later) for later in (False, True)}
        self._place: list[int] = self._figures[False].place.tolist()
        rules = compile_rules(law)
        self._rules = [(code, versions, evaluate.set_aside(versions, facts)) for code, versions in rules.items()]
        self._serving = {code: self._figures[False].serving(versions).tolist() for code, versions in rules.items()}
        self._made: dict[tuple[str, int, bool], Reading] = {}

    def place(self, house: House, subject: str) -> int:
        """Row of the law's arrays for the place of a house, its parcel or its household."""
        held: int = self.facts.blocks[subject].division.item(house.rows[subject])
        return self._place[held]

    def of(self, house: House, settled: set[str]) -> Iterator[tuple[str, Rule, list[str], Reading | None]]:
        """The rules that serve a house (适用规则).

        Args:
            house: one of the facts.
            settled: codes that are left out.

        Returns:
            Code, a version of the rule, the facts that nobody asked for, and the rule made ready; None where it is set aside.
        """
        for code, versions, absent in self._rules:
            if absent:
                yield code, versions[0], absent, None
            elif code not in settled and house.rows[versions[0].subject] >= 0:
                serves = self._serving[code][self.place(house, versions[0].subject)]
                if serves >= 0:
                    yield code, versions[serves], [], self._reading(code, versions, serves, later=False)

    def later(self, reading: Reading) -> Reading:
        """The same rule by the law of the day of judging (新法)."""
        versions = next(versions for code, versions, _ in self._rules if code == reading.rule.code)
        return self._reading(reading.rule.code, versions, versions.index(reading.rule), later=True)

    def _reading(self, code: str, versions: tuple[Rule, ...], number: int, *, later: bool) -> Reading:
        made = self._made.get((code, number, later))
        if made is None:
            made = self._made[code, number, later] = Reading(self, versions[number], self._figures[later])
        return made
