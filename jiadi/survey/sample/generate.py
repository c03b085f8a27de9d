"""Write the sample (生成示例县)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml

from jiadi.errors import Refusal
from jiadi.survey.sample.dirt import soil
from jiadi.survey.sample.forms import TRUTH, Form, fill_in
from jiadi.survey.sample.layout import HEIGHTS, Beside, lay_out
from jiadi.survey.sample.records import World, invent, write_down
from jiadi.survey.sample.truth import answer, write_answers
from jiadi.survey.sample.write import write_forms
from jiadi.survey.sample.write_beside import write_beside

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


@cache
def _kinds() -> dict[str, dict[str, str]]:
    text = resources.files(__package__).joinpath("kinds.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


@cache
def not_planted() -> dict[str, str]:
    """Codes of the catalogue of problems that the sample does not plant, and why (不埋的问题).

    >>> "hostile" in not_planted()
    True
    """
    loaded: dict[str, str] = yaml.safe_load(resources.files(__package__).joinpath("not_planted.yaml").read_text(encoding="utf-8"))
    return loaded


def describe(kind: str, lang: Literal["zh", "en"] = "zh") -> str:
    """A planted kind of dirt in words (脏数据说明).

    Args:
        kind: problem code.
        lang: zh or en.

    >>> describe("swapped_axes")
    '经纬度颠倒'
    """
    return _kinds()[kind][lang]


def generate(
    directory: Path,
    houses: int,
    *,
    division: str = "330802",
    seed: int = 1,
    dirt: float = 0.0,
    form: str = "departments",
    progress: Progress | None = None,
) -> SampleReport:
    """Write an invented county with its answers (生成示例县); the same seed gives the same bytes.

    Args:
        directory: made if it is not there; files of the same names are written over.
        houses: houses and annexes in all.
        division: code of a county.
        seed: any whole number.
        dirt: share of rows that carry one planted dirt each, 0 to 1.
        form: "departments" or "columnar".
        progress: told the stage "sample" and the share done.

    Returns: what was written.

    Raises:
        Refusal: no figures for the county, or no such form.
    """
    _check_form(form)
    tell = progress or (lambda stage, share: None)
    world = invent(division, houses, seed)
    directory.mkdir(parents=True, exist_ok=True)
    lists = write_down(world)
    forms = fill_in(lists, columnar=form == "columnar")
    soiled = soil(world, forms, lists, dirt)
    beside = lay_out(world, forms, lists, soiled)
    truth = answer(world, lists, forms, soiled, beside)
    write_answers(directory / TRUTH, truth, forms, soiled, beside)
    found = dict(truth.findings.group_by("code").len().sort("code").iter_rows())
    # A county of a million houses fits in memory once: what is not needed for the forms is let go.
    del truth, lists
    files = _write(directory, world, forms, beside, tell)
    tell("sample", 1.0)
    dirt_ = Counter(soiled.counts()) + Counter(one.code for one in beside.told)
    return SampleReport([*files, TRUTH], dict(sorted(dirt_.items())), found)


def _check_form(form: str) -> None:
    if form not in ("departments", "columnar"):
        raise Refusal("no_such_form", f"没有 {form} 这种形式 · no form {form}.", "可选 departments、columnar · choose one of these.")


def _write(directory: Path, world: World, forms: dict[str, Form], beside: Beside, tell: Progress) -> list[str]:
    written, all_of_them = 0, len(forms)

    def done(name: str) -> None:
        nonlocal written
        written += 1
        tell("sample", 0.35 + 0.55 * written / all_of_them)

    written_beside = write_beside(directory, world, forms["parcel"], beside)
    return [*write_forms(directory, world, forms, done, heights=HEIGHTS if beside.heights else ""), *written_beside]
