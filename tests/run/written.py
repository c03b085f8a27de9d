"""Signed cases written down as a county hands them in: one delivery of workbooks that holds them all.

What a survey cannot write is left out and told by `unwritten`: a day of building, a figure that is known roughly, a
link that is in doubt, what lies on the map.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from jiadi.codes import division
from jiadi.register.column import Column
from jiadi.register.schema import TABLES

HOUSE = ("storeys", "safety_grade", "vacancy", "eaves_height_m", "open_floor_m", "fence_height_m", "fence_kind", "facade", "in_style")
HOUSE = (*HOUSE, "derelict", "heritage_status", "at_approved_place", "masonry", "construction", "hollow_slab", "no_ties", "storeys_added")
FLOORS = ("floor_area_m2", "floor_area_above_m2", "floor_area_below_m2")
RIGHT = ("land_class", "obtained")
FILES = {"house": "农房调查.xlsx", "parcel": "宗地.xlsx", "right": "宅基地台账.xlsx", "approval": "审批.xlsx", "member": "成员名册.xlsx"}
MANIFEST = """delivered_on: 2025-06-30
coverage:
  - {list: approval, divisions: ["33", "34", "44"], from: 1900-01-01, to: 2025-07-01}
  - {list: member, divisions: ["33", "34", "44"]}
  - {list: right, divisions: ["33", "34", "44"]}
"""
ON = "2025-06-30"

Rows = dict[str, dict[str, Any]]


class Unwritten(Exception):
    """No list can say this."""


def parcel_code(number: int, division: str = "330802001001") -> str:
    return f"{division[:6]}001001JC{number:05d}"


def village(code: str) -> str:
    """A place of the same county that the list of divisions knows: a signed case names a village that nobody has."""
    return next((one for one in sorted(division.table()) if one.startswith(code[:6]) and one[6:9] != "000"), f"{code[:6]}000000")


def house_code(number: int) -> str:
    return f"H{number:05d}"


def rows_of(number: int, row: dict[str, str]) -> Rows:
    """Rows of the lists that say what a case says; raises `Unwritten` where none can."""
    place, code = village(row["division"]), parcel_code(number, row["division"])
    if row["day"] != ON or "layer" in row or set(row) & {"homesteads", "persons_living"}:
        raise Unwritten("another day, the map, or a household")
    holder = f"甲{number:05d}"
    found: Rows = {
        "house": {"survey_code": house_code(number), "unit_code": f"{code}F00010001", "village_code": place},
        "parcel": {"parcel_code": code, "village_code": place, "stated_area_m2": row.get("area_m2", "100.00")},
        "right": {"parcel_code": code, "village_code": place, "holder_name": holder, "holder_id": identity(number)},
    }
    for name, written in row.items():
        if ".." in written or written.endswith(("_link", "_coverage", "_cell")):
            raise Unwritten(f"{name} is {written}")
        if name in (*HOUSE, *FLOORS):
            found["house"][name] = "" if written == name else written  # the word of what is needed: nobody filled it in
        elif name in RIGHT:
            found["right"][name] = written
    _built(found["house"], row.get("built", "2022-05"))
    found["house"]["use"] = {"": "residence", "yes": "residence", "no": "annex"}[row.get("main_building", "")]
    _approved(found, number, row)
    if row.get("must_be_removed") == "yes":
        found["other right"] = {
            "parcel_code": parcel_code(50_000 + number, place),
            "returned_parcel_code": code,
            "holder_name": f"乙{number:05d}",
        }
    if row.get("holder_is_member", "yes") == "yes":
        found["member"] = {"name": holder, "id_number": identity(number), "village_code": place, "valid_from": "2010-01-01"}
    if row.get("holder_is_member") == "holder_identity":
        found["right"] |= {"holder_name": "", "holder_id": ""}
    if row.get("has_main_house") == "no":
        raise Unwritten("no main house, so no house to look at")
    return found


def _built(house: dict[str, Any], written: str) -> None:
    parts = written.split("-") if written else []
    if len(parts) > 2:
        raise Unwritten(f"built on the day {written}")
    house |= {"built_year": parts[0] if parts else "", "built_month": parts[1] if len(parts) > 1 else ""}


def _approved(found: Rows, number: int, row: dict[str, str]) -> None:
    """The ledger's approved area, and an approval where the case has one."""
    area = row.get("approved_area_m2", "100.00")
    floors = {name: row[f"approved_{name}"] for name in FLOORS if f"approved_{name}" in row}
    if area == "" or "" in floors.values():
        raise Unwritten("an approval in doubt")
    if any(row[f"has_approved_{name.removesuffix('_m2')}"] == "no" and area != "none" for name, area in floors.items()):
        raise Unwritten("compared apart")
    if row.get("has_approval") == "no":
        return
    if row.get("has_approval", "yes") != "yes":
        raise Unwritten("an approval in doubt")
    if area != "none":
        found["right"]["approved_area_m2"] = area
    granted = {f"approved_{name}": value for name, value in floors.items() if value != "none"}
    if granted:
        found["approval"] = {
            "approval_code": f"批{number}",
            "approved_on": "2022-01-01",
            "parcel_code": found["right"]["parcel_code"],
            **granted,
        }


def identity(number: int) -> str:
    """A resident's number that is sound, and nobody's."""
    digits = f"33080219{50 + number % 50:02d}0101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]


def write(folder: Path, cases: list[tuple[int, Rows]]) -> None:
    """The delivery: a workbook a list, with every column that a case may fill."""
    listed: dict[str, list[dict[str, Any]]] = {name: [] for name in FILES}
    for _, rows in cases:
        for name, row in rows.items():
            listed[name.removeprefix("other ")].append(row)
    for name, rows in listed.items():
        book = openpyxl.Workbook()
        sheet = book.active
        columns = [column for column in TABLES[name].columns if any(column.name in row for row in rows)]
        sheet.append([column.zh for column in columns])
        for row in rows:
            sheet.append([_cell(column, row.get(column.name, "")) for column in columns])
        book.save(folder / FILES[name])
    (folder / "清单.yaml").write_text(MANIFEST, encoding="utf-8")


def _cell(column: Column, written: str) -> Any:
    if not written:
        return None
    if column.codes:
        return column.codes[written][0]
    return float(written) if column.kind.endswith("_m2") or column.kind == "length_m" else written


def written_cases(
    signed: Iterator[tuple[str, dict[str, str]]],
) -> tuple[list[tuple[int, str, dict[str, str], Rows]], list[tuple[str, str]]]:
    """Cases with their rows, numbered, and those that no list can say, each with why."""
    held, left = [], []
    for number, (code, row) in enumerate(signed, 1):
        try:
            held.append((number, code, row, rows_of(number, row)))
        except Unwritten as why:
            left.append((f"{code}: {row['case']}", str(why)))
    return held, left
