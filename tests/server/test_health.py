"""Whether the server lives and can work, and what it writes down of a request."""

from __future__ import annotations

import logging

import psycopg
import pytest
from django.test import Client

from jiadi.server import health
from jiadi.server.database.private import APP, Private
from jiadi.server.jobs.queries import SILENT_S


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


def heartbeat(private: Private, age_s: float) -> None:
    """One worker that last said that it lives so long ago."""
    with psycopg.connect(private.url(APP)) as app:
        app.execute("DELETE FROM procrastinate_workers")
        app.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))", [age_s])


def test_life_asks_no_database(client: Client) -> None:
    """No fixture gives a database here: any query would fail."""
    assert client.get("/healthz").status_code == 200


def test_a_database_that_does_not_answer_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(health.psycopg, "connect", fail)
    monkeypatch.setattr(health, "connection", type("Named", (), {"get_connection_params": staticmethod(dict)}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": False, "migrations": False, "worker": False, "keys": True}


@pytest.mark.parametrize(("age_s", "status"), [(0, 200), (SILENT_S + 60, 503)])
def test_ready_is_who_has_a_living_worker(database: Private, client: Client, age_s: float, status: int) -> None:
    heartbeat(database, age_s)
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert answer.json()["worker"] == (status == 200)


def test_a_migration_that_is_not_applied_is_told(database: Private, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat(database, 0)
    monkeypatch.setattr(health, "_migrations", lambda: frozenset({("register", "9999_next")}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() | {"ready": 0} == {"ready": 0, "database": True, "migrations": False, "worker": False, "keys": True}
    assert health.missing_migrations() == ["register.9999_next"]


def test_the_log_holds_no_query_string_and_no_second_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "jiadi.access"):
        client.get("/healthz?name=张三&id=330802199001011234")
        client.get("/healthz/%0a2026 forged")
    lines = [record.getMessage() for record in caplog.records if record.name == "jiadi.access"]
    assert lines[0].startswith("GET /healthz 200 ")
    assert "forged" in lines[1] and "\n" not in lines[1]
    assert not any("张三" in line or "330802199001011234" in line for line in lines)


@pytest.mark.parametrize(("given", "kept"), [("abcd-1234.x", True), ("short", False), ("a b c d e f g h", False), ("x" * 65, False)])
def test_a_number_is_handed_on_where_it_is_one(client: Client, given: str, kept: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8
