"""The scope matrix (权限矩阵): every address × every role × own, foreign and ancestor division, by every door.

The world has seven places (PLACES): a village (`here`), another of the same township (`sibling`), another township of the same county
(`next`), the township and the county themselves (`township`, `county`: ancestors, whose rows a village does not see), another county of
the same city (`there`) and another city (`far`). Each place has a row of every model of the register, an account, a grant and a session,
and all their texts carry a marker that stands nowhere else. There is one user for each role, at `here` or what lies above it.

`matrix.yaml` says who gets what. Each of its entries is asked for by every role, and where it names an object (`with`) for that of every
place. Three things must hold:

- the status is the one that the table says;
- no marker of a place that the role does not see stands in status, headers, body, or a file inside the body (zip, xlsx, gzip);
- the answer is byte for byte the one that a world without the unseen places gives (tokens apart): so no count, tile, page number or total
  tells of them either.

**When you add an address**, add its entries to `matrix.yaml`: one for each method and door. If it shows rows, `seen` says of which kind; a
kind of your own goes under `sees`. If it takes an object, name it in `with` and let `furnish` make one in each place: models with a
column `division` are there already, by their lower-case name (`house`, `person`, …). A method that is in no entry must
be refused. A test says what is missing.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import shapely
import yaml
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from jiadi.server.accounts.models import Grant, SignIn, Token, User
from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.queries import NOBODY, token_hash
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act, Event
from jiadi.server.database.fields import Geometry
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.hooks.models import Hook
from jiadi.server.register.columns import Version
from jiadi.server.register.models import Tally
from jiadi.server.survey.models import Import

TABLE = yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text(encoding="utf-8"))
ENTRIES: list[dict[str, Any]] = TABLE["addresses"]
DOORS = {"list", "id", "count", "search", "tile", "export", "file", "api", "job", "own", "open"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
API = "api/"

PLACES = {
    "here": "330802005202",
    "sibling": "330802005203",
    "next": "330802006202",
    "township": "330802005000",
    "county": "330802000000",
    "there": "330803002204",
    "far": "330106001001",
}
WORD = "甲乙丙"
"""In every text of every place: what a search looks for."""
ROLES = {
    "public": "",
    "village_officer": "330802005202",
    "grid_worker": "330802005202",
    "township_clerk": "330802005000",
    "county_manager": "330802000000",
    "county_auditor": "330802000000",
    "city_leader": "330800000000",
    "system_administrator": "330800000000",
    "villager": "330802005202",
}
GIVEN: dict[str, dict[str, Any]] = {
    "interest": {"kind": "use", "parcel_id": None},
    "link": {"kind": "house_parcel"},
    "import": {"stage": "read"},
}
"""Columns by model that cannot hold just any text."""
OF_A_PROGRAM = {"Idempotency-Key": "the-matrix-asks", "Upload-Offset": "0"}
"""Sent with each write of a program."""
ACTS = ["reactivate", "end_sessions", "unlock"]


@dataclass
class Place:
    """One place and the objects in it.

    Args:
        marker: stands in its texts alone; `key` names its rows and is no secret.
        objects: what an address may be asked for, by name; a list gives one request each.
        unmade: models of which no row could be made, and why.
    """

    name: str
    objects: dict[str, Any] = field(default_factory=dict)
    unmade: dict[str, str] = field(default_factory=dict)

    @property
    def division(self) -> int:
        return int(PLACES[self.name])

    @property
    def marker(self) -> str:
        return f"marker9{self.name}9"

    @property
    def key(self) -> str:
        return f"key-{self.name}"


def row_models() -> list[type[models.Model]]:
    """Models of ours whose rows lie in a division, those that others point to first. Versions, acts and counts are made by the database."""
    apart = (Version, Act, Event, Grant, Tally)
    left = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("jiadi.") and not issubclass(model, apart) and "division" in {one.name for one in model._meta.fields}
    ]
    ordered: list[type[models.Model]] = []
    while left:
        for model in left:
            needed = {one.related_model for one in model._meta.fields if one.is_relation} - {model}
            if not needed & set(left):
                break
        ordered.append(model)
        left.remove(model)
    return ordered


def furnish(place: Place) -> None:
    """Make one of everything in a place. What needs more than texts is said in GIVEN, or made here, one line each."""
    people(place)
    with acting(NOBODY, "judge", why="test", division=place.division, subject_id=place.marker):
        pass  # others are told of it
    with acting(
        NOBODY, "create_user", why=place.marker, division=place.division, subject="user", subject_id=place.objects["user"].pk
    ) as act:
        place.objects["account_act"] = act.id
    with acting(NOBODY, "furnish", why=place.marker, division=place.division):
        for model in row_models():
            row = model()
            for column in model._meta.concrete_fields:
                fill(row, column, place)
            for name, given in GIVEN.get(str(model._meta.model_name), {}).items():
                setattr(row, name, given)
            if isinstance(row, Import | Hook):
                row.code = PLACES[place.name]
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
            except DatabaseError as why:
                place.unmade[str(model._meta.model_name)] = str(why).splitlines()[0]
            else:
                place.objects[str(model._meta.model_name)] = row
        place.objects["checking"] = Import.objects.create(
            division=place.division, code=PLACES[place.name], title=place.marker, state="checking"
        )
    place.objects["judged"] = place.objects["verdict"].house


def fill(row: models.Model, column: Any, place: Place) -> None:
    """Every text holds the marker, every shape lies in the place, every pointer points to the place's own row."""
    now, east = timezone.now(), 118.8 + 0.01 * list(PLACES).index(place.name)
    if column.primary_key and (column.has_default() or isinstance(column, models.AutoField)):
        return
    if column.primary_key and column.name in place.objects:
        setattr(row, column.attname, place.objects[column.name].pk)
    elif column.name == "division":
        row.division = place.division  # type: ignore[attr-defined]
    elif column.name == "key":
        row.key = place.key  # type: ignore[attr-defined]
    elif isinstance(column, models.ForeignKey):
        setattr(row, column.attname, getattr(place.objects.get(str(column.related_model._meta.model_name)), "pk", None))
    elif isinstance(column, Geometry):
        setattr(row, column.attname, shapely.to_wkb(shapely.box(east, 28.9, east + 0.001, 28.901)))
    elif isinstance(column, models.TextField | models.CharField) and not column.choices:
        setattr(row, column.attname, f"{WORD}{place.marker}"[: column.max_length])
    elif not column.null and not column.has_default():
        kinds = {
            "DateTimeField": now,
            "DateField": now.date(),
            "UUIDField": uuid4(),
            "BinaryField": b"x",
            "JSONField": {},
            "BooleanField": False,
        }
        setattr(row, column.attname, kinds.get(column.get_internal_type(), 1))


def people(place: Place) -> None:
    """An account with a grant of the place's level, and a session of it."""
    role = {"township": "township_clerk", "county": "county_manager"}.get(place.name, "village_officer")
    user = User.objects.create(username=place.key, full_name=f"{WORD}{place.marker}", password="!")
    now = timezone.now()
    grant = Grant.objects.create(user=user, role=role, division=place.division, from_on=timezone.localdate(), cause=place.marker)
    sign_in = SignIn.objects.create(user=user, begun_at=now, seen_at=now, address="192.0.2.1", agent=place.marker)
    place.objects |= {"user": user, "grant": grant, "sign_in": sign_in, "acts": ACTS, "turns": "on", "turned": "off"}
    place.objects["token"] = token_of(user, place.marker, PLACES[place.name])[0]


def token_of(user: User, name: str, code: str) -> tuple[Token, str]:
    """A token for everything that a token may be for, and what a program shows."""
    shown = f"jiadi_{name}_{code}"
    held = {"permits": list(permits()), "code": code, "to_on": timezone.localdate() + timedelta(1)}
    return Token.objects.create(user=user, name=name, hash=token_hash(shown), hint=name[-4:], **held), shown


@dataclass(frozen=True, eq=False)
class Ask:
    """One request: an entry of the table, for the object of one place ("" where it names none)."""

    entry: dict[str, Any]
    role: str
    place: str = ""
    turn: int = 0

    @property
    def told(self) -> str:
        return f"{self.role} {self.method} /{self.entry['route']} {self.entry.get('query', '')} {self.place}"

    @property
    def method(self) -> str:
        return str(self.entry.get("method", "GET"))

    @property
    def open(self) -> bool:
        return self.role in TABLE["sets"][self.entry["who"]]

    @property
    def seen(self) -> list[str]:
        """Places whose rows the role sees at this address."""
        return list(TABLE["sees"][self.entry.get("seen", "nothing")].get(self.role, [])) if self.open else []

    @property
    def status(self) -> int:
        """What the table says."""
        if self.role == "public" and (not self.open or "public" in self.entry):
            return int(self.entry.get("public", 401 if self.entry["route"].startswith(API) else 302))
        if not self.open:
            return int(self.entry.get("else", 403))
        reached = not self.place or self.place in self.seen
        return int(self.entry.get("ok", 200) if reached else self.entry.get("foreign", 404))


def turns(entry: dict[str, Any]) -> int:
    """How many objects of one place an entry is asked for."""
    return len(ACTS) if "acts" in entry.get("with", {}).values() else 1


def asks(role: str) -> Iterator[Ask]:
    """Every request of a role."""
    for entry in ENTRIES:
        for place in PLACES if "with" in entry else ("",):
            for turn in range(turns(entry)):
                yield Ask(entry, role, place, turn)


@cache
def routes() -> dict[str, URLPattern]:
    """Every address of the resolver, as one text."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, URLPattern]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, before + str(one.pattern))
            else:
                yield before + str(one.pattern), one

    return dict(walk(get_resolver().url_patterns, ""))


class World:
    """Places and users, in one transaction."""

    def __init__(self) -> None:
        narrow(EVERYWHERE)
        self.places = {name: Place(name) for name in PLACES}
        self.sessions: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        for role, code in ROLES.items():
            if code:
                user = User.objects.create(username=role, full_name=role, password="!")
                Grant.objects.create(user=user, role=role, division=int(code), from_on=timezone.localdate() - timedelta(1), cause="test")
                self.sessions[role] = self.session_of(user)
                self.tokens[role] = token_of(user, role, code)[1]

    def session_of(self, user: User) -> str:
        browser, now = Client(SERVER_NAME="localhost"), timezone.now()
        browser.force_login(user)
        session = browser.session
        session["sign_in"] = str(SignIn.objects.create(user=user, begun_at=now, seen_at=now, address="127.0.0.1").pk)
        session.save()
        return browser.cookies["sessionid"].value

    def furnish(self, names: list[str]) -> None:
        narrow(EVERYWHERE)
        for name in names:
            furnish(self.places[name])

    def ask(self, one: Ask, method: str = "", token: str = "") -> Any:
        """The answer, with all that it changed taken back; to a program where there is a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        browser = Client(SERVER_NAME="localhost", raise_request_exception=False, headers=headers)
        if one.role in self.sessions and not token:
            browser.cookies["sessionid"] = self.sessions[one.role]
        address, data = self.address(one), self.filled(one.entry.get("data", {}), one)
        with transaction.atomic():
            asked = method or one.method
            if one.entry["door"] == "api" and asked != "GET" and not method:
                answer = browser.generic(asked, address, json.dumps(data), "application/json", headers=OF_A_PROGRAM)
            else:
                answer = browser.post(address, data) if asked == "POST" and not method else browser.generic(asked, address)
            answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        return answer

    def address(self, one: Ask) -> str:
        address = "/" + one.entry["route"]
        for parameter, name in one.entry.get("with", {}).items():
            held = self.places[one.place].objects[name]
            held = held[one.turn] if isinstance(held, list) else getattr(held, "pk", held)
            address = re.sub(rf"<(\w+:)?{parameter}>", str(held), address)
        query = self.filled({"q": one.entry.get("query", "")}, one)["q"]
        return f"{address}?{query}" if query else address

    def filled(self, texts: dict[str, str], one: Ask) -> dict[str, str]:
        key = self.places[one.place].key if one.place else ""
        return {name: text.replace("{word}", WORD).replace("{key}", key) for name, text in texts.items()}


def files(body: bytes) -> Iterator[bytes]:
    """A body and the files inside of it."""
    yield body
    if body[:2] == b"\x1f\x8b":
        yield from files(gzip.decompress(body))
    elif zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from files(packed.read(name))


def said(answer: Any) -> bytes:
    """All that an answer tells: status, headers and files, without tokens that are new each time."""
    kept = {name: text for name, text in answer.headers.items() if name not in {"Set-Cookie", "Content-Length", "Date", "X-Request-ID"}}
    body = b"\n".join(files(answer.body))
    body = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", body)
    return f"{answer.status_code} {answer.reason_phrase} {sorted(kept.items())}\n".encode() + body


def leaks(world: World, one: Ask, answer: Any) -> list[str]:
    """Places that are told of and must not be."""
    told = said(answer) + str(answer.cookies).encode()
    return [name for name, place in world.places.items() if name not in one.seen and place.marker.encode() in told]


@pytest.fixture
def world(db: Private) -> World:
    return World()


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gets_what_the_table_does_not_give(world: World, role: str) -> None:
    seen = [name for name in PLACES if any(name in kind.get(role, []) for kind in TABLE["sees"].values())]
    world.furnish(seen)
    every = list(asks(role))
    before = {one: said(world.ask(one)) for one in every if (not one.place or one.place in seen) and not one.entry.get("varies")}
    world.furnish([name for name in PLACES if name not in seen])
    wrong = []
    for one in every:
        answer = world.ask(one)
        if answer.status_code != one.status:
            wrong.append(f"{one.told}: {answer.status_code}, not {one.status}")
        if told := leaks(world, one, answer):
            wrong.append(f"{one.told}: tells of {told}")
        if one in before and said(answer) != before[one]:
            wrong.append(f"{one.told}: depends on what the role does not see")
    assert wrong == []
    assert len(before) >= len(ENTRIES) // 3


def test_there_is_a_row_of_every_model(world: World) -> None:
    """Else its address could not be tried: say in GIVEN what its columns must hold."""
    world.furnish(["here"])
    assert world.places["here"].unmade == {}
    assert {"house", "person", "parcel", "user", "grant"} <= set(world.places["here"].objects)


@pytest.mark.parametrize("role", [role for role, code in ROLES.items() if code])
def test_a_token_gets_what_its_owner_gets_and_no_more(world: World, role: str) -> None:
    world.furnish(list(PLACES))
    narrower = token_of(User.objects.get(username=role), "narrower", PLACES["here"])[1]
    wrong = []
    for one in (one for one in asks(role) if one.entry["door"] == "api"):
        by_session, by_token, cut = world.ask(one), world.ask(one, token=world.tokens[role]), world.ask(one, token=narrower)
        if said(by_token) != said(by_session) and not one.entry.get("varies"):
            wrong.append(f"{one.told}: a token of everything is answered otherwise than a session")
        if told := set(leaks(world, one, cut)) | {place for place in one.seen if place != "here" and place_told(world, place, cut)}:
            wrong.append(f"{one.told}: a token for one village tells of {told}")
        if one.place not in ("", "here") and cut.status_code < 300 and "foreign" not in one.entry:
            wrong.append(f"{one.told}: {cut.status_code} for a token of one village")
    assert wrong == []


def place_told(world: World, place: str, answer: Any) -> bool:
    """Whether an answer tells of a place."""
    return world.places[place].marker.encode() in said(answer)


@pytest.mark.parametrize("route", sorted(routes()))
def test_each_address_is_in_the_table(route: str) -> None:
    assert route in {entry["route"] for entry in ENTRIES}, "tests/server/matrix.yaml does not say who gets what at this address"


def test_the_table_knows_no_address_that_is_not_there() -> None:
    assert {entry["route"] for entry in ENTRIES} - set(routes()) == set()
    known = {"route", "method", "door", "who", "seen", "with", "query", "data", "ok", "foreign", "else", "public", "varies"}
    for entry in ENTRIES:
        assert set(entry) <= known and entry["door"] in DOORS and entry["who"] in TABLE["sets"], entry
        assert entry.get("seen", "nothing") in TABLE["sees"] and set(re.findall(r"<(?:\w+:)?(\w+)>", entry["route"])) <= set(
            entry.get("with", {})
        )
    assert {role for who in TABLE["sets"].values() for role in who} == set(ROLES)


REFUSED_TO = {"public", "village_officer", "county_manager", "system_administrator"}
"""A method is refused before a role is looked at: these four stand for all."""


def test_a_method_that_the_table_does_not_know_is_refused(world: World) -> None:
    world.furnish(["here"])
    open_ones = []
    for route in routes():
        entries = [entry for entry in ENTRIES if entry["route"] == route]
        methods = {entry.get("method", "GET") for entry in entries}
        for role in set(TABLE["sets"][entries[0]["who"]]) & REFUSED_TO:
            one = Ask(entries[0], role, "here" if "with" in entries[0] else "")
            for method in set(METHODS) - methods:
                if (status := world.ask(one, method).status_code) < 400 and not (role == "public" and status == 302):
                    open_ones.append(f"{role} {method} /{route}: {status}")
    assert open_ones == []


def test_the_matrix_sees_a_leak(world: World) -> None:
    """Each of the three ways to notice one is tried on an answer that leaks."""
    world.furnish(["here", "there"])
    one = Ask({"route": "users", "door": "list", "who": "managers", "seen": "accounts"}, "township_clerk")
    answer = world.ask(one)
    assert answer.status_code == one.status and leaks(world, one, answer) == []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.xml", world.places["there"].marker)
    for body in (packed.getvalue(), gzip.compress(packed.getvalue()), world.places["there"].marker.encode()):
        answer.body = body
        assert leaks(world, one, answer) == ["there"]
    answer.body, answer["X-Total"] = b"", world.places["there"].marker
    assert leaks(world, one, answer) == ["there"]
    before = said(world.ask(one))
    world.furnish(["sibling"])
    assert said(world.ask(one)) != before, "an answer that depends on a row is another one when the row is there"


def test_the_size_of_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    doors = {entry["door"] for entry in ENTRIES}
    count = sum(1 for role in ROLES for _ in asks(role))
    with capsys.disabled():
        print(f"\nscope matrix: {len(routes())} addresses x {len(ROLES)} roles x {len(doors)} doors: {count} requests")
    assert count > 500
