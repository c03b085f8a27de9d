"""What a delivery would change in the register (变更计划): rows added, changed, removed, and those that nobody spoke of again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from jiadi.codes.division import LENGTHS
from jiadi.policy.coverage import covered, reaches
from jiadi.register.tables import Coverage, Delivery, Linked
from jiadi.server.database import keys
from jiadi.server.refusals import refuse
from jiadi.server.register import frames
from jiadi.survey.renewal import Renewal, compare
from jiadi.survey.renewal.listed import Lists

WHERE_FROM = ("source_id", "source_row", "footprint_source_id", "footprint_source_row")
"""Where a row stands in its file: no change of the row."""
LINK = ["kind", "left_key", "right_key"]
NOT_LISTS = ("household", "coverage", "link")


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one table (一表的变更).

    Args:
        insert: whole rows; `update`: whole rows under the id that they have; `delete`: ids.
        kept: keys of rows that the newer list does not have, and whose absence its coverage does not prove.
        same: rows that stay untouched.
    """

    insert: pl.DataFrame
    update: pl.DataFrame
    delete: pl.Series
    kept: pl.Series
    same: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What recording a delivery would do (变更计划).

    Args:
        division: of the delivery.
        sources: number of a source → id; `new_sources`: those that are not there yet.
        steps: table → what becomes of it, what another one points to first.
        renewal: cell by cell; None where the register had nothing there.
    """

    division: str
    sources: dict[int, str]
    new_sources: pl.DataFrame
    steps: dict[str, Step] = field(default_factory=dict)
    renewal: Renewal | None = None

    def without(self, ids: Collection[str]) -> Plan:
        """The same, but for rows that stay as they are (保留的行)."""
        if not ids:
            return self
        held = list(ids)
        steps = {
            name: replace(step, update=step.update.filter(~pl.col("id").is_in(held)), delete=step.delete.filter(~step.delete.is_in(held)))
            for name, step in self.steps.items()
        }
        return replace(self, steps=steps)

    def counts(self) -> dict[str, dict[str, int]]:
        """Table → rows added, changed, removed, kept, same (变更统计)."""
        return {
            name: {
                "added": step.insert.height,
                "changed": step.update.height,
                "removed": len(step.delete),
                "kept": len(step.kept),
                "same": step.same,
            }
            for name, step in self.steps.items()
        }


def division_of(delivery: Delivery, linked: Linked) -> str:
    """The smallest division that all rows and all coverage lie in (交付的区划).

    Raises:
        Refusal: `no_place`: nothing says where it belongs, or it is not of one province.
    """
    said = {code for one in delivery.coverage for code in one.divisions}
    codes = [frame["village_code"] for frame in delivery.tables.values() if "village_code" in frame.columns]
    for column in (*codes, linked.houses["division_code"]):
        said |= set(column.drop_nulls().unique().to_list())
    whole = sorted(code.ljust(12, "0") for code in said)
    alike = next((at for at in range(12) if whole and whole[0][at] != whole[-1][at]), 12)
    lengths = [length for _, length in LENGTHS if length <= alike]
    if not whole or not lengths:
        raise refuse("no_place")
    return whole[0][: lengths[-1]]


def plan(delivery: Delivery, linked: Linked, division: str, old: Mapping[str, pl.DataFrame], before: tuple[Delivery, Linked]) -> Plan:
    """Reckon what recording a delivery would do (制定变更计划).

    Args:
        delivery: checked, with every list that the register has there; `linked`: of it.
        division: of the delivery.
        old: rows of every table as the register has them, of `frames.columns`.
        before: the same as the core has them.

    Raises:
        Refusal: `lists_missing`: it has not all lists; see `laid_over`.
    """
    if missing := sorted(set(before[0].tables) - set(delivery.tables)):
        raise refuse("lists_missing", lists=", ".join(missing))
    known = dict(delivery.extra.get("sources") or {})  # type: ignore[call-overload]
    fresh = delivery.sources.filter(~pl.col("source_id").is_in(list(known))) if known else delivery.sources
    ids = keys.column(fresh.height)
    sources = known | dict(zip(fresh["source_id"].to_list() if fresh.height else [], ids.to_list(), strict=True))
    new = frames.of_delivery(delivery, linked, division, sources)
    made = Plan(division, sources, fresh.with_columns(ids))
    if all(frame.is_empty() for frame in old.values()):
        return Plan(division, sources, made.new_sources, _first(new))
    renewal = compare(_lists(*before), _lists(delivery, linked))
    return Plan(division, sources, made.new_sources, _steps(delivery, linked, new, old, renewal), renewal)


def _lists(delivery: Delivery, linked: Linked) -> Lists:
    tables = {name: frame for name, frame in delivery.tables.items() if name not in ("footprint", "house")}
    if "house" in delivery.tables or "footprint" in delivery.tables:
        tables["house"] = linked.houses
    kinds = {"source_id": pl.Int32(), "file": pl.String(), "sheet": pl.String()}
    places = (
        delivery.sources.select(pl.col(name).cast(kind) for name, kind in kinds.items())
        if delivery.sources.width
        else pl.DataFrame(schema=kinds)
    )
    return Lists({name: frame.sort("id") for name, frame in tables.items()}, places.with_columns(pl.col("sheet").fill_null("")))


def _first(new: Mapping[str, pl.DataFrame]) -> dict[str, Step]:
    """Nothing is there yet: every row is put in."""
    named = {name: frame.with_columns(keys.column(frame.height)) for name, frame in new.items()}
    empty = pl.Series([], dtype=pl.String)
    return {name: Step(_pointed(frame, named), frame.clear(), empty, empty, 0) for name, frame in named.items()}


def _pointed(frame: pl.DataFrame, named: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Keys of rows that are pointed to become their ids."""
    for column, name in frames.POINTS.items():
        if column in frame.columns and name in named:
            ids = named[name].select(pl.col("key").alias(column), pl.col("id").alias("pointed")).unique(column)
            frame = (
                frame.join(ids, on=column, how="left", maintain_order="left").with_columns(pl.col("pointed").alias(column)).drop("pointed")
            )
    return frame


def _steps(
    delivery: Delivery, linked: Linked, new: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame], renewal: Renewal
) -> dict[str, Step]:
    named = {name: _known_again(name, frame, old[name], renewal) for name, frame in new.items() if name != "link"}
    gone = {name: _gone(name, named, old, delivery) for name in frames.LISTED if name in named}
    gone["household"] = _without_persons(named, old, gone)
    ends = {
        name: pl.concat([old[name].select("key", "id"), named[name].select("key", "id")]).unique("key", keep="last")
        if name in named
        else old[name]
        for name in ("household", "parcel")
    }
    steps = {}
    for name in (*frames.LISTED, "coverage"):
        if name in named:
            pointed = _pointed(named[name], ends)
            removed = gone[name] if name in gone else _replaced(named[name], old[name])
            steps[name] = _step(pointed, old[name], removed, gone)
        elif any(column in old[name].columns for column in frames.POINTS):
            steps[name] = _step(old[name], old[name], pl.Series([], dtype=pl.String), gone)
    steps["link"] = _link_step(new["link"], named, old, gone)
    return steps


def _known_again(name: str, frame: pl.DataFrame, old: pl.DataFrame, renewal: Renewal) -> pl.DataFrame:
    """Rows under the ids that they have in the register; new ids for new rows."""
    pairs = [frame.select(pl.col("key").alias("new_key"), pl.col("key").alias("old_key"))]
    if name in renewal.tables:
        paired = renewal.tables[name].paired
        pairs.insert(0, paired.select(pl.col("new_id").alias("new_key"), pl.col("old_id").alias("old_key")))
    both = pl.concat(pairs).join(old.select(pl.col("key").alias("old_key"), "id"), on="old_key")
    once = both.unique("new_key", keep="first", maintain_order=True).unique("id", keep="first", maintain_order=True)
    joined = frame.join(once.select(pl.col("new_key").alias("key"), "id"), on="key", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("id", keys.column(frame.height).alias("fresh")).alias("id"))


def _gone(name: str, named: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame], delivery: Delivery) -> pl.Series:
    """Ids of rows that are no longer, since the list that would have them covers their place and time."""
    missing = old[name].join(named[name], on="id", how="anti")
    codes = missing["division"].cast(pl.String).str.zfill(12)
    told = pl.Series(name="told", values=np.zeros(missing.height, dtype=bool))
    lists = ("house", "footprint") if name == "house" else (name,)
    for table in lists:
        if table in delivery.tables:
            told |= absent(delivery.coverage, table, codes, missing)
    return missing.filter(told)["id"]


def absent(coverage: list[Coverage], table: str, codes: pl.Series, missing: pl.DataFrame) -> pl.Series:
    """Whether the absence of each row is a fact (缺行是否为实): what was decided on a day outside the list's period is not missed.

    Args:
        coverage: of the newer delivery.
        table: name of the list.
        codes: String, 12 digits, where each row lies.
        missing: the rows.
    """
    places = sorted(set(codes.to_list()))
    at = codes.replace_strict(places, list(range(len(places))), return_dtype=pl.Int32).to_numpy() if places else np.zeros(0, dtype=np.int32)
    found = np.zeros(missing.height, dtype=bool)
    kinds = sorted({one.kind for one in coverage if one.table == table})
    for entry in (one for one in coverage if one.table == table):
        reach = covered([entry], table, places)[at]
        if "approved_on" in missing.columns:
            day = missing["approved_on"]
            within = (day >= entry.covers_from if entry.covers_from else day.is_not_null()) & (
                day < entry.covers_to if entry.covers_to else day.is_not_null()
            )
            reach &= within.fill_null(entry.covers_from is None and entry.covers_to is None).to_numpy()
        if kinds != [""] and "zone_kind" in missing.columns:
            reach &= (missing["zone_kind"] == entry.kind).fill_null(False).to_numpy()
        found |= reach
    return pl.Series("told", found)


def _without_persons(named: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame], gone: Mapping[str, pl.Series]) -> pl.Series:
    """Households of whom nobody is left."""
    if "person" not in named:
        return pl.Series([], dtype=pl.String)
    stay = old["person"].join(named["person"], on="id", how="anti").filter(~pl.col("id").is_in(gone["person"].implode()))
    missing = old["household"].join(named["household"], on="id", how="anti")
    return missing.join(stay.drop_nulls("household_id"), left_on="id", right_on="household_id", how="anti")["id"]


def _replaced(coverage: pl.DataFrame, old: pl.DataFrame) -> pl.Series:
    """Earlier coverage of which the newer delivery speaks anew in all its divisions."""
    entries = [
        Coverage(one["table"], tuple(one["divisions"].split(",")), None, None, one["kind"]) for one in coverage.iter_rows(named=True)
    ]
    missing = old.join(coverage, on="id", how="anti")
    spoken = [
        all(any(e.table == table and e.kind == kind and reaches(e, code.ljust(12, "0")) for e in entries) for code in divisions.split(","))
        for table, kind, divisions in missing.select("table", "kind", "divisions").iter_rows()
    ]
    return missing.filter(pl.Series(spoken, dtype=pl.Boolean))["id"]


def _step(frame: pl.DataFrame, old: pl.DataFrame, removed: pl.Series, gone: Mapping[str, pl.Series]) -> Step:
    inserted = frame.join(old, on="id", how="anti")
    stay = frame.join(old, on="id", how="semi", maintain_order="left")
    kept = old.join(frame, on="id", how="anti").filter(~pl.col("id").is_in(removed.implode()))
    # Rows that nobody spoke of again point no longer to what is gone.
    loose = kept.with_columns(
        pl.when(pl.col(column).is_in(gone[name].implode())).then(None).otherwise(column).alias(column)
        for column, name in frames.POINTS.items()
        if column in kept.columns and name in gone
    )
    both = pl.concat([stay.select(old.columns), loose])
    changed = _differing(both, old)
    return Step(inserted.select(old.columns), changed, removed, kept["key"], both.height - changed.height)


def _differing(frame: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Rows that say something else than they did."""
    looked_at = [name for name in old.columns if name not in (*WHERE_FROM, "id")]
    both = frame.join(
        old.select("id", *(pl.col(name).alias(f"{name}_held") for name in looked_at)), on="id", how="left", maintain_order="left"
    )
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_held")) for name in looked_at)
    return both.filter(differs).select(frame.columns)


def _link_step(
    new: pl.DataFrame, named: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame], gone: Mapping[str, pl.Series]
) -> Step:
    """Links are those of the delivery; a row that stays although no list has it keeps its own."""
    held = _ends(old["link"])
    for side in ("left", "right"):
        held = held.join(
            _fates(side, named, old, gone), left_on=[side, f"{side}_key"], right_on=["table", "key"], how="left", maintain_order="left"
        )
    again = pl.col("left_again").fill_null(False)
    dead = pl.col("left_gone").fill_null(False) | pl.col("right_gone").fill_null(False)
    called = [pl.coalesce(f"{side}_now", f"{side}_key").alias(f"{side}_key") for side in ("left", "right")]
    stays = held.filter(~again & ~dead).with_columns(called)
    known = held.filter(again | dead).with_columns(called).select(*LINK, "id").unique(LINK, keep="first")
    named_links = new.join(known, on=LINK, how="left", maintain_order="left")
    named_links = named_links.with_columns(pl.coalesce("id", keys.column(new.height).alias("fresh")).alias("id"))
    frame = pl.concat([named_links.select(old["link"].columns), stays.select(old["link"].columns)])
    removed = old["link"].join(frame, on="id", how="anti")["id"]
    return _step(frame, old["link"], removed, {})


def _ends(links: pl.DataFrame) -> pl.DataFrame:
    return links.with_columns(pl.col("kind").str.split("_").list.get(at).alias(side) for at, side in enumerate(("left", "right")))


def _fates(side: str, named: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame], gone: Mapping[str, pl.Series]) -> pl.DataFrame:
    """What became of every row that a link may name: its key now, whether it was delivered again, whether it is gone."""
    parts = [
        pl.DataFrame(
            schema={"table": pl.String, "key": pl.String, f"{side}_now": pl.String, f"{side}_again": pl.Boolean, f"{side}_gone": pl.Boolean}
        )
    ]
    for name in frames.LISTED:
        if name in named:
            now = named[name].select("id", pl.col("key").alias(f"{side}_now"), pl.lit(True).alias(f"{side}_again"))
            ended = pl.col("id").is_in(gone[name].implode()).alias(f"{side}_gone")
            fate = old[name].select("id", "key").join(now, on="id", how="left").with_columns(pl.lit(name).alias("table"), ended)
            parts.append(fate.select(parts[0].columns))
    return pl.concat(parts).unique(["table", "key"], keep="first")
