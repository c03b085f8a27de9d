"""An explanation as text that a villager can read (解释文本)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from jiadi.policy.labels import label

if TYPE_CHECKING:
    from jiadi.policy.explain import Explanation, Found, Input, NotFound


@cache
def _sentences() -> dict[str, dict[str, str]]:
    text = files("jiadi.policy").joinpath("sentences.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def sentence(key: str, lang: str, **filled: str) -> str:
    """A sentence of `sentences.yaml`, filled in (句式)."""
    return _sentences()[key][lang].format(**filled)


def render(explanation: Explanation, lang: str) -> str:
    """An explanation as text (解释文本).

    Args:
        explanation: as `explain` gave it, in the same language.
        lang: "zh" or "en".

    Returns:
        Lines: verdict, findings, what is open, rules that found nothing, sources.
    """
    lines = [*_head(explanation, lang), *_proposal(explanation, lang)]
    if explanation.findings:
        lines += ["", sentence("findings", lang)]
        for number, found in enumerate(explanation.findings, start=1):
            lines += _finding(number, found, lang)
    if explanation.unknowns:
        lines += ["", sentence("unknowns", lang)]
        for unknown in explanation.unknowns:
            joiner = "；" if lang == "zh" else "; "
            key = "unknown" if unknown.touches_verdict else "unknown_harmless"
            lines.append(sentence(key, lang, title=unknown.title, needs=joiner.join(unknown.needs_titles)))
    if explanation.others:
        lines += ["", sentence("others", lang), *(other(one, lang) for one in explanation.others)]
    if explanation.inputs:
        lines += ["", sentence("inputs", lang), *(_input(one, lang) for one in explanation.inputs)]
    return "\n".join(lines)


def _head(explanation: Explanation, lang: str) -> list[str]:
    law = explanation.law
    lines = [
        sentence("house" if explanation.place else "house_somewhere", lang, house=explanation.house, place=explanation.place),
        sentence("verdict", lang, verdict=explanation.verdict_title),
    ]
    if law:
        lines.append(sentence("law", lang, on=explanation.on, title=law["title"], version=law["version"], sha256=law["sha256"][:12]))
    else:
        lines.append(sentence("no_law", lang, on=explanation.on))
    return lines


def _proposal(explanation: Explanation, lang: str) -> list[str]:
    one = explanation.proposal
    if one is None:
        return []
    then = sentence("proposal_then", lang, then=one.then_title) if one.then else ""
    lines = ["", sentence("proposal", lang, remedy=one.title, then=then, reason=one.reason)]
    if one.clause:
        lines.append(sentence("proposal_clause", lang, clause=one.clause) + (sentence("proposal_verify", lang) if one.verify else ""))
    if one.price:
        lines.append(sentence("proposal_price", lang, price=one.price))
    return lines + [sentence("proposal_duty", lang, duty=duty) for duty in one.duties]


def _finding(number: int, found: Found, lang: str) -> list[str]:
    about = {"subject": label(found.subject, lang), "id": found.id, "title": found.title, "effect": found.effect_title}
    lines = [sentence("finding", lang, number=str(number), **about), "   " + found.message]
    if found.limit_place:
        when = sentence("since", lang, day=found.limit_since) if found.limit_since else ""
        lines.append(sentence("limit", lang, name=found.limit_name, limit=found.limit, place=found.limit_place, since=when))
    elif found.limit_name and found.limit:
        lines.append(sentence("limit_fact", lang, name=found.limit_name, limit=found.limit))
    lines.append(sentence("clause", lang, clause=found.clause, statement=found.statement))
    if found.verify:
        lines.append(sentence("verify", lang, note=found.verify_note))
    if found.exception:
        lines.append(sentence("exception", lang, exception=found.exception))
    if found.zone:
        lines.append(sentence("zone", lang, zone=found.zone))
    if found.remedy:
        lines.append(sentence("remedy", lang, remedy=found.remedy))
    return lines


def other(one: NotFound, lang: str) -> str:
    """Why a rule found nothing, as a line (未认定说明文本)."""
    margin = sentence("margin", lang, margin=one.margin) if one.margin else ""
    return sentence(f"other_{one.reason}", lang, title=one.title, term=one.term, margin=margin)


def _input(one: Input, lang: str) -> str:
    about = {"subject": label(one.subject, lang), "id": one.id, "title": one.title, "value": one.value}
    if not one.file:
        return sentence("input", lang, **about)
    sheet = f" › {one.sheet}" if one.sheet else ""
    return sentence("input_from", lang, file=one.file, sheet=sheet, row=str(one.row), **about)
