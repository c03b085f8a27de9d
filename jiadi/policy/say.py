"""Facts, figures and conditions in words (事实与条件的文字表述)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cache

from jiadi.codes import division
from jiadi.policy.grammar import EPOCH, UNBOUNDED, Span
from jiadi.policy.labels import label
from jiadi.policy.rules import Rule
from jiadi.policy.single import Case
from jiadi.policy.table import FAR_DAY, UNDATED_FROM

_SIGNS = {
    ast.Gt: (" ＞ ", " > "),
    ast.GtE: (" ≥ ", " ≥ "),
    ast.Lt: (" ＜ ", " < "),
    ast.LtE: (" ≤ ", " ≤ "),
    ast.Eq: ("为", " is "),
    ast.NotEq: ("不为", " is not "),
    ast.In: ("为", " is one of "),
    ast.NotIn: ("不为", " is none of "),
}
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: " + ", ast.Sub: " - ", ast.Mult: " × "}
_LISTED = {"max": "larger", "min": "smaller", "count": "counted"}
_WORDS = {
    "unknown": ("未知", "unknown"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "and": ("，且", " and "),
    "or": ("，或", " or "),
    "not": ("并非", "not "),
    "larger": ("中的较大者", "the larger of "),
    "counted": ("中成立的个数", "the number that hold of "),
    "smaller": ("中的较小者", "the smaller of "),
    "to": ("至", " to "),
    "at_most": ("不超过", "at most "),
    "to_verify": ("（待核实）", "(to be verified)"),
    "at_least": ("不少于", "at least "),
    "none_given": ("未规定", "none given"),
    "open": ("（", " ("),
    "close": ("）", ")"),
    "list": ("、", ", "),
    "nation": ("全国", "China"),
}


def word(key: str, lang: str) -> str:
    """One of the small words that sentences are put together from."""
    return _WORDS[key][lang != "zh"]


def figure(value: int, unit: str, scale: int, lang: str) -> str:
    """A whole number of parts as people write it (数值).

    >>> figure(12500, "m2", 100, "zh"), figure(250, "m", 100, "en"), figure(3, "storey", 1, "zh")
    ('125.00平方米', '2.50 m', '3层')
    """
    places = len(str(scale)) - 1
    plain = str((Decimal(value) / scale).quantize(Decimal(1).scaleb(-places))) if places else str(value)
    return plain + ("" if not unit else label(unit, lang) if lang == "zh" else f" {label(unit, lang)}")


def span(held: Span, unit: str, scale: int, lang: str) -> str:
    """A figure that may be known roughly (取值范围)."""
    low, high = int(held.low), int(held.high)
    if low == high:
        return figure(low, unit, scale, lang)
    if low <= -UNBOUNDED and high >= UNBOUNDED:
        return word("unknown", lang)
    if high >= UNBOUNDED and low == 0:
        return word("unknown", lang)
    if high >= UNBOUNDED:
        return word("at_least", lang) + figure(low, unit, scale, lang)
    if low <= -UNBOUNDED:
        return word("at_most", lang) + figure(high, unit, scale, lang)
    return figure(low, unit, scale, lang) + word("to", lang) + figure(high, unit, scale, lang)


def days(held: Span, lang: str) -> str:
    """A day that may be known roughly (日期范围).

    >>> import numpy as np
    >>> days(Span(np.array(7305), np.array(7669)), "zh"), days(Span(np.array(7305), np.array(7335)), "en")
    ('1990年', '1990-01')
    """
    if int(held.low) <= -FAR_DAY or int(held.high) >= FAR_DAY:
        return word("unknown", lang)
    first, last = (EPOCH + timedelta(days=int(end)) for end in held)
    if first == UNDATED_FROM and last.year > first.year:
        return word("unknown", lang)
    if first == last:
        return first.isoformat()
    after = last + timedelta(days=1)
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1) and first.year == last.year:
        return f"{first.year}年" if lang == "zh" else str(first.year)
    if first.day == after.day == 1 and (first.year, first.month) == (last.year, last.month):
        return f"{first.year}-{first.month:02d}"
    return f"{first}{word('to', lang)}{last}"


def value(case: Case, name: str, lang: str) -> str:
    """What a fact or figure is in one case (取值).

    Args:
        case: where it is read.
        name: of the fact or figure.
        lang: "zh" or "en".
    """
    rule = case.rule
    quota = rule.quotas.get(name)
    if quota is not None:
        summed = rule.parameters[quota.sum_of]
        return span(case.span(name), summed.unit, summed.scale, lang)
    known = rule.parameters.get(name)
    kind = {"boolean": "truth"}.get(known.kind, known.kind) if known else rule.facts[name].kind
    if kind == "truth":
        held = case.truth(name)
        return word("unknown" if held.certain != held.possible else "yes" if held.certain else "no", lang)
    if kind == "word":
        code = int(case.codes(name))
        words = known.words if known else rule.facts[name].words
        return word("unknown", lang) if code == 0 else spoken(words[code - 1], name, lang)
    held_span = case.span(name)
    if kind == "date":
        return days(held_span, lang)
    if known and int(held_span.low) < int(held_span.high):
        return word("none_given", lang)
    unit, scale = (known.unit, known.scale) if known else (rule.facts[name].unit, rule.facts[name].scale)
    return span(held_span, unit, scale, lang)


_SPOKEN = {("obtained", "historic"): "historic_approval", ("masonry", "other"): "other_kind", ("construction", "other"): "other_kind"}


def spoken(stored: str, name: str, lang: str) -> str:
    """A stored word; "historic" of a homestead is a way of obtaining it, not a verdict."""
    return label(_SPOKEN.get((name, stored), stored), lang)


def name_of(name: str, rule: Rule, lang: str) -> str:
    """What a fact or figure is called."""
    if name in rule.quotas:
        return rule.quotas[name].title[lang]
    return rule.parameters[name].title[lang] if name in rule.parameters else label(name, lang)


def condition(text: str, case: Case, lang: str) -> str:
    """A condition with the values of one case put in (条件表述).

    Args:
        text: as the rule writes it; it compiled, so its grammar is known.
        case: one case.
        lang: "zh" or "en".

    Returns:
        Such as 宗地面积（118.00平方米） ＞ 批准面积（120.00平方米）.
    """

    before, close = word("open", lang), word("close", lang)
    parts = list(_parts(text, lang))
    for place in range(1, len(parts), 2):
        name = parts[place]
        parts[place] = f"{name_of(name, case.rule, lang)}{before}{value(case, name, lang)}{close}"
    return "".join(parts)


@cache
def _parts(text: str, lang: str) -> tuple[str, ...]:
    """The words of a condition, and in every second place a name that it reads."""
    apart = "\0"
    return tuple(_phrase(ast.parse(text.strip(), mode="eval").body, lambda name: f"{apart}{name}{apart}", lang).split(apart))


def _phrase(node: ast.expr, named: Callable[[str], str], lang: str) -> str:
    def of(part: ast.expr) -> str:
        return _phrase(part, named, lang)

    match node:
        case ast.Name(id=name):
            words = named(name)
        case ast.Constant(value=stored):
            words = label(str(stored), lang)
        case ast.Tuple(elts=parts):
            words = word("list", lang).join(map(of, parts))
        case ast.BoolOp(op=sign, values=parts):
            words = word("and" if isinstance(sign, ast.And) else "or", lang).join(map(of, parts))
        case ast.UnaryOp(operand=inner):
            words = word("not", lang) + of(inner)
        case ast.BinOp(left=left, op=sign, right=right):
            words = of(left) + _OPERATORS[type(sign)] + of(right)
        case ast.Call(func=function, args=parts):
            which = word(_LISTED[ast.unparse(function)], lang)
            listed = word("list", lang).join(map(of, parts))
            words = listed + which if lang == "zh" else which + listed
        case ast.Compare(left=left, ops=signs, comparators=others):
            words = of(left) + "".join(_SIGNS[type(sign)][lang != "zh"] + of(other) for sign, other in zip(signs, others, strict=True))
        case _:
            raise AssertionError(f"{ast.unparse(node)} compiled, so it has words")
    return words


def state(name: str, holds: bool, lang: str) -> str:
    """A yes or no as a statement (陈述): 无批准面积 rather than 有无批准面积：否; "" where there is none.

    >>> state("has_approved_area", False, "zh"), state("road_layer", True, "en")
    ('无批准面积', 'covers the place')
    """
    key = f"{'layer' if name.endswith('_layer') else name}_{'yes' if holds else 'no'}"
    spoken = label(key, lang)
    return "" if spoken == key else spoken


def place_name(code: str, lang: str) -> str:
    """Name of a division (区划名称); its code where the packaged list does not hold it.

    >>> place_name("00", "zh"), place_name("330802", "zh")
    ('全国', '柯城区')
    """
    if code == "00":
        return word("nation", lang)
    found = division.table().get(division.pad(code))
    return found.name if found else code


def place(code: str) -> str:
    """Where a house stands, from the county inwards (所在地).

    >>> place("330802000000")
    '柯城区'
    >>> place("")
    ''
    """
    levels = [code[:length].ljust(12, "0") for length in (6, 9, 12)]
    names = [found.name for level in dict.fromkeys(levels) if code and (found := division.table().get(level))]
    return "".join(names) or code
