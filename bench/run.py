"""How long the whole way takes: `jiadi judge` on an invented county, from files to report, with and without findings.xlsx.

    python bench/run.py [--houses 200000] [--repeat 3] [--forms departments,columnar,geopackage] [--without findings.xlsx] [--dir DIR]

Prints the median of the whole command, processor seconds, the largest memory of the command and all its children together, and
seconds by stage.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import psutil

from jiadi.register.export import export


def memory_of_all(process: psutil.Process) -> int:
    """Bytes that a process and its descendants hold now; shared pages are counted once."""
    held = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            held += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return held


def watched(command: list[str]) -> tuple[float, float, int]:
    """Run a command; seconds, processor seconds, and the most bytes that it and its children held together, looked at twice a second."""
    began, used = time.perf_counter(), processor_seconds()
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
    return seconds, processor_seconds() - used, most


def processor_seconds() -> float:
    """Processor time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def jiadi(*words: object) -> list[str]:
    """A command of Jiadi."""
    return [sys.executable, "-m", "jiadi.cli", *map(str, words)]


def county_of(form: str, houses: int, folder: Path) -> Path:
    """The county in a form, written where it is not there yet; GeoPackages are made of the columnar one."""
    county = folder / f"county-{form}-{houses}"
    if form == "geopackage":
        if not county.exists():
            geopackages(county_of("columnar", houses, folder), county)
        return county
    if not (county / "truth.json").exists():
        seconds, used, most = watched(jiadi("sample", county, "--houses", houses, "--seed", 7, "--dirt", 0.05, "--form", form))
        print(f"{form}: sample written in {seconds:.1f} s, {used:.1f} processor seconds, {most / 2**20:,.0f} MB", flush=True)
    return county


def geopackages(columnar: Path, county: Path) -> None:
    """Each list of a columnar county as a GeoPackage with the headings that departments use."""
    draft = county.with_name(f"{county.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for path in sorted(columnar.glob("*.parquet")):
        export(draft / f"{path.stem}.gpkg", path.stem, pl.read_parquet(path))
    for manifest in columnar.glob("*.yaml"):
        shutil.copy(manifest, draft)
    draft.rename(county)


def measure(form: str, county: Path, repeat: int, result: Path, without: str) -> None:
    """Judge a county so many times, and print."""
    left_out = ["--without", without] if without else []
    runs = [watched(jiadi("judge", county, "-o", result, *left_out)) for _ in range(repeat)]
    summary: dict[str, Any] = json.loads((result / "summary.json").read_text(encoding="utf-8"))
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in summary["seconds"].items())
    seconds, used = (statistics.median(run[place] for run in runs) for place in (0, 1))
    most = max(run[2] for run in runs) / 2**20
    what = f"{form}, {'without ' + without if without else 'everything'}"
    print(
        f"{what}: judge {seconds:.1f} s (median of {repeat}), {used:.1f} processor seconds, {most:,.0f} MB at most; last run: {stages}",
        flush=True,
    )


def main() -> None:
    """Measure each form, with everything and without what is asked to be left out."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=200_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--forms", default="departments,columnar", help="departments, columnar (GeoParquet), geopackage")
    asked.add_argument("--without", default="", help="measure a second time, leaving this out: findings.xlsx, report.html or returned")
    asked.add_argument("--dir", type=Path, help="keep the counties here, to measure again without writing them")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.dir or Path(temporary)
        for form in options.forms.split(","):
            county = county_of(form, options.houses, folder)
            for without in dict.fromkeys(["", options.without]):
                measure(form, county, options.repeat, folder / f"result-{form}", without)


if __name__ == "__main__":
    main()
