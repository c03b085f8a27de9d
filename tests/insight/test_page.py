"""The report page in a real browser, opened from a file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from jiadi.insight import report

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
READY = "#app[data-ready]"

# A browser cannot share a worker with another test's event loop.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=ARGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def county_2000(make: Callable[..., Any]) -> Any:
    return make(2000)


@pytest.fixture(scope="module")
def page_file(county_2000: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    report.write(path, county_2000, "zh")
    return path


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page and watches it: no request leaves it, nothing is complained of."""
    complaints: list[str] = []
    opened: list[Page] = []

    def start(path: Path, width: int = 1440, height: int = 900, fragment: str = "") -> Page:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on(
            "request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
        )
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector(READY)
        opened.append(page)
        return page

    yield start
    for page in opened:
        page.close()
    assert complaints == []


def shown(page: Page) -> int:
    """Houses that fit the filter, as the page says."""
    found = re.match(r"显示 ([\d,]+) 幢", page.locator(".status").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def house_of(county: Any, code: str) -> str:
    """A drawn house that takes in a finding."""
    drawn = set(county.linked.houses.filter(county.linked.houses["geometry"].is_not_null())["id"])
    return min(set(county.judgement.house_findings.filter(code=code)["house_id"]) & drawn)


def test_a_click_on_a_house_explains_it(open_page: Callable[..., Page], page_file: Path, county_2000: Any) -> None:
    house = house_of(county_2000, "over_area")
    page = open_page(page_file, fragment=f"#house={house}")
    page.wait_for_timeout(700)
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    # Beside the panel's place: the house was put in the middle of what it left free.
    box = page.locator(".map").bounding_box()
    assert box
    page.mouse.click(box["x"] + (box["width"] - 400) / 2, box["y"] + box["height"] / 2)
    panel = page.locator(".panel")
    expect(panel.locator(".house-id")).to_have_text(house)
    expect(panel.locator(".card").filter(has_text="超占面积")).to_contain_text(
        "宗地面积158.20\u00a0㎡，标准125.00\u00a0㎡，超出33.20\u00a0㎡。"
    )
    for said in ("《land》第55条", "有偿使用、补办手续", "宅基地面积标准", "2021-11-01", "浙江省衢州市"):
        expect(panel).to_contain_text(said)
    expect(panel.locator(".proposal")).to_contain_text("建议（不是决定）")
    expect(panel.locator(".source").first).to_contain_text("农房调查.xlsx › 农房 › 第")


def test_what_is_missing_is_said(open_page: Callable[..., Page], page_file: Path, county_2000: Any) -> None:
    house = county_2000.judgement.house_unknowns["house_id"].min()
    page = open_page(page_file, fragment=f"#house={house}")
    expect(page.locator(".panel .badge")).to_have_text("待核实")
    expect(page.locator(".panel .card.open")).to_contain_text("需要：有无用地审批、覆盖当地和建成年份的审批台账")


def test_filters_change_the_count(open_page: Callable[..., Page], page_file: Path, county_2000: Any) -> None:
    judgement = county_2000.judgement
    page = open_page(page_file)
    assert shown(page) == 2000
    page.locator(".tile").nth(3).click()
    assert shown(page) == judgement.houses.filter(verdict="unlawful").height
    page.locator(".reset").click()
    assert shown(page) == 2000
    page.locator("#finding").select_option(value=finding_value(page, "一户多宅"))
    assert shown(page) == judgement.house_findings.filter(code="several_homesteads")["house_id"].n_unique()
    page.get_by_role("checkbox", name="违法").uncheck()
    assert shown(page) < judgement.house_findings.filter(code="several_homesteads")["house_id"].n_unique()


def finding_value(page: Page, label: str) -> str:
    value = page.locator("#finding option").filter(has_text=label).get_attribute("value")
    assert value
    return value


def test_search_finds_by_number_and_place(open_page: Callable[..., Page], page_file: Path, county_2000: Any) -> None:
    page = open_page(page_file)
    house = county_2000.linked.houses["id"][77]
    page.get_by_label("查找").fill(house)
    expect(page.locator(".status")).to_have_text("显示 1 幢，共 2,000 幢")
    page.locator(".list button").first.click()
    expect(page.locator(".panel .house-id")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".list button").first).to_be_focused()
    page.get_by_label("查找").fill("没有这个地方")
    expect(page.locator(".list")).to_contain_text("没有符合条件的房屋")


def test_english_is_complete(open_page: Callable[..., Page], page_file: Path) -> None:
    page = open_page(page_file)
    page.get_by_role("button", name="English").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page).to_have_title(re.compile("^Rural houses of"))
    page.locator(".list button").first.click()
    names = set(
        "".join(page.evaluate("Object.values(jiadiPage.head.names).map(name => name.zh)"))
        + "浙江省衢州市柯城区中文农房调查农房余东村宅基地台账宗地land第条《》号柯航线常山港"
    )
    text = page.evaluate("document.body.innerText")
    left = {sign for sign in re.findall(r"[\u4e00-\u9fff]", text) if sign not in names}
    assert left == set()


@pytest.mark.parametrize("lang", ["中文", "English"])
def test_a_phone_scrolls_one_way_only(open_page: Callable[..., Page], page_file: Path, lang: str) -> None:
    page = open_page(page_file, width=390, height=844)
    page.get_by_role("button", name=lang).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".list button").first.click()
    page.wait_for_timeout(100)
    panel = page.locator(".panel").bounding_box()
    assert panel
    assert (panel["x"], panel["width"]) == (0, 390)
    assert round(panel["y"] + panel["height"]) == 844
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_village_chart_zooms_to_its_houses(open_page: Callable[..., Page], page_file: Path) -> None:
    page = open_page(page_file)
    spot = page.evaluate("(() => { const label = jiadiPage.labels.villages[0]; return jiadiPage.map.pixel(label.x, label.y) })()")
    box = page.locator(".map").bounding_box()
    assert box
    page.mouse.click(box["x"] + spot[0], box["y"] + spot[1])
    page.wait_for_timeout(700)
    assert page.evaluate("jiadiPage.map.map.getView().getResolution()") < 5


def test_the_map_obeys_the_keyboard(open_page: Callable[..., Page], page_file: Path) -> None:
    page = open_page(page_file)
    centre = "jiadiPage.map.map.getView().getCenter()[0]"
    before = page.evaluate(centre)
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.evaluate(centre) > before


@pytest.mark.parametrize(("width", "house"), [(1440, False), (1440, True), (390, True)])
def test_axe_finds_nothing(open_page: Callable[..., Page], page_file: Path, county_2000: Any, width: int, house: bool) -> None:
    fragment = f"#house={house_of(county_2000, 'in_road_strip')}" if house else ""
    page = open_page(page_file, width=width, fragment=fragment)
    page.wait_for_timeout(600)
    # evaluate is not bound by the page's policy, as a script element would be.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found["violations"]] == []


def test_a_page_without_shapes_says_so(open_page: Callable[..., Page], make: Callable[..., Any], tmp_path: Path) -> None:
    report.write(tmp_path / "report.html", make(40, places=2, drawn=False, found=False), "zh")
    page = open_page(tmp_path / "report.html")
    expect(page.locator(".map-empty")).to_contain_text("没有带图形的房屋")
    expect(page.locator(".tables")).to_contain_text("没有发现情形")
    page.locator(".list button").first.click()
    expect(page.locator(".panel")).to_contain_text("没有发现影响合法性的情形")


def test_the_overview_leads_to_a_township_and_back(
    open_page: Callable[..., Page], make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PAGE_HOUSES", 100)
    report.write(tmp_path / "report.html", make(300, places=12), "zh")
    page = open_page(tmp_path / "report.html")
    expect(page.locator(".tile b").first).not_to_have_text("0")
    page.locator(".list button").first.click()
    page.get_by_role("link", name="的房屋页面").click()
    page.wait_for_selector(f"{READY} .filters")
    assert re.search(r"/report/\d{9}\.html#village=\d{12}$", page.url)
    page.get_by_role("link", name="返回总览").click()
    page.wait_for_selector(READY)
    assert page.url.endswith("report.html")
    page.get_by_role("link", name="新新街道").click()
    page.wait_for_selector(READY)
    expect(page.locator("h1")).to_contain_text("新新街道")


def test_zooming_keeps_the_explained_house_in_sight(open_page: Callable[..., Page], page_file: Path, county_2000: Any) -> None:
    page = open_page(page_file, fragment=f"#house={house_of(county_2000, 'in_road_strip')}")
    page.wait_for_timeout(700)
    page.locator(".ol-zoom-in").click()
    page.wait_for_timeout(600)
    middle = "(at => (jiadiPage.houses.drawn.box[at] + jiadiPage.houses.drawn.box[at + 2]) / 2)(4 * jiadiPage.selected)"
    x = page.evaluate(f"jiadiPage.map.pixel({middle}, jiadiPage.houses.drawn.box[4 * jiadiPage.selected + 1])[0]")
    free = page.evaluate("document.querySelector('.map').clientWidth - document.querySelector('.panel').offsetWidth")
    assert abs(x - free / 2) < 4
