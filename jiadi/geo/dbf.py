"""The attribute table of a Shapefile (DBF 属性表), with the encodings that departments really write.

The order is: `.cpg`, language byte, and then cell by cell strict UTF-8 before GB18030. A cell that
is of the other encoding than its file is read as what it is, and told. The table is a plain grid of
bytes, so it is read as one: no reader guesses an encoding on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Cells = npt.NDArray[np.bytes_]
Mask = npt.NDArray[np.bool_]

_CODEPAGES = {"65001": "utf-8", "UTF8": "utf-8", "936": "gb18030", "GBK": "gb18030", "GB2312": "gb18030", "CP936": "gb18030"}
_CODEPAGES |= {"GB18030": "gb18030", "950": "big5", "BIG5": "big5", "88591": "latin-1", "1252": "latin-1", "ISO88591": "latin-1"}
_LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
_DELETED = ord("*")


@dataclass(frozen=True, slots=True)
class Attributes:
    """An attribute table (属性表).

    Args:
        table: columns in the order of the file; text null where blank.
        deleted: rows marked as deleted, which a reader of the geometry leaves out.
        encoding: of most of its text; "" when all is ASCII.
        mixed: (0-based row, column name) of cells in the other encoding.
    """

    table: pa.Table
    deleted: Mask
    encoding: str
    mixed: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Field:
    name: bytes
    kind: str
    start: int
    width: int
    decimals: int


def read_dbf(path: Path, cpg: str = "") -> Attributes:
    """Read an attribute table, cell by cell in its own encoding (读取 DBF).

    Args:
        path: the .dbf.
        cpg: content of the .cpg; "" where there is none.

    Returns:
        The table; numbers as numbers where the whole column is, else as the text that stands there.

    Raises:
        ValueError: the header is not one of a DBF.
    """
    raw = np.fromfile(path, dtype=np.uint8)
    fields, rows, grid, language = _open(raw)
    known = _CODEPAGES.get(cpg.strip().upper().replace("-", "").replace("_", "").replace(" ", "")) or _LANGUAGES.get(language, "")
    text = {field.start: _cells(grid, field) for field in fields if field.kind not in "NFDLI+"}
    utf8 = {start: _looks_utf8(cells) for start, cells in text.items()}
    high = {start: _has_high(cells) for start, cells in text.items()}
    encoding = _main_encoding(known, sum(int(m.sum()) for m in utf8.values()), sum(int(m.sum()) for m in high.values()), text)
    columns: dict[str, pa.Array] = {}
    mixed: list[tuple[int, str]] = []
    for field in fields:
        name = _unused(_field_name(field.name), columns)
        if field.start in text:
            columns[name] = decode(text[field.start], utf8[field.start], encoding)
            other = (
                high[field.start] & (utf8[field.start] != (encoding == "utf-8"))
                if encoding in ("utf-8", "gb18030")
                else np.zeros(rows, bool)
            )
            mixed += [(int(row), name) for row in np.flatnonzero(other)]
        else:
            columns[name] = _typed(_cells(grid, field), field)
    used = encoding if any(m.any() for m in high.values()) else ""
    return Attributes(pa.table(columns), grid[:, 0] == _DELETED, used, sorted(mixed))


def _open(raw: npt.NDArray[np.uint8]) -> tuple[list[_Field], int, npt.NDArray[np.uint8], int]:
    if len(raw) < 33:
        raise ValueError("the DBF has no header")
    said = int.from_bytes(raw[4:8].tobytes(), "little")
    header, width = (int.from_bytes(raw[at : at + 2].tobytes(), "little") for at in (8, 10))
    if header < 33 or width < 1 or header > len(raw):
        raise ValueError("the DBF has a broken header")
    rows = min(said, (len(raw) - header) // width)
    if rows < said:
        raise ValueError(f"the DBF says {said} rows and holds {rows}")
    fields, start = [], 1
    for at in range(32, header - 1, 32):
        piece = raw[at : at + 32].tobytes()
        if piece[:1] in (b"\r", b"") or len(piece) < 32:
            break
        wide = piece[16] + (256 * piece[17] if piece[11:12] == b"C" else 0)
        fields.append(_Field(piece[:11].split(b"\0")[0], chr(piece[11]), start, wide, piece[17]))
        start += wide
    if start > width:
        raise ValueError("the fields of the DBF are wider than its rows")
    return fields, rows, raw[header : header + rows * width].reshape(rows, width), int(raw[29])


def _cells(grid: npt.NDArray[np.uint8], field: _Field) -> Cells:
    block = np.ascontiguousarray(grid[:, field.start : field.start + field.width])
    return np.char.strip(block.view(f"S{field.width}")[:, 0], b" \0") if field.width else np.zeros(len(grid), "S1")


def _bytes(cells: Cells) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(cells).view(np.uint8).reshape(len(cells), cells.dtype.itemsize)


def _has_high(cells: Cells) -> Mask:
    return np.asarray(np.any(_bytes(cells) >= 0x80, axis=1), dtype=np.bool_)


def _looks_utf8(cells: Cells) -> Mask:
    """Cells whose non-ASCII text is Chinese in strict UTF-8.

    Two GB18030 characters can be valid UTF-8 by chance (联通), but then as two-byte letters; a
    Chinese character has three bytes, a lead of E3–E9 or EF, or four, a lead of F0 A0 and up, and
    that chance is as good as none.
    """
    wide = np.pad(_bytes(cells), ((0, 0), (0, 2)))
    first = (wide >= 0x80).argmax(axis=1)
    at = np.arange(len(cells))
    lead, second, third = wide[at, first], wide[at, first + 1], wide[at, first + 2]
    trail = (second & 0xC0 == 0x80) & (third & 0xC0 == 0x80)
    looks = np.asarray(trail & (((lead >= 0xE3) & (lead <= 0xE9)) | (lead == 0xEF) | ((lead == 0xF0) & (second >= 0xA0))), dtype=bool)
    mask = np.zeros(len(cells), dtype=bool)
    for row in np.flatnonzero(looks):
        mask[row] = _cut(bytes(cells[row]), "utf-8", 3) is not None
    return mask


def _cut(raw: bytes, encoding: str, most: int) -> str | None:
    """Decode strictly, but for a last character that the field's width has cut; None if it is not that encoding."""
    for lost in range(most + 1):
        try:
            return raw[: len(raw) - lost].decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _main_encoding(known: str, utf8: int, high: int, text: dict[int, Cells]) -> str:
    if known == "latin-1" and _is_chinese(text):  # what GIS programs write when they do not know
        known = ""
    return known or ("utf-8" if high and 2 * utf8 >= high else "gb18030")


def _is_chinese(text: dict[int, Cells]) -> bool:
    """Whether high bytes come in pairs, as they do not in Western text."""
    pairs = total = 0
    for cells in text.values():
        high = _bytes(cells) >= 0x80
        total += int(high.any(axis=1).sum())
        pairs += int((high[:, 1:] & high[:, :-1]).any(axis=1).sum())
    return total > 0 and 10 * pairs >= total


def decode(cells: Cells, utf8: Mask, encoding: str) -> pa.Array:
    """Decode a column, each cell in its own encoding (解码).

    Args:
        cells: stripped bytes (n,).
        utf8: cells that are surely UTF-8 (n,).
        encoding: of the others, unless it is UTF-8 and they are not: then GB18030.

    Returns:
        Text, null where blank.

    >>> cells = np.array(["宗地".encode("gb18030"), "宗地".encode(), b""])
    >>> decode(cells, np.array([False, True, False]), "gb18030").to_pylist()
    ['宗地', '宗地', None]
    """
    out = np.empty(len(cells), dtype=object)
    rest = "gb18030" if encoding == "utf-8" else encoding
    plain = ~_has_high(cells)
    for mask, codec in ((plain, "ascii"), (~plain & utf8, "utf-8"), (~plain & ~utf8, rest)):
        rows = np.flatnonzero(mask)
        if len(rows):
            out[rows] = _decode_all(cells[rows], codec)
    return pa.array(out, pa.string(), mask=cells == b"")


def _decode_all(cells: Cells, codec: str) -> npt.NDArray[np.object_]:
    values = cells.tolist()
    try:  # one call for the column; a line break is part of no character of these encodings
        texts = b"\n".join(values).decode(codec).split("\n")
    except UnicodeDecodeError:
        texts = []
    if len(texts) != len(values):
        texts = [_one(value, codec) for value in values]
    out = np.empty(len(values), dtype=object)
    out[:] = texts
    return out


def _one(raw: bytes, codec: str) -> str:
    cut = _cut(raw, codec, 3)
    return raw.decode(codec, "replace") if cut is None else cut


def _field_name(raw: bytes) -> str:
    """A field's name, which its ten bytes may have cut in the middle of a character."""
    text = _cut(raw, "utf-8", 2)
    if text is None or (text and not text.isascii() and max(map(ord, text)) < 0x800):
        text = _cut(raw, "gb18030", 3)
    return (raw.decode("latin-1") if text is None else text).strip()


def _unused(name: str, taken: dict[str, pa.Array]) -> str:
    number, unused = 1, name
    while unused in taken:
        number += 1
        unused = f"{name}_{number}"
    return unused


def _typed(cells: Cells, field: _Field) -> pa.Array:
    """Numbers, days and truth values; the text itself where a column is not all of its kind."""
    text = pa.array(cells.astype(str) if not _has_high(cells).any() else [_one(c, "gb18030") for c in cells.tolist()])
    blank = (cells == b"") | (np.char.strip(cells, b"*") == b"") | (cells == b"?")
    text = pa.array(text.to_numpy(zero_copy_only=False), pa.string(), mask=blank)
    whole = field.decimals == 0 and field.width <= 18
    try:
        if field.kind in "NF":
            return text.cast(pa.int64() if whole else pa.float64()) if field.width <= 18 or field.decimals else text
        if field.kind == "D":
            days = text.to_numpy(zero_copy_only=False)
            return pa.array([d and f"{d[:4]}-{d[4:6]}-{d[6:]}" for d in days], pa.string()).cast(pa.date32())
    except (pa.ArrowInvalid, ValueError):
        return text
    return text
