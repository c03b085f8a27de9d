"""One list, typed (一张表的定型): every column read, every row taken or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
import shapely

from jiadi.codes import extent, unit
from jiadi.codes.extent import Extents
from jiadi.geo.axes import Shapes
from jiadi.register.schema import Column
from jiadi.register.tables import PROVENANCE, dtype
from jiadi.survey import threshold
from jiadi.survey.check import attach, closing, code, day, holder, number, outline, shape, split, text, word
from jiadi.survey.check.gather import Cells, Gathered, spots
from jiadi.survey.check.remarks import Places, Remarks
from jiadi.survey.check.shape import Drawn
from jiadi.survey.check.text import where
from jiadi.survey.threshold import Thresholds

_NUMERIC = frozenset({"area_m2", "length_m", "integer", "year", "month"})
_CODES = frozenset({"parcel_code", "unit_code", "division_code"})
_VILLAGE_IN_CODE = r"^([0-9]{12})-"
_SHOWN_TWINS = 5


@dataclass(slots=True)
class Typed:
    """A list after its check (定型后的表).

    Args:
        gathered: what was read.
        frame: typed columns of the schema, `source_row`, `sheet` (number in `gathered.sheets`); all rows.
        accepted: (rows,) whether a row is taken.
        attached: (rows,) whether a row that is taken was put onto the row of another table.
        remarks: on its cells and rows.
        differences: stated against measured areas, see `shape.compare_areas`; None where there are none.
        overlaps: parcels over each other, ranked; None for other lists.
        hints: column → (rows,) resident IDs that were not taken, as `code.read_ids` gives them.
        closing: totals that its sheets state, beside what was read; frame of CLOSING.
    """

    gathered: Gathered
    frame: pl.DataFrame
    accepted: pl.Series
    attached: pl.Series
    remarks: Remarks
    differences: pl.DataFrame | None = None
    overlaps: pl.DataFrame | None = None
    hints: dict[str, pl.Series] = field(default_factory=dict)
    closing: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=closing.CLOSING))


@dataclass(slots=True)
class _Work:
    """What is at hand while a list is typed."""

    gathered: Gathered
    on: date | None
    limits: Thresholds
    extents: Extents
    remarks: Remarks
    cells: dict[str, Cells] = field(default_factory=dict)
    typed: dict[str, pl.Series] = field(default_factory=dict)
    overlaps: pl.DataFrame | None = None
    hints: dict[str, pl.Series] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.gathered.frame)


def type_table(
    gathered: Gathered, on: date | None, drawn: Drawn | None = None, limits: Thresholds | None = None, extents: Extents | None = None
) -> Typed:
    """Read every column of a list (定型).

    Args:
        gathered: cells of all its sheets.
        on: day of delivery; None where nobody said so.
        drawn: the shapes of its sheets; None for a list without any.
        limits: from where on something is told; None: as shipped.
        extents: where places lie, as the delivery states it; None: as shipped.

    Returns:
        The typed list; its rows are those that were read, in the same order.
    """
    work = _Work(gathered, on, limits or threshold.shipped(), extent.known(extents), Remarks())
    work.cells = {name: gathered.cells(name) for name in gathered.columns}
    _part_holders(work)
    for column in gathered.table.columns:
        if column.kind != "geometry" and column.name not in work.typed:
            work.typed[column.name] = _column(column, work) if column.name in work.cells else _blank(column, work.rows)
    _across(work)
    accepted = _required(work)
    stated = closing.compare(gathered, work.typed, accepted)
    shown = {name: cells.shown() for name, cells in work.cells.items() if name in attach.shown(work.gathered)}
    joined = attach.attach(work.gathered, work.typed, shown, work.remarks)
    _duplicates(work)
    shapes = _shapes(work, drawn)
    differences = _differences(work, shapes, shown, joined)
    _mixed(work)
    frame = pl.DataFrame({name: series.alias(name) for name, series in work.typed.items()})
    order = [column.name for column in gathered.table.columns]
    frame = frame.select(order).with_columns(
        gathered.frame.get_column("row").cast(PROVENANCE["source_row"]).alias("source_row"), gathered.frame.get_column("sheet")
    )
    return Typed(gathered, frame, accepted, joined.mask(work.rows), work.remarks, differences, work.overlaps, work.hints, stated)


def _blank(column: Column, rows: int) -> pl.Series:
    return pl.Series(column.name, [None], dtype=dtype(column)).new_from_index(0, rows)


def _part_holders(work: _Work) -> None:
    for pair in holder.pairs(work.gathered.table):
        names, ids = holder.part(work.cells.get(pair[0]), work.cells.get(pair[1]), pair, work.remarks)
        for name, cells in zip(pair, (names, ids), strict=True):
            if cells is not None:
                work.cells[name] = cells


def _column(column: Column, work: _Work) -> pl.Series:
    cells, name, remarks = work.cells[column.name], column.name, work.remarks
    if name == split.COUNTED:
        cells, work.typed[split.COLUMN] = split.summed(cells, remarks)
    if column.kind in _NUMERIC:
        numbers = number.read(cells, column, remarks, text_odd=_sheets_of_numbers(work, cells))
        return number.bounded(numbers, column, cells, remarks, work.on)
    if column.kind in _CODES:
        return code.read(cells, name, column.kind, remarks)
    if column.kind == "person_id":
        if "id_kind" in work.typed:
            cells = _other_documents(work, cells)
        return code.read_ids(cells, name, remarks, work.hints)
    if column.kind == "date":
        return day.read(cells, name, remarks, work.on)
    if column.kind == "boolean":
        cells = word.without_doubtful_digits(cells, column, work.gathered.frame.get_column("sheet"), remarks)
    if column.kind in ("enum", "boolean"):
        return word.read(cells, column, remarks)
    return text.read(cells, name, remarks, inner=column.kind in ("name", "code"))


def _other_documents(work: _Work, cells: Cells) -> Cells:
    """Numbers of passports, licences and so on are no resident IDs; they are kept apart."""
    kind = work.typed["id_kind"]
    other = (kind.is_not_null() & ~kind.is_in(["resident_id", "household_book"])).fill_null(False)
    work.typed["document_number"] = cells.shown().set(~other, None)
    return Cells(cells.text.set(other, None), cells.number.set(other, None), cells.day.set(other, None))


def _sheets_of_numbers(work: _Work, cells: Cells) -> pl.Series | None:
    """Rows of workbook sheets in which most filled cells of the column are numbers."""
    if cells.number.null_count() == work.rows or cells.text.null_count() == work.rows:
        return None
    sheet = work.gathered.frame.get_column("sheet")
    counts = pl.DataFrame({"sheet": sheet, "n": cells.number.is_not_null(), "t": cells.text.is_not_null()}).group_by("sheet").sum()
    workbooks = [number for number, one in enumerate(work.gathered.sheets) if one.form == "workbook"]
    numeric = counts.filter(pl.col("n") > pl.col("t"), pl.col("sheet").is_in(workbooks)).get_column("sheet")
    return sheet.is_in(numeric.to_list()) if len(numeric) else None


def _across(work: _Work) -> None:
    """What one column says of another."""
    typed, cells = work.typed, work.cells
    if "built_month" in typed and "built_year" in cells:
        month = number.month_in_year(cells["built_year"]).set(typed["built_year"].is_null(), None)
        filled = pl.select(pl.coalesce(typed["built_month"], month.set(~month.is_between(1, 12), None).cast(pl.Int8))).to_series()
        typed["built_month"] = filled
    if "survey_code" in typed and "village_code" in typed:
        from_code = typed["survey_code"].str.extract(_VILLAGE_IN_CODE, 1)
        typed["village_code"] = pl.select(pl.coalesce(typed["village_code"], from_code)).to_series()
    if "village_name" in cells and "village_code" in cells:
        typed["village_code"] = _by_village_name(typed["village_code"], typed["village_name"])
    if "unit_code" in typed and work.gathered.table.name != "house" and "unit_code" in cells:
        typed["parcel_code"] = pl.select(pl.coalesce(typed["parcel_code"], unit.parcel_of_column(typed["unit_code"]))).to_series()
    if "storeys_total" in cells:
        above = typed["storeys_total"] - typed["storeys_below"].fill_null(0)
        typed["storeys"] = pl.select(pl.coalesce(typed["storeys"], pl.when(above > 0).then(above))).to_series()
    if split.COLUMN in cells:
        split.note(typed[split.COLUMN], split.COLUMN, work.remarks)
    if "house_number" in typed:
        typed["house_number"] = holder.house_number_missing(typed["house_number"], typed.get("village_name"), work.remarks)
    if "valid_from" in typed and "valid_to" in typed:
        wrong = (typed["valid_to"] < typed["valid_from"]).fill_null(False)
        places = where(wrong)
        if len(places):
            work.remarks.add(places, "valid_to", "date_order", cells["valid_to"].shown().gather(places))
            # Nobody can tell which of the two is wrong.
            typed["valid_from"], typed["valid_to"] = typed["valid_from"].set(wrong, None), typed["valid_to"].set(wrong, None)


def _by_village_name(codes: pl.Series, names: pl.Series) -> pl.Series:
    """Village codes, those that are lacking taken from other rows of the list that name the village, where all of them agree."""
    lost = codes.is_null() & names.is_not_null()
    if not lost.any():
        return codes
    known = pl.DataFrame({"name": names, "code": codes}).drop_nulls().unique().filter(pl.len().over("name") == 1)
    found = names.filter(lost).replace_strict(known["name"], known["code"], default=None, return_dtype=pl.String)
    return codes.scatter(lost.arg_true(), found)


def _required(work: _Work) -> pl.Series:
    """Which rows are taken: what is required is there, and one at least of what names the row."""
    table = work.gathered.table
    taken = pl.Series([True]).new_from_index(0, work.rows)
    groups = [(column.name,) for column in table.columns if column.required] + ([table.any_of] if table.any_of else [])
    for group in groups:
        missing = pl.Series([True]).new_from_index(0, work.rows)
        for name in group:
            missing = missing & work.typed[name].is_null()
        told = where(missing & taken)
        if len(told):
            held = [name for name in group if name in work.cells]
            work.remarks.add(told, held[0] if held else group[0], "required_missing")
        taken = taken & ~missing
    return taken


def _duplicates(work: _Work) -> None:
    """A key that several rows carry is none's: each row is told of the others."""
    for column in work.gathered.table.columns:
        if not column.key or work.typed[column.name].null_count() == work.rows:
            continue
        keys = work.typed[column.name]
        repeated = keys.is_not_null() & keys.is_duplicated()
        if not repeated.any():
            continue
        places = where(repeated)
        spot = pl.DataFrame({"place": places, "key": keys.gather(places), "spot": spots(work.gathered, places)})
        grouped = spot.sort("key", "place").group_by("key").agg(pl.col("spot"))
        told = spot.join(grouped, on="key", how="left", suffix="_all")
        others = pl.Series([_others(all_, own) for all_, own in told.select("spot_all", "spot").iter_rows()], dtype=pl.String)
        work.remarks.add(told.get_column("place").to_numpy(), column.name, "duplicate_key", told.get_column("key"), detail=others)
        work.typed[column.name] = keys.set(repeated, None)


def _others(spots: list[str], own: str) -> str:
    rest = [spot for spot in spots if spot != own]
    return "、".join(rest[:_SHOWN_TWINS]) + (" …" if len(rest) > _SHOWN_TWINS else "")


def _shapes(work: _Work, drawn: Drawn | None) -> Shapes | None:
    if not work.gathered.table.spatial:
        return None
    if drawn is None:
        work.typed[shape.GEOMETRY] = pl.Series(shape.GEOMETRY, [None], dtype=pl.Binary).new_from_index(0, work.rows)
        return None
    shapes = shape.check(drawn, work.remarks, work.limits, work.gathered.table.name)
    _elsewhere(work, shapes)
    work.typed[shape.GEOMETRY] = shape.wkb_of(shapes)
    if work.gathered.table.name == "parcel":
        one, other, area = shape.overlapping(shapes, work.limits.parcel_overlap_m2)
        words = pl.select(pl.format("{}, {} m²", spots(work.gathered, other), area)).to_series()
        work.remarks.add(one, shape.GEOMETRY, "parcel_overlap", detail=words)
        work.overlaps = _ranked_overlaps(work, one, other, area)
    return shapes


def _elsewhere(work: _Work, shapes: Shapes) -> None:
    """Shapes that do not lie where their code says are not used; a layer of which most do not is told as a whole."""
    codes = [work.typed[name] for name in ("village_code", "parcel_code", "unit_code") if name in work.typed]
    if "survey_code" in work.typed:
        codes.append(work.typed["survey_code"].str.extract(_VILLAGE_IN_CODE, 1))
    if not codes:
        return
    code = pl.select(pl.coalesce(codes)).to_series()
    _unplaced(work, code, shapes)
    margin, extents = work.limits.away_margin_degrees, work.extents
    far = outline.away(code, shapes, margin, extents)
    if not far.any():
        return
    places = np.flatnonzero(far)
    sheet = work.gathered.frame.get_column("sheet").to_numpy()
    asked = (outline.place(code, extents) >= 0) & ~shapely.is_missing(shapes)
    for layer in np.unique(sheet[places]):
        own = np.flatnonzero(sheet == layer)
        lost = own[far[own]]
        whole = len(lost) * 2 > asked[own].sum()
        shift = outline.neighbouring_zone(code.gather(lost), shapes[lost], margin, extents)
        told, name = (lost[:1], "zone_suspected") if whole and len(lost) > 2 else (lost, "away_from_place")
        work.remarks.add(told, shape.GEOMETRY, name, detail=pl.Series([f"{shift} {len(lost)}/{len(own)}".strip()] * len(told)))
    shapes[places] = None


def _unplaced(work: _Work, code: pl.Series, shapes: Shapes) -> None:
    """Layers of places that nobody has said where they lie: told once a layer, for what is not looked at is not well."""
    open_ones = (outline.place(code, work.extents) < 0) & code.is_not_null().to_numpy() & ~shapely.is_missing(shapes)
    sheet = work.gathered.frame.get_column("sheet").to_numpy()
    for layer in np.unique(sheet[open_ones]):
        own = np.flatnonzero(open_ones & (sheet == layer))
        counties = code.gather(own).str.slice(0, 6).unique().sort().to_list()
        words = "、".join(counties[:_SHOWN_TWINS]) + (" …" if len(counties) > _SHOWN_TWINS else "")
        work.remarks.add(own[:1], shape.GEOMETRY, "place_unchecked", detail=pl.Series([f"{words} {len(own)}/{(sheet == layer).sum()}"]))


def _ranked_overlaps(work: _Work, one: Places, other: Places, area: pl.Series) -> pl.DataFrame:
    """Pairs of parcels that lie over each other, the largest overlap first."""
    files = pl.Series([sheet.file for sheet in work.gathered.sheets], dtype=pl.String)
    frame, code = work.gathered.frame, work.typed["parcel_code"]
    sides: dict[str, pl.Series] = {}
    for side, rows in (("", one), ("other_", other)):
        at = frame.select(pl.col("sheet").gather(rows), pl.col("row").gather(rows))
        sides |= {f"{side}file": files.gather(at["sheet"]), f"{side}row": at["row"], f"{side}parcel_code": code.gather(rows)}
    ranked = pl.DataFrame({**sides, "overlap_m2": area}).filter(pl.Series(one < other))
    return ranked.sort(["overlap_m2", "file", "row", "other_file", "other_row"], descending=[True, False, False, False, False])


def _differences(work: _Work, shapes: Shapes | None, shown: dict[str, pl.Series], joined: attach.Attached) -> pl.DataFrame | None:
    if shapes is None or work.gathered.table.name != "parcel" or "stated_area_m2" not in work.cells:
        return None
    stated = shown.get("stated_area_m2", work.cells["stated_area_m2"].shown())
    return shape.compare_areas(work.typed["stated_area_m2"], shapes, stated, work.remarks, work.limits, joined.told_at(work.rows))


def _mixed(work: _Work) -> None:
    """Rows in another encoding than their file, read as what they are, told once; and cells that were filled from merged ones."""
    start = 0
    for sheet in work.gathered.sheets:
        named = {place: name for name, place in sheet.columns.items()}
        told: set[int] = set()
        for place in sorted(sheet.mixed):
            rows = [row for row in sheet.mixed[place] if row not in told]
            told.update(rows)
            places = np.asarray(rows, dtype=np.intp) + start
            column = named.get(place, "") if sheet.form != "text" else ""
            work.remarks.add(places, column, "mixed_encoding", work.cells[column].shown().gather(places) if column else None)
        for place, rows in sheet.merged.items():
            if place in named:
                places = np.asarray(rows, dtype=np.intp) + start
                value = work.cells[named[place]].shown().gather(places)
                work.remarks.add(
                    places, named[place], "merged_cell", value, masked=work.gathered.table.column(named[place]).kind == "person_id"
                )
        start += len(sheet.frame)
