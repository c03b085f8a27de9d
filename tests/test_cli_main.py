"""The main job as a county manager runs it: `jiadi sample`, `jiadi judge`, held against the sample's own answers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyogrio
import pytest
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.survey.sample.generate import not_planted

SAME = ("verdicts.gpkg", "register.gpkg", "findings.xlsx", "problems.xlsx", "problems.jsonl", "report.html")


def run(*words: object) -> None:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    run("sample", folder, "--houses", 600, "--seed", 7, "--dirt", 0.05)
    return folder


@pytest.fixture(scope="module")
def out(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    run("judge", county, "-o", folder)
    return folder


@pytest.fixture(scope="module")
def truth(county: Path) -> dict[str, object]:
    answers: dict[str, object] = json.loads((county / "truth.json").read_text(encoding="utf-8"))
    return answers


def test_every_verdict_is_that_of_the_answers(out: Path, truth: dict[str, object]) -> None:
    _, table = pyogrio.read_arrow(out / "verdicts.gpkg", columns=["id", "verdict"], read_geometry=False)
    judged = dict(zip(table["id"].to_pylist(), table["verdict"].to_pylist(), strict=True))
    assert judged == truth["verdicts"]


def test_every_planted_finding_is_found_and_no_other(out: Path, truth: dict[str, object]) -> None:
    found = pl.read_parquet(out / "run" / "findings.parquet").select("subject", "id", "code").rows()
    assert sorted(found) == sorted((one["subject"], one["id"], one["code"]) for one in truth["findings"])  # type: ignore[attr-defined]


def test_every_planted_dirt_is_named_and_clean_cells_raise_none(out: Path, truth: dict[str, object]) -> None:
    keys = ("file", "sheet", "row", "column", "code")
    told = {tuple(json.loads(line)[key] for key in keys) for line in (out / "problems.jsonl").read_text(encoding="utf-8").splitlines()}
    planted = {tuple(one[key] for key in keys) for one in truth["dirt"]}  # type: ignore[attr-defined]
    # What lists ask of each other follows from what they say, and a merged cell from the layout: neither is a mistake in a cell.
    assert {one for one in told if one[-1] not in not_planted()} == planted


def test_no_row_is_lost(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert len(summary["tables"]) == 10
    for counts in summary["tables"].values():
        assert counts["read"] == counts["accepted"] + counts["refused"] > 0


def test_links_are_true(out: Path, truth: dict[str, object]) -> None:
    _, table = pyogrio.read_arrow(out / "register.gpkg", layer="link")
    pairs = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("state") == "linked")
    for kind in ("house_parcel", "house_household", "house_footprint"):
        real = truth["links"][kind]  # type: ignore[index]
        made = pairs.filter(pl.col("kind") == kind).select("left_id", "right_id").rows()
        right = sum(real.get(left) == there for left, there in made)
        assert right / len(made) >= 0.99, kind
        assert right / len(real) >= 0.95, kind


def test_the_same_input_gives_the_same_files(county: Path, out: Path, tmp_path: Path) -> None:
    run("judge", county, "-o", tmp_path)
    assert [name for name in SAME if (tmp_path / name).read_bytes() != (out / name).read_bytes()] == []
    first, second = (json.loads((folder / "summary.json").read_text(encoding="utf-8")) for folder in (out, tmp_path))
    assert {key for key in first if first[key] != second[key]} <= {"seconds", "peak_mb"}


def test_a_house_is_explained_from_the_result_alone(out: Path, truth: dict[str, object]) -> None:
    house = next(one["id"] for one in truth["findings"] if one["subject"] == "house" and one["code"] != "idle")  # type: ignore[attr-defined]
    result = CliRunner().invoke(app, ["explain", str(out), house, "--lang", "en", "--json"])
    assert result.exit_code == 0
    assert house in result.output and "农房调查.xlsx" in result.output


def test_what_is_left_out_is_not_made_and_an_old_one_goes(county: Path, out: Path, tmp_path: Path) -> None:
    (tmp_path / "findings.xlsx").write_text("of an earlier run", encoding="utf-8")
    run("judge", county, "-o", tmp_path, "--without", "findings.xlsx", "--without", "returned")
    made = {one.name for one in tmp_path.iterdir()}
    assert {one.name for one in out.iterdir()} - made == {"findings.xlsx", "returned"}
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["left_out"] == ["findings.xlsx", "returned"]
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["left_out"] == []
    assert (tmp_path / "verdicts.gpkg").read_bytes() == (out / "verdicts.gpkg").read_bytes()
