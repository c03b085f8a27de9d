"""Changes of the law that are to be tried (试算方案): several variants in one file, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from jiadi.law.agree import check_bounds, check_overlaps
from jiadi.law.amend import HYPOTHESIS, Difference, amended, as_tried, differences, with_values, without_rules
from jiadi.law.citation import at, both, mapping
from jiadi.law.lawset import LawSet
from jiadi.law.marked import Marked, Place, read_text
from jiadi.law.parameter import Given, is_division, read_one
from jiadi.law.refuse import Faults, LawRefusal

VARIANT_KEYS = {"title", "parameters", "rules"}
_NAME = re.compile(r"\w[\w-]{0,30}")
_LARGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which the law might be (一个试算方案).

    Args:
        name: word that names it.
        title: zh and en.
        law: the set with the changes.
        changes: in what it differs from the set that judged.
        off: rules that are switched off.
        on: rules that are tried though no list asks what they need.
        beyond: values that go beyond a ceiling or floor of a farther division: they may be tried, not enacted.
    """

    name: str
    title: dict[str, str]
    law: LawSet
    changes: tuple[Difference, ...]
    off: frozenset[str]
    on: frozenset[str]
    beyond: tuple[LawRefusal, ...]


def read(path: Path, law: LawSet) -> tuple[Variant, ...]:
    """Read a file of changes (读取试算方案).

    Args:
        path: YAML: `variants`, each with `parameters` (figure → division → day → value or table) and `rules` (code → off or on).
        law: the set that judged.

    Returns:
        The variants, in the order of the file.

    Raises:
        Refusal: file, line, what is wrong and what to do.
    """
    marked = read_text(path, path.name)
    mapping(marked, (), {"variants"}, {"variants"})
    names = list(mapping(marked, ("variants",)))
    if not names:
        raise marked.refusal("variants", "variants")
    return tuple(_variant(marked, name, law) for name in names)


def _variant(marked: Marked, name: Any, law: LawSet) -> Variant:
    place: Place = ("variants", name)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise marked.refusal("variant_name", *place, name=name, longest=_LARGEST_NAME)
    body = mapping(marked, place, VARIANT_KEYS)
    title = both(marked, (*place, "title")) if "title" in body else {"zh": name, "en": name}
    given = _parameters(marked, (*place, "parameters"), law) if "parameters" in body else {}
    switched = _rules(marked, (*place, "rules"), law) if "rules" in body else {}
    if not given and not switched:
        raise marked.refusal("variant_empty", *place, name=name)
    off, on = (frozenset(code for code, way in switched.items() if way == word) for word in ("off", "on"))
    tried = amended(law, given, without_rules(law, off, on) if switched else None)
    return Variant(name, title, tried, differences(law, tried), off, on, _beyond(law, tried))


def _parameters(marked: Marked, place: Place, law: LawSet) -> dict[str, tuple[Given, ...]]:
    found = {}
    for name in mapping(marked, place):
        if name not in law.parameters:
            raise marked.refusal("no_such_figure", *place, name, name=name, known=_near(name, law.parameters))
        tried = [value for division in mapping(marked, (*place, name)) for value in _division(marked, (*place, name, division), law)]
        found[str(name)] = with_values(law, name, tried)
        check_overlaps(law.parameters[name], list(found[name]))
    return found


def _division(marked: Marked, place: Place, law: LawSet) -> list[Given]:
    division = place[-1]
    if isinstance(division, str) and is_division(division) and division != "00" and law.covering(division) is None:
        raise marked.refusal("law_elsewhere", *place, division=division)
    citations = {**law.citations, HYPOTHESIS.citation_id: HYPOTHESIS}
    found: list[Given] = []
    for starts in mapping(marked, place):
        own: Place = (*place, starts)
        whole = as_tried(marked, own, at(marked, own))
        given = read_one(whole, own, law.parameters[place[-2]], citations)
        if not given:  # a table of no cell
            raise marked.refusal("cell", *own, cell=" × ".join(next(product(*law.parameters[place[-2]].index.values()))))
        found += given
    return found


def _rules(marked: Marked, place: Place, law: LawSet) -> dict[str, str]:
    bodies: dict[str, list[Any]] = {}
    for file in law.rules:
        for code, body in file.data.get("rules", {}).items():
            bodies.setdefault(code, []).append(body)
    found: dict[str, str] = {}
    for code, way in mapping(marked, place).items():
        if code not in bodies:
            raise marked.refusal("no_such_rule", *place, code, name=code, known=_near(code, bodies))
        if way not in ("off", "on"):
            raise marked.refusal("rule_switch", *place, code, name=code, value=way)
        if way == "on" and not any("unasked" in body for body in bodies[code]):
            raise marked.refusal("rule_runs", *place, code, name=code)
        found[str(code)] = way
    return found


def _near(name: object, known: Any) -> str:
    alike = get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    return ", ".join(alike or sorted(known))


def _beyond(law: LawSet, tried: LawSet) -> tuple[LawRefusal, ...]:
    faults: tuple[Faults, Faults] = ([], [])
    for own, into in zip((law, tried), faults, strict=True):
        check_bounds(own, into)
    before = {str(fault) for fault in faults[0]}
    return tuple(fault for fault in faults[1] if str(fault) not in before)
