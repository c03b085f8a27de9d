"""The sample's files: the same seed gives the same bytes, and they look as departments' files do."""

from __future__ import annotations

import ast
import sqlite3
import zipfile
from pathlib import Path

import polars as pl
import pyogrio
import pytest
import yaml
from python_calamine import CalamineWorkbook

from jiadi.codes import parcel as parcel_codes
from jiadi.codes import person as person_codes
from jiadi.codes import unit as unit_codes
from jiadi.errors import Refusal
from jiadi.survey import sample
from jiadi.survey.sample import generate
from jiadi.survey.sample.draw import distributions
from jiadi.survey.sample.layout import BROKEN
from jiadi.survey.sample.records import invent, write_down


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    generate(folder, 700, seed=3, dirt=0.1)
    return folder


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("form", ["departments", "columnar"])
def test_same_seed_gives_same_bytes(tmp_path: Path, form: str) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, 300, seed=5, dirt=0.2, form=form)
    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "two")
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_another_seed_gives_another_county(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), 300, seed=seed)
    one, two = _bytes(tmp_path / "1"), _bytes(tmp_path / "2")
    assert [name for name in one if one[name] == two[name]] == ["宗地.prj", "清单.yaml"]


def test_report_names_the_files_written(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    report = generate(tmp_path, 120, dirt=0.05, progress=lambda stage, share: told.append((stage, share)))
    assert {"truth.json", "清单.yaml", "宅基地台账.xlsx", "宗地.shp", "户籍.csv"} <= set(report.files)
    assert all((tmp_path / name).exists() for name in report.files)
    assert told[-1] == ("sample", 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert report.findings


def test_no_moment_of_writing_is_kept(written: Path) -> None:
    for book in written.glob("*.xlsx"):
        if book.name == BROKEN:
            continue
        with zipfile.ZipFile(book) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(2025, 6, 30, 0, 0, 0)}
    with sqlite3.connect(written / "管控区.gpkg") as database:
        assert {row[0] for row in database.execute("select last_change from gpkg_contents")} == {"2025-06-30T00:00:00.000Z"}
    assert (written / "宗地.dbf").read_bytes()[1:4] == bytes([125, 6, 30])


def test_ledger_has_title_two_header_rows_and_totals(tmp_path: Path) -> None:
    generate(tmp_path, 700, seed=3)
    book = CalamineWorkbook.from_path(str(tmp_path / "宅基地台账.xlsx"))
    assert len(set(book.sheet_names)) == len(book.sheet_names)
    assert max(map(len, book.sheet_names)) <= 31
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert rows[0][0] == f"{name}宅基地台账"
        assert rows[1][:4] == ["序号", "宗地代码", "户主", ""]
        assert rows[2][2:4] == ["姓名", "证件号码"]
        assert rows[-1][0] == "合计"
        assert [row[0] for row in rows[3:-1]] == list(range(1, len(rows) - 3))
        stated = sum(row[4] for row in rows[3:-1] if isinstance(row[4], float))
        assert rows[-1][4] == pytest.approx(stated, abs=0.005)


def test_a_soiled_ledger_has_subtotals_headings_again_and_merged_cells(written: Path) -> None:
    book = CalamineWorkbook.from_path(str(written / "宅基地台账.xlsx"))
    firsts, widths, merged = set(), set(), 0
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        parts = 0.0
        for row in rows[3:]:
            firsts |= {row[0]} if isinstance(row[0], str) else set()
            if row[0] == "小计":
                parts += row[4]
            if row[0] == "合计":
                assert parts < row[4], "the last part has no total of its own"
        widths.add(len(rows[0]))
        merged += sum(bottom > 10 for _, (bottom, _) in sheet.merged_cell_ranges)
    assert {"小计", "合计", "序号", ""} <= firsts and any(text.startswith("填表人") for text in firsts)
    assert widths == {10, 12} and merged


def test_parcels_are_a_gb18030_shapefile_without_cpg(written: Path) -> None:
    assert not (written / "宗地.cpg").exists()
    meta, table = pyogrio.read_arrow(written / "宗地.shp", encoding="gb18030")
    assert meta["crs"] == "EPSG:4528"
    assert [name.rstrip("\ufffd") for name in table.column_names[:7]] == ["BSM", "ZDDM", "QLRMC", "宗地面积(", "QLXZ", "ZL", "XZQDM"]
    villages = {str(name) for name in CalamineWorkbook.from_path(str(written / "宅基地台账.xlsx")).sheet_names}
    places = {text.rstrip("0123456789号") for text in table["ZL"].to_pylist()}
    assert villages <= places


def test_zone_of_the_projection_follows_the_place() -> None:
    assert invent("330824", 60, 1).villages.plane.epsg == 4527
    assert invent("330802", 60, 1).villages.plane.epsg == 4528


def test_footprints_say_their_datum(written: Path) -> None:
    meta, table = pyogrio.read_arrow(written / "房屋轮廓.geojson")
    assert meta["crs"] == "EPSG:4490"
    assert table.column_names[:2] == ["标识码", "调查编号"]


def test_manifest_covers_every_list(written: Path) -> None:
    manifest = yaml.safe_load((written / "清单.yaml").read_text(encoding="utf-8"))
    assert str(manifest["delivered_on"]) == "2025-06-30"
    listed = {entry["list"] for entry in manifest["coverage"]}
    assert listed == {"person", "member", "parcel", "house", "footprint", "right", "approval", "aid", "zone"}
    assert len({entry["kind"] for entry in manifest["coverage"] if entry["list"] == "zone"}) == 7


def test_columnar_files_carry_the_schema_and_their_table(tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    generate(tmp_path, 200, form="columnar")
    metadata = pq.read_schema(tmp_path / "parcel.parquet").metadata
    assert metadata[b"jiadi_table"] == b"parcel"
    assert b"geo" in metadata
    house = pl.read_parquet(tmp_path / "house.parquet")
    assert house.schema["built_year"] == pl.Int16
    assert house.schema["base_area_m2"] == pl.Float64
    assert set(house["use"].unique()) <= {"residence", "annex", "business", "public", "vacant"}


def test_codes_and_numbers_are_valid_and_unique() -> None:
    lists = write_down(invent("330802", 2000, 4))
    numbers = lists["person"]["id_number"]
    assert numbers.is_unique().all()
    assert person_codes.check_column(numbers).null_count() == len(numbers)
    assert not numbers.str.ends_with("000").any()
    codes = lists["parcel"]["parcel_code"].drop_nulls()
    assert parcel_codes.check_column(codes).null_count() == len(codes)
    units = lists["house"]["unit_code"].drop_nulls()
    assert unit_codes.check_column(units).null_count() == len(units)
    for table, column in (
        ("house", "survey_code"),
        ("parcel", "parcel_code"),
        ("approval", "approval_code"),
        ("footprint", "feature_code"),
    ):
        assert lists[table][column].drop_nulls().is_unique().all()
    assert lists["house"]["survey_code"].str.contains(r"^\d{12}-\d{5}$").all()
    assert not lists["person"].select("household_code", "name").is_duplicated().any()


def test_shares_of_filled_cells_are_as_stated() -> None:
    lists = write_down(invent("330802", 2000, 8))
    filled = distributions()["filled"]
    stated = {
        ("right", "parcel_code"): 0.92, ("right", "holder_id"): 0.92, ("right", "land_class"): 0.60, ("parcel", "parcel_code"): 0.97,
        ("house", "unit_code"): 0.60, ("house", "house_number"): 0.70, ("house", "village_name"): 0.70, ("house", "built_month"): 0.30,
        ("footprint", "survey_code"): 0.95, ("member", "id_number"): 0.95, ("approval", "holder_id"): 0.85,
        ("approval", "parcel_code"): 0.70,
    }  # fmt: skip
    for (table, column), share in stated.items():
        found = lists[table][column].is_not_null()
        # Four standard deviations, and a little for cells that a plan leaves blank.
        room = 4 * (share * (1 - share) / len(found)) ** 0.5 + 0.006
        assert found.mean() == pytest.approx(share, abs=room), (table, column)
    assert filled["unit_code"] == 0.60


def test_no_birthday_is_common() -> None:
    """A day has 489 numbers for each sex: a crowd born on one day would run out of them."""
    born = write_down(invent("330802", 2000, 3))["person"]["id_number"].str.slice(6, 8)
    assert born.value_counts()["count"].max() <= 8


def test_namesakes_live_in_villages_but_not_in_households() -> None:
    person = write_down(invent("330802", 2000, 1))["person"]
    heads = person.filter(pl.col("relation") == "head")
    namesakes = heads.select("village_code", "name").is_duplicated().mean()
    assert namesakes is not None
    assert 0 < namesakes < 0.05


@pytest.mark.parametrize(("county", "form"), [("110101", "departments"), ("330802", "csv")])
def test_what_cannot_be_made_is_refused(tmp_path: Path, county: str, form: str) -> None:
    with pytest.raises(Refusal) as refused:
        generate(tmp_path / "x", 10, division=county, form=form)
    assert refused.value.what_to_do


def test_sample_knows_neither_rules_nor_checks() -> None:
    banned = ("jiadi.policy", "jiadi.law", "jiadi.survey.check", "jiadi.survey.read", "jiadi.survey.link")
    for path in Path(sample.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(banned)], path.name
