"""The fairness check as a page, a workbook and figures (公平检查报告)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.insight import naming, plainpage, table
from jiadi.insight.plainpage import Value
from jiadi.insight.table import Table
from jiadi.insight.words import say
from jiadi.policy import say as policy_say
from jiadi.policy.fairness import likeness, outcome
from jiadi.policy.grammar import Span
from jiadi.policy.labels import label
from jiadi.policy.vocabulary import VOCABULARY, ZONE_KINDS
from jiadi.run.fairness import Fairness
from jiadi.survey.review.side import evidence


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
    tables = [_table(one, found, lang) for one in _parts(found)]
    report = table.Report("fairness", say("fair_title", lang), counted, tables, _meta(found, lang), _tiles(found, counted, lang))
    return table.write(folder, report, lang)


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


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one table as they were found, and how each is put into words."""

    key: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: pl.DataFrame
    cells: Callable[[dict[str, Any], Fairness, str], list[Value]]
    marked: int = 0


def _parts(found: Fairness) -> Iterator[_Part]:
    groups, alike = found.alike.groups, found.alike
    grave = int((groups["cause"] != "fact").sum())
    heads: tuple[str, ...] = ("fair_group", "fair_scope", "subject", "fair_size", "fair_outcomes", "fair_cause", "fair_differing")
    yield _Part("alike", heads, (7, 20, 8, 9, 44, 20, 70), groups, _group_cells, grave)
    heads = ("fair_group", "subject", "id", "village", "fair_outcome")
    yield _Part("members", heads, (7, 8, 26, 24, 34), alike.members, _member_cells)
    heads = ("finding", "fair_exception", "effect", "clause", "village", "fair_used", "fair_of", "fair_share")
    yield _Part("exceptions", heads, (20, 30, 20, 46, 24, 9, 9, 9), found.exceptions, _exception_cells)
    heads = ("fair_who", "fair_kind", "fair_answer", "fair_decisions", "fair_days")
    yield _Part("hand", heads, (16, 20, 14, 9, 24), found.by_hand, _hand_cells)
    heads = ("fair_stands_out", "finding", "fair_measure", "village", "subjects", "fair_found", "fair_expected", "fair_limits")
    out = int(found.villages["stands_out"].is_not_null().sum())
    yield _Part("villages", heads, (9, 20, 9, 24, 10, 9, 9, 16), found.villages, _village_cells, out)
    heads = ("fair_scope", "fair_size", "fair_alike_cases", "fair_alike_groups", "fair_unlike_groups")
    yield _Part("compared", heads, (24, 10, 12, 10, 12), alike.compared, _compared_cells)


def _table(part: _Part, found: Fairness, lang: str) -> Table:
    shown = part.key != "members"  # the page has the groups; their cases are in the workbook
    title, note = table.said(f"fair_{part.key}", lang, deviations=found.bands.deviations) if shown else (say("fair_members", lang), "")
    cells = [part.cells(row, found, lang) for row in part.rows.iter_rows(named=True)]
    rows = pl.DataFrame(cells, schema=list(part.heads), orient="row", infer_schema_length=None)
    heads, empty = [say(head, lang) for head in part.heads], say(f"fair_none_{part.key}", lang) if shown else ""
    return Table(title, note, heads, part.widths, rows, empty, shown, marked=part.marked)


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
    return [*head, row["used"], row["of"], f"{Decimal(str(row['share'])):.0%}"]


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
