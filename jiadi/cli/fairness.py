"""`jiadi fairness`: whether a stored run treats like cases alike (公平检查命令)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language, Out, _answer, _folder, _guarded, app
from jiadi.cli.words import say


@app.command()
def fairness(
    directory: Annotated[Path, typer.Argument(help="judge 的结果文件夹 · result folder of judge", show_default=False)],
    out: Out,
    bands: Annotated[Path | None, typer.Option("--bands", help="分档 YAML · bands, YAML")] = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """同样情形是否同样对待：同案不同判、例外的使用、各村与预期。 · Are like cases treated alike?"""
    from jiadi.insight import fairness as insight_fairness  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run import fairness as run_fairness  # noqa: PLC0415
    from jiadi.run.folder import whole  # noqa: PLC0415

    _folder(out, lang)
    with _guarded(lang):
        found = run_fairness.look(directory, bands)
        with whole(out) as draft:
            counted = insight_fairness.write(draft, found, lang)
    if not _answer(counted, as_json):
        _print(counted, lang)
        show.screen.print(say("written", lang, out=out), markup=False)


def _print(counted: Mapping[str, Any], lang: str) -> None:
    rows = [(say(f"fair_cause_{cause}", lang), cause, number) for cause, number in counted["causes"].items()]
    show.table(say("fair_unlike", lang), [say("fair_cause", lang), "", say("fair_groups", lang)], rows, numbers_from=2)
    more, fewer = (sum(counted["villages_out"][word].values()) for word in ("more", "fewer"))
    uses, hand = sum(counted["exceptions"].values()), sum(counted["by_hand"].values())
    show.screen.print(say("fair_summary", lang, uses=uses, hand=hand, more=more, fewer=fewer), markup=False)
