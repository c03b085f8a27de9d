"""Jobs: done by a role that owns nothing, and taken up again where their worker was killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from procrastinate import App, PsycopgConnector

from jiadi.server.commands import working
from jiadi.server.database.private import APP, Private
from jiadi.server.jobs.queries import SILENT_S
from jiadi.server.jobs.tasks import MOST_ATTEMPTS, take_up


@pytest.fixture
def line(database: Private) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection as the app, to tables of jobs that are empty before and after."""
    with psycopg.connect(database.url(APP), autocommit=True) as app:
        app.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")
        yield app
        app.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def begun(line: psycopg.Connection[tuple[object, ...]], silent_s: float, attempts: int = 0, lock: str | None = None) -> object:
    """Id of a job that a worker has begun, which last said so long ago that it lives."""
    worker = line.execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id", [silent_s]
    ).fetchone()
    assert worker
    job = line.execute(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts, queueing_lock)
        VALUES ('default', 'some', 'doing', %s, %s, %s) RETURNING id""",
        [worker[0], attempts, lock],
    ).fetchone()
    assert job
    return job[0]


def taken_up(database: Private) -> list[int]:
    async def run() -> list[int]:
        async with App(connector=PsycopgConnector(conninfo=database.url(APP))).open_async() as app:
            return await take_up(app.job_manager)

    return asyncio.run(run())


def status(line: psycopg.Connection[tuple[object, ...]], job: object) -> object:
    row = line.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job]).fetchone()
    assert row
    return row[0]


def test_jobs_of_the_dead_run_again_and_those_of_the_living_go_on(database: Private, line: psycopg.Connection[tuple[object, ...]]) -> None:
    dead, alive = begun(line, SILENT_S + 60), begun(line, 0)
    assert taken_up(database) == [dead]
    assert (status(line, dead), status(line, alive)) == ("todo", "doing")
    assert taken_up(database) == []


def test_a_job_that_kills_every_worker_is_given_up(database: Private, line: psycopg.Connection[tuple[object, ...]]) -> None:
    deadly = begun(line, SILENT_S + 60, attempts=MOST_ATTEMPTS)
    assert taken_up(database) == []
    assert status(line, deadly) == "failed"


def test_a_job_whose_like_waits_already_is_not_doubled(database: Private, line: psycopg.Connection[tuple[object, ...]]) -> None:
    dead = begun(line, SILENT_S + 60, lock="one")
    other = begun(line, SILENT_S + 60)
    line.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock) VALUES ('default', 'some', 'one')")
    assert taken_up(database) == [other]
    assert status(line, dead) == "aborted"


WORKER = """
import sys, time, pathlib
import django
django.setup()
from procrastinate.contrib.django import app
from jiadi.server.commands import working

@app.task(name="mark")
def mark(folder):
    with open(pathlib.Path(folder) / "begun", "a") as begun:
        begun.write("begun\\n")
    while not (pathlib.Path(folder) / "go").exists():
        time.sleep(0.05)
    with open(pathlib.Path(folder) / "done", "a") as done:
        done.write("done\\n")

working.work(1, float(sys.argv[1]))
"""


def start_worker(database: Private, tmp_path: Path, stop_s: float = 15) -> subprocess.Popen[bytes]:
    """A worker in a process of its own, which knows one more job."""
    settings = {"DJANGO_SETTINGS_MODULE": "jiadi.server.settings", "JIADI_DEMO": "true", "JIADI_VAR": str(tmp_path)}
    settings |= {"JIADI_DATABASE_URL": database.url(APP), "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    return subprocess.Popen([sys.executable, "-P", "-c", WORKER, str(stop_s)], env=os.environ | settings)


def comes(about: Callable[[], bool]) -> bool:
    """Whether something becomes true, however slow the machine is."""
    for _ in range(1200):
        if about():
            return True
        time.sleep(0.05)
    return False


def test_a_killed_workers_job_is_done_by_the_next_which_ends_gracefully(
    database: Private, line: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    args = json.dumps({"folder": str(tmp_path)})
    line.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'mark', %s)", [args])
    with start_worker(database, tmp_path) as killed:
        assert comes((tmp_path / "begun").exists)
        killed.kill()
    assert not (tmp_path / "done").exists()
    line.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    with start_worker(database, tmp_path) as second:
        try:
            assert comes(lambda: (tmp_path / "begun").read_text().count("begun") == 2)
            second.send_signal(signal.SIGTERM)  # the job is under way: it may end
            (tmp_path / "go").touch()
            assert second.wait(60) == 0
        finally:
            second.kill()
    assert (tmp_path / "done").read_text() == "done\n"
    assert line.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'mark'").fetchone() == ("succeeded", 2)
    assert line.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'").fetchone() == (0,)


def test_a_worker_that_is_told_to_stop_is_gone_before_its_job_is_done_by_another(
    database: Private, line: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    args = json.dumps({"folder": str(tmp_path)})
    line.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'mark', %s)", [args])
    with start_worker(database, tmp_path, 0.5) as worker:
        try:
            assert comes((tmp_path / "begun").exists)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
        finally:
            worker.kill()
    assert line.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name = 'mark'").fetchone() == ("doing",)
    line.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    assert len(taken_up(database)) == 1
    with pytest.raises(ValueError, match="too long"):
        working.work(1, SILENT_S)
