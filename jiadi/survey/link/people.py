"""Links to persons and households (关联到人和户): by resident ID, else by name within the village."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from jiadi.register.schema import TABLES
from jiadi.register.tables import frame_schema
from jiadi.survey.link import keys, slips


@dataclass(frozen=True, slots=True)
class Register:
    """The household register as links look into it (户籍索引).

    Args:
        persons: one row a person: id, household, name, village, number, hint, is_current.
        heads: living heads 在世户主: household, name, village, number; no row repeats.
    """

    persons: pl.DataFrame
    heads: pl.DataFrame


def register(persons: pl.DataFrame, on: date, hints: pl.DataFrame | None = None) -> Register:
    """Index the household register as it stands on a day (户籍索引).

    Args:
        persons: list `person`.
        on: a person who died or moved away by then is not current; a missing date is neither.
        hints: of the list, see `slips`; None for none.

    Returns:
        See `Register`.

    >>> from jiadi.register.tables import Delivery
    >>> rows = {"id": ["A/张三"], "household_code": ["A"], "name": ["张三"], "relation": ["head"], "village_code": ["330802005001"]}
    >>> persons = keys.listed(Delivery({"person": pl.DataFrame(rows)}), "person")
    >>> register(persons, date(2025, 6, 30)).heads.rows()
    [('A', '张三', '330802005001', None)]
    """
    village = pl.coalesce("village_code", keys.code_village("household_code", keys.HOUSEHOLD_CODE))
    hinted = slips.beside(persons, hints)
    table = persons.select(
        "id",
        pl.col("household_code").alias("household"),
        keys.name_key("name").alias("name"),
        village.alias("village"),
        keys.number_key(persons["id_number"]).alias("number"),
        hinted.alias("hint"),
        current(on).alias("is_current"),
        (pl.col("relation") == "head").fill_null(False).alias("is_head"),
    )
    heads = table.filter(pl.col("is_head") & pl.col("is_current")).select("household", "name", "village", "number").unique()
    return Register(table, heads)


def current(on: date) -> pl.Expr:
    """Whether a person of the register is alive and has not moved away on a day (在册且在世).

    >>> days = pl.DataFrame({"died_on": [None, date(2020, 1, 1)], "valid_to": [None, None]}, schema_overrides={"valid_to": pl.Date})
    >>> days.select(current(date(2025, 6, 30)).alias("is_current"))["is_current"].to_list()
    [True, False]
    """
    died = (pl.col("died_on") <= on).fill_null(False)
    left = (pl.col("valid_to") <= on).fill_null(False)
    return ~died & ~left


def households(persons: pl.DataFrame, on: date) -> pl.DataFrame:
    """One row a household, with its head and its size on a day (户表).

    Args:
        persons: list `person`.
        on: the day.

    Returns:
        Columns of `household` with provenance of the head's row, sorted by id. `size` counts those
        who are alive and have not moved away. A head who died serves only where no other is left.

    >>> from jiadi.register.tables import Delivery
    >>> rows = {"id": ["A/张三"], "household_code": ["A"], "name": ["张三"], "relation": ["head"], "village_code": ["330802005001"]}
    >>> persons = keys.listed(Delivery({"person": pl.DataFrame(rows)}), "person")
    >>> households(persons, date(2025, 6, 30)).select("id", "head_name", "size").rows()
    [('A', '张三', 1)]
    """
    village = pl.coalesce("village_code", keys.code_village("household_code", keys.HOUSEHOLD_CODE)).alias("village_code")
    table = persons.with_columns(village, current(on).alias("is_current"))
    size = table.group_by("household_code").agg(
        pl.col("is_current").sum().cast(pl.Int32).alias("size"), pl.col("village_code").drop_nulls().min().alias("village_code")
    )
    order = ["household_code", "is_current", "name", "id_number", "id"]
    heads = (
        table.filter(pl.col("relation") == "head")
        .sort(order, descending=[False, True, False, False, False], nulls_last=True)
        .unique("household_code", keep="first", maintain_order=True)
        .select("household_code", pl.col("name").alias("head_name"), pl.col("id_number").alias("head_id"), "source_id", "source_row")
    )
    joined = size.join(heads, on="household_code", how="left").with_columns(pl.col("household_code").alias("id"))
    return joined.select(list(frame_schema(TABLES["household"]))).sort("id")


def to_household(left: pl.DataFrame, people: Register) -> pl.DataFrame:
    """Households of holders or applicants (权利人、申请人所在户).

    By resident ID, whoever of the household has it; by name and an ID that a slip has broken; else by name and village against living
    heads, two that both have an ID being different persons. A holder whose ID is on no register
    and who has no namesake without ID is an outsider and gets no pair.

    Args:
        left: id, name, village, number (as `keys` makes them), hint; each may be missing.
        people: the register.

    Returns:
        CANDIDATES: right_id is a household.

    >>> from jiadi.register.tables import Delivery
    >>> rows = {"id": ["A/张三"], "household_code": ["A"], "name": ["张三"], "relation": ["head"], "village_code": ["330802005001"]}
    >>> persons = keys.listed(Delivery({"person": pl.DataFrame(rows)}), "person")
    >>> holder = pl.DataFrame({"id": ["r"], "name": ["张三"], "village": ["330802005001"]})
    >>> holder = holder.with_columns(number=pl.lit(None, pl.String), hint=pl.lit(None, pl.String))
    >>> to_household(holder, register(persons, date(2025, 6, 30))).rows()
    [('r', 'A', 'linked', 0.8, 'head_name')]
    """
    persons = people.persons.with_columns(pl.col("household").alias("right_id"))
    by_number = _by_number(left, persons)
    rest = left.join(by_number, left_on="id", right_on="left_id", how="anti")
    by_slip = slips.pairs(rest, persons)
    rest = rest.join(by_slip, left_on="id", right_on="left_id", how="anti")
    return keys.stack(
        [
            keys.grade(by_number, 1.0, "id", "id_in_several_households"),
            keys.grade(by_slip, 0.95, "id_slip", "id_slip_of_several"),
            keys.grade(_namesakes(rest, people.heads.rename({"household": "right_id"})), 0.8, "head_name", "several_namesakes"),
        ]
    )


def to_person(left: pl.DataFrame, people: Register) -> pl.DataFrame:
    """Persons of the register that a roll or list names (名册对应的户籍人口).

    By resident ID; by name and an ID that a slip has broken; else, where one side has none, by name and village if that is unique on both
    sides among those whom no ID has brought together.

    Args:
        left: id, name, village, number, hint; each may be missing.
        people: the register.

    Returns:
        CANDIDATES: right_id is a person.

    >>> from jiadi.register.tables import Delivery
    >>> rows = {"id": ["A/张三"], "household_code": ["A"], "name": ["张三"], "relation": ["head"], "village_code": ["330802005001"]}
    >>> persons = keys.listed(Delivery({"person": pl.DataFrame(rows)}), "person")
    >>> member = pl.DataFrame({"id": ["m"], "name": ["张三"], "village": ["330802005001"]})
    >>> member = member.with_columns(number=pl.lit(None, pl.String), hint=pl.lit(None, pl.String))
    >>> to_person(member, register(persons, date(2025, 6, 30))).rows()
    [('m', 'A/张三', 'linked', 0.8, 'name')]
    """
    persons = people.persons.with_columns(pl.col("id").alias("right_id"))
    by_number = _by_number(left, persons)
    rest = left.join(by_number, left_on="id", right_on="left_id", how="anti")
    free = persons.join(by_number, on="right_id", how="anti")
    by_slip = slips.pairs(rest, free)
    rest = rest.join(by_slip, left_on="id", right_on="left_id", how="anti")
    taken = persons.join(pl.concat([by_number, by_slip]), on="right_id", how="semi")
    named = _namesakes(rest, persons.join(taken, on="right_id", how="anti"))
    rivals = named.select("right_id", (pl.len().over("right_id") > 1).alias("is_contested")).unique()
    graded = keys.grade(named, 0.8, "name", "several_namesakes").join(rivals, on="right_id", how="left")
    contested = pl.col("is_contested")
    # Whose only namesake is on the list already, by ID, may be that person once more.
    again = _namesakes(rest.join(named, left_on="id", right_on="left_id", how="anti"), taken)
    return keys.stack(
        [
            keys.grade(by_number, 1.0, "id", "id_of_several_persons"),
            keys.grade(by_slip, 0.95, "id_slip", "id_slip_of_several"),
            graded.with_columns(
                pl.when(contested).then(pl.lit("doubtful")).otherwise("state").alias("state"),
                pl.when(contested).then(pl.lit("several_namesakes")).otherwise("reason").alias("reason"),
            ),
            keys.grade(again, 0.4, "listed_twice", "listed_twice").with_columns(pl.lit("doubtful").alias("state")),
        ]
    )


def _by_number(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """left_id, right_id of equal IDs; of several those of the same name come first, then those in force."""
    known = right.filter(pl.col("number").is_not_null()).select("number", "right_id", "is_current", pl.col("name").alias("other"))
    pairs = left.filter(pl.col("number").is_not_null()).join(known, on="number")
    for better in ((pl.col("name") == pl.col("other")).fill_null(False), pl.col("is_current")):
        pairs = pairs.filter(better | ~better.any().over("id"))
    return pairs.select(pl.col("id").alias("left_id"), "right_id")


def _namesakes(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Same name in the same village, unless both sides have an ID: those differ, or they would have met before."""
    pairs = left.filter(pl.col("name").is_not_null() & pl.col("village").is_not_null()).join(
        keys.without_crowds(right.select("right_id", "name", "village", pl.col("number").alias("other"))), on=["name", "village"]
    )
    return pairs.filter(pl.col("number").is_null() | pl.col("other").is_null()).select(pl.col("id").alias("left_id"), "right_id")


def holders(frame: pl.DataFrame, hints: pl.DataFrame | None = None) -> pl.DataFrame:
    """Holders or applicants of a list with the keys by which they are compared (权利人键).

    Args:
        frame: list `right` or `approval`.
        hints: of the list, see `slips`; None for none.

    Returns:
        id, name, village, number, hint.

    >>> from jiadi.register.tables import Delivery
    >>> holders(keys.listed(Delivery(), "right")).columns
    ['id', 'name', 'village', 'number', 'hint']
    """
    return _compared(frame, "holder_name", "holder_id", hints)


def members(frame: pl.DataFrame, hints: pl.DataFrame | None = None) -> pl.DataFrame:
    """Persons of a list with the keys by which they are compared (名册键).

    Args:
        frame: list `member` or `aid`.
        hints: of the list, see `slips`; None for none.

    Returns:
        id, name, village, number, hint.

    >>> from jiadi.register.tables import Delivery
    >>> members(keys.listed(Delivery(), "member")).columns
    ['id', 'name', 'village', 'number', 'hint']
    """
    return _compared(frame, "name", "id_number", hints)


def _compared(frame: pl.DataFrame, name: str, number: str, hints: pl.DataFrame | None) -> pl.DataFrame:
    return frame.select(
        "id",
        keys.name_key(name).alias("name"),
        pl.col("village_code").alias("village"),
        keys.number_key(frame[number]).alias("number"),
        slips.beside(frame, hints).alias("hint"),
    )
