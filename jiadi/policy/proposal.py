"""Proposals of a law set, compiled (处置建议规则): what is proposed for a house as a whole, and why.

A file of rules may have a section `proposals`. The first that fits a house serves, by `order`, and of one order the
nearest layer's. A proposal never rests on what is not known, and none may take down what is heritage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jiadi.errors import Refusal
from jiadi.law import LawSet, RuleFile
from jiadi.law.refuse import Faults, gathered
from jiadi.policy import spoken
from jiadi.policy.grammar import Condition, Name, Unreadable, condition
from jiadi.policy.labels import sections
from jiadi.policy.vocabulary import VOCABULARY

VERDICTS = ("lawful", "can_be_regularised", "historic", "to_be_verified", "unlawful")
"""As in `judge`, which builds on this."""

DESTROYING = frozenset({"demolish", "demolish_part", "confiscate"})
"""Remedies that heritage is never open to 不得用于保护对象的处置."""

HERITAGE = "found_heritage"
KEYS = {"order": int, "when": list, "remedy": str, "then": str, "duties": list, "citation": str, "reason": dict}
_NEEDED = ("order", "when", "remedy", "citation", "reason")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal (处置建议).

    Args:
        label: of the proposal in its file.
        order: the lower, the earlier it is asked.
        division: of the layer that gives it: it serves there and inside.
        when: conditions that must all certainly hold.
        remedy: what is proposed.
        then: what follows later; "" for nothing.
        duties: words of `labels.yaml` or of the set's text: what the authority or the household owes meanwhile.
        citation: id of the article.
        reason: zh and en.
        file, line: where it stands.
    """

    label: str
    order: int
    division: str
    when: tuple[Condition, ...]
    remedy: str
    then: str
    duties: tuple[str, ...]
    citation: str
    reason: Mapping[str, str]
    file: str = ""
    line: int = 0

    @property
    def destroys(self) -> bool:
        """Whether it takes down any part of the house, now or later."""
        return self.remedy in DESTROYING or self.then in DESTROYING


def names(codes: Iterable[str]) -> dict[str, Name]:
    """Words that proposals may use (可用词): the verdict, `found_…`, `remedy_…`, facts of the house and its household.

    Args:
        codes: of the set's findings.

    >>> {"verdict", "found_over_area", "remedy_demolish", "hardship", "sole_home"} <= set(names(["over_area"]))
    True
    """
    known = {name: fact.as_name() for name, fact in VOCABULARY["house"].items()}
    known |= {name: VOCABULARY["household"][name].as_name() for name in ("hardship", "persons_living")}
    known["verdict"] = Name("verdict", "word", words=VERDICTS)
    known |= {f"found_{code}": Name(f"found_{code}", "truth") for code in codes}
    return known | {f"remedy_{word}": Name(f"remedy_{word}", "truth") for word in sections()["remedy"]}


def compile_proposals(law: LawSet, faults: Faults | None = None) -> tuple[Proposal, ...]:
    """The proposals of a set, in the order in which they are asked (编译处置建议).

    Args:
        law: the set.
        faults: where to put what is wrong; None raises the first.

    Raises:
        Refusal: file, line, what is wrong and what to do.

    >>> from jiadi.law import load
    >>> compile_proposals(load("quzhou"))[0].remedy
    'protect'
    """
    return _compiled(law) if faults is None else _compile(law, faults)


@lru_cache(maxsize=16)
def _compiled(law: LawSet) -> tuple[Proposal, ...]:
    return _compile(law, None)


def _compile(law: LawSet, faults: Faults | None) -> tuple[Proposal, ...]:
    files = [file for file in law.rules if isinstance(file.data, dict)]
    known = names({"heritage"}.union(law.text.get("finding", ()), *(file.data.get("rules", {}) for file in files)))
    found: list[tuple[int, int, Proposal]] = []
    for near, file in enumerate(reversed(files)):
        for label in file.data.get("proposals", {}):
            with gathered(faults):
                one = _Compiler(law, file, str(label), known).proposal()
                found.append((one.order, near, one))
    return tuple(one for _, _, one in sorted(found, key=lambda entry: entry[:2]))


class _Compiler:
    """Reads one proposal of a file."""

    def __init__(self, law: LawSet, file: RuleFile, label: str, known: Mapping[str, Name]) -> None:
        self.law, self.file, self.label, self.known = law, file, label, known
        self.body: Any = file.data["proposals"][label]

    def refusal(self, why: str, what_to_do: str, *place: Any) -> Refusal:
        whole = ("proposals", self.label, *place)
        line = next((self.file.lines[whole[:cut]] for cut in range(len(whole), 0, -1) if whole[:cut] in self.file.lines), 1)
        return spoken.refusal(self.file.name, line, self.label, why, what_to_do)

    def proposal(self) -> Proposal:
        self.check_keys()
        remedies = sections()["remedy"]
        for key in ("remedy", "then"):
            if self.body.get(key, "keep") not in remedies:
                raise self.refusal(f"{self.body[key]} is no remedy.", f"Known are {', '.join(remedies)}.", key)
        when = tuple(self.condition(text, number) for number, text in enumerate(self.body["when"]))
        reason = self.body["reason"]
        if set(reason) != {"zh", "en"}:
            raise self.refusal("reason is told in zh and en.", "Write both.", "reason")
        one = Proposal(
            self.label,
            self.body["order"],
            self.file.division,
            when,
            self.body["remedy"],
            self.body.get("then", ""),
            tuple(str(duty) for duty in self.body.get("duties", ())),
            self.body["citation"],
            reason,
            self.file.name,
            self.file.lines.get(("proposals", self.label), 0),
        )
        if one.destroys and f"not {HERITAGE}" not in {condition.text for condition in when}:
            raise self.refusal(
                "A proposal that takes down a house may fit one that is heritage.", f"Add the condition not {HERITAGE}.", "when"
            )
        return one

    def check_keys(self) -> None:
        if not isinstance(self.body, dict):
            raise self.refusal("This is not a list of key: value.", f"Known keys are {', '.join(KEYS)}.")
        for key, value in self.body.items():
            if key not in KEYS:
                raise self.refusal(f"The key {key} is unknown.", f"Known are {', '.join(KEYS)}.", key)
            if not isinstance(value, KEYS[key]) or isinstance(value, bool):
                raise self.refusal(f"{key} cannot be {value}.", "See the shipped rules for its form.", key)
        for key in _NEEDED:
            if key not in self.body:
                raise self.refusal(f"{key} is missing.", "Add it.")

    def condition(self, text: Any, number: int) -> Condition:
        try:
            return condition(str(text), self.known)
        except Unreadable as error:
            raise self.refusal(error.why, error.what_to_do, "when", number) from error
