"""Links that a person decides: the workbook goes out, comes back, and what it says holds from then on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from jiadi.cli import app
from jiadi.register import workbook as written
from jiadi.run import pipeline
from jiadi.survey.review import decision, likely, pairs, workbook
from jiadi.survey.review.words import HEADS
from jiadi.survey.sample.generate import generate


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    generate(folder, houses=900, seed=42, dirt=0.2)
    return folder


@pytest.fixture(scope="module")
def judged(county: Path) -> pipeline.Outcome:
    return pipeline.judge([county])


@pytest.fixture(scope="module")
def book(judged: pipeline.Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    workbook.write(folder, judged.delivery, judged.linked, judged.likely, "zh")
    return folder / workbook.FILE


def truth(county: Path) -> dict[str, dict[str, str]]:
    links: dict[str, dict[str, str]] = json.loads((county / "truth.json").read_text(encoding="utf-8"))["links"]
    return links


def sheets(path: Path) -> list[Any]:
    return openpyxl.load_workbook(path).worksheets[1:]


def columns(sheet: Any) -> dict[str, int]:
    heads = [cell.value for cell in sheet[1]]
    return {key: heads.index(head) + 1 for key, head in HEADS.items()}


def decided(book: Path, to: Path, answer: Callable[[str, str, str], str | None], by: str | None = "王经办", day: Any = "2025-07-01") -> int:
    """Fill the workbook in as a person would; how many cells were filled."""
    loaded = openpyxl.load_workbook(book)
    filled = 0
    for sheet in loaded.worksheets[1:]:
        at = columns(sheet)
        for row in range(2, sheet.max_row + 1):
            kind, left, right = (sheet.cell(row, at[key]).value for key in ("kind", "left_id", "right_id"))
            if word := answer(kind, left, right):
                for key, value in (("answer", word), ("by", by), ("day", day), ("why", "已入户核实")):
                    sheet.cell(row, at[key]).value = value
                filled += 1
    loaded.save(to)
    return filled


def true_pairs(judged: pipeline.Outcome, county: Path) -> set[tuple[str, str, str]]:
    """Pairs of the truth by the register's own ids; rows without a key of their own are left out."""
    ids = {row for name in ("right", "approval") for row in judged.delivery.tables[name]["id"]}
    known = {kind: found for kind, found in truth(county).items() if not kind.startswith(("member", "aid"))}
    return {
        (kind, left, right)
        for kind, found in known.items()
        for left, right in found.items()
        if left in ids or not kind.startswith(("right", "approval"))
    }


def test_what_is_not_linked_is_among_what_waits(judged: pipeline.Outcome, county: Path) -> None:
    linked = {(kind, left) for kind, left in judged.linked.pairs.filter(state="linked").select("kind", "left_id").rows()}
    waiting = set(pairs.waiting(judged.delivery, judged.linked, judged.likely).select("kind", "left_id", "right_id").rows())
    missing = {pair for pair in true_pairs(judged, county) if pair[:2] not in linked}
    assert len(missing) >= 5
    assert len(missing & waiting) / len(missing) >= 0.9


def test_likely_pairs_change_no_fact(judged: pipeline.Outcome) -> None:
    assert set(judged.likely["state"]) == {likely.STATE}
    assert set(judged.linked.pairs["state"]) == {"linked", "doubtful"}
    assert judged.likely["score"].is_between(0, 1).all()
    assert judged.likely.group_by("kind", "left_id").len()["len"].max() <= 5


def test_order_of_rows_changes_no_likely_pair(judged: pipeline.Outcome) -> None:
    delivery = judged.delivery
    before = dict(delivery.tables)
    delivery.tables = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in before.items()}
    try:
        assert likely.candidates(delivery, judged.linked).equals(judged.likely)
    finally:
        delivery.tables = before


def test_the_workbook_shows_both_rows_and_what_differs(book: Path) -> None:
    note = openpyxl.load_workbook(book).worksheets[0]
    assert note["A1"].value == "家底关联复核 · Jiadi link review"
    assert "待复核" not in str(note["B2"].value) and "对供复核" in note["B2"].value
    names = {sheet.title for sheet in sheets(book)}
    assert "审批—宗地" in names
    sheet = next(sheet for sheet in sheets(book) if sheet.title == "审批—宗地")
    heads = [cell.value for cell in sheet[1]]
    assert heads[:5] == ["状态", "可能性", "依据", "左·姓名", "右·姓名"]
    assert sheet.freeze_panes == "D2" and sheet.auto_filter.ref.startswith("A1")
    assert [one.formula1 for one in sheet.data_validations.dataValidation] == ['"是同一,不是,待定"']
    places = {sheet.cell(row, heads.index("左·文件 表 行") + 1).value for row in range(2, sheet.max_row + 1)}
    assert any(str(place).startswith("审批.xlsx") for place in places)
    looks = {sheet.cell(row, 5).fill.fgColor.rgb for row in range(2, sheet.max_row + 1)}
    assert "FFE2F0D9" in looks  # the same name is green


def test_ids_are_masked(book: Path) -> None:
    shown = [
        str(cell.value)
        for sheet in sheets(book)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value and "·证件" not in str(cell.value)
    ]
    assert any("********" in text for text in shown)
    assert not [text for text in shown if len(text) == 18 and text[:17].isdigit()]


def test_nothing_waits(tmp_path: Path) -> None:
    clean = tmp_path / "clean"
    generate(clean, houses=60, seed=1, dirt=0.0)
    outcome = pipeline.judge([clean])
    outcome.linked.pairs = outcome.linked.pairs.filter(state="linked")
    assert workbook.write(tmp_path, outcome.delivery, outcome.linked, outcome.likely.clear(), "en") == {}
    loaded = openpyxl.load_workbook(tmp_path / workbook.FILE)
    assert [sheet.title for sheet in loaded.worksheets] == ["Note"]
    assert loaded.worksheets[0]["B2"].value == "No link waits to be decided."


def test_decisions_come_back_and_hold(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    true = true_pairs(judged, county)
    sent = tmp_path / "复核完成.xlsx"
    filled = decided(book, sent, lambda kind, left, right: "是同一" if (kind, left, right) in true else None)
    after = pipeline.judge([county, sent])
    assert filled >= 5
    assert after.decisions.counts == {"applied": filled, "stale": 0, "contradicting": 0, "unsigned": 0, "unclear": 0}
    links = after.linked.pairs.filter(reason="decided")
    assert set(links.select("kind", "left_id", "right_id").rows()) == set(
        after.decisions.accepted.select("kind", "left_id", "right_id").rows()
    )
    assert set(links["state"]) == {"linked"}
    before = judged.judgement.houses["verdict"].value_counts().filter(verdict="to_be_verified")["count"].sum()
    now = after.judgement.houses["verdict"].value_counts().filter(verdict="to_be_verified")["count"].sum()
    assert now < before


def test_decisions_are_remembered(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    true = true_pairs(judged, county)
    sent = tmp_path / "复核.xlsx"
    filled = decided(book, sent, lambda kind, left, right: "是同一" if (kind, left, right) in true else None, day=date(2025, 7, 1))
    out, again = tmp_path / "out", tmp_path / "again"
    assert CliRunner().invoke(app, ["judge", str(county), str(sent), "-o", str(out)]).exit_code == 0
    assert CliRunner().invoke(app, ["judge", str(county), str(out / decision.REMEMBERED), "-o", str(again)]).exit_code == 0
    first, second = (json.loads((folder / "summary.json").read_text(encoding="utf-8")) for folder in (out, again))
    assert first["decisions"]["applied"] == second["decisions"]["applied"] == filled
    assert first["verdicts"] == second["verdicts"] and first["links"] == second["links"]
    assert (out / decision.REMEMBERED).read_bytes() == (again / decision.REMEMBERED).read_bytes()
    assert {entry["file"] for entry in first["files"] if entry["status"] == "unused"} >= {"复核.xlsx"}


def test_a_pair_that_is_different_goes(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    chosen = judged.linked.pairs.filter(kind="approval_parcel", state="doubtful").row(0)[:3]
    sent = tmp_path / "r.xlsx"
    decided(book, sent, lambda *pair: "不是" if pair == chosen else None)
    after = pipeline.judge([county, sent])
    assert after.decisions.counts["applied"] == 1
    kept = after.linked.pairs.select("kind", "left_id", "right_id").rows()
    assert chosen not in kept


@pytest.mark.parametrize(
    ("by", "day", "word", "code"),
    [
        (None, "2025-07-01", "是同一", "decision_unsigned"),
        ("王经办", None, "是同一", "decision_unsigned"),
        ("王经办", "上周", "是同一", "decision_unsigned"),
        ("王经办", "2025-07-01", "也许吧", "decision_unclear"),
    ],
)
def test_what_is_not_signed_or_not_clear_is_handed_back(
    judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path, by: str | None, day: str | None, word: str, code: str
) -> None:
    chosen = judged.linked.pairs.filter(kind="approval_parcel", state="doubtful").row(0)[:3]
    decided(book, tmp_path / "r.xlsx", lambda *pair: word if pair == chosen else None, by=by, day=day)
    after = pipeline.judge([county, tmp_path / "r.xlsx"])
    told = after.linked.problems.filter(code=code)
    assert told.height == 1 and told["file"][0] == "r.xlsx" and told["row"][0] >= 2
    assert after.decisions.counts["applied"] == 0
    assert after.linked.pairs.equals(judged.linked.pairs)


def test_a_decision_on_rows_that_changed_is_stale(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    chosen = judged.linked.pairs.filter(kind="approval_parcel", state="doubtful").row(0)[:3]
    decided(book, tmp_path / "r.xlsx", lambda *pair: "是同一" if pair == chosen else None)
    loaded = openpyxl.load_workbook(tmp_path / "r.xlsx")
    for sheet in loaded.worksheets[1:]:
        at = columns(sheet)
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, at["check"]).value = "0000000000"
    loaded.save(tmp_path / "r.xlsx")
    after = pipeline.judge([county, tmp_path / "r.xlsx"])
    assert after.decisions.counts["stale"] == 1
    assert after.linked.problems.filter(code="decision_stale").height == 1
    assert after.linked.pairs.equals(judged.linked.pairs)


def test_decisions_that_contradict_each_other_are_none(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    several = judged.linked.pairs.filter(kind="approval_parcel", state="doubtful").filter(pl.len().over("left_id") > 1)
    left = several["left_id"][0]
    filled = decided(book, tmp_path / "r.xlsx", lambda kind, one, _: "是同一" if (kind, one) == ("approval_parcel", left) else None)
    after = pipeline.judge([county, tmp_path / "r.xlsx"])
    assert filled > 1
    assert after.decisions.counts["contradicting"] == filled
    assert after.linked.pairs.equals(judged.linked.pairs)


def test_a_survey_row_and_an_outline_become_one_house(judged: pipeline.Outcome, county: Path, book: Path, tmp_path: Path) -> None:
    kind, left, right = judged.linked.pairs.filter(kind="house_footprint", state="doubtful").row(0)[:3]
    decided(book, tmp_path / "r.xlsx", lambda *pair: "是同一" if pair == (kind, left, right) else None)
    after = pipeline.judge([county, tmp_path / "r.xlsx"])
    assert after.decisions.counts["applied"] == 1
    house = after.linked.houses.filter(id=left)
    assert house["footprint_id"].to_list() == [right] and house["stated_only"].to_list() == [False]
    assert after.linked.houses.height == judged.linked.houses.height - 1


def test_what_is_no_list_of_decisions_is_told(county: Path, tmp_path: Path) -> None:
    odd = tmp_path / decision.REMEMBERED
    for text in ("nonsense\n", '{"kind": 1}\n', "[]\n", "[" * 100_000):
        odd.write_text(text, encoding="utf-8")
        small = tmp_path / "small"
        shutil.rmtree(small, ignore_errors=True)
        small.mkdir()
        shutil.copy(county / "审批.xlsx", small)
        raw = pipeline.read_and_check([small, odd], profile=None, on=None, stages=pipeline.Stages(pipeline.silent))
        assert [entry["status"] for entry in raw.files if entry["file"] == decision.REMEMBERED] == ["refused"]


def test_batches_of_villages_and_leaving_out_mere_surnames_change_no_likely_pair(
    judged: pipeline.Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = likely.candidates(judged.delivery, judged.linked)
    monkeypatch.setattr(likely, "AT_ONCE", 2_000)
    monkeypatch.setattr(likely, "ROWS_AT_ONCE", 500)
    assert likely.candidates(judged.delivery, judged.linked).equals(whole)
    surname = "substr(l.name, 1, 1) = substr(r.name, 1, 1)"
    assert surname in likely.evidence()["blocks"][0]
    every = likely.evidence() | {"blocks": [surname, *likely.evidence()["blocks"][1:]]}
    monkeypatch.setattr(likely, "evidence", lambda: every)
    assert likely.candidates(judged.delivery, judged.linked).equals(whole)


def test_a_kind_that_overfills_a_sheet_goes_on_in_the_next(
    judged: pipeline.Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "SHEET_ROWS", 3)
    counted = workbook.write(tmp_path, judged.delivery, judged.linked, judged.likely, "zh")
    book = openpyxl.load_workbook(tmp_path / workbook.FILE, read_only=True)
    heights = [sum(1 for _ in sheet.rows) for sheet in book.worksheets[1:]]
    assert sum(heights) - len(heights) == sum(counted.values()) and max(heights) <= 4
