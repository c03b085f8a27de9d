"""What is to be paid for paid use, before and after a change (有偿使用费): only where the set gives a price."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.law import DenseArray, LawSet
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.judge import Judgement
from jiadi.policy.table import Facts, day
from jiadi.policy.vocabulary import VOCABULARY

PRICE = "paid_use_price_fen_per_m2"
"""The figure that is the price of paid use 有偿使用费单价, in fen a square metre."""

PAID_USE = "paid_use"
DUE: dict[str, pl.DataType] = {"subject": pl.String(), "id": pl.String(), "code": pl.String(), "fen": pl.Int64()}
"""One row a finding that is to be paid for; `fen` null where the price or the excess is not known."""


def has_price(law: LawSet | None) -> bool:
    """Whether a set gives a price of paid use at all (是否定有单价).

    >>> from jiadi.law import load
    >>> has_price(load("quzhou")), has_price(load("sample-quota"))
    (False, True)
    """
    return law is not None and PRICE in law.parameters and any(value.value is not None for value in law.array(PRICE).given)


def due(judgement: Judgement) -> pl.DataFrame:
    """What is to be paid by finding (应缴有偿使用费).

    Args:
        judgement: with its rules as they were tried.

    Returns:
        Frame of DUE: findings whose remedy is paid use; excess × price, rounded half-up to whole fen.
    """
    paid = judgement.findings.filter(pl.col("remedy") == PAID_USE).select("subject", "id", "code", "excess", "scale")
    law = judgement.lawset
    if law is None or not has_price(law) or not paid.height:
        return paid.select("subject", "id", "code", pl.lit(None, dtype=pl.Int64).alias("fen"))
    parts = [_of_subject(judgement.facts, law, own) for _, own in paid.group_by("subject", maintain_order=True)]
    return pl.concat(parts)


def _of_subject(facts: Facts, law: LawSet, paid: pl.DataFrame) -> pl.DataFrame:
    subject = paid["subject"][0]
    known = pl.DataFrame({"id": facts.ids[subject], "row": np.arange(len(facts.ids[subject]))})
    rows = paid.select("id").join(known, on="id", how="left", maintain_order="left")["row"].to_numpy()
    price, unknown = _price(facts, law, subject, rows)
    array = law.array(PRICE)
    parts = paid["scale"].cast(pl.Int64).fill_null(1).to_numpy() * array.parameter.scale
    excess = paid["excess"].fill_null(0).to_numpy()
    fen = (2 * excess * price + parts) // (2 * parts)
    lacking = pl.Series(unknown) | paid["excess"].is_null()
    return paid.select("subject", "id", "code", pl.Series("fen", fen).set(lacking, None).alias("fen"))


def _price(facts: Facts, law: LawSet, subject: str, rows: Array) -> tuple[Array, Array]:
    """Price of each row, and where it is not one and known."""
    array = law.array(PRICE)
    unknown = np.zeros(len(rows), dtype=bool)
    index: list[Array] = []
    for dimension, words in array.parameter.index.items():
        place = _position(facts, subject, dimension, words, rows)
        unknown |= place < 0
        index.append(np.maximum(place, 0))
    figures = Figures(law, facts)
    place = figures.place[facts.blocks[subject].division[rows]]
    first, last = _pieces(facts, law, array, subject, rows)
    unknown |= array.missing[(place, first, *index)] | (_changes(array)[(place, last, *index)] != _changes(array)[(place, first, *index)])
    return array.values[(place, first, *index)], unknown


def _position(facts: Facts, subject: str, dimension: str, words: tuple[str, ...], rows: Array) -> Array:
    fact, column = VOCABULARY[subject].get(dimension), facts.blocks[subject].columns.get(dimension)
    if fact is None or column is None:
        return np.full(len(rows), -1)
    known = np.array([-1, *(words.index(word) if word in words else -1 for word in fact.words)])
    held: Array = known[column.low[rows]]
    return held


def _pieces(facts: Facts, law: LawSet, array: DenseArray, subject: str, rows: Array) -> tuple[Array, Array]:
    """First and last piece of the law's time that may price each row."""
    edges = np.array([day(on) for on in law.breakpoints], dtype=np.int64)
    built = facts.blocks[subject].columns.get("built")
    if array.parameter.dated_by != "built" or built is None:
        same = np.full(len(rows), law.piece(facts.on))
        return (same, same) if array.parameter.dated_by != "built" else (np.zeros_like(same), same)
    first, last = (np.searchsorted(edges, end[rows], side="right") for end in (built.low, built.high))
    return first, last


def _changes(array: DenseArray) -> Array:
    """How often the price has changed up to each piece."""
    moved = (array.values[:, 1:] != array.values[:, :-1]) | (array.missing[:, 1:] != array.missing[:, :-1])
    steps = np.cumsum(moved, axis=1)
    held: Array = np.concatenate([np.zeros_like(steps[:, :1]), steps], axis=1)
    return held
