"""Every planted dirt is told at its place, and clean cells raise nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jiadi.survey.check import check
from jiadi.survey.read import read
from jiadi.survey.sample import generate

FOUND_WHILE_LINKING = {"name_differs", "house_crosses_parcel", "house_on_several_parcels", "house_outside_parcels"}
NO_LIST = {"empty", "unrecognised", "unreadable", "crs_unknown"}
PLACE = ("file", "sheet", "row", "column", "code")


@pytest.mark.parametrize(
    ("form", "division", "dirt"),
    [("departments", "330802", 0.3), ("departments", "330824", 0.0), ("columnar", "330881", 0.3)],
)
def test_planted_dirt_is_told_and_clean_cells_are_not(form: str, division: str, dirt: float, tmp_path: Path) -> None:
    generate(tmp_path, 300, division=division, seed=11, dirt=dirt, form=form)
    truth = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    planted = [tuple(entry[key] for key in PLACE) for entry in truth["dirt"]]
    delivery = check(read([tmp_path]))
    told = set(delivery.problems.select(PLACE).rows())
    merged = {place for place in told if place[4] == "merged_cell"}
    told -= merged
    assert {place[:2] for place in merged} == {(one["file"], one["sheet"]) for one in truth["layout"] if one["kind"] == "merged_cells"}
    assert {place for place in planted if place[4] not in FOUND_WHILE_LINKING} == told
    assert bool(told) == bool(dirt)
    for entry in delivery.files:
        if (entry["file"], entry["status"] != "read") in {(place[0], place[4] in NO_LIST) for place in planted if place[4] in NO_LIST}:
            continue
        assert entry["status"] == "read" and int(str(entry["rows"])) == int(str(entry["accepted"])) + int(str(entry["refused"]))
