"""Counts of houses, verdicts and findings by township and village (统计)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from jiadi.run.pipeline import Outcome
from jiadi.run.summary import VERDICTS

_UNPLACED_VILLAGE = r"^\d{9}000$"
_UNPLACED_TOWNSHIP = r"^\d{6}000000$"


@dataclass(frozen=True, slots=True)
class Placed:
    """A judgement with its places (落到乡镇和村的判定).

    Args:
        houses: the columns of `Judgement.houses` sorted by place and id, `village_code` and
            `township_code` (12 digits; null where not known), `house` (row number, UInt32).
        findings: the columns of `Judgement.findings`, one row a subject and finding, `village_code`,
            `township_code`, `finding` (row number, UInt32).
        taken: `house` × `finding`: which house takes in which finding.
        unknowns: the columns of `Judgement.unknowns`, `unknown` (row number, UInt32).
        waiting: `house` × `unknown`: which house waits for what.
    """

    houses: pl.DataFrame
    findings: pl.DataFrame
    taken: pl.DataFrame
    unknowns: pl.DataFrame
    waiting: pl.DataFrame


def village_of(code: pl.Expr) -> pl.Expr:
    """The village's code, null where a code names no village (所在村).

    Args:
        code: text; 12-digit division codes; another country's code is no village.
    """
    is_village = code.str.contains(r"^\d{12}$") & ~code.str.contains(_UNPLACED_VILLAGE)
    return pl.when(is_village).then(code)


def township_of(code: pl.Expr) -> pl.Expr:
    """The township's code, null where a code names none (所在乡镇)."""
    is_known = code.str.contains(r"^\d{12}$") & ~code.str.contains(_UNPLACED_TOWNSHIP)
    return pl.when(is_known).then(code.str.slice(0, 9) + "000")


def place(outcome: Outcome) -> Placed:
    """Put houses and findings into villages and townships (落位).

    A finding is counted once for its subject; it lies where the first house that takes it in lies, else
    where its parcel or household lies.

    Args:
        outcome: of the run.

    Returns:
        Frames sorted by place and identity, so that the order of the input does not matter.
    """
    judgement = outcome.judgement
    code = pl.coalesce("village_code", "division_code")
    houses = (
        judgement.houses.with_columns(village_of(code).alias("village_code"), township_of(code).alias("township_code"))
        .sort("township_code", "village_code", "id", nulls_last=True)
        .with_row_index("house")
    )
    key = ["subject", "id", "code"]
    taken = _joined(houses, judgement.house_findings, judgement.findings.sort(key).with_row_index("finding"), "finding")
    waiting = _joined(houses, judgement.house_unknowns, judgement.unknowns.sort(key).with_row_index("unknown"), "unknown")
    findings = _placed(judgement.findings.sort(key).with_row_index("finding"), taken, houses, outcome)
    return Placed(houses, findings, taken, judgement.unknowns.sort(key).with_row_index("unknown"), waiting)


def _joined(houses: pl.DataFrame, pairs: pl.DataFrame, things: pl.DataFrame, number: str) -> pl.DataFrame:
    """Pairs by (house_id, subject, id, code) as pairs of row numbers."""
    key = ["subject", "id", "code"]
    return (
        pairs.select("house_id", *key)
        .unique()
        .join(houses.select("house", pl.col("id").alias("house_id")), on="house_id")
        .join(things.select(number, *key), on=key)
        .select("house", number)
        .sort("house", number)
    )


def _placed(findings: pl.DataFrame, taken: pl.DataFrame, houses: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
    """Findings with `village_code` and `township_code`."""
    first = taken.group_by("finding").agg(pl.col("house").min()).join(houses.select("house", "village_code", "township_code"), on="house")
    elsewhere = _subject_places(outcome)
    own = village_of(pl.col("own_village"))
    return (
        findings.join(first.drop("house"), on="finding", how="left")
        .join(elsewhere, on=["subject", "id"], how="left")
        .with_columns(
            pl.coalesce("village_code", own).alias("village_code"),
            pl.coalesce("township_code", township_of(pl.col("own_village"))).alias("township_code"),
        )
        .drop("own_village")
        .sort("finding")
    )


def _subject_places(outcome: Outcome) -> pl.DataFrame:
    """Village of each parcel and household by its own row: for findings that no house takes in."""
    parcels = outcome.delivery.tables.get("parcel")
    lists = {"parcel": parcels, "household": outcome.linked.households}
    schema = {"subject": pl.String(), "id": pl.String(), "own_village": pl.String()}
    parts = [
        frame.select(pl.lit(subject).alias("subject"), "id", pl.col("village_code").alias("own_village"))
        for subject, frame in lists.items()
        if frame is not None and "village_code" in frame.columns and "id" in frame.columns
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts]).unique(["subject", "id"], keep="first", maintain_order=True)


def verdicts(placed: Placed, by: str) -> pl.DataFrame:
    """Houses by place and verdict (各地房屋判定数).

    Args:
        placed: see `place`.
        by: `township_code` or `village_code`.

    Returns:
        One row a place, sorted by code, a place that is not known last: `by`, `houses` and one column a
        verdict of `VERDICTS`, UInt32; 0 means none.
    """
    columns = [(pl.col("verdict") == verdict).sum().cast(pl.UInt32).alias(verdict) for verdict in VERDICTS]
    return placed.houses.group_by(by).agg(pl.len().cast(pl.UInt32).alias("houses"), *columns).sort(by, nulls_last=True)


def findings(placed: Placed, by: str | None = None) -> pl.DataFrame:
    """Findings by kind, and by place where asked (各类情形数).

    Args:
        placed: see `place`.
        by: None, `township_code` or `village_code`.

    Returns:
        One row a (place and) finding code, most frequent first: `code`, `subjects` (counted once for
        their subject) and `houses` (that take one in), UInt32.
    """
    keys = ([by] if by else []) + ["code"]
    once = placed.findings.group_by(keys).agg(pl.len().cast(pl.UInt32).alias("subjects"))
    located = placed.taken.join(placed.findings.select("finding", "code"), on="finding").join(
        placed.houses.select("house", "township_code", "village_code"), on="house"
    )
    houses = located.group_by(keys).agg(pl.col("house").n_unique().cast(pl.UInt32).alias("houses"))
    whole = once.join(houses, on=keys, how="full", coalesce=True, nulls_equal=True)
    place_first = [by] if by else []
    return whole.with_columns(pl.col("subjects", "houses").fill_null(0)).sort(
        [*place_first, "subjects", "code"], descending=[False] * len(place_first) + [True, False], nulls_last=True
    )


def needs(placed: Placed) -> pl.DataFrame:
    """What is missing, and how many houses wait for it (缺什么).

    Returns:
        One row a finding and need, most houses first: `code` (of the finding that cannot be judged),
        `need` (name of the missing fact), `houses`, UInt32.
    """
    split = placed.unknowns.select("unknown", "code", pl.col("needs").str.split(",").alias("need")).explode("need")
    named = split.with_columns(pl.col("need").str.strip_chars()).filter(pl.col("need").str.len_bytes() > 0)
    return (
        placed.waiting.join(named, on="unknown")
        .group_by("code", "need")
        .agg(pl.col("house").n_unique().cast(pl.UInt32).alias("houses"))
        .sort(["houses", "code", "need"], descending=[True, False, False])
    )
