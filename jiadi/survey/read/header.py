"""Where the heading of a sheet is (表头定位), and which rows under it are no data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from jiadi.register.schema import TABLES
from jiadi.survey.read.match import JOIN, Match, match
from jiadi.survey.read.raw import ROW

DEEPEST = 30
"""A heading is looked for in the first rows of a sheet only."""
_WHOSE = r"本[页表村组]|全[村镇县]|.{1,12}[村组镇乡区县]|.{1,10}(?:街道|社区)"
TOTAL = re.compile(rf"^(?P<whose>{_WHOSE})?(?P<word>合计|小计|总计|累计|共计|总合计)[:：]?(?P<count>\d+[户宗幢栋座人条]?)?$")
"""What a cell says that makes its row one of totals, without spaces: whose it is, the word, and the rows that it counts."""
_CODED = r"[0-9]{6}"
"""A row with such a code in a column of codes is somebody's, whatever else stands in it."""
_CODES = frozenset({"person_id", "parcel_code", "unit_code", "code"})
_REMARK = r"^(注|备注|说明|填表|填报|制表|审核|单位负责人|负责人|填表人|制表人|审核人)[^0-9]{0,12}[:：]"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that was found (表头).

    Args:
        first, last: its rows, as Excel shows them.
        texts: one heading a column; its rows joined by `JOIN`, "" where a column has none.
        match: the list and its columns.
    """

    first: int
    last: int
    texts: list[str]
    match: Match


def find(grid: Sequence[tuple[int, list[str]]], merged: Sequence[Sequence[int]], hint: str, only: str = "") -> Heading | None:
    """Find the heading among the first rows (定位表头).

    Args:
        grid: row number and texts of the first rows, blank cells "".
        merged: top, left, bottom, right from 0, of merged cells.
        hint: name of file and sheet.
        only: the list that a profile says it is.

    Returns:
        The heading whose match is best, the shallower and the upper one of equals; None where none fits.

    >>> find([(1, ["台账", "", ""]), (2, ["宗地代码", "户主", "取得方式"])], [], "").last
    2
    """
    found: list[Heading] = []
    for place, (row, texts) in enumerate(grid):
        one = [_clean(text) for text in texts]
        candidates = [(row, one)]
        below = [[_clean(text) for text in grid[place + n][1]] for n in (1, 2) if place + n < len(grid) and grid[place + n][0] == row + n]
        if below:
            candidates.append((row + 1, _two_rows(row, one, below[0], merged)))
        if len(below) > 1 and _is_heading(below[1]):
            candidates.append((row + 2, _two_rows(row, one, _two_rows(row + 1, below[0], below[1], merged), merged)))
        for last, headings in candidates:
            fit = match(headings, spatial=False, hint=hint, only=only)
            if fit.table:
                found.append(Heading(row, last, headings, fit))
    # A title over a heading adds nothing to it, so of equals the one of a single row is meant.
    return max(found, key=lambda one: (one.match.score, one.first - one.last, -one.first), default=None)


def _is_heading(texts: Sequence[str]) -> bool:
    """Whether a row may be the third one of a heading: words without a long figure in it."""
    filled = [text for text in texts if text]
    return len(filled) > 1 and not any(sum(map(str.isdigit, text)) > 2 for text in filled)


def _clean(text: str) -> str:
    return "".join(text.split("\n")).replace("\r", "").strip()


def _two_rows(row: int, upper: list[str], lower: list[str], merged: Sequence[Sequence[int]]) -> list[str]:
    """Both rows of a heading as one; a merged cell above stands over all its columns."""
    over = list(upper)
    spans = [(left, right) for top, left, bottom, right in merged if top <= row - 1 <= bottom and right > left]
    for left, right in spans:
        for column in range(left + 1, min(right + 1, len(over))):
            over[column] = over[left]
    if not spans:  # merging is lost in .xls and in copies: a blank above a word belongs to its left neighbour
        for column in range(1, len(over)):
            if not over[column] and lower[column]:
                over[column] = over[column - 1]
    return [_joined(above, below) for above, below in zip(over, lower, strict=True)]


def _joined(above: str, below: str) -> str:
    if not above or not below or above == below:
        return above or below
    return f"{above}{JOIN}{below}"


@dataclass(frozen=True, slots=True)
class Below:
    """What stands under a heading (表头以下).

    Args:
        data: rows of the list, as `row` and cells.
        skipped: rows up to the last one that were passed over, blank ones among them.
        totals: those of them that state a total.
    """

    data: pl.DataFrame
    skipped: int
    totals: pl.DataFrame


def rows_of(frame: pl.DataFrame, heading: Heading) -> dict[int, int]:
    """Rows of headings that do not stand in the last row of several (表头所在行), by column.

    Args:
        frame: `row` and cells of the whole sheet.
        heading: as found.

    >>> heading = Heading(1, 2, ["权利人", "面积/使用"], Match())
    >>> rows_of(pl.DataFrame({"row": [1, 2], "t0": ["权利人", None], "t1": ["面积", "使用"]}), heading)
    {0: 1}
    """
    if heading.first == heading.last:
        return {}
    found: dict[int, int] = {}
    rows = frame.filter(pl.col(ROW).is_between(heading.first, heading.last)).sort(ROW)
    for cells in rows.iter_rows(named=True):  # a later row stands over an earlier one
        found |= {int(name[1:]): cells[ROW] for name, value in cells.items() if name != ROW and value is not None}
    return {number: row for number, row in found.items() if row != heading.last and number < len(heading.texts)}


def data_rows(frame: pl.DataFrame, heading: Heading) -> Below:
    """The rows under a heading that are data (数据行).

    Args:
        frame: `row` and cells of the whole sheet.
        heading: as found.

    Returns:
        The frame without blank rows, totals, repeated headings and remarks at the end; and what was passed over.

    >>> heading = find([(1, ["户号", "姓名", "与户主关系"])], [], "")
    >>> frame = pl.DataFrame({"row": [1, 2, 3], "t0": ["户号", "1", "合计"], "t1": ["姓名", "张三", None]})
    >>> found = data_rows(frame, heading)
    >>> found.data["t1"].to_list(), found.totals["row"].to_list()
    (['张三'], [3])
    """
    below = frame.filter(pl.col(ROW) > heading.last)
    if below.is_empty():
        return Below(below, 0, below)
    span = int(below.get_column(ROW).max()) - heading.last  # type: ignore[arg-type]
    total = _totals(below) & ~_coded(below, heading)
    kept = below.filter(~(_blank(below, heading) | total | _repeated(below, heading) | _remarks(below)))
    return Below(kept, span - len(kept), below.filter(total))


def _kinds(frame: pl.DataFrame, number: int) -> list[str]:
    return [name for name in (f"t{number}", f"n{number}", f"d{number}") if name in frame.columns]


def _blank(frame: pl.DataFrame, heading: Heading) -> pl.Expr:
    """No cell of a known column is filled, as in forms that are numbered ahead."""
    cells = [
        (pl.col(name).str.strip_chars() != "") if name.startswith("t") else pl.col(name).is_not_null()
        for number in heading.match.columns.values()
        for name in _kinds(frame, number)
    ]
    return ~pl.any_horizontal([cell.fill_null(False) for cell in cells]) if cells else pl.lit(True)


def _totals(frame: pl.DataFrame) -> pl.Expr:
    """A total may stand in any column; most columns have no such letter and are not looked at twice."""
    texts = [name for name in frame.columns if name.startswith("t")]
    said = frame.select(pl.col(texts).str.contains("计", literal=True).any()) if texts else frame
    texts = [name for name in texts if said.item(0, name)]
    hits = [pl.col(name).str.replace_all(r"\s", "").str.contains(TOTAL.pattern).fill_null(False) for name in texts]
    return pl.any_horizontal(hits) if hits else pl.lit(False)


def _coded(frame: pl.DataFrame, heading: Heading) -> pl.Expr:
    """Rows with a resident ID or a code of their own."""
    columns = TABLES[heading.match.table].columns if heading.match.table else ()
    places = [heading.match.columns[one.name] for one in columns if one.kind in _CODES and one.name in heading.match.columns]
    cells = [pl.col(name).cast(pl.String).str.contains(_CODED).fill_null(False) for place in places for name in _kinds(frame, place)]
    return pl.any_horizontal(cells) if cells else pl.lit(False)


def _repeated(frame: pl.DataFrame, heading: Heading) -> pl.Expr:
    """At least two known columns hold their own heading."""
    hits = []
    for number in heading.match.columns.values():
        if f"t{number}" in frame.columns:
            parts = list({heading.texts[number], *heading.texts[number].split(JOIN)})
            hits.append(pl.col(f"t{number}").str.replace_all(r"[\r\n]", "").str.strip_chars().is_in(parts).fill_null(False))
    return pl.sum_horizontal(hits) >= 2 if hits else pl.lit(False)


def _remarks(frame: pl.DataFrame) -> pl.Expr:
    """One cell alone, such as the line of those who filled the form in."""
    names = frame.columns[1:]
    texts = [name for name in names if name.startswith("t")]
    alone = pl.sum_horizontal([pl.col(name).is_not_null() for name in names]) <= 2
    hits = [pl.col(name).str.replace_all(r"\s", "").str.contains(_REMARK).fill_null(False) for name in texts[:4]]
    return alone & pl.any_horizontal(hits) if hits else pl.lit(False)
