"""What the files as delivered prove of floor areas and of the marks of the safety screening (建筑面积与排查特征)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.survey.sample.draw import Bools, Ints
from jiadi.survey.sample.truth_links import Links

LACKS, MAYBE, YES = 0, 1, 2
MARKS_MIN = 3


def screening(survey: pl.DataFrame, houses: pl.DataFrame) -> Ints:
    """Whether enough of the four marks hold of each house (排查特征).

    Args:
        survey: the house list, after gaps and dirt.
        houses: of the register, with the row of their survey.

    Returns:
        (houses,) LACKS, MAYBE or YES.
    """
    columns = ("masonry", "construction", "hollow_slab", "no_ties", "storeys_added")
    rows = survey.select(columns).with_row_index("survey").with_columns(pl.col("survey").cast(pl.Int64))
    facts = houses.join(rows, on="survey", how="left", maintain_order="left")
    slab = (pl.col("construction") == "brick_precast") | (pl.col("hollow_slab") == "yes")
    marks = facts.select(pl.col("masonry") == "hollow", slab.alias("slab"), *(pl.col(name) == "yes" for name in columns[3:]))
    certain = marks.select(pl.sum_horizontal(pl.all().fill_null(False))).to_series().to_numpy()
    possible = marks.select(pl.sum_horizontal(pl.all().fill_null(True))).to_series().to_numpy()
    return np.where(certain >= MARKS_MIN, YES, np.where(possible >= MARKS_MIN, MAYBE, LACKS)).astype(np.int64)


def of_parcels(lists: dict[str, pl.DataFrame], links: Links, of_parcel: Ints, main: Bools, in_doubt: Bools) -> Ints:
    """Whether the floor of each parcel's main houses exceeds what its approval names (超建筑面积).

    Args:
        lists: after gaps and dirt.
        links: what they prove.
        of_parcel: (houses,) row of the parcel, -1 for none.
        main: (houses,) whether it is a main house.
        in_doubt: (parcels,) whether an approval may be for it and none is.

    Returns:
        (parcels,) LACKS, MAYBE or YES.
    """
    size = lists["parcel"].height
    granted = lists["approval"].select("approved_floor_area_m2", "approved_area_m2", "approved_on").with_row_index("left")
    pairs = links.approval_parcel.filter("sure").join(granted.with_columns(pl.col("left").cast(pl.Int64)), on="left")
    ranked = pairs.with_columns(has=pl.col("approved_area_m2").is_not_null()).sort("has", "approved_on", "approved_area_m2", "left")
    limit = np.full(size, np.nan)
    limit[ranked["right"].to_numpy()] = ranked["approved_floor_area_m2"].cast(pl.Float64).to_numpy()
    rows = lists["house"].select("floor_area_m2").with_row_index("survey").with_columns(pl.col("survey").cast(pl.Int64))
    floor = links.houses.join(rows, on="survey", how="left", maintain_order="left")["floor_area_m2"].cast(pl.Float64).to_numpy()
    counted = np.flatnonzero(main & (of_parcel >= 0))
    known, unknown = np.zeros(size), np.zeros(size, dtype=bool)
    np.add.at(known, of_parcel[counted], np.rint(np.nan_to_num(floor[counted]) * 100))
    np.logical_or.at(unknown, of_parcel[counted], np.isnan(floor[counted]))
    over = known > np.rint(np.nan_to_num(limit, nan=np.inf) * 100)
    named = ~np.isnan(limit)
    open_question = (named & unknown) | (in_doubt & ((known > 0) | unknown))
    return np.select([named & over, open_question], [YES, MAYBE], LACKS).astype(np.int64)
