"""Likely pairs of what no rule could link (可能的关联), by probability; they wait for a person and change nothing.

The weights are data (`evidence.yaml`), not learnt on each run: the same rows give the same pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from jiadi.register.tables import PAIRS, Delivery, Linked
from jiadi.survey.link import keys
from jiadi.survey.review.side import FEATURES, evidence, rows_of, side, tables_of

AT_ONCE = 10_000_000
"""Pairs of rows of one village, of which few are weighed, that are asked at the same time."""
ROWS_AT_ONCE = 1_500_000
"""Rows that may be a partner, over several kinds, that are laid ready at the same time."""
STATE = "candidate"
"""State of such a pair: neither linked nor doubtful, so that it changes no fact."""


def candidates(delivery: Delivery, linked: Linked) -> pl.DataFrame:
    """Likely pairs of rows that have no link (可能的关联).

    Args:
        delivery: checked lists.
        linked: their links so far; rows with a link of the kind are not asked for.

    Returns:
        Frame of PAIRS: state `candidate`, score the probability (0 to 1), at most five a left row;
        pairs that are doubtful already are left out.

    >>> from jiadi.survey.link import houses, link
    >>> from datetime import date
    >>> first, pairs = houses(Delivery())
    >>> candidates(Delivery(), link(Delivery(), first, pairs, None, date(2025, 6, 30))).height
    0
    """
    told = (
        pl.concat([*_by_kinds(delivery, linked), _of_members(delivery, linked)])
        .group_by("kind", "left_id", "right_id")
        .agg(pl.col("score").max())
    )
    doubted = linked.pairs.select("kind", "left_id", "right_id")
    asked = told.join(linked.pairs.filter(state="linked"), on=["kind", "left_id"], how="anti")
    ranked = asked.sort(["score", "right_id"], descending=[True, False]).group_by("kind", "left_id", maintain_order=True)
    best = ranked.head(evidence()["most"]).with_columns(pl.lit(STATE).alias("state"), pl.lit("likely").alias("reason"))
    new = best.join(doubted, on=["kind", "left_id", "right_id"], how="anti")
    return new.select(pl.col(name).cast(kind) for name, kind in PAIRS.items()).sort("kind", "left_id", "right_id")


def _by_kinds(delivery: Delivery, linked: Linked) -> Iterator[pl.DataFrame]:
    """Likely pairs of all kinds: of a small county at once, of a large one some kinds after the others, so that few rows lie ready."""
    ready: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    for kind in evidence()["kinds"]:
        both = _rest(kind, delivery, linked) if kind != "house_footprint" else None
        if both is not None and sum(right.height for _, right in [*ready, both]) > ROWS_AT_ONCE and ready:
            yield _predicted(*map(pl.concat, zip(*ready, strict=True)))
            ready = []
        ready += [both] if both is not None else []
    if ready:
        yield _predicted(*map(pl.concat, zip(*ready, strict=True)))


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={name: PAIRS[name] for name in ("kind", "left_id", "right_id", "score")})


def _of_members(delivery: Delivery, linked: Linked) -> pl.DataFrame:
    """Houses whose owner is somebody of a household though not its head: that household, and its parcels."""
    name, village = keys.name_key("name").alias("name"), pl.col("village_code").alias("village")
    persons = keys.listed(delivery, "person").select(name, village, pl.col("household_code").alias("right_id")).drop_nulls().unique()
    few = keys.without_crowds(persons).filter(pl.len().over("name", "village") <= evidence()["most"])
    owners = linked.houses.select(
        pl.col("id").alias("left_id"), keys.name_key("owner_name").alias("name"), pl.col("division_code").alias("village")
    )
    homes = owners.drop_nulls().join(few, on=["name", "village"]).select("left_id", "right_id").unique()
    of_parcel = linked.pairs.filter(kind="parcel_household").select(pl.col("left_id").alias("parcel_id"), "right_id")
    land = homes.join(of_parcel, on="right_id").select("left_id", pl.col("parcel_id").alias("right_id")).unique()
    score = pl.lit(evidence()["of_member"], dtype=pl.Float64).alias("score")
    return pl.concat([
        homes.select(pl.lit("house_household").alias("kind"), "left_id", "right_id", score),
        land.select(pl.lit("house_parcel").alias("kind"), "left_id", "right_id", score),
    ])  # fmt: skip


def compared(kind: str) -> list[str]:
    """What a kind of link compares (对照项).

    >>> compared("right_household")
    ['name', 'number']
    """
    return [name for name in FEATURES if name in evidence()["kinds"][kind]]


def _rest(kind: str, delivery: Delivery, linked: Linked) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Rows of a kind without a link, and those of their villages on the other side; None where one side has none."""
    left_table, right_table = tables_of(kind)
    sure = linked.pairs.filter(kind=kind, state="linked")
    left = side(kind, 0, rows_of(left_table, delivery, linked)).join(sure, left_on="id", right_on="left_id", how="anti")
    right = side(kind, 1, rows_of(right_table, delivery, linked))
    alone = kind in evidence()["one_to_one"]
    left = left.filter(pl.col("village").is_not_null()).with_columns(free=pl.lit(True) if alone else pl.lit(None, dtype=pl.Boolean))
    free = ~pl.col("id").is_in(sure["right_id"].implode()) if alone else pl.lit(None, dtype=pl.Boolean)
    right = right.join(left, on="village", how="semi").with_columns(free=free)
    if left.is_empty() or right.is_empty():
        return None
    blocked = [pl.lit(kind).alias("kind"), pl.concat_str(pl.lit(kind), "village", separator="|").alias("block")]
    return _sounded(left).with_columns(blocked), _sounded(right).with_columns(blocked)


def _sounded(rows: pl.DataFrame) -> pl.DataFrame:
    """With the pinyin of the name: names that sound alike were often written down by ear."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  its tables take half a second, and often nothing is left to be compared

    letters = rows["name"].drop_nulls().str.split("").explode().drop_nulls().unique()
    sounds = {letter: "".join(lazy_pinyin(letter)) for letter in letters if letter}
    if not sounds:  # nobody is named
        return rows.with_columns(sound=pl.col("name"))
    return rows.with_columns(sound=pl.col("name").str.replace_many(list(sounds), list(sounds.values())))


def _predicted(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """kind, left_id, right_id, score of pairs of one kind and village that are likely enough.

    Pairs do not reach beyond a village, so villages are asked in batches: memory is that of a batch, whatever the county.
    """
    sizes = left.group_by("block").len("lefts").join(right.group_by("block").len("rights"), on="block").sort("block")
    pairs = (pl.col("lefts").cast(pl.Int64) * pl.col("rights")).cum_sum()
    batches = sizes.select("block", batch=pairs // AT_ONCE).partition_by("batch", maintain_order=True)
    found = [_weighed(*(rows.join(batch, on="block", how="semi", maintain_order="left") for rows in (left, right))) for batch in batches]
    return pl.concat([_nothing(), *found])


def _weighed(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """What `_predicted` gives, of one batch."""
    from splink import DuckDBAPI, Linker, SettingsCreator  # noqa: PLC0415  only where something is left to ask
    from splink.blocking_rule_library import CustomRule  # noqa: PLC0415

    database = DuckDBAPI()
    tables = [
        database.register(rows.with_row_index("number_of_row").drop("id", "kind", "village").to_arrow(), dataset_display_name=name)
        for name, rows in (("a_left", left), ("b_right", right))
    ]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="number_of_row",
        comparisons=[_comparison(name) for name in evidence()["levels"]],
        blocking_rules_to_generate_predictions=[CustomRule(f"l.block = r.block AND {one}") for one in evidence()["blocks"]],
        probability_two_random_records_match=evidence()["prior"],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    found = Linker(tables, settings, log_level=None).inference.predict(threshold_match_probability=evidence()["least"])
    frame = pl.from_arrow(found.as_pyarrow_table())  # type: ignore[no-untyped-call]
    assert isinstance(frame, pl.DataFrame)
    of_left, of_right = left[frame["number_of_row_l"]], right[frame["number_of_row_r"]]
    score = frame["match_probability"].cast(pl.Float64).round(4)
    return pl.DataFrame({"kind": of_left["kind"], "left_id": of_left["id"], "right_id": of_right["id"], "score": score})


def _comparison(name: str) -> dict[str, Any]:
    unknown = {"sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL", "label_for_charts": "unknown", "is_null_level": True}
    levels = [
        {"sql_condition": one["when"], "label_for_charts": one["when"], "m_probability": one["m"], "u_probability": one["u"]}
        for one in evidence()["levels"][name]
    ]
    return {"output_column_name": name, "comparison_levels": [unknown, *levels]}
