"""The manifest of a delivery 交付清单: the day it was delivered, what each list covers, and totals to hold it against.

    delivered_on: 2025-06-30
    coverage:
      - {list: approval, divisions: ["330802"], from: 1982-02-13, to: 2025-07-01}
      - {list: zone, kind: river_range, divisions: ["330802"]}
    stated_totals:
      - {list: house, division: "3308", total: 595553, source: 2019年普查}
      - {list: parcel, division: "330802", measure: stated_area_m2, total: 1234567.8}

`from` and `to` are half-open days and may be left out. Absence counts only inside what is covered.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from jiadi.codes import extent
from jiadi.geo.child import run_limited
from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import Coverage

NAMES = frozenset({"清单.yaml", "manifest.yaml"})
MOST_BYTES = 1024 * 1024
MOST_DEPTH = 32
MEMORY_MB, SECONDS = 400, 8.0


class BadManifest(ValueError):
    """What is wrong with a manifest, in words."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says (清单内容).

    Args:
        delivered_on: day of delivery; None where it says none.
        coverage: of the lists.
        totals: table, measure (`rows` or a column of areas), division, total, source of each stated total.
        extents: code of a province, city or county → where it lies, in degrees.
    """

    delivered_on: date | None
    coverage: list[Coverage]
    totals: list[dict[str, Any]]
    extents: dict[str, extent.Bounds] = field(default_factory=dict)


def load(path: Path) -> Manifest:
    """Read a manifest (读取清单).

    Args:
        path: of the YAML file.

    Raises:
        BadManifest: it is not what it should be.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "清单.yaml")
    ...     _ = path.write_text("delivered_on: 2025-06-30", "utf-8")
    ...     load(path).delivered_on
    datetime.date(2025, 6, 30)
    """
    if path.stat().st_size > MOST_BYTES:
        raise BadManifest(f"> {MOST_BYTES} bytes")
    text = path.read_bytes().decode("utf-8-sig", "replace")
    # The scanner takes the square of the depth, so depth is asked for before it.
    if _depth(text) > MOST_DEPTH:
        raise BadManifest(f"> {MOST_DEPTH} brackets")
    try:
        # Anchors can make a small file swell without end, and no manifest needs them.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise BadManifest("alias")
        content = yaml.safe_load(text)
    except BadManifest:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a day that does not exist is a ValueError
        raise BadManifest(" ".join(str(error).split())[:200]) from error
    if not isinstance(content, dict):
        raise BadManifest("delivered_on, coverage")
    entries = content.get("coverage") or []
    if not isinstance(entries, list):
        raise BadManifest("coverage")
    stated = content.get("stated_totals") or []
    if not isinstance(stated, list):
        raise BadManifest("stated_totals")
    covered = [_coverage(entry) for entry in entries]
    try:
        extents = extent.read(content.get("extents") or {})
    except ValueError as error:
        raise BadManifest(str(error)[:200]) from error
    return Manifest(_day(content.get("delivered_on"), "delivered_on"), covered, [_total(entry) for entry in stated], extents)


def _total(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict) or set(entry) - {"list", "division", "measure", "total", "source"}:
        raise BadManifest(f"stated_totals: {entry}")
    table, measure = str(entry.get("list", "")), str(entry.get("measure") or "rows")
    areas = {column.name for column in TABLES[table].columns if column.kind == "area_m2"} if table in LISTS else set()
    if table not in LISTS or measure not in {"rows", *areas}:
        raise BadManifest(f"stated_totals: {table} {measure}")
    division, total = str(entry.get("division", "")), entry.get("total")
    if not division.isascii() or not division.isdigit() or len(division) > 12:
        raise BadManifest(f"stated_totals: division {division}")
    if isinstance(total, bool) or not isinstance(total, int | float) or not math.isfinite(total):
        raise BadManifest(f"stated_totals: total {total}")
    return {"table": table, "measure": measure, "division": division, "total": float(total), "source": str(entry.get("source") or "")}


def _depth(text: str) -> int:
    """How deep brackets nest, at most; a bracket in a text counts too, which does no harm."""
    deepest = depth = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def load_limited(path: Path) -> Manifest:
    """`load` in a child process with limits (在受限子进程中读取清单): a manifest is as little trusted as any file.

    Raises:
        BadManifest: as `load`.
        Refusal: the limits were broken.
    """
    said = run_limited("jiadi.survey.manifest:load_in_child", path, memory_mb=MEMORY_MB, seconds=SECONDS).meta
    if "fault" in said:
        raise BadManifest(said["fault"])
    coverage = [Coverage(table, tuple(codes), _date(first), _date(end), kind) for table, codes, first, end, kind in said["coverage"]]
    return Manifest(_date(said["day"]), coverage, said["totals"], extent.read(said["extents"]))


def load_in_child(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """`load` as a child gives it back (子进程内读取清单)."""
    try:
        found = load(Path(path))
    except BadManifest as error:
        return {}, {"fault": str(error)}
    lists = [(one.table, one.divisions, _text(one.covers_from), _text(one.covers_to), one.kind) for one in found.coverage]
    return {}, {
        "day": _text(found.delivered_on),
        "coverage": lists,
        "totals": found.totals,
        "extents": {code: list(sides) for code, sides in found.extents.items()},
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _coverage(entry: Any) -> Coverage:
    if not isinstance(entry, dict):
        raise BadManifest(f"coverage: {entry}")
    table, kind = str(entry.get("list", "")), str(entry.get("kind") or "")
    if table not in LISTS:
        raise BadManifest(f"list: {table}")
    if kind and kind not in TABLES["zone"].column("zone_kind").codes:
        raise BadManifest(f"kind: {kind}")
    divisions = entry.get("divisions")
    if not isinstance(divisions, list) or not divisions:
        raise BadManifest(f"{table}: divisions")
    codes = tuple(str(code) for code in divisions)
    if any(not code.isascii() or not code.isdigit() or len(code) > 12 for code in codes):
        raise BadManifest(f"{table}: divisions {', '.join(codes)}")
    return Coverage(table, codes, _day(entry.get("from"), "from"), _day(entry.get("to"), "to"), kind)


def _day(value: Any, key: str) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise BadManifest(f"{key}: {value}") from error
