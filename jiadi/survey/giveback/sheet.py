"""One sheet of a workbook, marked as it passes by (标记工作表): rows stream through, none is held longer than needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from jiadi.register.comment import letter
from jiadi.survey.giveback.mark import HEADING
from jiadi.survey.giveback.style import Styles, Unpatchable

PIECE = 4 * 1024 * 1024
WIDTH = 60
_OPEN, _CLOSE, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_CELL = re.compile(r'<c r="([A-Z]+)[0-9]+"([^>]*?)(/>|>.*?</c>)', re.DOTALL)
_ROW = re.compile(r'<row\b[^>]*?\sr="([0-9]+)"[^>]*>')
_UNPLACED = re.compile(r'<c (?!r="[A-Z])|<c>')
_STYLE = re.compile(r'\ss="([0-9]+)"')
_TYPE = re.compile(r'\st="([a-zA-Z]+)"')
_COLUMN = re.compile(r"<col\b[^>]*/>")
_GUARD = re.compile(
    r"(<(?:si|is)>(?:<r>(?:<rPr>.*?</rPr>)?)?<t(?:\s[^>]*)?>)(?!-{1,2}<)(?=[=+\-@\t\r]|&#(?:9|13|x0?9|x0?[dD]);|_x000[dD9]_)"
)
_MOST_DIGITS = 15


@dataclass(slots=True)
class Plan:
    """What is to be marked on one sheet (标记方案).

    Args:
        heading_row: the row that gets the heading of the new column.
        column: the new column, from 0.
        marked: whether an earlier copy has marks already, which go.
        codes: columns of codes, whose cells become text.
        rows: row → `red` columns, and the `text` of the new column.
    """

    heading_row: int
    column: int
    marked: bool = False
    codes: list[int] = field(default_factory=list)
    rows: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def guarded(text: str) -> str:
    """XML of texts, those that begin like a formula with an apostrophe in front (防公式注入).

    >>> guarded("<si><t>=1+1</t></si><si><t>-</t></si>")
    "<si><t>'=1+1</t></si><si><t>-</t></si>"
    """
    return _GUARD.sub(r"\1'", text)


def inline(place: str, text: str, style: int) -> str:
    """A cell that carries its text (内联文本单元格).

    >>> inline("A1", "a<b", 2)
    '<c r="A1" s="2" t="inlineStr"><is><t xml:space="preserve">a&lt;b</t></is></c>'
    """
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def number_of(letters: str) -> int:
    """Column from its letters, from 0 (列号).

    >>> number_of("A"), number_of("AA")
    (0, 26)
    """
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number - 1


class Marker:
    """Marks the rows of one sheet (行标记)."""

    def __init__(self, plan: Plan, styles: Styles) -> None:
        self.plan, self.styles = plan, styles
        wanted = "|".join(letter(column) for column in plan.codes)
        self._codes = re.compile(rf'<c r="((?:{wanted})([0-9]+))"([^>]*?)(/>|><v>([^<]*)</v></c>|>)') if wanted else None
        self._red = {number for number in range(len(styles.formats)) if styles.is_red(number)} if plan.marked else set()

    def marked(self, source: BinaryIO) -> Iterator[bytes]:
        """The sheet with its marks, piece by piece.

        Args:
            source: the sheet's XML.

        Raises:
            Unpatchable: it is not written as spreadsheet programs do.
        """
        held = source.read(PIECE)
        while _OPEN not in held and (more := source.read(PIECE)):
            held += more
        if _OPEN not in held:
            raise Unpatchable("sheetData")
        head, _, held = held.partition(_OPEN)
        yield _head(head.decode(), self.plan).encode() + _OPEN
        while _CLOSE not in held:
            cut = held.rfind(_ROW_END)
            if cut >= 0:
                yield self._rows(held[: cut + len(_ROW_END)].decode()).encode()
                held = held[cut + len(_ROW_END) :]
            more = source.read(PIECE)
            if not more:
                raise Unpatchable("end")
            held += more
        rows, _, tail = held.partition(_CLOSE)
        yield self._rows(rows.decode()).encode()
        yield _CLOSE + tail
        while more := source.read(PIECE):
            yield more

    def _rows(self, text: str) -> str:
        if _UNPLACED.search(text):
            raise Unpatchable("cells without place")
        text = guarded(text)
        if self._codes:
            text = self._codes.sub(self._as_text, text)
        pieces = text.split("</row>")
        for number, piece in enumerate(pieces[:-1]):
            start = piece.rfind("<row")
            found = _ROW.match(piece, start) if start >= 0 else None
            if not found:
                raise Unpatchable("rows without number")
            row = int(found[1])
            if self.plan.marked or row in self.plan.rows or row == self.plan.heading_row:
                opening = re.sub(r'\sspans="[^"]*"', "", found[0])
                pieces[number] = piece[:start] + opening + self._row(row, piece[found.end() :])
        return "</row>".join(pieces)

    def _as_text(self, found: re.Match[str]) -> str:
        """A cell of a column of codes; what stands in it stays what it shows."""
        place, row, attributes, end, value = found.groups()
        kind, style = _attribute(_TYPE, attributes) or "n", int(_attribute(_STYLE, attributes) or 0)
        if int(row) <= self.plan.heading_row or (value is None and end == ">" and kind != "inlineStr"):
            return found[0]  # headings; and formulas, which a text format would stop
        was_red = self.styles.is_red(style)
        text = self.styles.derived(style, red=was_red, text=True)
        if was_red:
            self._red.add(text)  # an earlier mark, which goes where nothing is wrong any more
        if kind == "n" and value is not None:
            return inline(place, digits(value), text)
        return f'<c r="{place}"{_STYLE.sub("", attributes)} s="{text}"{end}'

    def _row(self, row: int, cells: str) -> str:
        entry = self.plan.rows.get(row, {})
        red = set(entry.get("red", ()))
        placed: dict[int, str] = {}
        for found in _CELL.finditer(cells):
            column, attributes = number_of(found[1]), found[2]
            style = int(_attribute(_STYLE, attributes) or 0)
            if column in red or style in self._red:
                derived = self.styles.derived(style, red=column in red, text=self.styles.is_text(style))
                placed[column] = f'<c r="{found[1]}{row}"{_STYLE.sub("", attributes)} s="{derived}"{found[3]}'
            else:
                placed[column] = found[0]
        for column in red - placed.keys():
            style = self.styles.derived(0, red=True, text=column in self.plan.codes)
            placed[column] = f'<c r="{letter(column)}{row}" s="{style}"/>'
        self._last(row, entry, placed)
        return "".join(placed[column] for column in sorted(placed))

    def _last(self, row: int, entry: Mapping[str, Any], placed: dict[int, str]) -> None:
        """The cell of the new column."""
        place = f"{letter(self.plan.column)}{row}"
        if row == self.plan.heading_row:
            beside = placed.get(self.plan.column - 1, "")
            placed[self.plan.column] = inline(place, HEADING, int(_attribute(_STYLE, beside.split(">", 1)[0]) or 0))
        elif "text" in entry:
            placed[self.plan.column] = inline(place, entry["text"], self.styles.derived(0, red=False, text=True))
        elif self.plan.marked:
            placed.pop(self.plan.column, None)


def digits(value: str) -> str:
    """What a number cell shows, as text; one that has lost digits does not pretend to have them (数字转文本).

    >>> digits("330802001001"), digits("3.3080219550112E17")
    ('330802001001', '3.3080219550112E+17')
    """
    number = float(value)
    if abs(number) >= 10**_MOST_DIGITS:
        mantissa, _, exponent = f"{number:.14e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return str(int(number)) if number.is_integer() else value


def _attribute(pattern: re.Pattern[str], attributes: str) -> str | None:
    found = pattern.search(attributes)
    return found[1] if found else None


def _head(head: str, plan: Plan) -> str:
    """What stands before the rows: the sheet's declared range goes, the new column gets its width."""
    if "<worksheet" not in head or re.search(r'encoding="(?!utf-8")', head, re.IGNORECASE):
        raise Unpatchable("worksheet")
    head = re.sub(r"<dimension\b[^>]*/>", "", head)
    head = re.sub(r'\stabSelected="[^"]*"', "", head)
    place = plan.column + 1
    own = f'<col min="{place}" max="{place}" width="{WIDTH}" customWidth="1"/>'
    if "<cols>" not in head:
        return head + f"<cols>{own}</cols>"
    before, _, rest = head.partition("<cols>")
    columns, _, after = rest.partition("</cols>")
    kept = [part for one in _COLUMN.findall(columns) for part in _beside(one, place)]
    ordered = sorted([*kept, own], key=lambda one: int(re.findall(r'\bmin="([0-9]+)"', one)[0]))
    return f"{before}<cols>{''.join(ordered)}</cols>{after}"


def _beside(column: str, place: int) -> list[str]:
    """The parts of a range of columns that do not take in the new one."""
    first, last = (int(re.findall(rf'\b{name}="([0-9]+)"', column)[0]) for name in ("min", "max"))
    ranges = [(first, min(last, place - 1)), (max(first, place + 1), last)] if first <= place <= last else [(first, last)]
    return [
        re.sub(r'\bmax="[0-9]+"', f'max="{high}"', re.sub(r'\bmin="[0-9]+"', f'min="{low}"', column)) for low, high in ranges if low <= high
    ]
