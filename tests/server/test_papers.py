"""What the papers say of rights and of security is so: roles as in roles.yaml, tests that are there, numbers without a gap."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jiadi.server.accounts import entry, passwords
from jiadi.server.accounts.roles import SECOND_FACTOR, rights, roles

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guide/roles.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| (\d+)\.(\d+)\.(\d+) \| (.+?) \| (.+?) \| (.*?) \|$", SECURITY, re.MULTILINE)
LAST = {
    **{(1, 1): 2, (1, 2): 9, (1, 3): 11, (1, 4): 3, (1, 5): 2, (2, 1): 3, (2, 2): 3, (2, 3): 4, (2, 4): 1, (5, 1): 1, (5, 2): 3, (5, 3): 2},
    **{(5, 4): 3, (6, 1): 3, (6, 2): 12, (6, 3): 4, (6, 4): 4, (6, 5): 5, (6, 6): 3, (6, 8): 4, (7, 1): 3, (7, 2): 4, (7, 3): 2, (7, 4): 5},
    **{(7, 5): 2, (7, 6): 2, (8, 1): 2, (8, 2): 3, (8, 3): 1, (8, 4): 1, (11, 1): 2, (11, 2): 3, (11, 3): 3, (11, 4): 4, (11, 5): 1},
    **{(11, 6): 1, (14, 1): 2, (14, 2): 4, (14, 3): 3, (16, 1): 1, (16, 2): 5, (16, 3): 4, (16, 4): 3, (16, 5): 3},
}
"""Last requirement of levels 1 and 2 in each section of ASVS 5.0.0; those of level 3 come after them."""


@pytest.mark.parametrize("name", sorted(roles()))
def test_each_role_is_told_as_it_is(name: str) -> None:
    role = roles()[name]
    line = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{name}` {role.title['zh']} |"))
    _, _, levels, held, handed, _ = line.split("|")
    assert {int(level) for level in levels.split(",")} == set(role.levels)
    assert set(re.findall(r"`(\w+)`", held)) == role.rights
    assert set(re.findall(r"`(\w+)`", handed)) == role.grants


def test_each_right_is_told() -> None:
    told = GUIDE.partition("## Rights")[2].partition("## Roles")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == rights()


def test_figures_of_signing_in_are_as_told() -> None:
    assert f"After {entry.FREE['account']} failures" in GUIDE and f"pauses after {entry.FREE['address']} failures" in GUIDE
    assert f"after {entry.LOCKED} it waits" in GUIDE
    assert all(f"`{word}`" in GUIDE for word in passwords.OF_HERE)
    assert all(f"`{right}`" in GUIDE.partition("Outside of the demo")[2].partition("call for one")[0] for right in SECOND_FACTOR)


def test_no_line_of_the_standard_is_missing() -> None:
    wanted = {(chapter, section, number) for (chapter, section), last in LAST.items() for number in range(1, last + 1)}
    listed = [tuple(map(int, line[:3])) for line in LINES]
    assert len(listed) == len(set(listed)) and set(listed) == wanted


@pytest.mark.parametrize("line", LINES, ids=lambda line: ".".join(line[:3]))
def test_each_line_has_a_state_and_names_tests_that_are_there(line: tuple[str, ...]) -> None:
    *_, state, shown = line
    assert state in {"holds", "does not apply", "open"}
    assert shown or state != "holds"
    for file, test in re.findall(r"`(tests/[^`:]+)::(\w+)`", shown):
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), shown
