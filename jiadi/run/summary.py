"""`summary.json`: what a program reads of a run (运行摘要). Its keys are stable; see docs/guide/summary.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.register.schema import LISTS
from jiadi.register.tables import Delivery
from jiadi.run import lines
from jiadi.run.pipeline import Outcome
from jiadi.run.stages import Stages, peak_mb
from jiadi.survey import link as survey_link

VERDICTS = ("lawful", "can_be_regularised", "historic", "unlawful", "to_be_verified")
"""Verdicts 判定结论, in the order in which they are shown."""

_LARGEST = 20
"""Overlaps of parcels that summary.json lists; problems.xlsx has all."""

UNSTABLE = ("seconds", "peak_mb")
"""Keys that differ between two runs on the same input."""


def _counted(column: pl.Series) -> dict[str, int]:
    counts = column.value_counts().sort(column.name)
    return {str(word): int(count) for word, count in counts.iter_rows()}


def of_check(delivery: Delivery, problems: pl.DataFrame, stages: Stages, lang: str) -> dict[str, Any]:
    """Summary of a check: files, tables, problems (检查摘要).

    Args:
        delivery: as checked.
        problems: frame of PROBLEMS, those of linking included where there are any.
        stages: seconds.
        lang: language in which the reason of a file is told, "zh" or "en".

    Returns:
        The keys `files`, `tables`, `problems`, `area_differences`, `overlapping_parcels`, `seconds`, `peak_mb`.
    """
    tables: dict[str, dict[str, int]] = {}
    for entry in delivery.files:
        name = entry.get("table")
        if name not in LISTS:
            continue
        counts = tables.setdefault(str(name), {"read": 0, "accepted": 0, "refused": 0})
        for key, of_file in (("read", "rows"), ("accepted", "accepted"), ("refused", "refused")):
            counts[key] += int(str(entry[of_file]))
    differences = delivery.extra.get("area_differences")
    return {
        "files": [_told(entry, lang) for entry in delivery.files],
        "tables": tables,
        "problems": _counted(problems["code"]),
        "area_differences": {k: v for k, v in differences.items() if k != "ranked"} if isinstance(differences, Mapping) else None,
        "overlapping_parcels": _overlaps(delivery),
        "seconds": dict(stages.seconds),
        "peak_mb": peak_mb(),
    }


def _overlaps(delivery: Delivery) -> dict[str, Any] | None:
    """Pairs of parcels over each other: how many, how much ground, and the largest; None where no parcel is drawn."""
    ranked = delivery.extra.get("parcel_overlaps")
    if not isinstance(ranked, pl.DataFrame):
        return None
    largest = ranked.head(_LARGEST).to_dicts()
    return {"pairs": ranked.height, "overlap_m2": round(float(ranked["overlap_m2"].sum()), 2), "largest": largest}


def _told(entry: Mapping[str, object], lang: str) -> dict[str, object]:
    reason = entry["reason"] if lang == "zh" else entry.get("reason_en", entry["reason"])
    return {**{key: value for key, value in entry.items() if key != "reason_en"}, "reason": reason}


def of_run(outcome: Outcome, problems: pl.DataFrame, lang: str) -> dict[str, Any]:
    """Summary of a run: the summary of its check, and law, links, verdicts and findings (运行摘要)."""
    judgement = outcome.judgement
    counted = _counted(judgement.houses["verdict"])
    law = outcome.law
    return {
        "law": {"set": law.name, "version": law.version, "sha256": law.sha256, "title": law.title} if law else None,
        "on": outcome.on.isoformat(),
        **of_check(outcome.delivery, problems, outcome.stages, lang),
        "parcel_lines": lines.counts(outcome.parcel_overlaps, outcome.linked.houses),
        "links": survey_link.counts(outcome.linked, outcome.delivery),
        "decisions": outcome.decisions.counts,
        "verdicts": {verdict: counted.get(verdict, 0) for verdict in VERDICTS},
        "findings": _counted(judgement.findings["code"]),
        "proposals": _counted(judgement.proposals["remedy"]),
        "unasked": dict(judgement.unasked),
    }


def write(path: Path, summary: Mapping[str, Any]) -> None:
    """Write a summary as UTF-8 JSON, keys in their stable order (写出摘要)."""
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
