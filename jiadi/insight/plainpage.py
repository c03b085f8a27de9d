"""Pages of plain tables that need no script (静态报告页): what a manager reads, prints and sends on."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SENTENCE = 20
"""Text longer than this many characters gets a wide column on a small screen."""

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a page (一节).

    Args:
        title: its heading.
        note: what it says and how to read it.
        heads: of the columns.
        rows: cells; numbers stand to the right, None stays blank.
        empty: said instead where there is no row.
        more: said below, such as how many rows stand elsewhere.
        marks: numbers of rows that stand out.
    """

    title: str
    note: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Value]]
    empty: str
    more: str = ""
    marks: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at a glance (指标).

    Args:
        name: what it counts.
        figure: as it is shown.
        beside: a few words below.
    """

    name: str
    figure: str
    beside: str = ""


def write(path: Path, title: str, meta: Iterable[str], tiles: Iterable[Tile], sections: Iterable[Section], lang: str) -> None:
    """Write a page (写出页面).

    Args:
        path: of the .html file.
        title: of the page.
        meta: lines below it: by which law, on which day.
        tiles: figures at a glance.
        sections: tables, in order.
        lang: "zh" or "en".
    """
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    held = list(sections)
    parts = [
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">',
        f'<title>{html.escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{style}</style>\n</head>\n<body>',
        f"<header><h1>{html.escape(title)}</h1>{''.join(f'<p>{html.escape(line)}</p>' for line in meta)}</header>\n<main>",
        _tiles(tiles),
        _contents(held),
        *(_section(number, section) for number, section in enumerate(held, start=1)),
        "</main>\n</body>\n</html>\n",
    ]
    path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


@cache
def _style() -> str:
    return files("jiadi.insight").joinpath("plainpage.css").read_text(encoding="utf-8")


def _tiles(tiles: Iterable[Tile]) -> str:
    shown = "".join(
        f"<div><dt>{html.escape(one.name)}</dt><dd><b>{html.escape(one.figure)}</b> <span>{html.escape(one.beside)}</span></dd></div>"
        for one in tiles
    )
    return f"<dl class=tiles>{shown}</dl>" if shown else ""


def _contents(sections: Sequence[Section]) -> str:
    links = "".join(f'<li><a href="#s{number}">{html.escape(one.title)}</a></li>' for number, one in enumerate(sections, start=1))
    return f"<nav><ol>{links}</ol></nav>"


def _section(number: int, section: Section) -> str:
    head = f'<section id="s{number}"><h2>{html.escape(section.title)}</h2><p class=note>{html.escape(section.note)}</p>'
    if not section.rows:
        return f"{head}<p class=empty>{html.escape(section.empty)}</p></section>"
    figures = [not isinstance(value, str) and value is not None for value in section.rows[0]]
    heads = "".join(
        f"<th scope=col{' class=n' * right}>{html.escape(name)}</th>" for name, right in zip(section.heads, figures, strict=True)
    )
    rows = "\n".join(_row(row, place in section.marks) for place, row in enumerate(section.rows))
    label = html.escape(section.title, quote=True)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table>"
    table = f'<div class=scroll tabindex=0 role=region aria-label="{label}">{table}</div>'
    more = f"<p class=more>{html.escape(section.more)}</p>" if section.more else ""
    return f"{head}{table}{more}</section>"


def _row(row: Sequence[Value], marked: bool) -> str:
    cells = "".join(_text(value) if isinstance(value, str) else _figure(value) for value in row)
    return f"<tr class=mark>{cells}</tr>" if marked else f"<tr>{cells}</tr>"


def _text(value: str) -> str:
    """A day is not broken across lines, and a sentence not squeezed into a column of single words."""
    look = "d" if _DAY.fullmatch(value) else "w" if len(value) > _SENTENCE else ""
    return f"<td{f' class={look}' if look else ''}>{html.escape(value)}</td>"


def _figure(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    return f"<td class=n>{value:,}</td>" if isinstance(value, int) else f"<td class=n>{value:,.2f}</td>"
