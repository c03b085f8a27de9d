"""YAML of the law data, read strictly and with the line of every entry (逐行定位的严格读取)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from jiadi.errors import Refusal

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

    def refusal(self, code: str, why: str, what_to_do: str, *place: Any) -> Refusal:
        """A refusal that names file and line (指明文件与行的拒绝).

        >>> str(Marked("a.yaml", {}).refusal("law_value", "Nothing is there.", "Write a value."))
        'a.yaml, line 1: Nothing is there. Write a value.'
        """
        return Refusal(code, f"{self.name}, line {self.line(*place)}: {why}", what_to_do)


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
        raise Refusal("law_file", f"{name} cannot be read ({error.strerror}).", "Check the folder of the rule set.") from error
    if len(raw) > _LARGEST:
        raise Refusal("law_file", f"{name} is larger than 1 MB.", "Split it; one file holds one figure.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal("law_file", f"{name} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    return parse(text, name)


def parse(text: str, name: str) -> Marked:
    """Parse law YAML (解析).

    >>> parse("a: {2021-01-01: 1.50}", "a.yaml").data["a"]
    {datetime.date(2021, 1, 1): Decimal('1.50')}
    >>> parse("a: 1\\na: 2", "a.yaml")
    Traceback (most recent call last):
        ...
    jiadi.errors.Refusal: a.yaml, line 2: The key a stands here a second time. Keep one of them.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refusal("law_yaml", f"{name}, line {line}: This is not readable YAML: {error.problem}.", "Correct the line.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Refusal("law_yaml", f"{name}: This is not readable YAML.", "Correct the file.") from error
    marked = Marked(name, None, {})
    data = _value(node, (), marked) if node is not None else None
    return Marked(name, data, marked.lines)


def _value(node: yaml.Node, place: Place, marked: Marked) -> Any:
    marked.lines[place] = node.start_mark.line + 1
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
        raise marked.refusal("law_yaml", f"The tag {node.tag} is not read here.", "Take it out.", *place)
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
            raise marked.refusal("law_key", f"{key_node.value!s} cannot be a key.", 'Write codes in quotes, like "33".', *place)
        if key in found:
            raise marked.refusal("law_key_twice", f"The key {key} stands here a second time.", "Keep one of them.", *place)
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
            raise marked.refusal("law_date", f"{text} is not a day.", "Write days as 2021-11-01.", *place) from error
    return text
