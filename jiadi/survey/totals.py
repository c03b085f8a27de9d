"""What was delivered against what was stated (对账): totals by village, township, county and above, and the difference.

Stated it is by the manifest, or by a sheet of its own rows (合计, 小计). A difference is shown; it is no mistake of a row.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from jiadi.codes import division
from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import PROBLEMS, Delivery, frame_schema
from jiadi.survey import threshold
from jiadi.survey.check.closing import CLOSING, ROWS
from jiadi.survey.link import keys
from jiadi.survey.problems import levels
from jiadi.survey.report import Sheet

LEVELS = {"city": 4, "county": 6, "township": 9, "village": 12}
TOTALS: dict[str, pl.DataType] = {
    "table": pl.String(), "measure": pl.String(), "division_code": pl.String(), "division": pl.String(), "delivered": pl.Float64(),
    "stated": pl.Float64(), "difference": pl.Float64(), "unknown": pl.Int64(), "source": pl.String(), "file": pl.String(),
    "sheet": pl.String(), "row": pl.Int32(), "column": pl.String(),
}  # fmt: skip
"""Columns: list, what is summed (`rows` or a column), division ("" where it is not known), sums, difference, rows that have no figure
or were refused, who stated it, and where it is stated in a file."""
CODE = "total_differs"
_HEADS = {
    "zh": ("表", "项目", "区划代码", "区划", "本次资料", "上报或合计数", "相差", "不详行数", "出处", "文件", "工作表", "行", "列"),
    "en": (
        "List",
        "Measure",
        "Division",
        "Name",
        "Delivered",
        "Stated",
        "Difference",
        "Rows unknown",
        "Stated by",
        "File",
        "Sheet",
        "Row",
        "Column",
    ),
}


def totals(delivery: Delivery) -> pl.DataFrame:
    """Totals of each list by division, beside those that were stated (对账表).

    Args:
        delivery: checked lists; `extra["stated_totals"]` as the manifest gives them, `extra["sheet_totals"]` as the check found them.

    Returns:
        Frame of TOTALS: one row a list, measure and division that was delivered or stated, and one for each total that a
        sheet states. `delivered` sums what is known, and is null where nothing is; `unknown` counts the rows that it lacks.
        `stated` and `difference` (delivered less stated) are null where nothing was stated.

    >>> totals(Delivery()).height
    0
    """
    counted = [name for name in LISTS if name in delivery.tables and "village_code" in frame_schema(TABLES[name])]
    delivered = [_delivered(name, delivery) for name in counted]
    names = ("table", "measure", "division_code", "delivered", "unknown")
    sums = pl.concat(delivered) if delivered else pl.DataFrame(schema={name: TOTALS[name] for name in names})
    stated = _stated(delivery.extra.get("stated_totals"))
    both = sums.join(stated, on=["table", "measure", "division_code"], how="full", coalesce=True)
    empty = pl.col("table").is_in(counted) & pl.col("unknown").is_null()
    both = both.with_columns(pl.when(empty).then(0.0).otherwise("delivered").alias("delivered"))
    places = {code: _name(code) for code in both["division_code"].unique()}
    placed = both.with_columns(pl.col("division_code").replace_strict(places, default="", return_dtype=pl.String).alias("division"))
    found = pl.concat([placed, _of_sheets(delivery)], how="diagonal_relaxed")
    return found.with_columns((pl.col("delivered") - pl.col("stated")).round(2).alias("difference")).select(
        pl.col(name).cast(kind) if name in found.columns or name == "difference" else pl.lit(None, dtype=kind).alias(name)
        for name, kind in TOTALS.items()
    ).sort("table", "measure", "division_code", "file", "sheet", "row", nulls_last=False)  # fmt: skip


def _of_sheets(delivery: Delivery) -> pl.DataFrame:
    held = delivery.extra.get("sheet_totals")
    return held.drop("value") if isinstance(held, pl.DataFrame) else pl.DataFrame(schema=CLOSING).drop("value")


def told(delivery: Delivery) -> pl.DataFrame:
    """Totals of sheets that are not those of their rows, as problems (合计不符).

    Args:
        delivery: as `totals` takes it.

    Returns:
        Frame of PROBLEMS, `column` as the file writes it: those that cannot be read, and those that differ by more than the threshold
        `total_differs` from what was read. The detail says what was read, and of how many rows nothing is known.

    >>> told(Delivery()).height
    0
    """
    held = delivery.extra.get("sheet_totals")
    found = held if isinstance(held, pl.DataFrame) else pl.DataFrame(schema=CLOSING)
    off = (pl.col("delivered").fill_null(0.0) - pl.col("stated")).round(2)
    rows = found.filter(off.is_null() | (off.abs() > threshold.of(delivery).total_differs))
    lacking = pl.when(pl.col("unknown") > 0).then(pl.format(" + {} × ?", "unknown")).otherwise(pl.lit(""))
    delivered = pl.col("delivered").round(2).cast(pl.String).str.strip_suffix(".0").fill_null("?")
    detail = pl.concat_str(pl.col("source"), pl.lit(" "), pl.col("value"), pl.lit(" ≠ "), delivered, lacking)
    level = pl.lit(levels()[CODE])
    return rows.with_columns(detail.alias("detail"), level.alias("level"), pl.lit(CODE).alias("code")).select(
        pl.col(name).cast(kind) for name, kind in PROBLEMS.items()
    )


def differing(found: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows that were stated by the manifest, and totals of sheets that differ or lack rows, for summary.json (对账结果).

    >>> differing(pl.DataFrame(schema=TOTALS))
    []
    """
    of_sheet = pl.col("row").is_not_null()
    odd = pl.col("difference").is_null() | (pl.col("difference") != 0) | (pl.col("unknown") > 0)
    return found.filter((of_sheet & odd) | (~of_sheet & pl.col("stated").is_not_null())).drop("division").to_dicts()


def sheet(found: pl.DataFrame, lang: str) -> Sheet:
    """The table as a sheet of problems.xlsx (对账工作表).

    Args:
        found: as `totals` gives it.
        lang: "zh" or "en".
    """
    rows = ((_table(row[0], lang), _measure(row[0], row[1], lang), *row[2:]) for row in found.iter_rows())
    return Sheet("对账" if lang == "zh" else "Totals", _HEADS[lang], (12, 14, 15, 16, 14, 14, 12, 9, 18, 18, 16, 7, 18), rows)


def _table(name: str, lang: str) -> str:
    return TABLES[name].zh if lang == "zh" else name


def _measure(table: str, name: str, lang: str) -> str:
    if name == ROWS:
        return "行数" if lang == "zh" else "rows"
    return TABLES[table].column(name).zh if lang == "zh" else name


def _name(code: str) -> str:
    try:
        return division.name(code) or ""
    except (KeyError, ValueError):
        return ""


def _delivered(name: str, delivery: Delivery) -> pl.DataFrame:
    """Sums of one list at each level of division."""
    rows = keys.listed(delivery, name)
    village = pl.coalesce("village_code", keys.code_village("survey_code", keys.SURVEY_CODE)) if name == "house" else pl.col("village_code")
    areas = [column for column in ("stated_area_m2", "floor_area_m2", "approved_area_m2") if column in rows.columns]
    placed = rows.with_columns(village.alias("_village"))
    parts = []
    for width in (0, *LEVELS.values()):
        # A row of which the village is not known lies in no division, and is counted by itself.
        own = placed.filter(pl.col("_village").is_null() == (width == 0))
        place = pl.col("_village").str.slice(0, width).str.pad_end(division.WIDTH, "0").fill_null("").alias("division_code")
        grouped = own.with_columns(place).group_by("division_code")
        # Nothing known is not nothing: a sum of no figures is null.
        sums = grouped.agg(
            pl.len().cast(pl.Float64).alias(ROWS),
            *(pl.when(pl.col(area).count() > 0).then(pl.col(area).sum().round(2)).alias(area) for area in areas),
        )
        lacking = grouped.agg(pl.lit(0, pl.Int64).alias(ROWS), *(pl.col(area).null_count().cast(pl.Int64).alias(area) for area in areas))
        long = [
            frame.unpivot(index="division_code", variable_name="measure", value_name=value)
            for frame, value in ((sums, "delivered"), (lacking, "unknown"))
        ]
        parts.append(long[0].join(long[1], on=["division_code", "measure"]))
    return (
        pl.concat(parts)
        .unique(["division_code", "measure"], keep="first")
        .select(pl.lit(name).alias("table"), "measure", "division_code", "delivered", "unknown")
    )


def _stated(entries: object) -> pl.DataFrame:
    rows = [
        (one["table"], one["measure"], str(one["division"]).ljust(division.WIDTH, "0"), float(one["total"]), one["source"])
        for one in (entries if isinstance(entries, list) else [])
    ]
    names = ("table", "measure", "division_code", "stated", "source")
    return pl.DataFrame(rows, schema={name: TOTALS[name] for name in names}, orient="row").unique(
        names[:3], keep="last", maintain_order=True
    )
