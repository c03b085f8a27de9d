"""Putting a delivery into the register (入库): in one act, by COPY."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from django.db import connection

from jiadi.register.tables import Delivery, Linked
from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.database import bulk
from jiadi.server.database.scope import Scope, span
from jiadi.server.register import frames, models, queries
from jiadi.server.register.actions import news
from jiadi.server.register.actions.allowed import require, seen
from jiadi.server.register.actions.plan import Plan, division_of, plan

SUBJECT = "delivery"
"""What an act of recording is about."""
DONE = ("added", "changed", "removed")
"""Of the counts of a plan those that write."""
SOURCE_WORDS = ("file", "sheet", "table", "sha256", "headers")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was done (入库结果): the act, and rows by table."""

    act: UUID
    counts: dict[str, dict[str, int]]


def reckoned(access: Access, delivery: Delivery, linked: Linked, division: str | None = None) -> Plan:
    """What recording would do (预估变更): nothing is written.

    Args:
        access: of who asks; the system itself has no user.
        delivery: checked; `linked`: of it.
        division: of the delivery; None for the smallest that holds all of it.

    Raises:
        Refusal: `no_place`, `outside_scope`.
    """
    place = division or division_of(delivery, linked)
    scope = Scope.of([place])
    require(access, "accept", scope)
    rows, sources = queries.whole(seen(access).within(scope))
    return plan(delivery, linked, place, rows, queries.delivered(rows, sources))


def record(
    access: Access,
    delivery: Delivery,
    linked: Linked,
    *,
    why: str,
    division: str | None = None,
    word: str = "accept",
    source: str = "",
    import_id: UUID | None = None,
    keeping: Collection[str] = (),
) -> Recorded:
    """Put a checked and linked delivery into the register (入库), in the open transaction.

    Rows that the register has already keep their ids; unchanged ones are not touched; those that the newer lists no longer have
    go where the delivery's coverage says that they are no longer. Two recordings of one county follow each other.

    Args:
        access, delivery, linked, division: see `reckoned`.
        why, word, source: of the act.
        import_id: of the import, which the sources carry.
        keeping: ids of rows that stay as the register has them, whatever the delivery says.

    Raises:
        Refusal: `no_place`, `outside_scope`.
    """
    place = division or division_of(delivery, linked)
    lock(place)
    made = reckoned(access, delivery, linked, place).without(keeping)
    low = span(place)[0]
    with acting(access, word, why=why, source=source, division=low, subject=SUBJECT, subject_id=import_id or "") as doing:
        _put_sources(made, delivery, import_id)
        for name, step in made.steps.items():
            bulk.insert(frames.STORED[name], frames.stored(name, step.insert))
            bulk.update(frames.STORED[name], frames.stored(name, step.update))
        for name in reversed(made.steps):
            bulk.delete(frames.STORED[name], made.steps[name].delete)
        counts = {name: one for name, one in made.counts().items() if any(one.values())}
        doing.detail["rows"] = counts
        news.tell(news.of_act(low, doing.id, {name: sum(one[done] for done in DONE) for name, one in counts.items()}))
    return Recorded(doing.id, counts)


def lock(division: str) -> None:
    """Wait until nobody else records in the same county (同县依次办理), till the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [span(division[:6])[0]])


def _put_sources(made: Plan, delivery: Delivery, import_id: UUID | None) -> None:
    new = made.new_sources
    if new.is_empty():
        return
    text = [(pl.col(name) if name in new.columns else pl.lit(None)).cast(pl.String).fill_null("").alias(name) for name in SOURCE_WORDS]
    rows = new.select(
        "id",
        pl.lit(span(made.division)[0]).alias("division"),
        pl.lit(import_id.hex if import_id else None, dtype=pl.String).alias("delivery"),
        pl.col("source_id").alias("number"),
        *text,
        pl.lit(delivery.delivered_on, dtype=pl.Date).alias("delivered_on"),
    )
    bulk.insert(models.Source, rows)
