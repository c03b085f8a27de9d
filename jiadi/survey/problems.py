"""The catalogue of problems 问题目录: level and words of every code, in both languages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

_FIELDS = ("level", "zh", "en", "todo_zh", "todo_en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Code → level, zh, en, todo_zh, todo_en (问题目录).

    >>> catalogue()["id_check_digit"]["level"]
    'unknown'
    """
    text = files("jiadi.survey").joinpath("problems.yaml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, str]] = yaml.safe_load(text)
    return entries


@cache
def levels() -> dict[str, str]:
    """Code → level (问题等级).

    >>> levels()["area_differs"]
    'note'
    """
    return {code: entry["level"] for code, entry in catalogue().items()}


def title(code: str, lang: str) -> str:
    """What a problem is called (问题名称); the code itself where there is no such problem.

    >>> title("id_check_digit", "zh")
    '身份证号校验码不对'
    """
    entry = catalogue().get(code)
    return entry[lang] if entry else code


def advice(code: str, lang: str) -> str:
    """What the user can do about it (处理办法).

    >>> advice("id_15_digits", "en")
    'It is kept and used for linking; supply the 18-digit number.'
    """
    entry = catalogue().get(code)
    return entry[f"todo_{lang}"] if entry else ""


def message(code: str, detail: str, lang: str) -> str:
    """A problem in words: what it is, what is known of it, and what to do (问题说明).

    Args:
        code: of the problem.
        detail: further words, such as the other rows of a group; "" for none.
        lang: "zh" or "en".

    >>> message("duplicate_key", "宗地.shp #7", "en")
    'The same code stands in several rows: 宗地.shp #7. Find out which row it belongs to, and correct the others.'
    """
    name, todo = title(code, lang), advice(code, lang)
    if lang == "zh":
        return f"{name}{f'：{detail}' if detail else ''}。{todo}"
    return f"{name}{f': {detail}' if detail else ''}. {todo}".strip()
