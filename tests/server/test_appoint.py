"""The first administrator, made from the machine itself."""

from __future__ import annotations

import pytest

from jiadi.errors import Refusal
from jiadi.server.accounts.models import Grant, User
from jiadi.server.cases.models import Act
from jiadi.server.commands.appoint import _appoint
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow


def test_the_first_administrator_is_made_by_the_operator(db: Private) -> None:
    password = _appoint("Zhang", "张管理", "system_administrator", "330802", "首任", "en")
    user = User.objects.get(username="zhang")
    assert user.check_password(password) and user.temporary_until is not None
    assert (Grant.objects.get(user=user).role, Grant.objects.get(user=user).granted_by) == ("system_administrator", None)
    narrow(EVERYWHERE)
    assert list(Act.objects.filter(subject_id=str(user.pk)).order_by("number").values_list("word", "by", "why")) == [
        ("create_user", None, "首任"),
        ("reset_password", None, "首任"),
        ("grant", None, "首任"),
    ]
    assert _appoint("zhang", "", "system_administrator", "330803", "扩大范围", "zh") == ""


@pytest.mark.parametrize(
    ("name", "role", "division", "why", "code"),
    [
        ("张管理", "system_administrator", "330802", "", "reason_missing"),
        ("", "system_administrator", "330802", "首任", "name_missing"),
        ("张管理", "king", "330802", "首任", "grant_role"),
        ("张管理", "system_administrator", "", "首任", "division_code"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_made(db: Private, name: str, role: str, division: str, why: str, code: str) -> None:
    with pytest.raises(Refusal, check=lambda refusal: refusal.code == code) as refused:
        _appoint("zhang", name, role, division, why, "zh")
    assert set(getattr(refused.value, "said", {})) == {"zh", "en"}
    assert not User.objects.filter(username="zhang").exists()
