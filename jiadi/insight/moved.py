"""Houses and findings that came out otherwise, as tables (变动清单)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from jiadi.insight.table import Table, ids, joined, labelled, places
from jiadi.insight.words import say, unit
from jiadi.policy.grammar import Array
from jiadi.policy.judge import VERDICTS
from jiadi.policy.labels import label
from jiadi.policy.whatif_effect import CHANGES, FIGURES, kind_of_change

SHOWN = ("lawful", "can_be_regularised", "historic", "unlawful", "to_be_verified")
"""Verdicts in the order in which they are shown."""


def verdicts(lang: str) -> list[str]:
    """Headings of the columns of verdicts (结论列名)."""
    return [label(verdict, lang) for verdict in SHOWN]


def matrix_rows(table: Array, lang: str, first: Mapping[str, Any]) -> pl.DataFrame:
    """A matrix of verdicts as rows (矩阵行): verdict before, houses by verdict after, all; rows without a house are left out.

    Args:
        table: int64 [before, after], in the order of `VERDICTS`.
        lang: "zh" or "en".
        first: columns put in front.
    """
    order = [VERDICTS.index(verdict) for verdict in SHOWN]
    shown = table[np.ix_(order, order)]
    rows = [
        {**first, "before": label(verdict, lang), **dict(zip(SHOWN, row, strict=True)), "all": sum(row)}
        for verdict, row in zip(SHOWN, shown.tolist(), strict=True)
    ]
    schema = {**dict.fromkeys(first, pl.String()), "before": pl.String(), **dict.fromkeys((*SHOWN, "all"), pl.Int64())}
    return pl.DataFrame(rows, schema=schema).filter(pl.col("all") > 0)


def houses(listed: pl.DataFrame, causes: Mapping[str, str], lang: str, title: str, note: str) -> Table:
    """Houses whose verdict or findings changed (变动的房屋).

    Args:
        listed: of `whatif_effect.listed`, with `cause`.
        causes: key → words.
        lang: "zh" or "en".
        title, note: of the table.
    """
    semicolon = "；" if lang == "zh" else "; "
    named = {kind: labelled(listed[kind], lang).fill_null("") for kind in CHANGES}
    parts = [pl.when(pl.col(kind) != "").then(pl.lit(say(f"moved_{kind}", lang, codes="")) + pl.col(kind)).alias(kind) for kind in CHANGES]
    said = pl.DataFrame(named).select(parts).select(pl.concat_str(pl.all(), separator=semicolon, ignore_nulls=True)).to_series()
    rows = pl.DataFrame(
        {
            "house": ids(listed["id"]),
            "village": places(listed["village_code"], lang),
            "household": ids(listed["household_id"]),
            "before": labelled(listed["before"], lang),
            "after": labelled(listed["after"], lang),
            "cause": joined(listed["cause"], causes, lang),
            "findings": said,
            "remedy_before": labelled(listed["remedy_before"], lang),
            "remedy_after": labelled(listed["remedy_after"], lang),
        }
    )
    heads = [say(key, lang) for key in ("house", "village", "household", "moved_before", "moved_after", "moved_cause", "moved_findings")]
    heads += _both_ends(("proposal",), lang)
    return Table(title, note, heads, (24, 20, 24, 12, 12, 36, 60, 16, 16), rows, say("moved_no_house", lang))


def _both_ends(names: Iterable[str], lang: str) -> list[str]:
    """Headings of what each was before and after."""
    ends = [say(f"moved_{end}", lang) for end in ("before", "after")]
    return [say("moved_figure", lang, name=say(name, lang), end=end) for name in names for end in ends]


def findings(changed: pl.DataFrame, causes: Mapping[str, str], lang: str, title: str, note: str) -> Table:
    """Findings that appeared, went, or have another effect or figures (变动的情形).

    Args:
        changed: of `whatif_effect.findings`, with `cause`.
        causes: key → words.
        lang: "zh" or "en".
        title, note: of the table.
    """
    kind = changed.select(kind_of_change().alias("kind"))["kind"]
    told = {word: say(f"moved_kind_{word}", lang) for word in kind.unique()}
    scale = changed["scale"].cast(pl.Float64).fill_null(1)
    ends = ("before", "after")
    figures = {f"{name}_{end}": changed[f"{name}_{end}"] / scale for name in FIGURES for end in ends}
    outcome = {f"remedy_{end}": labelled(changed[f"remedy_{end}"], lang) for end in ends}
    outcome |= {f"price_{end}": changed[f"price_fen_{end}"] / 100 for end in ends}
    rows = pl.DataFrame(
        {
            "finding": labelled(changed["code"], lang),
            "subject": labelled(changed["subject"], lang),
            "id": ids(changed["id"]),
            "how": kind.replace_strict(told, return_dtype=pl.String),
            "before": labelled(changed["before"], lang),
            "after": labelled(changed["after"], lang),
            **figures,
            "unit": changed["unit"].replace_strict(
                {word: unit(word, lang) for word in changed["unit"].drop_nulls().unique()}, return_dtype=pl.String, default=None
            ),
            **outcome,
            "cause": joined(changed["cause"], causes, lang),
        }
    )
    heads = [say(key, lang) for key in ("finding", "subject", "id", "moved_how", "moved_before", "moved_after")]
    heads += [*_both_ends(FIGURES, lang), say("unit", lang), *_both_ends(("remedy", "price_yuan"), lang), say("moved_cause", lang)]
    return Table(
        title, note, heads, (20, 8, 26, 12, 14, 14, *(11,) * 6, 6, *(14,) * 4, 40), rows, say("moved_no_finding", lang), shown=False
    )


def by_code(changed: pl.DataFrame, lang: str, first: Mapping[str, str]) -> pl.DataFrame:
    """How many findings of each rule changed, and how (按情形).

    Args:
        changed: of `whatif_effect.findings`.
        lang: "zh" or "en".
        first: columns put in front.
    """
    kinds = CHANGES
    kinded = changed.with_columns(kind_of_change().alias("kind"))
    counted = kinded.group_by("code").agg((pl.col("kind") == kind).sum().cast(pl.Int64).alias(kind) for kind in kinds).sort("code")
    front = [pl.lit(value, dtype=pl.String).alias(name) for name, value in first.items()]
    return counted.select(*front, labelled(counted["code"], lang).alias("finding"), *kinds)
