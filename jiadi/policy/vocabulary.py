"""The facts that rules may name (事实词汇): what each is of, how it is held, and what its unknowns need.

Numbers are whole parts of a unit (`scale`), days are days since 1970-01-01, words are positions in `words`
plus one (0 unknown), answers are 0 no, 1 yes, and from 2 on unknown, each with its reason in `needs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jiadi.policy.grammar import Kind, Name
from jiadi.register.schema import TABLES


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact (事实).

    Args:
        name: English word, ends in the unit.
        kind: number, date, word or truth.
        unit, scale: of a number.
        words: of a word.
        needs: of a truth: what is needed where it is unknown, for the values 2, 3, …
        origin: the list that it is read from, for explanations; "" where it has several.
        within: answer whose `approval_coverage` is a plain no, and this fact nothing, on days of building
            from `approvals_first` to `approvals_last`: of those the list of approvals is complete.
    """

    name: str
    kind: Kind
    unit: str = ""
    scale: int = 1
    words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    origin: str = ""
    within: str = ""

    def as_name(self) -> Name:
        """As the grammar takes it."""
        return Name(self.name, self.kind, self.scale, self.words)


def _words(table: str, column: str) -> tuple[str, ...]:
    return tuple(TABLES[table].column(column).codes)


ZONE_KINDS = _words("zone", "zone_kind")
"""Kinds of zones 管控类型, in the order of the schema; `zone_kind` of a zone row is the position."""

_BUILT = Fact("built", "date", origin="house")
_LAYERS = tuple(Fact(f"{kind}_layer", "truth", needs=(f"{kind}_layer",), origin="zone") for kind in ZONE_KINDS)
_COVERED = (Fact("approvals_first", "date", origin="approval"), Fact("approvals_last", "date", origin="approval"))
_APPROVAL = ("approval_link", "approval_coverage", "approved_area_cell", "right_link")

VOCABULARY: dict[str, dict[str, Fact]] = {
    subject: {fact.name: fact for fact in facts}
    for subject, facts in {
        "house": (
            _BUILT,
            Fact("main_building", "truth", origin="house"),
            Fact("storeys", "number", "storey", origin="house"),
            Fact("safety_grade", "word", words=("A", "B", "C", "D"), origin="house"),
            Fact("vacancy", "word", words=_words("house", "vacancy"), origin="house"),
            Fact("has_approval", "truth", needs=("parcel_link", *_APPROVAL), origin="approval", within="has_approval"),
            *_COVERED,
            Fact("must_be_removed", "truth", needs=("parcel_link", "ledger_coverage", "approval_coverage"), origin="mention"),
            Fact("has_footprint", "truth", needs=("has_footprint",), origin="footprint"),
            *_LAYERS,
            Fact("eaves_height_m", "number", "m", 100, origin="house"),
            Fact("open_floor_m", "number", "m", 100, origin="house"),
            Fact("fence_height_m", "number", "m", 100, origin="house"),
            Fact("fence_kind", "word", words=_words("house", "fence_kind"), origin="house"),
            Fact("facade", "word", words=_words("house", "facade"), origin="house"),
            Fact("in_style", "truth", needs=("in_style",), origin="house"),
            Fact("derelict", "truth", needs=("derelict",), origin="house"),
            Fact("heritage_status", "word", words=_words("house", "heritage_status"), origin="house"),
            Fact("at_approved_place", "truth", needs=("at_approved_place",), origin="house"),
            Fact("masonry", "word", words=_words("house", "masonry"), origin="house"),
            Fact("construction", "word", words=_words("house", "construction"), origin="house"),
            Fact("hollow_slab", "truth", needs=("hollow_slab",), origin="house"),
            Fact("no_ties", "truth", needs=("no_ties",), origin="house"),
            Fact("storeys_added", "truth", needs=("storeys_added",), origin="house"),
            Fact("sole_home", "truth", needs=("household_link",), origin="house"),
        ),
        "parcel": (
            _BUILT,
            Fact("has_main_house", "truth", origin="house"),
            Fact("area_m2", "number", "m2", 100, origin="parcel"),
            Fact("land_class", "word", words=_words("right", "land_class"), origin="right"),
            Fact("approved_area_m2", "number", "m2", 100, origin="approved_area", within="has_approved_area"),
            Fact("has_approved_area", "truth", needs=_APPROVAL, origin="approved_area", within="has_approved_area"),
            *_COVERED,
            Fact("floor_area_m2", "number", "m2", 100, origin="house"),
            *(Fact(f"floor_area_{part}_m2", "number", "m2", 100, origin="house") for part in ("above", "below")),
            Fact("base_area_m2", "number", "m2", 100, origin="house"),
            Fact("approved_floor_area_m2", "number", "m2", 100, origin="approval"),
            Fact("has_approved_floor_area", "truth", needs=("approval_link",), origin="approval"),
            *(Fact(f"approved_floor_area_{part}_m2", "number", "m2", 100, origin="approval") for part in ("above", "below")),
            *(Fact(f"has_approved_floor_area_{part}", "truth", needs=("approval_link",), origin="approval") for part in ("above", "below")),
            Fact("land_owner", "word", words=_words("parcel", "land_owner"), origin="parcel"),
            Fact("control_zone", "word", words=_words("right", "control_zone"), origin="right"),
            *(Fact(f"split_{place}_persons", "number", "person", origin="right") for place in range(1, 5)),
            Fact("obtained", "word", words=_words("right", "obtained"), origin="right"),
            Fact(
                "holder_is_member",
                "truth",
                needs=("right_link", "holder_identity", "member_coverage", "member_link"),
                origin="right",
            ),
        ),
        "household": (
            _BUILT,
            Fact("homesteads", "number", "homestead", origin="right"),
            Fact("homesteads_counted", "number", "homestead", origin="right"),
            Fact("persons_living", "number", "person", origin="person"),
            Fact("hardship", "truth", needs=("aid_link",), origin="aid"),
        ),
        "zone": (
            Fact("zone_class", "word", words=_words("zone", "zone_class"), origin="zone"),
            Fact("overlap_m2", "number", "m2", 100, origin="zone"),
            Fact("distance_m", "number", "m", 100, origin="zone"),
            Fact("designated_on", "date", origin="zone"),
        ),
    }.items()
}
"""Subject → name → fact. A zone row is one house beside one zone; its rules also see the house's facts.

>>> VOCABULARY["parcel"]["area_m2"].scale
100
"""


def facts_of(subject: str, through: str = "") -> dict[str, Fact]:
    """Facts that a rule about a subject may name (可用事实).

    Args:
        subject: house, parcel or household.
        through: "zone" where the rule looks at each zone beside a house.

    >>> "designated_on" in facts_of("house", "zone"), "designated_on" in facts_of("house")
    (True, False)
    """
    return {**VOCABULARY[subject], **(VOCABULARY[through] if through else {})}


def unasked(subject: str, zone_kind: str, names: Iterable[str], held: Mapping[str, Iterable[str]]) -> list[str]:
    """Facts among some names that no list of a delivery asks for (没有调查的事项).

    Args:
        subject: house, parcel or household.
        zone_kind: kind of zone that the rule looks at; "" for none.
        names: that the rule reads.
        held: subject → facts that the lists ask for.

    >>> unasked("house", "", ["facade", "storeys"], {"house": ["storeys"]})
    ['facade']
    """
    wanted = [name for name in sorted(names) if name in VOCABULARY[subject]]
    wanted += [f"{zone_kind}_layer"] if zone_kind else []
    return [name for name in wanted if name not in held[subject]]
