"""What the demo starts with (演示数据): an account for each role, and the sample county, imported and judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from jiadi.server.accounts import actions, passwords
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import OPERATOR, Access, access
from jiadi.server.accounts.roles import roles
from jiadi.server.commands.instance import keep_secret
from jiadi.server.commands.words import Refused
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.policy.models import Job, Run
from jiadi.server.refusals import again
from jiadi.server.register.models import House, Source
from jiadi.server.register.queries import known
from jiadi.server.survey.models import Import

COUNTY = "330802"
PLACES = {2: "33", 4: "3308", 6: COUNTY, 9: "330802005", 12: "330802005202"}
"""Divisions around one village of the sample county, by the digits of their code."""
WHY = "演示"
MANAGER = "county_manager"
"""Whose account hands the county in, accepts it and has it judged."""
TITLE = "示例县交付"

Step = Callable[[Path], int]
"""One step of loading: from the county's folder to the number of rows that it wrote; 0 where it was done before."""


def username(role: str) -> str:
    """Sign-in name of the account of a role (演示账号名).

    >>> username("county_manager")
    'county.manager'
    """
    return role.replace("_", ".")


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
                {"role": name, "username": username(name), "password": passwords.temporary(), "division": places[name]} for name in roles()
            ]
            # Kept first: an account whose password nobody knows would be of no use.
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            keep_secret(kept, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
        for one in made:
            if one["username"] not in there:
                user = actions.create_user(OPERATOR, one["username"], roles()[one["role"]].title["zh"], one["password"], why=WHY)
                actions.grant(OPERATOR, user, one["role"], one["division"], timezone.localdate(), None, WHY)


def load(county: Path) -> dict[str, int]:
    """Hand the county in and have it judged, each where it was not done before (载入示例县).

    It is the county manager's account that does it, by the same actions as on the pages, so that the import, its problems
    and how to take it back are found where those of any other delivery are. What a killed start had begun goes on.

    Args:
        county: folder of `jiadi sample`.

    Returns:
        Step → rows that it wrote.

    Raises:
        Refusal: what would stand on the import's page.
    """
    return {name: step(county) for name, step in STEPS.items()}


def _import(county: Path) -> int:
    """Upload, check, link and accept, as far as that is still to be done."""
    with seeing(EVERYWHERE):
        held = Import.objects.filter(title=TITLE).order_by("id").first()
        if held is None and known(House, EVERYWHERE).exists():
            return 0
        if held is not None and held.state not in NEXT:
            return 0
        who = _manager()
    from jiadi.server.survey.actions import moving  # noqa: PLC0415  a second start must not wait for it

    if held is None:
        with seeing(who.whole):
            held = moving.create(who, COUNTY, TITLE)
    while step := NEXT.get(held.state):
        step(who, held, county)
        with seeing(EVERYWHERE):
            held.refresh_from_db()
        if held.fault:
            raise again(held.fault)
    return sum(counts["added"] for counts in held.summary["recorded"].values())


def _manager() -> Access:
    return access(User.objects.get(username=username(MANAGER)), timezone.localdate())


def _send(who: Access, held: Import, county: Path) -> None:
    """Upload what is not there yet, and order the check."""
    from jiadi.server.survey import queries  # noqa: PLC0415
    from jiadi.server.survey.actions import moving, uploading  # noqa: PLC0415

    with seeing(who.whole):
        there = set(queries.whole(held).values_list("name", flat=True))
    for path in sorted(path for path in county.rglob("*") if path.is_file() and path.name not in there):
        with seeing(who.whole), path.open("rb") as source:
            uploading.take(who, held, path.name, path.stat().st_size, source)
    with seeing(who.whole):
        held.refresh_from_db()
        moving.check(who, held, "zh")


def _accept(who: Access, held: Import, county: Path) -> None:
    from jiadi.server.survey.actions import moving  # noqa: PLC0415

    with seeing(who.whole):
        moving.accept(who, held, WHY, [])


def _work(task: str) -> Callable[[Access, Import, Path], None]:
    """Do here what was ordered of a worker: none runs yet, and one that comes later finds it done."""

    def work(who: Access, held: Import, county: Path) -> None:
        from jiadi.server.survey import tasks  # noqa: PLC0415

        user = str(who.user.pk) if who.user else None
        getattr(tasks, task)(str(held.pk), held.attempt, user)

    return work


NEXT: dict[str, Callable[[Access, Import, Path], None]] = {
    **{"open": _send, "checking": _work("import_check")},
    **{"checked": _accept, "accepting": _work("import_accept")},
}
"""State of the import → what brings it on; in others it is done, or somebody took it back."""


def _judge(county: Path) -> int:
    """Have judged what is in the register, on the day on which it was handed in, as the file report does."""
    with seeing(EVERYWHERE):
        if Run.objects.exists() or not known(House, EVERYWHERE).exists():
            return 0
        who = _manager()
        days = known(Source, EVERYWHERE).exclude(delivered_on=None).order_by("-delivered_on")
        on = days.values_list("delivered_on", flat=True).first()
        begun = Job.objects.filter(kind="judge", state__in=("waiting", "running")).first()
    from jiadi.server.policy import actions as policy  # noqa: PLC0415  a second start must not wait for it
    from jiadi.server.policy import tasks  # noqa: PLC0415

    if begun is None:
        with seeing(who.whole):
            begun = policy.ask(who, "judge", COUNTY, {"on": on.isoformat() if on else "", "law": ""}, WHY)
    tasks.do(str(begun.pk))
    with seeing(EVERYWHERE):
        begun.refresh_from_db()
        if begun.fault:
            raise again(begun.fault)
        return sum(Run.objects.values_list("houses", flat=True))


STEPS: dict[str, Step] = {"import": _import, "judge": _judge}
