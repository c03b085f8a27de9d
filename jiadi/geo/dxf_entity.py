"""The lines and words of a drawing (图形实体), one by one, as the tags of a DXF give them.

Only what outlines are made of is looked at, and each string is decoded by itself: drawings say GBK
where they hold GB18030, and often Western where they hold Chinese. An entity that lacks what the
standard asks for is taken as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jiadi.geo.axes import Floats
from jiadi.geo.outline import Ring
from jiadi.geo.reasons import ReadRefusal

MOST_TAGS = 3_000_000
"""Codes and values of one entity: a line of a million corners."""
_USED = frozenset({b"LWPOLYLINE", b"POLYLINE", b"VERTEX", b"TEXT", b"MTEXT"})
_EMBEDDED, _PAPER, _CODE, _STRING, _APP = 101, 67, 0, 1000, 1001
_MARK = b"\xef\xbb\xbf"
_MESH, _SPLINE_FRAME = 16 | 64, 16
_ESCAPED = re.compile(r"(?:\\U\+(?:000[12][0-9A-Fa-f]{4}|[0-9A-Fa-f]{4}))+")


@dataclass(slots=True)
class Entity:
    """One entity (实体).

    Args:
        kind: `LINE` of corners, or `TEXT`.
        layer, handle: as the drawing has them.
        closed: whether its flag says so.
        corners: (n, 2) east, north of a line; of a text where it begins.
        bulges: (n,) of the line from each corner on.
        text: plain, lines parted by line breaks.
        height, turn: of a text, metres and degrees.
        said: strings of extended data by application.
    """

    kind: str
    layer: str
    handle: str
    closed: bool = False
    corners: Ring = field(default_factory=lambda: np.empty((0, 2)))
    bulges: Floats = field(default_factory=lambda: np.empty(0))
    text: str = ""
    height: float = 0.0
    turn: float = 0.0
    said: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Tags:
    """The tags of one entity that are used, by their code."""

    kind: bytes
    values: dict[int, list[bytes]] = field(default_factory=dict)
    order: list[tuple[int, float]] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)
    app: list[str] | None = None
    count: int = 0
    ended: bool = False
    dropped: bool = False

    def add(self, code: int, value: bytes) -> None:
        """Keep a tag; those of an object that is embedded at the end are not the entity's own."""
        self.count += 1
        if self.count > MOST_TAGS:
            raise ReadRefusal("dxf_corners", most=f"{MOST_TAGS:,}")
        if self.ended or code == _EMBEDDED:
            self.ended = True
        elif code == _APP:
            self.app = self.said.setdefault(decoded(value), [])
        elif code == _STRING and self.app is not None:
            self.app.append(decoded(value))
        elif self.kind == b"LWPOLYLINE" and code in (10, 20, 42):
            self.order.append((code, _float(value)))
        elif code < _STRING:
            self.dropped = self.dropped or (code == _PAPER and value.strip() == b"1")
            self.values.setdefault(code, []).append(value)

    def number(self, code: int, default: float = 0.0) -> float:
        held = self.values.get(code)
        return _float(held[0]) if held else default

    def flags(self, code: int) -> int:
        number = self.number(code)
        return int(number) if np.isfinite(number) and abs(number) < 1 << 31 else 0

    def string(self, code: int) -> str:
        held = self.values.get(code)
        return decoded(held[0]) if held else ""


def entities(path: Path) -> Iterator[Entity]:
    """The lines and words of a drawing's model space (模型空间的线与字).

    Args:
        path: a DXF in text form.

    Raises:
        ReadRefusal: `unreadable` where the file is no sequence of codes and values.
    """
    head: _Tags | None = None
    vertices: list[_Tags] = []
    for tags in _grouped(path):
        if tags.kind == b"VERTEX":
            vertices.append(tags)
            continue
        if head is not None:
            yield from _polyline(head, vertices)
        head, vertices = (tags, []) if tags.kind == b"POLYLINE" else (None, [])
        if tags.kind == b"LWPOLYLINE":
            yield _light(tags)
        elif tags.kind in (b"TEXT", b"MTEXT"):
            yield _words(tags)
    if head is not None:
        yield from _polyline(head, vertices)


def _grouped(path: Path) -> Iterator[_Tags]:
    """The tags of entities that are used, entity by entity."""
    section, opening = b"", False
    tags: _Tags | None = None
    with path.open("rb") as file:
        for pair, (raw, value) in enumerate(zip(file, file, strict=False)):
            try:
                code = int(raw.removeprefix(_MARK))
            except ValueError:
                raise ReadRefusal("unreadable", detail=f"line {2 * pair + 1} is no code of a DXF") from None
            if code == _CODE:
                if tags is not None and not tags.dropped:
                    yield tags
                word = value.strip()
                opening = word == b"SECTION"
                section = b"" if word == b"ENDSEC" else section
                tags = _Tags(word) if section == b"ENTITIES" and word in _USED else None
            elif opening:
                section, opening = value.strip() if code == 2 else section, False
            elif tags is not None:
                tags.add(code, value)
    if tags is not None and not tags.dropped:
        yield tags


def _float(value: bytes) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _light(tags: _Tags) -> Entity:
    points: list[list[float]] = []
    for code, number in tags.order:
        if code == 10:
            points.append([number, float("nan"), 0.0])
        elif points:
            points[-1][1 if code == 20 else 2] = number
    return _line(tags, points)


def _polyline(tags: _Tags, vertices: list[_Tags]) -> Iterator[Entity]:
    if tags.flags(70) & _MESH:
        return
    corners = [vertex for vertex in vertices if not vertex.flags(70) & _SPLINE_FRAME]
    yield _line(tags, [[one.number(10, np.nan), one.number(20, np.nan), one.number(42)] for one in corners])


def _line(tags: _Tags, points: list[list[float]]) -> Entity:
    values = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    corners, bulges = values[:, :2].copy(), np.where(np.isfinite(values[:, 2]), values[:, 2], 0.0)
    if tags.number(230, 1.0) < 0:  # drawn from below: its x axis points west
        corners[:, 0] *= -1
        bulges = -bulges
    return Entity("LINE", tags.string(8), tags.string(5), bool(tags.flags(70) & 1), corners, bulges, said=tags.said)


def _words(tags: _Tags) -> Entity:
    multiple = tags.kind == b"MTEXT"
    raw = b"".join(part.rstrip(b"\r\n") for code in ((3, 1) if multiple else (1,)) for part in tags.values.get(code, []))
    aligned = not multiple and (tags.flags(72) or tags.flags(73)) and 11 in tags.values
    place = [tags.number(11 if aligned else 10, np.nan), tags.number(21 if aligned else 20, np.nan)]
    turn = 0.0 if multiple else tags.number(50)
    text = _plain(decoded(raw), multiple)
    return Entity("TEXT", tags.string(8), tags.string(5), corners=np.array([place]), text=text, height=tags.number(40), turn=turn)


def _plain(text: str, multiple: bool) -> str:
    """Words without the marks that set them."""
    if not multiple and "%%" not in text and "^" not in text:
        return text
    from ezdxf.tools.text import plain_mtext, plain_text  # noqa: PLC0415  # only drawings with such marks pay for it

    return str(plain_mtext(text) if multiple else plain_text(text))


def decoded(raw: bytes) -> str:
    """A string of a drawing, in whichever way it was written (文字解码).

    Args:
        raw: UTF-8 or GB18030; rare characters may stand as code units of UTF-16.

    >>> decoded("张䶮".encode("gb18030")), decoded(b"\\\\U+D842\\\\U+DFB7")
    ('张䶮', '𠮷')
    """
    raw = raw.strip(b"\r\n")
    text = raw.decode("ascii") if raw.isascii() else _chinese(raw)
    return _ESCAPED.sub(lambda found: _units(found[0]), text) if "\\U+" in text else text


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
