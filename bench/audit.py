"""How fast the chain of acts is verified and read: acts a second, memory, and the pages of the audit.

    python bench/audit.py --acts 1000000

So many acts of 40 users in 300 villages are put into a private database of its own by its own trigger, a tenth of them reveals.
`jiadi audit verify`, `head` and `export` are run as commands; the list is asked for as a county auditor, without conditions and with each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from instance import instance

KEYS = "1:0123456789abcdef0123456789abcdef:" + "0123456789abcdef" * 4
AT_ONCE = 500
"""Acts of one transaction: each writes the head, and its earlier versions are looked through until the transaction ends."""
WORDS = "'reveal', 'sign_in', 'judge', 'download', 'split', 'upload', 'check', 'sign_out', 'merge', 'grant'"
INSERT = f"""
INSERT INTO cases_act
    (id, at, by, by_name, role, word, division, subject, subject_id, why, source, detail, number, previous, hash)
SELECT gen_random_uuid(), '2025-01-01'::timestamptz + (%(from)s + n) * interval '30 s', lpad((n %% 40)::text, 32, '0')::uuid,
    '用户' || n %% 40, 'township_clerk', (ARRAY[{WORDS}])[1 + (n * 7919) %% 10], 330802001201 + (n %% 300) * 1000, 'person',
    gen_random_uuid()::text, '窗口核验身份', '', '{{"fields": ["id_number"]}}', 0, '', ''
FROM generate_series(1, %(many)s) n"""


def fill(url: str, acts: int) -> None:
    """Acts by the database's own trigger."""
    import psycopg  # noqa: PLC0415

    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as app:
        for start in range(0, acts, AT_ONCE):
            app.execute(INSERT, {"from": start, "many": min(AT_ONCE, acts - start)})
    took = time.perf_counter() - began
    print(f"{acts:,} acts chained in {took:.0f} s: {acts / took:,.0f} a second", flush=True)


def command(env: dict[str, str], *words: str) -> tuple[float, int]:
    """Seconds and greatest memory in MB of a command."""
    began = time.perf_counter()
    done = subprocess.Popen([sys.executable, "-m", "jiadi.cli", *words], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    if status:
        raise SystemExit(f"{words} ended with {status}")
    return time.perf_counter() - began, used.ru_maxrss // 1024


def pages() -> None:
    """The list as a county auditor has it."""
    from datetime import date  # noqa: PLC0415
    from uuid import UUID  # noqa: PLC0415

    from django.db import transaction  # noqa: PLC0415

    from jiadi.server.accounts.models import User  # noqa: PLC0415
    from jiadi.server.accounts.queries import Access  # noqa: PLC0415
    from jiadi.server.cases import queries  # noqa: PLC0415
    from jiadi.server.cases.queries import Wanted  # noqa: PLC0415
    from jiadi.server.database.scope import Scope, narrow  # noqa: PLC0415

    access = Access(User(), (("county_auditor", 330802000000),))
    asked: dict[str, Wanted] = {
        "all": Wanted(),
        "reveals": Wanted(word="reveal"),
        "one user": Wanted(by=(UUID(int=0),)),
        "one user's reveals": Wanted(by=(UUID(int=0),), word="reveal"),
        "a day": Wanted(from_on=date(2025, 6, 1), to_on=date(2025, 6, 1)),
        "a village": Wanted(within=Scope.of(["330802002201"])),
        "unusual": Wanted(unusual=True),
        "nothing": Wanted(word="nothing"),
    }
    for name, wanted in asked.items():
        times = []
        for _ in range(7):
            with transaction.atomic():
                narrow(access.whole)
                began = time.perf_counter()
                rows = list(queries.audited(access, wanted)[:51])
                times.append((time.perf_counter() - began) * 1000)
        print(f"list, {name}: median {statistics.median(times):.1f} ms, {len(rows)} rows", flush=True)


def main() -> None:
    """Fill, verify, read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=1_000_000)
    wanted: Any = parser.parse_args()
    with instance(None, JIADI_DATA_KEYS=KEYS) as place:
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", database="owner", verbosity=0)
        fill(os.environ["JIADI_DATABASE_URL"], wanted.acts)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE cases_act")
        pages()
        env = dict(os.environ)
        export = str(place / "acts.jsonl")
        for words in (("verify",), ("head",), ("export", export), ("verify", "--file", export)):
            took, memory = command(env, "audit", *words)
            print(f"audit {' '.join(words[:2]).replace(export, 'FILE')}: {took:.1f} s, {memory} MB", flush=True)
        connections.close_all()


if __name__ == "__main__":
    main()
