"""What a worker does to put an import into the register and to take it back (入库与撤销): each in one transaction."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from jiadi.run import checked
from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries as acts
from jiadi.server.database.scope import Scope
from jiadi.server.jobs.watching import TakenBack
from jiadi.server.refusals import refuse
from jiadi.server.register import actions as register
from jiadi.server.register import models as rows
from jiadi.server.register.actions.record import lock
from jiadi.server.survey import media
from jiadi.server.survey.actions.moving import move
from jiadi.server.survey.models import Import


def accept(access: Access, held: Import, attempt: int) -> None:
    """Put an import into the register (入库), in the open transaction: all of it with the import's new state, or nothing.

    Args:
        access: of who ordered it, as it is now.
        held: the import; `attempt`: the order.

    Raises:
        Refusal: `preview_stale`, `outside_scope`, or of the register.
        TakenBack: it was cancelled.
    """
    lock(held.code)
    if stale(held):
        raise refuse("preview_stale")
    folder = media.result(held.tied)
    if not folder.is_dir():
        raise refuse("result_lost")
    done = register.record(
        access,
        checked.load(folder),
        checked.load_links(folder),
        why=held.order.get("why", ""),
        division=held.code,
        source=held.title,
        import_id=held.id,
        keeping=held.order.get("keep", []),
    )
    summary = held.summary | {"recorded": done.counts}
    if not move(held, "accept_done", attempt, accept_act=done.act, summary=summary, stage="", share=1.0):
        raise TakenBack


def undo(access: Access, held: Import, attempt: int) -> None:
    """Take an import back (撤销), in the open transaction: every row as it was, but for those that others changed since.

    Args:
        access, held, attempt: see `accept`.

    Raises:
        Refusal: of the register.
        TakenBack: it was cancelled.
    """
    assert held.accept_act is not None
    done = register.undo(access, held.accept_act, held.order.get("why", ""))
    left = done.left.group_by("table", "reason").len().sort("table", "reason").rows()
    summary = held.summary | {"taken_back": done.counts, "left": left}
    if not move(held, "undo_done", attempt, undo_act=done.act, summary=summary, stage="", share=1.0):
        raise TakenBack


def stale(held: Import) -> bool:
    """Whether rows of the county were changed since the preview was made (预览是否过期)."""
    later = acts.ids_after(Scope.of([held.code[:6]]), held.seen)
    return bool(later) and any(_touched(model, later) for model in rows.KEPT)


def _touched(model: type, later: list[UUID]) -> bool:
    table = f"{model._meta.db_table}_version"  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE act = ANY(%s) OR ended_by = ANY(%s))", [later, later])
        return bool(cursor.fetchone()[0])
