"""A write that is sent twice is done once (幂等写入).

A program sends a key of its own with each write. Key and answer are kept in the transaction that does the work: either both are there or
neither. Who comes with the same key meanwhile waits for that transaction, and then finds its answer, or does the work where it was refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.responses import NinjaJSONEncoder
from psycopg.errors import LockNotAvailable

from jiadi.server.api.models import Answer
from jiadi.server.database import keys
from jiadi.server.environment import value
from jiadi.server.refusals import refuse

WAIT_S: Final = 5
"""How long one waits for the same write that is under way."""
AGAIN_S: Final = 2
REPLAYED: Final = "Idempotency-Replayed"

BEGIN: Final = """
INSERT INTO api_answer (id, owner, key, fingerprint, status, body, at) VALUES (%s, %s, %s, %s, 0, '', %s)
ON CONFLICT (owner, key) DO NOTHING
"""


def once(request: Any, key: str, do: Callable[[], tuple[int, Schema]]) -> HttpResponse:
    """Do a write, or answer as before where it was done (办理一次).

    Args:
        request: whose access says under which token it came.
        key: the program's own.
        do: does it, and gives status and body of the answer; what it raises takes the key back as well.

    Raises:
        Refused: `key_reused`: the key came with another request; `still_going`.
    """
    owner, told = request.access.token or request.access.user.pk, fingerprint(request)
    if not _begun(owner, key, told):
        return _before(owner, key, told)
    status, body = do()
    text = json.dumps(body.model_dump(), cls=NinjaJSONEncoder, ensure_ascii=False)
    Answer.objects.filter(owner=owner, key=key).update(status=status, body=text)
    return HttpResponse(text, status=status, content_type="application/json; charset=utf-8")


def fingerprint(request: Any) -> str:
    """By what two requests are the same (请求指纹)."""
    said = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    said.update(request.body)
    return said.hexdigest()


def _begun(owner: UUID, key: str, told: str) -> bool:
    """Whether it is ours to do; waits for whoever is doing it."""
    now = timezone.now()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{round(WAIT_S * 1000)}ms"])
            Answer.objects.filter(owner=owner, key=key, at__lt=_oldest(now)).delete()
            cursor.execute(BEGIN, [keys.new(), owner, key, told, now])
            begun = bool(cursor.rowcount)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
            return begun
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise refuse("still_going", wait=AGAIN_S) from None
        raise


def _before(owner: UUID, key: str, told: str) -> HttpResponse:
    kept = Answer.objects.get(owner=owner, key=key)
    if kept.fingerprint != told:
        raise refuse("key_reused")
    headers = {REPLAYED: "true"}
    return HttpResponse(kept.body, status=kept.status, content_type="application/json; charset=utf-8", headers=headers)


def forget() -> int:
    """Let answers go that are older than the setting says (清理应答).

    Returns:
        How many went.
    """
    return Answer.objects.filter(at__lt=_oldest(timezone.now())).delete()[0]


def _oldest(now: datetime) -> datetime:
    return now - timedelta(days=value("JIADI_ANSWER_DAYS"))
