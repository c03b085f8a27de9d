"""What the report page carries: read back from its block, without a browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.insight import report, shapes
from jiadi.insight.encode import Block


def unpack(page: Path) -> tuple[dict[str, Any], bytes]:
    """Head and raw bytes of a page's block."""
    found = re.search(r'id="data">([^<]*)<', page.read_text(encoding="utf-8"))
    assert found
    return split(found[1])


def split(packed: str) -> tuple[dict[str, Any], bytes]:
    raw = zlib.decompress(base64.b64decode(packed))
    length = int.from_bytes(raw[:4], "little")
    return json.loads(raw[4 : 4 + length]), raw[4 + length :]


def numbers(packed: str, name: str) -> list[int | None]:
    """A column of whole numbers, as the page reads it."""
    head, body = split(packed)
    at = 0
    for other, described in head["columns"].items():
        if other == name:
            width = described["width"]
            kind = "<f8" if width == 8 else f"<u{width}"
            plain = np.frombuffer(body[at : at + described["bytes"]], np.uint8).reshape(width, -1).T.tobytes()
            return [None if value == 0 else int(value) - 1 + described["base"] for value in np.frombuffer(plain, kind)]
        at += described["bytes"]
    raise KeyError(name)


@given(st.lists(st.none() | st.integers(-(2**40), 2**40), max_size=40))
def test_whole_numbers_come_back(values: list[int | None]) -> None:
    block = Block()
    block.words("before", pl.Series(["a", None, "b"]))
    block.integers("n", pl.Series(values, dtype=pl.Int64))
    assert numbers(block.packed({}), "n") == values


def test_numbers_beyond_a_page_are_not_rounded_silently() -> None:
    with pytest.raises(ValueError, match="exactly"):
        Block().integers("n", pl.Series([0, 2**60]))


def test_same_judgement_same_page(make: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        report.write(tmp_path / name, make(80, places=3), "zh")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_no_person_is_in_the_page(county: Any, tmp_path: Path) -> None:
    report.write(tmp_path / "report.html", county, "zh")
    head, body = unpack(tmp_path / "report.html")
    carried = json.dumps(head, ensure_ascii=False) + body.decode("utf-8", errors="ignore")
    assert county.linked.houses["id"][0] in carried
    assert "秘密" not in carried
    assert "33080219760315123X" not in carried


def test_a_household_numbered_by_resident_id_is_masked(make: Callable[..., Any], tmp_path: Path) -> None:
    county = make(20, places=1)
    judgement = county.judgement
    old = judgement.houses["household_id"][0]
    judgement.houses = judgement.houses.with_columns(pl.col("household_id").replace(old, "330802197603151230"))
    report.write(tmp_path / "report.html", county, "zh")
    _, body = unpack(tmp_path / "report.html")
    assert b"330802197603151230" not in body
    assert b"330802********1230" in body


def test_the_page_forbids_every_request(county: Any, tmp_path: Path) -> None:
    report.write(tmp_path / "report.html", county, "en")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]
    assert "unsafe" not in policy[1]
    assert '<html lang="en">' in page


def test_sources_name_file_and_row(make: Callable[..., Any], tmp_path: Path) -> None:
    county = make(20, places=1)
    report.write(tmp_path / "report.html", county, "zh")
    head, _ = unpack(tmp_path / "report.html")
    packed = re.search(r'id="data">([^<]*)<', (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert packed
    assert numbers(packed[1], "source.count") == [3] * 20
    assert [file["file"] for file in head["files"]] == ["农房调查.xlsx", "宗地.shp", "宅基地台账.xlsx"]
    assert head["columns"]["source.table"]["words"] == ["house", "parcel", "right"]


def test_words_of_the_page_are_in_both_languages(county: Any, tmp_path: Path) -> None:
    report.write(tmp_path / "report.html", county, "zh")
    head, _ = unpack(tmp_path / "report.html")
    assert head["words"]["zh"].keys() == head["words"]["en"].keys()
    assert head["words"]["zh"]["over_area"] == "超占面积"
    assert head["words"]["zh"]["mixed"] == "混合结构"
    assert head["citations"]["land_55"] == {"zh": "《land》第55条", "en": "land art. 55"}
    latin = re.compile(r"^[a-z_]+$")
    assert not [word for word, spoken in head["words"]["zh"].items() if latin.match(spoken)]


def test_a_large_county_gets_an_overview_and_a_page_a_township(
    make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PAGE_HOUSES", 100)
    county = make(300, places=12)
    report.write(tmp_path / "report.html", county, "zh")
    head, _ = unpack(tmp_path / "report.html")
    assert head["mode"] == "overview"
    assert sum(township["houses"] for township in head["townships"]) == 300
    houses = 0
    for township in head["townships"]:
        own, _ = unpack(tmp_path / township["page"])
        assert own["mode"] == "houses"
        assert own["up"] == "../report.html"
        assert own["columns"]["house.id"]["length"] == township["houses"]
        assert own["townships"] == [{key: township[key] for key in ("code", "houses", "verdicts", "findings")}]
        houses += own["columns"]["house.id"]["length"]
    assert houses == 300


def test_without_shapes_and_without_law_there_is_still_a_page(make: Callable[..., Any], tmp_path: Path) -> None:
    county = make(40, places=2, drawn=False, found=False)
    county.law = None
    report.write(tmp_path / "report.html", county, "zh")
    head, _ = unpack(tmp_path / "report.html")
    assert head["law"] is None
    assert head["columns"]["drawn.x"]["length"] == 0
    assert head["findings"] == []


def test_a_place_of_another_country(make: Callable[..., Any], tmp_path: Path) -> None:
    county = make(40, places=1)
    judgement = county.judgement
    judgement.houses = judgement.houses.with_columns(
        pl.lit("25354").alias("division_code"), pl.lit(None, dtype=pl.String).alias("village_code")
    )
    county.delivery.tables = {}
    report.write(tmp_path / "report.html", county, "zh")
    head, _ = unpack(tmp_path / "report.html")
    assert head["title"]["zh"] == "农村房屋判定报告"
    assert [township["code"] for township in head["townships"]] == [None]


def test_unbuilt_assets_are_said_plainly(county: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "files", lambda _: SimpleNamespace(joinpath=tmp_path.joinpath))
    with pytest.raises(Refusal, match="not built"):
        report.write(tmp_path / "report.html", county, "zh")


def test_holes_run_against_their_shell() -> None:
    square = shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)], [[(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)]])
    rings = shapes.outlines(np.array([None, square, shapely.Point(0, 0)], dtype=object))
    assert rings.rings.tolist() == [0, 2, 0]
    assert rings.points.tolist() == [4, 4]
    split_at = rings.points[0]
    signed = [
        np.sign(_area(rings.x[part].astype(float), rings.y[part].astype(float))) for part in (slice(0, split_at), slice(split_at, None))
    ]
    assert signed[0] == -signed[1]


def _area(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
