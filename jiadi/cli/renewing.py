"""What `jiadi renew` prints (重交比对的输出)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jiadi.cli import show
from jiadi.cli.words import say
from jiadi.register.schema import TABLES
from jiadi.survey.renewal.conflict import precedence

KEYS = ("same", "changed", "cells", "added", "removed")


def print_changes(answer: Mapping[str, Any], lang: str) -> None:
    """Print counts by list, and where departments disagree (打印变化).

    Args:
        answer: what `changes.json` says.
        lang: "zh" or "en".
    """
    rows = [(_name(name, lang), *(counted[key] for key in KEYS)) for name, counted in answer["tables"].items()]
    show.table(say("changes", lang), [say("list", lang), *(say(f"rows_{key}", lang) for key in KEYS)], rows)
    if answer["not_handed_in"]:
        names = "、".join(_name(name, lang) for name in answer["not_handed_in"])
        show.screen.print(say("not_handed_in", lang, names=names), markup=False)
    if answer["conflicts"]:
        rules = precedence()
        counted = [(rules[field][lang], field, number) for field, number in answer["conflicts"].items()]
        show.table(say("conflicts", lang), [say("field", lang), "", say("count", lang)], counted, numbers_from=2)


def _name(table: str, lang: str) -> str:
    return TABLES[table].zh if lang == "zh" else table
