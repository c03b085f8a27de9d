"""What can go wrong, in three kinds.

The user's data      → `Problem`, a value: a row of a table, never raised.
A refused act        → `Refusal`, an exception that says what to do instead.
Anything else        → a bug; it is not caught.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["refused", "unknown", "note"]
"""`refused`: the row was not taken. `unknown`: the cell was not taken. `note`: read, and remarked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark on one cell, row or file that a user handed in (问题).

    Args:
        file: path as the user gave it, relative to the delivery.
        sheet: sheet or layer; "" where a file has none.
        row: row as Excel shows it (header rows counted, from 1); for features their 1-based
            position in the layer; 0 where the remark is on the whole sheet or file.
        column: header as the file writes it; "" where the remark is on the row.
        code: key of `survey/problems.yaml`.
        level: see `Level`.
        value: what stood there, masked where it is a resident ID.
        detail: further words for the message, such as the other rows of a duplicate group.

    >>> Problem("户籍.csv", "", 7, "证件号码", "id_check_digit", "unknown", "330802********1234").level
    'unknown'
    """

    file: str
    sheet: str
    row: int
    column: str
    code: str
    level: Level
    value: str = ""
    detail: str = ""


class Refusal(Exception):
    """An act that is refused, in words that say what to do (拒绝).

    Args:
        code: stable English word for programs.
        why: what is wrong, one sentence.
        what_to_do: what the user can do about it, one sentence.
        law: citation, where a law is the reason; "" otherwise.

    >>> str(Refusal("no_such_file", "No file a.xlsx.", "Check the path."))
    'No file a.xlsx. Check the path.'
    """

    def __init__(self, code: str, why: str, what_to_do: str = "", law: str = "") -> None:
        super().__init__(" ".join(part for part in (why, what_to_do, law) if part))
        self.code = code
        self.why = why
        self.what_to_do = what_to_do
        self.law = law
