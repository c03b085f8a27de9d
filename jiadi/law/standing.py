"""Every figure in force at a place on a day, each with its clause (某地某日的全部限值)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from jiadi.law.citation import Citation
from jiadi.law.lawset import LawSet, Value
from jiadi.law.parameter import Parameter


@dataclass(frozen=True, slots=True)
class Standing:
    """One figure as it stands (一个现行限值).

    Args:
        parameter: what the figure is.
        index: dimension → word; empty for a single figure.
        value: with its division, day and whether it is to be verified.
        citation: the article.
    """

    parameter: Parameter
    index: dict[str, str]
    value: Value
    citation: Citation

    @property
    def plain(self) -> int | float | bool | str:
        """The figure as people write it: a number in its unit, yes or no, or a word.

        >>> from jiadi.law import load
        >>> [one.plain for one in standing(load("quzhou"), "330822", date(2022, 1, 1)) if one.parameter.name == "fence_height_max_m"]
        [1.5]
        """
        value = self.value
        if self.parameter.kind == "word":
            return value.word
        if self.parameter.kind == "boolean":
            return bool(value.value)
        return value.value // value.scale if value.value % value.scale == 0 else value.value / value.scale

    def told(self, lang: str) -> dict[str, object]:
        """As `jiadi law show --json` prints it (JSON 行).

        Args:
            lang: "zh" or "en", of the document's title.

        Returns:
            parameter, index, value, unit, division, in_force_from (null: ever since), document, article
            ("" where the whole document is meant), verify.
        """
        cited = self.citation
        return {
            "parameter": self.parameter.name,
            "index": self.index,
            "value": self.plain,
            "unit": self.parameter.unit,
            "division": self.value.division,
            "in_force_from": None if self.value.in_force_from == date.min else self.value.in_force_from.isoformat(),
            "document": cited.title[lang] + (f" {cited.number[lang]}" if cited.number[lang] else ""),
            "article": cited.article + (f"({cited.paragraph})" if cited.paragraph else ""),
            "verify": self.value.verify,
        }


def standing(law: LawSet, division: str, on: date) -> Iterator[Standing]:
    """Every figure in force at a place on a day (现行限值).

    Args:
        law: the set.
        division: 2 to 12 digits.
        on: the day.

    Yields:
        Figures in the order of the set, cells in the order of their words; what nobody gives is left out.

    >>> from jiadi.law import load
    >>> told = {one.parameter.name: one.told("en") for one in standing(load("quzhou"), "330822", date(1995, 6, 1))}
    >>> old = told["homestead_standard_m2"]
    >>> old["index"], old["value"], old["unit"], old["verify"]
    ({'land_class': 'waste_hillside'}, 160, 'm2', True)
    """
    for name, known in law.parameters.items():
        for words in product(*known.index.values()):
            value = law.lookup(name, words, division, on)
            if value is not None:
                index = dict(zip(known.index, words, strict=True))
                yield Standing(known, index, value, law.citations[value.citation])
