"""What two rows are laid side by side by (对照要素): name, number, code, place, area, village of both."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

from jiadi.codes import unit
from jiadi.register.tables import Delivery, Linked
from jiadi.survey.link import keys

FEATURES = ("name", "number", "code", "place", "area")
"""What may be compared; a kind of link has some of them."""
SIDE: dict[str, pl.DataType] = {
    "id": pl.String(),
    "village": pl.String(),
    **{name: pl.Float64() if name == "area" else pl.String() for name in FEATURES},
}
"""Columns of a side: id, village, and the features, each null where not known."""


@cache
def evidence() -> dict[str, Any]:
    """The data that says what is compared, and what it is worth (对照方案).

    >>> evidence()["kinds"]["right_household"]["number"]
    ['holder_id', 'head_id']
    """
    text = files("jiadi.survey.review").joinpath("evidence.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def tables_of(kind: str) -> tuple[str, str]:
    """Lists that both sides of a kind of link come from (关联两侧的表).

    >>> tables_of("right_parcel")
    ('right', 'parcel')
    """
    left, right = kind.split("_")
    return left, right


def rows_of(table: str, delivery: Delivery, linked: Linked) -> pl.DataFrame:
    """The rows of a list as they are linked (待关联的行): houses and households are those of the run.

    Args:
        table: name of the list.
        delivery: checked lists.
        linked: what was made of them.
    """
    if table == "house":
        return linked.houses
    if table == "household":
        return linked.households
    return keys.listed(delivery, table)


def side(kind: str, place: int, rows: pl.DataFrame) -> pl.DataFrame:
    """One side of a kind of link, by its features (一侧的对照要素).

    Args:
        kind: of link.
        place: 0 for the left side, 1 for the right one.
        rows: of the list, as `rows_of` gives them.

    Returns:
        Frame of SIDE.

    >>> side("right_household", 1, pl.DataFrame({"id": ["A"], "head_name": ["张 三"], "village_code": ["330802005001"]}))["name"].to_list()
    ['张三']
    """
    compared = {name: columns[place] for name, columns in evidence()["kinds"][kind].items() if columns[place] in rows.columns}
    parts = [pl.col("id"), _village(rows).alias("village")]
    for name in FEATURES:
        column = compared.get(name)
        parts.append((_feature(name, column, rows) if column else pl.lit(None)).cast(SIDE[name]).alias(name))
    return rows.select(parts)


def _village(rows: pl.DataFrame) -> pl.Expr:
    known = [name for name in ("village_code", "division_code") if name in rows.columns]
    return pl.coalesce(known) if known else pl.lit(None, dtype=pl.String)


def _feature(name: str, column: str, rows: pl.DataFrame) -> pl.Expr:
    if name == "number":
        return pl.lit(keys.number_key(rows[column]))
    if name == "code":
        return pl.lit(unit.parcel_of_column(rows[column])) if column == "unit_code" else pl.col(column)
    if name == "area":
        return pl.col(column)
    return keys.name_key(column)
