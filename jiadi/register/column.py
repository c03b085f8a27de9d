"""What a table and a column are (表与字段)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "text",
    "name",
    "person_id",
    "parcel_code",
    "unit_code",
    "division_code",
    "code",
    "area_m2",
    "length_m",
    "integer",
    "year",
    "month",
    "date",
    "enum",
    "boolean",
    "geometry",
]
"""What a column holds. Areas and lengths are Float64 already rounded half-up to 0.01, so that
`rint(100 * x)` gives the exact scaled integer that rules compare."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column (字段).

    Args:
        name: English name, ends in the unit.
        zh: Chinese name, the one that is written out.
        kind: see `Kind`.
        aliases: other headers that departments write, Chinese or national field names; matched
            without regard to case, spaces, brackets and units.
        codes: for `enum` and `boolean`: stored value → the words and digits that mean it, the
            first one being the one written out.
        low, high: believable range, ends included; outside it the cell is not taken.
        required: without it the row is not taken.
        key: identifies the row in its list; duplicates are told of each other.
    """

    name: str
    zh: str
    kind: Kind = "text"
    aliases: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    required: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table (表): its columns in the order in which they are written.

    Args:
        name: English, singular.
        zh: Chinese name.
        columns: the columns that a list of this kind may carry.
        identity: columns that together name one row for a person; the first that is filled serves.
        any_of: at least one of these must be filled, else the row is not taken.
        marks: columns that tell this list from others when headers are recognised.
        layers: names that national databases give it, in capitals.
        by_marks: whether its marks alone tell it; headings that many lists have do not.
    """

    name: str
    zh: str
    columns: tuple[Column, ...]
    any_of: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    by_marks: bool = False

    def column(self, name: str) -> Column:
        """The column of that name.

        >>> Table("parcel", "宗地", (Column("parcel_code", "宗地代码"),)).column("parcel_code").zh
        '宗地代码'
        """
        return next(column for column in self.columns if column.name == name)

    @property
    def spatial(self) -> bool:
        """Whether rows carry a geometry."""
        return any(column.kind == "geometry" for column in self.columns)
