"""Signing in: password, second factor, pauses, sessions; each step an act, and no secret in any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from jiadi.errors import Refusal
from jiadi.server.accounts import actions, entry, passwords, secret
from jiadi.server.accounts.models import Attempt, RecoveryCode, SecondFactor, SignIn, User
from jiadi.server.accounts.queries import OPERATOR, attempt_key
from jiadi.server.cases.models import Act
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow

PASSWORD = "three quiet herons"
COUNTY = "330802"
MakeUser, Enter = Callable[..., User], Callable[..., Client]


def acts() -> list[str]:
    """Words of all acts, the oldest first."""
    narrow(EVERYWHERE)
    return list(Act.objects.order_by("number").values_list("word", flat=True))


def sign_in(browser: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    return browser.post("/sign-in", {"username": name, "password": password}, **more)


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> Iterator[None]:
    """The clock of the server, so much later."""
    moment = timezone.now() + timedelta(**passed)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: moment)
        yield


def enrolled(user: User) -> pyotp.TOTP:
    """Give a user a second factor."""
    made = pyotp.random_base32()
    SecondFactor.objects.create(user=user, sealed=secret.seal(made, user.pk), confirmed_at=timezone.now())
    return pyotp.TOTP(made)


def test_sign_in_and_out(make_user: MakeUser, enter: Enter) -> None:
    make_user("wang.li")
    browser = enter()
    assert browser.get("/account").url == "/sign-in?next=%2Faccount"  # type: ignore[attr-defined]
    before = browser.get("/sign-in").cookies
    assert sign_in(browser, " WANG.Ｌi").status_code == 302
    assert (
        before.get("sessionid") is None and browser.cookies["sessionid"]["httponly"] and browser.cookies["sessionid"]["samesite"] == "Lax"
    )
    assert browser.get("/account").status_code == 200
    assert browser.get("/sign-out").status_code == 405
    assert browser.post("/sign-out")["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.get("/account").status_code == 302
    assert acts()[-2:] == ["sign_in", "sign_out"]


def test_the_session_id_is_new_at_sign_in(make_user: MakeUser, enter: Enter) -> None:
    make_user("wang.li")
    browser = enter()
    session = browser.session
    session["x"] = 1
    session.save()
    planted = browser.cookies["sessionid"].value
    sign_in(browser, "wang.li")
    assert browser.cookies["sessionid"].value != planted
    stolen = enter()
    stolen.cookies["sessionid"] = planted
    assert stolen.get("/account").status_code == 302


def test_a_failure_says_nothing_of_what_was_wrong(make_user: MakeUser, enter: Enter) -> None:
    make_user("known")
    closed = make_user("closed")
    actions.deactivate(OPERATOR, closed, "离职")
    told = [sign_in(enter(), name, word) for name, word in (("known", "wrong password"), ("nobody", PASSWORD), ("closed", PASSWORD))]
    pages = {re.sub(r'value="[^"]*"', "", page.content.decode()) for page in told}
    assert [page.status_code for page in told] == [401] * 3 and len(pages) == 1
    assert acts()[-3:] == ["fail_sign_in"] * 3


def test_where_one_goes_after_signing_in_is_one_of_our_pages(make_user: MakeUser, enter: Enter) -> None:
    make_user("wang.li")
    for wanted, goes in (
        ("/account", "/account"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("javascript:x", "/"),
        ("", "/"),
    ):
        assert sign_in(enter(), "wang.li").url == "/"
        answer = enter().post("/sign-in", {"username": "wang.li", "password": PASSWORD, "next": wanted})
        assert answer.url == goes  # type: ignore[attr-defined]


def test_failures_pause_an_account_and_longer_each_time(make_user: MakeUser, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("wang.li")
    browser = enter()
    for _ in range(5):
        assert sign_in(browser, "wang.li", "wrong").status_code == 401
    held_up = sign_in(browser, "wang.li")
    assert held_up.status_code == 429 and 0 < int(held_up["Retry-After"]) <= 60
    assert acts()[-1] == "pause_sign_in"
    with later(monkeypatch, seconds=61):
        assert sign_in(browser, "wang.li", "wrong").status_code == 401
        assert 60 < int(sign_in(browser, "wang.li")["Retry-After"]) <= 120
    actions.unlock(OPERATOR, user, "本人申请")
    assert sign_in(browser, "wang.li").status_code == 302
    assert Attempt.objects.get(key=attempt_key("account", "wang.li")).failures == 0


def test_a_name_that_nobody_has_is_paused_alike(enter: Enter, db: Private) -> None:
    answers = [sign_in(enter(), "nobody", "wrong").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_an_address_is_paused_whatever_names_it_tries(make_user: MakeUser, enter: Enter) -> None:
    make_user("wang.li")
    for number in range(entry.FREE["address"]):
        assert entry.try_password(f"name{number}", "wrong", "192.0.2.7").code == "wrong_password"  # type: ignore[union-attr]
    assert sign_in(enter(), "wang.li", REMOTE_ADDR="192.0.2.7").status_code == 429
    assert sign_in(enter(), "wang.li", REMOTE_ADDR="192.0.2.8").status_code == 302


def test_a_forwarded_address_counts_only_behind_a_proxy(make_user: MakeUser, enter: Enter) -> None:
    make_user("wang.li")
    for proxies, address in ((0, "127.0.0.1"), (1, "192.0.2.9"), (2, "192.0.2.8"), (3, "127.0.0.1")):
        with override_settings(PROXIES=proxies):
            sign_in(enter(), "wang.li", headers={"x-forwarded-for": "192.0.2.8, 192.0.2.9"})
        assert SignIn.objects.latest("id").address == address


def test_after_a_hundred_failures_only_an_administrator_opens_an_account(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("wang.li")
    Attempt.objects.create(key=attempt_key("account", "wang.li"), failures=99, last_at=timezone.now())
    assert isinstance(entry.try_password("wang.li", "wrong", "192.0.2.1"), Refusal)
    with later(monkeypatch, days=365):
        assert isinstance(entry.try_password("wang.li", PASSWORD, "192.0.2.1"), Refusal)
        actions.unlock(OPERATOR, user, "本人申请")
        assert entry.try_password("wang.li", PASSWORD, "192.0.2.1") == user


def test_two_factors(make_user: MakeUser, enter: Enter) -> None:
    user = make_user("wang.li")
    totp = enrolled(user)
    browser = enter()
    assert sign_in(browser, "wang.li").url == "/sign-in/code"
    assert browser.get("/account").status_code == 302
    assert browser.post("/sign-in/code", {"code": "000000"}).status_code == 401
    assert browser.post("/sign-in/code", {"code": totp.now()}).status_code == 302
    assert browser.get("/account").status_code == 200


def test_a_code_works_once(make_user: MakeUser) -> None:
    user = make_user("wang.li")
    totp = enrolled(user)
    code = totp.now()
    assert entry.try_code(user, code, "192.0.2.1") == user
    assert isinstance(entry.try_code(user, code, "192.0.2.1"), Refusal)


def test_a_code_of_another_time_or_user_does_not_work(make_user: MakeUser) -> None:
    user, other = make_user("wang.li"), make_user("other")
    totp, foreign = enrolled(user), enrolled(other)
    for code in (totp.at(timezone.now() - timedelta(minutes=2)), totp.at(timezone.now() + timedelta(minutes=2)), foreign.now(), ""):
        assert isinstance(entry.try_code(user, code, "192.0.2.1"), Refusal)


def test_guesses_of_codes_are_counted_with_those_of_passwords(make_user: MakeUser) -> None:
    user = make_user("wang.li")
    totp = enrolled(user)
    for _ in range(5):
        entry.try_code(user, "000000", "192.0.2.1")
    told = entry.try_code(user, totp.now(), "192.0.2.1")
    assert isinstance(told, Refusal) and told.code == "paused"


def test_a_code_is_asked_for_within_five_minutes(make_user: MakeUser, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("wang.li")
    totp = enrolled(user)
    browser = enter()
    sign_in(browser, "wang.li")
    with later(monkeypatch, seconds=301):
        assert browser.post("/sign-in/code", {"code": totp.at(timezone.now())}).url == "/sign-in"  # type: ignore[attr-defined]
    assert enter().get("/sign-in/code").status_code == 302


def test_a_second_factor_is_set_up_and_recovery_codes_work_once(make_user: MakeUser, enter: Enter) -> None:
    user = make_user("wang.li")
    browser = enter(user)
    page = browser.get("/account/second-factor").content.decode()
    made = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert made and "<svg" in page
    sealed = bytes(SecondFactor.objects.get(user=user).sealed)
    assert made[1].encode() not in sealed and secret.unseal(sealed, user.pk) == made[1]
    other = enter(user)
    code = pyotp.TOTP(made[1]).now()
    assert browser.post("/account/second-factor", {"code": "000000", "password": PASSWORD}).status_code == 401
    assert browser.post("/account/second-factor", {"code": code, "password": "wrong"}).status_code == 401
    assert other.get("/account").status_code == 200
    shown = browser.post("/account/second-factor", {"code": code, "password": PASSWORD}).content.decode()
    assert other.get("/account").status_code == 302
    codes = re.findall(r"<code>([a-z0-9-]{29})</code>", shown)
    assert len(set(codes)) == entry.CODES
    assert not RecoveryCode.objects.filter(hash__in=codes).exists()
    assert entry.try_code(user, codes[0].upper().replace("-", " "), "192.0.2.1") == user
    assert isinstance(entry.try_code(user, codes[0], "192.0.2.1"), Refusal)
    actions.unlock(OPERATOR, user, "输错多次")
    assert browser.post("/account/second-factor/remove", {"password": "wrong"}).status_code == 401
    renewed = browser.post("/account/recovery-codes", {"password": PASSWORD}).content.decode()
    assert isinstance(entry.try_code(user, codes[1], "192.0.2.1"), Refusal) and codes[1] not in renewed
    assert browser.post("/account/second-factor/remove", {"password": PASSWORD}).status_code == 302
    assert not SecondFactor.objects.filter(user=user).exists()


@pytest.mark.parametrize(("role", "asked"), [("county_manager", True), ("system_administrator", True), ("county_auditor", False)])
def test_outside_of_the_demo_some_rights_call_for_a_second_factor(make_user: MakeUser, enter: Enter, role: str, asked: bool) -> None:
    browser = enter(make_user("wang.li", role, COUNTY))
    with override_settings(DEMO=False):
        answer = browser.get("/")
        assert (answer.status_code, answer.headers.get("Location")) == ((302, "/account/second-factor") if asked else (200, None))
        assert (browser.get("/users").status_code == 302) == asked
        assert browser.get("/account").status_code == 200
    assert browser.get("/").status_code == 200


def test_a_temporary_password_is_changed_first_and_ends(make_user: MakeUser, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("wang.li", "county_manager", COUNTY)
    given = actions.reset_password(OPERATOR, user, "本人申请")
    with later(monkeypatch, days=7.1):
        assert sign_in(enter(), "wang.li", given).status_code == 401
    browser = enter()
    assert sign_in(browser, "wang.li").status_code == 401
    sign_in(browser, "wang.li", given)
    assert browser.get("/users").url == "/account/password"  # type: ignore[attr-defined]
    assert browser.post("/account/password", {"old": given, "new": given}).status_code == 422
    assert browser.post("/account/password", {"old": given, "new": "four loud magpies"}).status_code == 302
    assert browser.get("/users").status_code == 200


@pytest.mark.parametrize("weak", ["short", "12345678901", "password123", "wang.li.1987", "jiadi12345", "家底家底家底家底家底"])
def test_a_weak_password_is_refused(make_user: MakeUser, weak: str) -> None:
    with pytest.raises(Refusal, check=lambda refusal: refusal.code == "weak_password"):
        passwords.check(weak, make_user("wang.li.1987"))


def test_a_change_of_password_ends_all_other_sessions(make_user: MakeUser, enter: Enter) -> None:
    user = make_user("wang.li")
    one, two = enter(user), enter(user)
    assert one.post("/account/password", {"old": "wrong", "new": "four loud magpies"}).status_code == 401
    assert two.get("/account").status_code == 200
    assert one.post("/account/password", {"old": PASSWORD, "new": "four loud magpies"}).status_code == 302
    assert (one.get("/account").status_code, two.get("/account").status_code) == (200, 302)


@pytest.mark.parametrize(("column", "seconds"), [("seen_at", settings.IDLE_SECONDS), ("begun_at", settings.SESSION_COOKIE_AGE)])
def test_a_session_ends_when_idle_and_when_old(make_user: MakeUser, enter: Enter, column: str, seconds: int) -> None:
    browser = enter(make_user("wang.li"))
    for short, status in ((30, 200), (-1, 302)):
        SignIn.objects.update(**{column: timezone.now() - timedelta(seconds=seconds - short)})
        assert browser.get("/account").status_code == status


def test_a_session_in_use_is_noted_as_such(make_user: MakeUser, enter: Enter) -> None:
    browser = enter(make_user("wang.li"))
    SignIn.objects.update(seen_at=timezone.now() - timedelta(minutes=20))
    browser.get("/account")
    assert timezone.now() - SignIn.objects.get().seen_at < timedelta(minutes=1)


def test_sessions_are_listed_and_ended(make_user: MakeUser, enter: Enter) -> None:
    user, other = make_user("wang.li", "county_manager", COUNTY), make_user("other")
    admin = make_user("admin", "system_administrator", COUNTY)
    one, two, third = enter(user), enter(user), enter(other)
    first, second = SignIn.objects.filter(user=user).order_by("id")
    assert str(second.pk) in one.get("/account").content.decode()
    assert third.post(f"/account/sessions/{second.pk}/end").status_code == 404
    assert two.get("/account").status_code == 200
    assert one.post(f"/account/sessions/{second.pk}/end").status_code == 302
    assert two.get("/account").status_code == 302
    assert enter(admin).post(f"/users/{user.pk}/end_sessions", {"why": "手机丢失"}).status_code == 302
    assert one.get("/account").status_code == 302
    first.refresh_from_db()
    assert first.ended_by == admin


def test_no_act_and_no_log_holds_a_secret(make_user: MakeUser, enter: Enter, caplog: pytest.LogCaptureFixture) -> None:
    user = make_user("wang.li")
    browser = enter()
    caplog.set_level("DEBUG")
    for word in ("my-secret-guess-1", PASSWORD):
        sign_in(browser, "wang.li", word)
    browser.post("/account/password", {"old": PASSWORD, "new": "four loud magpies"})
    given = actions.reset_password(OPERATOR, user, "本人申请")
    narrow(EVERYWHERE)
    written = str(list(Act.objects.values())) + caplog.text.replace("'-'", "")
    assert "reset_password" in written
    for hidden in ("my-secret-guess-1", PASSWORD, "four loud magpies", given):
        assert hidden not in written


def test_language_and_type_are_kept(make_user: MakeUser, enter: Enter) -> None:
    browser = enter()
    assert 'lang="zh-Hans"' in browser.get("/sign-in").content.decode()
    browser.post("/preferences", {"language": "en", "next": "/sign-in"})
    browser.post("/preferences", {"large": "1"})
    page = browser.get("/sign-in").content.decode()
    assert '<html lang="en" class="large">' in page and "Sign in" in page
    user = make_user("wang.li")
    own = enter(user)
    own.post("/preferences", {"language": "en"})
    user.refresh_from_db()
    assert (user.language, user.large_type) == ("en", False)
    assert own.post("/preferences", {"language": "xx", "next": "https://evil.example/"}).url == "/"  # type: ignore[attr-defined]


def test_what_is_refused_is_taken_back_and_told_as_it_should_be(make_user: MakeUser, enter: Enter) -> None:
    browser = enter(make_user("wang.li"))
    for path, status in (("/users", 403), ("/nothing", 404), ("/users/0190f5c1-0000-7000-8000-000000000000", 403)):
        page = browser.get(path)
        assert page.status_code == status and "<h1>" in page.content.decode()
    answer = browser.get("/api/v1/nothing")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post("/sign-in", {"username": "a", "password": "b"}).status_code == 403
    assert Client(SERVER_NAME="evil.example").get("/sign-in").status_code == 400


def test_a_failure_shows_a_page_and_no_more(make_user: MakeUser, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = enter(make_user("wang.li"))
    browser.raise_request_exception = False

    def broken(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("jiadi.server.accounts.queries.sign_ins", broken)
    page = browser.get("/account")
    assert page.status_code == 500 and "<h1>" in page.content.decode() and "secret of the inside" not in page.content.decode()


def test_what_is_refused_is_logged_in_one_line_without_the_query(
    enter: Enter, make_user: MakeUser, caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user("wang.li")
    enter(user).get("/users/%0Aforged?q=someone")
    enter(user).get("/users?q=someone")
    lines = [record.getMessage() for record in caplog.records if record.name == "jiadi.server.refusals"]
    assert len(lines) == 2 and all("\n" not in line and "someone" not in line and str(user.pk) in line for line in lines)
    assert "no_right" in lines[1]


def test_every_answer_says_what_a_page_may_do(make_user: MakeUser, enter: Enter) -> None:
    for answer in (enter().get("/sign-in"), enter(make_user("wang.li")).get("/account"), enter().get("/nothing")):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert (answer["Cache-Control"], answer["X-Frame-Options"]) == ("no-store", "DENY")
        assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin")
        text = answer.content.decode()
        assert not re.search(r"\son\w+=|<style|style=|<script(?![^>]*src=\"/static/)|https?://(?!www\.w3\.org/)", text)
