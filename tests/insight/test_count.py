"""Counts: every house once, every finding once for its subject."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import polars as pl

from jiadi.insight import count
from jiadi.run.summary import VERDICTS


def test_each_house_is_counted_once(county: Any) -> None:
    placed = count.place(county)
    table = count.verdicts(placed, "township_code")
    assert table["houses"].sum() == county.judgement.houses.height
    assert table.select(pl.sum_horizontal(VERDICTS).sum()).item() == county.judgement.houses.height
    by_hand = county.judgement.houses.filter(pl.col("village_code").str.starts_with("330802100"), verdict="unlawful").height
    assert table.filter(township_code="330802100000")["unlawful"].to_list() == [by_hand]


def test_a_household_finding_is_counted_once_but_concerns_all_its_houses(county: Any) -> None:
    found = {code: (subjects, houses) for code, subjects, houses in count.findings(count.place(county)).iter_rows()}
    own = county.judgement.findings.filter(code="several_homesteads")
    taken = county.judgement.house_findings.filter(code="several_homesteads")["house_id"].n_unique()
    assert found["several_homesteads"] == (own.height, taken)
    assert taken > own.height


def test_findings_by_township_add_up(county: Any) -> None:
    placed = count.place(county)
    by_township = count.findings(placed, "township_code")
    assert by_township["subjects"].sum() == county.judgement.findings.height
    assert by_township["township_code"].is_sorted()


def test_needs_count_houses(county: Any) -> None:
    waiting = county.judgement.houses.filter(verdict="to_be_verified").height
    assert count.needs(count.place(county)).rows() == [
        ("built_without_approval", "approval_coverage", waiting),
        ("built_without_approval", "has_approval", waiting),
    ]


def test_order_of_rows_changes_nothing(make: Callable[..., Any]) -> None:
    county = make(120, places=5)
    judgement = county.judgement
    shuffled = SimpleNamespace(
        **{
            name: frame.sample(fraction=1, shuffle=True, seed=3)
            for name, frame in vars(judgement).items()
            if isinstance(frame, pl.DataFrame)
        },
        rules=judgement.rules,
    )
    straight = count.place(county)
    other = count.place(SimpleNamespace(**{**vars(county), "judgement": shuffled}))
    for name in ("houses", "findings", "taken", "unknowns", "waiting"):
        assert getattr(straight, name).equals(getattr(other, name)), name


def test_codes_of_other_countries_name_no_village() -> None:
    codes = pl.DataFrame({"code": ["25354", "330802100201", "330802100000", "330802000000", None]})
    found = codes.select(count.village_of(pl.col("code")).alias("village"), count.township_of(pl.col("code")).alias("township"))
    assert found["village"].to_list() == [None, "330802100201", None, None, None]
    assert found["township"].to_list() == [None, "330802100000", "330802100000", None, None]


def test_a_finding_without_house_lies_where_its_parcel_lies(make: Callable[..., Any]) -> None:
    county = make(60, places=4)
    parcel = county.delivery.tables["parcel"].row(0, named=True)
    lone = pl.DataFrame([{**dict.fromkeys(county.judgement.findings.columns), "subject": "parcel", "id": "lone", "code": "over_area"}])
    county.judgement.findings = pl.concat([county.judgement.findings, lone.cast(dict(county.judgement.findings.schema))])
    row = county.delivery.tables["parcel"].head(1).with_columns(pl.lit("lone").alias("id"))
    county.delivery.tables["parcel"] = pl.concat([county.delivery.tables["parcel"], row])
    placed = count.place(county)
    assert placed.findings.filter(id="lone")["village_code"].to_list() == [parcel["village_code"]]
