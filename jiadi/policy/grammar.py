"""Rule expressions: a small grammar, compiled to interval arithmetic on whole numbers (规则表达式).

Every figure is an interval `[low, high]` of scaled integers: one that is known has `high is low`, one that is
not known spans all that it may be. A comparison gives two answers, `certain` and `possible`; where they
differ the answer is unknown. Nothing else can be written: no call but max, min and count, no index, no attribute.

What is compiled takes columns, and as well plain numbers: one house is explained by the very expressions that judge all.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Kind = Literal["number", "date", "word", "truth"]
UNBOUNDED = 2**55
"""Beyond every figure, and small enough that sums of a few stay inside int64."""
EPOCH = date(1970, 1, 1)


class Span(NamedTuple):
    """A figure or day of each row, between two ends (取值区间); `high is low` where all are known."""

    low: Array
    high: Array


class Truth(NamedTuple):
    """An answer of each row (判断结果): `certain` it holds, `possible` that it holds."""

    certain: Array
    possible: Array


@dataclass(frozen=True, slots=True)
class Name:
    """A word that expressions may use (名称).

    Args:
        name: the word.
        kind: of what it stands for.
        scale: whole parts that make one unit, for numbers.
        words: for `word`: the words it may be; stored as position + 1, 0 is unknown.
        parameter: a figure of the law, else a fact.
    """

    name: str
    kind: Kind
    scale: int = 1
    words: tuple[str, ...] = ()
    parameter: bool = False


class Row(Protocol):
    """What an expression reads: facts and figures of some rows, as arrays, or of one row, as plain numbers (取值环境)."""

    def span(self, name: str) -> Span:
        """A number or day."""

    def codes(self, name: str) -> Array:
        """A word as position + 1; 0 is unknown."""

    def truth(self, name: str) -> Truth:
        """A yes or no."""


class Unreadable(ValueError):
    """An expression that the grammar does not know (表达式无法识别): what is wrong, and what may be written."""

    def __init__(self, why: str, what_to_do: str) -> None:
        super().__init__(f"{why} {what_to_do}")
        self.why = why
        self.what_to_do = what_to_do


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition (条件).

    Args:
        text: as the rule writes it.
        names: words that it reads.
        days: days that it compares `built` with: the answer may change there.
        evaluate: rows → answer.
    """

    text: str
    names: frozenset[str]
    days: frozenset[date]
    evaluate: Callable[[Row], Truth]


@dataclass(frozen=True, slots=True)
class Amount:
    """A compiled figure (数值式).

    Args:
        text: as the rule writes it.
        names: words that it reads.
        scale: of the result.
        evaluate: rows → interval.
    """

    text: str
    names: frozenset[str]
    scale: int
    evaluate: Callable[[Row], Span]


def condition(text: str, names: Mapping[str, Name]) -> Condition:
    """Compile a condition (编译条件).

    Args:
        text: such as `area_m2 > approved_area_m2 and land_class == 'cultivated'`.
        names: words that may be used.

    Raises:
        Unreadable: what the grammar does not know.

    >>> area = {"area_m2": Name("area_m2", "number", 100)}
    >>> condition("area_m2 > 125", area).names
    frozenset({'area_m2'})
    >>> condition("open('x')", area)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    jiadi.policy.grammar.Unreadable: open('x') has a call, which a rule cannot have. Known are names, ...
    """
    reader = _Reader(text, names)
    evaluate = reader.condition(reader.tree())
    return Condition(text, frozenset(reader.seen), frozenset(reader.days), evaluate)


def amount(text: str, names: Mapping[str, Name]) -> Amount:
    """Compile a figure (编译数值式).

    Args:
        text: such as `max(homestead_standard_m2, approved_area_m2)`.
        names: words that may be used.

    Raises:
        Unreadable: what the grammar does not know.
    """
    reader = _Reader(text, names)
    evaluate, scale = reader.number(reader.tree())
    if scale is None:
        raise Unreadable(f"{text} is a bare number.", "Name a fact or a figure of the law.")
    return Amount(text, frozenset(reader.seen), scale, evaluate)


def both(left: Truth, right: Truth) -> Truth:
    """Holds where both hold (且).

    >>> both(Truth(np.array([True]), np.array([True])), Truth(np.array([False]), np.array([True]))).certain.tolist()
    [False]
    """
    certain = left.certain & right.certain
    known = left.certain is left.possible and right.certain is right.possible
    return Truth(certain, certain if known else left.possible & right.possible)


def either(left: Truth, right: Truth) -> Truth:
    """Holds where one holds (或)."""
    certain = left.certain | right.certain
    known = left.certain is left.possible and right.certain is right.possible
    return Truth(certain, certain if known else left.possible | right.possible)


def opposite(truth: Truth) -> Truth:
    """Holds where it does not (非)."""
    certain = _flipped(truth.possible)
    return Truth(certain, certain if truth.certain is truth.possible else _flipped(truth.certain))


def _flipped(answer: Any) -> Any:
    return not answer if isinstance(answer, bool) else ~answer


def compare(sign: type[ast.cmpop], left: Span, right: Span) -> Truth:
    """Compare two figures of each row, whatever they may be (比较).

    >>> known, wide = Span(*[np.array([5])] * 2), Span(np.array([1]), np.array([9]))
    >>> compare(ast.Gt, known, wide)
    Truth(certain=array([False]), possible=array([ True]))
    """
    if sign in (ast.Lt, ast.LtE):
        return compare(ast.Gt if sign is ast.Lt else ast.GtE, right, left)
    known = left.low is left.high and right.low is right.high
    if sign in (ast.Eq, ast.NotEq):
        possible = (left.low <= right.high) & (right.low <= left.high)
        equal = Truth(possible if known else (left.low == right.high) & (left.high == right.low), possible)
        return equal if sign is ast.Eq else opposite(equal)
    beats = operator.gt if sign is ast.Gt else operator.ge
    certain = beats(left.low, right.high)
    return Truth(certain, certain if known else beats(left.high, right.low))


_SIGNS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
_LISTED: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {"max": (np.maximum, max), "min": (np.minimum, min)}
_ALLOWED = "Known are names, numbers, 'words', 'days', comparisons, in (…), and, or, not, +, -, *, max(…), min(…) and count(…)."
_Number = Callable[[Row], Span]
_Answer = Callable[[Row], Truth]
_LARGE = 2**31
"""No factor is larger: areas in 0.01 m² up to 21 km², and the product of two such stays inside int64."""
_LONGEST = 500
_DEEPEST = 20


class _Reader:
    """Walks one expression and builds its evaluation."""

    def __init__(self, text: str, names: Mapping[str, Name]) -> None:
        self.text = text
        self.names = names
        self.seen: set[str] = set()
        self.days: set[date] = set()

    def tree(self) -> ast.expr:
        if len(self.text) > _LONGEST:
            raise Unreadable(f"The expression has {len(self.text)} characters.", f"Write at most {_LONGEST}.")
        try:
            tree = ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Unreadable(f"{self.text} is no expression.", _ALLOWED) from error
        if _depth(tree) > _DEEPEST:
            raise Unreadable(f"{self.text} is nested too deep.", "Write it as several conditions.")
        return tree

    def name(self, node: ast.Name) -> Name:
        if node.id not in self.names:
            raise Unreadable(f"The name {node.id} is unknown here.", f"Known are {', '.join(sorted(self.names))}.")
        self.seen.add(node.id)
        return self.names[node.id]

    def condition(self, node: ast.expr) -> _Answer:
        if isinstance(node, ast.BoolOp):
            return _chain([self.condition(value) for value in node.values], both if isinstance(node.op, ast.And) else either)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            return lambda row: opposite(inner(row))
        if isinstance(node, ast.Name):
            name = self.name(node)
            if name.kind != "truth":
                raise Unreadable(f"{name.name} is no yes or no.", "Compare it with something.")
            return lambda row: row.truth(name.name)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return _chain([self.comparison(left, sign, right) for left, sign, right in pairs], both)
        raise self.refused(node)

    def comparison(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> _Answer:
        kind = self.kind(left) or self.kind(right)
        if kind == "word":
            return self.words(left, sign, right)
        if kind == "truth" or type(sign) not in _SIGNS:
            raise Unreadable(f"{self.text}: these cannot be compared so.", _ALLOWED)
        if kind == "date":
            one, other = self.day(left, right), self.day(right, left)
        else:
            one, other = self.numbers(left, right)
        comparator = type(sign)
        return lambda row: compare(comparator, one(row), other(row))

    def kind(self, node: ast.expr) -> str | None:
        return self.name(node).kind if isinstance(node, ast.Name) else None

    def words(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> _Answer:
        if not isinstance(left, ast.Name) or not isinstance(sign, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            raise Unreadable(f"{self.text}: a word is compared by ==, != or in ('one', 'two'), its name first.", "Write it so.")
        name = self.name(left)
        listed = right.elts if isinstance(right, ast.Tuple) and isinstance(sign, ast.In | ast.NotIn) else [right]
        codes = [self.word(name, node) for node in listed]
        wanted = np.zeros(len(name.words) + 1, dtype=bool)
        wanted[codes] = True
        maybe = wanted.copy()
        maybe[0] = True

        def answer(row: Row) -> Truth:
            held = row.codes(name.name)
            return Truth(wanted[held], maybe[held])

        return answer if isinstance(sign, ast.Eq | ast.In) else lambda row: opposite(answer(row))

    def word(self, name: Name, node: ast.expr) -> int:
        if not isinstance(node, ast.Constant) or node.value not in name.words:
            raise Unreadable(f"{ast.unparse(node)} is no {name.name}.", f"Known are {', '.join(name.words)}.")
        return name.words.index(node.value) + 1

    def day(self, node: ast.expr, beside: ast.expr) -> _Number:
        if isinstance(node, ast.Name) and self.name(node).kind == "date":
            name = node.id
            return lambda row: row.span(name)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                day = date.fromisoformat(node.value)
            except ValueError as error:
                raise Unreadable(f"{node.value} is not a day.", "Write days as '2021-11-01'.") from error
            if isinstance(beside, ast.Name) and beside.id == "built":
                self.days.add(day)
            return _fixed((day - EPOCH).days)
        raise Unreadable(f"{ast.unparse(node)} is not a day.", "Compare a day with a day: built < '2021-11-01'.")

    def numbers(self, left: ast.expr, right: ast.expr) -> tuple[_Number, _Number]:
        (one, one_scale), (other, other_scale) = self.number(left), self.number(right)
        scale = self.agree(one_scale, other_scale)
        one = one if one_scale is not None else self.constant(left, scale)
        other = other if other_scale is not None else self.constant(right, scale)
        return one, other

    def agree(self, one: int | None, other: int | None) -> int:
        if one is None and other is None:
            raise Unreadable(f"{self.text} compares two bare numbers.", "Name a fact or a figure of the law.")
        if one is not None and other is not None and one != other:
            raise Unreadable(f"{self.text} mixes figures held in {one} and {other} parts of a unit.", "Compare like with like.")
        return one if one is not None else int(other or 1)

    def number(self, node: ast.expr) -> tuple[_Number, int | None]:
        """Evaluation and scale; None where it is a bare number, whose scale is the other side's."""
        if isinstance(node, ast.Name):
            name = self.name(node)
            if name.kind != "number":
                raise Unreadable(f"{name.name} is no number.", "Use a figure.")
            word = name.name
            return (lambda row: row.span(word)), name.scale
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool) and isinstance(node.value, int | float):
            return _fixed(0), None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            one, other = self.numbers(node.left, node.right)
            scale = self.agree(self.number(node.left)[1], self.number(node.right)[1])
            return (_added(one, other) if isinstance(node.op, ast.Add) else _subtracted(one, other)), scale
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self.product(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "count":
            return self.counted(node)
        if isinstance(node, ast.Call):
            return self.listed(node)
        raise self.refused(node)

    def counted(self, node: ast.Call) -> tuple[_Number, int]:
        """How many of the conditions hold."""
        if node.keywords or not node.args or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise Unreadable(f"{self.text}: count takes conditions.", "Write count(storeys > 2, main_building).")
        return _counted([self.condition(argument) for argument in node.args]), 1

    def product(self, node: ast.BinOp) -> tuple[_Number, int]:
        (one, one_scale), (other, other_scale) = self.number(node.left), self.number(node.right)
        if one_scale is None and other_scale is None:
            raise Unreadable(f"{self.text} multiplies two bare numbers.", "Name a fact or a figure of the law.")
        if None not in (one_scale, other_scale) and 1 not in (one_scale, other_scale):
            raise Unreadable(f"{self.text} multiplies two figures that are held in parts of a unit.", "One of them must be a whole count.")
        one = one if one_scale is not None else self.constant(node.left, 1)
        other = other if other_scale is not None else self.constant(node.right, 1)
        return _multiplied(one, other), (one_scale or 1) * (other_scale or 1)

    def listed(self, node: ast.Call) -> tuple[_Number, int]:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in _LISTED or node.keywords:
            raise Unreadable(f"{ast.unparse(node.func)}(…) cannot be called in a rule.", "Only max(…), min(…) and count(…) can.")
        if len(node.args) < 2:
            raise Unreadable(f"{function} takes two figures or more.", "Write them all.")
        parts = [self.number(argument) for argument in node.args]
        scale = parts[0][1]
        for _, other in parts[1:]:
            scale = self.agree(scale, other)
        settled = [
            part if own is not None else self.constant(argument, scale or 1) for argument, (part, own) in zip(node.args, parts, strict=True)
        ]
        of_rows, of_one = _LISTED[function]

        def pick(one: Any, other: Any) -> Any:
            return of_one(one, other) if isinstance(one, int) and isinstance(other, int) else of_rows(one, other)

        def picked(row: Row) -> Span:
            spans = [part(row) for part in settled]
            low, high, known = spans[0].low, spans[0].high, spans[0].low is spans[0].high
            for span in spans[1:]:
                known = known and span.low is span.high
                low = pick(low, span.low)
                high = low if known else pick(high, span.high)
            return Span(low, high)

        return picked, scale or 1

    def constant(self, node: ast.expr, scale: int) -> _Number:
        written = Decimal(ast.get_source_segment(self.text.strip(), node) or "0") * scale
        if written != written.to_integral_value() or abs(written) >= UNBOUNDED:
            raise Unreadable(f"{ast.unparse(node)} cannot be held in {scale} parts of a unit.", "Give fewer decimals.")
        return _fixed(int(written))

    def refused(self, node: ast.AST) -> Unreadable:
        kinds: dict[type[ast.AST], str] = {ast.Call: "a call", ast.Subscript: "an index", ast.Attribute: "an attribute"}
        loop = isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
        what = "a loop" if loop else kinds.get(type(node), ast.unparse(node))
        return Unreadable(f"{self.text} has {what}, which a rule cannot have.", _ALLOWED)


def _depth(node: ast.AST) -> int:
    deepest, level = 0, [node]  # breadth first: a deep tree must not recurse
    while level and deepest <= _DEEPEST:
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        deepest += 1
    return deepest


def _fixed(number: int) -> _Number:
    held: Any = number
    span = Span(held, held)
    return lambda _: span


def _chain(parts: list[_Answer], join: Callable[[Truth, Truth], Truth]) -> _Answer:
    def answer(row: Row) -> Truth:
        held = parts[0](row)
        for part in parts[1:]:
            held = join(held, part(row))
        return held

    return parts[0] if len(parts) == 1 else answer


def _added(one: _Number, other: _Number) -> _Number:
    def total(row: Row) -> Span:
        left, right = one(row), other(row)
        low = left.low + right.low
        return Span(low, low if left.low is left.high and right.low is right.high else left.high + right.high)

    return total


def _subtracted(one: _Number, other: _Number) -> _Number:
    def difference(row: Row) -> Span:
        left, right = one(row), other(row)
        low = left.low - right.high
        return Span(low, low if left.low is left.high and right.low is right.high else left.high - right.low)

    return difference


def _counted(parts: list[_Answer]) -> _Number:
    def number(row: Row) -> Span:
        held = [part(row) for part in parts]
        low: Any = sum(truth.certain * 1 for truth in held)
        known = all(truth.certain is truth.possible for truth in held)
        high: Any = low if known else sum(truth.possible * 1 for truth in held)
        return Span(low, high)

    return number


def _multiplied(one: _Number, other: _Number) -> _Number:
    """Product of two figures; what is beyond every figure stays so."""

    def product(row: Row) -> Span:
        left, right = one(row), other(row)
        known = left.low is left.high and right.low is right.high
        corners = [_times(a, b) for a in left for b in right]
        low = np.minimum.reduce(np.broadcast_arrays(*corners))
        return Span(low, low if known else np.maximum.reduce(np.broadcast_arrays(*corners)))

    return product


def _times(one: Array, other: Array) -> Array:
    near = np.clip(one, -_LARGE, _LARGE) * np.clip(other, -_LARGE, _LARGE)
    unbounded = ((np.abs(one) >= UNBOUNDED) & (other != 0)) | ((np.abs(other) >= UNBOUNDED) & (one != 0))
    held: Array = np.where(unbounded, np.sign(one) * np.sign(other) * UNBOUNDED, np.clip(near, -UNBOUNDED, UNBOUNDED))
    return held
