"""Where one server keeps what it has (实例): its folder, its settings and its own database."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jiadi.server.database.private import Private

ELSEWHERE = Path("/var/lib/jiadi")
"""Where a database lies whose user cannot reach the folder, as below /root."""
URLS = ("JIADI_DATABASE_URL", "JIADI_OWNER_DATABASE_URL", "JIADI_BACKUP_DATABASE_URL")

_used: set[Path] = set()
"""Folders whose own database this process has put into its environment."""


def is_set(name: str) -> bool:
    """Whether a setting is given, by itself or as a file (是否已设)."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def settle(var: Path | None = None, *, language: str = "") -> Path:
    """Say in the environment what its folder knows of an instance, where the environment does not (确定实例).

    Settings are kept in `env`, lines of NAME=value as systemd reads them too. A private database is used where none is given.

    Args:
        var: folder of the instance; None for that of JIADI_VAR.
        language: of the answers of this command.

    Returns:
        The folder, whole.
    """
    if var is not None:
        os.environ["JIADI_VAR"] = str(var.resolve())
    folder = Path(os.environ.get("JIADI_VAR") or "var").resolve()
    kept = folder / "env"
    if kept.is_file():
        for line in kept.read_text(encoding="utf-8").splitlines():
            name, _, text = line.partition("=")
            if name and not is_set(name):
                os.environ[name] = text
    if language:
        os.environ["JIADI_LANG"] = language
    own = private(folder)
    if own and (own.data / "PG_VERSION").exists():
        _use(folder, own)
    return folder


def private(folder: Path) -> Private | None:
    """The instance's own database, None where the environment names another (私有数据库)."""
    if is_set("JIADI_DATABASE_URL") and folder not in _used:
        return None
    from jiadi.server.database.private import Private  # noqa: PLC0415  needs the server's libraries

    return Private((folder / "postgres").resolve())


def _use(folder: Path, own: Private) -> None:
    from jiadi.server.database.private import APP, BACKUP, OWNER  # noqa: PLC0415

    os.environ.update(zip(URLS, map(own.url, (APP, OWNER, BACKUP)), strict=True))
    _used.add(folder)


def begin(folder: Path) -> None:
    """Start the instance's own database, made where it is not there; nothing where another is given (启动数据库).

    Raises:
        Refusal: it cannot be made or started.
    """
    own = private(folder)
    if own is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not own.folder.exists() and not _is_reachable(folder):
        away = ELSEWHERE / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        away.mkdir(parents=True, exist_ok=True)
        (folder / "postgres").symlink_to(away)
        own = private(folder)
        assert own
    own.start()
    own.create()
    _use(folder, own)


def _is_reachable(folder: Path) -> bool:
    """Whether another user may pass through every folder on the way: the database does not run as root."""
    return os.geteuid() != 0 or all(way.stat().st_mode & 0o001 for way in (folder, *folder.parents))


def keep_demo_settings(folder: Path) -> None:
    """Settings of a demo, with keys made at random, at its first start (演示设置)."""
    kept = folder / "env"
    if kept.exists():
        return
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = ["JIADI_DEMO=true", "JIADI_HTTPS=false"]
    for name, text in (("secret_key", secrets.token_urlsafe(64)), ("data_keys", f"1:{secrets.token_hex(16)}:{secrets.token_hex(32)}")):
        keep_secret(keys / name, text + "\n")
        lines.append(f"JIADI_{name.upper()}_FILE={keys / name}")
    keep_secret(kept, "\n".join(lines) + "\n")


def keep_secret(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all (写保密文件). It stays with the user whose it was."""
    was = path.stat() if path.exists() else None
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        if was and was.st_uid != os.geteuid():
            os.fchown(file.fileno(), was.st_uid, was.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def set_up() -> None:
    """Load Django with these settings (载入 Django)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiadi.server.settings")
    import django  # noqa: PLC0415

    django.setup()
