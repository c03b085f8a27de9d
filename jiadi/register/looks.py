"""Looks of cells in the workbooks that Jiadi writes (单元格样式): one table of styles for all of them."""

from __future__ import annotations

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RED = "FFFF8A80"
"""Ground of a cell that has a problem; a workbook that comes back is known by it."""
_FONTS = ('<sz val="11"/>', '<b/><sz val="14"/>', '<b/><sz val="11"/>', '<b/><sz val="15"/>')
_FILLS = (RED, "FFDDEBF7", "FFE2F0D9", "FFFBE5D6", "FFFFF2CC")
_LINES = (("thin", "FF000000", ""), ("thin", "FFD9DEE4", ""), ("thin", "FFBF9000", ""), ("thin", "FFD9DEE4", "medium"))
_TEXT, _GENERAL, _TWO_PLACES = 49, 0, 2

PLAIN, TEXT, TITLE, RED_TEXT, HEAD, TALL_HEAD, LARGE, WRAPPED, CELL, SAME, DIFFERS, ASKED, SCORE, FIRST_SCORE = range(14)
"""Plain; text, so that codes stay codes; title; text on red; heading, one that wraps; large title; wrapped; and those of the sheets of
pairs: a cell, both sides the same, both different, asked for, a score, the first score of a row."""

# number format, font, fill (0 none, 2 is the first colour), border, alignment
_FORMATS = (
    (_GENERAL, 0, 0, 0, ""),
    (_TEXT, 0, 0, 0, ""),
    (_GENERAL, 1, 0, 0, 'horizontal="center"'),
    (_TEXT, 0, 2, 0, ""),
    (_GENERAL, 2, 3, 1, ""),
    (_GENERAL, 2, 3, 1, 'vertical="center" wrapText="1"'),
    (_GENERAL, 3, 0, 0, ""),
    (_GENERAL, 0, 0, 0, 'vertical="top" wrapText="1"'),
    (_TEXT, 0, 0, 2, ""),
    (_TEXT, 0, 4, 2, ""),
    (_TEXT, 0, 5, 2, ""),
    (_TEXT, 0, 6, 3, ""),
    (_TWO_PLACES, 0, 0, 2, ""),
    (_TWO_PLACES, 0, 0, 4, ""),
)


def _font(words: str) -> str:
    return f'<font>{words}<name val="宋体"/></font>'


def _fill(colour: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill></fill>'


def _border(line: str, colour: str, top: str) -> str:
    sides = (("left", line), ("right", line), ("top", top or line), ("bottom", line))
    drawn = "".join(f'<{side} style="{style}"><color rgb="{colour}"/></{side}>' for side, style in sides)
    return f"<border>{drawn}<diagonal/></border>"


def _format(number: int, font: int, fill: int, border: int, alignment: str) -> str:
    used = (("NumberFormat", number), ("Font", font), ("Fill", fill), ("Border", border), ("Alignment", alignment))
    applied = "".join(f' apply{what}="1"' for what, own in used if own)
    inside = f"<alignment {alignment}/>" if alignment else ""
    opening = f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"{applied}'
    return f"{opening}>{inside}</xf>" if inside else f"{opening}/>"


def _styles() -> str:
    fonts = "".join(map(_font, _FONTS))
    grounds = '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' + "".join(
        map(_fill, _FILLS)
    )
    borders = "<border/>" + "".join(_border(*line) for line in _LINES)
    formats = "".join(_format(*one) for one in _FORMATS)
    return (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="{len(_FONTS)}">{fonts}</fonts><fills count="{len(_FILLS) + 2}">{grounds}</fills>'
        f'<borders count="{len(_LINES) + 1}">{borders}</borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


STYLES = _styles()
"""The part of a workbook that holds all of them."""
