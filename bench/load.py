"""How fast a county is put into the register with its histories, and read back.

    python bench/load.py [--houses 200000] [--base 20000] [--dir DIR]

A county of `--base` houses is invented in columnar form, checked and linked once, and repeated under other names until there are
enough; persons have other numbers each time. It is recorded into a private database of its own, in one act and one transaction, and
read back as the core has it. Prints houses a minute (with all rows around them and every version), rows, seconds of reading, size on
disk, and the most memory of this process.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from instance import instance

CODES = (
    "survey_code",
    "parcel_code",
    "unit_code",
    "household_code",
    "approval_code",
    "returned_parcel_code",
    "removed_parcel_code",
    "feature_code",
)
NAMES = ("id", "footprint_id", "left_id", "right_id")
NUMBERS = ("id_number", "holder_id", "head_id")


def again(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """The same rows under other names."""
    if not number:
        return frame
    named = [pl.col(name) + f"/{number}" for name in (*NAMES, *CODES) if name in frame.columns]
    return frame.with_columns(
        *named, *(pl.col(name).str.replace("^......", f"{330802 + number}") for name in NUMBERS if name in frame.columns)
    )


def repeated(frame: pl.DataFrame, times: int) -> pl.DataFrame:
    """As many times as asked."""
    return pl.concat([again(frame, number) for number in range(times)])


def county(folder: Path, houses: int, base: int) -> tuple[Any, Any]:
    """A checked and linked county of about that many houses; zones are there once."""
    from jiadi.run import pipeline  # noqa: PLC0415
    from jiadi.run.stages import Stages, silent  # noqa: PLC0415
    from jiadi.survey import link  # noqa: PLC0415
    from jiadi.survey.sample.generate import generate  # noqa: PLC0415

    generate(folder, houses=min(base, houses), seed=1, form="columnar")
    delivery = pipeline.read_and_check([folder], profile=None, on=None, stages=Stages(silent))
    drawn, pairs = link.houses(delivery)
    overlaps = pipeline.parcel_overlaps(drawn, delivery.tables.get("parcel"))
    linked = link.link(delivery, drawn, pairs, overlaps, delivery.delivered_on or date(2025, 6, 30))
    times = max(1, houses // base)
    tables = {name: frame if name == "zone" else repeated(frame, times) for name, frame in delivery.tables.items()}
    whole = replace(
        linked,
        houses=repeated(linked.houses, times),
        households=repeated(linked.households, times),
        pairs=repeated(linked.pairs, times),
    )
    return replace(delivery, tables=tables, extra={}), whole


def seconds_of(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def busy(backend: int) -> tuple[float, float]:
    """Seconds of processor that this process and the server's process for it have used: neighbours on the machine change them little."""
    import psutil  # noqa: PLC0415

    return tuple(sum(psutil.Process(one).cpu_times()[:2]) for one in (os.getpid(), backend))  # type: ignore[return-value]


def told(after: tuple[float, float], before: tuple[float, float]) -> str:
    return f"processor: {after[0] - before[0]:.1f} s here, {after[1] - before[1]:.1f} s in the server"


def measure(folder: Path, houses: int, base: int) -> bool:
    """Load, read, print; whether the load was fast enough."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415

    from jiadi.server.accounts.queries import NOBODY  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, narrow, seeing  # noqa: PLC0415
    from jiadi.server.register import actions, queries  # noqa: PLC0415

    call_command("migrate", database="owner", verbosity=0)
    delivery, linked = county(folder / "county", houses, base)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    began, used = time.perf_counter(), busy(backend)
    with transaction.atomic():
        narrow(EVERYWHERE)
        inside, done = seconds_of(lambda: actions.record(NOBODY, delivery, linked, why="bench", division="330802"))
    loaded = time.perf_counter() - began
    spent = told(busy(backend), used)
    rows = sum(one["added"] for one in done.counts.values())
    many = linked.houses.height
    print(f"record: {many:,} houses, {rows:,} rows and as many versions in {loaded:.1f} s ({loaded - inside:.1f} s of it commit):"
          f" {60 * many / loaded:,.0f} houses a minute; {spent}", flush=True)  # fmt: skip
    used = busy(backend)
    with seeing(EVERYWHERE):
        read, (_, again_linked) = seconds_of(lambda: queries.tables(EVERYWHERE, "330802"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
            size = cursor.fetchone()[0]
    assert again_linked.houses.height == many
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"tables: {read:.1f} s; {told(busy(backend), used)}; {size} on disk; {most:,.0f} MB at most", flush=True)
    return 60 * many / loaded >= 100_000


def main() -> None:
    """In a private database that is thrown away."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=200_000)
    asked.add_argument("--base", type=int, default=20_000)
    asked.add_argument("--dir", type=Path)
    options = asked.parse_args()
    with instance(options.dir) as place:
        sys.exit(not measure(place, options.houses, options.base))


if __name__ == "__main__":
    main()
