"""What is known of imports (导入查询), cut to where whoever asks may import."""

from __future__ import annotations

from uuid import UUID

import polars as pl
from django.db.models import Count, F, QuerySet, Sum

from jiadi.server.accounts.queries import Access
from jiadi.server.refusals import refuse
from jiadi.server.survey import media
from jiadi.server.survey.models import Decision, File, Import

RIGHT = "import"
"""Who may import sees imports; accepting needs more."""


def imports(access: Access) -> QuerySet[Import]:
    """Imports that one sees, the newest first (导入一览)."""
    return Import.objects.filter(access.scope(RIGHT).where()).order_by("-id")


def one(access: Access, import_id: UUID) -> Import:
    """One import.

    Raises:
        Refused: `not_found`, also where it lies outside.
    """
    found = imports(access).select_related("created_by").filter(pk=import_id).first()
    if found is None:
        raise refuse("not_found")
    return found


def files(held: Import) -> list[File]:
    """Files of an import by name, those on their way as well (导入的文件)."""
    return list(File.objects.filter(of=held, division=held.division).order_by("name", "id"))


def whole(held: Import) -> QuerySet[File]:
    """Files that are here in full (已收齐的文件)."""
    return File.objects.filter(of=held, division=held.division, received=F("bytes")).exclude(sha256="").order_by("name")


def file(access: Access, import_id: UUID, file_id: UUID) -> File:
    """One file of an import.

    Raises:
        Refused: `not_found`.
    """
    found = File.objects.select_related("of").filter(of=one(access, import_id), pk=file_id).first()
    if found is None:
        raise refuse("not_found")
    return found


def edited(held: Import) -> set[str]:
    """Ids of rows that were edited by hand and that accepting would change (手工改过的行); none before the check."""
    path = media.result(held.tied) / "edited.parquet"
    return set(pl.read_parquet(path, columns=["id"])["id"]) if held.tied and path.is_file() else set()


def decisions(held: Import) -> QuerySet[Decision]:
    """What was decided of an import's links (复核决定)."""
    return Decision.objects.filter(of=held, division=held.division).order_by("kind", "left", "right")


def sizes(shown: list[Import]) -> dict[UUID, tuple[int, int]]:
    """Import → number of its files and their bytes (文件数与大小)."""
    rows = File.objects.filter(of__in=shown).values("of").annotate(count=Count("id"), total=Sum("bytes"))
    return {row["of"]: (row["count"], row["total"]) for row in rows}
