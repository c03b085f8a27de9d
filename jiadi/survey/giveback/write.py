"""Which files go back, and with what (退回各文件)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.errors import Refusal
from jiadi.geo.child import run_limited
from jiadi.register.comment import MOST
from jiadi.register.tables import Delivery
from jiadi.survey.giveback import mark, plain
from jiadi.survey.giveback.layout import Layout
from jiadi.survey.giveback.sheet import digits
from jiadi.survey.read import profile as profiles
from jiadi.survey.read.found import find
from jiadi.survey.read.raw import ROW, RawSheet
from jiadi.survey.read.take import take
from jiadi.survey.report import escaped, with_messages

FOLDER = "returned"
"""Folder of a result in which the workbooks are."""
MEMORY_MB = 1200
SECONDS = 60.0
_PATCHED = (".xlsx", ".xlsm")
_DATA = "数据"
WORKERS = 2
_WORDS = {
    "original": ("原文件", "Original file"),
    "how": ("怎么办", "What to do"),
    "how_to": (
        "标红的单元格有问题，原因在批注和最后一列。在本表中直接更正，保存后用本表代替原文件再交；本页和最后一列不必删，读取时自动忽略。",
        "Red cells have a problem; the reason is in their comment and in the last column. Correct them here, save, and hand this in "
        "instead of the original. This sheet and the last column may stay: they are not read.",
    ),
    "how_to_layer": (
        "这是图层的属性，“位置”是要素在图层中的序号。请在原图层中更正后再交图层；本表不读取。",
        "These are attributes of a layer; Position is the place of the feature in it. Correct the layer itself and hand that in; "
        "this workbook is not read.",
    ),
    "file": ("整个文件", "The whole file"),
    "comments": ("批注", "Comments"),
    "more": (
        "每张表最多 {most} 条批注；其余只标红并写在最后一列。",
        "At most {most} comments a sheet; the others are red and in the last column.",
    ),
    "position": ("位置", "Position"),
}


@dataclass(slots=True)
class _Marked:
    """What is said of one file."""

    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    whole: list[tuple[str, str]] = field(default_factory=list)


def write(
    draft: Path, paths: Sequence[Path], delivery: Delivery, problems: pl.DataFrame, lang: str, profile: Path | None = None
) -> list[str]:
    """Give back each file that has problems, as a workbook in which they are marked (退回有问题的文件).

    An .xlsx is the user's own with everything that is in it; other lists become a workbook of the same rows,
    and a layer one of the attributes of its features that have problems. The same input gives the same bytes.

    Args:
        draft: result folder; `returned/` is made in it where anything goes back.
        paths: files, folders and zips as the user gave them.
        delivery: as `survey.check` gives it.
        problems: frame of PROBLEMS, columns as the files name them.
        lang: language of the reasons, "zh" or "en".
        profile: as it was read with.

    Returns:
        Names of the workbooks, within `returned/`.
    """
    layouts: dict[tuple[str, str], Layout] = delivery.extra.get("layouts", {})  # type: ignore[assignment]
    marked = _by_file(with_messages(problems, delivery, lang), layouts, lang)
    if not marked:
        return []
    checksums = dict(delivery.sources.select("file", "sha256").unique().sort("file").iter_rows())

    def one_file(found: tuple[str, Path]) -> str | None:
        name, path = found
        held = {sheet: layout for (file, sheet), layout in layouts.items() if file == name}
        if name not in marked or not held:
            return None
        back = _Back(name, path, draft / FOLDER / name.replace("#", "_"), marked[name], held, checksums.get(name, ""), lang)
        return _give(back, chosen).relative_to(draft / FOLDER).as_posix()

    with tempfile.TemporaryDirectory(prefix="jiadi-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        inside = find(paths, Path(folder))
        chosen = profiles.load(profile) if profile else profiles.lying_with(inside.profiles)
        return [name for name in pool.map(one_file, inside.files) if name]


@dataclass(frozen=True, slots=True)
class _Back:
    """One file that goes back."""

    name: str
    path: Path
    target: Path
    marked: _Marked
    held: dict[str, Layout]
    checksum: str
    lang: str

    @property
    def of_layer(self) -> bool:
        """Whether it is a layer, of which only attributes can go back."""
        return next(iter(self.held.values())).form not in ("workbook", "text")


def _give(back: _Back, profile: profiles.Profile | None) -> Path:
    """Write one workbook; where it is."""
    target = back.target
    target.parent.mkdir(parents=True, exist_ok=True)
    note = _note(back)
    if back.path.suffix.lower() in _PATCHED and _patched(back, note):
        return target
    target = target.with_name(target.name if target.suffix == ".xlsx" else f"{target.name}.xlsx")
    grids = [_grid(sheet, back) for sheet in take(back.name, back.path, profile).sheets]
    plain.write(target, note, [grid for grid in grids if grid is not None])
    return target


def _by_file(said: pl.DataFrame, layouts: dict[tuple[str, str], Layout], lang: str) -> dict[str, _Marked]:
    marked: dict[str, _Marked] = {}
    for file, sheet, row, column, words in said.select("file", "sheet", "row", "column", "message").iter_rows():
        one = marked.setdefault(file, _Marked())
        layout = layouts.get((file, sheet))
        if row == 0 or layout is None:
            one.whole.append((sheet, words))
            continue
        entry = one.rows.setdefault(sheet, {}).setdefault(row, {"red": [], "text": [], "comments": {}})
        place = layout.column(column) if column else None
        entry["text"].append(f"{column}：{words}" if lang == "zh" and column else f"{column}: {words}" if column else words)
        if place is not None:
            if place not in entry["red"]:
                entry["red"].append(place)
            entry["comments"][place] = "\n".join(filter(None, (entry["comments"].get(place), words)))
    for one in marked.values():
        for rows in one.rows.values():
            for entry in rows.values():
                entry["text"] = " ".join(entry["text"])
    return marked


def _note(back: _Back) -> list[list[str]]:
    """Rows of the sheet in front."""
    one, of_layer = back.marked, back.of_layer
    words = {key: pair[0 if back.lang == "zh" else 1] for key, pair in _WORDS.items()}
    rows = [[mark.TITLE_OF_LAYER if of_layer else mark.TITLE], [words["original"], back.name]]
    if back.checksum and not of_layer:
        rows.append([mark.CHECKSUM, back.checksum])
    rows.append([words["how"], words["how_to_layer" if of_layer else "how_to"]])
    if any(sum(len(entry["comments"]) for entry in marks.values()) > MOST for marks in one.rows.values()):
        rows.append([words["comments"], words["more"].format(most=MOST)])
    rows += [[sheet or words["file"], text] for sheet, text in one.whole]
    return [[str(escaped(cell)) for cell in row] for row in rows]


def _patched(back: _Back, note: list[list[str]]) -> bool:
    """Mark the user's own workbook; False where it cannot be marked as it is."""
    path, target, one, held = back.path, back.target, back.marked, back.held
    sheets = {}
    for name, layout in held.items():
        rows = one.rows.get(name, {})
        if not rows and not layout.codes:
            continue
        comments = [(row, column, words) for row in sorted(rows) for column, words in sorted(rows[row]["comments"].items())]
        sheets[name] = {
            "heading_row": layout.heading_row,
            "column": layout.width,
            "marked": layout.marked,
            "codes": layout.codes,
            "rows": {row: {"red": entry["red"], "text": entry["text"]} for row, entry in rows.items()},
            "comments": comments[:MOST],
        }
    earlier = mark.SHEET if any(layout.marked for layout in held.values()) else None
    size = path.stat().st_size / 1024**2
    with tempfile.TemporaryDirectory(prefix="jiadi-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"note": note, "note_sheet": earlier, "sheets": sheets}, ensure_ascii=False), encoding="utf-8")
        try:
            answer = run_limited("jiadi.survey.giveback.patch:patch", path, target, plan, memory_mb=MEMORY_MB, seconds=SECONDS + size)
        except Refusal:
            target.unlink(missing_ok=True)
            return False
    return "fault" not in answer.meta


def _grid(sheet: RawSheet, back: _Back) -> plain.Grid | None:
    """The rows of a sheet as text; of a layer only those with problems, and where they are."""
    marks, of_layer = back.marked.rows.get(sheet.sheet, {}), back.of_layer
    frame = sheet.frame
    if of_layer:
        frame = frame.filter(pl.col(ROW).is_in(list(marks)))
        if frame.is_empty():
            return None
    cells = [_shown(frame, number).alias(str(number)) for number in range(len(sheet.headers))]
    headings = list(sheet.headers)
    own = [number for number, text in enumerate(headings) if text == mark.HEADING]
    if own:
        headings, cells = headings[: own[0]], cells[: own[0]]
    if of_layer:
        headings = [_WORDS["position"][0 if back.lang == "zh" else 1], *headings]
        cells = [frame.get_column(ROW).cast(pl.String).alias("position"), *cells]
    offset = 1 if of_layer else -sheet.left
    moved = {row: _moved(entry, offset) for row, entry in marks.items()}
    # A text list has no sheets; one named after its file could be taken for that of a village.
    return plain.Grid(sheet.sheet or _DATA, headings, pl.DataFrame([frame.get_column(ROW), *cells]), moved)


def _moved(entry: dict[str, Any], by: int) -> dict[str, Any]:
    comments = {column + by: words for column, words in entry["comments"].items()}
    return {"red": {column + by for column in entry["red"]}, "text": entry["text"], "comments": comments}


def _shown(frame: pl.DataFrame, number: int) -> pl.Series:
    """A column of cells as text."""
    parts = []
    if f"t{number}" in frame.columns:
        parts.append(frame.get_column(f"t{number}"))
    if f"n{number}" in frame.columns:
        numbers = frame.get_column(f"n{number}")
        parts.append(pl.Series([None if value is None else digits(repr(value)) for value in numbers.to_list()], dtype=pl.String))
    if f"d{number}" in frame.columns:
        parts.append(frame.get_column(f"d{number}").dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00"))
    if not parts:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
    return pl.select(pl.coalesce(parts)).to_series()
