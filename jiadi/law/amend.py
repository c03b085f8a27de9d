"""A rule set with some of its figures and rules changed (改动后的规则集), and how two sets differ (规则集之差)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from jiadi.law.citation import Citation
from jiadi.law.dense import compile_array, ends
from jiadi.law.lawset import LawSet, RuleFile
from jiadi.law.marked import Marked
from jiadi.law.parameter import Given

HYPOTHESIS = Citation(
    citation_id="hypothesis",
    title={"zh": "试算假设（未颁布）", "en": "Assumption of a trial, not enacted"},
    number={"zh": "", "en": ""},
    article="",
    paragraph="",
    version=None,
    in_force_from=date.min,
    statement={"zh": "只为试算而设，不是任何文件的规定。", "en": "Set for the trial alone; no document says so."},
    verify=True,
    note={"zh": "试算的值没有出处。", "en": "A value that is tried has no source."},
    reaches_back=True,
    held=False,
)
"""The clause of a value that is only tried 试算假设."""

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one division from one day on, in two sets (一处取值之差).

    Args:
        division: who gives it.
        starts: first day.
        cell: position in the table.
        old, new: the value given on that day; None where that set gives none.
    """

    division: str
    starts: date
    cell: tuple[int, ...]
    old: Given | None
    new: Given | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two sets differ (一处不同).

    Args:
        kind: `parameter`, `rule`, `milder_later_law`, or `proposal`: what is proposed touches no verdict and no finding.
        name: of the figure, code of the finding, or label of the proposal.
        cells: of a figure, what was given otherwise.
        old, new: of a rule, whether that set has it.
    """

    kind: str
    name: str
    cells: tuple[Cell, ...] = ()
    old: bool = True
    new: bool = True

    @property
    def key(self) -> str:
        """A word that names it among others, such as `parameter storeys_max`."""
        return f"{self.kind} {self.name}"


def amended(law: LawSet, given: Mapping[str, Sequence[Given]], rules: tuple[RuleFile, ...] | None = None) -> LawSet:
    """The set with other values of some figures and other rules (改动规则集); the set itself stays as it was.

    Args:
        law: the set.
        given: figure → its values, all of them.
        rules: files of rules; None leaves them as they are.

    Returns:
        The set that would load if its files said so; figures that are not named share their values with the first.

    >>> from jiadi.law import load
    >>> law = load("quzhou")
    >>> amended(law, {}).array("storeys_max") is law.array("storeys_max"), amended(law, {}).sha256 == law.sha256
    (True, False)
    """
    citations = dict(law.citations)
    if any(value.citation == HYPOTHESIS.citation_id for own in given.values() for value in own):
        citations[HYPOTHESIS.citation_id] = HYPOTHESIS
    changed = replace(law, citations=citations, rules=law.rules if rules is None else rules)
    changed = _compiled(changed, {**{name: array.given for name, array in law.arrays.items()}, **given})
    return replace(changed, sha256=_sha256(law, given, rules), version=f"{law.version}+")


def _compiled(law: LawSet, given: Mapping[str, Sequence[Given]]) -> LawSet:
    """The set with arrays of these values; those whose values, places and days stay are shared."""
    days = {value.starts for own in given.values() for value in own}
    days |= {end for own in given.values() for end in ends(own) if end is not None}
    edges = tuple(sorted((days - {date.min}) | set(law.breakpoints)))
    divisions = tuple(sorted({value.division for own in given.values() for value in own} | set(law.divisions)))
    same = edges == law.breakpoints and divisions == law.divisions
    ids = tuple(sorted(law.citations))
    arrays = {}
    for name, own in given.items():
        array = law.arrays.get(name)
        kept = array is not None and same and tuple(own) == array.given and HYPOTHESIS.citation_id not in ids
        arrays[name] = array if array is not None and kept else compile_array(law.parameters[name], own, divisions, edges, ids)
    return replace(law, breakpoints=edges, divisions=divisions, arrays=arrays)


def _sha256(law: LawSet, given: Mapping[str, Sequence[Given]], rules: tuple[RuleFile, ...] | None) -> str:
    values = {name: [repr(_plain(value)) for value in own] for name, own in sorted(given.items())}
    bodies = [[file.layer, file.name, repr(file.data)] for file in rules or ()]
    return hashlib.sha256(json.dumps([law.sha256, values, bodies], ensure_ascii=False).encode()).hexdigest()


def _plain(value: Given) -> tuple[Any, ...]:
    return value.division, value.cell, value.starts, value.until, value.value, value.citation, value.verify, value.bound


def with_values(law: LawSet, name: str, tried: Iterable[Given]) -> tuple[Given, ...]:
    """The values of a figure with some of them set otherwise (替换取值).

    Args:
        law: the set.
        name: of the figure.
        tried: each replaces the value of the same division, cell and first day, or stands beside the others. Where it
            does not say until when it holds, that of the value it replaces serves; bounds stay.

    Returns:
        All values, those of the set in their order first.
    """
    held = {(value.division, value.cell, value.starts): value for value in law.arrays[name].given}
    for value in tried:
        key = (value.division, value.cell, value.starts)
        before = held.get(key)
        held[key] = value if before is None else replace(value, until=value.until or before.until, bound=value.bound or before.bound)
    return tuple(held.values())


def without_rules(law: LawSet, off: Collection[str], on: Collection[str] = ()) -> tuple[RuleFile, ...]:
    """The set's rules with some switched off, and some tried though no list asks what they need (停用、启用规则).

    Args:
        law: the set.
        off: codes that go.
        on: codes that are not set aside any more.
    """
    return tuple(
        _other(file, {code: _asked(body) if code in on else body for code, body in _bodies(file).items() if code not in off})
        for file in law.rules
    )


def _bodies(file: RuleFile) -> dict[str, Body]:
    rules = file.data.get("rules") if isinstance(file.data, dict) else None
    return rules if isinstance(rules, dict) else {}


def _asked(body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "unasked"}


def _other(file: RuleFile, bodies: Mapping[str, Body]) -> RuleFile:
    return replace(file, data={**file.data, "rules": dict(bodies)})


def differences(one: LawSet, other: LawSet) -> tuple[Difference, ...]:
    """In what two sets differ: figures, rules, proposals, and where the milder later law serves (规则集之差).

    Args:
        one: the earlier.
        other: the later.

    Returns:
        Differences sorted by kind and name. Names, versions and the wording of messages do not count.

    >>> from jiadi.law import load
    >>> [found.key for found in differences(load("zhejiang"), load("zhejiang"))]
    []
    >>> "parameter storeys_max" in {found.key for found in differences(load("zhejiang"), load("quzhou"))}
    True
    """
    found: list[Difference] = []
    for name in sorted({*one.parameters, *other.parameters}):
        cells = _cells(one, other, name)
        if cells or one.parameters.get(name) != other.parameters.get(name):
            found.append(Difference("parameter", name, cells, name in one.parameters, name in other.parameters))
    for kind, told in (("rule", signatures), ("proposal", _proposals)):
        mine, theirs = told(one), told(other)
        different = [name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name)]
        found += [Difference(kind, name, (), name in mine, name in theirs) for name in different]
    for code in sorted(set(one.milder_later_law) ^ set(other.milder_later_law)):
        found.append(Difference("milder_later_law", code, (), code in one.milder_later_law, code in other.milder_later_law))
    return tuple(sorted(found, key=lambda difference: (difference.kind, difference.name)))


def _proposals(law: LawSet) -> dict[str, str]:
    """What each proposal of a set says, its wording left out."""
    found: dict[str, str] = {}
    for file in law.rules:
        own = file.data.get("proposals") if isinstance(file.data, dict) else None
        for label, body in (own or {}).items():
            said = {key: value for key, value in body.items() if key != "reason"} if isinstance(body, dict) else body
            found[label] = found.get(label, "") + f"{file.division} {json.dumps(said, sort_keys=True, default=str)}\n"
    return found


def _cells(one: LawSet, other: LawSet, name: str) -> tuple[Cell, ...]:
    mine, theirs = (_by_place(law, name) for law in (one, other))
    found = [Cell(*place, mine.get(place), theirs.get(place)) for place in sorted({*mine, *theirs})]
    return tuple(cell for cell in found if (cell.old and _worth(cell.old)) != (cell.new and _worth(cell.new)))


def _by_place(law: LawSet, name: str) -> dict[tuple[str, date, tuple[int, ...]], Given]:
    if name not in law.arrays:
        return {}
    return {(value.division, value.starts, value.cell): value for value in law.arrays[name].given}


def _worth(value: Given) -> tuple[int | None, date | None, str, bool]:
    return value.value, value.until, value.citation, value.verify


def signatures(law: LawSet) -> dict[str, str]:
    """What each rule of a set says, its derived facts written beside it, its messages left out (规则内容)."""
    found: dict[str, list[str]] = {}
    derived: dict[str, Any] = {}
    for file in law.rules:
        own = file.data.get("derived") if isinstance(file.data, dict) else None
        derived |= own if isinstance(own, dict) else {}
        for code, body in _bodies(file).items():
            said = {key: value for key, value in body.items() if key != "message"} if isinstance(body, dict) else body
            text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
            found.setdefault(code, []).append(f"{file.division} {text} {_named(text, derived)}")
    return {code: "\n".join(parts) for code, parts in found.items()}


def _named(text: str, derived: Mapping[str, Any]) -> str:
    """Derived facts that a text names, and those that they name."""
    named: dict[str, Any] = {}
    while more := {name: body for name, body in derived.items() if name not in named and re.search(rf"\b{name}\b", text)}:
        named |= more
        text = json.dumps(more, default=str)
    return json.dumps(named, sort_keys=True, default=str)


def mixed(one: LawSet, other: LawSet, taken: Collection[str]) -> LawSet | None:
    """The first set with some of its differences taken from the second (两集混合).

    Args:
        one: the first.
        other: the second.
        taken: keys of differences.

    Returns:
        The set; None where the two cannot be mixed, since they derive facts of the same name differently.
    """
    mine, theirs = _derived(one), _derived(other)
    if any(mine[name] != theirs[name] for name in set(mine) & set(theirs)) and any(key.startswith("rule ") for key in taken):
        return None
    named = {
        kind: {key.split(" ", 1)[1] for key in taken if key.startswith(f"{kind} ")} for kind in ("parameter", "rule", "milder_later_law")
    }
    parameters = {**other.parameters, **one.parameters} | {
        name: other.parameters[name] for name in named["parameter"] if name in other.parameters
    }
    given: dict[str, Sequence[Given]] = {}
    for name in parameters:
        first, second = (other, one) if name in named["parameter"] else (one, other)
        given[name] = first.arrays[name].given if name in first.arrays else second.arrays[name].given if first is one else ()
    base = replace(
        one,
        parameters=parameters,
        citations={**other.citations, **one.citations},
        text={group: {**other.text.get(group, {}), **one.text.get(group, {})} for group in {**other.text, **one.text}},
        breakpoints=tuple(sorted({*one.breakpoints, *other.breakpoints})),
        divisions=tuple(sorted({*one.divisions, *other.divisions})),
        rules=_mixed_rules(one, other, named["rule"]),
        milder_later_law=_mixed_milder(one, other, named["milder_later_law"]),
        arrays={},
    )
    return replace(_compiled(base, given), sha256="", version="")


def _derived(law: LawSet) -> dict[str, Any]:
    return {name: body for file in law.rules if isinstance(file.data, dict) for name, body in (file.data.get("derived") or {}).items()}


def _mixed_rules(one: LawSet, other: LawSet, taken: set[str]) -> tuple[RuleFile, ...]:
    own = [_other(file, {code: body for code, body in _bodies(file).items() if code not in taken}) for file in one.rules]
    theirs, known = [], _derived(one)
    for file in other.rules:
        kept = {code: body for code, body in _bodies(file).items() if code in taken}
        derived = {name: body for name, body in (file.data.get("derived") or {}).items() if name not in known} if taken else {}
        if kept or derived:
            theirs.append(replace(file, data={"rules": kept, "derived": derived}))
    return (*own, *(replace(file, name=f"{file.name} (2)") for file in theirs))


def _mixed_milder(one: LawSet, other: LawSet, taken: set[str]) -> dict[str, str]:
    kept = {code: article for code, article in one.milder_later_law.items() if code not in taken}
    return kept | {code: article for code, article in other.milder_later_law.items() if code in taken}


def as_tried(marked: Marked, place: tuple[Any, ...], body: Any) -> Marked:
    """A body of values as a parameter file would write it: a bare value stands for `value`, a table may be partial.

    Args:
        marked: the file of changes.
        place: of the body.
        body: as it stands there.

    Returns:
        The file with the body completed.
    """
    full = dict(body) if isinstance(body, dict) else {"value": body}
    full.setdefault("citation", HYPOTHESIS.citation_id)
    if "table" in full:
        full.setdefault("partial", True)
    return replace(marked, data=_put(marked.data, place, full))


def _put(data: Any, place: tuple[Any, ...], body: Any) -> Any:
    return {**data, place[0]: _put(data[place[0]], place[1:], body)} if place else body
