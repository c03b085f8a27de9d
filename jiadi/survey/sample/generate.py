"""Write the sample (生成示例县)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from jiadi.errors import Refusal
from jiadi.survey.sample.forms import fill_in
from jiadi.survey.sample.records import invent, write_down
from jiadi.survey.sample.write import write_forms

Progress = Callable[[str, float], None]


@dataclass(slots=True)
class SampleReport:
    """What was written (示例报告).

    Args:
        files: names of the files, in the order written.
        dirt: problem code → number of rows that carry it.
        findings: finding → number of findings that the files prove.
    """

    files: list[str] = field(default_factory=list)
    dirt: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)


def describe(kind: str, lang: Literal["zh", "en"] = "zh") -> str:
    """A planted kind in words."""
    return kind


def generate(
    directory: Path,
    houses: int,
    division: str = "330802",
    seed: int = 1,
    dirt: float = 0.0,
    form: str = "departments",
    progress: Progress | None = None,
) -> SampleReport:
    """Write an invented county (生成示例县)."""
    if form not in ("departments", "columnar"):
        raise Refusal("no_such_form", f"没有 {form} 这种形式 · no form {form}.", "可选 departments、columnar · choose one of these.")
    tell = progress or (lambda stage, share: None)
    tell("sample", 0.0)
    directory.mkdir(parents=True, exist_ok=True)
    world = invent(division, houses, seed)
    lists = write_down(world)
    forms = fill_in(world, lists, columnar=form == "columnar")
    tell("sample", 0.3)
    files = write_forms(directory, world, forms, lambda name: None)
    tell("sample", 1.0)
    return SampleReport(files)
