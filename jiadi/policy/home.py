"""Whether a house is the only home of its household, and whether that household is in hardship (唯一住房与困难家庭)."""

from __future__ import annotations

import numpy as np
import polars as pl

from jiadi.policy.coverage import covered
from jiadi.policy.lists import Lists
from jiadi.policy.rows import marked
from jiadi.policy.table import Block, Column, positions
from jiadi.policy.vocabulary import VOCABULARY


def of_houses(lists: Lists, house: Block) -> None:
    """Put `sole_home` of each house into its facts (唯一住房): the only main building that is linked to its household.

    An outbuilding is nobody's home. Without a household it is not known.

    Args:
        lists: the linked delivery.
        house: facts of houses, with `main_building`; filled.
    """
    need = 2 + VOCABULARY["house"]["sole_home"].needs.index("household_link")
    household = lists.household_of_house
    main = house.columns["main_building"].low == 1
    homes = np.bincount(household[main & (household >= 0)], minlength=lists.household.height + 1)
    answer = np.where(~main, 0, np.where(household < 0, need, (homes[household] == 1).astype(np.int8))).astype(np.int8)
    house.columns["sole_home"] = Column(answer, answer)


def of_households(lists: Lists, block: Block) -> None:
    """Put `hardship` of each household into its facts (困难家庭): one of it receives aid on the day of judging.

    Where the list of aid covers the place, who is not on it receives none; a doubtful row may be theirs.

    Args:
        lists: the linked delivery.
        block: facts of households; filled where a list of aid was handed in.
    """
    if lists.aid.is_empty():
        return
    need = np.int8(2 + VOCABULARY["household"]["hardship"].needs.index("aid_link"))
    on = pl.lit(lists.on)
    begun, ended = (pl.col("valid_from") > on).fill_null(False), (pl.col("valid_to") <= on).fill_null(False)
    rows = lists.aid.select(~begun & ~ended).to_series().to_numpy()
    household = positions(lists.person.select(pl.col("household_code").alias("id")), "id", lists.household["id"])
    size = block.size
    helped = {}
    for state in ("linked", "doubtful"):
        pairs = lists.pairs.of("aid_person", state)
        current = pairs.filter(pl.Series(rows[pairs["left"].to_numpy()], dtype=pl.Boolean))
        own = household[current["right"].to_numpy()]
        helped[state] = marked(own[own >= 0], size)
    covering = covered(lists.delivery.coverage, "aid", lists.divisions, on=lists.on)[block.division]
    answer = np.where(helped["linked"], np.int8(1), np.where(helped["doubtful"] | ~covering, need, np.int8(0))).astype(np.int8)
    block.columns["hardship"] = Column(answer, answer)
