"""`jiadi fairness` from a stored run: page, workbook and figures; the run is left as it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner, Result

from jiadi.cli import app
from jiadi.survey.sample import generate

# A browser cannot share a worker with another test's event loop.
pytestmark = pytest.mark.xdist_group("browser")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fairness")
    generate(folder / "in", 1500, seed=7, dirt=0.05)
    assert run("judge", folder / "in", "-o", folder / "out").exit_code == 0
    return folder / "out"


def digest(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def checked(result: Path) -> Path:
    before = digest(result)
    done = run("fairness", result, "-o", result.parent / "fair")
    assert done.exit_code == 0, done.output
    assert digest(result) == before
    return result.parent / "fair"


def test_the_workbook_has_every_group_and_case(checked: Path) -> None:
    counted = json.loads((checked / "fairness.json").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(checked / "fairness.xlsx", read_only=True)
    assert book.sheetnames == ["同案不同判", "组内对象", "例外的使用", "人工决定", "各村情形与预期", "比对范围"]
    groups = list(book["同案不同判"].iter_rows(min_row=2, values_only=True))
    assert len(groups) == sum(counted["unlike"].values()) > 0
    cases = list(book["组内对象"].iter_rows(min_row=2, values_only=True))
    assert len(cases) == sum(row[3] for row in groups)
    assert {row[0] for row in cases} == {row[0] for row in groups}
    assert counted["causes"]["not_recorded"] == 0 < sum(counted["exceptions"].values())


def test_the_same_run_gives_the_same_bytes(result: Path, checked: Path) -> None:
    assert run("fairness", result, "-o", result.parent / "again").exit_code == 0
    assert digest(result.parent / "again") == digest(checked)


def test_english_and_json(result: Path) -> None:
    done = run("fairness", result, "-o", result.parent / "en", "--lang", "en")
    assert done.exit_code == 0 and "Like cases that end differently" in done.output
    assert "下" not in (result.parent / "en" / "fairness.html").read_text(encoding="utf-8").split("<main>")[1].split("<section")[0]
    told = run("fairness", result, "-o", result.parent / "en", "--json")
    assert json.loads(told.output) == json.loads((result.parent / "en" / "fairness.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_and_asks_for_nothing(checked: Path, width: int) -> None:
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    complaints: list[str] = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.goto((checked / "fairness.html").as_uri())
        assert page.locator("section").count() == 5
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert complaints == []


def test_bad_input_is_said_and_nothing_written(tmp_path: Path, result: Path) -> None:
    no_result = run("fairness", tmp_path, "-o", tmp_path / "out")
    assert no_result.exit_code == 2 and "不是 jiadi judge 的结果文件夹" in no_result.output.replace("\n", "")
    (tmp_path / "bands.yaml").write_text("odd: 1", encoding="utf-8")
    bad = run("fairness", result, "-o", tmp_path / "out", "--bands", tmp_path / "bands.yaml")
    assert bad.exit_code == 2 and "分档文件有误" in bad.output
    assert not (tmp_path / "out").exists()
