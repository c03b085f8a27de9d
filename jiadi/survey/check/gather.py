"""All sheets of one list as one table of cells (汇总工作表)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.register.schema import TABLES, Table
from jiadi.survey.read.raw import CELL_DTYPES, ROW, RawSheet

PLACEHOLDERS = frozenset(
    {"/", "\\", "-", "--", "—", "——", "－", "无", "不详", "未知", "不清楚", "不明", "待查", "暂无", "空", "null", "NULL"}
    | {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"}
)
"""What people write where they have nothing to write; a blank, and no problem."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of cells as they stand in the files (一列单元格).

    Args:
        text: (n,) null where the cell is blank or no text; blanks of spaces are null.
        number: (n,) null where the cell is no number.
        day: (n,) null where the cell is no day.
    """

    text: pl.Series
    number: pl.Series
    day: pl.Series

    @classmethod
    def of_text(cls, *texts: str | None) -> Cells:
        """Cells that hold text alone (文本单元格), as those of a CSV do.

        >>> Cells.of_text("3层", None).number.null_count()
        2
        """
        blank = {kind: pl.Series([None], dtype=dtype).new_from_index(0, len(texts)) for kind, dtype in CELL_DTYPES.items()}
        return cls(pl.Series(texts, dtype=pl.String), blank["n"], blank["d"])

    def shown(self) -> pl.Series:
        """(n,) every cell as text (显示文本), null where blank.

        >>> Cells.of_text("3层", None).shown().to_list()
        ['3层', None]
        """
        parts = [self.text]
        if self.number.null_count() < len(self.number):
            parts.append(number_text(self.number))
        if self.day.null_count() < len(self.day):
            parts.append(day_text(self.day))
        return parts[0] if len(parts) == 1 else pl.select(pl.coalesce(parts)).to_series()


def number_text(numbers: pl.Series) -> pl.Series:
    """Numbers as a cell shows them (数字文本): whole ones without a point.

    >>> number_text(pl.Series([3.0, 2.5, None])).to_list()
    ['3', '2.5', None]
    """
    whole = numbers.cast(pl.Int64, strict=False)
    plain = (whole.cast(pl.Float64) == numbers) & (numbers.abs() < 1e18)
    return pl.select(pl.when(plain).then(whole.cast(pl.String)).otherwise(numbers.cast(pl.String))).to_series()


def day_text(days: pl.Series) -> pl.Series:
    """Days as text (日期文本), the time only where there is one.

    >>> from datetime import datetime
    >>> day_text(pl.Series([datetime(2013, 5, 1)])).to_list()
    ['2013-05-01']
    """
    return days.dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")


@dataclass(slots=True)
class Gathered:
    """The cells of one list, over all its sheets (一张表的全部单元格).

    Args:
        table: of the schema.
        sheets: in the order of their names.
        frame: `sheet` (number in `sheets`), `row`, and for each schema column that any sheet has
            those of `t:name` `n:name` `d:name` that hold anything.
    """

    table: Table
    sheets: list[RawSheet]
    frame: pl.DataFrame

    @property
    def columns(self) -> list[str]:
        """Schema columns that any sheet has, in the schema's order."""
        held = {name for sheet in self.sheets for name in (*sheet.columns, *sheet.fixed)}
        return [column.name for column in self.table.columns if column.name in held]

    def cells(self, name: str) -> Cells:
        """One column."""
        series = []
        for kind, dtype in CELL_DTYPES.items():
            key = f"{kind}:{name}"
            series.append(
                self.frame.get_column(key)
                if key in self.frame.columns
                else pl.Series([None], dtype=dtype).new_from_index(0, len(self.frame))
            )
        # In a code list 无 is an answer.
        worded = self.table.column(name).kind in ("enum", "boolean")
        return Cells(_filled(series[0], frozenset() if worded else PLACEHOLDERS), series[1], series[2])


def _filled(text: pl.Series, stand_ins: frozenset[str]) -> pl.Series:
    """Text without cells that hold nothing but spaces or a stand-in for nothing."""
    short = (text.str.len_bytes() <= 12).fill_null(False)
    if not short.any():
        return text
    trimmed = text.filter(short).str.strip_chars()
    gone = (trimmed == "") | trimmed.is_in(list(stand_ins))
    if not gone.any():
        return text
    return text.scatter(short.arg_true().filter(gone), None)


def gather(sheets: list[RawSheet]) -> Gathered:
    """Put the sheets of one list together (汇总).

    Args:
        sheets: of one list, at least one.

    Returns:
        Their cells, sheet after sheet in the order of file and sheet names, which is the same
        whatever the order of the input.
    """
    ordered = sorted(sheets, key=lambda sheet: (sheet.file, sheet.sheet))
    parts = [_part(number, sheet) for number, sheet in enumerate(ordered)]
    frame = pl.concat(parts, how="diagonal") if len(parts) > 1 else parts[0]
    return Gathered(TABLES[sheets[0].table], ordered, frame)


def spots(gathered: Gathered, places: NDArray[np.intp]) -> pl.Series:
    """Where rows stand, as a user finds them (行的位置): file, sheet and row.

    Args:
        gathered: the sheets of one list.
        places: (n,) rows of it.

    Returns:
        (n,) text.

    >>> from jiadi.survey.read.raw import RawSheet
    >>> sheet = RawSheet("a.csv", "", "text", "", ["户号"], pl.DataFrame({"row": [2], "t0": ["1"]}), "person", {"household_code": 0})
    >>> spots(gather([sheet]), np.array([0])).to_list()
    ['a.csv #2']
    """
    names = pl.Series([f"{sheet.file} {sheet.sheet}".strip() for sheet in gathered.sheets], dtype=pl.String)
    at = gathered.frame.select(pl.col("sheet").gather(places), pl.col(ROW).gather(places))
    return at.select(pl.format("{} #{}", names.gather(at.get_column("sheet")), ROW).alias("spot")).to_series()


def _part(number: int, sheet: RawSheet) -> pl.DataFrame:
    held = set(sheet.frame.columns)
    columns: list[pl.Expr] = [pl.lit(number, dtype=pl.Int32).alias("sheet"), pl.col(ROW)]
    for name, place in sheet.columns.items():
        cells = {kind: pl.col(f"{kind}{place}") for kind in CELL_DTYPES if f"{kind}{place}" in held}
        words = sheet.codes.get(name)
        if words and cells:
            columns.append(_reworded(cells, words).alias(f"t:{name}"))
            continue
        columns += [cell.cast(CELL_DTYPES[kind]).alias(f"{kind}:{name}") for kind, cell in cells.items()]
    for name, value in sheet.fixed.items():
        if name not in sheet.columns:
            columns.append(pl.lit(value).alias(f"t:{name}"))
    return sheet.frame.select(columns)


def _reworded(cells: dict[str, pl.Expr], words: dict[str, str]) -> pl.Expr:
    """Cells in the words of the schema, as a profile translates them."""
    texts = []
    if "t" in cells:
        texts.append(cells["t"].str.strip_chars())
    if "n" in cells:
        texts.append(cells["n"].map_batches(number_text, return_dtype=pl.String))
    return pl.coalesce(texts).replace(words)
