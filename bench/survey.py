"""How fast files are read and checked, and rows linked, against limits and a bare reader in the same run.

    python bench/survey.py [--repeat 5] [--only workbook,wide,text,link] [--dir DIR]

workbook: 200,000 rows of 30 columns, read and checked, against python-calamine alone over the same file.
wide: 400,000 rows of 40 columns, memory of the command and its child together.
text: 1,000,000 rows of CSV in GB18030.
link: 200,000 houses with their households.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psutil
import xlsxwriter

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "国建军明华平文永志海春庆木水土金"
HEADS = [
    "序号", "调查编号", "产权人", "不动产单元号", "宗地代码", "门牌号", "使用状况", "建成年份", "建成月份", "层数", "房屋高度",
    "建筑面积", "占地面积", "房屋结构", "安全等级", "外立面", "砌筑方式", "构筑类型", "周边环境", "私自加层", "地下室", "三无",
    "预制多孔板", "用地手续", "建设规划手续", "产权证", "村代码",
]  # fmt: skip
LIMITS = {"workbook": 2.5, "wide": 2500.0, "text": 30.0, "link": 60.0}


def name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN)


def survey_row(number: int, width: int, rng: random.Random) -> list[object]:
    """One house; one in fifty has a unit behind a figure, one in seventy an odd number of storeys, one in ninety an odd year."""
    village = f"330802{5 + number // 500 % 90:03d}{201 + number // 45000:03d}"
    code = f"330802001001JC{number % 99999 + 1:05d}"
    area = round(rng.uniform(60, 400), 2)
    built: object = "2013年" if number % 90 == 0 else rng.randrange(1965, 2024)
    storeys: object = "3层" if number % 70 == 0 else rng.randrange(1, 4)
    row: list[object] = [number + 1, f"{village}-{number % 500:05d}", name(rng), code + "F00010001", code, f"某村{number % 300}号", "住宅"]
    row += [built, rng.randrange(1, 13), storeys, round(rng.uniform(3, 11), 1), f"{area}㎡" if number % 50 == 0 else area]
    row += [round(rng.uniform(40, 160), 2), "砖混", "B", "已粉刷", "实砌", "混凝土", "平地", *["否"] * 4, *["有"] * 3, village]
    return [*row, *(rng.randrange(1000) for _ in range(width - len(row)))]


def write_workbook(path: Path, rows: int, width: int) -> None:
    rng = random.Random(7)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("农房调查")
        sheet.write(0, 0, "农房调查表")
        sheet.write_row(1, 0, [*HEADS, *(f"附加{number}" for number in range(width - len(HEADS)))])
        for number in range(rows):
            sheet.write_row(number + 2, 0, survey_row(number, width, rng))


def write_text(path: Path, rows: int) -> None:
    rng = random.Random(7)
    with path.open("w", encoding="gb18030", newline="") as out:
        out.write("户号,姓名,证件号码,与户主关系,迁入日期,迁出日期,死亡日期,村代码\r\n")
        for number in range(rows):
            village = f"330802{5 + number // 2500 % 90:03d}201"
            born = f"{1940 + number % 80}{1 + number % 12:02d}{1 + number % 28:02d}"
            digits = f"330802{born}{1 + number % 999:03d}{number % 10}"
            out.write(f"{village}H{number // 4:06d},{name(rng)},{digits},{'户主' if number % 4 == 0 else '子'},2001-01-01,,,{village}\r\n")


def bare(path: Path) -> float:
    """Seconds of python-calamine alone over every cell."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    began = time.perf_counter()
    book = CalamineWorkbook.from_path(str(path))
    for place in range(len(book.sheet_names)):
        for _ in book.get_sheet_by_index(place).iter_rows():
            pass
    return time.perf_counter() - began


def read_and_check(path: Path) -> float:
    from jiadi.survey import check, read  # noqa: PLC0415

    began = time.perf_counter()
    delivery = check.check(read.read([path]))
    assert delivery.files[0]["accepted"] == delivery.files[0]["rows"], delivery.files
    return time.perf_counter() - began


def link(folder: Path) -> float:
    """Seconds of linking a county that was read and checked before."""
    from jiadi.run import pipeline  # noqa: PLC0415
    from jiadi.run.stages import Stages, silent  # noqa: PLC0415
    from jiadi.survey import link as survey_link  # noqa: PLC0415

    delivery = pipeline.read_and_check([folder], profile=None, on=None, stages=Stages(silent))
    began = time.perf_counter()
    houses, pairs = survey_link.houses(delivery)
    overlaps = pipeline.parcel_overlaps(houses, delivery.tables.get("parcel"))
    linked = survey_link.link(delivery, houses, pairs, overlaps, delivery.delivered_on or date(2025, 6, 30))
    seconds = time.perf_counter() - began
    sure = linked.pairs.filter(state="linked").height
    print(f"{linked.houses.height:,} houses, {linked.households.height:,} households, {sure:,} links")
    return seconds


def memory_of_all(process: psutil.Process) -> int:
    """Bytes that a process and its descendants hold now; shared pages are counted once."""
    held = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            held += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return held


def alone(part: str, path: Path) -> tuple[float, float]:
    """Run one part in a process of its own: its seconds, and the most megabytes of it and its children, looked at four times a second."""
    running = subprocess.Popen([sys.executable, __file__, "--part", part, "--dir", str(path)], stdout=subprocess.PIPE, text=True)
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        process = psutil.Process(running.pid)
        while not ended.wait(0.25):
            most = max(most, memory_of_all(process))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    out, _ = running.communicate()
    ended.set()
    watcher.join()
    if running.returncode:
        raise SystemExit(f"{part} ended with {running.returncode}")
    return float(out.strip().splitlines()[-1]), most / 2**20


def told(label: str, runs: list[tuple[float, float]]) -> float:
    seconds = sorted(run[0] for run in runs)
    middle = statistics.median(seconds)
    print(
        f"{label}: {middle:.2f} s ({seconds[0]:.2f}–{seconds[-1]:.2f}, {len(runs)} times), {max(run[1] for run in runs):,.0f} MB at most",
        flush=True,
    )
    return middle


def measure(which: str, repeat: int, folder: Path) -> bool:
    """Make what is measured once, measure, print; whether the limit holds."""
    made = folder / {"workbook": "200k.xlsx", "wide": "400k.xlsx", "text": "1m.csv", "link": "county"}[which]
    if not made.exists():
        makers[which](made)
    runs = [alone(which, made) for _ in range(repeat)]
    middle = told(which, runs)
    found = middle
    if which == "workbook":
        found = middle / told("python-calamine alone", [alone("bare", made) for _ in range(repeat)])
    elif which == "wide":
        found = max(run[1] for run in runs)
    held = found <= LIMITS[which]
    print(f"{which}: {found:.2f}, limit {LIMITS[which]:g}: {'holds' if held else 'does NOT hold'}\n", flush=True)
    return held


def make_county(path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "jiadi.cli",
        "sample",
        str(path),
        "--houses",
        "200000",
        "--seed",
        "7",
        "--dirt",
        "0.05",
        "--form",
        "columnar",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


makers: dict[str, Callable[[Path], None]] = {
    "workbook": lambda path: write_workbook(path, 200_000, 30),
    "wide": lambda path: write_workbook(path, 400_000, 40),
    "text": lambda path: write_text(path, 1_000_000),
    "link": make_county,
}
parts: dict[str, Callable[[Path], float]] = {
    "workbook": read_and_check, "wide": read_and_check, "text": read_and_check, "bare": bare, "link": link,
}  # fmt: skip


def main() -> None:
    """Measure each part."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--only", default="workbook,wide,text,link")
    asked.add_argument("--dir", type=Path, help="keep the files here, to measure again without writing them")
    asked.add_argument("--part", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.part:
        print(parts[options.part](options.dir))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.dir or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        held = [measure(which, options.repeat, folder) for which in options.only.split(",")]  # each is printed, also after one that fails
        if not all(held):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
