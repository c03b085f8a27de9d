"""An invented county for the overlay: houses, parcels and zones with very many corners, as GeoParquet.

python bench/county.py DIR [--houses 1000000] [--zones 5000]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

Floats = npt.NDArray[np.float64]
WEST, SOUTH, SIDE_DEG = 118.3, 28.6, 0.75
M = 1 / 111_000
KINDS = ("permanent_basic_farmland", "ecological_red_line", "river_range", "water_source")
CORNERS_PER_ZONE = 1960


def places(random: np.random.Generator, houses: int) -> tuple[Floats, Floats]:
    """Middles of parcels, in villages of about 240, each a small grid of its own slope."""
    parcels = houses * 6 // 10
    villages = max(parcels // 240, 1)
    x, y = WEST + SIDE_DEG * random.random(villages), SOUTH + SIDE_DEG * random.random(villages)
    village = np.arange(parcels) % villages
    place = np.arange(parcels) // villages
    across = int((parcels / villages) ** 0.5)
    u, v = (place % across - across / 2) * 17.0, (place // across - across / 2) * 19.0
    slope = random.uniform(0, np.pi, villages)[village]
    return x[village] + (u * np.cos(slope) - v * np.sin(slope)) * M, y[village] + (u * np.sin(slope) + v * np.cos(slope)) * M


def blocks(x: Floats, y: Floats, wide: Floats, high: Floats, slope: Floats, bitten: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Turned rectangles, some with a corner bitten out; metres about a middle in degrees."""
    whole = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, 1], [-1, 1], [-1, -1]]) / 2
    l_form = np.array([[-1, -1], [1, -1], [1, 1], [0, 1], [0, 0], [-1, 0], [-1, -1]]) / 2
    corner = np.where(bitten[:, None, None], l_form, whole) * np.stack([wide, high], axis=1)[:, None, :]
    turned = np.stack([corner[..., 0] * np.cos(slope)[:, None] - corner[..., 1] * np.sin(slope)[:, None],
                       corner[..., 0] * np.sin(slope)[:, None] + corner[..., 1] * np.cos(slope)[:, None]], axis=-1)  # fmt: skip
    points = turned * M + np.stack([x, y], axis=1)[:, None, :]
    out = np.empty(len(x), dtype=object)
    out[bitten] = shapely.polygons(points[bitten])
    out[~bitten] = shapely.polygons(points[~bitten][:, [0, 1, 2, 3, 6]])
    return out


def zones(random: np.random.Generator, many: int) -> pl.DataFrame:
    """Ragged shapes of 20 to 15,000 corners in four layers; those of the last one lie over each other."""
    corners = np.clip(random.lognormal(6.9, 1.15, many), 20, 15_000)
    corners = (corners * CORNERS_PER_ZONE / corners.mean()).clip(20, 15_000).astype(int)
    shapes = []
    for count in corners:
        angle = np.sort(random.uniform(0, 2 * np.pi, count))
        wave = sum(random.uniform(0, 0.12) * np.sin(k * angle + random.uniform(0, 6.3)) for k in (2, 3, 5, 9, 17))
        reach = random.uniform(100, 900) * (1 + wave + random.uniform(-0.01, 0.01, count))
        x, y = WEST + SIDE_DEG * random.random(), SOUTH + SIDE_DEG * random.random()
        shapes.append(shapely.Polygon(np.column_stack([x + reach * np.cos(angle) * M, y + reach * np.sin(angle) * M])))
    kind = np.array(KINDS)[np.minimum(np.arange(many) % 5, 3)]
    day = pl.Series(random.integers(1990, 2024, many)).cast(pl.String) + "-06-01"
    return pl.DataFrame({
        "id": [f"Z{k:06}" for k in range(many)], "zone_kind": kind, "zone_class": np.where(kind == "water_source", "first", ""),
        "designated_on": day.str.to_date(), "geometry": shapely.to_wkb(np.array(shapes)),
    })  # fmt: skip


def write(folder: Path, houses: int, many_zones: int, seed: int = 7) -> None:
    """Write house.parquet, parcel.parquet and zone.parquet; geometry is WKB in EPSG:4490."""
    random = np.random.default_rng(seed)
    x, y = places(random, houses)
    slope = random.uniform(0, 0.3, len(x))
    wide, high = random.uniform(11, 17.5, len(x)), random.uniform(12, 19.5, len(x))
    parcel = blocks(x, y, wide, high, slope, random.random(len(x)) < 0.1)
    of = np.r_[np.arange(len(x)), random.integers(0, len(x), houses - len(x))]
    shift = random.normal(0, 1.5, (2, houses)) * M
    house = blocks(x[of] + shift[0], y[of] + shift[1], wide[of] * random.uniform(0.4, 0.95, houses),
                   high[of] * random.uniform(0.4, 0.95, houses), slope[of], random.random(houses) < 0.2)  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, letter, shapes in (("house", "H", house), ("parcel", "P", parcel)):
        frame = pl.DataFrame({"id": [f"{letter}{k:07}" for k in range(len(shapes))], "geometry": shapely.to_wkb(shapes)})
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=False)
    zones(random, many_zones).write_parquet(folder / "zone.parquet", compression="zstd", statistics=False)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("dir", type=Path)
    asked.add_argument("--houses", type=int, default=1_000_000)
    asked.add_argument("--zones", type=int, default=5000)
    options = asked.parse_args()
    write(options.dir, options.houses, options.zones)
