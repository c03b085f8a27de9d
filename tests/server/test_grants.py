"""Who may give what to whom: role, division and days inside the own grant, never to oneself, powers apart; revoked at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.server.accounts import actions, queries
from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import NOBODY, OPERATOR, Access, access
from jiadi.server.accounts.roles import roles
from jiadi.server.cases.models import Act
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow

COUNTY, TOWNSHIP, VILLAGE = "330802", "330802005", "330802005202"
ELSEWHERE = "330803"
MakeUser, Enter = Callable[..., User], Callable[..., Client]


def today() -> date:
    return timezone.localdate()


def of(user: User) -> Access:
    return access(user, today())


def refused(code: str) -> object:
    """An act that is refused for this reason."""
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def give(giver: Access, user: User, role: str, code: str, days: int = 0, until: int | None = None, cause: str = "工作需要") -> Grant:
    to_on = None if until is None else today() + timedelta(until)
    return actions.grant(giver, user, role, code, today() + timedelta(days), to_on, cause)


def test_a_grant_lies_inside_the_givers(make_user: MakeUser) -> None:
    manager, other = make_user("manager", "county_manager", COUNTY), make_user("other")
    given = give(of(manager), other, "village_officer", VILLAGE)
    assert (given.division, given.granted_by, given.cause) == (int(VILLAGE), manager, "工作需要")
    assert of(other).held == (("village_officer", int(VILLAGE)),)
    act = Act.objects.order_by("number").last()
    assert act and (act.word, act.division, act.subject_id, act.why) == ("grant", int(VILLAGE), str(other.pk), "工作需要")


@pytest.mark.parametrize(
    ("role", "code", "days", "until", "why"),
    [
        ("county_manager", COUNTY, 0, None, "grant_role"),
        ("system_administrator", COUNTY, 0, None, "grant_role"),
        ("county_auditor", COUNTY, 0, None, "grant_role"),
        ("no_such_role", COUNTY, 0, None, "grant_role"),
        ("township_clerk", f"{ELSEWHERE}005", 0, None, "grant_division"),
        ("village_officer", TOWNSHIP, 0, None, "grant_level"),
        ("township_clerk", COUNTY, 0, None, "grant_level"),
        ("village_officer", "３３0802005202", 0, None, "division_code"),
        ("village_officer", "", 0, None, "division_code"),
        ("village_officer", VILLAGE, -1, None, "grant_period"),
        ("village_officer", VILLAGE, 3, 3, "grant_period"),
        ("village_officer", VILLAGE, 3, 2, "grant_period"),
    ],
)
def test_what_lies_outside_is_refused(make_user: MakeUser, role: str, code: str, days: int, until: int | None, why: str) -> None:
    manager, other = make_user("manager", "county_manager", COUNTY), make_user("other")
    with refused(why):
        give(of(manager), other, role, code, days, until)
    assert not Grant.objects.filter(user=other).exists()


@pytest.mark.parametrize("role", sorted(roles()))
def test_who_hands_on_nothing_grants_nothing(make_user: MakeUser, role: str) -> None:
    level = roles()[role].levels[-1]
    giver, other = make_user("giver", role, VILLAGE[:level]), make_user("other")
    for wanted in set(roles()) - roles()[role].grants:
        with refused("grant_role"):
            give(of(giver), other, wanted, VILLAGE[: roles()[wanted].levels[-1]])


@pytest.mark.parametrize(("until", "fits"), [(9, True), (10, True), (11, False), (None, False)])
def test_days_lie_inside_the_givers(make_user: MakeUser, until: int | None, fits: bool) -> None:
    manager, other = make_user("manager"), make_user("other")
    give(OPERATOR, manager, "county_manager", COUNTY, 0, 10)
    if fits:
        assert give(of(manager), other, "village_officer", VILLAGE, 0, until)
    else:
        with refused("grant_dates"):
            give(of(manager), other, "village_officer", VILLAGE, 0, until)


def test_nobody_grants_to_himself(make_user: MakeUser) -> None:
    for role, code in (("county_manager", COUNTY), ("system_administrator", COUNTY)):
        user = make_user(role.replace("_", "."), role, code)
        with refused("yourself"):
            give(of(user), user, "village_officer", VILLAGE)


@pytest.mark.parametrize(("first", "second"), [("county_manager", "system_administrator"), ("system_administrator", "county_auditor")])
def test_powers_stay_in_two_hands(make_user: MakeUser, first: str, second: str) -> None:
    user = make_user("user")
    held = give(OPERATOR, user, first, COUNTY, 5, 10)
    for days, until in ((0, None), (0, 6), (9, 20), (6, 8)):
        with refused("separate_powers"):
            give(OPERATOR, user, second, COUNTY, days, until)
    give(OPERATOR, user, second, COUNTY, 0, 5)
    give(OPERATOR, user, second, COUNTY, 10, None)
    actions.revoke(OPERATOR, held.pk, "换岗")
    give(OPERATOR, user, second, COUNTY, 5, 10)


def test_the_same_grant_is_given_once(make_user: MakeUser) -> None:
    user = make_user("user", "village_officer", VILLAGE)
    with refused("grant_twice"):
        give(OPERATOR, user, "village_officer", VILLAGE, 3)


@pytest.mark.parametrize("why", ["", " ", "x", " x "])
def test_nothing_is_done_without_a_reason(make_user: MakeUser, why: str) -> None:
    user = make_user("user", "village_officer", VILLAGE)
    held = Grant.objects.get(user=user)
    for act in (
        lambda: give(OPERATOR, user, "grid_worker", VILLAGE, cause=why),
        lambda: actions.revoke(OPERATOR, held.pk, why),
        lambda: actions.deactivate(OPERATOR, user, why),
        lambda: actions.reset_password(OPERATOR, user, why),
        lambda: actions.create_user(OPERATOR, "another", "某人", "three quiet herons", why=why),
    ):
        with refused("reason_missing"):
            act()


def test_a_revocation_works_on_the_next_request(make_user: MakeUser, enter: Enter) -> None:
    """Two browsers: while one is signed in, the other takes the right away."""
    admin = make_user("admin", "system_administrator", COUNTY)
    manager = make_user("manager", "county_manager", COUNTY)
    one, two = enter(manager), enter(admin)
    assert one.get("/users").status_code == 200
    held = Grant.objects.get(user=manager)
    assert two.post(f"/grants/{held.pk}/revoke", {"why": "换岗"}).status_code == 302
    assert one.get("/users").status_code == 403
    assert one.get("/").status_code == 200
    assert two.post(f"/users/{manager.pk}/deactivate", {"why": "离职"}).status_code in {302, 404}
    held.refresh_from_db()
    assert held.revoked_by == admin and held.revoked_at is not None


def test_a_closed_account_is_out_on_the_next_request(make_user: MakeUser, enter: Enter) -> None:
    admin, manager = make_user("admin", "system_administrator", COUNTY), make_user("manager", "county_manager", COUNTY)
    one, two = enter(manager), enter(admin)
    assert one.get("/account").status_code == 200
    assert two.post(f"/users/{manager.pk}/deactivate", {"why": "离职"}).status_code == 302
    assert one.get("/account").status_code == 302
    assert two.post(f"/users/{manager.pk}/reactivate", {"why": "返岗"}).status_code == 302
    assert one.get("/account").status_code == 302


def test_a_grant_revoked_twice_or_elsewhere_is_refused(make_user: MakeUser) -> None:
    manager, officer = make_user("manager", "county_manager", COUNTY), make_user("officer", "village_officer", VILLAGE)
    foreign = make_user("foreign", "village_officer", f"{ELSEWHERE}002204")
    peer = make_user("peer", "county_manager", COUNTY)
    held, theirs, same = (Grant.objects.get(user=user) for user in (officer, foreign, peer))
    for unseen in (theirs.pk, same.pk, uuid4()):
        with refused("not_found"):
            actions.revoke(of(manager), unseen, "试试")
    actions.revoke(of(manager), held.pk, "换岗")
    with refused("revoked_already"):
        actions.revoke(of(manager), held.pk, "换岗")


def test_nobody_takes_over_an_account_that_holds_more(make_user: MakeUser) -> None:
    """A password reset of one's superior, or of a colleague who also works elsewhere, would be a way up."""
    clerk = make_user("clerk", "township_clerk", TOWNSHIP)
    both = make_user("both", "village_officer", VILLAGE)
    give(OPERATOR, both, "county_manager", COUNTY, 30)
    boss = make_user("boss", "county_manager", COUNTY)
    for act in (actions.reset_password, actions.deactivate, actions.reset_second_factor, actions.unlock, actions.end_sessions):
        with refused("beyond_you"):
            act(of(clerk), both, "试试")
        with refused("not_found"):
            act(of(clerk), boss, "试试")
        with refused("yourself"):
            act(of(clerk), clerk, "试试")


def test_only_who_hands_on_makes_accounts(make_user: MakeUser) -> None:
    for role, code in (("village_officer", VILLAGE), ("county_auditor", COUNTY), ("city_leader", "3308")):
        with refused("no_right"):
            actions.create_user(of(make_user(role, role, code)), "fresh", "某人", "three quiet herons", why="工作需要")
    with refused("no_right"):
        actions.create_user(NOBODY, "fresh", "某人", "three quiet herons", why="工作需要")
    clerk = make_user("clerk", "township_clerk", TOWNSHIP)
    made = actions.create_user(of(clerk), " Ｆresh ", "某人", "three quiet herons", why="工作需要")
    assert (made.username, made.created_by) == ("fresh", clerk) and made.temporary_until is not None
    with refused("username_taken"):
        actions.create_user(of(clerk), "FRESH", "另一人", "three quiet herons", why="工作需要")
    for name in ("a b", "x", "名字", "a" * 65, "a'--"):
        with refused("username_form"):
            actions.create_user(of(clerk), name, "某人", "three quiet herons", why="工作需要")


def test_who_sees_which_accounts(make_user: MakeUser) -> None:
    manager = make_user("manager", "county_manager", COUNTY)
    clerk = make_user("clerk", "township_clerk", TOWNSHIP)
    officer = make_user("officer", "village_officer", VILLAGE)
    foreign = make_user("foreign", "village_officer", f"{ELSEWHERE}002204")
    admin = make_user("admin", "system_administrator", "3308")
    fresh = actions.create_user(of(clerk), "fresh", "某人", "three quiet herons", why="工作需要")
    seen = {user: set(queries.users(of(user))) for user in (manager, clerk, officer, admin)}
    assert seen == {manager: {clerk, officer}, clerk: {officer, fresh}, officer: set(), admin: {manager, clerk, officer, foreign, fresh}}
    assert set(queries.users(NOBODY)) == set()
    assert set(queries.matching(queries.users(of(admin)), "FRES")) == {fresh}


levels = st.sampled_from([6, 9, 12])
codes = st.sampled_from(["330802005202", "330802005203", "330802006200", "330803002204"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(giver=st.sampled_from(sorted(roles())), role=st.sampled_from(sorted(roles())), at=codes, where=codes, until=st.integers(1, 20))
def test_nothing_can_be_handed_on_that_is_not_held(db: Private, giver: str, role: str, at: str, where: str, until: int) -> None:
    """Whatever is tried: the giver's scope of the roles that he may hand on covers what was given, in place and time."""
    narrow(EVERYWHERE)
    one, two = (User.objects.create(username=f"u{uuid4().hex[:12]}", full_name="某人") for _ in range(2))
    own = Grant.objects.create(
        user=one, role=giver, division=int(at[: roles()[giver].levels[-1]].ljust(12, "0")), from_on=today(), to_on=today() + timedelta(10)
    )
    wanted = where[: roles()[role].levels[-1]]
    try:
        given = give(of(one), two, role, wanted, 0, until)
    except Refusal:
        allowed = role in roles()[giver].grants and Scope.of([f"{own.division:012}"]).covers(Scope.of([wanted])) and until <= 10
        assert not allowed
    else:
        assert role in roles()[giver].grants
        assert Scope.of([f"{own.division:012}"]).covers(Scope.of([f"{given.division:012}"]))
        assert own.to_on is not None and given.to_on is not None and given.to_on <= own.to_on
