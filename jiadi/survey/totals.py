"""What was delivered against what was stated (对账): totals by village, township, county and above, and the difference.

A difference is shown; it is no mistake of a row.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from jiadi.codes import division
from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery
from jiadi.survey.link import keys
from jiadi.survey.report import Sheet

LEVELS = {"city": 4, "county": 6, "township": 9, "village": 12}
TOTALS: dict[str, pl.DataType] = {
    "table": pl.String(), "measure": pl.String(), "division_code": pl.String(), "division": pl.String(), "delivered": pl.Float64(),
    "stated": pl.Float64(), "difference": pl.Float64(), "source": pl.String(),
}  # fmt: skip
"""Columns: list, what is summed (`rows` or a column of areas), division, sums, difference, who stated it."""
_HEADS = {
    "zh": ("表", "项目", "区划代码", "区划", "本次资料", "上报或合计数", "相差", "出处"),
    "en": ("List", "Measure", "Division", "Name", "Delivered", "Stated", "Difference", "Stated by"),
}
ROWS = "rows"


def totals(delivery: Delivery) -> pl.DataFrame:
    """Totals of each list by division, beside those that were stated (对账表).

    Args:
        delivery: checked lists; `extra["stated_totals"]` as the manifest gives them.

    Returns:
        Frame of TOTALS: one row a list, measure and division that was delivered or stated. `stated`
        and `difference` (delivered less stated) are null where nothing was stated; `delivered` is
        null where a list was not handed in at all.

    >>> totals(Delivery()).height
    0
    """
    delivered = [_delivered(name, delivery) for name in ("parcel", "house", "person", "right", "approval") if name in delivery.tables]
    sums = (
        pl.concat(delivered)
        if delivered
        else pl.DataFrame(schema={n: TOTALS[n] for n in ("table", "measure", "division_code", "delivered")})
    )
    stated = _stated(delivery.extra.get("stated_totals"))
    both = sums.join(stated, on=["table", "measure", "division_code"], how="full", coalesce=True)
    handed = pl.col("table").is_in(list(delivery.tables))
    both = both.with_columns(pl.when(handed).then(pl.col("delivered").fill_null(0.0)).alias("delivered"))
    names = {code: _name(code) for code in both["division_code"].unique()}
    return both.with_columns(
        pl.col("division_code").replace_strict(names, default="", return_dtype=pl.String).alias("division"),
        (pl.col("delivered") - pl.col("stated")).round(2).alias("difference"),
    ).select(list(TOTALS)).sort("table", "measure", "division_code")  # fmt: skip


def differing(found: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows that were stated, for summary.json (对账结果).

    >>> differing(pl.DataFrame(schema=TOTALS))
    []
    """
    return found.filter(pl.col("stated").is_not_null()).drop("division").to_dicts()


def sheet(found: pl.DataFrame, lang: str) -> Sheet:
    """The table as a sheet of problems.xlsx (对账工作表).

    Args:
        found: as `totals` gives it.
        lang: "zh" or "en".
    """
    rows = ((_table(row[0], lang), _measure(row[0], row[1], lang), *row[2:]) for row in found.iter_rows())
    return Sheet("对账" if lang == "zh" else "Totals", _HEADS[lang], (12, 14, 15, 16, 14, 14, 12, 30), rows)


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
    known = rows.with_columns(village.alias("_village")).drop_nulls("_village")
    parts = []
    for width in LEVELS.values():
        place = pl.col("_village").str.slice(0, width).str.pad_end(division.WIDTH, "0").alias("division_code")
        grouped = known.group_by(place).agg(pl.len().cast(pl.Float64).alias(ROWS), *(pl.col(area).sum().round(2) for area in areas))
        parts.append(grouped.unpivot(index="division_code", variable_name="measure", value_name="delivered"))
    return (
        pl.concat(parts)
        .unique(["division_code", "measure"], keep="first")
        .select(pl.lit(name).alias("table"), "measure", "division_code", "delivered")
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
