"""The register judged: the same verdicts as the command line gives for the files, stored and never edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jiadi.errors import Refusal
from jiadi.run import kept, pipeline, record
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.policy import actions
from jiadi.server.policy.models import Run, Standing, Verdict
from jiadi.server.register import actions as register
from jiadi.survey.sample.generate import generate

COUNTY = "330802"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    """A county of 300 houses with dirt, judged by the command line's own function."""
    folder: Path = tmp_path_factory.mktemp("county")
    generate(folder, houses=300, seed=3, dirt=0.2)
    return pipeline.judge([folder])


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Media of this test alone."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    yield tmp_path


def test_the_register_gives_the_verdicts_of_the_files(db: Private, media: Path, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    run = actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)
    assert run.verdicts_sha256 == record.verdicts(outcome.judgement)
    assert Run.objects.get().houses == Verdict.objects.count() == Standing.objects.count() == outcome.judgement.houses.height
    stored = dict(Verdict.objects.values_list("key", "verdict"))
    assert stored == dict(outcome.judgement.houses.select("id", "verdict").iter_rows())
    again = kept.load(actions.folder_of(run.id))
    assert again.judgement.houses.equals(outcome.judgement.houses)
    assert again.lawset is not None and outcome.law is not None and again.lawset.sha256 == outcome.law.sha256


def test_the_newest_run_stands_and_the_earlier_one_stays(db: Private, media: Path, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    first = actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)
    second = actions.judge(NOBODY, COUNTY, why="again", on=outcome.on)
    assert first.verdicts_sha256 == second.verdicts_sha256
    assert set(Standing.objects.values_list("run", flat=True)) == {second.id}
    assert Verdict.objects.filter(run=first).count() == first.houses


def test_verdicts_of_other_places_are_not_there(db: Private, media: Path, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)
    narrow(Scope.of(["330803"]))
    assert (Run.objects.count(), Verdict.objects.count(), Standing.objects.count()) == (0, 0, 0)


def test_an_empty_place_is_not_judged(db: Private, media: Path) -> None:
    narrow(EVERYWHERE)
    with pytest.raises(Refusal) as told:
        actions.judge(NOBODY, "330803", why="test")
    assert told.value.code == "nothing_to_judge"
    assert not (media / actions.FOLDER).exists()
