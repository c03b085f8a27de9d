"""Acts and histories: every change has who, when and why, and nothing of it can be taken back unseen."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act, Head
from jiadi.server.database.private import APP, Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register.models import House, HouseVersion

HERE = 330802005202


def test_a_change_without_an_act_is_refused(db: Private) -> None:
    narrow(EVERYWHERE)
    with pytest.raises(DatabaseError, match="without an act"), transaction.atomic():
        House.objects.create(division=HERE, key="a")
    with acting(NOBODY, "enter", why="test"):
        House.objects.create(division=HERE, key="a")
    with pytest.raises(DatabaseError, match="without an act"), transaction.atomic():
        House.objects.update(storeys=2)


def test_each_version_says_from_when_to_when_and_by_which_act(db: Private) -> None:
    narrow(EVERYWHERE)
    acts = []
    for storeys in (1, 2, 3):
        with acting(NOBODY, "enter", why="test", division=HERE) as act:
            acts.append(act)
            if storeys == 1:
                House.objects.create(division=HERE, key="a", storeys=1)
            else:
                House.objects.update(storeys=storeys)
    with acting(NOBODY, "delete", why="twice in the survey", division=HERE) as act:
        acts.append(act)
        House.objects.all().delete()
    kept = list(HouseVersion.objects.order_by("version"))
    assert [one.storeys for one in kept] == [1, 2, 3]
    assert [one.act for one in kept] == [act.id for act in acts[:3]]
    assert [one.ended_by for one in kept] == [act.id for act in acts[1:]]
    assert [one.known_from for one in kept] == [act.at for act in acts[:3]]
    assert [one.known_to for one in kept] == [act.at for act in acts[1:]]
    assert list(Act.objects.order_by("number").values_list("word", flat=True))[-4:] == ["enter", "enter", "enter", "delete"]


def test_an_act_that_began_earlier_ends_no_version_before_it_began(db: Private) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test") as act:
        House.objects.create(division=HERE, key="a", storeys=1)
    with acting(NOBODY, "change", why="test"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jiadi.moment', %s, true)", [(act.at - timedelta(hours=1)).isoformat()])
        House.objects.update(storeys=2)
    first, second = HouseVersion.objects.order_by("version")
    assert first.known_from == first.known_to == second.known_from == act.at


def test_the_chain_can_be_reckoned_again(db: Private) -> None:
    narrow(EVERYWHERE)
    for word in ("reveal", "accept"):
        with acting(NOBODY, word, why="核对：申请人要求", division=HERE, subject="person", subject_id=1) as act:
            act.detail["rows"] = 2
    last = Act.objects.order_by("-number")[0]
    micros = int(last.at.timestamp()) * 1_000_000 + last.at.microsecond
    fields = [last.number, last.id, micros, "", last.by_name, last.role, last.word, last.division, last.subject, last.subject_id]
    parts = [str(part).encode() for part in (*fields, last.why, last.source, last.detail)]
    said = b"".join(b"%d:%s" % (len(part), part) for part in parts)
    assert hashlib.sha256(bytes(last.previous) + said).digest() == bytes(last.hash) == bytes(Head.objects.get().hash)


def test_one_act_at_a_time(db: Private) -> None:
    narrow(EVERYWHERE)
    with pytest.raises(RuntimeError, match="inside another"), acting(NOBODY, "one", why="test"), acting(NOBODY, "two", why="test"):
        pass


@pytest.mark.parametrize(
    "change", ["UPDATE cases_act SET why = ''", "DELETE FROM cases_act", "TRUNCATE cases_act", "DELETE FROM register_house_version"]
)
def test_nobody_rewrites_what_was_done(database: Private, change: str) -> None:
    with psycopg.connect(database.url(APP)) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(change)
