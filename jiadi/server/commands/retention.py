"""The command that erases what is due (到期清理), and what a restored backup has brought back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.words import Refused, guarded, say


@app.command()
def retention(
    do: Annotated[bool, typer.Option("--do", help="真正执行；不加只列出 · carry it out; without it, it is only told")] = False,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="只处理这一类，可多次 · this kind alone; may be repeated")] = None,
    again: Annotated[
        Path | None, typer.Option("--again", help="恢复备份后：按导出的操作再次删除 · after a restore: erase again by exported acts")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="事由，缺省为法律依据 · the reason, else the law")] = "",
    batch: Annotated[int, typer.Option("--batch", min=1, max=10_000, help="每批行数 · rows at a time")] = 500,
    var: Var = None,
    as_json: AsJson = False,
    lang: Language = "zh",
) -> None:
    """列出到期应清理的个人信息；--do 才执行，可随时中断再做。 · Tell what is due to be erased; --do does it, in batches."""
    with guarded(lang):
        instance.settle(var, language=lang)
        instance.set_up()
        from jiadi.server.persons.rules import kinds  # noqa: PLC0415  needs Django to be loaded

        if unknown := set(kind or ()) - set(kinds()):
            raise Refused("no_kind", kind=", ".join(sorted(unknown)), kinds=", ".join(kinds()))
        if again is not None:
            _again(again, lang)
            return
        chosen = [name for name in kinds() if not kind or name in kind]
        rows = [_row(name, lang) for name in chosen]
        if do:
            for row in rows:
                row["done"] = _do(row["kind"], why, batch, row["due"], lang)
        if as_json:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            _print(rows, do, lang)


def _row(name: str, lang: str) -> dict[str, Any]:
    """What the rules say of a kind, and how much of it is due."""
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.persons.actions.retaining import due  # noqa: PLC0415
    from jiadi.server.persons.rules import kinds  # noqa: PLC0415

    held = kinds()[name]
    with seeing(EVERYWHERE):
        many = due(held)
    told = {"kind": name, "title": held.title[lang], "since": held.since[lang], "days": held.days, "then": held.then}
    return told | {"law": list(held.law), "verify": held.verify, "due": many}


def _do(name: str, why: str, batch: int, wanting: int, lang: str) -> int:
    from jiadi.server.persons.actions.retaining import retain  # noqa: PLC0415

    done = 0
    for many in retain(name, why, batch):
        done += many
        show.aside.print(say("retaining", lang, kind=name, done=f"{done:,}", wanting=f"{wanting:,}"), markup=False, highlight=False)
    return done


def _print(rows: list[dict[str, Any]], done: bool, lang: str) -> None:
    for row in rows:
        days = say("retain_days", lang, days=row["days"], since=row["since"]) if row["days"] is not None else say("retain_for_good", lang)
        then, many = say(f"retain_{row['then']}", lang), f"{row['done' if done else 'due']:,}"
        show.screen.print(f"{row['kind']}  {row['title']}", markup=False, highlight=False)
        show.screen.print(f"    {days} · {then} · {'；'.join(row['law'])}", markup=False, highlight=False)
        if row["verify"]:
            show.screen.print(f"    {say('retain_verify', lang)}", markup=False, highlight=False)
        if row["days"] is not None:
            show.screen.print(f"    {say('retained' if done else 'retain_due', lang, many=many)}", markup=False, highlight=False)
    if not done and any(row["due"] for row in rows):
        show.screen.print(say("retain_dry", lang), markup=False, highlight=False)


def _again(path: Path, lang: str) -> None:
    """Check the file's chain, then erase by it."""
    from jiadi.server.cases import chain  # noqa: PLC0415
    from jiadi.server.persons.actions.again import again  # noqa: PLC0415

    try:
        with path.open(encoding="utf-8") as stream:
            held = chain.File.open(stream)
            *_, found = chain.check(held.rows(), (), held.start)
            if found.bad is not None or held.head is None or (held.head.number, held.head.hash) != (found.last, found.hash):
                raise Refused("acts_unsound", file=path, number=found.bad or found.last + 1)
        with path.open(encoding="utf-8") as stream:
            unknown, done = again(_lines(chain.File.open(stream)))
    except (OSError, ValueError, UnicodeDecodeError):
        raise Refused("no_acts_file", file=path) from None
    show.screen.print(say("erased_again", lang, unknown=f"{unknown:,}", done=f"{done:,}"), markup=False, highlight=False)


def _lines(file: Any) -> Iterator[Mapping[str, str]]:
    from jiadi.server.cases.chain import TEXTS  # noqa: PLC0415

    for row in file.rows():
        yield dict(zip(TEXTS, row[:13], strict=True))
