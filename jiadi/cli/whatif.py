"""`jiadi whatif`: a stored run under changed law (试算命令)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language, Out, _answer, _folder, _guarded, app
from jiadi.cli.words import say


@app.command()
def whatif(
    directory: Annotated[Path, typer.Argument(help="judge 的结果文件夹 · result folder of judge", show_default=False)],
    changes: Annotated[Path, typer.Argument(help="试算方案 YAML · variants to try, YAML", show_default=False)],
    out: Out,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """改了规则会怎样：几个方案并列，原判定不动。 · What if the law were otherwise?"""
    from jiadi.insight import whatif as insight_whatif  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run import whatif as run_whatif  # noqa: PLC0415
    from jiadi.run.folder import apart, whole  # noqa: PLC0415

    _folder(out, lang)
    with _guarded(lang):
        found = run_whatif.whatif_of(directory, changes)
        apart(out, [directory])
        with whole(out) as draft:
            counted = insight_whatif.write(draft, found, lang)
    if not _answer(counted, as_json):
        _print(counted, lang)
        show.screen.print(say("written", lang, out=out), markup=False)


def _print(counted: Mapping[str, Any], lang: str) -> None:
    rows = []
    for name, one in counted["variants"].items():
        homes = one["households"]
        difference = one["money_fen"]["difference"]
        money = say("whatif_unpriced", lang) if difference is None else f"{difference / 100:+,.2f}"
        rows.append((name, one["verdicts_changed"], homes["hit"], homes["relieved"], homes["open"], money))
    heads = [say(f"whatif_{key}", lang) for key in ("variant", "moved", "hit", "relieved", "open", "money")]
    show.table(say("whatif", lang), heads, rows, numbers_from=1)
