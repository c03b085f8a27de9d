"""Files that come in (收文件): in pieces or at once, never half, none larger than allowed."""

from __future__ import annotations

import contextlib
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, Final

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.environment import value
from jiadi.server.logs import washed
from jiadi.server.refusals import Refused, refuse
from jiadi.server.survey import media
from jiadi.server.survey.actions.moving import about, changed
from jiadi.server.survey.models import File, Import

MOST_FILES: Final = 2000
MOST_NAME: Final = 200
"""Bytes of a name, as file systems count."""


def most_bytes() -> int:
    """Size of the largest file that is taken (单个文件上限)."""
    return int(value("JIADI_UPLOAD_MB")) << 20


def plain_name(name: str) -> str:
    """A file's name without folders, what no name needs, and persons' numbers (规范文件名); "" where nothing is left.

    >>> plain_name("C:\\\\表\\\\户籍.xlsx"), plain_name("../../etc/passwd"), plain_name(".."), plain_name("a\\x00b.csv")
    ('户籍.xlsx', 'passwd', '', 'ab.csv')
    """
    last = PurePosixPath(PureWindowsPath(name).name).name if name.strip() else ""
    kept = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C").strip()
    kept = washed(kept)
    return "" if kept.startswith(".") or len(kept.encode()) > MOST_NAME else kept


def begin(access: Access, held: Import, name: str, size: int) -> File:
    """Announce a file (登记上传).

    Args:
        access: of who sends; `held`: the import; `name`: of the file, folders are cut off.
        size: in bytes.

    Raises:
        Refused: `file_name`, `file_empty`, `file_too_large`, `files_too_many`, `import_moved`.
    """
    if not held.resting:
        raise refuse("import_moved")
    if not (kept := plain_name(name)):
        raise refuse("file_name")
    if size < 1:
        raise refuse("file_empty", name=kept)
    if size > most_bytes():
        raise refuse("file_too_large", most=value("JIADI_UPLOAD_MB"))
    if File.objects.filter(of=held).count() >= MOST_FILES:
        raise refuse("files_too_many", most=MOST_FILES)
    return File.objects.create(division=held.division, of=held, name=kept, bytes=size)


def add(access: Access, file: File, offset: int, source: IO[bytes]) -> File:
    """Take the next piece of a file (续传).

    Args:
        access: of who sends; `file`: on its way.
        offset: where the piece begins, as the sender believes.
        source: of the bytes. Where it breaks off, what came until then stays and is not sent again.

    Returns:
        The file; with its last byte it is whole, takes the place of an older one of its name, and must be checked.

    Raises:
        Refused: `upload_offset`, `upload_done`, `disk_full`, `import_moved`.
    """
    held = File.objects.select_for_update().get(pk=file.pk)
    if held.sha256:
        raise refuse("upload_done")
    if offset != held.received:
        raise refuse("upload_offset", received=held.received)
    held.received = media.append(media.coming(held.pk), held.received, source, held.bytes - held.received)
    if held.received == held.bytes:
        _arrived(access, held)
    held.save()
    return held


def _arrived(access: Access, file: File) -> None:
    file.sha256 = media.keep(media.coming(file.pk))
    File.objects.filter(of=file.of_id, name=file.name).exclude(pk=file.pk).exclude(sha256="").delete()
    changed(file.of)
    with acting(access, "upload", **about(file.of)) as doing:
        doing.detail |= {"file": file.name, "bytes": file.bytes, "sha256": file.sha256}


def take(access: Access, held: Import, name: str, size: int, source: IO[bytes]) -> File:
    """Take a file that comes at once, by a plain form (整个上传).

    Raises:
        Refused: as `begin` and `add`; nothing of it stays then.
    """
    file = begin(access, held, name, size)
    try:
        return add(access, file, 0, source)
    except Refused:
        with contextlib.suppress(OSError):
            media.coming(file.pk).unlink(missing_ok=True)
        raise


def remove(access: Access, file: File) -> None:
    """Take a file out of an import (移除文件). What other imports have of the same content stays.

    Raises:
        Refused: `import_moved`.
    """
    changed(file.of)
    media.coming(file.pk).unlink(missing_ok=True)
    with acting(access, "remove_file", **about(file.of)) as doing:
        doing.detail |= {"file": file.name, "sha256": file.sha256}
    file.delete()
