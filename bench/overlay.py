"""The overlay of a county beside other libraries: houses laid over parcels and zones, from file to file.

    python bench/overlay.py [--houses 1000000] [--zones 5000] [--repeat 5] [--duckdb PYTHON] [--postgis BIN] [--dir DIR]

Makes the county of `county.py` in DIR (a folder of its own where none is given). Ours runs in a new process each time, its loops
compiled before; one edited house is measured over ground that is kept. PYTHON is the interpreter of an environment that has what
bench/requirements.txt names for DuckDB; BIN is the folder of PostgreSQL's programs with PostGIS installed, of which a private cluster is
started and stopped. The others get the same shapes in one plane already, since they have no fast way there, and give the same
answer: pairs of house and parcel, of house and zone, with the ground that they share. They run once each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import county
import numpy as np
import polars as pl
import shapely

OURS = """
import sys, time, resource
began = time.perf_counter()
import polars as pl
from jiadi.geo.overlay import largest_parcel, zone_overlaps
folder = sys.argv[1]
house, parcel, zone = (pl.read_parquet(f"{folder}/{name}.parquet") for name in ("house", "parcel", "zone"))
largest_parcel(house["geometry"], house["id"], parcel["geometry"], parcel["id"]).write_parquet(f"{folder}/on_parcel.parquet")
zone_overlaps(house["geometry"], house["id"], zone).write_parquet(f"{folder}/on_zone.parquet")
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

DUCKDB = """
import sys, time, resource, duckdb, importlib.resources
began = time.perf_counter()
folder = sys.argv[1]
base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
base.execute("SET threads = 2")
found = [str(path) for path in importlib.resources.files("duckdb_extension_spatial").rglob("*spatial.duckdb_extension")]
base.load_extension(found[0])
base.execute(f"CREATE TABLE house AS SELECT id, ST_GeomFromWKB(wkb) g FROM '{folder}/flat_house.parquet'")
base.execute(f"CREATE TABLE parcel AS SELECT id, ST_GeomFromWKB(wkb) g FROM '{folder}/flat_parcel.parquet'")
base.execute(f"CREATE TABLE zone AS SELECT id, ST_GeomFromWKB(wkb) g FROM '{folder}/flat_zone.parquet'")
for name in ("parcel", "zone"):
    base.execute(f'''COPY (SELECT h.id house, o.id other, ST_Area(ST_Intersection(h.g, o.g)) m2 FROM house h JOIN {name} o
        ON ST_Intersects(h.g, o.g)) TO '{folder}/duck_{name}.parquet' ''')
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def flat(folder: Path) -> None:
    """The shapes in one plane, in metres, for those who need it; parquet and text for COPY."""
    for name in ("house", "parcel", "zone"):
        frame = pl.read_parquet(folder / f"{name}.parquet")
        shapes = shapely.from_wkb(frame["geometry"].to_numpy())
        moved = shapely.transform(shapes, lambda at: (at - np.array([county.WEST, county.SOUTH])) / county.M)
        wkb = pl.Series("wkb", shapely.to_wkb(moved).tolist(), dtype=pl.Binary)
        flat_frame = pl.DataFrame({"id": frame["id"], "wkb": wkb})
        flat_frame.write_parquet(folder / f"flat_{name}.parquet")
        flat_frame.with_columns(wkb.bin.encode("hex")).write_csv(folder / f"flat_{name}.csv", include_header=False)


def run(program: str, folder: Path, python: str) -> tuple[float, float]:
    """Seconds and MB of a program in a new process."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])} if python == sys.executable else dict(os.environ)
    done = subprocess.run([python, "-c", program, str(folder)], capture_output=True, text=True, check=True, env=environment)
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


def postgis(binaries: Path, folder: Path) -> float:
    """Seconds from the text files to the answers in a private cluster, which is stopped again."""
    place = Path(tempfile.mkdtemp(prefix="postgis-", dir=folder))
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(place, "postgres", "postgres")
        for above in (folder, *folder.parents):
            above.chmod(above.stat().st_mode | 0o055) if above != Path("/") else None
    data, socket = place / "data", place / "socket"
    subprocess.run([*user, "mkdir", str(socket)], check=True)
    subprocess.run([*user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "bench"], check=True, capture_output=True)
    settings = (
        f"-c listen_addresses='' -c unix_socket_directories={socket} -c shared_buffers=512MB -c work_mem=256MB -c jit=off -c fsync=off"
    )
    start = [*user, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(place / "log"), "-o", settings, "start"]
    subprocess.run(start, check=True, capture_output=True)
    try:
        began = time.perf_counter()
        lines = ["CREATE EXTENSION postgis;"]
        for name in ("house", "parcel", "zone"):
            lines.append(f"CREATE UNLOGGED TABLE raw_{name} (id text, wkb text); COPY raw_{name} FROM '{folder}/flat_{name}.csv' CSV;")
            lines.append(f"CREATE UNLOGGED TABLE {name} AS SELECT id, ST_GeomFromWKB(decode(wkb, 'hex')) g FROM raw_{name};")
            lines.append(f"CREATE INDEX ON {name} USING gist (g); ANALYZE {name};")
        for name in ("parcel", "zone"):
            lines.append(
                f"CREATE UNLOGGED TABLE on_{name} AS SELECT h.id house, o.id other, ST_Area(ST_Intersection(h.g, o.g)) m2 "
                f"FROM house h JOIN {name} o ON ST_Intersects(h.g, o.g);"
            )
        command = [*user, str(binaries / "psql"), "-q", "-h", str(socket), "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1"]
        subprocess.run(command, input="\n".join(lines), text=True, check=True, capture_output=True)
        return time.perf_counter() - began
    finally:
        subprocess.run([*user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], check=False, capture_output=True)
        shutil.rmtree(place, ignore_errors=True)


def exact(folder: Path, houses: int = 20_000) -> float:
    """The largest difference in m² between the compiled loops and GEOS on some houses."""
    from jiadi.geo import overlay  # noqa: PLC0415

    house = pl.read_parquet(folder / "house.parquet").head(houses)
    parcel = pl.read_parquet(folder / "parcel.parquet")
    near = parcel.filter(pl.col("id").str.slice(1).cast(pl.Int64) < houses)
    both = []
    for many in (0, 10**9):  # as many as make it compiled, and as none
        overlay.MANY, kept = many, overlay.MANY
        try:
            both.append(overlay.largest_parcel(house["geometry"], house["id"], near["geometry"], near["id"]).sort("house_id", "parcel_id"))
        finally:
            overlay.MANY = kept
    assert both[0]["parcel_id"].equals(both[1]["parcel_id"])
    return float((both[0]["overlap_m2"] - both[1]["overlap_m2"]).abs().max())  # type: ignore[arg-type]


def edited(folder: Path, times: int = 200) -> list[float]:
    """Seconds of one edited house over ground that is kept."""
    from jiadi.geo import many, overlay  # noqa: PLC0415
    from jiadi.geo.measure import LocalPlane  # noqa: PLC0415

    house, parcel, zone = (pl.read_parquet(folder / f"{name}.parquet") for name in ("house", "parcel", "zone"))
    plane = LocalPlane(county.WEST + county.SIDE_DEG / 2, county.SOUTH + county.SIDE_DEG / 2)
    land, zones = many.ground_of(parcel["geometry"], parcel["id"], plane), many.ground_of(zone["geometry"], zone["id"], plane)
    about = overlay.told_of(zone, zones.order)
    seconds = []
    for row in np.random.default_rng(5).integers(0, house.height, times + 1).tolist():
        began = time.perf_counter()
        overlay.edited(house["geometry"][row], house["id"][row], land, zones, about)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--houses", type=int, default=1_000_000)
    asked.add_argument("--zones", type=int, default=5000)
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--dir", type=Path)
    asked.add_argument("--duckdb", metavar="PYTHON")
    asked.add_argument("--postgis", metavar="BIN", type=Path)
    options = asked.parse_args()
    folder = options.dir or Path(tempfile.mkdtemp(prefix="overlay-"))
    if not (folder / "zone.parquet").exists():
        county.write(folder, options.houses, options.zones)
    ours = [run(OURS, folder, sys.executable) for _ in range(options.repeat + 1)][1:]
    middle = statistics.median(second for second, _ in ours)
    print(f"jiadi             {middle:8.2f} s  ({min(ours)[0]:.2f} to {max(ours)[0]:.2f})  {max(mb for _, mb in ours):.0f} MB")
    one = sorted(edited(folder))
    print(f"one edited house  {statistics.median(one) * 1000:8.2f} ms (95 of 100 below {one[int(len(one) * 0.95)] * 1000:.2f})")
    print(f"against GEOS      {exact(folder):.1e} m² at most, 20,000 houses")
    if options.duckdb or options.postgis:
        flat(folder)
    if options.duckdb:
        seconds, memory = run(DUCKDB, folder, options.duckdb)
        print(f"DuckDB spatial    {seconds:8.2f} s  {memory:.0f} MB, {seconds / middle:.1f} times as long")
    if options.postgis:
        seconds = postgis(options.postgis, folder)
        print(f"PostGIS           {seconds:8.2f} s, {seconds / middle:.1f} times as long")


if __name__ == "__main__":
    main()
