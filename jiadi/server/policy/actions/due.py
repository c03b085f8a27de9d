"""What a whole run and a run of a part must agree on (整体与局部判定的衔接): the background of facts, who comes first, what is left."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

import numpy as np
import shapely
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.geo import measure
from jiadi.policy.coverage import asked
from jiadi.register.tables import Delivery, Linked
from jiadi.server.policy.models import Due

TASK: Final = "policy_due"
QUEUE: Final = "policy"
LATER_S: Final = 20
"""After so long a worker looks whether it was done."""
LOCK: Final = 0x6A64
"""First half of the advisory lock under which verdicts of a county are put in place."""
WHOLE_LOCK: Final = LOCK + 1
"""The same for whole runs that a change asked for: the second finds that the first has done its work."""


def context(delivery: Delivery, linked: Linked) -> str:
    """What facts of a part must know of the whole (整体背景): which columns its lists ask for, and the plane that it is measured in."""
    told: dict[str, list[str]] = {}
    frames = {**delivery.tables, "house": linked.houses}
    for name, frame in frames.items():
        told[name] = [one for one in frame.columns if frame[one].null_count() < frame.height or asked(delivery, name, one)]
    zones = delivery.tables.get("zone")
    places = [linked.houses["geometry"], zones["geometry"]] if zones is not None else []
    shapes = [shapely.from_wkb(place.drop_nulls().to_numpy()) for place in places]
    plane = measure.local(np.concatenate(shapes)) if shapes else None
    return json.dumps({"asked": told, "plane": [plane.lon_0, plane.lat_0] if plane else None})


def lock(division: int, what: int = LOCK) -> None:
    """Wait until nobody else puts verdicts of the same county in place (同县依次), till the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [what, division // 10**6])


def standing(division: int, high: int) -> list[UUID]:
    """Changes that are there when a whole run begins to read (已提交的变更): it sees what they changed."""
    since = timezone.now() - timedelta(days=1)
    return list(Due.objects.filter(division__gte=division, division__lt=high, asked_at__gte=since).values_list("id", flat=True))


def reopen(division: int, high: int, seen: Collection[UUID]) -> None:
    """Changes that came while a whole run read, and were judged before it put its verdicts over theirs, are judged again (重开)."""
    for due in set(standing(division, high)) - set(seen):
        if not Due.objects.filter(id=due).exclude(done_at=None).exists():
            continue
        Due.objects.filter(id=due).update(done_at=None)
        app.configure_task(TASK, queue=QUEUE).defer(due_id=str(due))
