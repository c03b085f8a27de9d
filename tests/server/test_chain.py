"""The chain of acts against whoever rules the database: what was edited, deleted, moved, put in or cut off is found, and where."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jiadi.server.cases import chain
from jiadi.server.cases.chain import Head
from jiadi.server.database import sealing
from jiadi.server.database.private import APP, Private

sys.path.insert(0, str(Path(__file__).parent))
from test_commands import KEYS, jiadi

ACT = """INSERT INTO cases_act (id, at, by_name, role, word, division, subject, subject_id, why, source, detail, number, previous, hash)
    VALUES (gen_random_uuid(), '2026-01-01 08:00+08'::timestamptz + %(day)s * interval '1 day', '张三', 'county_manager', 'split',
    330802005202, 'house', '1', '更正：' || %(day)s, '', '{}', 0, '', '')"""
ACTS = 40


@pytest.fixture
def chained(database: Private, copy: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with a chain, and whoever rules it, with triggers off."""
    with psycopg.connect(database.url(APP, copy)) as app:
        for day in range(ACTS):
            app.execute(ACT, {"day": day})
    with psycopg.connect(database.url("postgres", copy)) as ruler:
        ruler.execute("SET session_replication_role = replica")
        yield ruler


def number_of(ruler: psycopg.Connection[Any], back: int) -> int:
    """Number of an act, counted from the end of the chain."""
    found = ruler.execute("SELECT max(number) FROM cases_act").fetchone()
    assert found
    return int(found[0]) - back


def found_in(ruler: psycopg.Connection[Any], *heads: Head) -> chain.Checked:
    rows = ruler.execute(f"SELECT {chain.COLUMNS} FROM cases_act ORDER BY cases_act.number").fetchall()
    kept = ruler.execute("SELECT number, hash FROM cases_head").fetchone()
    assert kept
    *_, last = chain.check(rows, [*heads, Head(kept[0], bytes(kept[1]))])
    return last


def head_of(ruler: psycopg.Connection[Any]) -> Head:
    kept = ruler.execute("SELECT number, hash FROM cases_head").fetchone()
    assert kept
    return Head(kept[0], bytes(kept[1]), "2026-01-01")


def rechain(ruler: psycopg.Connection[Any], low: int) -> None:
    """What whoever rules the database would do to hide an edit: every later act is hashed anew, and the head with them."""
    ruler.execute("SELECT set_config('jiadi.low', %s, true)", [str(low)])
    ruler.execute("""DO $$ DECLARE a cases_act; before bytea; BEGIN
        SELECT hash INTO before FROM cases_act WHERE number = current_setting('jiadi.low')::int - 1;
        FOR a IN SELECT * FROM cases_act WHERE number >= current_setting('jiadi.low')::int ORDER BY number LOOP
            UPDATE cases_act SET previous = before, hash = sha256(before || jiadi_act_bytes(a)) WHERE id = a.id RETURNING hash INTO before;
        END LOOP; UPDATE cases_head SET hash = before; END $$""")


def test_a_whole_chain_is_whole(chained: psycopg.Connection[Any]) -> None:
    told = found_in(chained, head_of(chained))
    assert (told.bad, told.why) == (None, "") and told.acts == told.last >= ACTS
    assert head_of(chained).hash == told.hash


EDITS = ["why = '更正'", "by_name = '李四'", "detail = '{\"a\": 1}'", "at = at + interval '1 microsecond'", "division = 330802", "by = id"]


@pytest.mark.parametrize("edit", [*EDITS, "role = ''", "word = 'merge'", "subject = 'person'", "subject_id = '2'", "source = 'x'"])
def test_an_edit_of_any_part_is_found(chained: psycopg.Connection[Any], edit: str) -> None:
    number = number_of(chained, 10)
    chained.execute(f"UPDATE cases_act SET {edit} WHERE number = {number}")
    assert ((told := found_in(chained)).bad, told.why) == (number, "edited")


def test_a_moved_boundary_between_two_parts_is_found(chained: psycopg.Connection[Any]) -> None:
    number = number_of(chained, 3)
    chained.execute(f"UPDATE cases_act SET by_name = '张', role = '三county_manager' WHERE number = {number}")
    assert found_in(chained).bad == number


def test_a_deletion_is_found(chained: psycopg.Connection[Any]) -> None:
    number = number_of(chained, 7)
    chained.execute(f"DELETE FROM cases_act WHERE number = {number}")
    assert ((told := found_in(chained)).bad, told.why) == (number, "gap")
    chained.execute(f"UPDATE cases_act SET number = number - 1 WHERE number > {number}")
    assert ((told := found_in(chained)).bad, told.why) == (number, "link"), "also where the numbers are closed up"


def test_the_first_act_is_missed(chained: psycopg.Connection[Any]) -> None:
    chained.execute("DELETE FROM cases_act WHERE number = 1")
    assert ((told := found_in(chained)).bad, told.why) == (1, "gap")


def test_two_acts_that_changed_places_are_found(chained: psycopg.Connection[Any]) -> None:
    one, other = number_of(chained, 9), number_of(chained, 5)
    chained.execute(f"UPDATE cases_act SET number = -1 WHERE number = {one}")
    chained.execute(f"UPDATE cases_act SET number = {one} WHERE number = {other}")
    chained.execute(f"UPDATE cases_act SET number = {other} WHERE number = -1")
    assert ((told := found_in(chained)).bad, told.why) == (one, "link")
    chained.execute("UPDATE cases_act a SET previous = b.hash FROM cases_act b WHERE b.number = a.number - 1")
    assert ((told := found_in(chained)).bad, told.why) == (one, "edited")


def test_an_act_that_was_put_in_is_found(chained: psycopg.Connection[Any]) -> None:
    number = number_of(chained, 4)
    chained.execute(f"UPDATE cases_act SET number = number + 1000 WHERE number >= {number}")
    chained.execute(f"UPDATE cases_act SET number = number - 999 WHERE number >= {number + 1000}")
    chained.execute(f"""INSERT INTO cases_act SELECT gen_random_uuid(), at, by, by_name, role, word, division, subject, subject_id, why,
        source, detail, {number}, previous, hash FROM cases_act WHERE number = {number - 1}""")
    assert found_in(chained).bad == number


def test_a_tail_that_was_cut_off_shows_against_a_head(chained: psycopg.Connection[Any]) -> None:
    kept, number = head_of(chained), number_of(chained, 6)
    chained.execute(f"DELETE FROM cases_act WHERE number > {number}")
    assert ((told := found_in(chained)).bad, told.why) == (number + 1, "cut"), "the database's own head tells"
    chained.execute(f"UPDATE cases_head SET number = {number}, hash = (SELECT hash FROM cases_act WHERE number = {number})")
    assert found_in(chained).bad is None, "whoever cuts the head too is found by the one that was kept elsewhere"
    assert ((told := found_in(chained, kept)).bad, told.why) == (number + 1, "cut")


def test_a_chain_that_was_written_anew_shows_against_a_head(chained: psycopg.Connection[Any]) -> None:
    kept, number = head_of(chained), number_of(chained, 8)
    chained.execute(f"UPDATE cases_act SET why = 'nothing' WHERE number = {number}")
    rechain(chained, number)
    assert found_in(chained).bad is None
    assert ((told := found_in(chained, kept)).bad, told.why) == (kept.number, "head")


def test_a_file_is_checked_without_a_database(chained: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIADI_DATA_KEYS", KEYS["JIADI_DATA_KEYS"])
    sealing.keys.cache_clear()
    rows = chained.execute(f"SELECT {chain.COLUMNS} FROM cases_act ORDER BY cases_act.number").fetchall()
    start = Head(int(rows[9][0]), bytes(rows[9][14]))
    text = io.StringIO()
    end = chain.write(rows[10:], start, text, "2026-02-01")
    assert end.is_ours() and end.number == head_of(chained).number

    def checked(changed: str, *heads: Head) -> tuple[int | None, str, Head | None]:
        held = chain.File.open(io.StringIO(changed))
        *_, last = chain.check(held.rows(), heads, held.start)
        return last.bad, last.why, held.head

    assert checked(text.getvalue(), head_of(chained)) == (None, "", end)
    lines = text.getvalue().splitlines(keepends=True)
    number = json.loads(lines[5])["number"]
    said = json.loads(lines[5])
    edited = [*lines[:5], json.dumps(said | {"why": said["why"] + "。"}, ensure_ascii=False) + "\n", *lines[6:]]
    assert checked("".join(edited))[:2] == (int(number), "edited")
    assert checked("".join([*lines[:5], *lines[6:]]))[:2] == (int(number), "gap")
    assert checked("".join([*lines[:5], lines[6], lines[5], *lines[7:]]))[1] == "gap"
    assert checked("".join(lines[:-4]), head_of(chained))[1:] == ("cut", None)
    with pytest.raises(ValueError):
        checked("{}")
    sealing.keys.cache_clear()


def test_a_head_that_was_changed_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIADI_DATA_KEYS", KEYS["JIADI_DATA_KEYS"])
    sealing.keys.cache_clear()
    signed = Head(7, b"\x01" * 32, "2026-01-01").signed()
    assert Head.read(json.dumps(signed.told())) == signed and signed.is_ours() is True
    for change in ({"number": 8}, {"hash": "02" * 32}, {"day": "2026-01-02"}):
        assert Head.read(json.dumps(signed.told() | change)).is_ours() is False, change
    assert Head.read(json.dumps(signed.told() | {"key": 9})).is_ours() is None
    assert Head.read(f"7:{'01' * 32}") == Head(7, b"\x01" * 32)
    sealing.keys.cache_clear()


def test_the_commands(database: Private, chained: psycopg.Connection[Any], copy: str, tmp_path: Path) -> None:
    settings: dict[str, str] = {**KEYS, "JIADI_DATABASE_URL": database.url(APP, copy), "JIADI_VAR": str(tmp_path)}

    def told(*words: object, **more: str) -> tuple[int, str]:
        done = jiadi("audit", *words, "--lang", "en", **(settings | more))
        return done.returncode, done.stdout + done.stderr

    head, acts, later = tmp_path / "head.json", tmp_path / "acts.jsonl", tmp_path / "later.jsonl"
    assert told("head", "-o", head)[0] == 0 and head.stat().st_mode & 0o077 == 0
    assert told("head", "-o", head)[0] == 2, "nothing is written over"
    assert told("export", acts)[0] == 0 and told("export", later, "--from", "2026-01-11", "--to", "2026-01-20")[0] == 0
    days = [json.loads(line).get("at", "")[:10] for line in later.read_text(encoding="utf-8").splitlines()][1:-1]
    assert (len(days), days[0], days[-1]) == (10, "2026-01-11", "2026-01-20")
    status, words = told("verify", "--head", head)
    assert status == 0 and "agrees with the heads given" in words
    assert told("verify", "--file", later, "--head", head, JIADI_DATABASE_URL="")[0] == 1, "the head lies behind the end of the file"
    assert told("verify", "--file", acts, "--head", head, JIADI_DATABASE_URL="")[0] == 0
    assert "cannot be checked" in told("verify", "--file", acts, JIADI_DATABASE_URL="", JIADI_DATA_KEYS="")[1]
    number = number_of(chained, 10)
    chained.execute(f"UPDATE cases_act SET why = 'x' WHERE number = {number}")
    chained.commit()
    status, words = told("verify")
    assert status == 1 and f"act {number} was changed" in words
    assert json.loads(told("verify", "--json")[1])["bad"] == number
    forged = tmp_path / "forged.json"
    forged.write_text(head.read_text(encoding="utf-8").replace('"number": ', '"number": 1'), encoding="utf-8")
    assert (
        told("verify", "--head", forged) == (2, told("verify", "--head", forged)[1]) and "signature" in told("verify", "--head", forged)[1]
    )
    assert told("verify", "--head", tmp_path / "none")[0] == 2
    assert told("export", tmp_path / "x", "--from", "3000-01-01")[0] == 2 and not (tmp_path / "x").exists()
