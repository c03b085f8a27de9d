"""Children that are forked from one process that has imported what they need (由母体派生子进程)."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiadi.geo.child_process import JOB
from jiadi.geo.seed_process import MESSAGE_BYTES

_START = "import sys; sys.path[:] = {path!r}; from jiadi.geo.seed_process import main; main({number})"
# One allocator and one thread a library: their pools would count against a child's limit.
QUIET = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "RUST_BACKTRACE": "0",
}
LOST = -signal.SIGKILL
_TRIES = 3
_PATIENCE = 2.0


@dataclass(slots=True, eq=False)
class Child:
    """A process that does one job (子进程).

    Args:
        told: where the seed tells its end.
        pid: its number, which is that of its group as well.
        held_mb: private memory that it was born with, MB.
        returncode: as of `subprocess.Popen`; None until it has ended.
    """

    told: socket.socket
    pid: int
    held_mb: float
    returncode: int | None = None

    def ended(self, seconds: float) -> bool:
        """Wait for its end, not longer than so many seconds; whether it has ended."""
        if self.returncode is None and select.select([self.told], [], [], seconds)[0]:
            said = self.told.recv(MESSAGE_BYTES)
            if not said:  # the seed is gone, and nobody else would end the child before its alarm
                self.kill()
            self.returncode = json.loads(said)["ended"] if said else LOST
        return self.returncode is not None

    def kill(self) -> None:
        """End it at once, with whatever it started."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, wait until it has ended, and let go of it."""
        self.kill()
        while not self.ended(1.0):
            pass
        self.told.close()


class Seed:
    """The process that imports for all children and forks them; started when first needed (母体).

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def bear(self, job: dict[str, Any], complaints: int) -> Child:
        """Fork a child for a job (派生子进程).

        Args:
            job: as `child_process.main` takes it; it is left in its folder for the child.
            complaints: descriptor of a file, the child's standard error.
        """
        job |= {"environment": {**os.environ, **QUIET}, "at": _here()}
        Path(job["folder"], JOB).write_text(json.dumps(job, default=os.fspath), encoding="utf-8")
        for _ in range(_TRIES):
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs, self._lock:
                self._send({"module": job["target"].partition(":")[0], "folder": job["folder"]}, [complaints, theirs.fileno()])
            if said := ours.recv(MESSAGE_BYTES):
                told = json.loads(said)
                return Child(ours, told.get("pid", 0), told.get("held_mb", 0.0), told.get("ended"))
            ours.close()  # the seed ended, idle or by force, before it took the message
        return Child(ours, 0, 0.0, LOST)

    def end(self) -> None:
        """End the seed and all its children."""
        with self._lock:
            if self._asked is not None and self._process is not None:
                self._asked.close()
                try:
                    self._process.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._asked = self._process = None

    def forget(self) -> None:
        """Leave the seed to the process that started it: in one that was forked from that."""
        self.__init__()  # type: ignore[misc]

    def _send(self, asked: dict[str, str], numbers: list[int]) -> None:
        message = json.dumps({"path": sys.path, **asked}).encode()
        for _ in range(_TRIES):
            if self._asked is None:
                self._start()
            assert self._asked is not None
            try:
                socket.send_fds(self._asked, [message], numbers)
                return
            except ConnectionError:
                self._asked.close()
                self._asked = None
        raise BrokenPipeError("the process that forks readers ends as soon as it is started")

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", "-W", "ignore", "-c", _START.format(path=sys.path, number=theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **QUIET},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._asked = ours


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # taken away while we stand in it
        return os.sep


SEED = Seed()
atexit.register(SEED.end)
os.register_at_fork(after_in_child=SEED.forget)
