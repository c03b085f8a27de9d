"""Pages of a county that is in the register, in a real browser, on a phone and a desk, in both languages: accessible, within the screen."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import sync_playwright

from jiadi.server.accounts.models import User
from jiadi.server.accounts.queries import access
from jiadi.server.cases.actions import acting
from jiadi.server.commands import county
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.exports import actions as exporting
from jiadi.server.exports import tasks as export_tasks
from jiadi.server.policy.models import Run
from jiadi.server.register.models import House, Household, Parcel, Person, Zone
from jiadi.server.survey import tasks
from jiadi.server.survey.models import Import
from jiadi.survey.sample import generate

sys.path.insert(0, str(Path(__file__).parent))
from test_pages import ARGS, AXE, CHECK, STYLE, WIDE

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def manager(db: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """The county manager of a demo whose county is in, judged and exported."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    monkeypatch.setattr(settings, "EXPORTS_ROOT", tmp_path / "exports")
    monkeypatch.setattr(tasks, "_own_connection", contextlib.nullcontext)
    county.make_accounts(tmp_path / "keys" / "accounts.json")
    generate(tmp_path / "county", houses=60, seed=5, dirt=0.1)
    county.load(tmp_path / "county")
    narrow(EVERYWHERE)
    user = User.objects.get(username="county.manager")
    # What a temporary password asks for has a test of its own.
    User.objects.filter(pk=user.pk).update(temporary_until=None)
    user.refresh_from_db()
    return user


def addresses(user: User) -> dict[str, str]:
    """Every kind of page by a name."""
    house = House.objects.exclude(household=None).exclude(parcel=None).exclude(owner_name=None).order_by("key")[0]
    held, run = Import.objects.get(), Run.objects.get()
    with acting(access(user, timezone.localdate()), "rename", why="test"):
        Person.objects.filter(household=house.household).update(relation="head")
    made = exporting.ask(access(user, timezone.localdate()), exporting.Wanted("house", "csv"), "测试")
    export_tasks.do(made.pk)
    narrow(EVERYWHERE)
    waiting = exporting.ask(access(user, timezone.localdate()), exporting.Wanted("person", "xlsx", clear=True), "测试")
    return {
        "home": "/",
        "search": f"/search?q={(house.owner_name or '')[:1]}",
        "nothing found": "/search?q=zzzzzz",
        "divisions": "/divisions?division=330802",
        "houses": "/houses",
        "houses of a verdict": "/houses?verdict=unlawful",
        "houses of a day": f"/houses?as_of={run.on}",
        "no houses": "/houses?q=zzz",
        **{name: f"/{name}" for name in ("parcels", "households", "persons", "zones")},
        "house": f"/houses/{house.pk}",
        "verdict": f"/houses/{house.pk}/verdict",
        "parcel": f"/parcels/{house.parcel_id}",
        "household": f"/households/{house.household_id}",
        "person": f"/persons/{Person.objects.order_by('id')[0].pk}",
        "zone": f"/zones/{Zone.objects.order_by('id')[0].pk}",
        "imports": "/imports",
        "new import": "/imports/new",
        "import": f"/imports/{held.pk}",
        "mapping": f"/imports/{held.pk}/mapping",
        "review": f"/imports/{held.pk}/review",
        "preview": f"/imports/{held.pk}/preview",
        "undo": f"/imports/{held.pk}/undo",
        **{"runs": "/runs", "run": f"/runs/{run.pk}", "new run": "/runs/new"},
        "exports": "/exports",
        "new export": "/exports/new?table=person&q=张",
        "export": f"/exports/{made.pk}",
        "export that waits": f"/exports/{waiting.pk}",
    }


def test_every_page_is_accessible_and_fits(manager: User, enter: Callable[..., Client]) -> None:
    browser = enter(manager)
    asked, texts = addresses(manager), {}
    assert Household.objects.exists() and Parcel.objects.exists()
    for lang in ("zh", "en"):
        browser.post("/preferences", {"language": lang, "large": str(int(lang == "en"))})
        for name, address in asked.items():
            answer = browser.get(address)
            assert answer.status_code == 200, (name, answer.status_code)
            page = re.sub(r"<link[^>]*>|<script[^>]*></script>", "", answer.content.decode())
            texts[f"{name}, {lang}"] = page.replace("</head>", f"<style>{STYLE}</style></head>")
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    wrong = []
    with sync_playwright() as started:
        shown = started.chromium.launch(executable_path=found, args=ARGS)
        for width, height in ((390, 844), (1280, 900)):
            page = shown.new_page(viewport={"width": width, "height": height})
            # English, in large type, is longest: a phone shows whether it fits.
            for name, text in ((name, text) for name, text in texts.items() if width < 1280 or name.endswith("zh")):
                page.set_content(text)
                page.add_script_tag(content=AXE)
                wrong += [f"{name} at {width}: {said}" for said in [*page.evaluate(CHECK), *page.evaluate(WIDE)]]
        shown.close()
    assert not wrong, "\n".join(wrong)
