"""Imports with workers of their own that are killed: what is there in the end is what one undisturbed worker would have made."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from jiadi.run import checked as run_checked
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.models import Act
from jiadi.server.database.private import APP, OWNER, Private
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.database.url import connection as described
from jiadi.server.refusals import Refused
from jiadi.server.register.models import House, Source
from jiadi.server.survey import media
from jiadi.server.survey.actions import moving, uploading
from jiadi.server.survey.models import Import
from jiadi.survey.sample import generate

LONG_S = 240
"""After so long a test gives up; nothing is measured."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Path, Private]]:
    """A database in which what is written stays, and a folder of media."""
    folder = Path(tempfile.mkdtemp(prefix="jiadi-killed-"))
    folder.chmod(0o755)
    before = {alias: connections.databases[alias] for alias in ("default", "owner") if alias in connections.databases}
    media_root = settings.MEDIA_ROOT
    with Private(folder / "pg").started() as private:
        private.create()
        for alias, role in (("default", APP), ("owner", OWNER)):
            _point(alias, connections.databases["default"] | described(private.url(role), 0))
        call_command("migrate", database="owner", verbosity=0)
        settings.MEDIA_ROOT = folder / "media"
        os.environ["JIADI_DATABASE_URL"] = private.url(APP)
        yield folder, private
        del os.environ["JIADI_DATABASE_URL"]
        settings.MEDIA_ROOT = media_root
        connections.close_all()
    for alias, held in before.items():
        _point(alias, held)
    shutil.rmtree(folder)


@pytest.fixture
def instance(served: tuple[Path, Private]) -> Path:
    """The folder of the instance."""
    return served[0]


def _point(alias: str, held: dict[str, Any]) -> None:
    connections[alias].close() if alias in connections.databases else None
    connections.databases[alias] = held
    connections[alias] = connections.create_connection(alias)


@contextlib.contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own; killed without a word at the end, with all that it started."""
    env = os.environ | {"JIADI_VAR": str(folder), "JIADI_DEMO": "true", "JIADI_HTTPS": "false"}
    command = [sys.executable, "-m", "jiadi.cli", "worker"]
    with (folder / "worker.log").open("ab") as words:
        started = subprocess.Popen(command, env=env, stdout=words, stderr=words, start_new_session=True)
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        # The worker's silence counts from now on: nobody waits for it in a test.
        with seeing(EVERYWHERE), connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def until(what: Callable[[], bool], started: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until something is so, while the worker lives."""
    end = time.monotonic() + LONG_S
    while not what():
        assert started.poll() is None and time.monotonic() < end, (folder / "worker.log").read_text(encoding="utf-8")[-2000:]
        time.sleep(0.02)


def now(held: Import) -> Import:
    with seeing(EVERYWHERE):
        return Import.objects.get(pk=held.pk)


def recording() -> bool:
    """Whether a transaction holds the lock of a county: rows are being put in."""
    with seeing(EVERYWHERE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid::bigint <> 0 AND classid <> 0)"
        )
        return bool(cursor.fetchone()[0])


def delivered(folder: Path, seed: int) -> Import:
    """An import with all files of an invented county, ordered to be checked."""
    generate(folder / f"in{seed}", houses=150, seed=seed, dirt=0.1)
    with seeing(EVERYWHERE):
        held = moving.create(NOBODY, "330802", f"交付{seed}")
        for path in sorted(path for path in (folder / f"in{seed}").rglob("*") if path.is_file()):
            uploading.take(NOBODY, held, path.name, path.stat().st_size, io.BytesIO(path.read_bytes()))
        held.refresh_from_db()
        moving.check(NOBODY, held, "zh")
    return held


def test_killed_workers_leave_what_one_worker_would_have_made(instance: Path) -> None:
    held = delivered(instance, 5)
    for stage in ("read", "link"):
        with worker(instance) as started:
            # Later is as good: a quick check is past a stage before it is told of.
            until(lambda stage=stage: now(held).stage == stage or now(held).state != "checking", started, instance)  # type: ignore[misc]
    with worker(instance) as started:
        until(lambda: now(held).state == "checked", started, instance)
    with seeing(EVERYWHERE):
        moving.accept(NOBODY, now(held), "三季度更新", [])
    for _ in range(2):
        with worker(instance) as started:
            until(lambda: recording() or now(held).state == "accepted", started, instance)
    with worker(instance) as started:
        until(lambda: now(held).state == "accepted", started, instance)
    found = now(held)
    kept = run_checked.load_links(media.result(found.tied))
    with seeing(EVERYWHERE):
        assert sorted(House.objects.values_list("key", flat=True)) == sorted(kept.houses["id"])
        assert Act.objects.filter(word="accept").count() == 1
        sources = run_checked.load(media.result(found.tied)).sources
        assert Source.objects.filter(delivery=held.pk).count() == sources.height
    assert found.summary["recorded"]["house"]["added"] == kept.houses.height > 100


def test_of_two_who_accept_the_same_import_one_is_told(instance: Path) -> None:
    with seeing(EVERYWHERE):
        held = moving.create(NOBODY, "330803", "两人同办")
        Import.objects.filter(pk=held.pk).update(state="checked")
    both, told = Barrier(2), []

    def accept() -> None:
        try:
            with seeing(EVERYWHERE):
                seen = Import.objects.get(pk=held.pk)
                both.wait()
                moving.accept(NOBODY, seen, "同意", [])
            told.append("ordered")
        except Refused as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=accept) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["import_moved", "ordered"]
    with seeing(EVERYWHERE), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'import_accept' AND lock = %s", [str(held.pk)])
        assert cursor.fetchone() == (1,)


def test_a_database_that_is_restarted_in_the_middle_loses_nothing(served: tuple[Path, Private]) -> None:
    folder, private = served
    held = delivered(folder, 6)
    with worker(folder) as started:
        until(lambda: now(held).stage != "" or now(held).state != "checking", started, folder)
        private.stop()
        private.start()
        connections.close_all()
        # Whether the worker outlives it or whoever watches it starts another one: what it had begun is ended.
        end = time.monotonic() + LONG_S
        while started.poll() is None and now(held).state == "checking" and time.monotonic() < end:
            time.sleep(0.1)
    with worker(folder) as started:
        until(lambda: now(held).state == "checked", started, folder)
    assert now(held).fault == {}
