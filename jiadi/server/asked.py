"""What stands in an address or was typed, as what it means (请求参数): numbers, ids, divisions, and the page of a list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse

LONGEST = 18
"""Digits that a number of 64 bits holds for certain."""


def number(text: str, digits: int = LONGEST) -> int:
    """A whole number (数字); 0 for what is none.

    >>> number("12"), number("-1"), number("٣"), number("")
    (12, 0, 0, 0)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else 0


def identity(text: str) -> UUID | None:
    """An id (标识); None for nothing.

    Raises:
        Refused: `not_found`, for what is none: there is no such row.
    """
    try:
        return UUID(text) if text else None
    except ValueError:
        raise refuse("not_found") from None


def place(code: str) -> Scope:
    """The scope of a division's code (区划代码).

    Raises:
        Refused: `division_code`.

    >>> place("330802").ranges
    ((330802000000, 330803000000),)
    """
    try:
        return Scope.of([code])
    except ValueError:
        raise refuse("division_code", division=code[:20]) from None


def page(rows: QuerySet[Any], most: int) -> tuple[list[Any], Any]:
    """The first rows of what is left of a list (一页), and the last one of them where more follow; None where none do."""
    held = list(rows[: most + 1])
    return held[:most], held[most - 1] if len(held) > most else None
