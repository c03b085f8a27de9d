"""The printed page: complete, reproducible, in both languages, no character without a shape."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from pypdf import PdfReader
from typer.testing import CliRunner, Result

from jiadi.cli import app
from jiadi.errors import Refusal
from jiadi.insight import onepage
from jiadi.run import kept
from jiadi.survey.sample import generate


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    generate(folder / "in", 300, seed=11, dirt=0.05)
    assert run("judge", folder / "in", "-o", folder / "out").exit_code == 0
    return folder / "out"


@pytest.fixture(scope="module")
def house(result: Path) -> str:
    """The house with the most findings, drawn and on a parcel."""
    judgement = kept.load(result).judgement
    found = judgement.house_findings.join(judgement.houses.drop_nulls("parcel_id"), left_on="house_id", right_on="id")
    return str(found.group_by("house_id").len().sort(["len", "house_id"], descending=[True, False])["house_id"][0])


def text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ["农村房屋判定说明", "建议", "认定了什么", "依据", "接下来怎么办", "10 m"]), ("en", ["Why this house", "Proposed", "Law:"])],
)
def test_a_page_is_complete(result: Path, house: str, lang: str, words: list[str], tmp_path: Path) -> None:
    done = run("explain", result, house, "--pdf", tmp_path / "a.pdf", "--lang", lang)
    assert done.exit_code == 0, done.output
    told = text(tmp_path / "a.pdf")
    assert house in told and "2025-06-30" in told
    squeezed = re.sub(r"\s", "", told)
    assert [word for word in words if re.sub(r"\s", "", word) not in squeezed and word != "10 m"] == []
    box = PdfReader(tmp_path / "a.pdf").pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    run_ = kept.load(result)
    for row in run_.judgement.findings.join(run_.judgement.house_findings.filter(house_id=house), on=["subject", "id", "code"]).to_dicts():
        assert row["excess"] is None or f"{row['excess'] / row['scale']:.2f}" in told


def test_the_same_run_gives_the_same_bytes(result: Path, house: str, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        onepage.write(tmp_path / name, kept.load(result), [house], "zh")
    assert len({hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a.pdf", "b.pdf")}) == 1


def test_each_house_begins_a_page_and_has_its_own_numbers(result: Path, tmp_path: Path) -> None:
    houses = kept.load(result).judgement.houses["id"].to_list()[:3]
    (tmp_path / "ids.txt").write_text("\n".join([*houses, "", houses[0]]), encoding="utf-8-sig")
    done = run("pages", result, "-o", tmp_path / "a.pdf", "--houses", tmp_path / "ids.txt")
    assert done.exit_code == 0 and "3 幢" in done.output
    feet = [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(tmp_path / "a.pdf").pages]
    for one in houses:
        own = [re.search(rf"{re.escape(one)}·页(\d)/(\d)", foot) for foot in feet]
        numbers = [(found[1], found[2]) for found in own if found]
        assert numbers == [(str(n), str(len(numbers))) for n in range(1, len(numbers) + 1)], one


def test_every_character_has_a_shape(result: Path) -> None:
    path = next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"), None)
    if path is None:
        path = next(Path("/usr/share/fonts").rglob("*CJK*.otf"))
    fonts = TTCollection(path).fonts if path.suffix == ".ttc" else [TTFont(path)]
    held = {code for font in fonts for code in font.getBestCmap()}
    words = (Path(onepage.__file__).parent / "onepage.yaml").read_text(encoding="utf-8")
    law = "".join(one.read_text(encoding="utf-8") for one in Path(onepage.__file__).parents[1].joinpath("law", "cn").rglob("*.yaml"))
    labels = (Path(onepage.__file__).parents[1] / "policy" / "labels.yaml").read_text(encoding="utf-8")
    asked = set(words + law + labels + "䶮𠮷") - set("\n\t\r")
    assert sorted(char for char in asked if ord(char) not in held) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--village", "330802100999"), "没有这个地方的房屋"),
        ((), "要打印哪些房屋"),
        (("--houses", "none.txt"), "没有这个文件"),
        (("--village", "330802", "--houses", "none.txt"), "要打印哪些房屋"),
    ],
)
def test_bad_input_is_said(result: Path, words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = run("pages", result, "-o", tmp_path / "a.pdf", *words)
    assert done.exit_code == 2 and said in done.output.replace("\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_chinese_is_told(result: Path, house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onepage, "_families", lambda: frozenset({"DejaVu Sans"}))
    with pytest.raises(Refusal, match="fonts-noto-cjk"):
        onepage.write(tmp_path / "a.pdf", kept.load(result), [house], "zh")
