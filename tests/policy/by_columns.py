"""Why a rule found nothing, worked out by the columns that judge: the slow way, which the fast way has to equal word for word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jiadi.policy import evaluate, say
from jiadi.policy.again import Neighbours
from jiadi.policy.cases import Cases, spread
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array, Span
from jiadi.policy.judge import served
from jiadi.policy.labels import label
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.table import SUBJECTS, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, Fact

Told = tuple[str, str, str, str, str, str, str]


def part(facts: Facts, house: int) -> Facts:
    """The facts of one house alone."""
    return Neighbours(facts).part(facts, np.array([house]))


def told(facts: Facts, figures: Figures, settled: set[str], lang: str) -> Iterator[Told]:
    """As `why_not.told`, of facts of one house alone."""
    for code, versions in compile_rules(figures.law).items():
        if absent := evaluate.set_aside(versions, facts):
            needs = say.word("list", lang).join(label(name, lang) for name in absent)
            yield code, label(code, lang), versions[0].subject, "", "unasked", needs, ""
            continue
        if code in settled or not facts.blocks[versions[0].subject].size:
            continue
        for rule, serves in served(versions, facts, figures):
            reason, term, margin = _told(rule, facts, figures, serves, lang)
            yield code, label(code, lang), rule.subject, facts.ids[rule.subject][0], reason, term, margin


def _told(rule: Rule, facts: Facts, figures: Figures, serves: Array | None, lang: str) -> tuple[str, str, str]:
    first = evaluate.first_cases(Cases(rule, facts, figures, figures.timeline(rule), None), serves)
    if rule.code not in figures.law.milder_later_law or not len(evaluate.run(rule, facts, figures, serves).rows):
        return _reason(first, lang)
    later = Figures(figures.law, facts, later=True)
    _, term, margin = _reason(evaluate.first_cases(Cases(rule, facts, later, later.timeline(rule), None), serves), lang)
    return "milder", term, margin


def _reason(cases: Cases, lang: str) -> tuple[str, str, str]:
    if cases.rule.through and cases.size == 0:
        return "no_zone", label(cases.rule.zone_kind, lang), ""
    every = spread(cases)
    if not every.cases.size:
        return "not_in_force", _built(cases, lang), ""
    nearest = every.cases.take(np.array([_nearest(every.cases)]))
    margin = _margin(nearest, lang)
    for term in cases.rule.when:
        if not np.any(term.evaluate(nearest).possible):
            return *_condition(term.text, nearest, lang), margin
    if not all(np.any(evaluate.holds(nearest, name)[1]) for name in cases.rule.in_force):
        return "not_in_force", _built(cases, lang), margin
    for exempt in cases.rule.exceptions:
        if np.all(exempt.when.evaluate(nearest).certain):
            held = condition(exempt.when.text, nearest, lang)
            return "exception", f"{label(exempt.label, lang)}{say.word('open', lang)}{held}{say.word('close', lang)}", ""
    return ("period", _built(cases, lang), "") if cases.rule.effect_by else ("several", "", margin)


def _condition(text: str, cases: Cases, lang: str) -> tuple[str, str]:
    name = text.removeprefix("not ").strip()
    fact = cases.rule.facts.get(name)
    stated = say.state(name, text != name, lang) if fact is not None and fact.kind == "truth" else ""
    return ("fact", stated) if stated else ("condition", condition(text, cases, lang))


def _built(cases: Cases, lang: str) -> str:
    return value(cases, "built", lang) if "built" in cases.rule.facts else ""


def _nearest(cases: Cases) -> int:
    if cases.rule.excess is None:
        return 0
    return int(np.argmax(np.broadcast_to(cases.rule.excess.evaluate(cases).low, cases.size)))


def _margin(case: Cases, lang: str) -> str:
    if case.rule.excess is None:
        return ""
    low, high = (int(np.broadcast_to(end, 1)[0]) for end in case.rule.excess.evaluate(case))
    return say.figure(-low, case.rule.unit, case.rule.scale, lang) if low == high and low <= 0 else ""


class _First:
    """The first case of some columns as plain numbers: what `say` puts in words."""

    def __init__(self, cases: Cases) -> None:
        self.cases, self.rule = cases.take(np.array([0])), cases.rule

    def span(self, name: str) -> Span:
        return Span(*(np.reshape(end, -1)[0] for end in self.cases.span(name)))

    def codes(self, name: str) -> Array:
        return np.reshape(self.cases.codes(name), -1)[0]

    def truth(self, name: str) -> tuple[bool, bool]:
        held = self.cases.truth(name)
        return type(held)(np.all(held.certain), np.all(held.possible))


def value(cases: Cases, name: str, lang: str) -> str:
    """A fact or figure of the first case in words."""
    return say.value(_First(cases), name, lang)


def condition(text: str, cases: Cases, lang: str) -> str:
    """A condition of the first case in words."""
    return say.condition(text, _First(cases), lang)


def inputs(facts: Facts, lang: str) -> Iterator[tuple[str, str, str, str, str]]:
    """As `trace.Inputs.of`, without files."""
    for subject in (*SUBJECTS, "zone"):
        for row in range(facts.blocks[subject].size):
            for name, column in facts.blocks[subject].columns.items():
                fact = VOCABULARY[subject][name]
                if name in ("approvals_first", "approvals_last") or (subject == "zone" and _silent(fact, column, row)):
                    continue
                shown = _value(fact, column.low[row], column.high[row], lang)
                yield subject, facts.ids[subject][row], name, label(name, lang), shown


def _silent(fact: Fact, column: Column, row: int) -> bool:
    return bool(column.is_unknown(fact)[row]) and fact.kind != "date"


def _value(fact: Fact, low: Array, high: Array, lang: str) -> str:
    if fact.kind == "number":
        return say.span(Span(low, high), fact.unit, fact.scale, lang)
    if fact.kind == "date":
        return say.days(Span(low, high), lang)
    if fact.kind == "word":
        return say.spoken(fact.words[int(low) - 1], fact.name, lang) if low else say.word("unknown", lang)
    if low < 2:
        return say.state(fact.name, bool(low), lang) or say.word("yes" if low else "no", lang)
    if fact.needs == (fact.name,):
        return say.state(fact.name, False, lang)
    need = fact.needs[int(low) - 2] if int(low) - 2 < len(fact.needs) else ""
    return say.word("unknown", lang) + (f"{say.word('open', lang)}{label(need, lang)}{say.word('close', lang)}" if need else "")
