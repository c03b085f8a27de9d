"""The inside of the child process that reads a file nobody trusts (子进程内部).

It limits itself before it imports a reader, calls the target, and leaves what it read in a folder.
Few imports: each one costs every file that is opened.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

MEGABYTE = 1024 * 1024
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / MEGABYTE
OUTPUT_MB = 4096
GRACE_SECONDS = 5
PROGRESS = "progress"
"""File in the job's folder that says how far the child is."""
JOB = "job.json"
"""File in the job's folder that says what is to be done."""


def limit(memory_mb: int, seconds: float, output_mb: int = OUTPUT_MB) -> None:
    """Bind this process to memory, time and written bytes (限制资源).

    RLIMIT_DATA counts what is really the process's own memory; RLIMIT_AS would also count address
    space that allocators reserve and files that are mapped. The alarm ends an orphan.

    Args:
        memory_mb: largest private memory beyond what the process was born with, MB.
        output_mb: largest file it may write, MB.
        seconds: wall time after which the parent kills; the alarm rings a little later.
    """
    for kind, most in (
        (resource.RLIMIT_DATA, int((memory_mb + _data_mb()) * MEGABYTE)),
        (resource.RLIMIT_FSIZE, output_mb * MEGABYTE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)


def private_mb(pid: int) -> float:
    """Private memory that a process really holds, MB; 0 where the system does not tell."""
    pages = _pages(pid)
    return (pages[1] - pages[2]) * _PAGE_MB if pages else 0.0


def _data_mb() -> float:
    pages = _pages(os.getpid())
    return pages[5] * _PAGE_MB if pages else 0.0


def _pages(pid: int) -> list[int]:
    try:
        return [int(figure) for figure in Path(f"/proc/{pid}/statm").read_bytes().split()]
    except (OSError, ValueError):
        return []


class _Told:
    """Where this child says how far it is."""

    place: Path | None = None


def report(share: float) -> None:
    """Say how far the work is (报告进度): the parent looks now and then; outside a child nobody does.

    Args:
        share: 0 to 1.
    """
    if _Told.place is not None:
        _Told.place.write_text(f"{share:.4f}")


def _leave(folder: Path, answer: dict[str, Any]) -> None:
    (folder / "answer.json").write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")


def _write_table(table: Any, path: Path) -> None:
    if hasattr(table, "to_arrow"):  # a Polars frame, in the types that every reader of Arrow knows
        import polars as pl  # noqa: PLC0415

        table.write_ipc(path, compat_level=pl.CompatLevel.oldest())
        return
    import pyarrow as pa  # noqa: PLC0415

    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def work(job: dict[str, Any]) -> None:
    """Call the job's target and leave its answer in the job's folder (执行并留下结果)."""
    from jiadi.errors import Refusal  # noqa: PLC0415

    folder = Path(job["folder"])
    _Told.place = folder / PROGRESS
    module, _, function = job["target"].partition(":")
    try:
        tables, meta = getattr(import_module(module), function)(*job["args"])
        for number, table in enumerate(tables.values()):
            _write_table(table, folder / f"{number}.arrow")
        _leave(folder, {"tables": list(tables), "meta": meta})
    except Refusal as refusal:
        words = {"code": refusal.code, "why": refusal.why, "what_to_do": refusal.what_to_do, "law": refusal.law}
        _leave(folder, {"refusal": words, "figures": getattr(refusal, "figures", None)})
    except MemoryError:
        _leave(folder, {"failed": "memory"})
    except (ImportError, NameError):  # ours, not the file's: told as the bug it is
        _leave(folder, {"bug": traceback.format_exc()})
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        kind = "memory" if "alloc" in text.lower() and "memory" in text.lower() else "other"
        _leave(folder, {"failed": kind, "detail": f"{type(error).__name__}: {text}" if text else type(error).__name__})


def main(job: dict[str, Any]) -> NoReturn:
    """Run one job within its limits and end the process (子进程入口)."""
    limit(job["memory_mb"], job["seconds"], job["output_mb"])
    work(job)
    os._exit(0)  # readers' own clean-up may hang or crash after all is written
