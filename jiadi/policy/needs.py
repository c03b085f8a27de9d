"""What would settle a rule that cannot be decided (待核实所需)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.policy.cases import Cases, choices
from jiadi.policy.derived import SPLIT
from jiadi.policy.evaluate import Tried
from jiadi.policy.grammar import Array
from jiadi.policy.vocabulary import VOCABULARY, Fact

_NOWHERE = 2**20
"""A day or figure that may lie beyond this on both sides is not known at all."""


def of(tried: Tried, rows: Array) -> pl.Series:
    """Words of `labels.yaml` that name what is needed, for some rows of a result (所需资料).

    Args:
        tried: a rule, tried.
        rows: positions in `tried.rows` of what is undecided.

    Returns:
        String, one a row: words joined by commas, in the order in which the rule reads them.
    """
    wanted = np.zeros(len(tried.rows) + 1, dtype=bool)
    wanted[rows] = True
    picked = np.flatnonzero(wanted[tried.unit] & (tried.unit >= 0))
    lacking = _Lacking(tried, picked)
    for term in (*tried.rule.when, *(exempt.when for exempt in tried.rule.exceptions)):
        truth = term.evaluate(lacking.cases)
        lacking.of_term(sorted(term.names), np.broadcast_to(truth.possible & ~truth.certain, len(picked)))
    lacking.of_time_and_class(tried)
    for name in ("has_footprint", f"{tried.rule.zone_kind}_layer") if lacking.blind.any() else ():
        lacking.of_answer(tried.rule.facts[name], lacking.blind)
    return lacking.words(rows)


class _Lacking:
    """Sets of words by row, as bits, gathered from the cases of the rows."""

    def __init__(self, tried: Tried, picked: Array) -> None:
        self.bits = np.zeros(len(tried.rows), dtype=np.int64)
        self.order: list[str] = []
        self.cases: Cases = tried.cases.take(picked)
        self.unit = tried.unit[picked]
        zones = self.cases.zones
        self.blind = np.zeros(len(picked), dtype=bool) if zones is None else zones < 0

    def add(self, word: str, where: Array) -> None:
        rows = self.unit[np.broadcast_to(where, len(self.unit))]
        if len(rows):
            if word not in self.order:
                self.order.append(word)
            self.bits[rows] |= 1 << self.order.index(word)

    def words(self, rows: Array) -> pl.Series:
        distinct, place = np.unique(self.bits[rows], return_inverse=True)
        named = [",".join(word for number, word in enumerate(self.order) if bits >> number & 1) for bits in distinct.tolist()]
        return pl.Series("needs", named, dtype=pl.String).gather(place)

    def seen(self, name: str, where: Array) -> Array:
        """Where a fact is read from something: a zone that nobody knows of has no facts to ask for."""
        return where & ~self.blind if name in VOCABULARY["zone"] else where

    def of_term(self, names: list[str], undecided: Array) -> None:
        """What a condition lacks: what is not known at all, and only where there is nothing such what is known roughly."""
        rough: list[tuple[str, Array]] = []
        for name in [*names, *(SPLIT if set(names) & set(self.cases.rule.quotas) else ())]:
            if name in self.cases.rule.quotas:
                continue
            if name in self.cases.rule.parameters:
                self.add("law_figure", undecided & self.cases.figure(name)[1])
                continue
            fact, here = self.cases.rule.facts[name], self.seen(name, undecided)
            if fact.kind == "truth":
                self.of_answer(fact, here)
            elif fact.kind == "word":
                self.add(name, here & (self.cases.codes(name) == 0))
            else:
                span = self.cases.span(name)
                unbounded = (span.low < -_NOWHERE) & (span.high > _NOWHERE)
                self.add(name, here & unbounded)
                rough.append((name, here & ~unbounded & (span.low < span.high)))
                undecided = undecided & ~unbounded
        for name, where in rough:
            self.add(name, where & undecided)

    def of_answer(self, fact: Fact, where: Array) -> None:
        raw = self.cases.raw(fact.name)
        if raw is None:
            self.add(fact.needs[0] if fact.needs else fact.name, where)
            return
        for number, need in enumerate(fact.needs):
            self.add(need, where & (raw == number + 2))

    def of_time_and_class(self, tried: Tried) -> None:
        """The day of building or a class, where it was tried in several ways."""
        base, cases = tried.cases, self.cases
        plain = Cases(base.rule, base.facts, base.figures, base.line, cases.rows, cases.zones)
        if len(base.line.starts):
            built = plain.span("built")
            self.add("built", base.line.of(built.low) < base.line.of(built.high))
        for name in choices(tried.rule):
            self.add(name, self.seen(name, plain.codes(name) == 0))
        if tried.rule.effect_by:
            self.add("law_figure", cases.figure(tried.rule.effect_by)[1])
