"""Keys of rows: UUIDs of version 7, which sort by the time at which they were made (主键)."""

from __future__ import annotations

import secrets
import time
import uuid

import numpy as np
from uuid6 import uuid7

__all__ = ["many", "new"]


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
    moment = time.time_ns() // 1_000_000
    first = secrets.randbelow(1 << 25)
    noise = np.frombuffer(secrets.token_bytes(6 * count), dtype=np.uint8).reshape(count, 6)
    tails = [int.from_bytes(row.tobytes(), "big") for row in noise]
    made = []
    for number, tail in enumerate(tails, first):
        high, low = number >> 14 & 0xFFF, number & 0x3FFF
        made.append(uuid.UUID(int=(moment + (number >> 26) << 80) | 7 << 76 | high << 64 | 2 << 62 | low << 48 | tail))
    return made
