"""A rule set edited as a county would edit it: its files copied, a value put in, the set loaded again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from jiadi.law import LawSet, load
from jiadi.law.load import keep

LAYERS = {"00": "00", "33": "33", "3308": "3308"}


def edited(name: str, folder: Path, figure: str, division: str, starts: date, words: Sequence[str], value: Any) -> LawSet:
    """The set `name` with one value put into its files."""
    keep(name, folder)
    _cite(folder / "00" / "citations.yaml")
    layer = max((layer for layer in LAYERS if division.startswith(layer) or layer == "00"), key=lambda one: (one != "00", len(one)))
    path = folder / layer / "parameters" / f"{figure}.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {"parameter": figure, "last_checked": date(2026, 1, 1)}
    dated = data.setdefault("values", {}).setdefault(division, {})
    if starts in dated and words:
        _put(dated[starts]["table"], words, {"value": value, "citation": "hypothesis"})
    elif words:
        table: dict[str, Any] = {}
        _put(table, words, value)
        dated[starts] = {"table": table, "partial": True, "citation": "hypothesis"}
    else:
        dated[starts] = {**dated.get(starts, {}), "value": value, "citation": "hypothesis", "verify": True}
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load(folder)


def _put(table: dict[str, Any], words: Sequence[str], value: Any) -> None:
    for word in words[:-1]:
        table = table.setdefault(word, {})
    old = table.get(words[-1])
    kept = {key: one for key, one in old.items() if key in ("ceiling", "floor")} if isinstance(old, dict) else {}
    table[words[-1]] = {**value, **kept} if isinstance(value, dict) else value


def _cite(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["documents"]["hypothesis"] = {"title": {"zh": "假设", "en": "Assumption"}, "held": False}
    data["citations"]["hypothesis"] = {
        "document": "hypothesis",
        "in_force_from": date(1, 1, 1),
        "statement": {"zh": "假设", "en": "Assumption"},
        "verify": True,
        "note": {"zh": "假设", "en": "Assumption"},
        "reaches_back": True,
    }
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
