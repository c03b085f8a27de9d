"""Whether the holder of a homestead is a member of the collective (权利人是否本集体成员)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.codes import person
from jiadi.policy.coverage import covered
from jiadi.policy.grammar import Array
from jiadi.policy.lists import Lists
from jiadi.policy.rows import marked, taken
from jiadi.policy.table import Block, Column
from jiadi.policy.vocabulary import VOCABULARY


def name_key(column: str) -> pl.Expr:
    """A name as it is compared (姓名比对): after NFKC, without spaces; null where nothing is left."""
    key = pl.col(column).str.normalize("NFKC").str.replace_all(r"\s+", "")
    return pl.when(key != "").then(key)


def of_parcels(lists: Lists, block: Block) -> None:
    """Put `holder_is_member` of each parcel into its facts (权利人成员身份).

    The holder named by the parcel's ledger row is a member who is on the roll of the parcel's village on the
    day of judging: by resident ID (the ledger's or that of the person in the household register), or by name
    where the roll's row has no ID and says its village. Who only shares a name with a member who has one may be that member.
    Nobody on a roll that covers the village is no member.
    """
    needs = VOCABULARY["parcel"]["holder_is_member"].needs
    right = lists.right_of_parcel
    member, maybe = _holders(lists)
    is_member, may_be = np.append(member, False)[right], np.append(maybe, False)[right]
    identified = np.append(_identified(lists), False)[right]
    covering = covered(lists.delivery.coverage, "member", lists.divisions, on=lists.on)[block.division]
    answer = is_member.astype(np.int8)
    reasons = (
        ("member_coverage", ~covering),
        ("member_link", may_be),
        ("holder_identity", ~identified),
        ("right_link", right < 0),
    )
    for need, applies in reasons:
        answer[applies & ~is_member] = 2 + needs.index(need)
    block.columns["holder_is_member"] = Column(answer, answer)


def _identified(lists: Lists) -> Array:
    """Ledger rows whose holder is a known person: by ID, or as head of a linked household."""
    known = marked(lists.pairs.of("right_household", "linked")["left"], lists.right.height)
    identified: Array = known | lists.right["holder_id"].is_not_null().to_numpy()
    return identified


def _holders(lists: Lists) -> tuple[Array, Array]:
    """Ledger rows whose holder is on the roll: surely, and perhaps."""
    size = lists.right.height
    roll = _roll(lists)
    parcel = lists.parcel_of_right
    village = pl.coalesce("village_code", taken(lists.parcel["village_code"], parcel).alias("of_parcel"))
    holders = lists.right.select(
        pl.int_range(pl.len(), dtype=pl.Int32).alias("right"),
        pl.Series("number", person.to_18_column(lists.right["holder_id"])),
        name_key("holder_name").alias("name"),
        village.alias("village"),
    )
    by_number = holders.drop_nulls("number").join(roll.drop_nulls("number"), on="number").filter(_NEAR)
    nameless = roll.filter(pl.col("number").is_null()).drop_nulls("name")
    # A name alone tells somebody within a village: where that is not known it may be anybody of the name.
    placed = (pl.col("village") == pl.col("of_roll")).fill_null(False)
    by_name = holders.drop_nulls("name").join(nameless.drop("number"), on="name").filter(_NEAR).with_columns(pl.col("sure") & placed)
    found = pl.concat([by_number.select("right", "sure"), by_name.select("right", "sure"), _through_persons(lists, holders, roll)])
    return marked(found.filter("sure")["right"], size), marked(found["right"], size)


def _roll(lists: Lists) -> pl.DataFrame:
    """Rows of the roll on the day: member, number, name, of_roll (village), sure. Those that ended are left out."""
    on = pl.lit(lists.on)
    began = (pl.col("valid_from") <= on).fill_null(True)
    lasts = (pl.col("valid_to") > on).fill_null(True)
    torn = lists.unreadable("member", "valid_from") | lists.unreadable("member", "valid_to")
    return (
        lists.member.with_row_index("member")
        .with_columns(pl.Series("sure", ~torn), pl.Series("number", person.to_18_column(lists.member["id_number"])))
        .filter(began & lasts)
        .select(pl.col("member").cast(pl.Int32), "number", name_key("name").alias("name"), pl.col("village_code").alias("of_roll"), "sure")
    )


# A roll is that of one collective: whoever is on another village's is no member here.
_NEAR = (pl.col("village") == pl.col("of_roll")).fill_null(True)


def _through_persons(lists: Lists, holders: pl.DataFrame, roll: pl.DataFrame) -> pl.DataFrame:
    """Holders who are a person of their linked household to whom a row of the roll is linked: right, sure."""
    household = pl.DataFrame({"id": lists.household["id"]}).with_row_index("household").with_columns(pl.col("household").cast(pl.Int32))
    persons = (
        lists.person.with_columns(pl.Series("own_number", person.to_18_column(lists.person["id_number"])))
        .with_row_index("person")
        .select(pl.col("person").cast(pl.Int32), pl.col("household_code").alias("id"), name_key("name").alias("name"), "own_number")
        .join(household, on="id")
    )
    linked = lists.pairs.of("right_household", "linked").rename({"left": "right", "right": "household"})
    named = holders.select("right", "name", "village").join(linked, on="right").join(persons, on=["household", "name"])
    pairs = pl.concat([lists.pairs.of("member_person", state) for state in ("linked", "doubtful")]).rename(
        {"left": "member", "right": "person"}
    )
    same = (pl.col("own_number") == pl.col("number")).fill_null(False)
    on_roll = named.join(pairs, on="person").join(roll.select("member", "number", "of_roll", "sure"), on="member").filter(_NEAR)
    return on_roll.select("right", pl.col("sure") & same)
