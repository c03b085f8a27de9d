"""Households that were parted and are written in one cell (分户人数): kept as written, noted, and summed where persons are counted."""

from __future__ import annotations

import polars as pl

from jiadi.codes import split
from jiadi.survey.check.gather import Cells
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.check.text import where

COLUMN = "split_persons"
COUNTED = "persons"
"""Column of a household's persons, in which "4+3" are seven."""


def note(written: pl.Series, column: str, remarks: Remarks) -> pl.Series:
    """Note what is said of parted households (分户提示).

    Args:
        written: (n,) text, null where nothing is said.
        column: schema column in which it stands.
        remarks: told `split_household`, with the sum, and `split_unclear` where a household's persons cannot be read.

    Returns:
        (n,) persons of all of them together, Int64; null where nothing or not all is known.

    >>> note(pl.Series(["4+3", "4+?", "5", None]), "split_persons", Remarks()).to_list()
    [7, None, 5, None]
    """
    sizes = split.sizes_column(written)
    torn = sizes.list.eval(pl.element().is_null()).list.any().fill_null(False)
    several = (sizes.list.len() > 1).fill_null(False) & ~torn
    summed = sizes.list.sum().set(torn | sizes.is_null(), None)
    places, unclear = where(several), where(torn)
    words = pl.select(
        pl.format("{} = {}", sizes.gather(places).cast(pl.List(pl.String)).list.join(" + "), summed.gather(places))
    ).to_series()
    remarks.add(places, column, "split_household", written.gather(places), detail=words)
    remarks.add(unclear, column, "split_unclear", written.gather(unclear))
    return summed


def summed(cells: Cells, remarks: Remarks) -> tuple[Cells, pl.Series]:
    """Persons of a household, parted ones together (在册人数).

    Args:
        cells: of the column of persons.
        remarks: told of parted households.

    Returns:
        The cells with the sum in place of what was written, and (n,) what was written, null where it is one household.

    >>> found, written = summed(Cells.of_text("4+3", "5人"), Remarks())
    >>> found.number.to_list(), found.text.to_list(), written.to_list()
    ([7.0, None], [None, '5人'], ['4+3', None])
    """
    parted = (split.sizes_column(cells.text).list.len() > 1).fill_null(False) & cells.text.str.contains(r"[+＋=(（]|户").fill_null(False)
    written = cells.text.set(~parted, None)
    total = note(written, COUNTED, remarks).cast(pl.Float64)
    number = pl.select(pl.coalesce(total, cells.number)).to_series()
    return Cells(cells.text.set(parted, None), number, cells.day), written
