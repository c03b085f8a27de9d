"""Where files and results lie below the media (媒体目录): whole ones by their hash, others apart and never half."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from jiadi.server.refusals import refuse

PIECE: Final = 1 << 20
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def root() -> Path:
    """Folder of all that imports keep."""
    return Path(settings.MEDIA_ROOT) / "imports"


def coming(name: object) -> Path:
    """A file on its way."""
    return root() / "coming" / str(name)


def kept(sha256: str) -> Path:
    """A whole file, by its hash."""
    return root() / "files" / sha256[:2] / sha256


def result(name: str) -> Path:
    """A folder of results, by its name."""
    return root() / "results" / name


@contextmanager
def room() -> Iterator[None]:
    """Writing inside fails for want of space with words of its own (磁盘已满).

    Raises:
        Refused: `disk_full`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise refuse("disk_full") from error
        raise


def append(path: Path, at: int, source: IO[bytes], most: int) -> int:
    """Add what comes to a file of which the first bytes are certain (续写).

    Args:
        path: of the file; made where it is not there.
        at: bytes that are certain; whatever lies behind them goes.
        source: of the bytes. Where it breaks off, what came until then stays.
        most: bytes at most.

    Returns:
        Bytes that are certain now.

    Raises:
        Refused: `disk_full`; the file is as it was.
    """
    with room():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(at)
            file.seek(at)
            try:
                got = _copy(source, file, most)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(at)
                raise
    return at + got


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> int:
    got = 0
    while got < most:
        try:
            piece = source.read(min(PIECE, most - got))
        except OSError as error:
            if error.errno in FULL:
                raise
            break  # whoever sends is gone: what came is good
        if not piece:
            break
        target.write(piece)
        got += len(piece)
    return got


def keep(path: Path) -> str:
    """Put a whole file where its hash says (归档).

    Returns:
        Its SHA-256.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    place = kept(sha256)
    with room():
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        _settle(place.parent)
    return sha256


def _settle(folder: Path) -> None:
    """What was renamed in a folder outlasts a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def made(name: str) -> Iterator[Path]:
    """A folder of results that is there whole or not at all (整体产出); it was not there before.

    Raises:
        Refused: `disk_full`.
    """
    place = result(name)
    with room():
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=place.parent))
        try:
            yield draft
            try:
                draft.rename(place)
            except OSError:
                if not place.is_dir():  # another worker made the same
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def laid_out(files: dict[str, str]) -> Iterator[Path]:
    """A folder in which files stand under the names that users know (按原名排列).

    Args:
        files: name → SHA-256.

    Raises:
        Refused: `file_lost`: one is no longer there.
    """
    with room():
        (root() / "coming").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="read-", dir=root() / "coming") as folder:
            for name, sha256 in files.items():
                if not kept(sha256).is_file():
                    raise refuse("file_lost", name=name)
                os.link(kept(sha256), Path(folder) / name)
            yield Path(folder)


def contents(folder: Path) -> dict[str, int]:
    """What may be fetched of a result (可下载内容): path inside → bytes; nothing where there is no result."""
    paths = [path for pattern in ("*.xlsx", "*.jsonl", "linking/*.xlsx", "returned/**/*") for path in sorted(folder.glob(pattern))]
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths if path.is_file()}
