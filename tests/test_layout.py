"""The house rules that a machine can hold us to: sizes, names, words, documents, and nothing of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from django.db import connection

from jiadi.cli import app
from jiadi.law import load
from jiadi.policy.labels import sections
from jiadi.register.schema import TABLES
from jiadi.server.register import models
from jiadi.server.register.columns import Row, fields_of
from jiadi.server.register.queries.lists import VERSIONS

ROOT = Path(__file__).parent.parent
LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 40
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_A_RULE = {"no_law_set"}
LAW = load("quzhou")
FINDINGS = sorted(set(sections()["finding"]) - NOT_A_RULE)


def tracked() -> list[Path]:
    """Files of the project: those that git knows or would take; all but caches where there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode:
        return [path for path in ROOT.rglob("*") if path.is_file() and not {".venv", "node_modules", ".git"} & set(path.parts)]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


TRACKED = tracked()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
CORE = [path for path in PYTHON if path.is_relative_to(ROOT / "jiadi") and "migrations" not in path.parts]
"""Migrations apart: Django writes them, and nobody changes them afterwards."""


def told(path: Path, line: int = 0) -> str:
    """Path in the project, with a line where there is one."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    """Text of a file, "" where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    has_words = ast.get_docstring(function) is not None
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1) * has_words


def test_there_is_something_to_check() -> None:
    assert len(CORE) > 20
    assert len(FINDINGS) >= 17


def test_files_are_short() -> None:
    code = [path for path in TRACKED if path.suffix in {".py", ".ts", ".vue", ".css"} and "migrations" not in path.parts]
    counted = {told(path): len(text_of(path).splitlines()) for path in code}
    assert {name: lines for name, lines in counted.items() if lines > LINES_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    counted = {told(path, node.lineno): length(node) for path in PYTHON for node in functions(ast.parse(text_of(path)))}
    assert {name: lines for name, lines in counted.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_names_say_what_is_inside() -> None:
    code = [path for path in TRACKED if path.suffix in {".py", ".ts", ".vue"}]
    vague = [told(path) for path in code if VAGUE & {part.lower() for part in path.relative_to(ROOT).with_suffix("").parts}]
    assert vague == []


def test_what_is_public_says_what_it_is() -> None:
    silent = []
    for path in CORE:
        tree = ast.parse(text_of(path))
        if ast.get_docstring(tree) is None and text_of(path).strip():
            silent.append(told(path))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{told(path, node.lineno)} {node.name}")
    assert silent == []


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_schema_has_chinese_names(table: Any) -> None:
    named = {table.name: table.zh} | {column.name: column.zh for column in table.columns}
    assert [name for name, zh in named.items() if not CHINESE.search(zh)] == []
    assert len({column.zh for column in table.columns}) == len(table.columns)
    assert len({column.name for column in table.columns}) == len(table.columns)


def rules() -> dict[str, dict[str, Any]]:
    """Rules of the set, by the finding they give."""
    found: dict[str, dict[str, Any]] = {}
    for file in LAW.rules:
        given = file.data.get("rules", file.data)
        entries = given.items() if isinstance(given, dict) else ((entry["code"], entry) for entry in given)
        found |= {str(code): entry for code, entry in entries if isinstance(entry, dict)}
    return found


def test_every_finding_has_a_rule_and_every_rule_a_finding() -> None:
    assert sorted(rules()) == FINDINGS


@pytest.mark.parametrize("code", FINDINGS)
def test_every_finding_is_told_in_full(code: str) -> None:
    words = sections()["finding"][code]
    assert CHINESE.search(words["zh"])
    assert words["en"] and not CHINESE.search(words["en"])
    assert f"`{code}`" in (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8")
    assert words["zh"] in (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8")
    assert (ROOT / "tests" / "golden" / f"{code}.csv").read_text(encoding="utf-8").count("\n") > 2
    cited = set(re.findall(r"\w+", str(rules()[code]))) & set(LAW.citations)
    drawn = set(re.findall(r"\w+", str(rules()[code]))) & set(LAW.parameters)
    assert cited or drawn, "a rule cites an article, or takes its limit from a figure that does"


def test_words_are_in_both_languages() -> None:
    for name in ("jiadi/policy/labels.yaml", "jiadi/cli/words.yaml", "jiadi/insight/words.yaml", "jiadi/survey/problems.yaml"):
        spoken = list(pairs(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")), name))
        assert spoken, name
        for place, zh, en in spoken:
            assert isinstance(zh, str) and isinstance(en, str) and bool(zh) == bool(en), place
            assert not CHINESE.search(re.sub(r"[\u201c\"(（].*?[\u201d\")）]", "", en)), f"{place}: Chinese in the English words"


def pairs(node: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Every pair of a Chinese and an English wording below a node."""
    if not isinstance(node, dict):
        return
    for zh_key, en_key in (("zh", "en"), ("todo_zh", "todo_en")):
        if zh_key in node or en_key in node:
            yield f"{place}.{zh_key}", node.get(zh_key), node.get(en_key)
    for key, inner in node.items():
        yield from pairs(inner, f"{place}.{key}")


def test_problem_codes_have_a_level() -> None:
    problems = yaml.safe_load((ROOT / "jiadi/survey/problems.yaml").read_text(encoding="utf-8"))
    assert {code for code, entry in problems.items() if entry["level"] not in {"refused", "unknown", "note"}} == set()
    assert {code for code, entry in problems.items() if not {"zh", "en", "todo_zh", "todo_en"} <= set(entry)} == set()


def test_every_option_is_documented() -> None:
    guide = (ROOT / "docs/guide/command-line.md").read_text(encoding="utf-8")
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(commands) >= {"sample", "check", "judge", "explain"}
    for name, command in commands.items():
        part = guide.partition(f"## jiadi {name}")[2].partition("\n## jiadi")[0]
        assert part, name
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        assert {option for option in options - {"--help"} if f"`{option}" not in part} == set(), name


def test_both_readmes_lead_to_every_guide() -> None:
    linked = [set(re.findall(r"\]\((docs[^)#]*)", (ROOT / name).read_text(encoding="utf-8"))) for name in ("README.md", "README.zh-CN.md")]
    assert linked[0] == linked[1]
    assert {f"docs/guide/{path.name}" for path in (ROOT / "docs" / "guide").glob("*.md")} <= linked[0]
    assert [link for link in linked[0] if not (ROOT / link).exists()] == []


def test_nothing_of_this_machine_is_written_down() -> None:
    places = {f"{ROOT}/", f"{ROOT.parent}/", f"{Path.home()}/"} - {"//", f"{tempfile.gettempdir()}/"}
    assert [told(path) for path in TRACKED if any(place in text_of(path) for place in places)] == []


def test_no_registry_is_named() -> None:
    address = re.compile(
        r'"resolved": "http|^(--)?(extra-)?index-url|^--find-links|\[\[tool\.uv\.index|registry *[:=] *"?http', re.MULTILINE
    )
    listing = re.compile(r"lock|requirements|\.toml$|\.txt$|\.npmrc$")
    assert [told(path) for path in TRACKED if listing.search(path.name) and address.search(text_of(path))] == []


def test_locks_hold_every_dependency_with_hashes() -> None:
    wanted = re.findall(r'^    "([A-Za-z0-9-]+)>=', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    assert {name.lower() for name in wanted} - set(pinned) == set()
    assert lock.count("--hash=sha256:") > len(pinned)


MODELS = {model._meta.model_name: model for model in (*models.KEPT, models.Division)}
NAMED_OTHERWISE = {
    "division": {"division_code": "code", "division_name": "name", "level": "level", "parent_code": "parent"},
    "source": {"source_id": "number"},
}
"""Tables that the server keeps itself: column of the schema → of the model."""
PART_OF_ANOTHER = {"footprint": ("house", {"footprint_id", "footprint_source_id", "footprint_source_row"})}
"""A footprint and its row of the survey are one house; what only the footprint has is where it was drawn."""
OWN_TABLES = {
    "interest": [
        "id",
        "division",
        "kind",
        "parcel_id",
        "house_id",
        "household_id",
        "person_id",
        "holder_name",
        "share_numerator",
        "share_denominator",
        "joint",
        "valid_from",
        "valid_to",
    ]
    + ["certificate", "cause"],
    "descent": ["id", "division", "table", "word", "from_id", "to_id", "happened_on"],
    "media": [
        "id",
        "division",
        "table",
        "subject_id",
        "sha256",
        "shown_sha256",
        "size_bytes",
        "media_type",
        "name",
        "taken_at",
        "longitude_deg",
        "latitude_deg",
    ],
}
BESIDE_THE_SCHEMA = {
    "division": {"valid_from": "a division that was merged away keeps its past", "valid_to": "", "successor": ""},
    "source": {
        "id": "of the register, where many deliveries meet",
        "division": "scope reads it",
        "delivery": "of which import",
        "headers": "how the file names its columns",
        "delivered_on": "",
    },
    "person": {
        "household_id": "joined",
        "is_head": "one head a household, whatever a list says",
        "initials": "search",
        "pinyin": "search",
        "phone_sealed": "entered here, in no list",
        "phone_hash": "",
    },
    "household": {"initials": "found by its head", "pinyin": ""},
    "house": {
        "parcel_id": "joined",
        "household_id": "joined",
        "division_code": "village, or what is known of it",
        "stated_only": "drawn by nobody",
        "initials": "search",
        "pinyin": "search",
        "footprint_id": "the footprint is part of the house",
        "footprint_source_id": "",
        "footprint_source_row": "",
    },
    "right": {"parcel_id": "joined", "household_id": "joined"},
    "coverage": dict.fromkeys(("table", "divisions", "covers_from", "covers_to", "kind"), "`register.tables.Coverage`"),
    "link": dict.fromkeys(("kind", "left_key", "right_key", "state", "score", "reason"), "`register.tables.PAIRS`"),
}
BESIDE_THE_SCHEMA |= {name: dict.fromkeys(columns, "made by the server, in no list") for name, columns in OWN_TABLES.items()}
"""Table → column that the schema does not know, and why it is there; "" for the same reason as the one before."""
OF_EVERY_ROW = {field.column for field in Row._meta.get_fields() if hasattr(field, "column")}
OF_A_VERSION = {"version", "id", "known_from", "known_to", "act", "ended_by"}


def columns_of(model: Any) -> set[str]:
    """Names of a model's columns."""
    return {field.column for field in model._meta.local_fields}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_of_the_schema_is_stored(table: Any) -> None:
    name, _ = PART_OF_ANOTHER.get(table.name, (table.name, set()))
    called = NAMED_OTHERWISE.get(name, {})
    wanted = {called.get(stored, stored): held for column in table.columns for stored, held in fields_of(column).items()}
    assert set(wanted) - columns_of(MODELS[name]) == set()
    if name not in called and name not in NAMED_OTHERWISE:
        kinds = {field.column: type(field) for field in MODELS[name]._meta.local_fields}
        assert {column: kinds[column] for column in wanted} == {column: type(held) for column, held in wanted.items()}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_nothing_is_stored_that_the_schema_does_not_know(name: str) -> None:
    known = {
        NAMED_OTHERWISE.get(name, {}).get(one, one)
        for column in (TABLES[name].columns if name in TABLES else ())
        for one in fields_of(column)
    }
    own = OF_EVERY_ROW if issubclass(MODELS[name], Row) else set()
    assert columns_of(MODELS[name]) - known - own == set(BESIDE_THE_SCHEMA.get(name, {}))


@pytest.mark.parametrize("model", models.KEPT, ids=lambda model: model._meta.model_name)
def test_every_column_is_kept_in_the_versions(model: Any) -> None:
    versions = VERSIONS[model]
    assert columns_of(versions) == columns_of(model) | OF_A_VERSION
    kinds, kept = ({field.column: field.db_type(connection) for field in one._meta.local_fields} for one in (model, versions))
    assert {column: kept[column] for column in kinds} == kinds
