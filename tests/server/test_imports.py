"""Imports from upload to acceptance and back, the job's own functions called in this process."""

from __future__ import annotations

import contextlib
import io
import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.refusals import Refused
from jiadi.server.register.models import House
from jiadi.server.survey import media, tasks
from jiadi.server.survey.actions import deciding, moving, uploading
from jiadi.server.survey.actions.checking import MAPPING, WAITING
from jiadi.server.survey.models import Decision, File, Import
from jiadi.survey.sample import generate

COUNTY = "330802"


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    generate(folder, houses=60, seed=5, dirt=0.1)
    return folder


@pytest.fixture
def kept_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run in the test's own transaction."""
    monkeypatch.setattr(tasks, "_own_connection", contextlib.nullcontext)


def new(county: Path, title: str = "三季度交付") -> Import:
    held = moving.create(NOBODY, COUNTY, title)
    for path in sorted(path for path in county.rglob("*") if path.is_file()):
        uploading.take(NOBODY, held, path.name, path.stat().st_size, io.BytesIO(path.read_bytes()))
    held.refresh_from_db()
    return held


def run(held: Import, task: Any = tasks.import_check) -> Import:
    task(str(held.pk), held.attempt, None)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    return held


def checked(county: Path) -> Import:
    held = new(county)
    moving.check(NOBODY, held, "zh")
    return run(held)


@pytest.fixture
def ready(db: Private, kept_media: Path, at_once: None) -> Iterator[None]:
    narrow(EVERYWHERE)
    yield


def test_from_files_to_the_register_and_back(ready: None, county: Path) -> None:
    held = checked(county)
    assert (held.state, held.fault) == ("checked", {})
    assert held.summary["changes"]["house"]["added"] == held.summary["houses"] > 50
    moving.accept(NOBODY, held, "三季度更新", [])
    run(held, tasks.import_accept)
    assert (held.state, held.fault) == ("accepted", {})
    assert House.objects.count() == held.summary["houses"] == held.summary["recorded"]["house"]["added"]
    moving.undo(NOBODY, held, "交错了县")
    run(held, tasks.import_undo)
    assert (held.state, held.summary["left"], House.objects.count()) == ("undone", [], 0)


def test_a_piece_is_taken_where_the_last_one_ended(ready: None) -> None:
    held = moving.create(NOBODY, COUNTY, "分片")
    file = uploading.begin(NOBODY, held, "../户籍.csv", 10)
    assert file.name == "户籍.csv"
    assert uploading.add(NOBODY, file, 0, io.BytesIO(b"01234")).received == 5
    with pytest.raises(Refused) as refused:
        uploading.add(NOBODY, file, 0, io.BytesIO(b"01234"))
    assert (refused.value.code, refused.value.filled) == ("upload_offset", {"received": 5})
    whole = uploading.add(NOBODY, file, 5, io.BytesIO(b"56789 and more"))
    assert (whole.received, media.kept(whole.sha256).read_bytes()) == (10, b"0123456789")
    with pytest.raises(Refused, match="in full already"):
        uploading.add(NOBODY, file, 10, io.BytesIO(b""))


def test_what_was_sent_before_the_connection_broke_is_kept(ready: None) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if not (piece := super().read(3)):
                raise ConnectionResetError
            return piece

    held = moving.create(NOBODY, COUNTY, "断线")
    file = uploading.begin(NOBODY, held, "a.csv", 12)
    assert uploading.add(NOBODY, file, 0, Broken(b"0123456")).received == 7
    # What was written after the last certain byte, and never told, goes.
    with media.coming(file.pk).open("ab") as behind:
        behind.write(b"xxx")
    assert media.kept(uploading.add(NOBODY, file, 7, io.BytesIO(b"789ab")).sha256).read_bytes() == b"0123456789ab"


def test_a_full_disk_leaves_nothing_half_and_the_upload_goes_on(ready: None) -> None:
    held = moving.create(NOBODY, COUNTY, "磁盘满")
    size, first = 3 << 20, 1 << 19
    file = uploading.begin(NOBODY, held, "a.bin", size)
    uploading.add(NOBODY, file, 0, io.BytesIO(bytes(first)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(Refused) as refused:
            uploading.add(NOBODY, file, first, io.BytesIO(bytes(size)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.code == "disk_full" and media.coming(file.pk).stat().st_size == first
    assert uploading.add(NOBODY, file, first, io.BytesIO(bytes(size))).sha256


HUGE = 1 << 40


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [("", 5, "file_name"), (".hidden", 5, "file_name"), ("a.csv", 0, "file_empty"), ("a.csv", HUGE, "file_too_large")],
)
def test_what_cannot_be_taken_is_told_before_it_comes(ready: None, name: str, size: int, code: str) -> None:
    held = moving.create(NOBODY, COUNTY, "不收")
    with pytest.raises(Refused) as refused:
        uploading.begin(NOBODY, held, name, size)
    assert refused.value.code == code


def test_hostile_files_are_refused_with_their_reason(ready: None) -> None:
    held = moving.create(NOBODY, COUNTY, "恶意")
    for name, content in (("a.vrt", b"<OGRVRTDataSource/>"), ("b.xlsx", b"<html>"), ("c.zip", b"PK\x03\x04 broken")):
        uploading.take(NOBODY, held, name, len(content), io.BytesIO(content))
    moving.check(NOBODY, held, "zh")
    run(held)
    assert (held.state, held.fault["code"], held.tied) == ("failed", "nothing_usable", "")
    assert all(entry["status"] == "refused" and entry["reason"] for entry in held.summary["files"]) and len(held.summary["files"]) == 3


def test_a_check_that_was_cancelled_writes_nothing(ready: None, county: Path) -> None:
    held = new(county)
    moving.check(NOBODY, held, "zh")
    attempt = held.attempt
    moving.cancel(NOBODY, held)
    tasks.import_check(str(held.pk), attempt, None)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    assert (held.state, held.checked, list((media.root() / "results").glob("*"))) == ("open", "", [])


def test_a_change_after_the_preview_must_be_looked_at(ready: None, county: Path) -> None:
    first, second = checked(county), checked(county)
    moving.accept(NOBODY, first, "先到", [])
    run(first, tasks.import_accept)
    moving.accept(NOBODY, second, "后到", [])
    run(second, tasks.import_accept)
    assert (second.state, second.fault["code"]) == ("checked", "preview_stale")
    moving.check(NOBODY, second, "zh")
    run(second)
    assert (second.state, second.summary["changes"]["house"]["same"]) == ("checked", first.summary["houses"])


def test_rows_of_another_place_are_told(ready: None, county: Path) -> None:
    held = new(county)
    held.code, held.division = "330803", 330803000000
    Import.objects.filter(pk=held.pk).update(code=held.code, division=held.division)
    File.objects.filter(of=held).update(division=held.division)
    moving.check(NOBODY, held, "zh")
    run(held)
    assert (held.state, held.fault["code"]) == ("failed", "import_outside")


def test_columns_and_links_are_taken_as_persons_say(ready: None, county: Path) -> None:
    held = checked(county)
    sheets = deciding.sheets_of(json.loads((media.result(held.checked) / MAPPING).read_text(encoding="utf-8")))
    place, sheet = next((place, one) for place, one in enumerate(sheets) if one.table == "house")
    row = next(row for row, one in enumerate(sheet.headings) if one.column == "house_number")
    deciding.remap(NOBODY, held, sheets, {(place, row): ""})
    assert held.state == "open" and "house_number" not in held.profile.partition("table: house ")[2].partition("table:")[0]
    waiting = pl.read_parquet(media.result(held.tied) / WAITING)
    one = waiting.row(0, named=True)
    pair = (one["kind"], one["left_id"], one["right_id"])
    assert deciding.decide(NOBODY, held, {pair: "different"}, {pair: one["check"]}, "不是一家") == 1
    Decision.objects.update(by="张三")  # the system itself signs nothing
    held.profile = ""
    held.save()
    moving.check(NOBODY, held, "zh")
    run(held)
    assert (held.state, held.summary["decisions"]["applied"]) == ("checked", 1)
