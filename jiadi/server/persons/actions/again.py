"""Erasing again (再次删除): what was erased after a backup was made comes back with it, and goes again by the acts that say so.

The acts that erased hold the person's id and no number. Kept elsewhere by `jiadi audit export`, they are the list of what must go; the
number by which the same person is found in other tables is the one that came back with the person's row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from jiadi.server.accounts.queries import OPERATOR
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database.scope import EVERYWHERE, Scope, seeing
from jiadi.server.persons.actions.erasing import WORD, carry_out
from jiadi.server.persons.models import Erasure


class Nothing(Exception):
    """There was nothing left to erase: no act is left either."""


def again(acts: Iterable[Mapping[str, str]]) -> tuple[int, int]:
    """Erase again what acts say was erased, and what this database still holds (再次删除).

    Args:
        acts: lines of an exported file, as `chain.TEXTS` names their parts; its chain was checked before.

    Returns:
        Erasures among them that this database does not know, and how many of them had anything left to erase.
    """
    unknown = done = 0
    for act in acts:
        if act["word"] != WORD:
            continue
        with seeing(EVERYWHERE):
            if Act.objects.filter(pk=UUID(act["id"])).exists():
                continue
            unknown += 1
            done += _once(act)
    return unknown, done


def _once(act: Mapping[str, str]) -> bool:
    said: dict[str, Any] = json.loads(act["detail"])
    place: dict[str, Any] = {"division": int(act["division"]), "subject": act["subject"], "subject_id": act["subject_id"]}
    try:
        with transaction.atomic(), acting(OPERATOR, WORD, why="恢复备份后再次删除", source=act["id"], **place) as doing:
            county = Scope.of([f"{doing.division:012}"[:6]])
            rows = carry_out(county, UUID(act["subject_id"]), said["fields"])
            waiting = Erasure.objects.filter(pk=said["erasure"], state="asked")
            if not waiting.update(state="granted", act=doing.id, why=act["why"]) and not rows:
                raise Nothing
            doing.detail |= {"erasure": said["erasure"], "fields": said["fields"], "rows": rows}
    except Nothing:
        return False
    return True
