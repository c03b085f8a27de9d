"""The whole of it: script/run until the server answers, a stop that ends what was begun, script/stop that leaves nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jiadi.server.accounts.roles import roles
from jiadi.server.commands import processes
from jiadi.server.database.private import APP, OWNER, Private

ROOT = Path(__file__).parent.parent.parent
CLEAN = {name: text for name, text in os.environ.items() if not name.startswith(("JIADI_", "DJANGO_"))}
STEPS = 600
"""Looks at something that comes about, a tenth of a second apart."""


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """A script of ours, with nothing of the tests' own settings."""
    command = [str(ROOT / "script" / str(words[0])), *map(str, words[1:])]
    return subprocess.run(command, capture_output=True, text=True, env=CLEAN, stdin=subprocess.DEVNULL, check=False)


def got(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def comes(about: object) -> bool:
    """Whether something becomes true, however slow the machine is."""
    for _ in range(STEPS):
        if about():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return False


def pids(var: Path) -> list[int]:
    """Every process that was started: server, worker, database."""
    noted = [json.loads(path.read_text())["pid"] for path in (var / "run").glob("*.json")]
    return [*noted, int((var / "postgres" / "data" / "postmaster.pid").read_text().split()[0])]


def with_var(var: Path) -> list[int]:
    """Processes whose words or folder name the instance, children too."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(var).encode() in words and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


@pytest.fixture
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("instance")
    for way in (folder, *folder.parents[: len(folder.parts) - 2]):
        way.chmod(way.stat().st_mode | 0o011)
    yield folder
    subprocess.run([sys.executable, "-m", "jiadi.cli", "stop", "--var", str(folder)], env=CLEAN, capture_output=True, check=False)


@pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "jiadi").exists(), reason="script/setup was never run here, and a test does not run it")
def test_run_serves_and_stop_leaves_nothing(var: Path) -> None:
    port = free_port()
    done = run("run", "--detach", "--var", var, "--port", port, "--houses", 100)
    assert done.returncode == 0, done.stdout + done.stderr
    address = f"http://127.0.0.1:{port}"
    assert got(f"{address}/healthz") == (200, "ok\n")
    assert comes(lambda: got(f"{address}/readyz")[0] == 200), got(f"{address}/readyz")
    assert (var / "result-100" / "report.html").is_file()
    accounts = json.loads((var / "keys" / "accounts.json").read_text(encoding="utf-8"))
    assert [one["role"] for one in accounts] == list(roles())
    assert all(one["username"] in done.stdout and one["password"] in done.stdout for one in accounts)
    for path in (var / "keys" / "accounts.json", var / "keys" / "secret_key", var / "keys" / "data_keys", var / "env"):
        assert path.stat().st_mode & 0o077 == 0, path
    doctor = subprocess.run([ROOT / ".venv/bin/jiadi", "doctor", "--json", "--var", var], env=CLEAN, capture_output=True, check=False)
    assert json.loads(doctor.stdout)["good"] is True and doctor.returncode == 0, doctor.stdout
    again = run("run", "--detach", "--var", var, "--port", port, "--houses", 100)
    assert again.returncode == 2 and str(port) in again.stderr

    started = pids(var)
    assert len(started) == 3 and set(started) <= {pid for pid in started if processes.born(pid)}
    answer = under_way_when_stopped(var, address)
    assert answer == 200
    assert [pid for pid in started if processes.born(pid)] == []
    assert with_var(var) == []
    with pytest.raises(urllib.error.URLError):
        got(f"{address}/healthz")


def under_way_when_stopped(var: Path, address: str) -> int:
    """Stop while a request waits for a table; the answer that it got all the same."""
    private = Private((var / "postgres").resolve())
    answers: list[int] = []
    asker = threading.Thread(target=lambda: answers.append(got(f"{address}/readyz")[0]))
    stopper = threading.Thread(target=lambda: run("stop", "--var", var))
    waiting = (
        f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP}' AND wait_event_type = 'Lock' AND query LIKE '%%last_heartbeat >%%'"
    )
    with psycopg.connect(private.url("postgres"), autocommit=True) as watcher, psycopg.connect(private.url(OWNER)) as owner:
        owner.execute("LOCK TABLE procrastinate_workers IN ACCESS EXCLUSIVE MODE")
        asker.start()
        assert comes(lambda: watcher.execute(waiting).fetchone() == (1,))
        stopper.start()
        assert comes(lambda: _refuses(address))
        owner.rollback()
    asker.join()
    stopper.join()
    return answers[0]


def _refuses(address: str) -> bool:
    try:
        got(f"{address}/healthz")
    except OSError:
        return True
    return False


def test_only_what_was_started_is_stopped(tmp_path: Path) -> None:
    """A number that was given out again belongs to somebody else."""
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "run").mkdir()
        note = tmp_path / "run" / "server.json"
        note.write_text(json.dumps({"pid": other.pid, "born": "another boot 1"}))
        assert processes.running(tmp_path, "server") == 0
        assert processes.stop(tmp_path, "server") is False
        assert other.poll() is None
        started = processes.start(tmp_path, "worker", ["sleep", "60"])
        assert processes.running(tmp_path, "worker") == started.pid
        assert processes.stop(tmp_path, "worker") is True
        assert started.wait() != 0 and other.poll() is None
        other.kill()
