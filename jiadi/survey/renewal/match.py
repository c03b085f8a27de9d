"""Which row of a newer list is which row of an older one (同一行的认定): by what it says, never by where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely

from jiadi.codes import person
from jiadi.register.schema import TABLES, Table


@dataclass(frozen=True, slots=True)
class Step:
    """One way to know a row again (认定步骤).

    Args:
        keys: columns that must all be filled and equal, and name one row alone on either side.
        guarded: rows of which both have an own key, but different ones, are different rows.
        near: their shapes must touch; feature codes are numbered anew by some programs.
    """

    keys: tuple[str, ...]
    guarded: bool = True
    near: bool = False


OWN_KEY = {
    "house": "survey_code",
    "parcel": "parcel_code",
    "right": "parcel_code",
    "approval": "approval_code",
    "zone": "zone_code",
    "person": "id_18",
    "member": "id_18",
    "aid": "id_18",
    "account": "household_code",
    "holder": "id_18",
}
"""The column that names a row among all others of its list; the first step of each."""
_NAMED = (Step(("name", "village_code")), Step(("name", "village_name")))
STEPS: dict[str, tuple[Step, ...]] = {
    "house": (
        Step(("unit_code", "owner_name")),
        Step(("unit_code",)),
        Step(("geometry",)),
        Step(("feature_code",), near=True),
        Step(("owner_name", "village_code", "house_number")),
        Step(("owner_name", "village_code", "parcel_code")),
        Step(("owner_name", "village_code", "built_year", "base_area_m2")),
        Step(("owner_name", "village_code")),
    ),
    "parcel": (
        Step(("geometry",)),
        Step(("feature_code",), near=True),
        Step(("holder_name", "village_code", "stated_area_m2")),
        Step(("holder_name", "village_code")),
    ),
    "right": (
        Step(("id_18", "village_code")),
        Step(("holder_name", "village_code", "stated_area_m2")),
        Step(("holder_name", "village_code")),
        Step(("holder_name", "village_name")),
    ),
    "approval": (
        Step(("id_18", "approved_on")),
        Step(("holder_name", "village_code", "approved_on")),
        Step(("holder_name", "village_code")),
    ),
    "person": (Step(("household_code", "name"), guarded=False), Step(("household_code", "relation", "valid_from")), *_NAMED),
    "member": _NAMED,
    "aid": (Step(("id_18", "aid_kind", "valid_from")), Step(("name", "village_code", "aid_kind")), *_NAMED),
    "account": (Step(("id_18", "village_code")), Step(("head_name", "village_code"))),
    "holder": (
        Step(("parcel_code", "id_18")),
        Step(("parcel_code", "holder_name")),
        Step(("unit_code", "holder_name")),
        Step(("parcel_code", "order"), guarded=False),
    ),
    "zone": (Step(("zone_kind", "geometry")), Step(("zone_kind", "zone_name", "designated_on")), Step(("zone_kind", "zone_name"))),
}
_CONTENT = "content"


def pairs(name: str, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Rows that are the same (同一行的配对).

    First rows that say the same throughout, then by the list's own key, then step by step by what else names
    a row. A key that several rows share names none of them: those stay apart rather than being mixed up.

    Args:
        name: of the list.
        old, new: frames of the list.

    Returns:
        Frame of `old_at`, `new_at` (row numbers) and `how` (`same`, or the columns that told), sorted by `old_at`.

    >>> one = pl.DataFrame({"id": ["a"], "name": ["余红"], "village_code": ["330802001001"]})
    >>> pairs("member", one, one)["how"].to_list()
    ['same']
    """
    left, right = _keyed(TABLES[name], old), _keyed(TABLES[name], new)
    found = [_same(left, right)]
    for step in (Step((OWN_KEY[name],), guarded=False), *STEPS[name]):
        rest = (
            left.join(found[-1], left_on="at", right_on="old_at", how="anti"),
            right.join(found[-1], left_on="at", right_on="new_at", how="anti"),
        )
        left, right = rest
        found.append(_step(step, OWN_KEY[name], left, right))
    return pl.concat(found).sort("old_at")


def _keyed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with their number, what they say as one text, and resident IDs of 18 places."""
    said = []
    for column in table.columns:
        if column.name in frame.columns:
            value = pl.col(column.name)
            said.append((value.hash(7).cast(pl.String) if column.kind == "geometry" else value.cast(pl.String)).fill_null(""))
    number = next((one for one in ("id_number", "holder_id", "head_id") if one in frame.columns), None)
    id_18 = person.to_18_column(frame.get_column(number)) if number else pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
    keyed = frame.with_columns(pl.concat_str(said, separator="\x1f").alias(_CONTENT), id_18.alias("id_18"))
    return keyed.with_columns(pl.int_range(pl.len()).alias("at"))


def _same(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Rows alike throughout; of several alike it does not matter which is which, as many as there are on both sides."""
    number = pl.int_range(pl.len()).over(_CONTENT).alias("number")
    one, other = (side.select("at", _CONTENT, number) for side in (left, right))
    joined = one.join(other, on=[_CONTENT, "number"], suffix="_new")
    return joined.select(pl.col("at").alias("old_at"), pl.col("at_new").alias("new_at"), pl.lit("same").alias("how"))


def _step(step: Step, own: str, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    keys = list(step.keys)
    if not set(keys) <= set(left.columns) & set(right.columns):
        return _none()
    one, other = (_alone(side, keys, own) for side in (left, right))
    joined = one.join(other, on=keys, suffix="_new", how="inner")
    if step.guarded and own not in keys:
        joined = joined.filter((pl.col(own) == pl.col(f"{own}_new")).fill_null(True))
    if step.near and len(joined):
        joined = joined.filter(_touching(joined))
    return joined.select(pl.col("at").alias("old_at"), pl.col("at_new").alias("new_at"), pl.lit("+".join(keys)).alias("how"))


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"old_at": pl.Int64(), "new_at": pl.Int64(), "how": pl.String()})


def _alone(side: pl.DataFrame, keys: list[str], own: str) -> pl.DataFrame:
    """Rows that their keys name alone."""
    shape = ["geometry"] if "geometry" in side.columns and "geometry" not in keys else []
    held = side.select("at", *keys, *([own] if own not in keys else []), *shape).drop_nulls(keys)
    return held.filter(pl.struct(keys).is_unique()) if len(keys) > 1 else held.filter(pl.col(keys[0]).is_unique())


def _touching(joined: pl.DataFrame) -> pl.Series:
    both = joined.select((pl.col("geometry").is_not_null() & pl.col("geometry_new").is_not_null()).alias("both")).to_series()
    touch = np.zeros(len(joined), dtype=np.bool_)
    at = both.arg_true().to_numpy()
    one, other = (shapely.from_wkb(joined.get_column(name).filter(both).to_numpy()) for name in ("geometry", "geometry_new"))
    touch[at] = shapely.intersects(one, other)
    # Without shapes there is nothing that could tell a renumbered list, so its feature codes are not believed.
    return pl.Series(touch)
