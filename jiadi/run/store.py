"""The register and the verdicts as files (成果文件): `register.gpkg`, `verdicts.gpkg` and the kept run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from jiadi.policy.labels import label
from jiadi.register.schema import TABLES
from jiadi.run import kept
from jiadi.run.aside import Aside
from jiadi.run.pipeline import Outcome


def write(draft: Path, outcome: Outcome, files: list[dict[str, Any]], aside: Aside) -> None:
    """Write the register, the verdicts and the kept run (写出成果).

    Args:
        draft: folder to write into.
        outcome: of the run.
        files: what was handed in, as `record.inputs` gives it.
        aside: writes the GeoPackages, meanwhile.
    """
    aside.geopackage(draft / "register.gpkg", register_layers(outcome))
    aside.geopackage(draft / "verdicts.gpkg", {"verdicts": verdicts(outcome)})
    kept.save(draft, outcome, files)


def register_layers(outcome: Outcome) -> dict[str, pl.DataFrame]:
    """The linked register, one frame a table of the schema, with `link` and `house_zone` (关联后的登记册).

    Returns:
        Table name → frame; lists that were not handed in are left out. Houses are those of the run:
        a survey row and its footprint are one.
    """
    delivery, linked = outcome.delivery, outcome.linked
    layers = {name: frame for name, frame in delivery.tables.items() if name != "footprint"}
    layers["house"] = linked.houses
    if not linked.households.is_empty():
        layers["household"] = linked.households
    layers["source"] = delivery.sources
    layers["link"] = linked.pairs
    if outcome.zone_overlaps is not None:
        layers["house_zone"] = outcome.zone_overlaps
    order = [*TABLES, "link", "house_zone"]
    return {name: _plain(layers[name]) for name in order if name in layers}


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns do not fit a GeoPackage; they are kept in the judgement."""
    return frame.select(name for name, kind in frame.schema.items() if not kind.is_nested())


def verdicts(outcome: Outcome) -> pl.DataFrame:
    """One row a house with its verdict and shape, for QGIS (判定图层).

    Returns:
        Frame sorted by `id`: the columns of `Judgement.houses`, `verdict_zh`, the codes of findings and of
        what is unknown joined by commas, what is proposed (`remedy`, `remedy_zh`, `then`, `duties`,
        `price_fen`), and `geometry` (null where a house has no footprint).
    """
    judgement = outcome.judgement
    joined = pl.col("code").unique().sort().str.join(",")
    found = judgement.house_findings.group_by("house_id").agg(joined.alias("findings"))
    unknown = judgement.house_unknowns.group_by("house_id").agg(joined.alias("unknowns"))
    words = {verdict: label(verdict, "zh") for verdict in judgement.houses["verdict"].unique()}
    columns = (pl.col("house_id").alias("id"), "remedy", pl.col("remedy").alias("remedy_zh"), "then", "duties", "price_fen")
    proposed = judgement.proposals.select(*columns)
    remedies = {remedy: label(remedy, "zh") for remedy in proposed["remedy"].unique()}
    return (
        judgement.houses.with_columns(pl.col("verdict").replace_strict(words, return_dtype=pl.String).alias("verdict_zh"))
        .join(found, left_on="id", right_on="house_id", how="left")
        .join(unknown, left_on="id", right_on="house_id", how="left")
        .join(proposed.with_columns(pl.col("remedy_zh").replace_strict(remedies, return_dtype=pl.String)), on="id", how="left")
        .join(outcome.linked.houses.select("id", "geometry"), on="id", how="left")
        .sort("id")
    )
