"""Asking for an export, taking it back, and what a worker does about it (导出办理)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app

from jiadi.codes.division import prefix
from jiadi.server import asked
from jiadi.server.accounts.actions import reason
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.exports import queries
from jiadi.server.exports.models import OPEN, Export
from jiadi.server.exports.writing import SUFFIX
from jiadi.server.refusals import refuse

TASK, QUEUE = "export_write", "exports"
AT_ONCE = 5
"""Exports that one user may have under way."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported (导出要求); see `Export`."""

    table: str
    form: str
    code: str = ""
    q: str = ""
    verdict: str = ""
    as_of: date | None = None
    clear: bool = False


def ask(access: Access, wanted: Wanted, why: str) -> Export:
    """Have a list written as a file (下达导出); it is in line when the transaction ends well, and not before.

    Args:
        access: of who asks; their rights are looked at again when it is written, and when it is fetched.
        wanted: what; `why`: the reason.

    Raises:
        Refused: `division_code`, `no_right`, `outside_scope`, `reason_missing`, `exports_open`.
    """
    held = queries.reach(access, wanted.table, wanted.clear)
    if not held or (wanted.clear and not queries.sealed(wanted.table)):
        raise refuse("no_right")
    if queries.exports(access).filter(state__in=OPEN).count() >= AT_ONCE:
        raise refuse("exports_open", most=AT_ONCE)
    if wanted.code:
        held = asked.place(wanted.code).within(held)
        if not held:
            raise refuse("outside_scope", division=wanted.code)
    made = Export(table=wanted.table, form=wanted.form, q=wanted.q, verdict=wanted.verdict, as_of=wanted.as_of, clear=wanted.clear)
    made.division, made.ranges, made.why = held.ranges[0][0], held.literal(), reason(why)
    made.code = prefix(wanted.code.ljust(12, "0")) if wanted.code else ""
    made.by, made.by_name = access.user, access.user.full_name if access.user else ""
    made.save(force_insert=True)
    app.configure_task(TASK, lock=str(made.pk), queue=QUEUE).defer(export_id=str(made.pk))
    return made


def cancel(held: Export) -> None:
    """Take an export back (取消导出). A worker that is at it notices, and nothing of it stays.

    Raises:
        Refused: `job_moved`.
    """
    _move(held, OPEN, "cancelled")


def remove(held: Export) -> None:
    """Take a file away before its days are over (删除导出文件).

    Raises:
        Refused: `job_moved`.
    """
    _move(held, ("done",), "removed")
    shutil.rmtree(queries.file(held).parent, ignore_errors=True)


def _move(held: Export, before: tuple[str, ...], after: str) -> None:
    rows = Export.objects.filter(pk=held.pk, state__in=before)
    if not rows.update(state=after, attempt=F("attempt") + 1, done_at=timezone.now()):
        raise refuse("job_moved")


def expire() -> int:
    """Take away the files whose days are over, and what killed workers left (清理过期导出).

    Returns:
        How many files.
    """
    over = list(Export.objects.filter(state="done", expires_at__lte=timezone.now()))
    for one in over:
        if Export.objects.filter(pk=one.pk, state="done").update(state="expired"):
            shutil.rmtree(queries.file(one).parent, ignore_errors=True)
    kept = {str(one) for one in Export.objects.filter(state__in=(*OPEN, "done")).values_list("pk", flat=True)}
    for folder in queries.folder().glob("*") if queries.folder().is_dir() else ():
        if folder.name.partition(".")[0] not in kept:
            shutil.rmtree(folder, ignore_errors=True)
    return len(over)


@contextlib.contextmanager
def draft(export_id: UUID) -> Iterator[Path]:
    """A folder in which a file is written (草稿目录): nobody is offered it, and it goes with whatever goes wrong.

    What a killed worker left of the same export goes first.
    """
    root = queries.folder()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in root.glob(f"{export_id}.*"):
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{export_id}.", dir=root))
    try:
        yield made
    except OSError as why:
        if why.errno in (28, 122):  # no room, or no more room for us
            raise refuse("export_no_room") from None
        raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def finish(access: Access, held: Export, written: Path, rows: int) -> bool:
    """Offer a file that is whole (登记成果), in the open transaction: with it goes the one act that an export is.

    Args:
        access: of who asked; `held`: as the worker took it.
        written: the file, in a draft.
        rows: that are in it.

    Returns:
        Whether it is still wanted.
    """
    if not Export.objects.select_for_update().filter(pk=held.pk, state="running", attempt=held.attempt).exists():
        return False
    with written.open("rb") as file:
        held.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    held.name, held.bytes, held.rows = written.name, written.stat().st_size, rows
    about = {"table": held.table, "form": held.form, "clear": held.clear, "rows": rows, "sha256": held.sha256}
    narrowed = {"division_code": held.code, "q": held.q, "verdict": held.verdict, "as_of": held.as_of}
    with acting(access, "export", why=held.why, division=held.division, subject="export", subject_id=held.pk) as act:
        act.detail |= about | {name: said for name, said in narrowed.items() if said}
        held.state, held.done_at = "done", timezone.now()
        held.expires_at = held.done_at + timedelta(days=settings.EXPORT_DAYS)
        final = queries.file(held)
        final.parent.mkdir(exist_ok=True, mode=0o700)
        written.replace(final)
        held.save(update_fields=["state", "name", "bytes", "sha256", "rows", "done_at", "expires_at"])
    return True


def name_of(held: Export) -> str:
    """What the file of an export is called (文件名)."""
    what = queries.called(held)
    day = held.as_of or timezone.localdate()
    return f"{what}_{held.code or f'{held.division:012}'[:6]}_{day:%Y%m%d}{SUFFIX[held.form]}"
