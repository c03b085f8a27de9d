"""Lists of boundary points as outlines (界址点成果), inside the limited child.

Two forms are read. The exchange text of land surveys has a section `[属性描述]` and one
`[地块坐标]`: a line of fields that ends with @, and under it a line `point, ring, X, Y` for each point,
X being the northing. The `.dat` of CASS has a line `point, code, Y, X, H` for each point, the easting
first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely

from jiadi.geo import cass
from jiadi.geo.axes import Floats, Shapes
from jiadi.geo.outline import Outlines, Ring, polygon, prefixed
from jiadi.geo.reasons import ReadRefusal

FIELDS = ("界址点数", "地块面积", "地块编号", "地块名称", "图形属性", "图幅号", "地块用途", "地类编码")
"""Fields of a parcel's line before its @; older texts leave the last one out."""
MORE_FIELDS = ("图斑类型", "地类", "改造前质量等别", "改造后质量等别", "备注")
"""Those that texts of twelve fields and more have on top."""
NAMELESS = ("\0", "#")
"""How outlines are called that have no code of their own."""
ABOUT, PARCELS = "属性描述", "地块坐标"
_SECTION = re.compile(r"[\[【]\s*(\S+?)\s*[\]】]")
_MARKS = tuple((f"{left}{name}{right}") for name in (ABOUT, PARCELS) for left, right in ("[]", "【】"))
_NUMBERED = re.compile(r"(.+?)(?:[/](\d+))?[-_](\d+)")
_DAT_LINE = re.compile(r"[^,]*,[^,]*,\s*[-+]?\d+(\.\d*)?\s*,\s*[-+]?\d+(\.\d*)?\s*(,[^,]*)?")
_UNITS = (("公顷", 10_000.0), ("平方米", 1.0), ("㎡", 1.0), ("m2", 1.0), ("亩", 10_000 / 15))
_DATUMS = tuple((word, (4488, 4478, 4490)) for word in ("2000", "CGCS")) + (
    ("80", (2349 - 25, 2327 - 13, 4610)),
    ("54", (2401 - 25, 21413 - 13, 4214)),
)
"""Word that names a datum → EPSG code of its zone 0 of three degrees, of six, and of its degrees."""
_NO_HOLDER = re.compile(r"地块|区块|地段|项目|宗地|\d")
_BUILDING = re.compile(r"房|^(住宅|经营|公共|空置|居住|自住|附属)$")
_WHOLE_BUILDING = "房屋"
_SHOWN = 8192


@dataclass(slots=True)
class _Record:
    """One outline as its points are read."""

    fields: list[str]
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    broken: bool = False


def is_exchange(head: bytes) -> bool:
    """Whether a text is one of boundary points (是否界址点文本).

    >>> is_exchange("[属性描述]\\n".encode("gb18030")), is_exchange(b"a,b")
    (True, False)
    """
    return any(mark.encode(encoding) in head for mark in _MARKS for encoding in ("gb18030", "utf-8", "utf-16-le", "utf-16-be"))


def is_dat(head: bytes) -> bool:
    """Whether lines are those of a CASS list of points (是否 CASS 坐标文件).

    >>> is_dat(b"1,,40500000.1,3200000.2,101.3\\n"), is_dat(b"\\x00\\x01garbage")
    (True, False)
    """
    lines = [line for line in text_of(head).splitlines()[:-1] if line.strip()] or [text_of(head)]
    return all(_DAT_LINE.fullmatch(line.strip()) for line in lines[:20])


def text_of(raw: bytes) -> str:
    """The bytes of a text, in whichever encoding they are (解码).

    >>> text_of("宗地".encode("gb18030")), text_of("宗地".encode("utf-8-sig"))
    ('宗地', '宗地')
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def read_exchange(path: Path) -> list[Outlines]:
    """Read a text of boundary points (读取界址点文本).

    Rings 2 and on that lie in the first are holes, others further parts. The system is the one that
    the text names; the coordinates may carry the zone or not. Areas are hectares by rule, but square
    metres in many texts: which it is, is told by the unit that is written, else by the outlines.

    Args:
        path: a text that `is_exchange` knows.

    Returns:
        Parcels and houses, whichever the file's name or the use says; parcels where neither does.
        A line of points that cannot be read leaves its outline without a shape.

    Raises:
        ReadRefusal: `points_nothing` where there is no outline.
    """
    about: dict[str, str] = {}
    records = list(_records(text_of(path.read_bytes()), about))
    if not records:
        raise ReadRefusal("points_nothing")
    shapes = _shapes([None if one.broken else [_ring(points) for points in one.rings.values()] for one in records])
    areas = _areas([one.fields[1] if len(one.fields) > 1 else "" for one in records], shapes)
    crs, assumed = _system(about, shapes)
    stem = path.stem
    groups: dict[cass.Kind, list[int]] = {}
    for place, one in enumerate(records):
        use = one.fields[6] if len(one.fields) > 6 else ""
        kind = cass.kind_of_name(stem) or ("house" if _BUILDING.search(use) and not use.endswith("地") else "parcel")
        groups.setdefault(kind, []).append(place)
    found = []
    for kind, places in groups.items():
        columns = _columns(kind, [records[place].fields for place in places], [areas[place] for place in places])
        found.append(Outlines(cass.NAMES[kind], kind, columns, shapes[places], crs, assumed))
    return found


def _records(text: str, about: dict[str, str]) -> Iterator[_Record]:
    """The outlines of a text, one by one; what it says of itself goes into `about`."""
    section, record = "", None
    for raw in text.splitlines():
        line = raw.strip().strip("{}")
        line = line if "," in line else line.replace("，", ",")
        if not line:
            continue
        if named := _SECTION.fullmatch(line):
            section = named[1]
        elif section == ABOUT:
            key, _, value = line.partition("=")
            about[key.strip()] = value.strip()
        elif line.rstrip(",").endswith("@"):
            if record:
                yield record
            record = _Record([part.strip() for part in line.rstrip(",")[:-1].rstrip(",").split(",")])
        elif record:
            _add_point(record, line.split(","))
    if record:
        yield record


def _add_point(record: _Record, parts: list[str]) -> None:
    try:
        _, ring, north, east, *_ = parts
        record.rings.setdefault(ring.strip(), []).append((float(east), float(north)))
    except ValueError:
        record.broken = True


def _ring(points: Sequence[tuple[float, float]]) -> Ring:
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def _shapes(outlines: Sequence[Sequence[Ring] | None]) -> Shapes:
    shapes = [polygon(rings) if rings else None for rings in outlines]
    return np.array([*shapes, None], dtype=object)[:-1]


def _columns(kind: cass.Kind, fields: Sequence[Sequence[str]], areas: Sequence[float | None]) -> dict[str, list[str | float | None]]:
    headings = (*FIELDS, *MORE_FIELDS)
    width = min(max(map(len, fields)), len(headings))
    columns: dict[str, list[str | float | None]] = {
        heading: [(row[place] or None) if place < len(row) else None for row in fields] for place, heading in enumerate(headings[:width])
    }
    columns["地块面积"] = list(areas)
    names = columns.get("地块名称", [None] * len(fields))
    holder = "权利人" if kind == "parcel" else "产权人"
    columns[holder] = [name if isinstance(name, str) and not _NO_HOLDER.search(name) else None for name in names]
    if kind == "house" and "地块用途" in columns:
        columns["地块用途"] = [None if use == _WHOLE_BUILDING else use for use in columns["地块用途"]]
    return columns


def _areas(texts: Sequence[str], shapes: Shapes) -> list[float | None]:
    """Stated areas in square metres."""
    stated = [_stated(text) for text in texts]
    measured = shapely.area(shapes)
    plain = [(value, area) for (value, unit), area in zip(stated, measured.tolist(), strict=True) if value and not unit and area > 0]
    factor = 1.0
    if plain:
        ratio = float(np.median([area / value for value, area in plain]))
        factor = 10_000.0 if ratio > 100 else 1.0
    return [None if value is None else round(value * (unit or factor), 6) for value, unit in stated]


def _stated(text: str) -> tuple[float | None, float]:
    unit = 0.0
    for word, factor in _UNITS:
        if text.endswith(word):
            text, unit = text.removesuffix(word).strip(), factor
            break
    try:
        value = float(text)
    except ValueError:
        return None, unit
    return (value if np.isfinite(value) and value > 0 else None), unit


def _system(about: dict[str, str], shapes: Shapes) -> tuple[str, bool]:
    """The system that a text names, and whether its coordinates alone say it."""
    east, north = _middles(shapes)
    named, zone = about.get("坐标系", ""), re.sub(r"\D", "", about.get("带号", ""))
    there = np.isfinite(east)
    degrees = bool(there.any()) and float(np.nanmax(np.abs(east))) <= 180
    by_prefix = prefixed(east, north)
    if not named:
        return by_prefix, bool(by_prefix)
    datum = next((codes for word, codes in _DATUMS if word in named), None)
    if datum is None:  # a system of the place's own, which only its survey office can bring to another
        return "", False
    first_3, first_6, geographic = datum
    code = int(by_prefix[5:]) if by_prefix else 0
    number = int(zone) if zone and len(zone) <= 2 else code - 4488 if code >= 4513 else code - 4478 if code else 0
    if degrees or number not in (*range(13, 24), *range(25, 46)):
        return f"EPSG:{geographic}" if degrees or geographic != 4490 else "", False
    return f"EPSG:{(first_3 if number >= 25 else first_6) + number}", False


def _middles(shapes: Shapes) -> tuple[Floats, Floats]:
    bounds = shapely.bounds(shapes)
    return bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1)


_Corners = dict[tuple[str, str], dict[str, list[tuple[int, float, float]]]]
"""Outline and code → ring → corners: number, easting, northing."""


def read_dat(path: Path) -> list[Outlines]:
    """Read a CASS list of points (读取 CASS 坐标文件).

    Points named `12-1`, `12-2` … are the corners of outline 12 in that order (`12/2-1` of its second
    ring); the code then says what it is, 300000 a parcel, 141… a building. Points that are not
    numbered so belong together by their code, in the order of the file; where the code is one that
    many outlines have, each such point begins an outline, and code `+` goes on with it. Points alone,
    as those of the ground's height, are left out.

    Args:
        path: a list that `is_dat` knows.

    Returns:
        Parcels and houses by code, else by the file's name; where neither says it, a layer of no list.

    Raises:
        ReadRefusal: `points_nothing`.
    """
    corners: _Corners = {}
    last: tuple[str, str] | None = None
    for place, line in enumerate(text_of(path.read_bytes()).splitlines()):
        parts = [part.strip() for part in line.split(",")]
        try:
            name, code, east, north = parts[0], parts[1], float(parts[2]), float(parts[3])
        except (IndexError, ValueError):
            continue
        numbered = _NUMBERED.fullmatch(name)
        ring, order = (numbered[2] or "1", int(numbered[3])) if numbered else ("1", 0)
        if numbered:
            last = numbered[1], code
        elif code != "+" or last is None:
            # A code that many outlines have begins one; another code names its own.
            last = (f"\0{place}" if cass.kind_of(code, "") else code), code
        if last[0]:
            corners.setdefault(last, {}).setdefault(ring, []).append((order, east, north))
    return _from_corners(corners, path.stem)


def _from_corners(corners: _Corners, stem: str) -> list[Outlines]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, rings in corners.items():
        if max(map(len, rings.values())) > 2:
            groups.setdefault(cass.kind_of(key[1], key[1]) or cass.kind_of_name(stem) or "", []).append(key)
    if not groups:
        raise ReadRefusal("points_nothing")
    found = []
    for kind, keys in groups.items():
        # A sort that keeps the order of the file among points that are not numbered.
        sorted_rings = [[sorted(points, key=lambda point: point[0]) for _, points in sorted(corners[key].items())] for key in keys]
        shapes = _shapes([[_ring([point[1:] for point in ring]) for ring in rings] for rings in sorted_rings])
        heading = "调查编号" if kind == "house" else "宗地代码" if kind == "parcel" else "图形"
        names: list[str | float | None] = [None if outline.startswith(NAMELESS) else outline for outline, _ in keys]
        columns: dict[str, Sequence[str | float | None]] = {heading: names, "编码": [code or None for _, code in keys]}
        crs = prefixed(*_middles(shapes))
        layer = cass.NAMES["house"] if kind == "house" else cass.NAMES["parcel"] if kind == "parcel" else ""
        found.append(Outlines(layer, kind, columns, shapes, crs, bool(crs)))
    return found
