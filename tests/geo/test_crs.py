"""A layer's coordinates are recognised, or asked about, and never mixed."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.geo.axes import body_bounds, swap, swapped_axes
from jiadi.geo.crs import Crs, detect, guesses, outside, require_same, to_4490
from jiadi.geo.gcj02 import gcj02_from_wgs84, looks_gcj02, wgs84_from_gcj02

LONLAT = (118.6, 28.6, 119.0, 29.1)
ESRI = (
    'PROJCS["{name}",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["{projection}"],PARAMETER["False_Easting",{easting}],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def bounds_in(code: int) -> tuple[float, float, float, float]:
    change = pyproj.Transformer.from_crs(4490, code, always_xy=True)
    x0, y0 = change.transform(LONLAT[0], LONLAT[1])
    x1, y1 = change.transform(LONLAT[2], LONLAT[3])
    return x0, y0, x1, y1


@pytest.mark.parametrize("zone", range(25, 46))
def test_every_three_degree_zone_is_known_with_and_without_prefix(zone: int) -> None:
    for code, easting in ((4513 + zone - 25, zone * 1e6 + 5e5), (4534 + zone - 25, 5e5)):
        bounds = (easting - 1000, 3_100_000, easting + 1000, 3_200_000)
        for projection in ("Gauss_Kruger", "Transverse_Mercator"):
            text = ESRI.format(name="某坐标系", projection=projection, easting=easting, meridian=3 * zone)
            assert detect(text, bounds).code == f"EPSG:{code}"
        assert detect(f"EPSG:{code}", bounds).notes == ()


@pytest.mark.parametrize(("said", "really"), [(4549, 4528), (4528, 4549), (4548, 4527)])
def test_a_zone_prefix_that_is_not_as_said_is_noticed(said: int, really: int) -> None:
    found = detect(f"EPSG:{said}", bounds_in(really))
    assert (found.code, found.notes) == (f"EPSG:{really}", ("zone_prefix",))


def test_exchanged_axes_of_a_whole_layer_are_noticed_and_undone() -> None:
    for code in (4490, 4528, 4549):
        x0, y0, x1, y1 = bounds_in(code) if code != 4490 else LONLAT
        found = detect(f"EPSG:{code}", (y0, x0, y1, x1))
        assert found.swapped and "axes_swapped" in found.notes and found.code == f"EPSG:{code}"
        place = shapely.get_coordinates(to_4490(np.array([shapely.Point(y0, x0)]), found))[0]
        assert place == pytest.approx(LONLAT[:2], abs=1e-9)


def test_geographic_systems() -> None:
    assert detect("EPSG:4490", LONLAT) == Crs("EPSG:4490", "China Geodetic Coordinate System 2000")
    assert detect("EPSG:4326", LONLAT).notes == ("wgs84_as_cgcs2000",)
    assert detect("EPSG:4326", LONLAT, assumed=True).notes == ("wgs84_as_cgcs2000", "crs_assumed")
    assert detect("EPSG:4490", None).code == "EPSG:4490"


@pytest.mark.parametrize("code", [4610, 4214, 2364, 2437, 2384])
def test_old_datums_are_refused_with_their_name(code: int) -> None:
    for text in (f"EPSG:{code}", pyproj.CRS.from_epsg(code).to_wkt("WKT1_ESRI")):
        with pytest.raises(Refusal) as caught:
            detect(text, None)
        assert caught.value.code == "crs_datum"
        assert "1980" in caught.value.why or "1954" in caught.value.why


@pytest.mark.parametrize(
    ("text", "bounds", "offered"), [("", bounds_in(4528), "EPSG:4528"), ("", bounds_in(4549), "EPSG:4549"), ("", LONLAT, "EPSG:4490")]
)
def test_an_unknown_system_is_a_question_with_guesses(text: str, bounds: tuple[float, float, float, float], offered: str) -> None:
    with pytest.raises(Refusal) as caught:
        detect(text, bounds)
    assert caught.value.code == "crs_unknown"
    assert offered in caught.value.why
    assert guesses(bounds)[0].crs.code == offered
    assert guesses(bounds)[0].bounds == pytest.approx(LONLAT, abs=0.02)


@pytest.mark.parametrize("text", ["", "nonsense", 'LOCAL_CS["x"]', "EPSG:4326"])
def test_what_cannot_be_is_not_taken(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        detect(text, (-9e7, -9e7, 9e7, 9e7))
    assert caught.value.code == "crs_unknown"


@pytest.mark.parametrize(
    ("code", "x", "y"), [(2154, 953_000.0, 6_703_000.0), (31370, 173_028.0, 170_151.0), (3857, 13_200_000.0, 3_360_000.0)]
)
def test_foreign_systems_are_brought_over_their_known_shift(code: int, x: float, y: float) -> None:
    found = detect(f"EPSG:{code}", (x, y, x + 1, y + 1))
    place = shapely.get_coordinates(to_4490(np.array([shapely.Point(x, y), None]), found))[0]
    assert place == pytest.approx(pyproj.Transformer.from_crs(code, 4326, always_xy=True).transform(x, y), abs=1e-12)


def test_a_projected_layer_comes_back_where_it_was() -> None:
    change = pyproj.Transformer.from_crs(4490, 4528, always_xy=True)
    box = shapely.box(118.7, 28.7, 118.8, 28.8)
    drawn = shapely.transform(np.array([box, None]), lambda p: np.column_stack(change.transform(p[:, 0], p[:, 1])))
    back = to_4490(drawn, detect("EPSG:4528", tuple(shapely.total_bounds(drawn))))
    assert back[1] is None
    assert shapely.get_coordinates(back[0]) == pytest.approx(shapely.get_coordinates(box), abs=1e-9)


def test_differing_systems_are_not_compared() -> None:
    with pytest.raises(Refusal) as caught:
        require_same(Crs("EPSG:4490", "a"), Crs("EPSG:4528", "b"))
    assert caught.value.code == "crs_differs"
    assert "EPSG:4490" in caught.value.why and "EPSG:4528" in caught.value.why


@given(st.lists(st.tuples(st.floats(118.6, 119.0), st.floats(28.6, 29.1), st.booleans()), min_size=5, max_size=40), st.randoms())
def test_single_features_with_exchanged_axes_are_found_in_any_order(places: list[tuple[float, float, bool]], random: object) -> None:
    turned = np.array([flag and number % 5 == 0 for number, (_, _, flag) in enumerate(places)])  # a minority
    shapes = shapely.buffer(shapely.points([(lon, lat) for lon, lat, _ in places]), 1e-4)
    mixed = swap(shapes, turned)
    assert (swapped_axes(mixed) == turned).all()
    order = np.arange(len(places))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert (swapped_axes(mixed[order]) == turned[order]).all()
    assert body_bounds(mixed) == pytest.approx(shapely.total_bounds(shapes[~turned]).tolist())


def test_exchanged_axes_in_a_projected_layer_and_beside_nothing() -> None:
    x0, y0, x1, y1 = bounds_in(4528)
    shapes = np.array([shapely.Point(x0, y0), shapely.Point(x1, y1), shapely.Point(y0, x0), None])
    assert swapped_axes(shapes).tolist() == [False, False, True, False]
    assert swapped_axes(np.array([shapely.Point(29, 118)])).tolist() == [True]
    assert not swapped_axes(np.array([None])).any()


def test_a_far_feature_that_is_not_exchanged_is_left_alone() -> None:
    shapes = np.array([shapely.Point(118.7 + d / 100, 28.7) for d in range(5)] + [shapely.Point(10, 50)])
    assert not swapped_axes(shapes).any()
    assert outside(shapes, LONLAT).tolist() == [False] * 5 + [True]


def test_the_web_map_shift_agrees_with_a_published_pair_and_is_undone() -> None:
    lon, lat = gcj02_from_wgs84(np.array([121.5272106]), np.array([31.1774276]))
    assert (lon[0], lat[0]) == pytest.approx((121.531541859215, 31.17530398364597), abs=1e-9)
    assert gcj02_from_wgs84(np.array([4.7]), np.array([50.8])) == (4.7, 50.8)


@given(st.lists(st.tuples(st.floats(74, 135), st.floats(4, 53)), min_size=1, max_size=30))
def test_undoing_the_shift_is_exact(places: list[tuple[float, float]]) -> None:
    lon, lat = np.array(places).T
    back = wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat))
    assert np.abs(back[0] - lon).max() < 1e-9 and np.abs(back[1] - lat).max() < 1e-9


@pytest.mark.parametrize("layer", ["", "houses", "parcels"])
def test_a_layer_in_web_map_coordinates_is_noticed_beside_one_that_is_not(layer: str) -> None:
    random = np.random.default_rng(3)
    lon, lat = 118.7 + random.random(300) * 0.2, 28.8 + random.random(300) * 0.2
    houses, parcels = shapely.box(lon, lat, lon + 1e-4, lat + 1e-4), shapely.box(lon - 5e-5, lat - 5e-5, lon + 2e-4, lat + 2e-4)

    def shift(shapes: np.ndarray) -> np.ndarray:
        return shapely.transform(shapes, lambda p: np.column_stack(gcj02_from_wgs84(p[:, 0], p[:, 1])))

    found = looks_gcj02(shift(houses) if layer == "houses" else houses, shift(parcels) if layer == "parcels" else parcels)
    assert found.shifted == layer
    assert found.looked_at == 300
    assert found.share_shifted > 0.95 and (layer == "" or found.share_as_is < 0.1)


def test_no_shift_is_claimed_where_there_is_nothing_to_compare() -> None:
    nothing = np.array([None], dtype=object)
    assert looks_gcj02(nothing, np.array([shapely.box(0, 0, 1, 1)])).shifted == ""
    assert looks_gcj02(np.array([shapely.Point(118, 29)]), nothing).shifted == ""
    far = np.array([shapely.box(100, 30, 100.1, 30.1)])
    assert looks_gcj02(np.array([shapely.Point(118, 29)]), far).shifted == ""
