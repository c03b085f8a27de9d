"""One rule on all rows: what it may come to for each, as a set of possibilities (规则求值)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jiadi.errors import Refusal
from jiadi.policy.cases import Cases, Spread, spread
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array, Condition
from jiadi.policy.rules import BITS, NO, Rule
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import unasked


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule comes to (求值结果).

    Args:
        rule: the rule.
        rows: int32 rows of its subject for which it may come to more than nothing, sorted.
        bits: uint8 what it may come to, of `rules.BITS`.
        cases: the cases that were tried to the end.
        unit: position in `rows` of each case, or -1 where the row came to nothing.
        case_bits: uint8 what each case may come to.
        exempt: int8 exception that settled each case; -1 for none.
    """

    rule: Rule
    rows: Array
    bits: Array
    cases: Cases
    unit: Array
    case_bits: Array
    exempt: Array


def set_aside(versions: tuple[Rule, ...], facts: Facts) -> list[str]:
    """Facts without which a rule that says so is set aside, where no list asks for them (未调查而搁置的规则).

    Args:
        versions: of one rule.
        facts: the facts.

    Returns:
        Names of facts; empty where the rule is tried.
    """
    held = {subject: block.columns for subject, block in facts.blocks.items()}
    absent = {name for rule in versions if rule.aside for name in unasked(rule.subject, rule.zone_kind, rule.names, held)}
    return sorted(absent)


def run(rule: Rule, facts: Facts, figures: Figures, serves: Array | None = None) -> Tried:
    """Try a rule on every row of its subject (逐条求值).

    Args:
        rule: compiled.
        facts: the facts.
        figures: the law beside them.
        serves: bool for each row of the subject, where this version of the rule serves; None for all.

    Raises:
        Refusal: two exceptions that clash, with the rows.
    """
    line = figures.timeline(rule)
    cases = first_cases(Cases(rule, facts, figures, line, None), serves)
    static, dynamic, sieves = conditions(rule)
    cases, certain = _narrow(cases, np.ones(cases.size, dtype=bool), static)
    # What may hold on some day at all; whether it does is asked again day by day.
    cases, certain = _narrow(cases, certain, sieves, sieve=True)
    cases, certain = _in_time(cases, certain)
    every = spread(cases)
    tried = every.cases
    position = np.arange(tried.size)
    certain = certain[every.source]
    parts: list[Condition | str] = [*dynamic, *rule.in_force]
    for part in parts:
        before = tried.size
        holds_certain, holds_possible = holds(tried, part)
        keep = np.flatnonzero(np.broadcast_to(holds_possible, before))
        certain = certain & holds_certain
        if len(keep) < before:
            tried, certain, position = tried.take(keep), np.broadcast_to(certain, before)[keep], position[keep]
    bits, exempt = _effects(tried)
    bits[~np.broadcast_to(certain, tried.size)] |= NO
    return _gathered(cases, every._replace(cases=tried, source=every.source[position]), bits, exempt)


def conditions(rule: Rule) -> tuple[list[Condition], list[Condition], list[Condition]]:
    """A rule's conditions by when they are asked (条件分类).

    Args:
        rule: compiled.

    Returns:
        Those that read neither time nor a class that may be unknown; the others; those of them that sieve.
    """
    moving = {"built", *(name for name, figure in rule.parameters.items() if figure.dated_by == "built")}
    for name, figure in rule.parameters.items():
        if any(rule.index.get(dimension, dimension) in rule.facts for dimension in figure.index):
            moving.add(name)
    moving |= set(rule.quotas)
    within = {name for name, fact in rule.facts.items() if fact.within}
    static = [term for term in rule.when if not term.names & (moving | within)]
    dynamic = [term for term in rule.when if term.names & (moving | within)]
    return static, dynamic, [term for term in dynamic if not term.names & moving]


def first_cases(cases: Cases, serves: Array | None) -> Cases:
    """The cases of a rule before anything is asked (初始情形): every row, or every house beside every zone.

    Args:
        cases: all rows of the subject.
        serves: rows where this version of the rule serves; None for all.
    """
    if not cases.rule.through:
        return cases if serves is None else cases.take(np.flatnonzero(serves))
    kind = cases.rule.zone_kind
    seen = cases.facts.zone_rows(kind)
    zones = np.arange(seen.start, seen.stop)
    rows = cases.facts.zone_house[seen].astype(np.int64)
    blind = _blind_houses(cases.facts, kind)
    if len(blind):
        order = np.argsort(np.concatenate([rows, blind]), kind="stable")
        rows, zones = np.concatenate([rows, blind])[order], np.concatenate([zones, np.full(len(blind), -1)])[order]
    found = replace(cases, rows=rows, zones=zones)
    return found if serves is None else found.take(np.flatnonzero(serves[rows]))


def _blind_houses(facts: Facts, kind: str) -> Array:
    """Houses that may touch zones nobody knows of: no footprint, or a layer that does not reach them."""
    house = facts.blocks["house"]
    sees = np.ones(house.size, dtype=bool)
    for name in ("has_footprint", f"{kind}_layer"):
        held = house.columns.get(name)
        sees &= np.zeros(house.size, dtype=bool) if held is None else held.low == 1
    return np.flatnonzero(~sees)


def holds(cases: Cases, part: Condition | str) -> tuple[Array, Array]:
    """Whether a condition holds, or a figure of the law is in force (是否成立): certainly, and possibly."""
    if not isinstance(part, str):
        return part.evaluate(cases)
    if cases.rule.parameters[part].kind == "number":
        there = ~cases.figure(part)[1]
        return there, there
    return cases.truth(part)


def _narrow(cases: Cases, certain: Array, terms: list[Condition], *, sieve: bool = False) -> tuple[Cases, Array]:
    for term in terms:
        before = cases.size
        truth = term.evaluate(cases)
        keep = np.flatnonzero(np.broadcast_to(truth.possible, before))
        certain = certain if sieve else certain & truth.certain
        if len(keep) < before:
            cases, certain = cases.take(keep), certain[keep]
    return cases, certain


def _in_time(cases: Cases, certain: Array) -> tuple[Cases, Array]:
    """Leave out rows that are older than the rule: most are, for young rules."""
    alive = np.flatnonzero(cases.line.in_force)
    if not len(alive):
        return cases.take(alive), certain[:0]
    if alive[0] == 0:
        return cases, certain
    keep = np.flatnonzero(np.broadcast_to(cases.span("built").high >= cases.line.first_day[alive[0]], cases.size))
    return (cases, certain) if len(keep) == cases.size else (cases.take(keep), certain[keep])


def _effects(cases: Cases) -> tuple[Array, Array]:
    """What each case comes to, if the rule's conditions hold; exceptions first."""
    bits = np.zeros(cases.size, dtype=np.uint8)
    exempt = np.full(cases.size, -1, dtype=np.int8)
    rest = np.ones(cases.size, dtype=bool)
    certain: list[Array] = []
    for number, exception in enumerate(cases.rule.exceptions):
        truth = exception.when.evaluate(cases)
        sure, maybe = np.broadcast_to(truth.certain, cases.size), np.broadcast_to(truth.possible, cases.size)
        bits[rest & maybe] |= BITS[exception.effect]
        exempt[rest & sure & (bits == BITS[exception.effect])] = number
        rest = rest & ~sure
        certain.append(sure)
    _check_clash(cases, certain)
    bits[rest] |= _base(cases)[rest]
    return bits, exempt


def _base(cases: Cases) -> Array:
    rule = cases.rule
    if not rule.effect_by:
        return np.full(cases.size, BITS[rule.effect], dtype=np.uint8)
    words = rule.parameters[rule.effect_by].words
    every = np.bitwise_or.reduce([BITS[rule.effect_words[word]] for word in words])
    table = np.array([every, *(BITS[rule.effect_words[word]] for word in words)], dtype=np.uint8)
    return np.broadcast_to(table[cases.codes(rule.effect_by)], cases.size)


def _check_clash(cases: Cases, certain: list[Array]) -> None:
    listed = cases.rule.exceptions
    for second, later in enumerate(listed):
        for first, earlier in enumerate(listed[:second]):
            if earlier.effect == later.effect or later.label in earlier.over:
                continue
            both = np.flatnonzero(certain[first] & certain[second])
            if len(both):
                assert cases.rows is not None
                ids = cases.facts.ids[cases.rule.subject].gather(np.unique(cases.rows[both])[:10]).to_list()
                why = f"Rule {cases.rule.code}: the exceptions {earlier.label} and {later.label} both apply and say different things."
                raise Refusal(
                    "exceptions_clash", f"{why} {cases.rule.subject}: {', '.join(ids)}.", "Say under applies_over which one goes first."
                )


def _gathered(cases: Cases, left: Spread, bits: Array, exempt: Array) -> Tried:
    """Join the cases of each row: over classes and time any may be true; of several zones the gravest counts."""
    tried, source = left.cases, left.source
    rows = np.arange(cases.size) if cases.rows is None else cases.rows
    if cases.rule.through:
        joined_rows, joined = _over_zones(left, rows, bits)
        group = np.searchsorted(joined_rows, rows[source])
    else:
        first = np.diff(source, prepend=-1) != 0
        starts = np.flatnonzero(first)
        group = np.arange(len(source)) if len(starts) == len(source) else np.cumsum(first) - 1
        present = source[starts]
        joined = np.bitwise_or.reduceat(bits, starts) if len(starts) else bits[:0]
        joined[np.diff(starts, append=len(source)) < left.number[present]] |= NO
        joined_rows = rows[present]
    more = joined != NO
    unit = np.where(more, np.cumsum(more) - 1, -1)[group]
    return Tried(cases.rule, joined_rows[more].astype(np.int32), joined[more], tried, unit, bits, exempt)


def _over_zones(left: Spread, rows: Array, bits: Array) -> tuple[Array, Array]:
    tried, source, words = left.cases, left.source, left.words
    assert tried.piece is not None
    pieces = len(tried.line.starts) + 1
    # First the classes that one zone may be of, in one piece of time.
    by_zone = source * pieces + tried.piece
    starts = np.flatnonzero(np.diff(by_zone, prepend=-1))
    zone_bits = np.bitwise_or.reduceat(bits, starts) if len(starts) else bits[:0]
    zone_bits[np.diff(starts, append=len(by_zone)) < words[source[starts]]] |= NO
    # Then the zones of one house in one piece of time: the gravest that each may be.
    key = rows[source[starts]].astype(np.int64) * pieces + tried.piece[starts]
    order = np.argsort(key, kind="stable")
    key, zone_bits = key[order], zone_bits[order]
    firsts = np.flatnonzero(np.diff(key, prepend=-1))
    if not len(firsts):
        return rows[:0], bits[:0]
    least = np.maximum.reduceat(zone_bits & (~zone_bits + np.uint8(1)), firsts)
    house_bits = np.bitwise_or.reduceat(zone_bits, firsts) & ~(least - np.uint8(1))
    # Last the pieces of time.
    house = key[firsts] // pieces
    begins = np.flatnonzero(np.diff(house, prepend=-1))
    joined = np.bitwise_or.reduceat(house_bits, begins)
    total = (left.number // words)[source[starts][order][firsts][begins]]
    joined[np.diff(begins, append=len(house)) < total] |= NO
    return house[begins], joined
