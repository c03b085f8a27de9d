"""Drawings in DXF (CASS 图形文件), inside the limited child: closed lines as parcels and houses.

A drawing is counted before it is parsed, and then read entity by entity, so that its size and not
its cunning decides what reading costs. What the lines and words mean is told by `geo.cass`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from jiadi.geo import cass
from jiadi.geo.outline import Outlines, Ring, arc, polygon, prefixed
from jiadi.geo.reasons import ReadRefusal

MOST_ENTITIES = 2_000_000
"""Entities of a drawing that is read; a county's parcels and houses with their words are fewer."""
SAGITTA_M = 0.0001
"""How far from an arc its chords may lie: half a thousandth of a square metre on a round house."""
CLOSED_M = 0.001
_PIECE = 1 << 24
_OVERLAP = 64  # what pieces share, lest an entity between them be missed; counting a few twice does no harm
_ENTITY = re.compile(rb"\n[ \t]*0\r?\n(?=[A-Z]|3D)")
_HEAD = re.compile(rb"\s*(999\r?\n[^\n]*\n\s*)*0\r?\n\s*SECTION\s")
_END = re.compile(rb"\n[ \t]*0\s*\n[ \t]*EOF[\s\x1a\x00]*$")
_BINARY = b"AutoCAD Binary DXF"
_ESCAPED = re.compile(r"(?:\\U\+(?:000[12][0-9A-Fa-f]{4}|[0-9A-Fa-f]{4}))+")
_TYPES = ("LWPOLYLINE", "POLYLINE", "TEXT", "MTEXT")


def is_dxf(head: bytes) -> bool:
    """Whether a file begins as a drawing does (是否 DXF).

    >>> is_dxf(b"  0\\r\\nSECTION\\r\\n"), is_dxf(b"AC1015")
    (True, False)
    """
    return head.startswith(_BINARY) or _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def inspect(path: Path) -> None:
    """Look through a drawing before it is parsed (图形预检).

    Raises:
        ReadRefusal: `dxf_binary`, `dxf_cut` where its end is missing, `dxf_entities` where it holds
            more than `MOST_ENTITIES`.
    """
    count, rest = 0, b"\n"
    with path.open("rb") as file:
        if file.read(len(_BINARY)) == _BINARY:
            raise ReadRefusal("dxf_binary")
        file.seek(0)
        while piece := file.read(_PIECE):
            count += sum(1 for _ in islice(_ENTITY.finditer(rest + piece), MOST_ENTITIES + 1))
            if count > MOST_ENTITIES:
                raise ReadRefusal("dxf_entities", most=f"{MOST_ENTITIES:,}")
            rest = (rest + piece)[-_OVERLAP:]
    if not _END.search(rest):
        raise ReadRefusal("dxf_cut")


@dataclass(slots=True)
class _Line:
    """A closed line, or one that should be."""

    kind: cass.Kind | None
    layer: str
    handle: str
    ring: Ring | None
    said: list[str]
    own: dict[str, str]


@dataclass(slots=True)
class _Words:
    """The words of a drawing."""

    text: list[str] = field(default_factory=list)
    place: list[tuple[float, float]] = field(default_factory=list)
    middle: list[tuple[float, float]] = field(default_factory=list)


def read(path: Path) -> list[Outlines]:
    """Read the outlines of a drawing (读取图形).

    Args:
        path: a DXF that `is_dxf` knows.

    Returns:
        Parcels and houses. A drawing that has neither gives its closed lines layer by layer, for a
        profile to say what they are.

    Raises:
        ReadRefusal: see `inspect`; `dxf_nothing` where no line is closed.
    """
    inspect(path)
    lines, words = _collect(path)
    groups: dict[tuple[str, str], list[_Line]] = {}
    for line in lines:
        if line.kind:
            footprint = line.kind == "house" and line.own.get("") == "footprint"
            kind = ("房屋轮廓", "footprint") if footprint else (cass.NAMES[line.kind], line.kind)
            groups.setdefault(kind, []).append(line)
    if not groups:
        for line in lines:
            groups.setdefault((line.layer, ""), []).append(line)
    if not groups:
        raise ReadRefusal("dxf_nothing")
    return _outlines(groups, words)


def _collect(path: Path) -> tuple[list[_Line], _Words]:
    from ezdxf.lldxf.const import DXFError  # noqa: PLC0415  # only those who read drawings pay for it

    lines: list[_Line] = []
    words = _Words()
    try:
        for entity, encoding in _entities(path):
            if entity.dxftype() in ("TEXT", "MTEXT"):
                _add_words(entity, encoding, words)
            elif line := _line(entity, encoding):
                lines.append(line)
    except DXFError as error:
        raise ReadRefusal("unreadable", detail=" ".join(str(error).split())[:120]) from error
    return lines, words


def _entities(path: Path) -> Iterator[tuple[Any, str]]:
    from ezdxf.addons import iterdxf  # noqa: PLC0415
    from ezdxf.filemanagement import dxf_file_info  # noqa: PLC0415

    encoding = dxf_file_info(str(path)).encoding
    for entity in iterdxf.modelspace(str(path), types=_TYPES, errors="surrogateescape"):
        yield entity, encoding


def decoded(text: str, encoding: str) -> str:
    """Text of a drawing, whatever it was taken for (文字解码).

    A drawing says GBK where it holds GB18030, and often Western where it holds Chinese; rare
    characters may be written as the code units of UTF-16.

    Args:
        text: as read in that encoding, bytes that it does not have kept as surrogates.
        encoding: by the drawing's code page.

    >>> decoded("䶮".encode("gb18030").decode("gbk", "surrogateescape"), "gbk"), decoded("\\\\U+D842\\\\U+DFB7", "gbk")
    ('䶮', '𠮷')
    """
    if not text.isascii():
        codec = "gb18030" if encoding == "gbk" else encoding
        raw = text.encode(codec, "surrogateescape") if codec != "utf-8" or _has_bytes(text) else b""
        if raw:
            text = _chinese(raw)
    return _ESCAPED.sub(lambda found: _units(found[0]), text)


def _has_bytes(text: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in text)


def _chinese(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
        if any(ord(letter) >= 0x800 for letter in text):
            return text
    except UnicodeDecodeError:
        pass
    return raw.decode("gb18030", "replace")


def _units(escaped: str) -> str:
    parts = escaped.split("\\U+")[1:]
    raw = b"".join(bytes.fromhex(part) if len(part) == 4 else chr(int(part, 16)).encode("utf-16-be") for part in parts)
    return raw.decode("utf-16-be", "replace")


def _add_words(entity: Any, encoding: str, words: _Words) -> None:
    dxf = entity.dxf
    multiple = entity.dxftype() == "MTEXT"
    if multiple:
        entity.text = decoded(entity.text, encoding)
        text = entity.plain_text()
    else:
        text = decoded(entity.plain_text(), encoding)
    if not text.strip():
        return
    aligned = not multiple and (dxf.get("halign", 0) or dxf.get("valign", 0)) and dxf.hasattr("align_point")
    place = dxf.align_point if aligned else dxf.insert
    height = dxf.get("char_height" if multiple else "height", 0.0)
    half = 0.5 * height * max(map(len, text.split("\n")))
    turn = np.radians(dxf.get("rotation", 0.0))
    words.text.append(text)
    words.place.append((place.x, place.y))
    words.middle.append((place.x + half * np.cos(turn), place.y + half * np.sin(turn)))


def _line(entity: Any, encoding: str) -> _Line | None:
    """A line that is an outline or should be one; None for others."""
    said = [decoded(text, encoding) for text in _strings(entity, cass.APP)]
    layer = decoded(entity.dxf.get("layer", "0"), encoding)
    kind = cass.kind_of(said[0].strip() if said else "", layer)
    corners, bulges = _corners(entity)
    closed = bool(entity.dxf.get("flags", 0) & 1) or _meets(corners)
    if not closed and not (kind and said):
        return None  # a single line of a boundary, a stair, a wall
    own = _pairs([decoded(text, encoding) for text in _strings(entity, cass.OWN_APP)])
    ring = _ring(corners, bulges) if closed and len(corners) > 1 else None
    return _Line(kind, layer, entity.dxf.get("handle") or "", ring, said, own)


def _strings(entity: Any, app: str) -> list[str]:
    if not entity.has_xdata(app):
        return []
    return [str(tag.value) for tag in entity.get_xdata(app) if tag.code == 1000]


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """Heading and value in turn; a heading that comes again carries on its value."""
    found: dict[str, str] = {}
    for heading, value in zip(texts[::2], texts[1::2], strict=False):
        found[heading] = found.get(heading, "") + value
    return found


def _corners(entity: Any) -> tuple[Ring, npt.NDArray[np.float64]]:
    if entity.dxftype() == "LWPOLYLINE":
        values = np.asarray(entity.lwpoints.values, dtype=np.float64).reshape(-1, 5)
        corners, bulges = values[:, :2].copy(), values[:, 4]
    else:
        points = [(vertex.dxf.location.x, vertex.dxf.location.y, vertex.dxf.get("bulge", 0.0)) for vertex in entity.vertices]
        values = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        corners, bulges = values[:, :2].copy(), values[:, 2]
    if entity.dxf.get("extrusion", (0, 0, 1))[2] < 0:  # drawn from below: its x axis points west
        corners[:, 0] *= -1
        bulges = -bulges
    return corners, bulges


def _meets(corners: Ring) -> bool:
    return len(corners) > 3 and bool(np.abs(corners[0] - corners[-1]).max() <= CLOSED_M)


def _ring(corners: Ring, bulges: npt.NDArray[np.float64]) -> Ring:
    if not bulges.any():
        return corners
    pieces = []
    for place, bulge in enumerate(bulges.tolist()):
        start, end = corners[place], corners[(place + 1) % len(corners)]
        pieces.append(start[None, :])
        if bulge:
            pieces.append(arc(start, end, bulge, SAGITTA_M))
    return np.concatenate(pieces)


def _outlines(groups: dict[tuple[str, str], list[_Line]], words: _Words) -> list[Outlines]:
    kept: list[tuple[str, str, list[list[_Line]]]] = []
    shapes: list[shapely.Geometry | None] = []
    for (layer, table), lines in groups.items():
        parts = _joined(lines)
        kept.append((layer, table, parts))
        shapes += [polygon([line.ring for line in part if line.ring is not None]) for part in parts]
    drawn = np.array([*shapes, None], dtype=object)[:-1]
    texts = _placed(drawn, words)
    bounds = shapely.bounds(drawn)
    crs = prefixed(bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1))
    found, start = [], 0
    for layer, table, parts in kept:
        stop = start + len(parts)
        rows = [_row(part, texts[place]) for place, part in enumerate(parts, start)]
        headings = list(dict.fromkeys(heading for row in rows for heading in row))
        columns = {heading: [row.get(heading) for row in rows] for heading in headings}
        found.append(Outlines(layer, table, columns, drawn[start:stop], crs, bool(crs)))
        start = stop
    return found


def _joined(lines: Sequence[_Line]) -> list[list[_Line]]:
    """Lines that `write_dxf` drew for the rings of one outline, together again."""
    parts: dict[str, list[_Line]] = {}
    for place, line in enumerate(lines):
        parts.setdefault(line.own.get("环", f"\0{place}"), []).append(line)
    return list(parts.values())


def _placed(shapes: npt.NDArray[np.object_], words: _Words) -> list[list[str]]:
    """For each outline the words inside it; of outlines around the same words the smallest has them."""
    inside: list[list[str]] = [[] for _ in shapes]
    if not len(shapes) or not words.text:
        return inside
    valid = shapely.make_valid(shapes)
    area = shapely.area(valid)
    owner = np.full(len(words.text), -1)
    tree = shapely.STRtree(valid)
    for places in (words.place, words.middle):  # where they begin, and where that is outside, their middle
        left = np.flatnonzero(owner < 0)
        points = np.asarray(places, dtype=np.float64)[left]
        left = left[np.isfinite(points).all(axis=1)]
        word, shape = tree.query(shapely.points(np.asarray(places)[left]), predicate="intersects")
        order = np.lexsort((shape, area[shape], word))
        word, first = np.unique(word[order], return_index=True)
        owner[left[word]] = shape[order][first]
    for text, place in zip(words.text, owner.tolist(), strict=True):
        if place >= 0:
            inside[place].append(text)
    return inside


def _row(part: Sequence[_Line], texts: Sequence[str]) -> dict[str, str | None]:
    line = part[0]
    code = line.said[0].strip() if line.said else ""
    row: dict[str, str | None] = {"标识码": line.handle or None}
    if line.kind:
        row |= dict.fromkeys((cass.KEYS[line.kind], "权利人" if line.kind == "parcel" else "产权人"))
    if not line.own and line.kind:
        if structure := cass.STRUCTURE_OF.get(code[:5]) if line.kind == "house" else None:
            row["房屋结构"] = structure
        row |= cass.read_words(line.kind, texts)
    row |= {heading: value for heading, value in line.own.items() if heading not in ("", "环")}
    if line.kind == "parcel":  # what CASS itself keeps is what its user last saw
        said = zip(("宗地代码", "权利人", "地类编码"), line.said[1:], strict=False)
        row |= {heading: value.strip() for heading, value in said if value.strip()}
    return row | {"注记": " ".join(sorted(texts)) or None, "图层": line.layer, "CASS编码": code or None}
