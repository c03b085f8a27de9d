"""Problems go back in the user's own workbook, and what comes back corrected is the same rows."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.register.tables import Delivery
from jiadi.survey.check import check
from jiadi.survey.giveback import mark
from jiadi.survey.giveback.style import RED
from jiadi.survey.giveback.write import write
from jiadi.survey.read import read
from jiadi.survey.sample import generate

BETWEEN = ("subtotal", "blank_row", "repeated_heading", "remark")
KEYED = ("house", "parcel", "right", "approval", "person")


def checked(*paths: Path) -> Delivery:
    """Files as checked."""
    return check(read(list(paths)))


def red(sheet: object) -> list[openpyxl.cell.Cell]:
    """Cells of a sheet that are red."""
    return [cell for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == RED]  # type: ignore[attr-defined]


def given_back(folder: Path, out: Path, lang: str = "zh") -> tuple[Delivery, list[str]]:
    """Check a folder and write what goes back."""
    delivery = checked(folder)
    return delivery, write(out, [folder], delivery, delivery.problems, lang)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same county twice, with and without dirt, and what goes back of the dirty one."""
    folder = tmp_path_factory.mktemp("county")
    generate(folder / "clean", 120, seed=5)
    generate(folder / "dirty", 120, seed=5, dirt=0.3)
    given_back(folder / "dirty", folder / "out")
    return folder


def test_every_problem_of_a_cell_is_red_commented_and_in_the_last_column(county: Path) -> None:
    planted = json.loads((county / "dirty" / "truth.json").read_text("utf-8"))["dirt"]
    delivery = checked(county / "dirty")
    books = {name: openpyxl.load_workbook(county / "out" / "returned" / name) for name in ("宅基地台账.xlsx", "审批.xlsx", "农房调查.xlsx")}
    told = delivery.problems.filter(pl.col("file").is_in(list(books)), ~pl.col("code").is_in(["required_missing", "merged_cell"]))
    for file, sheet, row, column in told.select("file", "sheet", "row", "column").unique().iter_rows():
        page = books[file][sheet]
        line = [cell for cell in page[row] if cell.fill.fgColor.rgb == RED and cell.comment]
        assert line, (file, sheet, row)
        last = page.cell(row, page.max_column).value
        assert last and column in last
    held = {(one["file"], one["sheet"], one["row"]) for one in planted if one["file"] in books and one["code"] != "name_differs"}
    assert held == {(name, page.title, cell.row) for name, book in books.items() for page in book.worksheets[1:] for cell in red(page)}


def test_codes_are_text_and_the_rest_of_the_workbook_stays(county: Path) -> None:
    before = openpyxl.load_workbook(county / "dirty" / "宅基地台账.xlsx")
    after = openpyxl.load_workbook(county / "out" / "returned" / "宅基地台账.xlsx")
    assert after.sheetnames == [mark.SHEET, *before.sheetnames]
    for sheet in before.worksheets:
        page = after[sheet.title]
        assert {str(area) for area in page.merged_cells.ranges} == {str(area) for area in sheet.merged_cells.ranges}
        assert page.max_column == sheet.max_column + 1
        for row in sheet.iter_rows(min_row=4):
            for cell in row:
                mate = page[cell.coordinate]
                if isinstance(cell, MergedCell):
                    assert mate.value is None
                elif cell.column_letter in "BDJ" and cell.value is not None:
                    assert isinstance(mate.value, str) and mate.number_format == "@"
                else:
                    assert mate.value == cell.value


def test_the_corrected_workbook_is_the_same_rows_without_problems(county: Path, tmp_path: Path) -> None:
    shutil.copytree(county / "clean", tmp_path / "mended")
    truth = json.loads((county / "dirty" / "truth.json").read_text("utf-8"))
    planted, inserted = truth["dirt"], [one for one in truth["layout"] if one["kind"] in BETWEEN]
    for name in ("宅基地台账.xlsx", "审批.xlsx", "农房调查.xlsx", "低保.xlsx"):
        clean = openpyxl.load_workbook(county / "clean" / name)
        back = openpyxl.load_workbook(county / "out" / "returned" / name)
        for sheet, row in {(one["sheet"], one["row"]) for one in planted if one["file"] == name}:
            before = sum((one["file"], one["sheet"]) == (name, sheet) and one["row"] < row for one in inserted)
            for cell in clean[sheet][row - before]:
                mate = back[sheet].cell(row, cell.column)
                if not isinstance(mate, MergedCell):
                    mate.value = cell.value
        for sheet in {one["sheet"] for one in planted if one["file"] == name and one["code"] == "column_claimed_twice"}:
            back[sheet].delete_cols(clean[sheet].max_column + 1, 2)
        back.save(tmp_path / "mended" / name)
    first, again = checked(county / "clean"), checked(tmp_path / "mended")
    # What was merged is merged still: that is noted, and no mistake.
    assert again.problems.filter(pl.col("code") != "merged_cell").is_empty()
    assert {name: len(frame) for name, frame in again.tables.items()} == {name: len(frame) for name, frame in first.tables.items()}
    for name in KEYED:
        assert again.tables[name].get_column("id").to_list() == first.tables[name].get_column("id").to_list()
        # Between the rows of the ledger stand subtotals, in the soiled one.
        place = ["source_id", "source_row"] if name == "right" else ["source_id"]
        assert again.tables[name].drop(place).equals(first.tables[name].drop(place))


def test_a_text_list_comes_back_as_a_workbook_of_the_same_rows(county: Path, tmp_path: Path) -> None:
    shutil.copytree(county / "dirty", tmp_path / "d")
    before = checked(tmp_path / "d")
    (tmp_path / "d" / "户籍.csv").unlink()
    shutil.copy(county / "out" / "returned" / "户籍.csv.xlsx", tmp_path / "d")
    after = checked(tmp_path / "d")
    assert after.tables["person"].get_column("id").equals(before.tables["person"].get_column("id"))
    columns = [name for name in after.tables["person"].columns if not name.startswith("source")]
    assert after.tables["person"].select(columns).equals(before.tables["person"].select(columns))


def test_the_copy_serves_instead_of_the_original_beside_it(county: Path, tmp_path: Path) -> None:
    shutil.copytree(county / "dirty", tmp_path / "d")
    before = checked(tmp_path / "d")
    shutil.copy(county / "out" / "returned" / "审批.xlsx", tmp_path / "d" / "审批（改）.xlsx")
    shutil.copy(county / "out" / "returned" / "宗地.shp.xlsx", tmp_path / "d")
    after = checked(tmp_path / "d")
    assert after.tables["approval"].get_column("id").equals(before.tables["approval"].get_column("id"))
    assert after.tables["parcel"].get_column("id").equals(before.tables["parcel"].get_column("id"))
    unused = {(entry["file"], entry["sheet"]) for entry in after.files if entry["status"] == "unused"}
    assert unused == {("审批.xlsx", "审批"), ("宗地.shp.xlsx", "数据")}


def test_what_is_sent_back_uncorrected_is_marked_anew_and_not_twice(county: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    back = openpyxl.load_workbook(county / "out" / "returned" / "审批.xlsx")
    clean = openpyxl.load_workbook(county / "clean" / "审批.xlsx")
    first, *rest = red(back["审批"])
    for cell in clean["审批"][first.row]:
        back["审批"][cell.coordinate].value = cell.value
    back.save(tmp_path / "d" / "审批.xlsx")
    shutil.copy(county / "dirty" / "清单.yaml", tmp_path / "d")
    given_back(tmp_path / "d", tmp_path / "out")
    again = openpyxl.load_workbook(tmp_path / "out" / "returned" / "审批.xlsx")
    assert again.sheetnames == back.sheetnames
    assert [cell.value for cell in again["审批"][1]].count(mark.HEADING) == 1
    left = {cell.coordinate for cell in red(again["审批"])}
    assert first.coordinate not in left and not again["审批"][first.coordinate].comment
    # The other row of a duplicate has no problem any more once this one is mended.
    assert {cell.row for cell in rest} - {int(place[1:]) for place in left} - {first.row} == set()


def test_the_same_input_gives_the_same_bytes(county: Path, tmp_path: Path) -> None:
    _, names = given_back(county / "dirty", tmp_path)
    assert names
    for name in names:
        assert (tmp_path / "returned" / name).read_bytes() == (county / "out" / "returned" / name).read_bytes(), name


def test_nothing_goes_back_of_clean_files(county: Path, tmp_path: Path) -> None:
    assert given_back(county / "clean", tmp_path)[1] == []
    assert not (tmp_path / "returned").exists()


def own_workbook(path: Path) -> None:
    """A workbook as people keep them: a comment, a colour, widths, a print area, a formula, a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "审批"
    sheet.append(["批准文号", "批准日期", "申请人姓名", "申请人身份证号", "批准用地面积(㎡)", "备注"])
    sheet.append(["1号", "2013-05-01", "=余红", 330802198001011234, "120㎡", "=1+1"])
    sheet.append(["2号", "2014-05-01", "余青", "330802198001011230", 110, None])
    sheet["C2"].data_type = "s"
    sheet["A2"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet["B2"].comment = Comment("查过", "小王")
    sheet["D2"].comment = Comment("问过", "小王")
    sheet["A1"].font = Font(bold=True)
    sheet.column_dimensions["A"].width = 33
    sheet.print_area = "A1:F3"
    other = book.create_sheet("说明")
    other["A1"] = "自己的说明"
    book.defined_names["本年"] = DefinedName("本年", attr_text="审批!$A$2")
    book.save(path)


def test_what_people_keep_in_their_workbook_is_still_there(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    own_workbook(tmp_path / "d" / "审批.xlsx")
    given_back(tmp_path / "d", tmp_path / "out", "en")
    back = openpyxl.load_workbook(tmp_path / "out" / "returned" / "审批.xlsx")
    page = back["审批"]
    assert back.sheetnames == ["说明（家底）", "审批", "说明"]
    assert back["说明"]["A1"].value == "自己的说明"
    assert page["A2"].fill.fgColor.rgb == "FFFFFF00" and page["A1"].font.bold
    assert page["B2"].comment.text.endswith("查过") and page["D2"].comment.text.endswith("问过")
    assert page.column_dimensions["A"].width == 33
    assert page.print_area == "'审批'!$A$1:$F$3"
    assert page["F2"].value == "=1+1" and page["F2"].data_type == "f"
    assert page["C2"].value == "'=余红"
    assert page["D2"].value == "3.30802198001011E+17" and page["D2"].number_format == "@"
    assert page["G1"].value == mark.HEADING and "申请人身份证号: " in page["G2"].value


def test_a_destroyed_number_is_not_made_valid_by_becoming_text(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    own_workbook(tmp_path / "d" / "审批.xlsx")
    given_back(tmp_path / "d", tmp_path / "out")
    again = checked(tmp_path / "out" / "returned" / "审批.xlsx")
    held = again.problems.filter(pl.col("column") == "申请人身份证号").select("row", "code").rows()
    assert held == [(2, "id_from_float"), (3, "id_check_digit")]
    assert again.tables["approval"].filter(pl.col("approval_code") == "1号").get_column("holder_name").item() == "=余红"


def test_a_workbook_written_in_another_way_comes_back_plain(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    own_workbook(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as before, zipfile.ZipFile(tmp_path / "d" / "审批.xlsx", "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<cellXfs", b"<cellXfs").replace(b'<c r="', b'<c s="0" r="')
            after.writestr(name, content)
    given_back(tmp_path / "d", tmp_path / "out")
    back = openpyxl.load_workbook(tmp_path / "out" / "returned" / "审批.xlsx")
    assert [cell.value for cell in back["审批"][1]][-1] == mark.HEADING
    assert len(red(back["审批"])) == 3
    assert back["审批"]["C2"].value == "'=余红"


def test_check_writes_what_goes_back_and_takes_away_what_is_out_of_date(county: Path, tmp_path: Path) -> None:
    """A ledger by itself: nothing of it is asked where no other list is there."""
    for folder, there in (("dirty", True), ("clean", False)):
        (tmp_path / folder).mkdir()
        shutil.copy(county / folder / "宅基地台账.xlsx", tmp_path / folder)
        ran = CliRunner().invoke(app, ["check", str(tmp_path / folder), "-o", str(tmp_path / "out")])
        assert ran.exit_code == 0, ran.output
        assert (tmp_path / "out" / "returned" / "宅基地台账.xlsx").exists() == there


def test_questions_between_lists_are_marked_in_the_workbook_too(county: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["check", str(county / "clean"), "-o", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    lines = [json.loads(line) for line in (tmp_path / "problems.jsonl").read_text("utf-8").splitlines()]
    assert {line["code"] for line in lines} == {"code_not_in_parcels", "parcel_not_in_ledger", "built_after_lapse"}
    book = openpyxl.load_workbook(tmp_path / "returned" / "宅基地台账.xlsx")
    asked = [line for line in lines if line["file"] == "宅基地台账.xlsx"]
    marked = {(page.title, cell.row): cell for page in book.worksheets[1:] for cell in red(page)}
    assert asked and {(line["sheet"], line["row"]) for line in asked} == set(marked)
    for line in asked:
        cell = marked[(line["sheet"], line["row"])]
        assert cell.value == line["value"] and line["message"] in cell.comment.text
        assert line["message"] in book[line["sheet"]].cell(line["row"], book[line["sheet"]].max_column).value
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["problems"] == summary["across"]
