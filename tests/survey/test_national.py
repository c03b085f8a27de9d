"""National tables (房地一体, 不动产登记, 宅基地数据库) are taken whole: fields, code lists, tables that belong together."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
import pyogrio
import pytest
import shapely

from jiadi.register.tables import Delivery
from jiadi.survey.check import check
from jiadi.survey.check.holding import share
from jiadi.survey.read import read

CODES = [f"330802001001JC{number:05d}" for number in range(1, 5)]
UNITS = [f"{code}F00010001" for code in CODES]
PERSONS = ["110101199003070118", "110101199003070134", "110101199003070150"]

FIELDS = {
    "KTT_ZDJBXX": ("ZDDM BDCDYH ZDTZM ZL ZDMJ YT QLLX QLXZ ZDSZD ZDSZN ZDSZX ZDSZB", "parcel", 12),
    "ZD_K_103": ("BSM ZDDM BDCDYH", "parcel", 3),
    "KTT_FW_ZRZ": ("BDCDYH ZRZH JGRQ JZWGD ZZDMJ ZYDMJ SCJZMJ ZCS DSCS DXCS GHYT FWJG", "house", 12),
    "QLF_QL_JSYDSYQ": ("BDCDYH QLLX SYQMJ BDCQZH", "right", 4),
    "ZTT_GY_QLR": ("BDCDYH SXH QLRMC ZJZL ZJH GYFS QLBL BDCQZH", "holder", 8),
    "Zjdzdxx": ("ZJDDM ZJDPZMJ SFCZ CZMJ ZJDQDFS ZJDQDSJ SFFZ ZSH ZSMJ FZDW", "right", 10),
    "Nhtz": ("NHDM HZXM HNCYSL ZJDZS NMFWSL ZJDZDMJ ZJDPZMJ XZZJDZS", "account", 8),
}
"""National table → its fields, the list that it is, and how many of the fields are read."""


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def layer(path: Path, columns: dict[str, list[Any]], name: str = "", **more: Any) -> Path:
    size = len(next(iter(columns.values())))
    shapes = [shapely.box(118.5 + number / 1000, 29, 118.5001 + number / 1000, 29.0001) for number in range(size)]
    table = pa.table({**columns, "geometry": shapely.to_wkb(shapes)})
    pyogrio.write_arrow(table, path, layer=name or path.stem, crs="EPSG:4490", geometry_name="geometry", geometry_type="Polygon", **more)
    return path


def taken(*paths: Path) -> Delivery:
    return check(read(list(paths)))


def told(delivery: Delivery, code: str) -> list[tuple[Any, ...]]:
    return delivery.problems.filter(pl.col("code") == code).select("file", "sheet", "row", "column", "value").rows()


@pytest.mark.parametrize("name", FIELDS)
def test_a_national_table_is_known_by_its_fields(name: str, tmp_path: Path) -> None:
    text, table, count = FIELDS[name]
    fields = text.split()
    if name == "ZD_K_103":
        path = layer(tmp_path / "cadastre.gpkg", {field: ["1"] for field in fields}, name)
    else:
        path = book(tmp_path / "register.xlsx", {name: [fields, ["1"] * len(fields)]})
    (sheet,) = read([path]).sheets
    assert (sheet.table, len(sheet.columns)) == (table, count)
    assert sorted(sheet.header(column) for column in sheet.columns) == sorted(fields)


def cadastre(tmp_path: Path) -> tuple[Path, Path]:
    """Outlines in a Shapefile, in GB18030 and without .cpg; what is said of them in a workbook."""
    shapes = layer(
        tmp_path / "ZD_K_103.shp",
        {"BSM": ["1", "2", "3"], "ZDDM": [CODES[0], CODES[1], None], "BDCDYH": [None, None, UNITS[2]]},
        encoding="GB18030",
    )
    rows = [["ZDDM", "BDCDYH", "ZL", "ZDMJ", "QLLX", "QLXZ"]]
    rows += [
        [code, unit, f"余东村{number}号", 118.5 + number, "5", "200"] for number, (code, unit) in enumerate(zip(CODES, UNITS, strict=True))
    ]
    rows[2][3] = "很大"
    return shapes, book(tmp_path / "KTT.xlsx", {"KTT_ZDJBXX": rows})


def test_outlines_and_what_is_said_of_them_are_one_row(tmp_path: Path) -> None:
    delivery = taken(*cadastre(tmp_path))
    parcels = delivery.tables["parcel"].sort("parcel_code")
    assert parcels["parcel_code"].to_list() == CODES
    assert parcels["location"].to_list() == [f"余东村{number}号" for number in range(4)]
    assert parcels["stated_area_m2"].to_list() == [118.5, None, 120.5, 121.5]
    assert parcels["geometry"].is_not_null().to_list() == [True, True, True, False]
    assert set(parcels["right_kind"]) == {"homestead"} and set(parcels["land_owner"]) == {"collective"}
    assert told(delivery, "duplicate_key") == []
    counts = {entry["file"]: (entry["rows"], entry["accepted"], entry["refused"], entry.get("joined", 0)) for entry in delivery.files}
    assert counts == {"ZD_K_103.shp": (3, 3, 0, 0), "KTT.xlsx": (4, 4, 0, 3)}


def test_a_problem_is_told_in_the_table_where_the_cell_stands(tmp_path: Path) -> None:
    delivery = taken(*cadastre(tmp_path))
    assert told(delivery, "not_a_number") == [("KTT.xlsx", "KTT_ZDJBXX", 3, "ZDMJ", "很大")]
    assert {(file, row, column) for file, _, row, column, _ in told(delivery, "area_differs")} == {
        ("KTT.xlsx", row, "ZDMJ") for row in (2, 4)
    }


def test_what_two_tables_say_differently_is_told_and_the_attributes_serve(tmp_path: Path) -> None:
    shapes = layer(tmp_path / "宗地.gpkg", {"ZDDM": CODES[:2], "QLRMC": ["张三", "李四"], "ZDMJ": [120.0, None]})
    said = book(tmp_path / "宗地.xlsx", {"宗地": [["宗地代码", "权利人", "宗地面积"], [CODES[0], "张山", 120], [CODES[1], "李四", 121]]})
    delivery = taken(shapes, said)
    assert told(delivery, "tables_differ") == [("宗地.xlsx", "宗地", 2, "权利人", "张山")]
    assert delivery.tables["parcel"].sort("parcel_code")["holder_name"].to_list() == ["张山", "李四"]


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    paths = list(cadastre(tmp_path))
    first = taken(*paths)
    random.Random(3).shuffle(paths)
    for order in (paths, paths[::-1]):
        again = taken(*order)
        assert again.tables["parcel"].equals(first.tables["parcel"]) and again.problems.equals(first.problems)


def test_a_code_that_stands_twice_puts_nothing_together(tmp_path: Path) -> None:
    shapes = layer(tmp_path / "宗地.gpkg", {"ZDDM": [CODES[0], CODES[0]], "ZDMJ": [120.0, 121.0]})
    said = book(tmp_path / "宗地.xlsx", {"宗地": [["宗地代码", "权利人", "宗地面积"], [CODES[0], "张三", 120]]})
    delivery = taken(shapes, said)
    assert len(told(delivery, "duplicate_key")) == 3 and delivery.tables["parcel"].height == 3


def test_houses_and_their_outlines_by_unit_code(tmp_path: Path) -> None:
    shapes = layer(tmp_path / "FW_ZRZ.gpkg", {"BDCDYH": UNITS[:2], "ZRZH": ["1", "2"], "ZCS": [3, 3]}, "FW_ZRZ")
    fields = ["BDCDYH", "ZRZH", "JGRQ", "ZCS", "DXCS", "FWJG", "GHYT"]
    rows = [fields, [UNITS[0], "1", "1998-05-01", 3, 1, "4", "10"], [UNITS[1], "2", "2005", 2, None, "3", "30"]]
    delivery = taken(shapes, book(tmp_path / "KTT.xlsx", {"KTT_FW_ZRZ": rows}))
    houses = delivery.tables["house"].sort("unit_code")
    assert houses.select("built_year", "storeys", "structure", "use", "building_code").rows() == [
        (1998, 2, "mixed", "residence", "1"),
        (2005, 2, "reinforced_concrete", "business", "2"),
    ]
    assert houses["geometry"].null_count() == 0
    assert told(delivery, "tables_differ") == [("KTT.xlsx", "KTT_FW_ZRZ", 3, "ZCS", "2")]


def test_holders_are_put_to_their_rights(tmp_path: Path) -> None:
    rights = [["BDCDYH", "QLLX", "SYQMJ", "BDCQZH"], [UNITS[0], "6", 118, "浙(2020)第1号"], [UNITS[1], "6", 120, "浙(2020)第2号"]]
    holders = [["BDCDYH", "SXH", "QLRMC", "ZJZL", "ZJH", "GYFS", "QLBL"]]
    holders += [[UNITS[0], 2, "李四", "1", PERSONS[1], "2", "50%"], [UNITS[0], 1, "张三", "1", PERSONS[0], "2", "1/2"]]
    holders += [[UNITS[1], 1, "Smith", "3", "P1234567", "2", "60%"], [UNITS[1], 2, "王五", "1", PERSONS[2], "2", "0.6"]]
    delivery = taken(book(tmp_path / "register.xlsx", {"QLF_QL_JSYDSYQ": rights, "ZTT_GY_QLR": holders}))
    assert delivery.tables["right"].sort("parcel_code").select("parcel_code", "holder_name", "holder_id", "right_kind").rows() == [
        (CODES[0], "张三", PERSONS[0], "homestead_house"),
        (CODES[1], "Smith", None, "homestead_house"),
    ]
    kept = delivery.tables["holder"].sort("parcel_code", "order")
    assert kept.select("holder_name", "id_kind", "document_number", "sharing").rows() == [
        ("张三", "resident_id", None, "by_shares"),
        ("李四", "resident_id", None, "by_shares"),
        ("Smith", "passport", "P1234567", "by_shares"),
        ("王五", "resident_id", None, "by_shares"),
    ]
    assert told(delivery, "id_invalid") == []
    assert [row[2] for row in told(delivery, "several_holders")] == [2, 5]
    assert [(row[2], row[3]) for row in told(delivery, "shares_not_one")] == [(4, "QLBL"), (5, "QLBL")]


def test_a_layer_of_homesteads_is_parcels_and_a_ledger(tmp_path: Path) -> None:
    columns = {
        "ZJDDM": CODES[:2], "ZJDPZMJ": [100.0, None], "SFCZ": ["1", "2"], "CZMJ": [20.0, 0.0], "ZJDQDFS": ["1", "3"],
        "ZSH": ["浙证1", None], "ZSMJ": [100.0, None],
    }  # fmt: skip
    delivery = taken(layer(tmp_path / "zjd.gpkg", columns, "Zjdzdxx"))
    assert delivery.tables["parcel"]["geometry"].null_count() == 0
    assert delivery.tables["right"].sort("parcel_code").select("approved_area_m2", "obtained", "stated_over", "certificate").rows() == [
        (100.0, "member", "yes", "浙证1"),
        (None, "inheritance", "no", None),
    ]
    assert [(entry["table"], entry["rows"], entry["accepted"]) for entry in delivery.files] == [("parcel", 2, 2), ("right", 2, 2)]
    assert sorted(delivery.sources["table"]) == ["parcel", "right"]


def test_a_ledger_serves_before_what_a_layer_says_of_rights(tmp_path: Path) -> None:
    shapes = layer(tmp_path / "zjd.gpkg", {"ZJDDM": CODES[:1], "ZJDPZMJ": [100.0], "ZJDQDFS": ["1"], "ZSH": ["浙证1"]}, "Zjdzdxx")
    ledger = book(tmp_path / "台账.xlsx", {"台账": [["宗地代码", "户主姓名", "批准面积", "取得方式"], [CODES[0], "张三", 118, "继承"]]})
    delivery = taken(shapes, ledger)
    assert delivery.tables["right"].select("holder_name", "approved_area_m2", "obtained", "certificate").rows() == [
        ("张三", 118.0, "inheritance", "浙证1")
    ]
    assert {(row[0], row[3], row[4]) for row in told(delivery, "tables_differ")} == {
        ("zjd.gpkg", "ZJDPZMJ", "100"),
        ("zjd.gpkg", "ZJDQDFS", "1"),
    }


@pytest.mark.parametrize(
    ("cells", "read_as", "asked"),
    [
        (["1", "2", 1], ["yes", "no", "yes"], []),
        (["1", "1", 1], [None] * 3, [2, 3, 4]),
        (["0", "1", 0], [None] * 3, [2, 3, 4]),
        (["0", "2", 1], [None] * 3, [2, 3, 4]),
        (["是", "1", "否"], ["yes", None, "no"], [3]),
        (["有", "无", None], ["yes", "no", None], []),
    ],
)
def test_digits_for_yes_and_no_are_read_only_where_they_are_sure(
    cells: list[Any], read_as: list[Any], asked: list[int], tmp_path: Path
) -> None:
    rows = [["调查编号", "层数", "三无"], *([f"330802001001-0000{n}", 2, cell] for n, cell in enumerate(cells))]
    delivery = taken(book(tmp_path / "调查.xlsx", {"Sheet1": rows}))
    assert delivery.tables["house"].sort("survey_code")["no_ties"].to_list() == read_as
    assert [row[2] for row in told(delivery, "yes_no_unclear")] == asked


def test_a_profile_says_what_the_digits_mean(tmp_path: Path) -> None:
    rows = [["调查编号", "层数", "三无"], ["330802001001-00001", 2, 0], ["330802001001-00002", 2, 1]]
    book(tmp_path / "调查.xlsx", {"Sheet1": rows})
    (tmp_path / "profile.yaml").write_text("layers: {'*': {table: house, codes: {no_ties: {'0': 'yes', '1': 'no'}}}}", encoding="utf-8")
    delivery = taken(tmp_path)
    assert delivery.tables["house"].sort("survey_code")["no_ties"].to_list() == ["yes", "no"]
    assert told(delivery, "yes_no_unclear") == []


@pytest.mark.parametrize("text", ["", "一半", "1/0", "50%%", "nan%", None])
def test_a_share_that_cannot_be_read_is_none(text: str | None) -> None:
    assert share(text) is None
