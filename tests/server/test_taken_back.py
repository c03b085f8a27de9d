"""A job that is under way says how far it is, and ends where it is taken back: nothing of it stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from jiadi.run.stages import Progress
from jiadi.server.accounts.actions import create_user, grant
from jiadi.server.accounts.queries import OPERATOR, Access, access
from jiadi.server.database import keys
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.jobs import watching
from jiadi.server.policy import actions, tasks
from jiadi.server.policy.models import Job
from jiadi.server.refusals import Refused
from tests.server.conftest import PASSWORD

COUNTY = "330802"
Work = Callable[[Access, Job, Progress], dict[str, Any]]


@pytest.fixture
def job(committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    monkeypatch.setattr(watching, "BEAT_S", 0.02)
    with seeing(EVERYWHERE):
        user = create_user(OPERATOR, "manager", "manager", PASSWORD, why="test")
        grant(OPERATOR, user, "county_manager", COUNTY, timezone.localdate(), None, "test")
        made = actions.ask(access(user, timezone.localdate()), "judge", COUNTY, {}, "测试")
    yield made


def stands(job: Job) -> Job:
    with seeing(EVERYWHERE):
        return Job.objects.get(pk=job.pk)


def cancel(job: Job) -> None:
    with seeing(EVERYWHERE):
        assert job.by is not None
        actions.cancel(access(job.by, timezone.localdate()), job)


def worked(job: Job, meanwhile: Callable[[], None]) -> None:
    """A worker does the job in a thread of its own while something else is done here."""

    def work() -> None:
        try:
            tasks.do(str(job.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        ended = worker.submit(work)
        meanwhile()
        ended.result()


def waits(progress: Progress) -> None:
    """Work that ends when it is no longer wanted, or after long."""
    for _ in range(600):
        progress("judge", 0.5)
        time.sleep(0.05)


def test_a_job_under_way_says_its_stage_and_is_taken_back(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(who: Access, held: Job, progress: Progress) -> dict[str, Any]:
        waits(progress)
        return {}

    def meanwhile() -> None:
        while (now := stands(job)).stage != "judge":
            assert now.state in ("waiting", "running")
            time.sleep(0.02)
        assert now.share == 0.5
        cancel(job)

    monkeypatch.setitem(tasks.WORK, "judge", work)
    begun = time.monotonic()
    worked(job, meanwhile)
    assert time.monotonic() - begun < 20
    now = stands(job)
    assert (now.state, now.result, now.fault) == ("cancelled", {}, {})
    with pytest.raises(Refused) as caught:
        cancel(job)
    assert caught.value.code == "job_moved"


def test_what_is_taken_back_at_the_very_end_leaves_nothing(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = keys.new()

    def work(who: Access, held: Job, progress: Progress) -> dict[str, Any]:
        actions.folder_of(run).mkdir(parents=True)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(cancel_there).result()
        return {"run": str(run)}

    def cancel_there() -> None:
        try:
            cancel(job)
        finally:
            connection.close()

    monkeypatch.setitem(tasks.WORK, "judge", work)
    tasks.do(str(job.pk))
    assert stands(job).state == "cancelled" and not actions.folder_of(run).exists()


def test_an_error_of_what_nobody_wants_is_none(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(who: Access, held: Job, progress: Progress) -> dict[str, Any]:
        with pytest.raises(watching.TakenBack):
            waits(progress)
        raise ValueError("cut off in the middle")

    monkeypatch.setitem(tasks.WORK, "judge", work)
    worked(job, lambda: cancel(job))
    assert stands(job).state == "cancelled"
