"""Layers that say more than their own list holds (图层所附权利信息): parcels with approved area, certificate, how obtained."""

from __future__ import annotations

import copy

import polars as pl

from jiadi.register.schema import TABLES
from jiadi.survey.read.match import match
from jiadi.survey.read.raw import ROW, RawSheet


def rights(sheet: RawSheet) -> list[RawSheet]:
    """What a layer of parcels says of rights, as a ledger beside it (图层附带的台账).

    Args:
        sheet: as it was recognised.

    Returns:
        One sheet of the list `right` with the rows that say anything that only a ledger has; none for other layers.
    """
    if sheet.table != "parcel" or not sheet.spatial or "parcel_code" not in sheet.columns:
        return []
    found = match(sheet.headers, spatial=False, only="right")
    marks = [found.columns[name] for name in TABLES["right"].marks if name in found.columns]
    cells = [name for name in sheet.frame.columns if name[1:].isdigit() and int(name[1:]) in marks]
    if not cells:
        return []
    filled = pl.any_horizontal(pl.col(name).cast(pl.String).str.strip_chars().str.len_chars() > 0 for name in cells).fill_null(False)
    rows = sheet.frame.select(ROW, *(name for name in sheet.frame.columns if name[1:].isdigit())).filter(filled)
    if rows.is_empty():
        return []
    held = copy.copy(sheet)
    held.frame, held.table, held.columns, held.beside = rows, "right", dict(found.columns), True
    held.fixed = {name: value for name, value in sheet.fixed.items() if name == "village_code"}
    held.codes = {name: words for name, words in sheet.codes.items() if name in found.columns}
    held.mixed, held.skipped, held.guessed, held.claimed, held.asked = {}, 0, frozenset(), {}, frozenset()
    held.crs_text, held.crs_assumed, held.bounds = "", False, None
    return [held]
