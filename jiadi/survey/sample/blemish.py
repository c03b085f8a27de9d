"""The kinds of dirt that the forms can carry, each with where it fits and what it does to a cell (脏数据种类)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import polars as pl

from jiadi.survey.sample.draw import distributions

Change = Mapping[str, tuple[object, ...]]
"""Column → (text shown,) or (text shown, value that can still be known, None where it is destroyed)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A clean cell to be soiled: its text, the texts beside it, and chance."""

    text: str
    beside: Mapping[str, str | None]
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Blemish:
    """One kind of dirt in one column of one list (一种脏数据).

    Args:
        kind: problem code. table, column: where; "geometry" for the drawing.
        change: clean cell → what is shown and what can still be known.
        needs: what else must hold of the row.
        with_columns: cells that `change` looks at besides.
        as_number: whether a workbook writes the soiled cell as a number; None leaves it as it was.
        columnar: whether typed columns can carry it.
        also: codes that are told of the same cell besides, for they cannot be without each other.
        alone: whether survey row and parcel of an outline must carry no dirt.
    """

    kind: str
    table: str
    column: str
    change: Callable[[Cell], Change] = lambda cell: {}
    needs: pl.Expr | None = None
    with_columns: tuple[str, ...] = ()
    as_number: bool | None = None
    columnar: bool = False
    also: tuple[str, ...] = ()
    alone: bool = False


PERSON_COLUMNS = {
    "right": ("holder_name", "holder_id"),
    "person": ("name", "id_number"),
    "member": ("name", "id_number"),
    "aid": ("name", "id_number"),
    "approval": ("holder_name", "holder_id"),
}
_WORKBOOKS = ("right", "house", "aid", "approval")
RARE, _RARE_BEFORE = "䶮", "\ue863"
"""A rare character of given names, and where it stood in the private area before Unicode had a place for it."""
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def to_15(number: str) -> str:
    """An 18-digit resident ID in its old form (18 位降 15 位).

    >>> to_15("330802197603151233")
    '330802760315123'
    """
    return number[:6] + number[8:17]


def _slip(number: str, rng: np.random.Generator) -> str:
    """The number with one digit copied wrongly, the check digit or one before it, or with two neighbours exchanged."""
    way = int(rng.integers(3))
    if way == 1:
        place = int(rng.choice((4, 5, 14, 15, 16)))
        slipped = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    elif way == 2 and number[15] != number[16]:
        slipped = number[:15] + number[16] + number[15] + number[17]
    else:
        slipped = number[:17] + ("0" if number[17] != "0" else "1")
    # What ends in 000 is taken for a number that a spreadsheet has cut.
    return slipped if not slipped.endswith("000") else number[:16] + "1" + number[17]


def _another_name(cell: Cell) -> str:
    foreign, given = distributions()["foreign_surnames"], distributions()["given"]["male"]
    return str(foreign[cell.rng.integers(len(foreign))] + given[cell.rng.integers(len(given))])


def _other_number(number: str) -> str:
    """Another person's number: born one year before, its check digit right."""
    year = int(number[6:10]) - 1
    body = f"{number[:6]}{year}{number[10:17]}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def _born_last_century(column: str) -> pl.Expr:
    # 29 February has no day a year before; such numbers are left alone.
    return pl.col(column).str.slice(6, 2).eq("19") & pl.col(column).str.slice(10, 4).ne("0229")


def _ids(table: str) -> list[Blemish]:
    name, number = PERSON_COLUMNS[table]
    out = [
        Blemish("id_check_digit", table, number, lambda cell: {number: (_slip(cell.text, cell.rng), None)}, columnar=True),
        Blemish("id_invalid", table, number, lambda cell: {number: (cell.text[:8] + cell.text[9:], None)}, columnar=True),
        Blemish("id_15_digits", table, number, lambda cell: {number: (to_15(cell.text),)}, _born_last_century(number), columnar=True),
        Blemish("id_lower_x", table, number, lambda cell: {number: (cell.text.lower(),)}, pl.col(number).str.ends_with("X"), columnar=True),
        Blemish("full_width", table, number, lambda cell: {number: (cell.text.translate(_WIDE),)}, columnar=True),
        Blemish("stray_space", table, name, lambda cell: {name: (cell.text + "\t",)}, columnar=True),
    ]
    if table in _WORKBOOKS:
        cut = Blemish("id_from_float", table, number, lambda cell: {number: (cell.text[:15] + "000", None)}, as_number=True)
        broken = {number: lambda text: text[:6] + "\n" + text[6:]}
        out += [cut, Blemish("id_line_break", table, number, lambda cell: {number: (broken[number](cell.text),)}, columnar=True)]
    if table in ("right", "approval"):
        out += _several(table, name, number)
    return out


def _several(table: str, name: str, number: str) -> list[Blemish]:
    """Two holders in one cell, with as many numbers as names or not."""

    def even(cell: Cell) -> Change:
        return {name: (f"{cell.beside[name]}、{_another_name(cell)}",), number: (f"{cell.text}、{_other_number(cell.text)}",)}

    def uneven(cell: Cell) -> Change:
        return {number: (f"{cell.text}、{_other_number(cell.text)}", None)}

    old = _born_last_century(number)
    return [
        Blemish("several_in_cell", table, number, even, old, (name,), columnar=True),
        Blemish("count_mismatch", table, number, uneven, old, columnar=True),
    ]


def _owners() -> Blemish:
    """Two owners in one cell, without any number."""
    both = lambda cell: {"owner_name": (f"{cell.text}、{_another_name(cell)}",)}  # noqa: E731
    return Blemish("several_in_cell", "house", "owner_name", both, columnar=True)


def _shown(column: str, text: Callable[[str], str]) -> Callable[[Cell], Change]:
    return lambda cell: {column: (text(cell.text),)}


def _lost(column: str, text: Callable[[str], str]) -> Callable[[Cell], Change]:
    return lambda cell: {column: (text(cell.text), None)}


def _spoken(text: str) -> str:
    """Digits as they are spoken, one by one (三、二〇一三)."""
    return text.translate(str.maketrans("0123456789", "〇一二三四五六七八九"))


def _ranged(cell: Cell) -> Change:
    return {"storeys": (str(cell.rng.choice(("1-3", "1~2", "2至3层", "1、2"))), None)}


def _in_mu(column: str) -> Callable[[Cell], Change]:
    """An area in mu with four decimals, and what it is in square metres, rounded half up."""

    def change(cell: Cell) -> Change:
        mu = (Decimal(cell.text) * 15 / 10_000).quantize(Decimal("0.0001"))
        metres = (mu * 10_000 / 15).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return {column: (f"{mu}亩", float(metres))}

    return change


def _numbers() -> list[Blemish]:
    """Figures that are none, out of belief, written with their unit or as text."""
    unit = {"right": ("stated_area_m2", "㎡"), "house": ("built_year", "年"), "approval": ("approved_storeys", "层")}
    plain = {"right": "stated_area_m2", "house": "base_area_m2", "approval": "approved_floor_area_m2"}
    out = []
    for table, column in plain.items():
        out += [
            Blemish("not_a_number", table, column, _lost(column, lambda text: "看不清"), as_number=False),
            Blemish("out_of_range", table, column, _lost(column, lambda text: "9999999"), columnar=True),
            Blemish("number_as_text", table, column, _shown(column, str), as_number=False),
        ]
        about = _lost(column, lambda text: f"约{text.partition('.')[0]}")
        out += [Blemish("approximate", table, column, about, as_number=False)]
    out += [Blemish("unit_converted", table, plain[table], _in_mu(plain[table]), as_number=False) for table in ("right", "house")]
    for table, (column, word) in unit.items():
        change = _shown(column, lambda text, word=word: text + word)  # type: ignore[misc]
        out.append(Blemish("unit_in_number", table, column, change, as_number=False))
    return [
        *out,
        Blemish("out_of_range", "house", "height_m", _lost("height_m", lambda text: "350"), columnar=True),
        Blemish("unit_in_number", "house", "storeys", _shown("storeys", lambda text: text + "层"), as_number=False),
        Blemish("full_width", "house", "built_year", _shown("built_year", lambda text: text.translate(_WIDE)), as_number=False),
        Blemish("storeys_range", "house", "storeys", _ranged, as_number=False),
        Blemish("storeys_half", "house", "storeys", _lost("storeys", lambda text: text + "层半"), as_number=False),
        Blemish("number_in_words", "house", "storeys", _shown("storeys", _spoken), as_number=False),
        Blemish("number_in_words", "house", "built_year", _shown("built_year", _spoken), as_number=False),
        Blemish("year_out_of_range", "house", "built_year", _lost("built_year", lambda text: "2" + text[0] + text[2:]), columnar=True),
    ]


def _words_and_dates() -> list[Blemish]:
    unknown = {"house": ("structure", "窑洞"), "right": ("obtained", "抓阄"), "aid": ("aid_kind", "优抚"), "person": ("relation", "门客")}
    out = []
    for table, (column, word) in unknown.items():
        needs = pl.col("relation") != "head" if table == "person" else None
        out.append(Blemish("unknown_word", table, column, _lost(column, lambda text, word=word: word), needs))  # type: ignore[misc]
    for table, column in (("approval", "approved_on"), ("aid", "valid_from"), ("person", "valid_from")):
        out.append(Blemish("date_unreadable", table, column, _lost(column, lambda text: "某年春"), as_number=False))
    # A leap year, so that 29 February stays a day.
    future = _lost("approved_on", lambda text: "2032" + text[4:])
    return [
        *out,
        Blemish("unknown_word", "house", "use", _lost("use", lambda text: "晒谷")),
        Blemish("date_in_future", "approval", "approved_on", future, columnar=True),
        *(_turned_round(table) for table in ("person", "member", "aid")),
        Blemish("several_ticks", "house", "surroundings", _lost("surroundings", lambda text: text + "；靠山")),
        Blemish("several_ticks", "house", "structure", _lost("structure", lambda text: text + "；砖木结构")),
        *(_digit(column) for column in ("title", "basement", "hollow_slab")),
    ]


def _turned_round(table: str) -> Blemish:
    """An end before its beginning; nobody can tell which of the two is wrong."""

    def change(cell: Cell) -> Change:
        begun = cell.beside["valid_from"]
        assert begun is not None
        return {"valid_to": (f"{int(begun[:4]) - 1}-01-15", None), "valid_from": (begun, None)}

    return Blemish("date_order", table, "valid_to", change, pl.col("valid_from").is_not_null(), ("valid_from",), columnar=True)


def _digit(column: str) -> Blemish:
    """A digit among words for yes and no: 1 may be yes, and 0 may be 有."""
    return Blemish("yes_no_unclear", "house", column, _lost(column, lambda text: "1" if text == "是" else "0"), as_number=True)


def _codes() -> list[Blemish]:
    out = [
        Blemish("parcel_code_invalid", table, "parcel_code", _lost("parcel_code", lambda text: text[:-1]), columnar=True)
        for table in ("right", "parcel", "approval")
    ]
    return [
        *out,
        Blemish("unit_code_invalid", "house", "unit_code", _lost("unit_code", lambda text: text[:-2]), columnar=True),
        *(
            Blemish("full_width", table, "parcel_code", _shown("parcel_code", lambda text: text.translate(_WIDE)), columnar=True)
            for table in ("right", "approval")  # nineteen wide digits find no room in a Shapefile's column
        ),
        *(
            # Other rows of the list that name the village tell its code.
            Blemish("division_unknown", table, "village_code", _shown("village_code", lambda text: text[:9] + "999"), columnar=True)
            for table in ("member", "aid", "approval")
        ),
        Blemish("duplicate_key", "parcel", "parcel_code", columnar=True),
        Blemish("duplicate_key", "approval", "approval_code", columnar=True),
        Blemish(
            "house_number_missing", "house", "house_number", lambda cell: {"house_number": (cell.beside["village_name"], None)},
            pl.col("village_name").is_not_null(), ("village_name",), columnar=True,
        ),
    ]  # fmt: skip


def _areas_and_shapes() -> list[Blemish]:
    def differs(cell: Cell) -> Change:
        share = float(cell.rng.uniform(0.08, 0.3)) * (1 if cell.rng.random() < 0.5 else -1)
        return {"stated_area_m2": (f"{float(cell.text) * (1 + share):.2f}",)}

    shapes = [
        Blemish(kind, table, "geometry", columnar=True)
        for kind in ("self_intersection", "duplicate_points")
        for table in ("parcel", "footprint")
    ]
    shapes += [Blemish(kind, table, "geometry", columnar=True) for kind in ("spike", "several_parts") for table in ("parcel", "footprint")]
    in_both = pl.col("survey_code").is_not_null() & pl.col("_surveyed")
    shapes += [
        Blemish(kind, "footprint", "geometry", needs=in_both, columnar=True)
        for kind in ("empty_geometry", "coordinates_impossible", "away_from_place")
    ]
    shapes += [Blemish(kind, "footprint", "geometry", columnar=True) for kind in ("sliver", "ring_order")]
    several = ("house_crosses_parcel",)  # what stands on two parcels crosses a line of its own
    return [
        *shapes,
        Blemish("parcel_overlap", "parcel", "geometry", columnar=True),
        Blemish("house_crosses_parcel", "footprint", "geometry", columnar=True, alone=True),
        Blemish("house_on_several_parcels", "footprint", "geometry", columnar=True, also=several, alone=True),
        Blemish("house_outside_parcels", "footprint", "geometry", needs=pl.col("_coded"), columnar=True, alone=True),
        Blemish("swapped_axes", "footprint", "geometry", columnar=True),
        Blemish("area_differs", "parcel", "stated_area_m2", differs, columnar=True),
        Blemish("mixed_encoding", "parcel", "holder_name"),
        Blemish("mixed_encoding", "member", "name"),
        Blemish("stray_space", "footprint", "survey_code", _shown("survey_code", lambda text: text + " "), columnar=True),
    ]


def _people() -> list[Blemish]:
    def renamed(cell: Cell) -> Change:
        name = _another_name(cell)
        return {"holder_name": (name, name)}

    nobody = lambda cell: {"name": (None, None), "id_number": (None, None)}  # noqa: E731
    return [
        Blemish("name_differs", "right", "holder_name", renamed, pl.col("holder_id").is_not_null() & pl.col("_registered"), columnar=True),
        *(Blemish("required_missing", table, "name", nobody, columnar=True) for table in ("aid", "member")),
        *(
            Blemish("private_character", table, column, _shown(column, lambda text: text.replace(RARE, _RARE_BEFORE)), rare, columnar=True)
            for table, column in (("right", "holder_name"), ("person", "name"), ("member", "name"), ("house", "owner_name"))
            if (rare := pl.col(column).str.contains(RARE, literal=True)) is not None
        ),
        _owners(),
    ]


BLEMISHES: tuple[Blemish, ...] = (
    *(blemish for table in PERSON_COLUMNS for blemish in _ids(table)),
    *_numbers(),
    *_words_and_dates(),
    *_codes(),
    *_areas_and_shapes(),
    *_people(),
)
"""Every kind in every column that carries it; each has its own even part of the rows to be soiled."""
