"""A backup in one file, and the way back (备份与恢复).

The file is a zip: `database.dump` as pg_dump writes it, the media under `media/`, and `manifest.json` with counts and hashes of all.
Keys are never in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

import jiadi
from jiadi.server.commands.dump import PIECE, TABLES, Holding, bring_back, dump, holding, snapshot
from jiadi.server.commands.whole import whole
from jiadi.server.commands.words import Refused

FORMAT = 1
DUMP, MANIFEST, MEDIA = "database.dump", "manifest.json", "media/"


def backup(file: Path, url: str, app: str, media: Path) -> dict[str, Any]:
    """Save database and media of one moment (备份).

    Media are named by what they hold and never change: those that the moment knows are there, whatever is added meanwhile.

    Args:
        file: to be made; never one that is there.
        url: of the database as a role that reads every row.
        app: role that the server works as.
        media: folder of the media; may be missing.

    Returns:
        The manifest.

    Raises:
        Refused: `is_there`, `no_backup_role`, `dump_failed`, `not_written`. Nothing is left of a backup that failed.
    """
    if file.exists():
        raise Refused("is_there", file=file)
    with whole(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as out, snapshot(url) as (held, name):
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "jiadi": jiadi.__version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        manifest["database"] = _put(out, DUMP, dump(url, name)) | asdict(holding(held, app))
        manifest["media"] = {}
        for path in sorted(path for path in media.rglob("*") if path.is_file()) if media.is_dir() else ():
            with suppress(FileNotFoundError):  # taken away by the rules of retention meanwhile
                called = path.relative_to(media).as_posix()
                manifest["media"][called] = _put(out, MEDIA + called, _pieces(path))
        out.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def _put(out: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> dict[str, Any]:
    """Write one member; its size and hash."""
    seen, size = hashlib.sha256(), 0
    first = next(pieces, b"")  # what cannot be opened leaves no empty member
    with out.open(name, "w", force_zip64=True) as member:
        for piece in chain((first,), pieces):
            member.write(piece)
            seen.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": seen.hexdigest()}


def read(file: Path) -> dict[str, Any]:
    """The manifest of a backup whose every part is what it was (核对备份文件).

    Raises:
        Refused: `no_backup`: no file of ours; `damaged`: a part is missing, changed, or one too many.
    """
    try:
        with zipfile.ZipFile(file) as held:
            manifest: dict[str, Any] = json.loads(held.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise Refused("no_backup", file=file)
            wanted = {DUMP: manifest["database"], **{MEDIA + name: said for name, said in manifest["media"].items()}}
            if {*wanted, MANIFEST} != set(held.namelist()) or len(held.namelist()) != len(wanted) + 1:
                raise Refused("damaged", file=file, part=MANIFEST)
            for name, said in wanted.items():
                if _hash(held, name) != said["sha256"] or not _is_inside(name):
                    raise Refused("damaged", file=file, part=name)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError):
        raise Refused("no_backup", file=file) from None
    return manifest


def _is_inside(name: str) -> bool:
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts


def _hash(held: zipfile.ZipFile, name: str) -> str:
    seen = hashlib.sha256()
    with held.open(name) as member:
        while piece := member.read(PIECE):
            seen.update(piece)
    return seen.hexdigest()


def restore(file: Path, manifest: dict[str, Any], urls: tuple[str, str, str], media: Path) -> Holding:
    """Bring a backup back into an empty place, and compare every table with what was saved (恢复).

    Args:
        file, manifest: of `read`.
        urls: of the empty database as the app, as the owner, and as the role that reads every row.
        media: folder of the media; empty or missing.

    Returns:
        What the database holds now: the same as before.

    Raises:
        Refused: `not_empty`, `other_role`, `restore_failed`, `differs`.
    """
    app, owner, reader = urls
    role = conninfo_to_dict(app).get("user")
    if role != manifest["database"]["app"]:
        raise Refused("other_role", wanted=manifest["database"]["app"], role=role)
    with psycopg.connect(owner) as held:
        if held.execute(TABLES).fetchone():
            raise Refused("not_empty", place=conninfo_to_dict(owner)["dbname"])
    if media.is_dir() and any(media.iterdir()):
        raise Refused("not_empty", place=media)
    with zipfile.ZipFile(file) as saved:
        with saved.open(DUMP) as dumped:
            bring_back(owner, dumped)
        for name, said in manifest["media"].items():
            _take_out(saved, name, media / name, said["sha256"])
    with snapshot(reader) as (held, _):
        found = holding(held, str(role))
    _compare(manifest["database"], found)
    return found


def _take_out(saved: zipfile.ZipFile, name: str, to: Path, sha256: str) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256()
    with saved.open(MEDIA + name) as member, to.open("wb") as out:
        while piece := member.read(PIECE):
            out.write(piece)
            seen.update(piece)
        out.flush()
        os.fsync(out.fileno())
    if seen.hexdigest() != sha256:
        raise Refused("differs", what=name)


def _compare(said: dict[str, Any], found: Holding) -> None:
    """Every table with its count and sum, and the last act."""
    differing = [name for name in said["tables"].keys() | found.tables.keys() if said["tables"].get(name) != found.tables.get(name)]
    if said["chain"] != found.chain:
        differing.append("cases_head")
    if differing:
        raise Refused("differs", what=", ".join(sorted(set(differing))))
