"""Resident IDs that a slip has broken, as evidence of who is meant (错号线索): with the same name they tell a person.

Such a number is never taken as an ID. What stood in the cell is kept for linking alone: one digit copied wrongly, two
neighbours exchanged, one left out, or the last digits lost in a spreadsheet leave enough of it to know the person again by name.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.register.tables import Delivery

HINTS: dict[str, pl.DataType] = {"source_id": pl.Int32(), "source_row": pl.Int32(), "hint": pl.String()}
"""Columns of numbers that were not taken 错号线索, by the place where they stand: 18 places, `000` at the end
where those are lost; 17 where one was left out."""

_KEPT_OF_LOST = 15


def of_list(delivery: Delivery, table: str) -> pl.DataFrame:
    """Hints of a list (清单的错号线索): frame of HINTS; none where nothing was broken.

    >>> of_list(Delivery(), "right").height
    0
    """
    held = delivery.extra.get("id_hints")
    found = held.get(table) if isinstance(held, dict) else None
    return found if found is not None else pl.DataFrame(schema=HINTS)


def beside(frame: pl.DataFrame, hints: pl.DataFrame | None) -> pl.Series:
    """The hint of every row of a list, null where there is none (逐行线索).

    Args:
        frame: rows of the list, with `source_id` and `source_row`.
        hints: frame of HINTS; None for none.

    >>> beside(pl.DataFrame({"source_id": [1]}), None).to_list()
    [None]
    """
    if hints is None or hints.is_empty():
        return pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    places = frame.select(pl.col("source_id").cast(pl.Int32), pl.col("source_row").cast(pl.Int32))
    return places.join(hints, on=["source_id", "source_row"], how="left", maintain_order="left")["hint"]


def near(one: pl.Series, other: pl.Series) -> NDArray[np.bool_]:
    """Whether numbers are a slip apart (相差一处): one place differs or is left out, two neighbours are exchanged, the last three are lost.

    Args:
        one, other: (n,) 18 places each, 17 where one was left out; null is near to nothing.

    >>> broken = pl.Series(["330802197603151231", "330802197603115233", "330802197603151000", "33080219760315123", "330802197603151000"])
    >>> near(broken, pl.Series(["330802197603151233"] * 4 + ["330802198603151233"])).tolist()
    [True, True, True, True, False]
    """
    return _alike(one, other) | _left_out(one, other) | _left_out(other, one)


def _left_out(short: pl.Series, whole: pl.Series) -> NDArray[np.bool_]:
    """Whether 17 places are the 18 others without one of them: what both begin and end with is all of them."""
    held = ((short.str.len_bytes() == 17) & (whole.str.len_bytes() == 18)).fill_null(False).to_numpy()
    found = np.zeros(len(short), dtype=bool)
    rows = np.flatnonzero(held)
    if not len(rows):
        return found
    left = np.array(short.gather(rows).to_list(), dtype="S17").view(np.uint8).reshape(-1, 17)
    right = np.array(whole.gather(rows).to_list(), dtype="S18").view(np.uint8).reshape(-1, 18)
    begins = np.logical_and.accumulate(left == right[:, :17], axis=1).sum(axis=1)
    ends = np.logical_and.accumulate((left == right[:, 1:])[:, ::-1], axis=1).sum(axis=1)
    found[rows] = begins + ends >= 17
    return found


def _alike(one: pl.Series, other: pl.Series) -> NDArray[np.bool_]:
    """Whether two of 18 places are one slip apart."""
    held = ((one.str.len_bytes() == 18) & (other.str.len_bytes() == 18)).fill_null(False).to_numpy()
    found = np.zeros(len(one), dtype=bool)
    rows = np.flatnonzero(held)
    if not len(rows):
        return found
    left, right = (np.array(side.gather(rows).to_list(), dtype="S18").view(np.uint8).reshape(-1, 18) for side in (one, other))
    differs = left != right
    count = differs.sum(axis=1)
    first = differs.argmax(axis=1)
    at, after, every = first, np.minimum(first + 1, 17), np.arange(len(rows))
    exchanged = (count == 2) & (left[every, at] == right[every, after]) & (left[every, after] == right[every, at])
    lost = np.logical_or(*((side[:, _KEPT_OF_LOST:] == ord("0")).all(axis=1) for side in (left, right)))
    found[rows] = (count <= 1) | exchanged | (lost & ~differs[:, :_KEPT_OF_LOST].any(axis=1))
    return found


def pairs(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Rows of one name whose numbers are a slip apart, of which one was not taken (错号配对).

    Args:
        left: id, name, number, hint; each may be missing but the id.
        right: right_id, name, number, hint.

    Returns:
        left_id, right_id; may repeat.
    """
    found = []
    for own, other in (("hint", "number"), ("number", "hint")):
        asked = left.filter(pl.col(own).is_not_null() & pl.col("name").is_not_null()).select("id", "name", pl.col(own).alias("own"))
        known = right.filter(pl.col(other).is_not_null()).select("right_id", "name", pl.col(other).alias("other"))
        both = asked.join(known, on="name")
        found.append(
            both.filter(pl.Series(near(both["own"], both["other"]), dtype=pl.Boolean)).select(pl.col("id").alias("left_id"), "right_id")
        )
    return pl.concat(found)
