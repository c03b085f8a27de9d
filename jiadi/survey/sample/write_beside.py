"""Write what lies beside the lists of a soiled delivery (附带文件)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from jiadi.geo.gcj02 import gcj02_from_wgs84
from jiadi.register.workbook import Sheet, as_texts, write_workbook
from jiadi.survey.sample.draw import Floats
from jiadi.survey.sample.forms import Form
from jiadi.survey.sample.layout import BROKEN, LATE, OLD, TRACED, Beside, outlines_of
from jiadi.survey.sample.places import Plane
from jiadi.survey.sample.records import World
from jiadi.survey.sample.shapes import in_degrees, write_shapefile

_ZONE_DEG = 3.0


def write_beside(directory: Path, world: World, parcels: Form, beside: Beside) -> list[str]:
    """Write the files (写附带文件); none for a delivery that is not soiled.

    Args:
        directory: an existing folder.
        world: the invented county.
        parcels: the layer of which the old one is a part.
        beside: what to write.

    Returns: their names, in the order written.
    """
    if not beside.books:
        return []
    plane = world.villages.plane
    written = []
    codes = dict(zip((*beside.late, *beside.traced), beside.same_as, strict=True))
    for name, houses, shift in ((LATE, beside.late, _next_zone), (TRACED, beside.traced, _as_on_the_web)):
        if houses:
            shapes = [_moved(outline, plane, shift) for outline in outlines_of(world, houses)]
            _write_outlines(directory / name, [codes[house] for house in houses], shapes)
            written.append(name)
    _write_old(directory / OLD, world, parcels, beside.old)
    for name, (sheet, rows) in beside.books.items():
        cells = ([(place, text) for place, text in enumerate(row) if text is not None] for row in rows)
        write_workbook(directory / name, [Sheet(sheet, [], [], map(as_texts, cells))], [sheet])
    (directory / BROKEN).write_bytes(b"PK\x03\x04" + bytes(60))
    return [*written, OLD, *beside.books, BROKEN]


def _next_zone(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon + _ZONE_DEG, lat


def _as_on_the_web(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return gcj02_from_wgs84(lon, lat)


def _moved(outline: shapely.Geometry, plane: Plane, shift: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> shapely.Geometry:
    turned = in_degrees(outline, plane)
    return shapely.transform(turned, lambda points: np.round(np.stack(shift(points[:, 0], points[:, 1]), axis=1), 9))


def _write_outlines(path: Path, codes: list[tuple[str, str]], shapes: list[shapely.Geometry]) -> None:
    features = [
        {"type": "Feature", "properties": {"标识码": number, "调查编号": survey}, "geometry": shapely.geometry.mapping(shape)}
        for (survey, number), shape in zip(codes, shapes, strict=True)
    ]
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    whole = {"type": "FeatureCollection", "name": path.stem, "crs": system, "features": features}
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8", newline="\n")


def _write_old(path: Path, world: World, parcels: Form, rows: list[int]) -> None:
    """A part of the parcels as they were handed in once, without the file that names their system."""
    rings = world.ground.parcels.take(np.array(rows, dtype=np.int64))
    number = pl.col("feature_code").cast(pl.String)
    blank = pl.lit(None, pl.String)
    kept = parcels.frame.head(len(rows))
    cells = kept.select((number if column == "feature_code" else blank).alias(column) for column in parcels.headers)
    write_shapefile(path, rings, cells.rename(parcels.headers), world.villages.plane, set(), {})
    path.with_suffix(".prj").unlink()
