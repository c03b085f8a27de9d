"""Sets that are not as they should be are refused: the file, the line, what is wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from jiadi.errors import Refusal
from jiadi.law import LawSet, load
from jiadi.law.refuse import LawRefusal

FILES = {
    "sets.yaml": """\
sets:
  my-county:
    version: "1"
    title: {zh: 本县, en: My county}
    layers: ["00", "33", county]
""",
    "county/layer.yaml": """\
division: "330102"
title: {zh: 本县, en: My county}
""",
    "county/citations.yaml": """\
documents:
  measures:
    title: {zh: 本县办法, en: County Measures}
    number: 县政发〔2022〕3号
    version: 2022-02-01
citations:
  measures_4:
    document: measures
    article: 4
    in_force_from: 2022-03-01
    statement: {zh: 面积标准, en: The standard}
""",
    "county/parameters/homestead_standard_m2.yaml": """\
parameter: homestead_standard_m2
last_checked: 2026-01-05
continuous_from: {"330102": 2022-03-01}
values:
  "330102":
    2022-03-01:
      table: {cultivated: 100, other: 110.5, waste_hillside: 120}
      citation: measures_4
""",
    "county/rules.yaml": """\
rules:
  - finding: over_area
    in_force: 2023-05-04
    citation: measures_4
""",
}
ROOT = Path(__file__).parents[2]
STANDARD = "county/parameters/homestead_standard_m2.yaml"
CITATIONS = "county/citations.yaml"

Build = Callable[..., LawSet]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write the set with one text replaced by another, or with one more file, and load it."""

    def write(file: str = "", old: str = "", new: str = "") -> LawSet:
        for name, text in {**FILES, file: FILES.get(file, new)}.items():
            if name:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                assert name != file or old in text
                path.write_text(text.replace(old, new, 1) if name == file and old else text, "utf-8")
        return load(tmp_path)

    return write


def test_a_folder_of_ones_own_stands_on_the_shipped_layers(build: Build) -> None:
    law = build()
    assert law.layers == ("00", "33", "county")
    value = law.lookup("homestead_standard_m2", "other", "330102001", date(2022, 3, 1))
    assert value is not None
    assert (value.value, value.division, law.cite(value.citation)) == (11050, "330102", "《本县办法》（县政发〔2022〕3号）第四条")
    elsewhere = law.lookup("homestead_standard_m2", "other", "330802", date(2022, 3, 1))
    assert elsewhere is not None and elsewhere.division == "33"
    assert date(2023, 5, 4) in law.breakpoints
    assert law.rules[-1].data["rules"][0]["finding"] == "over_area"
    assert law.rules[-1].lines[("rules", 0, "citation")] == 4


BAD: dict[str, tuple[str, str, str, str, str]] = {
    "gap": (STANDARD, "2022-03-01}", "2022-02-01}", "law_gap", "has none on 2022-02-01"),
    "gap at the end": (STANDARD, "citation: measures_4", "citation: measures_4\n      until: 2024-01-01", "law_gap", "none on 2024-01-01"),
    "cell left out": (STANDARD, "other: 110.5, ", "", "law_gap", "no value for other"),
    "overlap": (
        STANDARD,
        "      citation: measures_4",
        "      citation: measures_4\n      until: 2025-01-01\n"
        "    2024-01-01: {table: {cultivated: 100, other: 110, waste_hillside: 120}, citation: measures_4}",
        "law_overlap",
        "two values from 2024-01-01 on",
    ),
    "ends before it starts": (
        STANDARD,
        "citation: measures_4",
        "citation: measures_4\n      until: 2022-01-01",
        "law_period",
        "before it starts",
    ),
    "unknown citation": (STANDARD, "citation: measures_4", "citation: measures_5", "law_citation", "line 8: The citation measures_5"),
    "no citation": (STANDARD, "      citation: measures_4\n", "", "law_citation", "without a citation"),
    "unknown citation in a rule": ("county/rules.yaml", "measures_4", "measures_9", "law_citation", "line 4: The citation measures_9"),
    "unknown key": (STANDARD, "citation:", "cited:", "law_key_unknown", "unknown key cited"),
    "unknown key at the top": (STANDARD, "last_checked", "checked", "law_key_unknown", "unknown key checked"),
    "head given twice": (STANDARD, "last_checked", "unit: m2\nlast_checked", "law_key_unknown", "unknown key unit"),
    "not a number": (STANDARD, "110.5", "many", "law_type", "should be a number, not many"),
    "true is no number": (STANDARD, "110.5", "true", "law_type", "should be a number, not True"),
    "finer than the scale": (STANDARD, "110.5", "110.505", "law_scale", "110.505 cannot be held"),
    "beyond belief": (STANDARD, "110.5", "1" + "0" * 30, "law_scale", "cannot be held"),
    "above the ceiling": (STANDARD, "110.5", "140.01", "law_ceiling", "is 140.01 m2, above the ceiling of 140 m2 set by 33"),
    "a day that is none": (STANDARD, "    2022-03-01:", "    2022-02-30:", "law_date", "2022-02-30 is not a day"),
    "a day in another form": (STANDARD, "    2022-03-01:", "    2022/3/1:", "law_date", "2022/3/1 is not a day"),
    "a word for a day": (STANDARD, "    2022-03-01:", "    spring:", "law_type", "should be a day"),
    "a key twice": (
        STANDARD,
        "cultivated: 100",
        "cultivated: 100, cultivated: 90",
        "law_key_twice",
        "cultivated stands here a second time",
    ),
    "an unknown word": (STANDARD, "cultivated: 100", "cultivated: 100, sea: 5", "law_word", "sea is no land_class"),
    "a value for a table": (
        STANDARD,
        "table: {cultivated: 100, other: 110.5, waste_hillside: 120}",
        "value: 1",
        "law_value",
        "takes a table",
    ),
    "a division outside": (STANDARD, '  "330102":', '  "3304":', "law_division", "lies outside the layer"),
    "no division": (STANDARD, '  "330102":', "  Hangzhou:", "law_division", "Hangzhou is not a division code"),
    "a code as a number": (STANDARD, '  "330102":', "  330102:", "law_key", "in quotes"),
    "an article extended backwards": (STANDARD, "    2022-03-01:", "    2021-12-01:", "law_backwards", "never extended backwards"),
    "an unknown document": (CITATIONS, "document: measures", "document: measure", "law_citation", "not listed"),
    "a citation of a farther layer": (CITATIONS, "  measures_4:", "  zhejiang_land_55:", "law_citation", "already defined"),
    "one language": (CITATIONS, "{zh: 面积标准, en: The standard}", "{zh: 面积标准}", "law_key_missing", "lacks en"),
    "an unseen text not marked": (CITATIONS, "version: 2022-02-01", "held: false", "law_verify", "without verify: true"),
    "article in words": (CITATIONS, "article: 4", "article: four", "law_type", "should be a whole number, not four"),
    "broken YAML": (STANDARD, "table: {", "table: {{", "law_yaml", "not readable YAML"),
    "a tag": (STANDARD, "110.5", "!!python/object:os.system {}", "law_yaml", "tag"),
    "an alias": (STANDARD, "110.5", "*a", "law_yaml", "aliases"),
    "an unknown file": ("county/parameters/area.yml", "", "parameter: area", "law_file", "This is no file of a layer"),
    "a misnamed file": ("county/parameters/area_m2.yaml", "", "parameter: storeys_max", "law_file", "should be called storeys_max.yaml"),
    "a missing layer": ("sets.yaml", "county]", "city]", "law_layers", "no layer folder city"),
    "layers in the wrong order": ("sets.yaml", '"33", county', 'county, "33"', "law_layers", "does not lie inside"),
    "a layer outside the folder": ("sets.yaml", "county]", '"../county"]', "law_layers", "no layer folder ../county"),
    "two sets": ("sets.yaml", "sets:\n", "sets:\n  other: {}\n", "law_sets", "holds 2 sets"),
    "an unknown key of a set": ("sets.yaml", "version:", "edition:", "law_key_unknown", "unknown key edition"),
    "a head with an unknown unit": (
        "county/parameters/height_m.yaml",
        "",
        "parameter: height_m\ntitle: {zh: 高, en: height}\nunit: feet\ndated_by: built\nlast_checked: 2026-01-05\nvalues: {}\n",
        "law_type",
        "unit cannot be feet",
    ),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.replace(" ", "-"))
def test_refused(build: Build, case: str) -> None:
    file, old, new, code, words = BAD[case]
    with pytest.raises(Refusal) as refused:
        build(file, old, new)
    assert refused.value.code == code
    assert words in refused.value.why + refused.value.what_to_do
    assert refused.value.what_to_do
    assert Path(file).name in str(refused.value)
    assert isinstance(refused.value, LawRefusal)
    assert refused.value.said["en"] == str(refused.value)
    assert Path(file).name in refused.value.said["zh"] and "{" not in refused.value.said["zh"].replace("{}", "")


def test_a_floor_is_kept(build: Build) -> None:
    strip = """\
parameter: road_strip_m
last_checked: 2026-01-05
values:
  "330102":
    2022-03-01: {table: {township: 4.99}, partial: true, citation: measures_4}
"""
    with pytest.raises(Refusal, match=r"is 4\.99 m, below the floor of 5 m set by 00"):
        build("county/parameters/road_strip_m.yaml", "", strip)


def test_a_class_stays_within_the_standard(build: Build) -> None:
    classes = """\
parameter: homestead_class_m2
last_checked: 2026-01-05
values:
  "330102":
    2022-03-01:
      table: {large: {cultivated: 101}}
      partial: true
      citation: measures_4
"""
    with pytest.raises(Refusal, match="is 101 m2, above the ceiling of 100 m2 set by 330102"):
        build("county/parameters/homestead_class_m2.yaml", "", classes)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no rule set nowhere"):
        load("nowhere")
    with pytest.raises(Refusal, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "sets.yaml").write_bytes("sets: 县".encode("gb18030"))
    with pytest.raises(Refusal, match="not UTF-8"):
        load(tmp_path)
    (tmp_path / "sets.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(Refusal, match="larger than 1 MB"):
        load(tmp_path)
    (tmp_path / "sets.yaml").write_text("[" * 5000)
    with pytest.raises(Refusal, match="not readable YAML"):
        load(tmp_path)
    (tmp_path / "sets.yaml").write_text("")
    with pytest.raises(Refusal, match=r"sets\.yaml"):
        load(tmp_path)


def test_refusals_fill_the_same_in_both_languages() -> None:
    entries = yaml.safe_load((ROOT / "jiadi/law/refusals.yaml").read_text("utf-8"))
    used = {
        key
        for part in ("law", "policy")
        for path in (ROOT / "jiadi" / part).glob("*.py")
        for key in re.findall(r'"(\w+)"', path.read_text("utf-8"))
    }
    for name, entry in entries.items():
        # What the program says in English is filled into the Chinese words in Chinese: `why_zh` for `why`.
        filled = [
            {hole.removesuffix("_zh") for hole in re.findall(r"{(\w+)}", entry[part] + entry[f"{part}_to_do"])} for part in ("zh", "en")
        ]
        assert filled[0] == filled[1], name
        assert name in used, f"{name} is said nowhere"


def test_the_hash_follows_the_content_alone(build: Build) -> None:
    plain = build().sha256
    assert build(STANDARD, "last_checked: 2026-01-05\n", "# a remark\nlast_checked: 2026-01-05\n").sha256 == plain
    assert build(STANDARD, "other: 110.5, waste_hillside: 120", "waste_hillside: 120, other: 110.5").sha256 == plain
    assert build(STANDARD, "110.5", "110.6").sha256 != plain
    assert build("county/rules.yaml", "2023-05-04", "2023-05-05").sha256 != plain
    assert build(CITATIONS, "The standard", "A standard").sha256 != plain
    assert build("sets.yaml", 'version: "1"', 'version: "2"').sha256 != plain
