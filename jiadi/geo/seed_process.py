"""The process from which every child that reads a file is forked (子进程的母体).

An interpreter of its own would pay half a second of imports for each file, of a thousand small ones
as of one large. This one imports what a job needs once, and forks. It opens no file that nobody
trusts, so nothing can hurt it; it ends with whoever started it, or when nobody has asked for long.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from jiadi.geo import child_process

IDLE_SECONDS = 300.0
MESSAGE_BYTES = 65536


def main(number: int) -> None:
    """Fork a child for each message, and tell each one's end (母体主循环).

    Args:
        number: descriptor of the socket on which jobs come: a JSON message with the two descriptors
            of `Seed.bear`. Its end is the seed's end, and that of the children it has.
    """
    asked = socket.socket(fileno=number)
    rung, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ring)
    born: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asked.fileno(), rung], [], [], None if born else IDLE_SECONDS)
        if not ready:
            return
        if rung in ready:
            os.read(rung, MESSAGE_BYTES)
            _bury(born)
        if asked.fileno() in ready and not _bear(asked, born, (rung, ring)):
            for pid in born:
                _kill(pid)
            return


def _bury(born: dict[int, int]) -> None:
    """Tell the end of each child that has ended."""
    for pid, told in tuple(born.items()):
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            with suppress(OSError):  # nobody waits for it any more
                os.write(told, json.dumps({"ended": os.waitstatus_to_exitcode(status)}).encode())
            os.close(told)
            del born[pid]


def _bear(asked: socket.socket, born: dict[int, int], own: tuple[int, int]) -> bool:
    """Take one message; False where there will be no more. `own`: descriptors that are the seed's alone, as are those in `born`."""
    try:
        message, numbers, _, _ = socket.recv_fds(asked, MESSAGE_BYTES, 2)
    except ConnectionError:
        return False
    if not message:
        return False
    job = json.loads(message)
    sys.path[:] = job["path"]
    with suppress(Exception):  # the child meets it again, and says it
        import_module(job["module"])
    complaints, told = numbers
    gc.freeze()  # so that a child's collector does not copy every page it looks at
    pid = os.fork()
    if not pid:
        signal.set_wakeup_fd(-1)
        for number in (asked.detach(), *own, *born.values()):
            os.close(number)
        _live(complaints, told, job["folder"])
    os.close(complaints)
    born[pid] = told
    return True


def _live(complaints: int, told: int, folder: str) -> NoReturn:
    """Be the child."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(complaints, 2)
        os.close(complaints)
        job: dict[str, Any] = json.loads(Path(folder, child_process.JOB).read_text(encoding="utf-8"))
        os.environ.clear()
        os.environ.update(job["environment"])
        with suppress(FileNotFoundError):
            os.chdir(job["at"])
        held = child_process.private_mb(os.getpid())
        os.write(told, json.dumps({"pid": os.getpid(), "held_mb": held}).encode())
        os.close(told)
        child_process.main(job)
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # it may not have its own group yet
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
