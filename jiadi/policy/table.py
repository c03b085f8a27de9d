"""Facts in memory: columns of whole numbers by subject, and how subjects hang together (事实表)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from jiadi.policy.grammar import EPOCH, UNBOUNDED, Array
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS, Fact

SUBJECTS = ("house", "parcel", "household")
FAR_DAY = 2**24
"""Beyond every day, in days since 1970-01-01: an unknown day lies between -FAR_DAY and FAR_DAY."""

UNDATED_FROM = date(1900, 1, 1)
"""A house whose year is not known may have been built on any day from here on."""


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of every row (一列事实).

    Args:
        low: numbers (int64) and days (int32): the least it may be; words (uint8): position + 1, 0 unknown;
            answers (int8): 0 no, 1 yes, from 2 on unknown (`Fact.needs`).
        high: numbers and days: the most it may be; `low` itself where every row is known.
    """

    low: Array
    high: Array

    def is_unknown(self, fact: Fact) -> Array:
        """Which rows are not known."""
        lacks: Array = self.low == 0 if fact.kind == "word" else self.low > 1 if fact.kind == "truth" else self.low < self.high
        return lacks


@dataclass(slots=True)
class Block:
    """The facts of one subject (一类对象的事实).

    Args:
        size: rows.
        columns: fact → column. A fact that is not there is unknown of every row.
        division: int32 position in `Facts.divisions` of each row; -1 where not known.
        origins: list → source_id and source_row of each row (int32, -1 for none).
    """

    size: int
    columns: dict[str, Column] = field(default_factory=dict)
    division: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    origins: dict[str, tuple[Array, Array]] = field(default_factory=dict)

    def take(self, rows: Array) -> Block:
        """Some of the rows."""
        columns: dict[str, Column] = {}
        for name, column in self.columns.items():
            low = column.low[rows]
            columns[name] = Column(low, low if column.high is column.low else column.high[rows])
        origins = {name: (source[rows], row[rows]) for name, (source, row) in self.origins.items()}
        return Block(len(rows), columns, self.division[rows], origins)


def _no_rows() -> Array:
    return np.zeros(0, dtype=np.int32)


@dataclass(slots=True)
class Facts:
    """All facts that rules read (事实).

    Args:
        on: the day on which it is judged.
        divisions: distinct division codes of 12 digits.
        blocks: house, parcel, household, zone.
        ids: subject → String, one a row; house, parcel and household sorted, so that results are.
        house_parcel, house_household: int32 row of each house's parcel and household; -1 where not known.
        zone_house, zone_kind: int32 row of the house and position in `ZONE_KINDS` of each zone row.
            Zone rows are sorted by kind, then house.
        sources: frame of the `source` table.
    """

    on: date
    divisions: list[str]
    blocks: dict[str, Block]
    ids: dict[str, pl.Series]
    house_parcel: Array
    house_household: Array
    zone_house: Array = field(default_factory=_no_rows)
    zone_kind: Array = field(default_factory=_no_rows)
    sources: pl.DataFrame = field(default_factory=pl.DataFrame)

    def zone_rows(self, kind: str) -> slice:
        """Zone rows of one kind."""
        first, last = np.searchsorted(self.zone_kind, ZONE_KINDS.index(kind) + np.array([0, 1]))
        return slice(int(first), int(last))

    def places(self, subject: str) -> pl.Series:
        """Code of the division of each row of a subject (所在区划); null where it is not known.

        >>> house = pl.DataFrame({"id": ["a", "b"], "division_code": ["330802001001", None]})
        >>> Facts.from_frames(date(2025, 6, 30), {"house": house}).places("house").to_list()
        ['330802001001', None]
        """
        # The entry beyond the last, which -1 reaches, is that of no division.
        return pl.Series("division_code", [*self.divisions, None], dtype=pl.String).gather(self.blocks[subject].division)

    def save(self, directory: Path) -> None:
        """Keep the facts as Parquet beside each other (存事实)."""
        for subject, block in self.blocks.items():
            held = {"id": self.ids[subject], "division": block.division}
            for name, column in block.columns.items():
                held[f"low {name}"] = column.low
                if column.high is not column.low:
                    held[f"high {name}"] = column.high
            for origin, (source, row) in block.origins.items():
                held[f"source {origin}"], held[f"row {origin}"] = source, row
            if subject == "house":
                held["parcel"], held["household"] = self.house_parcel, self.house_household
            if subject == "zone":
                held["house"], held["kind"] = self.zone_house, self.zone_kind
            pl.DataFrame(held).write_parquet(directory / f"facts_{subject}.parquet")
        self.sources.write_parquet(directory / "sources.parquet")
        head = {"on": self.on.isoformat(), "divisions": self.divisions}
        (directory / "facts.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Facts:
        """Read back what `save` kept (取事实)."""
        head = json.loads((directory / "facts.json").read_text(encoding="utf-8"))
        frames = {subject: pl.read_parquet(directory / f"facts_{subject}.parquet") for subject in (*SUBJECTS, "zone")}
        house, zone = frames["house"], frames["zone"]
        return cls(
            date.fromisoformat(head["on"]),
            head["divisions"],
            {subject: _block(frame) for subject, frame in frames.items()},
            {subject: frame["id"] for subject, frame in frames.items()},
            house["parcel"].to_numpy(),
            house["household"].to_numpy(),
            zone["house"].to_numpy(),
            zone["kind"].to_numpy(),
            pl.read_parquet(directory / "sources.parquet"),
        )

    @classmethod
    def from_frames(cls, on: date, frames: Mapping[str, pl.DataFrame], sources: pl.DataFrame | None = None) -> Facts:
        """Facts from frames in plain units (由表格构造事实).

        Args:
            on: the day on which it is judged.
            frames: house, parcel, household, zone; each with `id`, and `division_code` but for zone; a house may have
                `parcel_id` and `household_id`; a zone row has `house_id` and `zone_kind`. Other columns are facts:
                m² or m, words, yes or no (Boolean, or Int8 as held); null is unknown. `built` and other days may be given
                as `built_first` and `built_last`, both included, and numbers as `…_low` and `…_high`.
            sources: frame of the `source` table.

        Returns:
            The facts, rows sorted by id.

        >>> house = pl.DataFrame({"id": ["b", "a"], "division_code": ["330802001001"] * 2, "storeys": [3, None]})
        >>> facts = Facts.from_frames(date(2025, 6, 30), {"house": house})
        >>> facts.ids["house"].to_list(), facts.blocks["house"].columns["storeys"].low.tolist()[1]
        (['a', 'b'], 3)
        """
        sorted_frames = {
            subject: frames.get(subject, pl.DataFrame({"id": []}, schema={"id": pl.String})).sort("id") for subject in SUBJECTS
        }
        zones = _zone_frame(frames.get("zone"), sorted_frames["house"])
        codes = [frame["division_code"] for frame in sorted_frames.values() if "division_code" in frame.columns]
        divisions = sorted(set(pl.concat([code.unique() for code in codes]).drop_nulls().to_list())) if codes else []
        blocks = {
            subject: _from_frame(frame, VOCABULARY[subject], divisions) for subject, frame in {**sorted_frames, "zone": zones}.items()
        }
        house = sorted_frames["house"]
        if "open_floor_m" not in blocks["house"].columns:
            none = np.zeros(house.height, dtype=np.int64)  # a survey that does not ask counted every floor among the storeys
            blocks["house"].columns["open_floor_m"] = Column(none, none)
        return cls(
            on,
            divisions,
            blocks,
            {subject: frame["id"] for subject, frame in {**sorted_frames, "zone": zones}.items()},
            positions(house, "parcel_id", sorted_frames["parcel"]["id"]),
            positions(house, "household_id", sorted_frames["household"]["id"]),
            zones["house"].to_numpy().astype(np.int32),
            zones["kind"].to_numpy().astype(np.int32),
            pl.DataFrame() if sources is None else sources,
        )


def positions(frame: pl.DataFrame, column: str, ids: pl.Series) -> Array:
    """Row of each value in a column of distinct ids (定位行号).

    Returns:
        int32; -1 where the column is absent or null, or the id is not there.
    """
    if column not in frame.columns or not frame.height:
        return np.full(frame.height, -1, dtype=np.int32)
    known = pl.DataFrame({column: ids, "row": np.arange(len(ids), dtype=np.int32)})
    found = frame.select(column).join(known, on=column, how="left", maintain_order="left")["row"]
    return found.fill_null(-1).to_numpy().astype(np.int32)


def hundredths(values: pl.Series, scale: int) -> Array:
    """Plain units as whole parts, null as 0 (换算成整数)."""
    plain = values.fill_null(0)
    if not values.dtype.is_float():
        plain = plain * scale
    whole: Array = np.rint(plain.to_numpy() * scale).astype(np.int64) if values.dtype.is_float() else plain.cast(pl.Int64).to_numpy()
    return whole


def number(low: pl.Series, high: pl.Series, scale: int) -> Column:
    """A column of numbers from their plain ends; null is unbounded (数值列)."""
    least = np.where(low.is_null().to_numpy(), -UNBOUNDED, hundredths(low, scale))
    if low is high and not low.null_count():
        return Column(least, least)
    return Column(least, np.where(high.is_null().to_numpy(), UNBOUNDED, hundredths(high, scale)))


def days(first: pl.Series, last: pl.Series) -> Column:
    """A column of days from their ends, both included; null is unbounded (日期列)."""
    low = first.cast(pl.Date).cast(pl.Int32).fill_null(-FAR_DAY).to_numpy()
    if first is last and not first.null_count():
        return Column(low, low)
    return Column(low, last.cast(pl.Date).cast(pl.Int32).fill_null(FAR_DAY).to_numpy())


def words(values: pl.Series, known: tuple[str, ...]) -> Column:
    """A column of words as positions + 1; others and null are unknown (枚举列)."""
    codes = values.cast(pl.String).replace_strict(list(known), list(range(1, len(known) + 1)), default=0, return_dtype=pl.UInt8)
    held = codes.fill_null(0).to_numpy()
    return Column(held, held)


def answers(values: pl.Series) -> Column:
    """A column of answers: Boolean with null unknown, or as held (是否列)."""
    held = values.cast(pl.Int8).fill_null(2).to_numpy()
    return Column(held, held)


def day(on: date) -> int:
    """Days since 1970-01-01.

    >>> day(date(1982, 2, 13))
    4426
    """
    return (on - EPOCH).days


def _from_frame(frame: pl.DataFrame, facts: Mapping[str, Fact], divisions: list[str]) -> Block:
    block = Block(frame.height)
    named = pl.Series("division_code", divisions, dtype=pl.String)
    block.division = positions(frame, "division_code", named)
    for name, fact in facts.items():
        column = _column(frame, fact)
        if column is not None:
            block.columns[name] = column
    return block


def _column(frame: pl.DataFrame, fact: Fact) -> Column | None:
    first, last = (fact.name, fact.name) if fact.name in frame.columns else (f"{fact.name}_low", f"{fact.name}_high")
    if fact.kind == "date" and first not in frame.columns:
        first, last = f"{fact.name}_first", f"{fact.name}_last"
    if first not in frame.columns:
        return None
    low = frame[first]
    high = low if first == last else frame[last]
    if fact.kind == "number":
        return number(low, high, fact.scale)
    if fact.kind == "date":
        return days(low, high)
    return words(low, fact.words) if fact.kind == "word" else answers(low)


def _zone_frame(zones: pl.DataFrame | None, houses: pl.DataFrame) -> pl.DataFrame:
    if zones is None or not zones.height:
        return pl.DataFrame(schema={"id": pl.String, "house": pl.Int32, "kind": pl.Int32})
    kinds = zones["zone_kind"].cast(pl.String).replace_strict(list(ZONE_KINDS), list(range(len(ZONE_KINDS))), return_dtype=pl.Int32)
    placed = zones.with_columns(pl.Series("house", positions(zones, "house_id", houses["id"])), kinds.alias("kind"))
    return placed.filter(pl.col("house") >= 0).sort("kind", "house", "id", maintain_order=True)


def _block(frame: pl.DataFrame) -> Block:
    columns: dict[str, Column] = {}
    origins: dict[str, tuple[Array, Array]] = {}
    for name in frame.columns:
        prefix, _, word = name.partition(" ")
        if prefix == "low":
            low = frame[name].to_numpy()
            columns[word] = Column(low, frame[f"high {word}"].to_numpy() if f"high {word}" in frame.columns else low)
        elif prefix == "source":
            origins[word] = (frame[name].to_numpy(), frame[f"row {word}"].to_numpy())
    return Block(frame.height, columns, frame["division"].to_numpy(), origins)
