"""Seeded draws and the distributions that they follow (抽样)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@cache
def distributions() -> Mapping[str, Any]:
    """What the invented county is drawn from (分布), as `distributions.yaml` states it.

    >>> distributions()["filled"]["unit_code"]
    0.6
    """
    text = resources.files(__package__).joinpath("distributions.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def stream(seed: int, topic: str) -> np.random.Generator:
    """A generator of its own for each topic (随机流), so that a draw added to one moves no other.

    Args:
        seed: the seed the user gave.
        topic: any word.

    >>> bool(stream(1, "names").integers(100) == stream(1, "names").integers(100))
    True
    """
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(topic.encode())]))


@dataclass(slots=True)
class Words:
    """A column of words drawn from a short list (词列), kept as numbers.

    Args:
        vocabulary: the words.
        codes: (n,) position of each row's word in the vocabulary.

    >>> Words(("a", "b"), np.array([1, 0])).is_in("b").tolist()
    [True, False]
    """

    vocabulary: tuple[str, ...]
    codes: NDArray[np.integer[Any]]

    def is_in(self, *words: str) -> Bools:
        """Which rows have one of these words."""
        table = np.array([word in words for word in self.vocabulary])
        out: Bools = table[self.codes]
        return out

    def put(self, rows: Bools | Ints, word: str) -> None:
        """Set some rows to a word."""
        if word not in self.vocabulary:
            self.vocabulary = (*self.vocabulary, word)
        self.codes[rows] = self.vocabulary.index(word)

    def take(self, rows: Ints) -> Words:
        """The words of some rows."""
        return Words(self.vocabulary, self.codes[rows])

    def figures(self, table: Mapping[str, float], other: float = 0.0) -> Floats:
        """A figure for each row's word."""
        out: Floats = np.array([float(table.get(word, other)) for word in self.vocabulary])[self.codes]
        return out

    def texts(self) -> pl.Series:
        """The words as a column of a closed list, a byte a row; the empty word is null."""
        kind = pl.Enum(list(dict.fromkeys(word for word in self.vocabulary if word)))
        return pl.Series([word or None for word in self.vocabulary], dtype=kind).gather(pl.Series(self.codes))


def draw_words(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> Words:
    """Draw words by their shares (按比例抽词).

    Args:
        shares: word → weight; weights need not add up to one.
        count: how many.

    >>> draw_words(stream(1, "x"), {"a": 1.0}, 2).texts().to_list()
    ['a', 'a']
    """
    return Words(tuple(shares), pick(rng, np.array(list(shares.values())), count).astype(np.int16))


def draw_numbers(rng: np.random.Generator, shares: Mapping[int, float], count: int) -> Ints:
    """Draw whole numbers by their shares (按比例抽数).

    >>> draw_numbers(stream(1, "x"), {3: 1.0}, 2).tolist()
    [3, 3]
    """
    return np.array(list(shares))[pick(rng, np.array(list(shares.values())), count)]


def pick(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Draw positions by weight (按权重抽取)."""
    edges = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(edges, rng.random(count), side="right"), len(weights) - 1).astype(np.int64)


def by_period(rng: np.random.Generator, periods: Mapping[int, Mapping[Any, float]], years: Ints) -> tuple[list[Any], Ints]:
    """Draw a word or number for each year from the shares of the period that the year falls in (分时期抽取).

    Args:
        periods: first year of a period → shares.
        years: (n,) year of each row.

    Returns: the words, and for each row the position of its word.
    """
    starts = sorted(periods)
    every = list(dict.fromkeys(word for start in starts for word in periods[start]))
    period = np.searchsorted(np.array(starts), years, side="right") - 1
    weights = np.array([[periods[start].get(word, 0.0) for word in every] for start in starts])
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    at = (rng.random(len(years))[:, None] >= edges[period]).sum(axis=1)
    return every, np.minimum(at, len(every) - 1)


def between(rng: np.random.Generator, ends: Sequence[float], count: int) -> Floats:
    """Draw evenly between two ends (均匀抽取)."""
    return rng.uniform(ends[0], ends[1], count)


def years(rng: np.random.Generator, bands: Sequence[Sequence[float]], count: int) -> Ints:
    """Draw years from weighted bands (年份抽取), the upper end of a band excluded."""
    table = np.array(bands, dtype=np.float64)
    band = table[pick(rng, table[:, 2], count)]
    return np.floor(rng.uniform(band[:, 0], band[:, 1])).astype(np.int64)


def run_starts(groups: Ints) -> Bools:
    """Where a new run of equal values begins (起点).

    >>> run_starts(np.array([3, 3, 5])).tolist()
    [True, False, True]
    """
    starts = np.ones(len(groups), dtype=bool)
    starts[1:] = groups[1:] != groups[:-1]
    return starts


def rank_in_run(groups: Ints) -> Ints:
    """Position of each row in its run of equal values (组内序号), from 0.

    >>> rank_in_run(np.array([3, 3, 5])).tolist()
    [0, 1, 0]
    """
    places = np.arange(len(groups))
    return places - np.maximum.accumulate(np.where(run_starts(groups), places, 0))


def cumulative_in_run(values: Floats, groups: Ints) -> Floats:
    """Sum of the values before each row within its run (组内累计)."""
    before = np.cumsum(values) - values
    first = np.maximum.accumulate(np.where(run_starts(groups), np.arange(len(groups)), 0))
    out: Floats = before - before[first]
    return out
