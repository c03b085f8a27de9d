"""Reading what nobody trusts, in a child process with limits (在受限子进程中读取).

A small workbook can abort its parser beyond the reach of `except`; a map file can name a network
address. So every untrusted file is opened in a process of its own that is bound to memory and time;
whatever happens there ends as an `Answer` or as a refusal.

Codes raised: `limit_time`, `limit_memory`, `reader_crashed`, `unreadable` (words in both languages
in `geo.reasons`), and whatever refusal the target itself raises.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jiadi.errors import Refusal
from jiadi.geo.child_process import OUTPUT_MB, PROGRESS, private_mb
from jiadi.geo.reasons import REASONS, ReadRefusal
from jiadi.geo.seed import SEED, Child

MEMORY_MB = 900
SECONDS = 10.0
_TICK = 0.01
_LISTEN = 0.2
_RUNNING: set[Child] = set()
_OUT_OF_MEMORY = ("memory allocation of", "bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child has read (子进程的结果).

    Args:
        tables: Arrow tables by name, mapped from disk, as the target returned them.
        meta: whatever else the target returned, as JSON carries it.
    """

    tables: dict[str, pa.Table]
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One read to be done (一次读取): see `run_limited` for the parts."""

    target: str
    args: tuple[object, ...]
    memory_mb: int = MEMORY_MB
    seconds: float = SECONDS


def run_limited(
    target: str,
    *args: object,
    memory_mb: int = MEMORY_MB,
    seconds: float = SECONDS,
    output_mb: int = OUTPUT_MB,
    progress: Callable[[float], None] | None = None,
) -> Answer:
    """Call a function in a child process that may crash, hang or swell without harm (受限运行).

    Safe to call from several threads at once; each call is its own process.

    Args:
        target: `package.module:function`. It returns `(tables, meta)`: a dict of Arrow tables or
            Polars frames, and a dict that JSON can carry; it may raise a `Refusal`.
        args: plain values that JSON can carry; a path becomes a string.
        memory_mb: most private memory that the job itself takes, MB.
        seconds: most wall time.
        output_mb: largest file that it may write, MB.
        progress: told now and then how far the child says it is, 0 to 1.

    Returns:
        The tables and the rest.

    Raises:
        Refusal: `limit_time`, `limit_memory`, `reader_crashed`, `unreadable`, or the target's own.

    >>> run_limited("jiadi.geo.child:echo", "宗地").meta
    {'args': ['宗地']}
    """
    with tempfile.TemporaryDirectory(prefix="jiadi-") as name:
        folder = Path(name)
        job = {"target": target, "args": args, "memory_mb": memory_mb, "seconds": seconds, "output_mb": output_mb}
        job |= {"folder": name, "path": sys.path}
        with (folder / "stderr").open("wb") as complaints:
            child = SEED.bear(job, complaints.fileno())
            _RUNNING.add(child)
            try:
                reason = _watch(child, memory_mb, time.monotonic() + seconds, _Listener(folder / PROGRESS, progress))
            finally:
                _RUNNING.discard(child)
                child.close()
        if reason:
            raise ReadRefusal(reason, seconds=f"{seconds:g}", memory_mb=memory_mb)
        assert child.returncode is not None
        return _collect(folder, child.returncode, memory_mb, seconds)


def stop_all() -> None:
    """End every child at once (终止全部子进程): whoever waits for one sees it as crashed."""
    for child in tuple(_RUNNING):
        child.kill()


class _Listener:
    """Looks now and then how far a child says it is."""

    def __init__(self, place: Path, progress: Callable[[float], None] | None) -> None:
        self.place, self.progress, self.next = place, progress, 0.0

    def listen(self) -> None:
        if self.progress is None or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + _LISTEN
        try:
            self.progress(min(max(float(self.place.read_text()), 0.0), 1.0))
        except (OSError, ValueError):  # not said yet, or half written
            return


def run_together(jobs: Sequence[Job], workers: int = 2) -> list[Answer | Refusal]:
    """Read several files at once, each in its own child (并行读取).

    Args:
        jobs: what to read.
        workers: children at work at the same time.

    Returns:
        For each job, in its order, the answer or the refusal; a refused file stops no other.

    >>> [len(answer.meta) for answer in run_together([Job("jiadi.geo.child:echo", (1,))])]
    [1]
    """

    def one(job: Job) -> Answer | Refusal:
        try:
            return run_limited(job.target, *job.args, memory_mb=job.memory_mb, seconds=job.seconds)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, jobs))


def echo(*args: object) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Give back what was asked: a target that shows that children work (回显).

    >>> echo(1)
    ({}, {'args': [1]})
    """
    return {}, {"args": list(args)}


def echo_columns(columns: dict[str, list[object]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give back columns as an Arrow table and as a Polars frame: a target that shows that tables travel (回显列).

    >>> echo_columns({"number": [1]})[1]
    {'columns': ['number']}
    """
    import polars as pl  # noqa: PLC0415  # only children that use it pay for it

    return {"arrow": pa.table(columns), "polars": pl.DataFrame(columns)}, {"columns": list(columns)}


def _watch(child: Child, memory_mb: int, deadline: float, listener: _Listener) -> str:
    """Wait for the child's end; the code of the limit that it broke, or ""."""
    while not child.ended(_TICK):
        if time.monotonic() > deadline:
            return "limit_time"
        if private_mb(child.pid) - child.held_mb > memory_mb:
            return "limit_memory"
        listener.listen()
    return ""


def _collect(folder: Path, returncode: int, memory_mb: int, seconds: float) -> Answer:
    said = (folder / "stderr").read_bytes()[:65536].decode("utf-8", "replace")
    path = folder / "answer.json"
    if returncode == -signal.SIGALRM:
        raise ReadRefusal("limit_time", seconds=f"{seconds:g}")
    if returncode != 0 or not path.exists():
        if any(words in said for words in _OUT_OF_MEMORY):
            raise ReadRefusal("limit_memory", memory_mb=memory_mb)
        raise ReadRefusal("reader_crashed", signal=signal.Signals(-returncode).name if returncode < 0 else f"exit {returncode}")
    answer = json.loads(path.read_text(encoding="utf-8"))
    if "bug" in answer:
        raise RuntimeError(answer["bug"])
    if answer.get("failed") == "memory":
        raise ReadRefusal("limit_memory", memory_mb=memory_mb)
    if "failed" in answer:
        raise ReadRefusal("unreadable", detail=answer["detail"])
    if "refusal" in answer:
        words = answer["refusal"]
        if answer["figures"] is not None and words["code"] in REASONS:
            raise ReadRefusal(words["code"], **answer["figures"])
        raise Refusal(**words)
    return Answer({name: _map(folder / f"{number}.arrow") for number, name in enumerate(answer["tables"])}, answer["meta"])


def _map(path: Path) -> pa.Table:
    # The mapping outlives the file's name, so the folder can go at once.
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
