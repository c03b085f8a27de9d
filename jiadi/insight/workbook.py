"""`findings.xlsx`: a sheet of totals, then a sheet per township with one row a finding (情形清单)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from jiadi.insight import count, naming, spreadsheet
from jiadi.insight.spreadsheet import HEADER, HUNDREDTHS, NOTE, TEXT, TITLE, TOTAL, WHOLE, Cell, Sheet
from jiadi.insight.words import remedies, say, unit
from jiadi.policy.labels import label
from jiadi.register.workbook import RISKY
from jiadi.run.pipeline import Outcome
from jiadi.run.summary import VERDICTS

ROWS_PER_SHEET = spreadsheet.ROWS - 1
"""Rows that a sheet can hold below its header."""

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_TEXTS = {"house": 22, "household": 22, "village": 16, "verdict": 14, "finding": 24, "subject": 11}
_FIGURES = ("measured", "limit", "excess")
_LAST = {"unit": 9, "clause": 52, "remedy": 26, "effect": 16, "proposal": 16}
_WIDTHS = [*_TEXTS.values(), 12, 12, 12, *_LAST.values()]
COLUMNS = (*_TEXTS, *_FIGURES, *_LAST)
"""Columns of a township's sheet; their words are in words.yaml."""


def safe(text: str | None) -> str:
    """Text that no spreadsheet takes for a formula (防公式注入): an apostrophe before = + - @ tab CR.

    Args:
        text: as it came from a user's file; None is missing.

    Returns:
        The text to write; "" where it is missing.

    >>> safe("=1+1"), safe("余东村"), safe(None)
    ("'=1+1", '余东村', '')
    """
    if not text:
        return ""
    return f"'{text}" if text.startswith(_RISKY) else text


def write(path: Path, outcome: Outcome, lang: str) -> None:
    """Write the workbook of findings (写出情形清单).

    Args:
        path: of the file; one that is there is replaced.
        outcome: of the run.
        lang: "zh" or "en".
    """
    placed = count.place(outcome)
    rows = _rows(placed, outcome.judgement.proposals)
    sheets = [_totals(placed, outcome, lang)]
    for township, name in naming.sheets(placed.houses["township_code"].unique(), lang).items():
        of_township = rows.filter(pl.col("township_code").eq_missing(pl.lit(township, dtype=pl.String)))
        sheets += _township(name, of_township, outcome, lang)
    spreadsheet.write(path, sheets, naming.title(placed.houses, lang), outcome.on)


def _rows(placed: count.Placed, proposals: pl.DataFrame) -> pl.DataFrame:
    """One row a house and finding that it takes in, in the order of the houses."""
    proposed = proposals.select("house_id", pl.col("remedy").alias("proposal"))
    houses = placed.houses.select("house", pl.col("id").alias("house_id"), "household_id", "village_code", "township_code", "verdict")
    houses = houses.join(proposed, on="house_id", how="left")
    found = placed.findings.drop("village_code", "township_code")
    return placed.taken.join(houses, on="house").join(found, on="finding").sort("house", "finding")


def _township(name: str, rows: pl.DataFrame, outcome: Outcome, lang: str) -> Iterator[Sheet]:
    """The sheets of one township: one, or several where a sheet would overflow."""
    header: list[Cell] = [(say(key, lang), HEADER) for key in COLUMNS]
    looks: dict[str, int | str] = {key: "look" if key in _FIGURES else TEXT for key in COLUMNS}
    for part, start in enumerate(range(0, max(rows.height, 1), ROWS_PER_SHEET), start=1):
        sheet = Sheet(name if part == 1 else naming.numbered(name, part), _WIDTHS, [header], looks=looks, filtered=True)
        if rows.is_empty():
            sheet.top.append([(say("no_finding", lang), NOTE)])
        else:
            sheet.rows = _shown(rows.slice(start, ROWS_PER_SHEET), outcome, lang)
        yield sheet


def _mapped(column: pl.Series, words: dict[str, str]) -> pl.Series:
    return column.replace_strict(words, default="", return_dtype=pl.String).fill_null("")


def _words_of(column: pl.Series) -> list[str]:
    return column.drop_nulls().unique().sort().to_list()


def _shown(rows: pl.DataFrame, outcome: Outcome, lang: str) -> pl.DataFrame:
    """The frame as it is written; words are looked up once for each code, not once for each row."""
    clauses = {cited: naming.clause(outcome, cited, lang) for cited in _words_of(rows["citation"])}
    subjects = {word: say(f"subject_{word}", lang) for word in _words_of(rows["subject"])}
    villages = {code: naming.village(code, lang) for code in _words_of(rows["village_code"])}
    labelled = {key: {word: label(word, lang) for word in _words_of(rows[key])} for key in ("verdict", "code", "effect")}
    texts = {
        "house": _safe_column(naming.shown_ids(rows["house_id"])),
        "household": _safe_column(naming.shown_ids(rows["household_id"])),
        "village": _mapped(rows["village_code"], villages),
        "verdict": _mapped(rows["verdict"], labelled["verdict"]),
        "finding": _mapped(rows["code"], labelled["code"]),
        "subject": _mapped(rows["subject"], subjects),
        "unit": _mapped(rows["unit"], {word: unit(word, lang) for word in _words_of(rows["unit"])}),
        "clause": _mapped(rows["citation"], clauses),
        "remedy": _mapped(rows["remedy"], {word: remedies(word, lang) for word in _words_of(rows["remedy"])}),
        "effect": _mapped(rows["effect"], labelled["effect"]),
        "proposal": _mapped(rows["proposal"], {word: label(word, lang) for word in _words_of(rows["proposal"])}),
    }
    figures = {key: rows[key] / rows["scale"].fill_null(1) for key in _FIGURES}
    look = pl.select(pl.when(rows["scale"] > 1).then(HUNDREDTHS).otherwise(WHOLE)).to_series()
    return pl.DataFrame({**texts, **figures, "look": look})


def _safe_column(texts: pl.Series) -> pl.Series:
    filled = texts.fill_null("")
    return pl.select(pl.when(filled.str.contains(RISKY)).then("'" + filled).otherwise(filled)).to_series()


def _totals(placed: count.Placed, outcome: Outcome, lang: str) -> Sheet:
    """The first sheet: whose report it is, and what was found where."""
    sheet = Sheet(say("totals", lang), [34, *[15] * 7])
    sheet.top.append([(safe(naming.title(placed.houses, lang)), TITLE)])
    for line in naming.law_lines(outcome, lang):
        sheet.top.append([(line, NOTE)])
    sheet.top += _townships(placed, lang)
    sheet.top += _proposals(outcome, lang)
    heads = [say("finding", lang), say("subjects", lang), say("houses", lang)]
    found = [[label(code, lang), subjects, houses] for code, subjects, houses in count.findings(placed).iter_rows()]
    sheet.top += _table(say("by_finding", lang), heads, found)
    if not found:
        sheet.top.append([(say("no_finding", lang), NOTE)])
    lacking = [[label(code, lang), label(need, lang), houses] for code, need, houses in count.needs(placed).iter_rows()]
    if lacking:
        sheet.top += _table(say("by_need", lang), [say("finding", lang), say("need", lang), say("houses", lang)], lacking)
    return sheet


def _proposals(outcome: Outcome, lang: str) -> list[list[Cell]]:
    """How many houses each remedy is proposed for, and what the set asks for in all."""
    proposed = outcome.judgement.proposals
    counted = proposed.group_by("remedy").agg(pl.len(), pl.col("price_fen").sum()).sort(["len", "remedy"], descending=[True, False])
    heads = [say("proposal", lang), say("houses", lang), say("price_yuan", lang)]
    lines = [[label(remedy, lang), houses, round(fen / 100)] for remedy, houses, fen in counted.iter_rows()]
    return _table(say("by_proposal", lang), heads, lines)


def _townships(placed: count.Placed, lang: str) -> list[list[Cell]]:
    heads = [say("township", lang), say("houses", lang), *(label(verdict, lang) for verdict in VERDICTS), say("subjects", lang)]
    found = dict(placed.findings.group_by("township_code").len().iter_rows())
    by_place = list(count.verdicts(placed, "township_code").iter_rows())
    lines = [[naming.township(line[0], lang), *line[1:], found.get(line[0], 0)] for line in by_place]
    totals = [sum(line[place] for line in by_place) for place in range(1, len(VERDICTS) + 2)]
    last: list[Cell] = [(say("total", lang), TOTAL), *((figure, TOTAL) for figure in [*totals, placed.findings.height])]
    return [*_table(say("by_township", lang), heads, lines), last]


def _table(title: str, heads: Sequence[str], lines: Sequence[Sequence[str | int]]) -> list[list[Cell]]:
    """An empty row, a title, a header and the lines."""
    rows: list[list[Cell]] = [[], [(title, TITLE)], [(head, HEADER) for head in heads]]
    for line in lines:
        rows.append([(safe(cell), TEXT) if isinstance(cell, str) else (cell, WHOLE) for cell in line])
    return rows
