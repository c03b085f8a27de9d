"""From a file in any system to valid geometry in one system, row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from jiadi.errors import Refusal
from jiadi.geo.bring import bring
from jiadi.geo.files import read_layers
from jiadi.geo.measure import areas, shapes_of


def write(path: Path, shapes: np.ndarray, crs: str | None) -> Path:
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(shapes), field_data=[], fields=[], geometry_type="Polygon", crs=crs, driver="ESRI Shapefile"
    )
    return path


def drawn(code: int) -> tuple[np.ndarray, np.ndarray]:
    lon = 118.8 + np.arange(6) / 100
    true = shapely.box(lon, 28.8, lon + 1e-4, 28.8 + 1e-4)
    change = pyproj.Transformer.from_crs(4490, code, always_xy=True)
    return true, shapely.transform(true, lambda p: np.column_stack(change.transform(p[:, 0], p[:, 1])))


def test_a_layer_in_a_zone_comes_to_longitude_and_latitude_with_its_dirt_told(tmp_path: Path) -> None:
    true, shapes = drawn(4528)
    points = shapely.get_coordinates(shapes[1])
    shapes[1] = shapely.Polygon(points[[0, 2, 1, 3]])
    shapes[2] = shapely.Polygon(points[[0, 0, 1, 2, 3]])
    shapes[3] = shapely.transform(shapes[3], lambda p: p[:, ::-1])
    [layer] = read_layers(write(tmp_path / "a.shp", shapes, "EPSG:4528"))
    brought = bring(layer)
    told = {code: np.flatnonzero(mask).tolist() for code, mask in brought.problems.items()}
    assert told == {"swapped_axes": [3], "empty_geometry": [], "self_intersection": [1], "duplicate_points": [2]}
    assert brought.crs.code == "EPSG:4528"
    found, expected = shapes_of(brought.geometry), true
    for row in (0, 3, 4, 5):
        assert shapely.hausdorff_distance(found[row], expected[row]) < 1e-8
    assert areas(brought.geometry)[[0, 3, 4, 5]] == pytest.approx(areas(true)[[0, 3, 4, 5]], abs=0.01)


def test_a_manifest_answers_for_a_file_that_says_nothing(tmp_path: Path) -> None:
    true, shapes = drawn(4549)
    [layer] = read_layers(write(tmp_path / "a.shp", shapes, None))
    with pytest.raises(Refusal) as caught:
        bring(layer)
    assert caught.value.code == "crs_unknown" and "EPSG:4549" in caught.value.why
    assert shapely.hausdorff_distance(shapes_of(bring(layer, "EPSG:4549").geometry)[0], true[0]) < 1e-8
