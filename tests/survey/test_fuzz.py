"""Files that were damaged in any way: each row is accepted or handed back, nothing crashes and nothing hangs.

A short run each time. For a long one, say how many seconds: `JIADI_FUZZ_SECONDS=600 pytest tests/survey/test_fuzz.py`.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyogrio
import pytest
import shapely
from openpyxl import Workbook

from jiadi.survey.check import check
from jiadi.survey.read import read

SECONDS = float(os.environ.get("JIADI_FUZZ_SECONDS", "0"))
SHORT = 3
HEADS = ["户号", "姓名", "证件号码", "与户主关系", "村代码"]
ROW = ["330802005001H00001", "张三", "330802197603151233", "户主", "330802005001"]


def workbook(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["户籍名册"])
    for row in (HEADS, ROW, ROW, ["合计"]):
        sheet.append(row)
    book.save(path)


def text(path: Path) -> None:
    path.write_text("\n".join(",".join(row) for row in (HEADS, ROW, ROW)), "gb18030")


def layer(path: Path) -> None:
    shapes = shapely.to_wkb(shapely.box(118.5 + np.arange(4) * 0.001, 28.9, 118.5005 + np.arange(4) * 0.001, 28.9005))
    codes = np.array([f"330802001001JC{number:05d}" for number in range(4)], dtype=object)
    pyogrio.raw.write(path, shapes, [codes, np.full(4, 100.0)], ["ZDDM", "ZDMJ"], geometry_type="Polygon", crs="EPSG:4490")


def parquet(path: Path) -> None:
    pl.DataFrame([ROW, ROW], schema=HEADS, orient="row").write_parquet(path)


def points(path: Path) -> None:
    lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "带号=40", "计量单位=米", "[地块坐标]", "4,0.01,1,宗地,面,,宅基地,,@"]
    corners = [(3198000, 40500000), (3198000, 40500010), (3198010, 40500010), (3198010, 40500000)]
    lines += [f"J{number},1,{x},{y}" for number, (x, y) in enumerate([*corners, corners[0]], start=1)]
    path.write_text("\n".join(lines), "gb18030")


def manifest(path: Path) -> None:
    path.write_text('delivered_on: 2025-06-30\ncoverage:\n  - {list: approval, divisions: ["330802"], from: 1982-02-13}\n', "utf-8")


KINDS: dict[str, Callable[[Path], None]] = {
    "a.xlsx": workbook, "a.csv": text, "a.shp": layer, "a.gpkg": layer, "a.geojson": layer, "a.parquet": parquet, "a.txt": points,
    "清单.yaml": manifest,
}  # fmt: skip


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Bytes flipped, cut out, doubled, overwritten, or the file cut short."""
    raw = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        if not raw:
            break
        at, length = rng.randrange(len(raw)), rng.choice([1, 1, 4, 16, 300])
        match rng.randrange(6):
            case 0:
                raw[at] ^= 1 << rng.randrange(8)
            case 1:
                del raw[at : at + length]
            case 2:
                raw[at:at] = raw[at : at + length]
            case 3:
                raw[at : at + length] = bytes(rng.randrange(256) for _ in range(length))
            case 4:
                raw[at : at + length] = rng.choice([b"\0", b"\xff", b"9", b"<", b'"', b",", b"\n"]) * length
            case _:
                del raw[at + 1 :]
    return bytes(raw)


def holds(folder: Path) -> None:
    """Every row that was read is accepted or refused, and each file is told of."""
    delivery = check(read([folder]))
    for entry in delivery.files:
        assert entry["status"] in ("read", "refused", "question", "unused")
        if entry["status"] == "read":
            assert entry["rows"] == int(str(entry["accepted"])) + int(str(entry["refused"]))
            assert delivery.tables[str(entry["table"])].height >= int(str(entry["accepted"]))
        else:
            assert entry["reason"] and entry["reason_en"]


@pytest.mark.parametrize("name", list(KINDS))
def test_damaged_files(name: str, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    KINDS[name](whole / name)
    parts = {path.name: path.read_bytes() for path in whole.iterdir()}
    seed, ends = 0, time.monotonic() + SECONDS / len(KINDS)
    while seed < SHORT or time.monotonic() < ends:
        rng = random.Random(f"{name}{seed}")
        folder = tmp_path / str(seed)
        folder.mkdir()
        hurt = rng.choice(sorted(parts))
        for part, data in parts.items():
            (folder / part).write_bytes(damaged(data, rng) if part == hurt else data)
        try:
            holds(folder)
        except BaseException as error:
            raise AssertionError(f"{name}, seed {seed}, {hurt} damaged: {error!r}") from error
        seed += 1


@pytest.mark.parametrize("seed", range(3))
def test_tables_of_anything(seed: int, tmp_path: Path) -> None:
    """Cells of every kind under the headings of a list: all rows come out on one side."""
    rng = random.Random(seed)
    odd = [
        "",
        " ",
        "=1+1",
        "张三、李四",
        "330802197603151233",
        "3.30802E+17",
        "1-3",
        "１２",
        "\u200b",
        "二〇一三年",
        "120㎡",
        "-1",
        "1e308",
        "nan",
        "是",
        "x" * 3000,
        "\ud83c\udfe0",
    ]
    rows = [",".join(f'"{rng.choice(odd)}"' for _ in HEADS) for _ in range(60)]
    (tmp_path / "a.csv").write_text("\n".join([",".join(HEADS), *rows]), "utf-8", errors="replace")
    holds(tmp_path)
