"""What the report page is given: columns of houses, findings and unknowns, and a head of names (报告数据)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.insight import count, naming, shapes
from jiadi.insight.encode import Block
from jiadi.insight.words import LANGS, unit
from jiadi.policy.labels import label
from jiadi.register.schema import TABLES
from jiadi.run.pipeline import Outcome
from jiadi.run.summary import VERDICTS

_WORDS = ("use", "structure", "vacancy", "safety_grade")
_PROPOSED = ("proposal", "then")
_NUMBERS = ("built_year", "built_month", "storeys")
_FINDING_WORDS = (
    "subject",
    "code",
    "effect",
    "unit",
    "parameter",
    "limit_division",
    "limit_from",
    "citation",
    "exception",
    "remedy",
    "zone",
)
_ZONE_POINTS = 120_000
_FINDING_NUMBERS = ("measured", "limit", "excess", "scale")
_SOURCE = {"source_id": pl.Int32, "source_row": pl.Int32}


@dataclass(frozen=True, slots=True)
class Material:
    """Frames from which pages are cut, made once a report (报告素材).

    Args:
        placed: the judgement with its places.
        details: row by row with `placed.houses`: what the survey says of each house.
        drawn: row by row with `placed.houses`: shapes, None where a house has none.
        sources: `house`, `table`, `source_id`, `source_row`, sorted: where a house's facts come from.
        parcels: `parcel_id`, `village_code`, sorted by id; `land`: their shapes.
        zones: `zone_kind`, `zone_class`, sorted; `areas`: their shapes, simplified for orientation.
        files: the `source` table.
    """

    placed: count.Placed
    details: pl.DataFrame
    drawn: NDArray[np.object_]
    sources: pl.DataFrame
    parcels: pl.DataFrame
    land: NDArray[np.object_]
    zones: pl.DataFrame
    areas: NDArray[np.object_]
    files: pl.DataFrame


def material(outcome: Outcome) -> Material:
    """Gather what the pages of a report need (汇集素材)."""
    placed = _with_zone_names(count.place(outcome), outcome)
    zones, areas = _zones(outcome)
    order = placed.houses.select("house", "id", "parcel_id")
    surveyed = outcome.linked.houses
    proposed = outcome.judgement.proposals.select(pl.col("house_id").alias("id"), pl.col("remedy").alias("proposal"), "then")
    details = order.join(_with_columns(surveyed), on="id", how="left").join(proposed, on="id", how="left").sort("house")
    parcels = outcome.delivery.tables.get("parcel")
    known = pl.DataFrame(schema={"parcel_id": pl.String, "village_code": pl.String, "geometry": pl.Binary})
    if parcels is not None:
        known = parcels.filter(pl.col("geometry").is_not_null()).select(pl.col("id").alias("parcel_id"), "village_code", "geometry")
    known = known.sort("parcel_id")
    return Material(
        placed=placed,
        details=details.drop("geometry"),
        drawn=shapes.read(details["geometry"]),
        sources=_sources(order, details, outcome),
        parcels=known.drop("geometry"),
        land=shapes.read(known["geometry"]),
        zones=zones,
        areas=areas,
        files=outcome.delivery.sources,
    )


def _with_zone_names(placed: count.Placed, outcome: Outcome) -> count.Placed:
    """Findings with `zone`: the name of the zone that they name, its id where it has none."""
    found = placed.findings
    zones = outcome.delivery.tables.get("zone")
    if zones is None or "zone_id" not in found.columns:
        return replace(placed, findings=found.with_columns(pl.lit(None, dtype=pl.String).alias("zone")))
    names = zones.select(pl.col("id").alias("zone_id"), pl.coalesce("zone_name", "id").alias("zone")).unique("zone_id", keep="first")
    return replace(placed, findings=found.join(names, on="zone_id", how="left", maintain_order="left"))


def _zones(outcome: Outcome) -> tuple[pl.DataFrame, NDArray[np.object_]]:
    """Zones for orientation on the map: where one may build or with limits is left out, it covers the whole county."""
    zones = outcome.delivery.tables.get("zone")
    if zones is None:
        return pl.DataFrame(schema={"zone_kind": pl.String, "zone_class": pl.String}), shapes.read(pl.Series([], dtype=pl.Binary))
    drawn = zones.filter(
        pl.col("geometry").is_not_null() & ((pl.col("zone_kind") != "plan_class") | (pl.col("zone_class") == "prohibited"))
    ).sort("zone_kind", "id")
    return drawn.select("zone_kind", "zone_class"), shapes.simplified(shapes.read(drawn["geometry"]), _ZONE_POINTS)


def _with_columns(houses: pl.DataFrame) -> pl.DataFrame:
    """Houses with every column that a page shows; those of a list that lacks them are null."""
    schema = {column.name: pl.String for column in TABLES["house"].columns}
    wanted = ["house_number", "base_area_m2", "floor_area_m2", "geometry", "footprint_id", *_WORDS, *_NUMBERS, *_SOURCE]
    missing = [pl.lit(None, dtype=schema.get(name, pl.Int32)).alias(name) for name in wanted if name not in houses.columns]
    return houses.with_columns(missing).select("id", *wanted)


def _sources(order: pl.DataFrame, details: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
    """File and row of the survey, footprint, parcel, ledger and approval behind each house."""
    tables, pairs = outcome.delivery.tables, outcome.linked.pairs
    empty = pl.DataFrame(schema={"house": pl.UInt32, "table": pl.String, **_SOURCE})
    survey = details.select("house", pl.lit("house").alias("table"), *_SOURCE)
    parts = [empty, survey]
    footprint = details.select("house", pl.col("footprint_id").alias("id")).drop_nulls()
    parts.append(_rows_of(tables, "footprint", footprint))
    on_parcel = order.select("house", pl.col("parcel_id")).drop_nulls()
    parts.append(_rows_of(tables, "parcel", on_parcel.rename({"parcel_id": "id"})))
    for table in ("right", "approval"):
        linked = pairs.filter((pl.col("kind") == f"{table}_parcel") & (pl.col("state") == "linked"))
        of_house = on_parcel.join(linked.select(pl.col("right_id").alias("parcel_id"), pl.col("left_id").alias("id")), on="parcel_id")
        parts.append(_rows_of(tables, table, of_house.select("house", "id")))
    whole = pl.concat(parts).drop_nulls(["source_id"]).unique()
    rank = {name: place for place, name in enumerate(("house", "footprint", "parcel", "right", "approval"))}
    return (
        whole.with_columns(pl.col("table").replace_strict(rank).alias("rank"))
        # The row of a house without survey row is that of its outline: told once, as an outline.
        .sort("house", "rank", "source_id", "source_row")
        .unique(["house", "source_id", "source_row"], keep="last", maintain_order=True)
        .drop("rank")
    )


def _rows_of(tables: dict[str, pl.DataFrame], table: str, of_house: pl.DataFrame) -> pl.DataFrame:
    """Source rows of a list for `house`, `id` pairs."""
    frame = tables.get(table)
    if frame is None or of_house.is_empty():
        return pl.DataFrame(schema={"house": pl.UInt32, "table": pl.String, **_SOURCE})
    return of_house.join(frame.select("id", *_SOURCE), on="id").select("house", pl.lit(table).alias("table"), *_SOURCE)


def part(whole: Material, township: str | None) -> Material:
    """The material of one township alone, renumbered (某乡镇的素材).

    Args:
        whole: of the report.
        township: its code; None: houses whose township is not known.
    """
    here = pl.col("township_code").eq_missing(pl.lit(township, dtype=pl.String))
    placed = whole.placed
    houses = placed.houses.filter(here)
    rows = houses["house"]
    old = houses.select("house").with_row_index("new")
    taken, waiting = (_renumbered(frame, old) for frame in (placed.taken, placed.waiting))
    found = placed.findings.filter(here | pl.col("finding").is_in(taken["finding"].implode()))
    open_questions = placed.unknowns.filter(pl.col("unknown").is_in(waiting["unknown"].implode()))
    cut = count.Placed(
        houses.drop("house").with_row_index("house"),
        found.drop("finding").with_row_index("finding"),
        _pointed(taken, found, "finding"),
        open_questions.drop("unknown").with_row_index("unknown"),
        _pointed(waiting, open_questions, "unknown"),
    )
    in_township = count.township_of(pl.col("village_code")).eq_missing(pl.lit(township, dtype=pl.String))
    land = whole.parcels.with_row_index("row").filter(in_township | pl.col("parcel_id").is_in(houses["parcel_id"].drop_nulls().implode()))
    near = shapes.near(whole.areas, whole.drawn[rows.to_numpy()])
    return Material(
        placed=cut,
        details=whole.details[rows].drop("house").with_row_index("house"),
        drawn=whole.drawn[rows.to_numpy()],
        sources=_renumbered(whole.sources, old),
        parcels=land.drop("row"),
        land=whole.land[land["row"].to_numpy()],
        zones=whole.zones.filter(pl.Series(near)),
        areas=whole.areas[near],
        files=whole.files,
    )


def _renumbered(frame: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Rows of the houses that stay, with their new numbers, in the same order."""
    kept = frame.join(old, on="house", how="inner", maintain_order="left")
    return kept.with_columns(pl.col("new").alias("house")).drop("new")


def _pointed(pairs: pl.DataFrame, things: pl.DataFrame, name: str) -> pl.DataFrame:
    """Pairs that point at the new numbers of the things that stay."""
    new = things.select(name).with_row_index("to")
    joined = pairs.join(new, on=name, maintain_order="left")
    return joined.select("house", pl.col("to").alias(name)).sort("house", name)


def block(given: Material) -> Block:
    """Every column of a page of houses (页面数据列)."""
    made = Block()
    houses, details = given.placed.houses, given.details
    made.texts("house.id", naming.shown_ids(houses["id"]))
    made.texts("house.household", naming.shown_ids(houses["household_id"]))
    made.texts("house.parcel", houses["parcel_id"])
    made.texts("house.place", naming.shown_ids(details["house_number"]))
    made.words("house.village", houses["village_code"])
    made.words("house.township", houses["township_code"])
    made.words("house.verdict", houses["verdict"])
    for name in (*_WORDS, *_PROPOSED):
        made.words(f"house.{name}", details[name])
    for name in _NUMBERS:
        made.integers(f"house.{name}", details[name].cast(pl.Int64))
    for name in ("base_area_m2", "floor_area_m2"):
        made.integers(f"house.{name}", (details[name].cast(pl.Float64) * 100).round(0))
    parcel_rows = given.parcels.select("parcel_id").with_row_index("row")
    made.integers("house.land", houses.join(parcel_rows, on="parcel_id", how="left", maintain_order="left")["row"])
    _findings(made, given.placed)
    made.pairs("source", houses.height, given.sources["house"], _numbered_sources(given))
    made.words("source.table", given.sources["table"])
    _outlines(made, "drawn", given.drawn)
    _outlines(made, "land", given.land)
    _outlines(made, "zone", given.areas)
    for name in ("zone_kind", "zone_class"):
        made.words(f"zone.{name.removeprefix('zone_')}", given.zones[name])
    return made


def _findings(made: Block, placed: count.Placed) -> None:
    found = placed.findings.with_columns(pl.col("limit_from").cast(pl.String))
    for name in _FINDING_WORDS:
        made.words(f"finding.{name}", found[name])
    for name in _FINDING_NUMBERS:
        made.integers(f"finding.{name}", found[name])
    made.integers("finding.verify", found["verify"].cast(pl.Int64))
    for name in ("subject", "code", "needs"):
        made.words(f"unknown.{name}", placed.unknowns[name])
    owners = placed.houses.height
    made.pairs("taken", owners, placed.taken["house"], {"finding": placed.taken["finding"]})
    made.pairs("waiting", owners, placed.waiting["house"], {"unknown": placed.waiting["unknown"]})


def _numbered_sources(given: Material) -> dict[str, pl.Series]:
    """Place of each source in the head's list of files, and the row."""
    places = given.files.select("source_id").with_row_index("place") if not given.files.is_empty() else None
    if places is None:
        return {"file": given.sources["source_id"].clear(), "row": given.sources["source_row"].clear()}
    joined = given.sources.join(places.with_columns(pl.col("source_id").cast(pl.Int32)), on="source_id", how="left", maintain_order="left")
    return {"file": joined["place"], "row": joined["source_row"]}


def _outlines(made: Block, name: str, drawn: NDArray[np.object_]) -> None:
    rings = shapes.outlines(drawn)
    made.integers(f"{name}.rings", pl.Series(rings.rings))
    made.integers(f"{name}.points", pl.Series(rings.points))
    made.deltas(f"{name}.x", rings.x)
    made.deltas(f"{name}.y", rings.y)


def head(given: Material, outcome: Outcome, made: Block) -> dict[str, Any]:
    """Names and counts that stand beside the columns (页面数据头)."""
    placed = given.placed
    named = pl.concat([placed.houses["township_code"], placed.houses["village_code"]]).drop_nulls().unique().sort().to_list()
    cited = placed.findings["citation"].drop_nulls().unique().sort().to_list()
    divisions = placed.findings["limit_division"].drop_nulls().unique().sort().to_list()
    places = {code: {lang: naming.village(code, lang) for lang in LANGS} for code in named}
    limits = {code: {lang: naming.limit_place(code, lang) for lang in LANGS} for code in divisions}
    return {
        "title": {lang: naming.title(placed.houses, lang) for lang in LANGS},
        "on": outcome.on.isoformat(),
        "law": _law(outcome),
        "names": places,
        "limitPlaces": limits,
        "citations": {one: {lang: naming.clause(outcome, one, lang) for lang in LANGS} for one in cited},
        "messages": {code: dict(rule.message) for code, rule in sorted(outcome.judgement.rules.items())},
        "words": _labels(made, placed, outcome),
        "files": [
            {"file": file, "sheet": sheet or "", "table": table or ""}
            for file, sheet, table in (given.files.select("file", "sheet", "table").iter_rows() if not given.files.is_empty() else ())
        ],
        **counts(placed),
    }


def _law(outcome: Outcome) -> dict[str, Any] | None:
    law = outcome.law
    if law is None:
        return None
    return {"name": law.name, "version": law.version, "sha256": law.sha256, "title": law.title, "sample": law.sample}


def counts(placed: count.Placed) -> dict[str, Any]:
    """Counts by township, finding and need (各项统计)."""
    found = dict(placed.findings.group_by("township_code").len().iter_rows())
    return {
        "townships": [
            {"code": code, "houses": houses, "verdicts": list(each), "findings": found.get(code, 0)}
            for code, houses, *each in count.verdicts(placed, "township_code").iter_rows()
        ],
        "findings": [{"code": code, "subjects": once, "houses": houses} for code, once, houses in count.findings(placed).iter_rows()],
        "needs": [{"code": code, "need": need, "houses": houses} for code, need, houses in count.needs(placed).iter_rows()],
    }


def _labels(made: Block, placed: count.Placed, outcome: Outcome) -> dict[str, dict[str, str]]:
    """Every word that a page shows, in both languages."""
    aside = ("house.village", "house.township", "village.", "source.", "finding.limit", "finding.citation", "finding.zone")
    used: set[str] = {*VERDICTS, "unknown", "none"}
    for name, described in made.head.items():
        if described["type"] == "word" and not name.startswith(aside):
            used |= {part.strip() for word in described["words"] for part in word.split(",")}
    waited = count.needs(placed)
    used |= {*placed.findings["code"], *waited["code"], *waited["need"]}
    units = set(placed.findings["unit"].drop_nulls())
    return {lang: {word: _word(word, lang, word in units, outcome) for word in sorted(used) if word} for lang in LANGS}


def _word(word: str, lang: str, is_unit: bool, outcome: Outcome) -> str:
    """A word as people read it: a unit, a figure of the law, a label, or a word of a survey's code list."""
    if is_unit:
        return unit(word, lang)
    if outcome.law and word in outcome.law.parameters:
        return outcome.law.parameters[word].title[lang]
    named = label(word, lang)
    if named != word:
        return named
    spoken = next((column.codes[word] for column in TABLES["house"].columns if word in column.codes), None)
    if spoken is None:
        return word
    return spoken[0] if lang == "zh" else word.replace("_", " ")
