"""Bad input to the command line: a clear sentence, the right exit status, nothing written over."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from jiadi.cli import app

runner = CliRunner()


def run(*words: object) -> Result:
    return runner.invoke(app, [str(word) for word in words])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A result folder from before, which a failed run must leave as it was."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.json").write_text("kept")
    return out


def unchanged(out: Path) -> bool:
    return [path.name for path in out.iterdir()] == ["summary.json"] and (out / "summary.json").read_text() == "kept"


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("command", ["check", "judge"])
def test_no_such_file_is_bad_usage(command: str, tmp_path: Path, kept: Path) -> None:
    result = run(command, tmp_path / "没有.xlsx", "-o", kept)
    assert result.exit_code == 2
    assert "没有.xlsx" in result.output.replace("\n", "")
    assert unchanged(kept)


@pytest.mark.parametrize("command", ["check", "judge"])
def test_a_wrong_type_is_nothing_usable(command: str, tmp_path: Path, kept: Path) -> None:
    odd = tmp_path / "照片.jpg"
    odd.write_bytes(b"\xff\xd8\xff\xe0 no list at all")
    result = run(command, odd, "-o", kept)
    assert result.exit_code == 3
    assert "照片.jpg" in result.output
    assert unchanged(kept)


@pytest.mark.parametrize("rows", [[], [["甲", "乙", "丙"], [1, 2, 3], [4, 5, 6]]], ids=["empty sheet", "unknown headers"])
def test_a_sheet_without_a_known_list_is_nothing_usable(rows: list[list[object]], tmp_path: Path, kept: Path) -> None:
    result = run("judge", workbook(tmp_path / "表.xlsx", rows), "-o", kept)
    assert result.exit_code == 3
    assert unchanged(kept)


def test_a_zip_that_climbs_out_is_refused(tmp_path: Path, kept: Path) -> None:
    bad = tmp_path / "交付.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../escaped.csv", "户号,姓名\n1,张三\n")
    result = run("judge", bad, "-o", kept)
    assert result.exit_code == 3
    assert "../escaped.csv" in result.output.replace("\n", "")
    assert not (tmp_path.parent / "escaped.csv").exists() and not (tmp_path / "escaped.csv").exists()
    assert unchanged(kept)


def test_no_house_at_all_says_what_to_hand_in(tmp_path: Path, kept: Path) -> None:
    people = tmp_path / "户籍.csv"
    people.write_text(
        "户号,姓名,证件号码,与户主关系,迁入日期,迁出日期,死亡日期,村代码\n330802100200H00001,林木森,,户主,,,,330802100200\n", "gb18030"
    )
    result = run("judge", people, "-o", kept)
    assert result.exit_code == 3
    assert "农房调查" in result.output.replace("\n", "")
    assert unchanged(kept)


@pytest.mark.parametrize("day", ["2025-02-30", "昨天", "20250630x"])
def test_a_date_that_is_none_is_bad_usage(day: str, tmp_path: Path, kept: Path) -> None:
    result = run("judge", tmp_path, "--on", day, "-o", kept)
    assert result.exit_code == 2
    assert day in result.output
    assert unchanged(kept)


def test_a_rule_set_that_does_not_load_is_bad_usage(tmp_path: Path, kept: Path) -> None:
    result = run("judge", tmp_path, "--law", "no-such-set", "-o", kept)
    assert result.exit_code == 2
    assert "no-such-set" in result.output
    assert unchanged(kept)


def test_out_that_is_a_file_is_bad_usage(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("kept")
    assert run("judge", tmp_path, "-o", taken).exit_code == 2
    assert taken.read_text() == "kept"


@pytest.mark.parametrize(
    "words",
    [("--dirt", "2", "--houses", "10"), ("--houses", "0"), ("--houses", "10", "--division", "999999"), ("--houses", "10", "--form", "odd")],
)
def test_a_sample_that_cannot_be_is_bad_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    assert run("sample", tmp_path / "county", *words).exit_code == 2
    assert not (tmp_path / "county").exists()


def test_explaining_what_is_no_result_says_so(tmp_path: Path) -> None:
    result = run("explain", tmp_path, "330802100200-00001")
    assert result.exit_code == 2
    assert "judge" in result.output


def test_english_is_complete(tmp_path: Path) -> None:
    result = run("judge", tmp_path / "none.xlsx", "-o", tmp_path / "out", "--lang", "en")
    assert result.exit_code == 2
    assert "Not done" in result.output


def test_ctrl_c_ends_what_is_being_read_and_writes_nothing(tmp_path: Path) -> None:
    rows = [["户号", "姓名", *(f"备注{n}" for n in range(30))], *([str(n), "张三", *["说明"] * 30] for n in range(20_000))]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("户籍")
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "户籍.xlsx")
    command = [sys.executable, "-m", "jiadi.cli", "check", str(tmp_path / "户籍.xlsx"), "-o", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    watched = psutil.Process(process.pid)
    while not (children := watched.children()) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "已取消" in said.decode()
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["户籍.xlsx"]
