"""What a case came to, as one word that can be compared (结果)."""

from __future__ import annotations

import polars as pl

from jiadi.policy.judge import Judgement

NOTHING, UNDECIDED = "no_finding", "undecided"


def of_rule(judgement: Judgement, code: str) -> pl.Series:
    """What one rule came to for every row of its subject (单项结果).

    Args:
        judgement: with its rules as they were tried.
        code: of the rule.

    Returns:
        String: `no_finding`, `undecided`, or effect and remedy joined by `/` (the effect alone where no remedy is proposed).
    """
    subject = judgement.rules[code].subject
    words = pl.concat_str("effect", "remedy", separator="/", ignore_nulls=True)
    found = judgement.findings.filter(pl.col("code") == code).select("id", words.alias("outcome"))
    listed = judgement.unknowns.filter((pl.col("code") == code) & (pl.col("subject") == subject)).select(
        "id", pl.lit(UNDECIDED).alias("outcome")
    )
    told = pl.concat([found, listed.join(found, on="id", how="anti")])
    ids = pl.DataFrame({"id": judgement.facts.ids[subject]})
    return ids.join(told, on="id", how="left", maintain_order="left")["outcome"].fill_null(NOTHING)


def of_houses(judgement: Judgement) -> pl.Series:
    """Verdict and remedies of every house (逐幢结果).

    Returns:
        String, sorted by id of the house: the verdict, and the remedies behind it, joined by `/`.
    """
    key = ["subject", "id", "code"]
    taken = judgement.house_findings.join(judgement.findings.select(*key, "remedy"), on=key, how="left")
    proposed = taken.group_by("house_id").agg(pl.col("remedy").drop_nulls().unique().sort().str.join("/").alias("remedies"))
    houses = judgement.houses.join(proposed, left_on="id", right_on="house_id", how="left", maintain_order="left")
    remedies = pl.when(pl.col("remedies").str.len_bytes() > 0).then("remedies")
    return houses.select(pl.concat_str("verdict", remedies, separator="/", ignore_nulls=True)).to_series()
