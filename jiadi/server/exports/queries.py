"""Exports of whoever asks, and whose rows may be in them (导出查询)."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from jiadi.register.schema import TABLES
from jiadi.server.accounts.queries import Access
from jiadi.server.database.scope import Scope
from jiadi.server.exports.models import Export
from jiadi.server.refusals import refuse
from jiadi.server.register import frames, queries

RIGHT, PERSONS, REVEAL = "export", "see_persons", "reveal"
LISTED = {"verdict": "house"}
"""Kinds of export that list the rows of another table."""


def exports(access: Access) -> QuerySet[Export]:
    """What one asked for, the newest first (本人导出); nobody sees another's."""
    if access.user is None:
        return Export.objects.none()
    return Export.objects.filter(access.scope(RIGHT).where(), by=access.user).order_by("-id")


def one(access: Access, export_id: UUID) -> Export:
    """One of them.

    Raises:
        Refused: `not_found`, also where it is another's.
    """
    found = exports(access).filter(pk=export_id).first()
    if found is None:
        raise refuse("not_found")
    return found


def reach(access: Access, table: str, clear: bool) -> Scope:
    """Whose rows one may take away as a file (可导出范围).

    Args:
        access: of who asks; `table`: of models.TABLES; `clear`: with persons' numbers unmasked.
    """
    held = access.scope(RIGHT).within(access.scope(PERSONS if table == "person" else "see"))
    return held.within(access.scope(REVEAL)) if clear else held


def sealed(table: str) -> bool:
    """Whether a list has persons' numbers that could be told in clear (有无证件号码)."""
    return bool(frames.sealed(LISTED.get(table, table)))


def scope_of(held: Export) -> Scope:
    """Whose rows an export has (导出数据范围).

    >>> scope_of(Export(ranges="{[330802000000,330803000000)}")).ranges
    ((330802000000, 330803000000),)
    """
    return Scope(tuple((int(low), int(high)) for low, high in re.findall(r"\[(\d+),(\d+)\)", held.ranges)))


def called(held: Export) -> str:
    """What the list of an export is called (清单名称)."""
    return "判定结论" if held.table == "verdict" else TABLES[held.table].zh


def total(held: Export) -> int | None:
    """How many rows it will have (预计行数); None where that would have to be counted first."""
    if held.q or held.as_of or (held.verdict and held.table != "house"):
        return None
    return queries.count(scope_of(held), f"verdict {held.verdict}" if held.verdict else LISTED.get(held.table, held.table))


def folder() -> Path:
    """Where files wait to be fetched (导出目录): beside the media, not among them, since no backup keeps what ends in a few days."""
    return Path(settings.EXPORTS_ROOT)


def file(held: Export) -> Path:
    """The file of an export (导出文件)."""
    return folder() / str(held.pk) / held.name
