"""Lists as files: what is in them, who may fetch them, and what a killed worker leaves."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyogrio
import pytest
import shapely
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from jiadi.insight import spreadsheet
from jiadi.register.schema import TABLES
from jiadi.server.accounts.models import Grant, User
from jiadi.server.accounts.queries import NOBODY, Access, access
from jiadi.server.cases.actions import acting
from jiadi.server.cases.models import Act
from jiadi.server.database import sealing
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, narrow
from jiadi.server.exports import actions, queries, tasks, writing
from jiadi.server.exports.models import Export
from jiadi.server.policy.models import Run, Standing, Verdict
from jiadi.server.refusals import Refused
from jiadi.server.register.models import House, Household, Person

HERE, NEXT, THERE = 330802005202, 330802006202, 330803002204
NUMBER = "330802197603151233"


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "EXPORTS_ROOT", tmp_path / "exports")
    return tmp_path / "exports"


def zh(column: str) -> str:
    return TABLES["house"].column(column).zh


def sealed(number: str) -> dict[str, Any]:
    place = "register_person.id_number_sealed"
    return {"id_number_sealed": sealing.seal_many([number], place)[0], "id_number_hash": sealing.hash_many([number])[0]}


@pytest.fixture
def filled(db: Private, own_folder: Path) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "fill", why="test"):
        box = shapely.to_wkb(shapely.box(118.8, 28.9, 118.801, 28.901))
        named = {HERE: "张䶮", NEXT: "=1+1", THERE: "王𠮷"}
        for place, name in named.items():
            House.objects.create(
                division=place, key=f"h{place}", survey_code=f"0{place}", owner_name=name, storeys=3, structure="mixed", geometry=box
            )
            Person.objects.create(division=place, key=f"p{place}", name=name, household_code=NUMBER, **sealed(NUMBER))
            Household.objects.create(division=place, key=f"f{place}", household_code=NUMBER, head_name=name)


@pytest.fixture
def of_role(make_user: Callable[..., User]) -> Callable[..., Access]:
    def made(role: str, code: str) -> Access:
        user = make_user(f"{role}.{code}", role, code)
        return access(user, timezone.localdate())

    return made


def exported(who: Access, table: str, form: str = "csv", **more: Any) -> Export:
    narrow(who.whole)
    held = actions.ask(who, actions.Wanted(table, form, **more), "年度核对")
    tasks.do(held.pk)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    return held


def read(held: Export, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(queries.file(held).read_bytes().decode(encoding), newline="")))


def test_a_list_comes_out_within_reach_and_in_order(filled: None, of_role: Callable[..., Access]) -> None:
    held = exported(of_role("county_manager", "330802"), "house")
    assert (held.state, held.fault, held.rows, held.total) == ("done", {}, 2, 2)
    assert [row[zh("owner_name")] for row in read(held)] == ["张䶮", "'=1+1"]
    assert queries.file(held).read_bytes()[:3] == b"\xef\xbb\xbf"


@pytest.mark.parametrize(("form", "encoding"), [("csv", "utf-8-sig"), ("csv_gb18030", "gb18030")])
def test_text_that_spreadsheets_spoil_or_run_is_kept(filled: None, of_role: Callable[..., Access], form: str, encoding: str) -> None:
    held = exported(of_role("city_leader", "3308"), "house", form)
    said = queries.file(held).read_bytes().decode(encoding)
    assert f"0{HERE}\t" in said and "'=1+1" not in said and "=*" in said  # names are masked for the city leader
    manager = exported(of_role("county_manager", "330803"), "house", form)
    assert "王𠮷" in queries.file(manager).read_bytes().decode(encoding)


def test_a_workbook_and_a_map_say_the_same(filled: None, of_role: Callable[..., Access]) -> None:
    who = of_role("county_manager", "330802")
    sheet = openpyxl.load_workbook(queries.file(exported(who, "house", "xlsx")))[TABLES["house"].zh]
    heads, *rows = sheet.iter_rows(values_only=True)
    assert [type(row[heads.index(zh("storeys"))]) for row in rows] == [int, int]
    assert [row[heads.index(zh("survey_code"))] for row in rows] == [f"0{HERE}", f"0{NEXT}"]
    risky = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert len(risky) == 1 and risky[0].data_type == "s" and risky[0].quotePrefix
    about, drawn = pyogrio.read_arrow(queries.file(exported(who, "house", "gpkg")))
    shapes = shapely.from_wkb(drawn[about["geometry_name"] or "wkb_geometry"].to_pylist())
    assert [shape.bounds for shape in shapes] == [(118.8, 28.9, 118.801, 28.901)] * 2
    assert drawn[zh("survey_code")].to_pylist() == [f"0{HERE}", f"0{NEXT}"]


def test_numbers_are_masked_but_for_whoever_may_and_says_why(filled: None, of_role: Callable[..., Access]) -> None:
    who = of_role("county_manager", "330802")
    masked, clear = exported(who, "person"), exported(who, "person", clear=True)
    assert NUMBER not in queries.file(masked).read_text(encoding="utf-8-sig")
    assert "330802********1233" in queries.file(masked).read_text(encoding="utf-8-sig")
    assert f"{NUMBER}\t" in queries.file(clear).read_text(encoding="utf-8-sig")
    done = list(Act.objects.filter(word="export").order_by("number"))
    assert [(json.loads(one.detail)["clear"], json.loads(one.detail)["rows"], one.why, one.by) for one in done] == [
        (False, 2, "年度核对", who.user.pk if who.user else None),
        (True, 2, "年度核对", who.user.pk if who.user else None),
    ]
    assert json.loads(done[1].detail)["sha256"] == clear.sha256
    assert NUMBER not in str([one.detail for one in done])
    assert NUMBER not in queries.file(exported(who, "household")).read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("role", "code", "table", "clear"), [
    ("village_officer", f"{HERE}", "house", False),
    ("city_leader", "3308", "person", False),
    ("city_leader", "3308", "household", True),
    ("county_manager", "330802", "house", True),
])  # fmt: skip
def test_whoever_may_not_is_refused(filled: None, of_role: Callable[..., Access], role: str, code: str, table: str, clear: bool) -> None:
    with pytest.raises(Refused) as refused:
        actions.ask(of_role(role, code), actions.Wanted(table, "csv", clear=clear), "年度核对")
    assert refused.value.code == "no_right"


def test_the_filter_of_the_list_is_kept(filled: None, of_role: Callable[..., Access]) -> None:
    narrow(EVERYWHERE)
    with acting(NOBODY, "judge", why="test") as act:
        run = Run.objects.create(
            division=330802000000, code="330802", on="2026-01-01", law_version="7", register_at=timezone.now(), program="1",
            verdicts_sha256="", houses=2, act=act.id,
        )  # fmt: skip
        for house, verdict in zip(House.objects.filter(division__lt=THERE).order_by("division"), ("lawful", "unlawful"), strict=True):
            said = {"house": house.pk, "key": house.key, "division": house.division, "verdict": verdict, "findings": "over_area,idle"}
            Verdict.objects.create(run=run, price_fen=12345, **said)
            Standing.objects.create(run=run.pk, **said)
    who = of_role("county_manager", "330802")
    assert [row["结论"] for row in read(exported(who, "house", verdict="unlawful"))] == ["违法"]
    assert len(read(exported(who, "house", q="张"))) == 1 and len(read(exported(who, "house", code=str(NEXT)))) == 1
    told = read(exported(who, "verdict"))
    assert [(row["结论"], row["问题"], row["金额（元）"], row["规则版本"]) for row in told] == [
        ("合法", "超占面积、闲置房屋", "123.45", "7"),
        ("违法", "超占面积、闲置房屋", "123.45", "7"),
    ]
    before = timezone.localdate() - timedelta(1)
    assert read(exported(who, "verdict", as_of=before)) == [] and read(exported(who, "house", as_of=before)) == []
    assert len(read(exported(who, "verdict", as_of=timezone.localdate(), verdict="lawful"))) == 1


def test_an_empty_list_has_its_headings(filled: None, of_role: Callable[..., Access]) -> None:
    who = of_role("county_manager", "330822")
    for form in ("xlsx", "csv", "csv_gb18030", "gpkg"):
        held = exported(who, "parcel", form)
        assert (held.state, held.rows, held.fault) == ("done", 0, {})
    assert openpyxl.load_workbook(queries.file(exported(who, "parcel", "xlsx")))["宗地"].max_row == 1


def test_rows_go_on_in_a_further_sheet(tmp_path: Path) -> None:
    pieces = [pl.DataFrame({"码": [f"{n:04}" for n in range(low, low + 4)], "数": [*range(low, low + 4)]}) for low in (0, 4, 8)]
    listing = spreadsheet.Listing("房屋", {"码": 10, "数": 10}, "房屋", writing.DOCUMENT_ON, most=6)
    spreadsheet.stream(tmp_path / "a.xlsx", listing, iter(pieces))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["房屋", "房屋(2)", "房屋(3)"]
    cells = [list(sheet.iter_rows(values_only=True)) for sheet in book]
    assert all(rows[0] == ("码", "数") for rows in cells)
    assert [row for rows in cells for row in rows[1:]] == [(f"{n:04}", n) for n in range(12)]


def test_only_whoever_asked_fetches_it_while_the_reach_holds(
    filled: None, of_role: Callable[..., Access], make_user: Callable[..., User], enter: Callable[..., Client]
) -> None:
    who = of_role("county_manager", "330802")
    held = exported(who, "house")
    address = f"/exports/{held.pk}/file"
    own, other = enter(who.user), enter(make_user("other", "county_manager", "330802"))
    assert b"".join(own.get(address).streaming_content) == queries.file(held).read_bytes()  # type: ignore[attr-defined]
    assert other.get(address).status_code == 404 and other.get(f"/exports/{held.pk}").status_code == 404
    narrow(EVERYWHERE)
    Export.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert own.get(address).status_code == 410
    Export.objects.filter(pk=held.pk).update(expires_at=timezone.now() + timedelta(1))
    narrow(EVERYWHERE)
    Grant.objects.filter(user=who.user).update(division=330802005000, role="township_clerk")
    assert own.get(address).status_code in (403, 404)


def test_what_is_over_is_deleted(filled: None, of_role: Callable[..., Access], own_folder: Path) -> None:
    who = of_role("county_manager", "330802")
    over, kept = exported(who, "house"), exported(who, "house")
    (own_folder / f"{over.pk}.left").mkdir()
    Export.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert actions.expire() == 1
    assert [one.name for one in own_folder.iterdir()] == [str(kept.pk)]
    over.refresh_from_db()
    assert over.state == "expired"


def test_what_a_killed_worker_began_is_never_offered(
    filled: None, of_role: Callable[..., Access], own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = of_role("county_manager", "330802")
    narrow(who.whole)
    held = actions.ask(who, actions.Wanted("house", "csv"), "年度核对")

    class Killed(BaseException):
        pass

    def die(path: Path, *rest: Any) -> None:
        path.write_bytes(b"half")
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "to_file", die)
        patched.setattr(actions.shutil, "rmtree", lambda *args, **more: None)
        with pytest.raises(Killed):
            tasks.do(held.pk)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    assert (held.state, held.name, held.sha256) == ("running", "", "") and len(list(own_folder.iterdir())) == 1
    tasks.do(held.pk)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    assert (held.state, held.rows) == ("done", 2) and [one.name for one in own_folder.iterdir()] == [str(held.pk)]
    assert Act.objects.filter(word="export").count() == 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg"])
def test_what_was_cancelled_meanwhile_leaves_nothing(
    filled: None, of_role: Callable[..., Access], own_folder: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    who = of_role("county_manager", "330802")
    narrow(who.whole)
    held = actions.ask(who, actions.Wanted("house", form), "年度核对")
    counted, asker = tasks.Counting.counted, tasks._asker

    def noticed(self: tasks.Counting, pieces: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        self.taken_back = True  # so that it stops while rows are under way
        yield from counted(self, pieces)

    def meanwhile(one: Export) -> Access:
        narrow(EVERYWHERE)
        actions.cancel(Export.objects.get(pk=held.pk))
        return asker(one)

    monkeypatch.setattr(tasks, "_asker", meanwhile)
    monkeypatch.setattr(tasks.Counting, "counted", noticed)
    tasks.do(held.pk)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    assert held.state == "cancelled" and list(own_folder.iterdir()) == [] and not Act.objects.filter(word="export").exists()
    with pytest.raises(Refused):
        actions.cancel(held)


def test_a_full_disk_is_told(filled: None, of_role: Callable[..., Access], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*rest: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(tasks, "to_file", full)
    held = exported(of_role("county_manager", "330802"), "house")
    assert (held.state, held.fault["code"]) == ("refused", "export_no_room")


def test_rights_are_looked_at_again_when_it_is_written(filled: None, of_role: Callable[..., Access]) -> None:
    who = of_role("county_manager", "330802")
    narrow(who.whole)
    held = actions.ask(who, actions.Wanted("person", "csv"), "年度核对")
    narrow(EVERYWHERE)
    Grant.objects.filter(user=who.user).update(division=330803000000)
    tasks.do(held.pk)
    narrow(EVERYWHERE)
    held.refresh_from_db()
    assert (held.state, held.fault["code"]) == ("refused", "no_right")


def test_no_more_than_a_few_at_once(filled: None, of_role: Callable[..., Access]) -> None:
    who = of_role("county_manager", "330802")
    narrow(who.whole)
    for _ in range(actions.AT_ONCE):
        actions.ask(who, actions.Wanted("house", "csv"), "年度核对")
    with pytest.raises(Refused) as refused:
        actions.ask(who, actions.Wanted("house", "csv"), "年度核对")
    assert refused.value.code == "exports_open"


def test_the_pages_lead_from_a_list_to_its_file(filled: None, of_role: Callable[..., Access], enter: Callable[..., Client]) -> None:
    who = of_role("county_manager", "330802")
    browser = enter(who.user)
    page = browser.get("/houses?q=张&division=330802").content.decode()
    assert "/exports/new?table=house&amp;q=%E5%BC%A0&amp;division=330802" in page
    form = browser.get("/exports/new?table=person&q=张").content.decode()
    assert "证件号码不脱敏" in form and 'value="张"' in form
    assert "证件号码不脱敏" not in browser.get("/exports/new?table=house").content.decode()
    assert browser.post("/exports/new", {"table": "house", "form": "csv"}).status_code == 422
    sent = browser.post("/exports/new", {"table": "house", "form": "csv", "q": "张", "why": "年度核对"})
    assert sent.status_code == 302
    tasks.do(Export.objects.get().pk)
    narrow(EVERYWHERE)
    told = browser.get(sent["Location"]).content.decode()
    assert "可以下载" in told and "/file" in told and Export.objects.get().sha256 in told
    assert "可以下载" in browser.get("/exports").content.decode()
    assert browser.post(f"{sent['Location']}/remove").status_code == 302
    assert browser.get(f"{sent['Location']}/file").status_code == 410


def test_rows_are_read_within_the_scope_of_the_export(filled: None, of_role: Callable[..., Access]) -> None:
    """Row-level security stands behind the predicate: without it too, no other county's row comes along."""
    narrow(EVERYWHERE)
    held = Export(ranges="{[330802000000,330803000000)}")
    narrow(queries.scope_of(held))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM register_house")
        assert cursor.fetchone() == (2,)
