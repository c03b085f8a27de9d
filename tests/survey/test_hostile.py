"""Files that attack their reader end in a refusal with its reason, and stop no other file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from jiadi.survey.check import check
from jiadi.survey.read import read
from jiadi.survey.read.inspect import workbook_fault

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0"?>'
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_sheet(path: Path, content: str | bytes) -> Path:
    """A workbook whose only sheet is replaced."""
    book = Workbook()
    honest = path.with_name("honest.xlsx")
    book.save(honest)
    with zipfile.ZipFile(honest) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, content if entry.filename == SHEET else source.read(entry))
    honest.unlink()
    return path


def two_cells(first: str, last: str, row: int) -> str:
    rows = f'<row r="1"><c r="{first}"><v>1</v></c></row><row r="{row}"><c r="{last}"><v>1</v></c></row>'
    return f"{HEAD}<worksheet {SPACE}><sheetData>{rows}</sheetData></worksheet>"


def persons(folder: Path) -> Path:
    path = folder / "户籍.csv"
    path.write_text("户号,姓名,与户主关系\n1,张三,户主\n", "gb18030")
    return path


def test_a_cell_at_the_far_end_of_an_empty_sheet_is_refused_and_the_batch_goes_on(tmp_path: Path) -> None:
    with_sheet(tmp_path / "far.xlsx", two_cells("A1", "XFD1048576", 1048576))
    persons(tmp_path)
    delivery = read([tmp_path])
    assert [(entry["file"], entry["code"]) for entry in delivery.files] == [("far.xlsx", "hostile")]
    assert "1048576" in str(delivery.files[0]["reason"]) and "1048576" in str(delivery.files[0]["reason_en"])
    assert [sheet.table for sheet in delivery.sheets] == ["person"]


def test_a_declared_range_beyond_the_cells_is_refused(tmp_path: Path) -> None:
    cells = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    content = f'{HEAD}<worksheet {SPACE}><dimension ref="A1:XFD1048576"/>{cells}</worksheet>'
    assert (fault := workbook_fault(with_sheet(tmp_path / "a.xlsx", content))) and fault[0] == "workbook_far_cell"


def test_a_long_list_is_not_taken_for_a_far_cell(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="Z{row}"><v>2</v></c></row>' for row in range(1, 3001))
    content = f'{HEAD}<worksheet {SPACE}><dimension ref="A1:Z3000"/><sheetData>{rows}</sheetData></worksheet>'
    assert workbook_fault(with_sheet(tmp_path / "a.xlsx", content)) is None


@pytest.mark.parametrize(
    "content",
    [
        f'{HEAD}<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet {SPACE}><sheetData/></worksheet>',
        f"{HEAD}<!-- far --><!doctype x><worksheet {SPACE}><sheetData/></worksheet>",
        f'{HEAD}<!DOCTYPE x [<!ENTITY e "1">]><worksheet {SPACE}><sheetData/></worksheet>'.encode("utf-16"),
    ],
    ids=["entity", "after a comment", "utf-16"],
)
def test_a_document_type_is_refused(content: str | bytes, tmp_path: Path) -> None:
    assert (fault := workbook_fault(with_sheet(tmp_path / "xxe.xlsx", content))) and fault[0] == "workbook_entities"


def test_a_part_that_swells_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    cells = "<c><v>1</v></c>" * 800_000
    content = f"{HEAD}<worksheet {SPACE}><sheetData><row>{cells}</row></sheetData></worksheet>"
    assert (fault := workbook_fault(with_sheet(tmp_path / "bomb.xlsx", content))) and fault[0] == "workbook_swells"


@pytest.mark.parametrize("name", ["a.geojson", "a.shp", "a.dxf", "a.vrt"])
def test_a_virtual_source_under_any_name_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    delivery = read([tmp_path / name])
    assert [entry["code"] for entry in delivery.files] == ["hostile"] and not delivery.sheets


def test_formulas_are_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "formula.csv"
    path.write_text('权利人,备注\n=1+1,+1\n-1,@SUM(A1)\n"\tx","\rx"\n', "utf-8", newline="")
    delivery = read([path])
    assert delivery.sheets[0].frame["t0"].to_list() == ["=1+1", "-1", "\tx"]
    assert "few_columns" in check(delivery).problems["code"].to_list()


@pytest.mark.parametrize("member", ["../escaped.csv", "/escaped.csv", "a/../../escaped.csv", "..\\escaped.csv"])
def test_a_zip_that_leads_out_of_its_folder_is_refused_whole(member: str, tmp_path: Path) -> None:
    bad = tmp_path / "in" / "交付.zip"
    bad.parent.mkdir()
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("户籍.csv", "户号,姓名,与户主关系\n1,张三,户主\n")
        archive.writestr(member, "x")
    delivery = read([bad])
    assert [entry["code"] for entry in delivery.files] == ["hostile"] and not delivery.sheets
    assert not list(tmp_path.rglob("escaped.csv"))


def test_a_zip_that_swells_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("户籍.csv", b"0" * 60_000_000)
    assert [entry["code"] for entry in read([tmp_path / "a.zip"]).files] == ["hostile"]


def test_a_manifest_that_nests_without_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "清单.yaml").write_text("[" * 50_000)
    assert [entry["status"] for entry in read([tmp_path]).files] == ["refused"]


def test_a_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("<html><table></table></html>")
    (tmp_path / "b.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)
    (tmp_path / "c.xlsx").write_bytes(b"")
    delivery = read([tmp_path])
    assert {entry["file"]: entry["code"] for entry in delivery.files} == {"a.xlsx": "unreadable", "b.xls": "unreadable", "c.xlsx": "empty"}
