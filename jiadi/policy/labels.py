"""The words that people read for the words that are stored (名称)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


@cache
def sections() -> dict[str, dict[str, dict[str, str]]]:
    """All labels as the file has them: section → stored word → language → label (全部名称).

    >>> sections()["verdict"]["unlawful"]["zh"]
    '违法'
    """
    text = files("jiadi.policy").joinpath("labels.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(text)
    return loaded


@cache
def _words() -> dict[str, dict[str, str]]:
    return {str(word): spoken for section in sections().values() for word, spoken in section.items()}


def label(word: str, lang: str) -> str:
    """What people read for a stored word: a verdict, finding, effect, fact, remedy, need, unit (名称).

    Args:
        word: as it is stored, such as `over_area`.
        lang: "zh" or "en".

    Returns:
        The label; a word that has none comes back as it is, so that data from elsewhere still shows.

    >>> label("over_area", "zh"), label("can_be_regularised", "en")
    ('超占面积', 'can be regularised')
    """
    spoken = _words().get(word)
    return spoken[lang] if spoken else word
