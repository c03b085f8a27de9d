"""A rule set: figures, articles and rules of a place, as of every day (规则集)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.law.citation import Citation, Lang
from jiadi.law.dense import DenseArray, Ints, around, ends
from jiadi.law.parameter import Given, Parameter, is_division


@dataclass(frozen=True, slots=True)
class Value:
    """A figure of one place on one day, with its source (取值及出处).

    Args:
        value: scaled integer; for words the position, for booleans 0 or 1.
        unit, scale: as the parameter says.
        division: who gives it.
        in_force_from: day from which it holds.
        citation: id of the article.
        verify: to be verified before use.
        word: for words: the word; "" otherwise.
    """

    value: int
    unit: str
    scale: int
    division: str
    in_force_from: date
    citation: str
    verify: bool
    word: str = ""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of rules as its layer gives it (规则文件); `policy` compiles it.

    Args:
        layer: name of the layer's folder.
        division: division of the layer.
        name: path as it is told to the reader.
        data: plain values: decimals are Decimal, days are date.
        lines: place of an entry (keys and positions) → its line.
    """

    layer: str
    division: str
    name: str
    data: Any
    lines: dict[tuple[Any, ...], int] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class LawSet:
    """The law of a place (规则集), frozen.

    Args:
        name: such as `quzhou`.
        version: of the set, by its makers.
        title: zh and en.
        sha256: over the content of all its files; comments and order of keys do not count.
        layers: names of the folders, farthest first.
        divisions: division codes that the set knows, sorted.
        parameters: name → what the figure is.
        rules: files of rules, farthest layer first.
        citations: id → article.
        text: group → word → zh and en, such as `text["finding"]["over_area"]["zh"]`; `text["division"]` names the layers' divisions.
        breakpoints: days on which anything in the set changes, sorted.
        sample: whether the set is an invented one.
        milder_later_law: findings for which the later law serves where it is milder 从旧兼从轻, with the article that says so.
    """

    name: str
    version: str
    title: dict[str, str]
    sha256: str
    layers: tuple[str, ...]
    divisions: tuple[str, ...]
    provinces: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    rules: tuple[RuleFile, ...]
    citations: Mapping[str, Citation]
    text: Mapping[str, Mapping[str, Mapping[str, str]]]
    breakpoints: tuple[date, ...]
    arrays: Mapping[str, DenseArray] = field(repr=False)
    sample: bool = False
    milder_later_law: Mapping[str, str] = field(default_factory=dict)

    @property
    def citation_ids(self) -> tuple[str, ...]:
        """Ids of the articles, in the order of `DenseArray.source_citation`."""
        return tuple(sorted(self.citations))

    def array(self, parameter: str) -> DenseArray:
        """The figure as a dense array; KeyError where the set has no such figure."""
        return self.arrays[parameter]

    def cite(self, citation_id: str, lang: Lang = "zh") -> str:
        """How an article is cited (引用写法).

        >>> from jiadi.law import load
        >>> load("quzhou").cite("quzhou_housing_20")
        '《衢州市农村住房建设管理条例》第二十条'
        """
        return self.citations[citation_id].text(lang)

    def covering(self, division: str) -> str | None:
        """The nearest division of the set around a division code (适用的最近区划).

        Args:
            division: 2, 4, 6, 9 or 12 digits, trailing zeros cut or not.

        Returns:
            A member of `divisions`; None for what is not a division of this law's country.

        >>> from jiadi.law import load
        >>> law = load("quzhou")
        >>> law.covering("330802001002"), law.covering("330102000000"), law.covering("110101"), law.covering("25354")
        ('3308', '33', '00', None)
        """
        if not is_division(division) or not division.startswith(self.provinces):
            return None
        outer = [other for other in self.divisions if division.startswith(other) or other == "00"]
        return max(outer, key=lambda other: (other != "00", len(other)), default=None)

    def division_index(self, codes: pl.Series) -> Ints:
        """Division codes as positions for `DenseArray.at` (区划序号).

        Args:
            codes: String, one a row; null is unknown.

        Returns:
            int64; -1 where no division of the set is around it.

        >>> from jiadi.law import load
        >>> law = load("quzhou")
        >>> [law.divisions[number] for number in law.division_index(pl.Series(["330802001002", "440101"]))]
        ['3308', '00']
        """
        codes = codes.cast(pl.String)
        distinct = codes.unique().drop_nulls().to_list()
        near = {code: self.covering(code) for code in distinct}
        rows = [-1 if near[code] is None else self.divisions.index(str(near[code])) for code in distinct]
        if not distinct:
            return np.full(len(codes), -1, dtype=np.int64)
        return codes.replace_strict(distinct, rows, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()

    def pieces(self, on: NDArray[np.datetime64]) -> Ints:
        """Days as positions of date pieces for `DenseArray.at` (时段序号).

        Args:
            on: datetime64[D]; NaT is not allowed.

        Returns:
            int64; 0 is before the first breakpoint.
        """
        edges = np.array(self.breakpoints, dtype="datetime64[D]")
        return np.searchsorted(edges, on.astype("datetime64[D]"), side="right").astype(np.int64)

    def piece(self, on: date) -> int:
        """One day as the position of its date piece."""
        return bisect_right(self.breakpoints, on)

    def lookup(self, parameter: str, index: str | Sequence[str], division: str, on: date) -> Value | None:
        """One figure of one place on one day, with its source (查一个值).

        Args:
            parameter: name of the figure.
            index: words of its dimensions in order; a bare word for one dimension; () for none.
            division: 2 to 12 digits.
            on: the day.

        Returns:
            The value of the nearest division that gives one; None where none does.

        Raises:
            KeyError: no such figure, or no such word.

        >>> from jiadi.law import load
        >>> value = load("quzhou").lookup("homestead_standard_m2", "cultivated", "330802", date(2022, 1, 1))
        >>> value.value, value.scale, value.division, value.citation
        (12500, 100, '33', 'zhejiang_land_55')
        """
        known = self.parameters[parameter]
        cell = known.position((index,) if isinstance(index, str) else tuple(index))
        near = self.covering(division)
        if near is None:
            return None
        for given_by in (near, *around(near, self.divisions)):
            found = _standing(self.arrays[parameter].given, given_by, cell, on)
            if found is not None and found.value is not None:
                word = known.words[found.value] if known.kind == "word" else ""
                return Value(found.value, known.unit, known.scale, given_by, found.starts, found.citation, found.verify, word)
        return None


def breakpoints(law: LawSet) -> list[date]:
    """Days on which any value or rule of the set changes (变更日).

    >>> from jiadi.law import load
    >>> date(1987, 1, 1) in breakpoints(load("national"))
    True
    """
    return list(law.breakpoints)


def _standing(given: Sequence[Given], division: str, cell: tuple[int, ...], on: date) -> Given | None:
    own = [value for value in given if (value.division, value.cell) == (division, cell)]
    for value, end in zip(own, ends(own), strict=True):
        if value.starts <= on and (end is None or on < end):
            return value
    return None
