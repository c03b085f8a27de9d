"""What if the law were otherwise (试算): only the rules that read what is changed run again, on a judgement that stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jiadi.law import LawSet
from jiadi.law.amend import Difference
from jiadi.policy import evaluate, milder
from jiadi.policy import judge as judging
from jiadi.policy.evaluate import Tried
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.table import SUBJECTS, Facts

REMEDY = "remedy"
"""The figure that findings read beside their rule."""

_BITS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A judgement made ready to be tried otherwise (试算的底数).

    Args:
        judgement: with its rules as they were tried; nothing here changes it.
        rules: the compiled rules of its set.
        counts: subject → uint8 [4, rows + 1]: how many results of rules weigh on each row, by weight.
        still: bool, houses to be verified whatever the rules say: not covered, or out of reach of a grave rule.
    """

    judgement: Judgement
    rules: dict[str, tuple[Rule, ...]]
    counts: dict[str, Array]
    still: Array


@dataclass(frozen=True, slots=True)
class Trial:
    """A judgement under changed law (试算结果).

    Args:
        judgement: as a full run of the changed set gives it.
        ran: rules that were run again, sorted.
        dropped: rules that are gone, sorted.
    """

    judgement: Judgement
    ran: tuple[str, ...]
    dropped: tuple[str, ...]


def baseline(facts: Facts, lawset: LawSet) -> Baseline:
    """Judge as it stands, and make it ready (底数).

    Args:
        facts: the facts.
        lawset: the law that is in force.
    """
    judgement = judging.judge(facts, lawset)
    counts = {subject: np.zeros((len(_BITS), facts.blocks[subject].size + 1), dtype=np.uint8) for subject in SUBJECTS}
    for one in judgement.tried:
        _count(counts[one.rule.subject], one, np.uint8(1))
    return Baseline(judgement, compile_rules(lawset), counts, _still(judgement))


def _still(judgement: Judgement) -> Array:
    held: Array = judgement.uncovered | judging.out_of_reach(judgement.facts, judgement.lost)
    return held


def _count(counts: Array, tried: Tried, times: np.uint8) -> None:
    """Count a result into the weights of its rows; 255 times takes one away, the counts being of 8 bits."""
    weight = judging.weights(tried.bits)
    for place, bit in enumerate(_BITS):
        rows = tried.rows[(weight & bit) != 0]
        counts[place][rows] += times


def readers(rules: dict[str, tuple[Rule, ...]], law: LawSet, changes: Iterable[Difference]) -> set[str]:
    """Rules that read what is changed (受影响的规则).

    Args:
        rules: compiled.
        law: the set that they read figures from.
        changes: what is changed.

    Returns:
        Codes. A figure of several findings or kinds of zones reaches only the rules of those whose values change.

    >>> from jiadi.law import load
    >>> law = load("quzhou")
    >>> sorted(readers(compile_rules(law), law, [Difference("parameter", "storeys_max")]))
    ['over_storeys']
    """
    found: set[str] = set()
    for change in changes:
        if change.kind != "parameter":
            found.add(change.name)
        elif change.name == REMEDY:
            found |= {code for code in rules if _of_finding(law, change, code)}
        else:
            found |= {code for code, versions in rules.items() if any(_reads(rule, law, change) for rule in versions)}
    return found & set(rules)


def _reads(rule: Rule, law: LawSet, change: Difference) -> bool:
    if change.name not in rule.parameters:
        return False
    own = {"finding": rule.code, "zone_kind": rule.zone_kind}
    wanted: list[int | None] = []
    for dimension, words in law.parameters[change.name].index.items():
        word = own.get(dimension, "")
        wanted.append(words.index(word) if word in words and dimension not in rule.index else None)
    fits = [all(place is None or place == at for place, at in zip(wanted, one.cell, strict=True)) for one in change.cells]
    return any(fits) or not fits


def _of_finding(law: LawSet, change: Difference, code: str) -> bool:
    words = law.parameters[REMEDY].index["finding"]
    return not change.cells or any(words[one.cell[0]] == code for one in change.cells)


def try_law(base: Baseline, lawset: LawSet, changes: Sequence[Difference]) -> Trial:
    """Judge by a changed set; rules that do not read what is changed keep what they came to (试算).

    Args:
        base: the judgement as it stands.
        lawset: the changed set.
        changes: in what it differs from the set of the judgement.

    Returns:
        The same judgement as `judge.judge` with the changed set.

    Raises:
        Refusal: exceptions that clash under the changed law.
    """
    before, facts = base.judgement, base.judgement.facts
    rules = compile_rules(lawset)
    affected = readers(rules, lawset, changes) | readers(base.rules, lawset, changes)
    figures = Figures(lawset, facts)
    unasked = {code: needs for code, needs in before.unasked.items() if code not in affected}
    unasked |= {code: absent for code in sorted(affected & set(rules)) if (absent := evaluate.set_aside(rules[code], facts))}
    running = sorted(code for code in affected & set(rules) if code not in unasked)
    kept = [one for one in before.tried if one.rule.code not in affected]
    again = [one for code in running for one in _run(rules[code], facts, figures)]
    counts = {subject: held.copy() for subject, held in base.counts.items()}
    for one in before.tried:
        if one.rule.code in affected:
            _count(counts[one.rule.subject], one, np.uint8(255))
    for one in again:
        _count(counts[one.rule.subject], one, np.uint8(1))
    lost = [pair for pair in before.lost if pair[0].code not in affected]
    lost += [pair for code in running for pair in judging.unreached(rules[code], figures)]
    head = {"set": lawset.name, "version": lawset.version, "sha256": lawset.sha256}
    found = replace(
        before,
        law=head,
        lawset=lawset,
        tried=tuple(sorted([*kept, *again], key=lambda one: one.rule.code)),
        lost=tuple(sorted(lost, key=lambda pair: pair[0].code)),
        unasked=dict(sorted(unasked.items())),
    )
    still = base.still if not any(change.kind == "rule" for change in changes) else _still(found)
    found.verdict = _verdicts(facts, counts, still)
    return Trial(found, tuple(running), tuple(sorted(set(base.rules) - set(rules))))


def _run(versions: tuple[Rule, ...], facts: Facts, figures: Figures) -> Iterable[Tried]:
    for rule, serves in judging.served(versions, facts, figures):
        yield from milder.run(rule, facts, figures, serves)


def _verdicts(facts: Facts, counts: dict[str, Array], still: Array) -> Array:
    weight = {subject: np.zeros(held.shape[1], dtype=np.uint8) for subject, held in counts.items()}
    for subject, held in counts.items():
        for place, bit in enumerate(_BITS):
            weight[subject] |= (held[place] != 0).astype(np.uint8) * np.uint8(bit)
    return judging.verdicts(facts, weight, still)
