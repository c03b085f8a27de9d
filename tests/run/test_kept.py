"""A stored run is taken up again as it was, or refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.errors import Refusal
from jiadi.run import kept
from jiadi.survey.sample import generate


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    generate(folder / "in", 60, seed=3, dirt=0.1)
    done = CliRunner().invoke(app, ["judge", str(folder / "in"), "-o", str(folder / "out")])
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_the_run_comes_back_with_its_own_law(result: Path) -> None:
    run = kept.load(result)
    assert run.lawset is not None
    assert run.lawset.sha256 == run.summary["law"]["sha256"]
    assert run.tried().houses.equals(run.judgement.houses)
    assert run.tried().findings.equals(run.judgement.findings)
    assert run.tried().unknowns.equals(run.judgement.unknowns)


def test_the_law_that_is_kept_is_read_and_not_the_shipped_one(result: Path) -> None:
    place = result / kept.FOLDER / kept.LAW / "sets.yaml"
    before = place.read_text(encoding="utf-8")
    data = yaml.safe_load(before)
    data["sets"]["quzhou"]["version"] = "1900.1"
    place.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        lawset = kept.load(result).lawset
    finally:
        place.write_text(before, encoding="utf-8")
    assert lawset is not None and lawset.version == "1900.1"


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"summary\.json is missing") as refused:
        kept.load(tmp_path)
    assert refused.value.code == "not_a_result"
    said = CliRunner().invoke(app, ["explain", str(tmp_path), "x"])
    assert said.exit_code == 2 and "不是 jiadi judge 的结果文件夹" in said.output.replace("\n", "")
