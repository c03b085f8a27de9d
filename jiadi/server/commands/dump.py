"""What a database holds, dumped and brought back, with figures to tell whether it is the same (数据库转储)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from jiadi.server.commands.words import Refused
from jiadi.server.database.private import program
from jiadi.server.database.resealing import columns

PIECE = 1 << 20
VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE"}
VARIABLES |= {"sslrootcert": "PGSSLROOTCERT"}
TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = c.oid AND x.classid = 'pg_class'::regclass AND x.deptype = 'e')
ORDER BY c.relname COLLATE "C"
"""
SAME_TEXT = (
    "SET timezone = 'UTC'",
    "SET datestyle = 'ISO'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
    "SET intervalstyle = 'postgres'",
)
"""So that a row reads the same wherever it is read."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a database holds (库内清单).

    Args:
        tables: name → rows, and the sum of the first 64 bits of each row's SHA-256, which no order of rows changes.
        chain: number and hash of the last act.
        keys: ids of the keys under which persons' data is sealed.
        app: the role that is allowed to work with it; migrations: how many it has had.
    """

    tables: dict[str, dict[str, int]]
    chain: dict[str, Any]
    keys: list[int]
    app: str
    migrations: int
    postgres: str


@contextmanager
def snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one moment of the whole database, and the name under which pg_dump sees the same (一致快照).

    Raises:
        Refused: `no_backup_role`; row-level security would cut what this role reads.
    """
    with psycopg.connect(url) as held:
        held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        powers = held.execute("SELECT rolsuper OR rolbypassrls, rolname FROM pg_roles WHERE rolname = current_user").fetchone()
        if not powers or not powers[0]:
            raise Refused("no_backup_role", role=powers[1] if powers else "?")
        name = held.execute("SELECT pg_export_snapshot()").fetchone()
        assert name
        yield held, str(name[0])


def holding(held: psycopg.Connection[Any], app: str) -> Holding:
    """Count and sum every table (清点).

    Args:
        held: a transaction that sees all rows.
        app: role that works with it.
    """
    for setting in SAME_TEXT:
        held.execute(setting)
    tables = {name: _sum(held, name) for (name,) in held.execute(TABLES).fetchall()}
    head = held.execute("SELECT number, encode(hash, 'hex') FROM cases_head").fetchone() if "cases_head" in tables else None
    keys: set[int] = set()
    for column in columns(held):
        question = "SELECT DISTINCT get_byte({sealed}, 0) FROM {table} WHERE octet_length({sealed}) > 0"
        keys |= {row[0] for row in held.execute(column.filled(question))}
    version = held.execute("SHOW server_version").fetchone()
    return Holding(
        tables,
        {"number": head[0], "hash": head[1]} if head else {},
        sorted(keys),
        app,
        tables.get("django_migrations", {"rows": 0})["rows"],
        str(version[0]) if version else "",
    )


def _sum(held: psycopg.Connection[Any], table: str) -> dict[str, int]:
    row = "('x' || encode(substr(sha256(convert_to(t::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint::numeric"
    found = held.execute(sql.SQL(f"SELECT count(*), coalesce(sum({row}), 0) FROM ONLY {{}} t").format(sql.Identifier(table))).fetchone()
    assert found
    return {"rows": int(found[0]), "sum": int(found[1])}


def _environment(url: str) -> dict[str, str]:
    """Where to connect, in the environment: a command line is for everybody to read."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "JIADI_"))}
    said = conninfo_to_dict(url)
    return clean | {VARIABLES[name]: str(text) for name, text in said.items() if name in VARIABLES}


def dump(url: str, name: str) -> Iterator[bytes]:
    """The database as pg_dump writes it, in pieces (转储).

    Args:
        url: as a role that sees every row; where one were cut pg_dump ends with an error.
        name: of the snapshot.

    Raises:
        Refused: `dump_failed`, with the last of its words.
    """
    # What an extension's own table holds comes with the extension; who owns what is the place's own affair.
    words = [program("pg_dump"), "--format=custom", f"--snapshot={name}", "--no-owner", "--no-comments"]
    words += ["--exclude-table=spatial_ref_sys", "--lock-wait-timeout=60000"]
    with subprocess.Popen(words, env=_environment(url), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as made:
        assert made.stdout and made.stderr
        while piece := made.stdout.read(PIECE):
            yield piece
        told = made.stderr.read().decode(errors="replace").strip()
    if made.returncode:
        raise Refused("dump_failed", why=told.splitlines()[-1] if told else made.returncode)


def bring_back(url: str, dumped: IO[bytes]) -> None:
    """Put a dump into an empty database, all of it or nothing (恢复转储).

    Args:
        url: as the role that shall own the tables.
        dumped: what `dump` gave.

    Raises:
        Refused: `restore_failed`.
    """
    words = [program("pg_restore"), "--no-owner", "--no-comments", "--exit-on-error", "--single-transaction", "--schema=public"]
    words.append(f"--dbname={conninfo_to_dict(url)['dbname']}")
    with subprocess.Popen(words, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as made:
        assert made.stdin and made.stderr
        try:
            while piece := dumped.read(PIECE):
                made.stdin.write(piece)
            made.stdin.close()
        except BrokenPipeError:
            pass
        told = made.stderr.read().decode(errors="replace").strip()
    if made.returncode:
        raise Refused("restore_failed", why=told.splitlines()[0] if told else made.returncode)
