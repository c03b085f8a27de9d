"""The four commands, each a thin shell over the pure core (四条命令)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from jiadi.cli import show
from jiadi.cli.words import Lang, of_refusal, say
from jiadi.errors import Refusal

NOTHING_USABLE = {"nothing_usable", "no_house"}

app = typer.Typer(no_args_is_help=True, add_completion=False, help="家底 Jiadi：农村房地人一本账、一把尺子 · one register, one yardstick")


class LeftOut(StrEnum):
    """Results for people that a run may leave out (可以不写的成果)."""

    findings = "findings.xlsx"
    report = "report.html"
    returned = "returned"


Files = Annotated[list[Path], typer.Argument(help="文件、文件夹或 zip · files, folders or zips", show_default=False)]
Out = Annotated[Path, typer.Option("-o", "--out", help="结果文件夹 · folder for the results", show_default=False)]
On = Annotated[str | None, typer.Option("--on", help="判定日，如 2025-06-30；缺省为交付日 · day of judging; default: day of delivery")]
Profile = Annotated[Path | None, typer.Option("--profile", help="导入方案 YAML · import profile")]
Language = Annotated[Lang, typer.Option("--lang", envvar="JIADI_LANG", help="语言 · language")]
AsJson = Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON · print JSON on standard output")]


def _fail(words: str, lang: str, status: int) -> NoReturn:
    show.aside.print(f"[bold red]{say('not_done', lang)}[/]", end="")
    show.aside.print(words, markup=False, highlight=False)
    raise typer.Exit(status)


@contextmanager
def _guarded(lang: str) -> Iterator[None]:
    """Turn a refused act into its words and exit status; anything else is a bug and shows as one."""
    try:
        yield
    except Refusal as refusal:
        entries = getattr(refusal, "files", None)
        if entries:
            show.files(entries, lang)
        _fail(of_refusal(refusal, lang), lang, 3 if refusal.code in NOTHING_USABLE else 2)
    except KeyboardInterrupt:
        _fail(say("cancelled", lang), lang, 130)


def _day(text: str | None, lang: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(say("bad_date", lang, value=text), lang, 2)


def _folder(out: Path, lang: str) -> Path:
    if out.is_file():
        _fail(say("out_is_file", lang, out=out), lang, 2)
    return out


def _answer(summary: Mapping[str, Any], as_json: bool) -> bool:
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=1, default=str))
    return as_json


def _closing(summary: Mapping[str, Any], out: Path, lang: str) -> None:
    seconds = f"{sum(summary['seconds'].values()):.1f}"
    show.screen.print(say("written", lang, out=out), markup=False)
    show.screen.print(say("took", lang, seconds=seconds, peak=summary["peak_mb"]), markup=False)


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(help="写到哪个文件夹 · folder to write to", show_default=False)],
    houses: Annotated[int, typer.Option("--houses", help="房屋幢数 · number of houses")],
    division: Annotated[str, typer.Option("--division", help="县级区划代码 · county code")] = "330802",
    seed: Annotated[int, typer.Option("--seed", help="随机种子，同种子同字节 · same seed, same bytes")] = 1,
    dirt: Annotated[float, typer.Option("--dirt", help="脏数据行的占比，0 到 1 · share of rows with one dirt")] = 0.0,
    form: Annotated[str, typer.Option("--form", help="departments 部门表格 | columnar 列式")] = "departments",
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """写一个虚构而逼真的县，按各部门的表格形式。 · Write an invented but realistic county."""
    from jiadi.survey.sample import describe, generate  # noqa: PLC0415  a judge need not load the generator

    if not 0 <= dirt <= 1:
        _fail(say("bad_share", lang, value=dirt), lang, 2)
    if not 1 <= houses <= 5_000_000:
        _fail(say("bad_houses", lang, value=houses), lang, 2)
    with _guarded(lang), show.progress(lang, as_json) as told:
        report = generate(_folder(directory, lang), houses, division=division, seed=seed, dirt=dirt, form=form, progress=told)
    counted = dict(sorted(report.dirt.items()))
    if _answer({"files": report.files, "dirt": counted}, as_json):
        return
    show.screen.print(say("sample_done", lang, out=directory, houses=houses), markup=False)
    for name in report.files:
        show.screen.print(f"  {name}", markup=False)
    if not counted:
        show.screen.print(say("sample_clean", lang))
        return
    title = say("sample_dirt", lang, total=sum(counted.values()))
    headers = [say("problem", lang), "", say("count", lang)]
    show.table(title, headers, [(describe(code, lang), code, number) for code, number in counted.items()], numbers_from=2)


@app.command()
def check(
    files: Files,
    out: Out,
    profile: Profile = None,
    on: On = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """读取、定型、逐格检查，退回每一处问题。 · Read, type and validate; hand back every problem."""
    from jiadi.run import check as run_check  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.survey import problems  # noqa: PLC0415

    day = _day(on, lang)
    _folder(out, lang)
    with _guarded(lang):
        with show.progress(lang, as_json) as told:
            summary = run_check.check(files, out, on=day, profile=profile, lang=lang, progress=told)
        if not _answer(summary, as_json):
            show.files(summary["files"], lang)
            show.problems(summary, lang, problems.title)
    if not as_json:
        _closing(summary, out, lang)


@app.command()
def judge(
    files: Files,
    out: Out,
    on: On = None,
    law: Annotated[str | None, typer.Option("--law", help="规则集名称或文件夹 · law set, by name or folder")] = None,
    profile: Profile = None,
    without: Annotated[list[LeftOut], typer.Option("--without", help="不写哪样成果，可重复 · a result to leave out; repeatable")] = [],  # noqa: B006  typer makes a list of its own
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """从各部门文件到判定、缘由和地图。 · From departments' files to verdicts, reasons and a map."""
    from jiadi.cli.judging import judge_and_write, print_run  # noqa: PLC0415  help must not wait for the core to load

    day = _day(on, lang)
    _folder(out, lang)
    with _guarded(lang), show.progress(lang, as_json) as told:
        summary = judge_and_write(
            files, out, on=day, law=law, profile=profile, lang=lang, progress=told, without=[one.value for one in without]
        )
    if not _answer(summary, as_json):
        print_run(summary, lang)
        _closing(summary, out, lang)


@app.command()
def explain(
    directory: Annotated[Path, typer.Argument(help="judge 的结果文件夹 · result folder of judge", show_default=False)],
    house: Annotated[str, typer.Argument(help="房屋编号 · house id", show_default=False)],
    pdf: Annotated[Path | None, typer.Option("--pdf", help="另写一页 A4 的 PDF · write a printed page too")] = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """为什么这样判：条文、实测、限值、来源，以及没有适用的规则差在哪。 · Why this verdict."""
    from jiadi.cli.judging import explain_house  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.cli.printing import write_pages  # noqa: PLC0415

    with _guarded(lang):
        explanation, text = explain_house(directory, house, lang)
        if pdf is not None:
            write_pages(directory, [house], pdf, lang)
    if not _answer(explanation, as_json):
        show.screen.print(text, markup=False, highlight=False)
        if pdf is not None:
            show.screen.print(say("written", lang, out=pdf), markup=False)


@app.command()
def renew(
    old: Annotated[Path, typer.Argument(help="上次 judge 的结果文件夹 · result folder of the earlier judge", show_default=False)],
    files: Files,
    out: Out,
    profile: Profile = None,
    on: On = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """重交的文件与上次相比增了、改了、减了什么。 · What a newer delivery adds, changes and removes."""
    from jiadi.cli.renewing import print_changes  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run.renew import renew as run_renew  # noqa: PLC0415

    day = _day(on, lang)
    _folder(out, lang)
    with _guarded(lang):
        with show.progress(lang, as_json) as told:
            answer = run_renew(old, files, out, on=day, profile=profile, lang=lang, progress=told)
        if not _answer(answer, as_json):
            print_changes(answer, lang)
            show.screen.print(say("written", lang, out=out), markup=False)
