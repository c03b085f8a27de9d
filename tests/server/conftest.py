"""A real PostgreSQL for the tests of the server: started once for each process, used as the role that owns nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from jiadi.server.database.private import APP, OWNER, Private
from jiadi.server.database.url import connection


def _serve(alias: str, url: str) -> None:
    """Point an alias of Django's connections at a database."""
    connections.databases[alias] = connections["default"].settings_dict | connection(url, 0)
    connections[alias] = connections.create_connection(alias)


@pytest.fixture(scope="session")
def database() -> Iterator[Private]:
    """A migrated database in an instance of its own; Django's `default` is the app's role, `owner` owns the tables."""
    folder = Path(tempfile.mkdtemp(prefix="jiadi-pg-"))
    folder.chmod(0o755)
    with Private(folder / "pg").started() as private:
        private.create()
        _serve("default", private.url(APP))
        _serve("owner", private.url(OWNER))
        call_command("migrate", database="owner", verbosity=0)
        yield private
        connections.close_all()
    shutil.rmtree(folder)


@pytest.fixture
def db(database: Private) -> Iterator[Private]:
    """A transaction that is taken back at the end of the test."""
    with transaction.atomic():
        yield database
        transaction.set_rollback(True)
