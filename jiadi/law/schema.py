"""JSON Schema of a set's files, for editors (规则集文件的结构说明).

Written from the same lists of keys by which the files are read, so that an editor says what the reader will say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jiadi.law.citation import CITATION_KEYS, DOCUMENT_KEYS
from jiadi.law.load import LAYER_KEYS, SET_KEYS, SETS_KEYS
from jiadi.law.parameter import BODY_KEYS, CELL_KEYS, DATED_BY, FILE_KEYS, HEAD_KEYS, KINDS, UNITS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_BOOL: Schema = {"type": "boolean"}
_DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "2021-11-01"}
_CODE: Schema = {
    "type": "string",
    "pattern": r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$",
    "description": "区划代码，写在引号里 · division code, in quotes",
}
_BOTH: Schema = {"type": "object", "properties": {"zh": _TEXT, "en": _TEXT}, "required": ["zh", "en"], "additionalProperties": False}
_WORDS: Schema = {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True}
_NUMBER: Schema = {"type": ["number", "string", "boolean", "null"]}
_TEXTS: Schema = {"oneOf": [_TEXT, _WORDS]}

RULE_KEYS: dict[str, Schema] = {
    "subject": {"enum": ["house", "parcel", "household"]},
    "through": {"const": "zone"},
    "zone_kind": _TEXT,
    "in_force": {"type": "array", "items": _TEXT},
    "index": {"type": "object", "additionalProperties": _TEXT},
    "when": {"type": "array", "items": _TEXT, "minItems": 1},
    "measured": _TEXT,
    "limit": _TEXT,
    "excess": _TEXT,
    "price": _TEXT,
    "effect": {"oneOf": [_TEXT, {"type": "object", "properties": {"by": _TEXT, "words": {"type": "object"}}, "required": ["by"]}]},
    "exceptions": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"when": _TEXT, "effect": _TEXT, "citation": _TEXT, "applies_over": {"type": "array", "items": _TEXT}},
            "required": ["when", "effect", "citation"],
            "additionalProperties": False,
        },
    },
    "clause_of": _TEXT,
    "unasked": {"const": "aside"},
    "citation": _TEXT,
    "message": _BOTH,
}
"""What may stand in a rule, by key."""


def _strict(keys: set[str], own: dict[str, Schema], required: set[str]) -> Schema:
    """An object of exactly these keys; a key of the reader without a form of its own is a mistake here."""
    return {
        "type": "object",
        "properties": {key: own[key] for key in sorted(keys)},
        "required": sorted(required),
        "additionalProperties": False,
    }


def _table(cell: Schema) -> Schema:
    return {"type": "object", "additionalProperties": {"anyOf": [cell, {"type": "object"}]}}


def _parameter() -> Schema:
    cell_keys = {"value": _NUMBER, "citation": _TEXT, "verify": _BOOL, "ceiling": _BOOL, "floor": _BOOL}
    cell = {"anyOf": [_NUMBER, _strict(CELL_KEYS, cell_keys, {"value"})]}
    body = _strict(BODY_KEYS, {**cell_keys, "table": _table(cell), "partial": _BOOL, "until": _DAY}, set())
    dated = {"type": "object", "propertyNames": _DAY, "additionalProperties": body}
    own = {
        "parameter": _TEXT,
        "title": _BOTH,
        "kind": {"enum": list(KINDS)},
        "unit": {"enum": list(UNITS)},
        "scale": {"type": "integer", "minimum": 1},
        "index": {"type": "object", "additionalProperties": _WORDS},
        "words": _WORDS,
        "dated_by": {"enum": list(DATED_BY)},
        "bounded_by": _TEXT,
        "last_checked": _DAY,
        "continuous_from": {"type": "object", "propertyNames": _CODE, "additionalProperties": _DAY},
        "values": {"type": "object", "propertyNames": _CODE, "additionalProperties": dated},
    }
    return _strict(HEAD_KEYS | FILE_KEYS, own, {"parameter", "last_checked", "values"})


def _citations() -> Schema:
    document = {"title": _BOTH, "number": {"oneOf": [_TEXT, _BOTH]}, "version": {"oneOf": [_DAY, {"type": "null"}]}, "held": _BOOL}
    article = {
        "document": _TEXT,
        "article": {"type": "integer", "minimum": 1},
        "paragraph": {"type": "integer", "minimum": 1},
        "in_force_from": _DAY,
        "in_force_until": _DAY,
        "statement": _BOTH,
        "verify": _BOOL,
        "note": _BOTH,
        "reaches_back": _BOOL,
    }
    listed = {
        "documents": {"type": "object", "additionalProperties": _strict(DOCUMENT_KEYS, {**document, "link": _TEXT}, {"title"})},
        "citations": {
            "type": "object",
            "additionalProperties": _strict(CITATION_KEYS, article, {"document", "in_force_from", "statement"}),
        },
    }
    return _strict({"documents", "citations"}, listed, {"documents", "citations"})


def _sets() -> Schema:
    later = {"type": "object", "properties": {"findings": _WORDS, "citation": _TEXT}, "required": ["findings", "citation"]}
    one = {
        "version": _TEXT,
        "title": _BOTH,
        "layers": _WORDS,
        "sample": _BOOL,
        "milder_later_law": {**later, "additionalProperties": False},
    }
    body = _strict(SET_KEYS, one, {"version", "title", "layers"})
    own = {
        "sets": {"type": "object", "additionalProperties": body},
        "provinces": {"type": "array", "items": _CODE},
        "defaults": {"type": "object", "propertyNames": _CODE, "additionalProperties": _TEXT},
        "cases": _TEXT,
    }
    return _strict(SETS_KEYS, own, {"sets"})


def _rules() -> Schema:
    rule = _strict(set(RULE_KEYS), RULE_KEYS, {"subject", "when", "effect", "citation", "message"})
    keys = {"sum_of": _TEXT, "dimension": _TEXT, "bands": _TEXT, "title": _BOTH}
    derived = {"type": "object", "additionalProperties": {"anyOf": [_TEXT, _strict(set(keys), keys, set(keys))]}}
    proposal = {
        "order": {"type": "integer"}, "when": _WORDS, "remedy": _TEXT, "then": _TEXT, "duties": _WORDS, "citation": _TEXT, "reason": _BOTH,
    }  # fmt: skip
    proposals = {
        "type": "object",
        "additionalProperties": _strict(set(proposal), proposal, {"order", "when", "remedy", "citation", "reason"}),
    }
    own = {"rules": {"type": "object", "additionalProperties": rule}, "derived": derived, "proposals": proposals}
    return _strict({"rules", "derived", "proposals"}, own, {"rules"})


def schemas() -> dict[str, Schema]:
    """JSON Schema of each kind of file (各类文件的结构).

    Returns:
        File name → schema.

    >>> sorted(schemas())
    ['citations.json', 'layer.json', 'parameter.json', 'rules.json', 'sets.json', 'text.json']
    """
    found = {
        "sets.json": _sets(),
        "layer.json": _strict(LAYER_KEYS, {"division": _CODE, "title": _BOTH}, LAYER_KEYS),
        "citations.json": _citations(),
        "parameter.json": _parameter(),
        "rules.json": _rules(),
        "text.json": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _BOTH}},
    }
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Jiadi {name}", **body} for name, body in found.items()
    }


def write(folder: Path) -> list[str]:
    """Write the schemas into a folder (写出结构说明).

    Args:
        folder: it is made where it is not there.

    Returns:
        Names of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in schemas().items():
        (folder / name).write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return sorted(schemas())
