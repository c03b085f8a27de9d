"""Figures as dense arrays: division × date piece × index (参数表的稠密形式)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.law.parameter import Given, Parameter

EPOCH = date(1970, 1, 1)
Ints = NDArray[np.int64]


class Found(NamedTuple):
    """What a lookup found (查得结果): one entry a row.

    `values`: int64, scaled; 0 where missing. `missing`: bool. `source`: int64, for
    `DenseArray.source_*`; -1 where missing.
    """

    values: Ints
    missing: NDArray[np.bool_]
    source: Ints


@dataclass(frozen=True, slots=True, eq=False)
class DenseArray:
    """One figure, compiled (稠密参数).

    Args:
        parameter: what the figure is.
        values: int64 [division + 1, piece, *index]; the last division row is "no division of the set".
        missing: bool, same shape: no value, neither here nor in a division around it.
        source: int32, same shape: number of the value in the source arrays; -1 where missing.
        source_division: position in `LawSet.divisions` of who gives the value.
        source_from: datetime64[D]: day from which the value holds.
        source_citation: position in `LawSet.citation_ids`.
        source_verify: bool: to be verified before use.
    """

    parameter: Parameter
    values: Ints
    missing: NDArray[np.bool_]
    source: NDArray[np.int32]
    source_division: Ints
    source_from: NDArray[np.datetime64]
    source_citation: Ints
    source_verify: NDArray[np.bool_]
    given: tuple[Given, ...] = field(repr=False, default=())

    def codes(self, dimension: str, words: pl.Series) -> Ints:
        """Words of a dimension as positions (取值序号).

        Args:
            dimension: one of `parameter.index`.
            words: String, one a row.

        Returns:
            int64; -1 where null or none of the dimension's words.

        >>> from jiadi.law import load
        >>> array = load("zhejiang").array("homestead_standard_m2")
        >>> array.codes("land_class", pl.Series(["other", None, "cultivated"])).tolist()
        [1, -1, 0]
        """
        known = self.parameter.index[dimension]
        positions = words.cast(pl.String).replace_strict(list(known), list(range(len(known))), default=-1, return_dtype=pl.Int64)
        return positions.fill_null(-1).to_numpy()

    def at(self, division: Ints, piece: Ints, *index: Ints) -> Found:
        """Look up many cells at once (批量查值).

        Args:
            division: positions from `LawSet.division_index`; -1 is no division of the set.
            piece: positions from `LawSet.pieces`.
            index: one array of positions for each dimension of the figure, in order; -1 is unknown.

        Returns:
            Values, what is missing, and sources, in the arrays' common shape.

        >>> from jiadi.law import load
        >>> law = load("quzhou")
        >>> built = np.array(["2022-05-01", "1970-01-01"], "datetime64[D]")
        >>> found = law.array("storeys_max").at(law.division_index(pl.Series(["330802", "330802"])), law.pieces(built))
        >>> found.values.tolist(), found.missing.tolist()
        ([3, 0], [False, True])
        """
        if len(index) != len(self.parameter.index):
            raise ValueError(f"{self.parameter.name} is indexed by {tuple(self.parameter.index)}, not by {len(index)} arrays")
        unknown = np.zeros(np.broadcast_shapes(np.shape(division), np.shape(piece), *map(np.shape, index)), dtype=bool)
        for positions in index:
            unknown = unknown | (positions < 0)
        cell: tuple[Ints, ...] = (division, piece, *index)
        missing = self.missing[cell] | unknown
        return Found(np.where(missing, 0, self.values[cell]), missing, np.where(missing, -1, self.source[cell]).astype(np.int64))


def days(day: date) -> int:
    """Days since 1970-01-01 (日序).

    >>> days(date(1982, 2, 13))
    4426
    """
    return (day - EPOCH).days


def ends(given: Sequence[Given]) -> list[date | None]:
    """Day on which each value ends: its `until` or the next value of the same division and cell.

    Args:
        given: values of one figure.

    Returns:
        In the order of `given`; None where nothing ends it.
    """
    order = sorted(range(len(given)), key=lambda number: (given[number].division, given[number].cell, given[number].starts))
    end: list[date | None] = [None] * len(given)
    for number in order:
        end[number] = given[number].until
    for number, following in pairwise(order):
        own, after = given[number], given[following]
        if (after.division, after.cell) == (own.division, own.cell):
            end[number] = min(own.until, after.starts) if own.until else after.starts
    return end


def compile_array(
    parameter: Parameter, given: Sequence[Given], divisions: Sequence[str], breakpoints: Sequence[date], citation_ids: Sequence[str]
) -> DenseArray:
    """Compile the values of one figure (编译参数).

    Args:
        parameter: what the figure is.
        given: its values from all layers.
        divisions: of the set, sorted.
        breakpoints: days on which anything in the set changes, sorted.
        citation_ids: of the set, sorted.

    Returns:
        The dense array; in each cell the nearest division that gives a value.
    """
    row = {division: number for number, division in enumerate(divisions)}
    piece = {day: number + 1 for number, day in enumerate(breakpoints)}
    own = np.full((len(divisions) + 1, len(breakpoints) + 1, *parameter.shape), -1, dtype=np.int32)
    for number, (value, end) in enumerate(zip(given, ends(given), strict=True)):
        if value.value is not None:
            first = 0 if value.starts == date.min else piece[value.starts]
            last = own.shape[1] if end is None else piece[end]
            own[row[value.division]][(slice(first, last), *value.cell)] = number
    source = own.copy()
    for division in sorted(divisions, key=len):
        for outer in around(division, divisions):
            source[row[division]] = np.where(source[row[division]] >= 0, source[row[division]], own[row[outer]])
    numbers = np.array([value.value or 0 for value in given] or [0], dtype=np.int64)
    values, missing = np.where(source >= 0, numbers[source], 0), source < 0
    for held in (values, missing, source):
        held.setflags(write=False)  # a set is shared by whole runs: nobody may change it under them
    return DenseArray(
        parameter,
        values,
        missing,
        source,
        np.array([row[value.division] for value in given], dtype=np.int64),
        np.array([value.starts for value in given], dtype="datetime64[D]"),
        np.array([citation_ids.index(value.citation) if value.citation else -1 for value in given], dtype=np.int64),
        np.array([value.verify for value in given], dtype=bool),
        tuple(given),
    )


def around(division: str, divisions: Sequence[str]) -> list[str]:
    """The divisions around one, nearest first (上级区划，由近及远).

    >>> around("330802", ["00", "33", "3308", "330802"])
    ['3308', '33', '00']
    """
    outer = [other for other in divisions if other != division and (division.startswith(other) or other == "00")]
    return sorted(outer, key=lambda other: (other == "00", -len(other)))
