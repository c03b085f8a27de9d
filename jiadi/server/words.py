"""What pages say, in Chinese and English (界面文字): `words.yaml` here and one in each app, keys apart from each other."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from django import template
from django.utils.functional import lazy
from django.utils.translation import get_language

from jiadi.codes.division import full_name, prefix
from jiadi.policy.labels import label

register = template.Library()
"""The tags that templates know without loading them."""

CODES = {"zh": "zh-hans", "en": "en"}
"""Our languages, by the names that Django gives them."""
LANGUAGE_COOKIE, LARGE_COOKIE = "jiadi_lang", "jiadi_large"


def sources() -> list[Path]:
    """The files of words (文字文件): of all pages, then of each app."""
    here = Path(__file__).parent
    return [here / "words.yaml", *sorted(here.glob("*/words.yaml"))]


@cache
def every_word() -> dict[str, dict[str, str]]:
    """All words by their key (全部界面文字).

    Raises:
        ValueError: a key stands in two files.
    """
    held: dict[str, dict[str, str]] = {}
    for path in sources():
        more = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if twice := held.keys() & more.keys():
            raise ValueError(f"{path}: {sorted(twice)} stand elsewhere too")
        held |= more
    return held


def language() -> str:
    """The language of whoever is asking: zh or en (当前语言)."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@register.simple_tag
def say(key: str, **filled: object) -> str:
    """Words by their key, in the reader's language (界面用语).

    >>> say("product")
    '家底'
    """
    return every_word()[key][language()].format(**filled)


say_later = lazy(say, str)
"""The same, in the language of whoever reads it later: for labels that are written down once."""


@register.filter
def told(words: dict[str, str]) -> str:
    """The reader's language of a value that has both (双语取一).

    >>> told({"zh": "村干部", "en": "village officer"})
    '村干部'
    """
    return words[language()]


@register.filter
def named(words: str) -> str:
    """What people read for stored words that are joined by commas (名称): findings, verdicts, remedies.

    >>> named("over_area,idle")
    '超占面积、闲置房屋'
    """
    return ("、" if language() == "zh" else ", ").join(label(word, language()) for word in words.split(",") if word)


@register.filter
def place(division: int) -> str:
    """A division by its full name, where it is known, and its code (区划名称).

    >>> place(330802000000)
    '浙江省衢州市柯城区（330802）'
    """
    code = f"{division:012}"
    return f"{full_name(code)}（{prefix(code)}）" if full_name(code) else prefix(code)


@register.simple_tag
def kept_query(kept: dict[str, str], **more: str) -> str:
    """What an address says behind the question mark (查询串): what is kept, and what is new.

    >>> kept_query({"q": "张"}, after="1")
    'q=%E5%BC%A0&after=1'
    """
    return urlencode({**kept, **more})


def of_request(request: Any) -> dict[str, object]:
    """What every page knows: the language, the size of type, and what the user may do."""
    return {"lang": language(), "large": getattr(request, "large", False), "access": getattr(request, "access", None)}
