"""What accepting a delivery would change (入库预览): told before anybody decides."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked
from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries as acts
from jiadi.server.database.scope import Scope
from jiadi.server.register import frames
from jiadi.server.register.actions.allowed import seen
from jiadi.server.register.actions.plan import Plan
from jiadi.server.register.actions.record import SUBJECT, reckoned
from jiadi.server.register.queries.lists import VERSIONS
from jiadi.survey.renewal import Renewal
from jiadi.survey.renewal.conflict import conflicts
from jiadi.survey.renewal.report import masked

EDITED: dict[str, pl.DataType] = {
    "table": pl.String(),
    "id": pl.String(),
    "key": pl.String(),
    "word": pl.String(),
    "by_name": pl.String(),
    "at": pl.Datetime("us", "UTC"),
    "why": pl.String(),
}
"""Columns of rows that somebody changed by hand after the last delivery, and that this one would change again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change (预览).

    Args:
        plan: `plan.steps` has the rows: `insert`, `update`, `delete`, and `kept`, which the list no longer has without proving it.
        counts: table → added, changed, removed, kept, same.
        changed: cell by cell, of `renewal.compare.CHANGES`, persons' numbers masked.
        edited: frame of EDITED; their ids may be given to `record` as `keeping`.
        departments: fields on which lists of the delivery disagree, of `renewal.conflict.CONFLICTS`.
    """

    plan: Plan
    counts: dict[str, dict[str, int]]
    changed: pl.DataFrame
    edited: pl.DataFrame
    departments: pl.DataFrame


def preview(access: Access, delivery: Delivery, linked: Linked, division: str | None = None) -> Preview:
    """Say what `record` would do (入库预览).

    Args:
        access, delivery, linked, division: see `record.reckoned`.
    """
    plan = reckoned(access, delivery, linked, division)
    scope = seen(access).within(Scope.of([plan.division]))
    changed = masked((plan.renewal or Renewal()).changed)
    return Preview(plan, plan.counts(), changed, _edited(plan, scope), conflicts(delivery, linked))


def _edited(plan: Plan, scope: Scope) -> pl.DataFrame:
    rows = []
    by_hand = acts.ids_apart_from(scope, SUBJECT)
    for name in TABLES:
        touched = set(plan.steps[name].update["id"]) | set(plan.steps[name].delete) if name in plan.steps else set()
        if not touched:
            continue
        held = VERSIONS[frames.STORED[name]].objects.filter(scope.where(), known_to=None, act__in=by_hand)
        rows += [(name, row.hex, key, act) for row, key, act in held.values_list("id", "key", "act") if row.hex in touched]
    told = acts.named(scope, {act for *_, act in rows})
    said = [(*row, one.word, one.by_name, one.at, one.why) for *row, act in rows if (one := told.get(act))]
    return pl.DataFrame(said, schema=EDITED, orient="row")
