"""Keys of persons' data: what is sealed opens in its own column alone, and every value comes under a new key, killed or not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.server.accounts import secret
from jiadi.server.accounts.models import SecondFactor, User
from jiadi.server.database import resealing, sealing
from jiadi.server.database.private import APP, BACKUP, OWNER, Private
from jiadi.server.database.scope import EVERYWHERE, seeing
from jiadi.server.environment import BadSetting

sys.path.insert(0, str(Path(__file__).parent))
from test_commands import CLEAN, KEYS, ROOT, jiadi

OLD = "1:0123456789abcdef0123456789abcdef:" + "0123456789abcdef" * 4
NEW = OLD + ",2:fedcba9876543210fedcba9876543210:" + "fedcba9876543210" * 4
PERSON, RIGHT = "register_person.id_number_sealed", "register_right.holder_id_sealed"
SEEN = "SELECT set_config('jiadi.scope', '{[0,1000000000000)}', true), set_config('jiadi.act', gen_random_uuid()::text, true), "
SEEN += "set_config('jiadi.moment', now()::text, true)"
INSERT = "INSERT INTO register_person (id, division, key, id_number_sealed, id_number_hash) "
INSERT += "VALUES (lpad(%s::text, 32, '0')::uuid, 330802005202, %s, %s, %s)"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("JIADI_DATA_KEYS", OLD)
    sealing.keys.cache_clear()
    yield
    sealing.keys.cache_clear()


def use(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JIADI_DATA_KEYS", text)
    sealing.keys.cache_clear()


@given(st.lists(st.none() | st.text(max_size=30), max_size=5))
def test_what_is_sealed_opens_again(texts: list[str | None]) -> None:
    assert sealing.unseal_many(sealing.seal_many(texts, PERSON), PERSON) == texts


def test_it_opens_in_its_own_column_alone() -> None:
    sealed = sealing.seal_many(["330802197603151233"], PERSON)
    for place in (RIGHT, "register_person.phone_sealed", ""):
        with pytest.raises(Refusal, match="cannot be opened"):
            sealing.unseal_many(sealed, place)
    assert sealing.place_of("register_person_version", "id_number_sealed") == PERSON


@given(st.integers(0, 46), st.integers(1, 255))
def test_one_changed_byte_is_noticed(place: int, by: int) -> None:
    (sealed,) = sealing.seal_many(["330802197603151233"], PERSON)
    assert sealed is not None and len(sealed) == 47
    changed = bytearray(sealed)
    changed[place] ^= by
    with pytest.raises(Refusal, match="cannot be opened"):
        sealing.unseal_many([bytes(changed)], PERSON)


def test_both_keys_open_and_find(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, hashed = sealing.seal_many(["a"], PERSON), sealing.hash_many(["a"])
    use(monkeypatch, NEW)
    newer, rehashed = sealing.seal_many(["a"], PERSON), sealing.hash_many(["a"])
    assert sealing.unseal_many([*sealed, *newer], PERSON) == ["a", "a"]
    assert [*hashed, *rehashed] == sealing.hashes_of("a") and hashed != rehashed


@pytest.mark.parametrize("text", ["1:ab:cd", OLD + "," + OLD, OLD.replace("1:", "256:", 1), OLD.replace("1:", "0:", 1), "secret" * 9])
def test_odd_keys_are_refused_and_not_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, text)
    with pytest.raises(BadSetting) as refused:
        sealing.keys()
    assert not any(part in f"{refused.value!r} {refused.getrepr(showlocals=False)}" for part in ("0123456789abcdef", "secretsecret"))


def test_keys_show_in_no_message() -> None:
    assert repr(sealing.keys()) == "Keys()"


def keys_of_a_safe() -> str:
    return NEW + "\n"


def broken_safe() -> str:
    raise OSError("the safe says " + OLD)


def test_a_provider_of_ones_own_gives_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIADI_KEY_PROVIDER", f"{__name__}:keys_of_a_safe")
    assert sealing.keys().newest == 2
    sealing.keys.cache_clear()
    monkeypatch.setenv("JIADI_KEY_PROVIDER", f"{__name__}:broken_safe")
    with pytest.raises(BadSetting, match="gives no keys") as refused:
        sealing.keys()
    assert refused.value.__suppress_context__ and "0123456789abcdef" not in str(refused.value)


NUMBERS = [f"33080219760315{n:04}" for n in range(300)]


@pytest.fixture
def filled(database: Private, copy: str) -> str:
    """Name of a database with 300 persons, each in two versions, under the old key."""
    with psycopg.connect(database.url(APP, copy)) as app:
        app.execute(SEEN)
        sealed, hashed = sealing.seal_many(NUMBERS, PERSON), sealing.hash_many(NUMBERS)
        rows = [(n, f"p{n}", *one) for n, one in enumerate(zip(sealed, hashed, strict=True))]
        app.cursor().executemany(INSERT, rows)
        app.execute("UPDATE register_person SET initials = 'zs'")
    return copy


def held(database: Private, name: str) -> list[tuple[int, int, int]]:
    """Key id and count by table, 1 for versions."""
    with psycopg.connect(database.url(BACKUP, name)) as read:
        question = "SELECT 0, get_byte(id_number_sealed, 0), count(*) FROM register_person GROUP BY 2 UNION ALL "
        question += "SELECT 1, get_byte(id_number_sealed, 0), count(*) FROM register_person_version GROUP BY 2 ORDER BY 1, 2"
        return read.execute(question).fetchall()


def settings(database: Private, name: str, text: str) -> dict[str, str]:
    return {
        "JIADI_DATABASE_URL": database.url(APP, name),
        "JIADI_OWNER_DATABASE_URL": database.url(OWNER, name),
        "JIADI_DATA_KEYS": text,
        "JIADI_SECRET_KEY": KEYS["JIADI_SECRET_KEY"],
    }


def test_a_rotation_that_is_killed_is_taken_up_again(
    database: Private, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert held(database, filled) == [(0, 1, 300), (1, 1, 600)]
    words = ["keys", "rotate", "--batch", "7", "--var", str(tmp_path), "--lang", "en"]
    given = CLEAN | {"PYTHONPATH": str(ROOT)} | settings(database, filled, NEW)
    with subprocess.Popen([sys.executable, "-P", "-m", "jiadi.cli", *words], env=given, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        for _ in range(5):
            assert " of 900" in running.stderr.readline()
        running.send_signal(signal.SIGKILL)
    between = {(table, key): many for table, key, many in held(database, filled)}
    assert between[0, 1] + between[0, 2] == 300 and between[0, 2] >= 35 and between[1, 1] > 0, "it was killed in the middle"
    use(monkeypatch, NEW)
    assert found(database, filled) == NUMBERS, "both keys open and find meanwhile"
    done = jiadi("keys", "rotate", "--why", "yearly", "--var", tmp_path, "--lang", "en", **settings(database, filled, NEW))
    assert (done.returncode, "under key 2 now" in done.stdout) == (0, True), done.stderr
    assert held(database, filled) == [(0, 2, 300), (1, 2, 600)], "every row, every version, and no version more"
    assert found(database, filled) == NUMBERS
    use(monkeypatch, NEW.split(",")[1])
    assert found(database, filled) == NUMBERS, "the old key is needed no more"
    with psycopg.connect(database.url(BACKUP, filled)) as read:
        acts = read.execute("SELECT word, subject, subject_id, why FROM cases_act WHERE word = 'rotate_keys' ORDER BY number").fetchall()
    assert acts == [("rotate_keys", "key", "2", ""), ("rotate_keys", "key", "2", "yearly")]


def found(database: Private, name: str) -> list[str | None]:
    """Each person looked up by the number, and what the row and its two versions say."""
    said: list[str | None] = []
    with psycopg.connect(database.url(BACKUP, name)) as read:
        for number in NUMBERS:
            question = "SELECT id_number_sealed FROM register_person WHERE id_number_hash = ANY(%(any)s) UNION ALL "
            question += "SELECT id_number_sealed FROM register_person_version WHERE id_number_hash = ANY(%(any)s)"
            rows = read.execute(question, {"any": sealing.hashes_of(number)}).fetchall()
            (one,) = set(sealing.unseal_many([sealed for (sealed,) in rows], PERSON))
            said += [one] if len(rows) == 3 else [None]
    return said


def test_the_servers_own_role_passes_no_change_by_the_histories(database: Private, filled: str) -> None:
    with psycopg.connect(database.url(APP, filled)) as app:
        app.execute(SEEN + ", set_config('jiadi.resealing', 'on', true)")
        app.execute("UPDATE register_person SET initials = 'ls' WHERE key = 'p1'")
    assert held(database, filled) == [(0, 1, 300), (1, 1, 601)]
    with psycopg.connect(database.url(APP, filled)) as app, pytest.raises(psycopg.DatabaseError, match="without an act"):
        app.execute("SELECT set_config('jiadi.scope', '{[0,1000000000000)}', true), set_config('jiadi.resealing', 'on', true)")
        app.execute("UPDATE register_person SET initials = 'ww'")


def test_the_list_tells_how_much_lies_under_each_key(database: Private, filled: str, tmp_path: Path) -> None:
    told = jiadi("keys", "list", "--json", "--var", tmp_path, **settings(database, filled, NEW))
    assert json.loads(told.stdout) == [
        {"id": 1, "values": 900, "there": True, "seals": False},
        {"id": 2, "values": 0, "there": True, "seals": True},
    ]
    told = jiadi("keys", "list", "--lang", "en", "--var", tmp_path, **settings(database, filled, NEW.split(",")[1]))
    assert "key 1: 900 values, but the key is not here" in told.stdout
    assert "abcdef" not in told.stdout + told.stderr
    lost = jiadi("keys", "rotate", "--lang", "en", "--var", tmp_path, **settings(database, filled, NEW.split(",")[1]))
    assert lost.returncode == 2 and "Give the keys" in lost.stderr, "nothing is lost where a key is"
    assert held(database, filled) == [(0, 1, 300), (1, 1, 600)]


def test_no_column_of_sealed_values_is_left_out(database: Private) -> None:
    with psycopg.connect(database.url(OWNER)) as owner:
        named = {(one.table, one.name, one.key, one.is_found) for one in resealing.columns(owner)}
    fields = [(model, one) for model in apps.get_models() for one in model._meta.local_fields if one.column.split("_")[-1] == "sealed"]
    assert {(table, column) for table, column, _, _ in named} == {(model._meta.db_table, one.column) for model, one in fields}
    assert {("accounts_secondfactor", "sealed", "user_id", False), ("register_person", "id_number_sealed", "id", True)} <= named
    assert ("register_person_version", "phone_sealed", "version", True) in named


def test_seeds_of_second_factors_are_sealed_anew_too(database: Private, committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with seeing(EVERYWHERE):
        user = User.objects.create(username="zhang", full_name="张三", password="!")
        SecondFactor.objects.create(user=user, sealed=secret.seal("JBSWY3DP", user.pk))
    use(monkeypatch, NEW)
    with psycopg.connect(database.url(OWNER, committed), autocommit=True) as owner:
        assert list(resealing.rotate(owner)) == [1] and resealing.counts(owner) == {2: 1}
    sealed = bytes(SecondFactor.objects.get().sealed)
    assert sealed[0] == 2 and secret.unseal(sealed, user.pk) == "JBSWY3DP"


def test_a_new_key_goes_into_the_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "data_keys"
    first = jiadi("keys", "new", "--file", file, "--var", tmp_path, "--lang", "en")
    assert first.returncode == 0 and file.stat().st_mode & 0o777 == 0o600
    second = jiadi("keys", "new", "--var", tmp_path, "--lang", "en", JIADI_DATA_KEYS_FILE=str(file))
    text = file.read_text(encoding="utf-8").strip()
    assert list(sealing.parsed(text).sealing) == [1, 2] and sealing.parsed(text).newest == 2
    assert not any(
        part in first.stdout + second.stdout + first.stderr + second.stderr for part in text.replace(",", ":").split(":") if len(part) > 3
    )
    other = jiadi("keys", "new", "--file", file, "--var", tmp_path, "--lang", "en")
    assert other.returncode == 2 and "is there already" in other.stderr and file.read_text(encoding="utf-8").strip() == text
    assert "no file of keys" in jiadi("keys", "new", "--var", tmp_path, "--lang", "en").stderr
