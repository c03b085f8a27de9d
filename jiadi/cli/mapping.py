"""`jiadi map`: what each file is taken for, column by column, before anything is done with it (表头映射)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Files, Language, Profile, _answer, _fail, _guarded, app
from jiadi.cli.words import say


@app.command("map")
def map_files(
    files: Files,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="把映射写成可改的导入方案 · write a profile to edit", show_default=False)
    ] = None,
    profile: Profile = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """每个文件认作哪张表、每一列认作什么，有多大把握。 · What each file and each column is taken for."""
    from jiadi.survey import mapping, read  # noqa: PLC0415  help must not wait for the core to load

    for path in files:
        if not path.exists():
            _fail(say("no_file", lang, path=path), lang, 2)
    with _guarded(lang), show.progress(lang, as_json) as told:
        raw = read.read(list(files), profile, lambda share: told("read", share))
    sheets = mapping.mapping(raw)
    answer = {"sheets": [one.as_dict() for one in sheets], "not_taken": raw.files, "profile": str(out) if out else None}
    if out:
        _write(out, mapping.profile_text(sheets, out.stem), lang)
    if not _answer(answer, as_json):
        print_mapping(sheets, raw.files, lang)
        if out:
            show.screen.print(say("map_written", lang, out=out), markup=False)
    if not sheets:
        raise typer.Exit(3)


def _write(out: Path, text: str, lang: str) -> None:
    if out.is_dir() or out.suffix not in (".yaml", ".yml"):
        _fail(say("map_name", lang, out=out), lang, 2)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(say("map_not_written", lang, out=out, why=error.strerror or error), lang, 2)


def print_mapping(sheets: Sequence[Any], not_taken: Sequence[dict[str, object]], lang: str) -> None:
    """Print a table a sheet, its questions, and what was not recognised (打印映射).

    Args:
        sheets: as `survey.mapping.mapping` gives them.
        not_taken: entries of files and sheets that are no list.
        lang: "zh" or "en".
    """
    for one in sheets:
        title = f"{one.file} {one.sheet} → {show.table_name(one.table, lang)}"
        rows = [(row.heading, _meaning(row, lang), _sure(row), "、".join(row.values)) for row in one.headings]
        show.table(title, [say(key, lang) for key in ("heading", "column", "confidence", "first_values")], rows, numbers_from=9)
        for column, headings in one.questions.items():
            show.screen.print(say("map_question", lang, column=column, headings="、".join(headings)), markup=False)
        if one.missing:
            show.screen.print(say("map_missing", lang, columns="、".join(one.missing)), markup=False)
    for entry in not_taken:
        reason = entry["reason"] if lang == "zh" else entry.get("reason_en", entry["reason"])
        show.screen.print(f"{entry['file']} {entry['sheet']}: {reason}", markup=False)


def _meaning(row: Any, lang: str) -> str:
    if row.column:
        return f"{row.zh} {row.column}" if lang == "zh" else row.column
    return say(f"map_how_{row.how}", lang)


def _sure(row: Any) -> str:
    return f"{row.confidence:.1f}" if row.column else ""
