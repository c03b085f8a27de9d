"""Children are forked from one process, which ends with whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from ast import literal_eval
from pathlib import Path

import psutil
import pytest

from jiadi.errors import Refusal
from jiadi.geo.child import Job, run_limited, run_together

SAY = "import os; raise ValueError(repr((os.getppid(), os.getcwd(), os.environ.get('SAID'))))"
HELD = """
import os
held = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
raise ValueError(sum("socket" in os.readlink(one) for one in held if os.path.lexists(one)))
"""
ORPHANED = """
import threading, time
from jiadi.geo.child import Job, run_limited, run_together
threading.Thread(target=run_limited, args=("time:sleep", 60), kwargs={"seconds": 60}).start()
"""


def said() -> tuple[int, str, str | None]:
    """Number of the process that forked a child, where the child stood and what its environment said."""
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:exec", SAY)
    told = caught.value.figures["detail"].removeprefix("ValueError: ")  # type: ignore[attr-defined]
    seed, at, word = literal_eval(told)
    return seed, at, word


def test_a_child_stands_where_its_asker_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = said()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAID", "数据")
    seed, at, word = said()
    assert (seed, at, word) == (before[0], str(tmp_path), "数据")
    assert seed != os.getpid() and before[2] is None


def test_a_seed_that_is_gone_is_started_again() -> None:
    first = said()[0]
    os.kill(first, signal.SIGKILL)
    second = said()[0]
    assert second not in (first, os.getpid())


def test_a_child_that_loses_its_seed_is_a_reader_that_crashed_and_ends(tmp_path: Path) -> None:
    note = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    kill = f"import os, signal, time; {note}; os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)"
    begun = time.monotonic()
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:exec", kill, seconds=60)
    assert caught.value.code == "reader_crashed" and time.monotonic() - begun < 30
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int((tmp_path / "pid").read_text())).wait(20)


def test_a_child_holds_no_descriptor_of_the_seed_or_of_its_brothers() -> None:
    """With a brother at work: standard streams, the folder that is listed, and nothing to write to another child's asker."""
    brother = threading.Thread(target=run_together, args=([Job("time:sleep", (3,))],))
    brother.start()
    time.sleep(1)
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:exec", HELD)
    brother.join()
    assert caught.value.figures["detail"] == "ValueError: 0"  # type: ignore[attr-defined]


def test_what_will_be_needed_is_imported_once() -> None:
    with pytest.raises(Refusal):
        run_limited("colorsys:rgb_to_hsv", 1, 1, 1)  # a target that is none: its module is imported all the same
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:exec", "import sys; raise ValueError('colorsys' in sys.modules, 'chunk' in sys.modules)")
    assert "(True, False)" in str(caught.value.figures["detail"])  # type: ignore[attr-defined]


def test_memory_is_counted_from_what_a_child_was_born_with() -> None:
    with pytest.raises(Refusal):
        run_limited("jiadi.run.aside:work", "nowhere")
    assert run_limited("jiadi.geo.child:echo", 1, memory_mb=20).meta == {"args": [1]}
    with pytest.raises(Refusal) as caught:
        run_limited("builtins:bytearray", 30_000_000, memory_mb=20)
    assert caught.value.code == "limit_memory"


def test_children_end_with_who_asked_for_them() -> None:
    process = subprocess.Popen([sys.executable, "-c", ORPHANED])
    watched = psutil.Process(process.pid)
    while len(family := watched.children(recursive=True)) < 2:
        time.sleep(0.01)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


def test_a_seed_that_nobody_needs_ends() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start = f"from jiadi.geo import seed_process; seed_process.IDLE_SECONDS = 0.1; seed_process.main({theirs.fileno()})"
    with ours, theirs:
        assert subprocess.run([sys.executable, "-c", start], check=False, pass_fds=[theirs.fileno()], timeout=60).returncode == 0
