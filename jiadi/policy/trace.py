"""The facts behind a verdict, with the file, sheet and row that each comes from (资料来源)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jiadi.policy import say
from jiadi.policy.grammar import Span
from jiadi.policy.labels import label
from jiadi.policy.table import SUBJECTS, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY, Fact

Told = tuple[str, str, str, str, str, str, str, int]
"""subject, id, fact, title, value, file, sheet, row."""

_HIDDEN = ("approvals_first", "approvals_last")


def inputs(facts: Facts, files: Mapping[int, tuple[str, str]], lang: str) -> Iterator[Told]:
    """Every fact of one house, its parcel, household and zones (所用资料).

    Args:
        facts: of one house alone, see `Facts.alone`.
        files: number of a source → its file and sheet.
        lang: "zh" or "en".
    """
    for subject in (*SUBJECTS, "zone"):
        block = facts.blocks[subject]
        for row in range(block.size):
            for name, column in block.columns.items():
                fact = VOCABULARY[subject][name]
                if name in _HIDDEN or (subject == "zone" and column.is_unknown(fact)[row] and fact.kind != "date"):
                    continue
                source, source_row = (int(part[row]) for part in block.origins.get(fact.origin, _NOWHERE))
                file, sheet = files.get(source, ("", ""))
                shown = value(fact, column, row, lang)
                yield subject, facts.ids[subject][row], name, label(name, lang), shown, file, sheet, max(source_row, 0) if file else 0


class _Nothing:
    def __getitem__(self, row: int) -> int:
        return -1


_NOWHERE = (_Nothing(), _Nothing())


def value(fact: Fact, column: Column, row: int, lang: str) -> str:
    """A fact of one row in words (事实表述)."""
    low, high = column.low[row], column.high[row]
    if fact.kind == "number":
        return say.span(Span(low, high), fact.unit, fact.scale, lang)
    if fact.kind == "date":
        return say.days(Span(low, high), lang)
    if fact.kind == "word":
        return say.spoken(fact.words[int(low) - 1], fact.name, lang) if low else say.word("unknown", lang)
    if low < 2:
        return say.state(fact.name, bool(low), lang) or say.word("yes" if low else "no", lang)
    if fact.needs == (fact.name,):
        return say.state(fact.name, False, lang)
    need = fact.needs[int(low) - 2] if int(low) - 2 < len(fact.needs) else ""
    return say.word("unknown", lang) + (f"{say.word('open', lang)}{label(need, lang)}{say.word('close', lang)}" if need else "")
