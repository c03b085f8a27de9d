"""A real PostgreSQL for the tests of the server: started once for each process, used as the role that owns nothing."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from psycopg import sql

from jiadi.server.accounts.actions import create_user, grant
from jiadi.server.accounts.models import SignIn, User
from jiadi.server.accounts.queries import OPERATOR
from jiadi.server.commands import dump
from jiadi.server.database.private import APP, BACKUP, OWNER, Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.database.url import connection
from jiadi.server.jobs.watching import Watch

PASSWORD = "three quiet herons"
STARTED: list[Private] = []


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
        STARTED.append(private)
        yield private
        STARTED.clear()
        connections.close_all()
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """What a test commits, it commits to a copy: the next one finds the database that all share as empty as it was."""
    yield
    for private in STARTED:
        with psycopg.connect(private.url("postgres")) as server:
            left = server.execute("SELECT string_agg(word || ' ' || subject, ', ') FROM cases_act").fetchone()
            assert left == (None,)


@pytest.fixture
def db(database: Private, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    """A transaction that is taken back at the end of the test: a job's progress, told through another connection, would not find it."""
    monkeypatch.setattr(Watch, "beat", lambda self: None)
    with transaction.atomic():
        yield database
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def pristine(database: Private) -> str:
    """Name of a migrated database to which nobody is connected, so that others can be made after it."""
    name = "pristine"
    database.create(name)
    with dump.snapshot(database.url(BACKUP)) as (_, moment):
        held = io.BytesIO(b"".join(dump.dump(database.url(BACKUP), moment)))
    dump.bring_back(database.url(OWNER, name), held)
    return name


@pytest.fixture
def copy(database: Private, pristine: str) -> Iterator[str]:
    """Name of a migrated database beside the first one: for tests that commit. It is dropped afterwards."""
    name = f"copy_{id(object()):x}"
    names = [sql.Identifier(one) for one in (name, OWNER, pristine)]
    with psycopg.connect(database.url("postgres", "postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names))
        yield name
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def committed(database: Private, copy: str) -> Iterator[str]:
    """The same, with Django's `default` pointed at it."""
    before = connections["default"].settings_dict
    connections["default"].close()
    _serve("default", database.url(APP, copy))
    yield copy
    connections["default"].close()
    connections.databases["default"] = before
    connections["default"] = connections.create_connection("default")


@pytest.fixture
def make_user(db: Private) -> Callable[..., User]:
    """Makes a user whose password is PASSWORD, with a role in a division where one is given."""

    def make(username: str, role: str = "", code: str = "", full_name: str = "") -> User:
        narrow(EVERYWHERE)
        user = create_user(OPERATOR, username, full_name or f"某{username}", PASSWORD, why="test")
        if role:
            grant(OPERATOR, user, role, code, timezone.localdate(), None, "test")
        return user

    return make


@pytest.fixture
def enter(db: Private) -> Callable[..., Client]:
    """A browser in which a user is signed in, or nobody."""

    def entered(user: User | None = None) -> Client:
        browser = Client(SERVER_NAME="localhost")
        if user is not None:
            now = timezone.now()
            kept = SignIn.objects.create(user=user, begun_at=now, seen_at=now, address="127.0.0.1")
            browser.force_login(user)
            session = browser.session
            session["sign_in"] = str(kept.pk)
            session.save()
        return browser

    return entered
