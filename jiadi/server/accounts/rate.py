"""How often programs may ask (接口限速): a minute's worth at once, then as it refills; counted in the database, for all processes alike."""

from __future__ import annotations

from math import ceil
from typing import Final
from uuid import UUID

from django.db import connection

from jiadi.server.environment import value

MINUTE_S: Final = 60

# Each row says until when requests are accounted for. One more moves it on by a minute's share, unless that were more than a minute
# ahead. The clock is the database's: those of several machines differ.
TAKE: Final = """
INSERT INTO accounts_rate AS held (id, until)
SELECT id, statement_timestamp() + make_interval(secs => step) FROM unnest(%s::uuid[], %s::float8[]) AS asked(id, step)
ON CONFLICT (id) DO UPDATE SET until = greatest(held.until, statement_timestamp()) + (excluded.until - statement_timestamp())
WHERE greatest(held.until, statement_timestamp()) + (excluded.until - statement_timestamp())
    <= statement_timestamp() + make_interval(secs => %s)
RETURNING id
"""


def take(account: UUID, token: UUID | None) -> int:
    """Count a request of an account, and of the token under which it came (计一次请求).

    Returns:
        0 where it may be answered, else the seconds until one more may.
    """
    steps = {account: MINUTE_S / value("JIADI_ACCOUNT_RATE")}
    if token is not None:
        # The token's own row first, in every process: two requests never wait for each other crosswise.
        steps = {token: MINUTE_S / value("JIADI_TOKEN_RATE"), **steps}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [list(steps), list(steps.values()), MINUTE_S + min(steps.values()) / 1000])
        taken = {row[0] for row in cursor.fetchall()}
        if len(taken) == len(steps):
            return 0
        cursor.execute(
            "SELECT id, extract(epoch FROM until - statement_timestamp()) FROM accounts_rate WHERE id = ANY(%s)", [list(set(steps) - taken)]
        )
        waits = [ceil(float(ahead) + steps[one] - MINUTE_S) for one, ahead in cursor.fetchall()]
        return int(max([1, *waits]))
