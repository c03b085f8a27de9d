"""The register judged: the same verdicts as the command line gives for the files, stored and never edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from jiadi.errors import Refusal
from jiadi.run import kept, pipeline, record
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.policy import actions, queries, tasks
from jiadi.server.policy.models import Job, Run, Standing, Verdict
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
    assert not (media / queries.FOLDER).exists()


FORM = {"division": COUNTY, "why": "年度判定"}


def asked(browser: Client, outcome: pipeline.Outcome, **more: str) -> Job:
    """A job that a page asked for."""
    answer = browser.post("/runs/new", FORM | {"on": outcome.on.isoformat()} | more)
    assert answer.status_code == 302, answer.content.decode()
    narrow(EVERYWHERE)
    return Job.objects.get(pk=answer["Location"].rsplit("/", 1)[1])


def test_a_run_is_asked_for_done_and_explained(
    db: Private, media: Path, outcome: pipeline.Outcome, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    browser = enter(make_user("manager", "county_manager", COUNTY))
    job = asked(browser, outcome)
    assert "等待" in browser.get(f"/jobs/{job.pk}").content.decode()
    tasks.do(str(job.pk))
    tasks.do(str(job.pk))  # a worker that was killed too late does nothing twice
    narrow(EVERYWHERE)
    run = Run.objects.get()
    assert run.verdicts_sha256 == record.verdicts(outcome.judgement)
    assert f"/runs/{run.id}" in browser.get(f"/jobs/{job.pk}").content.decode()
    page = browser.get(f"/runs/{run.id}").content.decode()
    assert run.verdicts_sha256 in page and "合法" in page
    narrow(EVERYWHERE)
    bad = Verdict.objects.filter(findings__contains="over_area").first()
    assert bad is not None
    with_finding = browser.get(f"/runs/{run.id}?finding=over_area").content.decode()
    assert bad.key in with_finding
    why = browser.get(f"/houses/{bad.house}/verdict").content.decode()
    assert "超占面积" in why and "实测" in why
    browser.post("/preferences", {"language": "en"})
    assert "over area" in browser.get(f"/houses/{bad.house}/verdict?run={run.id}").content.decode()
    printed = browser.get(f"/houses/{bad.house}/verdict.pdf")
    assert printed["Content-Type"] == "application/pdf" and printed.content.startswith(b"%PDF")


def test_houses_of_a_run_come_by_page_and_by_choice(db: Private, media: Path, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    run = actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)
    counted = queries.counts(EVERYWHERE, run)
    assert sum(counted.verdicts.values()) == run.houses == sum(sum(held) for _, held in counted.places)
    every = queries.verdicts(EVERYWHERE, run.id)
    for code, count in counted.findings.items():
        held = list(queries.chosen(every, finding=code).values_list("findings", flat=True))
        assert len(held) == count and all(code in one.split(",") for one in held)
    for verdict, count in counted.verdicts.items():
        assert queries.chosen(every, verdict).count() == count
    village = f"{every[0].division:012}"
    assert {one.division for one in queries.verdicts(Scope.of([village]), run.id)} == {int(village)}


def test_a_job_is_done_with_the_rights_of_that_moment(
    db: Private, media: Path, outcome: pipeline.Outcome, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    manager = make_user("manager", "county_manager", COUNTY)
    browser = enter(manager)
    job = asked(browser, outcome)
    manager.grants.update(to_on=outcome.on)
    tasks.do(str(job.pk))
    narrow(EVERYWHERE)
    job.refresh_from_db()
    assert (job.state, job.fault["code"]) == ("refused", "no_right")
    assert not Run.objects.exists()


def test_what_is_not_begun_can_be_taken_back(
    db: Private, media: Path, outcome: pipeline.Outcome, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    browser = enter(make_user("manager", "county_manager", COUNTY))
    job = asked(browser, outcome)
    assert browser.post(f"/jobs/{job.pk}/cancel").status_code == 302
    tasks.do(str(job.pk))
    narrow(EVERYWHERE)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert browser.post(f"/jobs/{job.pk}/cancel").status_code == 409


def test_what_cannot_be_judged_is_said_on_the_page_of_the_job(
    db: Private, media: Path, outcome: pipeline.Outcome, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    browser = enter(make_user("manager", "county_manager", COUNTY))
    job = asked(browser, outcome)
    tasks.do(str(job.pk))
    assert f"区划{COUNTY}在登记册里没有房屋" in browser.get(f"/jobs/{job.pk}").content.decode()
    assert browser.post("/runs/new", FORM | {"division": "330803"}).status_code == 403
    assert browser.post("/runs/new", FORM | {"division": "abc"}).status_code == 422
    assert not (media / queries.FOLDER).exists()
