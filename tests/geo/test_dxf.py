"""Drawings are read as CASS means them, and those that are no honest drawing are refused soon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from ezdxf.filemanagement import new
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.geo import dxf as drawings
from jiadi.geo.bring import bring
from jiadi.geo.files import Layer, layer_names, read_layers
from jiadi.geo.reasons import family, say

EAST, NORTH = 40_500_000.0, 3_200_000.0
Tags = list[tuple[int, str]]


def square(east: float, north: float, side: float) -> list[tuple[float, float]]:
    return [(EAST + east + x * side, NORTH + north + y * side) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]


def extended(*texts: str) -> Tags:
    return [(1001, "SOUTH"), *((1000, text) for text in texts)]


def line(corners: list[tuple[float, float]], layer: str, *extra: Tags, closed: bool = True) -> Tags:
    points = [pair for x, y in corners for pair in ((10, f"{x}"), (20, f"{y}"))]
    body: Tags = [(0, "LWPOLYLINE"), (8, layer), (90, str(len(corners))), (70, "1" if closed else "0"), *points]
    return body + [tag for tags in extra for tag in tags]


def old_line(corners: list[tuple[float, float]], layer: str) -> Tags:
    vertices = [tag for x, y in corners for tag in ((0, "VERTEX"), (8, layer), (10, f"{x}"), (20, f"{y}"), (30, "0"))]
    return [(0, "POLYLINE"), (8, layer), (66, "1"), (70, "1"), *vertices, (0, "SEQEND"), (8, layer)]


def words(text: str, east: float, north: float, layer: str = "ZJ") -> Tags:
    return [(0, "TEXT"), (8, layer), (10, f"{EAST + east}"), (20, f"{NORTH + north}"), (40, "0.5"), (1, text)]


def drawing(path: Path, *entities: Tags, encoding: str = "gb18030", page: str = "ANSI_936", end: str = "\r\n") -> Path:
    head: Tags = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1015"), (9, "$DWGCODEPAGE"), (3, page), (0, "ENDSEC")]
    tags = [*head, (0, "SECTION"), (2, "ENTITIES"), *(tag for entity in entities for tag in entity), (0, "ENDSEC"), (0, "EOF")]
    path.write_bytes("".join(f"{code:3d}{end}{value}{end}" for code, value in tags).encode(encoding))
    return path


def by_name(layers: list[Layer]) -> dict[str, Layer]:
    return {layer.name: layer for layer in layers}


def values(layer: Layer, heading: str) -> list[object]:
    return layer.attributes[heading].to_list()


CODE = "330802001001JC00012"


@pytest.mark.parametrize(("page", "encoding"), [("ANSI_936", "gb18030"), ("ANSI_1252", "gb18030"), ("ANSI_936", "utf-8")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_parcels_and_houses_by_code_words_inside_and_encoding(tmp_path: Path, page: str, encoding: str, end: str) -> None:
    path = drawing(
        tmp_path / "a.dxf",
        line(square(0, 0, 20), "权属", extended("300000", CODE, "张䶮𠮷", "072")),
        line(square(2, 2, 8), "0", extended("141121")),
        line(square(12, 2, 4), "JMD"),
        old_line(square(40, 0, 9), "JZD"),
        words("砖2", 3, 3),
        words("余东村12号", 3, 6),
        words("李四", 3, 8),
        words("附房", 13, 3),
        words("王五", 18, 18),
        words("125.36", 41, 3),
        words("赵六", 100, 100),
        encoding=encoding,
        page=page,
        end=end,
    )
    found = by_name(read_layers(path))
    parcels, houses = found["宗地"], found["房屋"]
    assert [layer.metadata["jiadi_table"] for layer in (parcels, houses)] == ["parcel", "house"]
    assert values(parcels, "宗地代码") == [CODE, None] and values(parcels, "权利人") == ["张䶮𠮷", None]
    assert values(parcels, "地类编码") == ["072", None] and values(parcels, "宗地面积") == [None, "125.36"]
    assert values(houses, "房屋结构") == ["砖", None] and values(houses, "层数") == ["2", None]
    assert values(houses, "门牌号") == ["余东村12号", None] and values(houses, "产权人") == ["李四", None]
    assert values(houses, "房屋用途") == [None, "附房"] and values(parcels, "注记") == ["王五", "125.36"]
    assert parcels.geometry is not None and shapely.area(shapely.from_wkb(parcels.geometry.to_list())).tolist() == [400, 81]
    assert (parcels.crs_text, parcels.crs_assumed) == ("EPSG:4528", True)
    assert bring(parcels).crs.code == "EPSG:4528"


def test_the_code_of_a_building_tells_its_structure_where_no_word_does(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", line(square(0, 0, 9), "0", extended("141161")), line(square(20, 0, 9), "JMD", extended("203101")))
    (houses,) = read_layers(path)
    assert values(houses, "房屋结构") == ["混"]


def test_an_outline_that_is_not_closed_keeps_its_row(tmp_path: Path) -> None:
    opened = line(square(0, 0, 9), "JZD", extended("300000", CODE, "张三"), closed=False)
    meets = square(20, 0, 9)
    path = drawing(tmp_path / "a.dxf", opened, line([*meets, meets[0]], "JZD", closed=False), line(square(40, 0, 5), "JZD", closed=False))
    (parcels,) = read_layers(path)
    assert values(parcels, "宗地代码") == [CODE, None]
    assert parcels.geometry is not None and parcels.geometry.is_null().to_list() == [True, False]


def test_arcs_are_followed(tmp_path: Path) -> None:
    document = new("R2000")
    circle = [(EAST, NORTH, 1.0), (EAST + 10, NORTH, 1.0)]
    document.modelspace().add_lwpolyline(circle, format="xyb", close=True, dxfattribs={"layer": "JMD"})
    document.modelspace().add_polyline2d(circle, format="xyb", close=True, dxfattribs={"layer": "JMD"})
    mirrored = [(-x, y, -bulge) for x, y, bulge in circle]
    document.modelspace().add_lwpolyline(mirrored, format="xyb", close=True, dxfattribs={"layer": "JMD", "extrusion": (0, 0, -1)})
    document.saveas(tmp_path / "a.dxf")
    (houses,) = read_layers(tmp_path / "a.dxf")
    assert houses.geometry is not None
    shapes = shapely.from_wkb(houses.geometry.to_list())
    assert np.abs(shapely.area(shapes) - np.pi * 25).max() < 0.005
    assert np.abs(shapely.get_x(shapely.centroid(shapes)) - EAST - 5).max() < 1e-3


def test_text_of_several_lines_and_outlines_around_it(tmp_path: Path) -> None:
    document = new("R2000")
    space = document.modelspace()
    for side, layer in ((20, "JZD"), (9, "JMD")):
        space.add_lwpolyline(square(0, 0, side), close=True, dxfattribs={"layer": layer})
    space.add_mtext("混3-1\\P12号", dxfattribs={"insert": (EAST + 1, NORTH + 5), "char_height": 0.5})
    space.add_text("张三", dxfattribs={"insert": (EAST - 0.3, NORTH + 1), "height": 2})  # begins outside, stands inside
    document.saveas(tmp_path / "a.dxf")
    houses = by_name(read_layers(tmp_path / "a.dxf"))["房屋"]
    row = houses.attributes.row(0, named=True)
    assert (row["房屋结构"], row["层数"], row["地下层数"], row["门牌号"], row["产权人"]) == ("混", "3", "1", "12号", "张三")


def test_coordinates_without_zone_are_a_question(tmp_path: Path) -> None:
    corners = [(x - 40_000_000, y) for x, y in square(0, 0, 20)]
    (parcels,) = read_layers(drawing(tmp_path / "a.dxf", line(corners, "JZD")))
    assert parcels.crs_text == ""
    with pytest.raises(Refusal) as caught:
        bring(parcels)
    assert caught.value.code == "crs_unknown" and "EPSG:4549" in say(caught.value, "zh")[0]
    assert bring(parcels, "EPSG:4549").crs.code == "EPSG:4549"


def test_other_layers_are_there_for_a_profile_where_none_is_known(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", line(square(0, 0, 9), "宅基地红线"), line(square(20, 0, 9), "TK"))
    assert layer_names(path) == ["宅基地红线", "TK"]
    assert all(not layer.metadata for layer in read_layers(path))


def refused(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert all(say(caught.value, "zh"))
    return caught.value


def test_ten_million_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    with path.open("wb") as file:
        file.write(b"0\nSECTION\n2\nENTITIES\n")
        for _ in range(100):
            file.write(b"0\nPOINT\n" * 100_000)
        file.write(b"0\nENDSEC\n0\nEOF\n")
    refusal = refused(path)
    assert (refusal.code, family(refusal)) == ("dxf_entities", "limit")


def test_counting_goes_by_entities_and_not_by_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "MOST_ENTITIES", 50)
    monkeypatch.setattr(drawings, "_PIECE", 1000)
    zeros = [[(0, "POINT"), (8, "0"), (70, "0"), (62, "0"), (10, "0"), (20, "0")] for _ in range(30)]
    drawings.inspect(drawing(tmp_path / "a.dxf", *zeros))
    with pytest.raises(Refusal, match="more than 50"):
        drawings.inspect(drawing(tmp_path / "b.dxf", *zeros, *zeros))


def test_one_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    with path.open("wb") as file:
        file.write(b"0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n8\nJZD\n70\n1\n")
        for _ in range(40):
            file.write(b"10\n1\n20\n1\n" * 50_000)
        file.write(b"0\nENDSEC\n0\nEOF\n")
    refusal = refused(path)
    assert (refusal.code, family(refusal)) == ("dxf_corners", "limit")


@pytest.mark.parametrize("cut", [0.3, 0.9, 0.99])
def test_a_drawing_that_is_cut_off_is_refused(tmp_path: Path, cut: float) -> None:
    path = drawing(tmp_path / "a.dxf", *(line(square(30 * place, 0, 9), "JZD") for place in range(20)))
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * cut)])
    assert refused(path).code == "dxf_cut"


def test_what_is_no_drawing_or_none_that_is_read_says_so(tmp_path: Path) -> None:
    honest = drawing(tmp_path / "a.dxf", line(square(0, 0, 9), "JZD")).read_bytes()
    cases = [
        ("a.txt", honest, "content_differs"),
        ("b.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00" + honest, "dxf_binary"),
        ("c.dxf", b"AC1015\x00\x00\x00", "content_differs"),
        ("d.dxf", honest.replace(b" 90\r", b"abc\r"), "unreadable"),
        ("e.dxf", drawing(tmp_path / "e.dxf", words("张三", 0, 0)).read_bytes(), "dxf_nothing"),
    ]
    for name, content, code in cases:
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path).code == code, name


def test_numbers_that_are_none_leave_an_outline_without_shape(tmp_path: Path) -> None:
    corners = square(0, 0, 9)
    broken = [(float("inf"), NORTH), *corners[1:]]
    (parcels,) = read_layers(drawing(tmp_path / "a.dxf", line(broken, "JZD"), line(corners, "JZD")))
    assert parcels.geometry is not None and parcels.geometry.is_null().to_list() == [True, False]


@given(st.data())
def test_no_change_of_a_drawing_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("drawings") / "a.dxf"
    outline, word = line(square(0, 0, 9), "JZD", extended("300000", CODE)), words("%%u张三", 1, 1)
    lines = drawing(path, outline, old_line(square(20, 0, 5), "JMD"), word, end="\n").read_bytes().split(b"\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 6))
        lines[place] = data.draw(st.sampled_from([b"", b" 70", b" 42", b"inf", b"1e400", b"nan", b"-1", b"0", b"  0", b"\xff", b"SECTION"]))
    path.write_bytes(b"\n".join(lines))
    try:
        found = drawings.read(path)
    except Refusal as refusal:
        assert refusal.code in ("unreadable", "dxf_cut", "dxf_nothing", "dxf_corners")
    else:
        assert all(len(column) == len(layer.shapes) for layer in found for column in layer.columns.values())
