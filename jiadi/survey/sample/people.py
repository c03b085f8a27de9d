"""Households and persons of the invented county (户与人): names, resident IDs, who has left, who is a member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.survey.sample.draw import (
    Bools,
    Ints,
    Words,
    between,
    distributions,
    draw_numbers,
    draw_words,
    pick,
    rank_in_run,
    run_starts,
    stream,
)
from jiadi.survey.sample.homestead import Homesteads
from jiadi.survey.sample.places import Villages

ABSENT = np.datetime64("NaT", "D")
RELATIONS = ("head", "spouse", "child", "grandchild", "parent", "other")
_BY_PLACE = np.array([0, 1, 2, 2, 3, 4, 5])
"""Relation of the first, second … person of a household."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SERIALS = 489
_ATTEMPTS = 8
_CHECK = "10X98765432"


@dataclass(slots=True)
class People:
    """Persons in the order of their households, the head first (人).

    Args:
        household: position of the person's household. village: of its village.
        name, number: name and 18-digit resident ID.
        relation: English word of the schema.
        came_on, left_on, died_on: days, NaT where there is none.
        registered: whether the police have the person (an outsider is nobody's).
        member: whether on the collective's roll. member_from, member_to: days.
        aid: English word of the schema, "" where there is none.
        head: (households,) position of each household's head.
        size: (households,) persons.
    """

    household: Ints
    village: Ints
    name: pl.Series
    number: pl.Series
    relation: Words
    came_on: NDArray[np.datetime64]
    left_on: NDArray[np.datetime64]
    died_on: NDArray[np.datetime64]
    registered: Bools
    member: Bools
    member_from: NDArray[np.datetime64]
    member_to: NDArray[np.datetime64]
    aid: Words
    head: Ints
    size: Ints


def invent_people(villages: Villages, homesteads: Homesteads, county: str, seed: int) -> People:
    """Draw the persons of every household that holds a homestead (造人).

    Args:
        county: 6 digits, the beginning of the invented resident IDs.
    """
    rng = stream(seed, "people")
    firsts = np.flatnonzero(homesteads.primary)
    plan = homesteads.plan.take(firsts)
    size = draw_numbers(rng, distributions()["household_size"], len(firsts))
    size[plan.is_in("outsider")] = 1
    household = np.repeat(np.arange(len(firsts)), size)
    place = rank_in_run(household)
    relation = Words(RELATIONS, _BY_PLACE[np.minimum(place, len(_BY_PLACE) - 1)].astype(np.int16))
    relation.put((place == 1) & (size[household] == 2) & (rng.random(len(place)) < 0.2), "parent")
    male, born = _born(rng, household, relation)
    village = homesteads.village[firsts][household]
    of_person = plan.take(household)
    outsider = of_person.is_in("outsider")
    name = _names(household, _surnames(household, village, relation, outsider, seed), male, seed)
    name = _rare(name, place, seed)
    number = _numbers(rng, county, born, male)
    came = np.maximum(born + rng.integers(0, 400, len(born)).astype("timedelta64[D]"), np.datetime64("1958-01-09"))
    came = np.minimum(came, np.datetime64("2025-05-31"))
    left, died = _ends(rng, of_person, place, came)
    member = _members(rng, of_person, place, left, died)
    member_from = np.datetime64("2006-01-01") + rng.integers(0, 5500, len(born)).astype("timedelta64[D]")
    # Whoever died as a member had been one for a year at least.
    member_from = np.where(np.isnat(died), member_from, np.minimum(member_from, died - 365))
    gone = ~np.isnat(died) & (rng.random(len(born)) < 0.5)
    aid = draw_words(rng, distributions()["aid_kinds"], len(born))
    aided = (place == 0) & (rng.random(len(born)) < distributions()["aid"]) & ~outsider & np.isnat(left) & np.isnat(died)
    aid.put(~aided, "")
    return People(
        household, village, name, number, relation, came, left, died,
        ~outsider, member, member_from, np.where(gone, died, ABSENT), aid, np.flatnonzero(place == 0), size,
    )  # fmt: skip


def _rare(name: pl.Series, place: Ints, seed: int) -> pl.Series:
    """Heads here and there have a rare character in their name; one of a household, so that nobody gets a namesake in it."""
    figures = distributions()
    chosen = (place == 0) & (stream(seed, "rare names").random(len(place)) < figures["rare_name"])
    return (
        name.to_frame("name")
        .select(pl.when(pl.Series(chosen)).then(pl.col("name").str.head(1) + figures["rare"]).otherwise("name").alias("name"))
        .to_series()
    )


def _born(rng: np.random.Generator, household: Ints, relation: Words) -> tuple[Bools, NDArray[np.datetime64]]:
    """Sex and day of birth, in keeping with the relation to the head."""
    count = len(household)
    heads = np.flatnonzero(run_starts(household))
    age_of_head = between(rng, distributions()["head_age"], len(heads))
    head_male = rng.random(len(heads)) < 0.82
    older = age_of_head[household]
    shift = np.select(
        [relation.is_in(word) for word in RELATIONS[:5]],
        [np.zeros(count), between(rng, (-5, 6), count), between(rng, (-34, -21), count),
         between(rng, (-64, -46), count), between(rng, (20, 34), count)],
        between(rng, (-25, 5), count),
    )  # fmt: skip
    age = older + shift
    # Who would be too old or not yet born is given an age at random: no birthday is common.
    age = np.where(age > 98, between(rng, (76, 98), count), np.where(age < 0.6, between(rng, (0.6, 15), count), age))
    male = np.where(relation.is_in("head"), head_male[household], rng.random(count) < 0.5)
    male = np.where(relation.is_in("spouse"), ~head_male[household], male)
    born = np.datetime64(date.fromisoformat(str(distributions()["delivered_on"]))) - (age * 365.25).astype("timedelta64[D]")
    return male, born


def _characters(text: str) -> list[str]:
    return list(dict.fromkeys(text))


def _surnames(household: Ints, village: Ints, relation: Words, outsider: Bools, seed: int) -> Ints:
    """Positions among all surnames: a few lead in each village, a spouse or a mother brings her own."""
    rng = stream(seed, "surnames")
    figures = distributions()
    known, count = len(_characters(figures["surnames"])), len(household)
    leading = rng.permuted(np.tile(np.arange(known), (int(village.max()) + 1, 1)), axis=1)
    weights = np.array(figures["surnames_by_village"]["leading"], dtype=np.float64)
    of_village = leading[village, pick(rng, weights, count)]
    anywhere = pick(rng, 1.0 / np.arange(6, 6 + known, dtype=np.float64), count)
    own = np.where(rng.random(count) < figures["surnames_by_village"]["weight"], of_village, anywhere)
    family = own[np.flatnonzero(run_starts(household))][household]
    surname = np.where(relation.is_in("head", "child", "grandchild"), family, own)
    foreign = len(_characters(figures["foreign_surnames"]))
    return np.where(outsider, known + rng.integers(0, foreign, count), surname)


def _names(household: Ints, surname: Ints, male: Bools, seed: int) -> pl.Series:
    """Names by surname and sex. Villages have namesakes, a household has none: two of a name could not be told apart."""
    rng = stream(seed, "given names")
    figures = distributions()
    men, women = _characters(figures["given"]["male"]), _characters(figures["given"]["female"])
    characters = [*men, *women, ""]
    # A character that men and women share counts as one.
    letter = np.array([characters.index(character) for character in characters])
    first, second = (letter[drawn] for drawn in _given(rng, male, len(men), len(women)))
    for _ in range(_ATTEMPTS):
        key = ((household * 1000 + surname) * 1000 + first) * 1000 + second
        again = pl.Series(key).is_duplicated().to_numpy()
        others = [letter[drawn] for drawn in _given(rng, male, len(men), len(women))]
        first, second = np.where(again, others[0], first), np.where(again, others[1], second)
    surnames = _characters(figures["surnames"]) + _characters(figures["foreign_surnames"])
    given = pl.Series(characters)
    return pl.Series(surnames).gather(surname) + given.gather(first) + given.gather(second)


def _given(rng: np.random.Generator, male: Bools, men: int, women: int) -> tuple[Ints, Ints]:
    """Positions of one or two characters; the last of all stands for none."""
    drawn = []
    for _ in range(2):
        # Some characters are much commoner than others, which is where namesakes come from.
        share = rng.random(len(male)) ** 1.35
        drawn.append(np.where(male, share * men, men + share * women).astype(np.int64))
    two = rng.random(len(male)) < distributions()["given"]["two_characters"]
    return drawn[0], np.where(two, drawn[1], men + women)


def _numbers(rng: np.random.Generator, county: str, born: NDArray[np.datetime64], male: Bools) -> pl.Series:
    """Resident IDs with valid check digits, none twice."""
    day = born.astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((rng.random(len(day)), male, day))
    run = (day * 2 + male)[order]
    rank = np.empty(len(day), dtype=np.int64)
    # The first number of a day is drawn, so that small samples do not all begin alike. Serials that end in 00
    # are left out: with a check digit 0 they would look like a number that a spreadsheet has cut off.
    serials = np.array([[number for number in range(first, 999, 2) if number % 100][:_SERIALS] for first in (2, 1)])
    rank[order] = (rank_in_run(run) + run * 7919) % _SERIALS
    serial = serials[male.astype(np.int64), rank]
    months = born.astype("datetime64[M]").astype(np.int64)
    year, month = 1970 + months // 12, months % 12 + 1
    day_of_month = (born.astype("datetime64[D]") - born.astype("datetime64[M]")).astype(np.int64) + 1
    body = ((int(county) * 10000 + year) * 100 + month) * 100 + day_of_month
    body = body * 1000 + serial
    total = np.zeros(len(body), dtype=np.int64)
    for place, weight in enumerate(_WEIGHTS):
        total += body // 10 ** (16 - place) % 10 * weight
    return pl.Series(body).cast(pl.String) + pl.Series(list(_CHECK)).gather(total % 11)


def _ends(
    rng: np.random.Generator, plan: Words, place: Ints, came: NDArray[np.datetime64]
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Days of moving out and of death; everyone of an extinct household has one of them."""
    count = len(place)
    day = np.maximum(np.datetime64("2012-01-01") + rng.integers(0, 4800, count).astype("timedelta64[D]"), came + 7)
    extinct = plan.is_in("household_extinct")
    dead = extinct & ((place == 0) | (rng.random(count) < 0.6))
    # The old and the young leave a household that goes on; its head stays.
    left = np.where(extinct, ~dead, (place > 0) & (rng.random(count) < distributions()["moved_out"]))
    return np.where(left, day, ABSENT), np.where(dead, day, ABSENT)


def _members(rng: np.random.Generator, plan: Words, place: Ints, left: NDArray[np.datetime64], died: NDArray[np.datetime64]) -> Bools:
    strangers = plan.is_in("outsider", "registered_non_member", "non_member_heir")
    drawn = (place == 0) | (rng.random(len(place)) < distributions()["member_of_collective"])
    member: Bools = drawn & ~strangers & (np.isnat(left) | ~np.isnat(died))
    return member
