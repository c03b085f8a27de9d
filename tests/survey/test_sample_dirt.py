"""Planted dirt: as much as asked for, one a row, where the answers say, and nowhere else."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook

from jiadi.codes import person
from jiadi.survey import problems
from jiadi.survey.sample import describe, generate
from jiadi.survey.sample.blemish import BLEMISHES, to_15
from jiadi.survey.sample.dirt import soil
from jiadi.survey.sample.forms import fill_in
from jiadi.survey.sample.generate import not_planted
from jiadi.survey.sample.layout import BROKEN
from jiadi.survey.sample.records import invent, write_down

HOUSES, SEED, SHARE = 1200, 4, 0.2
OF_A_SHEET = {"heading_guessed", "column_claimed_twice"}
LEDGER, VILLAGE = "宅基地台账.xlsx", 9
Rows = dict[tuple[str, str, int], list[Any]]


def _text(line: bytes) -> str:
    """A line of a list in GB18030, some of whose lines are in UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("gb18030")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    clean, dirty = tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("dirty")
    generate(clean, HOUSES, seed=SEED)
    generate(dirty, HOUSES, seed=SEED, dirt=SHARE)
    return clean, dirty


@pytest.fixture(scope="module")
def truth(folders: tuple[Path, Path]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folders[1] / "truth.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def dirt(folders: tuple[Path, Path], truth: dict[str, Any]) -> list[dict[str, Any]]:
    """Mistakes of rows that the clean sample has too, each at the row where it stands there."""
    laid = _inserted(truth)
    return [
        {**spot, "row": spot["row"] - sum(row < spot["row"] for row in laid[spot["file"], spot["sheet"]])}
        for spot in truth["dirt"]
        if (folders[0] / spot["file"]).exists() and spot["row"] and spot["code"] not in OF_A_SHEET
    ]


def _inserted(truth: dict[str, Any]) -> dict[tuple[str, str], list[int]]:
    """Rows of each sheet that a soiled delivery has beyond the clean one."""
    out: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in truth["layout"]:
        if one["kind"] in ("subtotal", "blank_row", "repeated_heading", "remark"):
            out[one["file"], one["sheet"]].append(one["row"])
    return out


def _as_in_the_clean(folders: tuple[Path, Path]) -> tuple[Rows, Rows]:
    """Rows of both samples under the numbers and in the columns of the clean one; headings are left out."""
    clean, soiled = _rows(folders[0]), _rows(folders[1])
    truth = json.loads((folders[1] / "truth.json").read_text(encoding="utf-8"))
    laid = _inserted(truth)
    merged = {(one["file"], one["sheet"]): one["row"] for one in truth["layout"] if one["kind"] == "merged_cells"}
    dirty = {}
    for (file, sheet, row), cells in soiled.items():
        place = (file, sheet, row - sum(one < row for one in laid[file, sheet]))
        if row in laid[file, sheet] or place not in clean:
            continue
        dirty[place] = cells[: len(clean[place])]
        if (file, sheet) in merged and cells[0] != "合计":
            dirty[place][VILLAGE] = soiled[file, sheet, merged[file, sheet]][VILLAGE]
    headings = {place for place in clean if place[0] == LEDGER and place[2] <= 3}
    return {k: v for k, v in clean.items() if k not in headings}, {k: v for k, v in dirty.items() if k not in headings}


def _rows(folder: Path) -> Rows:
    """Every row of the tabular files as Excel or a text editor numbers them."""
    out: Rows = {}
    for path in folder.glob("*.xlsx"):
        if path.name == BROKEN:
            continue
        book = CalamineWorkbook.from_path(str(path))
        for sheet in book.sheet_names:
            for number, row in enumerate(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), start=1):
                out[path.name, sheet, number] = row
    for path in folder.glob("*.csv"):
        lines = [_text(line) for line in path.read_bytes().split(b"\r\n")]
        for number, row in enumerate(csv.reader(lines), start=1):
            if row:
                out[path.name, "", number] = row
    return out


def test_no_dirt_unless_asked_for(folders: tuple[Path, Path]) -> None:
    assert json.loads((folders[0] / "truth.json").read_text(encoding="utf-8"))["dirt"] == []


@pytest.mark.parametrize("houses", [1, 30, 100])
def test_a_small_county_may_have_no_cell_that_a_mistake_fits(tmp_path: Path, houses: int) -> None:
    assert generate(tmp_path, houses, seed=SEED, dirt=SHARE).files


def test_share_of_dirt_is_the_one_asked_for(dirt: list[dict[str, Any]]) -> None:
    rows = sum(frame.height for frame in write_down(invent("330802", HOUSES, SEED)).values())
    spots = {(spot["file"], spot["sheet"], spot["row"]) for spot in dirt}
    assert len(spots) == pytest.approx(SHARE * rows, rel=0.03)


def test_one_dirt_a_row(dirt: list[dict[str, Any]]) -> None:
    along = {(blemish.kind, code) for blemish in BLEMISHES for code in blemish.also}
    assert along == {("house_on_several_parcels", "house_crosses_parcel")}
    codes = defaultdict(set)
    for spot in dirt:
        codes[spot["file"], spot["sheet"], spot["row"]].add(spot["code"])
    assert {len(held) for held in codes.values() if held != {*next(iter(along))}} == {1}


def test_every_kind_is_planted_in_every_file_that_carries_it(dirt: list[dict[str, Any]]) -> None:
    from jiadi.survey.sample.forms import FILES  # noqa: PLC0415

    wanted = {(blemish.kind, FILES[blemish.table]) for blemish in BLEMISHES}
    found = Counter((spot["code"], spot["file"]) for spot in dirt)
    # The low-income list of a small county is short: some kinds find no row in it.
    assert {pair for pair in wanted if pair[1] != "低保.xlsx"} <= set(found)
    large = [count for (_, file), count in found.items() if file in ("农房调查.xlsx", "宅基地台账.xlsx")]
    assert max(large) <= 3 * min(large)


def test_only_the_rows_told_of_differ(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    clean, dirty = _as_in_the_clean(folders)
    assert clean.keys() == dirty.keys()
    told = {(spot["file"], spot["sheet"], spot["row"]) for spot in dirt}
    totals = {(file, sheet, row) for (file, sheet, row), cells in clean.items() if cells[0] == "合计"}
    differing = {place for place in clean if clean[place] != dirty[place]} - totals
    assert differing <= told
    tabular = {place for place in told if place in clean}
    # Of a duplicate one row keeps its own code; both are told of.
    same = tabular - differing
    kinds = {spot["code"] for spot in dirt if (spot["file"], spot["sheet"], spot["row"]) in same}
    assert kinds == {"duplicate_key", "mixed_encoding"}
    same -= {(spot["file"], spot["sheet"], spot["row"]) for spot in dirt if spot["code"] == "mixed_encoding"}
    assert len(same) * 2 == sum(spot["code"] == "duplicate_key" and spot["file"] == "审批.xlsx" for spot in dirt)


def test_only_the_cell_told_of_differs(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    clean, dirty = _as_in_the_clean(folders)
    both_cells = {"several_in_cell", "required_missing"}
    for spot in dirt:
        place = (spot["file"], spot["sheet"], spot["row"])
        if place in clean and spot["code"] not in both_cells:
            changed = [column for column, (was, now) in enumerate(zip(clean[place], dirty[place], strict=True)) if was != now]
            assert len(changed) <= 1
            assert all(clean[place][column] not in (None, "") for column in changed), "a blank cell carries no dirt"


def _cells(folders: tuple[Path, Path], dirt: list[dict[str, Any]], code: str, file: str, header_row: int) -> list[tuple[Any, Any]]:
    """Clean and dirty value of the cells of one kind in one workbook."""
    clean, dirty = _as_in_the_clean(folders)
    headings = _rows(folders[0])
    out = []
    for spot in dirt:
        if spot["code"] == code and spot["file"] == file:
            place = (file, spot["sheet"], spot["row"])
            column = headings[file, spot["sheet"], header_row].index(spot["column"].rpartition("/")[2])
            out.append((clean[place][column], dirty[place][column]))
    assert out
    return out


def test_numbers_cut_by_a_spreadsheet_are_written_as_numbers(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    for was, now in _cells(folders, dirt, "id_from_float", "宅基地台账.xlsx", 3):
        assert isinstance(now, float)
        assert f"{now:.15g}" == f"{float(was[:15] + '000'):.15g}"


def test_old_numbers_are_those_of_the_same_person(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    for was, now in _cells(folders, dirt, "id_15_digits", "审批.xlsx", 1):
        assert person.to_18(now) == was
        assert to_15(was) == now


def test_numbers_as_text_are_text(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    for was, now in _cells(folders, dirt, "number_as_text", "农房调查.xlsx", 2):
        assert isinstance(was, float)
        assert isinstance(now, str)
        assert float(now) == was


def test_house_numbers_missing_are_the_village_name(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    for was, now in _cells(folders, dirt, "house_number_missing", "农房调查.xlsx", 2):
        assert was.startswith(now)
        assert not any(letter.isdigit() for letter in now)


def test_duplicate_codes_stand_twice(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    _, table = pyogrio.read_arrow(folders[1] / "宗地.shp", encoding="gb18030", columns=["ZDDM"], read_geometry=False)
    codes = table["ZDDM"].to_pylist()
    rows = {spot["row"] - 1 for spot in dirt if spot["code"] == "duplicate_key" and spot["file"] == "宗地.shp"}
    count = Counter(code for code in codes if code and len(code) == 19)
    assert {place for place, code in enumerate(codes) if count[code] > 1} == rows


def test_mixed_rows_are_utf8_in_the_table(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    rows = {spot["row"] for spot in dirt if spot["code"] == "mixed_encoding" and spot["file"] == "宗地.shp"}
    raw = (folders[1] / "宗地.dbf").read_bytes()
    head, size = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    found = set()
    for row in range(1, int.from_bytes(raw[4:8], "little") + 1):
        record = raw[head + (row - 1) * size : head + row * size]
        try:
            record.decode("utf-8")
        except UnicodeDecodeError:
            record.decode("gb18030")
        else:
            found.add(row)
    assert rows
    assert found == rows


def test_swapped_outlines_have_latitude_first(folders: tuple[Path, Path], dirt: list[dict[str, Any]]) -> None:
    features = json.loads((folders[1] / "房屋轮廓.geojson").read_text(encoding="utf-8"))["features"]
    first = [shapely.get_coordinates(shapely.geometry.shape(one["geometry"]))[0, 0] if one["geometry"] else 118.0 for one in features]
    swapped = {place for place, east in enumerate(first, start=1) if east < 90}
    assert swapped == {spot["row"] for spot in dirt if spot["code"] == "swapped_axes"}


def test_a_destroyed_cell_is_unknown_and_a_remarked_one_is_kept() -> None:
    world = invent("330802", 300, 2)
    lists = write_down(world)
    before = dict(lists)
    forms = fill_in(lists)
    soiled = soil(world, forms, lists, 0.5)
    read_all_the_same = {"id_lower_x", "id_15_digits", "number_as_text", "unit_in_number", "full_width", "stray_space", "area_differs"}
    for spot in soiled.spots:
        if spot.column == "geometry":
            continue
        known, was = lists[spot.table][spot.column][spot.place], before[spot.table][spot.column][spot.place]
        assert was is not None
        if spot.kind in read_all_the_same:
            assert known == was
        elif spot.kind in ("name_differs",):
            assert known != was
        elif spot.kind in ("id_check_digit", "id_from_float", "not_a_number", "duplicate_key", "unknown_word", "year_out_of_range"):
            assert known is None


def test_every_code_of_the_catalogue_is_planted_or_named_with_a_reason(truth: dict[str, Any]) -> None:
    planted, named = {spot["code"] for spot in truth["dirt"]}, not_planted()
    assert planted <= set(problems.catalogue())
    assert set(problems.catalogue()) - planted - set(named) == set(), "a new code: plant it, or say in not_planted.yaml why not"
    assert planted & set(named) == set()
    assert all(len(reason.split()) >= 3 for reason in named.values())


def test_every_kind_of_layout_is_laid(truth: dict[str, Any]) -> None:
    kinds = {one["kind"] for one in truth["layout"]}
    assert kinds == {"subtotal", "blank_row", "repeated_heading", "remark", "merged_cells", "cut_field_name"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_is_described(lang: Any, truth: dict[str, Any]) -> None:
    for kind in {spot["code"] for spot in truth["dirt"]}:
        words = describe(kind, lang)
        assert words
        assert any("一" <= letter <= "鿿" for letter in words) == (lang == "zh")
