"""Rows of one thing in two tables put together (属性表与图层合并): attributes in one, the shape in another.

National databases keep what is said of a parcel (KTT_ZDJBXX) apart from its outline (ZD_K_103), and departments send a
workbook beside a Shapefile. Such rows are one row of the register; each cell keeps its place for what is told of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiadi.survey.check.gather import Gathered, spots
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.check.text import where

KEYS = {"parcel": ("parcel_code",), "house": ("survey_code", "unit_code"), "right": ("parcel_code",)}
"""List → columns by which its tables are put together; the first that both have serves a row."""

_OWN = frozenset({"feature_code", "geometry"})
"""Columns that number or draw a row in its own table."""


@dataclass(frozen=True, slots=True)
class Attached:
    """Rows that were put together (合并结果).

    Args:
        rows: rows of tables of attributes, given over to another row.
        onto: the rows that took them in.
    """

    rows: Places
    onto: Places

    def mask(self, size: int) -> pl.Series:
        """(size,) whether a row was given over."""
        given = np.zeros(size, dtype=bool)
        given[self.rows] = True
        return pl.Series(given)

    def told_at(self, size: int) -> Places:
        """(size,) the row at whose attributes something is to be told."""
        at = np.arange(size)
        at[self.onto] = self.rows
        return at


def attach(gathered: Gathered, typed: dict[str, pl.Series], shown: dict[str, pl.Series], remarks: Remarks) -> Attached:
    """Put rows of attributes onto the rows that are kept (合并).

    A row is given over where its key stands once in the tables of attributes and once in the others. What the kept row
    lacks is filled; where both say something else, the table of attributes serves (of rights, the ledger), and it is told.

    Args:
        gathered: the sheets of one list.
        typed: columns as typed; changed in place. The key of a row that was given over is taken from it.
        shown: columns as they stand in the files, filled likewise.
        remarks: told `tables_differ`.

    Returns:
        Which rows were put together.
    """
    name = gathered.table.name
    attributes, kept = _sides(gathered)
    if name not in KEYS or not attributes.any() or not kept.any():
        return Attached(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
    rows, onto = _pairs([typed[key] for key in KEYS[name]], attributes, kept)
    found = Attached(rows, onto)
    if not len(rows):
        return found
    spot = spots(gathered, onto)
    for column, values in typed.items():
        if column in _OWN:
            continue
        given, held = values.gather(rows), values.gather(onto)
        if column not in KEYS[name] and column in gathered.columns:
            differ = (given != held).fill_null(False)
            places = rows[differ.to_numpy()]
            detail = pl.select(pl.format("{}: {}", spot.filter(differ), held.filter(differ).cast(pl.String))).to_series()
            masked = gathered.table.column(column).kind == "person_id"
            raw = shown[column].gather(places) if column in shown else None
            remarks.add(places, column, "tables_differ", raw, detail=None if masked else detail, masked=masked)
        typed[column] = values.scatter(onto, _first(given, held, kept_first=name == "right"))
        if column in shown:
            own = shown[column]
            shown[column] = own.scatter(onto, _first(own.gather(rows), own.gather(onto), kept_first=name == "right"))
    for key in KEYS[name]:
        typed[key] = typed[key].scatter(rows, None)
    return found


def shown(gathered: Gathered) -> frozenset[str]:
    """Columns of which `attach` needs what stands in the files: none where nothing can be put together."""
    attributes, kept = _sides(gathered)
    may = gathered.table.name in KEYS and attributes.any() and kept.any()
    return frozenset(gathered.columns) if may else frozenset()


def _first(given: pl.Series, held: pl.Series, *, kept_first: bool) -> pl.Series:
    return pl.select(pl.coalesce((held, given) if kept_first else (given, held))).to_series()


def _sides(gathered: Gathered) -> tuple[pl.Series, pl.Series]:
    """Rows of attributes alone, and rows that are kept: those with shapes, or of a list without any the rows of its own tables."""
    if gathered.table.name == "right":
        kept_sheets = [not sheet.beside for sheet in gathered.sheets]
    else:
        kept_sheets = [sheet.spatial for sheet in gathered.sheets]
    sheet = gathered.frame.get_column("sheet")
    kept = pl.Series(kept_sheets, dtype=pl.Boolean).gather(sheet)
    return ~kept, kept


def _pairs(keys: list[pl.Series], attributes: pl.Series, kept: pl.Series) -> tuple[Places, Places]:
    """Rows of either side that a key brings together one to one."""
    free_rows, free_onto = attributes, kept
    found: list[tuple[Places, Places]] = []
    for key in keys:
        sides = []
        for free in (free_rows, free_onto):
            rows = where(free & key.is_not_null())
            side = pl.DataFrame({"key": key.gather(rows), "row": rows.astype(np.int64)})
            sides.append(side.filter(pl.len().over("key") == 1))
        both = sides[0].join(sides[1], on="key", suffix="_onto").sort("row")
        rows, onto = (both[name].to_numpy().astype(np.intp) for name in ("row", "row_onto"))
        found.append((rows, onto))
        free_rows, free_onto = free_rows.scatter(rows, False), free_onto.scatter(onto, False)
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])
