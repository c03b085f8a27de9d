"""Lookups that a lawyer can read and sign: `golden.csv`, one row a figure, a place and a day."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jiadi.law import LawSet, Value, load

ROWS = list(csv.DictReader((Path(__file__).parent / "golden.csv").read_text("utf-8").splitlines()))


def _written(law: LawSet, parameter: str, value: Value) -> str:
    known = law.parameters[parameter]
    if known.kind == "word":
        return value.word
    if known.kind == "boolean":
        return "yes" if value.value else "no"
    return f"{Decimal(value.value) / known.scale:f}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['set']}-{row['parameter']}-{row['index']}-{row['division']}-{row['day']}")
def test_lookup(row: dict[str, str]) -> None:
    law = load(row["set"])
    index = tuple(row["index"].split(" × ")) if row["index"] else ()
    value = law.lookup(row["parameter"], index, row["division"], date.fromisoformat(row["day"]))
    if value is None:
        assert row["value"] == "" and row["citation"] == ""
        return
    found = (_written(law, row["parameter"], value), value.unit, law.cite(value.citation), "yes" if value.verify else "no")
    assert found == (row["value"], row["unit"], row["citation"], row["verify"])


def test_every_figure_has_a_golden_row() -> None:
    named = {row["parameter"] for row in ROWS}
    assert named >= set(load("quzhou").parameters) - {"size_class_persons", "over_area_tolerance_m2"}
    assert named <= set(load("quzhou").parameters) | set(load("sample-quota").parameters)
