"""From departments' files to a judged, linked register, in one call (一条命令走完全程)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from jiadi.errors import Refusal
from jiadi.geo import overlay
from jiadi.law import LawSet, default_for
from jiadi.law import load as load_law
from jiadi.policy import facts as policy_facts
from jiadi.policy import judge as policy_judge
from jiadi.policy.judge import Judgement
from jiadi.register.tables import PAIRS, Delivery, Linked
from jiadi.run import lines
from jiadi.run.stages import Progress, Stages, silent
from jiadi.survey import check as survey_check
from jiadi.survey import link as survey_link
from jiadi.survey import read as survey_read
from jiadi.survey.review import decision, likely


class Unusable(Refusal):
    """Nothing in the input can be worked on (没有可用的输入); `files` says why, file by file."""

    def __init__(self, code: str, why: str, what_to_do: str, files: list[dict[str, object]]) -> None:
        super().__init__(code, why, what_to_do)
        self.files = files


@dataclass(slots=True)
class Outcome:
    """All that one run gives (一次运行的结果).

    Args:
        delivery: the checked lists.
        linked: houses, households and their pairs.
        judgement: verdicts, findings and unknowns.
        law: the set that judged; None where no set covers the place.
        on: the day on which it is judged.
        stages: seconds by stage.
        parcel_overlaps: pairs of house and parcel, as `geo.overlay.largest_parcel` gives them; None without parcels.
        zone_overlaps: pairs of house and zone, as `geo.overlay.zone_overlaps` gives them; None without zones.
        likely: pairs of what has no link, by probability; no fact rests on them.
        decisions: what persons decided of links, and what became of it.
    """

    delivery: Delivery
    linked: Linked
    judgement: Judgement
    law: LawSet | None
    on: date
    stages: Stages
    parcel_overlaps: pl.DataFrame | None = None
    zone_overlaps: pl.DataFrame | None = None
    likely: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAIRS))
    decisions: decision.Settled = field(default_factory=decision.Settled)


def read_and_check(paths: Sequence[Path], *, profile: Path | None, on: date | None, stages: Stages) -> Delivery:
    """Read the files and check every row (读取与检查).

    Args:
        paths: files, folders or zips.
        profile: YAML that settles what headers cannot; None leaves it to the shipped ones.
        on: the day on which dates count as future; None: the day of delivery.
        stages: timed there.

    Returns:
        The checked delivery.

    Raises:
        Refusal: no such file, or a profile that does not load.
        Unusable: no file holds a list that is known.
    """
    for path in paths:
        if not path.exists():
            raise Refusal("no_such_file", f"There is no file or folder {path}.", "Check the path and its spelling.")
    with stages.stage("read"):
        raw = [survey_read.read(list(paths), profile, partial(stages.progress, "read"))]
    with stages.stage("check"):
        delivery = survey_check.check(raw.pop(), on)  # nobody else holds it: each list is let go when it is typed
    if not any(entry["status"] == "read" for entry in delivery.files):
        why, what = "None of the files holds a list that is known.", "The reason is given for each file."
        raise Unusable("nothing_usable", why, what, delivery.files)
    return delivery


def judge(
    paths: Sequence[Path],
    *,
    on: date | None = None,
    law: str | None = None,
    profile: Path | None = None,
    progress: Progress = silent,
) -> Outcome:
    """Read, check, link and judge a delivery (从交付到判定).

    Args:
        paths: files, folders or zips.
        on: the day on which it is judged; None: the day of delivery, else today.
        law: name or folder of a law set; None: the set of the houses' division.
        profile: YAML that settles what headers cannot.
        progress: told of each stage.

    Returns:
        The outcome; nothing is written.

    Raises:
        Refusal: `no_such_file`, a law set or profile that does not load.
        Unusable: no list that is known, or no house to judge.
    """
    stages = Stages(progress)
    lawset = load_law(law) if law else None
    delivery = read_and_check(paths, profile=profile, on=on, stages=stages)
    day = on or delivery.delivered_on or date.today()
    tied = tie(delivery, day, stages)
    houses = tied.linked.houses
    if houses.is_empty():
        raise _no_house(delivery)
    with stages.stage("overlay"):
        zones = _zone_overlaps(houses, delivery.tables.get("zone"))
    found = _judged(delivery, tied.linked, lawset, day, stages, tied.parcel_overlaps, zones)
    found.likely, found.decisions = tied.likely, tied.decisions
    return found


@dataclass(slots=True)
class Tied:
    """A delivery whose rows are joined (关联结果).

    Args:
        linked: houses, households and their pairs.
        likely: pairs of what has no link, by probability; no fact rests on them.
        decisions: what persons decided of links, and what became of it.
        parcel_overlaps: see `Outcome`.
    """

    linked: Linked
    likely: pl.DataFrame
    decisions: decision.Settled
    parcel_overlaps: pl.DataFrame | None


def tie(delivery: Delivery, day: date, stages: Stages) -> Tied:
    """Join the rows of checked lists, as persons decided where they did (关联).

    Args:
        delivery: checked.
        day: on which the lists count.
        stages: timed there.
    """
    with stages.stage("link"):
        houses, house_pairs = survey_link.houses(delivery)
        settled = decision.settle(delivery, houses, survey_link.households(delivery, day))
        if not (one := settled.accepted.filter(kind="house_footprint", answer="same")).is_empty():
            houses, house_pairs = survey_link.houses(delivery, one)
    with stages.stage("overlay"):
        overlaps = parcel_overlaps(houses, delivery.tables.get("parcel"))
    with stages.stage("link"):
        linked = survey_link.link(delivery, houses, house_pairs, overlaps, day, partial(_decided, settled))
        linked.problems = pl.concat([lines.with_distance(linked.problems, delivery, houses), settled.problems])
        del houses  # those of the run are in `linked`; a county is not held twice
        hints = likely.candidates(delivery, linked)
    return Tied(linked, hints, settled, overlaps)


def judge_register(delivery: Delivery, linked: Linked, *, on: date, law: str | None = None, progress: Progress = silent) -> Outcome:
    """Judge lists that are checked and linked already, as a register keeps them (判定登记册).

    Args:
        delivery: checked lists; `linked`: their houses, households and pairs.
        on: the day on which it is judged.
        law: name or folder of a law set; None: the set of the houses' division.
        progress: told of each stage.

    Returns:
        The same verdicts, findings and proposals as `judge` gives for the files that the lists came from.

    Raises:
        Refusal: a law set that does not load.
        Unusable: no house to judge.
    """
    stages = Stages(progress)
    if linked.houses.is_empty():
        raise _no_house(delivery)
    with stages.stage("overlay"):
        overlaps = parcel_overlaps(linked.houses, delivery.tables.get("parcel"))
        zones = _zone_overlaps(linked.houses, delivery.tables.get("zone"))
    return _judged(delivery, linked, load_law(law) if law else None, on, stages, overlaps, zones)


def _judged(
    delivery: Delivery,
    linked: Linked,
    lawset: LawSet | None,
    on: date,
    stages: Stages,
    overlaps: pl.DataFrame | None,
    zones: pl.DataFrame | None,
) -> Outcome:
    """Facts and verdicts of what is linked."""
    if lawset is None:
        lawset = _law_of_place(linked.houses)
    with stages.stage("facts"):
        facts = policy_facts.build(delivery, linked, overlaps, zones, on)
    with stages.stage("judge"):
        judgement = policy_judge.judge(facts, lawset)
    return Outcome(delivery, linked, judgement, lawset, on, stages, overlaps, zones)


def _decided(settled: decision.Settled, kind: str, candidates: pl.DataFrame) -> pl.DataFrame:
    return decision.apply(kind, candidates, settled.accepted)


def _no_house(delivery: Delivery) -> Unusable:
    return Unusable(
        "no_house",
        "The files hold no house: neither a house survey nor house footprints.",
        "Hand in a house survey (农房调查), footprints (房屋轮廓) or a layer of buildings.",
        delivery.files,
    )


def parcel_overlaps(houses: pl.DataFrame, parcels: pl.DataFrame | None) -> pl.DataFrame | None:
    """Pairs of house and parcel that overlap (房屋与宗地叠加), None without parcels."""
    if parcels is None:
        return None
    drawn, land = lines.drawn(houses), lines.drawn(parcels)
    return overlay.largest_parcel(drawn["geometry"], drawn["id"], land["geometry"], land["id"])


def _zone_overlaps(houses: pl.DataFrame, zones: pl.DataFrame | None) -> pl.DataFrame | None:
    if zones is None:
        return None
    drawn = lines.drawn(houses)
    return overlay.zone_overlaps(drawn["geometry"], drawn["id"], lines.drawn(zones))


def _law_of_place(houses: pl.DataFrame) -> LawSet | None:
    """The set of the division that most houses lie in; a delivery of several cities takes the set they share."""
    codes = houses["division_code"].drop_nulls()
    if codes.is_empty():
        return None
    names = {default_for(code) for code in codes.str.slice(0, 6).unique().sort()}
    if names == {None}:
        return None
    return load_law(_widest(names - {None}))


def _widest(names: set[str | None]) -> str:
    order = ("national", "zhejiang", "wenzhou", "quzhou")
    known = sorted((name for name in names if name), key=lambda name: order.index(name) if name in order else len(order))
    return known[0]
