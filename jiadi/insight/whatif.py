"""A trial of changed law as a page, a workbook and figures (试算报告)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.insight import lawchange, moved, naming, plainpage, table
from jiadi.insight.table import Table
from jiadi.insight.words import say
from jiadi.policy import whatif_effect
from jiadi.policy.judge import VERDICTS
from jiadi.policy.labels import label
from jiadi.run.whatif import Money, Result, WhatIf

_FARES = (whatif_effect.HIT, whatif_effect.RELIEVED, whatif_effect.OPEN)


def write(folder: Path, found: WhatIf, lang: str) -> dict[str, Any]:
    """Write `whatif.html`, `whatif.xlsx` and `whatif.json` (写出试算).

    Args:
        folder: to write into.
        found: of `run.whatif.whatif_of`.
        lang: "zh" or "en".

    Returns:
        What whatif.json says.
    """
    return table.write(folder, report(found, lang), lang)


def report(found: WhatIf, lang: str) -> table.Report:
    """What a trial says, table by table (试算报告内容)."""
    tables = list(_tables(found, lang))
    return table.Report("whatif", say("whatif_title", lang), counts(found), tables, list(_meta(found, lang)), _tiles(found, lang))


def counts(found: WhatIf) -> dict[str, Any]:
    """The figures of a trial, for programs (试算数字)."""
    return {
        "houses": found.judgement.facts.blocks["house"].size,
        "law": found.run.summary["law"],
        "on": found.run.summary["on"],
        "drift": found.drift,
        "variants": {one.variant.name: _counts(one) for one in found.results},
    }


def _counts(one: Result) -> dict[str, Any]:
    changed = one.findings.with_columns(whatif_effect.kind_of_change().alias("kind"))
    return {
        "title": one.variant.title,
        "sha256": one.variant.law.sha256,
        "changes": [change.key for change in one.variant.changes],
        "ran": list(one.ran),
        "dropped": list(one.dropped),
        "matrix": {before: dict(zip(VERDICTS, row, strict=True)) for before, row in zip(VERDICTS, one.matrix.tolist(), strict=True)},
        "verdicts_changed": one.houses.filter(pl.col("before") != pl.col("after")).height,
        "houses_changed": one.houses.height,
        "findings": {
            code: dict(own["kind"].value_counts().sort("kind").iter_rows())
            for (code,), own in changed.group_by("code", maintain_order=True)
        },
        "households": one.fares,
        "money_fen": _fen(one.money),
        "proposals": {remedy: {"before": before, "after": after} for remedy, before, after in one.proposals.iter_rows()},
        "beyond": [refusal.said["en"] for refusal in one.variant.beyond],
        "no_house_in": list(one.nowhere),
    }


def _fen(money: Money) -> dict[str, Any]:
    sides = zip(("before", "after"), money.priced, money.fen, money.findings, money.unknown, strict=True)
    told = {end: {"fen": fen if priced else None, "findings": number, "unknown": unknown} for end, priced, fen, number, unknown in sides}
    return {**told, "difference": money.fen[1] - money.fen[0] if all(money.priced) else None}


def _tables(found: WhatIf, lang: str) -> Iterator[Table]:
    yield _overview(found, lang)
    yield _changes(found, lang)
    heads = [say("whatif_variant", lang), say("moved_before", lang), *moved.verdicts(lang), say("total", lang)]
    rows = [moved.matrix_rows(one.matrix, lang, {"variant": one.variant.title[lang]}) for one in found.results]
    yield Table(*table.said("whatif_matrix", lang), heads, (24, 14, *(13,) * 6), pl.concat(rows), say("whatif_nothing", lang), grouped=True)
    heads = [
        say(key, lang)
        for key in (
            "whatif_variant",
            "finding",
            "moved_kind_appeared",
            "moved_kind_gone",
            "moved_kind_effect",
            "moved_kind_figures",
            "moved_kind_outcome",
        )
    ]
    rows = [moved.by_code(one.findings, lang, {"variant": one.variant.title[lang]}) for one in found.results]
    yield Table(
        *table.said("whatif_by_code", lang), heads, (24, 22, *(13,) * 5), pl.concat(rows), say("whatif_nothing", lang), grouped=True
    )
    yield _proposals(found, lang)
    yield _kinds(found, lang)
    for one in found.results:
        yield _divisions(one, lang)
        title, note = (say(key, lang, variant=one.variant.title[lang]) for key in ("whatif_houses", "whatif_houses_note"))
        yield moved.houses(one.houses, _names(found, one, lang), lang, title, note)
    for one in found.results:
        title = say("whatif_findings", lang, variant=one.variant.title[lang])
        yield moved.findings(one.findings, _names(found, one, lang), lang, title, "")


def _names(found: WhatIf, one: Result, lang: str) -> dict[str, str]:
    law = found.judgement.lawset
    assert law is not None
    return {change.key: lawchange.name(law, one.variant.law, change.key, lang) for change in one.variant.changes}


def _overview(found: WhatIf, lang: str) -> Table:
    """The law as it stands, and each variant."""
    first = found.results[0]
    base = {
        "variant": say("whatif_as_is", lang),
        **dict(zip(VERDICTS, first.matrix.sum(axis=1).tolist(), strict=True)),
        **_money(first.money, 0, lang),
    }
    rows = [base, *(_of_variant(one, lang) for one in found.results)]
    schema = {
        "variant": pl.String(),
        **dict.fromkeys((*moved.SHOWN, "moved", *_FARES), pl.Int64()),
        "money": pl.Float64(),
        "about": pl.String(),
        "ran": pl.String(),
    }
    heads = [say("whatif_variant", lang), *moved.verdicts(lang)]
    keys = ("moved_houses", *_FARES, "money", "money_note", "ran")
    heads += [say(f"whatif_{key}", lang) for key in keys]
    return Table(*table.said("whatif_variants", lang), heads, (24, *(12,) * 9, 16, 36, 50), pl.DataFrame(rows, schema=schema), "")


def _of_variant(one: Result, lang: str) -> dict[str, Any]:
    return {
        "variant": one.variant.title[lang],
        **dict(zip(VERDICTS, one.matrix.sum(axis=0).tolist(), strict=True)),
        "moved": one.houses.filter(pl.col("before") != pl.col("after")).height,
        **{fare: one.fares[fare] for fare in _FARES},
        **_money(one.money, 1, lang),
        "ran": table.listed(lang).join(label(code, lang) for code in one.ran),
    }


def _money(money: Money, end: int, lang: str) -> dict[str, Any]:
    if not money.priced[end]:
        return {"money": None, "about": say("whatif_no_price", lang)}
    key = "whatif_money_unknown" if money.unknown[end] else "whatif_money_whole"
    return {"money": money.fen[end] / 100, "about": say(key, lang, unknown=money.unknown[end], all=money.findings[end])}


def _changes(found: WhatIf, lang: str) -> Table:
    law = found.judgement.lawset
    assert law is not None
    rows = pl.concat(
        lawchange.rows(law, one.variant.law, one.variant.changes, lang).select(pl.lit(one.variant.title[lang]).alias("variant"), pl.all())
        for one in found.results
    )
    keys = ("what", "place", "from", "cell", "old", "new", "old_clause", "new_clause")
    heads = [say("whatif_variant", lang), *(say(f"whatif_{key}", lang) for key in keys)]
    return Table(
        *table.said("whatif_changes", lang), heads, (24, 30, 18, 22, 22, 26, 18, 40, 24), rows, say("whatif_nothing", lang), grouped=True
    )


def _proposals(found: WhatIf, lang: str) -> Table:
    """Houses by what is proposed for them: as it stands, and by each variant."""
    words = sorted({remedy for one in found.results for remedy in one.proposals["remedy"]}, key=lambda word: _first_count(found, word))
    rows: dict[str, list[Any]] = {"remedy": [label(word, lang) for word in words]}
    first = dict(found.results[0].proposals.select("remedy", "before").iter_rows())
    rows["before"] = [first.get(word, 0) for word in words]
    for place, one in enumerate(found.results):
        own = dict(one.proposals.select("remedy", "after").iter_rows())
        rows[f"after {place}"] = [own.get(word, 0) for word in words]
    heads = [say("proposal", lang), say("whatif_as_is", lang), *(one.variant.title[lang] for one in found.results)]
    schema = {"remedy": pl.String(), **{name: pl.Int64() for name in rows if name != "remedy"}}
    return Table(
        *table.said("whatif_proposals", lang),
        heads,
        (22, *(16,) * (len(rows) - 1)),
        pl.DataFrame(rows, schema=schema),
        say("whatif_nothing", lang),
    )


def _first_count(found: WhatIf, word: str) -> tuple[int, str]:
    counted = dict(found.results[0].proposals.select("remedy", "before").iter_rows())
    return -counted.get(word, 0), word


def _kinds(found: WhatIf, lang: str) -> Table:
    parts = []
    for one in found.results:
        if not sum(one.fares[fare] for fare in _FARES):
            continue
        told = [_kind(dimension, kind, lang) for dimension, kind in one.kinds.select("dimension", "kind").iter_rows()]
        by = [say(f"whatif_by_{dimension}", lang) for dimension in one.kinds["dimension"]]
        front = {"variant": [one.variant.title[lang]] * len(told), "by": by, "kind": told}
        parts.append(
            pl.DataFrame(front, schema=dict.fromkeys(front, pl.String())).hstack(
                one.kinds.select(pl.col("households", *_FARES).cast(pl.Int64))
            )
        )
    heads = [say(f"whatif_{key}", lang) for key in ("variant", "dimension", "kind", "households", *_FARES)]
    schema = {**dict.fromkeys(("variant", "by", "kind"), pl.String()), **dict.fromkeys(("households", *_FARES), pl.Int64())}
    rows = pl.concat([pl.DataFrame(schema=schema), *parts])
    return Table(
        *table.said("whatif_kinds", lang), heads, (24, 12, 18, 10, 14, 12, 16), rows, say("whatif_no_division", lang), grouped=True
    )


def _kind(dimension: str, kind: str | None, lang: str) -> str:
    if kind is None:
        return say("whatif_unknown", lang)
    if dimension == "persons":
        return say("whatif_persons", lang, count=kind)
    return table.listed(lang).join(say(f"whatif_{dimension}_{word}", lang) for word in kind.split(","))


def _divisions(one: Result, lang: str) -> Table:
    rows = one.divisions
    levels = {level: say(f"whatif_level_{level}", lang) for level in whatif_effect.LEVELS}
    shown = pl.DataFrame({"level": table.worded(rows["level"], levels), "place": table.places(rows["code"], lang)})
    figures = rows.select(pl.col("households", *_FARES).cast(pl.Int64))
    heads = [say(f"whatif_{key}", lang) for key in ("level", "place", "households", *_FARES)]
    title, note = (say(key, lang, variant=one.variant.title[lang]) for key in ("whatif_divisions", "whatif_divisions_note"))
    return Table(title, note, heads, (10, 26, 10, 14, 12, 16), shown.hstack(figures), say("whatif_no_division", lang))


def _meta(found: WhatIf, lang: str) -> Iterable[str]:
    law = found.judgement.lawset
    assert law is not None
    lines = [naming.area_name(found.judgement.houses), say("judged_on", lang, on=found.run.summary["on"])]
    lines.append(say("law_line", lang, title=law.title[lang], version=law.version, sha256=law.sha256))
    if found.drift:
        lines.append(say("whatif_drift", lang, houses=f"{found.drift:,}"))
    for one in found.results:
        lines += [say("whatif_beyond", lang, said=refusal.said[lang]) for refusal in one.variant.beyond]
        if one.nowhere:
            named = table.listed(lang).join(naming.limit_place(code, lang) for code in one.nowhere)
            lines.append(say("whatif_nowhere", lang, variant=one.variant.title[lang], places=named))
    return [line for line in lines if line]


def _tiles(found: WhatIf, lang: str) -> list[plainpage.Tile]:
    houses = found.judgement.facts.blocks["house"].size
    tiles = [plainpage.Tile(say("houses", lang), f"{houses:,}")]
    for one in found.results[:3]:
        moved_houses = one.houses.filter(pl.col("before") != pl.col("after")).height
        beside = f"{say('whatif_hit', lang)} {one.fares['hit']:,} · {say('whatif_relieved', lang)} {one.fares['relieved']:,}"
        tiles.append(plainpage.Tile(f"{one.variant.title[lang]} · {say('whatif_moved_houses', lang)}", f"{moved_houses:,}", beside))
    return tiles
