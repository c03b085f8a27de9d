"""Changed law tried on a stored run, and two runs side by side: what the command line says, asked for on a page and done by a worker."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from jiadi.insight import compare as insight_compare
from jiadi.insight import whatif as insight_whatif
from jiadi.run import compare as run_compare
from jiadi.run import pipeline
from jiadi.run import whatif as run_whatif
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.policy import actions, parameters, tasks
from jiadi.server.policy.actions.again import law_of
from jiadi.server.policy.models import Job, Run, Standing
from jiadi.server.register import actions as register
from jiadi.survey.sample.generate import generate

COUNTY = "330802"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    """A county of 200 houses."""
    folder: Path = tmp_path_factory.mktemp("county")
    generate(folder, houses=200, seed=4, dirt=0.1)
    return pipeline.judge([folder])


@pytest.fixture
def run(db: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: pipeline.Outcome) -> Iterator[Run]:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="test")
    yield actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)


@pytest.fixture
def manager(make_user: Callable[..., User], enter: Callable[..., Client]) -> Client:
    return enter(make_user("manager", "county_manager", COUNTY))


def line_of(run: Run, name: str) -> parameters.Line:
    """The value of a figure that is given last."""
    law = law_of(actions.folder_of(run.id) / "run" / "law")
    assert law is not None
    return next(one for one in parameters.figures(law, COUNTY, "zh") if one.name == name).lines[-1]


def done(browser: Client, address: str, sent: dict[str, str]) -> Job:
    answer = browser.post(address, sent)
    assert answer.status_code == 302, answer.content.decode()
    key = answer["Location"].rsplit("/", 1)[1]
    tasks.do(key)
    tasks.do(key)  # a worker that was killed too late does nothing twice
    narrow(EVERYWHERE)
    return Job.objects.get(pk=key)


def test_figures_are_offered_with_value_unit_and_clause(run: Run, manager: Client) -> None:
    assert str(run.id) in manager.get("/whatif/new").content.decode()
    page = manager.get(f"/whatif/new?run={run.id}").content.decode()
    line = line_of(run, "over_area_tolerance_m2")
    assert f'name="a-{line.number}"' in page and line.clause in page and line.value in page and "㎡" in page
    assert "停用" in page


def test_variants_are_tried_as_the_command_line_tries_them(run: Run, manager: Client, tmp_path: Path) -> None:
    line = line_of(run, "over_area_tolerance_m2")
    sent = {"run": str(run.id), "why": "征求意见", f"a-{line.number}": "5", "a-title": "容差放宽", "b-off-over_area": "1"}
    job = done(manager, "/whatif/new", sent)
    assert (job.state, job.code) == ("done", COUNTY), job.fault
    (tmp_path / "v.yaml").write_text(job.wanted["variants"], encoding="utf-8")
    found = run_whatif.whatif_of(actions.folder_of(run.id), tmp_path / "v.yaml")
    held = json.loads((actions.results_of(job.pk) / "zh" / "whatif.json").read_text(encoding="utf-8"))
    assert held == json.loads(json.dumps(insight_whatif.counts(found), default=str))
    assert sum(one["houses_changed"] for one in held["variants"].values()) > 0
    page = manager.get(f"/jobs/{job.pk}/result").content.decode()
    assert "容差放宽" in page and "方案" in page
    report = json.loads((actions.results_of(job.pk) / "zh" / "report.json").read_text(encoding="utf-8"))
    longest = max(range(len(report["tables"])), key=lambda at: report["tables"][at]["rows"])
    whole = report["tables"][longest]["rows"]
    rows, after = 0, 0
    while rows < whole:
        rows += manager.get(f"/jobs/{job.pk}/result?table={longest}&after={after}").content.decode().count("<tr>") - 1
        after += 50
    assert rows == whole
    book = manager.get(f"/jobs/{job.pk}/result.xlsx")
    assert zipfile.is_zipfile(io.BytesIO(book.content)) and "attachment" in book["Content-Disposition"]
    manager.post("/preferences", {"language": "en"})
    assert "What if" in manager.get(f"/jobs/{job.pk}/result").content.decode()
    narrow(EVERYWHERE)
    assert set(Standing.objects.values_list("run", flat=True)) == {run.id}, "what stands is not touched"


@pytest.mark.parametrize(("value", "words"), [("", "没有填写任何改动"), ("many", "over_area_tolerance_m2")])
def test_what_cannot_be_tried_is_told_with_what_was_typed(run: Run, manager: Client, value: str, words: str) -> None:
    line = line_of(run, "over_area_tolerance_m2")
    answer = manager.post("/whatif/new", {"run": str(run.id), "why": "征求意见", f"a-{line.number}": value})
    page = answer.content.decode()
    assert 400 <= answer.status_code < 500 and words in page
    assert f'value="{value}"' in page
    narrow(EVERYWHERE)
    assert not Job.objects.exists()


def test_two_runs_are_compared(run: Run, manager: Client, outcome: pipeline.Outcome) -> None:
    narrow(EVERYWHERE)
    later = actions.judge(NOBODY, COUNTY, why="test", on=outcome.on.replace(year=outcome.on.year + 1))
    job = done(manager, "/compare/new", {"old": str(run.id), "new": str(later.id), "why": "年度比对"})
    assert job.state == "done", job.fault
    found = run_compare.compare(actions.folder_of(run.id), actions.folder_of(later.id))
    held = json.loads((actions.results_of(job.pk) / "zh" / "compare.json").read_text(encoding="utf-8"))
    assert held == json.loads(json.dumps(insight_compare.counts(found), default=str))
    assert manager.get(f"/jobs/{job.pk}/result").status_code == 200
    same = manager.post("/compare/new", {"old": str(run.id), "new": str(run.id), "why": "年度比对"})
    assert same.status_code == 422 and "两次不同的判定" in same.content.decode()


def test_only_who_has_the_right_in_all_of_the_place(run: Run, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    manager = enter(make_user("own", "county_manager", COUNTY))
    line = line_of(run, "over_area_tolerance_m2")
    sent = {"run": str(run.id), "why": "征求意见", f"a-{line.number}": "5"}
    job = done(manager, "/whatif/new", sent)
    for name, role, code, status in (
        ("leader", "city_leader", "3308", 200),
        ("other", "county_manager", "330803", 404),
        ("clerk", "township_clerk", "330802005", 403),
    ):
        browser = enter(make_user(name, role, code))
        assert browser.get(f"/jobs/{job.pk}/result").status_code == status, name
        assert browser.get(f"/jobs/{job.pk}/result.xlsx").status_code == status, name
        assert browser.post("/whatif/new", sent).status_code == {200: 302}.get(status, status), name


def test_what_no_worker_has_begun_is_taken_back(run: Run, manager: Client) -> None:
    line = line_of(run, "over_area_tolerance_m2")
    key = manager.post("/whatif/new", {"run": str(run.id), "why": "征求意见", f"a-{line.number}": "5"})["Location"].rsplit("/", 1)[1]
    assert f"/jobs/{key}/cancel" in manager.get(f"/jobs/{key}").content.decode()
    assert manager.post(f"/jobs/{key}/cancel").status_code == 302
    tasks.do(key)
    narrow(EVERYWHERE)
    assert Job.objects.get(pk=key).state == "cancelled"
    assert manager.get(f"/jobs/{key}/result").status_code == 404
