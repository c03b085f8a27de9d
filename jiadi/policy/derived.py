"""Facts that a set derives from others (推导事实): short names for expressions, and quotas by size of household.

A quota adds a figure of the law over the households that share a homestead ("4+3": split households 分户),
each by its own size: the class of a size is the last whose fewest persons it reaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jiadi.law import LawSet, RuleFile
from jiadi.law.refuse import Faults, LawRefusal, gathered
from jiadi.policy import spoken
from jiadi.policy.grammar import UNBOUNDED, Array, Name, Span

if TYPE_CHECKING:
    from jiadi.policy.cases import Cases

SPLIT = tuple(f"split_{place}_persons" for place in range(1, 5))
"""Facts of a parcel: persons of each household that shares it, 0 where there are no more."""

_QUOTA_KEYS = {"sum_of", "dimension", "bands", "title"}


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota 户额度 (分户合计).

    Args:
        name: word that expressions use.
        sum_of: figure that is added up, by size class and whatever else facts fill.
        dimension: its dimension of size classes.
        bands: figure of the fewest persons of each class, by the same dimension.
        title: zh and en.
    """

    name: str
    sum_of: str
    dimension: str
    bands: str
    title: Mapping[str, str]


class Derived(NamedTuple):
    """What a set derives (推导事实表): expressions by name, and quotas by name, of one layer and those around it."""

    texts: dict[str, str]
    quotas: dict[str, Quota]

    def expand(self, text: str) -> str:
        """An expression with every derived name written out (展开).

        >>> Derived({"counted": "storeys + 1"}, {}).expand("counted > 3")
        '(storeys + 1) > 3'
        """
        for _ in range(len(self.texts)):
            for name, own in self.texts.items():
                text = re.sub(rf"(?<!')\b{name}\b(?!')", f"({own})".replace("\\", ""), text)
        return text


def derive(law: LawSet, faults: Faults | None = None) -> dict[str, Derived]:
    """What the rules of each layer may name beside facts and figures (读取推导事实).

    Args:
        law: the set.
        faults: where to put what is wrong; None raises the first.

    Returns:
        File of rules → what its rules may use: its own layer's and farther layers' names.

    Raises:
        Refusal: a name twice, a circle, a quota over figures that do not fit.
    """
    texts: dict[str, str] = {}
    quotas: dict[str, Quota] = {}
    found: dict[str, Derived] = {}
    for file in law.rules:
        for name, body in _given(file, faults):
            with gathered(faults):
                if name in texts or name in quotas or name in law.parameters:
                    raise _refusal(file, name, "this name is taken.", "Give it another one.")
                if isinstance(body, str):
                    if re.search(rf"\b{name}\b", Derived(texts, {}).expand(body)):
                        raise _refusal(file, name, "it is derived from itself.", "Write it without itself.")
                    texts[name] = body
                else:
                    quotas[name] = _quota(law, file, name, body)
        found[file.name] = Derived(dict(texts), dict(quotas))
    return found


def _given(file: RuleFile, faults: Faults | None) -> Iterator[tuple[str, Any]]:
    body = file.data.get("derived", {}) if isinstance(file.data, dict) else {}
    with gathered(faults):
        if not isinstance(body, dict):
            raise LawRefusal("rule_file", file.name, 1)
        yield from body.items()


def _quota(law: LawSet, file: RuleFile, name: str, body: Any) -> Quota:
    if not isinstance(body, dict) or set(body) != _QUOTA_KEYS or set(body["title"]) != {"zh", "en"}:
        raise _refusal(file, name, "a quota has sum_of, dimension, bands and title.", "Write these four, title in zh and en.")
    summed, bands = (law.parameters.get(body[key]) for key in ("sum_of", "bands"))
    if summed is None or bands is None or {summed.kind, bands.kind} != {"number"}:
        raise _refusal(file, name, "sum_of and bands are no numbers of the law.", "Name figures of the set.")
    if tuple(bands.index) != (body["dimension"],) or summed.index.get(body["dimension"]) != bands.index[body["dimension"]]:
        raise _refusal(file, name, f"the figures have no classes in common by {body['dimension']}.", "Correct dimension.")
    return Quota(name, body["sum_of"], body["dimension"], body["bands"], body["title"])


def _refusal(file: RuleFile, name: str, why: str, what_to_do: str) -> LawRefusal:
    line = file.lines.get(("derived", name), 1)
    return spoken.refusal(file.name, line, name, why, what_to_do)


def quota_name(law: LawSet, quota: Quota) -> Name:
    """As the grammar takes it."""
    summed = law.parameters[quota.sum_of]
    return Name(quota.name, "number", summed.scale, (), True)


def total(quota: Quota, cases: Cases) -> Span:
    """The quota of each case (户额度).

    Args:
        quota: what is added up.
        cases: parcels.

    Returns:
        Least and most it may be; unbounded above where persons, bands or figures are not known.
    """
    words = cases.rule.parameters[quota.bands].index[quota.dimension]
    classes = [cases.figure(quota.sum_of, {quota.dimension: place}) for place in range(len(words))]
    starts = [cases.figure(quota.bands, {quota.dimension: place}) for place in range(len(words))]
    low, high = np.zeros(cases.size, dtype=np.int64), np.zeros(cases.size, dtype=np.int64)
    for fact in SPLIT:
        persons = cases.span(fact)
        if fact == SPLIT[0]:  # there is a household, of one person at least
            persons = Span(np.maximum(persons.low, 1), np.maximum(persons.high, 1))
        if bool((persons.high <= 0).all()):
            continue
        one = _one(persons, classes, starts, cases.size)
        low, high = low + one.low, high + one.high
    return Span(low, np.minimum(high, UNBOUNDED)) if not np.array_equal(low, high) else Span(low, low)


def _one(persons: Span, classes: list[tuple[Array, Array, Array]], starts: list[tuple[Array, Array, Array]], size: int) -> Span:
    """What one household adds: the figure of every class that its size may be of."""
    least = np.full(size, UNBOUNDED, dtype=np.int64)
    most = np.zeros(size, dtype=np.int64)
    for place, ((value, missing, _), (first, no_band, _)) in enumerate(zip(classes, starts, strict=True)):
        following = starts[place + 1][0] if place + 1 < len(starts) else np.array(UNBOUNDED)
        may = (persons.high >= np.maximum(first, 1)) & (persons.low < following) | no_band
        least = np.where(may, np.minimum(least, np.where(missing, 0, value)), least)
        most = np.where(may, np.maximum(most, np.where(missing, UNBOUNDED, value)), most)
    least = np.where((least == UNBOUNDED) | (persons.low <= 0), 0, least)
    return Span(least, most)
