"""How long a change by hand takes until its new verdict is on the page.

    python bench/edit.py [--houses 20000] [--base 20000] [--edits 15] [--dir DIR]

A county is recorded into a private database of its own and judged once. Then a village officer changes one house after the other:
what is timed is the form that is sent (act, histories, commit, judging again) and the page of the house that follows it, as the
browser sees them. Printed are the median, the slowest and the ratio to the limit of 1 s; the first change, which loads the rule set,
stands apart. At the end a whole run is compared with what stands.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from instance import instance
from load import county

LIMIT_S = 1.0
STOREYS = ("2", "3", "4", "5")


def browser_of(user: Any) -> Any:
    """A browser in which somebody is signed in."""
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.models import SignIn  # noqa: PLC0415

    browser, moment = Client(SERVER_NAME="localhost"), timezone.now()
    browser.force_login(user)
    session = browser.session
    session["sign_in"] = str(SignIn.objects.create(user=user, begun_at=moment, seen_at=moment, address="127.0.0.1").pk)
    session.save()
    return browser


def edited(browser: Any, house: Any, number: int) -> tuple[float, float]:
    """Seconds from the button to the page, and of them those of this process's processor: the server is in it, the database is not."""
    address = f"/houses/{house.id}"
    page = browser.get(f"{address}/edit").content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    storeys = next(one for one in STOREYS[number % 4 :] + STOREYS if one != str(house.storeys))
    began, used = time.perf_counter(), time.process_time()
    answer = browser.post(f"{address}/edit", {"version": version, "why": "bench", "storeys": storeys})
    assert answer.status_code == 302, answer.content.decode()
    shown = browser.get(address)
    spent = time.perf_counter() - began, time.process_time() - used
    assert shown.status_code == 200
    return spent


def measure(folder: Path, houses: int, base: int, edits: int) -> bool:
    """Load, judge, change, compare; whether it was fast enough and right."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jiadi.server.accounts.actions import create_user, grant  # noqa: PLC0415
    from jiadi.server.accounts.queries import NOBODY, OPERATOR  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.policy import actions as policy  # noqa: PLC0415
    from jiadi.server.register import actions  # noqa: PLC0415
    from jiadi.server.register.models import House  # noqa: PLC0415

    call_command("migrate", database="owner", verbosity=0)
    delivery, linked = county(folder / "county", houses, base)
    with seeing(EVERYWHERE):
        actions.record(NOBODY, delivery, linked, why="bench", division="330802")
    began = time.perf_counter()
    with seeing(EVERYWHERE):
        run = policy.judge(NOBODY, "330802", why="bench", on=delivery.delivered_on)
    print(f"{run.houses:,} houses, judged whole in {time.perf_counter() - began:.1f} s", flush=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does within minutes
    with seeing(EVERYWHERE):
        chosen = House.objects.filter(parcel__isnull=False, household__isnull=False).order_by("id")
        every = chosen.count()
        some = [chosen[every * number // (edits + 1)] for number in range(edits + 1)]
        user = create_user(OPERATOR, "clerk", "clerk", "three quiet herons", why="bench")
        grant(OPERATOR, user, "county_manager", "330802", timezone.localdate(), None, "bench")
    return changed(browser_of(user), some, run)


def changed(browser: Any, some: list[Any], run: Any) -> bool:
    """Change one house after the other; whether it was fast enough, and what stands is what a whole run says."""
    from jiadi.run import pipeline  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.policy.models import Run, Standing  # noqa: PLC0415
    from jiadi.server.register import queries  # noqa: PLC0415

    both = [edited(browser, house, number) for number, house in enumerate(some)]
    seconds, used = [one for one, _ in both], [one for _, one in both]
    with seeing(EVERYWHERE):
        parts = list(Run.objects.filter(whole=False).values_list("houses", flat=True))
        assert len(parts) == len(seconds), "each change has been judged again"
        whole = pipeline.judge_register(*queries.tables(EVERYWHERE, "330802"), on=run.on)
        stands = dict(Standing.objects.values_list("key", "verdict"))
    same = stands == dict(whole.judgement.houses.select("id", "verdict").iter_rows())
    middle = statistics.median(seconds[1:])
    print(f"edit to page: first {seconds[0]:.2f} s, then median {middle:.2f} s, slowest {max(seconds[1:]):.2f} s of {len(seconds) - 1};"
          f" {middle / LIMIT_S:.2f} x the limit; processor of the server {statistics.median(used[1:]):.2f} s;"
          f" {statistics.median(parts):.0f} houses judged again (median);"
          f" as a whole run: {'yes' if same else 'NO'}", flush=True)  # fmt: skip
    return same and middle <= LIMIT_S


def main() -> None:
    """In a private database that is thrown away."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=20_000)
    asked.add_argument("--base", type=int, default=20_000)
    asked.add_argument("--edits", type=int, default=15)
    asked.add_argument("--dir", type=Path)
    options = asked.parse_args()
    with instance(options.dir) as place:
        sys.exit(not measure(place, options.houses, options.base, options.edits))


if __name__ == "__main__":
    main()
