"""Writes of programs: the acts of the pages, each done once for its key, whatever is sent twice and whoever comes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from jiadi.server.accounts.actions import create_user, grant
from jiadi.server.accounts.models import Token, User
from jiadi.server.accounts.queries import NOBODY, OPERATOR, token_hash
from jiadi.server.api import once
from jiadi.server.api.models import Answer
from jiadi.server.cases import events
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act, Event
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow, seeing
from jiadi.server.policy.models import Job
from jiadi.server.survey.models import File, Import

COUNTY, TOWNSHIP = "330802", "330802005"
READ, WRITE, ACCEPT = "read_imports", "write_imports", "accept_imports"


class Program:
    """Asks under a token.

    Args:
        shown: the token.
    """

    def __init__(self, shown: str) -> None:
        self.browser = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {shown}"})

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.browser.post(f"/api/v1{path}", json.dumps(body), "application/json", headers=headers)

    def get(self, path: str) -> Any:
        return self.browser.get(f"/api/v1{path}")

    def send(self, path: str, offset: int, piece: bytes) -> Any:
        return self.browser.patch(f"/api/v1{path}", piece, "application/octet-stream", headers={"Upload-Offset": str(offset)})


def program(owner: User, code: str, *permits: str) -> Program:
    shown, until = f"jiadi_{uuid4()}", timezone.localdate() + timedelta(1)
    Token.objects.create(user=owner, name="x", hash=token_hash(shown), hint="x", permits=permits, code=code, to_on=until)
    return Program(shown)


@pytest.fixture
def manager(make_user: Callable[..., User]) -> User:
    return make_user("manager", "county_manager", COUNTY)


@pytest.fixture
def writer(manager: User) -> Program:
    return program(manager, COUNTY, READ, WRITE, ACCEPT, "read_runs", "write_runs")


def made(asks: Program, code: str = TOWNSHIP) -> str:
    answer = asks.post("/imports", {"division": code, "title": "春季交付"})
    assert answer.status_code == 201, answer.content.decode()
    return f"/imports/{answer.json()['id']}"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_import_comes_in_pieces_and_is_checked(writer: Program) -> None:
    place = made(writer)
    file = writer.post(f"{place}/files", {"name": "../户籍.csv", "bytes": 10}).json()
    assert (file["name"], file["received"], file["sha256"]) == ("户籍.csv", 0, None)
    assert code_of(writer.post(f"{place}/check")) == (422, "no_files")
    at = f"{place}/files/{file['id']}"
    assert writer.send(at, 0, b"12345").json()["received"] == 5
    assert code_of(writer.send(at, 0, b"12345")) == (409, "upload_offset")
    assert writer.get(at).json()["received"] == 5
    assert len(writer.send(at, 5, b"67890").json()["sha256"]) == 64
    assert writer.post(f"{place}/check").json()["state"] == "checking"
    assert code_of(writer.post(f"{place}/check")) == (409, "import_moved")
    assert writer.post(f"{place}/cancel").json()["state"] == "open"
    assert writer.browser.delete(f"/api/v1{at}").status_code == 204
    assert code_of(writer.browser.delete(f"/api/v1{at}")) == (404, "not_found")
    assert writer.post(f"{place}/discard").json()["state"] == "discarded"
    narrow(EVERYWHERE)
    last = Act.objects.order_by("number").last()
    assert last and last.word == "discard_import" and json.loads(last.detail)["by_token"] == str(Token.objects.get().pk)


def test_an_import_is_accepted_and_undone_with_the_permit_and_a_reason(manager: User, writer: Program) -> None:
    place = made(writer)
    Import.objects.update(state="checked")
    assert code_of(program(manager, COUNTY, READ, WRITE).post(f"{place}/accept", {"why": "工作需要"})) == (403, "token_permit")
    assert code_of(writer.post(f"{place}/accept", {"why": " "})) == (422, "bad_parameter")
    assert code_of(writer.post(f"{place}/accept", {"why": "工作需要", "keep": [str(uuid4())]})) == (400, "bad_request")
    assert writer.post(f"{place}/accept", {"why": "工作需要"}).json()["state"] == "accepting"
    assert code_of(program(manager, COUNTY, WRITE).post(f"{place}/cancel")) == (403, "no_right")
    assert writer.post(f"{place}/cancel").json()["state"] == "checked"
    assert code_of(writer.post(f"{place}/undo", {"why": "工作需要"})) == (409, "import_moved")
    Import.objects.update(state="accepted")
    assert writer.post(f"{place}/undo", {"why": "工作需要"}).json()["state"] == "undoing"


def test_a_run_is_started_and_taken_back(writer: Program) -> None:
    asked = {"division": TOWNSHIP, "why": "工作需要", "on": "2026-01-01"}
    job = writer.post("/runs", asked)
    assert job.status_code == 202 and job.json()["state"] == "waiting" and job.json()["run"] is None
    assert Job.objects.get().wanted == {"on": "2026-01-01", "law": ""}
    assert writer.get("/jobs").json()["items"] == [job.json()]
    assert writer.post(f"/jobs/{job.json()['id']}/cancel").json()["state"] == "cancelled"
    assert code_of(writer.post(f"/jobs/{job.json()['id']}/cancel")) == (409, "job_moved")
    assert code_of(writer.post("/runs", asked | {"law": "nowhere"})) == (422, "bad_parameter")


def test_a_token_for_one_township_writes_nowhere_else(manager: User, writer: Program) -> None:
    cut = program(manager, TOWNSHIP, READ, WRITE, ACCEPT, "read_runs", "write_runs")
    elsewhere = made(writer, COUNTY)
    assert code_of(cut.post("/imports", {"division": COUNTY, "title": "x"})) == (403, "outside_scope")
    assert code_of(cut.post("/runs", {"division": COUNTY, "why": "工作需要"})) == (403, "outside_scope")
    assert code_of(cut.post(f"{elsewhere}/files", {"name": "a.csv", "bytes": 1})) == (404, "not_found")
    assert cut.get("/imports").json()["items"] == []
    made(cut)
    assert len(cut.get("/imports").json()["items"]) == 1


def test_the_same_write_sent_again_is_answered_as_before(writer: Program) -> None:
    body = {"division": TOWNSHIP, "title": "春季交付"}
    first = writer.post("/imports", body, "the-first-key")
    again = writer.post("/imports", body, "the-first-key")
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (201, first.content, "true")
    assert "Idempotency-Replayed" not in first
    assert Import.objects.count() == 1
    assert code_of(writer.post("/imports", body | {"title": "另一次"}, "the-first-key")) == (422, "key_reused")
    assert code_of(writer.post(f"/imports/{first.json()['id']}/check", None, "the-first-key")) == (422, "key_reused")
    assert writer.post("/imports", body, "the-second-key").status_code == 201
    assert Import.objects.count() == 2


def test_keys_of_one_token_are_not_those_of_another(manager: User, writer: Program) -> None:
    body = {"division": TOWNSHIP, "title": "春季交付"}
    for asks in (writer, program(manager, COUNTY, WRITE)):
        assert "Idempotency-Replayed" not in asks.post("/imports", body, "the-first-key")
    assert Import.objects.count() == 2


def test_a_write_needs_a_key(writer: Program) -> None:
    body = json.dumps({"division": TOWNSHIP, "title": "春季交付"})
    for headers in ({}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "with space and more"}):
        assert code_of(writer.browser.post("/api/v1/imports", body, "application/json", headers=headers)) == (422, "bad_parameter")
    assert not Import.objects.exists()


def test_what_was_refused_is_not_kept(writer: Program) -> None:
    place = made(writer)
    with transaction.atomic():
        assert code_of(writer.post(f"{place}/check", None, "the-check-key")) == (422, "no_files")
        transaction.set_rollback(True)  # as the middleware does with its own transaction
    held = Import.objects.get()
    File.objects.create(division=held.division, of=held, name="a.csv", bytes=1, received=1, sha256="0" * 64)
    assert writer.post(f"{place}/check", None, "the-check-key").status_code == 202


def test_answers_go_after_their_days(writer: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"division": TOWNSHIP, "title": "春季交付"}
    writer.post("/imports", body, "the-first-key")
    assert once.forget() == 0
    Answer.objects.update(at=timezone.now() - timedelta(days=8))
    assert "Idempotency-Replayed" not in writer.post("/imports", body, "the-first-key"), "too old to be the same write"
    Answer.objects.update(at=timezone.now() - timedelta(days=8))
    assert once.forget() == 1


def test_a_session_writes_only_from_our_own_pages(manager: User, enter: Callable[..., Client]) -> None:
    browser = enter(manager)
    browser.handler.enforce_csrf_checks = True
    body, headers = json.dumps({"division": TOWNSHIP, "title": "春季交付"}), {"Idempotency-Key": "the-first-key"}
    assert code_of(browser.post("/api/v1/imports", body, "application/json", headers=headers)) == (403, "form_expired")
    assert not Import.objects.exists()


@pytest.fixture
def settled(committed: str) -> Iterator[Program]:
    """A program in a database that keeps what is committed."""
    with seeing(EVERYWHERE):
        owner = create_user(OPERATOR, "manager", "某甲", "three quiet herons", why="test")
        grant(OPERATOR, owner, "county_manager", COUNTY, timezone.localdate(), None, "test")
        asks = program(owner, COUNTY, WRITE)
    yield asks


def test_of_two_at_the_same_moment_one_does_it_and_both_get_its_answer(settled: Program) -> None:
    begin, shown = Barrier(6), settled.browser.defaults["HTTP_AUTHORIZATION"].partition(" ")[2]

    def ask(_: int) -> Any:
        try:
            begin.wait()
            return Program(shown).post("/imports", {"division": TOWNSHIP, "title": "春季交付"}, "the-only-key")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, range(6)))
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert sum("Idempotency-Replayed" not in one for one in answers) == 1
    with seeing(EVERYWHERE):
        assert Import.objects.count() == 1


def test_who_waits_too_long_is_told_that_it_is_still_going(settled: Program, database: Private, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "WAIT_S", 0.05)
    body = {"division": TOWNSHIP, "title": "春季交付"}
    owner = Token.objects.get().pk
    begun, refused = Barrier(2), Barrier(2)

    def hold() -> None:
        try:
            with transaction.atomic():
                Answer.objects.create(owner=owner, key="the-only-key", fingerprint="", at=timezone.now())
                begun.wait()
                refused.wait()
                transaction.set_rollback(True)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        holds = threads.submit(hold)
        begun.wait()
        answer = settled.post("/imports", body, "the-only-key")
        refused.wait()
        holds.result()
    assert code_of(answer) == (409, "still_going") and answer["Retry-After"] == "2"
    assert settled.post("/imports", body, "the-only-key").status_code == 201


def test_what_was_done_is_told_in_its_order_within_the_scope(manager: User) -> None:
    narrow(EVERYWHERE)
    village, elsewhere = 330802005202, 330803002204
    for word, division in (("judge", village), ("upload", village), ("accept", elsewhere), ("accept", village), ("sign_in", 0)):
        with acting(NOBODY, word, division=division, subject="delivery", subject_id="x", why="某甲 330802197603151230"):
            pass
    told = program(manager, COUNTY, "read_events").get("/events").json()
    assert [(one["kind"], one["subject"]) for one in told["items"]] == [("run_finished", "delivery"), ("import_accepted", "import")]
    assert "某甲" not in str(told) and "330802197603151230" not in str(told)
    first, last = told["items"]
    assert first["number"] < last["number"]
    asks = program(manager, COUNTY, "read_events")
    assert asks.get(f"/events?after={first['number']}").json()["items"] == [last]
    assert asks.get("/events?limit=1").json()["next"] == str(first["number"])
    assert asks.get("/events?kind=run_finished").json()["items"] == [first]
    assert asks.get(f"/events?after={last['number']}").json() == {"items": [], "next": None}


def test_nobody_changes_what_was_told(db: Private) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "judge", division=330802000000):
        pass
    for change in ("UPDATE cases_event SET kind = 'x'", "DELETE FROM cases_event"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_what_is_taken_back_is_told_to_nobody(db: Private) -> None:
    narrow(EVERYWHERE)
    with pytest.raises(ZeroDivisionError), transaction.atomic(), acting(NOBODY, "judge", division=330802000000):
        raise ZeroDivisionError
    assert not Event.objects.exists()


def test_each_act_that_is_told_of_is_one_that_is_done() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in Path(events.__file__).parent.parent.rglob("*.py"))
    assert {word for word in events.kinds() if f'"{word}"' not in code} == set()
