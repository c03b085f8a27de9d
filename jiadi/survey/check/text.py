"""Cells of text (文本单元格): spaces, widths and line breaks that should not be there are noted and taken away."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl

from jiadi.survey.check.gather import Cells
from jiadi.survey.check.remarks import Places, Remarks

WIDE = "[０-９Ａ-Ｚａ-ｚ．]"
_HIDDEN = r"\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}\u{FEFF}\u{00AD}"
_SPACE = rf"[\s{_HIDDEN}]"
_PRIVATE = "[\ue000-\uf8ff]"
_ASSIGNED = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE831: 0x215D7,
    0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE863: 0x4DAE, 0xE864: 0x9FBB,
}  # fmt: skip
"""Characters that GB 18030 kept in the private area of Unicode until they were given a place (䶮 stood at U+E863)."""
_ODD = rf"{_SPACE}|{WIDE}"
_NARROW = {wide: wide - 0xFEE0 for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)) for wide in range(first, last + 1)}
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xAD])


def narrow(text: str) -> str:
    """Full-width digits and letters as plain ones; brackets and marks of Chinese stay (全角转半角).

    >>> narrow("（２０２０）１２号")
    '（2020）12号'
    """
    return text.translate(_NARROW)


def tidy(text: str, *, inner: bool) -> str:
    """A text without stray spaces (去除多余空白).

    Args:
        text: what stood in the cell.
        inner: whether spaces inside are strays too, as in names and codes.

    >>> tidy(" 张 三\\t", inner=True), tidy("东街 1 号 ", inner=False)
    ('张三', '东街 1 号')
    """
    plain = narrow(text).translate(_INVISIBLE)
    return "".join(plain.split()) if inner else " ".join(plain.split())


def read(cells: Cells, column: str, remarks: Remarks, *, inner: bool) -> pl.Series:
    """A column of text (文本列).

    Args:
        cells: as they stand.
        column: schema column.
        remarks: told `stray_space` and `full_width`.
        inner: see `tidy`.

    Returns:
        (n,) text, null where blank.

    >>> read(Cells.of_text("张 三", "李四\\t"), "owner_name", Remarks(), inner=True).to_list()
    ['张三', '李四']
    """
    text = _assigned(cells.shown(), column, remarks)
    odd = text.str.contains(_ODD).fill_null(False)
    if not odd.any():
        return text
    places = odd.arg_true()
    raw = text.filter(odd)
    note(raw, places.to_numpy(), column, remarks, inner=inner)
    mended = pl.Series([tidy(value, inner=inner) or None for value in raw.to_list()], dtype=pl.String)
    return text.scatter(places, mended)


def _assigned(text: pl.Series, column: str, remarks: Remarks) -> pl.Series:
    """Text with characters of the private area put where Unicode has them now; those that nobody knows stay, and are asked about."""
    private = text.str.contains(_PRIVATE).fill_null(False)
    if not private.any():
        return text
    places, raw = private.arg_true(), text.filter(private)
    mended = pl.Series([value.translate(_ASSIGNED) for value in raw.to_list()], dtype=pl.String)
    remarks.add(places.to_numpy(), column, "private_character", raw)
    return text.scatter(places, mended)


def note(raw: pl.Series, places: Places, column: str, remarks: Remarks, *, inner: bool, masked: bool = False) -> None:
    """Note spaces and widths of cells that were read all the same (提示空白与全角).

    >>> remarks = Remarks()
    >>> note(pl.Series(["１２"]), np.array([0]), "storeys", remarks, inner=True)
    >>> remarks.parts[0]["code"].to_list()
    ['full_width']
    """
    pattern = _SPACE if inner else rf"^{_SPACE}|{_SPACE}$|[{_HIDDEN}\r\n\t]"
    for code, hit in (("stray_space", raw.str.contains(pattern)), ("full_width", raw.str.contains(WIDE))):
        if hit.any():
            remarks.add(places[hit.to_numpy()], column, code, raw.filter(hit), masked=masked)


def nfkc(texts: pl.Series) -> pl.Series:
    """Texts in plain width (宽度归一); only those that need it are touched.

    >>> nfkc(pl.Series(["１２０㎡", "120"])).to_list()
    ['120m2', '120']
    """
    odd = texts.str.contains(r"[^\x00-\x7F]").fill_null(False)
    if not odd.any():
        return texts
    return texts.scatter(
        odd.arg_true(), pl.Series([unicodedata.normalize("NFKC", text) for text in texts.filter(odd).to_list()], dtype=pl.String)
    )


def where(mask: pl.Series) -> Places:
    """Rows at which a mask holds; null does not.

    >>> where(pl.Series([True, None, False, True])).tolist()
    [0, 3]
    """
    return np.flatnonzero(mask.fill_null(False).to_numpy())
