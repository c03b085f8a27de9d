"""The joins say what the rules say, read out one row after another."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.codes import person
from jiadi.register.schema import TABLES
from jiadi.register.tables import frame_schema
from jiadi.survey.link import approvals, keys, parcels, people

ON = date(2025, 6, 30)
VILLAGES = st.sampled_from(["330802005001", "330802005001", "330802005002", None])
NAMES = st.sampled_from(["张三", "李四", "王 五", "王五", None])
NEW = [person.to_18(f"330802700101{serial:03d}") for serial in range(4)]
NUMBERS = st.sampled_from([None, None, *NEW, "330802700101001"])
Row = dict[str, Any]
Answer = set[tuple[str, str, str]]


def rows(prefix: str, /, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    found = st.lists(st.fixed_dictionaries(columns), max_size=6)
    return found.map(lambda made: [{"id": f"{prefix}{place}", **row} for place, row in enumerate(made)])


PERSONS = rows(
    "n",
    household_code=st.sampled_from(["A", "B", "C", "D"]),
    name=NAMES,
    id_number=NUMBERS,
    village_code=VILLAGES,
    relation=st.sampled_from(["head", "head", "child", None]),
    died_on=st.sampled_from([None, None, date(2020, 1, 1), date(2030, 1, 1)]),
    valid_to=st.sampled_from([None, None, ON]),
)
HOLDERS = rows("r", holder_name=NAMES, holder_id=NUMBERS, village_code=VILLAGES)
MEMBERS = rows("m", name=NAMES, id_number=NUMBERS, village_code=VILLAGES)


def frame(table: str, made: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(made, schema=frame_schema(TABLES[table]))


def answer(pairs: pl.DataFrame) -> Answer:
    return set(pairs.select("left_id", "right_id", "state").rows())


def name(text: str | None) -> str | None:
    return text.replace(" ", "") if text else None


def number(text: str | None) -> str | None:
    return person.to_18(text) if text else None


def lives(row: Row) -> bool:
    return all(row[day] is None or row[day] > ON for day in ("died_on", "valid_to"))


def may_be(one: str | None, other: str | None) -> bool:
    return one is None or other is None


def same_name(left: Row, key: str, right: Row) -> bool:
    named = name(left[key]) is not None and name(left[key]) == name(right["name"])
    return named and left["village_code"] is not None and left["village_code"] == right["village_code"]


def told(left: str, candidates: set[str]) -> Answer:
    return {(left, right, "linked" if len(candidates) == 1 else "doubtful") for right in candidates}


def by_number(own: str | None, named: str | None, persons: list[Row]) -> list[Row]:
    found = [row for row in persons if own is not None and number(row["id_number"]) == own]
    found = [row for row in found if name(row["name"]) is not None and name(row["name"]) == name(named)] or found
    return [row for row in found if lives(row)] or found


@settings(deadline=None)
@given(HOLDERS, PERSONS)
def test_households_of_holders(holders: list[Row], persons: list[Row]) -> None:
    expected: Answer = set()
    for row in holders:
        own = number(row["holder_id"])
        found = by_number(own, row["holder_name"], persons) or [
            head
            for head in persons
            if head["relation"] == "head" and lives(head) and same_name(row, "holder_name", head) and may_be(own, number(head["id_number"]))
        ]
        expected |= told(row["id"], {one["household_code"] for one in found})
    register = people.register(frame("person", persons), ON)
    assert answer(people.to_household(people.holders(frame("right", holders)), register)) == expected


@settings(deadline=None)
@given(MEMBERS, PERSONS)
def test_persons_of_a_roll(members: list[Row], persons: list[Row]) -> None:
    sure = {row["id"]: by_number(number(row["id_number"]), row["name"], persons) for row in members}
    taken = {one["id"] for found in sure.values() for one in found}
    rest = [row for row in members if not sure[row["id"]]]
    alike = {
        row["id"]: {
            one["id"] for one in persons if same_name(row, "name", one) and may_be(number(row["id_number"]), number(one["id_number"]))
        }
        for row in rest
    }
    expected = {pair for left, found in sure.items() for pair in told(left, {one["id"] for one in found})}
    for left, found in alike.items():
        free = found - taken
        rivals = [other for other, wanted in alike.items() if wanted & free]
        state = "linked" if len(free) == 1 and len(rivals) == 1 else "doubtful"
        expected |= {(left, right, state) for right in free or found}
    register = people.register(frame("person", persons), ON)
    assert answer(people.to_person(people.members(frame("member", members)), register)) == expected


CODES = st.sampled_from([None, "330802001001JC00001", "330802001001JC00002", "330802001001JC00003"])
PLACES = st.sampled_from([None, None, "余东村8号", "衢州市余东村8号", "余东村9号", "8号"])
PARCELS = rows("p", parcel_code=CODES, holder_name=NAMES, village_code=VILLAGES, location=PLACES)
HOUSES = rows(
    "h",
    unit_code=CODES.map(lambda code: code and code + "F00010001"),
    parcel_code=CODES,
    owner_name=NAMES,
    village_code=VILLAGES,
    house_number=PLACES,
    use=st.sampled_from([None, "residence", "annex"]),
    geometry=st.sampled_from([None, b"drawn"]),
)
SHARES = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.sampled_from([0.1, 0.3, 0.5, 0.7, 1.0]), max_size=10)
LEDGER_CODES = st.sampled_from([{}, {"330802001001JC00009": "p0"}, {"330802001001JC00001": "p1"}])


def owned(house: Row, land: list[Row]) -> list[Row]:
    return [row for row in land if same_name({"n": house["owner_name"], **house}, "n", {**row, "name": row["holder_name"]})]


def parcel_of(house: Row, land: list[Row], shares: dict[str, float]) -> dict[str, str]:
    """Parcels of one house by code or drawing, with the state of each."""
    codes = [row["parcel_code"] for row in land]
    own = {row["parcel_code"]: row["id"] for row in land if row["parcel_code"] and codes.count(row["parcel_code"]) == 1}
    coded = own.get((house["unit_code"] or "")[:19]) or own.get(house["parcel_code"])
    large = {parcel for parcel, share in shares.items() if share >= 0.5}
    if coded:
        others = large - {coded}
        doubted = shares.get(coded, 0.0) < 0.5 and others
        return dict.fromkeys({coded, *others}, "doubtful") if doubted else {coded: "linked"}
    best = {parcel for parcel, share in shares.items() if share == max(shares.values())}
    if large:
        return {parcel: "linked" if len(best) == 1 else "doubtful" for parcel in best}
    return dict.fromkeys(shares, "doubtful")


def parcel_at(house: Row, land: list[Row]) -> dict[str, str]:
    """Parcels of the village at the house's number: 8号 is at the end of 余东村8号."""
    place = house["house_number"]
    at = [
        row
        for row in land
        if place and row["location"] and house["village_code"] and row["village_code"] == house["village_code"]
        if row["location"].endswith(place) or place.endswith(row["location"])
        if not (place == "8号" and not row["location"].endswith("8号"))
    ]
    if len(at) != 1:
        return {row["id"]: "doubtful" for row in at}
    others = [row for row in owned(house, land) if row["id"] != at[0]["id"]]
    stranger = name(at[0]["holder_name"]) is not None and name(at[0]["holder_name"]) != name(house["owner_name"])
    return {at[0]["id"]: "doubtful" if others and stranger else "linked"}


@settings(deadline=None, max_examples=300)
@given(HOUSES, PARCELS, SHARES, LEDGER_CODES)
def test_parcels_of_houses(houses: list[Row], land: list[Row], drawn: dict[tuple[int, int], float], ledger: dict[str, str]) -> None:
    touch = {key: share for key, share in drawn.items() if key[0] < len(houses) and key[1] < len(land) and houses[key[0]]["geometry"]}
    found = {
        house["id"]: parcel_of(house, land, {f"p{parcel}": share for (of, parcel), share in touch.items() if of == place})
        for place, house in enumerate(houses)
    }
    asked = [house for house in houses if not found[house["id"]] and house["geometry"] is None]
    for house in asked:
        code = (house["unit_code"] or "")[:19] or house["parcel_code"]
        found[house["id"]] = {ledger[code]: "linked"} if code in ledger else parcel_at(house, land)
    use = {house["id"]: house["use"] for house in houses}
    lived_in = {p for house, states in found.items() for p, state in states.items() if state == "linked" and use[house] != "annex"}
    for house in asked:
        held = [row["id"] for row in owned(house, land)]
        if not found[house["id"]] and len(held) == 1 and (house["use"] == "annex" or held[0] not in lived_in):
            found[house["id"]] = {held[0]: "linked"}
    expected = {(house, parcel, state) for house, states in found.items() for parcel, state in states.items()}
    overlaps = pl.DataFrame(
        [(f"h{house}", f"p{parcel}", share, 0.0) for (house, parcel), share in touch.items()], schema=parcels.OVERLAP, orient="row"
    )
    codes = pl.DataFrame(list(ledger.items()), schema=["parcel_code", "right_id"], orient="row") if ledger else parcels.no_codes()
    assert answer(parcels.of_houses(frame("house", houses), frame("parcel", land), overlaps, codes)) == expected


AREAS = st.sampled_from([None, 100.0, 100.0, 120.5])
RIGHTS = rows("r", parcel_code=CODES, holder_name=NAMES, holder_id=NUMBERS, village_code=VILLAGES, approved_area_m2=AREAS)


def single(made: list[Row]) -> dict[str, str]:
    """Codes that stand in one row alone, and that row."""
    codes = [row["parcel_code"] for row in made]
    return {row["parcel_code"]: row["id"] for row in made if row["parcel_code"] and codes.count(row["parcel_code"]) == 1}


@settings(deadline=None, max_examples=200)
@given(RIGHTS, PARCELS)
def test_parcels_of_ledger_rows(rights: list[Row], land: list[Row]) -> None:
    own, said = single(land), single(rights)
    sure = {row: own[code] for code, row in said.items() if code in own}
    rest = [row for row in rights if row["id"] not in sure]
    free = [row for row in land if row["id"] not in sure.values()]
    alike = {
        (row["id"], parcel["id"])
        for row in rest
        for parcel in free
        if same_name(row, "holder_name", {**parcel, "name": parcel["holder_name"]})
        if not (row["id"] in said.values() and parcel["id"] in own.values())
    }
    lefts, rights_ = [left for left, _ in alike], [right for _, right in alike]
    expected = {(left, right, "linked") for left, right in sure.items()} | {
        (left, right, "linked" if lefts.count(left) == rights_.count(right) == 1 else "doubtful") for left, right in alike
    }
    pairs = parcels.of_rights(frame("right", rights), frame("parcel", land))
    assert answer(pairs) == expected
    codes = parcels.codes_of_ledger(frame("right", rights), frame("parcel", land), pairs)
    linked = {left: right for left, right, state in expected if state == "linked"}
    told_codes = {(code, linked[row]) for code, row in said.items() if row in linked and linked[row] not in own.values()}
    assert set(codes.rows()) == told_codes


APPROVALS = rows("a", parcel_code=CODES, holder_name=NAMES, holder_id=NUMBERS, village_code=VILLAGES, approved_area_m2=AREAS)
LINKS = st.dictionaries(st.integers(0, 5), st.tuples(st.sampled_from("AAAB"), st.sampled_from([True, True, True, False])), max_size=6)


def of_applicant(row: Row, land: list[Row], rights: list[Row], of_parcel: list[Any], differs: set[str]) -> set[str]:
    """Parcels that a namesake of the applicant holds who is not another person by ID."""
    held = {parcel["id"] for parcel in owned({"owner_name": row["holder_name"], **row}, land)} - differs
    ids = {one: [number(rights[int(r[1:])]["holder_id"]) for r, q, *_ in of_parcel if q == one] for one in held}
    mine = number(row["holder_id"])
    return {one for one in held if not (mine and any(ids[one]) and all(other != mine for other in ids[one] if other))}


def with_area(row: Row, candidates: dict[str, bool], rights: list[Row], of_parcel: list[Any]) -> set[str]:
    """Of the candidates those whose ledger row tells the approved area."""
    area = row["approved_area_m2"]
    linked = {(q, rights[int(r[1:])]["approved_area_m2"]) for r, q, state, *_ in of_parcel if state == "linked"}
    return {one for one in candidates if area is not None and (one, area) in linked}


@settings(deadline=None, max_examples=300)
@given(APPROVALS, RIGHTS, PARCELS, LINKS, LINKS)
def test_parcels_of_approvals(granted: list[Row], rights: list[Row], land: list[Row], applicants: Any, holders: Any) -> None:
    ledger, parcel_table = frame("right", rights), frame("parcel", land)
    right_parcel = parcels.of_rights(ledger, parcel_table)
    codes = parcels.codes_of_ledger(ledger, parcel_table, right_parcel)
    states = {True: "linked", False: "doubtful"}
    households = {
        "approval_household": [(f"a{k}", home, states[sure], 0.9, "id") for k, (home, sure) in applicants.items() if k < len(granted)],
        "parcel_household": [(f"p{k}", home, states[sure], 0.9, "id") for k, (home, sure) in holders.items() if k < len(land)],
    }
    links = {kind: pl.DataFrame(pairs, schema=keys.CANDIDATES, orient="row") for kind, pairs in households.items()}
    known = single(land) | dict(codes.rows())
    stands = {parcel: code for code, parcel in known.items()}
    of_parcel = right_parcel.rows()
    expected: Answer = set()
    for row in granted:
        code, home = row["parcel_code"], applicants.get(int(row["id"][1:]))
        differs = {p["id"] for p in land if code and stands.get(p["id"], code) != code}
        if code in known:
            expected.add((row["id"], known[code], "linked"))
        elif home is None:
            expected |= told(row["id"], of_applicant(row, land, rights, of_parcel, differs))
        else:
            candidates = {f"p{k}": home[1] and sure for k, (other, sure) in holders.items() if k < len(land) and other == home[0]}
            fits = with_area(row, candidates, rights, of_parcel)
            if len(candidates) > 1 and all(candidates.values()) and len(fits) == 1:
                candidates = dict.fromkeys(fits, True)
            sure_ones = {p for p, sure in candidates.items() if len(candidates) == 1 and sure and p not in differs}
            expected |= {(row["id"], p, "linked" if p in sure_ones else "doubtful") for p in candidates}
    assert (
        answer(approvals.of_approvals(frame("approval", granted), ledger, parcel_table, {**links, "right_parcel": right_parcel}, codes))
        == expected
    )
