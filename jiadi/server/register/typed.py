"""What a person types of one cell, and how a cell is written so that it can be typed again (单元格录入)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from jiadi.codes import parcel, person, unit
from jiadi.register.column import Column
from jiadi.register.schema import TABLES
from jiadi.server.register.columns import FLOATS, SEALED, WHOLE

EDITED = ("house", "parcel", "household", "approval")
"""Tables whose rows are edited by hand."""
NOT_HERE = {"geometry", "feature_code", "village_code", "village_name", "household_code", "gis_x", "gis_y"}
"""Columns that say which row it is or where it lies: another row, not another word for it."""
ILLEGIBLE = {"date", "year", *FLOATS}
"""Kinds of cells of which a paper may say something that nobody can read, or only half of it."""
INCOMPLETE = re.compile(r"\d{4}([-/.年]\d{1,2}月?|年)?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
CODES = {"parcel_code": (parcel.check, "wrong.parcel_code"), "unit_code": (unit.check, "wrong.unit_code")}
LONGEST = 200


class Wrong(ValueError):
    """What was typed cannot be taken (填写有误): `key` of the words that say why, and what they leave open."""

    def __init__(self, key: str, **filled: object) -> None:
        super().__init__(key)
        self.key, self.filled = key, filled


class Illegible(Exception):
    """A paper says something of this cell, but not all of it (记载不全)."""


def columns(table: str) -> list[Column]:
    """Columns of a table that are edited by hand, in their order (可修改的列).

    >>> [column.name for column in columns("household")]
    ['head_name', 'head_id', 'size']
    """
    return [column for column in TABLES[table].columns if column.name not in NOT_HERE]


def typed(column: Column, text: str) -> Any:
    """A cell from what was typed (录入值): None where nothing was, which is unknown.

    Args:
        column: of the schema.
        text: as it was typed; full-width digits, units of length and area, and spaces around it do not count.

    Raises:
        Wrong: it is none of the column's, or beyond belief.
        Illegible: a day of which only the year or month is known.

    >>> size, day = TABLES["parcel"].column("stated_area_m2"), TABLES["approval"].column("approved_on")
    >>> typed(size, " １２０.125㎡ "), typed(size, ""), typed(day, "2010年3月5日")
    (120.13, None, datetime.date(2010, 3, 5))
    >>> typed(day, "2010-03")
    Traceback (most recent call last):
        ...
    jiadi.server.register.typed.Illegible
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("\0", "")
    if not plain:
        return None
    if column.codes:
        if plain not in column.codes:
            raise Wrong("wrong.choice")
        return plain
    if column.kind in FLOATS or column.kind in WHOLE:
        return _number(column, plain)
    if column.kind == "date":
        return _day(plain)
    return _text(column, plain)


def _number(column: Column, plain: str) -> int | float:
    try:
        held = Decimal(re.sub(r"(平方米|m2|m²|米|m|层|人|年|月)$", "", plain).strip())
    except InvalidOperation:
        raise Wrong("wrong.number") from None
    if not held.is_finite() or (column.kind in WHOLE and held != held.to_integral_value()):
        raise Wrong("wrong.number")
    high = timezone.localdate().year if column.kind == "year" else column.high
    if (column.low is not None and held < Decimal(str(column.low))) or (high is not None and held > Decimal(str(high))):
        raise Wrong("wrong.range", low=_plain(column.low), high=_plain(high))
    return int(held) if column.kind in WHOLE else float(held.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _plain(bound: float | None) -> str:
    return "" if bound is None else f"{bound:g}" if bound < 1e5 else f"{bound:.0f}"


def _day(plain: str) -> date:
    whole = DAY.fullmatch(plain)
    if whole is None:
        if INCOMPLETE.fullmatch(plain):
            raise Illegible
        raise Wrong("wrong.day")
    try:
        return date(*map(int, whole.groups()))
    except ValueError:
        raise Wrong("wrong.day") from None


def _text(column: Column, plain: str) -> str:
    if len(plain) > LONGEST:
        raise Wrong("wrong.long", most=LONGEST)
    if column.kind == SEALED:
        plain = re.sub(r"\s", "", plain).upper()
        if person.check(plain) not in (None, "id_15_digits"):
            raise Wrong("wrong.id")
    if column.kind in CODES:
        plain = re.sub(r"\s", "", plain).upper()
        check, said = CODES[column.kind]
        if check(plain):
            raise Wrong(said)
    return plain


def written(column: Column, held: Any) -> str:
    """A cell as it would be typed (录入形式); "" where it is unknown.

    >>> written(TABLES["parcel"].column("stated_area_m2"), 120.0), written(TABLES["house"].column("structure"), None)
    ('120.00', '')
    """
    if held is None:
        return ""
    return f"{held:.2f}" if isinstance(held, float) else held.isoformat() if isinstance(held, date) else str(held)
