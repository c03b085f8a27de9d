"""The addresses of the interface (接口地址)."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from ninja import NinjaAPI, Query, Router
from ninja.errors import ValidationError

from jiadi.errors import Refusal
from jiadi.server.api import schemas
from jiadi.server.api.permits import Token
from jiadi.server.api.schemas import Page, Problem
from jiadi.server.database.scope import Scope
from jiadi.server.policy import actions, queries
from jiadi.server.refusals import answer, refuse
from jiadi.server.register.models import House, Parcel
from jiadi.server.register.queries import known

MOST: Final = 500
REFUSED: Final = {frozenset({400, 401, 403, 404, 409, 422, 429}): Problem}

api = NinjaAPI(title="Jiadi", version="1", openapi_url=None, docs_url=None, urls_namespace="api")
v1 = Router(tags=["v1"])

Division = Annotated[str, Query("", pattern=r"^([0-9]{2,12})?$", description="code of a division; its rows and those of all below it")]
Limit = Annotated[int, Query(100, ge=1, le=MOST)]
After = Annotated[UUID | None, Query(None, description="`next` of the page before")]
AfterNumber = Annotated[int, Query(0, ge=0, le=2**63 - 1, description="`next` of the page before")]


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Exception) -> HttpResponse:
    assert isinstance(refusal, Refusal)
    return answer(request, refusal)


@api.exception_handler(ValidationError)
def _wrong(request: HttpRequest, wrong: Exception) -> HttpResponse:
    """What was asked is not what the description says; which part, is told, what was sent is not."""
    assert isinstance(wrong, ValidationError)
    parts = ", ".join(sorted({".".join(map(str, one["loc"])) for one in wrong.errors}))
    return answer(request, refuse("bad_parameter", parts=parts))


def within(request: Any, division: str) -> Scope:
    """Where whoever asks sees rows, cut to a division where one is named (接口数据范围).

    Raises:
        Refused: `no_right`, `division_code`.
    """
    scope: Scope = request.access.scope()
    if not scope:
        raise refuse("no_right")
    return scope.within(actions.place_of(division)) if division else scope


def page(found: QuerySet[Any], limit: int) -> dict[str, Any]:
    """One page of rows (一页)."""
    rows = list(found[: limit + 1])
    return {"items": rows[:limit], "next": str(rows[limit - 1].pk) if len(rows) > limit else None}


def one(found: QuerySet[Any], key: Any) -> Any:
    """One row by its id.

    Raises:
        Refused: `not_found`: it is not there, or out of reach.
    """
    row = found.filter(pk=key).first()
    if row is None:
        raise refuse("not_found")
    return row


def rows(request: Any, model: Any, division: str, limit: int, after: UUID | None) -> dict[str, Any]:
    """Rows of a table by page."""
    found = known(model, within(request, division)).order_by("id")
    return page(found.filter(id__gt=after) if after else found, limit)


@v1.get("/houses", auth=Token("read_houses"), response={200: Page[schemas.House], **REFUSED})
def houses(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Houses of the register."""
    return rows(request, House, division, limit, after)


@v1.get("/houses/{house}", auth=Token("read_houses"), response={200: schemas.House, **REFUSED})
def house(request: HttpRequest, house: UUID) -> Any:
    """One house."""
    return one(known(House, within(request, "")), house)


@v1.get("/parcels", auth=Token("read_houses"), response={200: Page[schemas.Parcel], **REFUSED})
def parcels(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Parcels of the register."""
    return rows(request, Parcel, division, limit, after)


@v1.get("/parcels/{parcel}", auth=Token("read_houses"), response={200: schemas.Parcel, **REFUSED})
def parcel(request: HttpRequest, parcel: UUID) -> Any:
    """One parcel."""
    return one(known(Parcel, within(request, "")), parcel)


@v1.get("/runs", auth=Token("read_runs"), response={200: Page[schemas.Run], **REFUSED})
def runs(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Runs, the newest first."""
    found = queries.runs(within(request, division))
    return page(found.filter(id__lt=after) if after else found, limit)


@v1.get("/runs/{run}", auth=Token("read_runs"), response={200: schemas.Run, **REFUSED})
def run(request: HttpRequest, run: UUID) -> Any:
    """One run."""
    return one(queries.runs(within(request, "")), run)


@v1.get("/runs/{run}/verdicts", auth=Token("read_runs"), response={200: Page[schemas.Verdict], **REFUSED})
def verdicts(
    request: HttpRequest,
    run: UUID,
    division: Division = "",
    verdict: Annotated[str, Query("", pattern="^[a-z_]{0,40}$")] = "",
    finding: Annotated[str, Query("", pattern="^[a-z_]{0,40}$")] = "",
    limit: Limit = 100,
    after: AfterNumber = 0,
) -> Any:
    """What a run says of each house."""
    found = queries.chosen(queries.verdicts(within(request, division), run), verdict, finding)
    return page(found.filter(id__gt=after), limit)


@v1.get("/houses/{house}/verdict", auth=Token("read_runs"), response={200: schemas.Verdict, **REFUSED})
def verdict(request: HttpRequest, house: UUID) -> Any:
    """The verdict that stands of a house."""
    return queries.verdict_on(within(request, ""), house)


api.add_router("/v1", v1)


@require_GET
def description(request: HttpRequest) -> HttpResponse:
    """What may be asked and what is answered, as OpenAPI 3.1 (接口说明)."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/"))
