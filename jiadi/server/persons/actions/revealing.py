"""Seeing a number in clear (查看完整号码): for a reason, and on record."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from jiadi.server.accounts.queries import Access
from jiadi.server.cases.actions import acting
from jiadi.server.persons import queries
from jiadi.server.persons.rules import reasons
from jiadi.server.refusals import refuse


def reveal(access: Access, table: str, row_id: UUID, fields: Sequence[str], reason: str, text: str = "") -> dict[str, str]:
    """Numbers of one row in clear, by one act that names the row, the fields, the reason and who (查看完整号码).

    The act holds no number and no name: the chain is kept for good, and a name could not be taken out of it.

    Args:
        access: of who wants to see them.
        table: of `queries.SEALED`; `row_id` of the row as it is today.
        fields: of that table; those without a value are passed over.
        reason: name of one of `rules.reasons`; `text`: words of one's own.

    Returns:
        Field → value: to be shown at once, and kept nowhere.

    Raises:
        Refused: `not_found`, `nothing_to_reveal`, `reveal_reason`, `reason_missing`.

    Law: 个人信息保护法 arts. 6, 34, 51.
    """
    found = queries.row(access, table, row_id)
    if (why := reasons().get(reason)) is None:
        raise refuse("reveal_reason")
    if why.text and len(text.strip()) < 2:
        raise refuse("reason_missing")
    chosen = [name for name in queries.filled(table, found) if name in fields]
    if not chosen:
        raise refuse("nothing_to_reveal")
    words = "：".join(part for part in (why.title["zh"], text.strip()[:200]) if part)
    with acting(access, "reveal", division=found.division, subject=table, subject_id=found.pk, why=words) as act:
        act.detail |= {"fields": chosen, "reason": reason}
        return queries.opened(table, found, chosen)
