"""Decisions that came back (复核决定): read, weighed against the rows as they are now, applied and remembered.

A decision is taken only with who decided and when; one whose rows have changed since, or that another one
contradicts, is told and not applied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from jiadi.register.tables import PROBLEMS, Delivery, Linked
from jiadi.survey.review import pairs as review_pairs
from jiadi.survey.review.side import evidence
from jiadi.survey.review.words import HEADS, NOTE, answer_of

REMEMBERED = "decisions.jsonl"
MOST_BYTES = 256 * 1024**2
COLUMNS: dict[str, pl.DataType] = {
    **{name: pl.String() for name in ("kind", "left_id", "right_id", "answer", "by", "day", "why", "check", "file", "sheet")},
    "row": pl.Int32(),
}
"""Columns of decisions as they were read; `answer` and `day` as the cells have them."""
ACCEPTED = ("kind", "left_id", "right_id", "answer", "by", "day", "why", "check")
_EXCEL_DAY = date(1899, 12, 30)


@dataclass(slots=True)
class Settled:
    """Decisions that hold (有效决定).

    Args:
        accepted: frame of ACCEPTED: answer `same` or `different`.
        problems: what was not applied and why, frame of PROBLEMS.
        counts: applied, stale, contradicting, unsigned, unclear: numbers of decisions.
    """

    accepted: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(ACCEPTED, pl.String())))
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("applied", "stale", "contradicting", "unsigned", "unclear"), 0))


def none() -> pl.DataFrame:
    """No decision (无决定).

    >>> none().height
    0
    """
    return pl.DataFrame(schema=COLUMNS)


def is_review(frame: pl.DataFrame) -> bool:
    """Whether a sheet is the note of a review workbook (是否复核表说明).

    Args:
        frame: `row` and the cells, as `read.raw.RawSheet` has them.

    >>> is_review(pl.DataFrame({"row": [1], "t0": [NOTE]}))
    True
    """
    return not frame.is_empty() and "t0" in frame.columns and frame["row"][0] == 1 and str(frame["t0"][0] or "").startswith(NOTE)


def of_sheet(file: str, sheet: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Decisions of one sheet of a review workbook (读一张复核表).

    Args:
        file, sheet: told with what is not taken.
        frame: `row` and the cells.

    Returns:
        Frame of COLUMNS: rows with an answer; none for a sheet without the headings.
    """
    cells = {name: number for number in range(frame.width) if (name := f"t{number}") in frame.columns}
    top = frame.head(1).to_dicts()[0] if frame.height else {}
    place = {key: next((number for cell, number in cells.items() if top.get(cell) == head), None) for key, head in HEADS.items()}
    if frame.is_empty() or any(place[key] is None for key in ("answer", "kind", "left_id", "right_id", "check")):
        return none()
    texts = [_cell(frame, place[key]).alias(key) for key in HEADS]
    found = frame.select("row", *texts).slice(1).filter(pl.col("answer").is_not_null())
    return found.with_columns(pl.lit(file).alias("file"), pl.lit(sheet).alias("sheet")).select(list(COLUMNS)).cast(COLUMNS)  # type: ignore[arg-type]


def _cell(frame: pl.DataFrame, number: int | None) -> pl.Expr:
    """A column as text, whichever way Excel keeps it; a day as 2025-06-30."""
    parts = []
    if number is not None and f"t{number}" in frame.columns:
        parts.append(pl.col(f"t{number}").str.strip_chars().str.replace(r"^'", ""))
    if number is not None and f"d{number}" in frame.columns:
        parts.append(pl.col(f"d{number}").dt.date().cast(pl.String))
    if number is not None and f"n{number}" in frame.columns:
        parts.append(pl.col(f"n{number}").cast(pl.Int64, strict=False).cast(pl.String))
    return pl.coalesce(parts) if parts else pl.lit(None, dtype=pl.String)


def remembered(name: str, path: Path) -> pl.DataFrame:
    """Decisions of an earlier run (以往决定): `decisions.jsonl` of a result.

    Args:
        name: as the user sees it.
        path: of the file.

    Raises:
        ValueError: it is not such a file.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"> {MOST_BYTES} bytes")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        entry = json.loads(line) if line.strip() else None
        if entry is not None:
            if not isinstance(entry, dict) or not set(ACCEPTED) <= set(entry):
                raise ValueError(f"line {number}")
            rows.append({**{key: str(entry[key]) for key in ACCEPTED}, "file": name, "sheet": "", "row": number})
    return pl.DataFrame(rows, schema=COLUMNS)


def remember(folder: Path, accepted: pl.DataFrame) -> None:
    """Keep the decisions that hold, so that the next run knows them (记住决定).

    Args:
        folder: of the result.
        accepted: frame of ACCEPTED; nothing is written where there is none.
    """
    if accepted.is_empty():
        return
    lines = [json.dumps(row, ensure_ascii=False) for row in accepted.sort(list(ACCEPTED)).iter_rows(named=True)]
    (folder / REMEMBERED).write_text("\n".join(lines) + "\n", encoding="utf-8")


def settle(delivery: Delivery, houses: pl.DataFrame, households: pl.DataFrame) -> Settled:
    """Weigh the decisions that were handed in (核对决定).

    Args:
        delivery: its `extra` has `decisions`, frame of COLUMNS; none where it has not.
        houses, households: of the run.

    Returns:
        What holds, and what does not and why.
    """
    read = delivery.extra.get("decisions")
    if not isinstance(read, pl.DataFrame) or read.is_empty():
        return Settled()
    rows = _understood(read)
    stub = Linked(houses, households, pl.DataFrame(), pl.DataFrame())
    rows = rows.join(_checks(rows, delivery, stub), on=["kind", "left_id", "right_id"], how="left")
    fault = (
        pl.when(pl.col("answer_key").is_null())
        .then(pl.lit("decision_unclear"))
        .when(pl.col("by").is_null() | pl.col("day_key").is_null())
        .then(pl.lit("decision_unsigned"))
        .when((pl.col("check") != pl.col("now")).fill_null(True))
        .then(pl.lit("decision_stale"))
    )
    rows = rows.filter((pl.col("answer_key") != "open").fill_null(True)).with_columns(fault.alias("fault"))
    good = rows.filter(pl.col("fault").is_null())
    against = good.join(_contradicting(good), on=["kind", "left_id"], how="semi")
    good = good.join(against, on=["kind", "left_id"], how="anti")
    bad = pl.concat([rows.filter(pl.col("fault").is_not_null()), against.with_columns(fault=pl.lit("decision_contradicts"))])
    accepted = good.with_columns(answer=pl.col("answer_key"), day=pl.col("day_key")).select(list(ACCEPTED))
    accepted = accepted.sort(list(ACCEPTED)).unique(["kind", "left_id", "right_id"], keep="last", maintain_order=True)
    return Settled(accepted, _told(bad), _counted(accepted, bad))


def _understood(read: pl.DataFrame) -> pl.DataFrame:
    answers = [answer_of(text) for text in read["answer"]]
    days = [_day(text) for text in read["day"]]
    return read.with_columns(pl.Series("answer_key", answers, dtype=pl.String), pl.Series("day_key", days, dtype=pl.String))


def _day(text: str | None) -> str | None:
    """A day as 2025-06-30, also 2025.6.30, 20250630 and Excel's number of days; None where it is none."""
    plain = (text or "").strip().replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    if plain.isdigit() and len(plain) == 5:
        return (_EXCEL_DAY + timedelta(days=int(plain))).isoformat()
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return None


def _checks(rows: pl.DataFrame, delivery: Delivery, stub: Linked) -> pl.DataFrame:
    """kind, left_id, right_id, now: the check value of each pair as its rows are now."""
    keys = ["kind", "left_id", "right_id"]
    parts = [
        review_pairs.with_evidence(kind, rows.filter(kind=kind).select(keys).unique(), delivery, stub).select(
            *keys, pl.col("check").alias("now")
        )
        for kind in evidence()["kinds"]
        if kind in set(rows["kind"])
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema={**dict.fromkeys(keys, pl.String()), "now": pl.String()})


def _contradicting(good: pl.DataFrame) -> pl.DataFrame:
    """kind, left_id of rows that are the same as two, or of which a pair is said to be both."""
    same = good.filter(answer_key="same").select("kind", "left_id", "right_id").unique()
    several = same.filter(pl.len().over("kind", "left_id") > 1).select("kind", "left_id")
    both = same.join(good.filter(answer_key="different"), on=["kind", "left_id", "right_id"], how="semi").select("kind", "left_id")
    return pl.concat([several, both]).unique()


def _told(bad: pl.DataFrame) -> pl.DataFrame:
    detail = pl.concat_str("kind", "left_id", "right_id", separator=" ")
    head = pl.lit(HEADS["answer"])
    return bad.select(
        "file", "sheet", "row", head.alias("column"), pl.col("fault").alias("code"), pl.lit("unknown").alias("level"),
        pl.col("answer").alias("value"), detail.alias("detail"),
    ).cast(PROBLEMS)  # type: ignore[arg-type]  # fmt: skip


def _counted(accepted: pl.DataFrame, bad: pl.DataFrame) -> dict[str, int]:
    faults: Mapping[str, int] = dict(bad["fault"].value_counts().iter_rows())
    named: Sequence[tuple[str, str]] = [(name, f"decision_{word}") for name, word in _NAMES]
    return {"applied": accepted.height, **{name: faults.get(code, 0) for name, code in named}}


_NAMES = (("stale", "stale"), ("contradicting", "contradicts"), ("unsigned", "unsigned"), ("unclear", "unclear"))


def apply(kind: str, candidates: pl.DataFrame, accepted: pl.DataFrame | None) -> pl.DataFrame:
    """Candidates of a kind as decided (按决定关联).

    Args:
        kind: of link.
        candidates: left_id, right_id, state, score, reason.
        accepted: frame of ACCEPTED; None or empty changes nothing.

    Returns:
        The candidates: a pair that is the same is the only one of its left row, linked with score 1
        and reason `decided`; one that is different is gone.

    >>> accepted = pl.DataFrame([("right_parcel", "r", "p", "same", "x", "2025-06-30", "", "")], schema=list(ACCEPTED), orient="row")
    >>> two = {"left_id": ["r", "r"], "right_id": ["p", "q"], "state": ["doubtful"] * 2, "score": [0.3] * 2, "reason": ["name"] * 2}
    >>> apply("right_parcel", pl.DataFrame(two), accepted).rows()
    [('r', 'p', 'linked', 1.0, 'decided')]
    """
    if accepted is None or accepted.is_empty():
        return candidates
    of_kind = accepted.filter(kind=kind)
    same, different = of_kind.filter(answer="same"), of_kind.filter(answer="different")
    rest = candidates.join(same, on="left_id", how="anti").join(different, on=["left_id", "right_id"], how="anti")
    linked = same.select(
        "left_id", "right_id", pl.lit("linked").alias("state"), pl.lit(1.0).alias("score"), pl.lit("decided").alias("reason")
    )
    return pl.concat([rest.select(linked.columns), linked])
