"""Broken geometries are mended and told; what is left is valid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.geo.repair import repair

SQUARE = [(0, 0), (2, 0), (2, 2), (0, 2)]


def found(shape: shapely.Geometry | None) -> tuple[shapely.Geometry | None, set[str]]:
    result = repair(np.array([shape], dtype=object))
    return result.shapes[0], {code for code, mask in result.problems.items() if mask[0]}


@pytest.mark.parametrize(
    ("shape", "area", "codes"),
    [
        (shapely.Polygon(SQUARE), 4, set()),
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), 2, {"self_intersection"}),
        (shapely.Polygon([*SQUARE[:2], SQUARE[1], *SQUARE[2:]]), 4, {"duplicate_points"}),
        (shapely.Polygon([(0, 0), (2, 2), (2, 2), (2, 0), (0, 2)]), 2, {"duplicate_points", "self_intersection"}),
        (shapely.Polygon([*SQUARE, (0, 1), (-3, 1), (0, 1)]), 4, {"self_intersection"}),  # a spike
        (shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)]), 6, {"self_intersection"}),
        (shapely.GeometryCollection([shapely.box(0, 0, 2, 2), shapely.Point(9, 9)]), 4, set()),
        (shapely.MultiPolygon([shapely.box(0, 0, 2, 2)]), 4, set()),
        (shapely.Polygon([(0, 0), (1, 1), (2, 2)]), None, {"empty_geometry"}),
        (shapely.Polygon([(0, 0), (0, 0), (0, 0)]), None, {"empty_geometry"}),
        (shapely.Polygon(), None, {"empty_geometry"}),
        (shapely.Polygon(SQUARE, [[(1, 1), (1, 1), (1, 1)]]), 4, {"duplicate_points", "self_intersection"}),
        (None, None, {"empty_geometry"}),
        (shapely.Point(1, 1), 0, set()),
        (shapely.LineString([(0, 0), (0, 0), (1, 1)]), 0, {"duplicate_points"}),
    ],
)
def test_each_kind_of_dirt_is_told_and_mended(shape: shapely.Geometry | None, area: float | None, codes: set[str]) -> None:
    mended, told = found(shape)
    assert told == codes
    assert (None if mended is None else shapely.area(mended)) == area
    assert mended is None or shapely.is_valid(mended)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9), st.integers(0, 8), st.booleans())
def test_whatever_ring_gives_valid_polygons_in_one_normal_form(ring: list[tuple[int, int]], turn: int, back: bool) -> None:
    mended, told = found(shapely.Polygon(ring))
    if mended is None:
        assert told == {"empty_geometry"}
        return
    assert shapely.is_valid(mended) and mended.geom_type in ("Polygon", "MultiPolygon") and shapely.area(mended) > 0
    again, codes = found(mended)
    assert not codes and shapely.equals_exact(again, mended)
    turn %= len(ring)
    same = shapely.Polygon([*ring[turn:], *ring[:turn]][:: -1 if back else 1])
    assert shapely.equals(found(same)[0], mended)
