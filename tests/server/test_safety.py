"""What is unsafe is told in words, and does not start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import override_settings

from jiadi.server import safety
from jiadi.server.database.private import APP, OWNER, Private
from jiadi.server.database.url import connection

GOOD_KEY = "kB3vX9qLz7Tn2WmYc5RdHf8JpGs4Ua6EoPi1NxVbCyQtZw0KlMgSDhFrTj"
GOOD = {
    "JIADI_SECRET_KEY": GOOD_KEY,
    "JIADI_DATA_KEYS": "1:0123456789abcdef0123456789abcdef:" + "0123456789abcdef" * 4,
}
SAFE: dict[str, Any] = {"SECRET_KEY": GOOD_KEY, "DEBUG": False, "HTTPS": True, "ALLOWED_HOSTS": ["jiadi.example"], "DEMO": False}


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An environment in which nothing is unsafe."""
    for name, text in GOOD.items():
        monkeypatch.setenv(name, text)
    with override_settings(**SAFE, VAR=tmp_path):
        yield


def states() -> dict[str, str]:
    return {found.name: found.state for found in safety.of_settings()}


@contextmanager
def connected_as(private: Private, role: str) -> Iterator[None]:
    """Django's own connection, as another role."""
    held = connections["default"]
    connections.databases["default"] = held.settings_dict | connection(private.url(role), 0)
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.databases["default"] = held.settings_dict
        connections["default"] = held


@pytest.mark.usefixtures("good")
def test_safe_settings_are_good() -> None:
    assert set(states().values()) == {"good"}


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    ("name", "environment", "changed"),
    [
        ("secret_key", {"JIADI_SECRET_KEY": ""}, {"SECRET_KEY": "demo-only-" * 6}),
        ("secret_key", {"JIADI_SECRET_KEY": "short"}, {"SECRET_KEY": "short"}),
        ("secret_key", {"JIADI_SECRET_KEY": "a" * 64}, {"SECRET_KEY": "a" * 64}),
        ("data_keys", {"JIADI_DATA_KEYS": ""}, {}),
        ("data_keys", {"JIADI_DATA_KEYS": "1:" + "00" * 16 + ":" + "11" * 32}, {}),
        ("debug", {}, {"DEBUG": True}),
        ("hosts", {}, {"ALLOWED_HOSTS": ["*"]}),
        ("https", {}, {"HTTPS": False}),
    ],
)
def test_unsafe_settings_do_not_start(
    monkeypatch: pytest.MonkeyPatch, name: str, environment: dict[str, str], changed: dict[str, Any]
) -> None:
    for setting, text in environment.items():
        monkeypatch.setenv(setting, text)
    with override_settings(**changed):
        assert {one for one, state in states().items() if state != "good"} == {name}
        with pytest.raises(safety.Unsafe) as refused:
            safety.refuse_unsafe()
        for lang, words in refused.value.said.items():
            assert safety._words()[f"{name}_unsafe"][lang][:12] in words
        assert GOOD_KEY not in str(refused.value)
        with override_settings(DEMO=True):
            safety.refuse_unsafe()


@pytest.mark.usefixtures("good")
def test_the_app_of_a_migrated_database_may_start(database: Private) -> None:
    safety.refuse_unsafe()
    assert {found.name for found in safety.in_database() if found.state != "good"} <= {"worker"}


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(("role", "power"), [(OWNER, "owns_tables"), ("postgres", "superuser")])
def test_a_role_with_powers_does_not_start(database: Private, role: str, power: str) -> None:
    with connected_as(database, role), pytest.raises(safety.Unsafe, match=power):
        safety.refuse_unsafe()


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    ("made", "undone", "named"),
    [
        ("CREATE TABLE forgotten (division bigint)", "DROP TABLE forgotten", "forgotten"),
        ("CREATE VIEW around AS SELECT * FROM register_house", "DROP VIEW around", "around"),
        ("ALTER TABLE register_house DISABLE ROW LEVEL SECURITY", "ALTER TABLE register_house ENABLE ROW LEVEL SECURITY", "register_house"),
        (
            "ALTER TABLE register_house NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE register_house FORCE ROW LEVEL SECURITY",
            "register_house",
        ),
    ],
)
def test_a_table_that_is_open_does_not_start(database: Private, made: str, undone: str, named: str) -> None:
    with psycopg.connect(database.url(OWNER), autocommit=True) as owner:
        owner.execute(made)
        try:
            with pytest.raises(safety.Unsafe, match=named):
                safety.refuse_unsafe()
        finally:
            owner.execute(undone)
    safety.refuse_unsafe()


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    held = connections["default"]
    connections.databases["default"] = held.settings_dict | connection(f"postgresql://app@/none?host={tmp_path}", 0)
    connections["default"] = connections.create_connection("default")
    try:
        (found,) = safety.in_database()
    finally:
        connections.databases["default"] = held.settings_dict
        connections["default"] = held
    assert (found.name, found.state) == ("database", "missing")


def test_every_check_has_its_words() -> None:
    words = safety._words()
    for key, said in words.items():
        assert set(said) == {"zh", "en"} and all(said.values()), key
        name = key.rpartition("_")[0] if key.rpartition("_")[2] in ("note", "missing", "unsafe") else key
        assert name in words or name == "settings", key


def test_the_app_role_is_named_where_it_is_good(database: Private) -> None:
    (found,) = safety.role()
    assert found.state == "good" and APP in found.said["zh"]
