"""A newer delivery beside the register of an earlier run (重交比对)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jiadi.run import pipeline
from jiadi.run.folder import whole
from jiadi.run.stages import Progress, Stages, silent
from jiadi.survey import link as survey_link
from jiadi.survey.renewal import compare, conflict, report


def renew(
    old: Path,
    paths: Sequence[Path],
    out: Path,
    *,
    on: date | None = None,
    profile: Path | None = None,
    lang: str = "zh",
    progress: Progress = silent,
) -> dict[str, Any]:
    """Say what a newer delivery adds, changes and removes, and where departments disagree (比对).

    Args:
        old: result folder of an earlier `jiadi judge`, or its `register.gpkg`.
        paths: files, folders or zips of the newer delivery.
        out: result folder.
        on: day of the links; None: the day of delivery, else today.
        profile: YAML that settles what headers cannot.
        lang: language of the workbook, "zh" or "en".
        progress: told of each stage.

    Returns:
        What `changes.json` says.

    Raises:
        Refusal: `not_a_register`, or as `pipeline.read_and_check`; nothing is written then.
    """
    stages = Stages(progress)
    delivery = pipeline.read_and_check(paths, profile=profile, on=on, stages=stages)
    with stages.stage("compare"):
        renewal = compare(old, delivery)
    with stages.stage("link"):
        houses, house_pairs = survey_link.houses(delivery)
        overlaps = pipeline.parcel_overlaps(houses, delivery.tables.get("parcel"))
        linked = survey_link.link(delivery, houses, house_pairs, overlaps, on or delivery.delivered_on or date.today())
    found = conflict.conflicts(delivery, linked)
    with whole(out) as draft, stages.stage("write"):
        return report.write(draft, renewal, found, lang)
