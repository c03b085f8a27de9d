"""What is to be paid for paid use, before and after a change (有偿使用费): only where the set gives a price."""

from __future__ import annotations

import polars as pl

from jiadi.law import LawSet
from jiadi.policy.judge import Judgement

PAID_USE = "paid_use"
DUE: dict[str, pl.DataType] = {"subject": pl.String(), "id": pl.String(), "code": pl.String(), "fen": pl.Int64()}
"""One row a finding that is to be paid for; `fen` null where the price or the excess is not known."""


def has_price(law: LawSet | None) -> bool:
    """Whether any rule of a set has a price (是否定有单价).

    >>> from jiadi.law import load
    >>> has_price(load("quzhou")), has_price(load("sample-quota"))
    (False, True)
    """
    bodies = (body for file in law.rules for body in file.data.get("rules", {}).values()) if law else ()
    return any("price" in body for body in bodies)


def due(judgement: Judgement) -> pl.DataFrame:
    """What is to be paid by finding (应缴有偿使用费).

    Args:
        judgement: any.

    Returns:
        Frame of DUE: findings whose remedy is paid use, in whole fen.
    """
    paid = judgement.findings.filter(pl.col("remedy") == PAID_USE)
    return paid.select("subject", "id", "code", pl.col("price_fen").alias("fen"))
