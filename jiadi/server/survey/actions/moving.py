"""Making an import, ordering what a worker does with it, and taking the order back (建立、下达与撤回)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.codes.division import prefix
from jiadi.server import asked
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database.scope import Scope, span
from jiadi.server.logs import washed
from jiadi.server.refusals import refuse
from jiadi.server.survey import queries
from jiadi.server.survey.models import Import
from jiadi.server.survey.states import MOVES

QUEUE = "imports"


def about(held: Import) -> dict[str, Any]:
    """What an act on an import is about (留痕对象): to be handed to `acting`."""
    return {"division": held.division, "subject": "import", "subject_id": held.id, "source": held.title}


def create(access: Access, code: str, title: str) -> Import:
    """Begin an import (新建导入).

    Args:
        access: of who imports; `code`: of the division in which all of its rows must lie; `title`: as people call it.

    Raises:
        Refused: `division_code`, `outside_scope`.
    """
    place = asked.place(code.strip())
    if access.user is not None and not access.scope(queries.RIGHT).covers(place):
        raise refuse("outside_scope", division=code)
    held = Import(division=span(code.strip())[0], code=prefix(code.strip().ljust(12, "0")), title=washed(title), created_by=access.user)
    with acting(access, "new_import", **about(held)):
        held.save(force_insert=True)
    return held


def move(held: Import, word: str, ordered: int | None = None, **changes: Any) -> bool:
    """Move an import from one state to the next, if nobody was quicker (状态转移).

    Args:
        held: as it was read.
        word: of MOVES.
        ordered: the number of the order that a worker carries out; it moves nothing that was ordered anew meanwhile.
        changes: further columns.

    Returns:
        Whether it was moved.
    """
    rows = Import.objects.filter(pk=held.pk, division=held.division)
    if ordered is not None:
        rows = rows.filter(attempt=ordered)
    # One statement for each state before: which of two is quicker, the database decides.
    return any(rows.filter(state=before).update(state=after, **changes) for before, after in MOVES[word].items())


def _moved(held: Import, word: str, **changes: Any) -> None:
    if not move(held, word, **changes):
        raise refuse("import_moved")
    held.refresh_from_db()


def order(access: Access, held: Import, word: str, task: str, wanted: dict[str, Any], why: str = "") -> None:
    """Order something of the workers (下达任务); the order is in line when the transaction ends well, and not before.

    Args:
        access: of who orders; their rights are looked at again when it is done.
        held: the import; `word`: of MOVES; `task`: name of the job; `wanted`: what it is to know.
        why: the reason.

    Raises:
        Refused: `import_moved`.
    """
    fresh = {"stage": "", "share": 0.0, "told_at": timezone.now(), "fault": {}, "order": wanted | {"why": washed(why)}}
    _moved(held, word, attempt=held.attempt + 1, **fresh)
    with acting(access, word, why=why, **about(held)):
        pass
    user = str(access.user.pk) if access.user else None
    job = app.configure_task(task, lock=str(held.pk), queue=QUEUE)
    job.defer(import_id=str(held.pk), attempt=held.attempt, user_id=user)


def check(access: Access, held: Import, lang: str) -> None:
    """Have an import checked (检查).

    Raises:
        Refused: `import_moved`, `no_files`.
    """
    if not queries.whole(held).exists():
        raise refuse("no_files")
    order(access, held, "check", "import_check", {"lang": lang})


def cancel(access: Access, held: Import) -> None:
    """Take an order back (取消任务). A worker that is at it notices and writes nothing.

    What was ordered by whoever accepts is taken back by nobody else.

    Raises:
        Refused: `no_right`, `import_moved`.
    """
    if held.state != "checking":
        _may_accept(access, held)
    _moved(held, "cancel", attempt=held.attempt + 1, stage="", share=0.0)
    with acting(access, "cancel_import", **about(held)):
        pass


def discard(access: Access, held: Import) -> None:
    """Give an import up that is not in the register (作废).

    Raises:
        Refused: `import_moved`.
    """
    _moved(held, "discard")
    with acting(access, "discard_import", **about(held)):
        pass


def changed(held: Import) -> None:
    """Files, mapping or decisions are no longer those that were checked (待重新检查).

    Raises:
        Refused: `import_moved`.
    """
    _moved(held, "change", fault={})


def accept(access: Access, held: Import, why: str, keep: list[str]) -> None:
    """Have an import put into the register (下达入库).

    Args:
        access: of who accepts; `held`: checked; `why`: the reason.
        keep: ids of rows that stay as the register has them, of those that were edited by hand.

    Raises:
        Refused: `no_right`, `bad_request`, `reason_missing`, `import_moved`.
    """
    _may_accept(access, held)
    if keep and not set(keep) <= queries.edited(held):
        raise refuse("bad_request")
    order(access, held, "order_accept", "import_accept", {"keep": keep}, _reason(why))


def undo(access: Access, held: Import, why: str) -> None:
    """Have an import taken back whole (下达撤销).

    Raises:
        Refused: `no_right`, `reason_missing`, `import_moved`.
    """
    _may_accept(access, held)
    order(access, held, "order_undo", "import_undo", {}, _reason(why))


def _may_accept(access: Access, held: Import) -> None:
    if access.user is not None and not access.scope("accept").covers(Scope.of([held.code])):
        raise refuse("no_right")


def _reason(why: str) -> str:
    if len(why.strip()) < 2:
        raise refuse("reason_missing")
    return why.strip()


def named(import_id: UUID | str) -> Import:
    """An import as a worker finds it, by id alone (按编号取).

    Raises:
        Import.DoesNotExist: it is not there.
    """
    return Import.objects.get(pk=import_id)
