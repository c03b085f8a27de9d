"""Columns of shapes worked on piece by piece (分块处理): a county's rings are never all in memory, and both cores are busy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

THREADS = 2
"""Threads at work at once: Shapely's and our compiled loops hold no lock."""
PIECE = 50_000
"""Rows of a piece."""

Result = TypeVar("Result")


def pieces(work: Callable[..., Result], *columns: Any) -> list[Result]:
    """Do work on pieces of columns, several at once (分块并行).

    Args:
        work: takes a piece of each column; what it says of a row must not depend on other rows.
        columns: of equal length: arrays, or anything else that a slice can be taken of.

    Returns:
        What it gave for each piece, in order; one piece where there are few rows or none.

    >>> pieces(len, np.zeros(0)), pieces(len, np.zeros(PIECE + 1))
    ([0], [50000, 1])
    """
    starts = range(0, max(len(columns[0]), 1), PIECE)
    cuts = [[column[start : start + PIECE] for column in columns] for start in starts]
    if len(cuts) == 1:
        return [work(*cuts[0])]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda cut: work(*cut), cuts))


def piecewise(work: Callable[..., npt.NDArray[Any]], *columns: Any) -> npt.NDArray[Any]:
    """Rows of an array, each from its row of the columns (逐行结果).

    Args:
        work: as for `pieces`; as many rows as it is given.
        columns: as for `pieces`.

    >>> piecewise(lambda one, other: one + other, np.arange(3), np.arange(3)).tolist()
    [0, 2, 4]
    """
    found = pieces(work, *columns)
    return found[0] if len(found) == 1 else np.concatenate(found)


@cache
def _trim() -> Callable[[int], int] | None:
    """glibc's way to give memory back; None where the system has another library."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found


def let_go() -> None:
    """Give memory that is free back to the system (归还内存).

    A county's shapes are millions of small objects; once they are gone their holes stay with the process, and it would
    hold three times what it uses.

    >>> let_go()
    """
    if (trim := _trim()) is not None:
        trim(0)
