"""Photos, documents and plates: kept unchanged, shown without place and time, and nothing half."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest
from django.conf import settings

from jiadi.errors import Refusal
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.register import plates
from jiadi.server.register.actions import media
from jiadi.server.register.models import House, Media
from jiadi.server.register.queries.media import media_of, medium

HERE = 330802005202
PDF = b"%PDF-1.4 a paper"


@pytest.fixture
def house(db: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house, and an empty folder of media."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test"):
        return House.objects.create(division=HERE, key="h", survey_code="330802005202-00001", house_number="6号", village_name="某村")


def files() -> list[str]:
    """All that lies below MEDIA_ROOT, folders of nothing apart."""
    return sorted(path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def kept(house: House, content: bytes, name: str = "a") -> Media:
    """Kept by the system itself."""
    return media.keep_media(NOBODY, "house", house.id, io.BytesIO(content), name, "survey")


def photo(place: bool = True) -> bytes:
    """A photo as a phone takes it, on its side, with time and place."""
    image = pytest.importorskip("PIL.Image")
    tags = pytest.importorskip("PIL.ExifTags")
    exif = image.Exif()
    if place:
        exif[tags.Base.Orientation] = 6
        exif.get_ifd(tags.IFD.Exif)[tags.Base.DateTimeOriginal] = "2025:06:30 08:15:00"
        exif.get_ifd(tags.IFD.GPSInfo).update(
            {
                tags.GPS.GPSLatitudeRef: "N",
                tags.GPS.GPSLatitude: (28.0, 57.0, 36.0),
                tags.GPS.GPSLongitudeRef: "E",
                tags.GPS.GPSLongitude: (118.0, 51.0, 0.0),
            }
        )
    out = io.BytesIO()
    image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_is_kept_as_it_is_and_shown_without_where_and_when(house: House) -> None:
    content = photo()
    row = kept(house, content)
    assert (row.taken_at, row.longitude_deg, row.latitude_deg) == ("2025:06:30 08:15:00", 118.85, 28.96)
    assert media.path_of(row.sha256).read_bytes() == content
    shown = media.path_of(row.shown_sha256).read_bytes()
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(shown)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((20, 40), {})
    assert b"Exif" in content and b"Exif" not in shown
    assert files() == sorted([row.sha256, row.shown_sha256])


def test_a_photo_without_camera_says_nothing(house: House) -> None:
    row = kept(house, photo(place=False))
    assert (row.taken_at, row.longitude_deg, row.latitude_deg) == (None, None, None)


def test_a_document_is_kept_once_under_its_hash(house: House) -> None:
    one, two = kept(house, PDF, "证书.pdf"), kept(house, PDF)
    assert one.sha256 == two.sha256 == one.shown_sha256 == hashlib.sha256(PDF).hexdigest()
    assert files() == [one.sha256]
    assert [row.name for row in media_of(EVERYWHERE, house.id)] == ["证书.pdf", "a"]
    assert medium(EVERYWHERE, one.id) == one
    assert medium(Scope.of(["330803"]), one.id) is None


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"<svg onload=alert(1)>", "kind_not_taken"), (b"", "kind_not_taken"), (b"%PDF-" + b"x" * (101 << 20), "too_large")],
)
def test_what_is_not_taken_leaves_nothing(house: House, content: bytes, code: str) -> None:
    with pytest.raises(Refusal) as told:
        kept(house, content, "a.jpg")
    assert (told.value.code, files(), Media.objects.count()) == (code, [], 0)


def test_a_broken_photo_leaves_nothing(house: House) -> None:
    pytest.importorskip("PIL.Image")
    with pytest.raises(Refusal) as told:
        kept(house, b"\xff\xd8\xff broken")
    assert (told.value.code, files(), Media.objects.count()) == ("photo_unreadable", [], 0)


def full(number: int) -> None:
    """A disk that is full."""
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_nothing_half(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Refusal) as told:
        kept(house, PDF)
    assert (told.value.code, files(), Media.objects.count()) == ("disk_full", [], 0)


def test_a_plate_leads_to_the_file(house: House) -> None:
    said = plates.page([house], "https://jiadi.example")
    assert said.count("<svg") == 1 and "6号" in said and "某村" in said
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", said), "nothing is fetched from elsewhere"
    assert plates.page([house] * 3, "https://jiadi.example", "en").count("<section>") == 3
