"""Problems handed back: in words of both languages, escaped, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from jiadi.register import workbook
from jiadi.register.tables import PROBLEMS, Delivery
from jiadi.survey import problems, report
from jiadi.survey.report import KEYS, write_problems

ROWS = [
    ("台账.xlsx", "余东村", 7, "户主/证件号码", "id_check_digit", "unknown", "330802********1234", ""),
    ("a.csv", "", 2, "权利人", "stray_space", "note", "=1+1", ""),
    ("宗地.shp", "", 1, "ZDDM", "duplicate_key", "unknown", "1", "宗地.shp #2"),
    ("far.xlsx", "", 0, "", "hostile", "refused", "", "English words"),
]


def delivery() -> Delivery:
    found = Delivery(problems=pl.DataFrame(ROWS, schema=PROBLEMS, orient="row"))
    found.files = [{"file": "far.xlsx", "sheet": "", "reason": "工作表太远。", "reason_en": "Too far."}]
    ranked = pl.DataFrame(
        {
            "file": ["宗地.shp"],
            "row": [3],
            "parcel_code": ["x"],
            "stated_m2": [100.0],
            "measured_m2": [120.0],
            "difference_m2": [20.0],
            "difference": [0.2],
        }
    )
    found.extra["area_differences"] = {"compared": 1, "ranked": ranked}
    return found


@pytest.mark.parametrize(("lang", "words"), [("zh", "工作表太远。"), ("en", "Too far.")])
def test_lines_for_programs(lang: str, words: str, tmp_path: Path) -> None:
    given = delivery()
    write_problems(tmp_path, given, given.problems, lang)
    lines = [json.loads(line) for line in (tmp_path / "problems.jsonl").read_text("utf-8").splitlines()]
    assert [tuple(line) for line in lines] == [KEYS] * 4
    by_code = {line["code"]: line for line in lines}
    assert by_code["hostile"]["message"] == words
    assert "宗地.shp #2" in by_code["duplicate_key"]["message"]
    assert by_code["id_check_digit"]["row"] == 7


def test_the_workbook_holds_no_formula_and_no_full_id(tmp_path: Path) -> None:
    given = delivery()
    write_problems(tmp_path, given, given.problems, "zh")
    book = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    assert book.sheetnames == ["汇总", "问题", "面积差异"]
    cells = [cell for row in book["问题"].iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells) and "'=1+1" in {cell.value for cell in cells}
    assert [cell.value for cell in book["面积差异"][2]][:4] == ["宗地.shp", 3, "x", 100]


def test_the_same_problems_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    given = delivery()
    for name, frame in (("a", given.problems), ("b", given.problems.reverse())):
        (tmp_path / name).mkdir()
        write_problems(tmp_path / name, given, frame, "zh")
    for file in ("problems.jsonl", "problems.xlsx"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_every_problem_has_a_level_and_words_in_both_languages() -> None:
    for code, entry in problems.catalogue().items():
        assert set(entry) == {"level", "zh", "en", "todo_zh", "todo_en"}, code
        assert entry["level"] in ("refused", "unknown", "note") and all(entry.values()), code
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in entry["en"] + entry["todo_en"]), code


def test_what_a_sheet_cannot_hold_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    given = delivery()
    ranked = pl.DataFrame({"file": ["宗地.shp"] * 7, "row": range(7), "parcel_code": ["x"] * 7, "overlap_m2": [1.0] * 7})
    given.extra["parcel_overlaps"] = ranked
    write_problems(tmp_path, given, given.problems, "zh", [report.Sheet("更多", ["甲"], [9], iter([(n,) for n in range(6)]))])
    book = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    assert book.sheetnames == ["汇总", "汇总 2", "问题", "问题 2", "面积差异", "宗地重叠", "宗地重叠 2", "宗地重叠 3", "更多", "更多 2"]
    for name, column, rows in (("宗地重叠", 1, list(range(7))), ("更多", 0, list(range(6)))):
        sheets = [book[sheet] for sheet in book.sheetnames if sheet.split(" ")[0] == name]
        assert [line[column] for sheet in sheets for line in sheet.iter_rows(min_row=2, values_only=True)] == rows
    assert sum(book[name].max_row - 1 for name in ("问题", "问题 2")) == len(ROWS)
