"""Words of the workbook and the report, in both languages (用语)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from jiadi.policy.labels import label

LANGS = ("zh", "en")


@cache
def _words() -> dict[str, dict[str, str]]:
    text = files("jiadi.insight").joinpath("words.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return words


def say(key: str, lang: str, **filled: Any) -> str:
    """A word of this package, filled in (取用语).

    >>> say("judged_on", "zh", on="2025-06-30")
    '判定日：2025-06-30'
    """
    return _words()[key][lang].format(**filled)


def unit(word: str | None, lang: str) -> str:
    """A unit as it stands beside a figure (计量单位); "" where a figure has none.

    >>> unit("m2", "zh"), unit(None, "en")
    ('㎡', '')
    """
    if not word:
        return ""
    known = _words().get(f"unit_{word}")
    return known[lang] if known else label(word, lang)


def remedies(words: str | None, lang: str) -> str:
    """Proposed remedies, given as words joined by commas (建议处置).

    >>> remedies(None, "zh")
    ''
    """
    named = [label(word.strip(), lang) for word in (words or "").split(",") if word.strip()]
    return ("、" if lang == "zh" else ", ").join(named)
