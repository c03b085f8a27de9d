"""What a perfect linker can tell from the files as delivered (可证关联).

It works on the lists after gaps and dirt: a destroyed cell is null here. Pairs are frames `left`,
`right`, `sure`: row positions, and whether it is a link or one candidate of a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

PAIRS = {"left": pl.Int64, "right": pl.Int64, "sure": pl.Boolean}


@dataclass(slots=True)
class Links:
    """The register that the delivered files give (可证台账).

    Args:
        houses: one row a house: id, survey and footprint (row positions, null where it has none),
            drawn (whether an outline can be used), building, owner, village.
        house_parcel, right_parcel, right_household, parcel_household, approval_household,
        approval_parcel, house_household: pairs; a household is its position in the invented county.
    """

    houses: pl.DataFrame
    house_parcel: pl.DataFrame
    right_parcel: pl.DataFrame
    right_household: pl.DataFrame
    parcel_household: pl.DataFrame
    approval_household: pl.DataFrame
    approval_parcel: pl.DataFrame
    house_household: pl.DataFrame


def provable_links(lists: dict[str, pl.DataFrame], on: date) -> Links:
    """Links that the delivered files prove or leave in doubt (可证关联).

    Args:
        lists: after gaps and dirt.
        on: day of delivery.
    """
    numbered = {name: frame.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64)) for name, frame in lists.items()}
    parcel, right, approval, person = (numbered[name] for name in ("parcel", "right", "approval", "person"))
    houses = register_houses(numbered["house"], numbered["footprint"])
    heads = person.filter((pl.col("relation") == "head") & current(on))
    right_parcel = _right_parcel(right, parcel)
    told = _told_by_ledger(right, parcel, right_parcel)
    house_parcel = _house_parcel(houses, parcel, told)
    right_household = _to_household(right, person, heads)
    approval_household = _to_household(approval, person, heads)
    parcel_household = _parcel_household(parcel, right_parcel, right_household, heads)
    approval_parcel = _approval_parcel(approval, right, parcel, told, approval_household, parcel_household, right_parcel)
    house_household = _house_household(houses, parcel, right, person, heads, house_parcel, right_parcel, right_household, parcel_household)
    return Links(
        houses, house_parcel, right_parcel, right_household, parcel_household, approval_household, approval_parcel, house_household
    )


def current(on: date) -> pl.Expr:
    """Whether a person is alive and has not moved away (在册)."""
    return ~((pl.col("died_on") <= on).fill_null(False) | (pl.col("valid_to") <= on).fill_null(False))


def register_houses(house: pl.DataFrame, footprint: pl.DataFrame) -> pl.DataFrame:
    """Survey rows with their footprints, and the footprints that none of them takes (房屋成表)."""
    drawn = footprint.filter(pl.col("survey_code").is_not_null()).select(
        "survey_code", pl.col("row").alias("footprint"), drawn=~pl.col("_lost")
    )
    surveyed = house.join(drawn, on="survey_code", how="left", maintain_order="left").select(
        pl.col("survey_code").alias("id"),
        pl.col("row").alias("survey"),
        "footprint",
        pl.col("drawn").fill_null(False),
        pl.col("_building").alias("building"),
        pl.col("owner_name").alias("owner"),
        pl.col("village_code").alias("village"),
        pl.col("unit_code").str.slice(0, 19).alias("unit_parcel"),
        pl.col("house_number").alias("place"),
        (pl.col("use") == "annex").fill_null(False).alias("annex"),
    )
    alone = footprint.join(house, on="survey_code", how="anti", maintain_order="left").select(
        pl.col("feature_code").alias("id"),
        pl.lit(None, dtype=pl.Int64).alias("survey"),
        pl.col("row").alias("footprint"),
        (~pl.col("_lost")).alias("drawn"),
        pl.col("_building").alias("building"),
        pl.lit(None, dtype=pl.String).alias("owner"),
        pl.col("survey_code").str.slice(0, 12).alias("village"),
        pl.lit(None, dtype=pl.String).alias("unit_parcel"),
        pl.lit(None, dtype=pl.String).alias("place"),
        pl.lit(False).alias("annex"),
    )
    homestead = pl.concat([house.select("_building", "_homestead"), footprint.select("_building", "_homestead")]).unique("_building")
    joined = pl.concat([surveyed, alone]).join(homestead, left_on="building", right_on="_building", how="left", maintain_order="left")
    return joined.rename({"_homestead": "homestead"}).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


def _graded(candidates: pl.DataFrame) -> pl.DataFrame:
    """One candidate is a link, several are a doubt."""
    return candidates.select("left", "right").unique().with_columns(sure=pl.len().over("left") == 1)


def _house_parcel(houses: pl.DataFrame, parcel: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """By unit code, by drawing (each footprint lies wholly in its parcel); where nothing is drawn by a code that the
    ledger tells, by the house number (each is one parcel's), by the owner's name."""
    coded = parcel.filter(pl.col("parcel_code").is_not_null()).select("parcel_code", pl.col("row").alias("right"))
    by_unit = houses.join(coded, left_on="unit_parcel", right_on="parcel_code").select(pl.col("row").alias("left"), "right")
    place = parcel.select(pl.col("_homestead").alias("homestead"), pl.col("row").alias("right"))
    rest = houses.join(by_unit, left_on="row", right_on="left", how="anti")
    drawn = rest.filter("drawn").join(place, on="homestead").select(pl.col("row").alias("left"), "right")
    undrawn = rest.filter(~pl.col("drawn"))
    by_ledger = undrawn.join(told, left_on="unit_parcel", right_on="parcel_code").select(pl.col("row").alias("left"), "right")
    undrawn = undrawn.join(by_ledger, left_on="row", right_on="left", how="anti")
    placed = _at_number(undrawn, parcel)
    sure = pl.concat([by_unit, drawn, by_ledger, placed.filter("sure").select("left", "right")])
    held = parcel.filter(pl.struct("holder_name", "village_code").is_unique()).rename({"row": "right"})
    lived_in = houses.filter(~pl.col("annex")).join(sure, left_on="row", right_on="left")["right"]
    named = (
        undrawn.join(placed, left_on="row", right_on="left", how="anti")
        .join(held, left_on=["owner", "village"], right_on=["holder_name", "village_code"])
        .filter(pl.col("annex") | ~pl.col("right").is_in(lived_in.implode()))
        .select(pl.col("row").alias("left"), "right")
    )
    return pl.concat([sure.with_columns(sure=pl.lit(True)), placed.filter(~pl.col("sure")), named.with_columns(sure=pl.lit(True))])


def _at_number(undrawn: pl.DataFrame, parcel: pl.DataFrame) -> pl.DataFrame:
    """The parcel at the house's number; a doubt where it is another's and the owner's namesake holds one elsewhere."""
    there = parcel.select(
        pl.col("location").alias("place"), "holder_name", pl.col("village_code").alias("village"), pl.col("row").alias("right")
    )
    found = undrawn.filter(pl.col("place").is_not_null()).join(there.drop_nulls("place"), on=["place", "village"])
    holders = parcel.select(pl.col("holder_name").alias("owner"), pl.col("village_code").alias("village"), holds=pl.lit(True)).drop_nulls()
    asked = found.join(holders.unique(), on=["owner", "village"], how="left")
    elsewhere = ((pl.col("owner") != pl.col("holder_name")) & pl.col("holds")).fill_null(False)
    return asked.select(pl.col("row").alias("left"), "right", sure=~elsewhere)


def _right_parcel(right: pl.DataFrame, parcel: pl.DataFrame) -> pl.DataFrame:
    """By parcel code; else by the holder's name, one row and one parcel that are left over, not both with a code."""
    coded = parcel.filter(pl.col("parcel_code").is_not_null()).select("parcel_code", pl.col("row").alias("right"))
    by_code = right.join(coded, on="parcel_code").select(pl.col("row").alias("left"), "right", sure=pl.lit(True))
    rest = right.join(by_code, left_on="row", right_on="left", how="anti")
    free = parcel.join(by_code, left_on="row", right_on="right", how="anti").select(
        "holder_name", "village_code", pl.col("parcel_code").alias("stands"), pl.col("row").alias("right")
    )
    pairs = rest.join(free, on=["holder_name", "village_code"]).filter(pl.col("parcel_code").is_null() | pl.col("stands").is_null())
    named = pairs.select(pl.col("row").alias("left"), "right")
    alone = (pl.len().over("left") == 1) & (pl.len().over("right") == 1)
    return pl.concat([by_code, named.with_columns(sure=alone)])


def _told_by_ledger(right: pl.DataFrame, parcel: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """parcel_code, right: codes that stand in the ledger row of a parcel and not with the parcel."""
    said = right.filter(pl.col("parcel_code").is_not_null()).select(pl.col("row").alias("left"), "parcel_code")
    bare = parcel.filter(pl.col("parcel_code").is_null()).select(pl.col("row").alias("right"))
    return right_parcel.filter("sure").join(said, on="left").join(bare, on="right").select("parcel_code", "right")


def _to_household(rows: pl.DataFrame, person: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """By resident ID; else by name among the living heads of the village, unless both have an ID."""
    numbered = person.filter(pl.col("id_number").is_not_null()).select("id_number", pl.col("_household").alias("right"))
    by_number = rows.join(numbered, left_on="holder_id", right_on="id_number").select(pl.col("row").alias("left"), "right")
    rest = rows.join(by_number, left_on="row", right_on="left", how="anti")
    by_slip = _by_slip(rest, person, "holder_name", "holder_id")
    rest = rest.join(by_slip, left_on="row", right_on="left", how="anti")
    namesakes = rest.join(
        heads.select("name", "village_code", pl.col("id_number").alias("other"), pl.col("_household").alias("right")),
        left_on=["holder_name", "village_code"],
        right_on=["name", "village_code"],
    ).filter(pl.col("holder_id").is_null() | pl.col("other").is_null())
    return pl.concat([_graded(by_number), _graded(by_slip), _graded(namesakes.select(pl.col("row").alias("left"), "right"))])


def _by_slip(rows: pl.DataFrame, person: pl.DataFrame, name: str, number: str) -> pl.DataFrame:
    """By name and a number that was broken on either side: see `_slipped`."""
    sides = [
        frame.with_columns(pl.lit(None, pl.String).alias("_hint")) if "_hint" not in frame.columns else frame for frame in (rows, person)
    ]
    found = []
    for own, other in (("_hint", "id_number"), (number, "_hint")):
        left = sides[0].select(pl.col("row").alias("left"), pl.col(name).alias("name"), pl.col(own).alias("one"))
        right = sides[1].select("name", pl.col(other).alias("other"), pl.col("_household").alias("right"))
        both = left.drop_nulls().join(right.drop_nulls(), on="name")
        # One slip spoils one half of a number at most, so few of all namesakes are looked at.
        one, other_ = pl.col("one"), pl.col("other")
        both = both.filter((one.str.head(8) == other_.str.head(8)) | (one.str.tail(8) == other_.str.tail(8)))
        alike = [_slipped(one, two) for one, two in both.select("one", "other").iter_rows()]
        found.append(both.filter(pl.Series(alike, dtype=pl.Boolean)).select("left", "right"))
    return pl.concat(found)


def _slipped(one: str, other: str) -> bool:
    """Whether one of two numbers may be a slip of the other: one place differs or is lacking, two are exchanged, the last are lost."""
    short, whole = sorted((one, other), key=len)
    if (len(short), len(whole)) == (17, 18):
        return any(whole[:place] + whole[place + 1 :] == short for place in range(18))
    if len(short) != 18:
        return False
    places = [place for place in range(18) if one[place] != other[place]]
    lost = one.endswith("000") or other.endswith("000")
    if len(places) <= 1 or (lost and places[0] >= 15):
        return True
    first, last = places[0], places[-1]
    return len(places) == 2 and last == first + 1 and one[first : last + 1] == other[first : last + 1][::-1]


def _chain(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Pairs a–b and b–c as a–c, as doubtful as the more doubtful."""
    joined = first.join(second, left_on="right", right_on="left", suffix="_second")
    return joined.select("left", right=pl.col("right_second"), sure=pl.col("sure") & pl.col("sure_second"))


def _parcel_household(parcel: pl.DataFrame, right_parcel: pl.DataFrame, right_household: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Through the ledger row; a parcel without one by its holder's name among the living heads."""
    turned = right_parcel.select(pl.col("right").alias("left"), pl.col("left").alias("right"), "sure")
    through = _chain(turned, right_household).group_by("left", "right").agg(pl.col("sure").any())
    certain = pl.col("sure").sum().over("left")
    settled = through.filter(pl.col("sure") | (certain != 1)).with_columns(sure=pl.col("sure") & (certain == 1))
    rest = parcel.join(right_parcel, left_on="row", right_on="right", how="anti")
    named = rest.join(
        heads.select("name", "village_code", pl.col("_household").alias("right")),
        left_on=["holder_name", "village_code"],
        right_on=["name", "village_code"],
    ).select(pl.col("row").alias("left"), "right")
    return pl.concat([settled.select("left", "right", "sure"), _graded(named)])


def _approval_parcel(
    approval: pl.DataFrame,
    right: pl.DataFrame,
    parcel: pl.DataFrame,
    told: pl.DataFrame,
    approval_household: pl.DataFrame,
    parcel_household: pl.DataFrame,
    right_parcel: pl.DataFrame,
) -> pl.DataFrame:
    """By parcel code, the parcel's own or the ledger's; through the household: its only parcel, or of several the one
    with the approved area; an applicant of no household by name. Codes that both stand and differ prove nothing."""
    own = parcel.filter(pl.col("parcel_code").is_not_null()).select("parcel_code", pl.col("row").alias("right"))
    coded = pl.concat([own, told.select("parcel_code", "right")])
    by_code = approval.join(coded, on="parcel_code").select(pl.col("row").alias("left"), "right", sure=pl.lit(True))
    rest = approval_household.join(by_code, on="left", how="anti")
    of_household = parcel_household.select(pl.col("right").alias("left"), pl.col("left").alias("right"), "sure")
    said = approval.select(pl.col("row").alias("left"), "parcel_code")
    stands = coded.rename({"parcel_code": "stands"})
    differs = (pl.col("parcel_code") != pl.col("stands")).fill_null(False)
    candidates = _chain(rest, of_household).group_by("left", "right").agg(pl.col("sure").any())
    fitting = candidates.join(_approved_alike(candidates, approval, right, right_parcel), on=["left", "right"], how="semi")
    several = pl.len().over("left") > 1
    by_area = fitting.filter(pl.col("left").is_unique()).join(
        candidates.filter(several & pl.col("sure").all().over("left")).select("left").unique(), on="left", how="semi"
    )
    through = pl.concat([by_area, candidates.join(by_area, on="left", how="anti").with_columns(sure=pl.col("sure") & ~several)])
    compared = through.join(said, on="left").join(stands, on="right", how="left").select("left", "right", sure=pl.col("sure") & ~differs)
    unhoused = approval.join(by_code, left_on="row", right_on="left", how="anti").join(
        approval_household, left_on="row", right_on="left", how="anti"
    )
    named = _namesake_parcels(unhoused, right, parcel, right_parcel).join(said, on="left").join(stands, on="right", how="left")
    return pl.concat([by_code, compared, _graded(named.filter(~differs))])


def _approved_alike(candidates: pl.DataFrame, approval: pl.DataFrame, right: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """left, right: those of the candidates whose parcel's ledger row tells the same approved area."""
    area = (pl.col("approved_area_m2") * 100).round(0).alias("area")
    approved = approval.select(pl.col("row").alias("left"), area).drop_nulls()
    of_parcel = right_parcel.filter("sure").join(right.select(pl.col("row").alias("left"), area), on="left").select("right", "area")
    # By the candidates, not by the area alone: in a large county thousands of parcels share one.
    pairs = candidates.select("left", "right").join(approved, on="left")
    return pairs.join(of_parcel.drop_nulls(), on=["right", "area"]).select("left", "right")


def _namesake_parcels(unhoused: pl.DataFrame, right: pl.DataFrame, parcel: pl.DataFrame, right_parcel: pl.DataFrame) -> pl.DataFrame:
    """left, right: parcels of the village in the applicant's name, whose holder is not another person by ID."""
    land = parcel.select("holder_name", "village_code", pl.col("row").alias("right"))
    pairs = unhoused.drop_nulls("holder_name").join(land, on=["holder_name", "village_code"]).rename({"row": "left"})
    holder = right_parcel.join(right.select(pl.col("row").alias("left"), pl.col("holder_id").alias("holder")), on="left")
    both = pairs.join(holder.select("right", "holder").drop_nulls(), on="right", how="left")
    stranger = (pl.col("holder_id") != pl.col("holder")).fill_null(False)
    return both.filter(~stranger.all().over("left", "right")).select("left", "right").unique()


def _house_household(
    houses: pl.DataFrame,
    parcel: pl.DataFrame,
    right: pl.DataFrame,
    person: pl.DataFrame,
    heads: pl.DataFrame,
    house_parcel: pl.DataFrame,
    right_parcel: pl.DataFrame,
    right_household: pl.DataFrame,
    parcel_household: pl.DataFrame,
) -> pl.DataFrame:
    """The household of its parcel if the owner is one of it; else the only living head with the owner's name."""
    owners = houses.select(pl.col("row").alias("left"), "owner", "village")
    through = _chain(house_parcel, parcel_household).group_by("left", "right").agg(pl.col("sure").any()).join(owners, on="left")
    names = person.select(pl.col("_household").alias("right"), pl.col("name").alias("owner")).drop_nulls().unique()
    held = through.filter("sure")
    settled = pl.concat([held.filter(pl.col("owner").is_null()), held.join(names, on=["right", "owner"], how="semi")])
    rest = owners.join(settled, on="left", how="anti")
    # A holder whose ID is on no register is an outsider; a head of the same name is somebody else.
    strangers = right.filter(pl.col("holder_id").is_not_null()).join(right_household, left_on="row", right_on="left", how="anti")
    strange = right_parcel.filter("sure").join(
        strangers.select(pl.col("row").alias("left"), pl.col("holder_name").alias("owner")), on="left"
    )
    on_parcel = rest.join(house_parcel.select("left", pl.col("right").alias("parcel")), on="left")
    foreign = on_parcel.join(strange.select(pl.col("right").alias("parcel"), "owner"), on=["parcel", "owner"], how="semi")
    by_name = rest.join(foreign, on="left", how="anti").join(
        heads.select(pl.col("name").alias("owner"), pl.col("village_code").alias("village"), pl.col("_household").alias("right")),
        on=["owner", "village"],
    )
    weighed = _weigh(through.join(rest, on="left", how="semi"), by_name)
    return pl.concat([settled.select("left", "right", "sure"), weighed])


def _weigh(by_parcel: pl.DataFrame, by_name: pl.DataFrame) -> pl.DataFrame:
    """Where parcel and owner's name do not say the same, nothing is sure."""
    both = by_parcel.select("left", "right", "sure", of_parcel=pl.lit(True)).join(
        by_name.select("left", "right", named=pl.lit(True)).unique(), on=["left", "right"], how="full", coalesce=True
    )
    both = both.with_columns(pl.col("sure", "of_parcel", "named").fill_null(False))
    one_head = pl.col("named").sum().over("left") == 1
    agree = (pl.col("of_parcel") & pl.col("named")).any().over("left")
    sure = one_head & ~pl.col("sure").any().over("left") & (agree | ~pl.col("of_parcel").any().over("left"))
    # With one head named and no sure household, the head is the household; other candidates fall away.
    return both.with_columns(is_sure=sure).filter(pl.col("named") | ~pl.col("is_sure")).select("left", "right", sure=pl.col("is_sure"))
