"""The addresses of the interface (接口地址)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from ninja import NinjaAPI, Query
from ninja.errors import HttpError, ValidationError

from jiadi.errors import Refusal
from jiadi.server.api import describing, imports, jobs, schemas
from jiadi.server.api.asking import After, AfterNumber, Division, Limit, answers, one, page, v1, within
from jiadi.server.api.permits import Token
from jiadi.server.api.schemas import Page
from jiadi.server.policy import queries
from jiadi.server.refusals import answer, refuse
from jiadi.server.register.models import House, Parcel
from jiadi.server.register.queries import known

api = NinjaAPI(title="Jiadi", version="1", openapi_url=None, docs_url=None, urls_namespace="api")
ELSEWHERE = (imports, jobs)
"""Modules with further addresses of the same router."""


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


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, wrong: Exception) -> HttpResponse:
    """A body that is no JSON."""
    return answer(request, refuse("bad_request"))


def rows(request: Any, model: Any, division: str, limit: int, after: UUID | None) -> dict[str, Any]:
    """Rows of a table by page."""
    found = known(model, within(request, division)).order_by("id")
    return page(found.filter(id__gt=after) if after else found, limit)


@v1.get("/houses", auth=Token("read_houses"), **answers({200: Page[schemas.House]}, "division_code"))
def houses(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Houses of the register."""
    return rows(request, House, division, limit, after)


@v1.get("/houses/{house}", auth=Token("read_houses"), **answers({200: schemas.House}, "not_found"))
def house(request: HttpRequest, house: UUID) -> Any:
    """One house."""
    return one(known(House, within(request, "")), house)


@v1.get("/parcels", auth=Token("read_houses"), **answers({200: Page[schemas.Parcel]}, "division_code"))
def parcels(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Parcels of the register."""
    return rows(request, Parcel, division, limit, after)


@v1.get("/parcels/{parcel}", auth=Token("read_houses"), **answers({200: schemas.Parcel}, "not_found"))
def parcel(request: HttpRequest, parcel: UUID) -> Any:
    """One parcel."""
    return one(known(Parcel, within(request, "")), parcel)


@v1.get("/runs", auth=Token("read_runs"), **answers({200: Page[schemas.Run]}, "division_code"))
def runs(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Runs, the newest first."""
    found = queries.runs(within(request, division))
    return page(found.filter(id__lt=after) if after else found, limit)


@v1.get("/runs/{run}", auth=Token("read_runs"), **answers({200: schemas.Run}, "not_found"))
def run(request: HttpRequest, run: UUID) -> Any:
    """One run."""
    return one(queries.runs(within(request, "")), run)


@v1.get("/runs/{run}/verdicts", auth=Token("read_runs"), **answers({200: Page[schemas.Verdict]}, "not_found", "division_code"))
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


@v1.get("/houses/{house}/verdict", auth=Token("read_runs"), **answers({200: schemas.Verdict}, "not_found"))
def verdict(request: HttpRequest, house: UUID) -> Any:
    """The verdict that stands of a house."""
    return queries.verdict_on(within(request, ""), house)


api.add_router("/v1", v1)


@require_GET
def description(request: HttpRequest) -> HttpResponse:
    """What may be asked and what is answered, as OpenAPI 3.1 (接口说明)."""
    return JsonResponse(describing.described(api))
