"""Comparing two deliveries (两次交付的比对): the same files again change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from jiadi.geo import measure
from jiadi.register.schema import TABLES, Column
from jiadi.register.tables import Delivery, frame_schema
from jiadi.survey.renewal import listed
from jiadi.survey.renewal.listed import COMPARED, Lists
from jiadi.survey.renewal.match import pairs

CHANGES: dict[str, pl.DataType] = {
    "table": pl.String(),
    "id": pl.String(),
    "old_id": pl.String(),
    "column": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
    "old_file": pl.String(),
    "old_sheet": pl.String(),
    "old_row": pl.Int32(),
    "new_file": pl.String(),
    "new_sheet": pl.String(),
    "new_row": pl.Int32(),
}
"""Columns of a frame of changes: one row a cell that differs; null where a side is blank."""


@dataclass(frozen=True, slots=True)
class TableRenewal:
    """What became of one list (一张表的变化).

    Args:
        added, removed: rows of the newer and of the older list that the other does not have.
        paired: `old_id`, `new_id`, `how` of the rows that both have.
        after: rows of the newer list that differ in at least one cell from what they were.
        absent: the newer delivery has no such list at all; nothing is said of its rows then.
    """

    added: pl.DataFrame
    removed: pl.DataFrame
    paired: pl.DataFrame
    after: pl.DataFrame
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a newer delivery changes (重交的变化).

    Args:
        tables: list name → what became of it.
        changed: frame of CHANGES, sorted.
        old_sources, new_sources: `source_id`, `file`, `sheet`.
    """

    tables: dict[str, TableRenewal] = field(default_factory=dict)
    changed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGES))
    old_sources: pl.DataFrame = field(default_factory=pl.DataFrame)
    new_sources: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def empty(self) -> bool:
        """Whether nothing has changed; a list that was not handed in again is no change."""
        return self.changed.is_empty() and all(one.added.is_empty() and one.removed.is_empty() for one in self.tables.values())

    def counts(self) -> dict[str, dict[str, int]]:
        """List name → rows `same`, `changed`, `added`, `removed`, and cells that differ (变化统计)."""
        cells = dict(self.changed.group_by("table").len().iter_rows())
        return {
            name: {
                "same": len(one.paired) - len(one.after),
                "changed": len(one.after),
                "added": len(one.added),
                "removed": len(one.removed),
                "cells": cells.get(name, 0),
            }
            for name, one in self.tables.items()
            if not one.absent
        }


def compare(old: Delivery | Lists | Path, new: Delivery | Lists) -> Renewal:
    """Compare a newer delivery with an older one (比对两次交付).

    Rows are known again by their content, their key, or by what else names them; never by their order.
    Lists that only one side has are told as such: a list that is not handed in again removes nothing.

    Args:
        old: checked delivery, its lists, or `register.gpkg` (or the result folder that holds it) of an earlier run.
        new: checked delivery, or its lists.

    Returns:
        Rows added, changed and removed, by list.

    Raises:
        Refusal: `not_a_register`.

    >>> compare(Delivery(), Delivery()).empty
    True
    """
    before = listed.of_register(old) if isinstance(old, Path) else _lists(old)
    after = _lists(new)
    tables, changes = {}, [pl.DataFrame(schema=CHANGES)]
    for name in COMPARED:
        if name in before.tables or name in after.tables:
            tables[name], changed = _table(name, before, after)
            changes.append(changed)
    ordered = pl.concat(changes).sort("table", "id", "column", "old_id")
    return Renewal(tables, ordered, before.sources, after.sources)


def _lists(side: Delivery | Lists) -> Lists:
    return side if isinstance(side, Lists) else listed.of_delivery(side)


def _table(name: str, before: Lists, after: Lists) -> tuple[TableRenewal, pl.DataFrame]:
    blank = pl.DataFrame(schema=frame_schema(TABLES[name]))
    old, new = before.tables.get(name, blank), after.tables.get(name, blank)
    none = pl.DataFrame(schema={"old_id": pl.String(), "new_id": pl.String(), "how": pl.String()})
    if name not in after.tables:
        return TableRenewal(blank, blank, none, blank, absent=True), pl.DataFrame(schema=CHANGES)
    found = pairs(name, old, new)
    one, other = old[found["old_at"].to_numpy()], new[found["new_at"].to_numpy()]
    paired = pl.DataFrame({"old_id": one["id"], "new_id": other["id"], "how": found["how"]})
    cells = [
        part
        for column in TABLES[name].columns
        if (part := _cells(column, one, other, before.sources, after.sources)) is not None and len(part)
    ]
    changed = pl.concat(cells).with_columns(pl.lit(name).alias("table")).select(list(CHANGES)) if cells else pl.DataFrame(schema=CHANGES)
    differing = other.join(changed.select(pl.col("id")).unique(), on="id", how="semi")
    added, removed = (
        side.with_row_index("at").join(found.select(pl.col(key).cast(pl.UInt32).alias("at")), on="at", how="anti").drop("at")
        for side, key in ((new, "new_at"), (old, "old_at"))
    )
    return TableRenewal(added, removed, paired, differing), changed


def _cells(column: Column, one: pl.DataFrame, other: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame | None:
    """The cells of one column that differ, with where they stand."""
    name = column.name
    differ = one.get_column(name).ne_missing(other.get_column(name))
    if not differ.any():
        return None
    before, after = one.filter(differ), other.filter(differ)
    cells = pl.DataFrame(
        {
            "id": after["id"],
            "old_id": before["id"],
            "old": shown(column, before[name]),
            "new": shown(column, after[name]),
            "old_source": before["source_id"],
            "old_row": before["source_row"],
            "new_source": after["source_id"],
            "new_row": after["source_row"],
        }
    )
    for side, sources in (("old", old), ("new", new)):
        named = sources.rename({"source_id": f"{side}_source", "file": f"{side}_file", "sheet": f"{side}_sheet"})
        cells = cells.join(named, on=f"{side}_source", how="left")
    return cells.with_columns(pl.lit(name).alias("column")).drop("old_source", "new_source")


def shown(column: Column, values: pl.Series) -> pl.Series:
    """Values as text (显示文本); of a shape its area, which is what people can compare."""
    if column.kind != "geometry":
        return values.cast(pl.String)
    filled = values.is_not_null()
    text = pl.Series([None], dtype=pl.String).new_from_index(0, len(values))
    if not filled.any():
        return text
    areas = pl.Series(measure.areas(values.filter(filled))).round(2)
    return text.scatter(filled.arg_true(), pl.select(pl.format("{} m²", areas)).to_series())


def applied(old: Lists, renewal: Renewal) -> dict[str, pl.DataFrame]:
    """The older lists with the changes made in them (施行变化): what the newer delivery says.

    Args:
        old: the older side.
        renewal: of the comparison.

    Returns:
        List name → frame sorted by id; only columns of the schema and `id`.
    """
    made = {}
    for name, one in renewal.tables.items():
        columns = [column.name for column in TABLES[name].columns]
        frame = old.tables.get(name, one.added.clear()).select("id", *columns)
        if one.absent:
            made[name] = frame
            continue
        kept = frame.join(one.paired.select(pl.col("old_id").alias("id"), "new_id"), on="id")
        cells = renewal.changed.filter(pl.col("table") == name)
        for column in cells["column"].unique().to_list():
            at = cells.filter(pl.col("column") == column).select(pl.col("id").alias("new_id"))
            values = at.join(one.after.select(pl.col("id").alias("new_id"), pl.col(column).alias("value")), on="new_id")
            joined = kept.join(values.with_columns(pl.lit(True).alias("hit")), on="new_id", how="left", maintain_order="left")
            chosen = pl.when(pl.col("hit").fill_null(False)).then("value").otherwise(column).alias(column)
            kept = joined.with_columns(chosen).drop("value", "hit")
        kept = kept.with_columns(pl.col("new_id").alias("id")).select("id", *columns)
        made[name] = pl.concat([kept, one.added.select("id", *columns)]).sort("id")
    return made
