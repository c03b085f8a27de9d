"""Refusals of law data, in both languages (规则集有误的提示)."""

from __future__ import annotations

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
        zh, zh_to_do, en, en_to_do = (said[part].format(**filled) for part in ("zh", "zh_to_do", "en", "en_to_do"))
        if file:
            zh = f"{file}{f' 第 {line} 行' if line else ''}：{zh}"
            en = f"{file}{f', line {line}' if line else ''}: {en}"
        super().__init__(said["code"], en, en_to_do)
        self.said = {"zh": zh + zh_to_do, "en": f"{en} {en_to_do}"}


@cache
def _entries() -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text("utf-8"))
    return entries
