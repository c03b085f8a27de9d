"""One figure of the law: what it is, and its dated values (参数)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from jiadi.law.citation import Citation, at, both, mapping, typed
from jiadi.law.marked import Marked, Place

KINDS = ("number", "word", "boolean")
UNITS = ("m2", "m", "storey", "homestead", "person", "day", "mark", "fen_per_m2", "none")
DATED_BY = ("built", "judged", "decided")

HEAD_KEYS = {"title", "kind", "unit", "scale", "index", "words", "dated_by", "bounded_by"}
FILE_KEYS = {"parameter", "last_checked", "continuous_from", "values"}
BODY_KEYS = {"value", "table", "citation", "verify", "ceiling", "floor", "partial", "until"}
CELL_KEYS = {"value", "citation", "verify", "ceiling", "floor"}
_DIVISION_LENGTHS = (2, 4, 6, 9, 12)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a figure is (参数的定义).

    Args:
        name: English word, ends in the unit where it is a measure.
        title: zh and en.
        kind: `number`, `word` (one of `words`) or `boolean`.
        unit: see `UNITS`.
        scale: whole parts that make one unit: 100 holds 1.25 m² as 125.
        index: dimension → its words, in order; empty for a single figure.
        words: for `word`: the words a value may be.
        dated_by: which day picks the value: built, judged or decided.
        bounded_by: a parameter over some of the same dimensions that no value may exceed; "" for none.
    """

    name: str
    title: dict[str, str]
    kind: str
    unit: str
    scale: int
    index: dict[str, tuple[str, ...]]
    words: tuple[str, ...]
    dated_by: str
    bounded_by: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(words) for words in self.index.values())

    def position(self, words: tuple[str, ...]) -> tuple[int, ...]:
        """The place of a cell in the table; KeyError where a word is none of the dimension's."""
        if len(words) != len(self.index):
            raise KeyError(f"{self.name} is indexed by {tuple(self.index)}")
        return tuple(
            {word: number for number, word in enumerate(known)}[word] for known, word in zip(self.index.values(), words, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Given:
    """One cell of a figure as one division gives it from one day on (取值).

    Args:
        parameter: name of the figure.
        division: who gives it.
        cell: position in the table; () for a single figure.
        starts: first day on which it holds.
        until: first day on which it no longer holds; None where the next value ends it.
        value: scaled integer; None ends the division's own value: the farther division's serves again.
        citation: id of the article.
        verify: to be verified before use.
        bound: `ceiling` or `floor`: a nearer division may not go above or below; "" for neither.
        marked, place: where it stands.
    """

    parameter: str
    division: str
    cell: tuple[int, ...]
    starts: date
    until: date | None
    value: int | None
    citation: str
    verify: bool
    bound: str
    marked: Marked
    place: Place


def is_division(code: str) -> bool:
    """Whether a text has the form of a division code (区划代码的形式).

    >>> [is_division(code) for code in ("33", "330802001002", "25354", "３３")]
    [True, True, False, False]
    """
    return code.isascii() and code.isdigit() and len(code) in _DIVISION_LENGTHS


def read_head(marked: Marked) -> Parameter:
    """What the figure of a file is (参数定义).

    Args:
        marked: the file of the farthest layer that has the figure.

    Raises:
        Refusal: keys or types are not as they should be.
    """
    body = mapping(marked, (), HEAD_KEYS | FILE_KEYS, {"parameter", "title", "unit", "dated_by", "last_checked", "values"})
    name = typed(marked, ("parameter",), str, body["parameter"])
    index = {dimension: _words(marked, ("index", dimension)) for dimension in mapping(marked, ("index",))} if "index" in body else {}
    parameter = Parameter(
        name,
        both(marked, ("title",)),
        _one_of(marked, "kind", body.get("kind", "number"), KINDS),
        _one_of(marked, "unit", body["unit"], UNITS),
        typed(marked, ("scale",), int, body.get("scale", 1)),
        index,
        _words(marked, ("words",)) if "words" in body else (),
        _one_of(marked, "dated_by", body["dated_by"], DATED_BY),
        typed(marked, ("bounded_by",), str, body.get("bounded_by", "")),
    )
    if parameter.scale < 1 or (parameter.kind == "word") != bool(parameter.words):
        raise marked.refusal("head", "parameter", parameter=name)
    return parameter


def read_given(marked: Marked, parameter: Parameter, layer: str, citations: dict[str, Citation], declares: bool) -> list[Given]:
    """The values of one file (取值).

    Args:
        marked: a parameter file.
        parameter: what the figure is.
        layer: division of the file's layer; values are for it or for divisions inside it.
        citations: those of this layer and of farther ones.
        declares: whether this file also holds the head.

    Raises:
        Refusal: unknown keys or citations, wrong types, days that are none, a gap in a table.
    """
    mapping(marked, (), FILE_KEYS | (HEAD_KEYS if declares else set()), {"parameter", "last_checked", "values"})
    typed(marked, ("last_checked",), date, marked.data["last_checked"])
    given: list[Given] = []
    for division, dated in mapping(marked, ("values",)).items():
        place: Place = ("values", division)
        _check_division(marked, place, division, layer)
        mapping(marked, place)
        for starts in dated:
            typed(marked, (*place, starts), date, starts)
            given.extend(_given(marked, (*place, starts), _Head(parameter, citations)))
    return given


def read_one(marked: Marked, place: Place, parameter: Parameter, citations: dict[str, Citation]) -> list[Given]:
    """The values that a division gives from one day on, wherever in a file they stand (一处取值).

    Args:
        marked: the file.
        place: of the values; it ends in division and day.
        parameter: what the figure is.
        citations: that they may name.

    Raises:
        Refusal: as `read_given`.
    """
    _check_division(marked, place, place[-2], "")
    typed(marked, place, date, place[-1])
    return list(_given(marked, place, _Head(parameter, citations)))


def continuous(marked: Marked) -> dict[str, date]:
    """Divisions that promise a value for every cell from a day on (连续性承诺)."""
    if "continuous_from" not in marked.data:
        return {}
    body = mapping(marked, ("continuous_from",))
    return {str(division): typed(marked, ("continuous_from", division), date, day) for division, day in body.items()}


@dataclass(frozen=True, slots=True)
class _Head:
    parameter: Parameter
    citations: dict[str, Citation]


def _given(marked: Marked, place: Place, head: _Head) -> Iterator[Given]:
    parameter = head.parameter
    body = mapping(marked, place, BODY_KEYS)
    if ("value" in body) == ("table" in body) or ("table" in body) != bool(parameter.index):
        filled = {"parameter": parameter.name, "dimensions": ", ".join(parameter.index)}
        raise marked.refusal("value_table" if parameter.index else "value_single", *place, **filled)
    until = typed(marked, (*place, "until"), date, body["until"]) if "until" in body else None
    if until is not None and until <= place[-1]:
        raise marked.refusal("period", *place, "until", parameter=parameter.name, until=until)
    for cell in product(*parameter.index.values()):
        found = _find_cell(marked, (*place, "table") if parameter.index else (*place, "value"), cell, bool(body.get("partial", False)))
        if found is not None:
            yield _cell(marked, place, found, parameter.position(cell), head)
    if parameter.index:
        _check_words(marked, (*place, "table"), list(parameter.index.items()))


def _find_cell(marked: Marked, place: Place, cell: tuple[str, ...], partial: bool) -> Place | None:
    """Place of the cell in the file; None where a partial table leaves it out."""
    for word in cell:
        table = at(marked, place)
        if not isinstance(table, dict) or word not in table:
            if partial and isinstance(table, dict):
                return None
            raise marked.refusal("cell", *place, cell=" × ".join(cell))
        place = (*place, word)
    return place


def _check_words(marked: Marked, place: Place, dimensions: list[tuple[str, tuple[str, ...]]]) -> None:
    if not dimensions:
        return
    (dimension, words), *rest = dimensions
    for word in mapping(marked, place):
        if word not in words:
            raise marked.refusal("word", *place, word, word=word, dimension=dimension, known=", ".join(words))
        _check_words(marked, (*place, word), rest)


def _cell(marked: Marked, place: Place, found: Place, position: tuple[int, ...], head: _Head) -> Given:
    body = at(marked, place)
    own = at(marked, found)
    if isinstance(own, dict):
        body = {**body, **mapping(marked, found, CELL_KEYS, {"value"})}
        own = own["value"]
    value = None if own is None else _scaled(marked, found, own, head.parameter)
    said = (*found, "citation") if (*found, "citation") in marked.lines else (*place, "citation")
    citation = "" if value is None else _cite(marked, said, body.get("citation"), place[-1], head.citations)
    flags = {key: typed(marked, found, bool, body.get(key, False)) for key in ("verify", "ceiling", "floor")}
    verify = flags["verify"] or (citation != "" and head.citations[citation].verify)
    bound = "ceiling" if flags["ceiling"] else "floor" if flags["floor"] else ""
    until = body.get("until")
    return Given(head.parameter.name, place[-2], position, place[-1], until, value, citation, verify, bound, marked, found)


def _cite(marked: Marked, place: Place, name: Any, starts: date, citations: dict[str, Citation]) -> str:
    if name is None:
        raise marked.refusal("citation_missing", *place)
    if name not in citations:
        raise marked.refusal("citation_unknown", *place, citation=name)
    article = citations[name]
    if starts < article.in_force_from and not article.reaches_back:
        raise marked.refusal("backwards", *place, citation=name, force=article.in_force_from, starts=starts)
    return str(name)


def _scaled(marked: Marked, place: Place, value: Any, parameter: Parameter) -> int:
    if parameter.kind == "word":
        if value not in parameter.words:
            raise marked.refusal("word", *place, word=value, dimension=parameter.name, known=", ".join(parameter.words))
        return parameter.words.index(value)
    if parameter.kind == "boolean":
        return int(typed(marked, place, bool, value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise marked.refusal("not_a_number", *place, parameter=parameter.name, value=value)
    scaled = Decimal(value) * parameter.scale
    if scaled != scaled.to_integral_value() or abs(scaled) > 10**12:
        raise marked.refusal("scale", *place, value=value, parameter=parameter.name, scale=parameter.scale)
    return int(scaled)


def _words(marked: Marked, place: Place) -> tuple[str, ...]:
    words = at(marked, place)
    if (
        not isinstance(words, list)
        or not words
        or len(set(map(str, words))) != len(words)
        or not all(isinstance(word, str) for word in words)
    ):
        raise marked.refusal("not_words", *place, where=" › ".join(place))
    return tuple(words)


def _one_of(marked: Marked, key: str, value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise marked.refusal("not_one_of", key, key=key, value=value, known=", ".join(known))
    return str(value)


def _check_division(marked: Marked, place: Place, division: Any, layer: str) -> None:
    if not isinstance(division, str) or not is_division(division):
        raise marked.refusal("division", *place, division=division)
    if not division.startswith(layer):
        raise marked.refusal("division_outside", *place, division=division, layer=layer)
