"""Whose rows a transaction sees: the value, the predicate, and row-level security with its traps."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import APP, OWNER, Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow, seeing, span
from jiadi.server.register.models import House
from jiadi.server.safety import UNDIVIDED

HERE, THERE = 330802005202, 330803002204

codes = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012}")
levels = st.sampled_from([2, 4, 6, 9, 12])
scopes = st.lists(st.tuples(codes, levels).map(lambda one: one[0][: one[1]]), max_size=6).map(Scope.of)


@given(scopes, scopes, st.integers(0, 10**12 - 1))
def test_both_scopes_hold_what_lies_in_both(one: Scope, other: Scope, division: int) -> None:
    assert (division in one.within(other)) == (division in one and division in other)
    assert one.covers(one.within(other))


@given(st.lists(st.tuples(codes, levels).map(lambda one: one[0][: one[1]]), max_size=6))
def test_a_scope_holds_its_divisions_and_no_other(parts: list[str]) -> None:
    scope = Scope.of(parts)
    assert all(span(part)[0] in scope and span(part)[1] - 1 in scope for part in parts)
    assert sum(high - low for low, high in scope.ranges) <= sum(high - low for low, high in map(span, parts))
    assert all(before[1] < after[0] for before, after in zip(scope.ranges, scope.ranges[1:], strict=False))


@pytest.mark.parametrize("code", ["", "3", "33080200520211", "33o802", "-3", "３３"])
def test_what_is_no_code_is_no_scope(code: str) -> None:
    with pytest.raises(ValueError, match="no division code"):
        span(code)


def two_houses() -> None:
    """One house here and one there, in the open transaction."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "import", why="test"):
        House.objects.bulk_create([House(division=division, key=f"house {division}") for division in (HERE, THERE)])


def seen() -> list[int]:
    """Divisions of the houses that a query without any condition gives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT division FROM register_house ORDER BY division")
        return [row[0] for row in cursor.fetchall()]


def test_rows_outside_the_scope_are_not_there(db: Private) -> None:
    two_houses()
    assert seen() == [HERE, THERE]
    narrow(Scope.of(["330802"]))
    assert seen() == [HERE]
    assert House.objects.count() == 1
    assert not House.objects.filter(key=f"house {THERE}").exists()
    narrow(Scope())
    assert seen() == []


def test_versions_are_cut_as_their_rows_are(db: Private) -> None:
    two_houses()
    narrow(Scope.of(["330803"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT division FROM register_house_version")
        assert cursor.fetchall() == [(THERE,)]


@pytest.mark.parametrize("setting", ["", "{}"])
def test_an_empty_setting_sees_nothing(db: Private, setting: str) -> None:
    two_houses()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jiadi.scope', %s, true)", [setting])
    assert seen() == []


@pytest.mark.parametrize("setting", ["%", "330802", "{[1,2)", "' OR true --"])
def test_a_setting_that_is_no_scope_is_an_error(db: Private, setting: str) -> None:
    two_houses()
    with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jiadi.scope', %s, true)", [setting])
        cursor.execute("SELECT count(*) FROM register_house")


def test_the_next_borrower_of_a_connection_sees_nothing(database: Private) -> None:
    with psycopg.connect(database.url(APP)) as borrowed:
        with borrowed.transaction():
            borrowed.execute("SELECT set_config('jiadi.scope', %s, true)", [EVERYWHERE.literal()])
            assert borrowed.execute("SELECT jiadi_scope() IS NOT NULL").fetchone() == (True,)
        with borrowed.transaction():
            assert borrowed.execute("SELECT current_setting('jiadi.scope', true), jiadi_scope()").fetchone() == ("", None)


def test_a_scope_needs_a_transaction(database: Private) -> None:
    with pytest.raises(RuntimeError, match="none is open"):
        narrow(EVERYWHERE)


def test_the_owner_is_cut_too(database: Private, committed: str) -> None:
    with seeing(EVERYWHERE), acting(NOBODY, "import", why="test"):
        House.objects.create(division=HERE, key="kept")
    with psycopg.connect(database.url(OWNER, committed)) as owner:
        assert owner.execute("SELECT count(*) FROM register_house").fetchone() == (0,)


def test_a_view_is_cut_too(db: Private) -> None:
    with psycopg.connect(db.url(OWNER)) as owner:
        owner.execute("CREATE VIEW every_house WITH (security_invoker) AS SELECT * FROM register_house")
        views = owner.execute("SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace").fetchall()
        open_ones = owner.execute(
            """SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND pg_get_userbyid(relowner) = %s
            AND NOT coalesce('security_invoker=true' = ANY (reloptions) OR 'security_invoker' = ANY (reloptions), false)""",
            [OWNER],
        ).fetchall()
        owner.rollback()
    assert views and open_ones == []


def test_parallel_workers_are_cut_too(committed: str) -> None:
    """In a copy: a table that others filled and emptied seems to have pages without rows, which nobody shares out among workers."""
    with seeing(EVERYWHERE):
        two_houses()
    with seeing(Scope.of(["330802"])), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 2")
        for way in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
            cursor.execute(f"SET LOCAL {way} = off")
        for cost in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            cursor.execute(f"SET LOCAL {cost} = 0")
        cursor.execute("EXPLAIN SELECT count(*) FROM register_house")
        assert "Gather" in str(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM register_house")
        assert cursor.fetchone() == (1,)


def test_a_row_cannot_be_put_outside_the_scope(db: Private) -> None:
    two_houses()
    narrow(Scope.of(["330802"]))
    for word, change in (
        ("insert", lambda: House.objects.create(division=THERE, key="new")),
        ("move", lambda: House.objects.update(division=THERE)),
    ):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic(), acting(NOBODY, word, why="test"):
            change()


def test_a_key_that_is_taken_elsewhere_is_not_told(db: Private) -> None:
    """A key is unique in its division, so that no message tells of a row that cannot be seen."""
    two_houses()
    narrow(Scope.of(["330802"]))
    with acting(NOBODY, "insert", why="test"):
        House.objects.create(division=HERE, key=f"house {THERE}")
    with pytest.raises(IntegrityError) as told, transaction.atomic(), acting(NOBODY, "insert", why="test"):
        House.objects.create(division=HERE, key=f"house {HERE}")
    assert str(THERE) not in str(told.value)


def test_every_table_with_divisions_is_protected(database: Private) -> None:
    """A table that somebody adds and forgets to protect fails here."""
    with psycopg.connect(database.url(OWNER)) as owner:
        rows = owner.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'division' AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
        ).fetchall()
    assert len(rows) >= 25
    assert {name for name, protected in rows if not protected} == UNDIVIDED


def test_the_app_owns_nothing(database: Private) -> None:
    with psycopg.connect(database.url(APP)) as app:
        owned = app.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user").fetchone()
        rights = app.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert owned == (0,) and rights == (False, False, False, False)
        for forbidden in (
            "CREATE TABLE mine (a int)",
            "TRUNCATE register_house",
            "DELETE FROM cases_act",
            "UPDATE cases_head SET number = 9",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
                app.execute(forbidden)
