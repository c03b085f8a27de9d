"""How a workbook that was given back is known again (退回件标记), and what in it is not the user's."""

from __future__ import annotations

import polars as pl

SHEET = "说明"
"""Sheet that Jiadi puts in front."""
TITLE = "家底退回说明 · Returned by Jiadi"
TITLE_OF_LAYER = "家底退回说明（图层属性） · Returned by Jiadi (attributes of a layer)"
"""What stands in its first cell."""
CHECKSUM = "原文件校验值 · Checksum of the original"
HEADING = "问题 Problems"
"""Heading of the column that Jiadi adds behind the last one; the reader knows no list that has it."""
DANGEROUS = r"[=+\-@\t\r]"
"""A cell that begins with one of these may be taken for a formula."""


def is_note(frame: pl.DataFrame) -> bool:
    """Whether a sheet is the one that Jiadi put in front (是否退回说明).

    Args:
        frame: cells as `read.raw.RawSheet` has them.

    >>> is_note(pl.DataFrame({"row": [1], "t0": [TITLE]}))
    True
    """
    return _first(frame).startswith((TITLE, TITLE_OF_LAYER))


def is_of_layer(frame: pl.DataFrame) -> bool:
    """Whether the note belongs to the attributes of a layer, which are not to be sent in (是否图层属性)."""
    return _first(frame).startswith(TITLE_OF_LAYER)


def original(frame: pl.DataFrame) -> str:
    """Checksum of the file that was given back (原文件校验值), "" where the note does not say it."""
    if "t1" not in frame.columns:
        return ""
    told = frame.filter(pl.col("t0") == CHECKSUM).get_column("t1").drop_nulls()
    return str(told[0]) if len(told) else ""


def _first(frame: pl.DataFrame) -> str:
    if frame.is_empty() or "t0" not in frame.columns or frame["row"][0] != 1:
        return ""
    return str(frame["t0"][0] or "")


def unguarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells without the apostrophe that kept them from being formulas (还原防注入前缀).

    >>> unguarded(pl.DataFrame({"t0": ["'=1+1", "'a"]}))["t0"].to_list()
    ['=1+1', "'a"]
    """
    return frame.with_columns(pl.col(name).str.replace(rf"^'({DANGEROUS})", "${1}") for name in frame.columns if name.startswith("t"))
