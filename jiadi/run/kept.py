"""A stored run, taken up again (留存的判定): its judgement, the law that judged it, and its summary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.errors import Refusal
from jiadi.law import LawSet
from jiadi.law import load as load_law
from jiadi.policy import judge as policy_judge
from jiadi.policy.judge import Judgement
from jiadi.run import people, record
from jiadi.run.pipeline import Outcome

FOLDER = "run"
"""Folder of a result in which the judgement is kept."""

LAW = "law"
"""Folder in there with the rule set that judged it, whole."""

LINKS = "links.parquet"
"""File in there: every pair that was linked or doubtful."""

HOUSEHOLDS = "households.parquet"
"""File in there: what kind each household is of."""

SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A run as it was stored (留存的一次判定).

    Args:
        directory: result folder of `jiadi judge`.
        judgement: read back; without the rules as they were tried.
        lawset: the set that judged, as it was that day; None where no set covers the place.
        summary: what summary.json says.
    """

    directory: Path
    judgement: Judgement
    lawset: LawSet | None
    summary: dict[str, Any]

    def links(self) -> pl.DataFrame | None:
        """Pairs that were linked or doubtful: kind, left_id, right_id, state; None where an earlier version kept none (关联)."""
        path = self.directory / FOLDER / LINKS
        return pl.read_parquet(path) if path.exists() else None

    def households(self) -> pl.DataFrame | None:
        """Kinds of households, of `people.KINDS`; None where an earlier version kept none (户的类别)."""
        path = self.directory / FOLDER / HOUSEHOLDS
        return pl.read_parquet(path) if path.exists() else None

    def tried(self) -> Judgement:
        """The same judgement made anew from the kept facts, with each rule as it was tried (重演判定)."""
        return policy_judge.judge(self.judgement.facts, self.lawset)


def save(directory: Path, outcome: Outcome, files: list[dict[str, Any]]) -> None:
    """Keep a judgement so that it can be taken up again (留存判定).

    Args:
        directory: result folder; what is kept goes into `FOLDER` in it.
        outcome: of the run.
        files: what was handed in, as `record.inputs` gives it.
    """
    folder = directory / FOLDER
    folder.mkdir()
    outcome.judgement.save(folder)
    outcome.linked.pairs.select("kind", "left_id", "right_id", "state").write_parquet(folder / LINKS)
    people.kinds(outcome.delivery, outcome.linked, outcome.on).write_parquet(folder / HOUSEHOLDS)
    record.write(folder, record.of_run(outcome, files))


def load(directory: Path) -> Kept:
    """Take up a stored run (取留存的判定).

    Args:
        directory: result folder of `jiadi judge`.

    Raises:
        Refusal: `not_a_result`, with what is missing; or a kept rule set that does not load.
    """
    kept = directory / FOLDER
    for needed in (directory / SUMMARY, kept / "judgement.json", kept / "facts.json"):
        if not needed.exists():
            why = f"{directory} is not a result folder of jiadi judge: {needed.relative_to(directory)} is missing."
            raise Refusal("not_a_result", why, "Give the folder that followed -o.")
    summary = json.loads((directory / SUMMARY).read_text(encoding="utf-8"))
    law = summary["law"]
    own = kept / LAW
    lawset = load_law(own if own.is_dir() else law["set"]) if law else None
    return Kept(directory, Judgement.load(kept), lawset, summary)
