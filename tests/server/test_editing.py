"""Rows changed by hand: one act each, by the version that was read; nothing is written over, and the own change can be taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from jiadi.errors import Refusal
from jiadi.server.accounts.actions import create_user, grant
from jiadi.server.accounts.models import SignIn, User
from jiadi.server.accounts.queries import NOBODY, OPERATOR, access
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow, seeing
from jiadi.server.register import actions, queries
from jiadi.server.register.actions import news
from jiadi.server.register.models import Approval, House, Household, Interest, Link, Parcel
from tests.server.conftest import PASSWORD

VILLAGE = "330802005202"
HERE = int(VILLAGE)
ID = "330802197603151233"


def furnish() -> House:
    """A house on a parcel, of a household, with an approval."""
    with acting(NOBODY, "enter", why="test"):
        land = Parcel.objects.create(division=HERE, key="p", parcel_code="330802005202JC00001", stated_area_m2=120.0)
        home = Household.objects.create(division=HERE, key="f", household_code="f", head_name="张三", size=4)
        house = House.objects.create(
            division=HERE, key="a", survey_code="a", owner_name="张三", storeys=3, use="residence", parcel=land, household=home
        )
        Approval.objects.create(division=HERE, key="x", approval_code="字1号", approved_on=date(2010, 3, 5), approved_area_m2=110.0)
        for kind, left, right in (("house_parcel", "a", "p"), ("house_household", "a", "f"), ("approval_parcel", "x", "p")):
            Link.objects.create(division=HERE, kind=kind, left_key=left, right_key=right, state="linked", score=1.0, reason="test")
    return house


@pytest.fixture
def house(db: Private) -> House:
    narrow(EVERYWHERE)
    return furnish()


@pytest.fixture
def officer(make_user: Callable[..., User]) -> User:
    return make_user("officer", "village_officer", VILLAGE, "王村干")


def sent(browser: Client, address: str, **more: str) -> dict[str, str]:
    """What the form of a page sends when nothing is changed, and what is."""
    page = browser.get(address).content.decode()
    marked = page.split('name="version" value="')[1].split('"')[0]
    return {"version": marked, "why": "入户核对", **more}


def now(one: Any) -> Any:
    narrow(EVERYWHERE)
    return type(one).objects.get(pk=one.pk)


def test_cells_are_changed_in_one_act_with_reason_and_source(house: House, officer: User, enter: Callable[..., Client]) -> None:
    browser, address = enter(officer), f"/houses/{house.pk}/edit"
    told: list[news.Touched] = []

    def heard(sender: object, touched: news.Touched, **more: object) -> None:
        told.append(touched)

    news.changed.connect(heard)
    try:
        more = {"storeys": "４层", "structure": "mixed", "height_m": "10.005", "built_year": "1998", "built_month": "", "source": "字7号"}
        answer = browser.post(address, sent(browser, address, **more))
    finally:
        news.changed.disconnect(heard)
    assert (answer.status_code, answer["Location"]) == (302, f"/houses/{house.pk}")
    again = now(house)
    assert (again.storeys, again.structure, again.height_m, again.built_year, again.owner_name) == (4, "mixed", 10.01, 1998, "张三")
    act = Act.objects.get(word="edit")
    assert (act.by, act.why, act.source, act.subject, act.subject_id) == (officer.pk, "入户核对", "字7号", "house", str(house.pk))
    assert told[0].act == act.id and told[0].houses == {house.pk} and told[0].parcels == {house.parcel_id}
    page = browser.get(f"/houses/{house.pk}").content.decode()
    assert "<del>3</del> → <ins>4</ins>" in page and "入户核对" in page and "撤回我的这次操作" in page


@pytest.mark.parametrize(
    ("cell", "typed", "words"),
    [
        ("storeys", "三层", "请填数字"),
        ("storeys", "2.5", "请填数字"),
        ("storeys", "99", "可信范围 1～60"),
        ("built_year", "2999", "可信范围"),
        ("structure", "paper", "paper"),
        ("parcel_code", "330802", "19 位"),
        ("unit_code", "1", "28 位"),
    ],
)
def test_what_cannot_be_is_told_beside_the_cell(
    house: House, officer: User, enter: Callable[..., Client], cell: str, typed: str, words: str
) -> None:
    browser, address = enter(officer), f"/houses/{house.pk}/edit"
    answer = browser.post(address, sent(browser, address, **{cell: typed, "facade": "painted"}))
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Act.objects.filter(word="edit").exists()


def test_unknown_is_a_choice_and_half_a_day_is_no_blank(house: House, officer: User, enter: Callable[..., Client]) -> None:
    browser, address = enter(officer), f"/houses/{house.pk}/edit"
    assert browser.post(address, sent(browser, address, use="", storeys="")).status_code == 302
    assert (now(house).use, now(house).storeys, now(house).unreadable) == (None, None, None)
    narrow(EVERYWHERE)
    approval = Approval.objects.get()
    address = f"/approvals/{approval.pk}/edit"
    assert browser.post(address, sent(browser, address, approved_on="2010年3月", back="/divisions"))["Location"] == "/divisions"
    assert (now(approval).approved_on, now(approval).unreadable) == (None, "approved_on")
    assert browser.post(address, sent(browser, address, approved_on="2010-03-06")).status_code == 302
    assert (now(approval).approved_on, now(approval).unreadable) == (date(2010, 3, 6), None)
    lacking = browser.post(address, sent(browser, address, approval_code=""))
    assert lacking.status_code == 422 and "批准文号" in lacking.content.decode()
    outside = browser.post(address, sent(browser, address, approved_area_m2="100", back="https://elsewhere.example/"))
    assert outside["Location"] == "/parcels"


def test_a_number_of_a_person_is_sealed_shown_masked_and_in_no_act(house: House, officer: User, enter: Callable[..., Client]) -> None:
    narrow(EVERYWHERE)
    home = Household.objects.get()
    browser, address = enter(officer), f"/households/{home.pk}/edit"
    assert browser.post(address, sent(browser, address, head_id=ID[:-1] + "1")).status_code == 422
    assert browser.post(address, sent(browser, address, head_id=ID, head_name="李四")).status_code == 302
    kept = now(home)
    assert ID.encode() not in bytes(kept.head_id_sealed) and kept.head_id_hash is not None
    page = browser.get(address).content.decode()
    assert ID not in page and "330802********1233" in page
    act = Act.objects.filter(word="edit").latest("number")
    assert ID not in act.detail and "李四" not in act.detail and "head_id" in act.detail
    assert browser.post(address, sent(browser, address, size="5", head_id="")).status_code == 302
    assert now(home).head_id_hash == kept.head_id_hash
    assert browser.post(address, sent(browser, address, head_id="未知")).status_code == 302
    assert now(home).head_id_sealed is None


def test_who_may_change_what(house: House, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    address = f"/houses/{house.pk}/edit"
    for name, role, code, status in (
        ("grid", "grid_worker", VILLAGE, 403),
        ("leader", "city_leader", "3308", 403),
        ("neighbour", "village_officer", "330802005203", 404),
        ("clerk", "township_clerk", "330802005", 200),
    ):
        assert enter(make_user(name, role, code)).get(address).status_code == status, name
    grid = enter(User.objects.get(username="grid"))
    assert grid.post(address, {"version": "1", "storeys": "9", "why": "入户核对"}).status_code == 403
    assert "修改" not in grid.get(f"/houses/{house.pk}").content.decode()


def test_nothing_is_no_change_and_a_reason_is_asked_for(house: House, officer: User, enter: Callable[..., Client]) -> None:
    browser, address = enter(officer), f"/houses/{house.pk}/edit"
    same = browser.post(address, sent(browser, address, storeys="3"))
    assert same.status_code == 422 and "没有任何改动" in same.content.decode()
    assert browser.post(address, sent(browser, address, storeys="4") | {"why": ""}).status_code == 422
    assert now(house).storeys == 3


def test_the_later_one_sees_both_and_chooses_cell_by_cell(
    house: House, officer: User, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    first, second, address = enter(officer), enter(make_user("clerk", "township_clerk", "330802005")), f"/houses/{house.pk}/edit"
    early, late = (sent(one, address) for one in (first, second))
    mine = {"storeys": "5", "structure": "mixed"}
    assert first.post(address, early | {"storeys": "4", "vacancy": "seasonal"}).status_code == 302
    clash = second.post(address, late | mine)
    page = clash.content.decode()
    assert clash.status_code == 409 and "王村干" in page and "两人都改了" in page
    assert (now(house).storeys, now(house).structure, now(house).vacancy) == (4, None, "seasonal")
    version = page.split('name="version" value="')[1].split('"')[0]
    assert page.count('value="theirs" required checked') == 1 and page.count('value="mine" required checked') == 1
    chosen = {"version": version, "why": "合并", "vacancy": "", "choice-vacancy": "theirs", "choice-structure": "mine"}
    assert second.post(address, chosen | mine | {"choice-storeys": "theirs"}).status_code == 302
    assert (now(house).storeys, now(house).structure, now(house).vacancy) == (4, "mixed", "seasonal")
    # Whoever comes between the page of the clash and its button is seen again.
    assert second.post(address, chosen | mine | {"choice-storeys": "mine"}).status_code == 409


@pytest.fixture
def two(committed: str) -> Iterator[tuple[House, list[User]]]:
    """A house and two officers that are there for every connection."""
    with seeing(EVERYWHERE):
        made = furnish()
        users = []
        for name in ("officer", "deputy"):
            user = create_user(OPERATOR, name, name, PASSWORD, why="test")
            grant(OPERATOR, user, "village_officer", VILLAGE, timezone.localdate(), None, "test")
            users.append(user)
    yield made, users


def entered(user: User) -> Client:
    browser, moment = Client(SERVER_NAME="localhost"), timezone.now()
    browser.force_login(user)
    session = browser.session
    session["sign_in"] = str(SignIn.objects.create(user=user, begun_at=moment, seen_at=moment, address="127.0.0.1").pk)
    session.save()
    return browser


def test_of_two_sessions_at_once_one_is_told(two: tuple[House, list[User]]) -> None:
    """While one transaction is open the other waits, and then sees what the first one wrote."""
    house, (officer, deputy) = two
    browser, address = entered(deputy), f"/houses/{house.pk}/edit"
    late = sent(browser, address, storeys="5")
    answers: list[Any] = []

    def post() -> None:
        answers.append(browser.post(address, late))
        connection.close()

    other = threading.Thread(target=post)
    who = access(officer, timezone.localdate())
    with seeing(who.whole):
        actions.edit(who, "house", house.pk, queries.version_of("house", house.pk), {"storeys": 4}, why="入户核对")
        other.start()
        other.join(0.5)
        assert other.is_alive(), "the later one waits for the earlier one"
    other.join(30)
    assert answers[0].status_code == 409 and "修改冲突" in answers[0].content.decode()
    with seeing(EVERYWHERE):
        assert House.objects.get(pk=house.pk).storeys == 4
        assert Act.objects.filter(word="edit").count() == 1


def test_many_sessions_at_once_lose_nothing(two: tuple[House, list[User]]) -> None:
    """Ten changes by ten threads of the version that all of them read: one is saved, nine are told."""
    house, users = two
    browsers = [entered(users[number % 2]) for number in range(10)]
    sheets = [sent(one, f"/houses/{house.pk}/edit", storeys=str(10 + number)) for number, one in enumerate(browsers)]
    answers: list[int] = []

    def post(number: int) -> None:
        answers.append(browsers[number].post(f"/houses/{house.pk}/edit", sheets[number]).status_code)
        connection.close()

    threads = [threading.Thread(target=post, args=(number,)) for number in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(answers) == [302, *[409] * 9]


def test_what_is_no_more_leaves_its_trace_and_comes_back(house: House, officer: User, enter: Callable[..., Client]) -> None:
    browser, address = enter(officer), f"/houses/{house.pk}/end"
    answer = browser.post(address, sent(browser, address, cause="demolished", on="2026-05-01"))
    assert answer.status_code == 302
    narrow(EVERYWHERE)
    assert not House.objects.exists() and not Link.objects.filter(left_key="a").exists()
    page = browser.get(f"/houses/{house.pk}").content.decode()
    assert "该记录已删除" in page and "撤回我的这次操作" in page
    act = Act.objects.get(word="end")
    assert browser.post(f"/acts/{act.pk}/take-back", {"why": "拆错了"}).status_code == 302
    again = now(house)
    assert (again.storeys, again.parcel_id, again.key) == (3, house.parcel_id, "a")
    assert Link.objects.filter(left_key="a").count() == 2
    assert browser.post(f"/acts/{act.pk}/take-back", {"why": "再撤"}).status_code == 409


def test_what_others_hang_on_is_not_taken_out(house: House, officer: User, enter: Callable[..., Client]) -> None:
    browser, address = enter(officer), f"/parcels/{house.parcel_id}/end"
    answer = browser.post(address, sent(browser, address, cause="other"))
    assert answer.status_code == 409 and "还有1条" in answer.content.decode()
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test"):
        Interest.objects.create(division=HERE, kind="use", house=house, holder_name="甲", valid_from=date(2000, 1, 1))
    assert browser.post(f"/houses/{house.pk}/end", sent(browser, f"/houses/{house.pk}/end", cause="other")).status_code == 409
    with acting(NOBODY, "enter", why="test"):
        narrow(EVERYWHERE)
        Interest.objects.update(valid_to=date(2010, 1, 1))
    assert browser.post(f"/houses/{house.pk}/end", sent(browser, f"/houses/{house.pk}/end", cause="other")).status_code == 302


def test_only_the_own_change_is_taken_back_and_only_while_it_stands(
    house: House, officer: User, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    browser, other, address = enter(officer), enter(make_user("clerk", "township_clerk", "330802005")), f"/houses/{house.pk}/edit"
    assert browser.post(address, sent(browser, address, storeys="4")).status_code == 302
    act = Act.objects.get(word="edit")
    assert other.post(f"/acts/{act.pk}/take-back", {"why": "不对"}).status_code == 403
    assert "撤回" not in other.get(f"/houses/{house.pk}").content.decode()
    assert browser.post(f"/acts/{act.pk}/take-back", {"why": ""}).status_code == 422
    assert browser.post(f"/acts/{act.pk}/take-back", {"why": "看错了"}).status_code == 302
    assert now(house).storeys == 3
    assert browser.post(address, sent(browser, address, storeys="4")).status_code == 302
    assert other.post(address, sent(other, address, facade="bare")).status_code in (302, 422)
    assert other.post(address, sent(other, address, height_m="9")).status_code == 302
    last = Act.objects.filter(word="edit", by=officer.pk).latest("number")
    assert browser.post(f"/acts/{last.pk}/take-back", {"why": "看错了"}).status_code == 409
    assert (now(house).storeys, now(house).height_m) == (4, 9.0)


def test_without_an_act_the_database_refuses(house: House) -> None:
    with pytest.raises(DatabaseError, match="without an act"), transaction.atomic():
        House.objects.filter(pk=house.pk).update(storeys=9)


def test_a_version_of_another_row_is_no_version(house: House, officer: User) -> None:
    who = access(officer, timezone.localdate())
    with pytest.raises(Refusal) as told:
        actions.edit(who, "house", house.pk, 10**9, {"storeys": 4}, why="入户核对")
    assert told.value.code == "no_such_row"
