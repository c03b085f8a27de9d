"""Processes that were started and can be stopped again, and no other (进程)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

KILLED_AFTER_S = 40
"""Longer than a server or a worker takes to end what it has begun."""


def start(folder: Path, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a process of its own session, with its words in a file, and note who it is (启动并登记).

    Args:
        folder: of the instance: `run/NAME.json` holds the process, `log/NAME.log` its words.
        name: of the process.
        command: its words.
    """
    for part in ("run", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with (folder / "log" / f"{name}.log").open("ab") as words:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True)
    note = folder / "run" / f"{name}.json"
    note.write_text(json.dumps({"pid": started.pid, "born": born(started.pid)}), encoding="utf-8")
    return started


def born(pid: int) -> str:
    """When a process began, as this boot of the machine counts; "" where there is none: a number is given out again, this is not.

    >>> born(os.getpid()) == born(os.getpid()) != ""
    True
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if told[0] == "Z" else f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {told[19]}"
    except OSError:
        return ""


def running(folder: Path, name: str) -> int:
    """Number of the process that was started under a name and still runs; 0 where none does (在运行的进程)."""
    try:
        noted = json.loads((folder / "run" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    return int(noted["pid"]) if noted["born"] and noted["born"] == born(noted["pid"]) else 0


def stop(folder: Path, name: str) -> bool:
    """End the process that was started under a name: it may finish what it has begun (停止).

    Returns:
        Whether one ran.
    """
    pid = running(folder, name)
    if pid:
        os.kill(pid, signal.SIGTERM)
        for _ in range(KILLED_AFTER_S * 20):
            if not running(folder, name):
                break
            time.sleep(0.05)
        else:
            os.killpg(pid, signal.SIGKILL)
    (folder / "run" / f"{name}.json").unlink(missing_ok=True)
    return bool(pid)
