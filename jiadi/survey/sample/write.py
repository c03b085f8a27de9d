"""Write the filled-in forms to a folder (写文件)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import yaml
from numpy.typing import NDArray

from jiadi.codes import division as divisions
from jiadi.register.comment import letter
from jiadi.register.schema import TABLES
from jiadi.register.tables import dtype
from jiadi.register.workbook import Chunk, Piece, Row, Sheet, as_texts, write_workbook
from jiadi.survey.sample import shapes
from jiadi.survey.sample.draw import distributions
from jiadi.survey.sample.forms import MANIFEST, Form, Page, outlines
from jiadi.survey.sample.places import Plane
from jiadi.survey.sample.records import World
from jiadi.survey.sample.shapes import Redrawn
from jiadi.survey.sample.zones import LAYERS

_CSV_ROWS = 200_000
_SHEET_CHUNK = 20_000


def write_forms(directory: Path, world: World, forms: dict[str, Form], done: Callable[[str], None], heights: str = "") -> list[str]:
    """Write each form as its department would (写表), and the manifest.

    Args:
        directory: an existing folder.
        done: called with each file's name.
        heights: kind of zone whose layer is drawn with heights.

    Returns: names of the files, in the order written.
    """
    written = []
    for name in list(forms):
        # Each form is let go when it is written: together they would not fit.
        form = forms.pop(name)
        path = directory / form.file
        if form.columnar:
            _write_parquet(path, world, name, form)
        elif name == "zone":
            _write_zones(path, world, form, heights)
        else:
            _WRITERS[name](path, world, form)
        written.append(form.file)
        done(form.file)
    (directory / MANIFEST).write_text(_manifest(world), encoding="utf-8")
    return [*written, MANIFEST]


def _manifest(world: World) -> str:
    delivered = distributions()["delivered_on"]
    # Each entry has a list of its own, else YAML would write it once and point to it.
    coverage: list[dict[str, object]] = []
    for name in ("person", "member", "parcel", "house", "footprint", "right", "aid"):
        coverage.append({"list": name, "divisions": [world.county]})
    first, last = date(1982, 2, 13), delivered + timedelta(days=1)
    coverage.append({"list": "approval", "divisions": [world.county], "from": first, "to": last})
    for kind in LAYERS:
        coverage.append({"list": "zone", "kind": kind, "divisions": [world.county]})
    plain = yaml.safe_dump({"delivered_on": delivered, "coverage": coverage}, allow_unicode=True, sort_keys=False)
    return f"# {divisions.name(world.county)}示例数据（虚构）· an invented sample\n{plain}"


def _labelled(form: Form) -> pl.DataFrame:
    return form.cells().rename(form.headers)


def _write_csv(path: Path, world: World, form: Form) -> None:
    with path.open("wb") as out:
        for start in range(0, max(form.frame.height, 1), _CSV_ROWS):
            part = form.cells(start, _CSV_ROWS).rename(form.headers)
            text = part.write_csv(include_header=start == 0, line_terminator="\r\n")
            if not form.raw_rows:
                out.write(text.encode("gb18030"))
                continue
            lines = text.split("\r\n")
            first = start - (start == 0)
            coded = (line.encode("utf-8" if first + place in form.raw_rows else "gb18030") for place, line in enumerate(lines))
            out.write(b"\r\n".join(coded))


def _write_parcels(path: Path, world: World, form: Form) -> None:
    shapes.write_shapefile(path, outlines(world, form), _labelled(form), world.villages.plane, form.raw_rows, form.redrawn)


def _write_footprints(path: Path, world: World, form: Form) -> None:
    shapes.write_geojson(
        path, outlines(world, form), _labelled(form), world.villages.plane, Redrawn(form.swapped, form.beyond, form.redrawn)
    )


def _write_zones(path: Path, world: World, form: Form, heights: str = "") -> None:
    shapes.write_geopackage(path, form.sheet.to_numpy(), _labelled(form), zone_polygons(world), LAYERS.get(heights, ""))


def zone_polygons(world: World) -> NDArray[np.object_]:
    """The zones as polygons in EPSG:4490 (管控区图形)."""
    plane: Plane = world.villages.plane
    polygons = []
    for ring in world.zones.ring:
        lon, lat = plane.to_degrees(ring[:, 0], ring[:, 1])
        polygons.append(shapely.Polygon(np.round(np.stack([lon, lat], axis=1), 9)))
    return np.array(polygons, dtype=object)


def _write_list(path: Path, world: World, form: Form) -> None:
    """A plain list: one header row."""
    name = str(form.sheet[0]) if len(form.sheet) else path.stem
    header = [list(enumerate(form.headers.values()))]
    write_workbook(path, [Sheet(name, header, [], _chunks(form, 0, form.frame.height))], [name])


def _chunks(form: Form, start: int, stop: int) -> Iterator[Chunk]:
    for first in range(start, stop, _SHEET_CHUNK):
        count = min(_SHEET_CHUNK, stop - first)
        yield Chunk(form.cells(first, count), form.typed(first, count))


def _write_houses(path: Path, world: World, form: Form) -> None:
    """One header row below a merged title; a new sheet where a sheet is full."""
    title = f"{divisions.name(world.county)}农村房屋调查表"
    top = [[(0, title)], list(enumerate(form.headers.values()))]
    merged = [f"A1:{letter(len(form.headers) - 1)}1"]
    runs = form.runs() or [("农房调查", 0, 0)]
    sheets = (Sheet(name, top, merged, _chunks(form, start, stop)) for name, start, stop in runs)
    write_workbook(path, sheets, [name for name, _, _ in runs])


def _write_ledger(path: Path, world: World, form: Form) -> None:
    """A sheet a village: merged title, header in two rows, closing row with the totals."""
    runs = form.runs()
    sheets = (_village_page(form, name, start, stop - start) for name, start, stop in runs)
    write_workbook(path, sheets, [name for name, _, _ in runs])


def _village_page(form: Form, name: str, start: int, count: int) -> Sheet:
    page = form.pages.get(name, Page())
    cells, typed = form.cells(start, count), form.typed(start, count)
    if page.merged:
        cells = cells.with_columns(pl.when(pl.int_range(pl.len()) == 0).then("village_code").alias("village_code"))
    cells = cells.select(pl.int_range(1, pl.len() + 1).cast(pl.String).alias("serial"), *cells.columns)
    cells = cells.with_columns(
        (pl.lit(f"浙（{place}）字第") + pl.col("serial")).alias(heading) for place, heading in enumerate(page.claiming, start=1)
    )
    headers = [page.headings.get(column, header) for column, header in form.headers.items()] + list(page.claiming)
    upper, lower, merged = _two_rows(headers)
    if page.merged:
        place = letter(list(form.headers).index("village_code") + 1)
        merged.append(f"{place}4:{place}{count + 3}")
    typed["serial"] = np.ones(count, dtype=bool)
    pieces: list[Piece] = []
    edges = [0, *page.breaks, count]
    for first, last in pairwise(edges):
        part = {column: marks[first:last] for column, marks in typed.items()}
        if first:
            pieces += [_sums("小计", form, (start + edges[edges.index(first) - 1], start + first)), [], as_texts(upper), as_texts(lower)]
        pieces.append(Chunk(cells.slice(first, last - first), part))
    bottom = [_sums("合计", form, (start, start + count))]
    if page.remark:
        bottom.append([(0, "填表人：示例  审核人：示例", False)])
    return Sheet(name, [[(0, f"{name}宅基地台账")], upper, lower], merged, iter(pieces), bottom)


def _two_rows(headers: list[str]) -> tuple[list[tuple[int, str]], list[tuple[int, str]], list[str]]:
    """Both rows of the ledger's heading, and what is merged over title and heading."""
    upper: list[tuple[int, str]] = [(0, "序号")]
    lower: list[tuple[int, str]] = []
    merged = [f"A1:{letter(len(headers))}1", "A2:A3"]
    for place, header in enumerate(headers, start=1):
        over, _, under = header.partition("/")
        if not under:
            merged.append(f"{letter(place)}2:{letter(place)}3")
        else:
            lower.append((place, under))
            if upper[-1][1] == over:
                merged.append(f"{letter(place - 1)}2:{letter(place)}2")
                continue
        upper.append((place, over))
    return upper, lower, merged


def _sums(word: str, form: Form, rows: tuple[int, int]) -> Row:
    """A row of totals over some of the rows: of the figures that a reader can know, for whoever summed them had them before him."""
    total: Row = [(0, word, False)]
    for place, column in enumerate(form.headers, start=1):
        if column.endswith("area_m2"):
            total.append((place, f"{form.frame[column].slice(rows[0], rows[1] - rows[0]).sum():.2f}", True))
    return total


_WRITERS: dict[str, Callable[[Path, World, Form], None]] = {
    "right": _write_ledger,
    "parcel": _write_parcels,
    "house": _write_houses,
    "footprint": _write_footprints,
    "person": _write_csv,
    "member": _write_csv,
    "aid": _write_list,
    "approval": _write_list,
}


def _write_parquet(path: Path, world: World, name: str, form: Form) -> None:
    """The schema's own columns and types; GeoParquet where the list is drawn."""
    table = TABLES[name]
    typed = form.cells().select(_typed(form, column).alias(column) for column in form.headers)
    out: pa.Table = pa.table({column: typed[column].to_arrow() for column in typed.columns})
    metadata = {b"jiadi_table": name.encode()}
    if table.spatial and name != "house":
        out = out.append_column("geometry", pa.array(_wkb(world, name, form), pa.binary()))
        metadata[b"geo"] = _geo_metadata()
    pq.write_table(out.replace_schema_metadata(metadata), path, compression="zstd")


def _typed(form: Form, column: str) -> pl.Expr:
    kind = dtype(TABLES[form.table].column(column))
    text = pl.col(column)
    if kind == pl.Date:
        return text.str.to_date(strict=False)
    if kind == pl.String:
        return text
    return text.cast(pl.Float64).cast(kind)


def _wkb(world: World, name: str, form: Form) -> list[bytes | None]:
    if name == "zone":
        return list(shapely.to_wkb(zone_polygons(world)))
    x, y, counts = shapes.flat_coordinates(outlines(world, form), clockwise=False)
    lon, lat = world.villages.plane.to_degrees(x, y)
    owner = np.repeat(np.arange(len(counts)), counts)
    if form.swapped:
        turned = np.isin(owner, list(form.swapped))
        lon, lat = np.where(turned, lat, lon), np.where(turned, lon, lat)
    rings = shapely.linearrings(np.round(np.stack([lon, lat], axis=1), 9), indices=owner)
    out: list[bytes | None] = list(shapely.to_wkb(shapely.polygons(rings)))
    for row, outline in form.redrawn.items():
        out[row] = shapely.to_wkb(shapes.in_degrees(outline, world.villages.plane, beyond=row in form.beyond))
    return out


def _geo_metadata() -> bytes:
    import json  # noqa: PLC0415

    from pyproj import CRS  # noqa: PLC0415

    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS.from_epsg(4490).to_json_dict()}
    return json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}, ensure_ascii=False).encode()
