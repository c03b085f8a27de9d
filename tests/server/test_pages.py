"""Every page of accounts in a real browser, on a phone and on a desk, in both languages: accessible, within the screen, complete."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from playwright.sync_api import sync_playwright

import jiadi.server
from jiadi.server.accounts import entry
from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.database.sealing import hash_many, seal_many
from jiadi.server.register.models import Person

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "frontend/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
STYLE = (Path(jiadi.server.__file__).parent / "static/jiadi.css").read_text(encoding="utf-8")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CHECK = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}))
.violations.map(one => one.id + ' ' + one.nodes.map(node => node.target.join(' ')).join(' | '))"""
WIDE = """() => [...document.querySelectorAll('*')].filter(one => !one.closest('.scroll') && !one.matches('.skip')
&& one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"""

# A browser cannot share a worker with another test's event loop.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def pages(make_user: Callable[..., User], enter: Callable[..., Client]) -> dict[str, str]:
    """Every page by its name, as the administrator has it; its style sheet inside, for nothing is served here."""
    admin = make_user("admin", "system_administrator", "3308", "张管理")
    manager = make_user("manager", "county_manager", "330802", "李经理")
    held = Grant.objects.get(user=manager)
    own, nobody, plain, other = enter(admin), enter(), enter(make_user("plain")), enter(manager)
    person, auditor = enter_person(), enter(make_user("auditor", "county_auditor", "330802"))
    made: dict[str, str] = {}
    for lang in ("zh", "en"):
        for browser in (own, nobody, plain, other, auditor):
            browser.post("/preferences", {"language": lang, "large": str(int(lang == "en"))})
        reason, wrong = {"why": "测试"}, {"username": "admin", "password": "wrong"}
        answers: dict[str, Any] = {
            "sign_in": nobody.get("/sign-in"),
            "wrong": nobody.post("/sign-in", wrong),
            "home": own.get("/"),
            "no_grant": plain.get("/"),
            "account": own.get("/account"),
            "password": own.post("/account/password", {"old": "x", "new": ""}),
            "second_factor": own.get("/account/second-factor"),
            "users": own.get("/users"),
            "empty": own.get("/users?q=zzz"),
            "new_user": own.post("/users/new", {"username": "A b", "full_name": "某人", "why": "测试"}),
            "temporary_password": own.post("/users/new", {"username": f"fresh.{lang}", "full_name": "某人", "why": "测试"}),
            "user": own.get(f"/users/{manager.pk}"),
            "grant": own.post(f"/users/{manager.pk}/grant", {"role": "county_auditor", "division_code": "99", **reason}),
            "revoke": own.get(f"/grants/{held.pk}/revoke"),
            "reset": own.get(f"/users/{manager.pk}/reset_password"),
            "not_found": own.get("/nothing"),
            "no_right": plain.get("/users"),
        }
        answers |= persons_pages(own, other, auditor, person)
        entry.Attempt.objects.update(failures=0, until=None)
        made |= {f"{name}.{lang}": answer.content.decode() for name, answer in answers.items()}
    return {name: re.sub(r"<link[^>]*>", "", page).replace("</head>", f"<style>{STYLE}</style></head>") for name, page in made.items()}


def persons_pages(own: Client, other: Client, auditor: Client, person: UUID) -> dict[str, Any]:
    """Pages of persons' data and of the audit, as each has them who has them."""
    reveal, erasure = f"/persons/{person}/reveal", f"/persons/{person}/erasure"
    asked = {"field": "id_number", "ground": "unlawful", "asked_by": "self", "asked_on": "2026-01-05"}
    answers = {
        "audit": own.get("/audit"),
        "no_acts": own.get("/audit?who=zzz"),
        "reveal": other.get(reveal),
        "no_reason": other.post(reveal, {}),
        "revealed": other.post(reveal, {"field": "id_number", "reason": "identity_check"}),
        "ask_erasure": other.post(erasure, {}),
        "erasures": other.get("/erasures"),
    }
    made_at = other.post(erasure, asked).headers["Location"]
    narrow(EVERYWHERE)
    changed = Act.objects.get(word="enter")
    answers |= {"erasure": other.get(made_at), "act": auditor.get(f"/audit/{changed.pk}"), "marked": auditor.get("/audit?unusual=on")}
    other.post(f"{made_at}/withdraw", {"withdraw-why": "测试"})
    return answers


def enter_person() -> UUID:
    """A person with a number, and an act that changed something."""
    narrow(EVERYWHERE)
    (sealed,), (found,) = seal_many(["330802197603151233"], "register_person.id_number_sealed"), hash_many(["330802197603151233"])
    with acting(NOBODY, "enter", why="测试", division=330802005202):
        row = Person.objects.create(division=330802005202, key="p", name="张三", id_number_sealed=sealed, id_number_hash=found)
    return row.pk


def test_every_page_is_accessible_and_fits(pages: dict[str, str]) -> None:
    """The pages are asked for before the browser starts: its event loop is none that Django's database takes."""
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    wrong = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=ARGS)
        for width, height in ((390, 844), (1440, 900)):
            page = browser.new_page(viewport={"width": width, "height": height})
            for name, text in pages.items():
                page.set_content(text)
                page.add_script_tag(content=AXE)
                wrong += [f"{name} at {width}: {said}" for said in [*page.evaluate(CHECK), *page.evaluate(WIDE)]]
        browser.close()
    assert len(pages) == 54
    assert wrong == []
