"""What was found of one house, by its row (按户索引): made once for a judgement, so that one house costs no look at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.law import LawSet
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.table import Facts

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
        self._first: Rows = np.searchsorted(houses[self._order], np.arange(size + 1))

    def of(self, house: int) -> Rows:
        """Rows of the table about one house, in their order."""
        found: Rows = self._order[self._first[house] : self._first[house + 1]]
        return found


class Index:
    """Findings, unknowns and zones of every house (逐户索引).

    Args:
        ids: of the houses, sorted.
        findings: of `findings.SCHEMA`.
        house_findings, house_unknowns: as each house takes them in.
        zone_house: row of the house of each zone row.
        sources: frame of the `source` table.
    """

    def __init__(
        self,
        ids: pl.Series,
        findings: pl.DataFrame,
        house_findings: pl.DataFrame,
        house_unknowns: pl.DataFrame,
        zone_house: Array,
        sources: pl.DataFrame,
    ) -> None:
        size = len(ids)
        self._rows = {name: row for row, name in enumerate(ids.to_list())}
        key = ["subject", "id", "code"]
        numbered = findings.select(*key, pl.int_range(pl.len()).alias("finding"))
        taken = house_findings.select("house_id", *key).join(numbered, on=key, how="left", maintain_order="left")
        self._findings, self._of_finding = findings, taken["finding"].to_numpy()
        self._taken = Grouped(_places(taken["house_id"], ids), size)
        self._unknowns, self._waiting = house_unknowns, Grouped(_places(house_unknowns["house_id"], ids), size)
        self._zones = Grouped(zone_house, size)
        self._figures: Figures | None = None
        self.files: dict[int, tuple[str, str]] = {}
        if not sources.is_empty():
            self.files = {number: (file, sheet or "") for number, file, sheet in sources.select("source_id", "file", "sheet").iter_rows()}

    def figures(self, law: LawSet, facts: Facts) -> Figures:
        """The law beside all the facts, made once."""
        if self._figures is None or self._figures.law is not law:
            self._figures = Figures(law, facts)
        return self._figures

    def row(self, house: str) -> int:
        """Row of a house; KeyError where there is none."""
        return self._rows[house]

    def findings(self, house: int) -> list[dict[str, Any]]:
        """Findings that a house takes in, by code."""
        return [self._findings.row(int(row), named=True) for row in sorted(self._of_finding[self._taken.of(house)].tolist())]

    def unknowns(self, house: int) -> list[dict[str, Any]]:
        """What cannot be decided of a house."""
        return [self._unknowns.row(int(row), named=True) for row in self._waiting.of(house)]

    def zones(self, house: int) -> Rows:
        """Rows of the zones beside a house."""
        return self._zones.of(house)


def _places(names: pl.Series, ids: pl.Series) -> Array:
    found: Array = ids.search_sorted(names).to_numpy().astype(np.int64) if len(names) else np.zeros(0, dtype=np.int64)
    return found
