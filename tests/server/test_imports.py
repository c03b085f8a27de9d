"""Imports from upload to acceptance and back, the job's own functions called in this process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register.models import House
from jiadi.server.survey import tasks
from jiadi.server.survey.actions import moving, uploading
from jiadi.server.survey.models import Import
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
    monkeypatch.setattr(tasks, "_own_connection", lambda: __import__("contextlib").nullcontext())
    monkeypatch.setattr(tasks.Watch, "beat", lambda self: None)


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
