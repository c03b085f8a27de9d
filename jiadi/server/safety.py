"""Whether a start would be safe (安全检查): nothing but the demo starts where one of these is unsafe."""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from django.conf import settings
from django.db import connection
from django.utils import timezone

from jiadi.errors import Refusal
from jiadi.server.database import sealing
from jiadi.server.environment import value
from jiadi.server.health import UNREACHABLE, knock, missing_migrations
from jiadi.server.jobs.queries import workers_alive

State = Literal["good", "note", "missing", "unsafe"]
LEAST_POSTGRES, LEAST_POSTGIS = 15, (3, 3)
LEAST_KEY = 50
"""Characters of a secret key."""
LEAST_DISK_GB = 2
MOST_CLOCK_S = 5
UNDIVIDED = frozenset({"accounts_grant"})
"""Tables whose divisions are what is granted, not where the row belongs: read before anybody's scope is known."""
EXTENSIONS = ("postgis", "btree_gist")


@dataclass(frozen=True, slots=True)
class Check:
    """What one look gave (检查结果).

    Args:
        name: of the check, with its words in `safety.yaml`.
        state: `good`; `note`: worth knowing; `missing`: work cannot be done; `unsafe`: nothing starts outside the demo.
        said: what was found and what to do, in both languages.
    """

    name: str
    state: State
    said: dict[str, str]


@cache
def _words() -> dict[str, dict[str, str]]:
    held: dict[str, dict[str, str]] = yaml.safe_load(files("jiadi.server").joinpath("safety.yaml").read_text(encoding="utf-8"))
    return held


def check(name: str, state: State, /, **filled: object) -> Check:
    """A check with its words (成句): those of `name` where it is good, else of `name` and how it is not.

    >>> check("debug", "good").said["en"]
    'DEBUG is off.'
    """
    words = _words()[name if state == "good" else f"{name}_{state}"]
    return Check(name, state, {lang: words[lang].format(**filled) for lang in ("zh", "en")})


def bad_setting(refusal: Refusal) -> Check:
    """The check of a setting that cannot be used (设置有误)."""
    return Check("settings", "missing", {lang: _words()["settings_missing"][lang].format(why=refusal) for lang in ("zh", "en")})


def of_settings() -> list[Check]:
    """What the environment alone tells (设置检查): keys, debugging, HTTPS, disk, time zone."""
    key, data_keys = value("JIADI_SECRET_KEY"), sealing.given()
    good_key = len(key) >= LEAST_KEY and len(set(key)) > 10 and key == settings.SECRET_KEY
    local = set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]"}
    folder = settings.VAR
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free >> 30
    return [
        check("secret_key", "good" if good_key else "unsafe", least=LEAST_KEY),
        check("data_keys", "good" if data_keys and not _is_everybodys(data_keys) else "unsafe"),
        check("debug", "unsafe" if settings.DEBUG else "good"),
        check("hosts", "unsafe" if "*" in settings.ALLOWED_HOSTS else "good", hosts=", ".join(settings.ALLOWED_HOSTS)),
        check("https", "good" if settings.HTTPS else "note" if local else "unsafe"),
        check("disk", "good" if free_gb >= LEAST_DISK_GB else "missing", free=free_gb, least=LEAST_DISK_GB, folder=settings.VAR),
        check("time_zone", "good" if settings.TIME_ZONE in zoneinfo.available_timezones() else "missing", zone=settings.TIME_ZONE),
    ]


def _is_everybodys(data_keys: str) -> bool:
    """Whether a key in the list is one digit over and over, as the demo's is."""
    return any(len(set(key)) < 3 for entry in data_keys.split(",") for key in entry.split(":")[1:])


def _rows(question: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def versions() -> Iterator[Check]:
    """Releases of PostgreSQL and PostGIS, and the extensions that tables need (版本)."""
    ((number,),) = _rows("SELECT current_setting('server_version_num')::int")
    state: State = "good" if number // 10000 >= LEAST_POSTGRES else "missing"
    yield check("postgres", state, found=f"{number // 10000}.{number % 10000}", least=LEAST_POSTGRES)
    held = dict(_rows("SELECT extname, extversion FROM pg_extension"))
    for name in EXTENSIONS:
        good = name in held and (name != "postgis" or tuple(map(int, held[name].split(".")[:2])) >= LEAST_POSTGIS)
        yield check("extension", "good" if good else "missing", name=name, found=held.get(name, "—"))
    ((apart,),) = _rows("SELECT abs(extract(epoch FROM clock_timestamp() - %s::timestamptz))::int", timezone.now())
    yield check("clock", "good" if apart <= MOST_CLOCK_S else "missing", seconds=apart)


ROLE = """
SELECT current_user, r.rolsuper, r.rolbypassrls, r.rolcreatedb OR r.rolcreaterole,
    EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid OR (pg_has_role(r.oid, c.relowner, 'MEMBER') AND c.relnamespace = n.oid)),
    pg_has_role(r.oid, d.datdba, 'MEMBER'), has_schema_privilege(r.oid, n.oid, 'CREATE')
FROM pg_roles r, pg_database d, pg_namespace n
WHERE r.rolname = current_user AND d.datname = current_database() AND n.nspname = 'public'
"""


def role() -> Iterator[Check]:
    """Whether the role that the server works as could go around what the database watches (数据库角色)."""
    ((name, *powers),) = _rows(ROLE)
    words = ("superuser", "bypassrls", "createdb", "owns_tables", "owns_database", "create_in_public")
    held = [word for word, power in zip(words, powers, strict=True) if power]
    yield check("role", "unsafe" if held else "good", role=name, powers=", ".join(held))


UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'division' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL (%s)
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
UNION ALL
SELECT c.relname FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace
    AND NOT coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker'], false)
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = c.oid AND x.deptype = 'e')
ORDER BY 1
"""


def protection() -> Iterator[Check]:
    """Whether every table with divisions is cut to whoever asks, and no view goes around it (行级安全)."""
    open_ones = [name for (name,) in _rows(UNPROTECTED, sorted(UNDIVIDED))]
    ((tables,),) = _rows("SELECT count(*) FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace")
    yield check("row_security", "unsafe" if open_ones or not tables else "good", tables=", ".join(open_ones) or "0", count=tables)


def migrated() -> Iterator[Check]:
    """Whether the database has had every migration, and somebody does its jobs (迁移与任务进程)."""
    missing = missing_migrations()
    yield check("migrations", "missing" if missing else "good", names=", ".join(missing[:3]), count=len(missing))
    workers = 0 if missing else workers_alive()
    yield check("worker", "good" if workers else "missing", count=workers)


IN_DATABASE: tuple[Callable[[], Iterator[Check]], ...] = (versions, role, protection, migrated)


def in_database() -> list[Check]:
    """What the database tells (数据库检查); one check that it cannot be reached where it cannot.

    Returns:
        All checks of it; never raises for what is wrong with a database.
    """
    try:
        knock()
        found = [check("database", "good", name=connection.settings_dict["NAME"])]
        for look in IN_DATABASE:
            found += look()
    except UNREACHABLE as why:
        return [check("database", "missing", why=str(why).strip().splitlines()[0])]
    return found


def refuse_unsafe() -> None:
    """Let nothing start that is unsafe, outside the demo (拒绝不安全的启动).

    A database that cannot be reached just now is no reason: nobody is let in by it either.

    Raises:
        Refusal: `unsafe_start`, with all that is unsafe and what to do about each.
    """
    if settings.DEMO:
        return
    unsafe = [found for found in (*of_settings(), *in_database()) if found.state == "unsafe"]
    if unsafe:
        raise Unsafe(unsafe)


class Unsafe(Refusal):
    """A start that is refused, with all its reasons in both languages (拒绝启动)."""

    def __init__(self, unsafe: list[Check]) -> None:
        lead = _words()["refused"]
        self.said = {lang: "\n".join([lead[lang], *(f"- {found.said[lang]}" for found in unsafe)]) for lang in ("zh", "en")}
        super().__init__("unsafe_start", self.said["en"])
