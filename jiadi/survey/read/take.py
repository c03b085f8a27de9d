"""One file into its sheets (单个文件): opened in a limited child, its lists recognised by headings and names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from jiadi.errors import Refusal
from jiadi.geo.child import MEMORY_MB, SECONDS, run_limited
from jiadi.geo.files import Layer, is_map, read_layers
from jiadi.register.schema import LISTS, TABLES
from jiadi.survey.giveback import mark
from jiadi.survey.read import beside, guess, header, merged, questionnaire, reasons
from jiadi.survey.read.found import MAPS, WORKBOOKS
from jiadi.survey.read.match import SURE, Match, match, of_codes
from jiadi.survey.read.profile import Profile, Rule, shipped
from jiadi.survey.read.raw import ROW, RawSheet, split_columns
from jiadi.survey.read.reasons import Said
from jiadi.survey.review import decision

_SHOWN_HEADINGS = 8
Before = tuple[dict[str, pa.Table], dict[str, Any]]
"""Sheets of a workbook by their number, and what is known of them, as the child leaves them."""


@dataclass(slots=True)
class Taken:
    """What one file gave (单个文件的结果).

    Args:
        sheets: those that are a list.
        left: sheet, status (`refused`, `unused`) and reason of the others; "" for the file itself.
        replaces: checksum of the file of which this one is the corrected copy; "" where it is none.
        decisions: of a review workbook, frame of `review.decision.COLUMNS`.
    """

    sheets: list[RawSheet] = field(default_factory=list)
    left: list[tuple[str, str, Said]] = field(default_factory=list)
    replaces: str = ""
    decisions: pl.DataFrame = field(default_factory=decision.none)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A sheet or layer before its list is known."""

    name: str
    frame: pl.DataFrame
    headers: list[str]
    merged: list[list[int]] = field(default_factory=list)
    layer: Layer | None = None
    grid: bool = False
    left: int = 0


def take(
    name: str, path: Path, profile: Profile | None, before: Before | None = None, progress: Callable[[float], None] | None = None
) -> Taken:
    """Open a file and recognise its sheets (读取单个文件).

    Args:
        name: as the user sees it.
        path: where it is.
        profile: the user's; None leaves it to the shipped ones.
        before: what a child has read of it already, see `open_many`; None opens it now.
        progress: told how far the file is read, 0 to 1.

    Returns:
        Its sheets; a file that cannot be read gives none and says why.
    """
    taken = Taken()
    try:
        opened = _open(path, progress) if before is None else _workbook(before, "")
    except Refusal as refusal:
        taken.left.append(("", "refused", reasons.of_refusal(refusal)))
        return taken
    if isinstance(opened, Said):
        taken.left.append(("", "refused", opened))
        return taken
    if any(one.grid and decision.is_review(one.frame) for one in opened):
        taken.decisions = pl.concat([decision.of_sheet(name, one.name, one.frame) for one in opened])
        taken.left.append(("", "unused", reasons.of("review", decisions=taken.decisions.height)))
        return taken
    opened = _returned(opened, taken)
    chosen = profile or _fitting(opened)
    digest = _sha256(path)
    for one in opened:
        rule = chosen.rule(name, one.name) if chosen else Rule()
        if not rule.used:
            taken.left.append((one.name, "unused", reasons.of("not_used", profile=chosen.name if chosen else "")))
            continue
        sheet = _sheet(name, path, digest, one, rule)
        if isinstance(sheet, Said):
            taken.left.append((one.name, "refused", sheet))
        else:
            taken.sheets += [sheet, *beside.rights(sheet)]
    if not opened and not taken.left:
        taken.left.append(("", "refused", reasons.of("empty_sheet")))
    return taken


def _returned(opened: list[_Opened], taken: Taken) -> list[_Opened]:
    """The sheets without what Jiadi added when it gave the workbook back; cells as they were before they were guarded."""
    notes = [one.frame for one in opened if one.grid and mark.is_note(one.frame)]
    if not notes:
        return opened
    rest = [replace(one, frame=mark.unguarded(one.frame)) for one in opened if not mark.is_note(one.frame)]
    if mark.is_of_layer(notes[0]):
        taken.left += [(one.name, "unused", reasons.of("returned_layer")) for one in rest]
        return []
    taken.replaces = mark.original(notes[0])
    return rest


def _open(path: Path, progress: Callable[[float], None] | None) -> list[_Opened] | Said:
    suffix = path.suffix.lower()
    if suffix in MAPS or is_map(path):
        return [_of_layer(layer) for layer in read_layers(path)]
    size = path.stat().st_size / 1024**2
    target = "workbook" if suffix in WORKBOOKS else "text"
    limits = {"memory_mb": MEMORY_MB + round(12 * size), "seconds": SECONDS + size}
    answer = run_limited(f"jiadi.survey.read.{target}:read", path, progress=progress, **limits)  # type: ignore[arg-type]
    if target == "workbook" or "fault" in answer.meta:
        return _workbook((answer.tables, answer.meta), "")
    lines = [[-1, line, 0, 0] for line in answer.meta["mixed"]]
    return [_Opened("", _frame(answer.tables["0"]), [], layer=None, grid=True, merged=lines)]


def _workbook(before: Before, prefix: str) -> list[_Opened] | Said:
    """The sheets of a workbook as a child has read them."""
    tables, meta = before
    if "fault" in meta:
        reason, figures = meta["fault"]
        return reasons.of(reason, **figures)
    return [
        _Opened(about["name"], _frame(tables[prefix + about["key"]]), [], about["merged"], grid=True, left=about["left"])
        for about in meta["sheets"]
    ]


def open_many(paths: Sequence[Path]) -> list[Before | None]:
    """Read several small workbooks in one child (批量读取小工作簿): a child for each would cost more than the reading.

    Args:
        paths: small workbooks.

    Returns:
        What was read of each; None for all where one of them has broken the child: each is then opened by itself.
    """
    try:
        answer = run_limited("jiadi.survey.read.workbook:read_many", [str(path) for path in paths], seconds=SECONDS + len(paths))
    except Refusal:
        return [None] * len(paths)
    found: list[Before | None] = []
    for number, meta in enumerate(answer.meta["files"]):
        mark_ = f"{number}:"
        found.append(({key.removeprefix(mark_): table for key, table in answer.tables.items() if key.startswith(mark_)}, meta))
    return found


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _of_layer(layer: Layer) -> _Opened:
    frame = split_columns(layer.attributes) if layer.attributes.width else pl.DataFrame()
    columns = [layer.positions.cast(pl.Int32).alias(ROW), *frame.get_columns()]
    if layer.geometry is not None:
        columns.append(layer.geometry.cast(pl.Binary).alias("geometry"))
    return _Opened(layer.name, pl.DataFrame(columns), layer.attributes.columns, layer=layer)


def _fitting(opened: Sequence[_Opened]) -> Profile | None:
    names = {one.name for one in opened}
    headings = {text for one in opened for text in one.headers}
    return next((profile for profile in shipped() if profile.fits(names, headings)), None)


def _filled_in(name: str, path: Path, digest: str, one: _Opened, rule: Rule) -> RawSheet | None:
    """A sheet that was filled in for one house, as a list of one row."""
    small = one.grid and path.suffix.lower() in WORKBOOKS and one.frame.height <= questionnaire.MOST_ROWS
    if not small or rule.table or rule.columns:
        return None
    form = questionnaire.find(questionnaire.grid_of(one.frame))
    if form is None:
        return None
    values = list(form.values.items())
    cells = {f"t{number}": [value.text or None] for number, (_, value) in enumerate(values)}
    frame = pl.DataFrame(
        {ROW: [min(value.row for _, value in values)], **cells}, schema={ROW: pl.Int32(), **dict.fromkeys(cells, pl.String())}
    )
    headers = [value.label for _, value in values] + [value.label for value in form.unknown]
    columns = {column: number for number, (column, _) in enumerate(values)}
    sheet = RawSheet(name, one.name, "workbook", digest, headers, frame, form.table, columns, dict(rule.fixed), rule.codes)
    sheet.places = {column: (value.row, value.column) for column, value in values}
    sheet.heading_row, sheet.left = 1, one.left
    return sheet


def _sheet(name: str, path: Path, digest: str, one: _Opened, rule: Rule) -> RawSheet | Said:
    if form := _filled_in(name, path, digest, one, rule):
        return form
    found = _of_grid(name, one, rule) if one.grid else _of_fields(name, path, one, rule)
    if isinstance(found, Said):
        return found
    heading, below, mixed = found
    frame = below.data
    columns = _settled(heading.match.columns, heading.texts, rule)
    table = heading.match.table
    near = {name: place for name, place in guess.near(table, heading.texts, columns).items() if name not in rule.columns}
    columns |= near
    claimed = _claims(table, heading.texts, columns, rule, frame)
    frame, repeated = merged.fill(frame, one.merged, columns, TABLES[table]) if one.grid else (frame, {})
    fixed = dict(rule.fixed)
    if heading.match.table == "zone" and "zone_kind" not in columns and "zone_kind" not in fixed:
        kind = of_codes(f"{one.name} {Path(name).stem}", TABLES["zone"].column("zone_kind").codes)
        fixed |= {"zone_kind": kind} if kind else {}
    if one.grid and "village_name" not in columns and _names_village(one.name, heading.match.table):
        fixed.setdefault("village_name", one.name)
    sheet = RawSheet(name, one.name, _form(path, one), digest, heading.texts, frame, heading.match.table, columns, fixed, rule.codes)
    sheet.skipped, sheet.closing, sheet.mixed = below.skipped, below.totals, mixed
    sheet.merged = repeated
    sheet.sure = heading.match.score >= SURE or bool(rule.table)
    sheet.heading_row, sheet.left = heading.last, one.left
    sheet.heading_rows = header.rows_of(one.frame, heading) if one.grid else {}
    sheet.guessed, sheet.claimed, sheet.asked = frozenset(near), claimed, frozenset(rule.columns)
    if one.layer is not None:
        sheet.crs_text = one.layer.crs_text if one.layer.crs_text and not (one.layer.crs_assumed and rule.crs) else rule.crs
        sheet.crs_assumed = one.layer.crs_assumed and not rule.crs
        sheet.bounds = one.layer.bounds
        sheet.heights = "heights" in one.layer.metadata
    return sheet


def _claims(table: str, texts: Sequence[str], columns: dict[str, int], rule: Rule, frame: pl.DataFrame) -> dict[str, list[int]]:
    """Columns that two headings claim and the cells do not settle; they are taken out of `columns`, for either may be wrong."""
    open_ones = {}
    for column, numbers in guess.claims(table, texts, columns).items():
        if column in rule.columns:
            continue
        chosen = guess.settled(frame, numbers)
        if chosen is None:
            open_ones[column] = numbers
            del columns[column]
        else:
            columns[column] = chosen
    return open_ones


def _names_village(sheet: str, table: str) -> bool:
    """A sheet for each village is often the only place where the village is named."""
    return sheet.endswith(("村", "社区")) and any(column.name == "village_name" for column in TABLES[table].columns)


_Found = tuple[header.Heading, header.Below, dict[int, list[int]]]


def _of_grid(name: str, one: _Opened, rule: Rule) -> _Found | Said:
    if one.frame.is_empty():
        return reasons.of("empty_sheet")
    grid = _top(one.frame)
    hint = f"{Path(name).stem} {one.name}"
    heading = _heading(grid, [span for span in one.merged if span[0] <= grid[-1][0]], rule, hint)
    if heading is None:
        seen = next((texts for _, texts in grid if sum(map(bool, texts)) > 1), grid[0][1])
        return _unknown(seen)
    below = header.data_rows(one.frame, heading)
    # Text lines in another encoding travel as (-1, line): every cell of such a line is remarked once, on its row.
    lines = {entry[1] for entry in one.merged if entry[0] == -1}
    rows = below.data.select(pl.col(ROW).is_in(list(lines)).arg_true()).to_series().to_list() if lines else []
    return heading, below, ({0: rows} if rows else {})


def _heading(grid: Sequence[tuple[int, list[str]]], merged: Sequence[Sequence[int]], rule: Rule, hint: str) -> header.Heading | None:
    """The heading as found; or, where a profile names headings that it lacks, the row that holds most of them."""
    found = header.find(grid, merged, hint, rule.table)
    asked = _asked_heading(grid, rule, hint) if rule.columns else None
    if found and asked:
        wanted = set(rule.columns.values())
        return found if len(wanted & set(found.texts)) >= len(wanted & set(asked.texts)) else asked
    return found or asked


def _asked_heading(grid: Sequence[tuple[int, list[str]]], rule: Rule, hint: str) -> header.Heading | None:
    """The first row that holds most of the headings that a profile names; None where it names none that are there."""
    wanted = set(rule.columns.values())
    held = [(len(wanted & {text.strip() for text in texts}), row, texts) for row, texts in grid]
    most, row, texts = max(held, key=lambda one: (one[0], -one[1]))
    if not most:
        return None
    texts = [text.strip() for text in texts]
    found = match(texts, spatial=False, hint=hint, only=rule.table)
    table = found.table or rule.table
    return header.Heading(row, row, texts, Match(table, _settled(found.columns, texts, rule), SURE)) if table else None


def _settled(columns: Mapping[str, int], texts: Sequence[str], rule: Rule) -> dict[str, int]:
    """Columns as recognised, those that a profile names put where it says."""
    asked = {column: texts.index(text) for column, text in rule.columns.items() if text in texts}
    return {column: place for column, place in columns.items() if place not in asked.values()} | asked


def _top(frame: pl.DataFrame) -> list[tuple[int, list[str]]]:
    """Row number and texts of the first rows."""
    head = frame.head(header.DEEPEST)
    width = max((int(name[1:]) + 1 for name in frame.columns[1:]), default=0)
    grid = []
    for cells in head.iter_rows(named=True):
        texts = [""] * width
        for cell, value in cells.items():
            if cell != ROW and value is not None:
                texts[int(cell[1:])] = value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
        grid.append((cells[ROW], texts))
    return grid


def _of_fields(name: str, path: Path, one: _Opened, rule: Rule) -> _Found | Said:
    layer = one.layer
    assert layer is not None
    asked = rule.table or layer.metadata.get("jiadi_table", "")
    hint = f"{Path(name).stem} {one.name}"
    spatial = layer.geometry is not None
    found = match(one.headers, spatial=spatial, hint=hint, shapefile=path.suffix.lower() == ".shp", only=asked if asked in LISTS else "")
    if not found.table and asked in LISTS:
        found = Match(asked, {}, 1.0)
    if not found.table and spatial and of_codes(hint, TABLES["zone"].column("zone_kind").codes):
        found = match(one.headers, spatial=True, only="zone")
        found = found if found.table else Match("zone", {}, 1.0)
    if not found.table:
        return reasons.of("empty_sheet") if one.frame.is_empty() else _unknown(one.headers)
    place = {text: number for number, text in enumerate(one.headers)}
    mixed: dict[int, list[int]] = {}
    for row, column in layer.mixed_encoding:
        mixed.setdefault(place[column], []).append(row - 1)
    return header.Heading(0, 0, list(one.headers), found), header.Below(one.frame, 0, one.frame.clear()), mixed


def _unknown(headings: Sequence[str]) -> Said:
    seen = [" ".join(text.split())[:20] for text in headings if text][:_SHOWN_HEADINGS]
    return reasons.of("unknown_headings", headings="、".join(seen) or "—")


def _form(path: Path, one: _Opened) -> str:
    suffix = path.suffix.lower()
    if one.grid:
        return "workbook" if suffix in WORKBOOKS else "text"
    return {".shp": "shapefile", ".parquet": "columnar", ".geoparquet": "columnar"}.get(suffix, "layer")


def _sha256(path: Path) -> str:
    digest: Any = hashlib.sha256()
    parts = [path, *(path.with_suffix(suffix) for suffix in (".dbf", ".prj") if path.suffix.lower() == ".shp")]
    if path.is_dir():
        parts = sorted(path.iterdir())
    for part in parts:
        if part.is_file():
            with part.open("rb") as source:
                while piece := source.read(1 << 22):
                    digest.update(piece)
    return str(digest.hexdigest())
