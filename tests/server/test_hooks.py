"""Other systems are told: in order, signed, until they take it, and never anywhere inside our own network."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

from jiadi.server.accounts import actions as accounts
from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import NOBODY, OPERATOR
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.hooks import actions, delivering, sending
from jiadi.server.hooks.models import Delivery, Hook
from jiadi.server.hooks.sending import Sent

COUNTY, VILLAGE, OTHER = "330802", 330802005202, 330803002204
MakeUser, Enter = Callable[..., User], Callable[..., Client]


def do(word: str = "judge", division: int = VILLAGE) -> None:
    """An act of which others are told."""
    narrow(EVERYWHERE)
    with acting(NOBODY, word, division=division, subject="run", subject_id="id", why="某甲 330802197603151230"):
        pass


@pytest.fixture
def manager(make_user: MakeUser, enter: Enter) -> Client:
    return enter(make_user("manager", "county_manager", COUNTY))


def asked(**changed: Any) -> dict[str, Any]:
    return {"name": "不动产登记", "address": "https://hooks.example.org/jiadi", "division_code": COUNTY, "why": "工作需要"} | changed


def registered(browser: Client, **changed: Any) -> tuple[Hook, str]:
    answer = browser.post("/hooks/new", asked(**changed))
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r"<code>(jiadi_hook_[\w-]{43})</code>", answer.content.decode())
    assert found
    return Hook.objects.latest("id"), found[1]


@dataclass
class Other:
    """The other system: what it was told, and what it answers."""

    sent: Sent = field(default_factory=lambda: Sent(200, "", 5))
    told: list[dict[str, Any]] = field(default_factory=list)

    def post(self, address: str, body: bytes, headers: dict[str, str]) -> Sent:
        self.told.append(json.loads(body) | {"address": address, "headers": headers})
        return self.sent


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Other:
    made = Other()
    monkeypatch.setattr(sending, "post", made.post)
    return made


def test_a_hook_is_told_of_what_comes_after_it_in_order_and_once(manager: Client, other: Other) -> None:
    do()
    hook, _ = registered(manager)
    do("judge")
    do("upload")
    do("accept")
    do("judge", OTHER)
    assert delivering.deliver(hook.pk) == 2
    assert [one["kind"] for one in other.told] == ["run_finished", "import_accepted"]
    assert other.told[0]["number"] < other.told[1]["number"] and other.told[0]["division"] == str(VILLAGE)
    assert "某甲" not in str(other.told) and "330802197603151230" not in str(other.told)
    assert delivering.deliver(hook.pk) == 0
    hook.refresh_from_db()
    assert hook.position == Act.objects.latest("number").number, "what is no event of its own is not looked at again"
    page = manager.get(f"/hooks/{hook.pk}").content.decode()
    assert page.count("已接收") == 2


def test_a_hook_is_told_of_its_kinds_and_its_division(manager: Client, other: Other) -> None:
    hook, _ = registered(manager, kinds=["import_accepted"], division_code=str(VILLAGE))
    do("judge")
    do("accept", VILLAGE + 1)
    do("accept")
    assert delivering.deliver(hook.pk) == 1


def test_a_failure_is_tried_again_with_growing_waits_until_it_is_given_up(manager: Client, other: Other) -> None:
    hook, _ = registered(manager)
    do("judge")
    do("accept")
    other.sent = Sent(500, "status", 5)
    waits = []
    for _ in range(delivering.GIVEN_UP):
        assert delivering.deliver(hook.pk) == 0
        assert delivering.deliver(hook.pk) == 0, "not before its time"
        hook.refresh_from_db()
        assert hook.next_at
        waits.append(hook.next_at - Delivery.objects.latest("id").at)
        Hook.objects.update(next_at=None)
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)] and waits[-1] == timedelta(hours=12)
    assert (hook.state, hook.failures, hook.fault) == ("failed", delivering.GIVEN_UP, "status")
    assert {one["kind"] for one in other.told} == {"run_finished"}, "the next one waits"
    assert Act.objects.latest("number").word == "give_up_hook"
    assert "多次失败" in manager.get(f"/hooks/{hook.pk}").content.decode()
    assert delivering.due() == []
    other.sent, other.told = Sent(204, "", 5), []
    assert manager.post(f"/hooks/{hook.pk}/turn/on", {"why": "已修复"}).status_code == 302
    assert delivering.due() == [hook.pk]
    assert delivering.deliver(hook.pk) == 2 and [one["kind"] for one in other.told] == ["run_finished", "import_accepted"]


def test_a_hook_is_turned_off_with_a_reason(manager: Client, other: Other) -> None:
    hook, _ = registered(manager)
    do()
    assert manager.post(f"/hooks/{hook.pk}/turn/off", {"why": ""}).status_code == 422
    assert manager.post(f"/hooks/{hook.pk}/turn/off", {"why": "系统停用"}).status_code == 302
    assert delivering.due() == [] and delivering.deliver(hook.pk) == 0 and other.told == []
    assert manager.post(f"/hooks/{hook.pk}/turn/off", {"why": "系统停用"}).status_code == 409
    assert manager.get(f"/hooks/{hook.pk}/turn/aside").status_code == 404


def test_a_hook_is_told_nothing_once_its_maker_has_no_right(manager: Client, other: Other) -> None:
    hook, _ = registered(manager)
    do()
    accounts.revoke(OPERATOR, Grant.objects.get(user__username="manager").pk, "leaves")
    assert delivering.deliver(hook.pk) == 0 and other.told == []
    hook.refresh_from_db()
    assert (hook.state, hook.fault) == ("failed", "no_right")


def test_who_may_register_a_hook_and_what(manager: Client, make_user: MakeUser, enter: Enter) -> None:
    for changed, status in (
        ({"division_code": "330803"}, 403),
        ({"division_code": "x"}, 422),
        ({"address": "http://hooks.example.org/"}, 422),
        ({"address": "https://user:word@hooks.example.org/"}, 422),
        ({"address": "https://hooks.example.org/#part"}, 422),
        ({"address": "https://hooks.example.org:99999/"}, 422),
        ({"address": "https://例子.example/"}, 422),
        ({"address": "https://127.0.0.1/"}, 422),
        ({"address": "https://[::1]/"}, 422),
        ({"address": "https://169.254.169.254/latest"}, 422),
        ({"kinds": ["everything"]}, 422),
        ({"why": ""}, 422),
    ):
        assert manager.post("/hooks/new", asked(**changed)).status_code == status, changed
    assert not Hook.objects.exists()
    assert enter(make_user("clerk", "township_clerk", "330802005")).get("/hooks").status_code == 403
    assert registered(enter(make_user("admin", "system_administrator", "3308")), division_code="3308")


def test_the_secret_is_sealed_for_its_hook(manager: Client) -> None:
    (first, secret), (second, _) = registered(manager), registered(manager)
    assert actions.unseal(first) == secret and secret.encode() not in bytes(first.sealed)
    second.sealed = first.sealed
    with pytest.raises(Exception, match="another hook"):
        actions.unseal(second)
    assert secret not in manager.get(f"/hooks/{first.pk}").content.decode()


BARRED = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", BARRED)
def test_no_address_of_our_own_network_is_reached_whatever_the_name(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    for found in ([address], ["8.8.8.8", address]):
        monkeypatch.setattr(sending, "addresses", lambda *_, found=found: found)
        assert sending.post("https://hooks.example.org/", b"{}", {}).fault == "barred"


def test_a_network_that_the_operator_opened_is_reached_and_this_machine_never(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sending.may_reach("8.8.8.8") and not sending.may_reach("10.1.2.3")
    monkeypatch.setenv("JIADI_HOOK_NETWORKS", "10.1.0.0/16, 127.0.0.0/8, fd00::/8, 169.254.0.0/16")
    reached = [one for one in (*BARRED, "10.2.0.1") if sending.may_reach(one)]
    assert reached == ["10.1.2.3", "fd12::1"]


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means another machine a moment later leads nowhere: it is not looked up again."""
    went: list[Any] = []

    def connect(address: Any, *_: Any) -> None:
        went.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(sending, "addresses", lambda *_: ["8.8.8.8"])
    assert sending.post("https://hooks.example.org:8443/", b"{}", {}).fault == "unreachable"
    assert went == [("8.8.8.8", 8443)]


def certificate(folder: Path, name: str) -> Path:
    """A certificate of a name with its key, for a server of the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    named, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Receiver:
    """A real server of https on this machine, which is known as hooks.example.org."""

    port: int
    status: int = 200
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    path = certificate(tmp_path, "hooks.example.org")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.status)
            self.send_header("Location", "https://127.0.0.1/inside")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Receiver(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(sending, "addresses", lambda *_: ["127.0.0.1"])
    monkeypatch.setattr(sending, "may_reach", lambda text: ipaddress.ip_address(text).is_loopback)
    monkeypatch.setattr(sending, "trusted", lambda: ssl.create_default_context(cafile=str(path)))
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_sent_is_signed_and_the_receiver_can_tell(manager: Client, receiver: Receiver) -> None:
    hook, secret = registered(manager, address=f"https://hooks.example.org:{receiver.port}/jiadi?of=x")
    do("accept")
    assert delivering.deliver(hook.pk) == 1
    path, headers, body = receiver.got[0]
    assert path == "/jiadi?of=x" and headers["Host"] == f"hooks.example.org:{receiver.port}" and headers["Jiadi-Hook"] == str(hook.pk)
    moment, _, made = headers["Jiadi-Signature"].partition(",")
    expected = hmac.new(secret.encode(), moment.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert made == f"v1={expected}"
    assert set(json.loads(body)) == {"number", "kind", "at", "division", "subject", "subject_id"}


def test_no_redirect_is_followed_and_no_other_certificate_is_taken(receiver: Receiver) -> None:
    receiver.status = 302
    assert sending.post(f"https://hooks.example.org:{receiver.port}/", b"{}", {}) == Sent(302, "status", pytest.approx(0, abs=10**5))
    assert len(receiver.got) == 1
    assert sending.post(f"https://another.example.org:{receiver.port}/", b"{}", {}).fault == "tls"
    assert len(receiver.got) == 1


def test_a_name_that_nobody_knows_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert sending.post("https://hooks.example.org/", b"{}", {}).fault == "unknown_host"
