"""All about one row (档案): what it says, what belongs to it, and how it came to be so; today or as it was known on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jiadi.register.schema import TABLES
from jiadi.server.refusals import refuse
from jiadi.server.register import models, queries
from jiadi.server.register.queries import Moment
from jiadi.server.register.queries.finding import MODELS
from jiadi.server.register.typed import EDITED
from jiadi.server.register.views.editing import own_last
from jiadi.server.register.views.lists import PLURAL, right_of
from jiadi.server.register.views.shown import Reader, day_of
from jiadi.server.words import language

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

OPENED = {"house", "parcel", "household", "person", "zone"}
"""Tables whose rows have a page."""


def house_described(request: Request, house_id: UUID) -> dict[str, Any]:
    """What the file of a house says (房屋档案内容).

    Raises:
        Refused: `not_found`.
    """
    access = request.access
    scope, as_of, reader = access.scope(), day_of(request.GET.get("as_of", "")), Reader(access)
    file = queries.house_file(scope, house_id, as_of)
    told = _told(reader, "house", file.house, queries.trace(scope, models.House, house_id), as_of)
    if file.house is None:
        return told
    parts = {
        "parcel": [file.parcel] if file.parcel else [],
        "household": [file.household] if file.household else [],
        "person": file.persons,
        "member": file.members,
        "aid": file.aid,
        "account": file.accounts,
        "right": file.rights,
        "holder": file.holders,
        "approval": file.approvals,
        "zone": queries.zones_beside(scope, file.house.geometry, as_of),
    }
    things = [file.house, file.parcel] if file.parcel else [file.house]
    return told | {
        "sections": _sections(reader, parts, as_of),
        "links": file.links,
        "sources": file.sources,
        "interests": [one for thing in things for one in queries.interests_in(scope, thing.id, as_of)],
        **_around(scope, house_id, as_of),
    }


@require_GET
def row(request: Request, table: str, row: UUID) -> HttpResponse:
    """A parcel, a household, a person or a zone."""
    right = right_of(table)
    if not request.access.may(right):
        raise refuse("no_right")
    scope, as_of, reader = request.access.scope(right), day_of(request.GET.get("as_of", "")), Reader(request.access)
    found = queries.known(MODELS[table], scope, as_of).filter(id=row).first()
    told = _told(reader, table, found, queries.trace(scope, MODELS[table], row), as_of)
    if found is not None:
        told |= {"sections": _sections(reader, queries.belonging(table, scope, found, as_of), as_of), **_around(scope, row, as_of)}
        told["interests"] = queries.interests_in(scope, row, as_of) if table == "parcel" else []
    return render(request, "register/row.html", told)


def _told(reader: Reader, table: str, row: Any, traces: list[queries.Trace], as_of: Moment) -> dict[str, Any]:
    """Of a row that is gone its trace."""
    if row is None and not traces:
        raise refuse("not_found")
    last = row if row is not None else traces[0].row
    return {
        "table": table,
        "list": PLURAL[table],
        "row": row,
        "title": reader.title(table, last),
        "division": last.division,
        "cells": reader.cells(table, row) if row is not None else [],
        "gone": row is None and traces[0].known_to is not None,
        "as_of": as_of,
        "history": reader.changes(table, traces),
        "reveals": as_of is None and reader.may_reveal(table, row),
        "erases": as_of is None and table == "person" and reader.may_reveal(table, row, "edit"),
        "edits": table in EDITED and as_of is None and last.division in reader.access.scope("edit"),
        "own": own_last(reader.access, traces) if table in EDITED else None,
    }


def _sections(reader: Reader, parts: Mapping[str, Iterable[Any]], as_of: Moment) -> list[dict[str, Any]]:
    """What belongs to a row, table by table; those that have a page lead there, and to their numbers where the reader may see them."""
    told = []
    for table, rows in parts.items():
        reader.open(table, rows := list(rows))
        shown = [(row, reader.title(table, row), reader.cells(table, row), as_of is None and reader.may_reveal(table, row)) for row in rows]
        if shown:
            heading = TABLES[table].zh if language() == "zh" else table
            told.append({"table": table, "heading": heading, "open": table in OPENED, "rows": shown})
    return told


def _around(scope: Any, row_id: UUID, as_of: Moment) -> dict[str, Any]:
    return {
        "came_from": queries.came_from(scope, row_id, as_of),
        "became": queries.became(scope, row_id, as_of),
        "media": queries.media_of(scope, row_id, as_of),
    }
