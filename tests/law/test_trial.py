"""Files of changes are read strictly: each error names the file, the line and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jiadi.law import amend, load, trial
from jiadi.law.refuse import LawRefusal

LAW = load("quzhou")
HEAD = "variants:\n  a:\n    parameters:\n"

BAD: dict[str, tuple[str, int, str]] = {
    "not yaml": ("variants: [", 1, "law_yaml"),
    "no variants": ("a: 1\n", 1, "law_key_unknown"),
    "empty": ("variants: {}\n", 1, "whatif_file"),
    "name": ("variants:\n  'a b':\n    rules: {idle: off}\n", 2, "whatif_file"),
    "key": ("variants:\n  a:\n    rule: {idle: off}\n", 3, "law_key_unknown"),
    "nothing changed": ("variants:\n  a:\n    title: {zh: 甲, en: A}\n", 2, "whatif_file"),
    "figure": (HEAD + "      storey_max:\n        '3308': {2021-01-01: 2}\n", 4, "whatif_figure"),
    "division": (HEAD + "      storeys_max:\n        '33x8': {2021-01-01: 2}\n", 5, "law_division"),
    "elsewhere": (HEAD + "      storeys_max:\n        '710000': {2021-01-01: 2}\n", 5, "law_division"),
    "day": (HEAD + "      storeys_max:\n        '3308':\n          soon: 2\n", 6, "law_type"),
    "no such day": (HEAD + "      storeys_max:\n        '3308':\n          2021-02-30: 2\n", 6, "law_date"),
    "number": (HEAD + "      storeys_max:\n        '3308':\n          2021-01-01: two\n", 6, "law_type"),
    "too fine": (HEAD + "      homestead_standard_m2:\n        '33':\n          2021-11-01: {table: {other: 1.234}}\n", 6, "law_scale"),
    "table wanted": (HEAD + "      homestead_standard_m2:\n        '33':\n          2021-11-01: 100\n", 6, "law_value"),
    "no table": (HEAD + "      storeys_max:\n        '33':\n          2021-11-01: {table: {other: 1}}\n", 6, "law_value"),
    "word": (HEAD + "      homestead_standard_m2:\n        '33':\n          2021-11-01: {table: {other: 1, forest: 1}}\n", 6, "law_word"),
    "empty table": (HEAD + "      homestead_standard_m2:\n        '33':\n          2021-11-01: {table: {}}\n", 6, "law_gap"),
    "effect": (HEAD + "      period_effect:\n        '33':\n          2021-11-01: {table: {over_area: mild}}\n", 6, "law_word"),
    "until": (HEAD + "      storeys_max:\n        '3308':\n          2021-01-01: {value: 2, until: 2020-01-01}\n", 6, "law_period"),
    "clause": (HEAD + "      storeys_max:\n        '3308':\n          2021-01-01: {value: 2, citation: mine}\n", 6, "law_citation"),
    "rule": ("variants:\n  a:\n    rules:\n      idel: off\n", 4, "whatif_rule"),
    "switch": ("variants:\n  a:\n    rules:\n      idle: no\n", 4, "whatif_rule"),
    "runs already": ("variants:\n  a:\n    rules:\n      over_area: on\n", 4, "whatif_rule"),
}


def read(tmp_path: Path, text: str) -> tuple[trial.Variant, ...]:
    path = tmp_path / "changes.yaml"
    path.write_text(text, encoding="utf-8")
    return trial.read(path, LAW)


@pytest.mark.parametrize("name", BAD)
def test_errors_name_file_and_line(tmp_path: Path, name: str) -> None:
    text, line, code = BAD[name]
    with pytest.raises(LawRefusal) as refused:
        read(tmp_path, text)
    assert (refused.value.file, refused.value.line) == ("changes.yaml", line), str(refused.value)
    assert refused.value.code == code, refused.value.code
    assert refused.value.what_to_do
    assert f"第 {line} 行" in refused.value.said["zh"]


def test_the_set_itself_does_not_change(tmp_path: Path) -> None:
    before = {name: array.values.copy() for name, array in LAW.arrays.items()}
    (one,) = read(tmp_path, HEAD + "      storeys_max:\n        '3308': {2021-01-01: 2}\n        '330802': {2022-01-01: 1}\n")
    assert all((before[name] == array.values).all() for name, array in LAW.arrays.items())
    assert one.law.sha256 != LAW.sha256
    found = one.law.lookup("storeys_max", (), "330802001001", date(2023, 1, 1))
    assert found is not None and (found.value, found.citation, found.verify) == (1, "hypothesis", True)
    assert one.law.lookup("storeys_max", (), "330881", date(2023, 1, 1)).value == 2  # type: ignore[union-attr]
    assert [(cell.division, cell.old and cell.old.value, cell.new and cell.new.value) for cell in one.changes[0].cells] == [
        ("3308", 3, 2),
        ("330802", None, 1),
    ]


def test_what_replaces_a_value_ends_when_that_did(tmp_path: Path) -> None:
    (first,) = read(tmp_path, HEAD + "      storeys_max:\n        '330802': {2022-01-01: {value: 1, until: 2023-01-01}}\n")
    path = tmp_path / "changes.yaml"
    path.write_text(HEAD + "      storeys_max:\n        '330802': {2022-01-01: 2}\n", encoding="utf-8")
    (one,) = trial.read(path, first.law)
    values = [one.law.lookup("storeys_max", (), "330802", date(year, 6, 1)).value for year in (2021, 2022, 2023)]  # type: ignore[union-attr]
    assert values == [3, 2, 3]


def test_a_cell_that_is_not_named_stays(tmp_path: Path) -> None:
    (one,) = read(tmp_path, HEAD + "      homestead_standard_m2:\n        '33': {2021-11-01: {table: {other: 150}}}\n")
    values = [one.law.lookup("homestead_standard_m2", word, "330802", date(2022, 1, 1)).value for word in ("cultivated", "other")]  # type: ignore[union-attr]
    assert values == [12500, 15000]


def test_a_value_above_the_ceiling_may_be_tried_and_is_told(tmp_path: Path) -> None:
    (one,) = read(tmp_path, HEAD + "      homestead_standard_m2:\n        '3308': {2021-11-01: {table: {other: 150}}}\n")
    assert [refusal.code for refusal in one.beyond] == ["law_ceiling"]
    (kept,) = read(tmp_path, HEAD + "      homestead_standard_m2:\n        '3308': {2021-11-01: {table: {other: 130}}}\n")
    assert kept.beyond == ()


def test_mixed_sets_take_what_is_named_and_nothing_else() -> None:
    one, other = load("zhejiang"), load("quzhou")
    keys = {change.key for change in amend.differences(one, other)}
    whole, nothing = amend.mixed(one, other, keys), amend.mixed(one, other, ())
    assert whole is not None and nothing is not None
    assert amend.differences(whole, other) == ()
    assert amend.differences(nothing, one) == ()
    single = amend.mixed(one, other, {"parameter storeys_max"})
    assert single is not None
    assert {change.key for change in amend.differences(one, single)} == {"parameter storeys_max"}
