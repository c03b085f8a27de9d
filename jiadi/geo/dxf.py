"""Drawings in DXF (CASS 图形文件), inside the limited child: closed lines as parcels and houses.

A drawing is counted before it is parsed, and then read entity by entity, so that its size and not
its cunning decides what reading costs. What the lines and words mean is told by `geo.cass`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from jiadi.geo import cass
from jiadi.geo.dxf_entity import Entity, entities
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
    lines: list[_Line] = []
    words = _Words()
    for entity in entities(path):
        if entity.kind == "TEXT":
            _add_words(entity, words)
        elif line := _line(entity):
            lines.append(line)
    return lines, words


def _add_words(entity: Entity, words: _Words) -> None:
    if not entity.text.strip():
        return
    x, y = entity.corners[0].tolist()
    half = 0.5 * entity.height * max(map(len, entity.text.split("\n")))
    half, turn = (half, np.radians(entity.turn)) if np.isfinite([half, entity.turn]).all() else (0.0, 0.0)
    words.text.append(entity.text)
    words.place.append((x, y))
    words.middle.append((x + half * np.cos(turn), y + half * np.sin(turn)))


def _line(entity: Entity) -> _Line | None:
    """A line that is an outline or should be one; None for others."""
    said = entity.said.get(cass.APP, [])
    kind = cass.kind_of(said[0].strip() if said else "", entity.layer)
    closed = entity.closed or _meets(entity.corners)
    if not closed and not (kind and said):
        return None  # a single line of a boundary, a stair, a wall
    ring = _ring(entity.corners, entity.bulges) if closed and len(entity.corners) > 1 else None
    return _Line(kind, entity.layer, entity.handle, ring, said, _pairs(entity.said.get(cass.OWN_APP, [])))


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """Heading and value in turn; a heading that comes again carries on its value."""
    found: dict[str, str] = {}
    for heading, value in zip(texts[::2], texts[1::2], strict=False):
        found[heading] = found.get(heading, "") + value
    return found


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
