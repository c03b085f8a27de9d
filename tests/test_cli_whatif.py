"""`jiadi whatif` and `jiadi compare` from stored runs: page, workbook and figures; the runs are left as they were."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import sync_playwright

from jiadi.insight import table
from jiadi.survey.sample import generate
from tests.policy.edited import edited
from tests.run.runs import digest, judged, run

# A browser cannot share a worker with another test's event loop.
pytestmark = pytest.mark.xdist_group("browser")

CHANGES = """
variants:
  tolerance:
    title: {zh: 容差放到 5 ㎡, en: Tolerance of 5 m²}
    parameters:
      over_area_tolerance_m2: {"33": {1982-02-13: 5}}
  strict:
    parameters:
      storeys_max: {"3308": {2021-01-01: 1}}
      road_strip_m: {"330802": {2011-07-01: {table: {county: 25}}}}
    rules: {idle: off}
  high:
    title: {zh: 高于上限, en: Above the ceiling}
    parameters:
      homestead_standard_m2: {"330802": {2021-11-01: {table: {other: 150}}}}
  elsewhere:
    title: {zh: 别处, en: Elsewhere}
    parameters:
      storeys_max: {"330881": {2021-01-01: 2}}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whatif")
    generate(folder / "in", 600, seed=7, dirt=0.05)
    judged(folder / "in", folder / "out")
    (folder / "changes.yaml").write_text(CHANGES, encoding="utf-8")
    return folder / "out"


@pytest.fixture(scope="module")
def tried(result: Path) -> Path:
    before = digest(result)
    done = run("whatif", result, result.parent / "changes.yaml", "-o", result.parent / "tried")
    assert done.exit_code == 0, done.output
    assert digest(result) == before
    return result.parent / "tried"


def rows(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path, read_only=True)[sheet].iter_rows(min_row=2, values_only=True))


def test_the_workbook_has_everything(tried: Path) -> None:
    counted = json.loads((tried / "whatif.json").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(tried / "whatif.xlsx", read_only=True)
    assert book.sheetnames[:5] == ["方案并列", "改了什么", "结论变动矩阵（幢）", "变动的情形（起）", "处置建议（幢）"]
    strict = counted["variants"]["strict"]
    houses = rows(tried / "whatif.xlsx", "strict：变动的房屋")
    assert len(houses) == strict["houses_changed"] > strict["verdicts_changed"] > 0
    assert all(row[5] for row in houses), "every house has its cause"
    assert {"农房最高层数", "规则：闲置房屋"} <= {part for row in houses for part in str(row[5]).split("、")}
    findings = rows(tried / "whatif.xlsx", "strict：变动的情形")
    assert len(findings) == sum(sum(kinds.values()) for kinds in strict["findings"].values())
    assert strict["dropped"] == ["idle"] and strict["ran"] == ["in_road_strip", "over_storeys"]


def test_figures_agree_with_each_other(result: Path, tried: Path) -> None:
    counted = json.loads((tried / "whatif.json").read_text(encoding="utf-8"))
    verdicts = json.loads((result / "summary.json").read_text(encoding="utf-8"))["verdicts"]
    for one in counted["variants"].values():
        assert {before: sum(row.values()) for before, row in one["matrix"].items()} == verdicts
        off = sum(number for before, row in one["matrix"].items() for after, number in row.items() if before != after)
        assert off == one["verdicts_changed"]
        assert one["money_fen"] == {
            "before": {"fen": None, "findings": 0, "unknown": 0},
            "after": {"fen": None, "findings": 0, "unknown": 0},
            "difference": None,
        }
    divisions = rows(tried / "whatif.xlsx", "strict：各地的户")
    fares = counted["variants"]["strict"]["households"]
    for level in ("县", "村"):
        assert sum(int(str(row[3])) for row in divisions if row[0] == level) == fares["hit"]
    kinds = [row for row in rows(tried / "whatif.xlsx", "各类户") if row[0] == "strict"]
    for by in ("在册人数", "救助", "集体成员"):
        assert sum(int(str(row[4])) for row in kinds if row[1] == by) == fares["hit"] > 0


def test_nothing_changes_and_what_cannot_be_enacted_is_said(tried: Path) -> None:
    page = (tried / "whatif.html").read_text(encoding="utf-8")
    assert "方案 别处 改的 浙江省衢州市江山市 没有房屋，改了也没有影响" in page
    assert "高于 33 定的上限" in page
    assert page.count("没有房屋变动。") == page.count("没有哪一户的结论变动。") > 0
    assert "规则集没有定单价，金额未知" in page


def test_the_same_run_gives_the_same_bytes(result: Path, tried: Path) -> None:
    assert run("whatif", result, result.parent / "changes.yaml", "-o", result.parent / "again").exit_code == 0
    assert digest(result.parent / "again") == digest(tried)


def test_english_and_json(result: Path) -> None:
    done = run("whatif", result, result.parent / "changes.yaml", "-o", result.parent / "en", "--lang", "en", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output) == json.loads((result.parent / "en" / "whatif.json").read_text(encoding="utf-8"))
    page = (result.parent / "en" / "whatif.html").read_text(encoding="utf-8")
    heads = re.findall(r"<(?:h1|h2|th|dt)[^>]*>([^<]*)<", page)
    assert heads and not [head for head in heads if re.search("[\u4e00-\u9fff]", head)]


def test_a_long_list_is_cut_on_the_page_and_whole_in_the_workbook(result: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(table, "PAGE_ROWS", 5)
    done = run("whatif", result, result.parent / "changes.yaml", "-o", tmp_path / "cut")
    assert done.exit_code == 0
    counted = json.loads((tmp_path / "cut" / "whatif.json").read_text(encoding="utf-8"))["variants"]["strict"]["houses_changed"]
    page = (tmp_path / "cut" / "whatif.html").read_text(encoding="utf-8")
    assert f"另有 {counted - 5:,} 行在 whatif.xlsx 中。" in page
    assert len(rows(tmp_path / "cut" / "whatif.xlsx", "strict：变动的房屋")) == counted


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["whatif", "compare"])
def test_the_pages_fit_and_ask_for_nothing(result: Path, tried: Path, width: int, name: str) -> None:
    page_of = {"whatif": tried / "whatif.html", "compare": result.parent / "compared" / "compare.html"}
    if name == "compare" and not page_of[name].exists():
        edited("quzhou", result.parent / "law", "storeys_max", "3308", date(2021, 1, 1), (), 2)
        judged(result.parent / "in", result.parent / "other", "--law", result.parent / "law")
        done = run("compare", result, result.parent / "other", "-o", result.parent / "compared")
        assert done.exit_code == 0 and "法规变动" in done.output, done.output
        printed = run("compare", result, result.parent / "other", "--json")
        assert json.loads(printed.output) == json.loads((page_of[name].parent / "compare.json").read_text(encoding="utf-8"))
    found = next((path for word in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(word))), None)
    complaints: list[str] = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(page_of[name].as_uri())
        assert page.locator("section").count() >= 8
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert complaints == []


def test_bad_input_is_said_and_nothing_written(tmp_path: Path, result: Path) -> None:
    changes = result.parent / "changes.yaml"
    no_result = run("whatif", tmp_path, changes, "-o", tmp_path / "out")
    assert no_result.exit_code == 2 and "不是 jiadi judge 的结果文件夹" in no_result.output.replace("\n", "")
    (tmp_path / "bad.yaml").write_text("variants:\n  a:\n    rules: {idel: off}\n", encoding="utf-8")
    bad = run("whatif", result, tmp_path / "bad.yaml", "-o", tmp_path / "out")
    assert bad.exit_code == 2 and "bad.yaml 第 3 行" in bad.output and "idle" in bad.output
    missing = run("whatif", result, tmp_path / "none.yaml", "-o", tmp_path / "out", "--lang", "en")
    assert missing.exit_code == 2 and "cannot be read" in missing.output
    before = digest(result)
    for place in (result, result / "tried"):
        inside = run("whatif", result, changes, "-o", place)
        assert inside.exit_code == 2 and "不能改动" in inside.output.replace("\n", "")
    assert digest(result) == before and not (tmp_path / "out").exists()


def test_a_run_without_law_cannot_be_tried(tmp_path: Path) -> None:
    generate(tmp_path / "in", 5, seed=1, division="330802")
    judged(tmp_path / "in", tmp_path / "out")
    summary = tmp_path / "out" / "summary.json"
    held = json.loads(summary.read_text(encoding="utf-8"))
    summary.write_text(json.dumps(held | {"law": None}), encoding="utf-8")
    (tmp_path / "changes.yaml").write_text(CHANGES, encoding="utf-8")
    done = run("whatif", tmp_path / "out", tmp_path / "changes.yaml", "-o", tmp_path / "tried")
    assert done.exit_code == 2 and "没有规则集" in done.output
