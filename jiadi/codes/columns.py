"""Columns of fixed-width codes as bytes (定长代码列).

A code list of a million rows is checked as a matrix of bytes, not row by row.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
from numpy.typing import NDArray

ZERO = ord("0")
_CLEAN = r"^[0-9A-Z]*$"
_SPACES = r"[\s\u{200B}\u{FEFF}]"


def compact(text: str) -> str:
    """A code as it should have been written: half-width, upper case, no spaces or line breaks (代码归一).

    Args:
        text: what stood in the cell.

    Returns:
        The same code; nothing is judged here.

    >>> compact(" ３３０８０２００１００１jc00012\\n")
    '330802001001JC00012'
    """
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if not letter.isspace() and letter not in "\u200b\ufeff").upper()


def compact_column(codes: pl.Series) -> pl.Series:
    """`compact` for a column (代码列归一).

    Args:
        codes: text; null is missing.

    Returns:
        Text of the same length, null where null.

    >>> compact_column(pl.Series([" 33a", None])).to_list()
    ['33A', None]
    """
    odd = (~codes.str.contains(_CLEAN)).fill_null(False)
    if not odd.any():
        return codes
    # Few cells are odd, so only those are mended, by the same function as a single one.
    mended = [compact(text) for text in codes.filter(odd).to_list()]
    # `scatter` writes into its own column, and the caller's is not ours to change.
    return codes.clone().scatter(odd.arg_true(), pl.Series(mended, dtype=pl.String))


def of_width(codes: pl.Series, width: int) -> NDArray[np.bool_]:
    """Which cells hold exactly `width` bytes (长度相符); a missing cell does not.

    >>> of_width(pl.Series(["12", "1", None, "路"]), 2).tolist()
    [True, False, False, False]
    """
    return (codes.str.len_bytes() == width).fill_null(False).to_numpy()


def matrix(codes: pl.Series, width: int) -> NDArray[np.uint8]:
    """Codes of one width as a matrix of bytes (代码字节矩阵).

    Args:
        codes: text of exactly `width` bytes each, none missing (see `of_width`).
        width: bytes of a code.

    Returns:
        uint8, shape (rows, width).

    >>> matrix(pl.Series(["12", "3X"]), 2).tolist()
    [[49, 50], [51, 88]]
    """
    joined = codes.str.join("").item() if len(codes) else ""
    return np.frombuffer((joined or "").encode(), dtype=np.uint8).reshape(len(codes), width)


def only_digits(block: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which rows of a byte matrix are digits alone (全为数字).

    >>> only_digits(matrix(pl.Series(["12", "3X"]), 2)).tolist()
    [True, False]
    """
    # Bytes below "0" wrap around to large numbers, so one comparison does.
    digits: NDArray[np.bool_] = np.less(block - np.uint8(ZERO), 10)
    answer: NDArray[np.bool_] = np.logical_and.reduce(digits, axis=1)
    return answer


def number(block: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Digit rows read as whole numbers, up to nine digits (数字读数).

    >>> number(matrix(pl.Series(["1976", "0315"]), 4)).tolist()
    [1976, 315]
    """
    answer = np.zeros(len(block), dtype=np.int32)
    for place in range(block.shape[1]):
        answer = answer * 10 + (block[:, place].astype(np.int32) - ZERO)
    return answer


def label(rows: int, marks: list[tuple[NDArray[np.bool_], str]], missing: pl.Series) -> pl.Series:
    """Problem codes by row, the first mark that holds wins (问题代码列).

    Args:
        rows: length of the column.
        marks: mask and problem code, in order.
        missing: which cells are missing; they get no problem.

    Returns:
        Text, null where nothing is wrong.

    >>> label(2, [(np.array([True, False]), "bad")], pl.Series([False, False])).to_list()
    ['bad', None]
    """
    numbers = np.zeros(rows, dtype=np.uint32)
    for place, (mask, _) in reversed(list(enumerate(marks, start=1))):
        numbers[mask] = place
    numbers[missing.to_numpy()] = 0
    words = pl.Series("code", [None, *(code for _, code in marks)], dtype=pl.String)
    return words.gather(numbers)
