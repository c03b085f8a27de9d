"""Links, rule by rule, on deliveries made by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
import shapely
from stdnum.cn import ric

from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked, frame_schema
from jiadi.survey.link import counts, houses, link

ON = date(2025, 6, 30)
HERE, THERE = "330802005001", "330802005002"
SQUARE = bytes(shapely.to_wkb(shapely.box(118.8, 28.9, 118.8001, 28.9001)))
FAR = bytes(shapely.to_wkb(shapely.box(118.8002, 28.9, 118.8003, 28.9001)))
Row = dict[str, Any]
Pair = tuple[str, str, str, float, str]


def number(serial: int) -> str:
    body = f"33080219700101{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


def old(new: str) -> str:
    return new[:6] + new[8:17]


def land(serial: int) -> str:
    return f"330802001001JC{serial:05d}"


ID = [number(serial) for serial in range(20)]


def deliver(**lists: list[Row]) -> Delivery:
    tables, sources = {}, []
    for source_id, (name, rows) in enumerate(lists.items()):
        village = {"village_code": HERE} if "village_code" in frame_schema(TABLES[name]) else {}
        filled = [{**village, "source_id": source_id, "source_row": place + 2, **row} for place, row in enumerate(rows)]
        tables[name] = pl.DataFrame(filled, schema=frame_schema(TABLES[name]))
        sources.append({"source_id": source_id, "file": f"{name}.xlsx", "sheet": "一", "table": name, "sha256": ""})
    return Delivery(tables=tables, sources=pl.DataFrame(sources))


def overlap(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """house, parcel, share of a house of 100 m²."""
    return pl.DataFrame(
        [(house, parcel, share, 100 * share, 100 * (1 - share)) for house, parcel, share in rows],
        schema={"house_id": pl.String, "parcel_id": pl.String, "share": pl.Float64, "overlap_m2": pl.Float64, "outside_m2": pl.Float64},
        orient="row",
    )


def run(delivery: Delivery, overlaps: pl.DataFrame | None = None) -> Linked:
    table, pairs = houses(delivery)
    return link(delivery, table, pairs, overlaps, ON)


def pairs(linked: Linked, kind: str) -> list[Pair]:
    return linked.pairs.filter(pl.col("kind") == kind).drop("kind").rows()


def head(household: str, name: str | None, number: str | None = None, **more: Any) -> Row:
    return {"id": f"{household}/{name}", "household_code": household, "name": name, "id_number": number, "relation": "head", **more}


def other(household: str, name: str | None, number: str | None = None, **more: Any) -> Row:
    return {**head(household, name, number), "relation": "spouse", **more}


# --- houses ---


def test_a_survey_row_and_its_footprint_are_one_house() -> None:
    delivery = deliver(
        house=[{"id": "s1", "survey_code": "s1", "owner_name": "张三"}],
        footprint=[{"id": "b1", "survey_code": "s1", "feature_code": "b1", "geometry": SQUARE}],
    )
    table, found = houses(delivery)
    assert table.select("id", "footprint_id", "owner_name", "geometry", "feature_code", "stated_only").rows() == [
        ("s1", "b1", "张三", SQUARE, "b1", False)
    ]
    assert found.rows() == [("house_footprint", "s1", "b1", "linked", 1.0, "survey_code")]


def test_what_has_no_counterpart_is_a_house_of_its_own() -> None:
    delivery = deliver(
        house=[{"id": "s1", "survey_code": "s1"}, {"id": "s2"}],
        footprint=[{"id": "b1", "survey_code": "s9", "geometry": SQUARE}, {"id": "b2", "geometry": SQUARE}],
    )
    table, found = houses(delivery)
    assert table.select("id", "footprint_id", "stated_only").rows() == [
        ("b1", "b1", False),
        ("b2", "b2", False),
        ("s1", None, True),
        ("s2", None, True),
    ]
    assert found.height == 0


@pytest.mark.parametrize("side", ["house", "footprint"])
def test_a_survey_number_that_occurs_twice_joins_nothing(side: str) -> None:
    lists: dict[str, list[Row]] = {
        "house": [{"id": "h1", "survey_code": "s1"}],
        "footprint": [{"id": "b1", "survey_code": "s1", "geometry": SQUARE}],
    }
    lists[side].append({"id": "x2", "survey_code": "s1"})
    table, found = houses(deliver(**lists))
    assert (table.height, found.height) == (3, 0)


def test_a_footprint_numbered_like_a_house_is_told_from_it() -> None:
    table, _ = houses(deliver(house=[{"id": "7"}], footprint=[{"id": "7", "geometry": SQUARE}]))
    assert table["id"].to_list() == ["7", "7/footprint"]


def test_the_division_of_a_house_is_the_finest_that_is_known() -> None:
    delivery = deliver(
        house=[
            {"id": "a", "village_code": HERE, "survey_code": f"{THERE}-00001"},
            {"id": "b", "village_code": None, "survey_code": f"{THERE}-00002"},
            {"id": "c", "village_code": None, "unit_code": land(1) + "F00010001"},
            {"id": "d", "village_code": None, "survey_code": "000000000000-00001"},
            {"id": "e", "village_code": "330802005"},
        ],
        parcel=[{"id": land(1), "parcel_code": land(1)}],
    )
    found = dict(houses(delivery)[0].select("id", "division_code").iter_rows())
    assert found == {"a": HERE, "b": THERE, "c": "330802000000", "d": None, "e": "330802005000"}
    placed = dict(run(delivery).houses.select("id", "division_code").iter_rows())
    assert placed["c"] == HERE


# --- house and parcel ---


def test_a_unit_code_puts_a_house_on_its_parcel_before_the_parcel_code_and_the_drawing() -> None:
    delivery = deliver(
        house=[{"id": "h", "unit_code": land(1) + "F00010001", "parcel_code": land(2), "geometry": SQUARE}],
        parcel=[{"id": land(n), "parcel_code": land(n)} for n in (1, 2, 3)],
    )
    found = pairs(run(delivery, overlap(("h", land(1), 0.6), ("h", land(3), 0.4))), "house_parcel")
    assert found == [("h", land(1), "linked", 1.0, "unit_code")]


def test_a_parcel_code_serves_where_the_unit_code_finds_no_parcel() -> None:
    delivery = deliver(
        house=[{"id": "h", "unit_code": land(9) + "F00010001", "parcel_code": land(2)}],
        parcel=[{"id": land(2), "parcel_code": land(2)}],
    )
    assert pairs(run(delivery), "house_parcel") == [("h", land(2), "linked", 1.0, "parcel_code")]


def test_a_code_that_the_drawing_contradicts_is_doubtful_and_both_parcels_are_named() -> None:
    delivery = deliver(
        house=[{"id": "h", "unit_code": land(1) + "F00010001", "geometry": SQUARE}],
        parcel=[{"id": land(n), "parcel_code": land(n)} for n in (1, 2)],
    )
    found = pairs(run(delivery, overlap(("h", land(2), 0.5), ("h", land(1), 0.49))), "house_parcel")
    assert [(right, state, reason) for _, right, state, _, reason in found] == [
        (land(1), "doubtful", "unit_code"),
        (land(2), "doubtful", "overlap"),
    ]
    found = pairs(run(delivery, overlap(("h", land(2), 0.49), ("h", land(1), 0.3))), "house_parcel")
    assert found == [("h", land(1), "linked", 1.0, "unit_code")]


def test_a_parcel_code_that_occurs_twice_is_no_key() -> None:
    delivery = deliver(
        house=[{"id": "h", "unit_code": land(1) + "F00010001"}],
        parcel=[{"id": "p1", "parcel_code": land(1)}, {"id": "p2", "parcel_code": land(1)}],
    )
    assert pairs(run(delivery), "house_parcel") == []


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ([("p1", 0.5), ("p2", 0.3)], [("p1", "linked", 0.5)]),
        ([("p1", 0.49), ("p2", 0.3)], [("p1", "doubtful", 0.49), ("p2", "doubtful", 0.3)]),
        ([("p1", 0.1)], [("p1", "doubtful", 0.1)]),
        ([("p1", 1.0), ("p2", 1.0), ("p3", 0.6)], [("p1", "doubtful", 1.0), ("p2", "doubtful", 1.0)]),
        ([], []),
    ],
)
def test_the_drawing_links_where_half_the_house_lies_in_one_parcel(
    shares: list[tuple[str, float]], found: list[tuple[str, str, float]]
) -> None:
    delivery = deliver(house=[{"id": "h", "geometry": SQUARE}], parcel=[{"id": f"p{n}"} for n in (1, 2, 3)])
    linked = run(delivery, overlap(*(("h", parcel, share) for parcel, share in shares)))
    assert [pair[1:4] for pair in pairs(linked, "house_parcel")] == found


def test_an_undrawn_house_goes_to_the_only_parcel_its_owner_holds_in_the_village() -> None:
    parcels = [{"id": "p1", "holder_name": "张 三"}, {"id": "p2", "holder_name": "张三", "village_code": THERE}]
    delivery = deliver(house=[{"id": "h", "owner_name": "张三"}], parcel=parcels)
    assert pairs(run(delivery), "house_parcel") == [("h", "p1", "linked", 0.7, "holder_name")]
    twice = deliver(house=[{"id": "h", "owner_name": "张三"}], parcel=[*parcels, {"id": "p3", "holder_name": "张三"}])
    assert pairs(run(twice), "house_parcel") == []
    drawn = deliver(house=[{"id": "h", "owner_name": "张三", "geometry": SQUARE}], parcel=parcels)
    assert pairs(run(drawn, overlap()), "house_parcel") == []


def test_an_undrawn_house_does_not_go_where_another_house_already_is() -> None:
    delivery = deliver(
        house=[{"id": "h", "owner_name": "张三"}, {"id": "g", "geometry": SQUARE}],
        parcel=[{"id": "p1", "holder_name": "张三"}],
    )
    assert [pair[0] for pair in pairs(run(delivery, overlap(("g", "p1", 0.9))), "house_parcel")] == ["g"]


def test_an_unnumbered_footprint_and_an_undrawn_house_alone_on_a_parcel_may_be_one() -> None:
    rows = [{"id": "h", "unit_code": land(1) + "F00010001"}]
    drawn = [{"id": "b", "geometry": SQUARE}]
    parcel = [{"id": land(1), "parcel_code": land(1)}]
    touch = [("b", land(1), 1.0), ("c", land(1), 1.0)]
    found = pairs(run(deliver(house=rows, footprint=drawn, parcel=parcel), overlap(*touch)), "house_footprint")
    assert found == [("h", "b", "doubtful", 0.5, "unique_in_parcel")]
    two = deliver(house=rows, footprint=[*drawn, {"id": "c", "geometry": SQUARE}], parcel=parcel)
    assert pairs(run(two, overlap(*touch)), "house_footprint") == []
    numbered = deliver(house=rows, footprint=[{"id": "b", "survey_code": "s9", "geometry": SQUARE}], parcel=parcel)
    assert pairs(run(numbered, overlap(*touch)), "house_footprint") == []


# --- the ledger ---


def test_a_ledger_row_meets_its_parcel_by_code() -> None:
    delivery = deliver(
        parcel=[{"id": land(1), "parcel_code": land(1), "holder_name": "李四"}],
        right=[{"id": "r1", "parcel_code": land(1), "holder_name": "张三"}, {"id": "r2", "parcel_code": land(8), "holder_name": "李四"}],
    )
    assert pairs(run(delivery), "right_parcel") == [("r1", land(1), "linked", 1.0, "parcel_code")]


def test_a_ledger_row_without_code_meets_an_unclaimed_parcel_of_its_holder() -> None:
    parcels = [{"id": land(1), "parcel_code": land(1), "holder_name": "张三"}, {"id": "p2", "holder_name": "张三"}]
    claimed = {"id": "r1", "parcel_code": land(1), "holder_name": "张三"}
    nameless = {"id": "r2", "holder_name": "张三"}
    found = pairs(run(deliver(parcel=parcels, right=[claimed, nameless])), "right_parcel")
    assert found == [("r1", land(1), "linked", 1.0, "parcel_code"), ("r2", "p2", "linked", 0.7, "holder_name")]
    unclaimed = pairs(run(deliver(parcel=parcels, right=[nameless])), "right_parcel")
    assert [(left, right, state) for left, right, state, _, _ in unclaimed] == [("r2", land(1), "doubtful"), ("r2", "p2", "doubtful")]
    rivals = pairs(run(deliver(parcel=parcels[1:], right=[nameless, {"id": "r3", "holder_name": "张三"}])), "right_parcel")
    assert [(left, right, state, reason) for left, right, state, _, reason in rivals] == [
        ("r2", "p2", "doubtful", "several_namesakes"),
        ("r3", "p2", "doubtful", "several_namesakes"),
    ]


PERSONS = [head("A", "张三", ID[1]), other("A", "王五", ID[2]), head("B", "李四", ID[3]), head("C", "赵六", None), head("W", "周*", None)]


@pytest.mark.parametrize(
    ("holder", "found"),
    [
        ({"holder_id": ID[1]}, ("A", "linked", 1.0, "id")),
        ({"holder_id": old(ID[2]), "holder_name": "李四"}, ("A", "linked", 1.0, "id")),
        ({"holder_name": "张　三"}, ("A", "linked", 0.8, "head_name")),
        ({"holder_name": "张三", "holder_id": ID[9]}, None),
        ({"holder_name": "赵六", "holder_id": ID[9]}, ("C", "linked", 0.8, "head_name")),
        ({"holder_name": "王五"}, None),
        ({"holder_name": "张三", "village_code": THERE}, None),
        ({"holder_name": "周*"}, None),
        ({}, None),
    ],
)
def test_a_holder_meets_his_household(holder: Row, found: tuple[str, str, float, str] | None) -> None:
    delivery = deliver(person=PERSONS, right=[{"id": "r", **holder}], approval=[{"id": "a", **holder}])
    expected = [found] if found else []
    assert [pair[1:] for pair in pairs(run(delivery), "right_household")] == expected
    assert [pair[1:] for pair in pairs(run(delivery), "approval_household")] == expected


def test_several_heads_of_one_name_are_doubtful_unless_only_one_lives() -> None:
    holder = [{"id": "r", "holder_name": "张三"}]
    two = pairs(run(deliver(person=[head("A", "张三"), head("B", "张三", ID[2])], right=holder)), "right_household")
    assert two == [("r", "A", "doubtful", 0.4, "several_namesakes"), ("r", "B", "doubtful", 0.4, "several_namesakes")]
    died = [head("A", "张三"), head("B", "张三", died_on=date(2024, 1, 1))]
    assert [pair[1:3] for pair in pairs(run(deliver(person=died, right=holder)), "right_household")] == [("A", "linked")]


def test_an_id_in_two_households_goes_to_the_one_where_it_is_current() -> None:
    moved = [head("A", "张三", ID[1], valid_to=date(2020, 1, 1)), head("B", "张三", ID[1])]
    holder = [{"id": "r", "holder_id": ID[1]}]
    assert pairs(run(deliver(person=moved, right=holder)), "right_household") == [("r", "B", "linked", 1.0, "id")]
    both = [head("A", "张三", ID[1]), head("B", "张三", ID[1])]
    assert [pair[2] for pair in pairs(run(deliver(person=both, right=holder)), "right_household")] == ["doubtful", "doubtful"]


def test_of_two_persons_with_one_id_the_name_tells() -> None:
    twins = [head("A", "张三", ID[1], died_on=date(2020, 1, 1)), head("B", "李四", ID[1])]
    linked = run(
        deliver(person=twins, right=[{"id": "r", "holder_id": ID[1], "holder_name": "张三"}], member=[{"id": "m", "id_number": ID[1]}])
    )
    assert pairs(linked, "right_household") == [("r", "A", "linked", 1.0, "id")]
    assert pairs(linked, "member_person") == [("m", "B/李四", "linked", 1.0, "id")]


def test_the_dead_are_still_found_by_id() -> None:
    gone = [head("A", "张三", ID[1], died_on=date(2020, 1, 1))]
    linked = run(deliver(person=gone, right=[{"id": "r", "holder_id": ID[1]}]))
    assert [pair[1:3] for pair in pairs(linked, "right_household")] == [("A", "linked")]
    assert linked.households.select("id", "head_name", "size").rows() == [("A", "张三", 0)]


# --- through other links ---


def parcel_of(holder: Row, **parcel: Any) -> Delivery:
    return deliver(
        person=[*PERSONS, head("D", "钱七"), head("E", "钱七")],
        parcel=[{"id": land(1), "parcel_code": land(1), **parcel}],
        right=[{"id": "r", "parcel_code": land(1), **holder}] if holder else [],
    )


@pytest.mark.parametrize(
    ("holder", "parcel", "found"),
    [
        ({"holder_id": ID[1]}, {"holder_name": "李四"}, [("A", "linked", 1.0, "right")]),
        ({"holder_name": "张三"}, {}, [("A", "linked", 0.8, "right")]),
        ({"holder_id": ID[9], "holder_name": "外人"}, {"holder_name": "李四"}, []),
        ({"holder_name": "钱七"}, {}, [("D", "doubtful", 0.4, "right"), ("E", "doubtful", 0.4, "right")]),
        ({}, {"holder_name": "李四"}, [("B", "linked", 0.7, "head_name")]),
        ({}, {"holder_name": "钱七"}, [("D", "doubtful", 0.35, "several_namesakes"), ("E", "doubtful", 0.35, "several_namesakes")]),
    ],
)
def test_a_parcel_belongs_to_the_household_of_its_ledger_row(holder: Row, parcel: Row, found: list[Pair]) -> None:
    assert [pair[1:] for pair in pairs(run(parcel_of(holder, **parcel)), "parcel_household")] == found


@pytest.mark.parametrize(
    ("holder", "owner", "found"),
    [
        ({"holder_id": ID[1]}, None, [("A", "linked", 1.0, "parcel")]),
        ({"holder_id": ID[1]}, "王五", [("A", "linked", 1.0, "parcel_and_name")]),
        ({"holder_id": ID[1]}, "李四", [("A", "doubtful", 0.35, "owner_differs"), ("B", "doubtful", 0.35, "owner_differs")]),
        ({"holder_id": ID[1]}, "无人", [("A", "doubtful", 0.7, "owner_differs")]),
        ({}, "李四", [("B", "linked", 0.7, "head_name")]),
        ({}, "钱七", [("D", "doubtful", 0.35, "several_namesakes"), ("E", "doubtful", 0.35, "several_namesakes")]),
        ({}, None, []),
        ({"holder_name": "钱七"}, None, [("D", "doubtful", 0.35, "parcel_doubtful"), ("E", "doubtful", 0.35, "parcel_doubtful")]),
        ({"holder_id": ID[9], "holder_name": "张三"}, "张三", []),
        ({"holder_id": ID[9], "holder_name": "外人"}, "张三", [("A", "linked", 0.7, "head_name")]),
    ],
)
def test_a_house_belongs_to_the_household_of_its_parcel_if_the_owner_is_one_of_them(
    holder: Row, owner: str | None, found: list[Pair]
) -> None:
    delivery = parcel_of(holder)
    house = deliver(house=[{"id": "h", "unit_code": land(1) + "F00010001", "owner_name": owner}]).tables["house"]
    delivery.tables["house"] = house
    assert [pair[1:] for pair in pairs(run(delivery), "house_household")] == found


def test_a_doubtful_parcel_is_settled_by_the_owner_s_name() -> None:
    delivery = deliver(
        person=PERSONS,
        parcel=[{"id": "p1", "holder_name": "张三"}, {"id": "p2", "holder_name": "李四"}],
        house=[{"id": "h", "owner_name": "李四", "geometry": SQUARE}, {"id": "g", "geometry": SQUARE}],
    )
    touch = overlap(("h", "p1", 0.4), ("h", "p2", 0.3), ("g", "p1", 0.4), ("g", "p2", 0.3))
    assert [pair[:3] for pair in pairs(run(delivery, touch), "house_household")] == [
        ("g", "A", "doubtful"),
        ("g", "B", "doubtful"),
        ("h", "B", "linked"),
    ]
    elsewhere = overlap(("h", "p1", 0.4))
    assert [(*pair[:3], pair[4]) for pair in pairs(run(delivery, elsewhere), "house_household")] == [
        ("h", "A", "doubtful", "owner_differs"),
        ("h", "B", "doubtful", "owner_differs"),
    ]


def test_ledger_rows_that_may_be_of_one_parcel_leave_its_household_in_doubt() -> None:
    delivery = deliver(
        person=PERSONS,
        parcel=[{"id": "p", "holder_name": "张三"}],
        right=[{"id": "r1", "holder_name": "张三", "holder_id": ID[1]}, {"id": "r2", "holder_name": "张三", "holder_id": ID[3]}],
    )
    assert [pair[:3] for pair in pairs(run(delivery), "parcel_household")] == [("p", "A", "doubtful"), ("p", "B", "doubtful")]


def approved(*parcels: Row, **approval: Any) -> list[Pair]:
    rights = [
        {"id": f"r{n}", "parcel_code": row["parcel_code"], "holder_id": ID[1]} for n, row in enumerate(parcels) if row.get("parcel_code")
    ]
    delivery = deliver(person=PERSONS, parcel=list(parcels), right=rights, approval=[{"id": "a", **approval}])
    return pairs(run(delivery), "approval_parcel")


def test_an_approval_meets_its_parcel_by_code_or_through_its_household() -> None:
    one, two = ({"id": land(n), "parcel_code": land(n)} for n in (1, 2))
    assert approved(one, two, parcel_code=land(2), holder_id=ID[1]) == [("a", land(2), "linked", 1.0, "parcel_code")]
    assert approved(one, holder_id=ID[1]) == [("a", land(1), "linked", 0.8, "household")]
    assert approved(one, holder_name="张三") == [("a", land(1), "linked", 0.8, "household")]
    assert [pair[1:] for pair in approved(one, two, holder_id=ID[1])] == [
        (land(1), "doubtful", 0.4, "several_parcels"),
        (land(2), "doubtful", 0.4, "several_parcels"),
    ]
    assert approved(one, holder_id=ID[3]) == []


def test_an_approval_for_a_parcel_that_is_not_listed_is_not_given_to_another() -> None:
    one = {"id": land(1), "parcel_code": land(1)}
    assert approved(one, parcel_code=land(9), holder_id=ID[1]) == [("a", land(1), "doubtful", 0.8, "code_differs")]
    blank = {"id": "p", "holder_name": "张三"}
    assert approved(blank, parcel_code=land(9), holder_id=ID[1]) == [("a", "p", "linked", 0.7, "household")]


@pytest.mark.parametrize("name", ["member", "aid"])
@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"id_number": old(ID[2])}], [("m0", "A/王五", "linked", 1.0, "id")]),
        ([{"name": "王五"}], [("m0", "A/王五", "linked", 0.8, "name")]),
        ([{"name": "赵六", "id_number": ID[9]}], [("m0", "C/赵六", "linked", 0.8, "name")]),
        ([{"name": "王五", "id_number": ID[9]}], []),
        ([{"name": "王五", "village_code": THERE}], []),
        (
            [{"name": "王五"}, {"name": "王五", "id_number": ID[2]}],
            [("m0", "A/王五", "doubtful", 0.4, "listed_twice"), ("m1", "A/王五", "linked", 1.0, "id")],
        ),
        (
            [{"name": "孙八"}, {"name": "孙八", "id_number": ID[6]}],
            [("m0", "F/孙八", "linked", 0.8, "name"), ("m1", "G/孙八", "linked", 1.0, "id")],
        ),
        (
            [{"name": "王五"}, {"name": "王五"}],
            [("m0", "A/王五", "doubtful", 0.8, "several_namesakes"), ("m1", "A/王五", "doubtful", 0.8, "several_namesakes")],
        ),
        (
            [{"name": "钱七"}],
            [("m0", "D/钱七", "doubtful", 0.4, "several_namesakes"), ("m0", "E/钱七", "doubtful", 0.4, "several_namesakes")],
        ),
    ],
)
def test_a_name_on_a_roll_meets_its_person(name: str, rows: list[Row], found: list[Pair]) -> None:
    persons = [*PERSONS, head("D", "钱七"), other("E", "钱七"), head("F", "孙八", ID[5]), head("G", "孙八", ID[6])]
    delivery = deliver(person=persons, **{name: [{"id": f"m{place}", **row} for place, row in enumerate(rows)]})
    assert pairs(run(delivery), f"{name}_person") == found


# --- remarks, counts, missing lists ---


def test_houses_beyond_their_parcel_are_remarked_where_they_are_drawn() -> None:
    delivery = deliver(
        house=[{"id": "s1", "survey_code": "s1"}],
        footprint=[{"id": f"b{n}", "survey_code": f"s{n}", "geometry": FAR if n == 3 else SQUARE} for n in (1, 2, 3, 4)],
        parcel=[{"id": "p1", "geometry": SQUARE}, {"id": "p2", "geometry": SQUARE}],
    )
    touch = overlap(("s1", "p1", 0.998), ("s1", "p2", 0.002), ("b2", "p1", 0.9991), ("b4", "p1", 0.4), ("b4", "p2", 0.3))
    found = run(delivery, touch).problems.select("file", "row", "column", "code", "detail").rows()
    assert found == [
        ("footprint.xlsx", 2, "geometry", "house_crosses_parcel", "0.2 m²"),
        ("footprint.xlsx", 2, "geometry", "house_on_several_parcels", "p1 99.8%、p2 0.2%"),
        ("footprint.xlsx", 4, "geometry", "house_outside_parcels", "108.1 m²; p1: 9.75 m"),
        ("footprint.xlsx", 5, "geometry", "house_crosses_parcel", "60.0 m²"),
        ("footprint.xlsx", 5, "geometry", "house_on_several_parcels", "p1 40.0%、p2 30.0%"),
    ]
    assert run(delivery, None).problems.height == 0


def test_counts_tell_of_every_left_row() -> None:
    delivery = deliver(
        house=[{"id": "h", "geometry": SQUARE}, {"id": "g", "geometry": SQUARE}, {"id": "f", "geometry": SQUARE}],
        parcel=[{"id": "p1"}, {"id": "p2"}],
    )
    linked = run(delivery, overlap(("h", "p1", 0.9), ("g", "p1", 0.4), ("g", "p2", 0.4)))
    told = counts(linked, delivery)
    assert told["house_parcel"] == {"linked": 1, "doubtful": 1, "unlinked": 1}
    assert told["parcel_household"] == {"linked": 0, "doubtful": 0, "unlinked": 2}
    assert told["right_parcel"] == {"linked": 0, "doubtful": 0, "unlinked": 0}
