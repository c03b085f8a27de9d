"""An invented judged county, made from nothing but the agreed shapes of the frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from shapely import affinity

from jiadi.codes import division
from jiadi.register.tables import PAIRS, Delivery, Linked

VERDICTS = ("lawful", "can_be_regularised", "historic", "unlawful", "to_be_verified")
KINDS = (
    ("over_area", "parcel", "can_be_regularised", 15820, 12500, 3320, "m2", 100, "area_standard", "3308", "land_55", "paid_use,regularise"),
    ("in_road_strip", "house", "unlawful", 312, 1000, 688, "m", 100, "road_strip_width", "33", "road_26", "demolish"),
    ("built_without_approval", "house", "historic", None, None, None, None, None, None, None, "land_62", "regularise"),
    ("several_homesteads", "household", "unlawful", 2, 1, 1, "homestead", 1, "homesteads_limit", "00", "land_62", "return_homestead"),
    ("idle", "house", "none", None, None, None, None, None, None, None, "land_62", "reuse"),
)
FINDING_COLUMNS = (
    "code",
    "subject",
    "effect",
    "measured",
    "limit",
    "excess",
    "unit",
    "scale",
    "parameter",
    "limit_division",
    "citation",
    "remedy",
)
STANDARD = {"zh": "宅基地面积标准", "en": "homestead area standard"}
LIMITS = ("area_standard", "road_strip_width", "homesteads_limit")
MESSAGES = {
    "over_area": {
        "zh": "宗地面积{measured}，标准{limit}，超出{excess}。",
        "en": "The parcel measures {measured}, the standard is {limit}; {excess} too much.",
    }
}
SURNAMES = "赵钱孙李周吴郑王"
FINDINGS = {
    "subject": pl.String,
    "id": pl.String,
    "code": pl.String,
    "effect": pl.String,
    "measured": pl.Int64,
    "limit": pl.Int64,
    "excess": pl.Int64,
    "unit": pl.String,
    "scale": pl.Int64,
    "parameter": pl.String,
    "limit_division": pl.String,
    "limit_from": pl.Date,
    "citation": pl.String,
    "verify": pl.Boolean,
    "exception": pl.String,
    "remedy": pl.String,
    "zone_id": pl.String,
}
UNKNOWNS = {"subject": pl.String, "id": pl.String, "code": pl.String, "needs": pl.String}
TAKEN = {"house_id": pl.String, "subject": pl.String, "id": pl.String, "code": pl.String}


@dataclass
class InventedLaw:
    """What the report asks of a law set."""

    name: str = "quzhou"
    version: str = "2025.1"
    sha256: str = "5f" * 32
    title: dict[str, str] = field(default_factory=lambda: {"zh": "衢州市", "en": "Quzhou"})
    sample: bool = False
    parameters: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(LIMITS, SimpleNamespace(title=STANDARD)))

    def cite(self, citation_id: str, lang: str = "zh") -> str:
        document, article = citation_id.rsplit("_", 1)
        return f"《{document}》第{article}条" if lang == "zh" else f"{document} art. {article}"


def villages(count: int) -> list[str]:
    """Real villages, spread over the townships of two counties' list, in the order of their codes."""
    known = [one.code for one in division.table().values() if one.level == "village" and one.code.startswith("330802")]
    return known[:: max(1, len(known) // count)][:count]


def _homes(rows: int, places: list[str], rng: np.random.Generator) -> pl.DataFrame:
    """Ids, codes and positions; a village is a few lanes of houses along a valley."""
    of_village = np.sort(rng.integers(0, len(places), rows))
    serial = np.arange(rows) - np.searchsorted(of_village, of_village)
    middle = np.column_stack([118.72 + 0.34 * rng.random(len(places)), 28.84 + 0.28 * rng.random(len(places))])
    turn = rng.uniform(0, np.pi, len(places))
    along, across = (serial % 23 - 11) * 24.0 + rng.normal(0, 2, rows), (serial // 23) * 30.0 + rng.normal(0, 2, rows)
    c, s = np.cos(turn[of_village]), np.sin(turn[of_village])
    x = middle[of_village, 0] + (along * c - across * s) / 97_000
    y = middle[of_village, 1] + (along * s + across * c) / 111_000
    codes = [places[village] for village in of_village]
    return pl.DataFrame(
        {
            "id": [f"{code}-{number + 1:05d}" for code, number in zip(codes, serial, strict=True)],
            "household_id": [f"{code}H{number // 2 + 1:05d}" for code, number in zip(codes, serial, strict=True)],
            "parcel_id": [f"{code[:6]}{code[6:9]}{code[9:]}JC{number + 1:05d}" for code, number in zip(codes, serial, strict=True)],
            "village_code": codes,
            "division_code": codes,
            "x": x,
            "y": y,
            "turn": np.degrees(turn[of_village]),
        }
    )


def _shape(x: float, y: float, turn: float, size: float, bent: bool) -> bytes:
    """A house of `size` metres by a little less; a bent one has an L."""
    plan = [(0, 0), (size, 0), (size, size * 0.5), (size * 0.6, size * 0.5), (size * 0.6, size * 0.8), (0, size * 0.8)]
    local = shapely.Polygon(plan if bent else [(0, 0), (size, 0), (size, size * 0.8), (0, size * 0.8)])
    turned = affinity.rotate(local, turn, origin=(0, 0))
    placed: shapely.Polygon = affinity.translate(affinity.scale(turned, 1 / 97_000, 1 / 111_000, origin=(0, 0)), x, y)
    return shapely.to_wkb(placed)


def _detail(homes: pl.DataFrame, rng: np.random.Generator, drawn: bool) -> pl.DataFrame:
    rows = homes.height
    shapes = [_shape(x, y, turn, 11.0, number % 3 == 0) for number, (x, y, turn) in enumerate(homes.select("x", "y", "turn").iter_rows())]
    without = rng.random(rows) < 0.06
    return homes.select("id", "village_code", "division_code").with_columns(
        pl.Series("survey_code", homes["id"]),
        pl.Series("owner_name", [SURNAMES[n % 8] + "秘密" + str(n) for n in range(rows)]),
        pl.Series("house_number", [f"{n % 97 + 1}号" for n in range(rows)]),
        pl.Series("built_year", rng.integers(1955, 2025, rows), dtype=pl.Int16),
        pl.Series("built_month", np.where(rng.random(rows) < 0.3, 6, 0), dtype=pl.Int8).replace(0, None),
        pl.Series("storeys", rng.integers(1, 5, rows), dtype=pl.Int32),
        pl.Series("use", rng.choice(["residence", "annex"], rows)),
        pl.Series("structure", rng.choice(["mixed", "brick_wood", "reinforced_concrete"], rows)),
        pl.Series("vacancy", rng.choice(["in_use", "all_year"], rows)),
        pl.Series("safety_grade", rng.choice(["A", "B", "unappraised"], rows)),
        pl.Series("base_area_m2", np.round(rng.uniform(60, 170, rows), 2)),
        pl.Series("floor_area_m2", np.round(rng.uniform(120, 420, rows), 2)),
        pl.Series("geometry", [None if no or not drawn else shape for no, shape in zip(without, shapes, strict=True)], dtype=pl.Binary),
        pl.Series("footprint_id", [None if no or not drawn else f"F{n:07d}" for n, no in enumerate(without)], dtype=pl.String),
        pl.Series("source_id", np.full(rows, 0), dtype=pl.Int32),
        pl.Series("source_row", np.arange(rows) + 3, dtype=pl.Int32),
    )


def _findings(homes: pl.DataFrame, verdicts: list[str], rng: np.random.Generator, found: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of houses that are neither lawful nor to be verified, and which house takes in which."""
    subjects = {"house": "id", "parcel": "parcel_id", "household": "household_id"}
    rows, taken = {}, []
    for number, (home, verdict) in enumerate(zip(homes.iter_rows(named=True), verdicts, strict=True)):
        fitting = [kind for kind in KINDS if kind[2] == verdict] + ([KINDS[4]] if found and rng.random() < 0.1 else [])
        for kind in fitting[: 1 + number % 2]:
            values = dict(zip(FINDING_COLUMNS, kind, strict=True))
            values["id"] = home[subjects[values["subject"]]]
            rows[(values["subject"], values["id"], values["code"])] = values | {
                "limit_from": date(2021, 11, 1),
                "verify": values["code"] == "in_road_strip",
                "exception": None,
                "zone_id": "Z1" if values["code"] == "in_road_strip" else None,
            }
    frame = pl.DataFrame(list(rows.values()), schema=FINDINGS)
    for subject, column in subjects.items():
        of_subject = frame.filter(pl.col("subject") == subject).select("subject", "id", "code")
        of_house = homes.select(pl.col("id").alias("house_id"), pl.col(column).alias("subject_id"))
        taken.append(of_subject.join(of_house, left_on="id", right_on="subject_id"))
    return frame, pl.concat(taken).select("house_id", "subject", "id", "code")


def invent(rows: int = 500, seed: int = 7, places: int = 24, drawn: bool = True, found: bool = True) -> Any:
    """A judged county.

    Args:
        rows: houses.
        seed: of all that is drawn by chance.
        places: villages.
        drawn: whether houses and parcels have shapes.
        found: whether anything was found; if not, every house is lawful.
    """
    rng = np.random.default_rng(seed)
    homes = _homes(rows, villages(places), rng)
    verdicts = list(rng.choice(VERDICTS, rows, p=[0.48, 0.17, 0.12, 0.08, 0.15])) if found else ["lawful"] * rows
    detail = _detail(homes, rng, drawn)
    findings, taken = _findings(homes, verdicts, rng, found)
    waiting = homes.filter(pl.Series(verdicts) == "to_be_verified")
    unknowns = waiting.select(
        pl.lit("house").alias("subject"),
        "id",
        pl.lit("built_without_approval").alias("code"),
        pl.lit("has_approval,approval_coverage").alias("needs"),
    )
    judged = homes.select("id", "division_code", "village_code", "household_id", "parcel_id").with_columns(
        pl.Series("verdict", verdicts, dtype=pl.String)
    )
    judgement = SimpleNamespace(
        houses=judged,
        findings=findings,
        unknowns=unknowns.cast(UNKNOWNS),
        house_findings=taken.cast(TAKEN),
        rules={code: SimpleNamespace(message=message) for code, message in MESSAGES.items()},
        proposals=_proposals(judged),
        house_unknowns=unknowns.select(pl.col("id").alias("house_id"), "subject", "id", "code").cast(TAKEN),
    )
    return SimpleNamespace(
        delivery=_delivery(homes, rng, drawn),
        linked=Linked(houses=detail, households=pl.DataFrame(), pairs=_pairs(homes), problems=pl.DataFrame()),
        judgement=judgement,
        law=InventedLaw(),
        on=date(2025, 6, 30),
    )


def _proposals(judged: pl.DataFrame) -> pl.DataFrame:
    word = pl.when(pl.col("verdict") == "unlawful").then(pl.lit("demolish")).otherwise(pl.lit("keep"))
    return judged.select(
        pl.col("id").alias("house_id"),
        word.alias("remedy"),
        pl.lit(None, pl.String).alias("then"),
        pl.lit(None, pl.Int64).alias("price_fen"),
    )


def _pairs(homes: pl.DataFrame) -> pl.DataFrame:
    return homes.select(
        pl.lit("right_parcel").alias("kind"),
        pl.col("parcel_id").alias("left_id"),
        pl.col("parcel_id").alias("right_id"),
        pl.lit("linked").alias("state"),
        pl.lit(1.0).alias("score"),
        pl.lit("code").alias("reason"),
    ).cast(PAIRS)


def _delivery(homes: pl.DataFrame, rng: np.random.Generator, drawn: bool) -> Delivery:
    land = [_shape(x - 3e-5, y - 3e-5, turn, 16.0, False) for x, y, turn in homes.select("x", "y", "turn").iter_rows()]
    numbers = pl.Series("source_row", np.arange(homes.height) + 1, dtype=pl.Int32)
    parcels = homes.select(pl.col("parcel_id").alias("id"), "village_code").with_columns(
        pl.Series("geometry", land if drawn else [None] * homes.height, dtype=pl.Binary),
        pl.lit(1, dtype=pl.Int32).alias("source_id"),
        numbers,
    )
    rights = homes.select(pl.col("parcel_id").alias("id")).with_columns(
        pl.lit("33080219760315123X").alias("holder_id"), pl.lit(2, dtype=pl.Int32).alias("source_id"), numbers
    )
    sources = pl.DataFrame(
        {
            "source_id": [0, 1, 2],
            "file": ["农房调查.xlsx", "宗地.shp", "宅基地台账.xlsx"],
            "sheet": ["农房", "", "余东村"],
            "table": ["house", "parcel", "right"],
            "sha256": ["", "", ""],
        },
        schema_overrides={"source_id": pl.Int32},
    )
    return Delivery(tables={"parcel": parcels, "right": rights, "zone": _zones(drawn)}, sources=sources)


def _zones(drawn: bool) -> pl.DataFrame:
    """A road and a river through the county, and the farmland beside."""
    lines = {
        "road": [(118.7, 28.9), (118.85, 28.97), (118.95, 28.96), (119.08, 29.08)],
        "river_range": [(118.7, 29.05), (118.82, 29.0), (118.93, 29.03), (119.08, 28.9)],
        "permanent_basic_farmland": [(118.8, 28.88), (118.95, 28.9)],
    }
    widths = {"road": 2e-4, "river_range": 1e-3, "permanent_basic_farmland": 6e-3}
    shapes = [shapely.LineString(line).buffer(widths[kind]).wkb for kind, line in lines.items()]
    return pl.DataFrame(
        {
            "id": ["Z1", "Z2", "Z3"],
            "zone_kind": list(lines),
            "zone_class": ["county", None, None],
            "zone_name": ["柯航线", "常山港", None],
            "geometry": shapes if drawn else [None] * 3,
        },
        schema_overrides={"geometry": pl.Binary},
    )


@pytest.fixture(scope="session")
def county() -> Any:
    """500 houses."""
    return invent()


@pytest.fixture(scope="session")
def make() -> Callable[..., Any]:
    """The maker of invented counties."""
    return invent
