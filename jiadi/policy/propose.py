"""What is proposed for every house (逐幢处置建议): by the set's proposals, each with its reason, duties and money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from jiadi.policy import findings
from jiadi.policy.evaluate import Tried
from jiadi.policy.grammar import UNBOUNDED, Array, Span, Truth
from jiadi.policy.labels import sections
from jiadi.policy.proposal import HERITAGE, Proposal, compile_proposals
from jiadi.policy.table import FAR_DAY, Column, Facts
from jiadi.policy.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from jiadi.policy.judge import Judgement

PROPOSALS: dict[str, pl.DataType] = {
    "house_id": pl.String(),
    "remedy": pl.String(),
    "then": pl.String(),
    "rule": pl.String(),
    "citation": pl.String(),
    "verify": pl.Boolean(),
    "duties": pl.String(),
    "price_fen": pl.Int64(),
}
"""Columns of proposals 处置建议, one row a house, sorted by house. `then`: what follows later; `rule`: label of the
proposal; `duties`: joined by commas; `price_fen`: whole fen that the set asks for, null where it asks none or where
it is not known."""

UNASKED_HERITAGE = "check_heritage"
"""Duty of whoever takes down a house of which nobody asked whether it is heritage."""

Answers = Mapping[str, tuple[Array, Array]]
"""Word → whether it certainly and whether it possibly holds, of each house."""


class _Houses:
    """Houses as conditions of proposals read them."""

    def __init__(self, facts: Facts, verdict: Array, answers: Answers) -> None:
        self.facts, self.verdict, self.answers = facts, verdict, answers
        self.size = facts.blocks["house"].size

    def truth(self, name: str) -> Truth:
        if name in self.answers:
            return Truth(*self.answers[name])
        low = self._column(name, np.int8(2))[0]
        return Truth(low == 1, low != 0)

    def codes(self, name: str) -> Array:
        return self.verdict.astype(np.int64) + 1 if name == "verdict" else self._column(name, np.uint8(0))[0]

    def span(self, name: str) -> Span:
        far = FAR_DAY if name == "built" else UNBOUNDED
        low, high = self._column(name, -far, far)
        return Span(low, high)

    def _column(self, name: str, unknown: Any, high: Any = None) -> tuple[Array, Array]:
        """A fact of the house, or of its household; what nobody asked for, or of nobody that is known, is unknown."""
        beyond = unknown if high is None else high
        if name in VOCABULARY["house"]:
            held = self.facts.blocks["house"].columns.get(name)
            return (held.low, held.high) if held else (np.full(self.size, unknown), np.full(self.size, beyond))
        column: Column | None = self.facts.blocks["household"].columns.get(name)
        rows = self.facts.house_household
        if column is None:
            return np.full(self.size, unknown), np.full(self.size, beyond)
        return np.append(column.low, unknown)[rows], np.append(column.high, beyond)[rows]


def proposals(judgement: Judgement) -> pl.DataFrame:
    """Propose what becomes of each house (处置建议).

    Args:
        judgement: with its rules as they were tried.

    Returns:
        Frame of PROPOSALS. Where no set judged, or none of its proposals fits, the papers are to be completed (`verify`).

    Law:
        Heritage is never taken down, whatever a set says; where it is not known whether a house is heritage, that is asked first.
    """
    ids = judgement.facts.ids["house"]
    if judgement.lawset is None:
        return _frame(ids, (), np.full(len(ids), -1), np.zeros(len(ids), dtype=bool), None, judgement)
    listed = compile_proposals(judgement.lawset)
    answers = dict(_answers(judgement))
    houses = _Houses(judgement.facts, judgement.verdict, answers)
    served = {one.division: _serves(judgement, one.division) for one in listed}
    chosen = decide(listed, houses, served)
    return _frame(ids, listed, chosen, answers[HERITAGE][1], _prices(judgement), judgement)


def decide(listed: Sequence[Proposal], houses: _Houses, served: Mapping[str, Array]) -> Array:
    """Position of the proposal that serves each house, -1 for none (选择建议).

    Args:
        listed: in the order in which they are asked.
        houses: what their conditions read.
        served: division of a layer → houses inside it.
    """
    chosen = np.full(houses.size, -1, dtype=np.int64)
    possible = houses.truth(HERITAGE).possible
    for number, one in enumerate(listed):
        fits = (chosen < 0) & served[one.division]
        if one.destroys:
            fits = fits & ~np.broadcast_to(possible, houses.size)
        for term in one.when:
            if not fits.any():
                break
            fits = fits & np.broadcast_to(term.evaluate(houses).certain, houses.size)
        chosen[fits] = number
    return chosen


def _serves(judgement: Judgement, division: str) -> Array:
    """Houses inside a layer's division."""
    facts = judgement.facts
    inside = np.array([division == "00" or code.startswith(division) for code in facts.divisions] + [division == "00"], dtype=bool)
    held: Array = inside[facts.blocks["house"].division]
    return held


def _answers(judgement: Judgement) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """Which findings each house takes in, certainly and possibly, and which remedies those propose."""
    facts = judgement.facts
    sizes = {subject: block.size for subject, block in facts.blocks.items()}
    size = sizes["house"]
    never = np.zeros(size, dtype=bool)
    found: dict[str, tuple[Array, Array]] = {f"found_{code}": (never, never) for code in judgement.rules} | {HERITAGE: (never, never)}
    remedies: dict[str, Array] = {f"remedy_{word}": never for word in sections()["remedy"]}
    for one in judgement.tried:
        subject = one.rule.subject
        certain, possible = np.zeros(sizes[subject] + 1, dtype=bool), np.zeros(sizes[subject] + 1, dtype=bool)
        kept = findings.found(one)
        certain[one.rows[kept]] = True
        possible[one.rows] = True
        rows = _rows(facts, subject)
        before = found[f"found_{one.rule.code}"]
        found[f"found_{one.rule.code}"] = (before[0] | certain[rows], before[1] | possible[rows])
        for word, of_word in _remedies(one, kept, judgement, sizes[subject]).items():
            remedies[f"remedy_{word}"] = remedies[f"remedy_{word}"] | of_word[rows]
    for rule, houses in judgement.lost:
        lost = _rows(facts, rule.subject) < 0
        certain, possible = found.get(f"found_{rule.code}", (never, never))
        found[f"found_{rule.code}"] = (certain, possible | (lost & houses))
    yield from found.items()
    yield from ((name, (held, held)) for name, held in remedies.items())


def _rows(facts: Facts, subject: str) -> Array:
    """Row of each house's subject; the entry beyond the last one, which -1 reaches, is that of nobody."""
    if subject == "house":
        return np.arange(facts.blocks["house"].size)
    return facts.house_parcel if subject == "parcel" else facts.house_household


def _remedies(one: Tried, kept: Array, judgement: Judgement, size: int) -> dict[str, Array]:
    assert judgement.lawset is not None
    if not len(kept):
        return {}
    words = findings.remedy(one, kept, judgement.lawset)
    found = {}
    for word in words.drop_nulls().unique().to_list():
        of_word = np.zeros(size + 1, dtype=bool)
        of_word[one.rows[kept[(words == word).fill_null(False).to_numpy()]]] = True
        found[word] = of_word
    return found


def _prices(judgement: Judgement) -> pl.DataFrame | None:
    """Whole fen that a house's findings ask for in all: house_id, price_fen; null where one of them is not known."""
    priced = {code for code, rule in judgement.rules.items() if rule.price is not None}
    if not priced:
        return None
    key = ["subject", "id", "code"]
    taken = judgement.house_findings.filter(pl.col("code").is_in(priced)).select("house_id", *key)
    prices = taken.join(judgement.findings.select(*key, "price_fen"), on=key)
    total = pl.when(pl.col("price_fen").null_count() == 0).then(pl.col("price_fen").sum())
    return prices.group_by("house_id").agg(total.alias("price_fen"))


def _frame(
    ids: pl.Series, listed: Sequence[Proposal], chosen: Array, heritage: Array, prices: pl.DataFrame | None, judgement: Judgement
) -> pl.DataFrame:
    law = judgement.lawset
    last = [None]  # position -1 reaches it: nothing fits
    at = pl.Series(np.where(chosen < 0, len(listed), chosen))

    def taken(values: list[object], kind: pl.DataType) -> pl.Series:
        return pl.Series([*values, *last], dtype=kind).gather(at)

    asked = "heritage_status" in judgement.facts.blocks["house"].columns
    duties = [",".join((*one.duties, *([UNASKED_HERITAGE] if one.destroys and not asked else ()))) for one in listed]
    frame = pl.DataFrame(
        {
            "house_id": ids,
            "remedy": taken([one.remedy for one in listed], pl.String()).fill_null("verify"),
            "then": taken([one.then or None for one in listed], pl.String()),
            "rule": taken([one.label for one in listed], pl.String()),
            "citation": taken([one.citation for one in listed], pl.String()),
            "verify": taken([law.citations[one.citation].verify if law else False for one in listed], pl.Boolean()).fill_null(False),
            "duties": taken(list(duties), pl.String()).fill_null(""),
        }
    )
    paid = frame["remedy"] == "paid_use"
    none = pl.DataFrame(schema={"house_id": pl.String(), "price_fen": pl.Int64()})
    priced = frame.join(none if prices is None else prices, on="house_id", how="left", maintain_order="left")
    whole = priced.with_columns(pl.when(paid).then("price_fen").alias("price_fen"))
    return whole.select(pl.col(name).cast(kind) for name, kind in PROPOSALS.items())
