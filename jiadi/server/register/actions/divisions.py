"""Divisions that end (区划调整): what was merged away keeps its rows and its past."""

from __future__ import annotations

from datetime import date

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope, span
from jiadi.server.refusals import refuse
from jiadi.server.register.actions.allowed import require
from jiadi.server.register.models import Division


def succeed(access: Access, old: int, new: int, on: date, why: str) -> Division:
    """End a division and name what it was merged into (撤并区划), in the open transaction. Its rows keep their code.

    Args:
        access: of who administers both.
        old, new: codes of 12 digits as numbers.
        on: first day on which the successor stands for it.
        why: of the act.

    Raises:
        Refusal: `outside_scope`, `no_such_division`, `division_ended`.
    """
    require(access, "administer", Scope.joined([span(f"{old:012}"), span(f"{new:012}")]))
    rows = {one.code: one for one in Division.objects.select_for_update().filter(code__in=[old, new])}
    if old == new or set(rows) != {old, new}:
        raise refuse("no_such_division")
    if rows[old].successor or rows[new].successor:
        raise refuse("division_ended")
    with acting(access, "merge_division", why=why, division=old, subject="division", subject_id=old):
        Division.objects.filter(code=old).update(valid_to=on, successor=new)
    ended = rows[old]
    ended.valid_to, ended.successor = on, new
    return ended
