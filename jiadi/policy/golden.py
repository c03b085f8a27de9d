"""Cases that a lawyer can read and sign (判例式测试): one file a finding, one row a case.

Columns but `case`, `division`, `day` and the last six are facts. `built` is a day, a month, a year or blank
(any day till now). A blank fact is not known; `none` is known not to be there; `1..2` lies between two
figures, `2..` is at least 2; a word other than yes and no says why an answer is not known. What a file
does not name holds: a main house stands on the parcel, the layer reaches the place, the house is drawn.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.law import LawSet
from jiadi.policy.derived import SPLIT
from jiadi.policy.judge import Judgement, judge
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.say import figure
from jiadi.policy.table import Facts
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS, Fact

EXPECTED = ("finding", "effect", "measured", "limit", "excess", "citation")
"""The last columns of a row: what the case comes to."""

_PLACE = ("case", "division", "day", "layer")


def read(path: Path) -> list[dict[str, str]]:
    """Rows of one file of cases (读案例).

    Args:
        path: CSV in UTF-8; its name is the code of the finding.
    """
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def compare(law: LawSet, code: str, row: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a case should come to and what it comes to (应然与实然).

    Args:
        law: the set.
        code: of the finding.
        row: as `read` gives it.

    Returns:
        Both by the words of `EXPECTED`, equal where the set does as the case says.

    Raises:
        KeyError, ValueError: a column that is no fact of the finding's subject, a value that is none.
    """
    told = outcome(judge(facts_of(law, code, row), law), law, code)
    if row["finding"] == "yes" and not row["citation"]:
        # A limit that is not one and the same has no article of its own.
        told["citation"] = ""
    return {name: row[name] for name in EXPECTED}, told


def facts_of(law: LawSet, code: str, row: dict[str, str]) -> Facts:
    """Facts of one case, of a house, parcel or household called x (案例事实)."""
    rule, on = compile_rules(law)[code][0], date.fromisoformat(row["day"])
    held: dict[str, dict[str, Any]] = {subject: {"id": "x", "division_code": row["division"]} for subject in (rule.subject, "house")}
    held["house"][f"{rule.subject}_id"] = "x"
    zone: dict[str, Any] = {"id": "z", "house_id": "x", "zone_kind": rule.zone_kind}
    for name, written in _given(rule, row).items():
        is_zone = bool(rule.through) and name in VOCABULARY["zone"]
        fact = VOCABULARY["zone" if is_zone else rule.subject][name]
        (zone if is_zone else held[rule.subject]).update(_fact(fact, written, on))
    if rule.through:
        reach = 1 if row["layer"] == "yes" else 2
        held["house"].update({f"{kind}_layer": reach if kind == rule.zone_kind else 1 for kind in ZONE_KINDS})
        held["house"]["has_footprint"] = 1 if row["has_footprint"] == "yes" else 2
    frames = {subject: _frame(own) for subject, own in held.items()}
    if rule.through and row["distance_m" if rule.zone_kind == "road" else "overlap_m2"] != "none":
        frames["zone"] = _frame(zone)
    return Facts.from_frames(on, frames)


def outcome(judgement: Judgement, law: LawSet, code: str) -> dict[str, str]:
    """What a judgement says of one finding, as the files write it (判定结果)."""
    found = judgement.findings.filter(pl.col("code") == code)
    told = dict.fromkeys(EXPECTED, "")
    if found.is_empty():
        open_question = not judgement.unknowns.filter((pl.col("code") == code) & (pl.col("id") == "x")).is_empty()
        return {**told, "finding": "unknown" if open_question else "no"}
    one = found.row(0, named=True)
    shown = {name: "" if one[name] is None else figure(one[name], "", one["scale"], "en") for name in ("measured", "limit", "excess")}
    return {"finding": "yes", "effect": one["effect"], **shown, "citation": law.cite(one["citation"])}


def _days(written: str, on: date) -> tuple[date, date]:
    if not written:
        return date(1900, 1, 1), on
    parts = [int(part) for part in written.split("-")]
    first = date(*(parts + [1, 1])[:3])
    month = first.month if len(parts) > 1 else 12
    last = first if len(parts) == 3 else date(first.year, month, monthrange(first.year, month)[1])
    return first, last


def _answer(fact: Fact, written: str) -> int:
    if written in ("yes", "no"):
        return int(written == "yes")
    return 2 + fact.needs.index(written) if fact.needs else 2


def _number(name: str, written: str) -> dict[str, float | None]:
    if written == "none":
        return {name: 0.0}
    low, _, high = written.partition("..")
    return {f"{name}_low": float(low) if low else None, f"{name}_high": float(high or ("nan" if ".." in written else low or "nan"))}


def _fact(fact: Fact, written: str, on: date) -> dict[str, Any]:
    if fact.kind == "date":
        first, last = _days(written, on) if fact.name == "built" or written else (None, None)
        return {f"{fact.name}_first": first, f"{fact.name}_last": last}
    if fact.kind == "truth":
        return {fact.name: _answer(fact, written)}
    if fact.kind == "word":
        return {fact.name: written or None}
    return _number(fact.name, written)


def _given(rule: Rule, row: dict[str, str]) -> dict[str, str]:
    """The facts of a row with what a file need not name."""
    named = {name: written for name, written in row.items() if name not in (*_PLACE, *EXPECTED)}
    if rule.subject == "parcel":
        named.setdefault("has_main_house", "yes")
        for fact in SPLIT[1:] if rule.quotas else ():
            named.setdefault(fact, "none")
        if "approved_area_m2" in named:
            known = {"": "approval_link", "none": "no"}
            named["has_approved_area"] = known.get(named["approved_area_m2"], "yes")
    return named


def _frame(facts: dict[str, Any]) -> pl.DataFrame:
    kinds = {name: pl.Date if name.endswith(("_first", "_last")) else None for name in facts}
    columns = {name: pl.Series([value], dtype=kinds[name]) if kinds[name] else pl.Series([value]) for name, value in facts.items()}
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
