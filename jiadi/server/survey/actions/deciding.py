"""What persons say of columns and of links (表头映射与关联复核), so that the next check goes by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from django.utils import timezone

from jiadi.register.schema import TABLES
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.refusals import refuse
from jiadi.server.survey.actions.moving import about, changed
from jiadi.server.survey.models import Decision, Import
from jiadi.survey import read as survey_read
from jiadi.survey.mapping import Mapped, Sheet, profile_text
from jiadi.survey.review.words import ANSWERS

Pair = tuple[str, str, str]
"""Kind, left id and right id of a link."""


def sheets_of(told: Sequence[Mapping[str, Any]]) -> list[Sheet]:
    """A mapping as it was kept (取映射)."""
    return [Sheet(**{**one, "headings": [Mapped(**row) for row in one["headings"]]}) for one in told]


def remap(access: Access, held: Import, sheets: Sequence[Sheet], chosen: Mapping[tuple[int, int], str]) -> None:
    """Say which heading is which column (确定映射): a profile, by which the next check reads.

    Args:
        access: of who says so; `held`: the import; `sheets`: as the last check took them.
        chosen: number of a sheet and of a heading in it → schema column; "" for none. What is not in it stays.

    Raises:
        Refused: `bad_request` where there is no such column, `mapping_twice`, `import_moved`.
    """
    told = [
        _chosen(sheet, {row: column for (number, row), column in chosen.items() if number == place}) for place, sheet in enumerate(sheets)
    ]
    changed(held)
    held.profile = profile_text(told, held.title)
    with acting(access, "map_columns", **about(held)) as doing:
        doing.detail["columns"] = len(chosen)
        held.save(update_fields=["profile"])


def _chosen(sheet: Sheet, columns: Mapping[int, str]) -> Sheet:
    known = {column.name for column in TABLES[sheet.table].columns}
    if not set(columns.values()) <= known | {""} or not set(columns) <= set(range(len(sheet.headings))):
        raise refuse("bad_request")
    rows = [replace(row, column=columns.get(place, row.column)) for place, row in enumerate(sheet.headings)]
    taken = [row.column for row in rows if row.column]
    if twice := {column for column in taken if taken.count(column) > 1}:
        raise refuse("mapping_twice", column=TABLES[sheet.table].column(min(twice)).zh, sheet=f"{sheet.file} {sheet.sheet}".strip())
    said = [replace(row, zh=TABLES[sheet.table].column(row.column).zh if row.column else "", confidence=1.0) for row in rows]
    return replace(sheet, headings=said, questions={name: asked for name, asked in sheet.questions.items() if name not in taken})


def decide(access: Access, held: Import, answers: Mapping[Pair, str], checks: Mapping[Pair, str], why: str) -> int:
    """Decide links on the page (页面复核).

    Args:
        access: of who decides; `held`: the import.
        answers: pair → `same`, `different` or `open`.
        checks: pair → check value of its rows, as they were shown.
        why: the reason, kept with each.

    Returns:
        How many decisions there are now on these pairs.

    Raises:
        Refused: `bad_request`, `import_moved`.
    """
    if not set(answers.values()) <= set(ANSWERS) or not set(answers) <= set(checks):
        raise refuse("bad_request")
    by = access.user.full_name if access.user else ""
    day = timezone.localdate().isoformat()
    rows = [(pair, answer, by, day, why, checks[pair]) for pair, answer in answers.items()]
    return _keep(access, held, rows)


def take_workbook(access: Access, held: Import, path: Path) -> int:
    """Take the decisions of a review workbook (收复核表), opened in a limited process as any file from outside.

    Returns:
        How many.

    Raises:
        Refused: `no_decisions`, `import_moved`.
    """
    found = survey_read.read([path]).decisions
    if found is None or found.is_empty():
        raise refuse("no_decisions")
    rows = found.with_columns(pl.col(pl.String).fill_null("")).iter_rows(named=True)
    return _keep(
        access,
        held,
        [((one["kind"], one["left_id"], one["right_id"]), one["answer"], one["by"], one["day"], one["why"], one["check"]) for one in rows],
    )


def _keep(access: Access, held: Import, rows: Sequence[tuple[Pair, str, str, str, str, str]]) -> int:
    changed(held)
    made = [
        Decision(
            of=held, division=held.division, kind=kind, left=left, right=right, answer=answer, by=by, day=day, why=why, check_value=check
        )
        for (kind, left, right), answer, by, day, why, check in rows
    ]
    with acting(access, "decide_links", **about(held)) as doing:
        doing.detail["pairs"] = len(made)
        Decision.objects.bulk_create(
            made,
            update_conflicts=True,
            unique_fields=["of", "kind", "left", "right"],
            update_fields=["answer", "by", "day", "why", "check_value"],
        )
    return len(made)
