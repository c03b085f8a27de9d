"""A list page by page (分页): by the last row that was shown, never by counting, so that the last page is as quick as the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Collate

from jiadi.server.database.scope import Scope
from jiadi.server.register.models import Tally

PAGE = 50
LAST = "\U0010ffff"
"""Behind every text that begins alike."""
SAID = "said"
"""Column by which a list is ordered that was searched by a text."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list (一页).

    Args:
        rows: in their order.
        before, after: what to ask for the page before and the one after; "" where there is none.
    """

    rows: tuple[Any, ...]
    before: str = ""
    after: str = ""


def beginning(rows: QuerySet[Any, Any], column: str, text: str) -> QuerySet[Any, Any]:
    """Rows in which a column begins with a text (前缀条件), which then stands in `said`; the text itself comes first in its order."""
    said: QuerySet[Any, Any] = rows.annotate(**{SAID: Collate(F(column), "C")})
    return said.filter(**{f"{SAID}__gte": text, f"{SAID}__lt": text + LAST})


def page(rows: QuerySet[Any, Any], first: str = "division", after: str = "", before: str = "", size: int = PAGE) -> Page:
    """A page of rows in the order of a column and their ids (取一页).

    Args:
        rows: without an order.
        first: `division`, or `said` after `beginning`; no null in it.
        after, before: of a page that was shown; "" for the first page.
        size: rows of a page.

    Raises:
        ValueError: the position is none.
    """
    back = bool(before)
    key = "id" if any(field.name == "id" for field in rows.model._meta.concrete_fields) else "pk"  # of a version its row's
    position = _position(before or after, first)
    found = _from(rows, (first, key), position, size + 1, back)
    shown, more = found[:size], len(found) > size
    if back:
        shown.reverse()
    ends = [f"{getattr(row, key).hex}{getattr(row, first)}" for row in (shown[0], shown[-1])] if shown else ["", ""]
    return Page(tuple(shown), ends[0] if (more if back else after) else "", ends[1] if back or more else "")


def _position(text: str, first: str) -> tuple[int | str, UUID] | None:
    if not text:
        return None
    return (int(text[32:]) if first == "division" else text[32:]), UUID(text[:32])


def _from(rows: QuerySet[Any, Any], order: tuple[str, str], position: tuple[int | str, UUID] | None, size: int, back: bool) -> list[Any]:
    """Two ranges of one index: the rest of the same value, then the next ones."""
    sign, beyond = ("-", "lt") if back else ("", "gt")
    first, key = order
    ordered = rows.order_by(f"{sign}{first}", f"{sign}{key}")
    if position is None:
        return list(ordered[:size])
    value, row_id = position
    near = list(ordered.filter(**{first: value, f"{key}__{beyond}": row_id})[:size])
    return near + list(ordered.filter(**{f"{first}__{beyond}": value})[: size - len(near)]) if len(near) < size else near


def count(scope: Scope, what: str) -> int:
    """How many rows a scope has (计数): `what` as in `Tally`."""
    return sum(Tally.objects.filter(scope.where(), what=what).values_list("count", flat=True))


def counts(scope: Scope, unit: int) -> dict[int, dict[str, int]]:
    """How many rows of each kind the divisions of a level have (分区划计数).

    Args:
        scope: whose divisions.
        unit: how many villages' codes one division of that level has: 1000 for townships, 1 for villages.

    Returns:
        Division → what → rows.
    """
    found: dict[int, dict[str, int]] = {}
    for division, what, rows in Tally.objects.filter(scope.where(), count__gt=0).values_list("division", "what", "count"):
        held = found.setdefault(division - division % unit, {})
        held[what] = held.get(what, 0) + rows
    return found
