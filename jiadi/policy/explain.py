"""Why a house has its verdict, and why other rules did not apply (解释)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from jiadi.law import LawSet
from jiadi.policy import say, why_not
from jiadi.policy.judge import Judgement
from jiadi.policy.labels import label
from jiadi.policy.proposal import compile_proposals
from jiadi.policy.rules import Rule, compile_rules
from jiadi.policy.told import other, render

__all__ = ["Explanation", "Found", "Input", "NotFound", "Proposed", "Undecided", "explain", "other", "render"]


NO_ARTICLE = "default"
"""Citation of what no document lays down: it is not shown as a law."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding, told (问题说明). Texts are in the language asked for.

    Args:
        code, subject, id, effect: as they are stored; `title` and `effect_title` in words.
        message: what was found, with its figures.
        measured, limit, excess: with unit; "" where the rule has none, or where they are not one figure.
        limit_name: the figure or fact that the limit is; `limit_place`, `limit_since`: whose figure, from when.
        clause: the article; `statement`: what it says, in our words.
        verify: to be verified before anyone relies on it; `verify_note` why.
        exception: labelled exception that set the effect; "" for none.
        remedy: what is proposed.
        zone: id of the zone beside the house; "".
    """

    code: str
    title: str
    subject: str
    id: str
    effect: str
    effect_title: str
    message: str
    measured: str = ""
    limit: str = ""
    excess: str = ""
    limit_name: str = ""
    limit_place: str = ""
    limit_since: str = ""
    clause: str = ""
    statement: str = ""
    verify: bool = False
    verify_note: str = ""
    exception: str = ""
    remedy: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A rule that cannot be decided (待核实说明): `needs` as stored, `needs_titles` in words."""

    code: str
    title: str
    subject: str
    id: str
    needs: tuple[str, ...]
    needs_titles: tuple[str, ...]
    touches_verdict: bool


@dataclass(frozen=True, slots=True)
class NotFound:
    """A rule that found nothing (未认定说明).

    Args:
        code, title, subject, id: which rule, of what.
        reason: `condition`, `fact`, `not_in_force`, `exception`, `period`, `no_zone`, `unasked`, `milder` or `several`.
        term: the first condition that does not hold, with values; or the exception, or the day.
        margin: distance to the limit, with unit; "" where the rule measures nothing.
    """

    code: str
    title: str
    subject: str
    id: str
    reason: str
    term: str
    margin: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A fact that was used (所用资料): what it was, and the file, sheet and row that it comes from."""

    subject: str
    id: str
    fact: str
    title: str
    value: str
    file: str = ""
    sheet: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed for the house as a whole (处置建议), in words.

    Args:
        remedy, then: as stored; `title`, `then_title` in words; "" for nothing.
        reason: why; "" where no proposal of the set fits.
        clause: the article; `verify`: to be verified before anyone relies on it.
        duties: what is owed meanwhile.
        price: what the set asks for, in yuan; "" where it asks nothing or where it is not known.
    """

    remedy: str
    title: str
    then: str = ""
    then_title: str = ""
    reason: str = ""
    clause: str = ""
    verify: bool = False
    duties: tuple[str, ...] = ()
    price: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a house has its verdict (解释), as plain data.

    Args:
        house, division, parcel, household: ids; "" where not known. `place`: name of the division.
        verdict: as stored; `verdict_title` in words.
        on: the day of judging.
        law: set, version, sha256 and title; empty where no set covers the place.
        findings, unknowns, others, inputs: see their classes.
        proposal: for the house as a whole; None where the stored run has none.
    """

    house: str
    division: str
    place: str
    parcel: str
    household: str
    verdict: str
    verdict_title: str
    on: str
    law: dict[str, str]
    findings: tuple[Found, ...] = ()
    unknowns: tuple[Undecided, ...] = ()
    others: tuple[NotFound, ...] = ()
    inputs: tuple[Input, ...] = field(default=())
    proposal: Proposed | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def explain(judgement: Judgement, lawset: LawSet | None, house: str, lang: str) -> Explanation:
    """Explain the verdict on one house (解释一幢房屋).

    Args:
        judgement: of the run, or read back from where it was kept.
        lawset: the set that judged; None where none covers the place.
        house: id of the house.
        lang: "zh" or "en".

    Returns:
        Findings and unknowns as they were stored; for the other rules the first condition that does not hold.

    Raises:
        KeyError: there is no such house.
    """
    index = judgement.index
    one = index.house(house)
    stored = judgement.houses.row(one.rows["house"], named=True)
    rules = {} if lawset is None else compile_rules(lawset)
    found, unknown = index.findings(one), index.unknowns(one)
    settled = {entry["code"] for entry in (*found, *unknown)}
    division = stored["division_code"] or ""
    return Explanation(
        house,
        division,
        say.place(division),
        stored["parcel_id"] or "",
        stored["household_id"] or "",
        stored["verdict"],
        label(stored["verdict"], lang),
        judgement.facts.on.isoformat(),
        {**judgement.law, "title": lawset.title[lang]} if judgement.law and lawset else {},
        tuple(_found(entry, rules, lawset, lang) for entry in found),
        tuple(_undecided(entry, rules, lang) for entry in unknown),
        tuple(NotFound(*told) for told in why_not.told(one, index.readings(lawset) if lawset else None, settled, lang)),
        tuple(Input(*told) for told in index.inputs.of(one, lang)),
        _proposed(judgement.proposals.row(one.rows["house"], named=True), lawset, lang),
    )


def _proposed(entry: dict[str, Any], law: LawSet | None, lang: str) -> Proposed:
    rule = next((one for one in compile_proposals(law) if one.label == entry["rule"]), None) if law else None
    price = entry["price_fen"]
    return Proposed(
        entry["remedy"],
        label(entry["remedy"], lang),
        entry["then"] or "",
        label(entry["then"], lang) if entry["then"] else "",
        rule.reason[lang] if rule else "",
        law.cite(entry["citation"], "zh" if lang == "zh" else "en") if law and entry["citation"] not in (None, NO_ARTICLE) else "",
        bool(entry["verify"]) and entry["citation"] != NO_ARTICLE,
        tuple(label(duty, lang) for duty in entry["duties"].split(",") if duty),
        "" if price is None else f"{Decimal(price) / 100:,.2f}",
    )


def _found(entry: dict[str, Any], rules: dict[str, tuple[Rule, ...]], law: LawSet | None, lang: str) -> Found:
    assert law is not None
    figures = {
        name: "" if entry[name] is None else say.figure(entry[name], entry["unit"] or "", entry["scale"] or 1, lang)
        for name in ("measured", "limit", "excess")
    }
    rule = next(iter(rules.get(entry["code"], ())), None)
    article = law.citations.get(entry["citation"])
    parameter = entry["parameter"] or ""
    shown = {name: text or say.word("to_verify", lang) for name, text in figures.items()}
    return Found(
        entry["code"],
        label(entry["code"], lang),
        entry["subject"],
        entry["id"],
        entry["effect"],
        label(entry["effect"], lang),
        rule.message[lang].format(**shown) if rule else "",
        **figures,
        limit_name=law.parameters[parameter].title[lang] if parameter in law.parameters else label(parameter, lang),
        limit_place=say.place_name(entry["limit_division"], lang) if entry["limit_division"] else "",
        limit_since=_iso(entry["limit_from"]),
        clause=article.text("zh" if lang == "zh" else "en") if article else entry["citation"] or "",
        statement=article.statement[lang] if article else "",
        verify=bool(entry["verify"]),
        verify_note=article.note[lang] if article and article.verify else "",
        exception=label(entry["exception"], lang) if entry["exception"] else "",
        remedy=label(entry["remedy"], lang) if entry["remedy"] else "",
        zone=entry["zone_id"] or "",
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _undecided(entry: dict[str, Any], rules: dict[str, tuple[Rule, ...]], lang: str) -> Undecided:
    needs = tuple(need for need in entry["needs"].split(",") if need)
    versions = rules.get(entry["code"], ())
    touches = not versions or any(not rule.harmless for rule in versions)
    titles = tuple(label(need, lang) for need in needs)
    return Undecided(entry["code"], label(entry["code"], lang), entry["subject"], entry["id"], needs, titles, touches)
