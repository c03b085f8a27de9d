"""What an act changed (操作的变更): rows before and after, table by table, from the versions that the database keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.models import Act
from jiadi.server.register.models import KEPT
from jiadi.server.register.queries import VERSIONS

PAGE: Final = 50
MOST: Final = 10_000
"""Versions that are counted: an import has more, and nobody waits for the exact figure."""
MODELS: Final[dict[str, type[Any]]] = {str(model._meta.model_name): model for model in KEPT}


@dataclass(frozen=True, slots=True)
class Changed:
    """One row that an act changed (一行的变更).

    Args:
        id: of the row.
        before, after: versions; None where the act made it, or took it away.
    """

    id: UUID
    before: Any
    after: Any


def _versions(access: Access, act: Act, table: str) -> QuerySet[Any, Any]:
    """Versions that an act made or ended, where whoever asks audits."""
    held: QuerySet[Any, Any] = VERSIONS[MODELS[table]].objects.filter(access.scope("audit").where(), Q(act=act.id) | Q(ended_by=act.id))
    return held


def counts(access: Access, act: Act) -> dict[str, int]:
    """How many versions an act made or ended, by table (变更数量): MOST stands for that many or more."""
    if not access.may("audit"):
        return {}
    counted = {table: _versions(access, act, table)[:MOST].count() for table in MODELS}
    return {table: many for table, many in counted.items() if many}


def changed(access: Access, act: Act, table: str, after: UUID | None = None) -> tuple[list[Changed], UUID | None]:
    """A page of the rows that an act changed (变更的行), by their ids.

    Args:
        access: of whoever audits.
        act: of `cases.queries.audited`.
        table: of MODELS.
        after: last id of the page before; None for the first page.

    Returns:
        The rows, and the id behind which the next page begins; None where there is none.
    """
    found = _versions(access, act, table)
    ids = list((found.filter(id__gt=after) if after else found).order_by("id").values_list("id", flat=True).distinct()[: PAGE + 1])
    told = {row_id: Changed(row_id, None, None) for row_id in ids[:PAGE]}
    for one in found.filter(id__in=list(told)).order_by("version"):
        was = told[one.id]
        if one.act != act.id:
            told[one.id] = Changed(one.id, one, was.after)
        elif one.ended_by != act.id:
            told[one.id] = Changed(one.id, was.before, one)
    return list(told.values()), ids[PAGE - 1] if len(ids) > PAGE else None
