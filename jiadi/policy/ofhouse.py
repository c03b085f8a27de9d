"""What was found of one house, by its row (按户索引): made once for a judgement, so that one house costs no look at all."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.law import LawSet
from jiadi.policy.grammar import Array
from jiadi.policy.single import House, Readings
from jiadi.policy.table import SUBJECTS, Facts, positions
from jiadi.policy.trace import Inputs

Rows = NDArray[np.int64]


class Grouped:
    """Row numbers of a table by the house they are about (分组行号).

    Args:
        houses: row of the house of each row of the table.
        size: number of houses.

    >>> Grouped(np.array([2, 0, 2]), 3).of(2).tolist()
    [0, 2]
    """

    def __init__(self, houses: Array, size: int) -> None:
        self._order: Rows = np.argsort(houses, kind="stable")
        self._first: Rows = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(houses, minlength=size))])

    def of(self, house: int) -> Rows:
        """Rows of the table about one house, in their order."""
        found: Rows = self._order[self._first[house] : self._first[house + 1]]
        return found


class Index:
    """Findings, unknowns and zones of every house (逐户索引).

    Args:
        facts: of the county.
        findings: of `findings.SCHEMA`.
        unknowns: of `judge.UNKNOWNS`.
    """

    def __init__(self, facts: Facts, findings: pl.DataFrame, unknowns: pl.DataFrame) -> None:
        self._facts = facts
        self._findings, self._unknowns = findings, unknowns
        self._found, self._waiting = (_by_subject(listed, facts) for listed in (findings, unknowns))
        self._zones = Grouped(facts.zone_house, facts.blocks["house"].size)
        self._readings: Readings | None = None
        self._files: dict[int, tuple[str, str]] = {}
        if not facts.sources.is_empty():
            told = facts.sources.select("source_id", "file", "sheet").iter_rows()
            self._files = {number: (file, sheet or "") for number, file, sheet in told}
        self.inputs = Inputs(facts, self._files)

    def readings(self, law: LawSet) -> Readings:
        """The law's rules ready to be tried on one house, made once."""
        if self._readings is None or self._readings.law is not law:
            self._readings = Readings(law, self._facts)
        return self._readings

    def house(self, name: str) -> House:
        """A house by its id; KeyError where there is none."""
        ids = self._facts.ids["house"]
        row = bisect_left(ids, name)  # a Series is a sequence, and its ids are sorted
        if row == len(ids) or ids[row] != name:
            raise KeyError(name)
        return House.at(self._facts, row, tuple(self._zones.of(row).tolist()))

    def findings(self, house: House) -> list[dict[str, Any]]:
        """Findings that a house takes in, by code."""
        return _rows(self._findings, self._found, house)

    def unknowns(self, house: House) -> list[dict[str, Any]]:
        """What cannot be decided of a house, by code."""
        return _rows(self._unknowns, self._waiting, house)


def _by_subject(listed: pl.DataFrame, facts: Facts) -> dict[str, tuple[Rows, Grouped]]:
    """Row numbers of a table by the row of its subject."""
    found: dict[str, tuple[Rows, Grouped]] = {}
    for subject in SUBJECTS:
        own = np.flatnonzero((listed["subject"] == subject).to_numpy())
        rows = positions(listed.select(pl.col("id").gather(own)), "id", facts.ids[subject])
        found[subject] = (own, Grouped(rows, facts.blocks[subject].size))
    return found


def _rows(listed: pl.DataFrame, held: dict[str, tuple[Rows, Grouped]], house: House) -> list[dict[str, Any]]:
    numbers = [own.item(place) for subject, (own, by) in held.items() if house.rows[subject] >= 0 for place in by.of(house.rows[subject])]
    return [listed.row(number, named=True) for number in sorted(numbers)]
