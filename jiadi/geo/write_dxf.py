"""Writing drawings (写出 DXF): R2000 with Chinese code page, as CASS and other programs open them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from jiadi.geo import cass
from jiadi.geo.outline import rings_of
from jiadi.geo.plane import drawn

_Tag = tuple[int, str | int | float]
TEXT_M = 0.5
_SEED = "$FIRST_FREE_HANDLE"
_PIECE = 60
"""Characters of a piece of extended data, of which one may have 255 bytes."""


def dxf(path: Path, frame: pl.DataFrame, kind: cass.Kind, table: str = "") -> None:
    """Write outlines as a CASS drawing (写出 CASS 图形): closed polylines, attributes in extended data.

    A parcel carries its code, number, holder and land use as CASS keeps them; a house its structure and
    storeys, number and owner as words inside. What CASS has no place for goes with it under an
    application of its own, which other programs pass over.

    Args:
        path: where to; what is there is replaced.
        frame: `geometry` (WKB in EPSG:4490), other columns headed as they shall be read. Rows without a
            shape are left out.
        kind: what the outlines are.
        table: list that they are rows of, where it is not told by the kind.
    """
    head, tail, owner, handle = _template()
    body: list[str] = []
    _, shapes = drawn(frame["geometry"])
    handles = (f"{number:X}" for number in count(handle))
    for place, (shape, row) in enumerate(zip(shapes, frame.drop("geometry").iter_rows(named=True), strict=True)):
        if shape is not None:
            values = {heading: _text(value) for heading, value in row.items() if value is not None}
            for tags in _entities(kind, table or kind, shape, values, str(place)):
                kind_of_tags, *rest = tags
                start = [kind_of_tags, (5, next(handles)), (330, owner), (100, "AcDbEntity"), (8, cass.LAYER_OF[kind])]
                body.append("".join(f"{code:3d}\n{value}\n" for code, value in (*start, *rest)))
    head = head.replace(_SEED, next(handles))
    path.write_bytes("".join([head, *body, tail]).encode("gbk"))


def _entities(kind: cass.Kind, table: str, shape: shapely.Geometry, values: dict[str, str], place: str) -> Iterator[list[_Tag]]:
    """The lines and words of one outline, without what all entities begin with."""
    rings = rings_of(shape)
    shared = {"": table} | ({"环": place} if len(rings) > 1 else {})
    said = [cass.CODE_OF[kind]]
    if kind == "parcel":
        said += [values.get("宗地代码", ""), values.get("权利人", ""), "072"]
    for number, ring in enumerate(rings):
        corners: list[_Tag] = [tag for x, y in ring.tolist() for tag in ((10, f"{x:.9f}"), (20, f"{y:.9f}"))]
        own: list[_Tag] = [(1000, text) for text in _own(shared | values if number == 0 else shared)]
        of_cass: list[_Tag] = [(1001, cass.APP), *((1000, escaped(text)) for text in said)]
        yield [(0, "LWPOLYLINE"), (100, "AcDbPolyline"), (90, len(ring)), (70, 1), *corners, *of_cass, (1001, cass.OWN_APP), *own]
    middle = shapely.point_on_surface(shape)
    for number, word in enumerate(cass.words_of(kind, values)):
        y = middle.y - 1.5 * TEXT_M * number
        at: list[_Tag] = [(10, f"{middle.x:.9f}"), (20, f"{y:.9f}"), (30, "0.0"), (40, TEXT_M)]
        yield [(0, "TEXT"), (100, "AcDbText"), *at, (1, escaped(word)), (100, "AcDbText")]


def _template() -> tuple[str, str, str, int]:
    """A drawing without entities, cut where they go; the handle of their owner, and the first free one."""
    with _without_day():
        document = _document()
        text = StringIO()
        document.header["$HANDSEED"] = document.entitydb.handles.next()
        document.write(text)
    whole = text.getvalue()
    seed = re.search(r"\$HANDSEED\s+5\s+([0-9A-F]+)\n", whole)
    assert seed is not None
    whole = whole[: seed.start(1)] + _SEED + whole[seed.end(1) :]
    cut = whole.index("  2\nENTITIES\n") + len("  2\nENTITIES\n")
    return whole[:cut], whole[cut:], document.modelspace().layout_key, int(seed[1], 16)


def _document() -> Any:
    from ezdxf.filemanagement import new  # noqa: PLC0415  # only those who write drawings pay for it

    document = new("R2000")
    document.encoding = "gbk"
    document.header["$DWGCODEPAGE"] = "ANSI_936"
    document.header["$INSUNITS"] = 6  # metres
    for app in (cass.APP, cass.OWN_APP):
        document.appids.new(app)
    for kind, name in cass.LAYER_OF.items():
        document.layers.add(name, color=1 if kind == "parcel" else 6)
    return document


@contextmanager
def _without_day() -> Iterator[None]:
    """Without the day and the random numbers that drawings carry, so that the same frame gives the same bytes."""
    from ezdxf._options import options  # noqa: PLC0415

    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before


def _text(value: object) -> str:
    return " ".join(str(value).split())


def _own(values: dict[str, str]) -> Iterator[str]:
    for heading, value in values.items():
        for start in range(0, max(len(value), 1), _PIECE):
            yield escaped(heading)
            yield escaped(value[start : start + _PIECE])


def escaped(text: str) -> str:
    """Text with characters that GBK lacks as code units of UTF-16 (生僻字转义), as CAD programs write them.

    >>> escaped("张䶮𠮷")
    '张\\\\U+4DAE\\\\U+D842\\\\U+DFB7'
    """
    if _in_gbk(text):
        return text
    return "".join(letter if _in_gbk(letter) else _units(letter) for letter in text)


def _in_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _units(letter: str) -> str:
    raw = letter.encode("utf-16-be")
    return "".join(f"\\U+{raw[place : place + 2].hex().upper()}" for place in range(0, len(raw), 2))
