"""The audit: who reads which acts, what the list narrows to, what an act changed, and the file of acts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

import jiadi.server
from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import NOBODY, access
from jiadi.server.audit import queries
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.cases.queries import audited, marks, unusual
from jiadi.server.database import sealing
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.register.models import House, Interest, Person
from jiadi.server.words import every_word

HERE, OUTSIDE = 330802005202, 330803002204
NUMBER = "330802197603151233"


def enter_act(word: str, division: int = HERE, user: User | None = None, why: str = "test", subject: str = "house", at: int = 0) -> Act:
    """An act as somebody would leave it, `at` minutes ago."""
    narrow(EVERYWHERE)
    with acting(access(user, timezone.localdate()), word, division=division, subject=subject, subject_id="1", why=why) as doing:
        doing.at -= timedelta(minutes=at)
    # The moment is given to the row at the end of the act.
    return Act.objects.get(pk=doing.id)


@pytest.fixture
def auditor(make_user: Callable[..., User], enter: Callable[..., Client]) -> Client:
    return enter(make_user("auditor", "county_auditor", "330802"))


def text_of(browser: Client, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def numbers(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'href="/audit/[0-9a-f-]{36}">(\d+)</a>', page)]


def test_each_reads_what_is_theirs(auditor: Client, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    made = {
        "row": enter_act("split", why="甲行"),
        "reveal": enter_act("reveal", subject="person", why="乙看"),
        "account": enter_act("grant", subject="user", why="丙授"),
        "outside": enter_act("reveal", OUTSIDE, subject="person", why="丁外"),
        "nowhere": enter_act("rotate_keys", 0, subject="key", why="戊钥"),
    }
    told = {"auditor": {"甲行", "乙看", "丙授"}, "administrator": {"丙授"}, "city": set(), "manager": set(), "villager": set()}
    browsers = {"auditor": auditor, "administrator": enter(make_user("admin", "system_administrator", "330802"))}
    browsers |= {
        "city": enter(make_user("leader", "city_leader", "3308")),
        "manager": enter(make_user("manager", "county_manager", "330802")),
    }
    browsers["villager"] = enter(make_user("villager", "villager", str(HERE)))
    for role, seen in told.items():
        body = browsers[role].get("/audit").content.decode()
        assert {one for one in ("甲行", "乙看", "丙授", "丁外", "戊钥") if one in body} == seen, role
        for act in made.values():
            status = browsers[role].get(f"/audit/{act.pk}").status_code
            assert status == (200 if act.why in seen else 404 if seen else 403), (role, act.why)
    assert enter().get("/audit").status_code == 302


def test_the_list_is_narrowed_and_turned_page_by_page(auditor: Client, make_user: Callable[..., User]) -> None:
    zhang, li = make_user("zhang", full_name="张三"), make_user("li", full_name="李四")
    acts = [enter_act("split" if one % 2 else "merge", user=zhang if one % 3 else li, why="多") for one in range(120)]
    old = enter_act("split", user=zhang, at=60 * 24 * 40)
    every, page = [], "/audit?word=split"
    while True:
        body = text_of(auditor, page)
        every += numbers(body)
        following = re.search(r'href="(\?[^"]*before=[^"]*)"', body)
        if not following:
            break
        page = "/audit" + following[1].replace("&amp;", "&")
    assert every == sorted((one.number for one in [*acts[1::2], old]), reverse=True)
    assert set(numbers(text_of(auditor, "/audit?who=li"))) <= {one.number for one in acts[::3]}
    assert (
        numbers(text_of(auditor, "/audit?who=张三&word=merge"))
        == [one.number for one in reversed(acts) if one.word == "merge" and one.by == zhang.pk][:50]
    )
    day = timezone.localdate() - timedelta(days=30)
    assert numbers(text_of(auditor, f"/audit?to_on={day}&word=split")) == [old.number]
    assert old.number not in numbers(text_of(auditor, f"/audit?from_on={day}&who=zhang"))
    assert numbers(text_of(auditor, "/audit?division=330802006")) == []
    assert "没有符合条件" in text_of(auditor, "/audit?who=nobody")
    assert "没有符合条件" in text_of(auditor, "/audit?subject=house&subject_id=2")
    text_of(auditor, "/audit?division=x", 422)
    text_of(auditor, "/audit?from_on=x", 422)


def test_reveals_that_are_too_many_stand_out(auditor: Client, make_user: Callable[..., User]) -> None:
    rule = next(one for one in unusual() if one.word == "reveal" and one.minutes == 60)
    zhang, li = make_user("zhang"), make_user("li")
    for one in range(rule.more_than + 2):
        enter_act("reveal", user=zhang, subject="person", at=20 if one else 70)
        enter_act("reveal", user=li, subject="person", at=one * 61)
    narrow(EVERYWHERE)
    marked = [one for one in audited(access(User.objects.get(username="auditor"), timezone.localdate())) if marks(one)]
    assert len(marked) >= 1 and {one.by for one in marked} == {zhang.pk}
    body = text_of(auditor, "/audit")
    assert body.count(rule.said["zh"]) >= 1
    alone = text_of(auditor, "/audit?unusual=on")
    assert set(numbers(alone)) == {one.number for one in marked}
    assert rule.said["zh"] in text_of(auditor, f"/audit/{marked[0].pk}")


def test_an_act_tells_what_it_changed_with_persons_masked(auditor: Client) -> None:
    narrow(EVERYWHERE)
    (sealed,), (found,) = sealing.seal_many([NUMBER], "register_person.id_number_sealed"), sealing.hash_many([NUMBER])
    with acting(NOBODY, "enter", division=HERE, why="新增") as first:
        house = House.objects.create(division=HERE, key="a", storeys=2, owner_name="张三丰")
        person = Person.objects.create(division=HERE, key="p", name="张三丰", id_number_sealed=sealed, id_number_hash=found)
        Interest.objects.create(division=HERE, kind="use", house=house, person=person, valid_from="2020-01-01", holder_name="张三丰")
        outside = House.objects.create(division=OUTSIDE, key="b", storeys=9)
    with acting(NOBODY, "correct", division=HERE, why="更正") as second:
        House.objects.filter(pk=house.pk).update(storeys=3)
        House.objects.filter(pk=house.pk).update(storeys=5)
        Person.objects.filter(pk=person.pk).update(id_number_sealed=None, id_number_hash=None)
    with acting(NOBODY, "remove", division=HERE, why="删除") as third:
        Interest.objects.all().delete()
        House.objects.filter(pk=house.pk).delete()
    told = text_of(auditor, f"/audit/{first.id}?table=person")
    assert "新增" in told and "330802********1233" in told and NUMBER not in told and "张**" in told and "张三丰" not in told
    told = text_of(auditor, f"/audit/{first.id}?table=house")
    assert "张**" in told and "张三丰" not in told and str(outside.pk) not in told and ">9<" not in told
    assert "张三丰" not in text_of(auditor, f"/audit/{first.id}?table=interest")
    told = re.sub(r"\s+", "", text_of(auditor, f"/audit/{second.id}?table=house"))
    assert "<td>2</td><td>5</td>" in told and "变更" in told
    told = re.sub(r"\s+", "", text_of(auditor, f"/audit/{second.id}?table=person"))
    assert "<td>330802********1233</td><td>—</td>" in told
    assert "删除" in text_of(auditor, f"/audit/{third.id}?table=house")


def test_what_an_act_changed_comes_by_pages(db: Private, make_user: Callable[..., User]) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "enter", division=HERE, why="test") as act:
        House.objects.bulk_create(House(division=HERE, key=f"h{one}") for one in range(120))
    auditor = access(make_user("auditor", "county_auditor", "330802"), timezone.localdate())
    found, seen, after = audited(auditor).get(pk=act.id), [], None
    while True:
        rows, after = queries.changed(auditor, found, "house", after)
        seen += [one.id for one in rows]
        if after is None:
            break
    assert queries.counts(auditor, found) == {"house": 120}
    assert sorted(seen) == sorted(House.objects.values_list("id", flat=True))


def test_the_file_holds_what_the_list_holds(auditor: Client, make_user: Callable[..., User], enter: Callable[..., Client]) -> None:
    enter_act("split", why="=1+1")
    enter_act("split", why=f"写了 {NUMBER} 和 13905701234")
    enter_act("merge", OUTSIDE)
    answer = auditor.post("/audit/export", {"word": "split"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3 and rows[0][0] == "序号" and answer.headers["Content-Disposition"].endswith('"acts.csv"')
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert NUMBER not in str(rows) and "13905701234" not in str(rows) and "330802********1233" in str(rows)
    narrow(EVERYWHERE)
    taken = Act.objects.get(word="export_audit")
    assert taken.by_name == "某auditor" and '"acts": 2' in taken.detail
    assert enter(make_user("admin", "system_administrator", "330802")).post("/audit/export", {}).status_code == 403


def test_every_word_of_the_chain_has_a_name() -> None:
    server = Path(jiadi.server.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in server.rglob("*.py"))
    words = set(re.findall(r'acting\(\s*[\w.()]+, "(\w+)"', code))
    words |= set(re.findall(r'word: str = "(\w+)"', code)) | {"check", "order_accept", "order_undo", "cancel_import", "discard_import"}
    assert len(words) > 30 and {word for word in words - {"record"} if f"did.{word}" not in every_word()} == set()


def test_a_page_of_the_list_asks_a_few_questions(auditor: Client) -> None:
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    for one in range(60):
        enter_act("reveal" if one % 2 else "split", subject="person")
    with CaptureQueriesContext(connection) as asked:
        text_of(auditor, "/audit?word=reveal")
    assert len(asked) <= 24, [one["sql"][:90] for one in asked.captured_queries]
