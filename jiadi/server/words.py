"""What pages say, in Chinese and English (界面文字)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django import template
from django.utils.translation import get_language

register = template.Library()
"""The tags that templates know without loading them."""


@cache
def _words() -> dict[str, dict[str, str]]:
    held: dict[str, dict[str, str]] = yaml.safe_load(files("jiadi.server").joinpath("words.yaml").read_text(encoding="utf-8"))
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
    return _words()[key][language()].format(**filled)


def of_request(request: Any) -> dict[str, object]:
    """What every page knows: the language, and what the user may do."""
    return {"lang": language(), "access": getattr(request, "access", None)}
