"""A PostgreSQL of our own (私有数据库): in one folder, run by a user without rights, reached by a socket alone.

It serves whoever has no database yet, and the tests. Its data is as safe as any PostgreSQL's: fsync is on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from jiadi.errors import Refusal

LEAST = 15
"""Oldest release of PostgreSQL that is served."""
PORT = 5432
"""Only names the socket: nothing listens on it."""
SOCKET_PATH = 100
"""Longest path of a folder for a socket that every kernel takes."""
OWNER, APP = "jiadi_owner", "jiadi_app"
BACKUP = "jiadi_backup"
"""Reads every row, and writes none: a backup that row-level security cut would lack rows and not tell."""
EXTENSIONS = ("postgis", "btree_gist")

CONFIG = """
listen_addresses = ''
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
port = {port}
password_encryption = 'scram-sha-256'
max_connections = 60
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
random_page_cost = 1.1
max_wal_size = 4GB
wal_compression = on
jit = off
log_destination = 'stderr'
logging_collector = off
timezone = 'Asia/Shanghai'
log_min_error_statement = panic
"""


@dataclass(frozen=True, slots=True)
class Private:
    """One private instance (私有实例).

    Args:
        folder: where it keeps all it has; made where it is not there.

    Raises:
        Refusal: `no_postgres`, `folder_out_of_reach`, `database_not_started`.
    """

    folder: Path

    @property
    def data(self) -> Path:
        """Folder of the database itself."""
        return self.folder / "data"

    @property
    def run(self) -> Path:
        """Folder of the socket: in the temporary folder where the path would be too long for one."""
        near = self.folder / "run"
        if len(str(near)) <= SOCKET_PATH:
            return near
        return Path(tempfile.gettempdir()) / f"jiadi-{hashlib.sha256(str(near).encode()).hexdigest()[:12]}"

    def url(self, role: str, name: str = "jiadi") -> str:
        """Address of a database in here as one of its roles (连接地址)."""
        password = (self.folder / "secrets" / role).read_text(encoding="utf-8").strip()
        return f"postgresql://{role}:{password}@/{name}?host={quote(str(self.run), safe='')}&port={PORT}"

    def start(self) -> None:
        """Make it where it is not there, and start it where it does not run (启动)."""
        if not (self.data / "PG_VERSION").exists():
            self._make()
        if self.running():
            return
        done = _as_server(self.folder, [program("pg_ctl"), "start", "-w", "-t", "60", "-D", self.data, "-l", self.folder / "log"])
        if done.returncode:
            raise Refusal("database_not_started", _last_line(self.folder / "log") or done.stderr.strip(), f"See {self.folder / 'log'}.")

    def stop(self) -> None:
        """Stop it where it runs; nothing else is touched (停止)."""
        if self.running():
            _as_server(self.folder, [program("pg_ctl"), "stop", "-w", "-m", "fast", "-D", self.data])

    def running(self) -> bool:
        """Whether the process that its folder names runs."""
        return (self.data / "postmaster.pid").exists() and not _as_server(
            self.folder, [program("pg_ctl"), "status", "-D", self.data]
        ).returncode

    def _make(self) -> None:
        for kind in ("secrets", "run"):
            folder = self.folder / kind if kind == "secrets" else self.run
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for role in ("postgres", OWNER, APP, BACKUP):
            _keep_secret(self.folder / "secrets" / role, secrets.token_urlsafe(32))
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            for path in (self.folder, self.run, self.folder / "secrets", *(self.folder / "secrets").iterdir()):
                shutil.chown(path, _server_user().pw_uid, _server_user().pw_gid)
        made = _as_server(
            self.folder,
            [
                *(program("initdb"), "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
                *("--auth=scram-sha-256", f"--pwfile={self.folder / 'secrets' / 'postgres'}"),
            ],
        )
        if made.returncode:
            raise Refusal(
                "folder_out_of_reach", made.stderr.strip(), f"Let {_server_user().pw_name} reach {self.folder}, or choose another."
            )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write(CONFIG.format(run=self.run, port=PORT))

    def create(self, name: str = "jiadi") -> None:
        """Make a database with its three roles and its extensions, where it is not there (建库)."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            known = {row[0] for row in server.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APP, BACKUP):
                if role not in known:
                    password = (self.folder / "secrets" / role).read_text(encoding="utf-8").strip()
                    server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
            server.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(BACKUP)))
            server.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
        with psycopg.connect(self.url("postgres", name), autocommit=True) as server:
            for extension in EXTENSIONS:
                server.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            server.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))

    @contextlib.contextmanager
    def started(self) -> Iterator[Private]:
        """Started, and stopped again at the end (限时启用)."""
        self.start()
        try:
            yield self
        finally:
            self.stop()


def _keep_secret(path: Path, text: str) -> None:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _server_user() -> pwd.struct_passwd:
    """Who runs the server: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Refusal(
        "no_postgres", "There is no user without rights to run the database.", "Install PostgreSQL's package of your distribution."
    )


def program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed (数据库程序).

    Raises:
        Refusal: `no_postgres`.
    """
    found = {}
    for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}"):
        if (number := re.fullmatch(r"\d+", path.parent.parent.name)) and int(number[0]) >= LEAST:
            found[int(number[0])] = str(path)
    if found:
        return found[max(found)]
    if near := shutil.which(name):
        return near
    raise Refusal("no_postgres", f"There is no PostgreSQL of release {LEAST} or later here.", "Install postgresql and postgis.")


def _as_server(folder: Path, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run as the server's user; from a folder that it can enter, and without what the environment says of other databases."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        user = _server_user()
        words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--", *words]
    known = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "JIADI_"))}
    # A daemon that held our pipe would keep us waiting: its words go to a file.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=told, stderr=told, cwd="/", env=known, check=False)
        told.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, "", told.read())


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else ""
