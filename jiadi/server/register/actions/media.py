"""Photos and documents (影像与附件入档): kept unchanged under the hash of their content, shown without what the camera wrote."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database import keys
from jiadi.server.database.scope import Scope
from jiadi.server.refusals import refuse
from jiadi.server.register import queries
from jiadi.server.register.actions.allowed import require, seen
from jiadi.server.register.actions.descent import TABLES
from jiadi.server.register.models import Media

PHOTO_MB, DOCUMENT_MB = 30, 100
MOST_PIXELS = 100_000_000
"""A small file can unfold to a picture that no memory holds."""
BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera wrote into a photo (拍摄信息): its own clock, WGS 84; None where it wrote nothing."""

    taken_at: str | None = None
    longitude_deg: float | None = None
    latitude_deg: float | None = None


def keep_media(access: Access, table: str, subject_id: UUID, content: IO[bytes], name: str, why: str) -> Media:
    """Keep a photo or a document of a row (入档), in the open transaction.

    The same file twice is stored once. A file that could not be written whole leaves nothing; one whose transaction is taken back
    stays on disk without a row, which harms nobody.

    Args:
        access: of who keeps it.
        table: `house`, `parcel` or `household`; `subject_id`: of the row.
        content: the file; its kind is told by how it begins, not by its name.
        name: as it is called.
        why: of the act.

    Raises:
        Refusal: `no_such_row`, `outside_scope`, `kind_not_taken`, `too_large`, `photo_unreadable`, `disk_full`.
    """
    subject = queries.known(TABLES[table], seen(access)).filter(id=subject_id).first()
    if subject is None:
        raise refuse("no_such_row")
    require(access, "survey", Scope.joined([(subject.division, subject.division + 1)]))
    with _incoming() as folder:
        file = folder / "file"
        digest, size, kind = _received(content, file)
        shown, camera = (folder / "shown", _stripped(file, folder / "shown", kind)) if kind in FORMATS else (file, Camera())
        shown_digest = _digest(shown)
        for one, said in ((shown, shown_digest), (file, digest)):
            if one.exists():
                _place(one, path_of(said))
    made = Media(
        id=keys.new(), division=subject.division, table=table, subject_id=subject_id, sha256=digest, shown_sha256=shown_digest,
        size_bytes=size, media_type=kind, name=name[:200], taken_at=camera.taken_at, longitude_deg=camera.longitude_deg,
        latitude_deg=camera.latitude_deg,
    )  # fmt: skip
    with acting(access, "keep_media", why=why, division=subject.division, subject=table, subject_id=subject_id) as doing:
        doing.detail["sha256"] = digest
        made.save(force_insert=True)
    return made


def path_of(digest: str) -> Path:
    """Where the file of a hash lies (存放位置)."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest[2:4] / digest


@contextmanager
def _incoming() -> Iterator[Path]:
    """A folder beside the others, so that moving out of it is one step; nothing of it stays."""
    folder = Path(settings.MEDIA_ROOT) / "incoming" / secrets.token_hex(16)
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise refuse("disk_full") from error
    finally:
        for one in folder.glob("*"):
            one.unlink(missing_ok=True)
        if folder.exists():
            folder.rmdir()


def _received(content: IO[bytes], file: Path) -> tuple[str, int, str]:
    """Write it down: its hash, size and kind."""
    digest, size = hashlib.sha256(), 0
    part = content.read(PART)
    kind = next((kind for beginning, kind in BEGINNINGS.items() if part.startswith(beginning)), "")
    if not kind:
        raise refuse("kind_not_taken")
    most = PHOTO_MB if kind in FORMATS else DOCUMENT_MB
    with file.open("xb") as out:
        while part:
            size += len(part)
            if size > most << 20:
                raise refuse("too_large", most=f"{most} MB")
            digest.update(part)
            out.write(part)
            part = content.read(PART)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size, kind


def _stripped(file: Path, shown: Path, kind: str) -> Camera:
    """Write the picture alone, turned as the camera held it; what the camera wrote is given back."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  only photos need it

    try:
        with Image.open(file, formats=[FORMATS[kind]]) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                raise refuse("too_large", most=f"{MOST_PIXELS:,} px")
            camera = _camera(photo)
            picture = ImageOps.exif_transpose(photo)
            clean = Image.new(picture.mode, picture.size)
            clean.paste(picture)
            if picture.mode == "P":
                clean.putpalette(picture.getpalette() or [])
            clean.save(shown, FORMATS[kind], **({"quality": 90} if kind == "image/jpeg" else {}))
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise refuse("photo_unreadable") from error
    return camera


def _camera(photo: Any) -> Camera:
    from PIL import ExifTags  # noqa: PLC0415

    exif = photo.getexif()
    taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    longitude = _degrees(place.get(ExifTags.GPS.GPSLongitude), place.get(ExifTags.GPS.GPSLongitudeRef) == "W")
    latitude = _degrees(place.get(ExifTags.GPS.GPSLatitude), place.get(ExifTags.GPS.GPSLatitudeRef) == "S")
    return Camera(str(taken)[:40] if taken else None, longitude, latitude)


def _degrees(parts: Any, negative: bool) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    found = degrees + minutes / 60 + seconds / 3600
    return round(-found if negative else found, 7) if 0 <= found <= 180 else None


def _digest(file: Path) -> str:
    with file.open("rb") as held:
        return hashlib.file_digest(held, "sha256").hexdigest()


def _place(file: Path, target: Path) -> None:
    """Move it where it belongs, in one step that a power cut does not halve."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with file.open("rb") as held:
        os.fsync(held.fileno())
    file.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
