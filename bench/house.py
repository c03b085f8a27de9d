"""What all rules cost on a million houses, and what one house costs: judged again, and explained.

    python bench/house.py [--houses 1000000] [--repeat 7]

All 27 rules are tried: facts that only some surveys ask for are there. Tables are in memory; every figure is the median of
some repetitions, the first left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from facts import JUDGED_ON, facts
from judge import frames, told, with_blanks

from jiadi.law import load
from jiadi.policy.again import Neighbours, edited, rejudge
from jiadi.policy.explain import explain
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import VOCABULARY

ODD = 0.03
"""Share of the houses that are other than most, in each thing that is asked."""
ASKED = 200
"""Houses that are judged again and explained, one after the other."""


def surveyed(tables: dict[str, pl.DataFrame], seed: int = 5) -> dict[str, pl.DataFrame]:
    """The tables with what only some surveys ask for."""
    draw, house = np.random.default_rng(seed), tables["house"]
    size = house.height
    usual = {"facade": "finished", "fence_kind": "hedge", "heritage_status": "not_heritage", "masonry": "solid", "construction": "brick"}
    columns = {}
    for name, word in usual.items():
        known = np.array(VOCABULARY["house"][name].words)
        columns[name] = pl.Series(np.where(draw.random(size) < ODD, known[draw.integers(0, len(known), size)], word))
    answers = {
        "in_style": True,
        "derelict": False,
        "at_approved_place": True,
        "hollow_slab": False,
        "no_ties": False,
        "storeys_added": False,
    }
    columns |= {name: pl.Series((draw.random(size) < ODD) ^ usually) for name, usually in answers.items()}
    heights = {"eaves_height_m": (600, 1010), "fence_height_m": (80, 155)}
    columns |= {name: pl.Series(draw.integers(*ends, size) / 100) for name, ends in heights.items()}
    columns["open_floor_m"] = pl.Series(np.where(draw.random(size) < ODD, 2.5, 0.0))
    columns["scenic_core_layer"] = pl.Series([True]).new_from_index(0, size)
    parcel = tables["parcel"]
    floor = pl.Series(draw.integers(15_000, 40_000, parcel.height) / 100)
    more = {"floor_area_m2": floor, "base_area_m2": floor / 2, "approved_floor_area_m2": floor + 5, "has_approved_floor_area": pl.lit(True)}
    return tables | {"house": house.with_columns(**columns), "parcel": parcel.with_columns(**more)}


def timed(repeat: int, work: Callable[[], Any]) -> tuple[list[float], Any]:
    """Seconds of each repetition but the first, and the last result."""
    seconds, result = [], None
    for _ in range(repeat + 1):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return seconds[1:], result


def whole(held: Facts, repeat: int) -> Judgement:
    """Rules, verdicts, findings and proposals of all houses."""
    law = load("quzhou")
    seconds, judgement = timed(repeat, lambda: judge(held, law))
    told(f"rules and verdicts, {len(judgement.rules)} rules", seconds)
    told("rules, verdicts and findings", timed(repeat, lambda: judge(held, law).findings)[0])
    told("proposals, on top", timed(repeat, lambda: type(judgement).proposals.func(judgement))[0])
    return judgement  # type: ignore[no-any-return]


def one(held: Facts, judgement: Judgement) -> None:
    """One house after the other: judged again, and explained."""
    law = load("quzhou")
    houses = np.random.default_rng(3).integers(0, held.blocks["house"].size, ASKED).tolist()
    neighbours = Neighbours(held)
    again, changed = [], 0
    for house in houses:
        after = edited(held, "house", house, {"storeys": (4, 4)})
        began = time.perf_counter()
        part = rejudge(after, law, neighbours, houses=[house])
        _ = part.findings, part.unknowns, part.proposals
        again.append(time.perf_counter() - began)
        changed += part.houses.height
    told(f"one changed house judged again ({changed / ASKED:.1f} houses touched)", again)
    _ = judgement.findings, judgement.unknowns, judgement.proposals, judgement.houses
    began = time.perf_counter()
    explain(judgement, law, held.ids["house"][0], "zh")
    print(f"  the index of all houses, once, beside what is stored anyway: {time.perf_counter() - began:.2f} s")
    for lang in ("zh", "en"):
        explained = sorted(_explained(judgement, law, held.ids["house"][house], lang) for house in houses)
        middle, most = (explained[int(ASKED * share)] * 1000 for share in (0.5, 0.95))
        print(f"one house explained, with why not, {lang}: {middle:.2f} ms, 95 of 100 below {most:.2f} ms")


def _explained(judgement: Judgement, law: Any, house: str, lang: str) -> float:
    began = time.perf_counter()
    explain(judgement, law, house, lang)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=7)
    options = asked.parse_args()
    tables = surveyed(frames(facts(options.houses)))
    print(f"{options.houses:,} houses, all known")
    whole(Facts.from_frames(JUDGED_ON, tables), options.repeat)
    print(f"{options.houses:,} houses, with blanks")
    held = Facts.from_frames(JUDGED_ON, with_blanks(tables))
    one(held, whole(held, options.repeat))


if __name__ == "__main__":
    main()
