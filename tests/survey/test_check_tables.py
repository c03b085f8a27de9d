"""Whole lists: rows taken or refused, duplicates, identity, shapes, and that no order matters."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.geo.gcj02 import gcj02_from_wgs84
from jiadi.register.schema import TABLES
from jiadi.register.tables import frame_schema
from jiadi.survey.check import check
from jiadi.survey.read import RawDelivery, RawSheet, read
from jiadi.survey.read.raw import split_columns

CODE = "330802001001JC0000"


def sheet(
    table: str, rows: dict[str, list[object]], *, shapes: list[object] | None = None, crs: str = "EPSG:4490", file: str = "a"
) -> RawSheet:
    frame = pl.DataFrame(rows, strict=False)
    cells = split_columns(frame).with_columns(pl.Series("row", range(1, len(frame) + 1), dtype=pl.Int32))
    if shapes is not None:
        cells = cells.with_columns(pl.Series("geometry", shapely.to_wkb(np.array(shapes, dtype=object)).tolist(), dtype=pl.Binary))
    columns = {name: place for place, name in enumerate(rows)}
    return RawSheet(file, "", "layer", "", list(rows), cells, table, columns, crs_text=crs)


def square(east: float = 0.0, side: float = 1e-4) -> shapely.Polygon:
    return shapely.box(118.9 + east, 28.9, 118.9 + east + side, 28.9 + side)


def problems(raw: RawDelivery) -> list[tuple[object, ...]]:
    return check(raw).problems.select("row", "column", "code").rows()


def test_every_row_is_accepted_or_refused() -> None:
    raw = RawDelivery(
        [sheet("aid", {"name": ["张三", None, None], "id_number": [None, None, "330802197603151231"], "aid_kind": ["低保"] * 3})]
    )
    delivery = check(raw)
    entry = delivery.files[0]
    assert (entry["rows"], entry["accepted"], entry["refused"]) == (3, 1, 2)
    # The third row loses its only name with the number that could not be taken.
    assert problems(raw) == [(2, "name", "required_missing"), (3, "id_number", "id_check_digit"), (3, "name", "required_missing")]
    assert delivery.tables["aid"].schema == frame_schema(TABLES["aid"])


def test_a_code_that_several_rows_carry_is_none_s() -> None:
    raw = RawDelivery([sheet("parcel", {"feature_code": ["1", "2", "3"], "parcel_code": [f"{CODE}1", f"{CODE}1", f"{CODE}2"]})])
    delivery = check(raw)
    told = delivery.problems.filter(pl.col("code") == "duplicate_key")
    assert told.select("row", "detail").rows() == [(1, "a #2"), (2, "a #1")]
    assert delivery.tables["parcel"].select("id", "parcel_code").rows() == [("1", None), ("2", None), (f"{CODE}2", f"{CODE}2")]


def test_persons_are_called_by_household_and_name() -> None:
    raw = RawDelivery(
        [
            sheet(
                "person",
                {"household_code": ["H1", "H1", "H2"], "name": ["张三", "张三", "李四"], "valid_from": ["2020-01-01", "2019-01-01", None]},
            )
        ]
    )
    assert check(raw).tables["person"].select("id", "valid_from").rows() == [
        ("H1/张三", date(2019, 1, 1)),
        ("H1/张三#2", date(2020, 1, 1)),
        ("H2/李四", None),
    ]


def test_a_row_without_a_key_is_called_by_its_content() -> None:
    first, second = (
        check(RawDelivery([sheet("member", {"name": names})])).tables["member"]["id"] for names in (["张三", "李四"], ["李四", "张三"])
    )
    assert first.to_list() == second.to_list() and all(len(one) == 13 and one.startswith("~") for one in first)


NAMES = st.lists(st.sampled_from(["张三", "李四", "王五 ", "张三、李四", ""]), min_size=1, max_size=8)


@given(names=NAMES, data=st.data())
def test_neither_row_order_nor_chunking_changes_a_thing(names: list[str], data: st.DataObject) -> None:
    rows = [(name or None, f"{CODE}{number % 3}") for number, name in enumerate(names)]
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    kept = ["parcel_code", "holder_name", "id"]

    def table(parts: list[list[tuple[str | None, str]]]) -> list[tuple[object, ...]]:
        sheets = [
            sheet("right", {"holder_name": [r[0] for r in part], "parcel_code": [r[1] for r in part]}, file=f"{n}")
            for n, part in enumerate(parts)
            if part
        ]
        delivery = check(RawDelivery(sheets))
        return [*delivery.tables["right"].select(kept).rows(), *delivery.problems.select("column", "code", "value").sort(pl.all()).rows()]

    assert table([rows]) == table([list(shuffled)]) == table([list(shuffled[:cut]), list(shuffled[cut:])])


def test_the_order_of_the_files_changes_nothing() -> None:
    one = sheet("person", {"household_code": ["1"], "name": ["张三"]}, file="a.csv")
    two = sheet("person", {"household_code": ["2"], "name": ["李四"]}, file="b.csv")
    first, second = check(RawDelivery([one, two])), check(RawDelivery([two, one]))
    assert first.tables["person"].equals(second.tables["person"]) and first.files == second.files and first.sources.equals(second.sources)


def test_shapes_are_repaired_measured_and_told() -> None:
    bow = shapely.Polygon([(118.9, 28.9), (118.9002, 28.9002), (118.9002, 28.9), (118.9, 28.9002)])
    doubled = shapely.Polygon([(118.8, 28.9), (118.8, 28.9), (118.8001, 28.9), (118.8001, 28.9001)])
    swapped = shapely.box(28.9, 118.91, 28.9001, 118.9101)
    raw = RawDelivery([sheet("footprint", {"feature_code": list("12345")}, shapes=[square(), bow, doubled, swapped, None])])
    delivery = check(raw)
    assert problems(raw) == [
        (2, "geometry", "self_intersection"),
        (3, "geometry", "duplicate_points"),
        (4, "geometry", "swapped_axes"),
        (5, "geometry", "empty_geometry"),
    ]
    shapes = shapely.from_wkb(delivery.tables["footprint"]["geometry"].to_list())
    assert shapely.is_valid(shapes[:4]).all() and shapes[4] is None
    assert np.allclose(shapely.bounds(shapes[3]), (118.91, 28.9, 118.9101, 28.9001))


def test_a_layer_whose_first_feature_has_no_shape() -> None:
    raw = RawDelivery([sheet("footprint", {"feature_code": ["1", "2"]}, shapes=[None, square()])])
    assert problems(raw) == [(1, "geometry", "empty_geometry")]


def test_a_sheet_without_shapes_beside_a_layer_of_the_same_list_needs_none() -> None:
    plain = sheet("house", {"survey_code": ["330802100201-00001"]}, file="survey")
    layer = sheet("house", {"survey_code": ["330802100201-00002", "330802100201-00003"]}, shapes=[square(), None], file="layer")
    delivery = check(RawDelivery([plain, layer]))
    assert delivery.problems.select("file", "row", "code").rows() == [("layer", 2, "empty_geometry")]
    assert delivery.tables["house"]["geometry"].is_null().to_list() == [True, False, True]


def test_a_known_system_is_brought_to_4490_and_an_unknown_one_is_a_question() -> None:
    projected = shapely.box(40_392_000, 3_198_000, 40_392_010, 3_198_012)
    known = sheet("footprint", {"feature_code": ["1"]}, shapes=[projected], crs="EPSG:4528", file="known")
    unknown = sheet("footprint", {"feature_code": ["2"]}, shapes=[projected], crs="", file="unknown")
    delivery = check(RawDelivery([known, unknown]))
    assert [(entry["file"], entry["status"]) for entry in delivery.files] == [("known", "read"), ("unknown", "question")]
    assert "4528" in str(delivery.files[1]["reason"])
    assert delivery.tables["footprint"]["id"].to_list() == ["1"]
    assert delivery.problems.select("file", "code", "level").rows() == [("unknown", "crs_unknown", "refused")]


def test_stated_areas_that_differ_are_ranked_and_not_refused() -> None:
    area = 108.10  # m², of the square at this latitude
    stated = [area, area * 1.04, area * 1.08, area * 2]
    delivery = check(
        RawDelivery(
            [sheet("parcel", {"feature_code": list("1234"), "stated_area_m2": stated}, shapes=[square(n / 1000) for n in range(4)])]
        )
    )
    differences = delivery.extra["area_differences"]
    assert isinstance(differences, dict)
    assert (differences["compared"], differences["over_5_percent"], differences["over_10_percent"]) == (4, 2, 1)
    assert differences["ranked"]["row"].to_list() == [4, 3]
    assert len(delivery.tables["parcel"]) == 4 and delivery.problems["code"].to_list() == ["area_differs"] * 2


def test_parcels_that_lie_over_each_other_are_told_of_each_other() -> None:
    raw = RawDelivery([sheet("parcel", {"feature_code": ["1", "2", "3"]}, shapes=[square(), square(5e-5), square(1e-3)])])
    told = check(raw).problems
    assert told.select("row", "code").rows() == [(1, "parcel_overlap"), (2, "parcel_overlap")]
    assert told["detail"].to_list() == ["a #2, 54.05 m²", "a #1, 54.05 m²"]


def test_a_layer_in_web_map_coordinates_is_told_and_its_shapes_are_not_used() -> None:
    parcels = [square(n / 1000, 2e-4) for n in range(40)]
    houses = [
        shapely.transform(shapely.buffer(one, -3e-5), lambda p: np.column_stack(gcj02_from_wgs84(p[:, 0], p[:, 1]))) for one in parcels
    ]
    codes = [str(number) for number in range(40)]
    raw = RawDelivery(
        [
            sheet("parcel", {"feature_code": codes}, shapes=parcels, file="p"),
            sheet("footprint", {"feature_code": codes}, shapes=houses, file="f"),
        ]
    )
    delivery = check(raw)
    assert delivery.problems.select("file", "code").rows() == [("f", "gcj02_suspected")]
    assert delivery.tables["footprint"]["geometry"].null_count() == 40 and delivery.tables["parcel"]["geometry"].null_count() == 0


def test_one_layer_in_web_map_coordinates_among_sound_ones_is_told() -> None:
    parcels = [square(n / 1000, 2e-4) for n in range(40)]
    houses = [shapely.buffer(one, -3e-5) for one in parcels]
    traced = [shapely.transform(one, lambda p: np.column_stack(gcj02_from_wgs84(p[:, 0], p[:, 1]))) for one in houses]
    codes = [str(number) for number in range(40)]
    raw = RawDelivery(
        [
            sheet("parcel", {"feature_code": codes}, shapes=parcels, file="p"),
            sheet("footprint", {"feature_code": codes[:30]}, shapes=houses[:30], file="sound"),
            sheet("footprint", {"feature_code": codes[30:]}, shapes=traced[30:], file="traced"),
        ]
    )
    delivery = check(raw)
    assert delivery.problems.select("file", "code").rows() == [("traced", "gcj02_suspected")]
    assert delivery.tables["footprint"]["geometry"].null_count() == 10


def test_a_village_is_known_by_its_name_where_its_code_is_not() -> None:
    names = ["余东村", "余东村", "沟溪村", "双桥村", "双桥村", "双桥村"]
    villages = ["330802005211", "999", "999", "330802005211", "330802009202", "999"]
    rows = {"name": list("甲乙丙丁戊己"), "id_number": [None] * 6, "village_code": villages, "village_name": names}
    delivery = check(RawDelivery([sheet("member", rows)]))  # type: ignore[arg-type]
    known = delivery.tables["member"].sort("source_row")
    codes = [code and code[:12] for code in known["village_code"].to_list()]
    assert codes[1] == codes[0] is not None
    assert codes[2] is None and codes[5] is None, "a name that no other row tells, or that two villages bear, tells nothing"


def test_the_french_commune(commune: Path) -> None:
    delivery = check(read([commune]))
    assert {name: len(frame) for name, frame in delivery.tables.items()} == {"parcel": 511, "house": 252, "zone": 24}
    differences = delivery.extra["area_differences"]
    assert isinstance(differences, dict)
    assert (differences["compared"], differences["over_5_percent"], differences["over_10_percent"]) == (511, 70, 25)
    assert set(delivery.problems["code"]) == {"area_differs"}
    assert sorted({str(entry["sheet"]) for entry in delivery.files if entry["status"] == "unused"}) == [
        "borne", "commune", "lieudit", "numvoie", "tline", "zoncommuni",
    ]  # fmt: skip


@pytest.mark.parametrize("on", [None, date(2030, 1, 1)])
def test_without_a_day_nothing_is_in_the_future(on: date | None) -> None:
    raw = RawDelivery([sheet("approval", {"approval_code": ["1"], "approved_on": ["2029-01-01"]})])
    assert check(raw, on).tables["approval"]["approved_on"].to_list() == [date(2029, 1, 1)]
