"""The first condition that does not hold, for rules that found nothing (为何未认定)."""

from __future__ import annotations

from collections.abc import Iterator

from jiadi.policy import say
from jiadi.policy.labels import label
from jiadi.policy.single import Case, House, Reading, Readings

Told = tuple[str, str, str, str, str, str, str]
"""code, title, subject, id, reason, term, margin."""


def told(house: House, readings: Readings | None, settled: set[str], lang: str) -> Iterator[Told]:
    """Rules that found nothing about one house, its parcel and its household, each with its reason (逐条说明).

    Args:
        house: one house.
        readings: the set beside the facts; None gives nothing.
        settled: codes of findings and of what cannot be decided: they are told elsewhere.
        lang: "zh" or "en".
    """
    if readings is None:
        return
    for code, rule, absent, reading in readings.of(house, settled):
        if reading is None:
            needs = say.word("list", lang).join(label(name, lang) for name in absent)
            yield code, label(code, lang), rule.subject, "", "unasked", needs, ""
            continue
        reason, term, margin = _told(house, readings, reading, lang)
        yield code, label(code, lang), rule.subject, house.facts.ids[rule.subject][house.rows[rule.subject]], reason, term, margin


def _told(house: House, readings: Readings, reading: Reading, lang: str) -> tuple[str, str, str]:
    """Reason, term and margin by the law of the time; by the later law where that alone finds nothing."""
    first = reading.first_cases(house)
    if not first:
        return "no_zone", label(reading.rule.zone_kind, lang), ""
    if reading.rule.code not in readings.law.milder_later_law or not reading.may_find(first):
        return _reason(first, lang)
    _, term, margin = _reason(readings.later(reading).first_cases(house), lang)
    return "milder", term, margin


def _reason(first: list[Case], lang: str) -> tuple[str, str, str]:
    """Reason, term and margin."""
    rule = first[0].rule
    every = [way for case in first for way in case.ways()]
    if not every:
        return "not_in_force", _built(first[0], lang), ""
    nearest = _nearest(every)
    margin = _margin(nearest, lang)
    for term in rule.when:
        if not term.evaluate(nearest).possible:
            return *_condition(term.text, nearest, lang), margin
    if not all(nearest.in_force(name) for name in rule.in_force):
        return "not_in_force", _built(first[0], lang), margin
    for exempt in rule.exceptions:
        if exempt.when.evaluate(nearest).certain:
            held = say.condition(exempt.when.text, nearest, lang)
            return "exception", f"{label(exempt.label, lang)}{say.word('open', lang)}{held}{say.word('close', lang)}", ""
    return ("period", _built(first[0], lang), "") if rule.effect_by else ("several", "", margin)


def _condition(text: str, case: Case, lang: str) -> tuple[str, str]:
    """Reason and term for a condition that does not hold: a plain fact is stated, others are shown with their values."""
    name = text.removeprefix("not ").strip()
    fact = case.rule.facts.get(name)
    stated = say.state(name, text != name, lang) if fact is not None and fact.kind == "truth" else ""
    return ("fact", stated) if stated else ("condition", say.condition(text, case, lang))


def _built(case: Case, lang: str) -> str:
    return say.value(case, "built", lang) if "built" in case.rule.facts else ""


def _nearest(cases: list[Case]) -> Case:
    """The case that comes closest to being a finding."""
    excess = cases[0].rule.excess
    if excess is None or len(cases) == 1:
        return cases[0]
    return max(cases, key=lambda case: int(excess.evaluate(case).low))


def _margin(case: Case, lang: str) -> str:
    """How far the measured figure is from the limit; "" where either is not one figure."""
    rule = case.rule
    if rule.excess is None:
        return ""
    low, high = (int(end) for end in rule.excess.evaluate(case))
    return say.figure(-low, rule.unit, rule.scale, lang) if low == high and low <= 0 else ""
