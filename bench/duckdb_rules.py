"""The rules of Quzhou once more, as SQL for DuckDB: the same facts, and the law as dated data in a table.

`law_table` writes out every figure that the rules read: figure, division, class, first day, day on which it ends, value or
word. No day and no figure stands in the SQL. A row of facts finds its figure by division, class and day of building, or by
the day of judging where the figure is dated so. Like OpenFisca's, these rules know no unknowns, so neither do the facts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import duckdb
import numpy as np
import polars as pl
from facts import COUNTY, GRADES, JUDGED_ON, LAND_CLASSES, OBTAINED, VACANCY, ZONES, Columns

from jiadi.law import LawSet

FIGURES = (
    *("period_effect", "approval_required", "several_homesteads_max", "homestead_standard_m2", "over_area_tolerance_m2", "storeys_max"),
    *("overlap_tolerance_m2", "zone_rule_in_force", "road_strip_m", "old_house_removal_required"),
)
EPOCH = np.datetime64("1970-01-01")
BEGINNING, END = -(10**6), 10**6
"""Days before and after all others."""

TABLES = """
CREATE OR REPLACE TABLE divided AS SELECT * FROM law_frame;
CREATE OR REPLACE TABLE house AS SELECT *, code AS division_code FROM house_frame, county;
CREATE OR REPLACE TABLE parcel AS SELECT *, code AS division_code FROM parcel_frame, county;
CREATE OR REPLACE TABLE household AS SELECT *, code AS division_code FROM household_frame, county;
CREATE OR REPLACE TABLE zone AS SELECT * FROM zone_frame;
CREATE OR REPLACE TABLE weight AS SELECT * FROM (VALUES
    ('none', 0), ('can_be_regularised', 1), ('historic', 2), ('unlawful', 8)) AS listed(word, weight);
CREATE OR REPLACE TABLE zone_rule AS SELECT * FROM (VALUES
    ('on_farmland', 'permanent_basic_farmland', NULL), ('in_red_line', 'ecological_red_line', NULL),
    ('in_river_range', 'river_range', NULL), ('in_water_source', 'water_source', 'first'),
    ('in_no_build_area', 'plan_class', 'prohibited')) AS listed(code, kind, class);
"""

# The nearest division of the law that holds a place gives its figures; they are those of its own, else of one around it.
FIND = """
CREATE OR REPLACE TABLE law AS
    SELECT place.division_code, divided.* EXCLUDE (division)
    FROM (SELECT known.division_code, arg_max(divided.division, length(divided.division)) AS division
          FROM (SELECT DISTINCT division_code FROM house UNION SELECT DISTINCT division_code FROM parcel
                UNION SELECT DISTINCT division_code FROM household) AS known
          JOIN divided ON divided.division = '00' OR starts_with(known.division_code, divided.division)
          GROUP BY known.division_code) AS place
    JOIN divided USING (division);
CREATE OR REPLACE TABLE today AS SELECT * FROM law WHERE $on >= starts AND $on < ends;

CREATE OR REPLACE TABLE of_house AS
SELECT 'built_without_approval' AS code, house.row AS house, weight.weight
    FROM house
    JOIN law AS asked ON asked.figure = 'approval_required' AND asked.division_code = house.division_code
        AND house.built >= asked.starts AND house.built < asked.ends AND asked.value = 1
    JOIN law AS effect ON effect.figure = 'period_effect' AND effect.class = 'built_without_approval'
        AND effect.division_code = house.division_code AND house.built >= effect.starts AND house.built < effect.ends
    JOIN weight ON weight.word = effect.word
    WHERE main_building AND NOT has_approval AND effect.word <> 'none'
UNION ALL
SELECT 'over_storeys', house.row, 8
    FROM house
    JOIN law AS most ON most.figure = 'storeys_max' AND most.division_code = house.division_code
        AND house.built >= most.starts AND house.built < most.ends
    WHERE main_building AND storeys > most.value
UNION ALL
SELECT 'old_house_not_removed', house.row, 8
    FROM house JOIN today ON figure = 'old_house_removal_required' AND today.division_code = house.division_code AND value = 1
    WHERE must_be_removed
UNION ALL SELECT 'dangerous', row, 0 FROM house WHERE safety_grade IN ('C', 'D')
UNION ALL SELECT 'idle', row, 0 FROM house WHERE vacancy = 'all_year'
UNION ALL
SELECT zone_rule.code, house.row, 8
    FROM zone
    JOIN zone_rule ON zone_rule.kind = zone.kind AND (zone_rule.class IS NULL OR zone_rule.class = zone.zone_class)
    JOIN house ON house.row = zone.house
    JOIN today ON today.figure = 'overlap_tolerance_m2' AND today.division_code = house.division_code
    JOIN law AS ban ON ban.figure = 'zone_rule_in_force' AND ban.class = zone.kind AND ban.division_code = house.division_code
        AND house.built >= ban.starts AND house.built < ban.ends AND ban.value = 1
    WHERE overlap_m2 > today.value AND NOT built < designated_on
    GROUP BY zone_rule.code, house.row
UNION ALL
SELECT 'in_hazard_zone', house.row, max(CASE WHEN ban.value = 1 AND NOT built < designated_on THEN 8 ELSE 0 END)
    FROM zone
    JOIN house ON house.row = zone.house
    JOIN today ON today.figure = 'overlap_tolerance_m2' AND today.division_code = house.division_code
    LEFT JOIN law AS ban ON ban.figure = 'zone_rule_in_force' AND ban.class = zone.kind AND ban.division_code = house.division_code
        AND house.built >= ban.starts AND house.built < ban.ends
    WHERE zone.kind = 'hazard' AND overlap_m2 > today.value
    GROUP BY house.row
UNION ALL
SELECT 'in_road_strip', house.row, 8
    FROM zone
    JOIN house ON house.row = zone.house
    JOIN law AS strip ON strip.figure = 'road_strip_m' AND strip.class = zone.zone_class AND strip.division_code = house.division_code
        AND house.built >= strip.starts AND house.built < strip.ends
    WHERE zone.kind = 'road' AND distance_m < strip.value AND NOT built < designated_on
    GROUP BY house.row;

CREATE OR REPLACE TABLE of_parcel AS
SELECT 'over_area' AS code, parcel.row AS parcel, weight.weight
    FROM parcel
    JOIN today AS tolerance ON tolerance.figure = 'over_area_tolerance_m2' AND tolerance.division_code = parcel.division_code
    JOIN law AS standard ON standard.figure = 'homestead_standard_m2' AND standard.class = parcel.land_class
        AND standard.division_code = parcel.division_code AND parcel.built >= standard.starts AND parcel.built < standard.ends
    JOIN law AS effect ON effect.figure = 'period_effect' AND effect.class = 'over_area'
        AND effect.division_code = parcel.division_code AND parcel.built >= effect.starts AND parcel.built < effect.ends
    JOIN weight ON weight.word = effect.word
    WHERE has_main_house AND area_m2 > approved_area_m2 + tolerance.value AND area_m2 > standard.value + tolerance.value
        AND effect.word <> 'none'
UNION ALL
SELECT 'built_more_than_approved', parcel.row, weight.weight
    FROM parcel
    JOIN today AS tolerance ON tolerance.figure = 'over_area_tolerance_m2' AND tolerance.division_code = parcel.division_code
    JOIN law AS effect ON effect.figure = 'period_effect' AND effect.class = 'built_more_than_approved'
        AND effect.division_code = parcel.division_code AND parcel.built >= effect.starts AND parcel.built < effect.ends
    JOIN weight ON weight.word = effect.word
    WHERE has_main_house AND has_approved_area AND area_m2 > approved_area_m2 + tolerance.value AND effect.word <> 'none'
UNION ALL
SELECT 'held_by_non_member', row, 2 FROM parcel WHERE has_main_house AND NOT holder_is_member AND obtained <> 'inheritance';

CREATE OR REPLACE TABLE of_household AS
SELECT 'several_homesteads' AS code, household.row AS household, weight.weight
    FROM household
    JOIN today AS most ON most.figure = 'several_homesteads_max' AND most.division_code = household.division_code
    JOIN law AS effect ON effect.figure = 'period_effect' AND effect.class = 'several_homesteads'
        AND effect.division_code = household.division_code AND household.built >= effect.starts AND household.built < effect.ends
    JOIN weight ON weight.word = effect.word
    WHERE homesteads > most.value AND NOT homesteads_counted <= most.value
UNION ALL SELECT 'household_extinct', row, 0 FROM household WHERE persons_living < 1;

CREATE OR REPLACE TABLE verdict AS
SELECT house.row, CASE greatest(coalesce(own.weight, 0), coalesce(land.weight, 0), coalesce(people.weight, 0))
        WHEN 8 THEN 'unlawful' WHEN 2 THEN 'historic' WHEN 1 THEN 'can_be_regularised' ELSE 'lawful' END AS verdict
    FROM house
    LEFT JOIN (SELECT house, max(weight) AS weight FROM of_house GROUP BY house) AS own ON own.house = house.row
    LEFT JOIN (SELECT parcel, max(weight) AS weight FROM of_parcel GROUP BY parcel) AS land ON land.parcel = house.parcel
    LEFT JOIN (SELECT household, max(weight) AS weight FROM of_household GROUP BY household) AS people
        ON people.household = house.household;
"""


def law_table(law: LawSet) -> pl.DataFrame:
    """The figures that the rules read: figure, division, class, starts, ends, value, word; days since 1970-01-01, the end left out."""
    return pl.DataFrame(
        [row for figure in FIGURES for row in _figure(law, figure)],
        schema={"figure": str, "division": str, "class": str, "starts": int, "ends": int, "value": int, "word": str},
        orient="row",
    )


def _figure(law: LawSet, figure: str) -> Iterator[tuple[Any, ...]]:
    array = law.array(figure)
    edges = [BEGINNING, *(int((np.datetime64(day) - EPOCH).astype(int)) for day in law.breakpoints), END]
    cells = list(product(*(enumerate(words) for words in array.parameter.index.values())))
    for (place, division), cell in product(enumerate(law.divisions), cells):
        where = tuple(position for position, _ in cell)
        held = [None if array.missing[place, piece, *where] else int(array.values[place, piece, *where]) for piece in range(len(edges) - 1)]
        first = 0
        for piece in range(1, len(held) + 1):
            if piece < len(held) and held[piece] == held[first]:
                continue
            value = held[first]
            if value is not None:
                word = array.parameter.words[value] if array.parameter.words else None
                yield figure, division, "/".join(text for _, text in cell), edges[first], edges[piece], value, word
            first = piece


def _frame(columns: Columns, words: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    """Columns with their row; words as an enumeration."""
    frame = pl.DataFrame({"row": np.arange(len(next(iter(columns.values()))), dtype=np.int32), **columns})
    listed = [
        pl.col(name).replace_strict(list(range(len(known))), list(known), return_dtype=pl.Enum(known)) for name, known in words.items()
    ]
    return frame.with_columns(listed)


def _zones(zone: Columns, classes: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    kinds = list(ZONES)
    frame = _frame(zone, {"kind": tuple(kinds)})
    known = [[*classes.get(kind, ())] for kind in kinds]
    named = [known[kind][place] if known[kind] else None for kind, place in zip(zone["kind"], zone["zone_class"], strict=True)]
    return frame.with_columns(pl.Series("zone_class", named, dtype=pl.String))


def measure(held: dict[str, Columns], classes: dict[str, tuple[str, ...]], law: LawSet, repeat: int) -> dict[str, Any]:
    """Judge the facts in memory so many times (the first left out): seconds, verdicts and findings, as `openfisca_rules` gives them."""
    base = duckdb.connect(config={"threads": 2})
    frames = {
        "house_frame": _frame(held["house"], {"safety_grade": GRADES, "vacancy": VACANCY}),
        "parcel_frame": _frame(held["parcel"], {"land_class": LAND_CLASSES, "obtained": OBTAINED}),
        "household_frame": _frame(held["household"], {}),
        "zone_frame": _zones(held["zone"], classes),
        "law_frame": law_table(law),
        "county": pl.DataFrame({"code": [COUNTY]}),
    }
    for name, frame in frames.items():
        base.register(name, frame.to_arrow())
    base.execute(TABLES)
    judged_on = int((np.datetime64(JUDGED_ON) - EPOCH).astype(int))
    statements, seconds = [text for text in FIND.split(";") if text.strip()], []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        for text in statements:
            base.execute(text, {"on": judged_on} if "$on" in text else None)
        seconds.append(time.perf_counter() - began)
    verdicts = base.execute("SELECT verdict, count(*) FROM verdict GROUP BY verdict").fetchall()
    parts = " UNION ALL ".join(f"SELECT code FROM {table}" for table in ("of_house", "of_parcel", "of_household"))
    findings = base.execute(f"SELECT code, count(*) FROM ({parts}) GROUP BY code").fetchall()
    base.close()
    return {"seconds": seconds[1:], "verdicts": dict(sorted(verdicts)), "findings": dict(sorted(findings))}
