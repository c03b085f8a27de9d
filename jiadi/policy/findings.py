"""Findings with their figures: measured, limit, excess, and where the limit comes from (问题及数值)."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from jiadi.law import DenseArray, LawSet
from jiadi.policy.cases import Cases
from jiadi.policy.evaluate import Tried
from jiadi.policy.grammar import UNBOUNDED, Amount, Array
from jiadi.policy.rules import BITS, EFFECTS, NO

SCHEMA: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "id": pl.String(),
    "code": pl.String(),
    "effect": pl.String(),
    "measured": pl.Int64(),
    "limit": pl.Int64(),
    "excess": pl.Int64(),
    "unit": pl.String(),
    "scale": pl.Int32(),
    "parameter": pl.String(),
    "limit_division": pl.String(),
    "limit_from": pl.Date(),
    "citation": pl.String(),
    "verify": pl.Boolean(),
    "exception": pl.String(),
    "remedy": pl.String(),
    "price_fen": pl.Int64(),
    "zone_id": pl.String(),
}
"""Columns of findings 问题清单. `measured`, `limit` and `excess` are whole parts, `scale` of them a unit; null
where the rule measures nothing, or where it holds in every possibility but with different figures.
`parameter`: the figure or fact that the limit is. `price_fen`: what the excess costs, in whole fen.
`effect`: `unknown` where only that is undecided."""

UNKNOWN = "unknown"
_NAMES = (*EFFECTS, UNKNOWN)


def found(tried: Tried) -> Array:
    """Positions in `tried.rows` of findings: rows for which every possibility is one (认定的问题)."""
    return np.flatnonzero((tried.bits & NO) == 0)


def undecided(tried: Tried) -> Array:
    """Positions in `tried.rows` of what cannot be decided: whether it is a finding, or which effect (无法判定)."""
    return np.flatnonzero((tried.bits & (tried.bits - 1)) != 0)


def effects(bits: Array) -> Array:
    """Position in `EFFECTS` of each set of one possibility, one beyond for several."""
    table: Array = np.full(1 << len(EFFECTS), len(EFFECTS), dtype=np.int64)
    table[list(BITS.values())] = np.arange(len(EFFECTS))
    places: Array = table[bits]
    return places


def frame(tried: Tried, law: LawSet) -> pl.DataFrame:
    """Findings of one rule, sorted by row of its subject (一条规则的问题清单).

    Args:
        tried: the rule, tried.
        law: names the divisions, articles and remedies.

    Returns:
        Frame of `SCHEMA`.
    """
    rule, kept = tried.rule, found(tried)
    size = len(kept)
    if not size:
        return pl.DataFrame(schema=SCHEMA)
    effect = effects(tried.bits[kept])
    columns: dict[str, Any] = {
        "subject": _same(rule.subject, size),
        "id": tried.cases.facts.ids[rule.subject].gather(tried.rows[kept]),
        "code": _same(rule.code, size),
        "effect": pl.Series(list(_NAMES)).gather(effect),
        **_figures(tried, kept, law),
        "remedy": remedy(tried, kept, law),
    }
    return pl.DataFrame(columns).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _same(word: str | int | None, size: int) -> pl.Series:
    return pl.Series([word]).new_from_index(0, size)


class _Cases:
    """The cases that decide the findings, one zone a house, and how to join their figures by finding."""

    def __init__(self, tried: Tried, kept: Array) -> None:
        place = np.full(len(tried.rows) + 1, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        finding = place[tried.unit]
        finding[tried.unit < 0] = -1
        picked = np.flatnonzero(finding >= 0)
        if tried.cases.zones is not None:
            picked = self._one_zone(tried, finding, picked)
        self.finding = finding[picked]
        if len(self.finding) and (np.diff(self.finding) < 0).any():
            order = np.argsort(self.finding, kind="stable")
            picked, self.finding = picked[order], self.finding[order]
        self.picked = picked
        self.cases: Cases = tried.cases.take(picked)
        self.starts = np.flatnonzero(np.diff(self.finding, prepend=-1))
        self.alone = len(self.starts) == len(picked)

    @staticmethod
    def _one_zone(tried: Tried, finding: Array, picked: Array) -> Array:
        """Of several zones a proven one, with the gravest effect, then the largest excess, then the first."""
        cases = tried.cases.take(picked)
        assert cases.zones is not None
        excess = np.zeros(len(picked), dtype=np.int64)
        if tried.rule.excess is not None:
            excess = np.broadcast_to(tried.rule.excess.evaluate(cases).low, len(picked))
        bits = tried.case_bits[picked].astype(np.int64)
        order = np.lexsort((cases.zones, -excess, -bits, bits & NO, finding[picked]))
        first = order[np.flatnonzero(np.diff(finding[picked][order], prepend=-1))]
        chosen = np.full(int(finding.max(initial=0)) + 1, -1, dtype=np.int64)
        chosen[finding[picked][first]] = cases.zones[first]
        kept: Array = picked[cases.zones == chosen[finding[picked]]]
        return kept

    def joined(self, values: Array) -> tuple[Array, Array]:
        """Least and greatest value of each finding."""
        held = np.broadcast_to(values, len(self.picked))
        if self.alone:
            return held, held
        return np.minimum.reduceat(held, self.starts), np.maximum.reduceat(held, self.starts)

    def same(self, values: Array, otherwise: int = -1) -> Array:
        """The value of each finding where all its cases have the same one."""
        least, most = self.joined(values)
        return least if self.alone else np.where(least == most, least, otherwise)

    def amount(self, part: Amount | None) -> pl.Series:
        """A figure of each finding; null where it is not one and the same."""
        if part is None:
            return pl.Series([None], dtype=pl.Int64).new_from_index(0, len(self.starts))
        span = part.evaluate(self.cases)
        low = self.joined(span.low)[0]
        if self.alone and span.low is span.high:
            return pl.Series(low)
        high = self.joined(span.high)[1]
        values = pl.Series(low)
        return values.set(pl.Series(low != high), None)


def _figures(tried: Tried, kept: Array, law: LawSet) -> dict[str, Any]:
    rule, held = tried.rule, _Cases(tried, kept)
    size = len(kept)
    parameter, source_name, source = _limit_source(held, law)
    divisions = pl.Series(list(law.divisions), dtype=pl.String)
    clause, clause_verify = _clause(held, law)
    columns: dict[str, Any] = {
        "measured": held.amount(rule.measured),
        "limit": held.amount(rule.limit),
        "excess": held.amount(rule.excess),
        "price_fen": _price(held),
        "unit": _same(rule.unit or None, size),
        "scale": _same(rule.scale if rule.measured else None, size),
        "parameter": parameter,
        "citation": clause,
        "verify": clause_verify,
        "exception": _exceptions(held, tried),
        "zone_id": _zones(held),
    }
    if source_name:
        array = law.array(source_name)
        taken = pl.Series(source).set(pl.Series(source < 0), None)
        columns["limit_division"] = divisions.gather(pl.Series(array.source_division)).gather(taken)
        since = pl.Series(array.source_from).cast(pl.Date)
        columns["limit_from"] = since.set(since == date.min, None).gather(taken)  # "ever since" is no day to name
        columns["verify"] = clause_verify | pl.Series(array.source_verify).gather(taken).fill_null(False)
    else:
        columns["limit_division"] = columns["limit_from"] = _same(None, size)
    return columns


def _price(held: _Cases) -> pl.Series:
    """Whole fen that a finding's excess costs, half a fen up; null where the set gives no price or it is not known."""
    rule = held.cases.rule
    if rule.price is None or rule.excess is None:
        return _same(None, len(held.starts))
    excess, price = held.amount(rule.excess), held.amount(rule.price)
    known = price.set((price.abs() >= UNBOUNDED).fill_null(False), None)
    whole = excess * known
    return (whole * 2 + rule.scale) // (2 * rule.scale)


def _limit_source(held: _Cases, law: LawSet) -> tuple[pl.Series, str, Array]:
    """Which name the limit is, and where it comes from if it is a figure of the law."""
    rule, size = held.cases.rule, len(held.starts)
    if rule.limit is None:
        return _same(None, size), "", np.zeros(0, dtype=np.int64)
    figures = [name for name in sorted(rule.limit.names) if name in rule.parameters]
    facts = [name for name in sorted(rule.limit.names) if name in rule.facts]
    quotas = [name for name in sorted(rule.limit.names) if name in rule.quotas]
    if quotas and not figures:
        limit, own = rule.limit.evaluate(held.cases), held.cases.span(quotas[0])
        by_quota = np.broadcast_to((own.low == limit.low) & (own.high == limit.high), held.cases.size)
        whole = held.same(by_quota.astype(np.int64))
        names = pl.Series([facts[0] if facts else None, quotas[0], None], dtype=pl.String)
        return names.gather(np.where(whole == -1, 2, whole)), "", np.zeros(0, dtype=np.int64)
    if not figures:
        return _same(facts[0] if facts else None, size), "", np.zeros(0, dtype=np.int64)
    values, missing, source = held.cases.figure(figures[0])
    limit = rule.limit.evaluate(held.cases)
    by_law = ~missing & (values == limit.low) & (limit.low == limit.high)
    given = held.same(np.where(by_law, source, -1))
    whole = held.same(by_law.astype(np.int64) if by_law.shape else np.full(held.cases.size, by_law, dtype=np.int64))
    names = pl.Series([facts[0] if facts else None, figures[0], None], dtype=pl.String)
    return names.gather(np.where(whole == -1, 2, whole)), figures[0], given


def _clause(held: _Cases, law: LawSet) -> tuple[pl.Series, pl.Series]:
    rule, size = held.cases.rule, len(held.starts)
    own = law.citations[rule.citation].verify
    if not rule.clause_of:
        return _same(rule.citation, size), _same(own, size)
    array: DenseArray = law.array(rule.clause_of)
    source = held.same(held.cases.figure(rule.clause_of)[2])
    # The last entry stands for findings whose cases do not agree on one article.
    ids = pl.Series([*(law.citation_ids[place] for place in array.source_citation.tolist()), rule.citation], dtype=pl.String)
    verify = pl.Series([*array.source_verify.tolist(), own], dtype=pl.Boolean)
    place = np.where(source < 0, len(ids) - 1, source)
    return ids.gather(place), verify.gather(place)


def _exceptions(held: _Cases, tried: Tried) -> pl.Series:
    labels = [exempt.label for exempt in tried.rule.exceptions]
    used = held.same(tried.exempt[held.picked].astype(np.int64))
    return pl.Series([*labels, None], dtype=pl.String).gather(np.where(used < 0, len(labels), used))


def _zones(held: _Cases) -> pl.Series:
    if held.cases.zones is None:
        return _same(None, len(held.starts))
    zones = held.same(held.cases.zones.astype(np.int64))
    return held.cases.facts.ids["zone"].gather(pl.Series(zones).set(pl.Series(zones < 0), None))


def remedy(tried: Tried, kept: Array, law: LawSet) -> pl.Series:
    """What the law of the day proposes for findings by their effect (单项建议); null where it proposes nothing.

    Args:
        tried: the rule, tried.
        kept: positions in `tried.rows`.
        law: the set.
    """
    size = len(kept)
    effect = effects(tried.bits[kept])
    if "remedy" not in law.parameters:
        return _same(None, size)
    array = law.array("remedy")
    findings, listed = array.parameter.index["finding"], array.parameter.index["effect"]
    if tried.rule.code not in findings:
        return _same(None, size)
    figures = tried.cases.figures
    places = figures.places(tried.rule.subject)
    place = np.broadcast_to(places if not places.shape else places[tried.rows[kept]], size)
    column = np.array([listed.index(name) if name in listed else -1 for name in _NAMES])[effect]
    cell = (place, np.full(size, figures.judged), np.full(size, findings.index(tried.rule.code)), column)
    words = pl.Series([*array.parameter.words, None], dtype=pl.String)
    return words.gather(np.where(array.missing[cell] | (column < 0), len(words) - 1, array.values[cell]))
