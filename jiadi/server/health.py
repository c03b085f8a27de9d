"""Whether the server lives and can work (健康检查): for scripts, watchers and load balancers."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from jiadi.server.environment import value
from jiadi.server.jobs.queries import workers_alive

if TYPE_CHECKING:
    from django.http import HttpRequest

UNREACHABLE = (psycopg.Error, Error, ImproperlyConfigured)
"""What is raised where a database does not answer, or none is named."""
KNOCK_S = 3

log = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process lives: it touches no row and no other program (存活)."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when pages and jobs can be served, 503 otherwise; the answer says what is missing (就绪)."""
    said = readiness()
    return JsonResponse({"ready": all(said.values()), **said}, status=200 if all(said.values()) else 503)


def readiness() -> dict[str, bool]:
    """What must hold for work to be done (就绪条件).

    Returns:
        database: it answers; migrations: none is missing; worker: one lately said that it lives; keys: there, or it is the demo.
    """
    keys = settings.DEMO or bool(value("JIADI_SECRET_KEY") and (value("JIADI_DATA_KEYS") or value("JIADI_KEY_PROVIDER")))
    try:
        knock()
        missing = missing_migrations()
        return {"database": True, "migrations": not missing, "worker": not missing and workers_alive() > 0, "keys": keys}
    except UNREACHABLE as why:
        log.warning("not ready: %s", str(why).splitlines()[0])
        return {"database": False, "migrations": False, "worker": False, "keys": keys}


def knock() -> None:
    """Whether the database answers at all, by a connection of its own: the pool would wait long for one (试连).

    Raises:
        psycopg.Error, django.db.Error or ImproperlyConfigured: it does not; all are in `UNREACHABLE`.
    """
    psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": KNOCK_S}).close()


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)


def missing_migrations() -> list[str]:
    """Migrations of this release that the database has not had (未执行的迁移).

    Returns:
        Their names as `app.name`, in order; empty where the database is up to date.
    """
    return sorted(f"{app}.{name}" for app, name in _migrations() - set(MigrationRecorder(connection).applied_migrations()))
