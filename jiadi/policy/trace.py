"""The facts behind a verdict, with the file, sheet and row that each comes from (资料来源)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jiadi.policy import say
from jiadi.policy.grammar import Array, Span
from jiadi.policy.labels import label
from jiadi.policy.single import House
from jiadi.policy.table import SUBJECTS, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, Fact

Told = tuple[str, str, str, str, str, str, str, int]
"""subject, id, fact, title, value, file, sheet, row."""

_HIDDEN = ("approvals_first", "approvals_last")
_SAID = 100_000
"""Values whose words are kept: most houses say the same."""


class Inputs:
    """The facts of a county as they are told of one house after the other (所用资料).

    Args:
        facts: of the county.
        files: number of a source → its file and sheet.
    """

    def __init__(self, facts: Facts, files: Mapping[int, tuple[str, str]]) -> None:
        self._facts, self._files = facts, files
        self._columns: dict[str, list[tuple[Fact, Column, tuple[Array, Array] | None]]] = {
            subject: [
                (VOCABULARY[subject][name], column, facts.blocks[subject].origins.get(VOCABULARY[subject][name].origin))
                for name, column in facts.blocks[subject].columns.items()
                if name not in _HIDDEN
            ]
            for subject in (*SUBJECTS, "zone")
        }

    def of(self, house: House, lang: str) -> Iterator[Told]:
        """Every fact of one house, its parcel, household and zones (逐项资料).

        Args:
            house: one of the facts.
            lang: "zh" or "en".
        """
        for subject in (*SUBJECTS, "zone"):
            for row in house.zones if subject == "zone" else [at for at in (house.rows[subject],) if at >= 0]:
                yield from self._row(subject, row, lang)

    def _row(self, subject: str, row: int, lang: str) -> Iterator[Told]:
        named = self._facts.ids[subject][row]
        for fact, column, origin in self._columns[subject]:
            low = column.low.item(row)
            high = low if column.high is column.low else column.high.item(row)
            if subject == "zone" and fact.kind != "date" and _is_unknown(fact, low, high):
                continue
            source = -1 if origin is None else origin[0].item(row)
            file, sheet = self._files.get(source, ("", ""))
            source_row = max(origin[1].item(row), 0) if file and origin is not None else 0
            yield subject, named, fact.name, label(fact.name, lang), value(subject, fact.name, low, high, lang), file, sheet, source_row


def _is_unknown(fact: Fact, low: int, high: int) -> bool:
    return low == 0 if fact.kind == "word" else low > 1 if fact.kind == "truth" else low < high


@lru_cache(maxsize=_SAID)
def value(subject: str, name: str, low: int, high: int, lang: str) -> str:
    """A fact of one row in words (事实表述).

    Args:
        subject, name: which fact.
        low, high: as `table.Column` holds it.
        lang: "zh" or "en".

    >>> value("house", "storeys", 3, 3, "zh"), value("house", "safety_grade", 0, 0, "en")
    ('3层', 'unknown')
    """
    fact = VOCABULARY[subject][name]
    held: Any = (low, high)
    if fact.kind == "number":
        return say.span(Span(*held), fact.unit, fact.scale, lang)
    if fact.kind == "date":
        return say.days(Span(*held), lang)
    if fact.kind == "word":
        return say.spoken(fact.words[low - 1], fact.name, lang) if low else say.word("unknown", lang)
    if low < 2:
        return say.state(fact.name, bool(low), lang) or say.word("yes" if low else "no", lang)
    if fact.needs == (fact.name,):
        return say.state(fact.name, False, lang)
    need = fact.needs[low - 2] if low - 2 < len(fact.needs) else ""
    return say.word("unknown", lang) + (f"{say.word('open', lang)}{label(need, lang)}{say.word('close', lang)}" if need else "")
