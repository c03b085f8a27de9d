"""What the demo starts with (演示数据): an account for each role, and the sample county, imported and judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from jiadi.server.accounts import actions, passwords
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY, OPERATOR
from jiadi.server.accounts.roles import roles
from jiadi.server.commands.instance import keep_secret
from jiadi.server.commands.words import Refused
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.policy.models import Run
from jiadi.server.register.models import House
from jiadi.server.register.queries import known, tables

COUNTY = "330802"
PLACES = {2: "33", 4: "3308", 6: COUNTY, 9: "330802005", 12: "330802005202"}
"""Divisions around one village of the sample county, by the digits of their code."""
WHY = "demo"

Step = Callable[[Path], int]
"""One step of loading: from the county's folder to the number of rows that it wrote; 0 where it was done before."""


def make_accounts(kept: Path) -> None:
    """One account for each role, with a password made at random, where they are not there yet (演示账号).

    Args:
        kept: file of the names and passwords, which nobody else can read.

    Raises:
        Refused: `has_users`: others use this database; nobody gets a county manager's password to it by a demo.
    """
    with seeing(EVERYWHERE):
        there = set(User.objects.values_list("username", flat=True))
        made = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
        if there and not made:
            raise Refused("has_users")
        if not made:
            places = {name: PLACES[max(role.levels)] for name, role in roles().items()}
            made = [
                {"role": name, "username": name.replace("_", "."), "password": passwords.temporary(), "division": places[name]}
                for name in roles()
            ]
            # Kept first: an account whose password nobody knows would be of no use.
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            keep_secret(kept, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
        for one in made:
            if one["username"] not in there:
                user = actions.create_user(OPERATOR, one["username"], roles()[one["role"]].title["zh"], one["password"], why=WHY)
                actions.grant(OPERATOR, user, one["role"], one["division"], timezone.localdate(), None, WHY)


def load(county: Path) -> dict[str, int]:
    """Import the county and judge it, each where it was not done before (载入示例县).

    Args:
        county: folder of `jiadi sample`.

    Returns:
        Step → rows that it wrote.
    """
    return {name: step(county) for name, step in STEPS.items()}


def _import(county: Path) -> int:
    """Read, check and link the departments' files, and put them into the register."""
    with seeing(EVERYWHERE):
        if known(House, EVERYWHERE).exists():
            return 0
    from jiadi.run import pipeline  # noqa: PLC0415  a second start must not wait for it
    from jiadi.server.register.actions import record  # noqa: PLC0415

    outcome = pipeline.judge([county])
    with seeing(EVERYWHERE):
        done = record(NOBODY, outcome.delivery, outcome.linked, why=WHY, source=county.name)
    return sum(counts["added"] for counts in done.counts.values())


def _judge(county: Path) -> int:
    """Judge what is in the register, on the day on which it was handed in, as the file report does."""
    with seeing(EVERYWHERE):
        if Run.objects.exists():
            return 0
        from jiadi.server.policy.actions import judge  # noqa: PLC0415  a second start must not wait for it

        delivery, _ = tables(EVERYWHERE, COUNTY)
        return judge(NOBODY, COUNTY, why=WHY, on=delivery.delivered_on).houses


STEPS: dict[str, Step] = {"import": _import, "judge": _judge}
