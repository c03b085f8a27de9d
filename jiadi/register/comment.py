"""Comments on cells (批注): the part that holds their words, and the drawing by which they are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from xml.sax.saxutils import escape

AUTHOR = "家底 Jiadi"
MOST = 5_000
"""Comments on a sheet; beyond that a spreadsheet program grows slow, and the last column says it all the same."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
Comment = tuple[int, int, str]
"""Row as Excel shows it, column from 0, words."""


def letter(column: int) -> str:
    """Letters of a column (列标), from 0.

    >>> letter(0), letter(26)
    ('A', 'AA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def comments(wanted: Sequence[Comment], before: str = "") -> tuple[str, list[Comment], set[str]]:
    """The part with the words (批注内容).

    Args:
        wanted: in order.
        before: the part that the sheet has already; Jiadi's earlier comments in it go, others stay.

    Returns:
        The part, the comments that are new in it (a cell with a comment of the user's keeps that one alone),
        and the cells whose comments stay.

    >>> comments([(2, 0, "a")])[0].count("<comment ")
    1
    """
    authors, kept = _kept(before)
    taken = {re.findall(r'ref="([A-Z]+[0-9]+)"', one)[0] for one in kept}
    new = [one for one in wanted if f"{letter(one[1])}{one[0]}" not in taken]
    number = len(authors)
    own = [
        f'<comment ref="{letter(column)}{row}" authorId="{number}"><text>'
        f'<r><t xml:space="preserve">{escape(words)}</t></r></text></comment>'
        for row, column, words in new
    ]
    names = "".join([*authors, f"<author>{AUTHOR}</author>"])
    listed = f"<authors>{names}</authors><commentList>{''.join([*kept, *own])}</commentList>"
    return f'{_HEAD}<comments xmlns="{_MAIN}">{listed}</comments>', new, taken


def _kept(before: str) -> tuple[list[str], list[str]]:
    authors = re.findall(r"<author>.*?</author>|<author/>", before, re.DOTALL)
    found = re.findall(r"<comment\b.*?</comment>", before, re.DOTALL)
    own = {str(number) for number, name in enumerate(authors) if AUTHOR in name}
    return authors, [one for one in found if re.findall(r'authorId="([0-9]+)"', one)[0] not in own]


def drawing(placed: Sequence[Comment], before: str = "", kept: Set[str] = frozenset()) -> str:
    """The drawing by which comments are shown when the mouse is on their cell (批注图形).

    Args:
        placed: the new ones, as `comments` returns them.
        before: the drawing that the sheet has already; what is drawn of comments that are gone is taken out of it.
        kept: cells whose comments stay.

    Returns:
        The part.

    >>> drawing([(2, 0, "a")]).count("<x:Row>1</x:Row>")
    1
    """
    shapes = "".join(_shape(number, row, column) for number, (row, column, _) in enumerate(placed, start=1))
    if before:
        rest = re.sub(r"<v:shape\s.*?</v:shape>", lambda found: found[0] if _stays(found[0], kept) else "", before, flags=re.DOTALL)
        return re.sub(r"</xml>\s*$", f"{shapes}</xml>", rest)
    spaces = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    return f'<xml {spaces}xmlns:x="urn:schemas-microsoft-com:office:excel">{layout}{_SHAPE_TYPE}{shapes}</xml>'


def _stays(shape: str, kept: Set[str]) -> bool:
    """Whether a shape is no comment, or that of one that stays."""
    row, column = (re.search(rf"<x:{name}>([0-9]+)</x:{name}>", shape) for name in ("Row", "Column"))
    if 'ObjectType="Note"' not in shape or not row or not column:
        return True
    return f"{letter(int(column[1]))}{int(row[1]) + 1}" in kept


def _shape(number: int, row: int, column: int) -> str:
    anchor = f"{column + 1}, 15, {max(row - 2, 0)}, 10, {column + 4}, 15, {row + 4}, 4"
    return (
        f'<v:shape id="jiadi{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;width:180pt;height:70pt;'
        'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>'
        f"<x:Row>{row - 1}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
