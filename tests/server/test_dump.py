"""A real dump and the logs of a server that was worked on hold no resident ID and no phone in clear.

The demo is started as a user starts it; a delivery goes from upload to acceptance; numbers are looked for, looked up and seen in clear;
people type numbers where they do not belong, and things fail. Then the dump of the database, as text, and what server and worker have
written are searched for every number of the delivery, and for whatever else reads like one.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from jiadi.codes import person
from jiadi.register.schema import TABLES
from jiadi.run import pipeline
from jiadi.server.commands.dump import _environment
from jiadi.server.database.private import BACKUP, Private, program
from jiadi.survey.sample import generate

sys.path.insert(0, str(Path(__file__).parent))
from test_commands import CLEAN, ROOT, free_port

LIKE_ONE = re.compile(r"(?=(?<![0-9A-Za-z.])([0-9]{17}[0-9Xx])(?![0-9A-Za-z]))")
WINDOW = re.compile(r"(?=([0-9]{17}[0-9Xx]))")
PHONE = "13905701234"
LONG_S = 240


@pytest.fixture(scope="module")
def county() -> Iterator[tuple[Path, set[str]]]:
    """A delivery, and every number in it."""
    folder = Path(tempfile.mkdtemp(prefix="jiadi-dump-"))
    folder.chmod(0o755)
    generate(folder / "county", houses=60, seed=11, dirt=0.1)
    tables = pipeline.judge([folder / "county"]).delivery.tables
    columns = [
        tables[name][column.name].drop_nulls().to_list() for name in tables for column in TABLES[name].columns if column.kind == "person_id"
    ]
    numbers = {one.upper() for column in columns for cell in column for one in re.findall(r"[0-9]{17}[0-9Xx]", str(cell))}
    yield folder, numbers
    shutil.rmtree(folder)


class Browser:
    """Somebody who is signed in at a running server."""

    def __init__(self, port: int, username: str = "", password: str = "") -> None:
        self.at, self.held = f"http://127.0.0.1:{port}", requests.Session()
        self.held.get(f"{self.at}/sign-in")
        if username:
            assert "/sign-in" not in self.post("/sign-in", username=username, password=password).url

    def post(self, path: str, files: Any = None, **data: Any) -> requests.Response:
        token = self.held.cookies.get("csrftoken", "")
        return self.held.post(self.at + path, {"csrfmiddlewaretoken": token, **data}, files=files, headers={"Referer": self.at}, timeout=60)

    def get(self, path: str, **query: str) -> requests.Response:
        return self.held.get(self.at + path, params=query, timeout=60)

    def until(self, path: str, *states: str) -> str:
        """Wait for an import."""
        for _ in range(LONG_S * 5):
            if (state := self.get(f"{path}/progress").json()["state"]) in states:
                return str(state)
            time.sleep(0.2)
        raise AssertionError(path)


@pytest.fixture(scope="module")
def worked_on(county: tuple[Path, set[str]]) -> Iterator[tuple[Private, Path, dict[str, Any]]]:
    """The instance after a day's work; its database still runs."""
    folder, numbers = county
    var, port = folder / "var", free_port()
    env = CLEAN | {"PYTHONPATH": str(ROOT)}
    run = [sys.executable, "-P", "-m", "jiadi.cli"]
    started = subprocess.run(
        [*run, "demo", "--var", var, "--port", str(port), "--workers", "1", "--detach"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield Private((var / "postgres").resolve()), var, work(port, var, folder / "county", sorted(numbers))
    finally:
        subprocess.run([*run, "stop", "--var", var], env=env, capture_output=True, check=False)


def work(port: int, var: Path, county: Path, numbers: list[str]) -> dict[str, Any]:
    """An import, searches, reveals, refusals, failures; figures of what was done."""
    accounts = {one["role"]: one for one in json.loads((var / "keys/accounts.json").read_text(encoding="utf-8"))}
    told: dict[str, Any] = {}
    one = accounts["county_manager"]
    manager = Browser(port, one["username"], one["password"])
    made = manager.post("/imports/new", title=f"交付 {numbers[0]}", division_code="330802", why="交付")
    path = "/" + made.url.split("/", 3)[3]
    for file in sorted(file for file in county.rglob("*") if file.is_file()):
        manager.post(f"{path}/files", files={"files": (file.name, file.read_bytes())})
    manager.post(f"{path}/check")
    assert manager.until(path, "checked", "failed") == "checked", manager.get(path).text[-3000:]
    manager.post(f"{path}/accept", why=f"入册 {numbers[1]}，电话 {PHONE}")
    assert manager.until(path, "accepted", "checked") == "accepted", manager.get(path).text[-3000:]
    told["found"] = 0
    for number in numbers[:12]:
        page = manager.get("/search", q=number).text
        manager.get("/persons", q=number)
        for row in dict.fromkeys(re.findall(r'href="/persons/([0-9a-f-]{36})"', page)):
            answer = manager.post(f"/persons/{row}/reveal", field="id_number", reason="other", text=f"核对 {number} {PHONE}")
            told["found"] += number in answer.text
            told.setdefault("answers", []).append((answer.status_code, answer.url))
        told.setdefault("links", []).append(len(re.findall("/persons/", page)))
    nobody = Browser(port)
    for number in numbers[:3]:
        assert nobody.post("/sign-in", username=number, password=number).status_code == 401
        manager.get(f"/persons/{number}")
        manager.get(f"/houses/{number}", q=number)
        manager.post("/users/new", username=number, full_name="某人", why=f"为 {number} 新建")
        manager.post("/runs/new", division="330802", why=f"复核 {number}")
        manager.get("/api/v1/houses", division=number)
    assert manager.get("/audit").status_code == 403
    told["bad"] = manager.post(f"{path}/files", files={"files": (f"{numbers[0]}.xlsx", f"{numbers[0]} {PHONE}".encode())}).status_code
    second = manager.post("/imports/new", title="坏文件", division_code="330802", why="交付")
    other = "/" + second.url.split("/", 3)[3]
    manager.post(f"{other}/files", files={"files": ("坏.csv", f"证件号码,姓名\n{numbers[0]}".encode())})
    manager.post(f"{other}/check")
    manager.until(other, "checked", "failed")
    return told


def in_clear(text: str, numbers: set[str]) -> set[str]:
    """Numbers that a text holds: those of the delivery wherever they stand, and whatever else is one by its check digit."""
    upper = text.upper()
    found = {one for one in WINDOW.findall(upper) if one in numbers} | {one for one in LIKE_ONE.findall(text) if person.check(one) is None}
    found |= {number for number in numbers if number.encode().hex() in text.lower()}
    return found | ({PHONE} if PHONE in text or PHONE.encode().hex() in text.lower() else set())


def dumped(private: Private) -> str:
    """The whole database as text."""
    words = [program("pg_dump"), "--format=plain", "--no-owner", "--exclude-table=spatial_ref_sys"]
    made = subprocess.run(words, env=_environment(private.url(BACKUP)), capture_output=True, text=True, check=True)
    assert "COPY public.register_person " in made.stdout
    return made.stdout


def logged(var: Path) -> str:
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted((var / "log").iterdir()))


def test_neither_dump_nor_logs_hold_a_number(worked_on: tuple[Private, Path, dict[str, Any]], county: tuple[Path, set[str]]) -> None:
    private, var, told = worked_on
    numbers = county[1]
    dump, log = dumped(private), logged(var)
    assert len(numbers) > 60 and told["found"] >= 10, ("numbers were seen in clear, so that there was something to leak", told)
    assert dump.count("\treveal\t") >= 10 and "fail_sign_in" in dump and "accept" in dump
    assert (
        log.count("/reveal 200") >= 10
        and "refused" in log
        and {path.name for path in (var / "log").iterdir()} >= {"server.log", "worker.log"}
    )
    assert in_clear(dump, numbers) == set()
    assert in_clear(log, numbers) == set()


def test_a_number_in_clear_is_found(worked_on: tuple[Private, Path, dict[str, Any]], county: tuple[Path, set[str]]) -> None:
    """What the test above rests on: each way to leave a number is seen."""
    private, _var, _ = worked_on
    numbers = county[1]
    number = min(numbers)
    assert in_clear(f"GET /persons/{number} 404", numbers) == {number} == in_clear(f'{{"why":"{number}"}}', numbers)
    assert in_clear(f"\\x00{number.encode().hex()}", numbers) == {number} and in_clear(f"x{PHONE}x", numbers) == {PHONE}
    assert in_clear("330802198001010014", set()) <= {"330802198001010014"} and in_clear("330802197603151233", set()) == {
        "330802197603151233"
    }
    with psycopg.connect(private.url("postgres")) as ruler:
        ruler.execute("SET session_replication_role = replica")
        ruler.execute("UPDATE register_source SET file = %s WHERE id = (SELECT id FROM register_source LIMIT 1)", [f"名单 {number}.xlsx"])
    assert in_clear(dumped(private), numbers) == {number}
    with psycopg.connect(private.url("postgres")) as ruler:
        ruler.execute("SET session_replication_role = replica")
        ruler.execute("UPDATE register_source SET file = 'a' WHERE file LIKE '名单%%'")
