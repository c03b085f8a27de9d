"""Every kind of dirt that departments' files carry: told with its code and level, and no row is lost for it.

Kinds that other tests hold already are named with them, so that this is the whole index.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from jiadi.register.tables import Delivery
from jiadi.survey import across
from jiadi.survey.check import check
from jiadi.survey.problems import levels
from jiadi.survey.read import read

TESTS = Path(__file__).parents[1]
ON = date(2025, 6, 30)
VILLAGE = "330802005211"
A, B = "330802001001JC00001", "330802001001JC00002"
GOOD, OTHER = "330802197603151233", "110101199003071030"
LEDGER = ["宗地代码", "户主姓名", "证件号码", "宅基地面积", "批准面积", "取得方式", "村代码"]
HOUSE = ["调查编号", "产权人", "建成年份", "层数", "建筑面积", "房屋高度", "门牌号", "不动产单元号"]
PERSON = ["户号", "姓名", "证件号码", "与户主关系", "村代码"]
Rows = list[list[Any]]
Write = Callable[[Path], None]

HELD: dict[str, str] = {
    "a title, a heading of two rows, totals, 序号": "survey/test_read_sheets.py::test_a_ledger_with_title_two_row_heading_and_total",
    "totals with other figures than their rows": "survey/test_totals.py::test_a_total_that_differs_is_told_and_marked_in_the_workbook",
    "several sheets by village": "survey/test_read_headings.py::test_a_sheet_a_village",
    "numbers as text": "survey/test_check_cells.py::test_text_in_a_column_of_numbers_is_noted_in_workbooks_alone",
    "a survey of one house to a file, ticks as R": "survey/test_questionnaire.py::test_ticks",
    "GIS-X and GIS-Y in one cell": "survey/test_questionnaire.py::test_a_form_is_one_house",
    "a .dbf in GBK or UTF-8 without .cpg, rows of mixed encodings": "geo/test_files.py::test_a_dbf_without_code_page_is_read_cell_by_cell",
    "a .cpg that lies": "geo/test_files.py::test_any_code_page_file_gives_the_same_text",
    "field names cut within a character": "geo/test_files.py::test_field_names_and_cells_cut_within_a_character_are_read",
    "a .prj that is missing": "geo/test_crs.py::test_an_unknown_system_is_a_question_with_guesses",
    "a zone prefix that is there or not": "geo/test_crs.py::test_every_three_degree_zone_is_known_with_and_without_prefix",
    "web map coordinates": "survey/test_check_tables.py::test_a_layer_in_web_map_coordinates_is_told_and_its_shapes_are_not_used",
    "overlapping parcels": "survey/test_check_tables.py::test_parcels_that_lie_over_each_other_are_told_of_each_other",
    "duplicate rings, self-intersection, slivers, parts": "survey/test_check_outline.py::test_what_is_odd_is_told",
    "households written 4+3": "survey/test_split.py::test_registered_persons_of_a_household",
    "a 15-digit number links": "survey/test_across.py::test_a_masked_or_unplaced_holder_of_another_name",
    "same name, another ID; a code in one list; another holder": "survey/test_across.py::test_each_question_is_asked_as_its_page_shows",
}


@pytest.mark.parametrize("kind", HELD)
def test_what_is_held_elsewhere_is_there(kind: str) -> None:
    path, name = HELD[kind].split("::")
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def book(name: str, rows: Rows, merged: tuple[str, ...] = ()) -> Write:
    """A workbook of one sheet."""

    def write(folder: Path) -> None:
        made = openpyxl.Workbook()
        page = made.active
        for row in rows:
            page.append(row)
        for area in merged:
            page.merge_cells(area)
        made.save(folder / name)

    return write


def text(name: str, rows: Rows) -> Write:
    """A list with commas."""
    return lambda folder: (folder / name).write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n", "utf-8") and None


def layer(name: str, features: list[tuple[dict[str, str], list[list[list[float]]]]]) -> Write:
    """A layer of polygons."""
    made = [{"type": "Feature", "properties": words, "geometry": {"type": "Polygon", "coordinates": rings}} for words, rings in features]
    return lambda folder: (folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": made}), "utf-8") and None


def ledger(number: object, name: str = "张三", area: object = 100, code: object = A) -> Write:
    """A ledger of one row and one that is sound."""
    rows = [LEDGER, [code, name, number, area, 90, "继承", VILLAGE], [B, "李四", OTHER, 80, 80, "继承", VILLAGE]]
    return book("台账.xlsx", rows)


def house(**cells: object) -> Write:
    """A survey of one house and one that is sound."""
    sound = {"调查编号": f"{VILLAGE}-00001", "产权人": "张三", "建成年份": 2013, "层数": 2, "建筑面积": 120, "房屋高度": 7}
    rows = [[{**sound, "调查编号": f"{VILLAGE}-0000{n}", **(cells if n == 1 else {})}.get(head) for head in HOUSE] for n in (1, 2)]
    return book("农房调查.xlsx", [HOUSE, *rows])


RING = [[118.86, 28.95], [118.8602, 28.95], [118.8602, 28.9502], [118.86, 28.9502], [118.86, 28.95]]
SWAPPED = [[y, x] for x, y in RING]
BESIDE = [[[x + 0.001 * n, y] for x, y in RING] for n in range(1, 4)]
CELLS: list[tuple[str, Write, str, int, tuple[str, str, object] | None]] = [
    ("a number that lost its last digits", ledger(330802197603151233), "id_from_float", 2, ("right", "holder_id", None)),
    ("a small x", ledger("11010119900307109x"), "id_lower_x", 2, ("right", "holder_id", "11010119900307109X")),
    ("a line break in a number", ledger("330802197603\n151233"), "id_line_break", 2, ("right", "holder_id", GOOD)),
    ("several in a cell", ledger(f"{GOOD}、{OTHER}", "张三、李四"), "several_in_cell", 2, ("right", "holder_id", GOOD)),
    ("names and numbers that do not match", ledger(GOOD, "张三、李四"), "count_mismatch", 2, ("right", "holder_id", None)),
    ("15 digits", ledger("330802760315123"), "id_15_digits", 2, ("right", "holder_id", "330802760315123")),
    ("a blank number", ledger(None), "", 2, ("right", "holder_id", None)),
    ("a unit of area", ledger(GOOD, area="120㎡"), "unit_in_number", 2, ("right", "stated_area_m2", 120.0)),
    ("a unit of storeys", house(层数="3层"), "unit_in_number", 2, ("house", "storeys", 3)),
    ("a unit of years", house(建成年份="2012年"), "unit_in_number", 2, ("house", "built_year", 2012)),
    ("a tab at the end", house(产权人="张三\t"), "stray_space", 2, ("house", "owner_name", "张三")),
    ("full-width digits", house(建筑面积="１３０"), "full_width", 2, ("house", "floor_area_m2", 130.0)),
    ("a year to come", house(建成年份=2203), "year_out_of_range", 2, ("house", "built_year", None)),
    ("a year long ago", house(建成年份=1203), "year_out_of_range", 2, ("house", "built_year", None)),
    ("a height beyond belief", house(房屋高度=900), "out_of_range", 2, ("house", "height_m", None)),
    ("an area beyond belief", house(建筑面积=9_000_000), "out_of_range", 2, ("house", "floor_area_m2", None)),
    ("storeys as a range", house(层数="1-3"), "storeys_range", 2, ("house", "storeys", None)),
    ("a village for a house number", house(门牌号="余东村"), "house_number_missing", 2, ("house", "house_number", None)),
    ("a parcel code not of 19 places", ledger(GOOD, code=A[:-1]), "parcel_code_invalid", 2, ("right", "parcel_code", None)),
    ("a unit code not of 28 places", house(不动产单元号=f"{A}F0001000"), "unit_code_invalid", 2, ("house", "unit_code", None)),
    ("a code in two rows", text("台账.csv", [LEDGER, *[[A, name, "", 100, 90, "继承", VILLAGE] for name in "甲乙"]]),
     "duplicate_key", 2, None),
    ("merged cells of words",
     book("户籍.xlsx", [PERSON, ["A1", "张三", GOOD, "户主", VILLAGE], [None, "张四", None, "子女", None]], ("A2:A3", "E2:E3")),
     "merged_cell", 2, ("person", "household_code", "A1")),
    ("axes exchanged", layer("宗地.geojson", [({}, [BESIDE[n]]) for n in range(3)] + [({"宗地代码": B}, [SWAPPED])]),
     "swapped_axes", 4, None),
    ("a stated area that differs", layer("宗地.geojson", [({"宗地代码": A, "宗地面积": "100"}, [RING])]), "area_differs", 1,
     ("parcel", "stated_area_m2", 100.0)),
]  # fmt: skip


def rows_of(delivery: Delivery) -> tuple[int, int, int]:
    """Rows that were read, accepted and refused, of all files."""
    return tuple(sum(int(str(entry[key])) for entry in delivery.files) for key in ("rows", "accepted", "refused"))  # type: ignore[return-value]


@pytest.mark.parametrize(("kind", "write", "code", "rows", "taken"), CELLS, ids=[case[0] for case in CELLS])
def test_a_kind_of_dirt(kind: str, write: Write, code: str, rows: int, taken: tuple[str, str, object] | None, tmp_path: Path) -> None:
    write(tmp_path)
    delivery = check(read([tmp_path]), ON)
    assert {entry["status"] for entry in delivery.files} == {"read"} and rows_of(delivery) == (rows, rows, 0)
    assert set(delivery.problems["code"]) == ({code} if code else set()), delivery.problems
    assert set(delivery.problems["level"]) == ({levels()[code]} if code else set())
    if taken:
        table, column, value = taken
        assert delivery.tables[table].sort("source_row")[column][1 if code == "merged_cell" else 0] == value
    if code == "duplicate_key":
        assert delivery.problems.select("row", "detail").rows() == [(2, "台账.csv #3"), (3, "台账.csv #2")]


ACCOUNT = ["农户代码", "户主姓名", "户内成员数", "宅基地宗数", "农房幢数", "村代码"]
BETWEEN: list[tuple[str, list[Write], str, list[tuple[int, str]]]] = [
    ("a household of none", [text("农户.csv", [ACCOUNT, ["A1", "张三", 0, 1, 1, VILLAGE]])], "household_size", [(2, "0")]),
    ("an account of sixty", [text("农户.csv", [ACCOUNT, ["A1", "张三", 60, 1, 1, VILLAGE]])], "household_size", [(2, "60")]),
    (
        "a household of sixty",
        [text("户籍.csv", [PERSON, *[["A1", f"甲{n:02d}", "", "子女", VILLAGE] for n in range(60)]])],
        "household_size",
        [(2, "A1")],
    ),
    (
        "built after its approval lapsed",
        [house(不动产单元号=f"{A}F00010001"), text("审批.csv", [["批准文号", "批准日期", "宗地代码"], ["1号", "2009-01-01", A]])],
        "built_after_lapse",
        [(2, "2013")],
    ),
]


@pytest.mark.parametrize(("kind", "writes", "code", "places"), BETWEEN, ids=[case[0] for case in BETWEEN])
def test_a_kind_of_dirt_between_lists(kind: str, writes: list[Write], code: str, places: list[tuple[int, str]], tmp_path: Path) -> None:
    for write in writes:
        write(tmp_path)
    delivery = check(read([tmp_path]), ON)
    read_, accepted, refused = rows_of(delivery)
    assert read_ == accepted and not refused and delivery.problems.is_empty()
    found = across.told(across.across(delivery)).filter(code=code)
    assert found.select("row", "value").rows() == places and set(found["level"]) == {levels()[code]}


def test_a_merged_number_is_not_counted_twice(tmp_path: Path) -> None:
    """Two rows of one area have it once; the key of a list is not repeated, for it would be two things of one name."""
    head = ["宗地代码", "户主姓名", "宅基地面积", "批准面积", "取得方式", "村代码"]
    rows = [head, [A, "张三", 120, 100, "继承", VILLAGE], [None, "李四", None, None, None, None]]
    book("台账.xlsx", rows, ("A2:A3", "C2:C3", "D2:D3", "E2:E3", "F2:F3"))(tmp_path)
    delivery = check(read([tmp_path]), ON)
    found = delivery.tables["right"].sort("source_row").select("parcel_code", "stated_area_m2", "obtained", "village_code")
    assert found.rows() == [(A, 120.0, "inheritance", VILLAGE), (None, None, "inheritance", VILLAGE)]
    assert delivery.problems.select("row", "column", "code").rows() == [(3, "取得方式", "merged_cell"), (3, "村代码", "merged_cell")]


def test_merged_cells_far_down_a_sheet(tmp_path: Path) -> None:
    people = [["A1" if n % 2 else None, f"甲{n:03d}", None, "子女", VILLAGE] for n in range(1, 201)]
    book("户籍.xlsx", [PERSON, *people], tuple(f"A{n}:A{n + 1}" for n in range(2, 202, 2)))(tmp_path)
    delivery = check(read([tmp_path]), ON)
    assert rows_of(delivery) == (200, 200, 0) and delivery.problems.filter(pl.col("code") == "merged_cell").height == 100
