"""What is missing, and what is unsafe (体检)."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

import jiadi
from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language
from jiadi.errors import Refusal
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.words import guarded, say

if TYPE_CHECKING:
    from jiadi.server.safety import Check

WRONG = ("missing", "unsafe")
COLOURS = {"good": "green", "note": "yellow", "missing": "red", "unsafe": "bold red"}


@app.command()
def doctor(var: Var = None, as_json: AsJson = False, lang: Language = "zh") -> None:
    """体检：缺什么、哪里不安全、怎么办，一次说完。 · Tell all that is missing or unsafe, and what to do."""
    with guarded(lang):
        instance.settle(var, language=lang)
        found = examine()
        if as_json:
            typer.echo(json.dumps(_answer(found), ensure_ascii=False, indent=1))
        else:
            _print(found, lang)
    raise typer.Exit(1 if any(check.state in WRONG for check in found) else 0)


def examine() -> list[Check]:
    """Every check, of the settings and of the database (逐项检查).

    Returns:
        All of them; where a setting cannot be used at all, those settings alone.
    """
    from jiadi.server.environment import SETTINGS, value  # noqa: PLC0415  a core alone has none of it
    from jiadi.server.safety import bad_setting, in_database, of_settings  # noqa: PLC0415

    bad = []
    for name in SETTINGS:
        try:
            value(name)
        except Refusal as refusal:
            bad.append(bad_setting(refusal))
    if bad:
        return bad
    instance.set_up()
    return [*of_settings(), *in_database()]


def _answer(found: Sequence[Check]) -> dict[str, Any]:
    checks = [{"name": check.name, "state": check.state, **check.said} for check in found]
    return {"jiadi": jiadi.__version__, "python": platform.python_version(), "good": not _wrong(found), "checks": checks}


def _wrong(found: Sequence[Check]) -> int:
    return sum(check.state in WRONG for check in found)


def _print(found: Sequence[Check], lang: str) -> None:
    show.screen.print(
        f"Jiadi {jiadi.__version__}, Python {platform.python_version()}, {platform.platform()}", markup=False, highlight=False
    )
    for check in found:
        show.screen.print(f"[{COLOURS[check.state]}]{say(check.state, lang)}[/] ", end="")
        show.screen.print(check.said[lang], markup=False, highlight=False)
    show.screen.print(say("doctor_wrong" if _wrong(found) else "doctor_good", lang, count=_wrong(found)), markup=False)
