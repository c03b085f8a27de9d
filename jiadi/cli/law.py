"""`jiadi law`: look a rule set over, and say what is in force somewhere on a day (规则集命令)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language, _day, _fail, _guarded
from jiadi.cli.words import say

law_app = typer.Typer(no_args_is_help=True, help="规则集：体检、查现行限值、编辑器用的结构说明 · rule sets: check, show, schema")

Set = Annotated[str, typer.Argument(help="规则集名称或文件夹 · rule set, by name or folder", show_default=False)]
SetOrNone = Annotated[
    str | None, typer.Argument(help="规则集名称或文件夹；缺省按区划 · rule set; default: that of the division", show_default=False)
]
OnDay = Annotated[str | None, typer.Option("--on", help="哪一天，如 1995-06-01；缺省今天 · day; default: today", show_default=False)]
Division = Annotated[str | None, typer.Option("--division", help="区划代码；缺省规则集自己的区划 · division code; default: the set's own")]


@law_app.command()
def check(law: Set, on: OnDay = None, lang: Language = "zh", as_json: AsJson = False) -> None:
    """规则集体检：断档、重叠、引用、上限、久未核对、没有案例。 · Look a set over; exit status 1 if anything is told."""
    from jiadi.policy.audit import audit  # noqa: PLC0415  help must not wait for the core to load

    with _guarded(lang):
        found = audit(law, _day(on, lang) or date.today())
    if as_json:
        rows = [{"level": one.level, "code": one.code, "file": one.file, "line": one.line, "message": one.said[lang]} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for one in found:
            show.screen.print(f"[bold {'red' if one.level == 'error' else 'yellow'}]{say(f'law_{one.level}', lang)}[/] ", end="")
            show.screen.print(one.said[lang], markup=False, highlight=False, soft_wrap=True)
        show.screen.print(say("law_found" if found else "law_clean", lang, law=law, count=len(found)), markup=False)
    if found:
        raise typer.Exit(1)


@law_app.command(name="show")
def show_figures(
    law: SetOrNone = None, division: Division = None, on: OnDay = None, lang: Language = "zh", as_json: AsJson = False
) -> None:
    """某地某日的全部限值，各带条文。 · Every figure in force at a place on a day, each with its clause."""
    from jiadi.law import default_for, load  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.law.standing import standing  # noqa: PLC0415

    name = law or default_for(division)
    if name is None:
        _fail(say("law_needed", lang, division=division or "—"), lang, 2)
    with _guarded(lang):
        held = load(name)
    place = division or held.divisions[-1]
    if held.covering(place) is None:
        _fail(say("law_elsewhere", lang, division=place, law=name), lang, 2)
    day = _day(on, lang) or date.today()
    found = list(standing(held, place, day))
    if as_json:
        typer.echo(json.dumps([one.told(lang) for one in found], ensure_ascii=False, indent=1))
        return
    headers = [say(key, lang) for key in ("law_figure", "law_cell", "law_value", "law_division", "law_from", "law_clause", "law_verify")]
    rows = []
    for one in found:
        told = one.told(lang)
        cell = " × ".join(one.index.values())
        value = f"{told['value']} {one.parameter.unit}".removesuffix(" none")
        verify = say("law_to_verify", lang) if one.value.verify else ""
        row = (one.parameter.title[lang], cell, value, told["division"], told["in_force_from"] or "", one.citation.text(lang), verify)
        rows.append([str(part) for part in row])
    show.table(say("law_standing", lang, law=held.title[lang], division=place, on=day), headers, rows, numbers_from=len(headers))


@law_app.command()
def schema(
    directory: Annotated[Path, typer.Argument(help="写到哪个文件夹 · folder to write to", show_default=False)],
    lang: Language = "zh",
) -> None:
    """写出规则集文件的 JSON Schema，供编辑器提示和检查。 · Write JSON Schema of the set's files, for editors."""
    from jiadi.law.schema import write  # noqa: PLC0415  help must not wait for the core to load

    if directory.is_file():
        _fail(say("out_is_file", lang, out=directory), lang, 2)
    for name in write(directory):
        show.screen.print(f"  {name}", markup=False)
    show.screen.print(say("written", lang, out=directory), markup=False)
