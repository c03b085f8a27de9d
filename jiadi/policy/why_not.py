"""The first condition that does not hold, for rules that found nothing (为何未认定)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jiadi.policy import evaluate, say
from jiadi.policy.cases import Cases, spread
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.judge import served, set_aside
from jiadi.policy.labels import label
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.table import Facts

Told = tuple[str, str, str, str, str, str, str]
"""code, title, subject, id, reason, term, margin."""


def told(facts: Facts, figures: Figures | None, settled: set[str], lang: str) -> Iterator[Told]:
    """Rules that found nothing about one house, its parcel and its household, each with its reason (逐条说明).

    Args:
        facts: of one house alone, see `Facts.alone`.
        figures: the set beside those facts; None gives nothing.
        settled: codes of findings and of what cannot be decided: they are told elsewhere.
        lang: "zh" or "en".
    """
    if figures is None:
        return
    for code, versions in compile_rules(figures.law).items():
        if absent := set_aside(versions, facts):
            needs = say.word("list", lang).join(label(name, lang) for name in absent)
            yield code, label(code, lang), versions[0].subject, "", "unasked", needs, ""
            continue
        if code in settled or not facts.blocks[versions[0].subject].size:
            continue
        for rule, serves in served(versions, facts, figures):
            reason, term, margin = _told(rule, facts, figures, serves, lang)
            yield code, label(code, lang), rule.subject, facts.ids[rule.subject][0], reason, term, margin


def _told(rule: Rule, facts: Facts, figures: Figures, serves: Array | None, lang: str) -> tuple[str, str, str]:
    """Reason, term and margin by the law of the time; by the later law where that alone finds nothing."""
    if rule.through and serves is None and evaluate.sees_none(facts, rule.zone_kind):
        return "no_zone", label(rule.zone_kind, lang), ""
    first = evaluate.first_cases(Cases(rule, facts, figures, figures.timeline(rule), None), serves)
    if rule.code not in figures.law.milder_later_law or not len(evaluate.run(rule, facts, figures, serves).rows):
        return _reason(first, lang)
    later = Figures(figures.law, facts, later=True)
    _, term, margin = _reason(evaluate.first_cases(Cases(rule, facts, later, later.timeline(rule), None), serves), lang)
    return "milder", term, margin


def _reason(cases: Cases, lang: str) -> tuple[str, str, str]:
    """Reason, term and margin."""
    if cases.rule.through and cases.size == 0:
        return "no_zone", label(cases.rule.zone_kind, lang), ""
    every = spread(cases)
    if not every.cases.size:
        return "not_in_force", _built(cases, lang), ""
    nearest = every.cases.take(np.array([_nearest(every.cases)]))
    margin = _margin(nearest, lang)
    for term in cases.rule.when:
        if not term.evaluate(nearest).possible.any():
            return *_condition(term.text, nearest, lang), margin
    if not all(evaluate.holds(nearest, name)[1].any() for name in cases.rule.in_force):
        return "not_in_force", _built(cases, lang), margin
    for exempt in cases.rule.exceptions:
        if exempt.when.evaluate(nearest).certain.all():
            held = say.condition(exempt.when.text, nearest, 0, lang)
            return "exception", f"{label(exempt.label, lang)}{say.word('open', lang)}{held}{say.word('close', lang)}", ""
    return ("period", _built(cases, lang), "") if cases.rule.effect_by else ("several", "", margin)


def _condition(text: str, cases: Cases, lang: str) -> tuple[str, str]:
    """Reason and term for a condition that does not hold: a plain fact is stated, others are shown with their values."""
    name = text.removeprefix("not ").strip()
    fact = cases.rule.facts.get(name)
    stated = say.state(name, text != name, lang) if fact is not None and fact.kind == "truth" else ""
    return ("fact", stated) if stated else ("condition", say.condition(text, cases, 0, lang))


def _built(cases: Cases, lang: str) -> str:
    return say.value(cases, "built", 0, lang) if "built" in cases.rule.facts else ""


def _nearest(cases: Cases) -> int:
    """The case that comes closest to being a finding."""
    if cases.rule.excess is None:
        return 0
    return int(np.argmax(np.broadcast_to(cases.rule.excess.evaluate(cases).low, cases.size)))


def _margin(case: Cases, lang: str) -> str:
    """How far the measured figure is from the limit; "" where either is not one figure."""
    rule: Rule = case.rule
    if rule.excess is None:
        return ""
    held = rule.excess.evaluate(case)
    low, high = (int(np.broadcast_to(end, 1)[0]) for end in held)
    return say.figure(-low, rule.unit, rule.scale, lang) if low == high and low <= 0 else ""
