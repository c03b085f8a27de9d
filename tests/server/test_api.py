"""The interface for programs: the same scope as the pages, by page, refused in words, and as its description says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register.models import House

VILLAGE, OTHER = 330802005202, 330803002204


@pytest.fixture
def stocked(db: Private) -> None:
    """Five houses here, one elsewhere; the last one here is called by a resident ID."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "furnish", why="test"):
        for number in range(4):
            House.objects.create(division=VILLAGE, key=f"house-{number}", storeys=number or None)
        House.objects.create(division=VILLAGE, key="330802197603151230", owner_name="某甲")
        House.objects.create(division=OTHER, key="elsewhere")


@pytest.fixture
def officer(stocked: None, make_user: Callable[..., User], enter: Callable[..., Client]) -> Client:
    return enter(make_user("officer", "village_officer", str(VILLAGE)))


def test_a_list_comes_by_page_and_within_the_scope(officer: Client) -> None:
    seen: list[dict[str, Any]] = []
    after = ""
    for _ in range(3):
        told = officer.get(f"/api/v1/houses?limit=2{after}").json()
        seen += told["items"]
        after = f"&after={told['next']}"
    assert told["next"] is None
    assert [one["key"] for one in seen] == ["house-0", "house-1", "house-2", "house-3", "330802********1230"]
    assert (seen[0]["storeys"], seen[1]["storeys"], seen[0]["division"]) == (None, 1, str(VILLAGE))
    assert "某甲" not in str(seen)
    assert officer.get("/api/v1/houses?division=330803").json() == {"items": [], "next": None}


def test_what_is_out_of_reach_is_not_there(officer: Client) -> None:
    narrow(EVERYWHERE)
    far = House.objects.get(key="elsewhere").pk
    answers = [officer.get(f"/api/v1/houses/{one}") for one in (far, uuid4())]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_refusal_is_a_problem_in_json(officer: Client, enter: Callable[..., Client]) -> None:
    for answer, status, code in (
        (officer.get("/api/v1/houses?limit=0"), 422, "bad_parameter"),
        (officer.get("/api/v1/houses/nothing"), 422, "bad_parameter"),
        (officer.get("/api/v1/nothing"), 404, "not_found"),
        (enter().get("/api/v1/houses"), 401, "sign_in_needed"),
    ):
        assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (status, "application/problem+json", code)
