"""Refusals of law data, in both languages (规则集有误的提示)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import yaml

from jiadi.errors import Refusal


class LawRefusal(Refusal):
    """A rule set that is not as it should be (规则集有误).

    Args:
        entry: key of `refusals.yaml`.
        file: file as it is told to the reader; "" where none is meant.
        line: line from 1; 0 where none is meant.
        filled: what the entry's braces stand for.

    >>> refusal = LawRefusal("key_twice", "a.yaml", 2, key="other")
    >>> str(refusal)
    'a.yaml, line 2: The key other stands here a second time. Keep one of them.'
    >>> refusal.said["zh"]
    'a.yaml 第 2 行：键“other”写了两次。只留一个。'
    """

    def __init__(self, entry: str, file: str = "", line: int = 0, /, **filled: object) -> None:
        said = _entries()[entry]
        self.file, self.line = file, line
        zh, zh_to_do, en, en_to_do = (said[part].format(**filled) for part in ("zh", "zh_to_do", "en", "en_to_do"))
        if file:
            zh = f"{file}{f' 第 {line} 行' if line else ''}：{zh}"
            en = f"{file}{f', line {line}' if line else ''}: {en}"
        super().__init__(said["code"], en, en_to_do)
        self.said = {"zh": zh + zh_to_do, "en": f"{en} {en_to_do}"}


Faults = list[LawRefusal]
"""Refusals that are gathered so that a set can be told all that is wrong with it at once."""


@contextmanager
def gathered(faults: Faults | None) -> Iterator[None]:
    """Put a refusal with the others, where somebody gathers them; raise it where nobody does (汇总错误).

    Args:
        faults: where to put it; None raises.

    >>> faults: Faults = []
    >>> with gathered(faults):
    ...     raise LawRefusal("too_large", "a.yaml")
    >>> faults[0].file
    'a.yaml'
    """
    try:
        yield
    except LawRefusal as refusal:
        if faults is None:
            raise
        faults.append(refusal)


@cache
def _entries() -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text("utf-8"))
    return entries
