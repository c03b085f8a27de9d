"""Two runs compared: each changed house has its cause, the sums agree, and a trial said the same beforehand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from jiadi.insight import compare as insight_compare
from jiadi.policy import whatif_told
from jiadi.run import compare, kept, record, whatif
from jiadi.survey.sample import generate
from tests.policy.edited import edited
from tests.run.runs import altered, digest, judged, run

STARTS = date(2021, 1, 1)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    generate(folder / "in", 300, seed=5, form="columnar")
    judged(folder / "in", folder / "out")
    edited("quzhou", folder / "law", "storeys_max", "3308", STARTS, (), 2)
    judged(folder / "in", folder / "law_changed", "--law", folder / "law")
    return folder


def compared(county: Path, other: str) -> tuple[compare.Compared, dict[str, Any]]:
    found = compare.compare(county / "out", county / other)
    return found, insight_compare.counts(found)


def moved(found: compare.Compared) -> pl.DataFrame:
    return found.houses.filter(pl.col("before") != pl.col("after"))


def assert_sums(found: compare.Compared, counted: dict[str, Any]) -> None:
    """Each house once, and every total that of its run."""
    for end, once in (("old", "removed"), ("new", "added")):
        run_counts = counted[end]["verdicts"]
        for verdict, number in run_counts.items():
            row = counted["matrix"][verdict] if end == "old" else {was: row[verdict] for was, row in counted["matrix"].items()}
            assert sum(row.values()) + counted[once][verdict] == number
    assert sum(counted["causes"].values()) == counted["verdicts_changed"] == moved(found).height
    assert sum(counted["finding_causes"].values()) == found.findings.height
    assert "" not in counted["causes"] and "" not in counted["finding_causes"]


def test_nothing_changed(county: Path) -> None:
    found, counted = compared(county, "out")
    assert found.houses.is_empty() and found.findings.is_empty() and found.inputs.is_empty() and found.layers == ()
    assert counted["both"] == counted["old"]["houses"] and counted["causes"] == {}


def test_a_real_change_of_law_is_what_the_trial_said(county: Path) -> None:
    changes = {"variants": {"v": {"parameters": {"storeys_max": {"3308": {STARTS: 2}}}}}}
    (county / "changes.yaml").write_text(yaml.safe_dump(changes), encoding="utf-8")
    before = digest(county / "out")
    (tried,) = whatif.whatif_of(county / "out", county / "changes.yaml").results
    found, counted = compared(county, "law_changed")
    assert digest(county / "out") == before
    assert (found.matrix == tried.matrix).all()
    assert moved(found).height > 0
    columns = ["id", "before", "after", "appeared", "gone", "effect", "figures", "cause"]
    assert found.houses.select(columns).equals(tried.houses.select(columns))
    assert found.findings.drop("groups").equals(tried.findings)
    assert counted["causes"] == {"law": moved(found).height}
    assert set(counted["things"]) == {"parameter storeys_max"}
    assert_sums(found, counted)


def test_a_fact_is_named_with_its_values(county: Path) -> None:
    altered(county / "in", county / "in_fact", "house", pl.col("storeys") + 1)
    judged(county / "in_fact", county / "fact_changed")
    found, counted = compared(county, "fact_changed")
    assert counted["causes"] == {"fact": moved(found).height}
    assert set(counted["things"]) == {"fact house storeys"}
    assert counted["inputs_changed"] == ["house.parquet"]
    assert found.bench is not None
    told = whatif_told.facts(found.bench.pair, ["fact house storeys"], "zh").filter(pl.col("id") == moved(found)["id"][0])
    ((old, new),) = told.select("old", "new").rows()
    assert int(old.removesuffix("层")) + 1 == int(new.removesuffix("层"))
    assert_sums(found, counted)


def test_several_causes_are_named_together_and_houses_come_and_go(county: Path) -> None:
    altered(county / "in", county / "in_both", "house", pl.col("storeys") + 1, skip=3)
    judged(county / "in_both", county / "both_changed", "--law", county / "law")
    found, counted = compared(county, "both_changed")
    assert counted["causes"]["law+fact"] > 0
    assert found.removed.height == 3
    assert_sums(found, counted)


def test_a_link_is_named(county: Path) -> None:
    every = pl.int_range(pl.len()) % 10 == 0
    gone = [pl.when(every).then(None).otherwise(pl.col("parcel_code")).alias("parcel_code")]
    gone += [pl.when(every).then(pl.lit("某某")).otherwise(pl.col("holder_name")).alias("holder_name")]
    altered(county / "in", county / "in_link", "right", *gone)
    judged(county / "in_link", county / "link_changed")
    found, counted = compared(county, "link_changed")
    assert counted["causes"] == {"link": moved(found).height}
    assert "link right_parcel" in counted["things"]
    assert found.links.filter(kind="right_parcel")["new"].null_count() > 0
    assert_sums(found, counted)


def test_another_parcel_is_a_link(county: Path) -> None:
    altered(county / "in", county / "in_unit", "house", pl.lit(None, dtype=pl.String).alias("unit_code"))
    altered(county / "in_unit", county / "in_moved", "footprint", pl.col("geometry").shift(1).alias("geometry"))
    judged(county / "in_unit", county / "unit")
    judged(county / "in_moved", county / "moved")
    found = compare.compare(county / "unit", county / "moved")
    counted = insight_compare.counts(found)
    assert any("link house_parcel" in cause for cause in found.houses["cause"])
    assert_sums(found, counted)


def test_another_day_of_judging(county: Path) -> None:
    judged(county / "in", county / "earlier", "--on", "2019-06-30")
    found, counted = compared(county, "earlier")
    assert all("day" in cause.split("+") for cause in counted["causes"])
    assert_sums(found, counted)


def test_a_run_that_the_program_tells_otherwise_today(county: Path) -> None:
    import shutil  # noqa: PLC0415

    shutil.copytree(county / "out", county / "old_program")
    place = county / "old_program" / kept.FOLDER / "houses.parquet"
    houses = pl.read_parquet(place)
    first = houses.filter(verdict="lawful")["id"][0]
    houses.with_columns(pl.when(pl.col("id") == first).then(pl.lit("historic")).otherwise("verdict").alias("verdict")).write_parquet(place)
    found, counted = compared(county, "old_program")
    assert moved(found)["id"].to_list() == [first]
    assert counted["causes"] == {"program": 1}


def test_without_any_law(county: Path) -> None:
    shape = county / "old_run"
    if not shape.exists():
        import shutil  # noqa: PLC0415

        shutil.copytree(county / "out", shape)
        for name in (record.RECORD, kept.LINKS, kept.HOUSEHOLDS):
            (shape / kept.FOLDER / name).unlink()
        summary = json.loads((shape / "summary.json").read_text(encoding="utf-8"))
        (shape / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    found, _ = compared(county, "old_run")
    assert found.houses.is_empty() and found.inputs.height > 0
    (county / "changes2.yaml").write_text("variants: {v: {rules: {idle: off}}}", encoding="utf-8")
    (tried,) = whatif.whatif_of(shape, county / "changes2.yaml").results
    assert set(tried.kinds["dimension"]) == {"persons"}


def test_what_is_kept(county: Path) -> None:
    held = record.read(county / "out" / kept.FOLDER)
    assert held is not None
    assert {entry["file"] for entry in held["inputs"]} == {path.name for path in (county / "in").iterdir()}
    assert held["law"]["sha256"] == kept.load(county / "out").summary["law"]["sha256"]
    assert held["on"] == "2025-06-30" and held["program"]
    zones = pl.read_parquet(county / "in" / "zone.parquet")
    assert {entry["kind"]: entry["zones"] for entry in held["layers"]} == dict(zones.group_by("zone_kind").len().iter_rows())
    shuffled = record.layers(zones.rename({"zone_code": "id"}).sample(fraction=1, shuffle=True, seed=1))
    assert shuffled == record.layers(zones.rename({"zone_code": "id"}))
    later = zones.with_columns(pl.lit(date(2020, 1, 1)).alias("designated_on"))
    assert all(
        one["sha256"] != other["sha256"] for one, other in zip(record.layers(later.rename({"zone_code": "id"})), shuffled, strict=True)
    )


def test_no_result_is_refused(county: Path, tmp_path: Path) -> None:
    done = run("compare", county / "out", tmp_path)
    assert done.exit_code == 2 and "不是 jiadi judge 的结果文件夹" in done.output.replace("\n", "")
    inside = run("compare", county / "out", county / "law_changed", "-o", county / "out" / "x")
    assert inside.exit_code == 2 and not (county / "out" / "x").exists()
