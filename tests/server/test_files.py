"""Lists and files as pages: what they show, of which day, and what they keep from whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from jiadi.run import pipeline
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.policy import actions
from jiadi.server.policy.models import Standing
from jiadi.server.register import actions as register
from jiadi.server.register import queries
from jiadi.server.register.models import House, Household, Parcel, Person
from jiadi.survey.sample.generate import generate

COUNTY = "330802"
LINKED = re.compile(r'href="/houses/([0-9a-f-]{36})"')


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Outcome:
    folder: Path = tmp_path_factory.mktemp("county")
    generate(folder, houses=150, seed=5, dirt=0)
    return pipeline.judge([folder])


@pytest.fixture
def judged(db: Private, outcome: pipeline.Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A county of 150 houses, judged."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    narrow(EVERYWHERE)
    register.record(NOBODY, outcome.delivery, outcome.linked, why="录入测试县")
    actions.judge(NOBODY, COUNTY, why="test", on=outcome.on)


@pytest.fixture
def manager(judged: None, make_user: Callable[..., User], enter: Callable[..., Client]) -> Client:
    return enter(make_user("manager", "county_manager", COUNTY))


def text_of(browser: Client, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return answer.content.decode()


def test_every_house_is_on_one_page_of_the_list(manager: Client) -> None:
    found: list[str] = []
    page = text_of(manager, "/houses")
    for _ in range(20):
        found += LINKED.findall(page)
        following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        if not following:
            break
        page = text_of(manager, "/houses" + following[1].replace("&amp;", "&"))
    narrow(EVERYWHERE)
    assert sorted(found) == sorted(str(one) for one in House.objects.values_list("id", flat=True))
    assert f"共 {len(found)} 条" in page


def test_a_list_is_cut_to_a_verdict_and_a_division(manager: Client) -> None:
    narrow(EVERYWHERE)
    division = Standing.objects.filter(verdict="lawful").order_by("division").values_list("division", flat=True)[0]
    wanted = {str(one) for one in Standing.objects.filter(verdict="lawful", division=division).values_list("house", flat=True)}
    page = text_of(manager, f"/houses?verdict=lawful&division={division}")
    assert set(LINKED.findall(page)) == wanted and f"共 {len(wanted)} 条" in page
    assert set(LINKED.findall(text_of(manager, f"/houses?division={division}"))) > wanted
    text_of(manager, "/houses?division=x", 404)
    text_of(manager, "/houses?after=x", 404)


def test_divisions_tell_what_each_has(manager: Client) -> None:
    narrow(EVERYWHERE)
    houses, lawful = House.objects.count(), Standing.objects.filter(verdict="lawful").count()
    own = text_of(manager, "/divisions")
    assert f">{houses}</a>" in own and f'verdict=lawful">{lawful}</a>' in own
    township = str(House.objects.order_by("division").values_list("division", flat=True)[0])[:9]
    below = text_of(manager, f"/divisions?division={COUNTY}")
    many = House.objects.filter(Scope.of([township]).where()).count()
    assert f'/houses?division={township}">{many}</a>' in below


def test_the_file_of_a_house_shows_what_belongs_to_it(
    manager: Client, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    narrow(EVERYWHERE)
    house = House.objects.exclude(parcel=None).exclude(household=None).exclude(owner_name=None).order_by("id")[0]
    person = Person.objects.filter(household=house.household).exclude(name=None).order_by("id")[0]
    page = text_of(manager, f"/houses/{house.pk}")
    for said in (house.owner_name, person.name, f"/parcels/{house.parcel_id}", f"/households/{house.household_id}", "录入测试县"):
        assert said in page, said
    assert f"/houses/{house.pk}/verdict" in page and "********" in page and not re.search(r"\d{17}[\dX]", page)
    leader = enter(make_user("leader", "city_leader", "3308"))
    masked = text_of(leader, f"/houses/{house.pk}")
    assert house.owner_name not in masked and person.name not in masked and "*" in masked
    assert str(house.pk) in text_of(manager, f"/houses?q={house.owner_name}")
    for typed in (house.owner_name, house.pinyin, house.initials):
        assert LINKED.findall(text_of(leader, f"/houses?q={typed}")) == [], "a name that is masked is not found out by typing it"
    for address in (f"/parcels/{house.parcel_id}", f"/households/{house.household_id}", f"/persons/{person.pk}"):
        page = text_of(manager, address)
        assert "录入测试县" in page and not re.search(r"\d{17}[\dX]", page)


def test_a_file_is_shown_as_it_was_known(manager: Client) -> None:
    narrow(EVERYWHERE)
    house = House.objects.order_by("id")[0]
    with acting(NOBODY, "correct", why="更正层数", division=house.division), connection.cursor() as cursor:
        later = timezone.now() + timedelta(days=2)
        cursor.execute("SELECT set_config('jiadi.moment', %s, true)", [later.isoformat()])
        House.objects.filter(pk=house.pk).update(storeys=77)
    today = timezone.localdate()
    now, then = text_of(manager, f"/houses/{house.pk}"), text_of(manager, f"/houses/{house.pk}?as_of={today}")
    assert "<dd>77</dd>" in now and "<ins>77</ins>" in now and "更正层数" in now
    assert "<dd>77</dd>" not in then
    assert "当时登记册没有该记录" in text_of(manager, f"/houses/{house.pk}?as_of=2020-01-01")
    text_of(manager, f"/houses/{house.pk}?as_of=x", 404)


def test_a_deleted_row_shows_its_trace(manager: Client) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "fill", why="新增", division=330802005202):
        made = Parcel.objects.create(key="gone", parcel_code="330802005202JC09999", division=330802005202)
    with acting(NOBODY, "remove", why="误登删除", division=330802005202):
        Parcel.objects.filter(pk=made.pk).delete()
    page = text_of(manager, f"/parcels/{made.pk}")
    assert "该记录已删除" in page and "误登删除" in page


def test_search_and_plates_lead_to_the_file(manager: Client) -> None:
    narrow(EVERYWHERE)
    house = House.objects.exclude(owner_name=None).exclude(initials=None).exclude(survey_code=None).order_by("id")[0]
    for text in (house.owner_name, house.pinyin, house.survey_code):
        assert str(house.pk) in text_of(manager, f"/search?q={text}"), text
    assert "没有找到" in text_of(manager, "/search?q=没有此人")
    assert manager.get(f"/p/{house.pk.hex}").headers["Location"] == f"/houses/{house.pk}"
    text_of(manager, "/p/x", 404)


def test_pages_ask_the_database_a_few_times_whatever_they_show(manager: Client, django_assert_max: Callable[..., object]) -> None:
    narrow(EVERYWHERE)
    house = House.objects.exclude(parcel=None).exclude(household=None).order_by("id")[0]
    for address, most in (("/houses", 14), (f"/houses/{house.pk}", 36), ("/divisions", 14), ("/persons", 14), ("/search?q=张", 20)):
        with django_assert_max(most):
            text_of(manager, address)


@pytest.fixture
def django_assert_max() -> Callable[..., object]:
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    class Most(CaptureQueriesContext):
        def __init__(self, most: int) -> None:
            super().__init__(connection)
            self.most = most

        def __exit__(self, *error: object) -> None:
            super().__exit__(*error)
            assert len(self) <= self.most, [one["sql"][:120] for one in self.captured_queries]

    return Most


def test_household_of_another_village_is_not_there(judged: None, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    narrow(EVERYWHERE)
    one, other = (Household.objects.order_by(order)[0] for order in ("division", "-division"))
    assert one.division != other.division
    officer = enter(make_user("officer", "village_officer", f"{one.division:012}"))
    text_of(officer, f"/households/{one.pk}")
    text_of(officer, f"/households/{other.pk}", 404)
    assert queries.count(Scope.of([str(one.division)]), "household") > 0
