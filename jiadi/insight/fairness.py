"""The fairness check as a page, a workbook and figures (公平检查报告)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.insight import naming, plainpage
from jiadi.insight.plainpage import Value
from jiadi.insight.words import say
from jiadi.policy import say as policy_say
from jiadi.policy.fairness import likeness, outcome
from jiadi.policy.grammar import Span
from jiadi.policy.labels import label
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS
from jiadi.run.fairness import Fairness
from jiadi.survey import report
from jiadi.survey.review.side import evidence

PAGE_ROWS = 200
"""Rows of a table that the page shows; the workbook has all."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as both the page and the workbook have it."""

    key: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: pl.DataFrame
    marked: int = 0


def write(folder: Path, found: Fairness, lang: str) -> dict[str, Any]:
    """Write `fairness.html`, `fairness.xlsx` and `fairness.json` (写出公平检查).

    Args:
        folder: to write into.
        found: of `run.fairness.look`.
        lang: "zh" or "en".

    Returns:
        What fairness.json says.
    """
    counted = counts(found)
    tables = list(_tables(found, lang))
    sheets = [
        report.Sheet(say(f"fair_{one.key}", lang), [say(head, lang) for head in one.heads], one.widths, _cells(one, found, lang))
        for one in tables
    ]
    report.write_workbook(folder / "fairness.xlsx", sheets)
    page = [_section(one, found, lang) for one in tables if one.key != "members"]
    plainpage.write(folder / "fairness.html", say("fair_title", lang), _meta(found, lang), _tiles(found, counted, lang), page, lang)
    (folder / "fairness.json").write_text(json.dumps(counted, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return counted


def counts(found: Fairness) -> dict[str, Any]:
    """The figures of the check, for programs (公平检查数字)."""
    groups, villages = found.alike.groups, found.villages.filter(pl.col("stands_out").is_not_null())
    return {
        "houses": found.judgement.facts.blocks["house"].size,
        "law": found.run.summary["law"],
        "on": found.run.summary["on"],
        "unlike": dict(groups.group_by("scope").len().sort("scope").iter_rows()),
        "causes": {cause: int((groups["cause"] == cause).sum()) for cause in likeness.CAUSES},
        "compared": {row["scope"]: row for row in found.alike.compared.iter_rows(named=True)},
        "exceptions": dict(found.exceptions.group_by("label").agg(pl.col("used").sum()).sort("label").iter_rows()),
        "by_hand": dict(found.by_hand.group_by("by").agg(pl.col("decisions").sum()).sort("by").iter_rows()),
        "villages_out": {
            word: dict(villages.filter(pl.col("stands_out") == word).group_by("code").len().sort("code").iter_rows())
            for word in ("more", "fewer")
        },
    }


def _tables(found: Fairness, lang: str) -> Iterator[_Table]:
    groups, alike = found.alike.groups, found.alike
    grave = int((groups["cause"] != "fact").sum())
    heads: tuple[str, ...] = ("fair_group", "fair_scope", "subject", "fair_size", "fair_outcomes", "fair_cause", "fair_differing")
    yield _Table("alike", heads, (7, 20, 8, 9, 44, 20, 70), groups, grave)
    yield _Table("members", ("fair_group", "subject", "id", "village", "fair_outcome"), (7, 8, 26, 24, 34), alike.members)
    heads = ("finding", "fair_exception", "effect", "clause", "village", "fair_used", "fair_of", "fair_share")
    yield _Table("exceptions", heads, (20, 30, 20, 46, 24, 9, 9, 9), found.exceptions)
    yield _Table("hand", ("fair_who", "fair_kind", "fair_answer", "fair_decisions", "fair_days"), (16, 20, 14, 9, 24), found.by_hand)
    heads = ("fair_stands_out", "finding", "fair_measure", "village", "subjects", "fair_found", "fair_expected", "fair_limits")
    out = int(found.villages["stands_out"].is_not_null().sum())
    yield _Table("villages", heads, (9, 20, 9, 24, 10, 9, 9, 16), found.villages, out)
    heads = ("fair_scope", "fair_size", "fair_alike_cases", "fair_alike_groups", "fair_unlike_groups")
    yield _Table("compared", heads, (24, 10, 12, 10, 12), alike.compared)


def _cells(table: _Table, found: Fairness, lang: str) -> Iterator[list[Value]]:
    reader = {
        "alike": _group_cells,
        "members": _member_cells,
        "exceptions": _exception_cells,
        "hand": _hand_cells,
        "villages": _village_cells,
        "compared": _compared_cells,
    }[table.key]
    for row in table.rows.iter_rows(named=True):
        yield reader(row, found, lang)


def _group_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    ended = [f"{_outcome(word, lang)} × {count}" for word, count in zip(row["outcomes"], row["counts"], strict=True)]
    apart = [_apart(*one, lang) for one in zip(row["differing"], row["least"], row["most"], strict=True)]
    semicolon = "；" if lang == "zh" else "; "
    words = (say(f"fair_cause_{row['cause']}", lang), semicolon.join(apart))
    return [row["group"], _scope(row["scope"], lang), label(row["subject"], lang), row["size"], semicolon.join(ended), *words]


def _member_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    shown = naming.shown_ids(pl.Series([row["id"]]))[0]
    return [row["group"], label(row["subject"], lang), shown, naming.village(row["division_code"], lang), _outcome(row["outcome"], lang)]


def _exception_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    law = found.run.lawset
    clause = law.cite(row["citation"], "zh" if lang == "zh" else "en") if law else row["citation"]
    place = naming.village(row["division_code"], lang)
    head: list[Value] = [label(row["code"], lang), _exception(row["label"], found, lang), label(row["effect"], lang), clause, place]
    return [*head, row["used"], row["of"], _percent(row["share"])]


def _hand_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    kind = evidence()["kinds"][row["kind"]][lang]
    days = " – ".join(dict.fromkeys((row["first_day"] or "", row["last_day"] or "")))
    return [row["by"], kind, say(f"fair_answer_{row['answer']}", lang), row["decisions"], days]


def _village_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    stands = say(f"fair_{row['stands_out']}", lang) if row["stands_out"] else ""
    limits = f"{row['low']:.1f} – {row['high']:.1f}"
    place = naming.village(row["division_code"], lang)
    head: list[Value] = [stands, label(row["code"], lang), say(f"fair_measure_{row['measure']}", lang), place]
    return [*head, row["subjects"], row["found"], round(row["expected"], 2), limits]


def _compared_cells(row: dict[str, Any], found: Fairness, lang: str) -> list[Value]:
    return [_scope(row["scope"], lang), row["cases"], row["alike"], row["groups"], row["unlike"]]


def _scope(scope: str, lang: str) -> str:
    return say("fair_scope_verdict", lang) if scope == likeness.WHOLE else label(scope, lang)


def _outcome(word: str, lang: str) -> str:
    """An outcome in words: what it means, and what is proposed."""
    if word == outcome.UNDECIDED:
        return say("fair_undecided", lang)
    parts = [label(part, lang) for part in word.split("/")]
    return parts[0] + (("，" if lang == "zh" else ", ") + "、".join(parts[1:]) if parts[1:] else "")


def _apart(key: str, least: int, most: int, lang: str) -> str:
    """A fact that differs within a group, from its least to its most."""
    subject, name = key.split(" ", 1)
    fact = VOCABULARY["zone" if subject in ZONE_KINDS else subject][name]
    owner = label(subject, lang)
    title = f"{owner}{label(name, lang)}" if lang == "zh" else f"{owner}: {label(name, lang)}"
    held = Span(*(pl.Series([end]).to_numpy()[0] for end in (least, most)))
    if fact.kind == "number":
        return f"{title} {policy_say.span(held, fact.unit, fact.scale, lang)}"
    return f"{title} {policy_say.days(held, lang)}" if fact.kind == "date" else title


def _exception(word: str, found: Fairness, lang: str) -> str:
    law = found.run.lawset
    own = law.text.get("exception", {}).get(word) if law else None
    return own[lang] if own else label(word, lang)


def _percent(share: float) -> str:
    return f"{Decimal(str(share)):.0%}"


def _meta(found: Fairness, lang: str) -> Iterable[str]:
    lines = [naming.area_name(found.judgement.houses), say("judged_on", lang, on=found.run.summary["on"])]
    law = found.run.lawset
    if law:
        lines.append(say("law_line", lang, title=law.title[lang], version=law.version, sha256=law.sha256))
    else:
        lines.append(say("no_law", lang))
    return [line for line in [*lines, _bands(found, lang)] if line]


def _bands(found: Fairness, lang: str) -> str:
    facts = {name: fact for own in VOCABULARY.values() for name, fact in own.items()}
    widths = [
        f"{label(name, lang)} {policy_say.figure(width, facts[name].unit, facts[name].scale, lang)}"
        for name, width in found.bands.widths.items()
    ]
    return say("fair_bands", lang, bands=("、" if lang == "zh" else ", ").join(widths), years=found.bands.years)


def _tiles(found: Fairness, counted: dict[str, Any], lang: str) -> list[plainpage.Tile]:
    unlike, beside = sum(counted["unlike"].values()), counted["causes"]["not_recorded"]
    out = sum(sum(word.values()) for word in counted["villages_out"].values())
    return [
        plainpage.Tile(say("houses", lang), f"{counted['houses']:,}"),
        plainpage.Tile(say("fair_groups", lang), f"{unlike:,}"),
        plainpage.Tile(say("fair_not_recorded", lang), f"{beside:,}"),
        plainpage.Tile(say("fair_exception_uses", lang), f"{sum(counted['exceptions'].values()):,}"),
        plainpage.Tile(say("fair_villages_out", lang), f"{out:,}"),
    ]


def _section(table: _Table, found: Fairness, lang: str) -> plainpage.Section:
    shown = _Table(table.key, table.heads, table.widths, table.rows.head(PAGE_ROWS), table.marked)
    rest = table.rows.height - shown.rows.height
    note = (
        say(f"fair_{table.key}_note", lang, deviations=found.bands.deviations)
        if table.key == "villages"
        else say(f"fair_{table.key}_note", lang)
    )
    return plainpage.Section(
        say(f"fair_{table.key}", lang),
        note,
        [say(head, lang) for head in table.heads],
        list(_cells(shown, found, lang)),
        say(f"fair_none_{table.key}", lang),
        say("fair_rest", lang, count=f"{rest:,}") if rest else "",
        frozenset(range(min(table.marked, PAGE_ROWS))),
    )
