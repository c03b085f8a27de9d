"""One house to a sheet (一户一表): a form on paper made into a sheet, its values beside or below their labels, its choices ticked.

A tick is a mark before its option (☑砖混 □砖木), behind it (砖混☑ 砖木□), in a cell of its own, or the letter R that stands
for a ticked box in a symbol font. Two ticks where one is wanted are asked about, none is a blank.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from jiadi.register.schema import TABLES
from jiadi.survey.read.match import plain, words
from jiadi.survey.read.raw import ROW

FORMS = ("house", "right", "approval")
"""Lists that are filled in one by one."""
MOST_ROWS, MOST_COLUMNS = 120, 60
_LEAST_LABELS, _LEAST_ROWS = 4, 3
_TICKED, _EMPTY = "☑☒√✓✔■●◉", "□○◯£☐"
_LETTER = "R"
_NUMBERED = re.compile(r"^[（(]?[0-9一二三四五六七八九十]{1,3}[)）.、．]\s*")
_INLINE = re.compile(r"\s*([^:：\n]{2,14}?)\s*[:：]\s*([^:：]*?)(?=(?:[\s;；,，]+[^\s:：]{2,14}\s*[:：])|$)")
_MARKED = re.compile(rf"[{_TICKED}{_EMPTY}]|(?<![A-Za-z0-9]){_LETTER}(?=\s*[\u4e00-\u9fff]|\s|$)")
SEVERAL = "；"
"""Between options of which several are ticked: no code list has such a word."""

Grid = Sequence[tuple[int, Sequence[str]]]
"""Row as Excel shows it, and its cells from the left, blank ones "" ."""


@dataclass(frozen=True, slots=True)
class Value:
    """What stands beside a label (填写内容).

    Args:
        label: as the sheet writes it.
        text: what was filled in, "" for a blank.
        row: as Excel shows it.
        column: from 0.
    """

    label: str
    text: str
    row: int
    column: int


@dataclass(slots=True)
class Form:
    """A sheet that is one row of a list (一张问卷).

    Args:
        table: name of the list.
        values: schema column → what was filled in.
        unknown: labels that no column is known for.
    """

    table: str
    values: dict[str, Value] = field(default_factory=dict)
    unknown: list[Value] = field(default_factory=list)


def find(grid: Grid) -> Form | None:
    """A sheet as a form that was filled in for one house (识别一户一表).

    Args:
        grid: all rows of the sheet.

    Returns:
        The form; None where the sheet is a list, or nothing that is known: labels of a list stand in few rows, those of a
        form all over the sheet.

    >>> rows = [["户主姓名", "张三", "房屋层数", "3"], ["房屋结构", "☑砖混 □砖木"], ["建成年份", "1998"], ["檐口高度", "9"]]
    >>> form = find(list(enumerate(rows, start=1)))
    >>> {name: value.text for name, value in form.values.items()}
    {'owner_name': '张三', 'storeys': '3', 'structure': '砖混', 'built_year': '1998', 'eaves_height_m': '9'}
    >>> find([(1, ["户主姓名", "房屋层数", "房屋结构", "建成年份"]), (2, ["张三", "3", "砖混", "1998"])]) is None
    True
    """
    if not grid or len(grid) > MOST_ROWS or max(len(cells) for _, cells in grid) > MOST_COLUMNS:
        return None
    forms = [form for table in FORMS if (form := _as(table, grid))]
    return max(forms, key=lambda form: len(form.values), default=None)


def grid_of(frame: pl.DataFrame) -> Grid:
    """The cells of a small sheet as texts (取网格)."""
    width = max((int(name[1:]) + 1 for name in frame.columns if name != ROW), default=0)
    grid = []
    for cells in frame.iter_rows(named=True):
        texts = [""] * width
        for name, value in cells.items():
            if name != ROW and value is not None:
                texts[int(name[1:])] = value if isinstance(value, str) else f"{value:.15g}" if isinstance(value, float) else _day(value)
        grid.append((cells[ROW], texts))
    return grid


def _day(value: object) -> str:
    return str(value).removesuffix(" 00:00:00")


def _as(table: str, grid: Grid) -> Form | None:
    form = Form(table)
    rows: dict[int, int] = {}
    for row, cells in grid:
        for value, column in _pairs(table, row, cells, _below(grid, row)):
            if not column:
                form.unknown.append(value)
            elif column not in form.values:
                form.values[column] = value
                rows[row] = rows.get(row, 0) + 1
    spread = len(rows) >= _LEAST_ROWS and max(rows.values(), default=0) * 2 <= len(form.values)
    filled = any(value.text for value in form.values.values())
    marks = sum(name in form.values for name in TABLES[table].marks)
    return form if len(form.values) >= _LEAST_LABELS and spread and filled and marks else None


def _below(grid: Grid, row: int) -> Sequence[str]:
    return next((cells for number, cells in grid if number == row + 1), ())


def _pairs(table: str, row: int, cells: Sequence[str], below: Sequence[str]) -> Iterator[tuple[Value, str]]:
    """Labels of a row with what stands beside them, and the column that each means ("" for none)."""
    labels = [(place, _column(table, text)) for place, text in enumerate(cells)]
    for place, text in enumerate(cells):
        inline = [found for found in _INLINE.findall(text) if _column(table, found[0])]
        if inline and not labels[place][1]:
            for label, said in inline:
                yield Value(label.strip(), _chosen([said]), row, place), _column(table, label)
            continue
        column = labels[place][1]
        if not column:
            if text.rstrip().endswith((":", "：")) and not _MARKED.search(text):
                yield Value(text.strip(), "", row, place), ""
            continue
        end = next((later for later, named in labels[place + 1 :] if named or _INLINE.search(cells[later])), len(cells))
        beside = [(at, cells[at]) for at in range(place + 1, end) if cells[at].strip() and cells[at].strip() != text.strip()]
        at = beside[0][0] if beside else place + 1
        said = _chosen([cell for _, cell in beside])
        if not beside and place < len(below) and below[place].strip() and not _column(table, below[place]):
            yield Value(_name(text), _chosen([below[place]]), row + 1, place), column
            continue
        yield Value(_name(text), said, row, at), column


def _name(text: str) -> str:
    return " ".join(text.split())


def _column(table: str, text: str) -> str:
    """The schema column that a label means, "" for none."""
    label = _NUMBERED.sub("", text.strip())
    if not 1 < len(label) <= 24 or _MARKED.search(label):
        return ""
    known = words(table).get(plain(label), ())
    return min(known, key=lambda one: one[1])[0] if known else ""


def _chosen(cells: Sequence[str]) -> str:
    """What was filled in: the words of the ticked options, else the first cell as it stands."""
    text = unicodedata.normalize("NFC", "  ".join(cells)).replace("\n", "  ")
    marks = [(found.start(), found.end(), found.group() not in _EMPTY) for found in _MARKED.finditer(text)]
    if not marks:
        return cells[0].strip() if cells else ""
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    behind = [_option(text[end:stop]) for (_, end, _), stop in zip(marks, ends, strict=True)]
    if not behind[-1] and _option(text[: marks[0][0]]):  # the mark stands behind its option
        starts = [0] + [end for _, end, _ in marks[:-1]]
        behind = [_option(text[start:stop]) for start, (stop, _, _) in zip(starts, marks, strict=True)]
    ticked = [option for option, (_, _, held) in zip(behind, marks, strict=True) if held and option]
    return SEVERAL.join(dict.fromkeys(ticked))


def _option(text: str) -> str:
    return re.sub(r"^[0-9]+[.、．)）]", "", text.strip(" \t、，,；;/|")).strip()
