"""Exceptions that were used, for what and where (例外的使用)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.policy.evaluate import Tried
from jiadi.policy.judge import Judgement

USED: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "id": pl.String(),
    "code": pl.String(),
    "label": pl.String(),
    "effect": pl.String(),
    "citation": pl.String(),
    "division_code": pl.String(),
}
"""Columns of exceptions that were used 例外使用清单: one row a subject, rule and exception."""


def used(judgement: Judgement) -> pl.DataFrame:
    """Every exception that certainly settled a case, also where nothing was found by it (例外使用清单).

    Args:
        judgement: with its rules as they were tried.

    Returns:
        Frame of USED, sorted by code, label, subject, id.
    """
    parts = [_of(one) for one in judgement.tried if one.rule.exceptions]
    return pl.concat([pl.DataFrame(schema=USED), *parts]).unique().sort("code", "label", "subject", "id")


def _of(tried: Tried) -> pl.DataFrame:
    rule, facts = tried.rule, tried.cases.facts
    settled = np.flatnonzero(tried.exempt >= 0)
    rows = settled if tried.cases.rows is None else tried.cases.rows[settled]
    which = pl.Series(tried.exempt[settled].astype(np.int64))
    columns = {
        name: pl.Series([getattr(one, name) for one in rule.exceptions], dtype=pl.String) for name in ("label", "effect", "citation")
    }
    found = pl.DataFrame(
        {
            "id": facts.ids[rule.subject].gather(pl.Series(rows)),
            **{name: values.gather(which) for name, values in columns.items()},
            "division_code": facts.places(rule.subject).gather(pl.Series(rows)),
        }
    )
    return found.select(
        pl.lit(rule.subject).alias("subject"), "id", pl.lit(rule.code).alias("code"), "label", "effect", "citation", "division_code"
    ).cast(USED)  # type: ignore[arg-type]


def of_houses(judgement: Judgement) -> pl.DataFrame:
    """The exceptions as each house takes them in: house_id, code, label."""
    listed = used(judgement)
    house = judgement.houses.select(pl.col("id").alias("house_id"), "parcel_id", "household_id")
    parts = [listed.filter(pl.col("subject") == "house").select(pl.col("id").alias("house_id"), "code", "label")]
    for subject in ("parcel", "household"):
        own = listed.filter(pl.col("subject") == subject)
        joined = own.join(house.select("house_id", f"{subject}_id"), left_on="id", right_on=f"{subject}_id")
        parts.append(joined.select("house_id", "code", "label"))
    return pl.concat(parts).unique().sort("house_id", "code", "label")


def by_village(judgement: Judgement, listed: pl.DataFrame) -> pl.DataFrame:
    """How often each exception was used in each village, of how many to whom the rule would else have applied (分村例外).

    Args:
        judgement: with its rules as they were tried.
        listed: frame of USED.

    Returns:
        code, label, effect, citation, division_code, used, of (exceptions and findings of the rule there), share; most
        used first.
    """
    found = judgement.findings.select("subject", "id", "code").join(_places(judgement), on=["subject", "id"], how="left")
    every = pl.concat(
        [found.select("subject", "id", "code", "division_code"), listed.select("subject", "id", "code", "division_code")]
    ).unique()
    totals = every.group_by("code", "division_code").agg(pl.len().alias("of"))
    counted = listed.group_by("code", "label", "effect", "citation", "division_code").agg(pl.len().alias("used"))
    joined = counted.join(totals, on=["code", "division_code"], how="left", nulls_equal=True)
    shared = joined.with_columns((pl.col("used") / pl.col("of")).alias("share"))
    return shared.sort(["used", "code", "label", "division_code"], descending=[True, False, False, False], nulls_last=True)


def _places(judgement: Judgement) -> pl.DataFrame:
    facts = judgement.facts
    parts = [
        pl.DataFrame({"id": facts.ids[subject], "division_code": facts.places(subject)}).select(
            pl.lit(subject).alias("subject"), "id", "division_code"
        )
        for subject in ("house", "parcel", "household")
    ]
    return pl.concat(parts)
