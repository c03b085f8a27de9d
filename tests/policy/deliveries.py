"""A small delivery that tests change: one household with one house on one parcel, everything in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import shapely

from jiadi.policy import facts
from jiadi.policy.table import Facts
from jiadi.register.schema import TABLES
from jiadi.register.tables import PAIRS, PROBLEMS, Coverage, Delivery, Linked, frame_schema

VILLAGE = "330802001001"
CODE = "330802001001JC00001"
ON = date(2025, 6, 30)
SQUARE = shapely.to_wkb(shapely.box(118.8, 28.9, 118.8001, 28.9001))
LISTS: dict[str, list[dict[str, Any]]] = {
    "parcel": [{"id": "p", "parcel_code": CODE, "village_code": VILLAGE, "stated_area_m2": 120.0}],
    "right": [
        {
            "id": "r",
            "parcel_code": CODE,
            "holder_name": "王一",
            "holder_id": "330802197001011233",
            "approved_area_m2": 110.0,
            "obtained": "member",
            "land_class": "other",
            "village_code": VILLAGE,
        }
    ],
    "approval": [],
    "person": [{"id": "f/王一", "household_code": "f", "name": "王一", "id_number": "330802197001011233", "relation": "head"}],
    "member": [{"id": "m", "name": "王一", "id_number": "330802197001011233", "village_code": VILLAGE, "valid_from": date(2010, 1, 1)}],
    "footprint": [{"id": "o"}],
    "zone": [],
}
HOUSE = {"id": "h", "built_year": 2010, "use": "residence", "storeys": 2, "division_code": VILLAGE, "footprint_id": "o", "geometry": SQUARE}
PAIRED = [
    ("house_parcel", "h", "p"),
    ("house_household", "h", "f"),
    ("right_parcel", "r", "p"),
    ("right_household", "r", "f"),
    ("parcel_household", "p", "f"),
    ("member_person", "m", "f/王一"),
]
COVERAGE = (
    *(Coverage(name, ("330802",)) for name in ("right", "member", "person")),
    Coverage("approval", ("330802",), date(1982, 2, 13), date(2025, 7, 1)),
    *(Coverage("zone", ("330802",), kind=kind) for kind in TABLES["zone"].column("zone_kind").codes),
)


def frame(name: str, rows: Sequence[dict[str, Any]], source: int) -> pl.DataFrame:
    """Rows of a list with every column of the schema; row 1 is the header."""
    schema = frame_schema(TABLES[name])
    filled = [{**dict.fromkeys(schema), "source_id": source, "source_row": number, **row} for number, row in enumerate(rows, start=2)]
    return pl.DataFrame([{column: row[column] for column in schema} for row in filled], schema=schema)


def delivered(
    lists: dict[str, list[dict[str, Any]]] | None = None,
    houses: Sequence[dict[str, Any]] = (HOUSE,),
    pairs: Sequence[tuple[str, ...]] = tuple(PAIRED),
    coverage: Sequence[Coverage] = COVERAGE,
    torn: Sequence[tuple[str, str, int]] = (),
) -> tuple[Delivery, Linked]:
    """The delivery with some lists in place of its own.

    Args:
        lists: name → rows.
        pairs: kind, left, right and, where it is doubtful, "doubtful".
        torn: list, column and row of cells that could not be read.
    """
    whole = {**LISTS, **(lists or {})}
    names = list(whole)
    sources = pl.DataFrame(
        {
            "source_id": pl.Series(range(len(names)), dtype=pl.Int32),
            "file": [f"{name}.xlsx" for name in names],
            "sheet": list(names),
            "headers": [json.dumps({column.name: column.zh for column in TABLES[name].columns}) for name in names],
        }
    )
    problems = [
        (f"{name}.xlsx", name, row, TABLES[name].column(column).zh, "not_a_number", "unknown", "?", "") for name, column, row in torn
    ]
    delivery = Delivery(
        {name: frame(name, rows, number) for number, (name, rows) in enumerate(whole.items())},
        sources,
        pl.DataFrame(problems, schema=PROBLEMS, orient="row"),
        [],
        list(coverage),
    )
    return delivery, _linked(whole, houses, pairs)


def _linked(whole: dict[str, list[dict[str, Any]]], houses: Sequence[dict[str, Any]], pairs: Sequence[tuple[str, ...]]) -> Linked:
    own = {"division_code": pl.String, "footprint_id": pl.String}
    surveyed = frame("house", [{key: value for key, value in row.items() if key not in own} for row in houses], 0)
    placed = surveyed.with_columns(pl.Series(name, [row.get(name) for row in houses], dtype=kind) for name, kind in own.items())
    codes = sorted({row["household_code"] for row in whole["person"]})
    households = frame("household", [{"id": code, "household_code": code, "village_code": VILLAGE} for code in codes], 0)
    told = [(pair[0], pair[1], pair[2], pair[3] if len(pair) > 3 else "linked", 1.0, "") for pair in pairs]
    return Linked(placed, households, pl.DataFrame(told, schema=PAIRS, orient="row"), pl.DataFrame(schema=PROBLEMS))


def gathered(zones: pl.DataFrame | None = None, **changes: Any) -> Facts:
    """Facts of the delivery with some changes."""
    delivery, linked = delivered(**changes)
    return facts.build(delivery, linked, None, zones, ON)


def told(built: Facts, subject: str, fact: str, row: int = 0) -> Any:
    """A fact of one row: a figure, a word, yes, no, what it needs, (least, most), or None."""
    from jiadi.policy.vocabulary import VOCABULARY  # noqa: PLC0415

    known, column = VOCABULARY[subject][fact], built.blocks[subject].columns[fact]
    low, high = int(column.low[row]), int(column.high[row])
    if known.kind == "truth":
        return ("no", "yes")[low] if low < 2 else known.needs[low - 2]
    if known.kind == "word":
        return known.words[low - 1] if low else None
    return low if low == high else (low, high)
