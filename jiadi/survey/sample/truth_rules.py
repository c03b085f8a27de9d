"""What a perfect judge says of each house from the files as delivered (可证结论).

Each rule gives, for each subject, the set of outcomes that are possible when every blank is filled in
every way: a bit for each outcome. One bit alone is proven; several are not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.survey.sample import truth_floors
from jiadi.survey.sample.draw import Bools, Floats, Ints
from jiadi.survey.sample.homestead import STANDARD_M2
from jiadi.survey.sample.truth_floors import MAYBE, YES
from jiadi.survey.sample.truth_links import Links, current

NO, UNLAWFUL, HISTORIC, REGULARISE, REMEDY, NOTED = 1, 2, 4, 8, 16, 32
Masks = NDArray[np.int64]
Days = NDArray[np.datetime64]
FIRST_LAW, LAND_LAW, SECOND_LAW, NEW_LAW = (np.datetime64(day) for day in ("1982-02-13", "1987-01-01", "1999-01-01", "2020-01-01"))
EARLIEST = np.datetime64("1900-01-01")
IN_FORCE = {
    "on_farmland": np.datetime64("1999-01-01"),
    "in_red_line": np.datetime64("2020-01-01"),
    "in_river_range": np.datetime64("1988-06-10"),
    "in_water_source": np.datetime64("2012-01-01"),
    "in_no_build_area": np.datetime64("2021-01-01"),
    "in_road_strip": np.datetime64("2011-07-01"),
    "in_hazard_zone": np.datetime64("2004-03-01"),
}
VILLAGE_ROAD = np.datetime64("2020-09-01")
STOREYS_FROM = np.datetime64("2021-01-01")
SECONDARY = ("annex", "public")


@dataclass(slots=True)
class Answers:
    """Possible outcomes of each rule (各规则的可能结果).

    Args:
        house, parcel, household: finding → (subjects,) bits.
        of_parcel: (houses,) row of the parcel, -1 where it is not linked.
        of_household: (houses,) position of the household, -1 where it is not linked.
    """

    of_parcel: Ints
    of_household: Ints
    house: dict[str, Masks] = field(default_factory=dict)
    parcel: dict[str, Masks] = field(default_factory=dict)
    household: dict[str, Masks] = field(default_factory=dict)


@dataclass(slots=True)
class _Seen:
    """The facts as arrays."""

    low: Days
    high: Days
    main: Bools
    drawn: Bools
    storeys: Floats
    grade: NDArray[Any]
    vacancy: NDArray[Any]


def judge(lists: dict[str, pl.DataFrame], links: Links, hits: pl.DataFrame, households: int, on: date) -> Answers:
    """Possible outcomes of every rule for every subject (逐条判断).

    Args:
        lists: after gaps and dirt.
        links: what they prove.
        hits: as `zone_hits` gives them.
        households: number of households of the invented county.
        on: day of delivery.
    """
    seen = _see(lists["house"], links.houses, on)
    answers = Answers(_one(links.house_parcel, links.houses.height), _one(links.house_household, links.houses.height))
    built = _parcel_built(seen, answers.of_parcel, lists["parcel"].height)
    approval = _approvals(lists, links, households)
    _parcel_rules(answers, lists, links, built, approval, on)
    floors = truth_floors.of_parcels(lists, links, answers.of_parcel, seen.main, approval.row_in_doubt)
    effect = period_effect(built.low, built.high)
    outcome = np.select([floors == YES, floors == MAYBE], [effect, effect | NO], NO)
    answers.parcel["over_floor_area"] = np.where(built.has_main, outcome, NO)
    _house_rules(answers, lists, links, seen, approval)
    _zone_rules(answers, links, seen, hits)
    _household_rules(answers, lists, links, built, households, on)
    return answers


def _one(pairs: pl.DataFrame, count: int) -> Ints:
    """Right side of each sure pair by left row, -1 elsewhere."""
    out = np.full(count, -1, dtype=np.int64)
    sure = pairs.filter("sure")
    out[sure["left"].to_numpy()] = sure["right"].to_numpy()
    return out


def _or_null(rows: Ints) -> pl.Series:
    """Row positions with null for -1."""
    return pl.Series(rows).set(pl.Series(rows < 0), None)


def _words_at(column: pl.Series, rows: Ints) -> NDArray[Any]:
    """The words of some rows, "" where blank or where there is no row."""
    return column.cast(pl.String).gather(_or_null(rows)).fill_null("").to_numpy().astype(object)


def _doubted(pairs: pl.DataFrame, column: str, count: int) -> Bools:
    out = np.zeros(count, dtype=bool)
    out[pairs.filter(~pl.col("sure"))[column].to_numpy()] = True
    return out


def _see(house: pl.DataFrame, houses: pl.DataFrame, on: date) -> _Seen:
    columns = ("built_year", "built_month", "use", "storeys", "safety_grade", "vacancy")
    rows = house.select(columns).with_row_index("survey").with_columns(pl.col("survey").cast(pl.Int64))
    facts = houses.join(rows, on="survey", how="left", maintain_order="left")
    year = facts["built_year"].cast(pl.Float64).to_numpy()
    month = facts["built_month"].cast(pl.Float64).to_numpy()
    first = np.where(np.isnan(month), 1, month)
    last = np.where(np.isnan(month), 12, month)
    dated = ~np.isnan(year)
    year0 = np.where(dated, year, 2000).astype(np.int64) - 1970
    low = (year0 * 12 + first.astype(np.int64) - 1).astype("datetime64[M]").astype("datetime64[D]")
    high = (year0 * 12 + last.astype(np.int64)).astype("datetime64[M]").astype("datetime64[D]") - 1
    return _Seen(
        np.where(dated, low, EARLIEST),
        np.where(dated, high, np.datetime64(on)),
        ~facts["use"].is_in(SECONDARY).fill_null(False).to_numpy(),
        facts["drawn"].to_numpy(),
        facts["storeys"].cast(pl.Float64).to_numpy(),
        facts["safety_grade"].to_numpy(),
        facts["vacancy"].to_numpy(),
    )


def period_effect(low: Days, high: Days) -> Masks:
    """Outcomes that a finding may have by the day of building (分时段处理).

    >>> period_effect(np.array(["1982-01-01"], "M8[D]"), np.array(["1982-12-31"], "M8[D]")).tolist()
    [5]
    """
    before = np.where(low < FIRST_LAW, NO, 0)
    historic = np.where((low < LAND_LAW) & (high >= FIRST_LAW), HISTORIC, 0)
    regularise = np.where((low < NEW_LAW) & (high >= LAND_LAW), REGULARISE, 0)
    unlawful = np.where(high >= NEW_LAW, UNLAWFUL, 0)
    return (before | historic | regularise | unlawful).astype(np.int64)


@dataclass(slots=True)
class _Built:
    """When the earliest dwelling of each parcel was built."""

    low: Days
    high: Days
    has_main: Bools


def _parcel_built(seen: _Seen, of_parcel: Ints, parcels: int) -> _Built:
    rows = np.flatnonzero(seen.main & (of_parcel >= 0))
    low = np.full(parcels, np.datetime64("9999-01-01"))
    high = low.copy()
    np.minimum.at(low, of_parcel[rows], seen.low[rows])
    np.minimum.at(high, of_parcel[rows], seen.high[rows])
    has_main = np.zeros(parcels, dtype=bool)
    has_main[of_parcel[rows]] = True
    return _Built(low, high, has_main)


@dataclass(slots=True)
class _Approval:
    """What is known of each parcel's approval, and of each household's without a parcel.

    Args:
        right: (parcels,) row of the ledger, -1 where none is linked.
        has_row: (parcels,) whether an approval is linked. row_in_doubt: whether one may be for it.
        most: (parcels,) largest area of the approvals in doubt.
        area: (parcels,) approved area, of the latest approval or else of the ledger; nan where there is none.
        of_household, household_in_doubt: (households,) whether it has an approval, or may have one, that is for no parcel.
    """

    right: Ints
    has_row: Bools
    row_in_doubt: Bools
    most: Floats
    area: Floats
    of_household: Bools
    household_in_doubt: Bools


def _approvals(lists: dict[str, pl.DataFrame], links: Links, households: int) -> _Approval:
    parcels = lists["parcel"].height
    right = _one(links.right_parcel.select(pl.col("right").alias("left"), pl.col("left").alias("right"), "sure"), parcels)
    ledger = lists["right"]["approved_area_m2"].to_numpy()
    granted = lists["approval"].select("approved_area_m2", "approved_on").with_row_index("left").with_columns(pl.col("left").cast(pl.Int64))
    pairs = links.approval_parcel.join(granted, on="left").sort("approved_on", "approved_area_m2", "left", nulls_last=False)
    sure, open_ones = pairs.filter("sure"), pairs.filter(~pl.col("sure"))
    area = np.full(parcels, np.nan)
    # In the order of their days, so that the latest is what stays.
    area[sure["right"].to_numpy()] = sure["approved_area_m2"].to_numpy()
    has_row = np.isin(np.arange(parcels), sure["right"].to_numpy())
    most = np.zeros(parcels)
    np.maximum.at(most, open_ones["right"].to_numpy(), open_ones["approved_area_m2"].to_numpy())
    stated = np.where(right >= 0, ledger[np.maximum(right, 0)], np.nan)
    # An approval of a household that is for no parcel in the list serves the household's houses.
    loose = links.approval_household.join(links.approval_parcel, on="left", how="anti")
    return _Approval(
        right,
        has_row,
        _doubted(links.approval_parcel, "right", parcels) & ~has_row,
        most,
        np.where(np.isnan(area), stated, area),
        np.isin(np.arange(households), loose.filter("sure")["right"].to_numpy()),
        _doubted(loose, "right", households),
    )


def _parcel_rules(answers: Answers, lists: dict[str, pl.DataFrame], links: Links, built: _Built, approval: _Approval, on: date) -> None:
    area = lists["parcel"]["_area_m2"].to_numpy()
    effect = period_effect(built.low, built.high)
    known = ~np.isnan(approval.area)
    # Without a ledger row for the parcel nobody knows what the ledger would have said.
    open_question = ~known & (approval.row_in_doubt | (approval.right < 0))
    land_class = _words_at(lists["right"]["land_class"], approval.right)
    over = np.zeros(len(area), dtype=np.int64)
    for word, standard in STANDARD_M2.items():
        possible = np.isin(land_class, (word, ""))
        limit = np.where(known, np.fmax(approval.area, standard), standard)
        # An approval in doubt may be this parcel's or not; only where its area decides is the finding open.
        decides = (approval.right < 0) | (approval.row_in_doubt & (area <= approval.most))
        outcome = np.where(area > limit, effect | np.where(~known & decides, NO, 0), NO)
        over |= np.where(possible, outcome, 0)
    more = np.where(known & (area > approval.area), effect, NO) | np.where(open_question, effect | NO, 0)
    rules = {"over_area": over, "built_more_than_approved": more, "held_by_non_member": _non_members(lists, links, approval, on)}
    answers.parcel = {name: np.where(built.has_main, outcome, NO) for name, outcome in rules.items()}


def _non_members(lists: dict[str, pl.DataFrame], links: Links, approval: _Approval, on: date) -> Masks:
    """Historic where the holder is known and on no roll, unless the homestead was inherited."""
    state = np.append(on_roll(lists, links, on), 0)[approval.right]
    obtained = _words_at(lists["right"]["obtained"], approval.right)
    # Who inherited it need not be a member, whoever he is.
    exempt = (state > 0) | (obtained == "inheritance")
    open_question = (state == 0) | (obtained == "")
    return np.select([exempt, open_question], [NO, NO | HISTORIC], HISTORIC).astype(np.int64)


def on_roll(lists: dict[str, pl.DataFrame], links: Links, on: date) -> Ints:
    """For each ledger row whether its holder is on a roll (是否在册): 1 yes, -1 no, 0 not known."""
    right, member, person = lists["right"], lists["member"], lists["person"]
    lasting = member.filter((pl.col("valid_from").fill_null(on) <= on) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > on)))
    heads = person.filter(pl.col("relation") == "head").select("_household", pl.col("id_number").alias("head_id"))
    household = _one(links.right_household, right.height)
    keyed = pl.DataFrame(
        {"_household": household, "holder_id": right["holder_id"], "name": right["holder_name"], "village_code": right["village_code"]}
    )
    keyed = keyed.join(heads.unique("_household"), on="_household", how="left", maintain_order="left").with_columns(
        number=pl.coalesce("holder_id", "head_id")
    )
    # Of whoever has no day of joining any more nobody knows whether he is one.
    sure, torn = (lasting.filter(pl.col("valid_from").is_not_null() == dated) for dated in (True, False))
    nameless = lasting.filter(pl.col("id_number").is_null())
    certain = keyed["number"].is_in(sure["id_number"].drop_nulls().implode()).fill_null(False).to_numpy() | _named(
        keyed, nameless.filter(pl.col("valid_from").is_not_null()), anywhere=False
    )
    perhaps = keyed["number"].is_in(torn["id_number"].drop_nulls().implode()).fill_null(False).to_numpy()
    perhaps |= _named(keyed, nameless, anywhere=True)
    known = keyed["number"].is_not_null().to_numpy()
    # A holder without number whose name is on the roll may be that member or a namesake.
    state = np.select([certain, perhaps, known], [1, 0, -1], 0)
    return np.where((state == 0) & ~perhaps & ~_named(keyed, lasting, anywhere=True) & (household >= 0), -1, state)


def _named(keyed: pl.DataFrame, rows: pl.DataFrame, *, anywhere: bool) -> Bools:
    """Whether somebody of the name is among rows of the village; `anywhere` counts rows whose village is not known too."""
    found = keyed.join(
        rows.select("name", "village_code").unique().with_columns(named=pl.lit(True)),
        on=["name", "village_code"],
        how="left",
        maintain_order="left",
    )["named"].fill_null(False)
    if anywhere:
        found = found | keyed["name"].is_in(rows.filter(pl.col("village_code").is_null())["name"].drop_nulls().implode()).fill_null(False)
    return found.to_numpy()


def _house_rules(answers: Answers, lists: dict[str, pl.DataFrame], links: Links, seen: _Seen, approval: _Approval) -> None:
    parcel = answers.of_parcel
    at = np.maximum(parcel, 0)
    ledger = lists["right"]["approved_area_m2"].to_numpy()
    right = approval.right[at]
    in_ledger = (right >= 0) & ~np.isnan(ledger[np.maximum(right, 0)])
    household = answers.of_household
    by_household = (household >= 0) & approval.of_household[household]
    maybe = (household >= 0) & approval.household_in_doubt[household]
    granted = ((parcel >= 0) & (approval.has_row[at] | in_ledger)) | by_household
    open_question = (parcel < 0) | approval.row_in_doubt[at] | (right < 0) | maybe
    effect = period_effect(seen.low, seen.high)
    without = np.where(granted, NO, effect | np.where(open_question, NO, 0))
    answers.house["built_without_approval"] = np.where(seen.main, without, NO)
    answers.house["over_storeys"] = _storeys(seen)
    answers.house["dangerous"] = _condition(seen.grade, ("C", "D"), ("A", "B"))
    answers.house["idle"] = _idle(seen.vacancy)
    marks = truth_floors.screening(lists["house"], links.houses)
    answers.house["screening_risk"] = np.select([marks == YES, marks == MAYBE], [REMEDY, NO | REMEDY], NO).astype(np.int64)
    answers.house["old_house_not_removed"] = np.where((parcel >= 0) & _to_be_removed(lists)[at], UNLAWFUL, NO)


def _storeys(seen: _Seen) -> Masks:
    may, must = seen.high >= STOREYS_FROM, seen.low >= STOREYS_FROM
    tall, unknown = seen.storeys > 3, np.isnan(seen.storeys)
    outcome = np.select([tall & must, tall & may, unknown & may], [UNLAWFUL, NO | UNLAWFUL, NO | UNLAWFUL], NO)
    return np.where(seen.main, outcome, NO)


def _condition(words: NDArray[Any], bad: tuple[str, ...], good: tuple[str, ...]) -> Masks:
    listed = words.astype(str)
    return np.select([np.isin(listed, bad), np.isin(listed, good)], [REMEDY, NO], NO | REMEDY).astype(np.int64)


def _idle(words: NDArray[Any]) -> Masks:
    """A remedy for what stands empty all the year, a note for what does so between seasons."""
    listed = words.astype(str)
    known = [listed == "all_year", listed == "seasonal", listed == "in_use"]
    return np.select(known, [REMEDY, NOTED, NO], NO | NOTED | REMEDY).astype(np.int64)


def _mentioned(lists: dict[str, pl.DataFrame]) -> pl.Series:
    return pl.concat([lists["right"]["returned_parcel_code"], lists["approval"]["removed_parcel_code"]]).drop_nulls().unique()


def _to_be_removed(lists: dict[str, pl.DataFrame]) -> Bools:
    return lists["parcel"]["parcel_code"].is_in(_mentioned(lists).implode()).fill_null(False).to_numpy()


def _zone_rules(answers: Answers, links: Links, seen: _Seen, hits: pl.DataFrame) -> None:
    """Proven where a drawn house lies in a zone drawn before it was built; open where the house is not drawn."""
    houses = links.houses.select("building", house="row").filter(pl.Series(seen.drawn))
    found = hits.join(houses, on="building")
    for finding, since in IN_FORCE.items():
        mask = np.where(seen.drawn | (seen.high < since), NO, NO | UNLAWFUL)
        if finding == "in_hazard_zone":
            mask = np.where(seen.drawn, NO, NO | REMEDY | np.where(seen.high >= since, UNLAWFUL, 0))
        for house, day, village_road in found.filter(finding=finding).select("house", "designated_on", "is_village_road").iter_rows():
            start = max(since, VILLAGE_ROAD) if village_road else since
            hit = _in_zone(seen.low[house], seen.high[house], None if day is None else np.datetime64(day), start)
            if finding == "in_hazard_zone":
                hit = (hit & UNLAWFUL) | (REMEDY if hit & NO else 0)
            mask[house] = _both(int(mask[house]), hit)
        answers.house[finding] = mask


def _in_zone(low: np.datetime64, high: np.datetime64, drawn_on: np.datetime64 | None, since: np.datetime64) -> int:
    """Outcomes of one house in one zone."""
    if high < since:
        return NO
    if drawn_on is None:
        return NO | UNLAWFUL
    start = max(drawn_on, since)
    return UNLAWFUL if low >= start else NO if high < start else NO | UNLAWFUL


def _both(one: int, other: int) -> int:
    """Outcomes of two zones together: the graver one counts."""
    if UNLAWFUL in (one, other):
        return UNLAWFUL
    together = one | other
    # Something is found for certain where either zone gives a finding for certain.
    return together if one & other & NO else together & ~NO


def _household_rules(answers: Answers, lists: dict[str, pl.DataFrame], links: Links, built: _Built, households: int, on: date) -> None:
    answers.household["several_homesteads"] = _several(lists, links, built, households)
    person = lists["person"]
    living = np.zeros(households, dtype=bool)
    living[person.filter(current(on))["_household"].to_numpy()] = True
    answers.household["household_extinct"] = np.where(living, NO, REMEDY)


def _several(lists: dict[str, pl.DataFrame], links: Links, built: _Built, households: int) -> Masks:
    """Two homesteads or more that are neither inherited nor to be given back; effect by the latest built."""
    right = lists["right"]
    parcel = _one(links.right_parcel, right.height)
    of_parcel = lists["parcel"]["parcel_code"].gather(_or_null(parcel))
    code = pl.DataFrame({"parcel": of_parcel, "own": right["parcel_code"]}).select(pl.coalesce("parcel", "own")).to_series()
    going = code.is_in(_mentioned(lists).implode()).fill_null(False).to_numpy()
    obtained = _words_at(right["obtained"], np.arange(right.height))
    possible = ~going & (obtained != "inheritance")
    counted = possible & (obtained != "")
    pairs = links.right_household.filter(pl.Series(possible).gather(links.right_household["left"]))
    row, household = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    sure = pairs["sure"].to_numpy() & counted[row]
    low, high = _built_on(built, parcel[row])
    # The latest may be one that is in doubt, but it is no earlier than the latest of the proven ones.
    first, last = np.full(households, EARLIEST), np.full(households, EARLIEST)
    np.maximum.at(first, household[sure], low[sure])
    np.maximum.at(last, household, high)
    effect = np.where(first < SECOND_LAW, HISTORIC, 0) | np.where(last >= SECOND_LAW, UNLAWFUL, 0)
    proven, maybe = (np.bincount(some, minlength=households) for some in (household[sure], household))
    return np.select([proven >= 2, maybe >= 2], [effect, NO | HISTORIC | UNLAWFUL], NO).astype(np.int64)


def _built_on(built: _Built, parcel: Ints) -> tuple[Days, Days]:
    """Ends of the day of building on some parcels; any day where there is no parcel or no dwelling on it."""
    at = np.maximum(parcel, 0)
    dated = (parcel >= 0) & built.has_main[at]
    return np.where(dated, built.low[at], EARLIEST), np.where(dated, built.high[at], np.datetime64("9999-01-01"))
