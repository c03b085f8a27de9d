"""The cases in which a rule is tried: rows of its subject, in every piece of time and class they may be of (情形)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from jiadi.law import DenseArray
from jiadi.policy.derived import total
from jiadi.policy.figures import Figures, Timeline
from jiadi.policy.grammar import UNBOUNDED, Array, Span, Truth
from jiadi.policy.rules import Rule
from jiadi.policy.table import FAR_DAY, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY

_UNKNOWN = {
    "number": Span(np.array(-UNBOUNDED), np.array(UNBOUNDED)),
    "date": Span(np.array(-FAR_DAY), np.array(FAR_DAY)),
}
_MAYBE = Truth(np.array(False), np.array(True))


@dataclass(frozen=True, slots=True)
class Cases:
    """Some rows of a rule's subject as its expressions read them (一组情形).

    Args:
        rule, facts, figures, line: what is tried on what.
        rows: int64 subject row of each case; None for all rows in order.
        zones: int64 zone row of each case, -1 where nobody knows which zones there are; None without zones.
        piece: piece of `line` of each case; None before cases are spread over time.
        choice: fact → code of each case, where an unknown word was tried with each of its words.
    """

    rule: Rule
    facts: Facts
    figures: Figures
    line: Timeline
    rows: Array | None
    zones: Array | None = None
    piece: Array | None = None
    choice: Mapping[str, Array] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of cases."""
        return self.facts.blocks[self.rule.subject].size if self.rows is None else len(self.rows)

    def take(self, keep: Array) -> Cases:
        """Some of the cases."""
        return replace(
            self,
            rows=keep if self.rows is None else self.rows[keep],
            zones=None if self.zones is None else self.zones[keep],
            piece=None if self.piece is None else self.piece[keep],
            choice={name: codes[keep] for name, codes in self.choice.items()},
        )

    def span(self, name: str) -> Span:
        """A number or day, as the grammar reads it."""
        if name in self.rule.quotas:
            return total(self.rule.quotas[name], self)
        if name in self.rule.parameters:
            values, missing, _ = self.figure(name)
            if not missing.any():
                return Span(values, values)
            return Span(np.where(missing, -UNBOUNDED, values), np.where(missing, UNBOUNDED, values))
        held = self._held(name)
        if held is None:
            span = _UNKNOWN[self.rule.facts[name].kind]
        else:
            low = self._taken(name, held.low, _UNKNOWN[self.rule.facts[name].kind].low)
            known = held.high is held.low and not self._blind(name)
            span = Span(low, low if known else self._taken(name, held.high, _UNKNOWN[self.rule.facts[name].kind].high))
            if self.piece is not None and self.rule.facts[name].within and not known:
                none = self._plainly_none(self.rule.facts[name].within)
                span = Span(np.where(none, 0, span.low), np.where(none, 0, span.high))
        if name == "built" and self.piece is not None and len(self.line.starts):
            return Span(np.maximum(span.low, self.line.first_day[self.piece]), np.minimum(span.high, self.line.last_day[self.piece]))
        return span

    def codes(self, name: str) -> Array:
        """A word, as the grammar reads it."""
        if name in self.rule.parameters:
            values, missing, _ = self.figure(name)
            return np.where(missing, 0, values + 1)
        if name in self.choice:
            return self.choice[name]
        held = self._held(name)
        return np.zeros(self.size, dtype=np.uint8) if held is None else self._taken(name, held.low, np.uint8(0))

    def truth(self, name: str) -> Truth:
        """A yes or no, as the grammar reads it; a yes-or-no of the law that nobody gave is a no."""
        if name in self.rule.parameters:
            values, missing, _ = self.figure(name)
            holds = (values == 1) & ~missing
            return Truth(holds, holds)
        held = self.raw(name)
        return _MAYBE if held is None else Truth(held == 1, held > 0)

    def raw(self, name: str) -> Array | None:
        """A yes or no as it is held, with the reason where it is unknown; None where the fact is not there."""
        held = self._held(name)
        if held is None:
            return None
        answer = self._taken(name, held.low, np.int8(2))
        if self.piece is not None and self.rule.facts[name].within:
            answer = np.where(self._plainly_none(name), 0, answer)
        return answer

    def _plainly_none(self, name: str) -> Array:
        """Where an approval that no list holds was never given: the lists cover all days of this case."""
        held = self._held(name)
        first, last, built = self.span("approvals_first"), self.span("approvals_last"), self.span("built")
        if held is None:
            return np.zeros(self.size, dtype=bool)
        uncovered = 2 + self.rule.facts[name].needs.index("approval_coverage")
        none: Array = (self._taken(name, held.low, np.int8(2)) == uncovered) & (built.low >= first.high) & (built.high <= last.low)
        return none

    def figure(self, name: str, at: Mapping[str, int] | None = None) -> tuple[Array, Array, Array]:
        """Values of a figure of the law, where there is none, and who gives it.

        Args:
            name: of the figure.
            at: dimension → position, for dimensions that no fact fills.
        """
        array = self.figures.law.array(name)
        cell = (self.places(), self.law_pieces(array), *self._index(array, at or {}))
        missing = array.missing[cell]
        for position in cell[2:]:
            missing = missing | (np.asarray(position) < 0)
        return array.values[cell], missing, np.where(missing, -1, array.source[cell])

    def places(self) -> Array:
        """Row of the law's arrays for the place of each case."""
        places = self.figures.places(self.rule.subject)
        return places if not places.shape or self.rows is None else places.take(self.rows)

    def law_pieces(self, array: DenseArray) -> Array:
        """Piece of the law's time of each case, for a figure."""
        if array.parameter.dated_by != "built":
            return np.array(self.figures.judged)
        return np.array(self.line.law_piece[0]) if self.piece is None else self.line.law_piece[self.piece]

    def _index(self, array: DenseArray, at: Mapping[str, int]) -> list[Array]:
        found: list[Array] = []
        fixed = self.figures.fixed(self.rule, array)
        for position, (dimension, words) in zip(fixed, array.parameter.index.items(), strict=True):
            if isinstance(position, int):
                found.append(np.array(position))
                continue
            if dimension in at:
                found.append(np.array(at[dimension]))
                continue
            name = self.rule.index.get(dimension, dimension)
            known = [words.index(word) if word in words else -1 for word in self.rule.facts[name].words]
            found.append(np.array([-1, *known])[self.codes(name)])
        return found

    def _held(self, name: str) -> Column | None:
        block = self.facts.blocks["zone" if self._of_zone(name) else self.rule.subject]
        return block.columns.get(name)

    def _of_zone(self, name: str) -> bool:
        return self.zones is not None and name in VOCABULARY["zone"]

    def _blind(self, name: str) -> bool:
        """Whether some case has no zone row to read a zone's fact from."""
        return self._of_zone(name) and self.zones is not None and bool((self.zones < 0).any())

    def _taken(self, name: str, column: Array, unknown: Array | np.generic) -> Array:
        if not self._of_zone(name):
            return column if self.rows is None else column.take(self.rows)
        assert self.zones is not None
        if not self._blind(name):
            return column.take(self.zones)
        seen = self.zones >= 0
        if not len(column):
            return np.full(len(seen), unknown)
        return np.where(seen, column[np.where(seen, self.zones, 0)], unknown)


def choices(rule: Rule) -> dict[str, Array]:
    """Facts that fill a dimension of a figure that decides: unknown ones are tried with every word of it.

    Returns:
        Fact → codes of the words to try.
    """
    found: dict[str, Array] = {}
    summed = {quota.sum_of for quota in rule.quotas.values()}
    for name in sorted((rule.names | summed) & set(rule.parameters)):
        for dimension, words in rule.parameters[name].index.items():
            fact = rule.facts.get(rule.index.get(dimension, dimension))
            if fact is not None:
                own = [fact.words.index(word) + 1 for word in words if word in fact.words]
                found[fact.name] = np.union1d(found.get(fact.name, np.zeros(0, dtype=np.int64)), own).astype(np.int64)
    return found


class Spread(NamedTuple):
    """Cases tried in every way (展开的情形).

    `cases`: the ways. `source`: position of the case that each comes from, sorted. `number`: ways of each
    case given, those outside the rule's time counted. `words`: of those, ways in one piece of time.
    """

    cases: Cases
    source: Array
    number: Array
    words: Array


def spread(cases: Cases) -> Spread:
    """Every possibility of each case: each piece of time it may fall in, each word an unknown class may be."""
    source = np.arange(cases.size)
    number = np.ones(cases.size, dtype=np.int64)
    if len(cases.line.starts):
        built = cases.span("built")
        first = np.broadcast_to(cases.line.of(built.low), cases.size)
        last = first if built.high is built.low else np.broadcast_to(cases.line.of(built.high), cases.size)
        number = last - first + 1
        source = np.repeat(source, number)
        piece = np.arange(len(source)) - np.repeat(np.cumsum(number) - number - first, number)
        alive = cases.line.in_force[piece]
        if not alive.all():
            source, piece = source[alive], piece[alive]
        spread_cases = replace(cases.take(source), piece=piece)
    else:
        spread_cases = replace(cases if cases.rows is not None else cases.take(source), piece=np.zeros(cases.size, dtype=np.int64))
    ways = np.ones(cases.size, dtype=np.int64)
    for name, words in choices(cases.rule).items():
        codes = spread_cases.codes(name)
        times = np.where(codes == 0, len(words), 1)
        ways = ways * np.where(cases.codes(name) == 0, len(words), 1)
        if int(times.max(initial=1)) > 1:
            again = np.repeat(np.arange(len(codes)), times)
            turn = np.arange(len(again)) - np.repeat(np.cumsum(times) - times, times)
            source, spread_cases = source[again], spread_cases.take(again)
            codes = np.where(codes[again] == 0, words[turn], codes[again])
        spread_cases = replace(spread_cases, choice={**spread_cases.choice, name: codes})
    return Spread(spread_cases, source, number * ways, ways)
