"""Lists of boundary points: the exchange text of land surveys and CASS .dat."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiadi.errors import Refusal
from jiadi.geo.bring import bring
from jiadi.geo.crs import detect
from jiadi.geo.files import Layer, read_layers
from jiadi.geo.points import is_dat, is_exchange, read_dat, read_exchange, text_of

ABOUT = (
    "[属性描述]\n格式版本号=1.01\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n"
    "带号=40\n精度=0.001\n转换参数=,,,,,,\n"
)
EAST, NORTH = 500_000.0, 3_200_000.0


def points(side: float, ring: int = 1, at: float = 0.0, prefix: float = 40e6, close: bool = True) -> list[str]:
    corners = [(0, 0), (0, 1), (1, 1), (1, 0), *([(0, 0)] if close else [])]
    return [f"J{n},{ring},{NORTH + at + side * y:.3f},{EAST + prefix + at + side * x:.3f}" for n, (x, y) in enumerate(corners, 1)]


def block(head: str, *rings: list[str]) -> str:
    return "\n".join([head, *(point for ring in rings for point in ring)]) + "\n"


def written(path: Path, body: str, encoding: str = "gb18030", about: str = ABOUT) -> Path:
    path.write_bytes((about + "[地块坐标]\n" + body).encode(encoding))
    return path


def measured(layer: Layer) -> list[float | None]:
    assert layer.geometry is not None
    return [None if wkb is None else round(float(shapely.area(shapely.from_wkb(wkb))), 3) for wkb in layer.geometry.to_list()]


CODE = "330802001001JC00012"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "head",
    [
        f"5,0.0144,{CODE},张䶮𠮷,面,,农村宅基地,0702,@",
        f"5,0.0144,{CODE},张䶮𠮷,面,,农村宅基地,0702,1,B,C,@",
        f"5,0.0144公顷,{CODE},张䶮𠮷,面,,,@",
    ],
)
@pytest.mark.parametrize("prefix", [0.0, 40e6])
def test_a_text_of_parcels(tmp_path: Path, encoding: str, head: str, prefix: float) -> None:
    path = written(tmp_path / "a.txt", block(head, points(12, prefix=prefix), points(4, 2, 3, prefix)), encoding)
    (layer,) = read_layers(path)
    assert layer.name == "宗地" and layer.metadata == {"jiadi_table": "parcel"}
    row = layer.attributes.row(0, named=True)
    assert (row["地块编号"], row["权利人"], row["地块面积"]) == (CODE, "张䶮𠮷", 144.0)
    assert measured(layer) == [144 - 16]
    brought = bring(layer)
    assert brought.crs.code == ("EPSG:4528" if prefix else "EPSG:4549")
    west, south, *_ = shapely.bounds(shapely.from_wkb(brought.geometry[0]))
    assert (round(west, 3), round(south, 1)) == (120.0, 28.9)


def test_a_further_ring_is_a_hole_only_inside(tmp_path: Path) -> None:
    rings = [points(20), points(10, 2, 5), points(2, 3, 9), points(6, 4, 100)]
    (layer,) = read_layers(written(tmp_path / "a.txt", block("0,,1,,面,,,,@", *rings)))
    assert measured(layer) == [400 - 100 + 4 + 36]


def test_several_outlines_with_and_without_closing_point(tmp_path: Path) -> None:
    body = block("5,,1,,面,,,,@", points(10)) + block("4,,2,,面,,,,@", points(8, at=50, close=False))
    (layer,) = read_layers(written(tmp_path / "a.txt", body))
    assert measured(layer) == [100, 64] and layer.attributes["地块编号"].to_list() == ["1", "2"]


@pytest.mark.parametrize(
    ("stated", "expected"), [("144.5", 144.5), ("0.01445", 144.5), ("0.21675亩", 144.5), ("144.5㎡", 144.5), ("", None), ("x", None)]
)
def test_areas_are_square_metres_whichever_unit_they_stand_in(tmp_path: Path, stated: str, expected: float | None) -> None:
    (layer,) = read_layers(written(tmp_path / "a.txt", block(f"5,{stated},1,,面,,,,@", points(12))))
    assert layer.attributes["地块面积"].to_list() == [expected]


@pytest.mark.parametrize(
    ("name", "use", "table"),
    [
        ("a.txt", "住宅", "house"),
        ("a.txt", "房屋", "house"),
        ("a.txt", "住宅用地", "parcel"),
        ("农房.txt", "", "house"),
        ("农房宗地.txt", "", "parcel"),
        ("a.txt", "", "parcel"),
    ],
)
def test_the_name_of_the_file_or_the_use_says_what_they_are(tmp_path: Path, name: str, use: str, table: str) -> None:
    (layer,) = read_layers(written(tmp_path / name, block(f"5,,1,张三,面,,{use},,@", points(12))))
    assert layer.metadata == {"jiadi_table": table}
    assert layer.attributes["产权人" if table == "house" else "权利人"].to_list() == ["张三"]


def test_a_number_of_the_plot_is_no_holder(tmp_path: Path) -> None:
    (layer,) = read_layers(written(tmp_path / "a.txt", block("5,,1,地块1,面,,,,@", points(12))))
    assert layer.attributes["权利人"].to_list() == [None]


def test_a_point_that_cannot_be_read_leaves_its_outline_alone(tmp_path: Path) -> None:
    broken = points(12)
    broken[2] = "J3,1,三百,四百"
    (layer,) = read_layers(written(tmp_path / "a.txt", block("5,,1,,面,,,,@", broken) + block("5,,2,,面,,,,@", points(8))))
    assert measured(layer) == [None, 64]


@pytest.mark.parametrize(
    ("system", "zone", "prefix", "code"),
    [
        ("1980西安坐标系", "40", 40e6, "crs_datum"),
        ("1980西安坐标系", "", 40e6, "crs_datum"),
        ("1954年北京坐标系", "40", 0.0, "crs_datum"),
        ("地方独立坐标系", "40", 40e6, "crs_unknown"),
        ("2000国家大地坐标系", "", 0.0, "crs_unknown"),
        ("2000国家大地坐标系", "", 40e6, ""),
        ("2000国家大地坐标系", "20", 20e6, ""),
        ("", "", 40e6, ""),
    ],
)
def test_the_system_is_the_one_that_is_named_or_a_question(tmp_path: Path, system: str, zone: str, prefix: float, code: str) -> None:
    about = ABOUT.replace("2000国家大地坐标系", system).replace("带号=40", f"带号={zone}")
    (layer,) = read_layers(written(tmp_path / "a.txt", block("5,,1,,面,,,,@", points(12, prefix=prefix)), about=about))
    if not code:
        assert detect(layer.crs_text, layer.body).code == ("EPSG:4498" if zone == "20" else "EPSG:4528")
        assert layer.crs_assumed == (not system)
        return
    with pytest.raises(Refusal) as caught:
        bring(layer)
    assert caught.value.code == code


def test_a_text_without_outlines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        read_layers(written(tmp_path / "a.txt", ""))
    assert caught.value.code == "points_nothing"


def dat(path: Path, *lines: tuple[str, str, float, float]) -> Path:
    text = "\r\n".join(f"{name},{code},{EAST + 40e6 + x:.3f},{NORTH + y:.3f},98.4" for name, code, x, y in lines)
    path.write_bytes(text.encode("gb18030"))
    return path


SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]


def test_points_that_share_a_name_are_one_outline_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    order = [2, 0, 3, 1]
    parcel = [(f"{CODE}-{n + 1}", "300000", *SQUARE[n]) for n in order]
    hole = [(f"{CODE}/2-{n + 1}", "300000", 2 + x / 2, 2 + y / 2) for n, (x, y) in enumerate(SQUARE)]
    house = [(f"330802005202-00001-{n + 1}", "141121", 50 + x, y) for n, (x, y) in enumerate(SQUARE)]
    found = {layer.name: layer for layer in read_layers(dat(tmp_path / "a.dat", *parcel, *hole, *house, ("7", "", 5, 5)))}
    assert measured(found["宗地"]) == [75] and found["宗地"].attributes["宗地代码"].to_list() == [CODE]
    assert measured(found["房屋"]) == [100] and found["房屋"].attributes["调查编号"].to_list() == ["330802005202-00001"]
    assert found["宗地"].crs_text == "EPSG:4528" and found["宗地"].crs_assumed


def test_points_that_share_a_code_are_one_outline_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [(str(n), CODE, x, y) for n, (x, y) in enumerate(SQUARE)]
    (layer,) = read_layers(dat(tmp_path / "宗地.dat", *lines))
    assert layer.attributes["宗地代码"].to_list() == [CODE] and measured(layer) == [100]


def test_a_code_of_many_outlines_begins_one_and_plus_goes_on(tmp_path: Path) -> None:
    lines = [(str(n), "+" if n % 4 else "141121", 20 * (n // 4) + SQUARE[n % 4][0], SQUARE[n % 4][1]) for n in range(8)]
    (layer,) = read_layers(dat(tmp_path / "a.dat", *lines))
    assert measured(layer) == [100, 100] and layer.attributes["调查编号"].to_list() == [None, None]
    apart = [(str(n), "141121", *SQUARE[n % 4]) for n in range(8)]  # whose corners these are, nobody says
    with pytest.raises(Refusal) as caught:
        read_layers(dat(tmp_path / "b.dat", *apart))
    assert caught.value.code == "points_nothing"


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02garbage\xff", b"name,area\n1,2\n", "宗地 一览\n".encode("gb18030"), bytes(range(256)) * 40]
)
def test_garbage_is_no_list_of_points(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_layers(path)
    assert caught.value.code == "content_differs"


@given(
    st.binary(max_size=400),
    st.lists(st.sampled_from(["J1,1,3200000,40500000", "5,1,2,@", "[地块坐标]", "x,y", "J2,1,1e999,nan", "@"]), max_size=12),
)
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, raw: bytes, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("points") / "a.txt"
    path.write_bytes("[属性描述]\n".encode() + raw + "\n".join(["", "[地块坐标]", *lines]).encode())
    assert is_exchange(path.read_bytes())
    for reader in (read_exchange, read_dat):
        try:
            found = reader(path)
        except Refusal as refusal:
            assert refusal.code == "points_nothing"
        else:
            assert all(len(values) == len(layer.shapes) for layer in found for values in layer.columns.values())
    is_dat(raw)
    text_of(raw)
