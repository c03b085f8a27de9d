"""Acting (办理): the one way in which anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from jiadi.server.accounts.queries import Access
from jiadi.server.cases import events
from jiadi.server.cases.models import Act
from jiadi.server.database import keys
from jiadi.server.logs import washed


@dataclass(slots=True)
class Doing:
    """An act that is under way: what is known only at its end is filled in meanwhile (进行中的操作)."""

    id: UUID
    at: datetime
    division: int
    subject: str
    subject_id: str
    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def acting(
    access: Access,
    word: str,
    *,
    division: int = 0,
    subject: str = "",
    subject_id: object = "",
    why: str = "",
    source: str = "",
) -> Iterator[Doing]:
    """Do something in the open transaction and leave one act on record (留痕办理).

    Rows that are written inside carry this act in their history; a change outside of any act is refused by the database. The
    act is chained at the end, so that others wait for the chain as shortly as can be.

    Args:
        access: of who acts; `NOBODY` for the system itself.
        word: what is done: the word on the button.
        division, subject, subject_id, why, source: see `Act`; persons' numbers in `why` and `source` are masked.

    Raises:
        RuntimeError: no transaction is open, or another act is under way in it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an act is one transaction, and none is open")
    doing = Doing(keys.new(), timezone.now(), division, subject, str(subject_id))
    _announce(str(doing.id), doing.at.isoformat())
    yield doing
    _announce("", "")
    user = access.user
    if access.token is not None:
        doing.detail["by_token"] = access.token
    Act.objects.bulk_create([
        Act(
            id=doing.id,
            at=doing.at,
            by=user.id if user else None,
            by_name=user.full_name if user else "",
            role=",".join(sorted({role for role, _ in access.held})),
            word=word,
            division=doing.division,
            subject=doing.subject,
            subject_id=doing.subject_id,
            why=washed(why),
            source=washed(source),
            detail=json.dumps(doing.detail, ensure_ascii=False, sort_keys=True, default=str),
            number=0,
            previous=b"",
            hash=b"",
        )
    ])  # fmt: skip
    events.tell(word, doing)


def _announce(act: str, moment: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('jiadi.act', true)")
        if act and cursor.fetchone()[0]:
            raise RuntimeError("one act inside another")
        cursor.execute("SELECT set_config('jiadi.act', %s, true), set_config('jiadi.moment', %s, true)", [act, moment])


__all__ = ["Doing", "acting"]
