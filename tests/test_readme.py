"""The commands of the README do what they say, as they are printed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jiadi.cli import app

ROOT = Path(__file__).parent.parent


def commands(name: str) -> list[str]:
    """Lines of the code blocks of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_both_languages_give_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/guide/judging.md", "docs/guide/command-line.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_commands_work_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    lines = [line for line in commands("README.md") if line.startswith("jiadi ")]
    assert len(lines) == 6
    for line in lines:
        result = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert result.exit_code == 0, f"{line}\n{result.output}"
    summary = json.loads(Path("out/commune/summary.json").read_text(encoding="utf-8"))
    assert summary["tables"]["parcel"]["accepted"] == 511
    assert summary["tables"]["house"]["accepted"] == 252
    assert summary["law"] is None
