"""Which divisions someone may see (数据范围): one value, one predicate, and the setting that row-level security reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import connections, transaction
from django.db.models import Q

DIGITS = 12
"""Digits of a division code that is stored as a number."""

LEVELS = (0, 2, 4, 6, 9)
"""Digits of the levels above the village."""

Range = tuple[int, int]


def span(code: str) -> Range:
    """The numbers of a division and all below it, half-open (区划区间).

    Args:
        code: 2 to 12 digits; trailing zeros count as "the whole of".

    >>> span("330802")
    (330802000000, 330803000000)
    >>> span("330802005202")
    (330802005202, 330802005203)
    >>> span("330000000000") == span("33")
    True
    >>> span("00")
    (0, 1000000000000)
    """
    if not (code.isascii() and code.isdigit() and 2 <= len(code) <= DIGITS):
        raise ValueError(f"{code!r} is no division code")
    whole = code.ljust(DIGITS, "0")
    for level in LEVELS:
        if not whole[level:].strip("0"):
            width: int = 10 ** (DIGITS - level)
            return int(whole), int(whole) + width
    return int(whole), int(whole) + 1


@dataclass(frozen=True, slots=True)
class Scope:
    """Divisions as ranges of their numbers, half-open, apart from each other and in order (数据范围).

    Nothing at all is a scope too: it sees no row.

    >>> scope = Scope.of(["330802", "330803"])
    >>> scope.ranges
    ((330802000000, 330804000000),)
    >>> 330802005202 in scope, 330881000000 in scope, 0 in Scope()
    (True, False, False)
    """

    ranges: tuple[Range, ...] = ()

    @classmethod
    def of(cls, codes: Iterable[str]) -> Scope:
        """The divisions of these codes and all below them."""
        return cls.joined(map(span, codes))

    @classmethod
    def joined(cls, ranges: Iterable[Range]) -> Scope:
        """Ranges that touch or overlap become one."""
        ordered: list[Range] = []
        for low, high in sorted(ranges):
            if ordered and low <= ordered[-1][1]:
                ordered[-1] = (ordered[-1][0], max(high, ordered[-1][1]))
            elif low < high:
                ordered.append((low, high))
        return cls(tuple(ordered))

    def __contains__(self, division: int) -> bool:
        return any(low <= division < high for low, high in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def covers(self, other: Scope) -> bool:
        """Whether all of the other lies within this one.

        >>> Scope.of(["3308"]).covers(Scope.of(["330802"])), Scope.of(["330802"]).covers(Scope.of(["3308"]))
        (True, False)
        """
        return all(any(low <= first and last <= high for low, high in self.ranges) for first, last in other.ranges)

    def within(self, other: Scope) -> Scope:
        """What lies in both.

        >>> Scope.of(["3308"]).within(Scope.of(["330802", "3301"])).ranges
        ((330802000000, 330803000000),)
        """
        both = ((max(low, first), min(high, last)) for low, high in self.ranges for first, last in other.ranges)
        return Scope.joined((low, high) for low, high in both if low < high)

    def where(self, column: str = "division") -> Q:
        """The one predicate of every query (范围条件): an index on the column serves it; no scope matches no row.

        >>> print(Scope().where())
        (AND: ('division__in', []))
        """
        found = Q(**{f"{column}__in": []})
        for low, high in self.ranges:
            found |= Q(**{f"{column}__gte": low, f"{column}__lt": high})
        return found

    def reaching(self, column: str = "division") -> Q:
        """The predicate of what is about a whole division, and so about all within it (含上级的范围条件): zones, lists, coverage.

        >>> Scope.of(["330802"]).reaching().children[0]
        ('division__in', [0, 330000000000, 330800000000])
        """
        above = {low - low % 10 ** (DIGITS - level) for low, _ in self.ranges for level in LEVELS}
        return Q(**{f"{column}__in": sorted(above - {low for low, _ in self.ranges})}) | self.where(column)

    def literal(self) -> str:
        """As PostgreSQL writes an int8multirange.

        >>> Scope.of(["330802005202"]).literal()
        '{[330802005202,330802005203)}'
        """
        return "{" + ",".join(f"[{low},{high})" for low, high in self.ranges) + "}"


EVERYWHERE: Final = Scope.of(["00"])
"""All divisions: for the start, and for jobs that belong to nobody."""


def narrow(scope: Scope, using: str = "default") -> None:
    """Say in the open transaction whose rows it sees (设定事务的数据范围).

    The setting ends with the transaction, so that the next borrower of a pooled connection sees nothing.

    Raises:
        RuntimeError: no transaction is open.
    """
    opened = connections[using]
    if not opened.in_atomic_block:
        raise RuntimeError("a scope holds for one transaction, and none is open")
    with opened.cursor() as cursor:
        cursor.execute("SELECT set_config('jiadi.scope', %s, true)", [scope.literal()])


@contextmanager
def seeing(scope: Scope, using: str = "default") -> Iterator[None]:
    """A transaction that sees these divisions alone (限定范围的事务)."""
    with transaction.atomic(using=using):
        narrow(scope, using)
        yield
