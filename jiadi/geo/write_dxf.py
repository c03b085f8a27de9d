"""Writing drawings (写出 DXF): R2000 with Chinese code page, as CASS and other programs open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from jiadi.geo import cass
from jiadi.geo.outline import rings_of
from jiadi.geo.plane import drawn

TEXT_M = 0.5
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
    with _without_day():
        document = _document()
        _draw(document, frame, kind, table)
        document.saveas(path)


def _draw(document: Any, frame: pl.DataFrame, kind: cass.Kind, table: str) -> None:
    space = document.modelspace()
    layer = cass.LAYER_OF[kind]
    _, shapes = drawn(frame["geometry"])
    rows = frame.drop("geometry").iter_rows(named=True)
    for place, (shape, row) in enumerate(zip(shapes, rows, strict=True)):
        if shape is None:
            continue
        values = {heading: _text(value) for heading, value in row.items() if value is not None}
        rings = rings_of(shape)
        own = {"": table or kind, **values} | ({"环": str(place)} if len(rings) > 1 else {})
        said = [cass.CODE_OF[kind]]
        if kind == "parcel":
            said += [values.get("宗地代码", ""), values.get("权利人", ""), "072"]
        for number, ring in enumerate(rings):
            line = space.add_lwpolyline(ring.tolist(), close=True, dxfattribs={"layer": layer})
            line.set_xdata(cass.APP, [(1000, escaped(text)) for text in said])
            line.set_xdata(cass.OWN_APP, list(_own(own if number == 0 else {"": own[""], "环": own["环"]})))
        middle = shapely.point_on_surface(shape)
        for line_number, word in enumerate(cass.words_of(kind, values)):
            place_of = (middle.x, middle.y - 1.5 * TEXT_M * line_number)
            space.add_text(escaped(word), dxfattribs={"layer": layer, "insert": place_of, "height": TEXT_M})


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


def _own(values: dict[str, str]) -> Iterator[tuple[int, str]]:
    for heading, value in values.items():
        for start in range(0, max(len(value), 1), _PIECE):
            yield 1000, escaped(heading)
            yield 1000, escaped(value[start : start + _PIECE])


def escaped(text: str) -> str:
    """Text with characters that GBK lacks as code units of UTF-16 (生僻字转义), as CAD programs write them.

    >>> escaped("张䶮𠮷")
    '张\\\\U+4DAE\\\\U+D842\\\\U+DFB7'
    """
    return "".join(letter if _in_gbk(letter) else _units(letter) for letter in text)


def _in_gbk(letter: str) -> bool:
    try:
        letter.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _units(letter: str) -> str:
    raw = letter.encode("utf-16-be")
    return "".join(f"\\U+{raw[place : place + 2].hex().upper()}" for place in range(0, len(raw), 2))
