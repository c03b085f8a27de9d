"""Styles of a workbook that is given back (样式): each of the user's own, in red, as text, or both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jiadi.register.looks import RED

_FORMATS = re.compile(r"(<cellXfs\b[^>]*>)(.*?)(</cellXfs>)", re.DOTALL)
_FORMAT = re.compile(r"<xf\b[^>]*/>|<xf\b[^>]*>.*?</xf>", re.DOTALL)
_FILLS = re.compile(r"(<fills\b[^>]*>)(.*?)(</fills>)", re.DOTALL)
_FILL = re.compile(r"<fill\b[^>]*/>|<fill\b[^>]*>.*?</fill>", re.DOTALL)
_RED_FILL = f'<fill><patternFill patternType="solid"><fgColor rgb="{RED}"/><bgColor indexed="64"/></patternFill></fill>'
_TEXT_FORMAT = "49"


class Unpatchable(ValueError):
    """A workbook whose parts are written in a way that is not known here; its rows go back in a plain one."""


@dataclass(slots=True)
class Styles:
    """The styles of one workbook (样式表).

    Args:
        text: `styles.xml`.

    >>> book = '<fills count="1"><fill/></fills><cellXfs count="1"><xf numFmtId="0" fillId="0"/></cellXfs>'
    >>> styles = Styles(book)
    >>> styles.derived(0, red=True, text=True), 'fillId="1"' in styles.written()
    (1, True)
    """

    text: str
    formats: list[str] = field(default_factory=list)
    fills: list[str] = field(default_factory=list)
    made: dict[tuple[int, bool, bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        formats, fills = _FORMATS.search(self.text), _FILLS.search(self.text)
        if not formats or not fills:
            raise Unpatchable("styles")
        self.formats, self.fills = _FORMAT.findall(formats[2]), _FILL.findall(fills[2])
        if not self._red_fills():
            self.fills.append(_RED_FILL)

    def _red_fills(self) -> list[int]:
        """Numbers of the red fill; a program that saves the workbook writes it in its own way."""
        return [number for number, fill in enumerate(self.fills) if f'"{RED}"' in fill]

    def is_red(self, number: int) -> bool:
        """Whether a style is one that Jiadi made red."""
        found = re.search(r'\sfillId="([0-9]+)"', self.formats[number].split(">", 1)[0]) if number < len(self.formats) else None
        return found is not None and int(found[1]) in self._red_fills()

    def is_text(self, number: int) -> bool:
        """Whether cells of a style are text."""
        return number < len(self.formats) and f' numFmtId="{_TEXT_FORMAT}"' in self.formats[number]

    def derived(self, number: int, *, red: bool, text: bool) -> int:
        """The style that is like one of the user's but for its fill and number format (派生样式).

        Args:
            number: of the user's style.
            red: whether the cell is red; a red one that Jiadi made before is plain again otherwise.
            text: whether the cell is text; otherwise its format stays.

        Returns:
            Number of the style.
        """
        key = (number, red, text)
        if key not in self.made:
            before = self.formats[number] if number < len(self.formats) else self.formats[0]
            after = before
            if red:
                after = _with(_with(after, "fillId", str(self._red_fills()[0])), "applyFill", "1")
            elif self.is_red(number):
                after = _with(after, "fillId", "0")
            if text:
                after = _with(_with(after, "numFmtId", _TEXT_FORMAT), "applyNumberFormat", "1")
            if after == before:
                self.made[key] = number
            else:
                if after not in self.formats:
                    self.formats.append(after)
                self.made[key] = self.formats.index(after)
        return self.made[key]

    def written(self) -> str:
        """`styles.xml` with the styles that were made."""
        text = _FORMATS.sub(lambda found: _counted(found, "cellXfs", self.formats), self.text, count=1)
        return _FILLS.sub(lambda found: _counted(found, "fills", self.fills), text, count=1)


def _counted(found: re.Match[str], name: str, parts: list[str]) -> str:
    return f'<{name} count="{len(parts)}">{"".join(parts)}</{name}>'


def _with(element: str, name: str, value: str) -> str:
    """An element whose opening tag has an attribute."""
    opening, closing, rest = element.partition("/>") if "/>" in element.split(">", 1)[0] + ">" else element.partition(">")
    told = re.sub(rf'\s{name}="[^"]*"', "", opening)
    return f'{told} {name}="{value}"{closing}{rest}'
