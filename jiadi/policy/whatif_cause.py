"""Which of several changes brings an outcome about, proven by trying (变动的原因)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement
from jiadi.policy.whatif_effect import FIGURES, KEY, OUTCOME, states


@dataclass(frozen=True, slots=True)
class Seen:
    """What a judgement comes to, as it is compared (判定结果的要素).

    Args:
        verdict: uint8 of each house.
        findings: of `whatif_effect.states`.
    """

    verdict: Array
    findings: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Flip:
    """One change, tried (一项改动的试验).

    Args:
        name: word that names it.
        alone: what comes of this change alone.
        without: what comes of all the others.
    """

    name: str
    alone: Seen
    without: Seen


def seen(judgement: Judgement, codes: Collection[str] | None = None) -> Seen:
    """What a judgement comes to (取结果要素).

    Args:
        judgement: any.
        codes: rules whose findings are looked at; None for all.
    """
    return Seen(judgement.verdict, states(judgement, codes))


def of_houses(before: Seen, after: Seen, flips: Sequence[Flip]) -> pl.Series:
    """Changes that bring about each house's verdict (结论变动的原因).

    Args:
        before, after: of the same houses.
        flips: the changes that were tried.

    Returns:
        List of names, one list a house; empty where the verdict is the same. A change is named where it alone alters the
        verdict, or where the new verdict does not come about without it; where that is true of none, all are named together.
    """
    changed = before.verdict != after.verdict
    parts = [(one.alone.verdict != before.verdict) | (one.without.verdict != after.verdict) for one in flips]
    return _named([one.name for one in flips], parts, changed)


def _named(names: Sequence[str], parts: Sequence[Array], changed: Array) -> pl.Series:
    if not names:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, len(changed))
    matters = np.array(parts).reshape(len(names), len(changed))
    matters |= ~matters.any(axis=0)
    matters &= changed
    held = pl.DataFrame({str(place): row for place, row in enumerate(matters)})
    words = [pl.when(str(place)).then(pl.lit(name)) for place, name in enumerate(names)]
    return held.select(pl.concat_list(words).list.drop_nulls().alias("cause")).to_series()


def of_findings(changed: pl.DataFrame, before: Seen, after: Seen, flips: Sequence[Flip]) -> pl.Series:
    """Changes that bring about each changed finding (情形变动的原因).

    Args:
        changed: of `whatif_effect.findings`.
        before, after: what it is made from.
        flips: the changes that were tried.

    Returns:
        List of names, one list a row of `changed`; named as for houses. Empty where the two do not differ in it.
    """
    keys = changed.select(KEY)
    old, new = _of(keys, before), _of(keys, after)
    parts = [((_of(keys, one.alone) != old) | (_of(keys, one.without) != new)).to_numpy() for one in flips]
    return _named([one.name for one in flips], parts, (old != new).to_numpy())


def _of(keys: pl.DataFrame, held: Seen) -> pl.Series:
    """State of each finding as one number."""
    told = held.findings.select(*KEY, pl.struct("state", *FIGURES, *OUTCOME).hash(0).alias("told"))
    return keys.join(told, on=KEY, how="left", maintain_order="left")["told"].fill_null(0)
