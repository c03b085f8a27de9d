"""What each file was recognised as, column by column (表头映射), and a profile that a person can edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from jiadi.codes import person
from jiadi.register.schema import TABLES
from jiadi.survey.read.guess import EXACT, confidence
from jiadi.survey.read.raw import RawDelivery, RawSheet

SHOWN = 3
"""Values of a column that are shown."""
_PRIVATE = frozenset({"person_id", "phone"})


@dataclass(frozen=True, slots=True)
class Mapped:
    """One heading of a sheet (一列的映射).

    Args:
        heading: as the file writes it.
        column: schema column, "" where none was found.
        zh: what the column is called, "" without one.
        confidence: 0 to 1; 0 without a column.
        how: `profile`, `recognised`, `guessed`, `question` or `unknown`.
        values: the first values, resident IDs masked.
    """

    heading: str
    column: str
    zh: str
    confidence: float
    how: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet or layer (一张表的映射).

    Args:
        file, sheet: its place.
        table: the list that it was taken for.
        headings: in the order of the file.
        missing: schema columns that the list needs and no heading gives.
        questions: schema column → headings that claim it; none of them is taken.
    """

    file: str
    sheet: str
    table: str
    headings: list[Mapped]
    missing: list[str]
    questions: dict[str, list[str]]

    def as_dict(self) -> dict[str, Any]:
        """Plain data (数据)."""
        return asdict(self)


def mapping(raw: RawDelivery) -> list[Sheet]:
    """How the headings of a delivery were understood (表头映射).

    Args:
        raw: as `survey.read` gives it.

    Returns:
        A sheet each, in the order of file and sheet names.

    >>> mapping(RawDelivery())
    []
    """
    return [_of_sheet(sheet) for sheet in sorted(raw.sheets, key=lambda one: (one.file, one.sheet))]


def _of_sheet(sheet: RawSheet) -> Sheet:
    table = TABLES[sheet.table]
    meant = {number: name for name, number in sheet.columns.items()}
    open_ones = {number for numbers in sheet.claimed.values() for number in numbers}
    rows = [_heading(sheet, number, meant.get(number, ""), number in open_ones) for number, text in enumerate(sheet.headers) if text]
    held = {*sheet.columns, *sheet.fixed, *sheet.claimed}
    missing = [column.name for column in table.columns if column.required and column.name not in held]
    if table.any_of and not held.intersection(table.any_of):
        missing += [name for name in table.any_of if name not in missing]
    questions = {name: [sheet.headers[number] for number in numbers] for name, numbers in sorted(sheet.claimed.items())}
    return Sheet(sheet.file, sheet.sheet, sheet.table, rows, missing, questions)


def _heading(sheet: RawSheet, number: int, column: str, is_open: bool) -> Mapped:
    heading = sheet.headers[number]
    if not column:
        return Mapped(heading, "", "", 0.0, "question" if is_open else "unknown", _values(sheet, number, ""))
    how = "profile" if column in sheet.asked else "guessed" if column in sheet.guessed else "recognised"
    sure = EXACT if how == "profile" else confidence(sheet.table, column, heading)
    known = TABLES[sheet.table].column(column)
    return Mapped(heading, column, known.zh, sure, how, _values(sheet, number, known.kind))


def _values(sheet: RawSheet, number: int, kind: str) -> list[str]:
    parts = [sheet.frame[name] for letter in "tnd" if (name := f"{letter}{number}") in sheet.frame.columns]
    if not parts:
        return []
    texts = pl.select(pl.coalesce([part.cast(pl.String) for part in parts])).to_series().drop_nulls().head(SHOWN).to_list()
    # A column that is not known may hold IDs as well.
    return [person.mask(text) if kind in _PRIVATE or not kind else text for text in texts]


def profile_text(sheets: Sequence[Sheet], name: str) -> str:
    """The mapping as a profile that a person can edit (导入方案).

    Args:
        sheets: as `mapping` gives them.
        name: of the profile.

    Returns:
        YAML that `survey.read.profile.load` takes; questions stand in it as comments.
    """
    lines = [
        "# 导入方案：每张表一段。改 columns 右边的表头即可；删去一行则按表头识别。",
        "# Import profile: a section a sheet. Change the heading on the right of a column; without its line the heading is recognised.",
        "# 放在资料文件夹里（导入方案.yaml 或 profile.yaml）自动使用，或用 --profile。",
        "# It is used where it lies with the files (as profile.yaml), or by --profile.",
        f"name: {_quoted(name)}",
        "layers:",
    ]
    seen: set[str] = set()
    for sheet in sheets:
        key = _key(sheet, sheets)
        if key not in seen:
            lines += _section(sheet, key)
        seen.add(key)
    return "\n".join([*lines, "others: recognise", ""])


def _key(sheet: Sheet, sheets: Sequence[Sheet]) -> str:
    """What a section is about: a file whose sheets are all alike, such as a sheet a village, is one."""
    alike = [(one.table, [(row.heading, row.column) for row in one.headings]) for one in sheets if one.file == sheet.file]
    return Path(sheet.file).name if all(one == alike[0] for one in alike) else sheet.sheet


def _section(sheet: Sheet, key: str) -> list[str]:
    lines = [f"  {_quoted(key)}:  # {sheet.file}", f"    table: {sheet.table}  # {TABLES[sheet.table].zh}"]
    taken = [one for one in sheet.headings if one.column]
    lines.append("    columns:" if taken else "    columns: {}")
    lines += [f"      {one.column}: {_quoted(one.heading)}  # {one.zh}{_doubt(one)}" for one in taken]
    for column, headings in sheet.questions.items():
        lines.append(f"      # {column}: {_quoted(headings[0])}  # 请选一列 choose one: {'、'.join(headings)}")
    unknown = [one.heading for one in sheet.headings if one.how == "unknown"]
    if unknown:
        lines.append(f"    # 没有用到的列 not used: {'、'.join(' '.join(text.split()) for text in unknown)}")
    return lines


def _doubt(one: Mapped) -> str:
    return "" if one.confidence >= EXACT else f"，请核对 please check ({one.confidence:.1f})"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10_000).strip()


def counts(sheets: Sequence[Sheet]) -> Mapping[str, int]:
    """How many headings were understood which way (映射统计).

    >>> counts([])
    {}
    """
    out: dict[str, int] = {}
    for sheet in sheets:
        for one in sheet.headings:
            out[one.how] = out.get(one.how, 0) + 1
    return out
