"""Linking 关联: rows of departments' lists joined into houses, households and their pairs.

Each pair has a kind, a state, a score and a reason; what cannot be told is listed as doubtful, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from jiadi.register.tables import Delivery, Linked, lean
from jiadi.survey.link import approvals as approvals_
from jiadi.survey.link import keys, owners, parcels, people, remarks, slips, through
from jiadi.survey.link.merge import houses

__all__ = ["KINDS", "Decide", "counts", "households", "houses", "link"]

KINDS: dict[str, str] = {
    "house_footprint": "house",
    "house_parcel": "house",
    "house_household": "house",
    "parcel_household": "parcel",
    "right_parcel": "right",
    "right_household": "right",
    "approval_parcel": "approval",
    "approval_household": "approval",
    "member_person": "member",
    "aid_person": "aid",
}
"""Kinds of link 关联种类 and the list that the left side comes from."""


def households(delivery: Delivery, on: date) -> pl.DataFrame:
    """One row a household of the register on a day (户表), as `people.households` makes it.

    >>> households(Delivery(), date(2025, 6, 30)).height
    0
    """
    return people.households(keys.listed(delivery, "person"), on)


Decide = Callable[[str, pl.DataFrame], pl.DataFrame]
"""Kind of link and its CANDIDATES → those that stand."""


def as_found(kind: str, candidates: pl.DataFrame) -> pl.DataFrame:
    """Nobody decided anything (无人工决定).

    >>> as_found("right_parcel", keys.no_pairs()).height
    0
    """
    return candidates


def link(
    delivery: Delivery,
    houses: pl.DataFrame,
    house_pairs: pl.DataFrame,
    overlaps: pl.DataFrame | None,
    on: date,
    decide: Decide = as_found,
) -> Linked:
    """Link the lists of a delivery (关联).

    Args:
        delivery: checked lists; any may be missing, then nothing is linked to it.
        houses: first result of `houses`.
        house_pairs: second result of `houses`.
        overlaps: house_id, parcel_id, share (0 to 1), overlap_m2, outside_m2 of every house and parcel
            that overlap; None where nothing was drawn.
        on: day for which it is told who is alive and registered.
        decide: what a person decided of a kind of link, before other kinds build on it.

    Returns:
        Houses, households, pairs and remarks, each in an order of its own that does not depend on
        the order of the input.

    >>> first, pairs = houses(Delivery())
    >>> link(Delivery(), first, pairs, None, date(2025, 6, 30)).pairs.height
    0
    """
    land = keys.listed(delivery, "parcel")
    register = people.register(keys.listed(delivery, "person"), on, slips.of_list(delivery, "person"))
    links = _links(delivery, houses, overlaps, register, decide)
    claims = through.house_footprint(houses, links["house_parcel"])
    pairs = [house_pairs, keys.of_kind("house_footprint", claims), *(keys.of_kind(kind, found) for kind, found in links.items())]
    placed = _placed(houses, links["house_parcel"], land)
    told = remarks.remarks(delivery, houses, links["house_parcel"], overlaps)
    del links, register, claims  # millions of pairs are held once while they are sorted
    return Linked(placed, people.households(keys.listed(delivery, "person"), on), _ordered(pairs), told)


def _ordered(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """All pairs, by kind and ids; the parts are let go."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    table = pl.concat(parts)
    parts.clear()
    place = table["kind"].replace_strict(order, return_dtype=pl.Int8)
    return table.sort(place, "left_id", "right_id")


def _links(
    delivery: Delivery, houses: pl.DataFrame, overlaps: pl.DataFrame | None, register: people.Register, decide: Decide
) -> dict[str, pl.DataFrame]:
    """Candidates of each kind but house_footprint."""
    land, rights, approvals = (keys.listed(delivery, name) for name in ("parcel", "right", "approval"))
    links = {"right_parcel": decide("right_parcel", parcels.of_rights(rights, land))}
    codes = parcels.codes_of_ledger(rights, land, links["right_parcel"])
    hints = {name: slips.of_list(delivery, name) for name in ("right", "approval", "member", "aid")}
    found: dict[str, Callable[[], pl.DataFrame]] = {
        "house_parcel": lambda: parcels.of_houses(houses, land, parcels.overlap_pairs(overlaps), codes),
        "right_household": lambda: people.to_household(people.holders(rights, hints["right"]), register),
        "approval_household": lambda: people.to_household(people.holders(approvals, hints["approval"]), register),
        "member_person": lambda: people.to_person(people.members(keys.listed(delivery, "member"), hints["member"]), register),
        "aid_person": lambda: people.to_person(people.members(keys.listed(delivery, "aid"), hints["aid"]), register),
        "parcel_household": lambda: through.parcel_household(land, links["right_parcel"], links["right_household"], register),
        "approval_parcel": lambda: approvals_.of_approvals(approvals, rights, land, links, codes),
        "house_household": lambda: owners.house_household(houses, land, rights, links, register),
    }
    for kind, work in found.items():
        links[kind] = decide(kind, work())
    return links


def _placed(houses: pl.DataFrame, house_parcel: pl.DataFrame, land: pl.DataFrame) -> pl.DataFrame:
    """Houses whose village was not known take that of the parcel they are linked to."""
    village = land.select(pl.col("id").alias("right_id"), pl.col("village_code").alias("parcel_village"))
    on_parcel = keys.only(house_parcel, "linked").join(village, on="right_id").select(pl.col("left_id").alias("id"), "parcel_village")
    coarse = pl.col("division_code").is_null() | pl.col("division_code").str.ends_with("000")
    finer = pl.when(coarse).then(pl.coalesce("parcel_village", "division_code")).otherwise("division_code")
    placed = houses.join(on_parcel, on="id", how="left").with_columns(finer.alias("division_code")).select(houses.columns)
    return lean(placed.sort("id"))


def counts(linked: Linked, delivery: Delivery) -> dict[str, dict[str, int]]:
    """How many rows are linked, doubtful or unlinked, by kind of link (关联统计).

    Args:
        linked: as `link` gives it.
        delivery: what was linked.

    Returns:
        Kind → linked, doubtful, unlinked: numbers of left rows, summing to all of them.

    >>> first, pairs = houses(Delivery())
    >>> counts(link(Delivery(), first, pairs, None, date(2025, 6, 30)), Delivery())["right_parcel"]
    {'linked': 0, 'doubtful': 0, 'unlinked': 0}
    """
    states = linked.pairs.group_by("kind", "left_id").agg((pl.col("state") == "linked").any().alias("linked"))
    tallies = {
        kind: (n_linked, n_all) for kind, n_linked, n_all in states.group_by("kind").agg(pl.col("linked").sum(), pl.len()).iter_rows()
    }
    result = {}
    for kind, name in KINDS.items():
        rows = linked.houses.height if name == "house" else keys.listed(delivery, name).height
        sure, paired = tallies.get(kind, (0, 0))
        result[kind] = {"linked": sure, "doubtful": paired - sure, "unlinked": rows - paired}
    return result
