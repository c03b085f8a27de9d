"""Tokens for programs: shown once, cut to what they are for, and never further than their owner reaches at that moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from jiadi.server.accounts import actions, queries, rate, secret
from jiadi.server.accounts.models import Attempt, Grant, SecondFactor, Token, User
from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.queries import NOBODY, OPERATOR
from jiadi.server.accounts.roles import rights
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register.models import House

PASSWORD = "three quiet herons"
COUNTY, TOWNSHIP, VILLAGE, OTHER = "330802", "330802005", "330802005202", "330802006202"
MakeUser, Enter = Callable[..., User], Callable[..., Client]


def soon(days: int = 30) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def asked(**changed: Any) -> dict[str, Any]:
    """What the form of a new token holds."""
    held = {"name": "每晚取数", "permits": ["read_houses"], "division_code": COUNTY, "to_on": soon(), "password": PASSWORD}
    return held | changed


def make(browser: Client, **changed: Any) -> str:
    """Make a token on the page, and take what it shows once."""
    answer = browser.post("/account/tokens/new", asked(**changed))
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r"<code>(jiadi_[\w-]{43})</code>", answer.content.decode())
    assert found
    return found[1]


def get(shown: str, address: str = "/api/v1/houses", browser: Client | None = None) -> Any:
    return (browser or Client(SERVER_NAME="localhost")).get(address, headers={"Authorization": f"Bearer {shown}"})


@pytest.fixture
def stocked(db: Private) -> None:
    """A house in each of two villages of different townships."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "furnish", why="test"):
        House.objects.create(division=int(VILLAGE), key="here")
        House.objects.create(division=int(OTHER), key="other")


@pytest.fixture
def manager(stocked: None, make_user: MakeUser, enter: Enter) -> Client:
    return enter(make_user("manager", "county_manager", COUNTY))


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content.decode()
    return [one["key"] for one in answer.json()["items"]]


def test_a_program_asks_with_a_token_within_its_division(manager: Client) -> None:
    assert keys(get(make(manager))) == ["here", "other"]
    cut = make(manager, division_code=VILLAGE)
    assert keys(get(cut)) == ["here"]
    assert keys(get(cut, f"/api/v1/houses?division={COUNTY}")) == ["here"]
    assert keys(get(cut, f"/api/v1/houses?division={OTHER}")) == []


def test_a_token_is_kept_nowhere_and_used_days_are_noted(manager: Client) -> None:
    shown = make(manager)
    kept = Token.objects.get()
    narrow(EVERYWHERE)
    told = [*Act.objects.values_list("detail", flat=True), manager.get("/account/tokens").content.decode(), str(vars(kept))]
    assert not any(shown in text or shown.removeprefix("jiadi_") in text for text in told)
    assert kept.used_on is None and kept.hint == shown[-4:] and kept.hash == queries.token_hash(shown)
    get(shown)
    assert Token.objects.get().used_on == timezone.localdate()
    assert Act.objects.order_by("number").last().word == "make_token"  # type: ignore[union-attr]


def test_a_token_does_only_what_it_was_made_for(manager: Client) -> None:
    shown = make(manager, permits=["read_runs"])
    refused = get(shown)
    assert (refused.status_code, refused.json()["code"]) == (403, "token_permit")
    assert get(shown, "/api/v1/runs").status_code == 200
    held = queries.cut(queries.access(User.objects.get(username="manager"), timezone.localdate()), Token.objects.get())
    assert {right for right in rights() if held.scope(right)} == {"see"}
    assert not held.may("hand_on")


def test_a_wrong_token_is_told_from_none_and_beats_a_session(manager: Client) -> None:
    shown = make(manager)
    for wrong in (shown[:-1] + ("a" if shown[-1] != "a" else "b"), "", "x" * 5000, "jiadi_ü"):
        answer = get(wrong, browser=manager)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert get(make(manager, division_code=VILLAGE), browser=manager).json()["items"][0]["key"] == "here"
    assert len(keys(manager.get("/api/v1/houses", headers={"Authorization": "Basic eDp5"}))) == 2


def test_a_token_opens_no_page(manager: Client) -> None:
    shown = make(manager)
    assert get(shown, "/houses").status_code == 302
    assert get(shown, "/account/tokens").status_code == 302


def test_a_token_reaches_no_further_than_its_owner_does_now(manager: Client, make_user: MakeUser) -> None:
    shown = make(manager)
    assert len(keys(get(shown))) == 2
    narrow(EVERYWHERE)
    owner, given = User.objects.get(username="manager"), Grant.objects.get(user__username="manager")
    actions.grant(OPERATOR, owner, "village_officer", VILLAGE, timezone.localdate(), None, "changes office")
    actions.revoke(OPERATOR, given.pk, "changes office")
    assert keys(get(shown)) == ["here"]
    actions.revoke(OPERATOR, Grant.objects.get(user=owner, revoked_at=None).pk, "leaves")
    assert get(shown).json()["code"] == "no_right"


def test_a_token_is_revoked_by_its_owner_after_a_question(manager: Client) -> None:
    shown, kept = make(manager), Token.objects.get()
    address = f"/account/tokens/{kept.pk}/revoke"
    assert "撤销令牌" in manager.get(address).content.decode()
    assert get(shown).status_code == 200
    assert manager.post(address).status_code == 302
    assert get(shown).json()["code"] == "token_invalid"
    assert manager.post(address).status_code == 409


def test_a_token_is_revoked_by_who_manages_the_account_with_a_reason(manager: Client, make_user: MakeUser, enter: Enter) -> None:
    clerk = make_user("clerk", "township_clerk", TOWNSHIP)
    shown, kept = make(enter(clerk), division_code=TOWNSHIP), Token.objects.get()
    stranger = enter(make_user("stranger", "county_manager", "330803"))
    address = f"/users/{clerk.pk}/tokens/{kept.pk}/revoke"
    assert address in manager.get(f"/users/{clerk.pk}").content.decode()
    assert stranger.post(address, {"why": "工作需要"}).status_code == 404
    assert manager.post(address, {"why": ""}).status_code == 422
    assert get(shown).status_code == 200
    assert manager.post(address, {"why": "系统停用"}).status_code == 302
    assert get(shown).status_code == 401
    act = Act.objects.order_by("number").last()
    assert act and (act.word, act.why, act.subject_id) == ("revoke_token", "系统停用", str(clerk.pk))


def test_a_token_ends_on_its_day_and_with_its_account(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = make(manager, to_on=soon(1))
    tomorrow = timezone.localdate() + timedelta(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "localdate", lambda *_: tomorrow)
        assert get(shown).status_code == 401
    assert get(shown).status_code == 200
    narrow(EVERYWHERE)
    owner = User.objects.get(username="manager")
    actions.deactivate(OPERATOR, owner, "leaves")
    actions.reactivate(OPERATOR, owner, "comes back")
    assert get(shown).status_code == 401


def test_nobody_makes_a_token_beyond_himself(make_user: MakeUser, enter: Enter, stocked: None) -> None:
    officer = enter(make_user("officer", "village_officer", VILLAGE))
    offered = set(re.findall(r'name="permits" value="(\w+)"', officer.get("/account/tokens/new").content.decode()))
    assert offered == {"read_houses", "read_runs", "read_events"}
    for changed, status in (
        ({"division_code": TOWNSHIP}, 403),
        ({"division_code": "x"}, 422),
        ({"division_code": VILLAGE, "permits": ["write_imports"]}, 422),
        ({"division_code": VILLAGE, "permits": []}, 422),
        ({"division_code": VILLAGE, "to_on": timezone.localdate().isoformat()}, 422),
        ({"division_code": VILLAGE, "to_on": soon(4000)}, 422),
        ({"division_code": VILLAGE, "name": " "}, 422),
    ):
        assert officer.post("/account/tokens/new", asked(**changed)).status_code == status, changed
    assert not Token.objects.exists()
    auditor = enter(make_user("auditor", "county_auditor", COUNTY))
    assert 'name="permits"' not in auditor.get("/account/tokens/new").content.decode()


def test_a_token_costs_the_password_and_a_failure_counts(manager: Client) -> None:
    answer = manager.post("/account/tokens/new", asked(password="wrong"))
    assert answer.status_code == 401 and not Token.objects.exists()
    assert Attempt.objects.get(key=queries.attempt_key("account", "manager")).failures == 1


def test_a_token_costs_a_code_where_there_is_a_second_factor(manager: Client) -> None:
    owner, made = User.objects.get(username="manager"), pyotp.random_base32()
    SecondFactor.objects.create(user=owner, sealed=secret.seal(made, owner.pk), confirmed_at=timezone.now())
    assert manager.post("/account/tokens/new", asked()).status_code == 422
    assert manager.post("/account/tokens/new", asked(code="000000")).status_code == 401
    assert make(manager, code=pyotp.TOTP(made).now())


def test_what_the_owner_must_see_to_holds_up_his_programs(manager: Client) -> None:
    shown = make(manager)
    User.objects.update(temporary_until=timezone.now() + timedelta(days=1))
    assert get(shown).json()["code"] == "password_change_needed"
    User.objects.update(temporary_until=None)
    with override_settings(DEMO=False):
        assert get(shown).json()["code"] == "second_factor_needed"


def test_tokens_of_an_account_are_counted(manager: Client) -> None:
    owner = User.objects.get(username="manager")
    for number in range(20):
        Token.objects.create(user=owner, name="x", hash=str(number), code=COUNTY, to_on=timezone.localdate() + timedelta(days=1))
    assert manager.post("/account/tokens/new", asked()).status_code == 409
    Token.objects.filter(hash="0").update(revoked_at=timezone.now())
    assert make(manager)


def test_every_permit_rests_on_rights_that_there_are() -> None:
    assert all(one.rights and one.rights <= rights() for one in permits().values())
    assert not {"reveal", "see_persons", "administer", "audit", "edit"} & {right for one in permits().values() for right in one.rights}


def test_a_token_may_ask_so_often_in_a_minute(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIADI_TOKEN_RATE", "3")
    first, second = make(manager), make(manager)
    assert [get(first).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = get(first)
    assert refused.json()["code"] == "too_many" and 1 <= int(refused["Retry-After"]) <= 20
    assert get(second).status_code == 200, "another token has a count of its own"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_rate SET until = until - interval '1 minute'")
    assert get(first).status_code == 200


def test_an_account_may_ask_so_often_in_a_minute_whatever_its_tokens(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIADI_ACCOUNT_RATE", "3")
    first, second = make(manager), make(manager)
    assert [get(first).status_code, get(second).status_code, manager.get("/api/v1/houses").status_code] == [200, 200, 200]
    assert [get(second).status_code, manager.get("/api/v1/houses").status_code] == [429, 429]
    assert manager.get("/houses").status_code == 200, "pages are not counted"
    assert get("jiadi_wrong").status_code == 401


def test_a_limit_holds_for_several_processes_at_once(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight at the same moment, each on a connection of its own, of which five are let through."""
    monkeypatch.setenv("JIADI_TOKEN_RATE", "5")
    account, token = uuid4(), uuid4()
    begin = Barrier(8)

    def one(_: int) -> int:
        try:
            begin.wait()
            return rate.take(account, token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(one, range(8)))
    assert waits.count(0) == 5
    assert all(1 <= wait <= 12 for wait in waits if wait)
