"""What the demo starts with (演示数据): an account for each role, and the sample county, imported and judged."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.accounts.roles import roles
from jiadi.server.cases.actions import acting
from jiadi.server.commands.instance import keep_secret
from jiadi.server.database.scope import EVERYWHERE, narrow, span

COUNTY = "330802"
PLACES = {2: "33", 4: "3308", 6: COUNTY, 9: "330802005", 12: "330802005202"}
"""Divisions around one village of the sample county, by the digits of their code."""
WHY = "demo"

Step = Callable[[Path], str]
"""One step of loading: from the county's folder to a word on what was done; "" where it was done before."""


def make_accounts(kept: Path) -> None:
    """One account for each role, with a password made at random, where they are not there yet (演示账号).

    Args:
        kept: file of the names and passwords, which nobody else can read.
    """
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    if known and User.objects.filter(username__in=[one["username"] for one in known]).count() == len(known):
        return
    made = [
        {"role": name, "username": name.replace("_", "."), "password": _password(), "division": PLACES[max(role.levels)]}
        for name, role in roles().items()
    ]
    # Kept first: an account whose password nobody knows would be of no use.
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep_secret(kept, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    with _everywhere():
        for one in made:
            create(one["username"], roles()[one["role"]].title["zh"], one["password"], one["role"], one["division"])


def _password() -> str:
    """20 characters that can be read out: words of four, without letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


@contextmanager
def _everywhere() -> Iterator[None]:
    with transaction.atomic():
        narrow(EVERYWHERE)
        yield


def create(username: str, full_name: str, password: str, role: str, division: str) -> None:
    """One account with one grant, in the open transaction; one that is there gets the password (建账号)."""
    with acting(NOBODY, "create", why=WHY, subject="user", subject_id=username):
        user = User.objects.filter(username=username).first() or User(username=username, full_name=full_name)
        user.set_password(password)
        user.save()
        if not user.grants.filter(role=role, revoked_at=None).exists():
            Grant.objects.create(user=user, role=role, division=span(division)[0], from_on=timezone.localdate(), cause=WHY)


def load(county: Path) -> list[str]:
    """Import the county and judge it, each where it was not done before (载入示例县).

    Args:
        county: folder of `jiadi sample`.

    Returns:
        What was done, a word for each step that did something.
    """
    return [done for step in STEPS if (done := step(county))]


def _import(county: Path) -> str:
    """Stands until the server imports by itself."""
    return ""


def _judge(county: Path) -> str:
    """Stands until the server judges by itself."""
    return ""


STEPS: tuple[Step, ...] = (_import, _judge)
