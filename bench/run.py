"""How long the whole way takes: `jiadi judge` on an invented county, from files to report.

    python bench/run.py [--houses 200000] [--repeat 3] [--forms departments,columnar] [--dir DIR]

Prints seconds by stage, the median of the whole command, and the largest memory of the command and all its children together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil


def memory_of_all(process: psutil.Process) -> int:
    """Bytes that a process and its descendants hold now; shared pages are counted once."""
    held = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            held += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return held


def watched(command: list[str]) -> tuple[float, int]:
    """Run a command; seconds, and the most bytes that it and its children held together, looked at twice a second."""
    began = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        process = psutil.Process(running.pid)
        while not ended.wait(0.5):
            most = max(most, memory_of_all(process))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    status = running.wait()
    seconds = time.perf_counter() - began
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"exit {status}: {' '.join(command)}")
    return seconds, most


def measure(form: str, houses: int, repeat: int, folder: Path) -> None:
    """Write a county in one form, judge it so many times, and print."""
    county, result = folder / f"county-{form}-{houses}", folder / f"result-{form}"
    jiadi = [sys.executable, "-m", "jiadi.cli"]
    if not (county / "truth.json").exists():
        seconds, most = watched([*jiadi, "sample", str(county), "--houses", str(houses), "--seed", "7", "--dirt", "0.05", "--form", form])
        print(f"{form}: sample written in {seconds:.1f} s, {most / 2**20:,.0f} MB")
    runs = [watched([*jiadi, "judge", str(county), "-o", str(result)]) for _ in range(repeat)]
    summary: dict[str, Any] = json.loads((result / "summary.json").read_text(encoding="utf-8"))
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in summary["seconds"].items())
    seconds = statistics.median(run[0] for run in runs)
    print(f"{form}: judge {seconds:.1f} s (median of {repeat}), {max(run[1] for run in runs) / 2**20:,.0f} MB at most; last run: {stages}")


def main() -> None:
    """Measure each form."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=200_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--forms", default="departments,columnar")
    asked.add_argument("--dir", type=Path, help="keep the counties here, to measure again without writing them")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for form in options.forms.split(","):
            measure(form, options.houses, options.repeat, options.dir or Path(temporary))


if __name__ == "__main__":
    main()
