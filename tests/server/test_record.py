"""Recording and reading back: the register says exactly what was delivered, and a second time changes nothing."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from django.db import connection

from jiadi.geo import overlay
from jiadi.policy import facts
from jiadi.policy import judge as policy_judge
from jiadi.register.tables import Delivery, Linked
from jiadi.run import lines, pipeline
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.models import Act
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.register import actions, queries
from jiadi.survey.sample.generate import generate

COUNTY = "330802"


@pytest.fixture(scope="session")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    """A county of 300 houses with dirt, judged by the command line's own function."""
    folder: Path = tmp_path_factory.mktemp("county")
    generate(folder, houses=300, seed=3, dirt=0.2)
    return pipeline.judge([folder])


def versions() -> dict[str, int]:
    """Table of versions → rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'register%%version' AND relkind = 'r' ORDER BY relname")
        names = [name for (name,) in cursor.fetchall()]
        counted = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {name}")
            counted[name] = cursor.fetchone()[0]
    return counted


def judged(delivery: Delivery, linked: Linked, outcome: pipeline.Outcome) -> policy_judge.Judgement:
    """Judged as the pipeline does, from lists and links alone."""
    overlaps = pipeline.parcel_overlaps(linked.houses, delivery.tables.get("parcel"))
    drawn = lines.drawn(linked.houses)
    zones = overlay.zone_overlaps(drawn["geometry"], drawn["id"], lines.drawn(delivery.tables["zone"]))
    return policy_judge.judge(facts.build(delivery, linked, overlaps, zones, outcome.on), outcome.law)


def test_what_is_recorded_is_what_was_delivered(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    delivery, linked = queries.tables(EVERYWHERE, COUNTY)
    assert set(delivery.tables) == set(outcome.delivery.tables)
    for name, frame in outcome.delivery.tables.items():
        # What a footprint gives its house is the footprint's.
        looked_at = [column for column in frame.columns if name != "house" or column not in ("geometry", "feature_code")]
        assert delivery.tables[name].select(looked_at).equals(frame.sort("id").select(looked_at)), name
    assert linked.houses.equals(outcome.linked.houses)
    assert linked.households.equals(outcome.linked.households.sort("id"))
    assert linked.pairs.equals(outcome.linked.pairs)
    assert delivery.sources.equals(outcome.delivery.sources)
    assert delivery.delivered_on == outcome.delivery.delivered_on
    assert {*delivery.coverage} == {*outcome.delivery.coverage}


def test_the_register_is_judged_as_the_files_are(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    again = judged(*queries.tables(EVERYWHERE, COUNTY), outcome)
    for name in ("houses", "findings", "unknowns", "proposals"):
        said: pl.DataFrame = getattr(again, name)
        assert said.equals(getattr(outcome.judgement, name)), name
    assert outcome.judgement.findings.height > 20 and outcome.judgement.unknowns.height > 100


def test_the_same_delivery_again_touches_nothing(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    first = actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    before = versions()
    again = actions.record(NOBODY, outcome.delivery, outcome.linked, why="the same files again")
    assert sum(one["added"] for one in first.counts.values()) > 3000
    assert {key: sum(one[key] for one in again.counts.values()) for key in ("added", "changed", "removed", "kept")} == {
        "added": 0,
        "changed": 0,
        "removed": 0,
        "kept": 0,
    }
    after = versions()
    assert after.pop("register_source_version") == 2 * before.pop("register_source_version")
    assert after == before


def test_no_number_of_a_person_is_stored_in_clear(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    numbers = set(outcome.delivery.tables["person"]["id_number"].drop_nulls()) | set(
        outcome.delivery.tables["right"]["holder_id"].drop_nulls()
    )
    assert len(numbers) > 500
    held: list[str] = [str(row) for row in Act.objects.values_list("detail", "why", "source")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'register%%' AND relkind = 'r'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT one::text FROM {name} one")
            held += [text for (text,) in cursor.fetchall()]
    assert len(held) > 9000
    digits = {number[:17].encode().hex() for number in numbers}
    assert [text for text in held if any(number in text for number in list(numbers)[:50])] == []
    assert [text for text in held if any(number in text for number in list(digits)[:50])] == []


def test_a_village_reads_its_own_rows_alone(db: Private, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    actions.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    village = str(outcome.linked.houses["village_code"].drop_nulls().mode().sort()[0])
    narrow(Scope.of([village]))
    delivery, linked = queries.tables(Scope.of([village]), COUNTY)
    assert linked.houses["division_code"].unique().to_list() == [village]
    assert linked.houses.equals(outcome.linked.houses.filter(division_code=village))
    assert delivery.tables["zone"].height == outcome.delivery.tables["zone"].height, "a zone is about all within its county"
    assert delivery.sources.equals(outcome.delivery.sources)
    other = queries.tables(Scope.of(["330803"]), COUNTY)[1]
    assert other.houses.is_empty()
