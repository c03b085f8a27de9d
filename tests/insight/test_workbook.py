"""The workbook of findings, read back as a person's spreadsheet would."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils.escape import unescape
from python_calamine import load_workbook

from jiadi.insight import spreadsheet, workbook
from jiadi.insight.spreadsheet import Sheet


@pytest.fixture(scope="module")
def written(county: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "findings.xlsx"
    workbook.write(path, county, "zh")
    return path


def rows_of(path: Path, sheet: int) -> list[list[Any]]:
    rows: list[list[Any]] = load_workbook(path).get_sheet_by_index(sheet).to_python()
    return rows


def test_each_finding_of_each_house_has_a_row(written: Path, county: Any) -> None:
    sheets = len(load_workbook(written).sheet_names)
    rows = [tuple(row[:5]) for sheet in range(1, sheets) for row in rows_of(written, sheet)[1:] if row[0].startswith("330802")]
    assert len(rows) == county.judgement.house_findings.height
    first = county.judgement.house_findings.filter(code="over_area").sort("house_id").row(0, named=True)
    assert any(row[0] == first["house_id"] and row[4] == "超占面积" for row in rows)


def test_figures_are_numbers_with_their_decimals(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    found = [row for sheet in book.worksheets[1:] for row in sheet.iter_rows(min_row=2) if row[4].value == "超占面积"]
    measured, limit, excess, unit, clause = found[0][6:11]
    assert (measured.value, limit.value, excess.value, unit.value) == (158.2, 125, 33.2, "㎡")
    assert measured.number_format == "#,##0.00"
    assert clause.value == "《land》第55条"
    counted = [row for sheet in book.worksheets[1:] for row in sheet.iter_rows(min_row=2) if row[4].value == "一户多宅"]
    assert counted[0][6].number_format == "#,##0"


def test_header_is_frozen_and_filtered(written: Path) -> None:
    sheet = openpyxl.load_workbook(written).worksheets[1]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:N{sheet.max_row}"
    assert sheet["A2"].number_format == "@"


def test_totals_come_first(written: Path, county: Any) -> None:
    rows = rows_of(written, 0)
    assert load_workbook(written).sheet_names[0] == "汇总"
    total = next(row for row in rows if row[0] == "合计")
    assert total[1] == county.judgement.houses.height
    assert total[7] == county.judgement.findings.height


def test_english_is_complete(county: Any, tmp_path: Path) -> None:
    workbook.write(tmp_path / "findings.xlsx", county, "en")
    assert rows_of(tmp_path / "findings.xlsx", 1)[0][:5] == ["House", "Household", "Village", "Verdict", "Finding"]
    assert "over area" in {row[4] for sheet in range(1, 10) for row in rows_of(tmp_path / "findings.xlsx", sheet)}


def test_same_judgement_same_bytes(county: Any, written: Path, tmp_path: Path) -> None:
    workbook.write(tmp_path / "again.xlsx", county, "zh")
    assert (tmp_path / "again.xlsx").read_bytes() == written.read_bytes()
    with zipfile.ZipFile(written) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_no_finding_is_said_in_words(make: Callable[..., Any], tmp_path: Path) -> None:
    workbook.write(tmp_path / "findings.xlsx", make(30, places=2, found=False), "zh")
    assert rows_of(tmp_path / "findings.xlsx", 1)[1][0].startswith("没有发现情形")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_escaped(make: Callable[..., Any], tmp_path: Path, text: str) -> None:
    county = make(40, places=1)
    judgement = county.judgement
    old = judgement.house_findings["house_id"][0]
    for name, column in (("houses", "id"), ("house_findings", "house_id")):
        frame = getattr(judgement, name)
        setattr(judgement, name, frame.with_columns(pl.col(column).replace(old, text)))
    workbook.write(tmp_path / "findings.xlsx", county, "zh")
    cells = {row[0] for row in rows_of(tmp_path / "findings.xlsx", 1)}
    assert any(str(cell).startswith("'") and str(cell)[2:] == text[1:] for cell in cells)
    assert workbook.safe(text) == f"'{text}"


def test_markup_and_control_signs_survive_or_go(tmp_path: Path) -> None:
    texts = ["<b>&\"'", "a\x00b\x0bc", "_x000D_", "  kept  ", None]
    sheet = Sheet("s", [10], rows=pl.DataFrame({"text": texts}), looks={"text": spreadsheet.TEXT})
    spreadsheet.write(tmp_path / "s.xlsx", [sheet], "<t>", date(2025, 1, 1))
    # A reader of the format takes _x005F_ for an underscore; this one leaves it to its caller.
    read = [row[0].value and unescape(row[0].value) for row in openpyxl.load_workbook(tmp_path / "s.xlsx").active.iter_rows()]
    assert read == ["<b>&\"'", "abc", "_x000D_", "  kept  ", None]


def test_an_overfull_township_goes_on_in_a_second_sheet(make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS_PER_SHEET", 10)
    county = make(60, places=1)
    workbook.write(tmp_path / "findings.xlsx", county, "zh")
    names = load_workbook(tmp_path / "findings.xlsx").sheet_names
    assert names[1:3] == ["新新街道", "新新街道(2)"]
    rows = sum(len(rows_of(tmp_path / "findings.xlsx", sheet)) - 1 for sheet in range(1, len(names)))
    assert rows == county.judgement.house_findings.height
