"""Accounts of the demo: one for each role, once, and never in a database that others use."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import access
from jiadi.server.accounts.roles import roles
from jiadi.server.commands import county
from jiadi.server.commands.words import Refused
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.policy.models import Job, Run
from jiadi.server.register.models import House
from jiadi.server.survey import media, tasks
from jiadi.server.survey.actions import moving
from jiadi.server.survey.models import Import
from jiadi.survey.sample import generate


@pytest.mark.usefixtures("db")
def test_each_role_has_one_account_whose_password_is_the_kept_one(tmp_path: Path) -> None:
    kept = tmp_path / "keys" / "accounts.json"
    county.make_accounts(kept)
    county.make_accounts(kept)
    accounts = json.loads(kept.read_text(encoding="utf-8"))
    assert [one["role"] for one in accounts] == list(roles())
    assert len({one["password"] for one in accounts}) == len(accounts)
    assert kept.stat().st_mode & 0o077 == 0
    for one in accounts:
        user = User.objects.get(username=one["username"])
        assert check_password(one["password"], user.password)
        assert [grant.role for grant in Grant.objects.filter(user=user)] == [one["role"]]


@pytest.mark.usefixtures("db")
def test_a_database_with_users_gets_no_demo_accounts(tmp_path: Path) -> None:
    User.objects.create(username="somebody", full_name="Somebody")
    with pytest.raises(Refused) as refused:
        county.make_accounts(tmp_path / "accounts.json")
    assert refused.value.code == "has_users"
    assert User.objects.count() == 1 and not (tmp_path / "accounts.json").exists()


def test_a_second_private_folder_is_another_instance(tmp_path: Path) -> None:
    assert Private(tmp_path / "one").run != Private(tmp_path / "two").run


@pytest.fixture
def handed_in(db: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small county's files, the demo's accounts, and jobs that run in the test's own transaction."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    monkeypatch.setattr(tasks, "_own_connection", contextlib.nullcontext)
    county.make_accounts(tmp_path / "keys" / "accounts.json")
    generate(tmp_path / "county", houses=60, seed=5, dirt=0.1)
    return tmp_path / "county"


def test_the_county_comes_in_as_any_delivery_does(handed_in: Path) -> None:
    done = county.load(handed_in)
    narrow(EVERYWHERE)
    held, run = Import.objects.get(), Run.objects.get()
    assert held.created_by is not None and held.created_by.username == "county.manager"
    assert held.state == "accepted" and held.summary["problems"] and held.accept_act
    assert {"problems.xlsx"} <= set(media.contents(media.result(held.checked)))
    assert done == {"import": sum(counts["added"] for counts in held.summary["recorded"].values()), "judge": House.objects.count()}
    assert run.houses == done["judge"] > 50
    assert Job.objects.get().result == {"run": str(run.pk)}
    assert county.load(handed_in) == {"import": 0, "judge": 0}


def test_a_start_that_was_broken_off_goes_on(handed_in: Path) -> None:
    narrow(EVERYWHERE)
    manager = access(User.objects.get(username="county.manager"), timezone.localdate())
    begun = moving.create(manager, county.COUNTY, county.TITLE)
    county._send(manager, begun, handed_in)
    assert begun.state == "checking"
    assert county.load(handed_in)["import"] > 0
    narrow(EVERYWHERE)
    assert (Import.objects.get().pk, Import.objects.get().state) == (begun.pk, "accepted")


def test_what_a_person_took_back_does_not_come_in_again(handed_in: Path) -> None:
    county.load(handed_in)
    narrow(EVERYWHERE)
    manager, held = access(User.objects.get(username="county.manager"), timezone.localdate()), Import.objects.get()
    moving.undo(manager, held, "试撤销")
    tasks.import_undo(str(held.pk), held.attempt, str(manager.user.pk) if manager.user else None)
    assert county.load(handed_in) == {"import": 0, "judge": 0}
    narrow(EVERYWHERE)
    assert (Import.objects.count(), House.objects.count()) == (1, 0)
