"""The pages of `docs/rules` say what the law data say, and what they tell people to write does load."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from jiadi.law import load
from jiadi.law.pages import pages, write

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/rules"
PAGES = pages(load("quzhou"))


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name], "run: python -m jiadi.law.pages docs/rules"


def test_no_page_is_left_over(tmp_path: Path) -> None:
    write(tmp_path / "rules")
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in (tmp_path / "rules").iterdir()} | {"own-set.md"}


def test_a_page_a_rule() -> None:
    codes = {code for file in load("quzhou").rules for code in file.data["rules"]}
    assert codes == set(load("quzhou").text["finding"])
    assert len(codes) == 29


@pytest.mark.parametrize("code", sorted(load("quzhou").text["finding"]))
def test_page_names_its_law(code: str) -> None:
    page = PAGES[f"{code}.md"]
    basis = page.split("## 依据")[1]
    assert "《" in basis.split("## In English")[0]
    assert page.count("- 对象：") == 1
    assert f"[{load('quzhou').text['finding'][code]['zh']}]({code}.md)" in PAGES["README.md"]


def test_the_example_of_a_set_of_ones_own_loads(tmp_path: Path) -> None:
    text = (FOLDER / "own-set.md").read_text("utf-8")
    for name, body in re.findall(r"```yaml\n# (\S+)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(body, "utf-8")
    law = load(tmp_path)
    value = law.lookup("homestead_standard_m2", "other", "330825", date(2024, 3, 1))
    assert value is not None
    assert (value.value, law.cite(value.citation)) == (12500, "《本县农村宅基地管理办法》（县政发〔2024〕1号）第六条")
    assert law.lookup("storeys_max", (), "330825", date(2024, 3, 1)) == load("quzhou").lookup("storeys_max", (), "330825", date(2024, 3, 1))
