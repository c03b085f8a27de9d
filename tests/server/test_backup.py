"""A backup holds one moment of everything but the keys, comes back the same, and says so where it does not."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from jiadi.server.commands import saving
from jiadi.server.commands.words import Refused
from jiadi.server.database.private import APP, BACKUP, OWNER, Private

HERE = 330802005202
HOUSE = """
SELECT set_config('jiadi.scope', '{{[0,1000000000000)}}', true), set_config('jiadi.act', '{id}', true),
    set_config('jiadi.moment', now()::text, true);
INSERT INTO register_house (id, division, key) VALUES ('{id}', {division}, 'house {id}');
INSERT INTO cases_act (id, at, by_name, role, word, division, subject, subject_id, why, source, detail, number, previous, hash)
    VALUES ('{id}', now(), '', '', 'enter', {division}, 'house', '{id}', 'test', '', '{{}}', 0, '', '');
"""

COUNTS = """
SELECT (SELECT count(*) FROM cases_act WHERE subject = 'house' AND word = 'enter' AND why = 'test'),
    (SELECT count(*) FROM register_house WHERE key LIKE 'house 00000000%'),
    (SELECT count(*) FROM register_house_version WHERE key LIKE 'house 00000000%' AND known_to IS NULL),
    (SELECT max(number) FROM cases_act)
"""


@pytest.fixture
def place(database: Private) -> Iterator[str]:
    """Name of a second database, empty, that is dropped afterwards."""
    name = f"brought_{id(object()):x}"
    database.create(name)
    yield name
    with psycopg.connect(database.url("postgres", "postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    for content in (b"one", b"", b"x" * 3_000_000):
        path = folder / hashlib.sha256(content).hexdigest()[:2] / hashlib.sha256(content).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def urls(database: Private, name: str = "jiadi") -> tuple[str, str, str]:
    return database.url(APP, name), database.url(OWNER, name), database.url(BACKUP, name)


def enter(url: str, number: int, mark: int) -> None:
    """One house by one act, as a user's request would."""
    with psycopg.connect(url) as app:
        app.execute(HOUSE.format(id=f"00000000-0000-7000-8{mark:03x}-{number:012x}", division=HERE))


@contextmanager
def written_to(url: str) -> Iterator[list[int]]:
    """Two users who enter one house after another, each by one act; how many each has entered."""
    ended, begun, entered = threading.Event(), threading.Barrier(3), [0, 0]

    def write(mark: int) -> None:
        while not ended.is_set():
            enter(url, entered[mark], mark)
            entered[mark] += 1
            if entered[mark] == 5:
                begun.wait()

    writers = [threading.Thread(target=write, args=(mark,)) for mark in (0, 1)]
    for writer in writers:
        writer.start()
    begun.wait()
    try:
        yield entered
    finally:
        ended.set()
        for writer in writers:
            writer.join()


def test_a_backup_under_load_is_one_moment_and_comes_back_the_same(
    database: Private, copy: str, place: str, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each act that is in it has its house and its version, and none that began later has any."""
    monkeypatch.setenv("JIADI_DATA_KEYS", "1:0123456789abcdef0123456789abcdef:" + "0123456789abcdef" * 4)
    file = tmp_path / "county.zip"
    with written_to(database.url(APP, copy)) as entered:
        made = saving.backup(file, database.url(BACKUP, copy), APP, media)
    found = saving.restore(file, saving.read(file), urls(database, place), tmp_path / "other")
    assert found.tables == made["database"]["tables"]
    assert found.chain == made["database"]["chain"]
    with psycopg.connect(database.url(BACKUP, place)) as held:
        acts, houses, versions, last = held.execute(COUNTS).fetchone() or (0, 0, 0, 0)
    assert 10 <= acts == houses == versions <= sum(entered)
    assert last == found.chain["number"]
    saved = {path.name: path.read_bytes() for path in (tmp_path / "other").rglob("*") if path.is_file()}
    assert len(saved) == 3 and all(hashlib.sha256(content).hexdigest() == name for name, content in saved.items())
    assert b"0123456789abcdef0123456789abcdef" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    with psycopg.connect(database.url(APP, place)) as app:
        assert app.execute("SELECT count(*) FROM register_house").fetchone() == (0,), "row-level security came back"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM cases_act")


@pytest.fixture
def saved(database: Private, media: Path, tmp_path: Path) -> Path:
    file = tmp_path / "saved.zip"
    saving.backup(file, database.url(BACKUP), APP, media)
    return file


def rewrite(file: Path, change: dict[str, bytes | None]) -> Path:
    """A copy in which members are replaced, or left out."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in {**dict.fromkeys(old.namelist()), **change}:
            content = change.get(name, old.read(name) if name in old.namelist() else None)
            if content is not None:
                new.writestr(name, content)
    return other


def test_what_is_not_whole_is_not_restored(saved: Path) -> None:
    medium = next(name for name in zipfile.ZipFile(saved).namelist() if name.startswith("media/"))
    assert saving.read(saved)["format"] == 1
    for change in ({medium: b"other"}, {medium: None}, {"database.dump": b""}, {"media/more": b"more"}):
        with pytest.raises(Refused) as refused:
            saving.read(rewrite(saved, change))
        assert refused.value.code == "damaged"
    cut = saved.with_name("cut.zip")
    cut.write_bytes(saved.read_bytes()[:-2000])
    for file in (cut, rewrite(saved, {"manifest.json": None}), saved.with_name("none.zip")):
        with pytest.raises(Refused) as refused:
            saving.read(file)
        assert refused.value.code == "no_backup"


def test_a_name_that_leads_outside_is_refused(saved: Path) -> None:
    manifest: dict[str, Any] = saving.read(saved)
    manifest["media"]["../../outside"] = {"bytes": 4, "sha256": hashlib.sha256(b"more").hexdigest()}
    forged = rewrite(saved, {"manifest.json": json.dumps(manifest).encode(), "media/../../outside": b"more"})
    with pytest.raises(Refused) as refused:
        saving.read(forged)
    assert refused.value.code == "damaged"


def test_nothing_is_restored_into_a_place_that_is_not_empty(database: Private, saved: Path, place: str, tmp_path: Path) -> None:
    manifest = saving.read(saved)
    with pytest.raises(Refused) as refused:
        saving.restore(saved, manifest, urls(database), tmp_path / "none")
    assert refused.value.code == "not_empty"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo").write_bytes(b"1")
    with pytest.raises(Refused) as refused:
        saving.restore(saved, manifest, urls(database, place), tmp_path / "full")
    assert refused.value.code == "not_empty"
    with psycopg.connect(database.url(OWNER, place)) as owner:
        assert owner.execute("SELECT to_regclass('register_house')").fetchone() == (None,)


def test_what_differs_is_told(database: Private, saved: Path, place: str, tmp_path: Path) -> None:
    manifest = saving.read(saved)
    manifest["database"]["tables"]["accounts_user"]["sum"] += 1
    manifest["database"]["chain"]["hash"] = "00"
    with pytest.raises(Refused, match="accounts_user, cases_head"):
        saving.restore(saved, manifest, urls(database, place), tmp_path / "other")


@pytest.mark.parametrize("role", [APP, OWNER])
def test_a_role_that_sees_a_part_saves_nothing(database: Private, tmp_path: Path, role: str) -> None:
    with pytest.raises(Refused) as refused:
        saving.backup(tmp_path / "part.zip", database.url(role), APP, tmp_path)
    assert refused.value.code == "no_backup_role"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(database: Private, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("kept")
    with pytest.raises(Refused) as refused:
        saving.backup(tmp_path / "there.zip", database.url(BACKUP), APP, tmp_path)
    assert refused.value.code == "is_there"
    assert (tmp_path / "there.zip").read_text() == "kept"
    with pytest.raises(Refused) as refused:
        saving.backup(tmp_path / "no such folder" / "a.zip", database.url(BACKUP), APP, tmp_path)
    assert refused.value.code == "not_written"


def test_the_app_of_another_name_is_refused(database: Private, saved: Path, place: str, tmp_path: Path) -> None:
    _, owner, reader = urls(database, place)
    with pytest.raises(Refused) as refused:
        saving.restore(saved, saving.read(saved), (owner, owner, reader), tmp_path / "other")
    assert refused.value.code == "other_role"
    assert APP in refused.value.said["en"]
