"""Two stored runs side by side (两次判定比对): each verdict and finding that is otherwise, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from jiadi.policy import whatif_effect, whatif_pair, whatif_trial
from jiadi.policy.judge import VERDICTS
from jiadi.policy.table import SUBJECTS, Facts
from jiadi.policy.whatif_pair import Pair
from jiadi.run import kept, record
from jiadi.run.whatif import with_causes, with_proposals

PROGRAM = "program"
"""The cause where the program itself judges the same facts by the same law otherwise than it did."""

BEHIND = {
    "has_approval": ("approval_parcel", "approval_household", "house_parcel", "right_parcel"),
    "must_be_removed": ("house_parcel",),
    "has_footprint": ("house_footprint",),
    "has_main_house": ("house_parcel",),
    "built": ("house_parcel", "right_household"),
    **dict.fromkeys(("floor_area_m2", "floor_area_above_m2", "floor_area_below_m2"), ("house_parcel",)),
    "base_area_m2": ("house_parcel",),
    "approved_area_m2": ("approval_parcel", "right_parcel"),
    "has_approved_area": ("approval_parcel", "right_parcel"),
    **{
        f"{name}{part}{unit}": ("approval_parcel",)
        for part in ("", "_above", "_below")
        for name, unit in (("approved_floor_area", "_m2"), ("has_approved_floor_area", ""))
    },
    "land_class": ("right_parcel",),
    "obtained": ("right_parcel",),
    "control_zone": ("right_parcel",),
    "holder_is_member": ("right_parcel",),
    "homesteads": ("right_household",),
    "homesteads_counted": ("right_household",),
}
"""Fact → links on which it rests 事实所依的关联; `split_…_persons` rest on right_parcel."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs between two runs (比对结果).

    Args:
        old, new: the stored runs; nothing in them is changed.
        matrix: houses that both have, by verdict in each, in the order of `VERDICTS`.
        added, removed: houses that only one of them has: id, village_code, verdict.
        houses: of `whatif_effect.listed`, with `cause` (keys) and `groups`.
        findings: of `whatif_effect.findings` of what both have, with `cause` and `groups`.
        facts: facts, zones and links of the changed, with what they were and are, of `whatif_told.TOLD` by language.
        bench: on which causes were tried; None where nothing changed.
        inputs: files that differ: file, old and new hash.
        layers: kinds of zones whose layer differs.
    """

    old: kept.Kept
    new: kept.Kept
    matrix: Any
    added: pl.DataFrame
    removed: pl.DataFrame
    houses: pl.DataFrame
    findings: pl.DataFrame
    links: pl.DataFrame
    bench: whatif_trial.Bench | None
    inputs: pl.DataFrame
    layers: tuple[str, ...]


def compare(old: Path, new: Path) -> Compared:
    """Compare two stored runs (比对).

    Args:
        old, new: result folders of `jiadi judge`; they are only read.

    Raises:
        Refusal: no result folder, or a kept rule set that does not load.
    """
    runs = kept.load(old), kept.load(new)
    sides = [run.judgement.houses for run in runs]
    both = sides[0].join(sides[1].select("id", pl.col("verdict").alias("after")), on="id").rename({"verdict": "before"}).sort("id")
    states = [whatif_effect.states(run.judgement) for run in runs]
    changed = _of_both(runs, whatif_effect.findings(*states))
    listed = whatif_effect.listed(_linked_in_either(both, sides), changed)
    bench = _bench(runs, listed, changed) if listed.height or changed.height else None
    links = pl.DataFrame(schema=_LINKED)
    if bench is not None:
        links = _links(runs, bench.pair)
        listed, changed = _explained(runs, bench, listed, changed, links)
    else:
        none = pl.lit([], dtype=pl.List(pl.String))
        listed, changed = (frame.with_columns(none.alias("cause"), none.alias("groups")) for frame in (listed, changed))
    listed = with_proposals(listed, *(run.judgement.__dict__.get("proposals") for run in runs))
    order = {verdict: place for place, verdict in enumerate(VERDICTS)}
    ends = [both[name].replace_strict(order, return_dtype=pl.UInt8).to_numpy() for name in ("before", "after")]
    return Compared(
        *runs,
        whatif_effect.matrix(*ends),
        _only(sides[1], sides[0]),
        _only(sides[0], sides[1]),
        listed,
        changed,
        links,
        bench,
        _inputs(runs),
        _layers(runs),
    )


def _only(houses: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    return houses.join(others, on="id", how="anti").select("id", "village_code", "verdict").sort("id")


def _linked_in_either(both: pl.DataFrame, sides: list[pl.DataFrame]) -> pl.DataFrame:
    """Houses of both runs; the parcel and household of the new run serve, else those of the old."""
    own = sides[1].select("id", *(pl.col(name).alias(f"new_{name}") for name in ("parcel_id", "household_id")))
    joined = both.join(own, on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(f"new_{name}", name).alias(name) for name in ("parcel_id", "household_id")).select(both.columns)


def _of_both(runs: tuple[kept.Kept, kept.Kept], changed: pl.DataFrame) -> pl.DataFrame:
    """Changed findings of subjects that both runs have."""
    parts = []
    for subject in SUBJECTS:
        own = changed.filter(pl.col("subject") == subject)
        for run in runs:
            own = own.join(pl.DataFrame({"id": run.judgement.facts.ids[subject]}), on="id", how="semi")
        parts.append(own)
    return pl.concat(parts).sort("code", "subject", "id")


def _bench(runs: tuple[kept.Kept, kept.Kept], listed: pl.DataFrame, changed: pl.DataFrame) -> whatif_trial.Bench:
    chosen = {subject: changed.filter(pl.col("subject") == subject)["id"] for subject in SUBJECTS}
    chosen["house"] = pl.concat([chosen["house"], listed["id"]])
    pair = whatif_pair.align(runs[0].judgement.facts, runs[1].judgement.facts, chosen)
    return whatif_trial.Bench(pair, runs[0].lawset, runs[1].lawset)


def _explained(
    runs: tuple[kept.Kept, kept.Kept], bench: whatif_trial.Bench, listed: pl.DataFrame, changed: pl.DataFrame, links: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Houses and findings with their causes."""
    found = whatif_trial.causes(bench, changed)
    named = changed.with_columns(found.findings.alias("cause"))
    named = _by_program(runs, bench, _through_links(named, bench, links))
    own = pl.DataFrame({"id": bench.pair.old.ids["house"], "own": found.houses})
    houses = listed.join(own, on="id", how="left", maintain_order="left").with_columns(pl.col("own").fill_null(_NOTHING))
    houses = _houses_through_links(houses, bench, links)
    frames = [_by_day(runs, frame) for frame in (_houses_by_program(runs, bench, with_causes(houses, named)), named)]
    return _grouped(frames[0]), _grouped(frames[1])


def _by_day(runs: tuple[kept.Kept, kept.Kept], frame: pl.DataFrame) -> pl.DataFrame:
    """Of the same files, facts and links can only differ because they are those of another day: the day is named with them."""
    held = [record.read(run.directory / kept.FOLDER) for run in runs]
    same = all(held) and held[0]["inputs"] and held[0]["inputs"] == held[1]["inputs"]  # type: ignore[index]
    if not same or runs[0].judgement.facts.on == runs[1].judgement.facts.on:
        return frame
    rests = pl.col("cause").list.eval(pl.element().str.contains("^(fact|zone|link) ")).list.any()
    also = pl.col("cause").list.concat(pl.lit([whatif_pair.DAY], dtype=pl.List(pl.String))).list.unique().list.sort()
    return frame.with_columns(pl.when(rests).then(also).otherwise("cause").alias("cause"))


_NOTHING = pl.lit([], dtype=pl.List(pl.String))
_LINKED: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "id": pl.String(),
    "kind": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
}
"""Links that differ, of the parcels, households and houses that are compared: other ends in both runs, joined by commas."""


def _grouped(frame: pl.DataFrame) -> pl.DataFrame:
    """What kind each cause is of; a fact that rests on a changed link counts as the link."""
    order = {group: place for place, group in enumerate((*whatif_trial.GROUPS, PROGRAM))}
    keys = frame["cause"].explode().drop_nulls().unique()
    known = {key: order[whatif_trial.group_of(key)] for key in keys}
    if not known:
        return frame.with_columns(_NOTHING.alias("groups"))
    places = pl.col("cause").list.eval(pl.element().replace_strict(known, return_dtype=pl.Int8)).list.unique().list.sort()
    words = {place: group for group, place in order.items()}
    return frame.with_columns(places.list.eval(pl.element().replace_strict(words, return_dtype=pl.String)).alias("groups"))


def _links(runs: tuple[kept.Kept, kept.Kept], pair: Pair) -> pl.DataFrame:
    held = [run.links() for run in runs]
    if held[0] is None or held[1] is None:
        return pl.DataFrame(schema=_LINKED)
    sides = []
    for pairs in held:
        assert pairs is not None
        ends = [_ends(pairs, kind, pair) for kind in sorted({kind for kinds in BEHIND.values() for kind in kinds})]
        sides.append(pl.concat([pl.DataFrame(schema={**_LINKED, "told": pl.String()}).drop("old", "new"), *ends]))
    keys = ["subject", "id", "kind"]
    joined = sides[0].rename({"told": "old"}).join(sides[1].rename({"told": "new"}), on=keys, how="full", coalesce=True)
    return joined.filter(~pl.col("old").eq_missing(pl.col("new"))).select(list(_LINKED)).sort(keys)


def _ends(pairs: pl.DataFrame, kind: str, pair: Pair) -> pl.DataFrame:
    """What each row that is compared is linked to by links of one kind; a doubtful end has a question mark."""
    left, right = kind.split("_")
    own, other, subject = ("right_id", "left_id", right) if right in SUBJECTS else ("left_id", "right_id", left)
    told = pl.col(other) + pl.when(pl.col("state") == "doubtful").then(pl.lit("?")).otherwise(pl.lit(""))
    rows = pairs.filter(pl.col("kind") == kind).select(pl.col(own).alias("id"), told.alias("told"))
    near = rows.join(pl.DataFrame({"id": pair.old.ids[subject]}), on="id", how="semi")
    joined = near.group_by("id").agg(pl.col("told").sort().str.join(", "))
    return joined.select(pl.lit(subject).alias("subject"), "id", pl.lit(kind).alias("kind"), "told")


def _behind(links: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """Facts that rest on links that differ: subject, id, key of the fact, key of the link; a house rests on its parcel's."""
    links = pl.concat([links, *(_on_houses(links, facts) for facts in (pair.old, pair.new))]).unique(["subject", "id", "kind"])
    rests = [(fact, kind) for fact, kinds in BEHIND.items() for kind in kinds]
    rests += [(f"split_{place}_persons", "right_parcel") for place in range(1, 5)]
    table = pl.DataFrame(rests, schema={"fact": pl.String(), "kind": pl.String()}, orient="row")
    joined = links.join(table, on="kind")
    key = pl.concat_str([pl.lit("fact"), pl.col("subject"), pl.col("fact")], separator=" ")
    return joined.select("subject", "id", key.alias("key"), (pl.lit("link ") + pl.col("kind")).alias("link"))


def _on_houses(links: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Links of parcels as links of the houses on them."""
    rows = np.flatnonzero(facts.house_parcel >= 0)
    on = pl.DataFrame({"house": facts.ids["house"].gather(rows), "id": facts.ids["parcel"].gather(facts.house_parcel[rows])})
    found = links.filter(pl.col("subject") == "parcel").join(on, on="id")
    return found.select(pl.lit("house").alias("subject"), pl.col("house").alias("id"), "kind", "old", "new")


def _swapped(rows: pl.DataFrame, behind: pl.DataFrame) -> pl.DataFrame:
    """Causes with the link in place of each fact that rests on a changed one.

    Args:
        rows: row, subject, id, key.
        behind: of `_behind`.

    Returns:
        row, cause.
    """
    joined = rows.join(behind, on=["subject", "id", "key"], how="left")
    kept_keys = joined.select("row", pl.coalesce("link", "key").alias("cause"))
    return kept_keys.group_by("row").agg(pl.col("cause").unique().sort())


def _through_links(changed: pl.DataFrame, bench: whatif_trial.Bench, links: pl.DataFrame) -> pl.DataFrame:
    rows = changed.with_row_index("row").select("row", "subject", "id", pl.col("cause").alias("key")).explode("key").drop_nulls()
    found = _swapped(rows, _behind(links, bench.pair))
    return _with_swapped(changed, found)


def _with_swapped(frame: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    joined = frame.with_row_index("row").drop("cause").join(found, on="row", how="left", maintain_order="left")
    return joined.drop("row").with_columns(pl.col("cause").fill_null(_NOTHING))


def _houses_through_links(houses: pl.DataFrame, bench: whatif_trial.Bench, links: pl.DataFrame) -> pl.DataFrame:
    """The same for houses: a fact is of the house, its parcel or its household."""
    rows = houses.with_row_index("row").select("row", pl.col("id").alias("house"), "parcel_id", "household_id", pl.col("own").alias("key"))
    rows = rows.explode("key").drop_nulls("key")
    subject = pl.when(pl.col("key").str.starts_with("fact ")).then(pl.col("key").str.split(" ").list.get(1)).otherwise(pl.lit("house"))
    rows = rows.with_columns(subject.alias("subject"))
    ids = (
        pl.when(pl.col("subject") == "parcel")
        .then("parcel_id")
        .when(pl.col("subject") == "household")
        .then("household_id")
        .otherwise("house")
    )
    found = _swapped(rows.with_columns(ids.alias("id")).select("row", "subject", "id", "key"), _behind(links, bench.pair))
    renamed = houses.rename({"own": "cause"})
    return _with_swapped(renamed, found).rename({"cause": "own"})


def _by_program(runs: tuple[kept.Kept, kept.Kept], bench: whatif_trial.Bench, changed: pl.DataFrame) -> pl.DataFrame:
    """Findings that the program tells otherwise than the runs have kept them."""
    pairs = ((runs[0], bench.at(())), (runs[1], bench.at(bench.everything)))
    parts = [whatif_effect.findings(whatif_effect.states(run.judgement), again.findings).select(whatif_effect.KEY) for run, again in pairs]
    moved = pl.concat(parts).unique().with_columns(pl.lit(True).alias("moved"))
    joined = changed.join(moved, on=whatif_effect.KEY, how="left", maintain_order="left")
    return joined.with_columns(_plus_program("cause")).drop("moved")


def _plus_program(name: str) -> pl.Expr:
    also = pl.col(name).list.concat(pl.lit([PROGRAM], dtype=pl.List(pl.String)))
    return pl.when(pl.col("moved").fill_null(False)).then(also).otherwise(pl.col(name)).alias(name)


def _houses_by_program(runs: tuple[kept.Kept, kept.Kept], bench: whatif_trial.Bench, houses: pl.DataFrame) -> pl.DataFrame:
    words = pl.Series(list(VERDICTS))
    again = [words.gather(side.verdict.astype(np.uint32)) for side in (bench.at(()), bench.at(bench.everything))]
    told = pl.DataFrame({"id": bench.pair.old.ids["house"], "was": again[0], "is": again[1]})
    joined = houses.join(told, on="id", how="left", maintain_order="left")
    moved = (pl.col("before") != pl.col("was")) | (pl.col("after") != pl.col("is"))
    return joined.with_columns(moved.alias("moved")).with_columns(_plus_program("cause")).drop("was", "is", "moved")


def _inputs(runs: tuple[kept.Kept, kept.Kept]) -> pl.DataFrame:
    sides = []
    for run in runs:
        held = record.read(run.directory / kept.FOLDER) or {"inputs": []}
        rows = [(entry["file"], entry["sha256"]) for entry in held["inputs"]]
        sides.append(pl.DataFrame(rows, schema={"file": pl.String(), "sha256": pl.String()}, orient="row").unique("file", keep="first"))
    joined = sides[0].rename({"sha256": "old"}).join(sides[1].rename({"sha256": "new"}), on="file", how="full", coalesce=True)
    return joined.filter(~pl.col("old").eq_missing(pl.col("new"))).sort("file")


def _layers(runs: tuple[kept.Kept, kept.Kept]) -> tuple[str, ...]:
    held = [record.read(run.directory / kept.FOLDER) or {"layers": []} for run in runs]
    sides = [{entry["kind"]: entry["sha256"] for entry in one["layers"]} for one in held]
    return tuple(kind for kind in sorted({*sides[0], *sides[1]}) if sides[0].get(kind) != sides[1].get(kind))
