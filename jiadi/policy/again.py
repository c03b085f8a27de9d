"""Judging again what a change touches (增量判定): the house, its parcel, its household, and the houses that share them.

A finding of a parcel or household goes to every house of it, so all of those are judged again, and nothing else: the same
rules on the same facts give the same answer, wherever the rest of the county stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from jiadi.law import LawSet
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.ofhouse import Grouped, Rows
from jiadi.policy.table import Block, Column, Facts


class Neighbours:
    """Who shares a parcel or household, and which zones lie beside whom (关联索引): made once for facts in memory.

    Links and zones that change ask for a new one; facts that change do not.

    Args:
        facts: of the county.
    """

    def __init__(self, facts: Facts) -> None:
        self._size = {subject: facts.blocks[subject].size for subject in ("house", "parcel", "household")}
        self._by = {
            "parcel": _grouped(facts.house_parcel, self._size["parcel"]),
            "household": _grouped(facts.house_household, self._size["household"]),
        }
        self._zones = Grouped(facts.zone_house, self._size["house"])

    def touched(self, facts: Facts, houses: Iterable[int] = (), parcels: Iterable[int] = (), households: Iterable[int] = ()) -> Rows:
        """Houses that a change touches (受影响的房屋).

        Args:
            facts: of the county.
            houses, parcels, households: rows that changed.

        Returns:
            Rows of houses, sorted: those that changed, and those that share a parcel or household with one, or lie on or
            in one, that changed.
        """
        changed = np.array(sorted(set(houses)), dtype=np.int64)
        through = {
            "parcel": {*parcels, *facts.house_parcel[changed].tolist()} - {-1},
            "household": {*households, *facts.house_household[changed].tolist()} - {-1},
        }
        found = [changed, *(self._by[subject](row) for subject, rows in through.items() for row in sorted(rows))]
        touched: Rows = np.unique(np.concatenate(found))
        return touched

    def part(self, facts: Facts, houses: Rows) -> Facts:
        """The facts of some houses, their parcels, households and zones (部分事实).

        Args:
            facts: of the county.
            houses: rows, sorted.
        """
        rows = {"house": houses}
        place: dict[str, Array] = {}
        for subject, links in (("parcel", facts.house_parcel), ("household", facts.house_household)):
            held = links[houses].astype(np.int64)
            rows[subject] = np.unique(held[held >= 0])
            place[subject] = np.where(held < 0, -1, np.searchsorted(rows[subject], held)).astype(np.int32)
        zones = np.sort(np.concatenate([self._zones.of(int(house)) for house in houses])) if len(houses) else np.zeros(0, dtype=np.int64)
        return Facts(
            facts.on,
            facts.divisions,
            {**{subject: facts.blocks[subject].take(own) for subject, own in rows.items()}, "zone": facts.blocks["zone"].take(zones)},
            {**{subject: facts.ids[subject].gather(own) for subject, own in rows.items()}, "zone": facts.ids["zone"].gather(zones)},
            place["parcel"],
            place["household"],
            np.searchsorted(houses, facts.zone_house[zones]).astype(np.int32),
            facts.zone_kind[zones],
            facts.sources,
        )


def _grouped(links: Array, size: int) -> Callable[[int], Rows]:
    """Row of a parcel or household → rows of its houses."""
    linked = np.flatnonzero(links >= 0)
    held = Grouped(links[linked], size)
    return lambda row: linked[held.of(row)]


def rejudge(
    facts: Facts,
    lawset: LawSet | None,
    neighbours: Neighbours,
    houses: Iterable[int] = (),
    parcels: Iterable[int] = (),
    households: Iterable[int] = (),
) -> Judgement:
    """Judge again what changed, and what shares a parcel or household with it (重判受影响部分).

    Args:
        facts: of the county, with the change in them.
        lawset: the law.
        neighbours: of these facts.
        houses, parcels, households: rows that changed.

    Returns:
        A judgement of the touched houses alone. Its rows are those that a judgement of the whole county has for them, for
        their parcels and for their households; what it does not name has not changed.
    """
    return judge(neighbours.part(facts, neighbours.touched(facts, houses, parcels, households)), lawset)


def edited(facts: Facts, subject: str, row: int, values: Mapping[str, tuple[int, int]]) -> Facts:
    """Facts in which one row says something else (改一行事实); the given ones stay as they are.

    Args:
        facts: of the county.
        subject: house, parcel, household or zone.
        row: of the subject.
        values: fact → least and most, as `table.Column` holds them.

    >>> from datetime import date
    >>> import polars as pl
    >>> house = pl.DataFrame({"id": ["a"], "division_code": ["330802001001"], "storeys": [3]})
    >>> held = Facts.from_frames(date(2025, 6, 30), {"house": house})
    >>> edited(held, "house", 0, {"storeys": (4, 4)}).blocks["house"].columns["storeys"].low.tolist()
    [4]
    """
    block = facts.blocks[subject]
    columns = dict(block.columns)
    for name, (least, most) in values.items():
        low = columns[name].low.copy()
        low[row] = least
        high = low
        if most != least or columns[name].high is not columns[name].low:
            high = columns[name].high.copy()
            high[row] = most
        columns[name] = Column(low, high)
    blocks = {**facts.blocks, subject: Block(block.size, columns, block.division, block.origins)}
    return replace(facts, blocks=blocks)
