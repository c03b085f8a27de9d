"""Areas are those on the ellipsoid; rounding is half up; the plane does not move with the data."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.geo.measure import areas, hundredths, local

GEOD = pyproj.Geod(a=6378137, rf=298.257222101)


def exact(shape: shapely.Geometry) -> float:
    return sum(
        abs(GEOD.geometry_area_perimeter(shapely.Polygon(p.exterior))[0])
        - sum(abs(GEOD.geometry_area_perimeter(shapely.Polygon(hole))[0]) for hole in p.interiors)
        for p in shapely.get_parts(shape)
    )


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    lon, lat = draw(st.floats(74, 134)), draw(st.floats(4, 53))
    size = draw(st.sampled_from([1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 1e-1]))
    angles = np.sort(draw(st.lists(st.integers(0, 62), min_size=3, max_size=12, unique=True)))
    ring = [(lon + size * np.cos(a), lat + size * np.sin(a)) for a in angles / 10]
    shape = shapely.Polygon(ring)
    if draw(st.booleans()):
        shape = shape.difference(shapely.affinity.scale(shape, 0.3, 0.3))
    return (
        shapely.MultiPolygon([shape, shapely.affinity.translate(shape, 3 * size)])
        if draw(st.booleans()) and shape.geom_type == "Polygon"
        else shape
    )


@settings(deadline=None, max_examples=200)
@given(st.lists(polygons(), min_size=1, max_size=5))
def test_areas_agree_with_the_exact_geodesic_figure(shapes: list[shapely.Geometry]) -> None:
    found = areas(np.array(shapes, dtype=object))
    for shape, area in zip(shapes, found, strict=True):
        assert area == pytest.approx(exact(shape), abs=1e-3)
    wkb = pl.Series(shapely.to_wkb(np.array(shapes, dtype=object)).tolist(), dtype=pl.Binary)
    assert areas(wkb).tolist() == found.tolist()


@settings(deadline=None, max_examples=50)
@given(st.lists(polygons(), min_size=2, max_size=6), st.randoms())
def test_an_area_does_not_depend_on_its_neighbours(shapes: list[shapely.Geometry], random: object) -> None:
    together = areas(np.array(shapes, dtype=object))
    alone = [areas(np.array([shape], dtype=object))[0] for shape in shapes]
    assert together.tolist() == alone
    order = np.arange(len(shapes))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert areas(np.array(shapes, dtype=object)[order]).tolist() == together[order].tolist()


def test_what_has_no_area_is_not_zero() -> None:
    shapes = np.array([None, shapely.Point(118, 29), shapely.LineString([(118, 29), (119, 29)]), shapely.Polygon()], dtype=object)
    assert np.isnan(areas(shapes)).all()
    assert np.isnan(areas(np.array([None], dtype=object))).all()
    assert len(areas(np.array([], dtype=object))) == 0


@pytest.mark.parametrize(("lon", "lat"), [(117.9, 28.2), (118.75, 28.75), (119.4, 29.5)])
def test_areas_and_lengths_in_the_plane_are_true_across_a_county(lon: float, lat: float) -> None:
    plane = local((118.0, 28.2, 119.4, 29.5))
    shapes = shapely.box(lon, lat, lon + np.array([1e-4, 5e-4]), lat + np.array([1e-4, 5e-4]))
    flat = plane.bring(shapes)
    assert shapely.area(flat) == pytest.approx([exact(shape) for shape in shapes], abs=1e-4)
    true = GEOD.geometry_length(shapely.LineString([(lon, lat), (lon + 3e-4, lat)]))
    assert shapely.length(plane.bring(np.array([shapely.LineString([(lon, lat), (lon + 3e-4, lat)])])))[0] == pytest.approx(true, abs=1e-3)


def test_the_plane_stays_when_a_house_is_added_and_refuses_metres() -> None:
    assert local((118.20, 28.61, 118.79, 29.30)) == local((118.21, 28.60, 118.77, 29.31))
    with pytest.raises(ValueError, match="longitude"):
        local((40_500_000.0, 3_200_000.0, 40_500_001.0, 3_200_001.0))
    assert local(np.array([None], dtype=object)).bring(np.array([None], dtype=object))[0] is None


@given(st.integers(0, 10**9), st.sampled_from([0, 1, 4, 5, 6, 9]))
def test_hundredths_are_rounded_half_up_as_they_are_written(whole: int, thousandth: int) -> None:
    written = f"{whole // 100}.{whole % 100:02}{thousandth}"
    expected = int(Fraction(written) * 100 + Fraction(1, 2))
    assert hundredths(np.array([float(written)])).to_list() == [expected]


def test_hundredths_of_the_unknown_are_unknown() -> None:
    assert hundredths(pl.Series("area_m2", [1.005, None, float("nan")])).to_list() == [101, None, None]
    assert hundredths(pl.Series("area_m2", [1])).name == "area_m2"
    assert hundredths(np.array([])).dtype == pl.Int64
