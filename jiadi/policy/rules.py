"""Rules of a law set, compiled (规则): what is looked for, when it is found, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from jiadi.errors import Refusal
from jiadi.law import LawSet, Parameter, RuleFile
from jiadi.law.refuse import Faults, LawRefusal, gathered
from jiadi.policy import spoken
from jiadi.policy.derived import Derived, Quota, derive, quota_name
from jiadi.policy.grammar import Amount, Condition, Name, Unreadable, amount, condition
from jiadi.policy.vocabulary import ZONE_KINDS, Fact, facts_of

EFFECTS = ("no_finding", "noted", "none", "can_be_regularised", "historic", "unlawful")
"""What a rule may come to, mildest first; as a set of possibilities bit `1 << position`."""
BITS = {effect: 1 << place for place, effect in enumerate(EFFECTS)}
NO = BITS["no_finding"]
HARMLESS = NO | BITS["noted"] | BITS["none"]
"""Possibilities that leave the verdict alone; what is only noted calls for less than `none`."""

KEYS = {
    "subject": str,
    "through": str,
    "zone_kind": str,
    "in_force": list,
    "index": dict,
    "when": list,
    "measured": str,
    "limit": str,
    "excess": str,
    "price": str,
    "effect": (str, dict),
    "exceptions": dict,
    "clause_of": str,
    "unasked": str,
    "citation": str,
    "message": dict,
}
_NEEDED = ("subject", "when", "effect", "citation", "message")
_EXCEPTION_KEYS = {"when": str, "effect": str, "citation": str, "applies_over": list}


@dataclass(frozen=True, slots=True)
class Exempt:
    """A labelled exception (例外).

    Args:
        label: word of `labels.yaml` or of the set's text.
        when: where it applies.
        effect: what the rule comes to there.
        citation: id of the article.
        over: labels that it takes precedence of.
    """

    label: str
    when: Condition
    effect: str
    citation: str
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled (规则).

    Args:
        code: word of the finding.
        subject: house, parcel or household.
        division: of the layer that gives the rule: it serves there and inside.
        citation: id of the article, where no figure names a closer one.
        when: conditions that must all hold.
        effect: what follows, one of `EFFECTS`; "" where a figure decides (`effect_by`).
        effect_by: figure of words that decides by day of building.
        effect_words: word of that figure → one of `EFFECTS`.
        exceptions: those that take precedence first.
        in_force: figures without which the rule does not apply: a yes-or-no that says yes, a number that is there.
        through, zone_kind: "zone" and a kind, where each zone beside a house is looked at.
        index: dimension of a figure → fact or word that fills it.
        measured, limit, excess: figures of the finding.
        price: whole fen for each unit of the excess.
        clause_of: figure whose article is the clause of the finding.
        aside: where no list asks what the rule needs, it is set aside and said once, and no house waits for it.
        quotas: quotas that it reads, by name.
        message: zh and en, with {measured}, {limit}, {excess}.
        facts: facts it may name.
        parameters: figures of the law that it reads.
        file, line: where it stands.
    """

    code: str
    subject: str
    division: str
    citation: str
    when: tuple[Condition, ...]
    effect: str
    effect_by: str
    effect_words: Mapping[str, str]
    exceptions: tuple[Exempt, ...]
    in_force: tuple[str, ...]
    through: str
    zone_kind: str
    index: Mapping[str, str]
    measured: Amount | None
    limit: Amount | None
    excess: Amount | None
    clause_of: str
    message: Mapping[str, str]
    facts: Mapping[str, Fact] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    file: str = ""
    line: int = 0
    aside: bool = False
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    price: Amount | None = None

    @property
    def names(self) -> frozenset[str]:
        """Facts and figures that decide the rule."""
        read = {name for term in (*self.when, *(exempt.when for exempt in self.exceptions)) for name in term.names}
        return frozenset(read | set(self.in_force) | ({self.effect_by} if self.effect_by else set()))

    @property
    def days(self) -> frozenset[date]:
        """Days that its conditions compare the day of building with."""
        return frozenset(day for term in (*self.when, *(exempt.when for exempt in self.exceptions)) for day in term.days)

    @property
    def bits(self) -> int:
        """Everything the rule may come to."""
        own = self.effect_words.values() if self.effect_by else (self.effect,)
        found = NO
        for effect in (*own, *(exempt.effect for exempt in self.exceptions)):
            found |= BITS[effect]
        return found

    @property
    def harmless(self) -> bool:
        """Whether it leaves the verdict alone whatever it comes to."""
        return not self.bits & ~HARMLESS

    @property
    def unit(self) -> str:
        """Unit of what it measures; "" where it measures nothing."""
        return self._measure()[0]

    @property
    def scale(self) -> int:
        """Whole parts of that unit."""
        return self._measure()[1]

    def _measure(self) -> tuple[str, int]:
        if self.measured is None:
            return "", 1
        facts = [self.facts[name] for name in sorted(self.measured.names) if name in self.facts]
        alike = [fact.unit for fact in facts if fact.kind == "number" and fact.scale == self.measured.scale]
        limits = [self.parameters[name].unit for name in sorted(self.limit.names) if name in self.parameters] if self.limit else []
        return next(iter([*alike, *limits]), ""), self.measured.scale


def compile_rules(law: LawSet, faults: Faults | None = None) -> dict[str, tuple[Rule, ...]]:
    """The rules of a set (编译规则集).

    Args:
        law: the set.
        faults: where to put what is wrong, so that all of it is told at once; None raises the first.

    Returns:
        Code → its versions, nearest layer first; codes sorted.

    Raises:
        Refusal: file, line, rule, what is wrong and what to do.

    >>> from jiadi.law import load
    >>> compile_rules(load("quzhou"))["over_area"][0].subject
    'parcel'
    """
    return _compiled(law) if faults is None else _compile(law, faults)


@lru_cache(maxsize=16)
def _compiled(law: LawSet) -> dict[str, tuple[Rule, ...]]:
    """A set is frozen, so its rules are compiled once; those of a set that is refused are refused each time."""
    return _compile(law, None)


def _compile(law: LawSet, faults: Faults | None) -> dict[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    derived = derive(law, faults)
    for file in law.rules:
        with gathered(faults):
            keys = set(file.data) if isinstance(file.data, dict) else set()
            if "rules" not in keys or keys - {"rules", "derived", "proposals"} or not isinstance(file.data["rules"], dict):
                raise LawRefusal("rule_file", file.name, 1)
            for code in file.data["rules"]:
                with gathered(faults):
                    found.setdefault(code, []).insert(0, _Compiler(law, file, code, derived[file.name]).rule())
    return {code: tuple(found[code]) for code in sorted(found) if found[code]}


class _Compiler:
    """Reads one rule of a file."""

    def __init__(self, law: LawSet, file: RuleFile, code: str, derived: Derived) -> None:
        self.law = law
        self.derived = derived
        self.file = file
        self.code = code
        self.body: dict[str, Any] = file.data["rules"][code]

    def refusal(self, why: str, what_to_do: str, *place: Any) -> Refusal:
        whole = ("rules", self.code, *place)
        line = next((self.file.lines[whole[:cut]] for cut in range(len(whole), 0, -1) if whole[:cut] in self.file.lines), 1)
        return spoken.refusal(self.file.name, line, self.code, why, what_to_do)

    def rule(self) -> Rule:
        subject, through = self.subject()
        facts = facts_of(subject, through)
        names = {name: fact.as_name() for name, fact in facts.items()} | self.figures(facts)
        if subject == "parcel":
            names |= {name: quota_name(self.law, quota) for name, quota in self.derived.quotas.items()}
        effect, effect_by, effect_words = self.effect()
        when = tuple(self.condition(text, names, "when", number) for number, text in enumerate(self.body["when"]))
        if not when:
            raise self.refusal("when is empty.", "Name at least one condition.", "when")
        measured, limit = self.amount("measured", names), self.amount("limit", names)
        rule = Rule(
            self.code,
            subject,
            self.file.division,
            self.body["citation"],
            when,
            effect,
            effect_by,
            effect_words,
            self.exceptions(names),
            self.in_force(),
            through,
            self.body.get("zone_kind", ""),
            self.index(facts),
            measured,
            limit,
            self.amount("excess", names) or self.difference(measured, limit, names),
            self.figure(self.body["clause_of"], "clause_of") if "clause_of" in self.body else "",
            self.message(),
            facts,
            {},
            self.file.name,
            self.file.lines.get(("rules", self.code), 0),
            self.aside(),
            price=self.amount("price", names),
        )
        return self.with_parameters(rule)

    def subject(self) -> tuple[str, str]:
        """What the rule is about, and whether it looks at zones; its keys are those of a rule."""
        self.check_keys(self.body, KEYS, _NEEDED)
        subject, through = self.body["subject"], self.body.get("through", "")
        if subject not in ("house", "parcel", "household"):
            raise self.refusal(f"{subject} is no subject.", "Known are house, parcel, household.", "subject")
        if through not in ("", "zone") or bool(through) != ("zone_kind" in self.body) or (through and subject != "house"):
            raise self.refusal("through: zone and zone_kind: go together, for a house.", "Write both or neither.", "through")
        if through and self.body["zone_kind"] not in ZONE_KINDS:
            raise self.refusal(f"{self.body['zone_kind']} is no kind of zone.", f"Known are {', '.join(ZONE_KINDS)}.", "zone_kind")
        return subject, through

    def check_keys(self, body: Any, known: Mapping[str, Any], needed: tuple[str, ...], *place: Any) -> None:
        if not isinstance(body, dict):
            raise self.refusal("This is not a list of key: value.", f"Known keys are {', '.join(known)}.", *place)
        for key, value in body.items():
            if key not in known:
                raise self.refusal(f"The key {key} is unknown.", f"Known are {', '.join(known)}.", *place, key)
            if not isinstance(value, known[key]):
                raise self.refusal(f"{key} cannot be {value}.", "See the shipped rules for its form.", *place, key)
        for key in needed:
            if key not in body:
                raise self.refusal(f"{key} is missing.", "Add it.", *place)

    def figures(self, facts: Mapping[str, Fact]) -> dict[str, Name]:
        """Figures whose every dimension can be filled from the facts of the subject."""
        kinds = {"number": "number", "word": "word", "boolean": "truth"}
        usable = (figure for figure in self.law.parameters.values() if all(self.fills(dimension, facts) for dimension in figure.index))
        return {one.name: Name(one.name, kinds[one.kind], one.scale, one.words, True) for one in usable}  # type: ignore[arg-type]

    def fills(self, dimension: str, facts: Mapping[str, Fact]) -> bool:
        return dimension in ("finding", "zone_kind") or self.body.get("index", {}).get(dimension, dimension) in facts

    def index(self, facts: Mapping[str, Fact]) -> dict[str, str]:
        for dimension, fact in self.body.get("index", {}).items():
            if fact not in facts or facts[fact].kind != "word":
                raise self.refusal(f"{dimension} cannot be filled by {fact}.", "Name a fact that is a word.", "index", dimension)
        return dict(self.body.get("index", {}))

    def figure(self, name: Any, *place: Any) -> str:
        if name not in self.law.parameters:
            known = ", ".join(sorted(self.law.parameters))
            raise self.refusal(f"The set has no figure {name}.", f"Known are {known}.", *place)
        return str(name)

    def in_force(self) -> tuple[str, ...]:
        listed = self.body.get("in_force", [])
        for number, name in enumerate(listed):
            if self.law.parameters[self.figure(name, "in_force", number)].kind == "word":
                raise self.refusal(f"{name} is neither a yes-or-no nor a number.", "Name one that is.", "in_force", number)
        return tuple(listed)

    def effect(self) -> tuple[str, str, dict[str, str]]:
        body = self.body["effect"]
        if isinstance(body, str):
            return self.known_effect(body, "effect"), "", {}
        self.check_keys(body, {"by": str, "words": dict}, ("by",), "effect")
        parameter = self.law.parameters[self.figure(body["by"], "effect", "by")]
        words = {word: body.get("words", {}).get(word, word) for word in parameter.words}
        if parameter.kind != "word" or set(body.get("words", {})) - set(parameter.words):
            raise self.refusal(f"{body['by']} does not have these words.", f"It has {', '.join(parameter.words) or 'none'}.", "effect")
        return "", parameter.name, {word: self.known_effect(effect, "effect") for word, effect in words.items()}

    def known_effect(self, effect: str, *place: Any) -> str:
        if effect not in EFFECTS:
            raise self.refusal(f"{effect} is no effect.", f"Known are {', '.join(EFFECTS)}.", *place)
        return effect

    def exceptions(self, names: Mapping[str, Name]) -> tuple[Exempt, ...]:
        body = self.body.get("exceptions", {})
        found: list[Exempt] = []
        for label, own in body.items():
            self.check_keys(own, _EXCEPTION_KEYS, ("when", "effect", "citation"), "exceptions", label)
            when = self.condition(own["when"], names, "exceptions", label, "when")
            effect = self.known_effect(own["effect"], "exceptions", label, "effect")
            over = tuple(own.get("applies_over", ()))
            if set(over) - set(body) or label in over:
                raise self.refusal(
                    f"{label} takes precedence of what is no other exception.", "Correct applies_over.", "exceptions", label, "applies_over"
                )
            found.append(Exempt(label, when, effect, own["citation"], over))
        return self.ordered(found)

    def ordered(self, found: list[Exempt]) -> tuple[Exempt, ...]:
        """Those that take precedence first; a circle is refused."""
        order: list[Exempt] = []
        while found:
            first = next((one for one in found if not any(one.label in other.over for other in found)), None)
            if first is None:
                raise self.refusal("Exceptions take precedence of each other in a circle.", "Correct applies_over.", "exceptions")
            order.append(first)
            found.remove(first)
        return tuple(order)

    def condition(self, text: Any, names: Mapping[str, Name], *place: Any) -> Condition:
        try:
            return condition(self.derived.expand(str(text)), names)
        except Unreadable as error:
            raise self.refusal(error.why, error.what_to_do, *place) from error

    def amount(self, key: str, names: Mapping[str, Name]) -> Amount | None:
        if key not in self.body:
            return None
        try:
            return amount(self.derived.expand(self.body[key]), names)
        except Unreadable as error:
            raise self.refusal(error.why, error.what_to_do, key) from error

    def difference(self, measured: Amount | None, limit: Amount | None, names: Mapping[str, Name]) -> Amount | None:
        if measured is None or limit is None:
            return None
        try:
            return amount(f"{measured.text} - ({limit.text})" if " " in limit.text else f"{measured.text} - {limit.text}", names)
        except Unreadable as error:
            raise self.refusal(error.why, error.what_to_do, "limit") from error

    def message(self) -> dict[str, str]:
        body: dict[str, str] = self.body["message"]
        filled = {"measured": "", "limit": "", "excess": ""}
        for lang in ("zh", "en"):
            try:
                str(body[lang]).format(**filled)
            except (KeyError, IndexError, ValueError) as error:
                raise self.refusal(
                    f"message.{lang} is missing or has an unknown {{…}}.", "Known are {measured}, {limit}, {excess}.", "message"
                ) from error
        return body

    def aside(self) -> bool:
        """Whether the rule is set aside where nobody asked for its facts."""
        if self.body.get("unasked", "aside") != "aside":
            raise self.refusal(f"unasked cannot be {self.body['unasked']}.", "Write aside, or leave it out.", "unasked")
        return "unasked" in self.body

    def with_parameters(self, rule: Rule) -> Rule:
        """The rule with the figures that it reads."""
        shown = [part.names for part in (rule.measured, rule.limit, rule.excess, rule.price) if part]
        read = rule.names.union(*shown) | ({rule.clause_of} if rule.clause_of else set())
        quotas = {name: quota for name, quota in self.derived.quotas.items() if name in read}
        summed = {name for quota in quotas.values() for name in (quota.sum_of, quota.bands)}
        by_size = {quota.dimension for quota in quotas.values()}
        figures = {name: self.law.parameters[name] for name in sorted(read | summed) if name in self.law.parameters}
        for name, figure in figures.items():
            own = by_size if name in summed else set()
            unfilled = [dimension for dimension in figure.index if dimension not in own and not self.fills(dimension, rule.facts)]
            if unfilled or (figure.dated_by == "decided" and name not in summed):
                why = f"{name} cannot be read here: {', '.join(unfilled) or 'it is dated by the decision'}."
                raise self.refusal(why, "Fill its dimensions under index.")
        values = {key: getattr(rule, key) for key in rule.__slots__}
        return Rule(**{**values, "parameters": figures, "quotas": quotas})
