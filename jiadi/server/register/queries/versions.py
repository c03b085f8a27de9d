"""Which version of a row stands, and what another one said (行的版本)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jiadi.server.database.scope import Scope
from jiadi.server.register import frames
from jiadi.server.register.queries.lists import VERSIONS


def version_of(table: str, row_id: UUID) -> int:
    """Number of the version that stands (现行版本号); 0 for a row that is not there. Row-level security says whose."""
    found = VERSIONS[frames.STORED[table]].objects.filter(id=row_id, known_to=None).order_by("-version")
    return int(found.values_list("version", flat=True).first() or 0)


def version(table: str, row_id: UUID, number: int) -> Any:
    """One version of a row by its number (取一版); None where there is none."""
    return VERSIONS[frames.STORED[table]].objects.filter(id=row_id, version=number).first()


def versions_ended_by(model: type[Any], scope: Scope, act: UUID) -> list[Any]:
    """Versions that an act ended, of rows in a scope (某次操作终止的版本)."""
    return list(VERSIONS[model].objects.filter(scope.where(), ended_by=act).exclude(act=act).order_by("version"))
