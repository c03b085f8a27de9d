"""What pages say: both languages, every key used, every refusal in the one table, every menu entry an address."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

import jiadi.server
from jiadi.server import navigation, refusals, words
from jiadi.server.accounts.roles import CONNECT, HAND_ON, rights
from jiadi.server.accounts.roles import roles as every_role

SERVER = Path(jiadi.server.__file__).parent
CODE = {path: path.read_text(encoding="utf-8") for ending in ("*.py", "*.html", "navigation.yaml") for path in SERVER.rglob(ending)}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def places(text: str) -> set[str]:
    """What a text leaves open."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", sorted(SERVER.rglob("*.yaml")), ids=lambda path: path.relative_to(SERVER).as_posix())
def test_no_key_stands_twice(path: Path) -> None:
    keys = re.findall(r"^([\w.]+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys)), "the later one would be taken without a word"


@pytest.mark.parametrize("key", sorted(words.every_word()))
def test_each_word_is_there_in_both_languages_and_used(key: str) -> None:
    said = words.every_word()[key]
    assert set(said) == {"zh", "en"} and all(said.values())
    assert CHINESE.search(said["zh"]) and not CHINESE.search(said["en"])
    assert places(said["zh"]) == places(said["en"])
    stem = key.rpartition(".")[0] + "."
    sought = re.compile(rf"""["']({re.escape(key)}|{re.escape(stem)})["']|words: {re.escape(key.removesuffix(".about"))}[ }}]""")
    assert any(sought.search(text) for text in CODE.values()), "nothing says it"


def test_each_word_that_is_asked_for_is_there() -> None:
    asked = {key for text in CODE.values() for key in re.findall(r"""(?:\bsay(?:_later)?\(|{% say )["']([^"']+[^."'])["']""", text)}
    assert len(asked) > 80
    assert asked - set(words.every_word()) == set()


@pytest.mark.parametrize("code", sorted(refusals.table()))
def test_each_refusal_says_in_both_languages_what_and_what_to_do(code: str) -> None:
    entry = refusals.table()[code]
    assert set(entry) == {"status", "zh", "en", "todo_zh", "todo_en"} and all(entry.values())
    assert 400 <= entry["status"] < 600
    for zh, en in (("zh", "en"), ("todo_zh", "todo_en")):
        assert CHINESE.search(entry[zh]) and not CHINESE.search(entry[en])
        assert places(entry[zh]) == places(entry[en])


def raised() -> Iterator[tuple[str, str]]:
    """Code and place of every refusal that a page can be answered with; commands have words of their own."""
    for path, text in CODE.items():
        if "commands" in path.parts:
            continue
        for node in ast.walk(ast.parse(text)) if path.suffix == ".py" else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"refuse", "Refused"}:
                for inside in ast.walk(node.args[0]) if node.args else ():
                    if isinstance(inside, ast.Constant) and isinstance(inside.value, str) and inside.value in refusals.table():
                        yield inside.value, path.name
                    elif isinstance(inside, ast.Constant) and node.args[0] is inside:
                        yield str(inside.value), path.name


def test_each_refusal_that_is_raised_is_in_the_table_and_each_in_the_table_is_raised() -> None:
    found = dict(raised())
    assert set(found) - set(refusals.table()) == set()
    # `refused` is what a refusal of the core without an entry of its own is told as; `too_many` is for whoever limits a rate.
    assert set(refusals.table()) - set(found) - {"refused", "too_many"} == set()


@pytest.mark.parametrize("entry", navigation.entries(), ids=lambda entry: entry.name)
def test_each_entry_of_the_menu_leads_somewhere(entry: Any) -> None:
    assert reverse(entry.name)
    assert entry.right in {"", HAND_ON, CONNECT, *rights()}
    assert {entry.words, entry.about} - {"nav.home.about"} <= set(words.every_word())


@pytest.mark.parametrize("name", sorted(every_role()))
def test_no_role_hands_on_more_than_it_holds(name: str) -> None:
    """But the administrator, who holds no data and gives roles to those who may: that is the separation of powers."""
    role = every_role()[name]
    for other in map(every_role().__getitem__, role.grants):
        assert "administer" not in other.rights
        assert role.rights == {"administer"} or (other.rights <= role.rights and max(other.levels) >= max(role.levels))
    assert not ("administer" in role.rights and len(role.rights) > 1)
