"""Tables that the command line prints (屏幕上的表)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from jiadi.cli.words import say
from jiadi.register.schema import TABLES
from jiadi.run.stages import silent

screen = Console()
aside = Console(stderr=True)


@contextmanager
def progress(lang: str, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar for each stage on the error stream, none where nobody looks at a terminal (进度条)."""
    if quiet or not aside.is_terminal:
        yield silent
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=aside, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(say(f"stage_{stage}", lang), total=1.0)
            bars.update(tasks[stage], completed=share)

        yield tell


def table(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]], numbers_from: int = 1) -> None:
    """Print one table; columns from `numbers_from` on are figures, set to the right."""
    grid = Table(title=title, title_justify="left", header_style="bold")
    for place, header in enumerate(headers):
        grid.add_column(header, justify="right" if place >= numbers_from else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    screen.print(grid)


def files(entries: Sequence[Mapping[str, Any]], lang: str) -> None:
    """Print what became of each file, and below it why some were not taken (文件清单)."""
    read = [entry for entry in _merged(entries) if entry["status"] == "read"]
    if read:
        rows = [
            (entry["file"], entry["sheet"], _list_name(entry, lang), *(entry[key] for key in ("rows", "accepted", "refused")))
            for entry in read
        ]
        headers = [say(key, lang) for key in ("file", "sheet", "table", "rows", "accepted", "refused_rows")]
        table(say("files", lang), headers, rows, numbers_from=3)
    unused = [entry for entry in entries if entry["status"] == "unused"]
    if unused:
        screen.print(say("unused_layers", lang, count=len(unused), names=_places(unused)), markup=False)
    for entry in entries:
        if entry["status"] not in ("read", "unused"):
            status = say(f"status_{entry['status']}", lang)
            screen.print(f"[bold red]{status}[/] ", end="")
            screen.print(f"{_places([entry])}：{_reason(entry, lang)}", markup=False, highlight=False)


def _places(entries: Sequence[Mapping[str, Any]]) -> str:
    return "、".join(f"{entry['file']} [{entry['sheet']}]" if entry["sheet"] else str(entry["file"]) for entry in entries)


def table_name(name: str, lang: str) -> str:
    """What a list is called (表名)."""
    return TABLES[name].zh if lang == "zh" else name


def _list_name(entry: Mapping[str, Any], lang: str) -> str:
    return table_name(str(entry["table"]), lang)


def _reason(entry: Mapping[str, Any], lang: str) -> str:
    return str((entry.get("reason_en") if lang == "en" else None) or entry.get("reason") or "")


def _merged(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sheets of one file that were all read become one line: a ledger has hundreds of them."""
    merged: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in entries:
        key = (entry["file"], str(entry.get("table")), entry["status"])
        if entry["status"] != "read" or key not in merged:
            merged[(*key[:2], key[2] if entry["status"] == "read" else f"{key[2]}{len(merged)}")] = {**entry, "sheets": 1}
            continue
        line = merged[key]
        line["sheets"] += 1
        line["sheet"] = f"× {line['sheets']}"
        for figure in ("rows", "accepted", "refused"):
            line[figure] += entry[figure]
    return list(merged.values())


def problems(summary: Mapping[str, Any], lang: str, label: Callable[[str, str], str]) -> None:
    """Print how often each problem occurs, most frequent first (问题汇总)."""
    counted = sorted(summary["problems"].items(), key=lambda pair: (-pair[1], pair[0]))
    if not counted:
        screen.print(say("no_problems", lang))
        return
    rows = [(label(code, lang), code, number) for code, number in counted]
    table(say("problems", lang), [say("problem", lang), "", say("count", lang)], rows, numbers_from=2)


def links(summary: Mapping[str, Any], lang: str) -> None:
    """Print how much of each kind is linked (关联汇总)."""
    headers = [say(key, lang) for key in ("link", "linked", "doubtful", "unlinked")]
    rows = [
        (say(f"link_{kind}", lang), counts["linked"], counts["doubtful"], counts["unlinked"]) for kind, counts in summary["links"].items()
    ]
    table(say("links", lang), headers, rows)


def verdicts(summary: Mapping[str, Any], lang: str, label: Callable[[str, str], str]) -> None:
    """Print verdicts and findings with their counts (判定汇总)."""
    total = sum(summary["verdicts"].values())
    rows = [(label(verdict, lang), number, f"{number / total:.1%}") for verdict, number in summary["verdicts"].items()]
    table(say("verdict", lang), [say("verdict", lang), say("houses", lang), say("share", lang)], rows)
    found = sorted(summary["findings"].items(), key=lambda pair: (-pair[1], pair[0]))
    if found:
        table(say("findings", lang), [say("finding", lang), "", say("count", lang)], [(label(code, lang), code, n) for code, n in found], 2)
    proposed = sorted(summary["proposals"].items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(label(remedy, lang), number, f"{number / total:.1%}") for remedy, number in proposed]
    table(say("proposals", lang), [say("proposal", lang), say("houses", lang), say("share", lang)], rows)
