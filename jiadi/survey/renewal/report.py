"""Changes and conflicts written down (变化与不一致的写出): `changes.xlsx` for people, `changes.json` for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.codes import person
from jiadi.register.schema import TABLES
from jiadi.survey.renewal.compare import Renewal, shown
from jiadi.survey.renewal.conflict import counts, precedence
from jiadi.survey.report import Sheet, write_workbook

MOST_ROWS = 1_000_000
_WORDS = {
    "summary": ("汇总", "Summary"),
    "added": ("新增", "Added"),
    "changed": ("修改", "Changed"),
    "removed": ("减少", "Removed"),
    "conflicts": ("部门不一致", "Conflicts"),
    "table": ("表", "List"),
    "same": ("未变", "Unchanged"),
    "cells": ("修改的单元格", "Changed cells"),
    "absent": ("本次未交", "Not handed in again"),
    "id": ("编号", "Id"),
    "column": ("字段", "Column"),
    "old": ("原值", "Old value"),
    "new": ("新值", "New value"),
    "old_place": ("原文件 表 行", "Old file, sheet, row"),
    "new_place": ("新文件 表 行", "New file, sheet, row"),
    "place": ("文件 表 行", "File, sheet, row"),
    "content": ("内容", "Content"),
    "field": ("字段", "Field"),
    "first": ("暂以此为准", "Comes first"),
    "first_place": ("来源", "From"),
    "other": ("与之不同", "Disagrees"),
    "other_place": ("来源", "From"),
    "reason": ("次序的理由", "Why in this order"),
    "count": ("数量", "Count"),
}


def _say(key: str, lang: str) -> str:
    return _WORDS[key][0 if lang == "zh" else 1]


def write(folder: Path, renewal: Renewal, conflicts: pl.DataFrame, lang: str) -> dict[str, Any]:
    """Write what changed and where departments disagree (写出变化).

    Args:
        folder: there already.
        renewal: of the comparison.
        conflicts: frame of CONFLICTS of the newer delivery.
        lang: language of the workbook, "zh" or "en".

    Returns:
        What `changes.json` says. Resident IDs are masked in both.
    """
    answer = {
        "tables": renewal.counts(),
        "not_handed_in": [name for name, one in renewal.tables.items() if one.absent],
        "conflicts": counts(conflicts),
        "added": _rows(renewal, "added"),
        "removed": _rows(renewal, "removed"),
        "changed": masked(renewal.changed).to_dicts(),
        "conflicting": masked_conflicts(conflicts).to_dicts(),
    }
    (folder / "changes.json").write_text(json.dumps(answer, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    sheets = [_summary(renewal, lang), *(_sided(renewal, side, lang) for side in ("added",)), _changed(renewal, lang)]
    write_workbook(folder / "changes.xlsx", [*sheets, _sided(renewal, "removed", lang), conflict_sheet(conflicts, lang)])
    return answer


def masked(changed: pl.DataFrame) -> pl.DataFrame:
    """Changes with resident IDs masked (隐去证件号码).

    >>> masked(Renewal().changed).height
    0
    """
    ids = [(name, column.name) for name, table in TABLES.items() for column in table.columns if column.kind == "person_id"]
    wanted = pl.DataFrame(ids, schema=["table", "column"], orient="row").with_columns(pl.lit(True).alias("secret"))
    return _mask(changed.join(wanted, on=["table", "column"], how="left", maintain_order="left"), ("old", "new"))


def masked_conflicts(found: pl.DataFrame) -> pl.DataFrame:
    """Conflicts with resident IDs masked (隐去证件号码)."""
    return _mask(found.with_columns((pl.col("field") == "holder_id").alias("secret")), ("first_value", "other_value"))


def _mask(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    at = frame.get_column("secret").fill_null(False).arg_true()
    for column in columns:
        if len(at):
            values = frame.get_column(column)
            frame = frame.with_columns(values.scatter(at, person.mask_column(values.gather(at))).alias(column))
    return frame.drop("secret")


def _placed(name: str, frame: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Rows with where they stand, and what they say as one text."""
    said = []
    for column in TABLES[name].columns:
        values = shown(column, frame.get_column(column.name))
        values = person.mask_column(values) if column.kind == "person_id" else values
        said.append((column, values.alias(column.name)))
    words = pl.DataFrame([values for _, values in said]).select(
        pl.concat_str([pl.lit(column.zh + "=") + pl.col(column.name) for column, _ in said], separator="；", ignore_nulls=True).alias(
            "content"
        )
    )
    held = pl.DataFrame([frame["id"], frame["source_id"], frame["source_row"].alias("row"), words["content"]])
    placed = held.join(sources, on="source_id", how="left", maintain_order="left").drop("source_id")
    return placed.select(pl.lit(name).alias("table"), "id", "file", "sheet", "row", "content")


def _side(renewal: Renewal, side: str) -> pl.DataFrame:
    sources = renewal.new_sources if side == "added" else renewal.old_sources
    parts = [_placed(name, frame, sources) for name, one in renewal.tables.items() if len(frame := getattr(one, side))]
    if not parts:
        return pl.DataFrame(schema={name: pl.String() for name in ("table", "id", "file", "sheet", "row", "content")})
    return pl.concat(parts).sort("table", "id")


def _rows(renewal: Renewal, side: str) -> list[dict[str, Any]]:
    return _side(renewal, side).drop("content").to_dicts()


def _list_name(name: str, lang: str) -> str:
    return TABLES[name].zh if lang == "zh" else name


def _field(table: str, column: str, lang: str) -> str:
    return TABLES[table].column(column).zh if lang == "zh" else column


def _place(file: str | None, sheet: str | None, row: int | None) -> str:
    return " ".join(filter(None, (file, sheet, f"#{row}" if row else "")))


def _summary(renewal: Renewal, lang: str) -> Sheet:
    keys = ("same", "changed", "cells", "added", "removed")
    rows: list[list[object]] = [
        [_list_name(name, lang), *(counted[key] for key in keys)] for name, counted in sorted(renewal.counts().items())
    ]
    rows += [[_list_name(name, lang), _say("absent", lang)] for name, one in sorted(renewal.tables.items()) if one.absent]
    return Sheet(_say("summary", lang), [_say(key, lang) for key in ("table", *keys)], (20, 12, 12, 14, 12, 12), rows)


def _sided(renewal: Renewal, side: str, lang: str) -> Sheet:
    rows = (
        (_list_name(table, lang), id_, _place(file, sheet, row), content)
        for table, id_, file, sheet, row, content in _side(renewal, side).head(MOST_ROWS).iter_rows()
    )
    heads = [_say(key, lang) for key in ("table", "id", "place", "content")]
    return Sheet(_say(side, lang), heads, (16, 26, 30, 100), rows)


def _changed(renewal: Renewal, lang: str) -> Sheet:
    rows = (
        (
            _list_name(one["table"], lang),
            one["id"],
            _field(one["table"], one["column"], lang),
            one["old"],
            one["new"],
            _place(one["old_file"], one["old_sheet"], one["old_row"]),
            _place(one["new_file"], one["new_sheet"], one["new_row"]),
        )
        for one in masked(renewal.changed).head(MOST_ROWS).iter_rows(named=True)
    )
    heads = [_say(key, lang) for key in ("table", "id", "column", "old", "new", "old_place", "new_place")]
    return Sheet(_say("changed", lang), heads, (16, 26, 16, 24, 24, 30, 30), rows)


def conflict_sheet(found: pl.DataFrame, lang: str) -> Sheet:
    """Conflicts as a sheet (不一致工作表).

    Args:
        found: frame of CONFLICTS.
        lang: "zh" or "en".
    """
    rules = precedence()
    rows = (
        (
            rules[one["field"]][lang],
            one["first_value"],
            f"{_list_name(one['first_table'], lang)} {one['first_id']}",
            _place(one["first_file"], one["first_sheet"], one["first_row"]),
            one["other_value"],
            f"{_list_name(one['other_table'], lang)} {one['other_id']}",
            _place(one["other_file"], one["other_sheet"], one["other_row"]),
            rules[one["field"]][f"reason_{lang}"],
        )
        for one in masked_conflicts(found).head(MOST_ROWS).iter_rows(named=True)
    )
    keys = ("field", "first", "id", "first_place", "other", "id", "other_place", "reason")
    return Sheet(_say("conflicts", lang), [_say(key, lang) for key in keys], (14, 22, 30, 30, 22, 30, 30, 60), rows)
