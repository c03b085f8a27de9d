"""Accounts of the demo: one for each role, once, and never in a database that others use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password

from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.roles import roles
from jiadi.server.commands import county
from jiadi.server.commands.words import Refused
from jiadi.server.database.private import Private


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
