"""Commands that look after the chain of acts (留痕链): is it whole, its head to be kept elsewhere, and acts as a file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.whole import whole
from jiadi.server.commands.words import Refused, guarded, say

if TYPE_CHECKING:
    import psycopg

    from jiadi.server.cases.chain import Checked, Head

audit_app = typer.Typer(no_args_is_help=True, help="操作留痕链 · the chain of acts")
app.add_typer(audit_app, name="audit")

STEP = 50_000
"""Acts between two words about how far it is."""
AT_ONCE = 5_000
"""Acts that are fetched at a time."""
HEAD_HELP = "另存的链头：文件，或 序号:链值；可多次 · a head kept elsewhere: a file, or number:hash; may be repeated"


@audit_app.command()
def verify(
    head: Annotated[list[str] | None, typer.Option("--head", help=HEAD_HELP)] = None,
    file: Annotated[Path | None, typer.Option("--file", help="校验导出的文件，不需要数据库 · an exported file, without a database")] = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Language = "zh",
) -> None:
    """逐条重算留痕链，指出第一处不对的操作；有误时退出码为 1。 · Reckon the chain again; exit 1 at the first bad act."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.cases import chain  # noqa: PLC0415  needs the server's libraries

        heads = [_head(text) for text in head or ()]
        signed = _signatures(heads, lang)
        if file is not None:
            found = _file(file, heads, signed, lang)
        else:
            with _chain() as held:
                kept = held.execute("SELECT number, hash FROM cases_head").fetchone()
                assert kept
                heads.append(chain.Head(kept[0], bytes(kept[1])))
                found = _last(chain.check(_rows(held), heads), lang)
        _tell(found, len(head or ()), as_json, lang)
    raise typer.Exit(1 if found.bad is not None else 0)


@audit_app.command("head")
def show_head(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="写入文件 · write it to a file")] = None,
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """打印链头（序号、链值、日期、签名），请存到别处。 · Print the head of the chain, to be kept elsewhere."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.cases import chain  # noqa: PLC0415  needs the server's libraries

        with _chain() as held:
            kept = held.execute("SELECT number, hash FROM cases_head").fetchone()
        assert kept
        text = json.dumps(chain.Head(kept[0], bytes(kept[1]), date.today().isoformat()).signed().told())
        if out is None:
            typer.echo(text)
            return
        _write(out, [text + "\n"])
        show.screen.print(say("head_written", lang, file=out, number=kept[0]), markup=False, highlight=False)


@audit_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="要写的文件 · the file to write", show_default=False)],
    from_on: Annotated[str, typer.Option("--from", help="第一天，含 · first day, 2026-01-31")] = "",
    to_on: Annotated[str, typer.Option("--to", help="最后一天，含 · last day, included")] = "",
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """把一段时间的操作连同链值写成文件，可离线校验。 · Write the acts of a period with their hashes, to be verified anywhere."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.cases import chain  # noqa: PLC0415  needs the server's libraries

        first, last = _day(from_on, "--from"), _day(to_on, "--to")
        with _chain() as held:
            low, high = _numbers(held, first, last)
            before = held.execute("SELECT number, hash FROM cases_act WHERE number = %s", [low - 1]).fetchone()
            start = chain.Head(before[0], bytes(before[1])) if before else chain.Head(0, chain.BEGIN)
            if low > 1 and before is None:
                raise Refused("chain_gap", number=low - 1)
            rows, day = _rows(held, low, high), date.today().isoformat()
            with _new(file) as to:
                end = chain.write(rows, start, to, day)
        acts = end.number - start.number
        show.screen.print(say("acts_written", lang, file=file, acts=f"{acts:,}", last=end.number), markup=False, highlight=False)


@contextmanager
def _chain() -> Iterator[psycopg.Connection[Any]]:
    """One moment of the whole chain, as the server's own role reads it."""
    import psycopg  # noqa: PLC0415  needs the server's libraries

    from jiadi.server.database.scope import EVERYWHERE  # noqa: PLC0415
    from jiadi.server.environment import value  # noqa: PLC0415

    if not (url := value("JIADI_DATABASE_URL")):
        raise Refused("no_database")
    with psycopg.connect(url) as held:
        held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        held.execute("SELECT set_config('jiadi.scope', %s, true), set_config('enable_seqscan', 'off', true)", [EVERYWHERE.literal()])
        yield held


def _rows(held: psycopg.Connection[Any], low: int = 0, high: int | None = None) -> Iterator[Sequence[Any]]:
    """Acts in the order of their numbers, a few thousand at a time."""
    from jiadi.server.cases.chain import COLUMNS  # noqa: PLC0415

    within = "" if high is None else "WHERE number BETWEEN %s AND %s"
    with held.cursor("acts") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(f"SELECT {COLUMNS} FROM cases_act {within} ORDER BY cases_act.number", [] if high is None else [low, high])
        yield from cursor


def _numbers(held: psycopg.Connection[Any], first: date | None, last: date | None) -> tuple[int, int]:
    """Numbers between which the acts of these days lie: acts are numbered as they end, and one that began earlier may end later."""
    end = last + timedelta(days=1) if last else None
    found = held.execute(
        "SELECT min(number), max(number) FROM cases_act WHERE (%(first)s::date IS NULL OR at >= %(first)s::date)"
        " AND (%(end)s::date IS NULL OR at < %(end)s::date)",
        {"first": first, "end": end},
    ).fetchone()
    if not found or found[0] is None:
        raise Refused("no_acts")
    return int(found[0]), int(found[1])


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("no_day", option=option, text=text) from None


def _head(text: str) -> Head:
    """A head from a file, or as it was typed."""
    from jiadi.server.cases.chain import Head  # noqa: PLC0415

    try:
        return Head.read(Path(text).read_text(encoding="utf-8") if ":" not in text or Path(text).is_file() else text)
    except (OSError, ValueError):
        raise Refused("no_head", text=text) from None


def _signatures(heads: Sequence[Head], lang: str) -> int:
    """How many heads bear our signature; one that is not as it was signed is refused, one that nobody here can check told."""
    ours = 0
    for one in heads:
        answer = one.is_ours() if one.key else None
        if answer is False:
            raise Refused("head_forged", number=one.number)
        ours += answer is True
        if answer is None:
            show.aside.print(say("head_unsigned", lang, number=one.number, sealed_by=one.key or "—"), markup=False, highlight=False)
    return ours


def _file(path: Path, heads: list[Head], signed: int, lang: str) -> Checked:
    """Check a file of acts: its lines, its own head, and those that were given."""
    from jiadi.server.cases import chain  # noqa: PLC0415

    try:
        with path.open(encoding="utf-8") as stream:
            held = chain.File.open(stream)
            # A head of before the file, or of another part of the chain, says nothing of it.
            told = [one for one in heads if one.number >= held.start.number]
            found = _last(chain.check(held.rows(), told, held.start), lang)
            if found.bad is None:
                end = held.head
                if end is None or (end.number, end.hash) != (found.last, found.hash):
                    found.bad, found.why = found.last + 1, "cut"
                elif end.key and _is_unset():
                    show.aside.print(say("head_unsigned", lang, number=end.number, sealed_by=end.key), markup=False, highlight=False)
                else:
                    _signatures([end], lang)
            return found
    except (OSError, ValueError, UnicodeDecodeError):
        raise Refused("no_acts_file", file=path) from None


def _is_unset() -> bool:
    """Whether no keys are given here: the chain is checked all the same, the signature is not."""
    from jiadi.server.database import sealing  # noqa: PLC0415

    return not sealing.given()


def _last(steps: Iterator[Checked], lang: str) -> Checked:
    """Run to the end, and say how far it is."""
    found = next(steps)
    for found in steps:
        if found.acts % STEP == 0 and found.acts:
            show.aside.print(say("acts_checked", lang, acts=f"{found.acts:,}"), markup=False, highlight=False)
    return found


def _tell(found: Checked, given: int, as_json: bool, lang: str) -> None:
    if as_json:
        told = {"acts": found.acts, "first": found.first, "last": found.last, "hash": found.hash.hex(), "bad": found.bad, "why": found.why}
        typer.echo(json.dumps(told))
        return
    if found.bad is None:
        key = "chain_whole_head" if given else "chain_whole"
        show.screen.print(say(key, lang, acts=f"{found.acts:,}", last=found.last, hash=found.hash.hex()), markup=False, highlight=False)
        return
    show.screen.print(say(f"chain_{found.why}", lang, number=found.bad, acts=f"{found.acts:,}"), markup=False, highlight=False)


@contextmanager
def _new(path: Path) -> Iterator[IO[str]]:
    """A file of text; never one that is there."""
    if path.exists():
        raise Refused("is_there", file=path)
    with whole(path) as stream:
        to = io.TextIOWrapper(stream, encoding="utf-8")
        yield to
        to.detach()


def _write(path: Path, lines: Sequence[str]) -> None:
    with _new(path) as to:
        to.writelines(lines)
