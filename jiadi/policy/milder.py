"""The law of the building time, or the later law where it is milder (从旧兼从轻)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jiadi.policy import evaluate
from jiadi.policy.evaluate import Tried
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.rules import NO, Rule
from jiadi.policy.table import Facts


def run(rule: Rule, facts: Facts, figures: Figures, serves: Array | None) -> list[Tried]:
    """Try a rule by the law of the time of building; where the set says so, by the law of the day too (求值).

    Args:
        rule: compiled.
        facts: the facts.
        figures: the law beside them.
        serves: bool for each row of the subject, where this version of the rule serves; None for all.

    Returns:
        One result, or two that share the rows between them: those that the law of the time settles, and those
        that the milder later law does. A row that may come to several things keeps what the milder of both may be.

    Law:
        The whole of one law serves, never a part of each: its limit, its exceptions and its effect.
    """
    then = evaluate.run(rule, facts, figures, serves)
    if rule.code not in figures.law.milder_later_law or not len(then.rows):
        return [then]
    now = evaluate.run(rule, facts, Figures(figures.law, facts, later=True), serves)
    later = np.full(facts.blocks[rule.subject].size, NO, dtype=np.uint8)
    later[now.rows] = now.bits
    mild = _milder(then.bits, later[then.rows])
    by_later = np.zeros(len(later), dtype=bool)
    by_later[then.rows[(mild == later[then.rows]) & (mild != then.bits)]] = True
    own = ~by_later[then.rows] & (mild != NO)
    kept = _some(replace(then, bits=mild), own)
    return [kept, _some(now, by_later[now.rows])]


def _milder(one: Array, other: Array) -> Array:
    """What the milder of two may be, each being any of a set: nothing graver than the gravest of the milder set."""
    cap = np.minimum(_highest(one), _highest(other))
    held: Array = (one | other) & (cap | (cap - np.uint8(1)))
    return held


def _highest(bits: Array) -> Array:
    """The gravest possibility of each set.

    >>> _highest(np.array([1, 6, 16], dtype=np.uint8)).tolist()
    [1, 4, 16]
    """
    table = np.array([0, *(1 << (number.bit_length() - 1) for number in range(1, 256))], dtype=np.uint8)
    found: Array = table[bits]
    return found


def _some(tried: Tried, keep: Array) -> Tried:
    """Some of the rows of a result."""
    place = np.append(np.where(keep, np.cumsum(keep) - 1, -1), -1)
    return replace(tried, rows=tried.rows[keep], bits=tried.bits[keep], unit=place[tried.unit])
