"""YAML of the law data, read strictly and with the line of every entry (逐行定位的严格读取)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from jiadi.law.refuse import LawRefusal

Place = tuple[Any, ...]
"""Keys and positions that lead from the top of a file to an entry."""

_LARGEST = 1_000_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIKE_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_INTEGER = re.compile(r"[-+]?\d+")
_DECIMAL = re.compile(r"[-+]?\d+\.\d+")
_TAGS = {"map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value"}
_PLAIN: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Marked:
    """One YAML file with the line of every entry (带行号的数据文件).

    Args:
        name: path as it is told to the reader, relative to the set's folder.
        data: plain values; decimals are `Decimal`, never float; days are `date`.
        lines: place of an entry → its line, from 1.
    """

    name: str
    data: Any
    lines: dict[Place, int] = field(default_factory=dict, repr=False)

    def line(self, *place: Any) -> int:
        """Line of the entry, or of the nearest one above it."""
        for cut in range(len(place), -1, -1):
            if place[:cut] in self.lines:
                return self.lines[place[:cut]]
        return 1

    def refusal(self, entry: str, /, *place: Any, **filled: object) -> LawRefusal:
        """A refusal that names file and line (指明文件与行的拒绝).

        >>> str(Marked("a.yaml", {}).refusal("citation_missing"))
        'a.yaml, line 1: A value without a citation. Name the article as citation.'
        """
        return LawRefusal(entry, self.name, self.line(*place), **filled)


class _Loader(yaml.SafeLoader):
    """Composes nodes only: nothing is constructed, and aliases are refused (they multiply)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read here", mark)
        return super().compose_node(parent, index)


def read_text(path: Path, name: str) -> Marked:
    """Read one law file (读取一个法规数据文件).

    Args:
        path: the file, UTF-8, at most 1 MB.
        name: path as it is told to the reader.

    Returns:
        The data with its lines.

    Raises:
        Refusal: not there, too large, not UTF-8, not YAML, a key twice, a day that is none.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LawRefusal("unreadable", name, error=error.strerror) from error
    if len(raw) > _LARGEST:
        raise LawRefusal("too_large", name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LawRefusal("not_utf8", name, byte=error.start) from error
    return parse(text, name)


def parse(text: str, name: str) -> Marked:
    """Parse law YAML (解析).

    >>> parse("a: {2021-01-01: 1.50}", "a.yaml").data["a"]
    {datetime.date(2021, 1, 1): Decimal('1.50')}
    >>> parse("a: 1\\na: 2", "a.yaml")
    Traceback (most recent call last):
        ...
    jiadi.law.refuse.LawRefusal: a.yaml, line 2: The key a stands here a second time. Keep one of them.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LawRefusal("not_yaml", name, line, error=error.problem) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise LawRefusal("not_yaml", name, error=type(error).__name__) from error
    marked = Marked(name, None, {})
    data = _value(node, (), marked) if node is not None else None
    return Marked(name, data, marked.lines)


def _value(node: yaml.Node, place: Place, marked: Marked) -> Any:
    marked.lines[place] = node.start_mark.line + 1
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
        raise marked.refusal("tag", *place, tag=node.tag)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, marked)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, number), marked) for number, child in enumerate(node.value)]
    quoted = isinstance(node, yaml.ScalarNode) and node.style
    return node.value if quoted else _scalar(node.value, place, marked)


def _mapping(node: yaml.MappingNode, place: Place, marked: Marked) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, child in node.value:
        marked.lines[place] = key_node.start_mark.line + 1
        key = _value(key_node, place, marked) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str | date):
            raise marked.refusal("key", *place, key=key_node.value)
        if key in found:
            raise marked.refusal("key_twice", *place, key=key)
        found[key] = _value(child, (*place, key), marked)
        marked.lines[(*place, key)] = key_node.start_mark.line + 1
    marked.lines[place] = node.start_mark.line + 1
    return found


def _scalar(text: str, place: Place, marked: Marked) -> Any:
    if text in _PLAIN:
        return _PLAIN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _LIKE_DATE.fullmatch(text):
        try:
            if not _DATE.fullmatch(text):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError as error:
            raise marked.refusal("no_date", *place, text=text) from error
    return text
