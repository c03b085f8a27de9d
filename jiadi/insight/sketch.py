"""Sketch maps of houses (示意图): the house, its parcel, and what lies around, in millimetres of paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyogrio
import shapely
from numpy.typing import NDArray

WIDTH_MM, HEIGHT_MM = 70.0, 52.0
_LEAST_M = 30.0
_ROUND = 2.2
"""Ground that is shown, in widths of the house and its parcel."""
_METRES_A_DEGREE = 111_320.0
_BARS_M = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_MOST = 400
"""Shapes that a sketch may have of a kind; farther ones are left out."""

Shape = Any
"""A geometry."""


def of_houses(register: Path, houses: pl.DataFrame, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Sketches of some houses (绘制示意图).

    Args:
        register: register.gpkg of the run.
        houses: columns of `Judgement.houses`.
        wanted: ids of the houses.

    Returns:
        House → `width`, `height`, `shapes` (kind and points in mm, from the top left), `scale`; a house without an
        outline has none.
    """
    layers = {name for name, _ in pyogrio.list_layers(register)}
    if "house" not in layers:
        return {}
    parcel_of = dict(houses.filter(pl.col("id").is_in(list(wanted))).select("id", "parcel_id").iter_rows())
    found = {}
    for house in wanted:
        own = _one(register, "house", house)
        if own is None:
            continue
        parcel = _one(register, "parcel", parcel_of.get(house) or "") if "parcel" in layers else None
        found[house] = _sketch(register, layers, house, own, parcel, parcel_of.get(house))
    return found


def _one(register: Path, layer: str, name: str) -> Shape | None:
    if not name:
        return None
    quoted = name.replace("'", "''")
    _, table = pyogrio.read_arrow(register, layer=layer, where=f"id = '{quoted}'", columns=["id"])
    shapes = _shapes(table)
    return shapes[0][1] if shapes else None


def _shapes(table: Any) -> list[tuple[str, Shape]]:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    names = [name for name in frame.columns if name != "id"]
    if not names:
        return []
    held = [(str(name), shapely.from_wkb(wkb)) for name, wkb in frame.select("id", names[0]).iter_rows() if wkb is not None]
    return [(name, shape) for name, shape in held if not shape.is_empty]


def _sketch(register: Path, layers: set[str], house: str, own: Shape, parcel: Shape | None, parcel_id: str | None) -> dict[str, Any]:
    whole = own if parcel is None else shapely.union(own.envelope, parcel.envelope)
    west, south, east, north = whole.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    metres = np.array([_METRES_A_DEGREE * np.cos(np.radians(lat)), _METRES_A_DEGREE])
    wide, high = (np.array([east - west, north - south]) * metres).tolist()
    ground = max(wide * _ROUND, high * _ROUND * WIDTH_MM / HEIGHT_MM, _LEAST_M)  # metres across the sketch
    scale = WIDTH_MM / ground
    half = np.array([ground / 2, ground / 2 * HEIGHT_MM / WIDTH_MM]) / metres
    box = (lon - half[0], lat - half[1], lon + half[0], lat + half[1])

    def drawn(kind: str, shape: Shape) -> Iterator[dict[str, Any]]:
        for part in shapely.get_parts(shapely.intersection(shape, shapely.box(*box)) if shape.is_valid else shape):
            if shapely.get_type_id(part) == 3:
                yield {"kind": kind, "points": _points(part, lon, lat, metres, scale)}

    shapes: list[dict[str, Any]] = []
    for layer, own_id in (("zone", None), ("parcel", parcel_id), ("house", house)):
        if layer in layers:
            # Where building is allowed there is nothing to show.
            where = "zone_class IS NULL OR zone_class <> 'suitable'" if layer == "zone" else None
            _, table = pyogrio.read_arrow(register, layer=layer, bbox=box, where=where, columns=["id"], max_features=_MOST)
            for name, shape in sorted(_shapes(table)):
                shapes += [] if name == own_id else drawn(layer, shape)
        if layer == "parcel" and parcel is not None:
            shapes += drawn("own_parcel", parcel)
    shapes += drawn("own_house", own)
    bar = max((length for length in _BARS_M if length * scale <= WIDTH_MM / 3), default=_BARS_M[0])
    return {"width": WIDTH_MM, "height": HEIGHT_MM, "shapes": shapes, "scale": {"label": f"{bar} m", "length": round(bar * scale, 3)}}


def _points(part: Shape, lon: float, lat: float, metres: NDArray[np.float64], scale: float) -> list[list[float]]:
    """Corners in millimetres from the top left."""
    corners = (shapely.get_coordinates(shapely.get_exterior_ring(part)) - np.array([lon, lat])) * metres * scale
    placed = np.column_stack([WIDTH_MM / 2 + corners[:, 0], HEIGHT_MM / 2 - corners[:, 1]])
    rounded: list[list[float]] = np.round(placed, 3).tolist()
    return rounded
