"""The invented counties: checked, and one and the same small county comes to different verdicts by each."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from jiadi.law import default_for, load, shipped
from jiadi.law.standing import standing
from jiadi.policy.audit import audit
from jiadi.policy.judge import judge
from jiadi.policy.milder import _milder
from jiadi.policy.rules import BITS
from jiadi.policy.table import Facts

ON = date(2025, 6, 30)
DIVISION = "339900001001"
SAMPLES = ("sample-county", "sample-quota", "sample-periods")
HOMESTEADS = {
    # built, area, persons of the households that share it, approved
    "a": (date(1990, 5, 1), 130.0, (3, 0), 0.0),
    "b": (date(1990, 5, 1), 175.0, (4, 3), 0.0),
    "c": (date(1987, 5, 1), 141.0, (6, 0), 0.0),
    "d": (date(2022, 5, 1), 141.0, (6, 0), 0.0),
    "e": (date(1982, 5, 1), 200.0, (2, 0), 0.0),
}


def small_county() -> Facts:
    """Five homesteads on other land, collective, in the general control zone, nothing else wrong with them."""
    names = list(HOMESTEADS)
    built, area, split, approved = (list(column) for column in zip(*HOMESTEADS.values(), strict=True))
    house = pl.DataFrame({"id": names, "division_code": DIVISION, "parcel_id": names})
    parcel = pl.DataFrame(
        {
            "id": names,
            "division_code": DIVISION,
            "built": built,
            "has_main_house": True,
            "area_m2": area,
            "land_class": "other",
            "land_owner": "collective",
            "control_zone": "general_zone",
            "approved_area_m2": approved,
            "split_1_persons": [first for first, _ in split],
            "split_2_persons": [second for _, second in split],
            "split_3_persons": 0,
            "split_4_persons": 0,
        }
    )
    return Facts.from_frames(ON, {"house": house, "parcel": parcel})


def over_area(name: str) -> dict[str, tuple[str, int | None]]:
    found = judge(small_county(), load(name)).findings.filter(pl.col("code") == "over_area")
    return {row["id"]: (row["effect"], row["limit"]) for row in found.iter_rows(named=True)}


def test_the_same_county_by_each_law() -> None:
    assert over_area("zhejiang") == {
        "b": ("can_be_regularised", 14_000),
        "c": ("can_be_regularised", 14_000),
        "d": ("unlawful", 14_000),
        "e": ("historic", 14_000),
    }
    assert over_area("sample-county") == {
        "a": ("can_be_regularised", 10_000),
        "e": ("historic", 10_000),
    }
    assert over_area("sample-quota") == {
        "a": ("unlawful", 8_000),
        "c": ("can_be_regularised", 12_000),
        "d": ("unlawful", 12_000),
        "e": ("unlawful", 8_000),
    }
    assert over_area("sample-periods") == {
        "b": ("can_be_regularised", 10_000),
        "c": ("historic", 10_000),
        "d": ("unlawful", 14_000),
    }


@pytest.mark.parametrize("name", [*SAMPLES, "national", "zhejiang", "quzhou"])
def test_every_shipped_set_is_sound(name: str) -> None:
    assert audit(name, date(2026, 12, 1)) == []


def test_examples_stand_apart() -> None:
    assert {name for name in shipped() if load(name).sample} == set(SAMPLES)
    for name in SAMPLES:
        law = load(name)
        assert law.layers[-1].startswith("example/")
        assert "虚构" in law.title["zh"] and "invented" in law.title["en"]
        own = [one for one in standing(law, "339900", ON) if one.value.division == "339900"]
        assert own and all(one.value.verify for one in own if one.citation.version is None)
    assert default_for("339900") == "zhejiang"


def test_prices_go_by_period_zone_and_owner() -> None:
    law = load("sample-quota")
    told = {
        (on.year, zone, owner): law.lookup("paid_use_price_fen_per_m2", (zone, owner), "339900", on)
        for on in (date(1980, 1, 1), date(1990, 1, 1), date(2005, 1, 1))
        for zone in ("core_zone", "general_zone", "outer_zone")
        for owner in ("collective", "state")
    }
    assert len({value.value for value in told.values() if value is not None}) >= 12
    assert all(value is not None and value.verify and value.unit == "fen_per_m2" for value in told.values())


def test_the_later_law_serves_only_where_it_is_milder_and_only_where_the_set_says_so() -> None:
    assert load("sample-periods").milder_later_law == {
        "over_area": "legislation_law_104",
        "built_more_than_approved": "legislation_law_104",
    }
    assert load("quzhou").milder_later_law == {}


def test_of_two_sets_of_possibilities_the_milder_one_stays() -> None:
    no, mild, grave = BITS["no_finding"], BITS["historic"], BITS["unlawful"]
    for one, other, both in (
        (grave, no, no),
        (mild, grave, mild),
        (grave, grave, grave),
        (no | grave, mild, no | mild),
        (no | grave, no, no),
        (mild | grave, no | grave, no | mild | grave),
    ):
        left, right = (np.array([bits], dtype=np.uint8) for bits in (one, other))
        assert int(_milder(left, right)[0]) == both == int(_milder(right, left)[0])


def test_an_explanation_says_that_the_later_law_is_the_milder() -> None:
    from jiadi.policy.explain import explain, render  # noqa: PLC0415

    facts, law = small_county(), load("sample-periods")
    zh, en = (render(explain(judge(facts, law), law, "a", lang), lang) for lang in ("zh", "en"))
    assert "从旧兼从轻：不符合" in zh and "距限额10.00平方米" in zh
    assert "by the later and milder law no" in en
    assert "从旧兼从轻：不符合" not in render(explain(judge(facts, law), law, "b", "zh"), "zh")
