"""`jiadi compare`: two stored runs side by side (比对命令)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language, _answer, _folder, _guarded, app
from jiadi.cli.words import say


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="前一次 judge 的结果文件夹 · result folder of the earlier judge", show_default=False)],
    new: Annotated[Path, typer.Argument(help="后一次 judge 的结果文件夹 · result folder of the later judge", show_default=False)],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="写出比对报告的文件夹 · folder for the report")] = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """两次判定哪里变了，为什么：法规、事实、关联。 · What changed between two runs, and why."""
    from jiadi.insight import compare as insight_compare  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run import compare as run_compare  # noqa: PLC0415
    from jiadi.run.folder import apart, whole  # noqa: PLC0415

    with _guarded(lang):
        found = run_compare.compare(old, new)
        counted = insight_compare.counts(found)
        if out is not None:
            apart(_folder(out, lang), [old, new])
            with whole(out) as draft:
                insight_compare.write(draft, found, lang)
    if not _answer(counted, as_json):
        _print(counted, lang)
        if out is not None:
            show.screen.print(say("written", lang, out=out), markup=False)


def _print(counted: Mapping[str, Any], lang: str) -> None:
    added, removed = (sum(counted[key].values()) for key in ("added", "removed"))
    filled = {"both": counted["both"], "added": added, "removed": removed, "verdicts": counted["verdicts_changed"]}
    show.screen.print(say("compare_summary", lang, **filled, others=counted["houses_changed"] - counted["verdicts_changed"]), markup=False)
    causes = counted["causes"]
    if causes:
        rows = [
            (" + ".join(say(f"compare_{group}", lang) for group in cause.split("+") if group), number) for cause, number in causes.items()
        ]
        show.table(say("compare_causes", lang), [say("compare_cause", lang), say("houses", lang)], rows, numbers_from=1)
