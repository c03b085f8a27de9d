"""Check a delivery without judging it (只检查，不判定)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.register.tables import Delivery
from jiadi.run import summary
from jiadi.run.folder import whole
from jiadi.run.pipeline import read_and_check
from jiadi.run.stages import Progress, Stages, silent
from jiadi.survey import across, report, totals
from jiadi.survey.giveback import write as giveback


def check(
    paths: Sequence[Path],
    out: Path,
    *,
    on: date | None = None,
    profile: Path | None = None,
    lang: str = "zh",
    progress: Progress = silent,
) -> dict[str, Any]:
    """Read, type and validate; write `summary.json`, `problems.xlsx`, `problems.jsonl` and `returned/` (检查).

    Args:
        paths: files, folders or zips.
        out: result folder.
        on: the day on which dates count as future; None: the day of delivery.
        profile: YAML that settles what headers cannot.
        lang: language of the messages, "zh" or "en".
        progress: told of each stage.

    Returns:
        The summary that was written.

    Raises:
        Refusal: as `read_and_check`; nothing is written then.
    """
    stages = Stages(progress)
    delivery = read_and_check(paths, profile=profile, on=on, stages=stages)
    with whole(out, own=(giveback.FOLDER,)) as draft:
        return write(draft, paths, delivery, stages, lang, profile)


def write(draft: Path, paths: Sequence[Path], delivery: Delivery, stages: Stages, lang: str, profile: Path | None = None) -> dict[str, Any]:
    """Write what a check found (写出检查结果): `summary.json`, `problems.xlsx`, `problems.jsonl` and `returned/`.

    Args:
        draft: folder to write into.
        paths: as they were read.
        delivery: checked.
        stages: timed there.
        lang: language of the messages, "zh" or "en".
        profile: as it was read with.

    Returns:
        The summary that was written.
    """
    with stages.stage("write"):
        asked, sums = across.across(delivery), totals.totals(delivery)
        found = pl.concat([delivery.problems, report.named_columns(across.told(asked), delivery), totals.told(delivery)])
        report.write_problems(draft, delivery, found, lang, [across.sheet(asked, lang), totals.sheet(sums, lang)])
    with stages.stage("give_back"):
        giveback.write(draft, paths, delivery, found, lang, profile)
    counted = summary.of_check(delivery, found, stages, lang)
    counted |= {"across": across.counts(asked), "reconciliation": totals.differing(sums)}
    summary.write(draft / "summary.json", counted)
    return counted
