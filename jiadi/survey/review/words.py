"""Words of the review workbook (复核表用语), and the headings by which a decision is read back."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

NOTE = "家底关联复核 · Jiadi link review"
"""What stands in the first cell of the first sheet: by it the workbook is known again."""
HEADS = {
    "answer": "决定 decision",
    "by": "决定人 by",
    "day": "决定日期 on",
    "why": "理由 why",
    "kind": "关联种类 kind",
    "left_id": "左标识 left_id",
    "right_id": "右标识 right_id",
    "check": "核对码 check",
}
"""Headings that are the same in both languages."""
ANSWERS = {
    "same": {"zh": "是同一", "en": "same"},
    "different": {"zh": "不是", "en": "different"},
    "open": {"zh": "待定", "en": "open"},
}
"""Answers 决定 and their words."""


@cache
def _words() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(files("jiadi.survey.review").joinpath("words.yaml").read_text(encoding="utf-8"))
    return content


def say(key: str, lang: str, **values: object) -> str:
    """A word or sentence (用语).

    >>> say("none", "en")
    'No link waits to be decided.'
    """
    return str(_words()[key][lang]).format(**values)


def reason(code: str, lang: str) -> str:
    """Why two rows are linked, or may be (关联依据); the code itself where there is no word for it.

    >>> reason("location", "zh")
    '门牌与坐落相同'
    """
    entry = _words()["reasons"].get(code)
    return str(entry[lang]) if entry else code


def answer_of(text: str) -> str | None:
    """The answer that a cell gives (决定取值), None where it is none of them.

    >>> answer_of(" 是同一 "), answer_of("Different"), answer_of("也许")
    ('same', 'different', None)
    """
    plain = "".join(text.split()).casefold()
    return next((key for key, words in ANSWERS.items() if plain in {key, *words.values()}), None)
