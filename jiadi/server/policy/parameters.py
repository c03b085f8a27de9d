"""The figures and rules of a rule set as a form has them (试算参数): each value with its place, days, unit and clause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

import yaml

from jiadi.insight import lawchange, naming
from jiadi.insight.table import listed
from jiadi.insight.words import say as report_say
from jiadi.law.lawset import LawSet
from jiadi.law.parameter import Given, Parameter
from jiadi.policy.labels import label
from jiadi.server.words import every_word

VARIANTS = ("a", "b", "c")
"""Variants that stand side by side on one form."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a figure (一条取值).

    Args:
        number: of the field.
        cell: its classes in words; "" for a single figure.
        place, since: who gives it, and from which day.
        value: as it stands, in words; `plain`: as it would be typed.
        unit: in which a number is typed; "" for words.
        clause: that gives it.
        choices: what may be chosen, for words and yes or no; empty for numbers.
    """

    number: int
    given: Given
    cell: str
    place: str
    since: str
    value: str
    plain: str
    unit: str
    clause: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its values (一个参数)."""

    name: str
    title: str
    lines: tuple[Line, ...]


def figures(law: LawSet, code: str, lang: str) -> list[Figure]:
    """Every figure that serves a division (适用的参数), by its title's order in the set.

    Args:
        law: the set.
        code: of the division.
        lang: "zh" or "en".
    """
    number, found = 0, []
    for name, parameter in law.parameters.items():
        lines = []
        for given in law.array(name).given:
            near = given.division == "00" or code.startswith(given.division) or given.division.startswith(code)
            if near and given.value is not None:
                lines.append(_line(law, parameter, given, number, lang))
            number += 1
        if lines:
            found.append(Figure(name, parameter.title[lang], tuple(lines)))
    return found


def _line(law: LawSet, parameter: Parameter, given: Given, number: int, lang: str) -> Line:
    assert given.value is not None
    words = _words(parameter, given)
    choices: tuple[tuple[str, str], ...] = ()
    if parameter.kind == "word":
        choices = tuple((word, label(word, lang)) for word in parameter.words)
    elif parameter.kind == "boolean":
        choices = tuple((said, lawchange.figure(parameter, place, lang)) for place, said in enumerate(("false", "true")))
    plain = (
        parameter.words[given.value] if parameter.kind == "word" else ("false", "true")[given.value] if parameter.kind == "boolean" else ""
    )
    since = report_say("ever", lang) if given.starts.year == 1 else given.starts.isoformat()
    return Line(
        number,
        given,
        listed(lang).join(label(word, lang) for word in words),
        naming.limit_place(given.division, lang),
        report_say("until", lang, since=since, until=given.until) if given.until else since,
        lawchange.figure(parameter, given.value, lang),
        plain or f"{Decimal(given.value) / parameter.scale}",
        {"m2": "㎡", "fen_per_m2": "分/㎡" if lang == "zh" else "fen/m²", "none": ""}.get(parameter.unit, parameter.unit),
        law.cite(given.citation, "zh" if lang == "zh" else "en"),
        choices,
    )


def _words(parameter: Parameter, given: Given) -> tuple[str, ...]:
    every = list(product(*parameter.index.values()))
    return next((words for words in every if words and parameter.position(words) == given.cell), ())


def rules(law: LawSet, lang: str) -> list[tuple[str, str]]:
    """Rules by code and title (规则清单)."""
    codes = sorted({code for file in law.rules for code in file.data.get("rules", {})})
    return [(code, label(code, lang)) for code in codes]


def written(law: LawSet, sent: Mapping[str, str]) -> str:
    """The variants of a form as the command line's file writes them (方案文本); "" where nothing is changed.

    Args:
        law: the set.
        sent: `a-17`: value of line 17 in variant a; `a-off-idle`: a rule that is left out; `a-title`: its name.
    """
    given = [one for name in law.parameters for one in law.array(name).given]
    found = {variant: body for variant in VARIANTS if (body := _variant(law, given, sent, variant))}
    return yaml.safe_dump({"variants": found}, allow_unicode=True, sort_keys=False) if found else ""


def _variant(law: LawSet, given: list[Given], sent: Mapping[str, str], variant: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, text in _typed(sent, variant):
        if number < len(given):
            _put(law.parameters[given[number].parameter], given[number], text, values)
    off = {code: "off" for code, _ in rules(law, "en") if sent.get(f"{variant}-off-{code}")}
    title = sent.get(f"{variant}-title", "").strip()[:40]
    body: dict[str, Any] = {"title": {"zh": title, "en": title} if title else dict(every_word()[f"whatif.variant.{variant}"])}
    body |= ({"parameters": values} if values else {}) | ({"rules": off} if off else {})
    return body if values or off else {}


def _typed(sent: Mapping[str, str], variant: str) -> Iterator[tuple[int, str]]:
    for name, text in sent.items():
        head, _, number = name.partition("-")
        if head == variant and number.isascii() and number.isdigit() and len(number) < 6 and text.strip():
            yield int(number), text.strip()[:40]


def _put(parameter: Parameter, given: Given, text: str, values: dict[str, Any]) -> None:
    own = values.setdefault(parameter.name, {}).setdefault(given.division, {})
    words = _words(parameter, given)
    if not words:
        own[given.starts] = _value(parameter, text)
        return
    place = own.setdefault(given.starts, {"table": {}})["table"]
    for word in words[:-1]:
        place = place.setdefault(word, {})
    place[words[-1]] = _value(parameter, text)


def _value(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "boolean":
        return text == "true"
    if parameter.kind == "word":
        return text
    try:
        held = Decimal(text)
    except InvalidOperation:
        return text  # the reader of the file says what is wrong with it
    if not held.is_finite():
        return text
    return int(held) if held == held.to_integral_value() else float(held)
