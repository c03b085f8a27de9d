"""What a fact was and is, in words (事实新旧值): one row a row of facts and a fact that differs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from jiadi.policy import say
from jiadi.policy.grammar import Array, Span
from jiadi.policy.labels import label
from jiadi.policy.table import Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, Fact
from jiadi.policy.whatif_pair import PLACE, Pair

TOLD: dict[str, pl.DataType] = {"subject": pl.String(), "id": pl.String(), "key": pl.String(), "old": pl.String(), "new": pl.String()}
"""Columns of facts that differ 事实变动."""


def facts(pair: Pair, keys: Iterable[str], lang: str) -> pl.DataFrame:
    """Facts that differ, with what they were and are (事实变动表).

    Args:
        pair: facts of two runs.
        keys: of `Pair.differing`; those of facts, zones and links are told.
        lang: "zh" or "en".

    Returns:
        Frame of TOLD, in the order of the keys.
    """
    parts = [pl.DataFrame(schema=TOLD)]
    for key in keys:
        kind, _, rest = key.partition(" ")
        if kind == "fact":
            subject, name = rest.split(" ")
            parts.append(_fact(pair, subject, name, lang))
        elif kind == "zone":
            parts.append(_zone(pair, key, rest, lang))
        elif kind == "link":
            parts.append(_link(pair, key, rest, lang))
    return pl.concat(parts)


def _frame(subject: str, ids: pl.Series, key: str, old: list[str], new: list[str]) -> pl.DataFrame:
    same = {"subject": [subject] * len(ids), "id": ids, "key": [key] * len(ids)}
    return pl.DataFrame({**same, "old": old, "new": new}, schema=TOLD)


def _fact(pair: Pair, subject: str, name: str, lang: str) -> pl.DataFrame:
    rows = np.flatnonzero(pair.rows(subject, name))
    if name == PLACE:
        sides = [_places(one, subject, rows, lang) for one in (pair.old, pair.new)]
    else:
        sides = [values(one.blocks[subject].columns.get(name), VOCABULARY[subject][name], rows, lang) for one in (pair.old, pair.new)]
    return _frame(subject, pair.old.ids[subject].gather(rows), f"fact {subject} {name}", *sides)


def _places(held: Facts, subject: str, rows: Array, lang: str) -> list[str]:
    codes = [*held.divisions, say.word("unknown", lang)]
    return [codes[place] for place in held.blocks[subject].division[rows].tolist()]


def values(column: Column | None, fact: Fact, rows: Array, lang: str) -> list[str]:
    """A fact of some rows in words (事实的值); what nobody asked is unknown.

    Args:
        column: as it is held.
        fact: what it is.
        rows: of them.
        lang: "zh" or "en".
    """
    if column is None:
        return [say.word("unknown", lang)] * len(rows)
    pairs = list(zip(column.low[rows].tolist(), column.high[rows].tolist(), strict=True))
    known = {pair: _one(fact, *pair, lang) for pair in set(pairs)}
    return [known[pair] for pair in pairs]


def _one(fact: Fact, low: int, high: int, lang: str) -> str:
    held = Span(np.array(low), np.array(high))
    if fact.kind == "number":
        return say.span(held, fact.unit, fact.scale, lang)
    if fact.kind == "date":
        return say.days(held, lang)
    if fact.kind == "word":
        return label(fact.words[low - 1], lang) if low else say.word("unknown", lang)
    if low < 2:
        return say.word("yes" if low else "no", lang)
    needs = fact.needs[low - 2 : low - 1]
    return say.word("unknown", lang) + "".join(
        f"{say.word('open', lang)}{label(need, lang)}{')' if lang == 'en' else '）'}" for need in needs
    )


def _zone(pair: Pair, key: str, kind: str, lang: str) -> pl.DataFrame:
    rows = np.flatnonzero(pair.zone_rows(kind))
    sides = [_beside(one, kind, rows, lang) for one in (pair.old, pair.new)]
    return _frame("house", pair.old.ids["house"].gather(rows), key, *sides)


def _beside(held: Facts, kind: str, houses: Array, lang: str) -> list[str]:
    """The zones of a kind beside each house: number, class, overlap or distance, day of designation."""
    zone, rows = held.blocks["zone"], held.zone_rows(kind)
    known = VOCABULARY["zone"]
    told: dict[int, list[str]] = {}
    wanted = set(houses.tolist())
    comma = "，" if lang == "zh" else ", "
    for row in range(rows.start, rows.stop):
        house = int(held.zone_house[row])
        if house in wanted:
            parts = [values(zone.columns.get(name), known[name], np.array([row]), lang)[0] for name in known if name in zone.columns]
            shown = [part for part in parts if part != say.word("unknown", lang)]
            told.setdefault(house, []).append(comma.join([str(held.ids["zone"][row]), *shown]))
    semicolon = "；" if lang == "zh" else "; "
    return [semicolon.join(told.get(house, [])) or label("none", lang) for house in houses.tolist()]


def _link(pair: Pair, key: str, kind: str, lang: str) -> pl.DataFrame:
    rows = np.flatnonzero(pair.link_rows(kind))
    subject = kind.split("_")[1]
    sides = []
    for one in (pair.old, pair.new):
        ids = [*one.ids[subject].to_list(), say.word("unknown", lang)]
        sides.append([str(ids[place]) for place in getattr(one, kind)[rows].tolist()])
    return _frame("house", pair.old.ids["house"].gather(rows), key, *sides)
