"""The links are the same whatever the order of the rows, and there need not be any."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from stdnum.cn import ric

from jiadi.register.schema import TABLES
from jiadi.register.tables import Delivery, Linked, frame_schema
from jiadi.survey.link import houses, link

ON = date(2025, 6, 30)
HERE, THERE = "330802005001", "330802005002"
SQUARE = bytes(shapely.to_wkb(shapely.box(118.8, 28.9, 118.8001, 28.9001)))
Row = dict[str, Any]


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
        filled = [{"source_id": source_id, "source_row": place + 2, **row} for place, row in enumerate(rows)]
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


NAMES = st.sampled_from(["张三", "李四", "王 五", None])
VILLAGES = st.sampled_from([HERE, HERE, THERE, None])
IDS = st.sampled_from([None, *ID[:5], old(ID[1])])
CODES = st.sampled_from([None, land(1), land(2), land(3)])
SURVEYS = st.sampled_from([None, f"{HERE}-00001", f"{HERE}-00002", f"{THERE}-00003"])


def some(prefix: str, /, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    rows = st.lists(st.fixed_dictionaries({**columns, "village_code": VILLAGES}), max_size=5)
    return rows.map(lambda found: [{"id": f"{prefix}{place}", **row} for place, row in enumerate(found)])


DELIVERIES = st.fixed_dictionaries(
    {
        "house": some("h", survey_code=SURVEYS, owner_name=NAMES, parcel_code=CODES, geometry=st.sampled_from([None, SQUARE])),
        "parcel": some("p", parcel_code=CODES, holder_name=NAMES, geometry=st.just(SQUARE)),
        "right": some("r", parcel_code=CODES, holder_name=NAMES, holder_id=IDS),
        "person": some(
            "n",
            household_code=st.sampled_from(["A", "B", "C"]),
            name=NAMES,
            id_number=IDS,
            relation=st.sampled_from(["head", "child", None]),
            died_on=st.sampled_from([None, None, date(2020, 1, 1)]),
        ),
        "approval": some("a", parcel_code=CODES, holder_name=NAMES, holder_id=IDS),
        "member": some("m", name=NAMES, id_number=IDS),
    }
)
SHARES = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.sampled_from([0.1, 0.4, 0.5, 0.6, 1.0]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(DELIVERIES, SHARES, st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(lists: dict[str, list[Row]], shares: dict[tuple[int, int], float], seed: int) -> None:
    known = {name: len(rows) for name, rows in lists.items()}
    touch = overlap(
        *(
            (f"h{house}", f"p{parcel}", share)
            for (house, parcel), share in shares.items()
            if house < known["house"] and parcel < known["parcel"]
        )
    )
    delivery = deliver(**lists)
    first = run(delivery, touch)
    mixed = Delivery(
        tables={name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in delivery.tables.items()},
        sources=delivery.sources,
    )
    second = run(mixed, touch.sample(fraction=1, shuffle=True, seed=seed))
    for name in ("houses", "households", "pairs", "problems"):
        assert_frame_equal(getattr(first, name), getattr(second, name))
    sure = first.pairs.filter(pl.col("state") == "linked")
    assert sure.group_by("kind", "left_id").len()["len"].max() in (None, 1)
    assert not first.pairs.select("kind", "left_id", "right_id").is_duplicated().any()
    mixed_states = first.pairs.group_by("kind", "left_id").agg(pl.col("state").n_unique())
    assert mixed_states["state"].max() in (None, 1)


def test_a_stand_in_for_a_name_links_nobody() -> None:
    many = [
        {"id": f"n{place}", "household_code": f"H{place}", "relation": "head", "name": "不详", "village_code": HERE} for place in range(101)
    ]
    roll = [{"id": f"m{place}", "name": "不详", "village_code": HERE} for place in range(101)]
    ledger = [{"id": f"r{place}", "holder_name": "不详", "village_code": HERE} for place in range(2)]
    land_of_all = [{"id": f"p{place}", "holder_name": "不详", "village_code": HERE} for place in range(101)]
    house = [{"id": "h", "owner_name": "不详", "village_code": HERE}]
    assert run(deliver(person=many, member=roll, right=ledger, parcel=land_of_all, house=house)).pairs.height == 0
    assert run(deliver(person=many[1:], member=roll[1:])).pairs.height == 100 * 100


@pytest.mark.parametrize("name", ["house", "footprint", "parcel", "right", "person", "member", "approval", "aid", "zone"])
def test_one_list_alone_is_enough_to_go_on(name: str) -> None:
    delivery = deliver(**{name: [{"id": "x"}]})
    linked = run(delivery)
    assert linked.pairs.height == 0
    assert linked.houses.height == (name in ("house", "footprint"))
    assert run(Delivery()).houses.height == 0
