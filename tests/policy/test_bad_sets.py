"""Rule sets that are wrong: each kind is refused with its file, its line and what to do, all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jiadi.errors import Refusal
from jiadi.law import load
from jiadi.law.audit import Remark
from jiadi.policy.audit import audit
from jiadi.policy.rules import compile_rules

ON = date(2026, 6, 1)
STANDARD, RULES, CITED, SETS = "county/parameters/homestead_standard_m2.yaml", "county/rules.yaml", "county/citations.yaml", "sets.yaml"
CASES = "county/tests/over_area.csv"
FILES = {
    SETS: """\
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
    CITED: """\
documents:
  measures:
    title: {zh: 本县办法, en: County Measures}
    version: 2022-02-01
citations:
  measures_4:
    document: measures
    article: 4
    in_force_from: 2022-03-01
    statement: {zh: 面积标准, en: The standard}
""",
    STANDARD: """\
parameter: homestead_standard_m2
last_checked: 2026-01-05
continuous_from: {"330102": 2022-03-01}
values:
  "330102":
    2022-03-01:
      table: {cultivated: 100, other: 110.5, waste_hillside: 120}
      citation: measures_4
""",
    RULES: """\
derived:
  entitled_m2: max(homestead_standard_m2, approved_area_m2)

rules:
  over_area:
    subject: parcel
    when:
      - has_main_house
      - area_m2 > entitled_m2
    exceptions:
      inherited: {when: obtained == 'inheritance', effect: no_finding, citation: measures_4}
    measured: area_m2
    limit: entitled_m2
    effect: {by: period_effect, words: {none: no_finding}}
    clause_of: homestead_standard_m2
    citation: measures_4
    message: {zh: "超出{excess}", en: "{excess} too much"}
""",
    CASES: """\
case,division,day,built,area_m2,land_class,approved_area_m2,obtained,finding,effect,measured,limit,excess,citation
at the limit,330102001001,2025-06-30,2023,110.50,other,none,member,no,,,,,
above,330102001001,2025-06-30,2023,110.51,other,none,member,yes,unlawful,110.51,110.50,0.01,《本县办法》第四条
""",
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the set, texts replaced: file, old, new, and so on."""

    def written(*changes: str) -> Path:
        files = dict(FILES)
        for file, old, new in zip(*[iter(changes)] * 3, strict=True):
            assert old in files[file]
            files[file] = files[file].replace(old, new, 1)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return tmp_path

    return written


def test_the_set_that_is_changed_here_is_sound(write: Write) -> None:
    assert audit(write(), ON) == []


OVERLAP = (
    "citation: measures_4\n      until: 2025-01-01\n"
    "    2024-01-01: {table: {cultivated: 100, other: 110, waste_hillside: 120}, citation: measures_4}"
)
# What is wrong → file, old, new, line, words of the message.
BAD: dict[str, tuple[str, str, str, int, str]] = {
    "a gap": (STANDARD, "2022-03-01}", "2022-02-01}", 3, "has none on 2022-02-01"),
    "an overlap": (STANDARD, "citation: measures_4", OVERLAP, 7, "two values from 2024-01-01"),
    "a cell left out": (STANDARD, "other: 110.5, ", "", 7, "no value for other"),
    "an unknown citation": (STANDARD, "measures_4", "measures_5", 8, "measures_5 is not in citations.yaml"),
    "no citation": (STANDARD, "      citation: measures_4\n", "", 6, "without a citation"),
    "above the ceiling": (STANDARD, "110.5", "141", 7, "above the ceiling of 140 m2"),
    "an article dated backwards": (STANDARD, "    2022-03-01:", "    2021-12-01:", 8, "never extended backwards"),
    "an article that has ended": (
        CITED,
        "in_force_from: 2022-03-01",
        "in_force_from: 2022-03-01\n    in_force_until: 2024-01-01",
        7,
        "no longer",
    ),
    "an unknown key": (STANDARD, "citation:", "cited:", 8, "unknown key cited"),
    "text for a number": (STANDARD, "110.5", "many", 7, "should be a number"),
    "finer than the scale": (STANDARD, "110.5", "110.505", 7, "cannot be held"),
    "an unknown word": (STANDARD, "cultivated: 100", "cultivated: 100, sea: 5", 7, "sea is no land_class"),
    "another's division": (STANDARD, '  "330102":', '  "3304":', 5, "lies outside the layer"),
    "ends before it begins": (STANDARD, "citation: measures_4", "citation: measures_4\n      until: 2022-01-01", 9, "before it starts"),
    "a call": (RULES, "area_m2 > entitled_m2", "area_m2 > open('x')", 9, "cannot be called"),
    "a call of a method": (RULES, "- has_main_house", "- area_m2.sum() > 1", 8, "cannot be called"),
    "an index": (RULES, "area_m2 > entitled_m2", "area_m2[0] > entitled_m2", 9, "has an index"),
    "an attribute": (RULES, "area_m2 > entitled_m2", "area_m2.real > entitled_m2", 9, "has an attribute"),
    "a loop": (RULES, "area_m2 > entitled_m2", "area_m2 > max([a for a in b])", 9, "two figures or more"),
    "a loop alone": (RULES, "- has_main_house", "- '[a for a in b]'", 8, "has a loop"),
    "a lambda": (RULES, "- has_main_house", "- 'lambda: 1'", 8, "cannot have"),
    "no expression": (RULES, "area_m2 > entitled_m2", "area_m2 >", 9, "is no expression"),
    "an unknown fact": (RULES, "area_m2 > entitled_m2", "area > 1", 9, "area is unknown here"),
    "a fact of a house": (RULES, "area_m2 > entitled_m2", "storeys > 1", 9, "storeys is unknown here"),
    "metres against square metres": (RULES, "limit: entitled_m2", "limit: persons", 13, "persons is unknown"),
    "two areas multiplied": (RULES, "area_m2 > entitled_m2", "area_m2 * area_m2 > 1", 9, "held in parts"),
    "nothing counted": (RULES, "area_m2 > entitled_m2", "area_m2 > count()", 9, "count takes conditions"),
    "an unknown effect": (RULES, "effect: no_finding", "effect: pardon", 11, "pardon is no effect"),
    "an exception without article": (RULES, ", citation: measures_4}", "}", 11, "citation is missing"),
    "an exception over a stranger": (
        RULES,
        ", citation: measures_4}",
        ", citation: measures_4, applies_over: [x]}",
        11,
        "no other exception",
    ),
    "an unknown subject": (RULES, "subject: parcel", "subject: village", 6, "village is no subject"),
    "a message in one language": (RULES, ', en: "{excess} too much"', "", 17, "message.en is missing"),
    "an unknown citation in a rule": (
        RULES,
        "citation: measures_4\n    message",
        "citation: measures_9\n    message",
        16,
        "measures_9 is not",
    ),
    "a name derived from itself": (RULES, "max(homestead_standard_m2, ", "max(entitled_m2, ", 2, "derived from itself"),
    "a derived name that is taken": (RULES, "entitled_m2: max", "homestead_standard_m2: max", 2, "this name is taken"),
    "a quota of nothing": (
        RULES,
        "entitled_m2: max(homestead_standard_m2, approved_area_m2)",
        "entitled_m2: {sum_of: x}",
        2,
        "a quota has",
    ),
    "a key beside rules": (RULES, "derived:", "deduced:", 1, "one key, rules"),
    "unasked in other words": (RULES, "subject: parcel", "subject: parcel\n    unasked: never", 7, "unasked cannot be never"),
    "a case that fails": (CASES, "110.51,other", "110.50,other", 3, "comes to no"),
    "a case of unknown facts": (CASES, "area_m2,land_class", "size,land_class", 2, "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD)
def test_refused_with_file_line_and_what_to_do(write: Write, kind: str) -> None:
    file, old, new, line, words = BAD[kind]
    told = [one for one in audit(write(file, old, new), ON) if one.level == "error"]
    place = STANDARD if kind == "an article that has ended" else file
    fitting = [one for one in told if (one.file, one.line) == (place, line) and words in one.said["en"]]
    assert fitting, [(one.file, one.line, one.said["en"]) for one in told]
    assert all(one.said["zh"].startswith(f"{one.file} 第 {one.line} 行：") for one in told)
    assert all(one.said["en"].rstrip().endswith(".") for one in told)


def test_there_are_kinds_enough() -> None:
    assert len(BAD) >= 25


@pytest.mark.parametrize("kind", [kind for kind in BAD if not kind.startswith("a case")])
def test_the_run_itself_refuses_it(write: Write, kind: str) -> None:
    file, old, new, _, words = BAD[kind]
    with pytest.raises(Refusal) as refused:
        compile_rules(load(write(file, old, new)))
    assert words in str(refused.value) and refused.value.what_to_do


def test_everything_wrong_is_told_at_once(write: Write) -> None:
    folder = write(STANDARD, "110.5", "141", RULES, "area_m2 > entitled_m2", "area > 1", RULES, "effect: no_finding", "effect: pardon")
    told = {(one.file, one.line) for one in audit(folder, ON)}
    assert {(STANDARD, 7), (RULES, 9)} <= told


def warned(folder: Path, on: date = ON) -> list[Remark]:
    return [one for one in audit(folder, on) if one.level == "warning"]


def test_a_file_that_nobody_checked_for_a_year_is_told(write: Write) -> None:
    folder = write()
    assert warned(folder, date(2027, 1, 5)) == [one for one in warned(folder, date(2027, 1, 5)) if one.file != STANDARD]
    late = [one for one in warned(folder, date(2027, 1, 6)) if one.file == STANDARD]
    assert [(one.code, one.line) for one in late] == [("law_stale", 2)]
    assert "2026-01-05" in late[0].said["en"] and "2026-01-05" in late[0].said["zh"]


def test_a_leap_day_has_a_day_a_year_before(write: Write) -> None:
    assert warned(write(STANDARD, "2026-01-05", "2027-02-27"), date(2028, 2, 29))[-1].file == STANDARD


def test_a_finding_without_cases_is_told(write: Write) -> None:
    folder = write()
    (folder / CASES).unlink()
    assert [(one.code, one.file, one.line) for one in warned(folder)] == [("law_no_cases", RULES, 5)]


def test_a_value_that_ends_before_the_next_begins_is_told(write: Write) -> None:
    later = "\n      until: 2023-01-01\n    2024-01-01: {table: {cultivated: 100, other: 110, waste_hillside: 120}, citation: measures_4}"
    folder = write(
        STANDARD, 'continuous_from: {"330102": 2022-03-01}\n', "", STANDARD, "citation: measures_4", f"citation: measures_4{later}"
    )
    (folder / CASES).write_text("case,division,day\n")
    assert [(one.code, one.line) for one in warned(folder)] == [("law_hole", 6)]


def test_a_layer_is_a_folder_of_the_set_and_nothing_else(write: Write) -> None:
    for layer in ("../county", "/tmp", "county/../county", "county/parameters/x", ""):
        with pytest.raises(Refusal, match="no layer folder"):
            load(write(SETS, "county]", f'"{layer}"]'))
