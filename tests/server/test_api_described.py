"""The description of the interface holds: whatever it allows or forbids is answered, never by a failure, and as it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.generation import GenerationMode

from jiadi.server.accounts.models import Token, User
from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.queries import NOBODY, token_hash
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.policy.models import Job
from jiadi.server.refusals import table
from jiadi.server.register.models import House
from jiadi.server.survey.models import File, Import

EXAMPLES = 8
CALLERS = {"public": ("", ""), "officer": ("village_officer", "330802005202"), "manager": ("county_manager", "330802")}


@pytest.fixture
def known(db: Private) -> dict[str, str]:
    """One of each thing that an address names, by the name of its parameter."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "furnish", why="test"):
        house = House.objects.create(division=330802005202, key="house")
    held = Import.objects.create(division=330802000000, code="330802", title="交付")
    file = File.objects.create(division=330802000000, of=held, name="a.csv", bytes=5)
    job = Job.objects.create(division=330802000000, code="330802", why="test")
    return {"house": str(house.pk), "held": str(held.pk), "file": str(file.pk), "job": str(job.pk)}


@pytest.fixture
def browser(make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Client]:
    """Asks as one of CALLERS, under a token for everything; as often as it likes."""
    monkeypatch.setenv("JIADI_TOKEN_RATE", "1000000")
    monkeypatch.setenv("JIADI_ACCOUNT_RATE", "1000000")

    def made(name: str) -> Client:
        role, code = CALLERS[name]
        if not role:
            return Client(SERVER_NAME="localhost", raise_request_exception=False)
        until, everything = timezone.localdate() + timedelta(1), list(permits())
        owner = make_user(name, role, code)
        Token.objects.create(user=owner, name=name, hash=token_hash(name), hint=name[-4:], permits=everything, code=code, to_on=until)
        return Client(SERVER_NAME="localhost", raise_request_exception=False, headers={"Authorization": f"Bearer {name}"})

    return made


@pytest.fixture
def described(browser: Callable[[str], Client], make_user: Callable[..., User], enter: Callable[..., Client]) -> dict[str, Any]:
    held: dict[str, Any] = enter(make_user("reader", "village_officer", "330802005202")).get("/api/openapi.json").json()
    return held


@pytest.mark.parametrize("caller", CALLERS)
def test_no_request_is_a_failure_and_each_answer_is_as_described(
    caller: str, browser: Callable[[str], Client], described: dict[str, Any], known: dict[str, str]
) -> None:
    asks, seen = browser(caller), set()
    schema = schemathesis.openapi.from_dict(described)
    for mode in GenerationMode:
        for operation in schema.get_all_operations():

            @seed(1)
            @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
            @given(operation.ok().as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                told = described["paths"][case.operation.path][case.operation.method]["responses"]
                # Half of the requests name something that is there.
                for name, there in known.items():
                    if name in case.path_parameters and len(str(case.path_parameters[name])) % 2 == 0:
                        case.path_parameters[name] = there
                seen.add((case.method, answer_of(asks, case, told, described["components"])))

            ask()
    assert {status for _, status in seen} >= {"public": {401}, "officer": {200, 403, 422}, "manager": {200, 201, 202, 404, 422}}[caller]


def answer_of(asks: Client, case: Any, told: dict[str, Any], components: dict[str, Any]) -> int:
    """Status of an answer, which must be one of those that are told, with a body as it is told."""
    sent = requests.Request(**without_session(case.as_transport_kwargs(base_url="http://localhost"))).prepare()
    headers = {name: text for name, text in sent.headers.items() if name not in {"Content-Length", "Content-Type", "Authorization"}}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    with transaction.atomic():
        answer = asks.generic(
            str(sent.method), sent.path_url, body, sent.headers.get("Content-Type", "application/octet-stream"), headers=headers
        )
        transaction.set_rollback(True)
    where = f"{sent.method} {sent.path_url} {answer.status_code} {answer.content[:300]!r}"
    assert answer.status_code < 500, where
    if answer.status_code == 404 and answer.json()["code"] == "not_found" and "404" not in told:
        return 404  # the address itself is none
    if answer.status_code == 405:
        return 405
    assert str(answer.status_code) in told, where
    for kind, content in told[str(answer.status_code)].get("content", {}).items():
        assert answer["Content-Type"].partition(";")[0] == kind, where
        jsonschema_rs.validate({**content["schema"], "components": components}, answer.json())
    return int(answer.status_code)


def without_session(sent: dict[str, Any]) -> dict[str, Any]:
    """What requests takes of a request."""
    return {name: held for name, held in sent.items() if name in {"method", "url", "params", "headers", "data", "json"}}


def test_every_refusal_is_described_by_its_code(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, asked in methods.items():
            assert asked["security"], f"{method} {path}"
            codes = {
                code
                for said in asked["responses"].values()
                for kind, content in said.get("content", {}).items()
                if kind == "application/problem+json"
                for code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
            }
            assert codes >= {"too_many", "token_invalid", "no_right"} and codes <= set(table()), f"{method} {path}"
            writes = method == "post"
            assert ("key_reused" in codes) == writes, f"{method} {path}"
            assert any(one["name"] == "Idempotency-Key" and one["required"] for one in asked["parameters"]) == writes, f"{method} {path}"
