"""Writing lists of boundary points (写出界址点): the exchange text of land surveys, and CASS .dat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from jiadi.geo import cass
from jiadi.geo.outline import rings_of
from jiadi.geo.plane import drawn
from jiadi.geo.points import ABOUT, PARCELS

DECIMALS = 6
"""Of a coordinate: with millimetres alone an area could move by more than 0.01 m²."""
_HECTARE_M2 = 10_000
_USES: dict[cass.Kind, tuple[str, str]] = {"parcel": ("农村宅基地", "0702"), "house": ("房屋", "")}


def exchange(path: Path, frame: pl.DataFrame, kind: cass.Kind) -> None:
    """Write outlines as a text of boundary points (写出界址点文本): UTF-8, X north first, the zone in Y.

    Args:
        path: where to; what is there is replaced.
        frame: `geometry` (WKB in EPSG:4490), and of `code`, `name`, `area_m2`, `use` those that there are;
            other columns have no place in such a text. Rows without a shape are left out.
        kind: what the outlines are.

    >>> import tempfile, shapely
    >>> box = shapely.to_wkb(shapely.box(119.999, 29, 120, 29.001))
    >>> path = Path(tempfile.mkdtemp()) / "宗地.txt"
    >>> exchange(path, pl.DataFrame({"code": ["330802001001JC00001"], "geometry": [box]}), "parcel")
    >>> path.read_text("utf-8").splitlines()[9:11]
    ['[地块坐标]', '5,,330802001001JC00001,,面,,农村宅基地,0702,@']
    """
    zone, shapes = drawn(frame["geometry"])
    about = {"格式版本号": "", "数据产生单位": "", "坐标系": "2000国家大地坐标系", "几度分带": "3", "投影类型": "高斯克吕格"}
    about |= {"计量单位": "米", "带号": str(zone), "精度": f"{10**-DECIMALS:.{DECIMALS}f}"}
    lines = [f"[{ABOUT}]", *(f"{key}={value}" for key, value in about.items()), f"[{PARCELS}]"]
    cells = _cells(frame, ("code", "name", "area_m2", "use"))
    for shape, (code, name, area, use) in zip(shapes, cells, strict=True):
        if shape is None:
            continue
        points = list(_closed_points(shape))
        hectares = "" if area is None else f"{float(area) / _HECTARE_M2:.{DECIMALS}f}"
        what, class_ = _USES[kind]
        fields = (str(len(points)), hectares, _cell(code), _cell(name), "面", "", _cell(use) or what, class_, "@")
        lines.append(",".join(fields))
        lines += [f"J{number},{ring},{north:.{DECIMALS}f},{east:.{DECIMALS}f}" for number, (ring, east, north) in enumerate(points, 1)]
    path.write_bytes("\r\n".join([*lines, ""]).encode("utf-8"))


def dat(path: Path, frame: pl.DataFrame, kind: cass.Kind) -> None:
    """Write the corners of outlines as a CASS list of points (写出 CASS 坐标文件): GB18030, easting first.

    Args:
        path: where to; what is there is replaced.
        frame: `geometry` (WKB in EPSG:4490) and `code`; an outline without code gets a number behind #.
            Rows without a shape are left out.
        kind: what the outlines are; it decides their code.

    >>> import tempfile, shapely
    >>> path = Path(tempfile.mkdtemp()) / "a.dat"
    >>> dat(path, pl.DataFrame({"code": ["12"], "geometry": [shapely.to_wkb(shapely.box(119.999, 29, 120, 29.001))]}), "parcel")
    >>> path.read_text().splitlines()[0].split(",")[:2]
    ['12-1', '300000']
    """
    _, shapes = drawn(frame["geometry"])
    lines = []
    for row, (shape, (code,)) in enumerate(zip(shapes, _cells(frame, ("code",)), strict=True), 1):
        name = _cell(code) or f"#{row}"
        for ring, corners in enumerate(rings_of(shape) if shape is not None else [], 1):
            called = name if ring == 1 else f"{name}/{ring}"
            lines += [
                f"{called}-{number},{cass.CODE_OF[kind]},{east:.{DECIMALS}f},{north:.{DECIMALS}f},0"
                for number, (east, north) in enumerate(corners.tolist(), 1)
            ]
    path.write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))


def _cells(frame: pl.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str | float | None, ...]]:
    return frame.select(pl.col(name) if name in frame.columns else pl.lit(None).alias(name) for name in columns).iter_rows()


def _cell(value: object) -> str:
    """A value as a field, which a comma or a line break would end."""
    return "" if value is None else " ".join(str(value).replace(",", "，").split())


def _closed_points(shape: object) -> Iterator[tuple[int, float, float]]:
    for ring, corners in enumerate(rings_of(shape), 1):
        for east, north in [*corners.tolist(), corners[0].tolist()]:
            yield ring, east, north
