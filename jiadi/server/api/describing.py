"""The description of the interface (接口说明): what ninja knows of it, and of each address what it refuses, from the one table."""

from __future__ import annotations

from typing import Any, Final

from ninja import NinjaAPI

from jiadi.server.accounts.tokens import SIGN
from jiadi.server.api.asking import REFUSALS
from jiadi.server.refusals import table

PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
WAITING: Final = frozenset({429, 409})
"""Statuses that say when to try again, where waiting helps."""


def described(api: NinjaAPI) -> dict[str, Any]:
    """The whole description, as OpenAPI 3.1 (全部说明)."""
    held: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/")
    for path in held["paths"].values():
        for method, asked in path.items():
            codes = asked.pop(REFUSALS, [])
            asked["responses"] |= refused(codes)
            # A token, or the session of a browser.
            asked["security"] = [{"token": []}, {"session": []}]
            asked["operationId"] = f"{method}_{asked['operationId'].rpartition('_')[2]}"
    held["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": f"{SIGN}…"},
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }
    return held


def refused(codes: list[str]) -> dict[int, Any]:
    """What an address refuses, by status, each with its codes and what they mean (拒绝的应答)."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(table()[code]["status"], []).append(code)
    return {status: _response(status, held) for status, held in sorted(by_status.items())}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    words = "\n".join(f"- `{code}`: {table()[code]['en']}" for code in codes)
    schema = {"allOf": [PROBLEM, {"properties": {"code": {"enum": codes}}}]}
    made: dict[str, Any] = {"description": words, "content": {"application/problem+json": {"schema": schema}}}
    if status in WAITING:
        made["headers"] = {"Retry-After": {"description": "seconds, where waiting helps", "schema": {"type": "integer"}}}
    return made
