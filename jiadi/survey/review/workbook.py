"""`review.xlsx`: pairs that wait for a person, a sheet a kind, to be decided and sent in again (关联复核表)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from jiadi.register import looks as looks_of
from jiadi.register import workbook
from jiadi.register.tables import Delivery, Linked
from jiadi.register.workbook import numbered
from jiadi.survey.review import pairs as review_pairs
from jiadi.survey.review.likely import compared
from jiadi.survey.review.side import evidence
from jiadi.survey.review.words import ANSWERS, HEADS, NOTE, reason, say

FILE = "review.xlsx"
_WIDTHS = {"name": 12, "number": 22, "code": 30, "place": 22, "area": 10, "village": 14}
_DECIDED = ("answer", "by", "day", "why")


def write(folder: Path, delivery: Delivery, linked: Linked, likely: pl.DataFrame, lang: str) -> dict[str, int]:
    """Write the pairs that wait (写出关联复核表).

    Args:
        folder: there already.
        delivery: checked lists.
        linked: their links.
        likely: as `likely.candidates` gives them.
        lang: language of headings and reasons, "zh" or "en".

    Returns:
        Kind → pairs that wait; kinds without any are left out.
    """
    found = review_pairs.waiting(delivery, linked, likely)
    write_pairs(folder, found, lang)
    return counts(found)


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Kind → pairs that wait; kinds without any are left out (待复核统计).

    >>> counts(pl.DataFrame({"kind": ["right_parcel"]}))
    {'right_parcel': 1}
    """
    return dict(found.group_by("kind").len().sort("kind").iter_rows())


def write_pairs(folder: Path, found: pl.DataFrame, lang: str) -> None:
    """Write pairs that are found to wait (写出待复核的关联).

    Args:
        folder: there already.
        found: as `pairs.waiting` gives them.
        lang: "zh" or "en".
    """
    pages = [_note(found, lang)]
    for kind in evidence()["kinds"]:
        of_kind = found.filter(kind=kind)
        if not of_kind.is_empty():
            pages += [_sheet(kind, page, lang, number) for number, page in enumerate(workbook.paged(of_kind), start=1)]
    workbook.write_workbook(folder / FILE, pages, [page.name for page in pages])


def _note(found: pl.DataFrame, lang: str) -> workbook.Sheet:
    many = say("many", lang, pairs=len(found), rows=found.select("kind", "left_id").unique().height) if len(found) else say("none", lang)
    lines = [[(0, say(f"{key}_head", lang)), (1, say(key, lang))] for key in ("how", "answers", "who", "send", "effect")]
    looks = (looks_of.LARGE, *[looks_of.WRAPPED] * (len(lines) + 1))
    return workbook.Sheet(say("note", lang), [[(0, NOTE)], [(1, many)], *lines], [], iter([]), top_looks=looks, widths=(34, 80), tall=24)


def columns(kind: str) -> list[str]:
    """What the columns of a sheet hold, from left to right (列次).

    >>> columns("right_household")[3:7]
    ['left_name', 'right_name', 'left_number', 'right_number']
    """
    names = [f"{side}_{feature}" for feature in (*compared(kind), "village") for side in ("left", "right")]
    return ["state", "score", "reason", *names, *_DECIDED, "left_row", "right_row", "kind", "left_id", "right_id", "check"]


def _sheet(kind: str, found: pl.DataFrame, lang: str, number: int) -> workbook.Sheet:
    names = columns(kind)
    heads = [head(name, kind, lang) for name in names]
    return workbook.Sheet(
        numbered(evidence()["kinds"][kind][lang].replace("/", "-"), number),
        [list(enumerate(heads))],
        [],
        _chunks(found, names, lang),
        top_looks=(looks_of.TALL_HEAD,),
        widths=[8 if name == "score" else _width(name) for name in names],
        frozen=(1, 3),
        filtered=True,
        choices={names.index("answer"): [ANSWERS[key][lang] for key in ("same", "different", "open")]},
        tall=32,
    )


def _width(name: str) -> int:
    feature = name.split("_", 1)[-1]
    return _WIDTHS.get(feature, 26 if feature in ("row", "id") else 16)


def _chunks(found: pl.DataFrame, names: list[str], lang: str) -> Iterator[workbook.Chunk]:
    starts = (pl.col("left_id") != pl.col("left_id").shift(1)).fill_null(True)
    marked = found.with_columns(pl.when(starts).then(looks_of.FIRST_SCORE).otherwise(looks_of.SCORE).alias("_starts"))
    for piece in marked.iter_slices(workbook.CHUNK):
        cells = piece.select(_shown(name, piece, lang).alias(name) for name in names)
        looks: dict[str, pl.Series | int] = {name: _look(name, piece) for name in names}
        yield workbook.Chunk(cells, {"score": np.ones(piece.height, dtype=bool)}, looks)


def _look(name: str, piece: pl.DataFrame) -> pl.Series | int:
    if name in _DECIDED:
        return looks_of.ASKED
    if name == "score":
        return piece["_starts"]
    if name.startswith(("left_", "right_")) and (feature := name.split("_", 1)[1]) in _WIDTHS:
        left, right = pl.col(f"left_{feature}"), pl.col(f"right_{feature}")
        unsaid = left.fill_null("").eq("") | right.fill_null("").eq("")
        alike = pl.when(left == right).then(looks_of.SAME).otherwise(looks_of.DIFFERS)
        return piece.select(pl.when(unsaid).then(looks_of.CELL).otherwise(alike).alias(name)).to_series()
    return looks_of.CELL


def _shown(name: str, piece: pl.DataFrame, lang: str) -> pl.Series:
    """A column as people read it."""
    if name in _DECIDED:
        return pl.Series([None], dtype=pl.String).new_from_index(0, piece.height)
    if name == "score":
        return piece["score"].cast(pl.String)
    if name in ("state", "reason"):
        told = {code: say(f"state_{code}", lang) if name == "state" else reason(code, lang) for code in piece[name].unique()}
        return _written(piece[name].replace_strict(told, return_dtype=pl.String))
    held = piece[f"{name}_in_file" if name in ("left_row", "right_row") else name]
    return _written(review_pairs.masked(held) if name.endswith("_number") else held)


def _written(column: pl.Series) -> pl.Series:
    return pl.select(workbook.written(column)).to_series()


def head(name: str, kind: str, lang: str) -> str:
    """Heading of a column (列标题); those by which a decision is read back are the same in both languages.

    >>> head("left_id", "right_household", "zh"), head("left_name", "right_household", "zh")
    ('左标识 left_id', '左·姓名')
    """
    if name in HEADS:
        return HEADS[name]
    side_, _, feature = name.partition("_")
    words = evidence()["words"].get(feature)
    if words is None:
        return say(f"head_{name}", lang)
    return f"{say(side_, lang)}·{words[lang]}"
