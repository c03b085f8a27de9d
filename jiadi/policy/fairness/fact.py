"""The facts of every house as its rules read them: its own, those of its parcel and household, the zones beside it (所用事实)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from jiadi.policy.derived import SPLIT
from jiadi.policy.fairness.band import UNKNOWN, Bands
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement
from jiadi.policy.rules import Rule
from jiadi.policy.table import Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS

NOT_LINKED = UNKNOWN - 1
"""Stands for a fact of a parcel or household that a house is not linked to."""


class Held(NamedTuple):
    """One fact of every house.

    Args:
        subject: house, parcel, household, or a kind of zone.
        name: of the fact.
        band: int64.
        low, high: as the fact is held, before banding.
    """

    subject: str
    name: str
    band: Array
    low: Array
    high: Array

    @property
    def key(self) -> str:
        """As one word."""
        return f"{self.subject} {self.name}"


def read_by(rule: Rule) -> frozenset[tuple[str, str]]:
    """Facts that a rule reads, with whose they are (规则所读的事实).

    Returns:
        (house, parcel, household or the kind of zone; name).

    >>> from jiadi.law import load
    >>> from jiadi.policy.rules import compile_rules
    >>> sorted(name for _, name in read_by(compile_rules(load("quzhou"))["over_area"][0]))
    ['approved_area_m2', 'area_m2', 'built', 'has_main_house', 'land_class']
    """
    names = set(rule.names)
    for part in (rule.measured, rule.limit, rule.excess):
        names |= part.names if part is not None else frozenset()
    for figure in rule.parameters.values():
        names |= {rule.index.get(dimension, dimension) for dimension in figure.index}
        names |= {"built"} if figure.dated_by == "built" else set()
    names |= {"built"} if rule.days else set()
    names |= set(SPLIT) if rule.quotas else set()
    if rule.zone_kind:
        names |= {"has_footprint", f"{rule.zone_kind}_layer"}
    own = {(rule.subject, name) for name in names if name in VOCABULARY[rule.subject]}
    return frozenset(own | {(rule.zone_kind, name) for name in names if rule.through and name in VOCABULARY["zone"]})


def read_by_any(judgement: Judgement) -> list[tuple[str, str]]:
    """Facts that any rule read (全部所读事实)."""
    return sorted({pair for one in judgement.tried for pair in read_by(one.rule)})


def of_subject(facts: Facts, subject: str, wanted: list[tuple[str, str]], bands: Bands) -> list[Held]:
    """Facts of every house, parcel or household (逐个对象的事实).

    Args:
        facts: the facts.
        subject: whose rows; a house also has the facts of its parcel, household and zones.
        wanted: as `read_by` gives them.
        bands: what counts as alike.

    Returns:
        One entry a fact that the lists ask for; a fact that no list asks for tells nothing apart.
    """
    found: list[Held] = []
    for owner, name in wanted:
        if owner in ZONE_KINDS:
            found += _zones(facts, owner, name, bands)
            continue
        column = facts.blocks[owner].columns.get(name)
        if column is None:
            continue
        parts = (bands.of(VOCABULARY[owner][name], column), column.low, column.high)
        if owner != subject:
            rows = facts.house_parcel if owner == "parcel" else facts.house_household
            parts = tuple(_through(values, rows) for values in parts)  # type: ignore[assignment]
        found.append(Held(owner, name, *parts))
    return found


def _through(values: Array, rows: Array) -> Array:
    """Values of the parcel or household of each house."""
    return np.append(values.astype(np.int64), NOT_LINKED)[rows]


def _zones(facts: Facts, kind: str, name: str, bands: Bands) -> Iterator[Held]:
    """Of the zones of one kind beside each house: the largest overlap, the least distance, every class, the first and last day."""
    seen = facts.zone_rows(kind)
    column = facts.blocks["zone"].columns.get(name)
    size = facts.blocks["house"].size
    if column is None:
        return
    house, low, high = facts.zone_house[seen], column.low[seen].astype(np.int64), column.high[seen].astype(np.int64)
    greatest, least = np.full(size, -1, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    order = np.lexsort((high, house))
    greatest[house[order]] = high[order]
    order = np.lexsort((-low, house))
    least[house[order]] = low[order]
    beside = np.isin(np.arange(size), house)
    banded = [np.where(beside, bands.of(VOCABULARY["zone"][name], Column(ends, ends)), -1) for ends in (least, greatest)]
    if VOCABULARY["zone"][name].kind == "number":
        end = 0 if name == "distance_m" else 1
        yield Held(kind, name, banded[end], (least, greatest)[end], (least, greatest)[end])
    else:
        yield Held(kind, name, banded[0] * 10_000_000 + banded[1], least, greatest)


def bands_frame(held: list[Held]) -> pl.DataFrame:
    """The bands as a frame, one row a house."""
    return pl.DataFrame({one.key: one.band for one in held})
