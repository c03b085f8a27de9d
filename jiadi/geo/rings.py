"""Polygons as rows of coordinates (环坐标表): what the compiled loops of the overlay work on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import shapely

from jiadi.geo.axes import Floats, Mask, Shapes
from jiadi.geo.kernel import ring as ring_kernel
from jiadi.geo.kernel import wkb
from jiadi.geo.measure import LocalPlane, local
from jiadi.geo.piece import THREADS

Index = npt.NDArray[np.int64]
Result = TypeVar("Result")
_WORTH = 5000


@dataclass(frozen=True, slots=True)
class Rings:
    """Features in one plane (平面环表), shells counter-clockwise, holes clockwise, no ring closed.

    Args:
        x, y: (points,) metres.
        ring: (rings + 1,) where the points of each ring begin.
        feature: (features + 1,) where the rings of each feature begin.
        box: (features, 4) west, south, east, north; a feature without a ring has infinite ones.
        area: (features,) square metres; 0 without a ring.
        other: rows of features that are there and no polygons; they have no ring here.
    """

    x: Floats
    y: Floats
    ring: Index
    feature: Index
    box: Floats
    area: Floats
    other: Index

    def points(self, rows: Index) -> Index:
        """How many points some features have (点数)."""
        count: Index = self.ring[self.feature[rows + 1]] - self.ring[self.feature[rows]]
        return count


@dataclass(frozen=True, slots=True)
class Tree:
    """A packed tree of rectangles over houses (打包矩形树), along a Hilbert curve."""

    node: Floats
    level: Index
    order: Index

    @property
    def parts(self) -> tuple[Floats, Index, Index]:
        """As the loops take it (各部分)."""
        return self.node, self.level, self.order


def at_once(work: Callable[[int, int], Result], bounds: Index) -> list[Result]:
    """Do the parts between bounds on all cores; the loops hold no lock (并行执行)."""
    spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    if len(spans) == 1:
        return [work(*spans[0])]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda span: work(*span), spans))


def running(count: Index) -> Index:
    """Where each begins that has so many of something, and where the last one ends (累计位置).

    >>> running(np.array([2, 3])).tolist()
    [0, 2, 5]
    """
    begins = np.zeros(len(count) + 1, dtype=np.int64)
    np.cumsum(count, out=begins[1:])
    return begins


def halves(many: int) -> Index:
    """Bounds of parts that are worth a thread of their own (分块界).

    >>> halves(10).tolist(), len(halves(10_000))
    ([0, 10], 3)
    """
    return np.linspace(0, many, THREADS + 1).astype(np.int64) if many > _WORTH else np.array([0, many])


def rings_of(places: pl.Series | npt.NDArray[Any], plane: LocalPlane) -> Rings:
    """Rings of features, in the plane (取环并投影).

    Args:
        places: (n,) WKB or geometries in EPSG:4490, valid; null where missing.
        plane: where they are brought to.

    Returns:
        As many features as there are places.

    >>> from jiadi.geo.measure import local
    >>> shapes = np.array([shapely.box(118, 29, 118.001, 29.001), None])
    >>> rings_of(shapes, local(shapes)).area.round(2).tolist()
    [10799.66, 0.0]
    """
    return in_plane([degrees(places)], plane)[0][0]


def degrees(places: pl.Series | npt.NDArray[Any]) -> Rings:
    """Rings of features as they are, in degrees (取环).

    Args:
        places: (n,) WKB or geometries in EPSG:4490, valid; null where missing.

    Returns:
        As many features as there are places; areas are not told.
    """
    data, offset, there = _bytes(places)
    counted = _counted(data, offset, there)
    odd = np.flatnonzero(counted[:, 0] < 0)
    if len(odd):
        places, odd = _plain(places, odd)
        data, offset, there = _bytes(places)
        counted = _counted(data, offset, there)
    feature, point = running(counted[:, 0]), running(counted[:, 1])
    x, y, ring = np.empty(point[-1]), np.empty(point[-1]), np.zeros(feature[-1] + 1, dtype=np.int64)
    at_once(lambda a, b: wkb.fill(data, offset, feature, point[a], x, y, ring, a, b), _even(point, 2 * THREADS))
    return Rings(x, y, ring, feature, np.zeros((0, 4)), np.zeros(0), odd)


def in_plane(layers: list[Rings], plane: LocalPlane | None) -> tuple[list[Rings], LocalPlane]:
    """Layers in degrees brought to one plane, in place (投影到同一平面).

    Args:
        layers: as `degrees` gives them; their points are written over.
        plane: where to; None for that of the layers' own place.

    Returns:
        The layers, and the plane.
    """
    if plane is None:
        x, y = (
            np.concatenate([[getattr(layer, axis).min(), getattr(layer, axis).max()] for layer in layers if len(layer.x)] or [[0.0]])
            for axis in "xy"
        )
        plane = local((float(x.min()), float(y.min()), float(x.max()), float(y.max())))
    return [_brought(layer, plane) for layer in layers], plane


def _brought(layer: Rings, plane: LocalPlane) -> Rings:
    x, y, ring, feature = layer.x, layer.y, layer.ring, layer.feature
    at_once(lambda a, b: wkb.bring(x[a:b], y[a:b], plane.lon_0, plane.lat_0), halves(len(x)))
    area = _sums(ring_kernel.ring_areas(x, y, ring), feature)
    return Rings(x, y, ring, feature, ring_kernel.boxes(x, y, ring, feature), area, layer.other)


def _counted(data: npt.NDArray[np.uint8], offset: Index, there: Mask) -> Index:
    return np.concatenate(at_once(lambda a, b: wkb.count(data, offset[a : b + 1], there[a:b]), halves(len(there))))


def _sums(values: Floats, feature: Index) -> Floats:
    total: Floats = np.zeros(len(feature) - 1)
    filled = np.flatnonzero(np.diff(feature))
    if len(filled):
        total[filled] = np.add.reduceat(values, feature[filled])
    return total


def _even(weight: Index, parts: int) -> Index:
    """Bounds of parts of about equal weight; `weight` is a running sum."""
    if len(weight) <= 1000 and weight[-1] < 100_000:
        return np.array([0, len(weight) - 1])
    cuts = np.searchsorted(weight, np.linspace(0, weight[-1], parts + 1)[1:-1])
    return np.unique(np.r_[0, cuts, len(weight) - 1])


def _bytes(places: pl.Series | npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], Index, Mask]:
    """WKB of all places in a row, where each begins, and which are there."""
    if not isinstance(places, pl.Series):
        values = np.asarray(places, dtype=object)
        first = next((value for value in values if value is not None), None)
        values = shapely.to_wkb(values) if isinstance(first, shapely.Geometry) else values
        places = pl.Series(values.tolist(), dtype=pl.Binary)
    there = places.is_not_null().to_numpy()
    array = places.rechunk().to_arrow()
    array = array.cast(pa.large_binary()) if array.type != pa.large_binary() else array
    _, offsets, data = array.buffers()
    offset = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    empty = data is None or data.size == 0
    return np.zeros(1, np.uint8) if empty else np.frombuffer(data, dtype=np.uint8), offset, there


def _plain(places: pl.Series | npt.NDArray[Any], odd: Index) -> tuple[npt.NDArray[Any], Index]:
    """Features that are written another way brought to plain polygons; which ones are none."""
    values = places.to_numpy() if isinstance(places, pl.Series) else np.asarray(places, dtype=object)
    shapes: Shapes = np.array(values, dtype=object)
    if not isinstance(next(value for value in shapes if value is not None), shapely.Geometry):
        shapes = shapely.from_wkb(shapes)
    none = []
    for row in odd:
        parts = shapely.get_parts(shapely.force_2d(shapes[row : row + 1]))
        parts = np.concatenate([shapely.get_parts(part) for part in parts]) if len(parts) else parts
        polygons = parts[shapely.get_type_id(parts) == 3]
        if not len(polygons):
            none.append(row)
        shapes[row] = shapely.multipolygons(polygons) if len(polygons) else None
    return shapely.to_wkb(shapes), np.array(none, dtype=np.int64)


def along_curve(box: Floats) -> Index:
    """Places of rectangles along a Hilbert curve over all of them (希尔伯特序).

    Args:
        box: (n, 4) west, south, east, north, all of them finite.

    >>> along_curve(np.array([[0.0, 0, 1, 1], [9, 0, 10, 1], [0, 9, 1, 10]])).argsort().tolist()
    [0, 2, 1]
    """
    if not len(box):
        return np.zeros(0, np.int64)
    west, south = box[:, 0].min(), box[:, 1].min()
    cell = max(box[:, 2].max() - west, box[:, 3].max() - south, 1e-6) / 65000
    place: Index = ring_kernel.along_curve(box, west, south, cell)
    return place


def tree_of(rings: Rings) -> Tree:
    """The tree over the features that have a ring (建立矩形树)."""
    filled = np.flatnonzero(np.isfinite(rings.box[:, 0]))
    box = rings.box[filled]
    if not len(filled):
        return Tree(np.empty((0, 4)), np.zeros(2, np.int64), filled)
    order = filled[np.argsort(along_curve(box), kind="stable")]
    sizes = [-(-len(order) // ring_kernel.LEAF)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // ring_kernel.FAN))
    level = running(np.array(sizes, dtype=np.int64))
    return Tree(ring_kernel.pack(rings.box, order, level), level, order)
