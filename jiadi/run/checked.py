"""A checked delivery and its links on disk (留存的交付): written by one process, taken up by another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.register.tables import PROBLEMS, Coverage, Delivery, Linked
from jiadi.survey.threshold import Thresholds

LINKED = ("houses", "households", "pairs", "problems")
_HINTS, _TABLES = "hints-", "table-"


def save(folder: Path, delivery: Delivery) -> None:
    """Keep what linking and recording need of a delivery (留存交付).

    Args:
        folder: there already; one Parquet a list, and `delivery.json`.
        delivery: checked. What only reports need of its `extra` is left out.
    """
    for name, frame in delivery.tables.items():
        frame.write_parquet(folder / f"{_TABLES}{name}.parquet")
    delivery.sources.write_parquet(folder / "sources.parquet")
    delivery.problems.write_parquet(folder / "problems.parquet")
    hints, decisions, thresholds = (delivery.extra.get(name) for name in ("id_hints", "decisions", "thresholds"))
    for name, frame in (hints if isinstance(hints, dict) else {}).items():
        frame.write_parquet(folder / f"{_HINTS}{name}.parquet")
    if isinstance(decisions, pl.DataFrame):
        decisions.write_parquet(folder / "decisions.parquet")
    told = {
        "files": delivery.files,
        "coverage": [asdict(one) for one in delivery.coverage],
        "delivered_on": delivery.delivered_on,
        "thresholds": asdict(thresholds) if isinstance(thresholds, Thresholds) else None,
        "sources": delivery.extra.get("sources"),
    }
    (folder / "delivery.json").write_text(json.dumps(told, ensure_ascii=False, default=str), encoding="utf-8")


def load(folder: Path) -> Delivery:
    """Take up a delivery that `save` kept (取留存的交付).

    Args:
        folder: of `save`.
    """
    told = json.loads((folder / "delivery.json").read_text(encoding="utf-8"))
    extra: dict[str, object] = {}
    if hints := _frames(folder, _HINTS):
        extra["id_hints"] = hints
    if (folder / "decisions.parquet").exists():
        extra["decisions"] = pl.read_parquet(folder / "decisions.parquet")
    if told["thresholds"]:
        extra["thresholds"] = Thresholds(**told["thresholds"])
    if told["sources"] is not None:
        extra["sources"] = {int(number): name for number, name in told["sources"].items()}
    return Delivery(
        _frames(folder, _TABLES),
        pl.read_parquet(folder / "sources.parquet"),
        pl.read_parquet(folder / "problems.parquet").cast(PROBLEMS),  # type: ignore[arg-type]
        told["files"],
        [_coverage(one) for one in told["coverage"]],
        _day(told["delivered_on"]),
        extra,
    )


def save_links(folder: Path, linked: Linked) -> None:
    """Keep the links of a delivery (留存关联): one Parquet a frame of `Linked`."""
    for name in LINKED:
        frame: pl.DataFrame = getattr(linked, name)
        frame.write_parquet(folder / f"linked-{name}.parquet")


def load_links(folder: Path) -> Linked:
    """Take up links that `save_links` kept (取留存的关联)."""
    return Linked(*(pl.read_parquet(folder / f"linked-{name}.parquet") for name in LINKED))


def _frames(folder: Path, head: str) -> dict[str, pl.DataFrame]:
    return {path.stem.removeprefix(head): pl.read_parquet(path) for path in sorted(folder.glob(f"{head}*.parquet"))}


def _coverage(told: Mapping[str, Any]) -> Coverage:
    days = (_day(told["covers_from"]), _day(told["covers_to"]))
    return Coverage(told["table"], tuple(told["divisions"]), *days, told["kind"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
