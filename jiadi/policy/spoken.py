"""What is wrong with a rule, in Chinese (规则错误的中文): sentences of the program looked up in `spoken.yaml`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

from jiadi.law.refuse import LawRefusal

_HOLE = "{}"


@cache
def _sentences(part: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of English sentences, the least general first, and the Chinese of each."""
    loaded = yaml.safe_load(files("jiadi.policy").joinpath("spoken.yaml").read_text(encoding="utf-8"))[part]
    ordered = sorted(loaded.items(), key=lambda pair: (pair[0].count(_HOLE), -len(pair[0])))
    return tuple((re.compile("(.*?)".join(map(re.escape, en.split(_HOLE))), re.DOTALL), zh) for en, zh in ordered)


def chinese(text: str, part: str) -> str:
    """An English sentence of the program in Chinese (译成中文).

    Args:
        text: the sentence, filled in.
        part: `why` or `todo`.

    Returns:
        The Chinese; the sentence itself where there is none.

    >>> chinese("The name wall is unknown here.", "why"), chinese("Add it.", "todo")
    ('这里没有名称 wall。', '请补上。')
    """
    for pattern, zh in _sentences(part):
        if found := pattern.fullmatch(text):
            parts = zh.split(_HOLE)
            return "".join(piece for pair in zip(parts, (*found.groups(), ""), strict=False) for piece in pair) if found.groups() else zh
    return text


def refusal(file: str, line: int, rule: str, why: str, what_to_do: str) -> LawRefusal:
    """A rule that is refused, in both languages (拒绝规则).

    Args:
        file, line, rule: where.
        why, what_to_do: English sentences of the program.
    """
    told = {"why_zh": chinese(why, "why"), "what_to_do_zh": chinese(what_to_do, "todo")}
    return LawRefusal("rule", file, line, rule=rule, why=why, what_to_do=what_to_do, **told)
