"""Several persons in one cell (一格多人): names and resident IDs joined by 、 are parted, the first one serves."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from jiadi.register.schema import Table
from jiadi.survey.check.gather import Cells
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.check.text import where

_JOINED = r"[、,，;；]"
_NAME_PARTS = re.compile(r"[、,，;；\n]+")
_ID_PARTS = re.compile(r"[、,，;；/\s]+")
_WHOLE_ID = re.compile(r"[0-9]{14,17}[0-9xX]")


def pairs(table: Table) -> list[tuple[str, str]]:
    """Columns of a name and of its ID (姓名与证件列), "" for a name without one.

    >>> from jiadi.register.schema import TABLES
    >>> pairs(TABLES["right"]), pairs(TABLES["house"])
    ([('holder_name', 'holder_id')], [('owner_name', '')])
    """
    names = [column.name for column in table.columns if column.kind == "name"]
    ids = {column.name for column in table.columns if column.kind == "person_id"}
    partner = {"name": "id_number"}
    found = []
    for name in names:
        number = partner.get(name, name.removesuffix("_name") + "_id")
        found.append((name, number if number in ids else ""))
    return found


def part(names: Cells | None, ids: Cells | None, pair: tuple[str, str], remarks: Remarks) -> tuple[Cells | None, Cells | None]:
    """Part cells that hold several persons (拆分一格多人).

    Args:
        names, ids: as they stand; None where the list has no such column.
        pair: their schema columns.
        remarks: told `several_in_cell` (as many IDs as names, or names alone) and `count_mismatch`, on
            the cell of the IDs where it holds several, else on that of the names.

    Returns:
        The cells with the first person alone; where counts differ the ID is taken away, since
        nobody can tell whose it is.

    >>> names, ids = Cells.of_text("张三、李四"), Cells.of_text("330802197603151233")
    >>> names, ids = part(names, ids, ("holder_name", "holder_id"), Remarks())
    >>> names.text.to_list(), ids.text.to_list()
    (['张三'], [None])
    """
    several = _several(names, ids)
    if several is None or not len(several):
        return names, ids
    name_text = names.text.gather(several).to_list() if names else [None] * len(several)
    id_text = ids.text.gather(several).to_list() if ids else [None] * len(several)
    first_names, first_ids, codes, columns = [], [], [], []
    for name, number in zip(name_text, id_text, strict=True):
        people, numbers = _parts(name, _NAME_PARTS), _id_parts(number)
        equal = not people or not numbers or len(people) == len(numbers)
        codes.append(("several_in_cell" if max(len(people), len(numbers)) > 1 else "") if equal else "count_mismatch")
        columns.append(pair[1] if len(numbers) > 1 or (not equal and pair[1]) else pair[0])
        first_names.append(people[0] if people else None)
        first_ids.append(number if len(numbers) == 1 and equal else numbers[0] if numbers and equal else None)
    told = {"place": several, "code": codes, "column": columns, "name": name_text, "id": id_text}
    _tell(pl.DataFrame(told, schema_overrides={"name": pl.String, "id": pl.String}), pair, remarks)
    return _first(names, several, first_names), _first(ids, several, first_ids)


def _several(names: Cells | None, ids: Cells | None) -> pl.Series | None:
    """Rows in which either cell may hold several persons."""
    masks = []
    if names is not None:
        masks.append(names.text.str.contains(rf"{_JOINED}|\S\n\S").fill_null(False))
    if ids is not None:
        masks.append((ids.text.str.contains(rf"{_JOINED}|/|\s") & (ids.text.str.len_chars() > 25)).fill_null(False))
        masks.append(ids.text.str.contains(_JOINED).fill_null(False))
    if not masks:
        return None
    found = masks[0]
    for mask in masks[1:]:
        found = found | mask
    return found.arg_true()


def _parts(text: str | None, between: re.Pattern[str]) -> list[str]:
    return [piece for piece in (piece.strip() for piece in between.split(text or "")) if piece]


def _id_parts(text: str | None) -> list[str]:
    """IDs of a cell; one that a line break has cut is one."""
    if text and _WHOLE_ID.fullmatch("".join(text.split())):
        return [text]
    return _parts(text, _ID_PARTS)


def _tell(told: pl.DataFrame, pair: tuple[str, str], remarks: Remarks) -> None:
    for column, value in ((pair[0], "name"), (pair[1], "id")):
        hit = told.filter((pl.col("column") == column) & (pl.col("code") != "")) if column else told.clear()
        if len(hit):
            remarks.add(hit.get_column("place").to_numpy(), column, hit.get_column("code"), hit.get_column(value), masked=value == "id")


def _first(cells: Cells | None, places: pl.Series, values: list[str | None]) -> Cells | None:
    return None if cells is None else replace(cells, text=cells.text.scatter(places, pl.Series(values, dtype=pl.String)))


def house_number_missing(numbers: pl.Series, villages: pl.Series | None, remarks: Remarks) -> pl.Series:
    """House numbers that name the village alone (门牌号缺失).

    Args:
        numbers: (n,) text, null where blank.
        villages: (n,) names of the villages; None where the list does not say them.
        remarks: told `house_number_missing`.

    Returns:
        (n,) null where there is no number in it.

    >>> house_number_missing(pl.Series(["余东村", "余东村12号"]), None, Remarks()).to_list()
    [None, '余东村12号']
    """
    bare = ~numbers.str.contains(r"[0-9]|[一二三四五六七八九十百〇零]+(号|幢|弄|组|室)")
    only_name = numbers.str.contains(r"(村|村委会|社区|自然村|居委会)$")
    if villages is not None:
        only_name = only_name | (numbers == villages).fill_null(False)
    places = where(bare & only_name)
    if not len(places):
        return numbers
    remarks.add(places, "house_number", "house_number_missing", numbers.gather(places))
    return numbers.scatter(places, None)
