"""How fast pages of the register are served: open loop at a fixed rate, as a village officer and as a county manager.

    python bench/server.py --houses 20000 [--rate 40] [--seconds 20] [--dir DIR]

A county of so many houses (bench/load.py) is recorded into a private database of its own, every house with a verdict that stands, and
served by `jiadi serve` with two workers. Both users ask in turn for the same kinds of page: a list, its middle, a search by name, by
pinyin, by code, a house file, the counts of divisions. Requests begin by the clock, whether or not earlier ones are answered, and the
time of each counts from when it was due. Prints p50, p95 and failures by page and user, the ratio of both users, and how the database
reads each list and search. Load and server share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import load
from instance import instance
from serving import Caller

COUNTY = "330802"
PASSWORD = "three quiet herons"


def fill(folder: Path, houses: int, base: int) -> dict[str, Any]:
    """Record the county and make both users; what to ask for, by user."""
    from django.db import connection, connections, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.actions import create_user, grant  # noqa: PLC0415
    from jiadi.server.accounts.queries import NOBODY, OPERATOR  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, narrow  # noqa: PLC0415
    from jiadi.server.register import actions  # noqa: PLC0415

    delivery, linked = load.county(folder / "county", houses, base)
    began = time.perf_counter()
    with transaction.atomic():
        narrow(EVERYWHERE)
        actions.record(NOBODY, delivery, linked, why="bench", division=COUNTY)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO policy_standing (house, division, key, run, verdict, remedy, findings, unknowns) "
                "SELECT id, division, key, id, (ARRAY['lawful', 'unlawful', 'to_be_verified'])[1 + abs(hashtext(key)) % 3], '', '', '' "
                "FROM register_house"
            )
            cursor.execute("SELECT division FROM register_house GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
            village = f"{cursor.fetchone()[0]:012}"
    print(f"{linked.houses.height:,} houses recorded in {time.perf_counter() - began:.0f} s; village {village}", flush=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    asked: dict[str, Any] = {}
    with transaction.atomic():
        narrow(EVERYWHERE)
        for name, role, code in (("officer", "village_officer", village), ("manager", "county_manager", COUNTY)):
            user = create_user(OPERATOR, name, name, PASSWORD, why="bench")
            grant(OPERATOR, user, role, code, timezone.localdate(), None, "bench")
            asked[name] = {"cookie": signed_in(user), "paths": paths(code)}
    return asked


def signed_in(user: Any) -> str:
    """The cookie of a session of the user."""
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.models import SignIn, User  # noqa: PLC0415

    User.objects.filter(pk=user.pk).update(temporary_until=None)
    user.refresh_from_db()
    browser, now = Client(SERVER_NAME="localhost"), timezone.now()
    browser.force_login(user)
    session = browser.session
    session["sign_in"] = str(SignIn.objects.create(user=user, begun_at=now, seen_at=now, address="127.0.0.1").pk)
    session.save()
    return f"sessionid={browser.cookies['sessionid'].value}"


def paths(code: str) -> dict[str, list[str]]:
    """Kind of page → addresses, drawn at random with a fixed seed."""
    from urllib.parse import quote  # noqa: PLC0415

    from jiadi.server.database.scope import Scope  # noqa: PLC0415
    from jiadi.server.register.models import House, Person  # noqa: PLC0415

    drawn, where = random.Random(1), Scope.of([code]).where()
    houses = list(House.objects.filter(where).order_by("id").values_list("id", "division", "survey_code")[:20_000])
    people = list(Person.objects.filter(where).order_by("id").values_list("name", "pinyin", "initials")[:5_000])
    some, names = drawn.choices(houses, k=200), drawn.choices(people, k=200)
    return {
        "list": ["/houses"],
        "list, middle": [f"/houses?after={row.hex}{division}" for row, division, _ in some],
        "list, verdict": ["/houses?verdict=unlawful"],
        "name": [f"/search?q={quote(name)}" for name, _, _ in names if name],
        "surname": [f"/search?q={quote(name[:1])}" for name, _, _ in names if name],
        "pinyin": [f"/search?q={pinyin}" for _, pinyin, _ in names if pinyin],
        "initials": [f"/search?q={initials}" for _, _, initials in names if initials],
        "code": [f"/search?q={quote(code)}" for _, _, code in some if code],
        "house file": [f"/houses/{row}" for row, _, _ in some],
        "counts": ["/divisions"],
    }


async def ask(caller: Caller, kinds: dict[str, list[str]], rate: float, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer from when it was due; -1 for one that failed."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    drawn, began, names = random.Random(2), time.perf_counter(), list(kinds)

    async def one(kind: str, path: str, due: float) -> None:
        took[kind].append((time.perf_counter() - due) * 1000 if await caller.get(path) else -1)

    tasks = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kind = names[number % len(names)]
        tasks.append(asyncio.create_task(one(kind, drawn.choice(kinds[kind]), due)))
    await asyncio.gather(*tasks)
    return took


async def measure(port: int, asked: dict[str, Any], rate: float, seconds: float) -> None:
    """Both users in turn, twice, so that neither has the warmer memory; a line for each page."""
    told: dict[str, dict[str, list[float]]] = {name: {} for name in asked}
    callers = {name: Caller("127.0.0.1", port, user["cookie"]) for name, user in asked.items()}
    for name, user in asked.items():
        await ask(callers[name], user["paths"], 10, 4)
    for name in (*asked, *reversed(asked)):
        for kind, figures in (await ask(callers[name], asked[name]["paths"], rate, seconds / 2)).items():
            told[name].setdefault(kind, []).extend(figures)
    for name, kinds in told.items():
        for kind, figures in {**kinds, "all": [one for held in kinds.values() for one in held]}.items():
            middle, high = quantile(figures, 50), quantile(figures, 95)
            print(f"{name:<8} {kind:<14} p50 {middle:7.1f} p95 {high:7.1f} ms; failed {figures.count(-1)}", flush=True)
    both = [[one for held in told[name].values() for one in held] for name in ("officer", "manager")]
    ratios = [quantile(both[0], share) / quantile(both[1], share) for share in (50, 95)]
    print(f"officer / manager: p50 {ratios[0]:.2f}, p95 {ratios[1]:.2f}")


def quantile(figures: list[float], share: float) -> float:
    """Of those that were answered."""
    held = sorted(one for one in figures if one >= 0) or [float("nan")]
    return held[min(len(held) - 1, int(len(held) * share / 100))]


def plans(codes: dict[str, str]) -> None:
    """How the app's role reads lists and searches."""
    from django.db import connection  # noqa: PLC0415

    from jiadi.server.database.scope import Scope, seeing  # noqa: PLC0415
    from jiadi.server.register import queries  # noqa: PLC0415

    for name, code in codes.items():
        scope = Scope.of([code])
        with seeing(scope), connection.cursor() as cursor:
            queried = {"list": queries.listed("house", scope).order_by("division", "pk")}
            for table, column, text in (("person", "name", "王"), ("person", "initials", "wx"), ("house", "survey_code", code)):
                found = queries.beginning(queries.listed(table, scope), column, text)
                queried[f"{table} {column}"] = found.order_by("said", "pk")
            for kind, rows in queried.items():
                sql, params = rows[:51].query.sql_with_params()
                cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}", params)
                print(f"\n{name}, {kind}\n" + "\n".join(line for (line,) in cursor.fetchall()))


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    words = [sys.executable, "-m", "jiadi.cli", "serve", "--var", str(folder / "var"), "--port", str(port), "--workers", "2"]
    with (folder / "server.log").open("wb") as log:
        started = subprocess.Popen(words, stdout=log, stderr=log)
    for _ in range(600):
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return started
        if started.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit((folder / "server.log").read_text(encoding="utf-8"))


def main() -> None:
    """In a private database that is thrown away."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--houses", type=int, default=20_000)
    told.add_argument("--base", type=int, default=20_000)
    told.add_argument("--rate", type=float, default=40)
    told.add_argument("--seconds", type=float, default=40)
    told.add_argument("--port", type=int, default=8765)
    told.add_argument("--dir", type=Path)
    options = told.parse_args()
    with instance(options.dir) as place:
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", database="owner", verbosity=0)
        asked = fill(place, options.houses, options.base)
        village = asked["officer"]["paths"]["list, middle"][0][-12:]
        plans({"officer": village, "manager": COUNTY})
        connections.close_all()
        started = serve(place, options.port)
        try:
            asyncio.run(measure(options.port, asked, options.rate, options.seconds))
        finally:
            started.terminate()
            started.wait(30)


if __name__ == "__main__":
    main()
