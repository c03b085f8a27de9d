"""The JSON Schema for editors says what the reader says: same keys, and every shipped file fits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jiadi.law.marked import read_text
from jiadi.law.schema import RULE_KEYS, schemas, write
from jiadi.policy.rules import KEYS

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "jiadi/law/cn"
FILES = sorted(SHIPPED.rglob("*.yaml"))


def kind_of(path: Path) -> str:
    if path.parent.name == "parameters":
        return "parameter.json"
    return "rules.json" if path.stem.startswith("rules") else f"{path.stem}.json"


def types(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "integer", Decimal: "number", str: "string", date: "string", dict: "object", list: "array"}
    return kinds[type(value)]


def faults(schema: dict[str, Any], value: Any, place: str = "") -> Iterator[str]:
    """What of a value does not fit, for as much of JSON Schema as ours use."""
    value = value.isoformat() if isinstance(value, date) else value
    if any(key in schema for key in ("anyOf", "oneOf")):
        options = schema.get("anyOf") or schema["oneOf"]
        if not any(not list(faults(option, value, place)) for option in options):
            yield f"{place}: fits none of {len(options)} forms"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value} is none of {schema['enum']}"
    known = schema.get("type")
    if known:
        own = types(value)
        if own not in known and not (own == "integer" and "number" in known):
            yield f"{place}: {own}, not {known}"
            return
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value} against {schema['pattern']}"
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from faults(schema["items"], item, f"{place}[{number}]")
    if isinstance(value, dict):
        yield from _of_object(schema, {key.isoformat() if isinstance(key, date) else key: own for key, own in value.items()}, place)


def _of_object(schema: dict[str, Any], value: dict[str, Any], place: str) -> Iterator[str]:
    for key in schema.get("required", []):
        if key not in value:
            yield f"{place}: lacks {key}"
    for key, own in value.items():
        if "propertyNames" in schema:
            yield from faults({**schema["propertyNames"]}, key, f"{place} key") if key != "00" else ()
        inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
        if inner is False:
            yield f"{place}: unknown key {key}"
        elif isinstance(inner, dict):
            yield from faults(inner, own, f"{place}.{key}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SHIPPED)))
def test_shipped_file_fits(path: Path) -> None:
    assert list(faults(schemas()[kind_of(path)], read_text(path, path.name).data)) == []


def test_an_unknown_key_and_a_wrong_word_do_not_fit() -> None:
    good = read_text(SHIPPED / "3308/parameters/storeys_max.yaml", "a").data
    schema = schemas()["parameter.json"]
    assert list(faults(schema, {**good, "wenn": 1})) == [": unknown key wenn"]
    assert list(faults(schema, {**good, "last_checked": "spring"}))
    assert list(faults(schema, {**good, "unit": "feet"}))
    assert list(faults(schema, {**good, "values": {"Quzhou": {}}}))
    rules = read_text(SHIPPED / "00/rules.yaml", "a").data
    rules["rules"]["idle"]["subject"] = "village"
    assert list(faults(schemas()["rules.json"], rules))


def test_rules_have_the_keys_that_the_compiler_reads() -> None:
    assert set(RULE_KEYS) == set(KEYS)


def test_what_is_written_down_is_current(tmp_path: Path) -> None:
    names = write(tmp_path)
    kept = ROOT / "docs/schema"
    assert {path.name for path in kept.iterdir()} == set(names)
    for name in names:
        assert (kept / name).read_text("utf-8") == (tmp_path / name).read_text("utf-8"), "run: jiadi law schema docs/schema"
