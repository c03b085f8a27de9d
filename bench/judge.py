"""How long the yardstick takes: rules, findings and verdicts of a million houses from facts in memory.

    python bench/judge.py [--houses 1000000] [--repeat 7] [--openfisca PYTHON]

DuckDB judges the same facts by the same rules as SQL (bench/duckdb_rules.py). PYTHON is the interpreter of an environment that
has what bench/requirements.txt names; OpenFisca-core then does so too. The verdicts and findings of each are compared with ours,
the program stops unless they agree, and the ratio of the medians is printed.
Ours is measured twice: on the facts as OpenFisca gets them, and with blanks such as real lists have.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb_rules
import numpy as np
import polars as pl
from facts import CLASSES, COUNTY, GRADES, JUDGED_ON, LAND_CLASSES, OBTAINED, VACANCY, ZONES, Columns, facts

from jiadi.law import load
from jiadi.law.amend import HYPOTHESIS, amended, differences, with_values
from jiadi.law.marked import Marked
from jiadi.law.parameter import Given
from jiadi.policy import whatif
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.table import Facts

BLANKS = {"built": 0.1, "storeys": 0.04, "safety_grade": 0.5, "vacancy": 0.06, "has_approval": 0.05, "land_class": 0.4, "obtained": 0.05}
BLANKS |= {"approved_area_m2": 0.03, "holder_is_member": 0.05, "area_m2": 0.02, "homesteads": 0.03, "designated_on": 0.1}
CHANGED: dict[str, tuple[str, date, tuple[str, ...], object]] = {
    "homestead_standard_m2": ("33", date(2021, 11, 1), ("other",), 12_000),
    "over_area_tolerance_m2": ("33", date(1982, 2, 13), (), 500),
    "period_effect": ("33", date(2020, 1, 1), ("over_area",), "can_be_regularised"),
    "storeys_max": ("3308", date(2021, 1, 1), (), 2),
    "several_homesteads_max": ("33", date(1999, 1, 1), (), 2),
    "road_strip_m": ("33", date(2021, 1, 1), ("county",), 2_500),
    "overlap_tolerance_m2": ("33", date(1999, 1, 1), (), 1_000),
}
"""Figures that are tried otherwise: division, first day, cell, value in whole parts."""
MONTHS = 0.3
"""Share of the houses whose month of building is known; of the others only the year is."""


def names(values: Any, known: tuple[str, ...]) -> pl.Series:
    """Positions as words."""
    return pl.Series(np.array(known)[values])


def day(values: Any) -> pl.Series:
    """Days since 1970-01-01 as dates."""
    return pl.Series(values.astype(np.int32)).cast(pl.Date)


def keys(prefix: str, numbers: Any) -> pl.Series:
    """Ids that sort as their positions."""
    return pl.Series(numbers).cast(pl.String).str.zfill(8).str.pad_start(9, prefix)


def frames(held: dict[str, Columns]) -> dict[str, pl.DataFrame]:
    """The facts in the plain units in which the core takes them."""
    tables: dict[str, pl.DataFrame] = {}
    for subject, prefix in (("house", "h"), ("parcel", "p"), ("household", "f")):
        columns = held[subject]
        size = len(columns["built"])
        plain = {name: pl.Series(values) for name, values in columns.items() if name not in ("parcel", "household")}
        plain |= {name: plain[name] / 100 for name in plain if name.endswith("_m2")}
        tables[subject] = pl.DataFrame(
            {"id": keys(prefix, np.arange(size)), "division_code": [COUNTY] * size, **plain, "built": day(columns["built"])}
        )
    house, parcel = held["house"], held["parcel"]
    layers = {f"{kind}_layer": pl.lit(True) for kind in ZONES}
    tables["house"] = tables["house"].with_columns(
        safety_grade=names(house["safety_grade"], GRADES),
        vacancy=names(house["vacancy"], VACANCY),
        has_footprint=pl.lit(True),
        parcel_id=keys("p", house["parcel"]),
        household_id=keys("f", house["household"]),
        **layers,
    )
    tables["parcel"] = tables["parcel"].with_columns(
        land_class=names(parcel["land_class"], LAND_CLASSES), obtained=names(parcel["obtained"], OBTAINED)
    )
    return tables | {"zone": _zone_frame(held["zone"])}


def _zone_frame(zone: Columns) -> pl.DataFrame:
    kinds = list(ZONES)
    classes = np.full(len(zone["kind"]), None, dtype=object)
    for kind, known in CLASSES.items():
        rows = zone["kind"] == kinds.index(kind)
        classes[rows] = np.array(known, dtype=object)[zone["zone_class"][rows]]
    return pl.DataFrame(
        {
            "id": keys("z", np.arange(len(classes))),
            "house_id": keys("h", zone["house"]),
            "zone_kind": names(zone["kind"], tuple(kinds)),
            "zone_class": pl.Series(list(classes), dtype=pl.String),
            "overlap_m2": zone["overlap_m2"] / 100,
            "distance_m": zone["distance_m"] / 100,
            "designated_on": day(zone["designated_on"]),
        }
    )


def with_blanks(tables: dict[str, pl.DataFrame], seed: int = 11) -> dict[str, pl.DataFrame]:
    """The same with blanks as real lists have them, and years where there were days."""
    draw = np.random.default_rng(seed)
    blanked = {}
    for subject, table in tables.items():
        names_of = [name for name in BLANKS if name in table.columns and name != "built"]
        kept = {name: pl.Series(draw.random(table.height) >= BLANKS[name]) for name in names_of}
        blanked[subject] = table.with_columns(pl.when(kept[name]).then(pl.col(name)).alias(name) for name in names_of)
        if "built" in table.columns:
            blanked[subject] = _loosely_dated(blanked[subject], draw)
    return blanked


def _loosely_dated(table: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    to_month = pl.Series(draw.random(table.height) < MONTHS)
    blank = pl.Series(draw.random(table.height) < BLANKS["built"])
    built = pl.col("built")
    first = pl.when(to_month).then(built.dt.truncate("1mo")).otherwise(built.dt.truncate("1y"))
    last = pl.when(to_month).then(built.dt.month_end()).otherwise(built.dt.truncate("1y").dt.offset_by("1y").dt.offset_by("-1d"))
    earliest, latest = pl.date(1900, 1, 1), pl.lit(JUDGED_ON)
    dated = {"built_first": pl.when(blank).then(earliest).otherwise(first), "built_last": pl.when(blank).then(latest).otherwise(last)}
    return table.with_columns(**dated).drop("built")


def measure(tables: dict[str, pl.DataFrame], repeat: int) -> tuple[list[float], Judgement]:
    """Seconds of each repetition, the first left out, and the last judgement."""
    law, held = load("quzhou"), Facts.from_frames(JUDGED_ON, tables)
    seconds = []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        judgement = judge(held, law)
        seconds.append(time.perf_counter() - began)
    return seconds[1:], judgement


def what_if(which: str, tables: dict[str, pl.DataFrame], repeat: int) -> None:
    """Seconds of one changed figure each, and which rules ran; each checked against a full judgement by the changed set."""
    law, held = load("quzhou"), Facts.from_frames(JUDGED_ON, tables)
    base = whatif.baseline(held, law)
    for figure, (division, starts, words, value) in CHANGED.items():
        cell = law.parameters[figure].position(words)
        whole = value if law.parameters[figure].kind == "number" else law.parameters[figure].words.index(str(value))
        tried = Given(figure, division, cell, starts, None, int(whole), HYPOTHESIS.citation_id, True, "", Marked("bench", {}), ())
        changed = amended(law, {figure: with_values(law, figure, [tried])})
        changes, seconds = differences(law, changed), []
        for _ in range(repeat + 1):
            began = time.perf_counter()
            result = whatif.try_law(base, changed, changes)
            seconds.append(time.perf_counter() - began)
        if not np.array_equal(judge(held, changed).verdict, result.judgement.verdict):
            raise SystemExit(f"what-if of {figure} differs from a full judgement")
        told(f"what if {figure}{which} ({', '.join(result.ran)})", seconds[1:])


def counted(judgement: Judgement) -> dict[str, dict[str, int]]:
    """Verdicts and findings with their numbers."""
    columns = {"verdicts": judgement.houses["verdict"], "findings": judgement.findings["code"]}
    return {name: dict(sorted(column.value_counts().iter_rows())) for name, column in columns.items()}


def openfisca(python: str, held: dict[str, Columns], style: str, repeat: int) -> dict[str, Any]:
    """What OpenFisca gives for the same facts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.npz"
        arrays: dict[str, Any] = {f"{subject}.{name}": values for subject, columns in held.items() for name, values in columns.items()}
        np.savez(path, **arrays)
        command = [python, str(Path(__file__).with_name("openfisca_rules.py")), str(path), "--repeat", str(repeat), "--style", style]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def compare(ours: dict[str, dict[str, int]], theirs: dict[str, Any]) -> None:
    """Stop where the two disagree."""
    for name in ("verdicts", "findings"):
        of_theirs = {word: number for word, number in theirs[name].items() if number}
        if ours[name] != of_theirs:
            raise SystemExit(f"{name} differ:\n  ours   {ours[name]}\n  theirs {of_theirs}")


def beside(name: str, theirs: dict[str, Any], ours: dict[str, dict[str, int]], seconds: list[float]) -> None:
    """Print what another engine took, once it has been found to say the same."""
    compare(ours, theirs)
    told(name, theirs["seconds"])
    ratio = statistics.median(theirs["seconds"]) / statistics.median(seconds)
    print(f"  the same verdicts and findings; {ratio:.1f} times as long as jiadi")


def told(name: str, seconds: list[float]) -> None:
    """Print the median of a measurement and its range."""
    print(f"{name:<44} {statistics.median(seconds):8.3f} s   ({min(seconds):.3f} to {max(seconds):.3f}, {len(seconds)} times)")


def main() -> None:
    """Measure, compare and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=7)
    asked.add_argument("--openfisca", metavar="PYTHON")
    options = asked.parse_args()
    held = facts(options.houses)
    tables = frames(held)
    seconds, judgement = measure(tables, options.repeat)
    ours = counted(judgement)
    blank_seconds, blank_judgement = measure(with_blanks(tables), options.repeat)
    told(f"jiadi, {options.houses:,} houses, all known", seconds)
    told("jiadi, with blanks", blank_seconds)
    print(f"  all known   {ours['verdicts']}\n  with blanks {counted(blank_judgement)['verdicts']}")
    what_if("", tables, options.repeat)
    what_if(", with blanks", with_blanks(tables), options.repeat)
    by_sql = duckdb_rules.measure(held, CLASSES, load("quzhou"), max(5, options.repeat))
    beside("DuckDB, all known", by_sql, ours, seconds)
    if not options.openfisca:
        return
    for style in ("documented", "by_hand"):
        theirs = openfisca(options.openfisca, held, style, max(5, options.repeat))
        beside(f"OpenFisca-core, {style}, all known", theirs, ours, seconds)


if __name__ == "__main__":
    main()
