"""Checking what was read 检查: typed tables, and every problem with its place."""

from __future__ import annotations

import json
from datetime import date

import polars as pl

from jiadi.codes.extent import Extents
from jiadi.geo.piece import let_go
from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import PROBLEMS, Delivery, frame_schema, lean
from jiadi.survey import threshold
from jiadi.survey.check import closing, holding, shape
from jiadi.survey.check.gather import Gathered, gather
from jiadi.survey.check.identity import assign_ids
from jiadi.survey.check.table import Typed, type_table
from jiadi.survey.giveback.layout import layouts
from jiadi.survey.read import not_taken, reasons
from jiadi.survey.read.raw import RawDelivery, RawSheet
from jiadi.survey.threshold import Thresholds

__all__ = ["check"]


def check(raw: RawDelivery, on: date | None = None) -> Delivery:
    """Type every column and tell every problem (检查交付).

    Each row that was read is either accepted or refused. A cell that is not taken is null in the
    typed table and has a problem that says why; a blank is no problem.

    Args:
        raw: as `survey.read` gives it.
        on: day on which dates count as future; None: the day of delivery, and where nobody said
            that, nothing is in the future.

    Returns:
        Typed tables, sorted by id so that the order of the input does not matter, and problems.

    >>> check(RawDelivery()).tables
    {}
    """
    day = on or raw.delivered_on
    systems = shape.Systems()
    sheets = [sheet for sheet in raw.sheets if not sheet.spatial or shape.bring(sheet, systems)]
    delivery = Delivery(delivered_on=raw.delivered_on, coverage=list(raw.coverage))
    delivery.files = [*raw.files, *_questions(systems)]
    delivery.sources = _sources(sheets)
    limits = threshold.given(raw.thresholds)
    problems = [raw.problems, _question_problems(systems), _doubted(sheets), _headings(sheets), shape.drop_shifted(sheets, systems)]
    problems.append(_flattened(systems))
    delivery.extra |= {"area_differences": None, "parcel_overlaps": None, "thresholds": limits}
    delivery.extra["layouts"] = layouts(sheets)
    delivery.extra["decisions"] = raw.decisions
    delivery.extra |= {"stated_totals": raw.totals, "sheet_totals": pl.DataFrame(schema=closing.CLOSING)}
    waiting = {name: [sheet for sheet in sheets if sheet.table == name] for name in LISTS}
    extents = raw.extents
    del raw, sheets  # each list is let go when it is typed
    for name in sorted(LISTS, key=lambda name: not TABLES[name].spatial):  # shapes weigh most: they go first
        if of_list := waiting.pop(name):
            problems.append(_add_list(gather(of_list), day, systems, delivery, extents))
            let_go()
    delivery.tables = {name: delivery.tables[name] for name in LISTS if name in delivery.tables}
    problems.append(holding.join(delivery))
    # A layer that feeds two lists is told of each of its cells once.
    delivery.problems = pl.concat(problems).unique().sort(list(PROBLEMS), nulls_last=True)
    delivery.files.sort(key=lambda entry: (str(entry["file"]), str(entry["sheet"]), str(entry["table"])))
    return delivery


def _add_list(gathered: Gathered, on: date | None, systems: shape.Systems, delivery: Delivery, extents: Extents) -> pl.DataFrame:
    """Type one list into the delivery; its problems. What was read of it is let go before the next one."""
    one = type_table(gathered, on, shape.of_list(gathered, systems), threshold.of(delivery), extents)
    table = _accepted(one, delivery.sources)
    _keep_hints(one, delivery)
    summed = delivery.extra["sheet_totals"]
    assert isinstance(summed, pl.DataFrame)
    delivery.extra["sheet_totals"] = summed.vstack(one.closing)
    delivery.tables[gathered.table.name] = table
    delivery.files += _entries(one)
    if one.differences is not None:
        delivery.extra["area_differences"] = _ranked(one, one.differences, threshold.of(delivery))
    if one.overlaps is not None:
        delivery.extra["parcel_overlaps"] = one.overlaps
    return one.remarks.told(gathered.sheets, one.frame.get_column("sheet"), one.frame.get_column("source_row"))


def _keep_hints(one: Typed, delivery: Delivery) -> None:
    """Resident IDs that were not taken, by their place: evidence for linking, and shown nowhere."""
    if not one.hints:
        return
    held = delivery.extra.setdefault("id_hints", {})
    assert isinstance(held, dict)
    places = one.frame.select(_source_ids(one, delivery.sources), "source_row")
    hints = places.with_columns(pl.select(pl.coalesce(list(one.hints.values()))).to_series().alias("hint")).drop_nulls("hint")
    held[one.gathered.table.name] = hints.cast({"source_row": pl.Int32})


def _source_ids(one: Typed, sources: pl.DataFrame) -> pl.Series:
    """(rows,) number of the source of each row."""
    number = {
        (file, sheet, table): source for source, file, sheet, table in sources.select("source_id", "file", "sheet", "table").iter_rows()
    }
    ids = pl.Series([number[(sheet.file, sheet.sheet, sheet.table)] for sheet in one.gathered.sheets], dtype=pl.Int32)
    return ids.gather(one.frame.get_column("sheet")).alias("source_id")


def _sources(sheets: list[RawSheet]) -> pl.DataFrame:
    """The `source` table, and `headers`: JSON of schema column → heading in the file."""
    ordered = sorted(sheets, key=lambda sheet: (sheet.file, sheet.sheet, LISTS.index(sheet.table)))
    rows = [
        (
            number,
            sheet.file,
            sheet.sheet,
            sheet.table,
            sheet.sha256,
            json.dumps({c: sheet.header(c) for c in sheet.columns}, ensure_ascii=False),
        )
        for number, sheet in enumerate(ordered, start=1)
    ]
    names = {column.name: pl.String() for column in TABLES["source"].columns}
    return pl.DataFrame(rows, schema={**names, "source_id": pl.Int32(), "headers": pl.String()}, orient="row")


def _accepted(one: Typed, sources: pl.DataFrame) -> pl.DataFrame:
    """The rows that were taken, with id and provenance, in the schema's order."""
    frame = one.frame.with_columns(_source_ids(one, sources)).filter(one.accepted & ~one.attached)
    schema = frame_schema(one.gathered.table)
    return lean(assign_ids(one.gathered.table, frame.drop("sheet")).select(pl.col(name).cast(kind) for name, kind in schema.items()))


def _entries(one: Typed) -> list[dict[str, object]]:
    """What became of each sheet of a list, as summary.json tells it."""
    counted = pl.DataFrame({"sheet": one.frame.get_column("sheet"), "accepted": one.accepted, "joined": one.accepted & one.attached})
    summed = counted.group_by("sheet").agg(pl.len(), pl.col("accepted", "joined").sum())
    tallies = {sheet: (rows, taken, joined) for sheet, rows, taken, joined in summed.iter_rows()}
    entries: list[dict[str, object]] = []
    for number, sheet in enumerate(one.gathered.sheets):
        rows, taken, joined = tallies.get(number, (0, 0, 0))
        counts = {"rows": rows, "accepted": taken, "refused": rows - taken, "skipped": sheet.skipped}
        counts |= {"joined": joined} if joined else {}
        head = {"file": sheet.file, "sheet": sheet.sheet, "table": sheet.table, "status": "read", "reason": "", "reason_en": ""}
        entries.append({**head, **counts})
    return entries


def _questions(systems: shape.Systems) -> list[dict[str, object]]:
    return [not_taken(sheet.file, sheet.sheet, "question", reasons.of_refusal(refusal)) for sheet, refusal in systems.refused]


def _flattened(systems: shape.Systems) -> pl.DataFrame:
    rows = [(sheet.file, sheet.sheet, 0, shape.GEOMETRY, "heights_dropped", "note", "", "") for sheet in systems.flattened]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _question_problems(systems: shape.Systems) -> pl.DataFrame:
    said = [(sheet, reasons.of_refusal(refusal)) for sheet, refusal in systems.refused]
    rows = [(sheet.file, sheet.sheet, 0, "", words.code, "refused", sheet.crs_text[:80], words.en) for sheet, words in said]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _doubted(sheets: list[RawSheet]) -> pl.DataFrame:
    """Sheets that were taken for a list on the word of a few headings."""
    rows = [
        (s.file, s.sheet, 0, "", "few_columns", "note", "", "、".join(s.header(name) for name in s.columns)) for s in sheets if not s.sure
    ]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _headings(sheets: list[RawSheet]) -> pl.DataFrame:
    """Headings that were guessed, and those of which two claim one column."""
    rows: list[tuple[object, ...]] = []
    for sheet in sheets:
        known = TABLES[sheet.table]
        for name in sorted(sheet.guessed & sheet.columns.keys()):
            heading, row = sheet.header(name), sheet.heading_rows.get(sheet.columns[name], sheet.heading_row)
            rows.append((sheet.file, sheet.sheet, row, heading, "heading_guessed", "note", heading, f"{known.column(name).zh} {name}"))
        for name, numbers in sorted(sheet.claimed.items()):
            headings = "、".join(sheet.headers[number] for number in numbers)
            row = sheet.heading_rows.get(numbers[0], sheet.heading_row)
            place = (sheet.file, sheet.sheet, row, sheet.headers[numbers[0]])
            rows.append((*place, "column_claimed_twice", "unknown", headings, f"{known.column(name).zh} {name}"))
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _ranked(one: Typed, differences: pl.DataFrame, limits: Thresholds) -> dict[str, object]:
    """Parcels whose stated and measured areas differ, the farthest first."""
    at = differences.get_column("place")
    files = pl.Series([sheet.file for sheet in one.gathered.sheets], dtype=pl.String)
    where_ = one.frame.select(pl.col("sheet").gather(at), pl.col("source_row").gather(at).alias("row"), pl.col("parcel_code").gather(at))
    kept = one.accepted.gather(at)
    ranked = differences.drop("place").with_columns(
        files.gather(where_.get_column("sheet")).alias("file"), where_.get_column("row"), where_.get_column("parcel_code")
    )
    ranked = ranked.filter(kept).with_columns(pl.col("difference").abs().alias("share"))
    over = {
        key: int((ranked.get_column("share") > limit).sum())
        for key, limit in (("over_5_percent", limits.area_differs_share), ("over_10_percent", limits.area_differs_large_share))
    }
    ranked = ranked.filter(pl.col("share") > limits.area_differs_share).sort(["share", "file", "row"], descending=[True, False, False])
    return {"compared": int(kept.sum()), **over, "ranked": ranked}
