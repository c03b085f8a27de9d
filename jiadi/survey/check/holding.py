"""Holders put to their rights (权利人归并): a register of real estate lists who holds a right in a table of its own."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

import polars as pl

from jiadi.register.tables import PROBLEMS, Delivery
from jiadi.survey import problems

_NEAR = Fraction(1, 100)
"""Shares that are written with two decimals add up to the whole within this."""


def join(delivery: Delivery) -> pl.DataFrame:
    """Put holders to the rights that name none, and look whether shares add up (权利人归并).

    A right is one of the ledger; the first of its holders, by order and then by name, serves as its holder, and all of
    them stay in the list of holders.

    Args:
        delivery: checked lists; its `right` is changed in place.

    Returns:
        Frame of PROBLEMS: `several_holders` on each further holder, `shares_not_one` on every one of a right.

    >>> join(Delivery()).height
    0
    """
    holders = delivery.tables.get("holder")
    if holders is None:
        return pl.DataFrame(schema=PROBLEMS)
    known = holders.filter(pl.col("parcel_code").is_not_null()).sort(
        ["parcel_code", "order", "holder_name", "holder_id", "id"], nulls_last=True
    )
    first = known.unique("parcel_code", keep="first", maintain_order=True)
    if "right" in delivery.tables:
        delivery.tables["right"] = _filled(delivery.tables["right"], first)
    further = known.filter(pl.len().over("parcel_code") > 1).join(first.select("id"), on="id", how="anti")
    wrong = known.join(_not_whole(known), on="parcel_code")
    return pl.concat([
        _told(further, delivery, "several_holders", "holder_name", pl.col("holder_name")),
        _told(wrong, delivery, "shares_not_one", "share", pl.col("share"), pl.col("summed")),
    ])  # fmt: skip


def _filled(rights: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    given = first.select("parcel_code", pl.col("holder_name").alias("name"), pl.col("holder_id").alias("number"))
    bare = pl.col("holder_name").is_null() & pl.col("holder_id").is_null()
    joined = rights.join(given, on="parcel_code", how="left", maintain_order="left")
    filled = joined.with_columns(
        pl.when(bare).then("name").otherwise("holder_name").alias("holder_name"),
        pl.when(bare).then("number").otherwise("holder_id").alias("holder_id"),
    )
    return filled.select(rights.columns)


def _not_whole(holders: pl.DataFrame) -> pl.DataFrame:
    """Parcels whose holders' shares are all given and do not add up: parcel_code, summed."""
    rows = []
    shared = holders.filter((pl.col("sharing") == "by_shares") | (pl.col("share").is_not_null() & pl.col("sharing").is_null()))
    for code, texts in shared.group_by("parcel_code").agg("share").sort("parcel_code").iter_rows():
        shares = [one for text in texts if (one := share(text)) is not None]
        whole = sum(shares, Fraction(0))
        if len(shares) == len(texts) and abs(whole - 1) > _NEAR:
            rows.append((code, f"{float(whole):.4g}"))
    return pl.DataFrame(rows, schema={"parcel_code": pl.String(), "summed": pl.String()}, orient="row")


def share(text: str | None) -> Fraction | None:
    """A share as people write it (份额): 50%, 1/2, 0.5 or 二分之一 is not read as a number.

    Args:
        text: None where blank.

    Returns:
        The share; None where there is none or it cannot be read.

    >>> share("50%"), share(" 1/3 "), share("0.5"), share("一半"), share(None)
    (Fraction(1, 2), Fraction(1, 3), Fraction(1, 2), None, None)
    """
    plain = (text or "").strip().replace("％", "%").replace("／", "/")
    try:
        if plain.endswith("%"):
            return Fraction(Decimal(plain[:-1])) / 100
        return Fraction(plain)
    except (ValueError, ZeroDivisionError, InvalidOperation):
        return None


def _told(rows: pl.DataFrame, delivery: Delivery, code: str, column: str, value: pl.Expr, detail: pl.Expr | None = None) -> pl.DataFrame:
    sources = delivery.sources.select(pl.col("source_id").cast(pl.Int32), "file", "sheet", "headers")
    heading = pl.col("headers").str.json_path_match(f"$.{column}").fill_null(column)
    level = pl.lit(problems.levels()[code]).alias("level")
    found = rows.join(sources, on="source_id", how="left").with_columns(
        pl.col("source_row").alias("row"), heading.alias("column"), pl.lit(code).alias("code"), level,
        value.cast(pl.String).fill_null("").alias("value"), (pl.lit("") if detail is None else detail.cast(pl.String)).alias("detail"),
    )  # fmt: skip
    return found.select(pl.col(name).cast(kind) for name, kind in PROBLEMS.items())
