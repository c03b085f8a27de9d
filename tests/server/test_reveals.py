"""Seeing a number in clear: for a reason, by one act, within the scope, once, and in no log; masking asks nothing of the database."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY, Access
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database import sealing
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.persons import queries
from jiadi.server.persons.rules import reasons
from jiadi.server.register import frames
from jiadi.server.register.frames import STORED
from jiadi.server.register.models import House, Household, Person
from jiadi.server.register.queries import listed, page
from jiadi.server.register.queries.finding import SHOWN
from jiadi.server.register.views.shown import Reader

HERE, NEXT = 330802005202, 330802006202
NUMBER, PHONE = "330802197603151233", "13905701234"


def sealed(table: str, name: str, value: str) -> dict[str, Any]:
    (held,) = sealing.seal_many([value], frames.bound(table, name))
    (found,) = sealing.hash_many([value])
    return {f"{name}_sealed": held, f"{name}_hash": found}


@pytest.fixture
def person(db: Private) -> Person:
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test", division=HERE):
        household = Household.objects.create(division=HERE, key="h")
        House.objects.create(division=HERE, key="house", household=household)
        return Person.objects.create(
            division=HERE,
            key="p",
            name="张三丰",
            household=household,
            **sealed("person", "id_number", NUMBER),
            **sealed("person", "phone", PHONE),
        )


@pytest.fixture
def clerk(person: Person, make_user: Callable[..., User], enter: Callable[..., Client]) -> Client:
    return enter(make_user("clerk", "township_clerk", "330802005"))


def reveals() -> list[Act]:
    narrow(EVERYWHERE)
    return list(Act.objects.filter(word="reveal").order_by("number"))


def test_a_number_is_seen_once_by_one_act(clerk: Client, person: Person, caplog: pytest.LogCaptureFixture) -> None:
    address = f"/persons/{person.pk}/reveal"
    asked = clerk.get(address)
    assert asked.status_code == 200 and "330802********1233" in asked.content.decode() and NUMBER not in asked.content.decode()
    assert reveals() == []
    with caplog.at_level(logging.DEBUG):
        told = clerk.post(address, {"field": ["id_number"], "reason": "identity_check", "text": f"本人持证 {NUMBER}"})
    body = told.content.decode()
    assert told.status_code == 200 and NUMBER in body and PHONE not in body
    assert "no-store" in told.headers["Cache-Control"] and NUMBER not in str(told.headers) + str(told.cookies)
    (act,) = reveals()
    assert (act.subject, act.subject_id, act.division, act.by_name) == ("person", str(person.pk), HERE, "某clerk")
    assert json.loads(act.detail) == {"fields": ["id_number"], "reason": "identity_check"}
    assert act.why == "窗口核验身份：本人持证 330802********1233", "a number that is written into the reason is masked there"
    assert NUMBER not in caplog.text and PHONE not in caplog.text and "张三丰" not in f"{act.why}{act.detail}{act.source}"
    assert NUMBER not in clerk.get(address).content.decode() and len(reveals()) == 1
    both = clerk.post(address, {"field": ["id_number", "phone"], "reason": "other", "text": "电话通知"}).content.decode()
    assert NUMBER in both and PHONE in both and len(reveals()) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"field": ["id_number"]},
        {"field": ["id_number"], "reason": "because"},
        {"field": ["id_number"], "reason": "legal_process", "text": " "},
        {"reason": "identity_check"},
        {"field": ["name"], "reason": "identity_check"},
    ],
)
def test_without_a_reason_or_a_field_nothing_is_seen(clerk: Client, person: Person, data: dict[str, Any]) -> None:
    told = clerk.post(f"/persons/{person.pk}/reveal", data)
    assert told.status_code == 422 and NUMBER not in told.content.decode() and reveals() == []


def test_only_the_right_in_the_scope_sees(person: Person, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    wanted = {"field": ["id_number"], "reason": "identity_check"}
    for role, code, status in (
        ("township_clerk", "330802006", 404),
        ("village_officer", str(HERE), 403),
        ("city_leader", "3308", 403),
        ("county_auditor", "330802", 403),
        ("system_administrator", "330802", 403),
        ("county_manager", "330802", 200),
    ):
        browser = enter(make_user(f"{role}{code}", role, code))
        told = browser.post(f"/persons/{person.pk}/reveal", wanted)
        assert (told.status_code, NUMBER in told.content.decode()) == (status, status == 200), role
    assert len(reveals()) == 1


def test_files_lead_to_the_numbers_where_they_may_be_seen(
    clerk: Client, person: Person, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    narrow(EVERYWHERE)
    house, link = House.objects.get(key="house"), f"/persons/{person.pk}/reveal"
    officer = enter(make_user("officer", "village_officer", str(HERE)))
    for address in (f"/houses/{house.pk}", f"/households/{person.household_id}", f"/persons/{person.pk}"):
        assert link in clerk.get(address).content.decode(), address
        assert link not in clerk.get(address + "?as_of=2999-01-01").content.decode()
        assert link not in officer.get(address).content.decode()


@pytest.mark.parametrize("table", sorted(queries.SEALED))
def test_every_table_with_numbers_has_the_page(table: str, clerk: Client) -> None:
    name = queries.SEALED[table][0]
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test", division=HERE):
        row = STORED[table].objects.create(division=HERE, key="other", **sealed(table, name, NUMBER))
    from jiadi.server.persons.urls import PATHS  # noqa: PLC0415

    told = clerk.post(f"/{PATHS[table]}/{row.pk}/reveal", {"field": [name], "reason": "correction"})
    assert told.status_code == 200 and NUMBER in told.content.decode()


def test_reasons_are_told_in_full() -> None:
    assert {"identity_check", "correction", "legal_process", "other"} <= set(reasons())
    for one in reasons().values():
        assert re.match(r"个人信息保护法 第", one.law) and all(one.title.values())


def test_a_list_that_holds_no_number_asks_for_none(person: Person) -> None:
    reader = Reader(Access(None, (("county_manager", 330802000000),)))
    with CaptureQueriesContext(connection) as asked:
        reader.listing("household", SHOWN["household"], page(listed("household", EVERYWHERE)).rows)
    assert len(asked) == 1


@pytest.mark.parametrize("many", [50, 200])
def test_masking_a_list_asks_the_database_once(db: Private, many: int) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test", division=HERE):
        numbers = [f"3308021976031{one:05}" for one in range(many)]
        Person.objects.bulk_create(
            Person(division=HERE, key=f"p{one}", name="李四", **sealed("person", "id_number", number)) for one, number in enumerate(numbers)
        )
    reader = Reader(Access(None, (("county_manager", 330802000000),)))
    with CaptureQueriesContext(connection) as asked:
        shown = reader.listing("person", SHOWN["person"], page(listed("person", EVERYWHERE), size=many).rows)
    masks = {cell for _, _, cells in shown["rows"] for cell in cells if "*" in cell}
    assert len(asked) == 1 and len(shown["rows"]) == many
    assert masks == {f"{number[:6]}********{number[14:]}" for number in numbers}
    assert not any(number in str(shown["rows"]) for number in numbers)
