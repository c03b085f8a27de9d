"""The facts of two runs laid side by side, and mixed (两次事实的对照): what differs, and what comes of each difference."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from jiadi.policy.grammar import UNBOUNDED, Array
from jiadi.policy.table import FAR_DAY, SUBJECTS, Block, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS, Fact

DAY = "day judged"
PLACE = "division"
"""The place of a row, as a fact beside those of the vocabulary."""

LINKS = ("house_parcel", "house_household")
"""Links that facts hold themselves."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Facts of the same houses, parcels and households in two runs (两次事实).

    Args:
        old, new: with the same ids in the same order. A parcel or household that only one of them has has the same
            facts in both: what differs is that a house is linked to it.
    """

    old: Facts
    new: Facts

    def differing(self) -> list[str]:
        """What differs anywhere (不同之处): `fact subject name`, `zone kind`, `link kind`, `day judged`."""
        found = [f"fact {subject} {name}" for subject in SUBJECTS for name in self._names(subject) if self.rows(subject, name).any()]
        found += [f"zone {kind}" for kind in ZONE_KINDS if self.zone_rows(kind).any()]
        found += [f"link {kind}" for kind in LINKS if self.link_rows(kind).any()]
        return [*found, *([DAY] if self.old.on != self.new.on else [])]

    def _names(self, subject: str) -> list[str]:
        blocks = (self.old.blocks[subject], self.new.blocks[subject])
        return [*sorted({name for block in blocks for name in block.columns}), PLACE]

    def rows(self, subject: str, name: str) -> Array:
        """Rows whose fact differs; all where only one of them was asked for it."""
        blocks = (self.old.blocks[subject], self.new.blocks[subject])
        if name == PLACE:
            moved: Array = blocks[0].division != blocks[1].division
            return moved
        one, other = (block.columns.get(name) for block in blocks)
        if one is None or other is None:
            fact = VOCABULARY[subject][name]
            known: Array = ~(one or other or Column(np.zeros(0), np.zeros(0))).is_unknown(fact)
            return known
        differs: Array = (one.low != other.low) | (one.high != other.high)
        return differs

    def zone_rows(self, kind: str) -> Array:
        """Houses beside which zones of a kind differ."""
        size = self.old.blocks["house"].size
        found = np.zeros(size, dtype=bool)
        sides = [_zones(facts, kind) for facts in (self.old, self.new)]
        keys = ["house", *(name for name in sides[0].columns if name != "house")]
        if set(sides[0].columns) != set(sides[1].columns):
            keys = ["house", "id"]
        for one, other in (sides, sides[::-1]):
            gone = one.join(other, on=keys, how="anti", nulls_equal=True)
            found[gone["house"].to_numpy()] = True
        return found

    def link_rows(self, kind: str) -> Array:
        """Houses that are linked otherwise."""
        differs: Array = getattr(self.old, kind) != getattr(self.new, kind)
        return differs


def _zones(facts: Facts, kind: str) -> pl.DataFrame:
    rows = facts.zone_rows(kind)
    held = {"house": facts.zone_house[rows], "id": facts.ids["zone"][rows]}
    for name, column in sorted(facts.blocks["zone"].columns.items()):
        held[f"{name} low"], held[f"{name} high"] = column.low[rows], column.high[rows]
    return pl.DataFrame(held)


def mixed(base: Facts, other: Facts, taken: Collection[str]) -> Facts:
    """The first facts with some differences taken from the second (混合事实).

    Args:
        base: one of a pair.
        other: the other one.
        taken: of `Pair.differing`.
    """
    blocks = {}
    for subject in SUBJECTS:
        names = {key.split(" ")[2] for key in taken if key.startswith(f"fact {subject} ")}
        own, theirs = base.blocks[subject], other.blocks[subject]
        columns = {name: column for name, column in own.columns.items() if name not in names}
        columns |= {name: theirs.columns[name] for name in names if name in theirs.columns}
        blocks[subject] = replace(own, columns=columns, division=theirs.division if PLACE in names else own.division)
    kinds = {key.split(" ")[1] for key in taken if key.startswith("zone ")}
    links = {kind: getattr(other if f"link {kind}" in taken else base, kind) for kind in LINKS}
    zone, ids, house, kind = _mixed_zones(base, other, kinds)
    return replace(
        base,
        on=other.on if DAY in taken else base.on,
        blocks={**blocks, "zone": zone},
        ids={**base.ids, "zone": ids},
        zone_house=house,
        zone_kind=kind,
        **links,
    )


def _mixed_zones(base: Facts, other: Facts, kinds: set[str]) -> tuple[Block, pl.Series, Array, Array]:
    if not kinds:
        return base.blocks["zone"], base.ids["zone"], base.zone_house, base.zone_kind
    sides = [other if kind in kinds else base for kind in ZONE_KINDS]
    rows = [np.arange(side.zone_rows(kind).start, side.zone_rows(kind).stop) for side, kind in zip(sides, ZONE_KINDS, strict=True)]
    parts = [side.blocks["zone"].take(own) for side, own in zip(sides, rows, strict=True)]
    names = sorted({name for part in parts for name in part.columns if all(name in each.columns for each in parts if each.size)})
    columns = {name: _joined([part.columns[name] for part in parts if part.size]) for name in names}
    block = Block(sum(part.size for part in parts), columns, np.concatenate([part.division for part in parts]))
    ids = pl.concat([side.ids["zone"].gather(own) for side, own in zip(sides, rows, strict=True)])
    house, kind = (
        np.concatenate([getattr(side, name)[own] for side, own in zip(sides, rows, strict=True)]) for name in ("zone_house", "zone_kind")
    )
    return block, ids, house, kind


def _joined(columns: list[Column]) -> Column:
    if not columns:
        return Column(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return Column(np.concatenate([one.low for one in columns]), np.concatenate([one.high for one in columns]))


def align(old: Facts, new: Facts, chosen: dict[str, pl.Series]) -> Pair:
    """Lay some houses, parcels and households of two runs side by side (对齐).

    Args:
        old, new: facts of two runs.
        chosen: house → ids that both have; parcel, household → ids that either has.

    Returns:
        The pair, with every parcel and household that the houses are linked to in either run.
    """
    houses = chosen["house"].unique().sort()
    ids = {"house": houses}
    for subject in ("parcel", "household"):
        linked = [_linked_ids(facts, subject, houses) for facts in (old, new)]
        ids[subject] = pl.concat([chosen[subject], *linked]).drop_nulls().unique().sort()
    places = sorted({*old.divisions, *new.divisions})
    sides = []
    for own, other in ((old, new), (new, old)):
        blocks = {subject: _aligned(own, other, subject, ids[subject], places) for subject in SUBJECTS}
        sides.append(_side(own, blocks, ids, places))
    return Pair(*sides)


def _linked_ids(facts: Facts, subject: str, houses: pl.Series) -> pl.Series:
    links = getattr(facts, f"house_{subject}")[_where(facts.ids["house"], houses)]
    return facts.ids[subject].gather(links[links >= 0])


def _where(known: pl.Series, ids: pl.Series) -> Array:
    """Row of each id; -1 where it is not there."""
    table = pl.DataFrame({"id": known, "row": np.arange(len(known), dtype=np.int64)})
    return pl.DataFrame({"id": ids}).join(table, on="id", how="left", maintain_order="left")["row"].fill_null(-1).to_numpy()


def _aligned(own: Facts, other: Facts, subject: str, ids: pl.Series, places: list[str]) -> Block:
    mine, theirs = (_where(facts.ids[subject], ids) for facts in (own, other))
    blocks = (own.blocks[subject], other.blocks[subject])
    columns = {}
    for name, column in blocks[0].columns.items():
        fact = VOCABULARY[subject][name]
        columns[name] = _filled(column, blocks[1].columns.get(name), mine, theirs, fact)
    division = np.where(mine >= 0, _placed(own, subject, places)[mine], _placed(other, subject, places)[theirs])
    return Block(len(ids), columns, division.astype(np.int32))


def _placed(facts: Facts, subject: str, places: list[str]) -> Array:
    """Division of each row, as a position in the divisions of both; a last entry for none."""
    known = np.array([*(places.index(code) for code in facts.divisions), -1])
    return np.append(known[facts.blocks[subject].division], -1)


def _filled(column: Column, other: Column | None, mine: Array, theirs: Array, fact: Fact) -> Column:
    ends = []
    for end, unknown in zip(("low", "high"), _UNKNOWN[fact.kind], strict=True):
        held = getattr(column, end)
        beyond = np.append(held, np.array(unknown, dtype=held.dtype))
        spare = beyond[[-1]] if other is None else np.append(getattr(other, end), np.array(unknown, dtype=held.dtype))
        from_other = spare[np.zeros_like(theirs)] if other is None else spare[theirs]
        ends.append(np.where(mine >= 0, beyond[mine], from_other))
    return Column(*ends)


_UNKNOWN: dict[str, tuple[int, int]] = {"number": (-UNBOUNDED, UNBOUNDED), "date": (-FAR_DAY, FAR_DAY), "word": (0, 0), "truth": (2, 2)}


def _side(facts: Facts, blocks: dict[str, Block], ids: dict[str, pl.Series], places: list[str]) -> Facts:
    rows = _where(facts.ids["house"], ids["house"])
    links = {}
    for subject in ("parcel", "household"):
        to = np.append(_where(ids[subject], facts.ids[subject]), -1)
        links[subject] = to[np.append(getattr(facts, f"house_{subject}"), -1)[rows]].astype(np.int32)
    back = np.full(facts.blocks["house"].size + 1, -1, dtype=np.int64)
    back[rows] = np.arange(len(rows))
    house = back[facts.zone_house]
    kept = np.flatnonzero(house >= 0)
    zone = facts.blocks["zone"].take(kept)
    return Facts(
        facts.on,
        places,
        {**blocks, "zone": zone},
        {**ids, "zone": facts.ids["zone"].gather(kept)},
        links["parcel"],
        links["household"],
        house[kept].astype(np.int32),
        facts.zone_kind[kept],
    )


def groups(keys: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Differences by what a reader calls them (变动的种类): fact (zones are facts), link, day."""
    kinds = {"fact": "fact", "zone": "fact", "link": "link", "day": "day"}
    for kind in ("fact", "link", "day"):
        own = [key for key in keys if kinds.get(key.split(" ")[0]) == kind]
        if own:
            yield kind, own
