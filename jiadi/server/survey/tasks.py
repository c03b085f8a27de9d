"""Jobs of imports (导入任务): each may be killed at any moment and done again from the beginning."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.errors import Refusal
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import Access, access
from jiadi.server.database.scope import EVERYWHERE, Scope, seeing
from jiadi.server.jobs.watching import AGAIN, TakenBack, Watch
from jiadi.server.refusals import kept, refuse
from jiadi.server.survey import queries
from jiadi.server.survey.actions import accepting, checking
from jiadi.server.survey.actions.moving import QUEUE, move, named
from jiadi.server.survey.models import Import

log = logging.getLogger(__name__)


@app.task(name="import_check", queue=QUEUE, retry=AGAIN)
def import_check(import_id: str, attempt: int, user_id: str | None) -> None:
    """Check an import and keep what was found."""
    with _own_connection():
        with seeing(EVERYWHERE):
            held = named(import_id)
            if (held.state, held.attempt) != ("checking", attempt):
                return
            rows = list(queries.decisions(held).values("kind", "left", "right", "answer", "by", "day", "why", "check_value"))
            files = dict(queries.whole(held).values_list("name", "sha256"))
        lang = held.order.get("lang", "zh")
        wanted = checking.Wanted(held.code, files, held.profile, checking.decided(rows, held.title), lang)
        with _told(held, attempt, "check_failed"), Watch(partial(_write, held, attempt)).running() as watch:
            found = checking.check(wanted, watch.told)
            word, fault = ("check_done", {}) if found.tied else ("check_failed", kept(refuse("nothing_usable")))
            known = {"checked": found.checked, "tied": found.tied, "seen": found.seen, "summary": found.summary}
            with seeing(EVERYWHERE):
                move(held, word, attempt, fault=fault, stage="", share=1.0, **known)


@app.task(name="import_accept", queue=QUEUE, retry=AGAIN)
def import_accept(import_id: str, attempt: int, user_id: str | None) -> None:
    """Put an import into the register."""
    _carry_out(import_id, attempt, user_id, "accepting", "accept_refused", accepting.accept)


@app.task(name="import_undo", queue=QUEUE, retry=AGAIN)
def import_undo(import_id: str, attempt: int, user_id: str | None) -> None:
    """Take an import back."""
    _carry_out(import_id, attempt, user_id, "undoing", "undo_refused", accepting.undo)


def _carry_out(
    import_id: str, attempt: int, user_id: str | None, state: str, refused: str, do: Callable[[Access, Import, int], None]
) -> None:
    with _own_connection():
        with seeing(EVERYWHERE):
            held = named(import_id)
            who = access(User.objects.filter(pk=UUID(user_id)).first(), timezone.localdate()) if user_id else Access()
        if (held.state, held.attempt) != (state, attempt):
            return
        with _told(held, attempt, refused), seeing(Scope.of([held.code[:6]])):
            if user_id and not who.scope("accept"):
                raise refuse("no_right")
            do(who, held, attempt)


def _write(held: Import, attempt: int, watch: Watch) -> bool:
    rows = Import.objects.filter(pk=held.pk, attempt=attempt, state="checking")
    return bool(rows.update(stage=watch.stage, share=watch.share, told_at=timezone.now()))


@contextlib.contextmanager
def _own_connection() -> Iterator[None]:
    """A job runs in a thread of its own, whose connection ends with it."""
    try:
        yield
    finally:
        connection.close()


@contextlib.contextmanager
def _told(held: Import, attempt: int, word: str) -> Iterator[None]:
    """What was refused stands on the import's page; what is a bug as well, and in the log."""
    try:
        yield
    except TakenBack:
        log.info("import %s: order %s was taken back", held.pk, attempt)
    except Refusal as refusal:
        with seeing(EVERYWHERE):
            move(held, word, attempt, fault=kept(refusal), stage="", share=0.0)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        with seeing(EVERYWHERE):
            move(held, word, attempt, fault=kept(refuse("server_error")), stage="", share=0.0)
        raise
