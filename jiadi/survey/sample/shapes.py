"""Shapefile, GeoJSON and GeoPackage of the sample (图形文件), the same rows giving the same bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from jiadi.survey.sample.draw import Floats, Ints
from jiadi.survey.sample.ground import Rings
from jiadi.survey.sample.places import Plane

_CHUNK = 50_000
_DBF_DATE = bytes([125, 6, 30])
CUT_FIELD = "宗地面积(平方米)"
"""A field name that a Shapefile cuts in the middle of a character."""
PARCEL_FIELDS = {"BSM": 12, "ZDDM": 19, "QLRMC": 40, "ZDMJ": 12, "QLXZ": 20, "ZL": 80, "XZQDM": 12}
"""Widths in bytes of the parcels' attribute table; ZDMJ is a number with two decimals."""


def flat_coordinates(rings: Rings, clockwise: bool) -> tuple[Floats, Floats, Ints]:
    """Closed rings one after the other (展开坐标).

    Returns: x, y, number of points of each ring.
    """
    width = rings.x.shape[1]
    place = np.arange(width + 1)
    corners = rings.corners[:, None]
    # After the last corner comes the first again.
    index = np.where(place < corners, np.minimum(place, width - 1), 0)
    used = place <= corners
    if clockwise:
        index = np.where(used, np.take_along_axis(index, np.clip(corners - place, 0, width), axis=1), 0)
    x = np.take_along_axis(rings.x, index, axis=1)[used]
    y = np.take_along_axis(rings.y, index, axis=1)[used]
    return x, y, rings.corners + 1


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Features that are drawn otherwise (另画的要素).

    Args:
        swapped: rows whose latitude is written first.
        beyond: rows whose longitude has lost its decimal point.
        outlines: row → outline in the plane instead; None for none.
    """

    swapped: set[int] = field(default_factory=set)
    beyond: set[int] = field(default_factory=set)
    outlines: dict[int, shapely.Geometry | None] = field(default_factory=dict)


def in_degrees(outline: shapely.Geometry | None, plane: Plane, *, beyond: bool = False) -> shapely.Geometry | None:
    """An outline in EPSG:4490, to 1e-9 degrees (换成经纬度).

    Args:
        beyond: whether the longitude has lost its decimal point.
    """

    def turn(points: Floats) -> Floats:
        lon, lat = plane.to_degrees(points[:, 0], points[:, 1])
        turned: Floats = np.stack([lon * 10 if beyond else lon, lat], axis=1).round(9)
        return turned

    return None if outline is None else shapely.transform(outline, turn)


def write_shapefile(
    path: Path, rings: Rings, cells: pl.DataFrame, plane: Plane, utf8_rows: set[int], redrawn: Mapping[int, shapely.Geometry | None]
) -> None:
    """Parcels as a Shapefile with a GB18030 attribute table and no .cpg (写 Shapefile).

    Args:
        path: the .shp; the other parts lie beside it.
        rings: in the county's plane.
        cells: text columns named as PARCEL_FIELDS.
        utf8_rows: rows whose text is written in UTF-8 all the same.
        redrawn: row → outline that is written instead.
    """
    _write_shapes(path, rings, {row: _content(outline) for row, outline in redrawn.items()})
    _write_table(
        path.with_suffix(".dbf"), cells.rename(dict(zip(cells.columns, PARCEL_FIELDS, strict=True))), utf8_rows, list(cells.columns)
    )
    path.with_suffix(".prj").write_text(CRS.from_epsg(plane.epsg).to_wkt("WKT1_ESRI"), encoding="ascii")


def _content(outline: shapely.Geometry | None) -> bytes:
    """What a record holds of one outline; outer rings run clockwise."""
    if outline is None:
        return struct.pack("<i", 0)
    rings = [
        shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(shapely.orient_polygons(outline, exterior_cw=True)))
    ]
    points = np.concatenate(rings)
    starts = np.cumsum([0, *map(len, rings[:-1])])
    head = struct.pack("<i4d2i", 5, *points.min(axis=0), *points.max(axis=0), len(rings), len(points))
    return head + starts.astype("<i4").tobytes() + points.astype("<f8").tobytes()


def _write_shapes(path: Path, rings: Rings, bodies: Mapping[int, bytes]) -> None:
    counts = rings.corners + 1
    words = (44 + 4 + 16 * counts) // 2
    words[list(bodies)] = [len(body) // 2 for body in bodies.values()]
    offsets = 50 + np.concatenate([[0], np.cumsum(words + 4)])
    low_x, high_x, low_y, high_y = rings.x.min(axis=1), rings.x.max(axis=1), rings.y.min(axis=1), rings.y.max(axis=1)
    box = (low_x.min(), low_y.min(), high_x.max(), high_y.max()) if len(counts) else (0.0, 0.0, 0.0, 0.0)
    with path.open("wb") as shapes, path.with_suffix(".shx").open("wb") as index:
        shapes.write(_shape_head(int(offsets[-1]), box))
        index.write(_shape_head(50 + 4 * len(counts), box))
        index.write(np.stack([offsets[:-1], words], axis=1).astype(">i4").tobytes())
        for start in range(0, len(counts), _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, len(counts)))
            shapes.write(_shape_records(rings.take(rows), rows + 1, bodies))


def _shape_head(words: int, box: tuple[float, float, float, float]) -> bytes:
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i8d", 1000, 5, *box, 0, 0, 0, 0)


def _shape_records(rings: Rings, numbers: Ints, bodies: Mapping[int, bytes]) -> bytes:
    """Records of one chunk: those of as many points are laid out together, then set in their places."""
    other = {place: bodies[number - 1] for place, number in enumerate(numbers.tolist()) if number - 1 in bodies}
    counts = np.where(np.isin(np.arange(len(numbers)), list(other)), 0, rings.corners + 1)
    sizes = 8 + 44 + 4 + 16 * counts
    sizes[list(other)] = [8 + len(body) for body in other.values()]
    starts = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), dtype=np.uint8)
    for place, body in other.items():
        record_ = struct.pack(">2i", numbers[place], len(body) // 2) + body
        out[starts[place] : starts[place] + len(record_)] = np.frombuffer(record_, dtype=np.uint8)
    for count in np.unique(counts[counts > 0]):
        rows = np.flatnonzero(counts == count)
        some = rings.take(rows)
        x, y, _ = flat_coordinates(some, clockwise=True)
        layout = np.dtype([("number", ">i4"), ("words", ">i4"), ("kind", "<i4"), ("box", "<f8", 4), ("parts", "<i4"),
                           ("points", "<i4"), ("first", "<i4"), ("xy", "<f8", (int(count), 2))])  # fmt: skip
        record = np.zeros(len(rows), dtype=layout)
        record["number"], record["words"], record["kind"] = numbers[rows], (sizes[rows[0]] - 8) // 2, 5
        record["parts"], record["points"] = 1, count
        xy = np.stack([x, y], axis=1).reshape(len(rows), int(count), 2)
        record["xy"] = xy
        record["box"] = np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1)
        out[starts[rows][:, None] + np.arange(layout.itemsize)] = record.view(np.uint8).reshape(len(rows), -1)
    return out.tobytes()


def _write_table(path: Path, cells: pl.DataFrame, utf8_rows: set[int], names: list[str]) -> None:
    widths = PARCEL_FIELDS
    size = 1 + sum(widths.values())
    head = struct.pack("<B3sIHH20x", 3, _DBF_DATE, cells.height, 32 + 32 * len(widths) + 1, size)
    fields = b"".join(
        struct.pack("<11sc4xBB14x", _field_name(shown), b"N" if name == "ZDMJ" else b"C", width, 2 if name == "ZDMJ" else 0)
        for (name, width), shown in zip(widths.items(), names, strict=True)
    )
    with path.open("wb") as out:
        out.write(head + fields + b"\r")
        for start in range(0, cells.height, _CHUNK):
            chunk = cells.slice(start, _CHUNK)
            columns = [_fixed(chunk[name], width, name == "ZDMJ", start, utf8_rows) for name, width in widths.items()]
            blank = np.full((chunk.height, 1), ord(" "), dtype=np.uint8)
            out.write(np.concatenate([blank, *columns], axis=1).tobytes())
        out.write(b"\x1a")


def _field_name(shown: str) -> bytes:
    """Ten bytes of a name; what is shown of a cut one is what is left whole."""
    return (CUT_FIELD if CUT_FIELD.startswith(shown) else shown).encode("gb18030")[:10]


def _fixed(column: pl.Series, width: int, number: bool, start: int, utf8_rows: set[int]) -> NDArray[np.uint8]:
    """A column as bytes of one width: numbers to the right, text to the left."""
    texts = column.fill_null("").to_list()
    if number:
        texts = [f"{float(text):.2f}".rjust(width) if text else "" for text in texts]
    coded = [text.encode("utf-8" if start + place in utf8_rows else "gb18030").ljust(width)[:width] for place, text in enumerate(texts)]
    return np.frombuffer(b"".join(coded), dtype=np.uint8).reshape(len(coded), width)


def write_geojson(path: Path, rings: Rings, cells: pl.DataFrame, plane: Plane, redrawn: Redrawn) -> None:
    """Footprints as GeoJSON in EPSG:4490 (写 GeoJSON), coordinates to 1e-9 degrees.

    Args:
        rings: in the county's plane.
        cells: text columns; a blank one is written as null.
        redrawn: rows that are drawn otherwise.
    """
    swapped = redrawn.swapped
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(
            '{"type": "FeatureCollection", "name": "房屋轮廓", '
            '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "features": [\n'
        )
        for start in range(0, cells.height, _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, cells.height))
            flips = np.array([row in swapped for row in rows]) if swapped else np.zeros(len(rows), dtype=bool)
            texts = {}
            for row, outline in redrawn.outlines.items():
                if start <= row < start + _CHUNK:
                    drawn = in_degrees(outline, plane, beyond=row in redrawn.beyond)
                    texts[row - start] = "null" if drawn is None else json.dumps(shapely.geometry.mapping(drawn))
            lines = _features(rings.take(rows), cells.slice(start, _CHUNK), plane, flips, texts)
            out.write((",\n" if start else "") + str(lines.str.join(",\n").item()))
        out.write("\n]}\n")


def _features(rings: Rings, cells: pl.DataFrame, plane: Plane, flips: NDArray[np.bool_], texts: Mapping[int, str]) -> pl.Series:
    x, y, counts = flat_coordinates(rings, clockwise=False)
    lon, lat = plane.to_degrees(x, y)
    owner = np.repeat(np.arange(len(counts)), counts)
    turned = flips[owner]
    first, second = np.where(turned, lat, lon), np.where(turned, lon, lat)
    points = pl.DataFrame({"owner": owner, "a": np.round(first, 9), "b": np.round(second, 9)})
    joined = points.group_by("owner", maintain_order=True).agg(
        ("[" + pl.col("a").cast(pl.String) + ", " + pl.col("b").cast(pl.String) + "]").str.join(", ").alias("line")
    )
    drawn = ('{"type": "Polygon", "coordinates": [[' + joined["line"] + "]]}").scatter(list(texts), list(texts.values()))
    properties = [pl.lit(f'"{name}": ') + ('"' + pl.col(name) + '"').fill_null("null") for name in cells.columns]
    parts: list[pl.Expr] = []
    for place, prop in enumerate(properties):
        parts += [pl.lit(", " if place else ""), prop]
    return cells.select(
        pl.concat_str(
            pl.lit('{"type": "Feature", "properties": {'), *parts,
            pl.lit('}, "geometry": '), pl.lit(drawn), pl.lit("}"),
        )
    ).to_series()  # fmt: skip


def write_geopackage(
    path: Path, layer_of: NDArray[np.object_], cells: pl.DataFrame, polygons: NDArray[np.object_], with_heights: str = ""
) -> None:
    """Zones as a GeoPackage, one layer a kind (写 GeoPackage), its dates frozen.

    Args:
        layer_of: layer of each row.
        cells: text columns; a column named 划定日期 is written as dates.
        polygons: in EPSG:4490.
        with_heights: layer whose shapes have heights.
    """
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2025-06-30T00:00:00.000Z"})
    for layer in dict.fromkeys(layer_of.tolist()):
        rows = np.flatnonzero(layer_of == layer)
        some = cells[rows].with_columns(pl.col("划定日期").str.to_date())
        table = pa.table({name: some[name].to_arrow().cast(pa.date32() if name == "划定日期" else pa.string()) for name in some.columns})
        drawn, kind = polygons[rows], "Polygon"
        if layer == with_heights:
            drawn, kind = shapely.force_3d(drawn, 86.5), "Polygon Z"
        table = table.append_column("geom", pa.array(shapely.to_wkb(drawn).tolist(), pa.binary()))
        pyogrio.write_arrow(
            table, path, layer=layer, driver="GPKG", geometry_name="geom", geometry_type=kind, crs="EPSG:4490",
            append=path.exists(),
        )  # fmt: skip
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
