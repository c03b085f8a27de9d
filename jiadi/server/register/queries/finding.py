"""Search (查找): a name, its pinyin or initials, a place, a house number, a code, a person's number; each by an index of its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value

from jiadi.codes.person import to_18
from jiadi.server.database import sealing
from jiadi.server.database.scope import Scope
from jiadi.server.register import models
from jiadi.server.register.queries.lists import Moment, known
from jiadi.server.register.queries.paging import SAID, beginning

MODELS: dict[str, type[Any]] = {
    "house": models.House,
    "parcel": models.Parcel,
    "household": models.Household,
    "person": models.Person,
    "zone": models.Zone,
}
"""Tables that are listed."""
SHOWN = {
    "house": (
        "id",
        "division",
        "key",
        "survey_code",
        "owner_name",
        "house_number",
        "village_name",
        "parcel_code",
        "storeys",
        "use",
        "household_id",
    ),
    "parcel": ("id", "division", "key", "parcel_code", "holder_name", "location", "stated_area_m2", "unit_code"),
    "household": ("id", "division", "key", "household_code", "head_name", "size"),
    "person": ("id", "division", "key", "name", "relation", "household_id", "id_number_sealed", "died_on"),
    "zone": ("id", "division", "key", "zone_name", "zone_kind", "zone_class", "designated_on"),
}
"""Columns of a list: what else a row has is not fetched."""
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "name": {"person": ("name",), "household": ("head_name",), "house": ("owner_name",), "parcel": ("holder_name",)},
    "letters": {"person": ("initials", "pinyin"), "household": ("initials", "pinyin"), "house": ("initials", "pinyin")},
    "code": {
        "house": ("survey_code", "unit_code", "parcel_code", "house_number"),
        "parcel": ("parcel_code", "unit_code"),
        "household": ("household_code",),
    },
    "place": {"parcel": ("location",), "house": ("house_number",)},
}
"""What a text may be → table → columns that may begin with it."""
NAMES = {"name", "letters"}
"""Kinds that tell of persons: looked for where persons' names may be seen."""
MOST = 20
"""Rows of one table that are told; the list has the rest."""
NUMBER = re.compile(r"\d{17}[\dX]|\d{15}")
PHONE = re.compile(r"\d{11}")
NUMBERED = re.compile(r"(\D{2,}?)\s*(\d\S*)")
"""A place with a house number behind it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found (查找结果).

    Args:
        rows: table → rows, the best first.
        more: tables that have more than MOST.
        places: divisions of that name.
    """

    rows: dict[str, list[Any]]
    more: frozenset[str] = frozenset()
    places: tuple[models.Division, ...] = ()


def normal(text: str) -> str:
    """A text as it is looked for (规范检索词): half-width, without spaces at its ends.

    >>> normal(" ３３０８ ")
    '3308'
    """
    return unicodedata.normalize("NFKC", text).strip()[:64].replace("\0", "")


def kinds(text: str) -> tuple[str, ...]:
    """What a text may be (检索词类型).

    >>> kinds("zs"), kinds("张三"), kinds("330802005202"), kinds("12号"), kinds("下村12号")
    (('letters',), ('name', 'place'), ('code',), ('code',), ('name', 'place'))
    """
    if re.fullmatch(r"[A-Za-z' ]+", text):
        return ("letters",)
    return ("code",) if re.match(r"[0-9A-Za-z]", text) else ("name", "place")


def search(scope: Scope, names: Scope, text: str, home: Scope | None = None) -> Found:
    """Look for a text in the register (查找).

    Args:
        scope: whose divisions.
        names: of these, where persons' names may be seen.
        text: what was typed.
        home: whose rows come first.
    """
    text = normal(text)
    if not text:
        return Found({})
    if len(text) in (11, 15, 18) and (numbered := _by_number(names, text.upper())):
        return Found({"person": numbered})
    rows: dict[str, list[Any]] = {}
    for kind in kinds(text):
        held = names if kind in NAMES else scope
        typed = re.sub(r"[^a-z]", "", text.lower()) if kind == "letters" else text
        for table, columns in WORDS[kind].items():
            for column in columns:
                rows.setdefault(table, []).extend(_ranked(table, column, typed, held, home))
    numbered_here = _numbered(scope, text, home)
    rows["house"] = [*rows.get("house", []), *numbered_here]
    if "place" in kinds(text):
        rows["household"] = [*rows.get("household", []), *_living(scope, [*numbered_here, *_of_place(rows["house"], text)])]
    once = {table: _once(found) for table, found in rows.items() if found}
    more = frozenset(table for table, found in once.items() if len(found) > MOST)
    return Found({table: found[:MOST] for table, found in once.items()}, more, _places(scope, text))


def chosen(rows: QuerySet[Any, Any], table: str, text: str, names: Scope) -> QuerySet[Any, Any]:
    """Of a list the rows in which the likeliest column begins with a text (清单筛选): in the order of `said`.

    Args:
        rows: of the list.
        table: of the rows.
        text: what was typed.
        names: where persons' names may be seen; by a name no others are found.
    """
    typed = normal(text)
    if table == "zone":  # so few that no index is needed
        return beginning(rows, "zone_name", typed)
    by = {kind: columns for kind in kinds(typed) for columns in [WORDS[kind].get(table)] if columns}
    if not by:
        none: QuerySet[Any, Any] = rows.annotate(**{SAID: Value("")}).none()
        return none
    kind, columns = next(iter(by.items()))
    rows = rows.filter(names.where()) if kind in NAMES else rows
    if kind == "letters":
        typed = re.sub(r"[^a-z]", "", typed.lower())
        # Initials have as good as never a vowel behind the first letters.
        return beginning(rows, columns[0 if len(typed) <= 3 and not re.search("[aeiouv]", typed[1:]) else 1], typed)
    if kind == "code" and table == "house":
        column = "house_number" if len(typed) < 6 else "survey_code"
        return beginning(rows, column, typed)
    return beginning(rows, columns[0], typed)


def listed(table: str, scope: Scope, as_of: Moment = None) -> QuerySet[Any, Any]:
    """Rows of a table with the columns of its list (清单), without an order; of a day, see `known`."""
    return known(MODELS[table], scope, as_of).only("id", *SHOWN[table])


def _ranked(table: str, column: str, text: str, scope: Scope, home: Scope | None) -> list[Any]:
    """Rows that begin with a text: at home first, and there those that say nothing else first."""
    found: list[Any] = []
    for place in [scope.within(home), scope] if home and not home.covers(scope) else [scope]:
        if place:
            found += beginning(listed(table, place), column, text).order_by(SAID, "id")[: MOST + 1]
    for place_in_turn, row in enumerate(found):
        row.rank = (not (home and row.division in home), not _whole(getattr(row, SAID), text), place_in_turn)
    return found


def _numbered(scope: Scope, text: str, home: Scope | None) -> list[Any]:
    """Houses of a number in the villages of a name, as in “余东村12号”, however much of it stands in the number itself."""
    parts = NUMBERED.fullmatch(text)
    if parts is None:
        return []
    held = Scope.of(f"{one.code:012}" for one in _places(scope, parts[1])).within(scope)
    return _ranked("house", "house_number", parts[2], held, home) if held else []


def _of_place(houses: list[Any], text: str) -> list[Any]:
    """Of houses that were found those whose number begins with the text; others have it in their owner's name."""
    return [one for one in houses if (one.house_number or "").startswith(text)]


def _living(scope: Scope, houses: list[Any]) -> list[Any]:
    """The households of houses that were found by their number, in the order of these."""
    ranks = {one.household_id: one.rank for one in reversed(houses) if one.household_id}
    found = list(listed("household", scope).filter(id__in=list(ranks)))
    for row in found:
        row.rank = ranks[row.id]
    return found


def _whole(said: str, text: str) -> bool:
    """Whether all of it was typed; of a house number its digits: 12 is all of 12号, and not of 120号.

    >>> _whole("12号", "12"), _whole("120号", "12"), _whole("张三", "张")
    (True, False, False)
    """
    return said == text or (text[-1:].isdigit() and not said[len(text) : len(text) + 1].isdigit())


def _once(found: list[Any]) -> list[Any]:
    held: dict[Any, Any] = {}
    for row in sorted(found, key=lambda one: (one.rank[1], one.rank[0], one.rank[2])):
        held.setdefault(row.id, row)
    return list(held.values())


def _by_number(scope: Scope, text: str) -> list[Any]:
    """Persons of this very number: by what it hashes to, as it stands sealed."""
    if PHONE.fullmatch(text):
        return list(listed("person", scope).filter(phone_hash=sealing.hash_many([text])[0])[: MOST + 1])
    if not NUMBER.fullmatch(text):
        return []
    hashes = [one for one in sealing.hash_many([text, to_18(text)]) if one]
    return list(listed("person", scope).filter(id_number_hash__in=hashes)[: MOST + 1])


def _places(scope: Scope, text: str) -> tuple[models.Division, ...]:
    held = scope.where("code") | Q(code__in=[])
    return tuple(models.Division.objects.filter(held, name__startswith=text).order_by("code")[:MOST])
