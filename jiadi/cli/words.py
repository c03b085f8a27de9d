"""Words of the command line in both languages (命令行用语)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from jiadi.errors import Refusal

Lang = Literal["zh", "en"]


@cache
def _words(package: str = "jiadi.cli") -> dict[str, dict[str, str]]:
    text = files(package).joinpath("words.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return words


def say(key: str, lang: str, package: str = "jiadi.cli", **filled: object) -> str:
    """The words for a key (取用语).

    Args:
        key: key of words.yaml.
        lang: "zh" or "en".
        package: whose words.yaml.
        filled: what goes into the braces.

    Returns:
        The words; the key itself where there are none.

    >>> say("linked", "en")
    'Linked'
    """
    entry = _words(package).get(key)
    return entry[lang].format(**filled) if entry else key


def of_refusal(refusal: Refusal, lang: str) -> str:
    """A refusal in words that say what to do (拒绝的话).

    >>> of_refusal(Refusal("odd", "It is odd.", "Mend it."), "zh")
    'It is odd. Mend it.'
    """
    said: Mapping[str, str] | None = getattr(refusal, "said", None)
    if said:
        return said[lang]
    entry = _words().get(f"refusal_{refusal.code}")
    return entry[lang].format(why=refusal.why, todo=refusal.what_to_do) if entry else str(refusal)
