"""Links between lists as row numbers, so that facts are gathered by whole columns (按行号汇集)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.policy.grammar import Array
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked, frame_schema


def listed(delivery: Delivery, name: str) -> pl.DataFrame:
    """A list of the delivery sorted by id, with every column of the schema; no rows where it was not handed in (清单).

    >>> listed(Delivery(), "right").height
    0
    """
    schema = frame_schema(TABLES[name])
    frame = delivery.tables.get(name)
    if frame is None:
        return pl.DataFrame(schema=schema)
    absent = [pl.lit(None, dtype=kind).alias(column) for column, kind in schema.items() if column not in frame.columns]
    return frame.with_columns(absent).sort("id")


class Pairs:
    """The pairs of a linked delivery, by row number of both sides (关联行号).

    Args:
        linked: as `survey.link` gives it.
        ids: name of a table → ids in the order in which its rows are counted.
    """

    def __init__(self, linked: Linked, ids: dict[str, pl.Series]) -> None:
        self._pairs = linked.pairs
        self._rows = {name: pl.DataFrame({"id": held, "row": np.arange(len(held), dtype=np.int32)}) for name, held in ids.items()}

    def of(self, kind: str, state: str) -> pl.DataFrame:
        """Pairs of a kind and state.

        Args:
            kind: such as `right_parcel`: left a right, right a parcel.
            state: linked or doubtful.

        Returns:
            `left` and `right`: int32 row numbers, sorted.
        """
        left, right = kind.split("_")
        pairs = self._pairs.filter((pl.col("kind") == kind) & (pl.col("state") == state)).select("left_id", "right_id")
        by_left = pairs.join(self._rows[left].rename({"id": "left_id", "row": "left"}), on="left_id")
        both = by_left.join(self._rows[right].rename({"id": "right_id", "row": "right"}), on="right_id")
        return both.select("left", "right").unique().sort("left", "right")

    def one(self, kind: str, size: int) -> Array:
        """The right row that each left row is linked to: int32 [size], -1 for none; of several the first."""
        pairs = self.of(kind, "linked").unique("left", keep="first", maintain_order=True)
        found = np.full(size, -1, dtype=np.int32)
        found[pairs["left"].to_numpy()] = pairs["right"].to_numpy()
        return found


def taken(values: pl.Series, rows: Array) -> pl.Series:
    """Values of other rows; null where the row is -1 (取值)."""
    if not len(values):
        return pl.Series(values.name, [None], dtype=values.dtype).new_from_index(0, len(rows))
    return values.gather(pl.Series(rows).set(pl.Series(rows < 0), None))


def marked(rows: pl.Series | Array, size: int) -> Array:
    """Whether each of `size` rows is among some row numbers (是否在列): bool [size]."""
    found = np.zeros(size, dtype=bool)
    found[np.asarray(rows)] = True
    return found


def origin(frame: pl.DataFrame, rows: Array | None = None) -> tuple[Array, Array]:
    """Source and row of each row of a frame, or of other rows of it (来源): int32, -1 for none."""
    held = []
    for column in ("source_id", "source_row"):
        values = frame[column] if rows is None else taken(frame[column], rows)
        held.append(values.cast(pl.Int32).fill_null(-1).to_numpy())
    return held[0], held[1]
