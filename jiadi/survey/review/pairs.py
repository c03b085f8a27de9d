"""Pairs that wait for a person, with the evidence side by side (待复核的关联)."""

from __future__ import annotations

import hashlib

import polars as pl

from jiadi.codes import person
from jiadi.register.tables import Delivery, Linked
from jiadi.survey.review.likely import STATE
from jiadi.survey.review.side import FEATURES, evidence, rows_of, side, tables_of

CHECK = 10
"""Letters of the check value of a pair."""


def waiting(delivery: Delivery, linked: Linked, likely: pl.DataFrame) -> pl.DataFrame:
    """Doubtful and likely pairs of all kinds (存疑与可能的关联).

    Args:
        delivery: checked lists.
        linked: their links.
        likely: as `likely.candidates` gives them.

    Returns:
        Frame sorted by kind, then groups of one left row by their best score: kind, state, score,
        reason, left_id, right_id, `check` (a value that changes when either row does), for each
        feature `left_…` and `right_…` as text, and `left_row_in_file`, `right_row_in_file`: file, sheet, row.
    """
    pairs = pl.concat([linked.pairs.filter(pl.col("state").is_in(["doubtful", STATE])), likely]).unique(["kind", "left_id", "right_id"])
    frames = [with_evidence(kind, pairs.filter(kind=kind), delivery, linked) for kind in evidence()["kinds"]]
    found = pl.concat(frames)
    best = pl.col("score").max().over("kind", "left_id")
    return found.sort(["kind", best, "left_id", "score", "right_id"], descending=[False, True, False, True, False])


def with_evidence(kind: str, pairs: pl.DataFrame, delivery: Delivery, linked: Linked) -> pl.DataFrame:
    """Pairs of one kind with what both rows say (对照).

    Args:
        kind: of link.
        pairs: left_id, right_id and more; a pair of which a row is not there is left out.
        delivery: checked lists.
        linked: their links.

    Returns:
        The pairs, with the columns that `waiting` tells of.
    """
    tables = tables_of(kind)
    out = pairs
    for place, (name, table) in enumerate(zip(("left", "right"), tables, strict=True)):
        rows = rows_of(table, delivery, linked)
        if kind == "house_footprint" and place == 1:
            rows = rows_of("footprint", delivery, linked)
        said = _said(kind, place, rows, delivery.sources)
        out = out.join(said.rename({column: f"{name}_{column}" for column in said.columns}), on=f"{name}_id")
    told = [pl.col(f"{name}_{column}").fill_null("") for name in ("left", "right") for column in FEATURES]
    check = pl.concat_str([pl.lit(kind), "left_id", "right_id", *told], separator="\x1f")
    return out.with_columns(check.map_batches(_digest, return_dtype=pl.String).alias("check"))


def _digest(texts: pl.Series) -> pl.Series:

    return pl.Series([hashlib.sha256(text.encode()).hexdigest()[:CHECK] for text in texts], dtype=pl.String)


def _said(kind: str, place: int, rows: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """id, the features as text, village, and file, sheet and row of each row."""
    known = {"source_id": pl.Int32(), "source_row": pl.Int32()}
    table = rows.with_columns(pl.lit(None, dtype=kind_).alias(name) for name, kind_ in known.items() if name not in rows.columns)
    felt = side(kind, place, table).with_columns(pl.col("area").round(2).cast(pl.String))
    origin = table.select("id", "source_id", "source_row").join(_files(sources), on="source_id", how="left")
    where = origin.select("id", pl.concat_str("from", pl.col("source_row").cast(pl.String), separator=" ").alias("row_in_file"))
    return felt.join(where, on="id", how="left").unique("id", keep="first", maintain_order=True)


def _files(sources: pl.DataFrame) -> pl.DataFrame:
    if sources.is_empty():
        return pl.DataFrame(schema={"source_id": pl.Int32(), "from": pl.String()})
    name = pl.concat_str("file", pl.when(pl.col("sheet").fill_null("") != "").then(pl.lit(" ") + pl.col("sheet")).otherwise(pl.lit("")))
    return sources.select(pl.col("source_id").cast(pl.Int32), name.alias("from"))


def masked(numbers: pl.Series) -> pl.Series:
    """Resident IDs as they may be shown (证件号码脱敏).

    >>> masked(pl.Series(["330802197603151233", None])).to_list()
    ['330802********1233', None]
    """
    return pl.Series([person.mask(number) if number else None for number in numbers], dtype=pl.String)
