"""Figures of the law as rules read them: for the places of the facts, by pieces of time (取值)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jiadi.law import DenseArray, LawSet
from jiadi.policy.grammar import Array
from jiadi.policy.rules import Rule
from jiadi.policy.table import FAR_DAY, Facts, day


@dataclass(frozen=True, slots=True)
class Timeline:
    """The pieces of time between which a rule may change (时段).

    Args:
        starts: int32 first day of each piece but the first, sorted; piece 0 is before all of them.
        law_piece: piece of the law set that stands for each piece.
        in_force: bool, whether the rule may apply in the piece.
    """

    starts: Array
    law_piece: Array
    in_force: Array = field(default_factory=lambda: np.ones(1, dtype=bool))

    def of(self, days: Array) -> Array:
        """Piece of each day."""
        return np.searchsorted(self.starts, days, side="right")

    @property
    def first_day(self) -> Array:
        """First day of each piece."""
        return np.concatenate([np.array([-FAR_DAY], dtype=np.int32), self.starts])

    @property
    def last_day(self) -> Array:
        """Last day of each piece."""
        return np.concatenate([self.starts - 1, np.array([FAR_DAY], dtype=np.int32)])


class Figures:
    """A law set beside the facts that it judges (规则集与事实的对照).

    Args:
        law: the set.
        facts: its divisions and day are used.
        later: read figures of the building time as of the day of judging too.
    """

    def __init__(self, law: LawSet, facts: Facts, later: bool = False) -> None:
        self.law = law
        self.later = later
        codes = pl.Series("division", facts.divisions, dtype=pl.String)
        # The last entry serves rows whose division is not known: position -1 reaches it.
        self.place = np.append(law.division_index(codes), -1)
        self.judged = law.piece(facts.on)
        self._division = {subject: block.division for subject, block in facts.blocks.items()}
        self._places: dict[str, Array] = {}
        self._lines: dict[int, tuple[Rule, Timeline]] = {}

    def places(self, subject: str) -> Array:
        """Division row of the set's arrays for each row of facts; one number where all are the same.

        Args:
            subject: house, parcel or household.
        """
        if subject not in self._places:
            self._places[subject] = self._looked_up(self._division[subject])
        return self._places[subject]

    def _looked_up(self, rows: Array) -> Array:
        known = self.place[:-1]
        if len(rows) and len(known) and (known == known[0]).all() and rows.min() >= 0:
            return np.array(known[0], dtype=np.int64)  # as in most counties: one set for all of them, so no row is looked at
        held: Array = self.place[rows]
        return np.array(held[0], dtype=np.int64) if len(held) and held.min() == held.max() else held

    def covered(self, subject: str) -> Array:
        """Which rows of facts lie in a place that the set knows."""
        return np.broadcast_to(self.places(subject) >= 0, len(self._division[subject]))

    def versions(self, versions: tuple[Rule, ...], subject: str) -> Array:
        """Which version of a rule serves each row of facts; -1 where none does (适用的规则版本).

        Args:
            versions: of one rule, nearest layer first.
            subject: what it is about.

        Returns:
            One number where all are the same.
        """
        found: Array = self.serving(versions)[self.places(subject)]
        return found

    def serving(self, versions: tuple[Rule, ...]) -> Array:
        """Which version of a rule serves each division of the set; -1 where none does, and in the last entry, for no division."""
        serving = np.full(len(self.law.divisions) + 1, -1, dtype=np.int64)
        for number, division in enumerate(self.law.divisions):
            fits = [rule.division == "00" or division.startswith(rule.division) for rule in versions]
            serving[number] = fits.index(True) if any(fits) else -1
        return serving

    def timeline(self, rule: Rule) -> Timeline:
        """The pieces of time that a rule distinguishes.

        Args:
            rule: its figures that are dated by the day of building, and the days it names, make the pieces.
        """
        held = self._lines.get(id(rule))
        if held is None or held[0] is not rule:
            held = self._lines[id(rule)] = (rule, self._timeline(rule))
        return held[1]

    def _timeline(self, rule: Rule) -> Timeline:
        arrays = [self.law.array(name) for name, figure in rule.parameters.items() if figure.dated_by == "built"]
        changes = {piece for array in arrays for piece in _changes(array, self.fixed(rule, array))}
        named = {day(on) for on in rule.days}
        edges = np.array(sorted({day(self.law.breakpoints[piece]) for piece in changes} | named), dtype=np.int32)
        law_edges = np.array([day(on) for on in self.law.breakpoints], dtype=np.int64)
        first = np.concatenate([edges[:1] - 1, edges]) if len(edges) else np.array([0])
        pieces = np.full(len(first), self.judged) if self.later else np.searchsorted(law_edges, first, side="right")
        line = Timeline(edges, pieces)
        return Timeline(line.starts, line.law_piece, self._in_force(rule, line))

    def _in_force(self, rule: Rule, line: Timeline) -> Array:
        alive = np.ones(len(line.law_piece), dtype=bool)
        for name in rule.in_force:
            array = self.law.array(name)
            pieces = line.law_piece if array.parameter.dated_by == "built" else np.full(len(alive), self.judged)
            holds = ~array.missing if array.parameter.kind == "number" else ~array.missing & (array.values == 1)
            fixed = self.fixed(rule, array)
            cells = holds[(slice(None), pieces, *fixed)]
            alive &= cells.reshape(cells.shape[0], len(alive), -1).any(axis=(0, 2))
        return alive

    def fixed(self, rule: Rule, array: DenseArray) -> tuple[slice | int, ...]:
        """Place in each dimension that the rule itself settles; all of it where a fact does."""
        own = {"finding": rule.code, "zone_kind": rule.zone_kind}
        found: list[slice | int] = []
        for dimension, words in array.parameter.index.items():
            word = own.get(dimension, "")
            found.append(words.index(word) if word in words and dimension not in rule.index else slice(None))
        return tuple(found)


def _changes(array: DenseArray, cells: tuple[slice | int, ...]) -> list[int]:
    """Breakpoints at which a figure, or who gives it, changes."""
    held = array.source[(slice(None), slice(None), *cells)]
    source = held.reshape(held.shape[0], held.shape[1], -1)
    return [int(piece) for piece in np.flatnonzero((source[:, 1:] != source[:, :-1]).any(axis=(0, 2)))]
