"""Keys of rows: UUIDs of version 7, which sort by the time at which they were made (主键)."""

from __future__ import annotations

import secrets
import time
import uuid

import numpy as np
import polars as pl
from numpy.typing import NDArray
from uuid6 import uuid7

__all__ = ["column", "many", "new"]


def new() -> uuid.UUID:
    """A new key (新主键).

    >>> new().version
    7
    """
    return uuid.UUID(int=uuid7().int)


def many(count: int) -> list[uuid.UUID]:
    """Keys for a bulk load, in ascending order (批量主键).

    All bear one millisecond; a counter that begins at random keeps them in order, and 48 random bits apart from others'.

    >>> made = many(3)
    >>> made == sorted(made), len({*made}), made[0].version
    (True, 3, 7)
    """
    return [uuid.UUID(bytes=row.tobytes()) for row in _bytes(count)]


def column(count: int) -> pl.Series:
    """Keys for a bulk load as a column (主键列): String of 32 hex digits, in ascending order.

    >>> made = column(3)
    >>> made.is_sorted(), uuid.UUID(made[0]).version, made.n_unique()
    (True, 7, 3)
    """
    digits = _bytes(count).tobytes().hex()
    return pl.Series("id", [digits[at : at + 32] for at in range(0, len(digits), 32)], dtype=pl.String)


def _bytes(count: int) -> NDArray[np.uint8]:
    moment = time.time_ns() // 1_000_000
    number = np.arange(count, dtype=np.uint64) + np.uint64(secrets.randbelow(1 << 25))
    head = (
        (np.uint64(moment) + (number >> np.uint64(26))) << np.uint64(16) | np.uint64(7 << 12) | number >> np.uint64(14) & np.uint64(0xFFF)
    )
    tail = np.uint64(2 << 14) | number & np.uint64(0x3FFF)
    made = np.empty((count, 16), dtype=np.uint8)
    made[:, :8] = head.astype(">u8").view(np.uint8).reshape(count, 8)
    made[:, 8:10] = tail.astype(">u2").view(np.uint8).reshape(count, 2)
    made[:, 10:] = np.frombuffer(secrets.token_bytes(6 * count), dtype=np.uint8).reshape(count, 6)
    return made
