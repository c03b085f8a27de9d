"""Lists by page, search, and divisions with their counts (清单、查找、区划)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from jiadi.codes.division import prefix
from jiadi.policy.labels import label, sections
from jiadi.server.accounts.gate import allowed
from jiadi.server.database.scope import DIGITS, LEVELS, Scope, span
from jiadi.server.refusals import refuse
from jiadi.server.register import queries
from jiadi.server.register.queries.finding import SHOWN
from jiadi.server.register.views.shown import Reader, day_of
from jiadi.server.words import language, place

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

PERSONS = "see_persons"
TALLIED = ("house", "parcel", "household", "person")
PLURAL = {"house": "houses", "parcel": "parcels", "household": "households", "person": "persons", "zone": "zones"}
"""Tables and the names of the addresses of their lists."""


def right_of(table: str) -> str:
    """The right that shows the rows of a table (查看权限)."""
    return PERSONS if table == "person" else "see"


def scope_of(request: Request, right: str = "see") -> tuple[Scope, str]:
    """Whose rows are asked for (请求范围): those of the user, within the division of the address.

    Raises:
        Refused: `no_right`, `not_found`: no division.
    """
    if not request.access.may(right):
        raise refuse("no_right")
    code = request.GET.get("division", "")
    try:
        return request.access.scope(right).within(Scope.of([code])) if code else request.access.scope(right), code
    except ValueError:
        raise refuse("not_found") from None


def page_of(request: Request, rows: Any, first: str) -> queries.Page:
    """The page that is asked for (取请求页).

    Raises:
        Refused: `not_found`: no position.
    """
    try:
        return queries.page(rows, first, request.GET.get("after", ""), request.GET.get("before", ""))
    except ValueError:
        raise refuse("not_found") from None


def described(request: Request, table: str, held: queries.Page, rows: Any, code: str, count: int | None) -> dict[str, Any]:
    """What the page of a list says (清单页内容). `rows` in the order of `held`."""
    kept = {name: text for name in ("q", "division", "verdict", "as_of") if (text := request.GET.get(name, "")[:64])}
    return {
        **Reader(request.access).listing(table, SHOWN[table], rows),
        "page": held,
        "count": count,
        "kept": kept,
        "q": kept.get("q", ""),
        "code": code,
        "name": f"nav.{PLURAL[table]}",
        "exported": table != "zone" and request.access.may("export"),
        "now": {name: text for name, text in kept.items() if name != "as_of"},
        "as_of": day_of(kept.get("as_of", "")),
        "moved": bool(request.GET.get("after") or request.GET.get("before")),
    }


@require_GET
def rows(request: Request, table: str) -> HttpResponse:
    """Rows of a table by page."""
    scope, code = scope_of(request, right_of(table))
    text = request.GET.get("q", "")
    as_of = day_of(request.GET.get("as_of", ""))
    found = queries.listed(table, scope, as_of)
    if text:
        found = queries.chosen(found, table, text, request.access.scope(PERSONS))
    held = page_of(request, found, "said" if text else "division")
    count = None if text or table == "zone" or as_of else queries.count(scope, table)
    return render(request, "register/list.html", described(request, table, held, held.rows, code, count))


@allowed("see")
@require_GET
def search(request: Request) -> HttpResponse:
    """Everything that a text may be."""
    scope, code = scope_of(request)
    text, access = request.GET.get("q", ""), request.access
    villages = Scope.of(f"{division:012}" for _, division in access.held if division % 1000)
    found = queries.search(scope, access.scope(PERSONS).within(scope), text, villages or None)
    reader = Reader(access)
    order = [table for table in PLURAL if table in found.rows]
    context = {
        "q": text[:64],
        "code": code,
        "tables": [(reader.listing(table, SHOWN[table], found.rows[table]), table in found.more, PLURAL[table]) for table in order],
        "places": [(f"{one.code:012}", place(one.code)) for one in found.places],
    }
    return render(request, "register/search.html", context)


@allowed("see")
@require_GET
def divisions(request: Request) -> HttpResponse:
    """A division and those below it, with what each has; at first those of the user's own grants."""
    scope, code = scope_of(request)
    verdicts = list(sections()["verdict"])
    if code:
        low, high = span(code)
        digits = next((level for level in (*LEVELS, DIGITS) if 10 ** (DIGITS - level) < high - low), DIGITS)
        counted = queries.counts(scope, 10 ** (DIGITS - digits))
        below = {one.code: one for one in queries.divisions_of(scope, low)}
        rows = [(division, counted.get(division, {})) for division in sorted(counted.keys() | below.keys())]
    else:
        own = sorted({division for _, division in request.access.held if division in scope})
        rows = [(division, _all(scope.within(Scope.of([f"{division:012}"])))) for division in own]
    context = {
        "code": code,
        "rows": [_row(division, told, verdicts, bool(code)) for division, told in rows],
        "kinds": [PLURAL[kind] for kind in TALLIED],
        "verdicts": [label(word, language()) for word in verdicts],
        "here": place(span(code)[0]) if code else "",
    }
    return render(request, "register/divisions.html", context)


def _all(scope: Scope) -> dict[str, int]:
    told: dict[str, int] = {}
    for held in queries.counts(scope, 1).values():
        for what, many in held.items():
            told[what] = told.get(what, 0) + many
    return told


def _row(division: int, told: dict[str, int], verdicts: list[str], below: bool) -> dict[str, Any]:
    code = prefix(f"{division:012}")
    return {
        "division": division,
        "code": code,
        "open": len(code) < DIGITS,
        "counts": [(PLURAL[kind], told.get(kind, 0)) for kind in TALLIED],
        "verdicts": [(word, told.get(f"verdict {word}", 0)) for word in verdicts],
        "below": below,
    }


@allowed("see")
@require_GET
def plate(request: Request, plate: str) -> HttpResponse:
    """Where the code of a plate leads: to the file of its house."""
    try:
        found = queries.listed("house", request.access.scope()).filter(pk=UUID(plate)).first()
    except ValueError:
        found = None
    if found is None:
        raise refuse("not_found")
    return redirect("house", found.pk)
