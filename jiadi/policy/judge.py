"""From facts to verdicts: every rule on every row, one verdict a house (判定)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from jiadi.law import LawSet
from jiadi.policy import findings, milder, needs, proposal, propose
from jiadi.policy.evaluate import Tried, set_aside
from jiadi.policy.figures import Figures
from jiadi.policy.grammar import Array
from jiadi.policy.ofhouse import Index
from jiadi.policy.rules import BITS, HARMLESS, Rule, compile_rules
from jiadi.policy.table import Facts

VERDICTS = proposal.VERDICTS
"""Verdicts 判定结论, what outranks others last."""

UNKNOWNS: dict[str, pl.DataType] = {"subject": pl.String(), "id": pl.String(), "code": pl.String(), "needs": pl.String()}
"""Columns of what cannot be decided 待核实清单; `needs`: words of `labels.yaml`, joined by commas."""

_WEIGHT = {"can_be_regularised": 1, "historic": 2, "unlawful": 8}
_TO_BE_VERIFIED = 4


def _flags() -> Array:
    """What a rule's possibilities do to a verdict, as bits of which the highest wins."""
    table = np.zeros(1 << len(BITS), dtype=np.uint8)
    for effect, weight in _WEIGHT.items():
        table[BITS[effect]] = weight
    for bits in range(len(table)):
        if bits & (bits - 1) and bits & ~HARMLESS:
            table[bits] = _TO_BE_VERIFIED
    return table


_FLAGS = _flags()
_HIGHEST = np.array([0, 1, 2, 2, *([3] * 4), *([4] * 8)], dtype=np.uint8)


@dataclass
class Judgement:
    """What a run found (判定结果). Frames are sorted, and the same for the same input.

    Args:
        facts: what was judged.
        law: set, version and sha256; None where no set covers the place.
        lawset: the set; None likewise, or where the judgement was read back.
        tried: each rule as it was tried, sorted by code.
        verdict: position in `VERDICTS` of each house.
        uncovered: bool, houses in a place that the set does not know.
        lost: rules about parcels or households, with the houses (bool, or one for all) whose parcel or
            household is not known and which such a rule may serve.
        unasked: rules that were set aside because no list asks for what they need, with those facts.
    """

    facts: Facts
    law: dict[str, str] | None
    lawset: LawSet | None = field(default=None, repr=False)
    tried: tuple[Tried, ...] = field(default=(), repr=False)
    verdict: Array = field(default_factory=lambda: np.zeros(0, dtype=np.uint8), repr=False)
    uncovered: Array = field(default_factory=lambda: np.zeros(0, dtype=bool), repr=False)
    lost: tuple[tuple[Rule, Array], ...] = field(default=(), repr=False)
    unasked: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def houses(self) -> pl.DataFrame:
        """One row a house, sorted by id: id, division_code, village_code, household_id, parcel_id, verdict."""
        facts = self.facts
        village = [code if code is not None and code[9:12] != "000" else None for code in [*facts.divisions, None]]
        return pl.DataFrame(
            {
                "id": facts.ids["house"],
                "division_code": facts.places("house"),
                "village_code": pl.Series(village, dtype=pl.String).gather(facts.blocks["house"].division),
                "household_id": _linked(facts.ids["household"], facts.house_household),
                "parcel_id": _linked(facts.ids["parcel"], facts.house_parcel),
                "verdict": pl.Series(list(VERDICTS)).gather(self.verdict),
            }
        )

    @cached_property
    def findings(self) -> pl.DataFrame:
        """One row a finding and subject, of `findings.SCHEMA`; sorted by code, then id."""
        if self.lawset is None:
            return pl.DataFrame(schema=findings.SCHEMA)
        # Each rule by the law that it was tried by: a trial of changed law keeps results of the set as it stands.
        parts = [findings.frame(one, one.cases.figures.law) for one in self.tried if len(findings.found(one))]
        return pl.concat(parts) if parts else pl.DataFrame(schema=findings.SCHEMA)

    @cached_property
    def unknowns(self) -> pl.DataFrame:
        """One row a rule and subject that cannot be decided, of `UNKNOWNS`; sorted by code, then subject and id."""
        parts = [_unknown_frame(one) for one in self.tried if len(findings.undecided(one))]
        parts += [self._unlinked(rule, houses) for rule, houses in self.lost if _is_lost(self.facts, rule.subject).any()]
        if self.uncovered.any():
            parts.append(_listed("house", self.facts.ids["house"].filter(pl.Series(self.uncovered)), "no_law_set", "law_set"))
        return pl.concat([pl.DataFrame(schema=UNKNOWNS), *parts]).sort("code", "subject", "id", maintain_order=True)

    @cached_property
    def house_findings(self) -> pl.DataFrame:
        """Findings as each house takes them in: house_id, subject, id, code, effect; sorted by code, then house."""
        return self._taken_in(self.findings.select("subject", "id", "code", "effect"))

    @cached_property
    def house_unknowns(self) -> pl.DataFrame:
        """What cannot be decided as each house takes it in: house_id, subject, id, code, needs."""
        return self._taken_in(self.unknowns)

    @cached_property
    def proposals(self) -> pl.DataFrame:
        """What is proposed for each house, of `propose.PROPOSALS`; sorted by house."""
        return propose.proposals(self)

    @cached_property
    def index(self) -> Index:
        """What was found of each house, by its row: for one house after the other."""
        return Index(self.facts, self.findings, self.unknowns)

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules that were tried, by code; of several versions the nearest."""
        return {one.rule.code: one.rule for one in reversed(self.tried)}

    def save(self, directory: Path) -> None:
        """Keep the judgement and its facts, so that it can be explained later (存判定).

        Args:
            directory: an existing folder.
        """
        for name in _FRAMES:
            getattr(self, name).write_parquet(directory / f"{name}.parquet")
        (directory / "judgement.json").write_text(json.dumps({"law": self.law}, ensure_ascii=False), encoding="utf-8")
        self.facts.save(directory)

    @classmethod
    def load(cls, directory: Path) -> Judgement:
        """Read back what `save` kept (取判定)."""
        head = json.loads((directory / "judgement.json").read_text(encoding="utf-8"))
        judgement = cls(Facts.load(directory), head["law"])
        for name in _FRAMES:
            judgement.__dict__[name] = pl.read_parquet(directory / f"{name}.parquet")
        return judgement

    def _taken_in(self, listed: pl.DataFrame) -> pl.DataFrame:
        house = self.houses.select(pl.col("id").alias("house_id"), "parcel_id", "household_id")
        parts = [listed.filter(pl.col("subject") == "house").with_columns(pl.col("id").alias("house_id"))]
        for subject in ("parcel", "household"):
            own = listed.filter(pl.col("subject") == subject)
            parts.append(own.join(house.select("house_id", f"{subject}_id"), left_on="id", right_on=f"{subject}_id", how="inner"))
        columns = ["house_id", *listed.columns]
        return pl.concat([part.select(columns) for part in parts]).sort("code", "house_id", maintain_order=True)

    def _unlinked(self, rule: Rule, houses: Array) -> pl.DataFrame:
        """Houses that a rule about parcels or households cannot reach."""
        lost = self.facts.ids["house"].filter(pl.Series(_is_lost(self.facts, rule.subject) & houses & ~self.uncovered))
        return _listed("house", lost, rule.code, f"{rule.subject}_link")


_FRAMES = ("houses", "findings", "unknowns", "house_findings", "house_unknowns", "proposals")


def judge(facts: Facts, lawset: LawSet | None) -> Judgement:
    """Judge all houses by one set (判定).

    Args:
        facts: as `facts.build` gives them.
        lawset: the law; None where no set covers the place: then all is to be verified.

    Returns:
        The judgement.

    Raises:
        Refusal: a rule that does not compile, or exceptions that clash.

    Law:
        Precedence of verdicts: proven unlawful, to be verified, historic, can be regularised, lawful.

    >>> from datetime import date
    >>> house = pl.DataFrame({"id": ["a"], "division_code": ["330802001001"], "safety_grade": ["D"]})
    >>> judge(Facts.from_frames(date(2025, 6, 30), {"house": house}), None).houses["verdict"].to_list()
    ['to_be_verified']
    """
    size = facts.blocks["house"].size
    if lawset is None:
        everywhere = np.full(size, VERDICTS.index("to_be_verified"), dtype=np.uint8)
        return Judgement(facts, None, verdict=everywhere, uncovered=np.ones(size, dtype=bool))
    figures = Figures(lawset, facts)
    weight = {subject: np.zeros(block.size + 1, dtype=np.uint8) for subject, block in facts.blocks.items() if subject != "zone"}
    tried: list[Tried] = []
    lost: list[tuple[Rule, Array]] = []
    unasked: dict[str, list[str]] = {}
    for code, versions in compile_rules(lawset).items():
        if absent := set_aside(versions, facts):
            unasked[code] = absent
            continue
        for rule, serves in served(versions, facts, figures):
            for one in milder.run(rule, facts, figures, serves):
                tried.append(one)
                weight[rule.subject][one.rows] |= weights(one.bits)
        lost += unreached(versions, figures)
    uncovered = ~figures.covered("house")
    verdict = verdicts(facts, weight, uncovered | out_of_reach(facts, lost))
    law = {"set": lawset.name, "version": lawset.version, "sha256": lawset.sha256}
    return Judgement(facts, law, lawset, tuple(tried), verdict, uncovered, tuple(lost), unasked)


def weights(bits: Array) -> Array:
    """What possibilities of a rule weigh in a verdict: bits of which the highest wins (结论权重)."""
    held: Array = _FLAGS[bits]
    return held


def verdicts(facts: Facts, weight: dict[str, Array], still: Array) -> Array:
    """Verdict of each house from what weighs on it, its parcel and its household (结论).

    Args:
        facts: how houses, parcels and households hang together.
        weight: subject → uint8 [rows + 1], `weights` of all rules joined; the last entry is 0.
        still: bool, houses that are to be verified whatever the rules say.

    Returns:
        uint8 positions in `VERDICTS`.
    """
    # The entry beyond the last row, which -1 reaches, serves houses whose parcel or household is not known.
    total = weight["house"][:-1] | weight["parcel"][facts.house_parcel] | weight["household"][facts.house_household]
    total = np.where(still, total | np.uint8(_TO_BE_VERIFIED), total)
    found: Array = _HIGHEST[total]
    return found


def unreached(versions: tuple[Rule, ...], figures: Figures) -> list[tuple[Rule, Array]]:
    """Versions of a rule about parcels or households, with the houses (bool, or one for all) that each serves."""
    if versions[0].subject == "house":
        return []
    serving = figures.versions(versions, "house")
    return [(rule, serving == number) for number, rule in enumerate(versions) if (serving == number).any()]


def _is_lost(facts: Facts, subject: str) -> Array:
    """Houses whose parcel or household is not known."""
    rows: Array = facts.house_parcel if subject == "parcel" else facts.house_household
    return rows < 0


def out_of_reach(facts: Facts, lost: Sequence[tuple[Rule, Array]]) -> Array:
    """Houses that a rule which may touch the verdict cannot reach (规则够不到的房屋)."""
    found = np.zeros(facts.blocks["house"].size, dtype=bool)
    for subject in ("parcel", "household"):
        grave = [houses for rule, houses in lost if rule.subject == subject and not rule.harmless]
        if grave:
            found |= _is_lost(facts, subject) & np.logical_or.reduce(grave)
    return found


def served(versions: tuple[Rule, ...], facts: Facts, figures: Figures) -> list[tuple[Rule, Array | None]]:
    """Versions of a rule that serve any row, with the rows; None for all rows (适用的规则版本)."""
    subject = versions[0].subject
    serving = figures.versions(versions, subject)
    if not serving.shape:
        return [] if serving < 0 else [(versions[int(serving)], None)]
    return [(rule, serving == number) for number, rule in enumerate(versions) if (serving == number).any()]


def _linked(ids: pl.Series, rows: Array) -> pl.Series:
    if not len(ids):
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    return ids.gather(pl.Series(rows).set(pl.Series(rows < 0), None))


def _listed(subject: str, ids: pl.Series, code: str, need: str) -> pl.DataFrame:
    return pl.DataFrame({"id": ids}).select(
        pl.lit(subject).alias("subject"), pl.col("id").cast(pl.String), pl.lit(code).alias("code"), pl.lit(need).alias("needs")
    )


def _unknown_frame(tried: Tried) -> pl.DataFrame:
    rows = findings.undecided(tried)
    ids = tried.cases.facts.ids[tried.rule.subject].gather(tried.rows[rows])
    named = pl.DataFrame({"id": ids, "needs": needs.of(tried, rows)})
    return named.select(pl.lit(tried.rule.subject).alias("subject"), "id", pl.lit(tried.rule.code).alias("code"), "needs")
