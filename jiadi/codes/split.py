"""Households that share a homestead or a house, written with their persons (分户人数): "4+3"."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

SIZES = pl.List(pl.Int64())
"""Persons of each household; null for one whose number is not known."""
_MOST = 20
"""More households than that do not share one homestead: it is another figure."""
_UNDIVIDED = frozenset({"未分户", "不分户", "没有分户", "无分户"})
_APART = re.compile(r"[+、,;/;加]")
_TOTAL = re.compile(r"^(?P<all>[0-9]+)\((?P<parts>[^()]+)\)$|^(?P<first>[^=]+)=(?P<sum>[0-9]+)$")


def sizes(written: str | None) -> list[int | None] | None:
    """Persons of each household (各户人数).

    Args:
        written: "4+3", "4人+3人", "7(4+3)", "4+3=7", "5"; other signs between them, and full-width ones, are read too.

    Returns:
        One figure a household, null where it cannot be read; "2户" are two of unknown size. None where nothing is said, or that it
        is not split.

    >>> sizes("４＋３"), sizes("7(4+3)"), sizes("4+?"), sizes("2户"), sizes("未分户")
    ([4, 3], [4, 3], [4, None], [None, None], None)
    """
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", written or ""))
    if not text or text in _UNDIVIDED:
        return None
    if households := re.fullmatch(r"([0-9]{1,2})户", text):
        return [None] * min(max(int(households[1]), 1), _MOST)
    text = re.sub(r"[人口户]", "", text)
    total = _TOTAL.match(text)
    parts = _APART.split((total["parts"] or total["first"]) if total else text)
    found = [int(part) if re.fullmatch(r"[0-9]{1,2}", part) else None for part in parts]
    if len(found) > _MOST:
        return [None]
    known = [part for part in found if part is not None]
    if total and len(known) == len(found) and sum(known) != int(total["all"] or total["sum"]):
        return [None] * len(found)
    return found


def sizes_column(written: pl.Series) -> pl.Series:
    """Persons of each household of many homesteads (各户人数).

    Args:
        written: (n,) text, null where nothing is said.

    Returns:
        (n,) SIZES, null where nothing is said.

    >>> sizes_column(pl.Series(["4+3", None, "5"])).to_list()
    [[4, 3], None, [5]]
    """
    texts = written.cast(pl.String)
    known = texts.unique().drop_nulls().sort()
    found = pl.DataFrame({"text": known, "sizes": pl.Series([sizes(text) for text in known], dtype=SIZES)})
    return pl.DataFrame({"text": texts}).join(found, on="text", how="left", maintain_order="left")["sizes"]
