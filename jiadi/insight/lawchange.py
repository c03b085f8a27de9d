"""Changes of the law in words (规则变动的说法): which figure or rule, where, since when, old and new."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import polars as pl

from jiadi.insight import naming
from jiadi.insight.table import listed
from jiadi.insight.words import say
from jiadi.law import LawSet, Parameter
from jiadi.law.amend import Cell, Difference
from jiadi.law.parameter import Given
from jiadi.policy import say as policy_say
from jiadi.policy.labels import label

COLUMNS = ("what", "place", "from", "cell", "old", "new", "old_clause", "new_clause")
"""Columns of `rows`, all text."""


def rows(one: LawSet, other: LawSet, differences: Iterable[Difference], lang: str) -> pl.DataFrame:
    """Differences of two sets, one row a value (规则变动表).

    Args:
        one: the earlier.
        other: the later.
        differences: between them.
        lang: "zh" or "en".

    Returns:
        Frame of COLUMNS.
    """
    found = [row for difference in differences for row in _rows(one, other, difference, lang)]
    return pl.DataFrame(found, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row")


def name(one: LawSet, other: LawSet, key: str, lang: str) -> str:
    """A difference in a few words (变动的名称).

    Args:
        one, other: the sets.
        key: `kind name`.
        lang: "zh" or "en".
    """
    kind, _, word = key.partition(" ")
    if kind == "parameter":
        parameter = other.parameters.get(word) or one.parameters[word]
        return parameter.title[lang]
    return say(f"change_{kind}", lang, name=label(word, lang))


def _rows(one: LawSet, other: LawSet, difference: Difference, lang: str) -> list[tuple[str, ...]]:
    what = name(one, other, difference.key, lang)
    if difference.kind != "parameter":
        states = [say("rule_there" if there else "rule_gone", lang) for there in (difference.old, difference.new)]
        if difference.old and difference.new:
            states = [say("rule_old", lang), say("rule_new", lang)]
        return [(what, "", "", "", *states, "", "")]
    if not difference.cells:
        return [(what, "", "", "", say("rule_old", lang), say("rule_new", lang), "", "")]
    parameter = other.parameters.get(difference.name) or one.parameters[difference.name]
    return [_cell(one, other, parameter, cell, what, lang) for cell in difference.cells]


def _cell(one: LawSet, other: LawSet, parameter: Parameter, cell: Cell, what: str, lang: str) -> tuple[str, ...]:
    words = list(product(*parameter.index.values()))[_flat(parameter, cell.cell)] if parameter.index else ()
    told = listed(lang).join(label(word, lang) for word in words)
    place = naming.limit_place(cell.division, lang)
    since = say("ever", lang) if cell.starts.year == 1 else cell.starts.isoformat()
    until = (cell.new or cell.old).until  # type: ignore[union-attr]
    span = say("until", lang, since=since, until=until) if until else since
    sides = [_value(law, parameter, cell, given, words, lang) for law, given in ((one, cell.old), (other, cell.new))]
    return (what, place, span, told, sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _flat(parameter: Parameter, position: tuple[int, ...]) -> int:
    place = 0
    for size, at in zip(parameter.shape, position, strict=True):
        place = place * size + at
    return place


def _value(law: LawSet, parameter: Parameter, cell: Cell, given: Given | None, words: tuple[str, ...], lang: str) -> tuple[str, str]:
    """A value and its clause; where the place gives none itself, what serves there."""
    if parameter.name not in law.parameters:
        return say("no_figure", lang), ""
    if given is not None and given.value is not None:
        return figure(parameter, given.value, lang), law.cite(given.citation, "zh" if lang == "zh" else "en")
    found = law.lookup(parameter.name, words, cell.division, cell.starts)
    if found is None:
        return say("no_figure", lang), ""
    place = naming.limit_place(found.division, lang)
    told = say("served_by", lang, value=figure(parameter, found.value, lang), place=place)
    return told, law.cite(found.citation, "zh" if lang == "zh" else "en")


def figure(parameter: Parameter, value: int, lang: str) -> str:
    """A value of a figure as people write it (取值写法)."""
    if parameter.kind == "word":
        return label(parameter.words[value], lang)
    if parameter.kind == "boolean":
        return policy_say.word("yes" if value else "no", lang)
    unit = "" if parameter.unit == "none" else parameter.unit
    if unit == "fen_per_m2":
        return say("yuan_per_m2", lang, yuan=f"{value / parameter.scale / 100:,.2f}")
    return policy_say.figure(value, unit, parameter.scale, lang)
