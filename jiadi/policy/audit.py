"""The whole of a set looked over: figures, articles, rules, and the cases that test them (规则集检查)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from jiadi.law import LawSet, load
from jiadi.law.audit import Remark, figures, remark
from jiadi.law.load import case_files, signed_layers
from jiadi.law.refuse import Faults, LawRefusal
from jiadi.policy.golden import compare, read
from jiadi.policy.proposal import compile_proposals
from jiadi.policy.rules import Rule, compile_rules


def audit(name_or_path: str | Path, on: date) -> list[Remark]:
    """Everything in a set that is to be mended or looked at again (规则集检查).

    Args:
        name_or_path: as `load` takes it.
        on: the day on which it is looked at.

    Returns:
        Errors, then warnings; nothing where the set is sound.

    Raises:
        Refusal: no such set.

    >>> audit("national", date(2026, 12, 1))
    []
    """
    faults: Faults = []
    try:
        law = load(name_or_path, faults)
    except LawRefusal as refusal:
        if not refusal.file:
            raise
        return [*map(remark, faults), remark(refusal)]
    rules = compile_rules(law, faults)
    compile_proposals(law, faults)
    found = [remark(fault) for fault in faults]
    files = case_files(name_or_path)
    if not faults:
        found += _cases(law, files, rules)
    found += _untested(law, rules, files)
    found += figures(law, on)
    return sorted(found, key=lambda one: (one.level, one.file, one.line, one.code))


def _untested(law: LawSet, rules: dict[str, tuple[Rule, ...]], files: dict[str, list[Path]]) -> Iterator[Remark]:
    """Rules that no case of their own layer or of one inside it tests."""
    for code, versions in rules.items():
        nearest = versions[0]
        layer = Path(nearest.file).parent.as_posix()
        inside = law.layers[law.layers.index(layer) :]
        own = any(path.stem == code for name in inside for path in files.get(name, []))
        signed = layer in signed_layers() and any(path.stem == code for path in files[signed_layers()[-1]])
        if not own and not signed:
            yield remark(LawRefusal("no_cases", nearest.file, nearest.line, finding=code), "warning")


def _cases(law: LawSet, files: dict[str, list[Path]], rules: dict[str, tuple[Rule, ...]]) -> Iterator[Remark]:
    """Cases of the nearest layer: those of a farther one were signed for another set."""
    for path in files.get(law.layers[-1], []):
        if path.stem not in rules:
            yield remark(LawRefusal("case_unreadable", _name(law, path), 1, error=path.stem))
            continue
        for number, row in enumerate(read(path), 2):
            try:
                expected, told = compare(law, path.stem, row)
            except (KeyError, ValueError, TypeError) as error:
                yield remark(LawRefusal("case_unreadable", _name(law, path), number, error=str(error)))
                continue
            if expected != told:
                filled = {"case": row["case"], "expected": _words(expected), "told": _words(told)}
                yield remark(LawRefusal("case_fails", _name(law, path), number, **filled))


def _name(law: LawSet, path: Path) -> str:
    return f"{law.layers[-1]}/tests/{path.name}"


def _words(told: dict[str, str]) -> str:
    return " ".join(value for value in told.values() if value)
