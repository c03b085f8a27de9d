"""How fast lists are written as files, and how fast a list and a division of a past day are read.

    python bench/export.py [--houses 200000] [--base 20000] [--edits 3] [--dir DIR]

A county of so many houses (bench/load.py) is recorded into a private database of its own; then a third of the houses is edited
`--edits` times, so that versions pile up. Each form of each list is written as a worker writes it, in a process of its own. Prints rows
a second, the most memory of that process, and milliseconds and plans of a page, a count, a village and a township as of the day
before, as the county manager and as a village officer.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import load
from instance import instance

COUNTY = "330802"
LISTS = [("house", form) for form in ("csv", "csv_gb18030", "xlsx", "gpkg")]
LISTS += [(table, "csv") for table in ("parcel", "household", "person", "verdict")] + [("person", "xlsx")]


def fill(folder: Path, houses: int, base: int, edits: int) -> datetime:
    """Record the county and edit it; the moment before the edits."""
    from django.db import connection, connections, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.actions import create_user, grant  # noqa: PLC0415
    from jiadi.server.accounts.queries import NOBODY, OPERATOR  # noqa: PLC0415
    from jiadi.server.cases.actions import acting  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, narrow  # noqa: PLC0415
    from jiadi.server.register import actions  # noqa: PLC0415

    delivery, linked = load.county(folder / "county", houses, base)
    with transaction.atomic():
        narrow(EVERYWHERE)
        actions.record(NOBODY, delivery, linked, why="bench", division=COUNTY)
        user = create_user(OPERATOR, "manager", "manager", "three quiet herons", why="bench")
        grant(OPERATOR, user, "county_manager", COUNTY, timezone.localdate(), None, "bench")
    print(f"{linked.houses.height:,} houses recorded", flush=True)
    before = timezone.now()
    for turn in range(edits):
        with transaction.atomic():
            narrow(EVERYWHERE)
            with acting(NOBODY, "edit", why="bench"), connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE register_house SET storeys = 1 + (coalesce(storeys, 1) + %s) %% 6 WHERE abs(hashtext(key)) %% 3 = 0", [turn]
                )
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return before


def write(export_id: str) -> None:
    """Write one export in this process, and say what it took."""
    from uuid import UUID  # noqa: PLC0415

    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.exports import tasks  # noqa: PLC0415
    from jiadi.server.exports.models import Export  # noqa: PLC0415

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    tasks.do(UUID(export_id))
    took = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with seeing(EVERYWHERE):
        done = Export.objects.get(pk=export_id)
    figures = f"{done.rows:>9,} rows {took:7.1f} s {done.rows / took:>9,.0f} rows/s {done.bytes / 1e6:7.1f} MB"
    figures += f"; memory {idle:.0f} to {most:.0f} MB"
    print(f"{done.table:<10} {done.form:<12} {figures} {done.state}", flush=True)


def exports() -> list[str]:
    """One of each, asked for by the county manager."""
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.models import User  # noqa: PLC0415
    from jiadi.server.accounts.queries import access  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.exports import actions  # noqa: PLC0415
    from jiadi.server.exports.models import Export  # noqa: PLC0415

    made = []
    for table, form in LISTS:
        with seeing(EVERYWHERE):
            who = access(User.objects.get(), timezone.localdate())
        with seeing(who.whole):
            held = actions.ask(who, actions.Wanted(table, form), "bench")
            # Else the sixth would be refused.
            Export.objects.filter(pk=held.pk).update(state="cancelled")
        made.append(str(held.pk))
    with seeing(EVERYWHERE):
        Export.objects.update(state="waiting")
    return made


def days(before: datetime) -> None:
    """Lists and divisions of a past moment."""
    from django.db import connection  # noqa: PLC0415

    from jiadi.server.database.scope import Scope, seeing  # noqa: PLC0415
    from jiadi.server.register import queries  # noqa: PLC0415
    from jiadi.server.register.models import House  # noqa: PLC0415

    with seeing(Scope.of([COUNTY])):
        rows = queries.known(House, Scope.of([COUNTY])).values_list("division", flat=True)
        village = f"{max(set(held := list(rows)), key=held.count):012}"
    moments = {"before the edits": before, "before all": before - timedelta(days=1)}
    for name, code in (("manager", COUNTY), ("officer", village)):
        scope = Scope.of([code])
        for when, at in moments.items():
            listed = queries.listed("house", scope, at)
            township = Scope.of([village[:9]]).within(scope)
            work: dict[str, Any] = {
                "page": lambda listed=listed: queries.page(listed),
                "count": lambda at=at, scope=scope: queries.known(House, scope, at).count(),
                "township": lambda at=at, township=township: list(queries.known(House, township, at).values_list("id", "key", "storeys")),
                "division, all tables": lambda at=at, village=village, scope=scope: queries.tables(scope, village, at),
                "named Wang": lambda listed=listed, scope=scope: queries.page(queries.chosen(listed, "house", "王", scope), "said"),
            }
            for kind, do in work.items():
                took = []
                for _ in range(5):
                    with seeing(scope):
                        began = time.perf_counter()
                        do()
                        took.append((time.perf_counter() - began) * 1000)
                print(f"{name:<8} {when:<16} {kind:<22} {sorted(took)[2]:8.1f} ms", flush=True)
        with seeing(scope), connection.cursor() as cursor:
            sql, params = queries.listed("house", scope, before).order_by("division", "id")[:51].query.sql_with_params()
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", params)
            print("\n".join(line for (line,) in cursor.fetchall()))


def main() -> None:
    """In a private database that is thrown away."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--houses", type=int, default=200_000)
    told.add_argument("--base", type=int, default=20_000)
    told.add_argument("--edits", type=int, default=3)
    told.add_argument("--dir", type=Path)
    told.add_argument("--write", help=argparse.SUPPRESS)
    options = told.parse_args()
    if options.write:
        import django  # noqa: PLC0415

        django.setup()
        write(options.write)
        return
    with instance(options.dir) as place:
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", database="owner", verbosity=0)
        before = fill(place, options.houses, options.base, options.edits)
        days(before)
        waiting = exports()
        connections.close_all()
        for export_id in waiting:
            subprocess.run([sys.executable, __file__, "--write", export_id], check=True)


if __name__ == "__main__":
    main()
