"""Every sentence with which a rule is refused is there in Chinese too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jiadi.policy
from jiadi.policy.spoken import chinese

SOURCES = [Path(jiadi.policy.__file__).with_name(f"{name}.py") for name in ("grammar", "rules", "proposal", "derived")]
CALLS = {"Unreadable": (0, 1), "refusal": (0, 1), "_refusal": (2, 3)}


def templates(path: Path) -> list[tuple[str, str]]:
    """Sentences of a file with {} for what is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}

    def text(node: ast.expr) -> str | None:
        if isinstance(node, ast.Name) and node.id in known:
            return text(known[node.id])
        if isinstance(node, ast.JoinedStr):
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

    found = []
    for node in ast.walk(tree):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        for place, part in zip(CALLS.get(name, ()), ("why", "todo"), strict=False):
            if place < len(node.args) and (sentence := text(node.args[place])):
                found.append((part, sentence))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_sentence_is_in_chinese(path: Path) -> None:
    sentences = templates(path)
    assert len(sentences) >= 5
    for part, sentence in sentences:
        filled = sentence.replace("{}", "x1")
        assert chinese(filled, part) != filled, f"{part}: {sentence}"
        assert sentence.count("{}") == chinese(filled, part).count("x1"), sentence
