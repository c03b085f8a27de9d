"""What rows of different lists are compared by (关联键): codes, numbers, names within a village."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from jiadi.codes import division, person
from jiadi.register.schema import TABLES
from jiadi.register.tables import PAIRS, Delivery, frame_schema

SURVEY_CODE = r"^[0-9]{12}-"
HOUSEHOLD_CODE = r"^[0-9]{12}H"
MASKED = r"[*?#×○●]|某"
"""What stands in a name of which a part was hidden (张*, 张某某): it names nobody."""
CROWD = 100
"""A name that more than so many rows of one village share is a stand-in (不详, 村集体), not a name."""

Kind = str
CANDIDATES = {"left_id": pl.String(), "right_id": pl.String(), "state": pl.String(), "score": pl.Float64(), "reason": pl.String()}
"""Columns of pairs before their kind is known."""


def listed(delivery: Delivery, name: str) -> pl.DataFrame:
    """A list of the delivery with every column of the schema; no rows where it was not handed in (清单).

    >>> listed(Delivery(), "right").height
    0
    """
    table = TABLES[name]
    frame = delivery.tables.get(name)
    if frame is None:
        return pl.DataFrame(schema=frame_schema(table))
    absent = [pl.lit(None, dtype=kind).alias(column) for column, kind in frame_schema(table).items() if column not in frame.columns]
    return frame.with_columns(absent) if absent else frame


def name_key(column: str) -> pl.Expr:
    """A name as it is compared (姓名比对): after NFKC, without spaces and middle dots; null where nothing is left or a part is hidden.

    >>> pl.DataFrame({"name": ["张　三", "张*", " ", "阿依·古丽"]}).select(name_key("name")).to_series().to_list()
    ['张三', None, None, '阿依古丽']
    """
    key = pl.col(column).str.normalize("NFKC").str.replace_all(r"[\s·•‧・．.]+", "")
    return pl.when((key != "") & ~key.str.contains(MASKED)).then(key)


def without_crowds(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose name tells somebody in their village (可辨姓名的行): shared by no more than CROWD rows.

    >>> without_crowds(pl.DataFrame({"name": ["不详"] * 101 + ["张三"], "village": ["a"] * 102}))["name"].to_list()
    ['张三']
    """
    return frame.filter(pl.len().over("name", "village") <= CROWD)


def number_key(numbers: pl.Series) -> pl.Series:
    """A resident ID as it is compared (证件号码比对): 18 places, whichever form was kept.

    >>> number_key(pl.Series(["330802760315123"])).to_list()
    ['330802197603151233']
    """
    return person.to_18_column(numbers)


def code_village(column: str, pattern: str) -> pl.Expr:
    """The village that a survey or household number begins with (编号中的村代码), null where it has none.

    >>> frame = pl.DataFrame({"survey_code": ["330802005001-00001", "7"]})
    >>> frame.select(code_village("survey_code", SURVEY_CODE)).to_series().to_list()
    ['330802005001', None]
    """
    code = pl.col(column)
    return pl.when(code.str.contains(pattern)).then(code.str.slice(0, division.WIDTH))


def known_division(codes: pl.Series) -> pl.Series:
    """Codes that are division codes, 12 digits; null for the others (有效区划代码).

    >>> known_division(pl.Series(["330802", "000000000000", None])).to_list()
    ['330802000000', None, None]
    """
    return division.pad_column(codes.set(division.check_column(codes).is_not_null(), None))


def unique_code(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Rows whose code stands there and in no other row (编号唯一的行).

    >>> unique_code(pl.DataFrame({"code": ["a", "b", "b", None]}), "code")["code"].to_list()
    ['a']
    """
    filled = frame.filter(pl.col(column).is_not_null())
    return filled.filter(pl.col(column).is_unique())


def no_pairs() -> pl.DataFrame:
    """Pairs of no rows (空关联).

    >>> no_pairs().height
    0
    """
    return pl.DataFrame(schema=CANDIDATES)


def grade(candidates: pl.DataFrame, score: float, reason: str, several: str) -> pl.DataFrame:
    """One candidate is a link, several are a doubt (一个候选为关联，多个为存疑).

    Args:
        candidates: left_id, right_id; may repeat.
        score: of a link, 0 to 1; a doubt shares it among its candidates.
        reason: of a link.
        several: of a doubt.

    Returns:
        One row a left and right id: CANDIDATES.

    >>> grade(pl.DataFrame({"left_id": ["a"], "right_id": ["x"]}), 0.8, "head_name", "several_namesakes")["state"].to_list()
    ['linked']
    """
    pairs = candidates.select("left_id", "right_id").unique()
    count = pl.len().over("left_id")
    return pairs.select(
        "left_id",
        "right_id",
        pl.when(count == 1).then(pl.lit("linked")).otherwise(pl.lit("doubtful")).alias("state"),
        (pl.lit(score) / count).round(4).alias("score"),
        pl.when(count == 1).then(pl.lit(reason)).otherwise(pl.lit(several)).alias("reason"),
    )


def stack(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Pairs of several steps under one another (合并关联).

    >>> stack([no_pairs(), no_pairs()]).height
    0
    """
    return pl.concat([frame.select(list(CANDIDATES)) for frame in frames]) if frames else no_pairs()


def of_kind(kind: Kind, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs with their kind, one row a left and right id, in a fixed order (成表).

    >>> of_kind("house_parcel", no_pairs()).columns
    ['kind', 'left_id', 'right_id', 'state', 'score', 'reason']
    """
    return pairs.select(pl.lit(kind).alias("kind"), *CANDIDATES).select(list(PAIRS)).sort("left_id", "right_id")


def only(pairs: pl.DataFrame, state: str) -> pl.DataFrame:
    """Pairs of one state, "linked" or "doubtful" (按状态取关联).

    >>> only(pl.DataFrame({"left_id": ["a", "b"], "state": ["linked", "doubtful"]}), "linked")["left_id"].to_list()
    ['a']
    """
    return pairs.filter(pl.col("state") == state)
