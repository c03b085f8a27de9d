"""How much is linked, by kind of link, and whether every planted mistake is told, against the sample's own answers.

    python bench/link.py [--houses 2000] [--seeds 1,7,42] [--dirt 0.2]

Prints, by kind: true pairs, precision and recall of what is linked, and how much of the rest is among the pairs that wait for a person; and
how many mistakes were planted, missed and invented, and how many verdicts differ from the answers.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.run import pipeline
from jiadi.survey import across, report
from jiadi.survey.sample.generate import generate, not_planted

Counts = list[int]
TRUE, LINKED, RIGHT, LEFT_OVER, WAITING = range(5)


def named(outcome: pipeline.Outcome, table: str) -> dict[str, str]:
    """Name of a row in the answers, `file|sheet|row`, → its id."""
    frame = outcome.delivery.tables.get(table)
    if frame is None:
        return {}
    sources = {
        number: (Path(file).name, sheet or "")
        for number, file, sheet in outcome.delivery.sources.select("source_id", "file", "sheet").iter_rows()
    }
    return {"|".join([*sources[source], str(row)]): key for key, source, row in frame.select("id", "source_id", "source_row").iter_rows()}


def told(outcome: pipeline.Outcome, answers: dict[str, Any]) -> str:
    """Mistakes planted, missed and invented, and verdicts that differ, as words."""
    place = ("file", "sheet", "row", "column", "code")
    planted = {tuple(one[key] for key in place) for one in answers["dirt"]}
    linking = pl.concat([outcome.linked.problems, across.told(across.across(outcome.delivery))])
    found = pl.concat([outcome.delivery.problems, report.named_columns(linking, outcome.delivery)])
    said = {one for one in found.select(place).rows() if one[-1] not in not_planted()}
    judged = dict(outcome.judgement.houses.select("id", "verdict").iter_rows())
    differing = sum(judged.get(house) != verdict for house, verdict in answers["verdicts"].items())
    kinds = len({one["code"] for one in answers["dirt"]})
    figures = f"{len(planted):,} mistakes of {kinds} kinds: {len(planted - said)} missed, {len(said - planted)} invented"
    return f"{figures}; {differing} of {len(judged):,} verdicts differ"


def counted(outcome: pipeline.Outcome, answers: dict[str, dict[str, str]]) -> dict[str, Counts]:
    """Hold the links of one county against the answers."""
    pairs = pl.concat([outcome.linked.pairs, outcome.likely])
    out = {}
    for kind, true in answers.items():
        ids = named(outcome, kind.split("_")[0])
        wanted = {ids.get(left, left): right for left, right in true.items()}
        linked = dict(pairs.filter(kind=kind, state="linked").select("left_id", "right_id").iter_rows())
        waiting = set(pairs.filter(pl.col("state") != "linked").filter(kind=kind).select("left_id", "right_id").iter_rows())
        right = sum(wanted.get(left) == partner for left, partner in linked.items())
        rest = [(left, partner) for left, partner in wanted.items() if left not in linked]
        out[kind] = [len(wanted), len(linked), right, len(rest), sum(pair in waiting for pair in rest)]
    return out


def shares(counts: Counts) -> str:
    precision = counts[RIGHT] / counts[LINKED] if counts[LINKED] else 1.0
    recall = counts[RIGHT] / counts[TRUE] if counts[TRUE] else 1.0
    waiting = f"{counts[WAITING]} of {counts[LEFT_OVER]}" if counts[LEFT_OVER] else "—"
    return f"{counts[TRUE]:,} | {precision:.4f} | {recall:.4f} | {waiting}"


def main() -> None:
    """Measure each seed, and print one table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=2000)
    asked.add_argument("--seeds", default="1,7,42")
    asked.add_argument("--dirt", type=float, default=0.2)
    options = asked.parse_args()
    for seed in options.seeds.split(","):
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), houses=options.houses, seed=int(seed), dirt=options.dirt)
            outcome = pipeline.judge([Path(folder)])
            answers = json.loads((Path(folder) / "truth.json").read_text(encoding="utf-8"))
            found, said = counted(outcome, answers["links"]), told(outcome, answers)
        print(f"\nseed {seed}: {said}\n\n| link | true pairs | precision | recall | of the rest, waiting |\n|---|---|---|---|---|")
        for kind, counts in found.items():
            print(f"| {kind} | {shares(counts)} |")
        print(f"| all | {shares([sum(column) for column in zip(*found.values(), strict=True)])} |")


if __name__ == "__main__":
    main()
