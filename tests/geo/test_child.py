"""A child that crashes, hangs or swells ends as a refusal with its own code."""

from __future__ import annotations

import pytest

from jiadi.errors import Refusal
from jiadi.geo.child import Answer, Job, run_limited, run_together
from jiadi.geo.reasons import REASONS, ReadRefusal, say

SWELL = "held = []\nwhile True: held.append(bytes(1_000_000))"


@pytest.mark.parametrize(
    ("target", "argument", "code"),
    [
        ("time:sleep", 30, "limit_time"),
        ("builtins:bytearray", 2_000_000_000, "limit_memory"),
        ("builtins:exec", SWELL, "limit_memory"),
        ("os:_exit", 7, "reader_crashed"),
        ("ctypes:string_at", 0, "reader_crashed"),
        ("builtins:exec", "import os; os.abort()", "reader_crashed"),
        ("builtins:exec", "raise ValueError('no good')", "unreadable"),
    ],
)
def test_a_broken_read_is_a_refusal_in_two_languages(target: str, argument: object, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        run_limited(target, argument, memory_mb=200, seconds=2)
    assert caught.value.code == code
    zh, en = say(caught.value, "zh"), say(caught.value, "en")
    assert all(zh) and all(en) and zh != en
    assert "{" not in "".join(zh + en)


def test_a_refusal_of_the_target_comes_through_with_its_words() -> None:
    text = "from jiadi.errors import Refusal\nraise Refusal('own', 'Why.', 'Do this.', 'Art. 1')"
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:exec", text)
    refusal = caught.value
    assert (refusal.code, refusal.why, refusal.what_to_do, refusal.law) == ("own", "Why.", "Do this.", "Art. 1")


def test_a_bug_of_ours_is_not_blamed_on_the_file() -> None:
    with pytest.raises(RuntimeError, match="no_such_module"):
        run_limited("no_such_module:f")


def test_tables_come_back_in_the_types_they_had() -> None:
    answer = run_limited("jiadi.geo.child:echo_columns", {"name": ["宗地", None], "number": [1, 2]})
    for library in ("arrow", "polars"):
        table = answer.tables[library]
        assert table.column("number").to_pylist() == [1, 2]
        assert table.column("name").to_pylist() == ["宗地", None]
    assert answer.meta == {"columns": ["name", "number"]}


def test_one_bad_file_stops_no_other() -> None:
    bad, good = run_together([Job("os:_exit", (1,)), Job("jiadi.geo.child:echo", ("a",))])
    assert isinstance(bad, ReadRefusal)
    assert isinstance(good, Answer) and good.meta == {"args": ["a"]}


def test_every_reason_has_all_its_words() -> None:
    for code, reason in REASONS.items():
        assert all((reason.why_zh, reason.todo_zh, reason.why_en, reason.todo_en)), code
