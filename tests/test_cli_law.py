"""`jiadi law`: a set looked over, and what is in force somewhere on a day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.law import shipped

KEYS = ["parameter", "index", "value", "unit", "division", "in_force_from", "document", "article", "verify"]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["law", *map(str, words)])


def shown(*words: str) -> list[dict[str, Any]]:
    result = run("show", *words, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("name", [name for name in shipped() if name != "quzhou"])
def test_a_shipped_set_is_sound(name: str) -> None:
    assert run("check", name, "--on", "2026-12-01").exit_code == 0


def test_an_old_set_is_told_and_exits_with_one() -> None:
    result = run("check", "national", "--on", "2030-01-01", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert {one["code"] for one in told} == {"law_stale"} and all(one["line"] and one["file"] and one["message"] for one in told)
    words = run("check", "national", "--on", "2030-01-01", "--lang", "en")
    assert words.exit_code == 1 and "00/parameters/storeys_max.yaml" not in words.stdout
    assert "00/parameters/approval_required.yaml, line 6" in words.stdout


def test_a_folder_with_a_mistake_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "county").mkdir()
    (tmp_path / "sets.yaml").write_text(
        'sets:\n  mine:\n    version: "1"\n    title: {zh: 县, en: c}\n    layers: ["00", county]\n', "utf-8"
    )
    (tmp_path / "county/layer.yaml").write_text('division: "330102"\ntitle: {zh: 县, en: c}\n', "utf-8")
    head = "rules:\n  idle:\n    subject: house\n    when: [\"open('x')\"]\n"
    rule = f"{head}    effect: none\n    citation: default\n    message: {{zh: 一, en: a}}\n"
    (tmp_path / "county/rules.yaml").write_text(rule, "utf-8")
    result = run("check", tmp_path, "--on", "2026-12-01")
    assert result.exit_code == 1 and "county/rules.yaml 第 4 行" in result.stdout


def test_figures_of_1995() -> None:
    told = shown("--division", "330822", "--on", "1995-06-01")
    assert all(list(one) == KEYS for one in told)
    by_name = {(one["parameter"], *one["index"].values()): one for one in told}
    assert by_name["homestead_standard_m2", "other"] == {
        "parameter": "homestead_standard_m2",
        "index": {"land_class": "other"},
        "value": 140,
        "unit": "m2",
        "division": "33",
        "in_force_from": "1982-02-13",
        "document": "浙江省早期农村建房用地规定",
        "article": "",
        "verify": True,
    }
    assert by_name["approval_required",]["value"] is True
    assert by_name["period_effect", "over_area"]["value"] == "can_be_regularised"
    assert ("storeys_max",) not in by_name


def test_figures_of_a_named_set_in_words_and_in_english() -> None:
    told = shown("quzhou", "--on", "2022-01-01", "--lang", "en")
    fence = next(one for one in told if one["parameter"] == "fence_height_max_m")
    assert (fence["value"], fence["division"], fence["document"], fence["article"]) == (
        1.5,
        "3308",
        "Quzhou Rural Housing Regulation",
        "20",
    )
    plain = run("show", "quzhou", "--on", "2022-01-01").stdout
    assert "衢州市 · 3308 · 2022-01-01" in plain and "檐口高度" in plain


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("show", "--division", "990101"), "没有规则集覆盖区划 990101"),
        (("show",), "没有规则集覆盖区划"),
        (("show", "quzhou", "--division", "25354"), "不管区划 25354"),
        (("show", "quzhou", "--on", "spring"), "不是日期"),
        (("show", "nowhere"), "没有规则集"),
        (("check", "nowhere"), "没有规则集"),
    ],
)
def test_what_cannot_be_shown(words: tuple[str, ...], part: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert part in result.output.replace("\n", "")


def test_schema_is_written(tmp_path: Path) -> None:
    assert run("schema", tmp_path / "schema").exit_code == 0
    assert json.loads((tmp_path / "schema/rules.json").read_text("utf-8"))["additionalProperties"] is False
    (tmp_path / "file").write_text("")
    assert run("schema", tmp_path / "file").exit_code == 2


def test_a_run_by_a_set_of_ones_own_is_explained_by_what_was_kept(tmp_path: Path) -> None:
    own, given, out = tmp_path / "own", tmp_path / "given", tmp_path / "out"
    (own / "county").mkdir(parents=True)
    (own / "sets.yaml").write_text(
        'sets:\n  mine:\n    version: "7"\n    title: {zh: 本县, en: c}\n    layers: ["00", "33", county]\n', "utf-8"
    )
    (own / "county/layer.yaml").write_text('division: "330802"\ntitle: {zh: 本县, en: c}\n', "utf-8")
    runner = CliRunner()
    assert runner.invoke(app, ["sample", str(given), "--houses", "30"]).exit_code == 0
    judged = runner.invoke(app, ["judge", str(given), "-o", str(out), "--law", str(own)])
    assert judged.exit_code == 0 and "本县（版本 7" in judged.stdout.replace("\n", "")
    for path in (own / "county/layer.yaml", own / "sets.yaml"):
        path.unlink()
    houses = json.loads((given / "truth.json").read_text("utf-8"))["verdicts"]
    explained = runner.invoke(app, ["explain", str(out), next(iter(houses))])
    assert explained.exit_code == 0 and "本县 7" in explained.stdout
