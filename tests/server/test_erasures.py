"""Erasing on request and by rule: out of rows and versions, decided by another, by acts that stay, and again after a restore."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from jiadi.server.accounts.models import Attempt, SignIn, User
from jiadi.server.accounts.queries import NOBODY, Access, access
from jiadi.server.cases import chain
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.commands import saving
from jiadi.server.database import sealing
from jiadi.server.database.private import APP, BACKUP, OWNER, Private
from jiadi.server.database.scope import EVERYWHERE, narrow, seeing
from jiadi.server.persons import actions, queries, rules
from jiadi.server.persons.actions import retaining
from jiadi.server.persons.models import Erasure
from jiadi.server.register import frames, models
from jiadi.server.register.frames import STORED
from jiadi.server.survey import media
from jiadi.server.survey.models import File, Import

sys.path.insert(0, str(Path(__file__).parent))
from test_commands import KEYS, ROOT, jiadi

HERE, ELSEWHERE = 330802005202, 330803002204
NUMBER, PHONE, OTHER = "330802197603151233", "13905701234", "330802198001010014"
WANTED = actions.Wanted(["id_number", "phone"], "purpose_over", date(2026, 1, 5), paper="收〔2026〕1号")


def sealed(table: str, name: str, value: str) -> dict[str, Any]:
    (held,), (found,) = sealing.seal_many([value], frames.bound(table, name)), sealing.hash_many([value])
    return {f"{name}_sealed": held, f"{name}_hash": found}


def fill() -> models.Person:
    """One person with rows in every table that holds numbers, an earlier version, a row that is gone, and rows of others."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", why="test", division=HERE):
        for table, names in queries.SEALED.items():
            for number, division in ((NUMBER, HERE), (OTHER, HERE), (NUMBER, ELSEWHERE)):
                told = sealed(table, names[0], number) | (sealed(table, "phone", PHONE) if table == "person" else {})
                STORED[table].objects.create(division=division, key=f"{number[-4:]}/{division}", **told)
        models.Member.objects.create(division=HERE, key="gone", **sealed("member", "id_number", NUMBER))
    with acting(NOBODY, "change", why="test", division=HERE):
        models.Person.objects.filter(division=HERE).update(relation="head")
        models.Member.objects.filter(key="gone").delete()
    return models.Person.objects.get(division=HERE, key=f"{NUMBER[-4:]}/{HERE}")


@pytest.fixture
def person(db: Private) -> models.Person:
    return fill()


def left(table: str, name: str, value: str, division: int = HERE) -> tuple[int, int]:
    """How many rows and versions of a place still hold a value."""
    narrow(EVERYWHERE)
    (found,) = sealing.hash_many([value])
    versions = getattr(models, f"{STORED[table].__name__}Version")
    asked = {f"{name}_hash": found, "division": division}
    return STORED[table].objects.filter(**asked).count(), versions.objects.filter(**asked).count()


def whole() -> chain.Checked:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {chain.COLUMNS} FROM cases_act ORDER BY cases_act.number")
        *_, last = chain.check(cursor.fetchall())
    return last


def who(make_user: Callable[..., User], name: str, role: str = "county_manager", code: str = "330802") -> Any:
    return access(make_user(name, role, code), timezone.localdate())


def test_a_granted_request_leaves_the_number_nowhere_but_where_the_law_keeps_it(
    person: models.Person, make_user: Callable[..., User]
) -> None:
    clerk, manager = who(make_user, "clerk", "township_clerk", "330802005"), who(make_user, "manager")
    held = actions.ask(clerk, person.pk, WANTED)
    assert left("person", "id_number", NUMBER) == (1, 2), "a request alone erases nothing"
    told = queries.standing(manager, held)
    assert told == dict.fromkeys(queries.SEALED, 1)
    done = actions.grant(manager, held.pk, "材料齐全，准予")
    for table, names in queries.SEALED.items():
        kept = rules.numbers()[table] != "erase"
        rows, versions = left(table, names[0], NUMBER)
        assert (rows, versions) == ((1, 1) if kept else (0, 0)), table
        assert left(table, names[0], OTHER)[0] == 1 == left(table, names[0], NUMBER, ELSEWHERE)[0], "nobody else's, and no other county's"
    assert left("person", "phone", PHONE)[0] == 1, "of the other person"
    person.refresh_from_db()
    assert (person.phone_sealed, person.id_number_sealed) == (None, None) and person.relation == "head"
    assert done.counts == {"person": 1, "household": 1, "member": 2, "aid": 1, "account": 1} and done.state == "granted"
    act = Act.objects.get(pk=done.act)
    assert (act.word, act.subject_id, act.source) == ("erase", str(person.pk), "个人信息保护法 第四十七条第一款第一项")
    assert NUMBER not in act.detail and whole().bad is None


def test_refusing_needs_a_law_and_another_hand(person: models.Person, make_user: Callable[..., User]) -> None:
    manager, other = who(make_user, "manager"), who(make_user, "other")
    held = actions.ask(manager, person.pk, WANTED)
    for code, do in (
        ("decide_own", lambda: actions.grant(manager, held.pk, "自己批")),
        ("decide_own", lambda: actions.refuse_request(manager, held.pk, "duty", "自己拒")),
        ("bad_request", lambda: actions.refuse_request(other, held.pk, "because", "无据")),
        ("reason_missing", lambda: actions.refuse_request(other, held.pk, "duty", " ")),
        ("erasure_waits", lambda: actions.ask(manager, person.pk, WANTED)),
        ("not_found", lambda: actions.grant(who(make_user, "next", code="330803"), held.pk, "外县")),
        ("no_right", lambda: actions.grant(who(make_user, "clerk", "township_clerk", "330802005"), held.pk, "无权")),
    ):
        with pytest.raises(Exception) as refused:
            do()
        assert getattr(refused.value, "code", refused.value) == code
    done = actions.refuse_request(other, held.pk, "register_kept", f"登记簿内容 {NUMBER}")
    act = Act.objects.get(pk=done.act)
    assert (done.state, act.word, act.source) == ("refused", "refuse_erasure", "不动产登记暂行条例 第十三条")
    assert NUMBER not in done.why and left("person", "id_number", NUMBER) == (1, 2)
    with pytest.raises(Exception) as refused:
        actions.grant(other, held.pk, "反悔")
    assert refused.value.code == "erasure_decided"  # type: ignore[attr-defined]


def test_the_pages_lead_from_the_person_to_the_decision(
    person: models.Person, make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    clerk, manager = enter(make_user("clerk", "township_clerk", "330802005")), enter(make_user("manager", "county_manager", "330802"))
    address = f"/persons/{person.pk}/erasure"
    assert address in clerk.get(f"/persons/{person.pk}").content.decode()
    typed = {"field": ["id_number"], "ground": "unlawful", "asked_by": "self", "asked_on": "2026-01-05", "paper": "收1"}
    made = clerk.post(address, typed)
    assert made.status_code == 302 and clerk.post(address, typed).status_code == 409 and clerk.post(address, {}).status_code == 422
    page = made.headers["Location"]
    assert page in clerk.get("/erasures").content.decode() and "准予并删除" not in clerk.get(page).content.decode()
    told = manager.get(page).content.decode()
    assert "准予并删除" in told and "依法保存" in told and NUMBER not in told
    assert clerk.post(f"{page}/grant", {"grant-why": "自批"}).status_code == 403
    assert manager.post(f"{page}/refuse", {"refuse-why": "无据"}).status_code == 422
    assert manager.post(f"{page}/grant", {"grant-why": "材料齐全"}).status_code == 302
    assert "已清空" in manager.get(page).content.decode() and left("person", "id_number", NUMBER) == (0, 0)
    assert manager.post(f"{page}/withdraw", {"withdraw-why": "迟了"}).status_code == 409


def test_versions_alone_are_never_stripped(person: models.Person) -> None:
    ask = "SELECT jiadi_forget('person', 'id_number', '{[0,1000000000000)}', '{}', ARRAY[%s]::uuid[])"
    for table, message in (("person", "still holds"), ("right", "no versions"), ("house", "no versions")):
        with pytest.raises(DatabaseError, match=message), transaction.atomic(), acting(NOBODY, "erase", why="test"):
            connection.cursor().execute(ask.replace("'person'", f"'{table}'"), [person.pk])
    with pytest.raises(DatabaseError, match="without an act"), transaction.atomic():
        connection.cursor().execute(ask, [person.pk])
    assert left("person", "id_number", NUMBER) == (1, 2)


def test_rules_rest_on_articles_that_are_there() -> None:
    assert {kind.then for kind in rules.kinds().values()} == {"erase", "mask", "keep"}
    assert set(rules.numbers()) == set(queries.SEALED) and set(rules.numbers().values()) <= {"erase", *rules.kinds()}
    assert set(retaining.WAYS) == {name for name, kind in rules.kinds().items() if kind.days is not None}
    page = (ROOT / "docs/guide/persons.md").read_text(encoding="utf-8")
    for name, kind in rules.kinds().items():
        assert kind.law and f"`{name}`" in page, name


def long_ago(days: int) -> Any:
    return timezone.now() - timedelta(days=days)


def sign_ins(user: User) -> None:
    """Failures and sign-ins of several ages."""
    for days in (1, 31, 184, 400):
        Attempt.objects.create(key=f"k{days}", failures=1, last_at=long_ago(days))
        SignIn.objects.create(
            user=user, begun_at=long_ago(days), seen_at=long_ago(days), ended_at=long_ago(days), address="192.0.2.1", agent="browser"
        )


def deliveries(folder: Path) -> None:
    """An old import and a new one, with a file of each and one of both."""
    for name, days in (("old", 400), ("new", 10)):
        held = Import.objects.create(
            division=330802000000, code="330802", title=name, state="accepted", told_at=long_ago(days), checked=name
        )
        for text in (name, "shared"):
            path = folder / "file"
            path.write_text(text)
            File.objects.create(division=held.division, of=held, name=text, bytes=1, received=1, sha256=media.keep(path))
        media.result(name).mkdir(parents=True)


def test_what_is_due_goes_and_the_rest_stays(
    person: models.Person, make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    user = make_user("zhang")
    sign_ins(user)
    deliveries(tmp_path)
    with acting(NOBODY, "enter", why="test", division=HERE):
        models.Person.objects.filter(pk=person.pk).update(died_on=timezone.localdate() - timedelta(days=366))
    waiting = {name: retaining.due(kind) for name, kind in rules.kinds().items()}
    assert waiting == {
        **{"failures": 3, "sessions": 0, "sign_ins": 2, "deliveries": 1, "phones": 1},
        **{name: 0 for name, kind in rules.kinds().items() if kind.days is None},
    }
    done = {name: list(retaining.retain(name, batch=2)) for name in rules.kinds()}
    assert done["failures"] == [2, 1] and done["sign_ins"] == [2] and done["deliveries"] == [1] and done["phones"] == [1]
    narrow(EVERYWHERE)
    assert list(Attempt.objects.values_list("key", flat=True)) == ["k1"]
    assert SignIn.objects.filter(address="").count() == 2 == SignIn.objects.filter(address="192.0.2.1").count()
    kept = [path.read_text() for path in sorted((tmp_path / "imports/files").rglob("*")) if path.is_file()]
    assert sorted(kept) == ["new", "shared"] and not media.result("old").exists() and media.result("new").is_dir()
    person.refresh_from_db()
    assert person.phone_sealed is None and person.id_number_sealed is not None
    (found,) = sealing.hash_many([PHONE])
    assert not models.PersonVersion.objects.filter(id=person.pk, phone_hash=found).exists()
    acts = Act.objects.filter(word="retain")
    assert acts.count() == 5 and {one.subject_id for one in acts} == {"failures", "sign_ins", "deliveries", "phones"}
    assert acts.get(subject_id="phones").division == 330802000000 and whole().bad is None
    assert all(retaining.due(kind) == 0 for kind in rules.kinds().values())


def test_what_was_erased_after_a_backup_goes_again(
    database: Private, committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIADI_DATA_KEYS", KEYS["JIADI_DATA_KEYS"])
    sealing.keys.cache_clear()
    brought = f"brought_{id(object()):x}"
    with seeing(EVERYWHERE):
        person = fill()
    file, acts = tmp_path / "saved.zip", tmp_path / "acts.jsonl"
    saving.backup(file, database.url(BACKUP, committed), APP, tmp_path / "media")
    with seeing(EVERYWHERE):
        made = Erasure.objects.create(
            division=HERE, person=person.pk, fields="id_number,phone", ground="unlawful", asked_on=date(2026, 1, 5)
        )
        actions.grant(Access(None, (("county_manager", 330802000000),)), made.pk, "准予")
    told = {**KEYS, "JIADI_VAR": str(tmp_path), "JIADI_DATABASE_URL": database.url(APP, committed)}
    assert jiadi("audit", "export", acts, **told).returncode == 0
    database.create(brought)
    try:
        urls = tuple(database.url(role, brought) for role in (APP, OWNER, BACKUP))
        saving.restore(file, saving.read(file), urls, tmp_path / "other")  # type: ignore[arg-type]
        told["JIADI_DATABASE_URL"] = database.url(APP, brought)
        assert numbers_in(database, brought) == {"person": 3, "member": 3, "aid": 2, "household": 2, "account": 2}
        soiled = tmp_path / "soiled.jsonl"
        soiled.write_text(acts.read_text(encoding="utf-8").replace('"word":"erase"', '"word":"split"'), encoding="utf-8")
        assert jiadi("retention", "--again", soiled, "--lang", "en", **told).returncode == 2, "a changed list erases nothing"
        first = jiadi("retention", "--again", acts, "--lang", "en", **told)
        assert first.returncode == 0 and "1 of them were carried out again" in first.stdout, first.stdout + first.stderr
        # What is left is the other county's.
        assert numbers_in(database, brought) == {"person": 1, "member": 1, "aid": 1, "household": 1, "account": 1}
        assert "0 of them" in jiadi("retention", "--again", acts, "--lang", "en", **told).stdout
        assert jiadi("audit", "verify", **told).returncode == 0
        dry = jiadi("retention", "--json", **told)
        assert {row["kind"] for row in json.loads(dry.stdout)} == set(rules.kinds())
    finally:
        sealing.keys.cache_clear()
        with psycopg.connect(database.url("postgres", "postgres"), autocommit=True) as server:
            server.execute(f"DROP DATABASE {brought} WITH (FORCE)")


def numbers_in(database: Private, name: str) -> dict[str, int]:
    """Versions that hold the number, table by table."""
    (found,) = sealing.hash_many([NUMBER])
    told = {}
    with psycopg.connect(database.url(BACKUP, name)) as held:
        for table, column in queries.COPIES.items():
            row = held.execute(f"SELECT count(*) FROM register_{table}_version WHERE {column}_hash = %s", [found]).fetchone()
            told[table] = int(row[0]) if row else 0
    return told
