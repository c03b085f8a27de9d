"""Text tables, inside the limited child (子进程内读取文本表): .csv, .txt, .tsv.

The encoding is that of the mark at the beginning, else strict UTF-8, else GB18030; lines that are
of the other encoding are read as what they are, and told.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.survey.read.raw import ROW

SEPARATORS = ",\t;|"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def read(path: str) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Read a text table (读取文本表).

    Args:
        path: of the file.

    Returns:
        One frame, `row` (the line, from 1) and `t{i}`; and `encoding`, `mixed` (lines in another
        encoding); or `fault`: reason and figures.
    """
    raw = Path(path).read_bytes()
    if not raw.strip():
        return {}, {"fault": ["empty", {}]}
    text, encoding, mixed = decode(raw)
    if text is None or text[:100_000].count("\0") > 0:
        return {}, {"fault": ["not_text", {}]}
    separator = separator_of(text)
    frame = _parsed(text, separator)
    if frame.width < 2:
        return {}, {"fault": ["no_columns", {}]}
    frame = frame.rename({name: f"t{number}" for number, name in enumerate(frame.columns)})
    frame = frame.with_columns(pl.all().replace("", None))
    frame = frame.with_row_index(ROW, 1).with_columns(pl.col(ROW).cast(pl.Int32))
    filled = frame.filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))
    return {"0": filled}, {"encoding": encoding, "mixed": mixed}


def decode(raw: bytes) -> tuple[str | None, str, list[int]]:
    """Bytes as text (解码).

    Args:
        raw: content of the file.

    Returns:
        The text (None where it is none), the encoding of most of it, and the lines (from 1) that are
        of the other encoding.

    >>> decode("户号\\n".encode("gb18030") + "姓名\\n".encode())
    ('户号\\n姓名\\n', 'gb18030', [2])
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace"), encoding, []
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _line_by_line(raw)
    return (raw.decode("gb18030", "replace"), "gb18030", []) if _by_chance(raw, text) else (text, "utf-8", [])


def _by_chance(raw: bytes, text: str) -> bool:
    """GB18030 that is valid UTF-8 by chance (联通): no Chinese in it, and letters beyond ASCII mostly side by side."""
    if raw.isascii() or any(ord(letter) >= 0x800 for letter in text[:100_000]):
        return False
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", raw[:100_000])]
    return 2 * sum(length >= 4 for length in runs) > len(runs)


def _line_by_line(raw: bytes) -> tuple[str | None, str, list[int]]:
    """A file that is not UTF-8 throughout: each line in its own encoding, the more frequent one being the file's."""
    lines = raw.split(b"\n")
    as_utf8 = [_wide_utf8(line) for line in lines]
    high = sum(not line.isascii() for line in lines)
    if not any(as_utf8):
        try:
            return raw.decode("gb18030"), "gb18030", []
        except UnicodeDecodeError:
            pass
    own = "utf-8" if 2 * sum(as_utf8) > high else "gb18030"
    texts, mixed = [], []
    for number, (line, wide) in enumerate(zip(lines, as_utf8, strict=True), start=1):
        encoding = "utf-8" if wide else "gb18030"
        texts.append(line.decode(encoding, "replace"))
        if encoding != own and not line.isascii():
            mixed.append(number)
    bad = sum(text.count("\ufffd") for text in texts)
    return (None if bad > 0.1 * sum(map(len, texts)) else "\n".join(texts)), own, mixed


def _wide_utf8(line: bytes) -> bool:
    """Whether a line is Chinese in strict UTF-8; two-byte letters occur in GB18030 by chance."""
    if line.isascii():
        return False
    try:
        return any(ord(letter) >= 0x800 for letter in line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def separator_of(text: str) -> str:
    """What parts the columns: the mark that most of the first lines agree on (分隔符).

    >>> separator_of("户号\\t姓名\\n1\\t张三,李四\\n")
    '\\t'
    """
    lines = [line for line in text[:20_000].splitlines()[:50] if line.strip()]
    counts = {mark: sorted(line.count(mark) for line in lines) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: (counts[mark][(len(lines) - 1) // 2] if lines else 0, -SEPARATORS.index(mark)))


def _parsed(text: str, separator: str) -> pl.DataFrame:
    try:
        width = max(line.count(separator) for line in text[:200_000].splitlines()[:200]) + 1
        schema = {f"c{number}": pl.String() for number in range(width)}
        return pl.read_csv(
            text.encode("utf-8", "replace"),
            has_header=False,
            separator=separator,
            schema=schema,
            truncate_ragged_lines=True,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        # Quotes that do not close stop the fast reader, not this one.
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
        width = max(map(len, rows))
        padded = [row + [""] * (width - len(row)) for row in rows]
        return pl.DataFrame(padded, schema=[f"c{number}" for number in range(width)], orient="row")
