"""The commands of the server: told in both languages, refused in words, and documented."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jiadi.server.database.private import APP, OWNER, Private
from jiadi.server.environment import SETTINGS

ROOT = Path(__file__).parent.parent.parent
CLEAN = {name: text for name, text in os.environ.items() if not name.startswith(("JIADI_", "DJANGO_"))}
KEYS = {
    "JIADI_SECRET_KEY": "kB3vX9qLz7Tn2WmYc5RdHf8JpGs4Ua6EoPi1NxVbCyQtZw0KlMgSDhFrTj",
    "JIADI_DATA_KEYS": "1:0123456789abcdef0123456789abcdef:" + "0123456789abcdef" * 4,
}


def jiadi(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it, with these settings alone."""
    command = [sys.executable, "-P", "-m", "jiadi.cli", *map(str, words)]
    settings = CLEAN | {"PYTHONPATH": str(ROOT), "COLUMNS": "400"} | environment
    return subprocess.run(command, capture_output=True, text=True, env=settings, stdin=subprocess.DEVNULL, check=False)


def test_every_setting_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/guide/settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) and set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(SETTINGS)
    assert set(re.findall(r"JIADI_[A-Z_]+", page)) <= set(SETTINGS)


def test_every_setting_that_is_named_anywhere_is_one() -> None:
    pages = [*(ROOT / "docs/guide").glob("*.md"), ROOT / "compose.yaml", ROOT / "Dockerfile", *(ROOT / "jiadi/server").rglob("*.yaml")]
    named = {name for page in pages for name in re.findall(r"JIADI_[A-Z_]+", page.read_text(encoding="utf-8"))}
    assert {name.removesuffix("_FILE") for name in named} - {"JIADI_PYTHON"} <= set(SETTINGS)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_without_a_database_nothing_starts(tmp_path: Path, command: str, lang: str) -> None:
    done = jiadi(command, "--var", tmp_path / "none", "--lang", lang, JIADI_DEMO="true")
    assert done.returncode == 2
    assert "JIADI_" in done.stderr and done.stderr.startswith({"zh": "没有办成：", "en": "Not done: "}[lang])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"JIADI_SECRET_KEY": ""}, "secret key"),
        ({"JIADI_DATA_KEYS": ""}, "keys of persons' data"),
        ({"JIADI_DEBUG": "true"}, "DEBUG is on"),
        ({"JIADI_DATABASE_URL": OWNER}, "owns_tables"),
    ],
)
def test_what_is_unsafe_does_not_serve(database: Private, tmp_path: Path, changed: dict[str, str], told: str) -> None:
    url = database.url(changed.pop("JIADI_DATABASE_URL", APP))
    done = jiadi("serve", "--lang", "en", "--port", free_port(), JIADI_VAR=str(tmp_path), JIADI_DATABASE_URL=url, **(KEYS | changed))
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    for secret in (KEYS["JIADI_SECRET_KEY"], "0123456789abcdef0123456789abcdef", url.split(":")[2].split("@")[0]):
        assert secret not in done.stdout + done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = jiadi("serve", "--port", port, "--var", tmp_path, "--lang", "en", JIADI_DEMO="true")
    assert done.returncode == 2 and str(port) in done.stderr and "--port" in done.stderr


def test_the_doctor_tells_all_at_once(tmp_path: Path) -> None:
    done = jiadi("doctor", "--json", JIADI_VAR=str(tmp_path), JIADI_DATABASE_URL=f"postgresql://app:geheim@/none?host={tmp_path}")
    found = {check["name"]: check["state"] for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1 and "geheim" not in done.stdout + done.stderr
    assert (found["secret_key"], found["data_keys"], found["database"]) == ("unsafe", "unsafe", "missing")
    odd = jiadi("doctor", "--lang", "en", JIADI_HTTPS="perhaps", JIADI_CONNECTIONS="0")
    assert odd.returncode == 1 and "JIADI_HTTPS" in odd.stdout and "JIADI_CONNECTIONS" in odd.stdout


def test_nothing_is_stopped_where_nothing_was_started(tmp_path: Path) -> None:
    done = jiadi("stop", "--var", tmp_path, "--lang", "en")
    assert done.returncode == 2 and str(tmp_path) in done.stderr


def test_a_core_alone_says_what_to_install(tmp_path: Path) -> None:
    """Without the server's libraries the commands are there, and say what they need."""
    (tmp_path / "django").mkdir()
    (tmp_path / "django" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'django'\", name='django')\n")
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    done = jiadi("doctor", "--lang", "en", "--var", tmp_path, PYTHONPATH=path, JIADI_DATABASE_URL="postgresql://a@/b")
    assert done.returncode == 2 and "pip install 'jiadi[server]'" in done.stderr
    assert jiadi("--help", PYTHONPATH=path).returncode == 0


def test_words_that_are_refused_with_are_there() -> None:
    """Every code that the commands refuse with has its words in both languages."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "jiadi/server/commands").glob("*.py"))
    codes = set(re.findall(r'Refused\("(\w+)"', code))
    assert len(codes) > 10
    words = yaml.safe_load((ROOT / "jiadi/server/commands/words.yaml").read_text(encoding="utf-8"))
    assert {code for code in codes if not {"zh", "en"} <= set(words.get(f"refused_{code}", ()))} == set()


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
