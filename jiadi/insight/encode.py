"""Columns as compact bytes that the report page unpacks (数据压缩编码).

A block is: length of a JSON head (4 bytes, little endian), the head, then the columns' bytes one after
the other; the whole is deflated and written as base64. The head names each column's type and length, so
that `frontend/src/columns.ts` needs no schema of its own.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_LARGEST_EXACT = 2**53


class Block:
    """Columns being gathered into one block (数据块).

    >>> block = Block()
    >>> block.integers("storeys", pl.Series([3, None, 2]))
    >>> block.head["storeys"]["type"], block.head["storeys"]["length"]
    ('int', 3)
    """

    def __init__(self) -> None:
        self.head: dict[str, dict[str, Any]] = {}
        self._bytes: list[bytes] = []

    def integers(self, name: str, values: pl.Series) -> None:
        """A column of whole numbers, null where missing; as wide as its range needs."""
        numbers = values.cast(pl.Int64)
        low, high = numbers.min(), numbers.max()
        base = int(low) if isinstance(low, int) else 0
        span = int(high) - base + 1 if isinstance(high, int) else 0
        if abs(base) + span >= _LARGEST_EXACT:
            raise ValueError(f"{name} holds numbers beyond what a page can show exactly")
        # 0 stands for missing, so that no number of the range is lost to it.
        shifted = (numbers - base + 1).fill_null(0).to_numpy()
        width = next(width for width in (1, 2, 4, 8) if span < 256**width)
        kind = np.float64 if width == 8 else f"<u{width}"
        self._add(name, {"type": "int", "width": width, "base": base, "length": len(values)}, shuffled(shifted.astype(kind)))

    def words(self, name: str, values: pl.Series) -> None:
        """A column of few different words, null where missing; the words stand in the head."""
        known = values.drop_nulls().unique().sort().to_list()
        places = values.replace_strict(known, list(range(len(known))), default=None, return_dtype=pl.Int64)
        self.integers(name, places)
        self.head[name] |= {"type": "word", "words": known}

    def texts(self, name: str, values: pl.Series) -> None:
        """A column of texts; missing and empty are the same, line breaks become spaces."""
        lines = values.cast(pl.String).fill_null("").str.replace_all(r"[\r\n]+", " ")
        self._add(name, {"type": "text", "length": len(values)}, "\n".join(lines).encode())

    def deltas(self, name: str, values: NDArray[np.int32]) -> None:
        """A column of numbers that differ little from one to the next; differences wrap at 32 bits."""
        steps = np.diff(values.astype("<i4"), prepend=np.zeros(1, "<i4"))
        folded = ((steps << 1) ^ (steps >> 31)).astype("<u4")
        self._add(name, {"type": "delta", "length": len(values)}, shuffled(folded))

    def pairs(self, name: str, owners: int, owner: pl.Series, things: Mapping[str, pl.Series]) -> None:
        """Several things for each owner, sorted by owner: how many each has, then the things.

        Args:
            name: prefix of the columns `name.count` and `name.…`.
            owners: number of owners.
            owner: row number of the owner of each thing, ascending.
            things: name → row numbers of other columns.
        """
        counts = np.bincount(owner.to_numpy(), minlength=owners) if len(owner) else np.zeros(owners, np.int64)
        self.integers(f"{name}.count", pl.Series(counts))
        for thing, values in things.items():
            self.deltas(f"{name}.{thing}", values.fill_null(-1).cast(pl.Int32).to_numpy())

    def _add(self, name: str, described: dict[str, Any], data: bytes) -> None:
        self.head[name] = {**described, "bytes": len(data)}
        self._bytes.append(data)

    def packed(self, head: Mapping[str, Any]) -> str:
        """The block as base64 text; `head` is carried along with the columns'."""
        described = json.dumps({**head, "columns": self.head}, ensure_ascii=False, separators=(",", ":")).encode()
        raw = b"".join([len(described).to_bytes(4, "little"), described, *self._bytes])
        return base64.b64encode(zlib.compress(raw, 6)).decode("ascii")


def shuffled(values: NDArray[Any]) -> bytes:
    """Bytes of a column, all first bytes, then all second bytes …: like stands by like, which deflates better.

    >>> shuffled(np.array([1, 2], "<u2")).hex()
    '01020000'
    """
    flat = np.ascontiguousarray(values)
    return flat.view(np.uint8).reshape(-1, flat.itemsize).T.tobytes()
